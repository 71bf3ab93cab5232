"""Shows that the parity tests can fail: breaks the kernel on purpose, and runs them.

Each mutant is one small change to a copy of the project, which is built (one build of the kernel,
the fastest that this processor runs) and put to ``tests/test_parity.py``. A mutant that the tests
let pass SURVIVED: they have a hole, or the change moves no bit and has no place here. By hand,
since it takes a quarter of an hour:

    python tests/mutants.py              # all of them; exit status 1 if one survived
    python tests/mutants.py exp split    # those with one of these words in the name
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from nnfast import kernel_info

BUILD = kernel_info()["kernel"]
ROOT = Path(__file__).parents[1]
KERNEL = "nnfast/_kernel.pyx"
NETWORK = "nnfast/network.py"
SCORES = "nnfast/scores.py"
TESTS_FAILED = 1  # pytest's exit status; others say that the tests did not run

# The same examples each time, and no search for the smallest that fails: it takes long and the
# first will do.
QUICK = """
from hypothesis import Phase, settings
settings.register_profile("mutants", derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile("mutants")
"""


class Mutant(NamedTuple):
    """A change: in this file, this text, which must be there once, becomes that."""

    name: str
    old: str
    new: str
    file: str = KERNEL


def one_fewer(name: str, loop: str) -> Mutant:
    """Return the mutant whose loop, the first of this text, ends before its last round."""
    return Mutant(name, loop, loop.replace("):", " - 1):", 1))


# What no test of whole networks can see is not here:
# - squares, a loss or rescale's 0.01 hide the sign of the zero that they start from;
# - exp's lower bound may be anything below -37, since sigmoid is 1.0 from there on, and so may it
#   for softmax, to which e**-746 is nothing beside 1 (tests/test_functions.py sees it);
# - the brackets among exp's smallest terms move the result by less than 1e-9 of its last bit.

ORDER = [
    Mutant(
        "add_weighted: two terms swapped",
        "(sums[j] + x0 * row0[j]) + x1 * row1[j]",
        "(sums[j] + x1 * row1[j]) + x0 * row0[j]",
    ),
    Mutant(
        "add_weighted: pairs added first",
        "((sums[j] + x0 * row0[j]) + x1 * row1[j]) + x2 * row2[j]\n            ) + x3 * row3[j]",
        "sums[j] + (x0 * row0[j] + x1 * row1[j])\n            ) + (x2 * row2[j] + x3 * row3[j])",
    ),
    Mutant(
        "move_and_add_rows: two terms swapped",
        "((sums[j] + x0 * w0) + x1 * w1) + x2 * w2",
        "((sums[j] + x0 * w0) + x2 * w2) + x1 * w1",
    ),
    Mutant(
        "move_and_add_rows: pairs added first",
        "(((sums[j] + x0 * w0) + x1 * w1) + x2 * w2) + x3 * w3",
        "(sums[j] + (x0 * w0 + x1 * w1)) + (x2 * w2 + x3 * w3)",
    ),
    Mutant(
        "start_sums: from the first term",
        "0.0 if biases == NULL else biases[j]",
        "-0.0 if biases == NULL else biases[j]",
    ),
    Mutant(
        "split: from the first term",
        "total = total1 = total2 = total3 = 0.0",
        "total = total1 = total2 = total3 = -0.0",
    ),
    Mutant(
        "split: the last rows from the first term",
        "        total = 0.0\n        row",
        "        total = -0.0\n        row",
    ),
    Mutant(
        "split: from the last term on",
        "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n            tot",
        "for k in range(fan_out - 1, -1, -1):\n"
        "            total = total + row[k] * errors[k]\n            tot",
    ),
    Mutant(
        "split: the last rows from the last term on",
        "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n        recomb",
        "for k in range(fan_out - 1, -1, -1):\n"
        "            total = total + row[k] * errors[k]\n        recomb",
    ),
    Mutant(
        "squared_error: from the last term on",
        "for k in range(width):\n        total = total + errors",
        "for k in range(width - 1, -1, -1):\n        total = total + errors",
    ),
    Mutant(
        "softmax: from the last term on",
        "for k in range(width):\n        total = total + exponentials",
        "for k in range(width - 1, -1, -1):\n        total = total + exponentials",
    ),
    Mutant(
        "move: the sign of a zero lost",
        "row[j] + x * steps[j]",
        "row[j] + x * steps[j] + 0.0",
    ),
    Mutant(
        "move_and_add_rows: the sign of a zero lost",
        "w2 = row2[j] + old2 * steps[j]",
        "w2 = row2[j] + old2 * steps[j] + 0.0",
    ),
]

EDGES = [
    one_fewer(
        "add_weighted: last neuron dropped",
        "for j in range(fan_out):\n            sums[j] = (\n",
    ),
    one_fewer(
        "add_weighted: last neuron of the last rows dropped",
        "for j in range(fan_out):\n            sums[j] = sums[j] + x0 * row0",
    ),
    one_fewer(
        "add_weighted: last row dropped",
        "for i in range(whole, fan_in):\n        row0, x0 =",
    ),
    one_fewer(
        "move: last neuron dropped",
        "for j in range(fan_out):\n            row[j]",
    ),
    one_fewer(
        "move: last row dropped",
        "for i in range(fan_in):\n        row, x",
    ),
    one_fewer(
        "move_and_add_rows: last neuron dropped",
        "for j in range(width):\n            w0 = row0[j] + old0 * steps[j]\n            w1",
    ),
    one_fewer(
        "move_and_add_rows: last neuron of the last rows dropped",
        "for j in range(width):\n            w0 = row0[j] + old0 * steps[j]\n            row",
    ),
    one_fewer(
        "move_and_add_rows: last row dropped",
        "for i in range(whole, fan_in):\n        row0, x0, old0",
    ),
    one_fewer(
        "split: last neuron dropped",
        "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n            tot",
    ),
    one_fewer(
        "split: last row dropped",
        "for j in range(whole, fan_in):\n        total",
    ),
    one_fewer(
        "sigmoid: last neuron dropped",
        "for j in range(width):\n            outputs[j] = sigmoid_of",
    ),
    one_fewer(
        "sigmoid's slope: last neuron dropped",
        "for j in range(width):\n            deltas[j] = errors[j] * (outputs[j] *",
    ),
    one_fewer(
        "find_errors: last neuron dropped",
        "for k in range(last.fan_out):",
    ),
    one_fewer(
        "find_steps: last neuron dropped",
        "for i in range(count * layer.fan_out):\n        steps",
    ),
    one_fewer(
        "squared_error: last neuron dropped",
        "for k in range(width):\n        total = total + errors",
    ),
    one_fewer(
        "apply_adam: last weight dropped",
        "for i in range(size):\n        d = direction[i]",
    ),
]

TILE = """
            add_tile(
                a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row, terms,"""

# Several registers of neurons at once.
TILES = [
    Mutant(
        "add_tile: from the last term on",
        "for (Py_ssize_t k = 0; k < terms; k++)",
        "for (Py_ssize_t k = terms - 1; k >= 0; k--)",
    ),
    Mutant("add_tile: last term dropped", "k < terms; k++", "k < terms - 1; k++"),
    Mutant(
        "add_tile: last row of a tall tile dropped",
        "r < rows; r++) {",
        "r < rows - rows / ROWS; r++) {",
    ),
    Mutant(
        "add_tile: last column of a wide tile dropped",
        "t < columns; t++)\n                    sums[r][t] = sums",
        "t < columns - columns / COLUMNS; t++)\n                    sums[r][t] = sums",
    ),
    Mutant(
        "add_tile: the sign of a zero lost",
        "sums[r][t] + x * b_terms[t]",
        "sums[r][t] + x * b_terms[t] + 0.0",
    ),
    Mutant(
        "add_product: last row beside wide tiles dropped",
        f"while r < rows:{TILE}\n                1, COLUMNS,",
        f"while r < rows - 1:{TILE}\n                1, COLUMNS,",
    ),
    Mutant(
        "add_product: last row beside narrow tiles dropped",
        f"while r < rows:{TILE} 1, 1",
        f"while r < rows - 1:{TILE} 1, 1",
    ),
    Mutant("add_product: last neuron dropped", "while j < width:", "while j < width - 1:"),
    Mutant(
        "add_product: last neurons from the last term on",
        "for k in range(terms):\n                total",
        "for k in range(terms - 1, -1, -1):\n                total",
    ),
]

# Only where the registers are widest.
WIDE_TILES = [
    Mutant(
        "move_and_add_tile: from the last term on",
        "for (Py_ssize_t i = 0; i < fan_in; i++)",
        "for (Py_ssize_t i = fan_in - 1; i >= 0; i--)",
    ),
    Mutant("move_and_add_tile: last row dropped", "i < fan_in; i++", "i < fan_in - 1; i++"),
    Mutant(
        "move_and_add_tile: last column of a wide tile dropped",
        "t < columns; t++) {\n                lanes w",
        "t < columns - columns / WIDE; t++) {\n                lanes w",
    ),
    Mutant(
        "move_and_add_tile: the sign of a zero lost",
        "load(weights + i * row + t * LANES) + old * moves[t]",
        "load(weights + i * row + t * LANES) + old * moves[t] + 0.0",
    ),
]

NEURONS = [
    Mutant(
        "sigmoid: e**x / (1 + e**x)",
        "1.0 / (1.0 + exp_of(-x))",
        "exp_of(x) / (1.0 + exp_of(x))",
    ),
    Mutant("sigmoid: a constant", "outputs[j] = sigmoid_of(signals[j])", "outputs[j] = 0.5"),
    Mutant(
        "sigmoid's slope: in another order",
        "errors[j] * (outputs[j] * (1.0 - outputs[j]))",
        "errors[j] * outputs[j] * (1.0 - outputs[j])",
    ),
    Mutant("tanh: unbounded", "x = -20.0 if x < -20.0 else x", "pass"),
    Mutant(
        "tanh: the largest terms first",
        "scale * rest + (scale - 1.0)",
        "(scale * rest + scale) - 1.0",
    ),
    Mutant(
        "tanh's slope: in another order",
        "1.0 - outputs[j] * outputs[j]",
        "(1.0 - outputs[j]) * (1.0 + outputs[j])",
    ),
    Mutant("relu: NaN becomes 0", "0.0 if x <= 0.0 else x", "x if x > 0.0 else 0.0"),
    Mutant("relu: -0.0 stays", "0.0 if x <= 0.0 else x", "0.0 if x < 0.0 else x"),
    Mutant("relu's slope: 1 at 0", "0.0 if outputs[j] <= 0.0", "0.0 if outputs[j] < 0.0"),
    Mutant("softmax: not shifted", "exp_of(signals[k] - largest[0])", "exp_of(signals[k])"),
    Mutant("softmax: over a whole block", "if layer.activation != SOFTMAX:", "if True:"),
    Mutant("softmax: times 1 / the sum", "outputs[j] / total", "outputs[j] * (1.0 / total)"),
    Mutant(
        "softmax's slope: in another order",
        "outputs[j] * (errors[j] - shared)",
        "outputs[j] * errors[j] - outputs[j] * shared",
    ),
    Mutant(
        "cross-entropy of sigmoid: in another order",
        "(relu_of(signals[k]) - signals[k] * targets[k])\n"
        "                + log_of(1.0 + exp_of(-fabs(signals[k])))",
        "(relu_of(signals[k]) + log_of(1.0 + exp_of(-fabs(signals[k]))))\n"
        "                - signals[k] * targets[k]",
    ),
    Mutant(
        "cross-entropy of softmax: in another order",
        "(largest - signals[k]) + log_sum",
        "(largest + log_sum) - signals[k]",
    ),
    Mutant(
        "cross-entropy's deltas: targets assumed to sum to 1",
        "targets[k] - outputs[k] * total",
        "targets[k] - outputs[k]",
    ),
]

UPDATES = [
    # Only the order is wrong where lr is 0.1, as in test_long_run_on_real_digits.
    Mutant(
        "backward: weights split after their update",
        "            split(sent_back, layer.weights.values, errors, layer.fan_in, layer.fan_out)\n",
        "            find_steps(layer, 0.1, slot, 1)\n"
        "            move(\n"
        "                layer.weights.values, before.outputs + slot * before.fan_out,\n"
        "                layer.steps + slot * layer.fan_out, layer.fan_in, layer.fan_out,\n"
        "            )\n"
        "            split(sent_back, layer.weights.values, errors, layer.fan_in, layer.fan_out)\n"
        "            memset(\n"
        "                layer.deltas + slot * layer.fan_out, 0, layer.fan_out * sizeof(double)\n"
        "            )\n",
    ),
    Mutant(
        "backward: deltas for errors",
        "layer.deltas if net.settings.gradient else layer.errors",
        "layer.deltas",
    ),
    Mutant(
        "backward: errors for deltas",
        "layer.deltas if net.settings.gradient else layer.errors",
        "layer.errors",
    ),
    Mutant("find_steps: rate left out", "steps[i] = rate * deltas[i]", "steps[i] = deltas[i]"),
    Mutant(
        "move_and_forward: bias forgotten",
        "layer.biases.values[j] + steps[j]",
        "layer.biases.values[j]",
    ),
    Mutant(
        "move_and_forward: moved by the new outputs",
        "old_inputs = layer.outputs + (1 - slot) * layer.fan_out",
        "old_inputs = layer.outputs + slot * layer.fan_out",
    ),
    Mutant("fit_online: outputs not swapped", "slot = (place - start) % 2", "slot = 0"),
    Mutant(
        "fit_online: moved by the wrong example",
        "net, inputs_at(examples, place - 1), inputs_at(examples, place), slot",
        "net, inputs_at(examples, place), inputs_at(examples, place), slot",
    ),
    Mutant(
        "fit_online: last update forgotten",
        "if stop > start:\n        add_flows(net, inputs_at(examples, stop - 1), lr, slot, 1)",
        "pass",
    ),
    Mutant(
        "fit: order ignored",
        "return place if examples.order == NULL else <Py_ssize_t> examples.order[place]",
        "return place",
    ),
    Mutant(
        "fit: targets not in order",
        "examples.targets + example_at(examples, place)",
        "examples.targets + place",
    ),
    Mutant(
        "batch: a sum and not a mean",
        "(lr if settings.optimizer == SGD else 1.0) / (stop - start)",
        "(lr if settings.optimizer == SGD else 1.0)",
    ),
    Mutant(
        "batch: mean taken before the rate",
        "(lr if settings.optimizer == SGD else 1.0) / (stop - start)",
        "(lr if settings.optimizer == SGD else 1.0) * (1.0 / (stop - start))",
    ),
    Mutant(
        "batch: one block only",
        "count = min(BLOCK, stop - first)",
        "count = min(BLOCK, stop - first)\n        if first > start: break",
    ),
    Mutant(
        "batch: examples not in order",
        "if examples.order == NULL or count == 1:",
        "if True:",
    ),
    one_fewer(
        "batch: last example does not move biases",
        "for row in range(count):\n                for j",
    ),
    Mutant(
        "batch: weights moved between blocks",
        "settings.optimizer != SGD or batch_size > BLOCK",
        "settings.optimizer != SGD",
    ),
    Mutant("decay: forgotten", "if direct and settings.decay != 0.0:", "if False:"),
    Mutant(
        "decay: of biases too",
        "finish_batch(&net.layers[at].biases, settings, lr, 0.0, net.powers)",
        "finish_batch(&net.layers[at].biases, settings, lr, settings.decay, net.powers)",
    ),
    Mutant(
        "momentum: direction damped",
        "mu * velocity[i] + direction[i]",
        "mu * velocity[i] + (1.0 - mu) * direction[i]",
    ),
    Mutant(
        "nesterov: in another order",
        "lr * (direction[i] + mu * velocity[i])",
        "(lr * direction[i] + lr * (mu * velocity[i]))",
    ),
    Mutant(
        "adam: square in another order",
        "(1.0 - beta2) * (d * d)",
        "(1.0 - beta2) * d * d",
    ),
    Mutant(
        "adam: step in another order",
        "(rate * m) / (sqrt(v) / root + epsilon)",
        "rate * (m / (sqrt(v) / root + epsilon))",
    ),
    Mutant("adam: a power not raised", "net.powers[1] * settings.beta2", "settings.beta2"),
]

CALLS = [
    Mutant(
        "fit: each call starts at the first example",
        "fit(inputs, targets, places, start, stop, batch_size, lr, loss)",
        "fit(inputs, targets, places, 0, stop - start, batch_size, lr, loss)",
        NETWORK,
    ),
    Mutant(
        "fit: loss summed per call",
        "loss = self._kernel.fit(inputs, targets, places, start, stop, batch_size, lr, loss)",
        "loss += self._kernel.fit(inputs, targets, places, start, stop, batch_size, lr, 0.0)",
        NETWORK,
    ),
    Mutant(
        "fit: batches cut by a call's end",
        "// (weights * batch_size)) * batch_size",
        "// weights)",
        NETWORK,
    ),
    Mutant(
        "evaluate: each call starts at the first example",
        "evaluate(inputs, targets, outputs, start, stop, loss)",
        "evaluate(inputs, targets, outputs, 0, stop - start, loss)",
        NETWORK,
    ),
    Mutant(
        "evaluate: loss summed per call",
        "loss = self._kernel.evaluate(inputs, targets, outputs, start, stop, loss)",
        "loss += self._kernel.evaluate(inputs, targets, outputs, start, stop, 0.0)",
        NETWORK,
    ),
    Mutant(
        "predict: each call starts at the first example",
        "predict(inputs, outputs, start, stop)",
        "predict(inputs, outputs, 0, stop - start)",
        NETWORK,
    ),
    Mutant(
        "score: the last of equals",
        "np.argmax(ranked, axis=1)",
        "ranked.shape[1] - 1 - np.argmax(ranked[:, ::-1], axis=1)",
        SCORES,
    ),
    Mutant(
        "score: NaN is the largest",
        "ranked = np.where(np.isnan(rows), -np.inf, rows)",
        "ranked = rows",
        SCORES,
    ),
    Mutant(
        "score: an output in the middle is above",
        "(outputs > middle)",
        "(outputs >= middle)",
        SCORES,
    ),
    Mutant(
        "score: a target in the middle is above",
        "above = targets > middle",
        "above = targets >= middle",
        SCORES,
    ),
    Mutant(
        "r_squared: distance from the first target",
        "targets[example, column] - mean",
        "targets[example, column] - targets[0, column]",
    ),
    Mutant("r_squared: 1 without spread", "return 1.0 if missed == 0.0 else 0.0", "return 1.0"),
    Mutant(
        "backquery: logit as a difference", "log_of(y / (1.0 - y))", "log_of(y) - log_of(1.0 - y)"
    ),
    Mutant(
        "backquery: artanh as a difference",
        "log_of((1.0 + y) / (1.0 - y))",
        "(log_of(1.0 + y) - log_of(1.0 - y))",
    ),
    Mutant(
        "backquery: biases forgotten",
        "layer.signals[j] - layer.biases.values[j]",
        "layer.signals[j]",
    ),
    Mutant(
        "rescale: multiplied first",
        "(values[i] - low) / (high - low) * 0.98",
        "(values[i] - low) * 0.98 / (high - low)",
    ),
    Mutant(
        "rescale: equal values divided by 0", "0.5 if low == high else (values[i]", "(values[i]"
    ),
    Mutant("rescale: NaN is the lowest", "if values[i] < low:", "if not values[i] >= low:"),
]

FUNCTIONS = [
    Mutant(
        "exp: polynomial in another order",
        "((1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0)))",
        "(1.0 / 2.0 + (r * (1.0 / 6.0) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0))))",
    ),
    Mutant(
        "exp: polynomial short of a term",
        "1.0 / 479001600.0 + r * (1.0 / 6227020800.0)",
        "1.0 / 479001600.0",
    ),
    Mutant("exp: the largest terms first", "high + (r2 * tail - low)", "(high - low) + r2 * tail"),
    Mutant("exp: ln 2 in one part", "LN2_HIGH 0x1.62e42feep-1", "LN2_HIGH 0x1.62e42fefa39efp-1"),
    Mutant("exp: scaled in one step", "two_to(half) * two_to(k - half)", "two_to(k)"),
    Mutant("exp: bounded too low", "EXP_HIGHEST 710.0", "EXP_HIGHEST 700.0"),
    Mutant("exp: unbounded below", "x = EXP_LOWEST if x < EXP_LOWEST else x", "pass"),
    Mutant("log: subnormals off by a factor of 2", "k = -54.0", "k = -53.0"),
    Mutant(
        "log: in another order",
        "k * LN2_HIGH - ((half_square - (s * (half_square + tail) + k * LN2_LOW)) - f)",
        "k * LN2_HIGH + (f - (half_square - (s * (half_square + tail)) + k * LN2_LOW))",
    ),
]

# By gcc or clang; the first needs a processor with fused multiply-add and AVX2.
FLAGS = [
    Mutant(
        "build: contraction on",
        '"-ffp-contract=off"',
        '"-ffp-contract=fast", "-mfma", "-mavx2"',
        "setup.py",
    ),
    Mutant("build: reassociation on", '"-O3"', '"-O3", "-funsafe-math-optimizations"', "setup.py"),
]

MUTANTS = [*ORDER, *EDGES, *TILES, *NEURONS, *UPDATES, *CALLS, *FUNCTIONS, *FLAGS]
if BUILD == "avx512":
    MUTANTS += WIDE_TILES


def main(words: list[str]) -> int:
    """Build and test the mutants that are asked for; return the exit status."""
    mutants = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    check_that_they_apply(mutants)
    width = max(len(mutant.name) for mutant in mutants)
    survivors = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        original = copy_project(Path(folder) / "original")
        failure = build_and_test(original)
        if failure is not None:
            sys.exit(f"the tests fail without any mutant: {failure}")
        results = pool.map(lambda mutant: first_failure(mutant, original), mutants)
        for mutant, failure in zip(mutants, results, strict=True):
            survivors += failure is None
            verdict = "SURVIVED" if failure is None else f"killed by {failure}"
            print(f"{mutant.name:{width}}  {verdict}", flush=True)
    print(f"{len(mutants)} mutants, {survivors} survived")
    return 1 if survivors else 0


def check_that_they_apply(mutants: list[Mutant]) -> None:
    """Exit if a mutant's text is not in its file, or is there more than once."""
    for mutant in mutants:
        found = (ROOT / mutant.file).read_text().count(mutant.old)
        if found != 1:
            sys.exit(f"{mutant.name!r}: its text is {found} times in {mutant.file}, wants once")


def copy_project(project: Path) -> Path:
    """Copy what a build and the tests need, reduced to one build of the kernel."""
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    for name in ("nnref", "nnfast", "tests"):
        shutil.copytree(ROOT / name, project / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project / name)
    replace(project / "setup.py", "for build in BUILDS)", f'for build in ["{BUILD}"])')
    with (project / "tests" / "conftest.py").open("a") as conftest:
        conftest.write(QUICK)
    return project


def first_failure(mutant: Mutant, original: Path) -> str | None:
    """Return the first test that a mutant of the project fails, or None."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "mutant"
        shutil.copytree(original, project)
        replace(project / mutant.file, mutant.old, mutant.new)
        (project / KERNEL).touch()  # or a change of flags alone would build nothing
        return build_and_test(project)


def replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def build_and_test(project: Path) -> str | None:
    """Build the project and run the parity tests; return the first that fails, or None."""
    run(project, [0], "setup.py", "build_ext", "--inplace")
    options = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider")
    done = run(project, [0, TESTS_FAILED], "-m", "pytest", "tests/test_parity.py", *options)
    if done.returncode == 0:
        return None
    failed = re.search(r"^FAILED \S+?::(\w+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else sys.exit(f"{done.stdout}\nno test failed, nor did all pass")


def run(project: Path, expected: list[int], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a copy of the project, and not on one that is installed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=os.environ | {"PYTHONPATH": str(project)},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode not in expected:
        sys.exit(f"{done.stdout}\n{' '.join(arguments)}: exit status {done.returncode}")
    return done


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
