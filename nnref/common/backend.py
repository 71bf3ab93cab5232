"""What a backend supplies: an engine, which computes, and the way in which it keeps numbers.

The public class (``network.py``) is the same for both backends, and needs nothing else from them.
``VectorT`` and ``MatrixT`` stand for the types that a backend keeps its numbers in.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from nnref.common.arguments import Range

VectorT = TypeVar("VectorT")
MatrixT = TypeVar("MatrixT")


class Engine(Protocol):
    """Computes with the numbers of one network, and changes them in place."""

    seen: Any
    """The range of the inputs seen in training: the five numbers of a `SeenRange`."""

    updates: int
    """How many updates the network has had, counted only with dropout, which draws by it."""

    def see(self, inputs: Any) -> None:
        """Widen the range of the inputs seen in training to include these."""

    def first_unlike(self, inputs: Any, step: int) -> int:
        """Return the place of the first input unlike those seen in training, or -1.

        Only every step-th input is looked at.
        """

    def query(self, inputs: Any) -> tuple[Any, bool]:
        """Return the outputs for one example, and whether it is like those trained on."""

    def train(self, inputs: Any, targets: Any, lr: float) -> object:
        """Make one update from one example, and widen the range of the inputs seen by it."""

    def predict(self, inputs: Any, outputs: Any, start: int, stop: int) -> None:
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs."""

    def evaluate(
        self, inputs: Any, targets: Any, outputs: Any, start: int, stop: int, loss: float
    ) -> float:
        """Predict, and return the sum of the losses, added one by one to the loss passed in."""

    def score(self, outputs: Any, targets: Any) -> float:
        """Return the score of outputs against targets; 1.0 is the best."""

    def fit(
        self,
        inputs: Any,
        targets: Any,
        sample_weight: Any,
        order: Sequence[int] | None,
        start: int,
        stop: int,
        batch_size: int,
        lr: float,
        loss: float,
    ) -> float:
        """Make one update for each batch of the examples start to stop - 1 of the order.

        Return the sum of their losses, each times its sample weight (1.0 where that is None), added
        one by one to the loss passed in.
        """

    def gradient(
        self,
        inputs: Any,
        targets: Any,
        sample_weight: Any,
        rate: float,
        weights: list[Any],
        biases: list[Any],
    ) -> float:
        """Write what all examples add to each weight and bias at a rate, by the chain rule.

        Return the sum of their losses, each times its sample weight, added one by one to 0.0.
        """

    def last_update(self, layer: int, rows: Any) -> None:
        """Write what the last call of `train` computed in a layer to five rows.

        They are the signals, outputs, errors, deltas and steps.
        """

    def last_dropout(self, layer: int, rows: Any) -> None:
        """Write the mask of a layer's inputs in the last call of `train`, and what it has left.

        Each goes to one of two rows. There is a mask only if these inputs have a rate above 0.
        """

    def training_loss(self, inputs: Any, targets: Any) -> float:
        """Return the loss of one example that the next update would lower, as dropout leaves it."""

    def backquery(self, targets: Any, inputs: Any) -> None:
        """Write the inputs that the network has in mind for the targets to inputs."""


class Numbers(Protocol):
    """How a backend keeps numbers: it converts what callers pass, allocates, copies, encodes."""

    @property
    def dtype(self) -> str:
        """The type of all numbers, "float64" or "float32"."""

    def vector(self, name: str, values: Any, width: int, within: Range | None = None) -> Any:
        """Return what a caller passed as a vector, or raise an error that says why not."""

    def matrix(self, name: str, values: Any, width: int, within: Range | None = None) -> Any:
        """Return what a caller passed as a matrix, or raise an error that says why not."""

    def empty(self, rows: int, width: int) -> Any:
        """Return a new matrix, to be written to."""

    def apart(self, array: Any, others: Iterable[Any]) -> Any:
        """Return an array that shares no number with the others: itself, or a copy."""

    def view(self, array: Any) -> Any:
        """Return an array as callers see it: if they change a number there, it changes here."""

    def rows(self, array: Any) -> list[list[float]]:
        """Return an array as rows of floats; a vector as one row."""

    def copied(self, array: Any) -> Any:
        """Return a copy of an array."""

    def store(self, array: Any, numbers: Any) -> None:
        """Copy numbers over an array, which stays the same object."""

    def encode(self, array: Any, dtype: str) -> bytes:
        """Return an array row by row as little-endian dtype, every NaN as the same bytes."""

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: str) -> Any:
        """Return the array that `encode` made bytes of, as the network keeps it."""
