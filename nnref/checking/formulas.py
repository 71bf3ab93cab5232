"""The article's training step as a table of formulas, each by its name in the article.

The right formulas are made of the oracle's own functions, so they give its bits. A slip is the same
table with one formula or a few replaced: what a program with this slip computes follows by itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

from nnref.article import moved, recombined, weighted_sums
from nnref.common.types import Matrix, Vector
from nnref.functions import sigmoid

Formula = Callable[["Numbers"], Any]

# What is compared, in the order in which the article computes it.
ORDER = (
    "hidden_inputs",
    "hidden_outputs",
    "final_inputs",
    "final_outputs",
    "output_errors",
    "hidden_errors",
    "new_weights_hidden_output",
    "new_weights_input_hidden",
)


class Numbers(dict[str, Any]):
    """The numbers of one training step by name; what is missing is computed from its formula."""

    def __init__(self, given: Mapping[str, Any], formulas: Mapping[str, Formula]) -> None:
        super().__init__(given)
        self.formulas = formulas

    def __missing__(self, name: str) -> Any:
        """Compute a number, and remember it."""
        value = self[name] = self.formulas[name](self)
        return value


def sigmoids(signals: Vector) -> Vector:
    """Return the sigmoid of each signal."""
    return [sigmoid(x) for x in signals]


def slopes(outputs: Vector) -> Vector:
    """Return the slope of each neuron's sigmoid, from the neuron's output."""
    return [o * (1.0 - o) for o in outputs]


def differences(one: Vector, other: Vector) -> Vector:
    """Return one minus the other."""
    return [a - b for a, b in zip(one, other, strict=True)]


def products(one: Vector, other: Vector) -> Vector:
    """Return one times the other, neuron by neuron."""
    return [a * b for a, b in zip(one, other, strict=True)]


def transposed(matrix: Matrix) -> Matrix:
    """Return a matrix with its rows as columns."""
    return [list(column) for column in zip(*matrix, strict=True)]


def update_of(layer: str, weights: str) -> dict[str, Formula]:
    """Return the formulas of a layer's update; "output" has output_errors, output_slopes, ..."""
    return {
        f"{layer}_deltas": lambda n: products(n[f"{layer}_errors"], n[f"{layer}_slopes"]),
        f"{layer}_lr": lambda n: n["lr"],
        f"{layer}_steps": lambda n: [n[f"{layer}_lr"] * delta for delta in n[f"{layer}_deltas"]],
        f"new_{weights}": lambda n: moved(n[weights], n[f"{layer}_flow"], n[f"{layer}_steps"]),
    }


ARTICLE: dict[str, Formula] = {
    "hidden_inputs": lambda n: weighted_sums(n["inputs"], n["weights_input_hidden"], None),
    "hidden_outputs": lambda n: sigmoids(n["hidden_inputs"]),
    "final_inputs": lambda n: weighted_sums(n["hidden_outputs"], n["weights_hidden_output"], None),
    "final_outputs": lambda n: sigmoids(n["final_inputs"]),
    "output_errors": lambda n: differences(n["targets"], n["final_outputs"]),
    "output_slopes": lambda n: slopes(n["final_outputs"]),
    "sent_back": lambda n: n["output_errors"],
    "hidden_errors": lambda n: recombined(n["weights_hidden_output"], n["sent_back"]),
    "hidden_slopes": lambda n: slopes(n["hidden_outputs"]),
    # What flows through a layer's weights.
    "output_flow": lambda n: n["hidden_outputs"],
    "hidden_flow": lambda n: n["inputs"],
    **update_of("output", "weights_hidden_output"),
    **update_of("hidden", "weights_input_hidden"),
    # A function of its own, where a program has one.
    "sigmoid": lambda n: sigmoid(n["x"]),
}
CHAIN_RULE: dict[str, Formula] = {**ARTICLE, "sent_back": lambda n: n["output_deltas"]}
RULES = {"split": ARTICLE, "gradient": CHAIN_RULE}
