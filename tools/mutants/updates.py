"""Mutants of the optimizers."""

from mutant import Mutant, in_a_team, one_fewer

MUTANTS = {
    "nnfast/kernel/updates.pxi": [
        Mutant(
            "batch: a direction from the first term",
            "memset(part.sums, 0, part.size * sizeof(real))",
            "for j in range(part.size):\n            part.sums[j] = -0.0",
        ),
        one_fewer(
            "decay: last weight dropped",
            "for i in range(size):\n        values[i] = values[i] * factor",
        ),
        one_fewer(
            "downhill: last weight dropped",
            "for i in range(size):\n        direction[i] = direction[i] -",
        ),
        one_fewer(
            "momentum: last weight dropped",
            "for i in range(size):\n            values[i] = values[i] + lr * velocity[i]",
        ),
        one_fewer(
            "adam: last weight dropped",
            "for i in range(size):\n        d = direction[i]",
        ),
        Mutant(
            "decay: forgotten in sums",
            "scale(part.sums, 1.0 - lr * decay, part.size)",
            "pass",
        ),
        Mutant(
            "decay: of biases too",
            "updated(net, &net.layers[at].biases, lr, 0.0)",
            "updated(net, &net.layers[at].biases, lr, net.settings.decay)",
        ),
        Mutant(
            "decay: of biases in sums too",
            "start_sums_of(net, &net.layers[at].biases, lr, 0.0)",
            "start_sums_of(net, &net.layers[at].biases, lr, net.settings.decay)",
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
            "(rate * m) / (root_of(v) + shift)",
            "rate * (m / (root_of(v) + shift))",
        ),
        Mutant("adam: epsilon without the root", "settings.epsilon * root", "settings.epsilon"),
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
        in_a_team(
            "part_of: the first values", "parameters.values + share.first", "parameters.values"
        ),
        in_a_team("part_of: the first sums", "parameters.sums + share.first", "parameters.sums"),
        in_a_team(
            "part_of: the first of one slot", "parameters.slot1 + share.first", "parameters.slot1"
        ),
        in_a_team(
            "part_of: the first of the other slot",
            "parameters.slot2 + share.first",
            "parameters.slot2",
        ),
        in_a_team(
            "decay: the first weights",
            "layer.weights.values + rows.first * layer.fan_out, keep",
            "layer.weights.values, keep",
        ),
        in_a_team(
            "add_flows: biases moved by each thread",
            "if layer.biases.values != NULL and net.me == 0:",
            "if layer.biases.values != NULL:",
        ),
    ],
}
