"""Mutants of what stands around the kernel: what calls it for both backends, and its build."""

from mutant import Mutant

MUTANTS = {
    "nnref/common/network.py": [
        Mutant(
            "fit: each call starts at the first example",
            "inputs, targets, sample_weight, places, start, stop, batch_size, lr, loss",
            "inputs, targets, sample_weight, places, 0, stop - start, batch_size, lr, loss",
        ),
        Mutant(
            "fit: loss summed per call",
            "loss = self._engine.fit(\n                    "
            "inputs, targets, sample_weight, places, start, stop, batch_size, lr, loss",
            "loss += self._engine.fit(\n                    "
            "inputs, targets, sample_weight, places, start, stop, batch_size, lr, 0.0",
        ),
        Mutant(
            "fit: batches cut by a call's end",
            "self._batches_per_call * batch_size",
            "self._batches_per_call",
        ),
        Mutant(
            "evaluate: each call starts at the first example",
            "evaluate(inputs, targets, outputs, start, stop, loss)",
            "evaluate(inputs, targets, outputs, 0, stop - start, loss)",
        ),
        Mutant(
            "evaluate: loss summed per call",
            "loss = self._engine.evaluate(inputs, targets, outputs, start, stop, loss)",
            "loss += self._engine.evaluate(inputs, targets, outputs, start, stop, 0.0)",
        ),
        Mutant(
            "predict: each call starts at the first example",
            "predict(inputs, outputs, start, stop)",
            "predict(inputs, outputs, 0, stop - start)",
        ),
    ],
    "setup.py": [
        Mutant(
            "build: contraction on",
            '"-ffp-contract=off"',
            '"-O3", "-ffp-contract=fast", "-mfma", "-mavx2"',
        ),
        Mutant(
            "build: reassociation on",
            '"-fno-math-errno"',
            '"-O3", "-fno-math-errno", "-funsafe-math-optimizations"',
        ),
    ],
}
