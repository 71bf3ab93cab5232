"""What is shown of a large layer, of its weights and of a long sum: mostly what is far from 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import nlargest
from typing import TYPE_CHECKING, NamedTuple

from nnref.common.types import Matrix

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation

# A layer of up to this many neurons is written out whole, and one of up to DRAWN is drawn whole.
# Of a larger one this many of the strongest outputs are shown, besides others.
WHOLE = 10
DRAWN = 6
STRONGEST = 2
# All lines between two layers that are drawn whole are drawn, else this many of the strongest.
STRONGEST_LINES = 8


class Gap(NamedTuple):
    """Stands for neurons that are not shown."""

    neurons: int


def magnitude(x: float) -> float:
    """Return how far a number is from 0; NaN counts as farthest."""
    return math.inf if math.isnan(x) else abs(x)


def strongest(values: Sequence[float], count: int) -> list[int]:
    """Return the places of the values farthest from 0, the farthest first."""
    return nlargest(count, range(len(values)), key=lambda i: magnitude(values[i]))


def shown_places(explanation: Explanation, way: list[int], whole: int) -> list[list[int]]:
    """Return which neurons of each layer are shown, the inputs first.

    Of a layer of more neurons than `whole` they are those with the strongest outputs, the one with
    the largest error, and the one on the story's way. Inputs have no errors, so one more of the
    strongest is shown.
    """
    vectors = [(explanation.inputs, list[float]())]
    vectors += [(layer.outputs, layer.errors) for layer in explanation.layers]
    return [
        list(range(len(outputs)))
        if len(outputs) <= whole
        else sorted({*strongest(outputs, STRONGEST + (not errors)), *strongest(errors, 1), place})
        for (outputs, errors), place in zip(vectors, way, strict=True)
    ]


def drawn_lines(
    values: Matrix, before: Sequence[int], own: Sequence[int], on_the_way: int
) -> set[tuple[int, int]]:
    """Return which lines are drawn between two layers, as the places of their weights.

    Parameters
    ----------
    values : (fan_in, fan_out) matrix
        The numbers that the lines stand for.
    before, own : sequence of int
        The neurons drawn of either layer.
    on_the_way : int
        The neuron whose lines are drawn in any case.
    """
    places = [(i, j) for j in own for i in before]
    if len(before) == len(values) and len(own) == len(values[0]):
        return set(places)
    largest = strongest([values[i][j] for i, j in places], STRONGEST_LINES)
    return {places[n] for n in largest} | {(i, on_the_way) for i in before}


def with_gaps(places: Sequence[int], size: int) -> list[int | Gap]:
    """Return the places shown of a layer of this size, with a gap wherever some are left out."""
    items: list[int | Gap] = []
    for before, place in zip([-1, *places], [*places, size], strict=True):
        if place - before > 1:
            items.append(Gap(place - before - 1))
        if place < size:
            items.append(place)
    return items


def with_rest(places: Sequence[int], size: int) -> list[int | Gap]:
    """Return the places shown of a layer of this size, and at the end a gap for all others."""
    rest = size - len(places)
    return [*places, Gap(rest)] if rest else [*places]
