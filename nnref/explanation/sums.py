"""The sums behind an explanation's numbers, written out: forward and backward, neuron by neuron."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from nnref.explanation.folding import Gap, with_gaps
from nnref.explanation.markup import (
    MINUS,
    TIMES,
    bracketed,
    code,
    colour,
    escaped,
    factor,
    result,
    signed_value,
    sum_of,
    typeset,
    value,
)
from nnref.explanation.rules import LayerRules, named, sent_back

if TYPE_CHECKING:
    from nnref.explanation.update import LayerExplanation


def forward_of(rules: LayerRules, shown: list[int]) -> str:
    """Return how a layer gets its signals and outputs, as HTML, for the neurons shown."""
    return formulas(rules.forward()) + _sums(rules, shown, _forward_rows)


def backward_of(rules: LayerRules, shown: list[int]) -> str:
    """Return how a layer gets its errors, deltas and steps, as HTML, for the neurons shown."""
    shared = _shared_sum(rules.layer) if rules.shares_errors else ""
    return (
        note(rules.backward_note)
        + formulas(rules.backward())
        + shared
        + _sums(rules, shown, _backward_rows)
    )


def formulas(lines: Iterable[str]) -> str:
    """Return formulas as a block in HTML, one per line."""
    return f'<p class="formulas">{"<br/>".join(map(typeset, lines))}</p>'


def note(text: str) -> str:
    """Return sentences as a paragraph in HTML; nothing if there are none."""
    return f'<p class="note">{typeset(text)}</p>' if text else ""


def _forward_rows(rules: LayerRules, j: int) -> Iterator[str]:
    layer = rules.layer

    def term(i: int) -> str:
        names = (named(layer, "inputs", i), named(layer, "weights", i, j))
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
    output = typeset(rules.output).format(signal=value(layer.signals[j]), exponentials=exponentials)
    yield _row(named(layer, "outputs", j), output, result(layer.outputs[j]))
    if rules.after is not None and rules.mask:
        kept = f"{factor(layer.outputs[j])} {TIMES} {value(rules.mask[j])}"
        yield _row(named(rules.after, "inputs", j), kept, result(rules.after.inputs[j]))


def _backward_rows(rules: LayerRules, j: int) -> Iterator[str]:
    layer, explanation = rules.layer, rules.explanation
    output, target, targets = factor(layer.outputs[j]), "", ""
    if rules.after is None:
        target = value(explanation.targets[j])
        targets = sum_of(explanation.targets, lambda k: factor(explanation.targets[k]))
        error = f"{target} {MINUS} {output}"
    else:
        error = _error_sum(rules.after, sent_back(explanation), j)
        if rules.mask:
            error = f"({error}) {TIMES} {value(rules.mask[j])}"
    own_error = _operand(rules.delta)(layer.errors[j])
    delta = typeset(rules.delta).format(
        error=own_error, output=output, target=target, targets=targets
    )
    own_delta = _operand(rules.step)(layer.deltas[j])
    step = typeset(rules.step).format(lr=value(explanation.lr), delta=own_delta)
    yield _row(named(layer, "errors", j), error, signed_value(layer.errors[j]))
    yield _row(named(layer, "deltas", j), delta, signed_value(layer.deltas[j]))
    yield _row(named(layer, "steps", j), step, signed_value(layer.steps[j]))


def _operand(formula: str) -> Callable[[float], str]:
    """Return how to write an operand of a formula: one that stands alone needs no brackets."""
    return factor if " * " in formula else value


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


def _sums(
    rules: LayerRules, shown: list[int], rows: Callable[[LayerRules, int], Iterator[str]]
) -> str:
    """Return the rows of every neuron that is shown."""
    parts = []
    for j in with_gaps(shown, len(rules.layer.outputs)):
        if isinstance(j, Gap):
            parts.append(f'<div class="gap">⋮ {j.neurons:,} more neurons</div>')
        else:
            parts.append(f'<div class="sums">{"".join(rows(rules, j))}</div>')
    return "".join(parts)
