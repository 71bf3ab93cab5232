"""An explanation's network as a drawing: columns of neurons, lines for the weights between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from nnref.explanation.folding import Gap, with_gaps
from nnref.explanation.markup import (
    MINUS,
    TIMES,
    colour,
    escaped,
    largest_finite,
    number,
    strength,
)
from nnref.explanation.rules import named

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation, LayerExplanation

# All lengths are in pixels.
RADIUS = 23  # of a neuron
ROW = 68  # the height of a neuron with its error
GAP_ROW = 38  # the height of a gap
TOP, BOTTOM, MARGIN = 48, 30, 60
WIDTH = 940
CLOSEST, FARTHEST = 200, 360  # from one layer to the next
TARGETS = 112  # from the outputs to their targets
WIDEST, NARROWEST = 6.0, 0.8  # lines


class Column(NamedTuple):
    """Where a layer is drawn: how far right, and how far down its neurons and gaps."""

    x: int
    heights: dict[int, int]  # y by the neuron's index
    gaps: list[tuple[int, int]]  # how many neurons are left out, and y


def drawing_of(explanation: Explanation, shown: list[list[int]], lines: str = "weights") -> str:
    """Return the network as an SVG element.

    Parameters
    ----------
    explanation : Explanation
        The update to draw.
    shown : list of list of int
        Which neurons of each layer are drawn, the inputs first.
    lines : {"weights", "weight_changes"}
        Which numbers give the lines their colour and width.
    """
    sizes = [len(explanation.inputs), *(len(layer.outputs) for layer in explanation.layers)]
    items = [with_gaps(places, size) for places, size in zip(shown, sizes, strict=True)]
    columns = _columns(items)
    width = columns[-1].x + TARGETS + MARGIN
    height = TOP + max(map(_height, items)) + BOTTOM
    parts = list(_inputs(explanation, columns[0]))
    layers = explanation.layers
    for pair, layer, after in zip(pairwise(columns), layers, [*layers[1:], None], strict=True):
        parts += _layer(layer, after, lines, *pair, height - 10)
    parts += _targets(explanation, columns[-1])
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" style="min-width:{width * 2 // 3}px" '
        f'role="img" aria-label="The network, with lines for its {lines.replace("_", " ")}">'
        f"{''.join(parts)}</svg>"
    )


def _columns(items: list[list[int | Gap]]) -> list[Column]:
    """Return where each layer is drawn, all centred on the same height."""
    apart = (WIDTH - 2 * MARGIN - TARGETS) // (len(items) - 1)
    apart = max(CLOSEST, min(FARTHEST, apart))
    tallest = max(map(_height, items))
    return [
        _column(MARGIN + apart * n, TOP + (tallest - _height(column)) // 2, column)
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
    for i, y in column.heights.items():
        x, first = explanation.inputs[i], explanation.layers[0]
        title = _title("\n".join([f"inputs[{i}] = {x!r}", *_masked(first, i)]))
        kind = ' class="dropped"' if _drops(first, i) else ""
        yield f"<g{kind}>{title}{_circle(column.x, y, i, x, largest)}</g>"
    yield from _gaps(column)


def _drops(after: LayerExplanation | None, i: int) -> bool:
    """Return whether neuron i of the layer before this one is dropped."""
    return after is not None and bool(after.mask) and after.mask[i] == 0.0


def _masked(after: LayerExplanation | None, i: int) -> list[str]:
    """Return what dropout does to neuron i of the layer before this one."""
    if after is None or not after.mask:
        return []
    return [f"{named(after, name, i)} = {getattr(after, name)[i]!r}" for name in ("mask", "inputs")]


def _layer(
    layer: LayerExplanation,
    after: LayerExplanation | None,
    lines: str,
    before: Column,
    column: Column,
    bottom: int,
) -> Iterator[str]:
    yield _heading(column.x, layer.name, f"{len(layer.outputs):,} {TIMES} {layer.activation}")
    yield _text((before.x + column.x) // 2, bottom, layer.article_name(lines), "name")
    values = getattr(layer, lines)
    widest = largest_finite([values[i][j] for i in before.heights for j in column.heights])
    fullest = largest_finite(layer.outputs)
    for j, y in column.heights.items():
        # A neuron and its lines form a group: pointing at any of them highlights them all.
        parts = [_title(_neuron_title(layer, after, j))]
        for i, from_y in before.heights.items():
            path = f"M{before.x + RADIUS} {from_y}L{column.x - RADIUS} {y}"
            kind = f"{colour(values[i][j])}{' cut' if _drops(layer, i) else ''}"
            parts.append(_line(path, values[i][j], widest, kind, _line_title(layer, i, j)))
        parts.append(_circle(column.x, y, j, layer.outputs[j], fullest))
        parts.append(_error(column.x, y, layer.errors[j]))
        kind = "neuron dropped" if _drops(after, j) else "neuron"
        yield f'<g class="{kind}">{"".join(parts)}</g>'
    yield from _gaps(column)


def _targets(explanation: Explanation, column: Column) -> Iterator[str]:
    x = column.x + TARGETS
    yield _heading(x, "target", f"{len(explanation.targets):,}")
    for k, y in column.heights.items():
        target = explanation.targets[k]
        yield (
            f"<g>{_title(f'targets[{k}] = {target!r}')}"
            f'<path class="wanted" d="M{column.x + RADIUS} {y}H{x - RADIUS}"/>'
            f'<circle class="wanted" cx="{x}" cy="{y}" r="{RADIUS}"/>'
            f"{_text(x, y + 5, _short(target), 'value')}</g>"
        )


def _line(path: str, value: float, largest: float, kind: str, title: str) -> str:
    width = NARROWEST + (WIDEST - NARROWEST) * strength(value, largest)
    # The first path is wide and invisible, which makes the line easier to point at.
    return (
        f'<g>{_title(title)}<path class="wide" d="{path}"/>'
        f'<path class="line {kind}" stroke-width="{width:.1f}" d="{path}"/></g>'
    )


def _line_title(layer: LayerExplanation, i: int, j: int) -> str:
    weight, change = layer.weights[i][j], layer.weight_changes[i][j]
    return f"{named(layer, 'weights', i, j)} = {weight!r}, change {change!r}"


def _neuron_title(layer: LayerExplanation, after: LayerExplanation | None, j: int) -> str:
    names = ["biases"] if layer.biases else []
    names += ["signals", "outputs", "errors", "deltas", "steps"]
    numbers = [f"{named(layer, name, j)} = {getattr(layer, name)[j]!r}" for name in names]
    return "\n".join([*numbers, *_masked(after, j)])


def _circle(x: int, y: int, index: int, output: float, largest: float) -> str:
    fill = 0.4 * strength(output, max(1.0, largest))
    return (
        f'<circle class="{colour(output)}" fill-opacity="{fill:.2f}" cx="{x}" cy="{y}" '
        f'r="{RADIUS}"/>{_text(x, y - 9, f"[{index}]", "index")}'
        f"{_text(x, y + 5, _short(output), 'value')}"
    )


def _error(x: int, y: int, error: float) -> str:
    arrow = {"positive": "▲ ", "negative": "▼ ", "zero": ""}[colour(error)]
    text = arrow + _short(error).removeprefix(MINUS)
    return _text(x, y + RADIUS + 13, text, f"error {colour(error)}")


def _short(x: float) -> str:
    """Return a number that fits into a circle."""
    if 0.0 < abs(x) < 1e-3:
        figure, _, exponent = f"{x:.0e}".partition("e")
        return f"{figure}e{int(exponent)}".replace("-", MINUS)
    return number(x, digits=3 if 1e-2 <= abs(x) < 1e3 else 2)


def _gaps(column: Column) -> Iterator[str]:
    for count, y in column.gaps:
        yield _text(column.x, y + 4, f"⋮ {count:,} more", "gap")


def _heading(x: int, name: str, below: str) -> str:
    return _text(x, 18, name, "heading") + _text(x, 35, below, "name")


def _text(x: int, y: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escaped(text)}</text>'


def _title(text: str) -> str:
    return f"<title>{escaped(text)}</title>"
