"""How an `Explanation` is made: from a network's state before an update and after it."""

from typing import Any

from nnref.common.description import layer_names
from nnref.common.state import State
from nnref.common.types import Matrix, Vector
from nnref.explanation.update import Explanation, LayerExplanation

# What an update computes in each layer: a vector each.
COMPUTED = ("signals", "outputs", "errors", "deltas", "steps")


def taken_apart(
    before: State,
    after: State,
    inputs: Vector,
    targets: Vector,
    loss: float,
    computed: list[Matrix],
) -> Explanation:
    """Return the update that led from one state of a network to the other.

    Parameters
    ----------
    before, after : State
    inputs, targets : (inodes,) and (onodes,) lists of float
        The example.
    loss : float
        The loss of this example, before the update.
    computed : list of matrices
        For each layer the vectors that `COMPUTED` names.
    """
    description = before.description
    names = layer_names(len(description.hnodes))
    layers: list[LayerExplanation] = []
    for layer, vectors in enumerate(computed):
        layers.append(
            LayerExplanation(
                name=names[layer + 1],
                before=names[layer],
                activation=description.activations[layer],
                inputs=layers[-1].outputs if layers else inputs,
                **dict[str, Any](zip(COMPUTED, vectors, strict=True)),
                **_update_of(layer, before, after),
            )
        )
    return Explanation(
        inputs=inputs,
        targets=targets,
        loss=loss,
        loss_function=description.loss,
        hidden_error=description.hidden_error,
        lr=description.lr,
        optimizer=description.optimizer,
        layers=tuple(layers),
    )


def _update_of(layer: int, before: State, after: State) -> dict[str, Any]:
    """Return what the update changed in a layer, under the names of a LayerExplanation."""
    weights, biases = f"weights.{layer}", f"biases.{layer}"
    slots = before.description.optimizer.slots
    numbers: dict[str, Any] = {
        "weights": before.rows(weights),
        "weight_changes": _changes(weights, before, after),
        "new_weights": after.rows(weights),
        "slots": {slot: after.rows(f"{slot}.{weights}") for slot in slots},
        "biases": [],
        "bias_changes": [],
        "new_biases": [],
    }
    if before.description.bias:
        (numbers["biases"],) = before.rows(biases)
        (numbers["bias_changes"],) = _changes(biases, before, after)
        (numbers["new_biases"],) = after.rows(biases)
        numbers["bias_slots"] = {slot: after.rows(f"{slot}.{biases}")[0] for slot in slots}
    return numbers


def _changes(name: str, before: State, after: State) -> Matrix:
    pairs = zip(after.rows(name), before.rows(name), strict=True)
    return [[new - old for new, old in zip(*rows, strict=True)] for rows in pairs]
