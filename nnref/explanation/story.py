"""Why a weight moved as it did, in sentences: from the weight through its neuron to the targets."""

from collections.abc import Iterator

from nnref.common.optimizers import SGD, Momentum
from nnref.common.types import Matrix
from nnref.explanation import Explanation, LayerExplanation
from nnref.explanation.markup import (
    TIMES,
    Place,
    code,
    escaped,
    factor,
    magnitude,
    named,
    sent_back,
    signed_value,
    typeset,
    value,
)
from nnref.explanation.text import source_name


def update_rule(place: Place) -> list[str]:
    """Return how a layer's weights move, a formula each line."""
    explanation, layer = place.explanation, place.layer
    before, own = place.letters
    optimizer, lr = explanation.optimizer, f"{explanation.lr:g}"
    weight, new = (named(layer, name, before, own) for name in ("weights", "new_weights"))
    direction = f"{source_name(layer)}[{before}] * {named(layer, place.moved_by, own)}"
    decay = optimizer.weight_decay
    if isinstance(optimizer, SGD):
        kept = f"{weight} * (1 - {lr} * {decay:g})" if decay else weight
        return [typeset(f"{new} = {kept} + {direction}")]
    d = f"d = {direction}" + (f" - {decay:g} * {weight}" if decay else "")
    if isinstance(optimizer, Momentum):
        mu = f"{optimizer.momentum:g}"
        lines = [
            f"velocity = {mu} * its last value + d",
            f"{new} = {weight} + {lr} * "
            + (f"(d + {mu} * velocity)" if optimizer.nesterov else "velocity"),
        ]
    else:
        beta1, beta2 = f"{optimizer.beta1:g}", f"{optimizer.beta2:g}"
        lines = [
            f"first_moment = {beta1} * its last value + (1 - {beta1}) * d",
            f"second_moment = {beta2} * its last value + (1 - {beta2}) * d * d",
            f"{new} = {weight} + {lr} / (1 - {beta1}^t) * first_moment / "
            f"(sqrt(second_moment) / sqrt(1 - {beta2}^t) + {optimizer.epsilon:g}) in update t",
        ]
    return [typeset(line) for line in (d, *lines)]


def story_of(place: Place) -> str:
    """Return why that weight of a layer moved which moved most, as sentences in HTML."""
    explanation, layer = place.explanation, place.layer
    i, j = _most_moved(layer.weight_changes)
    if layer.weight_changes[i][j] == 0.0:
        return "<p>No weight of this layer moves.</p>"
    reasons = [_arithmetic(place, i, j), _direction(layer, i, j)]
    if _pull(layer, i, j) != 0.0:
        reasons += _origin(explanation, place.n, j, layer.deltas[j])
    listed = "".join(f"<li>{sentence}</li>" for sentence in reasons)
    return f"<p>{_move(layer, i, j)}</p><ul>{listed}</ul>"


def _most_moved(changes: Matrix) -> tuple[int, int]:
    places = ((i, j) for i, row in enumerate(changes) for j in range(len(row)))
    return max(places, key=lambda place: magnitude(changes[place[0]][place[1]]))


def _pull(layer: LayerExplanation, i: int, j: int) -> float:
    """Return -1.0, 0.0 or 1.0: whether this example wants the weight smaller or larger."""
    return _sign(layer.inputs[i]) * _sign(layer.deltas[j])


def _sign(x: float) -> float:
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0


def _move(layer: LayerExplanation, i: int, j: int) -> str:
    """Return what the weight did."""
    change = layer.weight_changes[i][j]
    verb = {1.0: "rises", -1.0: "falls", 0.0: "goes"}[_sign(change)]
    return (
        f"{code(named(layer, 'weights', i, j))} moves most: it {verb} from "
        f"{value(layer.weights[i][j])} to {value(layer.new_weights[i][j])}, "
        f"by {signed_value(change)}."
    )


def _arithmetic(place: Place, i: int, j: int) -> str:
    """Return where the change comes from, in the optimizer's terms."""
    layer, optimizer = place.layer, place.explanation.optimizer
    source, step = code(f"{source_name(layer)}[{i}]"), code(named(layer, place.moved_by, j))
    values = f"{factor(layer.inputs[i])} {TIMES} {factor(layer.steps[j])}"
    flow = f"{source} {TIMES} {step} = {values}"
    if isinstance(optimizer, SGD):
        if optimizer.weight_decay == 0.0:
            return f"The change is {flow}: what came in through it, times its neuron's step."
        return f"The weight decay shrinks it a little, and it moves by {flow}."
    kept = " and ".join(
        f"{code(named(layer, slot, i, j))}, now {signed_value(matrix[i][j])}"
        for slot, matrix in layer.slots.items()
    )
    return (
        f"{optimizer.name.capitalize()} moves it by what it keeps from update to update: {kept}. "
        f"This example's part in that is {flow}."
    )


def _direction(layer: LayerExplanation, i: int, j: int) -> str:
    """Return whether the example wants the weight larger or smaller, and why."""
    x, delta = layer.inputs[i], layer.deltas[j]
    source, name = code(f"{source_name(layer)}[{i}]"), code(named(layer, "deltas", j))
    pull = _pull(layer, i, j)
    if pull == 0.0:
        numbers = f"{source} is {value(x)}, {name} {signed_value(delta)}"
        return f"This example does not pull at it: {numbers}."
    more = _more(delta)
    return (
        f"{_neuron(layer, j).capitalize()} should say {more}: {name} is {signed_value(delta)}. "
        f"Since {source} is {'above' if x > 0.0 else 'below'} 0, it says {more} with a "
        f"{'larger' if pull > 0.0 else 'smaller'} weight."
    )


def _origin(explanation: Explanation, n: int, j: int, wanted: float) -> Iterator[str]:
    """Return why neuron j of layer n should say more or less: for the sake of a later one."""
    layer = explanation.layers[n]
    if n == len(explanation.layers) - 1:
        yield _target(explanation, layer, j, wanted)
        return
    after = explanation.layers[n + 1]
    attribute = sent_back(explanation)
    error, sent, weights = layer.errors[j], getattr(after, attribute), after.weights[j]
    k = max(range(len(sent)), key=lambda k: _sign(error) * weights[k] * sent[k])
    names = (named(after, "weights", j, k), named(after, attribute, k))
    yield (
        f"{code(named(layer, 'errors', j))} is {signed_value(error)}, and "
        f"{'the largest part of it' if len(sent) > 1 else 'it'} comes from {_neuron(after, k)}, "
        f"which should say {_more(sent[k])}: {f' {TIMES} '.join(map(code, names))} = "
        f"{factor(weights[k])} {TIMES} {factor(sent[k])}."
    )
    yield from _origin(explanation, n + 1, k, sent[k])


def _target(explanation: Explanation, layer: LayerExplanation, k: int, wanted: float) -> str:
    """Return why output neuron k should say more or less."""
    error = layer.errors[k]
    sentence = (
        f"{_neuron(layer, k).capitalize()} says {value(layer.outputs[k])} where its target is "
        f"{value(explanation.targets[k])}: {code(named(layer, 'errors', k))} is "
        f"{signed_value(error)}."
    )
    if _sign(error) * _sign(wanted) < 0.0:
        sentence += (
            " Its delta has the other sign: softmax outputs share one whole, and what the others "
            "want weighs more."
        )
    return sentence


def _more(wanted: float) -> str:
    return "more" if wanted > 0.0 else "less"


def _neuron(layer: LayerExplanation, j: int) -> str:
    return escaped(f"{layer.name} neuron {j}")
