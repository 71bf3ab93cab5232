"""Mutants of calls, and what they see, score and take apart."""

from mutant import Mutant, backwards, in_a_team, taken_apart, watched

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
        in_a_team(
            "evaluate: the first examples",
            "predict_block(net, call, place + share.first,",
            "predict_block(net, call, place,",
        ),
    ],
    "nnfast/kernel/engine.pxi": [
        Mutant(
            "batch: weights moved between blocks",
            "settings.optimizer != SGD or batch_size > BLOCK",
            "settings.optimizer != SGD",
        ),
        Mutant(
            "batch: weights moved between a block and one example",
            "settings.optimizer != SGD or batch_size > BLOCK",
            "settings.optimizer != SGD or batch_size > BLOCK + 1",
        ),
        watched(
            "train: not seen",
            "                widened(self.seen, examples.inputs, self.inodes)\n",
            "",
        ),
        watched("predict: the first only", "range(0, inputs.shape[0], step)", "range(0, 1, step)"),
        watched(
            "predict: the second half",
            "range(0, inputs.shape[0], step)",
            "range(step, inputs.shape[0], step)",
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
        Mutant(
            "batch: sums of weights and biases in one place",
            "layer.biases.sums = rest + layer.weights.size",
            "layer.biases.sums = rest",
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
        watched("is_like: NaNs are unlike", "return low > high or (", "return (low > high) and ("),
    ],
    "nnfast/kernel/scores.pxi": [
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
