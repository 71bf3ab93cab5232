"""Task 1 (easy): the sigmoid.

A neuron squeezes the sum of what arrives into the range from 0 to 1: 1 / (1 + e^-x). Fill
the gap, "...". Then check it:

    nnfast check examples/exercises/1_sigmoid.py
"""

import math


def sigmoid(x):
    """Return the sigmoid of a number."""
    return ...  # math.exp(x) is e^x
