"""An explanation as text for a terminal: the way forward, the way back, and what moves.

A layer or a matrix too large for a screen is folded: the text says how many numbers are left out
and in which range they lie. Lines are broken at 79 columns, except those of a wide table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from nnref.common.types import Vector
from nnref.explanation.columns import column
from nnref.explanation.folding import strongest
from nnref.explanation.rules import LayerRules, named, rule_note, sent_back, settings_of, title_of

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation, LayerExplanation

WIDTH = 79
DIGITS = 6  # significant ones of a number; in a table of the largest of its column
# How much is shown of a large layer, of a long sum and of a large matrix; and up to which size
# each is shown whole, since leaving out very few would save nothing.
SHOWN = 4
NEURONS_UNFOLDED, TERMS_UNFOLDED, WEIGHTS_UNFOLDED = 12, 6, 24


def text_of(explanation: Explanation) -> str:
    """Return the text that an Explanation prints as."""
    layers = [LayerRules(explanation, n) for n in range(len(explanation.layers))]
    lines = [*_heading(explanation), "", "FORWARD"]
    for rules in layers:
        lines += ["", *_forward(rules)]
    lines += ["", "BACKWARD"]
    for rules in reversed(layers):
        lines += ["", *_backward(rules)]
    lines += ["", "UPDATE"]
    for rules in layers:
        lines += ["", *_update(rules)]
    return "\n".join(lines)


def number(value: float) -> str:
    """Return a number as it is shown outside of tables."""
    return f"{value:.{DIGITS}g}"


def _heading(explanation: Explanation) -> Iterator[str]:
    yield f"{title_of(explanation)}. The network itself is unchanged."
    settings = settings_of(explanation, number)
    width = max(map(len, settings))
    for name, setting in settings.items():
        yield f"  {name:<{width}}  {setting}"
    yield from wrap(rule_note(explanation).replace("`", ""), WIDTH, break_on_hyphens=False)


def _forward(rules: LayerRules) -> Iterator[str]:
    layer = rules.layer
    for formula in rules.forward():
        yield from _broken(formula)
    if rules.n == 0 and layer.mask:
        yield from _neurons({"inputs": rules.explanation.inputs} | _masked(layer))
    columns = {layer.article_name(n): getattr(layer, n) for n in ("signals", "outputs")}
    yield from _neurons(columns | (_masked(rules.after) if rules.after and rules.mask else {}))
    for j in _written_out(len(layer.signals)):
        factors = [(x, row[j]) for x, row in zip(layer.inputs, layer.weights, strict=True)]
        bias = f"{number(layer.biases[j])} + " if layer.biases else ""
        total = number(layer.signals[j])
        yield from _broken(f"  {named(layer, 'signals', j)} = {bias}{_sum_of(factors)} = {total}")


def _masked(after: LayerExplanation) -> dict[str, Vector]:
    """Return what dropout does to the outputs on their way to the layer after, by name."""
    return {after.article_name(name): getattr(after, name) for name in ("mask", "inputs")}


def _backward(rules: LayerRules) -> Iterator[str]:
    layer, explanation = rules.layer, rules.explanation
    yield from wrap(rules.backward_note, WIDTH)
    for formula in rules.backward():
        yield from _broken(formula)
    columns = {layer.article_name(n): getattr(layer, n) for n in ("errors", "deltas", "steps")}
    if rules.after is None:
        yield from _neurons({"targets": explanation.targets} | columns)
        return
    yield from _neurons(columns)
    sent = getattr(rules.after, sent_back(explanation))
    for j in _written_out(len(layer.errors)):
        factors = list(zip(rules.after.weights[j], sent, strict=True))
        total, summed = number(layer.errors[j]), _sum_of(factors)
        if rules.mask:
            summed = f"({summed}) * {number(rules.mask[j])}"
        yield from _broken(f"  {named(layer, 'errors', j)} = {summed} = {total}")


def _update(rules: LayerRules) -> Iterator[str]:
    layer, (before, own) = rules.layer, rules.letters
    for formula in rules.update():
        yield from _broken(formula)
    cells = [(i, j) for i in range(len(layer.inputs)) for j in range(len(layer.outputs))]
    changes = [layer.weight_changes[i][j] for i, j in cells]
    shown = cells
    if len(cells) > WEIGHTS_UNFOLDED:
        shown = [cells[place] for place in strongest(changes, SHOWN)]
        smallest, largest = map(number, _range_of(changes))
        yield f"  {len(cells)} weights, with changes from {smallest} to {largest}; the largest:"
    columns = {
        "weight": layer.weights,
        "change": layer.weight_changes,
        "new weight": layer.new_weights,
        **layer.slots,
    }
    matrices = [
        (column([matrix[i][j] for i, j in cells], DIGITS), matrix) for matrix in columns.values()
    ]
    rows = [[f"[{i}][{j}]", *(write(matrix[i][j]) for write, matrix in matrices)] for i, j in shown]
    yield from _aligned([f"[{before}][{own}]", *columns], rows)
    if layer.biases:
        yield from wrap(rules.update_note, WIDTH)
        yield from _neurons(
            {
                "bias": layer.biases,
                "change": layer.bias_changes,
                "new bias": layer.new_biases,
                **layer.bias_slots,
            }
        )


def _written_out(neurons: int) -> range:
    """Return the neurons whose sums are written out: in a larger layer only the first."""
    return range(neurons if neurons <= SHOWN else 1)


def _sum_of(factors: list[tuple[float, float]]) -> str:
    """Return a sum of products written out; of a long one the largest terms."""
    places, rest = list(range(len(factors))), 0
    if len(factors) > TERMS_UNFOLDED:
        places = sorted(strongest([x * y for x, y in factors], SHOWN))
        rest = len(factors) - SHOWN
    terms = [f"{number(factors[i][0])} * {number(factors[i][1])}" for i in places]
    if rest:
        terms.append(f"({rest} smaller terms)")
    return " + ".join(terms)


def _broken(formula: str) -> Iterator[str]:
    """Return the lines of a formula: a long one is broken before a sign, not in short brackets.

    Or before the mask that such brackets are multiplied by.
    """
    line, *parts = re.split(r" (?=[-+=] (?![^(]{0,45}\))|\* \w+_mask\[)", formula)
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    for part in parts:
        if len(line) + 1 + len(part) <= WIDTH:
            line += f" {part}"
        else:
            yield line
            line = indent + part
    yield line


def _neurons(columns: dict[str, Vector]) -> Iterator[str]:
    """Return a row for each neuron; of a large layer the first ones, and the range of all."""
    neurons = len(next(iter(columns.values())))
    shown = range(neurons if neurons <= NEURONS_UNFOLDED else SHOWN)
    vectors = [(column(values, DIGITS), values) for values in columns.values()]
    rows = [[str(j), *(write(values[j]) for write, values in vectors)] for j in shown]
    if len(shown) < neurons:
        ranges = [map(write, _range_of(values)) for write, values in vectors]
        smallest, largest = zip(*ranges, strict=True)
        rows += [
            [f"... {neurons - len(shown)} more", *("" for _ in columns)],
            [f"min of {neurons}", *smallest],
            [f"max of {neurons}", *largest],
        ]
    yield from _aligned(["neuron", *columns], rows)


def _range_of(values: Vector) -> tuple[float, float]:
    """Return the smallest and the largest value; NaN if there is one."""
    if any(map(math.isnan, values)):
        return math.nan, math.nan
    return min(values), max(values)


def _aligned(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    first, *rest = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in [heads, *rows]:
        cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], rest, strict=True)]
        yield "  ".join([f"  {row[0]:<{first}}", *cells]).rstrip()
