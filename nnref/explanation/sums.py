"""The sums behind an explanation's numbers, written out: forward and backward, neuron by neuron."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from nnref.explanation.columns import Writer
from nnref.explanation.folding import Gap, with_gaps
from nnref.explanation.markup import (
    MINUS,
    TIMES,
    Columns,
    bracketed,
    code,
    colour,
    escaped,
    factor,
    in_column,
    result,
    signed_value,
    sum_of,
    typeset,
    value,
)
from nnref.explanation.rules import LayerRules, named, sent_back

if TYPE_CHECKING:
    from nnref.explanation.update import LayerExplanation


def forward_of(rules: LayerRules, shown: list[int], write: Columns) -> str:
    """Return how a layer gets its signals and outputs, as HTML, for the neurons shown."""
    rows = {j: _forward_rows(rules, j, write) for j in shown}
    return formulas(rules.forward()) + _sums(rules, rows)


def backward_of(rules: LayerRules, shown: list[int], write: Columns) -> str:
    """Return how a layer gets its errors, deltas and steps, as HTML, for the neurons shown."""
    shared = _shared_sum(rules.layer, write) if rules.shares_errors else ""
    rows = {j: _backward_rows(rules, j, write) for j in shown}
    return note(rules.backward_note) + formulas(rules.backward()) + shared + _sums(rules, rows)


def formulas(lines: Iterable[str]) -> str:
    """Return formulas as a block in HTML, one per line."""
    return f'<p class="formulas">{"".join(f"<span>{typeset(line)}</span>" for line in lines)}</p>'


def note(text: str) -> str:
    """Return sentences as a paragraph in HTML; nothing if there are none."""
    return f'<p class="note">{typeset(text)}</p>' if text else ""


def _forward_rows(rules: LayerRules, j: int, write: Columns) -> Iterator[str]:
    layer = rules.layer
    signals = write(layer, "signals")
    terms = [x * row[j] for x, row in zip(layer.inputs, layer.weights, strict=True)]
    total = sum_of(terms, lambda i: _product(layer, write, ("inputs", (i,)), ("weights", (i, j))))
    if layer.biases:
        bias, title = layer.biases[j], f"{named(layer, 'biases', j)} = {layer.biases[j]!r}"
        total = f"{_term(bias, bracketed(bias, write(layer, 'biases')), title)} + {total}"
    yield _row(named(layer, "signals", j), total, result(layer.signals[j], signals))
    exponentials = ""
    if layer.activation == "softmax":
        exponentials = sum_of(layer.outputs, lambda k: f"exp({value(layer.signals[k], signals)})")
    signal = value(layer.signals[j], signals)
    output = typeset(rules.output).format(signal=signal, exponentials=exponentials)
    outputs = write(layer, "outputs")
    yield _row(named(layer, "outputs", j), output, result(layer.outputs[j], outputs))
    if rules.after is not None and rules.mask:
        kept = f"{factor(layer.outputs[j], outputs)} {TIMES} {value(rules.mask[j])}"
        left = result(rules.after.inputs[j], write(rules.after, "inputs"))
        yield _row(named(rules.after, "inputs", j), kept, left)


def _backward_rows(rules: LayerRules, j: int, write: Columns) -> Iterator[str]:
    layer, explanation = rules.layer, rules.explanation
    errors, deltas, steps = (write(layer, name) for name in ("errors", "deltas", "steps"))
    output, target, targets = factor(layer.outputs[j], write(layer, "outputs")), "", ""
    if rules.after is None:
        in_targets = in_column(explanation.targets)
        target = value(explanation.targets[j], in_targets)
        targets = sum_of(explanation.targets, lambda k: factor(explanation.targets[k], in_targets))
        error = f"{target} {MINUS} {output}"
    else:
        error = _error_sum(rules.after, sent_back(explanation), j, write)
        if rules.mask:
            error = f"({error}) {TIMES} {value(rules.mask[j])}"
    own_error = _operand(rules.delta)(layer.errors[j], errors)
    delta = typeset(rules.delta).format(
        error=own_error, output=output, target=target, targets=targets
    )
    own_delta = _operand(rules.step)(layer.deltas[j], deltas)
    step = typeset(rules.step).format(lr=value(explanation.lr), delta=own_delta)
    yield _row(named(layer, "errors", j), error, signed_value(layer.errors[j], errors))
    yield _row(named(layer, "deltas", j), delta, signed_value(layer.deltas[j], deltas))
    yield _row(named(layer, "steps", j), step, signed_value(layer.steps[j], steps))


def _operand(formula: str) -> Callable[[float, Writer], str]:
    """Return how to write an operand of a formula: one that stands alone needs no brackets."""
    return factor if " * " in formula else value


def _shared_sum(layer: LayerExplanation, write: Columns) -> str:
    """Return the row of the sum s, in which all errors meet."""
    terms = [e * o for e, o in zip(layer.errors, layer.outputs, strict=True)]
    total = sum_of(terms, lambda k: _product(layer, write, ("errors", (k,)), ("outputs", (k,))))
    return f'<div class="sums">{_row("s", total)}</div>'


def _error_sum(after: LayerExplanation, attribute: str, j: int, write: Columns) -> str:
    """Return the sum of what the layer after sends back to neuron j."""
    terms = [w * s for w, s in zip(after.weights[j], getattr(after, attribute), strict=True)]
    return sum_of(terms, lambda k: _product(after, write, ("weights", (j, k)), (attribute, (k,))))


# What the lines are made of.


Place = tuple[str, tuple[int, ...]]
"""Where a number of a layer is: its attribute and its indices."""


def _product(layer: LayerExplanation, write: Columns, one: Place, other: Place) -> str:
    """Return a term of a sum, in the colour of what it does to the sum."""
    (x, x_text), (y, y_text) = (_factor(layer, write, place) for place in (one, other))
    names = f" {TIMES} ".join(named(layer, attribute, *at) for attribute, at in (one, other))
    return _term(x * y, f"{x_text} {TIMES} {y_text}", f"{names} = {x!r} {TIMES} {y!r}")


def _factor(layer: LayerExplanation, write: Columns, place: Place) -> tuple[float, str]:
    """Return a number of a layer, and how it is written in a product."""
    attribute, indices = place
    x = getattr(layer, attribute)
    for index in indices:
        x = x[index]
    return x, bracketed(x, write(layer, attribute))


def _term(size: float, text: str, title: str) -> str:
    return f'<span class="{colour(size)}" title="{escaped(title)}">{text}</span>'


def _row(name: str, *parts: str) -> str:
    steps = " ".join(f"<span>=\N{NO-BREAK SPACE}{part}</span>" for part in parts)
    return f"<div>{code(name)}</div><div>{steps}</div>"


def _sums(rules: LayerRules, rows: dict[int, Iterator[str]]) -> str:
    """Return the rows of every neuron that is shown."""
    parts = []
    for j in with_gaps([*rows], len(rules.layer.outputs)):
        if isinstance(j, Gap):
            parts.append(f'<div class="gap">⋮ {j.neurons:,} more neurons</div>')
        else:
            parts.append(f'<div class="sums">{"".join(rows[j])}</div>')
    return "".join(parts)
