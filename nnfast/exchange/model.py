"""What is exported to C: a network, the scaling of its inputs before it, the classes after it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnref.common.arguments import shown
from nnref.common.network import Network, check_network

# Where the network is in what is fitted, by the module that this is from.
PLACES = {
    "nnfast.sklearn.estimator": "estimator.network_",
    "sklearn.pipeline": "pipeline[-1].network_",
}


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
    return any(module.split(".")[0] == "sklearn" for module in _modules(value))


def check_network_alone(value: Any) -> None:
    """Raise TypeError unless a value is a network; in place of an estimator, say what to pass."""
    place = next((PLACES[module] for module in _modules(value) & PLACES.keys()), None)
    if place is not None:
        raise TypeError(
            f"network: got {shown(value)}, wants a NeuralNetwork: pass {place}, and scale the "
            "inputs yourself, since no scaler is in it, nor are the class labels"
        )
    check_network(value)


def _modules(value: Any) -> set[str]:
    """Return the modules that a value's class and its bases are from."""
    return {base.__module__ for base in type(value).__mro__}
