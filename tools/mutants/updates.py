"""Mutants of the optimizers."""

from mutant import Mutant, backwards, in_a_team, one_fewer

MUTANTS = {
    "nnfast/kernel/updates.pxi": [
        Mutant(
            "batch: a direction from the first term",
            "memset(part.sums, 0, part.size * sizeof(real))",
            "for j in range(part.size):\n            part.sums[j] = -0.0",
        ),
        backwards(
            "batch: biases moved by the last example first",
            "for row in range(count):\n                for j",
        ),
        one_fewer(
            "batch: last example does not move biases",
            "for row in range(count):\n                for j",
        ),
        one_fewer(
            "decay: last weight dropped",
            "for i in range(size):\n        values[i] = values[i] * factor",
        ),
        one_fewer(
            "take_decay: last weight dropped",
            "for i in range(size):\n        direction[i] = direction[i] -",
        ),
        one_fewer(
            "apply_momentum: last weight dropped",
            "for i in range(size):\n            values[i] = values[i] + lr * velocity[i]",
        ),
        one_fewer(
            "apply_adam: last weight dropped",
            "for i in range(size):\n        d = direction[i]",
        ),
        Mutant(
            "batch: last example does not move weights",
            "layer.fan_out, share.count, count, layer.fan_out",
            "layer.fan_out, share.count, count - 1, layer.fan_out",
        ),
        Mutant(
            "decay: forgotten in sums",
            "scale(part.sums, 1.0 - lr * decay, part.size)",
            "pass",
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
        Mutant("adam: square in another order", "rest2 * (d * d)", "rest2 * d * d"),
        Mutant(
            "adam: step in another order",
            "(rate * m) / (root_of(v) / root + epsilon)",
            "rate * (m / (root_of(v) / root + epsilon))",
        ),
        Mutant(
            "adam: first power of the update before",
            "lr / (1.0 - net.powers[0] * settings.beta1)",
            "lr / (1.0 - net.powers[0])",
        ),
        Mutant(
            "adam: second power of the update before",
            "sqrt(1.0 - net.powers[1] * settings.beta2)",
            "sqrt(1.0 - net.powers[1])",
        ),
        in_a_team("part_of: the first values", "all.values + share.first", "all.values"),
        in_a_team("part_of: the first sums", "all.sums + share.first", "all.sums"),
        in_a_team("part_of: the first of one slot", "all.slot1 + share.first", "all.slot1"),
        in_a_team("part_of: the first of the other slot", "all.slot2 + share.first", "all.slot2"),
        in_a_team(
            "decay: the first weights",
            "layer.weights.values + share.first * layer.fan_out, factor",
            "layer.weights.values, factor",
        ),
        in_a_team(
            "add_flows: the first weights",
            "weights = weights + share.first * layer.fan_out",
            "pass",
        ),
        in_a_team(
            "add_flows: the first inputs",
            "inputs + share.first, 1, inputs_row",
            "inputs, 1, inputs_row",
        ),
        in_a_team(
            "add_flows: biases moved by each thread",
            "if layer.biases.values != NULL and net.me == 0:",
            "if layer.biases.values != NULL:",
        ),
    ],
}
