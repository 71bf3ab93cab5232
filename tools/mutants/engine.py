"""Mutants of calls, and what they see, score and take apart."""

from mutant import Mutant, alone, backwards, in_a_team, refusing, taken_apart, watched

MUTANTS = {
    "nnfast/kernel/calls.pxi": [
        backwards(
            "evaluate: losses from the last on",
            "for row in range(count):\n                call.loss =",
        ),
        in_a_team(
            "predict: the first examples",
            "place = call.start + share.first, stop",
            "place = call.start, stop",
        ),
        Mutant(
            "predict: the first block only", "        place += ANSWERS\n", "        place = stop\n"
        ),
        in_a_team(
            "evaluate: the first examples",
            "predict_block(net, call, place + share.first,",
            "predict_block(net, call, place,",
        ),
    ],
    "nnfast/kernel/checks.pxi": [
        refusing("order: a place below the first", "0 <= places[at] < size", "places[at] < size"),
        refusing(
            "order: a place beyond the last", "0 <= places[at] < size", "0 <= places[at] <= size"
        ),
        refusing(
            "order: last place unchecked",
            "for at in range(start, stop):\n        if not 0",
            "for at in range(start, stop - 3):\n        if not 0",
        ),
        refusing("lengths unchecked", "if got != wanted:", "if got < 0:"),
        refusing("ranges unchecked above", "if not low <= got <= high:", "if not low <= got:"),
    ],
    "nnfast/kernel/engine.pxi": [
        Mutant("query: all answers in one array", "self.answer.copy(), like", "self.answer, like"),
        alone(
            "predict: the GIL held",
            "with nogil:\n            while row",
            "if True:\n            while row",
        ),
        alone(
            "order: the GIL held",
            "with nogil:\n                place = first",
            "if True:\n                place = first",
        ),
        refusing(
            "train: targets of a count below 0",
            "-LARGEST if net.settings.loss == SQUARED_ERROR else 0.0",
            "0.0 if net.settings.loss == CROSS_ENTROPY else -LARGEST",
        ),
        refusing(
            "train: targets of a count up to 1",
            "1.0 if net.settings.loss == CROSS_ENTROPY else LARGEST",
            "LARGEST if net.settings.loss == SQUARED_ERROR else 1.0",
        ),
        refusing(
            "loss: a code too high",
            "net.settings.loss, len(LOSSES) - 1)",
            "net.settings.loss, len(LOSSES))",
        ),
        refusing(
            "optimizer: a code too high",
            "net.settings.optimizer, len(OPTIMIZERS) - 1)",
            "net.settings.optimizer, len(OPTIMIZERS))",
        ),
        refusing(
            "slots: any number",
            'check_length("slots", len(slots), slots_of(net.settings.optimizer))',
            "pass",
        ),
        refusing(
            "powers: none for adam",
            "elif net.settings.optimizer == ADAM:",
            "elif False:",
        ),
        Mutant(
            "batch: no place for the sums of a block and one example",
            "if batch_size > BLOCK:",
            "if batch_size > BLOCK + 1:",
        ),
        watched(
            "train: not seen",
            "                widened(&self.inputs_seen, examples.inputs, self.inodes)\n",
            "",
        ),
        watched("predict: the first only", "row += step", "row += inputs.shape[0]"),
        watched(
            "predict: the second half",
            "cdef Py_ssize_t row = 0\n",
            "cdef Py_ssize_t row = step\n",
        ),
        taken_apart(
            "last_update: deltas for errors",
            "memcpy(&numbers[2, 0], layer.errors, size)",
            "memcpy(&numbers[2, 0], layer.deltas, size)",
        ),
        taken_apart(
            "last_update: outputs for signals",
            "memcpy(&numbers[0, 0], layer.signals, size)",
            "memcpy(&numbers[0, 0], layer.outputs, size)",
        ),
        taken_apart(
            "last_update: deltas for steps",
            "memcpy(&numbers[4, 0], layer.steps, size)",
            "memcpy(&numbers[4, 0], layer.deltas, size)",
        ),
    ],
    "nnfast/kernel/memory.pxi": [
        refusing(
            "activations: a code too high",
            "activation, len(ACTIVATIONS) - 1)",
            "activation, len(ACTIVATIONS))",
        ),
        Mutant(
            "batch: sums of weights and biases in one place",
            "= rest, rest + layer.weights.size",
            "= rest, rest",
        ),
        Mutant(
            "add_rows_of: errors and deltas in one place",
            "layer.deltas = layer.signals + 3 * size",
            "layer.deltas = layer.signals + 2 * size",
        ),
    ],
    "nnfast/kernel/seen_range.pxi": [
        watched("widened: no count", "    seen.examples += 1\n", ""),
        watched(
            "widened: lowest of the lows",
            "seen.highest_low = max(seen.highest_low, low)",
            "seen.highest_low = min(seen.highest_low, low)",
        ),
        watched(
            "widened: highest of the highs",
            "seen.lowest_high = min(seen.lowest_high, high)",
            "seen.lowest_high = max(seen.lowest_high, high)",
        ),
        watched("is_like: after fewer", "FEWEST_EXAMPLES = 100", "FEWEST_EXAMPLES = 99"),
        watched("is_like: farther beyond", "BEYOND = 0.5", "BEYOND = 0.6"),
        watched("is_like: less short", "SHORT = 0.1", "SHORT = 0.09"),
        watched("is_like: three numbers are a point", "POINT = 2", "POINT = 3"),
        watched("is_like: two numbers are none", "count <= POINT", "count < POINT"),
        watched("is_like: NaNs are unlike", "return low > high or (", "return (low > high) and ("),
    ],
    "nnfast/kernel/scores.pxi": [
        Mutant(
            "score: counts as classes",
            "activation == IDENTITY or activation == EXPONENTIAL",
            "activation == IDENTITY",
        ),
        Mutant(
            "r_squared: distance from the first target",
            "targets[at] - mean",
            "targets[at] - targets[column]",
        ),
        Mutant("r_squared: 1 without spread", "return 1.0 if missed == 0.0 else 0.0", "return 1.0"),
        Mutant("largest: the last of equals", "values[place] > values", "values[place] >= values"),
        Mutant("are_classes: a single column", "return width > 1", "return True"),
        Mutant("are_classes: two above", "if above != 1:", "if above < 1:"),
        Mutant(
            "score: the middle of tanh", "0.0 if activation == TANH", "0.5 if activation == TANH"
        ),
        Mutant(
            "on_same_sides: from the middle on",
            "(outputs[column] > threshold)",
            "(outputs[column] >= threshold)",
        ),
    ],
}
