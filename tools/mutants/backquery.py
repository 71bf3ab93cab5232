"""Mutants of the network run backwards."""

from mutant import Mutant, backwards, one_fewer

MUTANTS = {
    "nnfast/kernel/backquery.pxi": [
        Mutant(
            "split: from the first term",
            "total = total1 = total2 = total3 = 0.0",
            "total = total1 = total2 = total3 = -0.0",
        ),
        Mutant(
            "split: the last rows from the first term",
            "        total = 0.0\n        row",
            "        total = -0.0\n        row",
        ),
        backwards(
            "split: from the last term on",
            "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n"
            "            tot",
        ),
        backwards(
            "split: the last rows from the last term on",
            "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n"
            "        recomb",
        ),
        one_fewer(
            "split: last neuron dropped",
            "for k in range(fan_out):\n            total = total + row[k] * errors[k]\n"
            "            tot",
        ),
        one_fewer(
            "split: last row dropped",
            "for j in range(whole, fan_in):\n        total",
        ),
        Mutant(
            "rescale: multiplied first",
            "(values[i] - low) / (high - low) * 0.98",
            "(values[i] - low) * 0.98 / (high - low)",
        ),
        Mutant(
            "rescale: equal values divided by 0", "0.5 if low == high else (values[i]", "(values[i]"
        ),
        Mutant("rescale: NaN is the lowest", "if values[i] < low:", "if not values[i] >= low:"),
    ],
}
