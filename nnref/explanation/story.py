"""Why a weight moved as it did, in sentences: from the weight through its neuron to the targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nnref.common.optimizers import SGD
from nnref.common.types import Matrix
from nnref.explanation.folding import magnitude
from nnref.explanation.markup import TIMES, code, escaped, factor, signed_value, value
from nnref.explanation.rules import LayerRules, named, sent_back

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation, LayerExplanation


def story_of(rules: LayerRules) -> str:
    """Return why the weight of a layer that moved the most did so, as sentences in HTML."""
    layer = rules.layer
    i, j = _most_moved(layer.weight_changes)
    if layer.weight_changes[i][j] == 0.0:
        return "<p>No weight of this layer moves.</p>"
    reasons = [_arithmetic(rules, i, j), _direction(layer, i, j)]
    if _pull(layer, i, j) != 0.0:
        reasons += _origin(rules.explanation, rules.n, j, layer.deltas[j])
    listed = "".join(f"<li>{sentence}</li>" for sentence in reasons)
    return f"<p>{_move(layer, i, j)}</p><ul>{listed}</ul>"


def followed(explanation: Explanation) -> list[int]:
    """Return the way of a story: an input, and the neurons of each layer that it leads through.

    It is that of the weight of the first layer that moved the most.
    """
    i, j = _most_moved(explanation.layers[0].weight_changes)
    places = [i, j]
    for n in range(len(explanation.layers) - 1):
        places.append(_main_cause(explanation, n, places[-1]))
    return places


def _most_moved(changes: Matrix) -> tuple[int, int]:
    largest = [max(map(magnitude, row)) for row in changes]
    i = largest.index(max(largest))
    return i, [*map(magnitude, changes[i])].index(largest[i])


def _pull(layer: LayerExplanation, i: int, j: int) -> float:
    """Return 1.0 where this example wants the weight larger, -1.0 where smaller, else 0.0."""
    return _sign(layer.inputs[i]) * _sign(layer.deltas[j])


def _sign(x: float) -> float:
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0


def _move(layer: LayerExplanation, i: int, j: int) -> str:
    """Return what the weight did."""
    change = layer.weight_changes[i][j]
    verb = {1.0: "rises", -1.0: "falls", 0.0: "goes"}[_sign(change)]
    return (
        f"{code(named(layer, 'weights', i, j))} moves the most: it {verb} from "
        f"{value(layer.weights[i][j])} to {value(layer.new_weights[i][j])}, "
        f"a change of {signed_value(change)}."
    )


def _arithmetic(rules: LayerRules, i: int, j: int) -> str:
    """Return where the change comes from, in the optimizer's terms."""
    layer, optimizer = rules.layer, rules.explanation.optimizer
    names = (named(layer, "inputs", i), named(layer, "steps", j))
    flow = _product(names, (layer.inputs[i], layer.steps[j]))
    if isinstance(optimizer, SGD):
        if optimizer.weight_decay == 0.0:
            return f"The change is {flow}: the input of the weight times the step of its neuron."
        return f"Weight decay shrinks the weight a little. Then the weight moves by {flow}."
    kept = " and ".join(
        f"{code(named(layer, slot, i, j))}, now {signed_value(matrix[i][j])}"
        for slot, matrix in layer.slots.items()
    )
    return (
        f"{optimizer.name.capitalize()} moves the weight by what it carries over from update to "
        f"update: {kept}. To this, the example contributes {flow}."
    )


def _direction(layer: LayerExplanation, i: int, j: int) -> str:
    """Return whether the example wants the weight larger or smaller, and why."""
    x, delta = layer.inputs[i], layer.deltas[j]
    source, name = code(named(layer, "inputs", i)), code(named(layer, "deltas", j))
    if _pull(layer, i, j) == 0.0:
        return (
            f"This example pulls the weight neither way: {source} is {value(x)} and {name} is "
            f"{signed_value(delta)}."
        )
    side = "above" if x > 0.0 else "below"
    weight = "larger" if _pull(layer, i, j) > 0.0 else "smaller"
    return (
        f"The output of {_neuron(layer, j)} should be {_wanted(delta)}: {name} is "
        f"{signed_value(delta)}. Since {source} is {side} 0, a {weight} weight "
        f"{'raises' if delta > 0.0 else 'lowers'} it."
    )


def _origin(explanation: Explanation, n: int, j: int, delta: float) -> Iterator[str]:
    """Return why the output of neuron j of layer n should change: what the next layers need."""
    layer = explanation.layers[n]
    if n == len(explanation.layers) - 1:
        yield _target(explanation, layer, j, delta)
        return
    after = explanation.layers[n + 1]
    attribute = sent_back(explanation)
    error, sent, weights = layer.errors[j], getattr(after, attribute), after.weights[j]
    k = _main_cause(explanation, n, j)
    names = (named(after, "weights", j, k), named(after, attribute, k))
    yield (
        f"{code(named(layer, 'errors', j))} is {signed_value(error)}, and "
        f"{'the largest part of it' if len(sent) > 1 else 'it'} comes from {_neuron(after, k)}, "
        f"whose output should be {_wanted(sent[k])}: {_product(names, (weights[k], sent[k]))}."
    )
    yield from _origin(explanation, n + 1, k, sent[k])


def _main_cause(explanation: Explanation, n: int, j: int) -> int:
    """Return which neuron of the next layer sends the largest part of neuron j's error."""
    error, after = explanation.layers[n].errors[j], explanation.layers[n + 1]
    sent, weights = getattr(after, sent_back(explanation)), after.weights[j]
    return max(range(len(sent)), key=lambda k: _sign(error) * weights[k] * sent[k])


def _target(explanation: Explanation, layer: LayerExplanation, k: int, delta: float) -> str:
    """Return why the output of output neuron k should change."""
    error = layer.errors[k]
    sentence = (
        f"{_neuron(layer, k).capitalize()} gives {value(layer.outputs[k])} and its target is "
        f"{value(explanation.targets[k])}, so {code(named(layer, 'errors', k))} is "
        f"{signed_value(error)}."
    )
    if _sign(error) * _sign(delta) < 0.0:
        sentence += (
            " Its delta has the opposite sign: the outputs of softmax always add up to 1, and here "
            "the errors of the others weigh more."
        )
    return sentence


def _wanted(delta: float) -> str:
    return "higher" if delta > 0.0 else "lower"


def _product(names: tuple[str, str], factors: tuple[float, float]) -> str:
    """Return a product in its names and in its numbers."""
    x, y = factors
    return f"{f' {TIMES} '.join(map(code, names))} = {factor(x)} {TIMES} {factor(y)}"


def _neuron(layer: LayerExplanation, j: int) -> str:
    return escaped(f"{layer.name} neuron {j}")
