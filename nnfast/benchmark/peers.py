"""The peers that need no other library than NumPy and SciPy, and the list of all peers."""
# ruff: noqa: D102 (what a peer's methods do is said once, in Peer)

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

import nnfast.network
import nnref
from nnfast.benchmark.jax_peer import JaxPeer
from nnfast.benchmark.numba_peer import NumbaPeer
from nnfast.benchmark.peer import Peer
from nnfast.benchmark.problem import Array
from nnfast.benchmark.torch_peer import TorchPeer


class NetworkPeer(Peer):
    """A `NeuralNetwork` of this project."""

    network: Any
    batch_size: int

    def fit(self, inputs: Any, targets: Any) -> None:
        self.network.fit(inputs, targets, batch_size=self.batch_size)

    def predict(self, inputs: Any) -> Any:
        return self.network.predict(inputs)

    def query(self, inputs: Any) -> Any:
        return self.network.query(inputs)

    def weights(self) -> list[Any]:
        return list(self.network.weights)


class NnrefPeer(NetworkPeer):
    """The oracle, in pure Python."""

    name = "nnref"
    dtypes = ("float64",)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.batch_size = batch_size
        self.network = nnref.NeuralNetwork(
            len(weights[0]), len(weights[1]), weights[1].shape[1], lr
        )
        self.network.weights = weights

    def prepare(self, array: Array) -> Any:
        return array.tolist()


class NnfastPeer(NetworkPeer):
    """The package that all others are compared with."""

    name = "nnfast"
    deep = True

    def __init__(
        self, weights: Sequence[Array], lr: float, batch_size: int = 1, threads: int = 1
    ) -> None:
        self.batch_size = batch_size
        self.network = nnfast.network.NeuralNetwork(
            len(weights[0]),
            [len(matrix) for matrix in weights[1:]],
            weights[-1].shape[1],
            lr,
            dtype=weights[0].dtype.name,
            threads=threads,
            **self.rule,
        )
        self.network.weights = tuple(weights)


class ArticlePeer(Peer):
    """The article's NumPy code, with its errata corrected."""

    name = "NumPy, article's"
    packages = ("scipy",)
    asked = frozenset({"update", "answer"})

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.lr = lr
        self.weights_input_hidden, self.weights_hidden_output = map(np.array, weights)
        self.activation: Any = importlib.import_module("scipy.special").expit

    def train(self, inputs: Array, targets: Array) -> None:
        """Make one update."""
        hidden_outputs = self.activation(inputs @ self.weights_input_hidden)
        final_outputs = self.activation(hidden_outputs @ self.weights_hidden_output)
        output_errors = targets - final_outputs
        hidden_errors = self.weights_hidden_output @ output_errors
        # The learning rate times a vector: times the matrix from np.outer would take longer.
        self.weights_hidden_output += np.outer(
            hidden_outputs, self.lr * output_errors * final_outputs * (1.0 - final_outputs)
        )
        self.weights_input_hidden += np.outer(
            inputs, self.lr * hidden_errors * hidden_outputs * (1.0 - hidden_outputs)
        )

    def fit(self, inputs: Any, targets: Any) -> None:
        for row, wanted in zip(inputs, targets, strict=True):
            self.train(row, wanted)

    def predict(self, inputs: Any) -> Any:
        return self.activation(
            self.activation(inputs @ self.weights_input_hidden) @ self.weights_hidden_output
        )

    def weights(self) -> list[Any]:
        return [self.weights_input_hidden, self.weights_hidden_output]


class NumpyPeer(Peer):
    """NumPy written for batches: matrix products, and no new large arrays."""

    name = "NumPy, batches"
    asked = frozenset({"batch", "answers"})

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.first, self.last = map(np.array, weights)
        self.steps = np.empty_like(self.first), np.empty_like(self.last)
        self.batch_size = batch_size
        self.rate = lr / batch_size

    def fit(self, inputs: Any, targets: Any) -> None:
        for start in range(0, len(inputs), self.batch_size):
            batch = inputs[start : start + self.batch_size]
            hidden = numpy_sigmoid(batch @ self.first)
            outputs = numpy_sigmoid(hidden @ self.last)
            errors = targets[start : start + self.batch_size] - outputs
            hidden_deltas = (errors @ self.last.T) * (self.rate * hidden * (1.0 - hidden))
            deltas = errors * (self.rate * outputs * (1.0 - outputs))
            self.last += np.matmul(hidden.T, deltas, out=self.steps[1])
            self.first += np.matmul(batch.T, hidden_deltas, out=self.steps[0])

    def predict(self, inputs: Any) -> Any:
        return numpy_sigmoid(numpy_sigmoid(inputs @ self.first) @ self.last)

    def weights(self) -> list[Any]:
        return [self.first, self.last]


def numpy_sigmoid(signals: Array) -> Array:
    """Return 1 / (1 + e**-x), written over the signals."""
    np.negative(signals, out=signals)
    np.exp(signals, out=signals)
    signals += 1.0
    return np.reciprocal(signals, out=signals)


PEERS: tuple[type[Peer], ...] = (
    NnrefPeer,
    ArticlePeer,
    NumpyPeer,
    TorchPeer,
    JaxPeer,
    NumbaPeer,
    NnfastPeer,
)
"""The peers that ``nnfast bench`` times if they are installed."""
