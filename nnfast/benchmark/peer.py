"""A peer: the article's network in one library, checked against nnref before it is timed."""

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

import nnref
from nnfast.benchmark.problem import LR, Array, Shape, examples, weights_for
from nnfast.network import DTYPES

CHECKED_SHAPE: Shape = (24, 12, 10)
CHECKED_DEEP_SHAPE: Shape = (24, 12, 8, 10)
TOLERANCES = {"float64": 1e-12, "float32": 1e-5}


class Peer(ABC):
    """The article's network in one library: sigmoid, squared error, no bias.

    Each peer is written as the users of its library would write it for speed.

    Parameters
    ----------
    weights : arrays, (fan_in, fan_out)
        The weights to start from, of two layers or, where it is `deep`, of more. Their dtype is the
        network's.
    lr : float
    batch_size : int
        Examples per update.
    """

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()
    dtypes: ClassVar[tuple[str, ...]] = DTYPES
    asked: ClassVar[frozenset[str]] = frozenset({"update", "batch", "answer", "answers"})
    """The questions it takes part in: single updates or batches, one answer or many."""
    rule: ClassVar[dict[str, Any]] = {}
    """The options that make nnref do the same, where this is not the article's network."""
    one_hot: ClassVar[bool] = False
    """Whether it reads targets as classes, so that nnref has to learn from 0 and 1."""
    deep: ClassVar[bool] = False
    """Whether it takes more than one hidden layer."""

    @abstractmethod
    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        """Make the network."""

    def prepare(self, array: Array) -> Any:
        """Return examples in the form that this library likes best; this is never timed."""
        return array

    @abstractmethod
    def fit(self, inputs: Any, targets: Any) -> None:
        """Train for one epoch on prepared examples, in whole batches."""

    @abstractmethod
    def predict(self, inputs: Any) -> Any:
        """Return the outputs for many prepared examples."""

    def query(self, inputs: Any) -> Any:
        """Return the outputs for one prepared example."""
        return self.predict(inputs)

    @abstractmethod
    def weights(self) -> list[Any]:
        """Return the current weights, (fan_in, fan_out) each."""

    @classmethod
    def obstacle(cls, dtype: str) -> str | None:
        """Return, in a few words, why this peer cannot be timed here; None if it can."""
        for package in cls.packages:
            if importlib.util.find_spec(package) is None:
                return f"{package} is not installed"
        return None if dtype in cls.dtypes else f"has no {dtype}"


def check(kind: type[Peer], dtype: str, batch_size: int, shape: Shape = CHECKED_SHAPE) -> None:
    """Train and query a small network; raise ValueError if its numbers are not the oracle's."""
    weights = weights_for(shape, dtype)
    inputs, targets = examples(2 * batch_size, shape, dtype)
    peer = kind(weights, LR, batch_size)
    oracle = nnref.NeuralNetwork(shape[0], shape[1:-1], shape[-1], LR, **kind.rule)
    oracle.weights = weights
    pairs: list[tuple[Any, Any]] = []
    if not kind.asked.isdisjoint(("update", "batch", "adam")):
        oracle.fit(inputs, np.round(targets) if kind.one_hot else targets, batch_size=batch_size)
        peer.fit(peer.prepare(inputs), peer.prepare(targets))
        pairs += zip(peer.weights(), oracle.weights, strict=True)
    pairs += [
        (peer.query(peer.prepare(inputs[0])), oracle.query(inputs[0])),
        (peer.predict(peer.prepare(inputs)), oracle.predict(inputs)),
    ]
    for mine, theirs in pairs:
        if not np.allclose(mine, theirs, rtol=0.0, atol=TOLERANCES[dtype]):
            raise ValueError(f"{kind.name}, {dtype}: its numbers are not those of nnref")
