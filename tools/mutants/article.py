"""Mutants of forward and backward, and what a thread's share of them is."""

from mutant import Mutant, in_a_team, one_fewer

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
    ],
    "nnfast/kernel/article.pxi": [
        Mutant(
            "start_sums: from the first term",
            "memset(sums, 0, width * sizeof(real))",
            "for j in range(width):\n            sums[j] = -0.0",
        ),
        Mutant(
            "backward: from the first term",
            "memset(errors, 0, count * before.width * sizeof(real))",
            "for j in range(count * before.width):\n                errors[j] = -0.0",
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
            "find_errors: last neuron dropped",
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
            "backward: weights split after their update",
            "        # For one example too: a sum",
            "        find_steps(layer.deltas, layer.steps, 0.1, layer.width)\n"
            "        add_product(\n"
            "            before.outputs, 1, before.width, layer.steps, layer.width,\n"
            "            layer.weights.values, layer.fan_out, layer.fan_in, 1, layer.fan_out,\n"
            "        )\n"
            "        # For one example too: a sum",
        ),
        Mutant(
            "backward: deltas for errors",
            "layer.deltas if net.settings.gradient else layer.errors\n"
            "        sent_back = sent_back + s",
            "layer.deltas\n        sent_back = sent_back + s",
        ),
        Mutant(
            "backward: errors for deltas",
            "layer.deltas if net.settings.gradient else layer.errors\n"
            "        sent_back = sent_back + s",
            "layer.errors\n        sent_back = sent_back + s",
        ),
        Mutant(
            "find_steps: rate left out", "steps[i] = factor * deltas[i]", "steps[i] = deltas[i]"
        ),
        Mutant(
            "batch: weights not transposed again",
            "        transpose(layer.weights.values, net.transposed,",
            "        if net.transposed[0] == 0.0: transpose(layer.weights.values, net.transposed,",
        ),
    ],
}
