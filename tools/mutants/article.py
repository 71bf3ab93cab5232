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
            "memset(errors, 0, count * errors_row * sizeof(real))",
            "for j in range(count * errors_row):\n        errors[j] = -0.0",
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
        Mutant("softmax: over a whole block", "if layer.activation != SOFTMAX:", "if True:"),
        Mutant(
            "softmax: over what is no neuron's too",
            "outputs + row * layer.width, layer.fan_out",
            "outputs + row * layer.width, layer.width",
        ),
        # Only the order is wrong where lr is 0.1, as in test_any_layout_of_one_example.
        Mutant(
            "backward: recombined by the weights after their update",
            "        recombined(layer, sent_back,",
            "        find_steps(layer.deltas, layer.steps, 0.1, layer.width)\n"
            "        add_product(\n"
            "            before.outputs, 1, before.width, layer.steps, layer.width,\n"
            "            layer.weights.values, layer.fan_out, layer.fan_in, 1, layer.fan_out,\n"
            "        )\n"
            "        recombined(layer, sent_back,",
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
            "    transpose(layer.weights.values, transposed,",
            "    if transposed[0] == 0.0: transpose(layer.weights.values, transposed,",
        ),
        Mutant(
            "recombined: last neuron dropped",
            "errors, errors_row, count, layer.fan_out, errors_row,",
            "errors, errors_row, count, layer.fan_out - 1, errors_row,",
        ),
        Mutant(
            "weighted_sums: the first of many examples only",
            "    if count == 1:\n        add_weighted(",
            "    if count > 1:\n        add_weighted(",
        ),
        Mutant(
            "moved: last example left out",
            "layer.fan_out, rows.count, count, layer.fan_out",
            "layer.fan_out, rows.count, count - 1, layer.fan_out",
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
            "for j in range(layer.fan_out):\n            biases[j]",
        ),
        in_a_team(
            "backward: the first targets",
            "targets_at(examples, place + row), slot + row)",
            "targets_at(examples, place + row - slot), slot + row)",
        ),
        in_a_team(
            "moved: the first weights",
            "weights + rows.first * layer.fan_out, layer.fan_out,",
            "weights, layer.fan_out,",
        ),
        in_a_team(
            "moved: the first inputs",
            "inputs + rows.first, 1, inputs_row",
            "inputs, 1, inputs_row",
        ),
    ],
}
