"""The article's network in JAX."""
# ruff: noqa: D102 (what a peer's methods do is said once, in Peer)

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from nnfast.benchmark.peer import Peer
from nnfast.benchmark.problem import Array


class JaxPeer(Peer):
    """JAX: the whole epoch is one compiled scan, which reuses the memory of the weights.

    Weights as (out, in) and an unrolled loop were the fastest of the ways tried.
    """

    name = "JAX"
    packages = ("jax",)
    deep = True

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.jax: Any = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)  # JAX has no float64 otherwise
        self.state = tuple(self.jax.numpy.array(matrix.T.copy()) for matrix in weights)
        self.epoch = jax_epoch(batch_size, lr / batch_size)
        self.answers = jax_answers()

    def prepare(self, array: Array) -> Any:
        return self.jax.numpy.asarray(array)

    def fit(self, inputs: Any, targets: Any) -> None:
        self.state = self.jax.block_until_ready(self.epoch(self.state, inputs, targets))

    def predict(self, inputs: Any) -> Any:
        return self.jax.block_until_ready(self.answers(self.state, inputs))

    def weights(self) -> list[Any]:
        return [matrix.T for matrix in self.state]


@cache
def jax_epoch(batch_size: int, rate: float) -> Any:
    """Return a compiled function that takes weights, inputs and targets to the new weights."""
    jax: Any = importlib.import_module("jax")
    sigmoid = jax.nn.sigmoid

    def update_from_one(state: Any, example: Any) -> tuple[Any, None]:
        outputs = [example[0]]
        for matrix in state:
            outputs.append(sigmoid(matrix @ outputs[-1]))
        errors = example[1] - outputs[-1]
        moved = []
        for matrix, before, after in zip(state[::-1], outputs[-2::-1], outputs[:0:-1], strict=True):
            deltas = rate * errors * after * (1.0 - after)
            moved.append(matrix + deltas[:, None] * before)
            errors = errors @ matrix
        return tuple(moved[::-1]), None

    def update(state: Any, batch: Any) -> tuple[Any, None]:
        outputs = [batch[0]]
        for matrix in state:
            outputs.append(sigmoid(outputs[-1] @ matrix.T))
        errors = batch[1] - outputs[-1]
        moved = []
        for matrix, before, after in zip(state[::-1], outputs[-2::-1], outputs[:0:-1], strict=True):
            deltas = rate * errors * after * (1.0 - after)
            moved.append(matrix + deltas.T @ before)
            errors = errors @ matrix
        return tuple(moved[::-1]), None

    def epoch(state: Any, inputs: Any, targets: Any) -> Any:
        if batch_size == 1:
            return jax.lax.scan(update_from_one, state, (inputs, targets), unroll=4)[0]
        batches = tuple(rows.reshape(-1, batch_size, rows.shape[1]) for rows in (inputs, targets))
        return jax.lax.scan(update, state, batches)[0]

    return jax.jit(epoch, donate_argnums=0)


@cache
def jax_answers() -> Any:
    """Return a compiled function that takes weights and inputs to the outputs."""
    jax: Any = importlib.import_module("jax")

    def answers(state: Any, inputs: Any) -> Any:
        for matrix in state:
            inputs = jax.nn.sigmoid(inputs @ matrix.T)
        return inputs

    return jax.jit(answers)
