"""How an `Explanation` is made: from a network's state before an update and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnref.common.description import layer_names
from nnref.common.state import State
from nnref.common.types import Matrix
from nnref.explanation.update import Explanation, LayerExplanation

if TYPE_CHECKING:
    from nnref.common.network import Network

# What an update computes in each layer: a vector each.
COMPUTED = ("signals", "outputs", "errors", "deltas", "steps")


def taken_apart(before: State, twin: Network, inputs: Any, targets: Any) -> Explanation:
    """Return an update taken apart, which it makes in a twin of the network.

    Parameters
    ----------
    before : State
        The network's.
    twin : Network
        Another one in this state.
    inputs, targets : (inodes,) and (onodes,) numbers
        The example, checked, as the network keeps its numbers.
    """
    description = before.description
    loss = twin._engine.training_loss(inputs, targets)
    twin._engine.train(inputs, targets, description.lr)
    after = twin.__getstate__()
    (inputs,), (targets,) = twin._numbers.rows(inputs), twin._numbers.rows(targets)
    names = layer_names(len(description.hnodes))
    layers: list[LayerExplanation] = []
    for layer in range(len(description.shapes)):
        layers.append(
            LayerExplanation(
                name=names[layer + 1],
                before=names[layer],
                activation=description.activations[layer],
                **{"inputs": layers[-1].outputs if layers else inputs, **_dropped(layer, twin)},
                **_computed(layer, twin),
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


def _computed(layer: int, twin: Network) -> dict[str, Any]:
    """Return what the update computed in a layer, under the names of a LayerExplanation."""
    rows = twin._numbers.empty(len(COMPUTED), twin._description.shapes[layer][1])
    twin._engine.last_update(layer, rows)
    return dict(zip(COMPUTED, twin._numbers.rows(rows), strict=True))


def _dropped(layer: int, twin: Network) -> dict[str, Any]:
    """Return the mask of a layer's inputs, and what it left; nothing where nothing is dropped."""
    if twin._description.dropout_rates[layer] == 0.0:
        return {}
    rows = twin._numbers.empty(2, twin._description.shapes[layer][0])
    twin._engine.last_dropout(layer, rows)
    return dict(zip(("mask", "inputs"), twin._numbers.rows(rows), strict=True))


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
