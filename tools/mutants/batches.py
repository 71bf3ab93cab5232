"""Mutants of one update for each batch."""

from mutant import INTERRUPTS, Mutant, backwards, in_a_team, one_fewer

MUTANTS = {
    "nnfast/kernel/batches.pxi": [
        backwards(
            "fit: a batch's losses from the last on",
            "for row in range(count):\n                loss[0] =",
        ),
        one_fewer(
            "batch: last example not copied beside the others",
            "for row in range(share.first, share.first + share.count):\n        inputs, copy",
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
            "count = min(BLOCK * net.team.size, stop - first)",
            "count = min(BLOCK * net.team.size, stop - first)\n        if first > start: break",
        ),
        Mutant(
            "batch: examples not in order",
            "if not dropped and (examples.order == NULL or count == 1):",
            "if not dropped:",
        ),
        Mutant("batch: sample weights forgotten in the steps", "rate * counts", "rate"),
        Mutant(
            "batch: the first sample weights",
            "sample_weight_at(examples, place + own.rows.first + at)",
            "sample_weight_at(examples, own.rows.first + at)",
        ),
        in_a_team(
            "batch: sample weights of the first thread",
            "sample_weight_at(examples, place + own.rows.first + at)",
            "sample_weight_at(examples, place + at)",
        ),
        Mutant(
            "batch: one sample weight for all",
            "if examples.sample_weight != NULL:",
            "if False:",
        ),
        Mutant(
            "batch: sample weights forgotten in the loss",
            "sample_weight_at(examples, first + row) * net.losses[row]",
            "net.losses[row]",
        ),
        Mutant(
            "gradient: the weights moved too",
            "update.moves = update.dropout.acts = False",
            "update.dropout.acts = False; update.moves = True",
        ),
        Mutant(
            "adam: first power not raised",
            "net.powers[0] = net.powers[0] * settings.beta1",
            "net.powers[0] = settings.beta1",
        ),
        Mutant(
            "adam: second power not raised",
            "net.powers[1] = net.powers[1] * settings.beta2",
            "net.powers[1] = settings.beta2",
        ),
        Mutant(
            "batch: no look for Ctrl-C",
            "if visited > VISITS_PER_LOOK and first < stop:",
            "if False:",
            INTERRUPTS,
        ),
        Mutant(
            "batch: finished after Ctrl-C",
            "        if net.team.stopped:\n",
            "        if False:\n",
            INTERRUPTS,
        ),
        in_a_team(
            "backward: the first targets",
            "start_backward(net, targets_at(examples, place + row), row)",
            "start_backward(\n"
            "            net, targets_at(examples, place + row - own.rows.first), row\n"
            "        )",
        ),
        in_a_team("batch: the first inputs", "inputs + own.rows.first * inputs_row", "inputs"),
        in_a_team(
            "batch: the first deltas",
            "find_steps(layer.deltas + first,",
            "find_steps(layer.deltas,",
        ),
        in_a_team(
            "batch: no barrier between layers",
            "if has_owners(net, at) or (at > 0 and has_owners(net, at - 1)):",
            "if False:",
        ),
        in_a_team(
            "batch: losses added by each thread",
            "if net.me == 0:\n            for row in range(count):\n                loss[0]",
            "if True:\n            for row in range(count):\n                loss[0]",
        ),
        in_a_team(
            "batch: powers raised by each thread",
            "if settings.optimizer == ADAM and net.me == 0",
            "if settings.optimizer == ADAM",
        ),
        in_a_team(
            "batch: no barrier before the flows",
            "        wait_at_barrier(net.team)\n        if net.me == 0:\n"
            "            for row in range(count):\n"
            "                loss",
            "        if net.me == 0:\n            for row in range(count):\n                loss",
        ),
    ],
}
