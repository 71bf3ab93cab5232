"""Mutants of one update for each example."""

from mutant import Mutant, in_a_team, one_fewer

MUTANTS = {
    "nnfast/kernel/online.pxi": [
        one_fewer("copy_columns: last row not copied", "for i in range(rows):\n        memcpy("),
        one_fewer(
            "forward_online: last bias not moved",
            "for j in range(part.padded):",
        ),
        one_fewer(
            "finish_online: last bias not moved",
            "for j in range(part.count):",
        ),
        Mutant(
            "softmax online: over what is no neuron's too",
            "activate(SOFTMAX, signals, outputs, layer.fan_out)",
            "activate(SOFTMAX, signals, outputs, layer.width)",
        ),
        Mutant(
            "backward_online: deltas for errors",
            "layer.deltas if net.settings.gradient else layer.errors",
            "layer.deltas",
        ),
        Mutant(
            "backward_online: errors for deltas",
            "layer.deltas if net.settings.gradient else layer.errors",
            "layer.errors",
        ),
        Mutant(
            "start_online: weights not copied again",
            "part.own_weights, part.padded, layer.fan_in, part.count",
            "part.own_weights, part.padded,\n"
            "                layer.fan_in if part.own_weights[0] == 0.0 else 0, part.count",
        ),
        Mutant(
            "start_online: biases not copied again",
            "memcpy(part.biases, layer.biases.values + part.first,",
            "if part.biases[0] == 0.0: memcpy(part.biases, layer.biases.values + part.first,",
        ),
        Mutant(
            "start_online: weights not transposed again",
            "            start_transposed(net, at)\n",
            "            if net.online[at].transposed[0] == 0.0: start_transposed(net, at)\n",
        ),
        Mutant(
            "forward_online: bias forgotten",
            "part.biases[j] = part.biases[j] + steps[j]",
            "part.biases[j] = part.biases[j]",
        ),
        Mutant(
            "forward_online: moved by the new outputs",
            "old_inputs = layer.outputs + row_of(layer, part, old)",
            "old_inputs = layer.outputs + row_of(layer, part, slot)",
        ),
        Mutant(
            "forward_online: moved by the new steps",
            "steps = layer.steps + row_of(layer, part, old) + part.first",
            "steps = layer.steps + row_of(layer, part, slot) + part.first",
        ),
        Mutant(
            "backward_online: transposed weights not moved",
            "        if is_first:",
            "        if True:",
        ),
        Mutant(
            "backward_online: moved by the new outputs",
            "before.outputs + row_of(before, own, old) + own.first,",
            "before.outputs + row_of(before, own, slot) + own.first,",
        ),
        Mutant(
            "backward_online: moved by the new steps",
            "before.width, layer.steps + row_of(layer, part, old),",
            "before.width, layer.steps + row_of(layer, part, slot),",
        ),
        Mutant(
            "backward_online: last neuron's error dropped",
            "sent_back, NULL, before.errors + row, layer.fan_out, own.padded",
            "sent_back, NULL, before.errors + row, layer.fan_out - 1, own.padded",
        ),
        Mutant(
            "backward_online: the first example's sums not cleared",
            "            start_sums(NULL, before.errors + row, own.padded)\n",
            "",
        ),
        Mutant(
            "fit_online: one slot",
            "old, slot = slot, slot + 1 if slot + 1 < SLOTS else 0",
            "old, slot = 0, 0",
        ),
        Mutant(
            "fit_online: moved by the wrong example",
            "forward_online(net, 0, old_inputs, inputs,",
            "forward_online(net, 0, NULL if old_inputs == NULL else inputs, inputs,",
        ),
        Mutant(
            "fit_online: targets of the example before",
            "targets_at(examples, place), net.online",
            "targets_at(examples, place - (place > start)), net.online",
        ),
        Mutant(
            "finish_online: moved by the example before",
            "finish_online(net, 0, old_inputs, slot)",
            "finish_online(net, 0, old_inputs, old)",
        ),
        Mutant(
            "finish_online: last update forgotten",
            "layer.fan_in, 1, part.count,",
            "layer.fan_in, 0, part.count,",
        ),
        Mutant(
            "finish_online: last row not moved",
            "layer.fan_in, 1, part.count,",
            "layer.fan_in - 1, 1, part.count,",
        ),
        Mutant(
            "finish_online: last neuron not moved",
            "layer.fan_in, 1, part.count,",
            "layer.fan_in, 1, part.count - 1,",
        ),
        Mutant(
            "finish_online: copies not brought back",
            "            if part.is_copied:\n                copy_columns(\n"
            "                    part.weights, part.row, layer",
            "            if False:\n                copy_columns(\n"
            "                    part.weights, part.row, layer",
        ),
        Mutant(
            "finish_online: last update of biases forgotten",
            "layer.biases.values[part.first + j] = part.biases[j] + steps[j]",
            "layer.biases.values[part.first + j] = part.biases[j]",
        ),
        Mutant("fit_online: sample weights forgotten in the steps", "lr * sample_weight)", "lr)"),
        Mutant(
            "fit_online: sample weights forgotten in the loss", "+ sample_weight * added", "+ added"
        ),
        in_a_team(
            "fit_online: losses added by each thread",
            "        if net.me == 0:\n            loss[0] = loss[0] + sample_weight * added",
            "        if True:\n            loss[0] = loss[0] + sample_weight * added",
        ),
        in_a_team(
            "start_online: the first weights",
            "part.weights, part.row = layer.weights.values + part.first,",
            "part.weights, part.row = layer.weights.values,",
        ),
        in_a_team(
            "start_online: copies of the first weights",
            "            part.weights, part.row, part.own_weights,",
            "            layer.weights.values, part.row, part.own_weights,",
        ),
        in_a_team(
            "start_online: copies of the first biases",
            "part.biases, layer.biases.values + part.first,",
            "part.biases, layer.biases.values,",
        ),
        in_a_team(
            "forward_online: the first steps",
            "steps = layer.steps + row_of(layer, part, old) + part.first",
            "steps = layer.steps + row_of(layer, part, old)",
        ),
        in_a_team(
            "backward_online: the first transposed weights, moved",
            "part.transposed + own.first, before.width, layer.steps",
            "part.transposed, before.width, layer.steps",
        ),
        in_a_team(
            "backward_online: the first transposed weights, not moved yet",
            "sent_back, part.transposed + own.first",
            "sent_back, part.transposed",
        ),
        in_a_team(
            "backward_online: moved by the first outputs",
            "before.outputs + row_of(before, own, old) + own.first,",
            "before.outputs + row_of(before, own, old),",
        ),
        in_a_team(
            "finish_online: only the caller's neurons moved",
            "if part.is_split or net.me == 0:",
            "if net.me == 0:",
        ),
        in_a_team(
            "finish_online: copied back to the first weights",
            "part.row, layer.weights.values + part.first, layer.fan_out",
            "part.row, layer.weights.values, layer.fan_out",
        ),
        in_a_team(
            "finish_online: the first biases",
            "layer.biases.values[part.first + j]",
            "layer.biases.values[j]",
        ),
        in_a_team(
            "forward_online: no barrier",
            "        if part.is_split:\n            wait_at_barrier(net.team)\n        if old",
            "        if old",
        ),
        in_a_team(
            "backward_online: no barrier",
            "        if part.is_split:\n            wait_at_barrier(net.team)\n        sent",
            "        sent",
        ),
    ],
}
