"""What is exported to C: a network, the scaling of its inputs before it, the classes after it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnref.common.network import Network


class Operation(NamedTuple):
    """One operation on every column of the inputs, each with a number of its own."""

    operator: str  # of C: + - * /
    name: str  # what scikit-learn calls the numbers
    numbers: NDArray[np.floating]

    def undone(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what these were before the operation, up to rounding."""
        numbers = self.numbers.astype(np.float64)
        with np.errstate(all="ignore"):
            if self.operator in "+-":
                return inputs - numbers if self.operator == "+" else inputs + numbers
            return inputs / numbers if self.operator == "*" else inputs * numbers


class Scaler(NamedTuple):
    """A scaler of scikit-learn's: its operations, in its order."""

    title: str
    operations: tuple[Operation, ...]
    clip: tuple[float, float] | None = None


@dataclass(frozen=True)
class Model:
    """A network and what it was fitted with.

    Attributes
    ----------
    network : Network
        The network itself.
    answers : str
        The estimator's method whose answers are to be given: "predict_proba" or "predict"; empty
        for a network alone.
    scalers : tuple of Scaler
        What raw inputs go through first.
    labels : tuple of str
        Those of the classes, in their order; empty for all but classifiers.
    multilabel : bool
        Whether an example has any number of the labels, and not just one.
    """

    network: Network
    answers: str = ""
    scalers: tuple[Scaler, ...] = ()
    labels: tuple[str, ...] = ()
    multilabel: bool = False

    @property
    def outputs(self) -> int:
        """How many numbers answer an example."""
        return len(self.labels) or self.network.onodes


def is_of_scikit_learn(value: Any) -> bool:
    """Return whether a value is an estimator, a pipeline or the like, without importing them."""
    return any(base.__module__.split(".")[0] == "sklearn" for base in type(value).__mro__)
