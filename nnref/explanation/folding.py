"""What is shown of a large layer and of a long sum: the ends, and what is farthest from 0."""

import math
from collections.abc import Sequence
from heapq import nlargest
from typing import NamedTuple

# A layer of up to this many neurons is shown whole; of a larger one the first, the strongest and
# the last are.
WHOLE = 10
FIRST = 2
STRONGEST = 3


class Gap(NamedTuple):
    """Stands for neurons that are not shown."""

    neurons: int


def magnitude(x: float) -> float:
    """Return how far a number is from 0; NaN counts as farthest."""
    return math.inf if math.isnan(x) else abs(x)


def strongest(values: Sequence[float], count: int) -> list[int]:
    """Return the places of the values farthest from 0, the farthest first."""
    return nlargest(count, range(len(values)), key=lambda i: magnitude(values[i]))


def shown_places(outputs: Sequence[float]) -> list[int]:
    """Return which neurons of a layer are shown: all if there are few."""
    if len(outputs) <= WHOLE:
        return list(range(len(outputs)))
    return sorted({*range(FIRST), *strongest(outputs, STRONGEST), len(outputs) - 1})


def with_gaps(places: Sequence[int], size: int) -> list[int | Gap]:
    """Return the places shown of a layer of this size, with a gap wherever some are left out."""
    items: list[int | Gap] = []
    for before, place in zip([-1, *places], [*places, size], strict=True):
        if place - before > 1:
            items.append(Gap(place - before - 1))
        if place < size:
            items.append(place)
    return items
