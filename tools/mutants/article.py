"""Mutants of forward and backward, and what a thread's share of them is."""

from mutant import Mutant, backwards, in_a_team, one_fewer

MUTANTS = {
    "nnfast/kernel/network.pxi": [
        in_a_team(
            "share_of: the last of a share left out",
            "share.count = min(total, units * (net.me + 1) // net.team.size * unit) - share.first",
            "share.count = max(\n"
            "        min(total, units * (net.me + 1) // net.team.size * unit - net.me)\n"
            "        - share.first, 0,\n"
            "    )",
        ),
        in_a_team(
            "share_of: shares overlap",
            "share.count = min(total, units * (net.me + 1) // net.team.size * unit) - share.first",
            "share.count = min(\n"
            "        total, units * (net.me + 1) // net.team.size * unit + unit\n"
            "    ) - share.first",
        ),
        in_a_team(
            "runs_of: the first of an area",
            "own.rows.first * layer.width + own.columns.first, own.rows.count",
            "own.rows.first * layer.width, own.rows.count",
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
    ],
    "nnfast/kernel/article.pxi": [
        Mutant(
            "start_sums: from the first term",
            "memset(sums, 0, width * sizeof(real))",
            "for j in range(width):\n            sums[j] = -0.0",
        ),
        Mutant(
            "recombined: from the first term",
            "start_sums(NULL, before.errors + runs.first + at * runs.distance, runs.length)",
            "start_sums(NULL, before.errors + runs.first + at * runs.distance, runs.length)\n"
            "        scale(before.errors + runs.first + at * runs.distance, -1.0, runs.length)",
        ),
        one_fewer(
            "transpose: last neuron dropped",
            "for k in range(fan_out):\n            transposed",
        ),
        one_fewer(
            "transpose: last row dropped",
            "for j in range(fan_in):\n        for k",
        ),
        one_fewer(
            "output_errors: last neuron dropped",
            "for k in range(last.fan_out):",
        ),
        one_fewer(
            "find_steps: last neuron dropped",
            "for i in range(count):\n        steps",
        ),
        Mutant(
            "softmax: over a whole block",
            "    if layer.activation == SOFTMAX:",
            "    if False:",
        ),
        Mutant(
            "softmax: over what is no neuron's too",
            "runs.count, runs.length = own.rows.count, layer.fan_out",
            "runs.count, runs.length = own.rows.count, layer.width",
        ),
        # Only the order is wrong where lr is 0.1, as in test_any_layout_of_one_example.
        Mutant(
            "backward: recombined by the weights after their update",
            "    recombined(layer, before, sent_back,",
            "    find_steps(layer.deltas, layer.steps, 0.1, layer.width)\n"
            "    add_product(\n"
            "        before.outputs, 1, before.width, layer.steps, layer.width,\n"
            "        layer.weights.values, layer.fan_out, layer.fan_in, 1, layer.fan_out,\n"
            "    )\n"
            "    recombined(layer, before, sent_back,",
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
        Mutant(
            "find_steps: rate left out", "steps[i] = factor * deltas[i]", "steps[i] = deltas[i]"
        ),
        Mutant(
            "recombined: weights not transposed again",
            "    transpose(\n        layer.weights.values + own",
            "    if transposed[0] == 0.0: transpose(\n        layer.weights.values + own",
        ),
        Mutant(
            "recombined: last neuron dropped",
            "before.width, own.rows.count, layer.fan_out, width,",
            "before.width, own.rows.count, layer.fan_out - 1, width,",
        ),
        Mutant(
            "weighted_sums: the first of many examples only",
            "    if own.rows.count == 1:\n        add_weighted(",
            "    if own.rows.count > 1:\n        add_weighted(",
        ),
        Mutant(
            "moved: last example left out",
            "weights, row, own.rows.count, count, own.columns.count",
            "weights, row, own.rows.count, count - 1, own.columns.count",
        ),
        backwards(
            "move_biases: by the last example first",
            "for row in range(count):\n        for j",
        ),
        one_fewer(
            "move_biases: last example left out",
            "for row in range(count):\n        for j",
        ),
        one_fewer(
            "move_biases: last neuron left out",
            "for j in range(neurons.count):\n            biases[j]",
        ),
        in_a_team(
            "weighted_sums: the first weights",
            "*weights = layer.weights.values + first",
            "*weights = layer.weights.values",
        ),
        in_a_team(
            "weighted_sums: the first biases",
            "biases = layer.biases.values + first",
            "biases = layer.biases.values",
        ),
        in_a_team(
            "recombined: the first rows of weights",
            "layer.weights.values + own.columns.first * layer.fan_out, transposed",
            "layer.weights.values, transposed",
        ),
        in_a_team(
            "recombined: what the first examples send back",
            "sent_back + own.rows.first * layer.width, layer.width",
            "sent_back, layer.width",
        ),
        in_a_team(
            "moved: the first inputs",
            "inputs + own.rows.first, 1, inputs_row",
            "inputs, 1, inputs_row",
        ),
        in_a_team(
            "moved: the first steps",
            "layer.steps + own.columns.first, layer.width",
            "layer.steps, layer.width",
        ),
        in_a_team(
            "move_biases: the first steps",
            "*steps = layer.steps + neurons.first",
            "*steps = layer.steps",
        ),
    ],
}
