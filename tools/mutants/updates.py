"""Mutants of the optimizers."""

from mutant import Mutant, in_a_team, one_fewer

MUTANTS = {
    "nnfast/kernel/updates.pxi": [
        Mutant(
            "batch: a direction from the first term",
            "memset(run.sums, 0, run.size * sizeof(real))",
            "memset(run.sums, 0, run.size * sizeof(real))\n"
            "            scale(run.sums, -1.0, run.size)",
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
            "scale(run.sums, 1.0 - update.lr * decay, run.size)",
            "pass",
        ),
        Mutant(
            "decay: of biases too",
            "finish_panel(net, &panel, update, 0.0)",
            "finish_panel(net, &panel, update, net.settings.decay)",
        ),
        Mutant(
            "decay: of biases in sums too",
            "start_panel(net, &panel, update, 0.0)",
            "start_panel(net, &panel, update, net.settings.decay)",
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
        Mutant("decay: forgotten", "    if keep != 1.0:", "    if False:"),
        Mutant(
            "batch: weights moved between blocks",
            "settings.optimizer == SGD and update.moves and update.is_first and update.is_last",
            "settings.optimizer == SGD and update.moves",
        ),
        Mutant(
            "batch: sums of one block only",
            "if update.moves and update.is_first and update.is_last:",
            "if update.moves:",
        ),
        Mutant(
            "batch: sums started with each block",
            "        if update.is_first:\n            start_panel",
            "        if True:\n            start_panel",
        ),
        Mutant(
            "batch: sums of biases started with each block",
            "    if update.is_first:\n        start_panel",
            "    if True:\n        start_panel",
        ),
        Mutant(
            "batch: weights moved by each block",
            "        if update.is_last and update.moves:\n            finish_panel",
            "        if update.moves:\n            finish_panel",
        ),
        Mutant(
            "batch: biases moved by each block",
            "    if update.is_last and update.moves:\n        finish_panel(net, &panel, update, 0",
            "    if update.moves:\n        finish_panel(net, &panel, update, 0",
        ),
        Mutant(
            "gradient: sums that start with the weights",
            "if net.settings.optimizer != SGD or not update.moves:",
            "if net.settings.optimizer != SGD:",
        ),
        Mutant(
            "rows_at_once: the last ones left out",
            "some.rows.count = min(rows, stop - some.rows.first)",
            "some.rows.count = rows if rows <= stop - some.rows.first else 0",
        ),
        in_a_team(
            "find_panel: the first of a row",
            "first = area.rows.first * row + area.columns.first",
            "first = area.rows.first * row",
        ),
        in_a_team(
            "find_panel: the first row",
            "first = area.rows.first * row + area.columns.first",
            "first = area.columns.first",
        ),
        in_a_team(
            "find_panel: the first of one slot",
            "parameters.slot1 + first",
            "parameters.slot1 + area.rows.first * row",
        ),
        in_a_team(
            "find_panel: the first of the other slot",
            "parameters.slot2 + first",
            "parameters.slot2 + area.rows.first * row",
        ),
        in_a_team("panel: the next of one slot", "run.slot1 += panel.row", "run.slot1 += 0"),
        in_a_team("panel: the next of the other slot", "run.slot2 += panel.row", "run.slot2 += 0"),
        in_a_team("panel: the next sums", "run.sums += panel.sums_row", "run.sums += panel.row"),
        in_a_team(
            "move_in_place: the first weights",
            "layer.weights.values + own.rows.first * layer.fan_out + own.columns.first",
            "layer.weights.values + own.rows.first * layer.fan_out",
        ),
        in_a_team(
            "move_in_place: the first biases",
            "count, layer.biases.values + own.columns.first)",
            "count, layer.biases.values)",
        ),
        in_a_team(
            "move_in_place: biases moved by each thread",
            "        if own.rows.count > 0:\n",
            "        if True:\n",
        ),
        in_a_team(
            "add_flows: biases moved by each thread",
            "    if own.rows.count == 0:\n        return\n",
            "    if own.rows.count == 0:\n        own.rows = Share(0, 1)\n",
        ),
    ],
}
