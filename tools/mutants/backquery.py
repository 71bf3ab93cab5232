"""Mutants of the network run backwards."""

from mutant import Mutant, backwards, one_fewer

MUTANTS = {
    "nnfast/kernel/backquery.pxi": [
        Mutant(
            "recombined_one: from the first term",
            "total = total1 = total2 = total3 = 0.0",
            "total = total1 = total2 = total3 = -0.0",
        ),
        Mutant(
            "recombined_one: the last rows from the first term",
            "        total = 0.0\n        row",
            "        total = -0.0\n        row",
        ),
        backwards(
            "recombined_one: from the last term on",
            "for k in range(fan_out):\n            total = total + row[k] * signals[k]\n"
            "            tot",
        ),
        backwards(
            "recombined_one: the last rows from the last term on",
            "for k in range(fan_out):\n            total = total + row[k] * signals[k]\n"
            "        sums",
        ),
        one_fewer(
            "recombined_one: last neuron dropped",
            "for k in range(fan_out):\n            total = total + row[k] * signals[k]\n"
            "            tot",
        ),
        one_fewer(
            "recombined_one: last row dropped",
            "for j in range(in_fours, fan_in):\n        total",
        ),
        Mutant(
            "signals_for: an exponential not undone",
            "activation == SOFTMAX or activation == EXPONENTIAL",
            "activation == SOFTMAX",
        ),
        Mutant(
            "rescaled: multiplied first",
            "(values[i] - low) / (high - low) * 0.98",
            "(values[i] - low) * 0.98 / (high - low)",
        ),
        Mutant(
            "rescaled: equal values divided by 0",
            "0.5 if low == high else (values[i]",
            "(values[i]",
        ),
        Mutant("rescaled: NaN is the lowest", "if values[i] < low:", "if not values[i] >= low:"),
        Mutant(
            "backquery: biases forgotten",
            "layer.signals[j] - layer.biases.values[j]",
            "layer.signals[j]",
        ),
        Mutant(
            "backquery: layers from the first on",
            "for at in range(net.depth - 1, -1, -1):\n        layer = &net.layers[at]",
            "for at in range(net.depth - 1, -1, -1):\n        layer = &net.layers[0]",
        ),
    ],
}
