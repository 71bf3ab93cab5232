"""Task 1, solved."""

import math


def sigmoid(x):
    """Return the sigmoid of a number."""
    return 1 / (1 + math.exp(-x))
