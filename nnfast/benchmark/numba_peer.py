"""The article's network in loops that Numba compiles."""
# ruff: noqa: D102 (what a peer's methods do is said once, in Peer)

import importlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from nnfast.benchmark.peer import Peer
from nnfast.benchmark.problem import Array


class NumbaPeer(Peer):
    """Numba: plain loops over rows, with fastmath."""

    name = "Numba"
    packages = ("numba",)
    asked = frozenset({"update", "answer"})

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.first, self.last = map(np.array, weights)
        self.rate = weights[0].dtype.type(lr)

    def fit(self, inputs: Any, targets: Any) -> None:
        compiled(numba_epoch)(self.first, self.last, inputs, targets, self.rate)

    def predict(self, inputs: Any) -> Any:
        outputs = np.zeros((len(inputs), self.last.shape[1]), self.last.dtype)
        compiled(numba_answers)(self.first, self.last, inputs, outputs)
        return outputs

    def query(self, inputs: Any) -> Any:
        return self.predict(inputs[None])[0]

    def weights(self) -> list[Any]:
        return [self.first, self.last]


@cache
def compiled(function: Callable[..., None]) -> Any:
    """Return the function as Numba compiles it, for each dtype on its first call."""
    return importlib.import_module("numba").njit(fastmath=True)(function)


def numba_epoch(first: Array, last: Array, inputs: Array, targets: Array, rate: Any) -> None:
    """Make one update per example."""
    hidden, hidden_deltas = np.empty((2, len(last)), last.dtype)
    outputs, errors, deltas = np.empty((3, last.shape[1]), last.dtype)
    for n in range(len(inputs)):
        hidden[:] = 0.0
        for i in range(len(first)):
            x = inputs[n, i]
            for j in range(len(hidden)):
                hidden[j] += x * first[i, j]
        outputs[:] = 0.0
        for j in range(len(hidden)):
            hidden[j] = 1.0 / (1.0 + np.exp(-hidden[j]))
            for k in range(len(outputs)):
                outputs[k] += hidden[j] * last[j, k]
        for k in range(len(outputs)):
            outputs[k] = 1.0 / (1.0 + np.exp(-outputs[k]))
            errors[k] = targets[n, k] - outputs[k]
            deltas[k] = rate * errors[k] * outputs[k] * (1.0 - outputs[k])
        hidden_deltas[:] = 0.0
        for j in range(len(hidden)):
            for k in range(len(outputs)):
                hidden_deltas[j] += last[j, k] * errors[k]
                last[j, k] += hidden[j] * deltas[k]
            hidden_deltas[j] *= rate * hidden[j] * (1.0 - hidden[j])
        for i in range(len(first)):
            x = inputs[n, i]
            for j in range(len(hidden)):
                first[i, j] += x * hidden_deltas[j]


def numba_answers(first: Array, last: Array, inputs: Array, outputs: Array) -> None:
    """Add the answer to each example to outputs, which start at zero."""
    hidden = np.empty(len(last), last.dtype)
    for n in range(len(inputs)):
        hidden[:] = 0.0
        for i in range(len(first)):
            x = inputs[n, i]
            for j in range(len(hidden)):
                hidden[j] += x * first[i, j]
        for j in range(len(hidden)):
            hidden[j] = 1.0 / (1.0 + np.exp(-hidden[j]))
            for k in range(outputs.shape[1]):
                outputs[n, k] += hidden[j] * last[j, k]
        for k in range(outputs.shape[1]):
            outputs[n, k] = 1.0 / (1.0 + np.exp(-outputs[n, k]))
