"""What every peer works on: the article's network, the weights it starts from, its examples."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]
"""The neurons in the input layer, in each hidden layer and in the output layer."""

INPUTS, OUTPUTS = 784, 10
LR = 0.01


def weights_for(shape: Shape, dtype: str) -> list[Array]:
    """Return the first weights, small enough that no neuron saturates."""
    rng = np.random.default_rng(0)
    return [
        rng.normal(0.0, fan_in**-0.5, (fan_in, fan_out)).astype(dtype)
        for fan_in, fan_out in pairwise(shape)
    ]


def examples(count: int, shape: Shape, dtype: str) -> tuple[Array, Array]:
    """Return inputs and targets like the article's: mostly dark pixels, and one class of several.

    They are random, because no peer's speed depends on the values.
    """
    rng = np.random.default_rng(1)
    inputs = np.where(
        rng.random((count, shape[0])) < 0.8, 0.01, rng.uniform(0.01, 1.0, (count, shape[0]))
    )
    targets = np.full((count, shape[-1]), 0.01)
    targets[np.arange(count), rng.integers(shape[-1], size=count)] = 0.99
    return inputs.astype(dtype), targets.astype(dtype)
