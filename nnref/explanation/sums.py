"""The sums behind an explanation's numbers, written out: forward and backward, neuron by neuron."""

from collections.abc import Callable, Iterable, Iterator

from nnref.explanation import LayerExplanation
from nnref.explanation.markup import (
    MINUS,
    TIMES,
    Gap,
    Place,
    bracketed,
    code,
    colour,
    escaped,
    factor,
    named,
    result,
    sent_back,
    signed_value,
    sum_of,
    typeset,
    value,
    with_gaps,
)
from nnref.explanation.text import source_name

# What a neuron makes of its signal x.
OUTPUTS = {
    "sigmoid": "sigmoid({x})",
    "tanh": "tanh({x})",
    "relu": "max({x}, 0)",
    "identity": "{x}",
    "softmax": "exp({x}) / ({all})",
}
# How a delta comes from its error e: times the slope of the activation, from the output o.
DELTAS = {
    "sigmoid": "{e} * {o} * (1 - {o})",
    "tanh": "{e} * (1 - {o} * {o})",
    "relu": "{e} * (1 if {o} > 0 else 0)",
    "identity": "{e}",
    "softmax": "{o} * ({e} - s)",
}
CROSS_ENTROPY_DELTAS = {"sigmoid": "{e}", "softmax": "{t} - {o} * ({all})"}

ERROR_NOTES = {
    "split": "The next layer's errors come back through the weights and add up: the article's way.",
    "gradient": "The next layer's deltas come back through the weights and add up: the chain rule.",
}
DELTA_NOTES = {
    "sigmoid": "A delta is the error times the slope, small where the neuron says 0 or 1.",
    "tanh": f"A delta is the error times the slope, small where the neuron says {MINUS}1 or 1.",
    "relu": "A delta is the error where the neuron lets its signal pass, and 0 where it does not.",
    "identity": "A delta is the error itself.",
    "softmax": "A delta is not the error alone: as one output grows, the others shrink.",
}


def forward_of(place: Place) -> str:
    """Return how a layer's signals and outputs come about, as HTML."""
    return formulas(_forward_formulas(place)) + _sums(place, _forward_rows)


def backward_of(place: Place) -> str:
    """Return how a layer's errors, deltas and steps come about, as HTML."""
    note = f'<p class="note">{_error_note(place)} {_delta_note(place)}</p>'
    shared = _shared_sum(place.layer) if _shares_errors(place) else ""
    return note + formulas(_backward_formulas(place)) + shared + _sums(place, _backward_rows)


def formulas(lines: Iterable[str]) -> str:
    """Return formulas in HTML as a block, a line each."""
    return f'<p class="formulas">{"<br/>".join(lines)}</p>'


def _forward_formulas(place: Place) -> Iterator[str]:
    layer, (before, own) = place.layer, place.letters
    signal = named(layer, "signals", own)
    bias = f"{named(layer, 'biases', own)} + " if layer.biases else ""
    product = f"{source_name(layer)}[{before}] * {named(layer, 'weights', before, own)}"
    yield typeset(f"{signal} = {bias}sum over {before} of {product}")
    every = f"sum over m of exp({named(layer, 'signals', 'm')})"
    output = OUTPUTS[layer.activation].format(x=signal, all=every)
    yield typeset(f"{named(layer, 'outputs', own)} = {output}")
    if layer.activation == "sigmoid":
        yield f"sigmoid(x) = 1 / (1 + exp({MINUS}x))"


def _forward_rows(place: Place, j: int) -> Iterator[str]:
    layer = place.layer
    source, weights = source_name(layer), layer.article_name("weights")

    def term(i: int) -> str:
        names = (f"{source}[{i}]", f"{weights}[{i}][{j}]")
        return _product(names, (layer.inputs[i], layer.weights[i][j]))

    terms = [x * row[j] for x, row in zip(layer.inputs, layer.weights, strict=True)]
    total = sum_of(terms, term)
    if layer.biases:
        bias, title = layer.biases[j], f"{named(layer, 'biases', j)} = {layer.biases[j]!r}"
        total = f"{_term(bias, bracketed(bias), title)} + {total}"
    yield _row(named(layer, "signals", j), total, result(layer.signals[j]))
    exponentials = ""
    if layer.activation == "softmax":
        exponentials = sum_of(layer.outputs, lambda k: f"exp({value(layer.signals[k])})")
    output = OUTPUTS[layer.activation].format(x=value(layer.signals[j]), all=exponentials)
    yield _row(named(layer, "outputs", j), output, result(layer.outputs[j]))


def _backward_formulas(place: Place) -> Iterator[str]:
    layer, after, (_, own) = place.layer, place.after, place.letters
    error, delta, output = (named(layer, name, own) for name in ("errors", "deltas", "outputs"))
    if after is None:
        yield typeset(f"{error} = targets[{own}] - {output}")
    else:
        weight, sent = (
            named(after, "weights", own, "k"),
            named(after, sent_back(place.explanation), "k"),
        )
        yield typeset(f"{error} = sum over k of {weight} * {sent}")
    rule = _delta_rule(place)
    names = {"e": error, "o": output, "t": f"targets[{own}]", "all": "sum over m of targets[m]"}
    yield typeset(f"{delta} = {rule.format(**names)}")
    if _shares_errors(place):
        error, output = named(layer, "errors", "m"), named(layer, "outputs", "m")
        yield typeset(f"s = sum over m of {error} * {output}")
    if place.explanation.optimizer.name == "sgd":
        yield typeset(f"{named(layer, 'steps', own)} = lr * {delta}")


def _error_note(place: Place) -> str:
    if place.after is None:
        return "An output's error is what it lacks of its target."
    return ERROR_NOTES[place.explanation.hidden_error]


def _delta_note(place: Place) -> str:
    if _slope_cancels(place):
        return "With the cross-entropy the slope of the activation cancels."
    return DELTA_NOTES[place.layer.activation]


def _slope_cancels(place: Place) -> bool:
    return place.after is None and place.explanation.loss_function == "cross_entropy"


def _delta_rule(place: Place) -> str:
    if _slope_cancels(place):
        return CROSS_ENTROPY_DELTAS[place.layer.activation]
    return DELTAS[place.layer.activation]


def _shares_errors(place: Place) -> bool:
    """Return whether each delta depends on all errors, by their sum s."""
    return place.layer.activation == "softmax" and not _slope_cancels(place)


def _backward_rows(place: Place, j: int) -> Iterator[str]:
    layer, explanation = place.layer, place.explanation
    error, delta, output = factor(layer.errors[j]), layer.deltas[j], factor(layer.outputs[j])
    target = all_targets = ""
    if place.after is None:
        targets = explanation.targets
        target, all_targets = value(targets[j]), sum_of(targets, lambda k: factor(targets[k]))
        difference = f"{target} {MINUS} {output}"
        yield _row(named(layer, "errors", j), difference, signed_value(layer.errors[j]))
    else:
        error_sum = _error_sum(place.after, sent_back(explanation), j)
        yield _row(named(layer, "errors", j), error_sum, signed_value(layer.errors[j]))
    product = typeset(_delta_rule(place)).format(e=error, o=output, t=target, all=all_targets)
    yield _row(named(layer, "deltas", j), product, signed_value(delta))
    if explanation.optimizer.name == "sgd":
        product = f"{value(explanation.lr)} {TIMES} {factor(delta)}"
        yield _row(named(layer, "steps", j), product, signed_value(layer.steps[j]))


def _shared_sum(layer: LayerExplanation) -> str:
    """Return the row of the sum s, in which all errors meet."""

    def term(k: int) -> str:
        names = (named(layer, "errors", k), named(layer, "outputs", k))
        return _product(names, (layer.errors[k], layer.outputs[k]))

    terms = [e * o for e, o in zip(layer.errors, layer.outputs, strict=True)]
    return f'<div class="sums">{_row("s", sum_of(terms, term))}</div>'


def _error_sum(after: LayerExplanation, attribute: str, j: int) -> str:
    """Return the sum of what the layer after sends back to neuron j."""
    weights, sent = after.weights[j], getattr(after, attribute)

    def term(k: int) -> str:
        names = (named(after, "weights", j, k), named(after, attribute, k))
        return _product(names, (weights[k], sent[k]))

    return sum_of([w * s for w, s in zip(weights, sent, strict=True)], term)


# What the lines are made of.


def _product(names: tuple[str, str], factors: tuple[float, float]) -> str:
    """Return a term of a sum, in the colour of what it does to the sum."""
    (x_name, y_name), (x, y) = names, factors
    title = f"{x_name} {TIMES} {y_name} = {x!r} {TIMES} {y!r}"
    return _term(x * y, f"{bracketed(x)} {TIMES} {bracketed(y)}", title)


def _term(size: float, text: str, title: str) -> str:
    return f'<span class="{colour(size)}" title="{escaped(title)}">{text}</span>'


def _row(name: str, *parts: str) -> str:
    steps = " ".join(f"<span>=\N{NO-BREAK SPACE}{part}</span>" for part in parts)
    return f"<div>{code(name)}</div><div>{steps}</div>"


def _sums(place: Place, rows: Callable[[Place, int], Iterator[str]]) -> str:
    """Return the rows of every neuron that is shown."""
    parts = []
    for j in with_gaps(place.shown, len(place.layer.outputs)):
        if isinstance(j, Gap):
            parts.append(f'<div class="gap">⋮ {j.neurons:,} more neurons</div>')
        else:
            parts.append(f'<div class="sums">{"".join(rows(place, j))}</div>')
    return "".join(parts)
