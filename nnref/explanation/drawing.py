"""An explanation's network as a drawing: columns of neurons, lines for the weights between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from nnref.common.types import Matrix
from nnref.explanation.columns import Writer
from nnref.explanation.folding import DRAWN, Gap, drawn_lines, shown_places, with_gaps
from nnref.explanation.markup import (
    MINUS,
    TIMES,
    colour,
    escaped,
    in_column,
    largest_finite,
    strength,
)
from nnref.explanation.rules import named
from nnref.explanation.story import followed

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation, LayerExplanation

# All lengths are in the drawing's own unit; a page shows it a little larger, so far as it is wide.
RADIUS = 27  # of a neuron
ROW = 78  # the height of a neuron with its error
GAP_ROW = 30  # the height of a gap
TOP, MARGIN = 48, 34
APART = 150  # from one layer to the next
TARGETS = 84  # from the outputs to their targets
LABEL, COUNT = 18, 13  # the height of the name of a matrix, and of how many lines are drawn
LETTERS = 23  # a longer name takes more room than there is between two layers
WIDEST, NARROWEST = 6.0, 0.8  # lines
STRONGEST, FAINTEST = 0.85, 0.25  # their opacity
SCALE, SMALLEST = 1.25, 0.75  # in pixels
# Of a number of more characters the letters are squeezed, so that a circle holds it.
HELD, HELD_WIDTH = 6, 46
DIGITS = 3  # of the largest number in a column


class Column(NamedTuple):
    """Where a layer is drawn: how far right, and how far down its neurons and gaps."""

    x: int
    heights: dict[int, int]  # y by the neuron's index
    gaps: list[tuple[int, int]]  # how many neurons are left out, and y


def drawing_of(explanation: Explanation, lines: str = "weights") -> str:
    """Return the network as an SVG element.

    Large layers are folded, and of the lines between folded layers only the strongest are drawn.

    Parameters
    ----------
    explanation : Explanation
        The update to draw.
    lines : {"weights", "weight_changes"}
        Which numbers give the lines their colour and width.
    """
    way = followed(explanation)
    shown = shown_places(explanation, way, DRAWN)
    sizes = [len(explanation.inputs), *(len(layer.outputs) for layer in explanation.layers)]
    items = [with_gaps(places, size) for places, size in zip(shown, sizes, strict=True)]
    columns = _columns(items)
    layers = explanation.layers
    wires = [
        Wires(layer, after, lines, columns[n], columns[n + 1], way[n + 1])
        for n, (layer, after) in enumerate(zip(layers, [*layers[1:], None], strict=True))
    ]
    parts = [*_inputs(explanation, columns[0]), *_targets(explanation, columns[-1])]
    for wire in wires:
        parts += _layer(wire)
    bottom = TOP + max(map(_height, items))
    labels, height = _labels(wires, bottom)
    width = columns[-1].x + TARGETS + MARGIN
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{SCALE * width:.0f}" '
        f'style="min-width:{SMALLEST * width:.0f}px" '
        f'role="img" aria-label="The network, with lines for its {lines.replace("_", " ")}">'
        f"{''.join(parts + labels)}</svg>"
    )


def _columns(items: list[list[int | Gap]]) -> list[Column]:
    """Return where each layer is drawn, all centred on the same height."""
    tallest = max(map(_height, items))
    return [
        _column(MARGIN + APART * n, TOP + (tallest - _height(column)) // 2, column)
        for n, column in enumerate(items)
    ]


def _height(items: list[int | Gap]) -> int:
    return sum(GAP_ROW if isinstance(item, Gap) else ROW for item in items)


def _column(x: int, top: int, items: list[int | Gap]) -> Column:
    heights, gaps = {}, []
    for item in items:
        if isinstance(item, Gap):
            gaps.append((item.neurons, top + GAP_ROW // 2))
            top += GAP_ROW
        else:
            heights[item] = top + ROW // 2
            top += ROW
    return Column(x, heights, gaps)


def _inputs(explanation: Explanation, column: Column) -> Iterator[str]:
    yield _heading(column.x, "input", f"{len(explanation.inputs):,}")
    largest = largest_finite(explanation.inputs)
    write = in_column(explanation.inputs, DIGITS)
    for i, y in column.heights.items():
        x = explanation.inputs[i]
        circle, first = _circle(column.x, y, i, x, largest, write), explanation.layers[0]
        title = _title("\n".join([f"inputs[{i}] = {x!r}", *_masked(first, i)]))
        kind = ' class="dropped"' if _drops(first, i) else ""
        yield f"<g{kind}>{title}{circle}</g>"
    yield from _gaps(column)


def _drops(after: LayerExplanation | None, i: int) -> bool:
    """Return whether neuron i of the layer before this one is dropped."""
    return after is not None and bool(after.mask) and after.mask[i] == 0.0


def _masked(after: LayerExplanation | None, i: int) -> list[str]:
    """Return what dropout does to neuron i of the layer before this one."""
    if after is None or not after.mask:
        return []
    return [f"{named(after, name, i)} = {getattr(after, name)[i]!r}" for name in ("mask", "inputs")]


class Wires(NamedTuple):
    """A layer, where it and the one before are drawn, and which of its numbers the lines show."""

    layer: LayerExplanation
    after: LayerExplanation | None
    attribute: str
    before: Column
    own: Column
    on_the_way: int

    @property
    def values(self) -> Matrix:
        """The numbers that the lines show."""
        values: Matrix = getattr(self.layer, self.attribute)
        return values

    def drawn(self) -> set[tuple[int, int]]:
        """Return which lines are drawn."""
        return drawn_lines(
            self.values, [*self.before.heights], [*self.own.heights], self.on_the_way
        )


def _labels(wires: list[Wires], top: int) -> tuple[list[str], int]:
    """Return the names of the weights, and how far down they reach.

    Long ones take turns to stand higher and lower. If not all lines are drawn, they say how many.
    """
    names = [wire.layer.article_name(wire.attribute) for wire in wires]
    weights = [len(wire.layer.inputs) * len(wire.layer.outputs) for wire in wires]
    drawn = [len(wire.drawn()) for wire in wires]
    row = LABEL + COUNT * (drawn != weights)
    rows = 2 if len(wires) > 1 and max(map(len, names)) > LETTERS else 1
    texts = []
    for n, wire in enumerate(wires):
        x, y = (wire.before.x + wire.own.x) // 2, top + n % rows * row + LABEL
        texts.append(_text(x, y, names[n], "name"))
        if drawn[n] < weights[n]:
            texts.append(_text(x, y + COUNT, f"{drawn[n]} of {weights[n]:,} lines", "gap"))
    return texts, top + rows * row + 8


def _layer(wires: Wires) -> Iterator[str]:
    layer, before, own, values = wires.layer, wires.before, wires.own, wires.values
    yield _heading(own.x, layer.name, f"{len(layer.outputs):,} {TIMES} {layer.activation}")
    drawn = wires.drawn()
    widest = largest_finite([values[i][j] for i, j in drawn])
    fullest = largest_finite(layer.outputs)
    write, write_error = in_column(layer.outputs, DIGITS), in_column(layer.errors, DIGITS)
    for j, y in own.heights.items():
        # A neuron and its lines form a group: pointing at any of them highlights them all.
        parts = [_title(_neuron_title(layer, wires.after, j))]
        for i, from_y in before.heights.items():
            if (i, j) in drawn:
                path = f"M{before.x + RADIUS} {from_y}L{own.x - RADIUS} {y}"
                kind = f"{colour(values[i][j])}{' cut' if _drops(layer, i) else ''}"
                parts.append(_line(path, values[i][j], widest, kind, _line_title(layer, i, j)))
        parts.append(_circle(own.x, y, j, layer.outputs[j], fullest, write))
        parts.append(_error(own.x, y, layer.errors[j], write_error))
        kind = "neuron dropped" if _drops(wires.after, j) else "neuron"
        yield f'<g class="{kind}">{"".join(parts)}</g>'
    yield from _gaps(own)


def _targets(explanation: Explanation, column: Column) -> Iterator[str]:
    x = column.x + TARGETS
    yield _heading(x, "target", f"{len(explanation.targets):,}")
    write = in_column(explanation.targets, DIGITS)
    for k, y in column.heights.items():
        target = explanation.targets[k]
        yield (
            f"<g>{_title(f'targets[{k}] = {target!r}')}"
            f'<path class="wanted" d="M{column.x + RADIUS} {y}H{x - RADIUS}"/>'
            f'<circle class="wanted" cx="{x}" cy="{y}" r="{RADIUS}"/>'
            f"{_held(x, y, write(target))}</g>"
        )


def _line(path: str, value: float, largest: float, kind: str, title: str) -> str:
    beside = strength(value, largest)
    width = NARROWEST + (WIDEST - NARROWEST) * beside
    opacity = FAINTEST + (STRONGEST - FAINTEST) * beside
    # The first path is wide and invisible, which makes the line easier to point at.
    return (
        f'<g>{_title(title)}<path class="wide" d="{path}"/>'
        f'<path class="line {kind}" stroke-width="{width:.1f}" '
        f'stroke-opacity="{opacity:.2f}" d="{path}"/></g>'
    )


def _line_title(layer: LayerExplanation, i: int, j: int) -> str:
    weight, change = layer.weights[i][j], layer.weight_changes[i][j]
    return f"{named(layer, 'weights', i, j)} = {weight!r}, change {change!r}"


def _neuron_title(layer: LayerExplanation, after: LayerExplanation | None, j: int) -> str:
    names = ["biases"] if layer.biases else []
    names += ["signals", "outputs", "errors", "deltas", "steps"]
    numbers = [f"{named(layer, name, j)} = {getattr(layer, name)[j]!r}" for name in names]
    return "\n".join([*numbers, *_masked(after, j)])


def _circle(x: int, y: int, index: int, output: float, largest: float, write: Writer) -> str:
    fill = 0.4 * strength(output, max(1.0, largest))
    return (
        f'<circle class="{colour(output)}" fill-opacity="{fill:.2f}" cx="{x}" cy="{y}" '
        f'r="{RADIUS}"/>{_text(x, y - 10, f"[{index}]", "index")}{_held(x, y, write(output))}'
    )


def _held(x: int, y: int, number: str) -> str:
    """Return a number in a circle, which holds it whatever its length."""
    squeezed = f' textLength="{HELD_WIDTH}" lengthAdjust="spacingAndGlyphs"'
    return _text(x, y + 5, number, "value", squeezed if len(number) > HELD else "")


def _error(x: int, y: int, error: float, write: Writer) -> str:
    arrow = {"positive": "▲ ", "negative": "▼ ", "zero": ""}[colour(error)]
    text = arrow + write(error).removeprefix(MINUS)
    return _text(x, y + RADIUS + 14, text, f"error {colour(error)}")


def _gaps(column: Column) -> Iterator[str]:
    for count, y in column.gaps:
        yield _text(column.x, y + 4, f"⋮ {count:,} more", "gap")


def _heading(x: int, name: str, below: str) -> str:
    return _text(x, 18, name, "heading") + _text(x, 35, below, "name")


def _text(x: int, y: int, text: str, kind: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}"{more}>{escaped(text)}</text>'


def _title(text: str) -> str:
    return f"<title>{escaped(text)}</title>"
