"""What an explanation's page and drawing are made of: elements, numbers, and folded lists.

All of it is well-formed XML too, so that anything can read it.
"""

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import NamedTuple

from nnref.explanation import Explanation, LayerExplanation

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"

# A list of up to this many is shown whole; of a longer one its first, its strongest, its last.
WHOLE = 10
FIRST = 2
STRONGEST = 3
# And of a longer sum, the largest terms.
TERMS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A layer, what stands around it, and what of it is shown.

    Attributes
    ----------
    explanation : Explanation
        The update.
    n : int
        The layer's number: 0 for the first that has weights.
    layer : LayerExplanation
        The layer.
    after : LayerExplanation or None
        The one that it sends its outputs to and gets its errors from; None for the output layer.
    shown_before, shown : list of int
        Which neurons are shown of the layer before and of this one.
    """

    explanation: Explanation
    n: int
    layer: LayerExplanation
    after: LayerExplanation | None
    shown_before: list[int]
    shown: list[int]

    @property
    def letters(self) -> tuple[str, str]:
        """The article's indices: of the layer before, and of this one."""
        if self.after is not None:
            return "i", "j"
        return "i" if self.n == 0 else "j", "k"

    @property
    def moved_by(self) -> str:
        """What moves the weights: the steps, or the deltas where the learning rate comes later."""
        return "steps" if self.explanation.optimizer.name == "sgd" else "deltas"


class Gap(NamedTuple):
    """Stands for neurons that are not shown."""

    neurons: int


def sent_back(explanation: Explanation) -> str:
    """Return what a layer sends back through its weights."""
    return "errors" if explanation.hidden_error == "split" else "deltas"


def escaped(text: str) -> str:
    """Return text as it stands in HTML, between tags or in quotes."""
    return html.escape(text)


def code(text: str) -> str:
    """Return text in the letters of a program."""
    return f"<code>{escaped(text)}</code>"


def named(layer: LayerExplanation, attribute: str, *indices: int | str) -> str:
    """Return an attribute's name in the article, with indices, as hidden_errors[2]."""
    return layer.article_name(attribute) + "".join(f"[{index}]" for index in indices)


def typeset(formula: str) -> str:
    """Return a formula written in ASCII with the signs that a book has."""
    return escaped(formula).replace(" * ", f" {TIMES} ").replace("- ", f"{MINUS} ")


def number(x: float, digits: int = 4) -> str:
    """Return a number as a person reads it: with few significant digits and a true minus sign."""
    if x == 0.0:
        return "0"
    figures, _, exponent = f"{x:.{digits}g}".partition("e")
    if exponent:
        figures += f"e{int(exponent)}"
    return figures.replace("-", MINUS)


def signed(x: float) -> str:
    """Return a number as `number` does, with a plus where it is above 0."""
    return f"+{number(x)}" if x > 0.0 else number(x)


def value(x: float) -> str:
    """Return a number that shows all of its digits where it is pointed at."""
    return f'<span title="{x!r}">{number(x)}</span>'


def bracketed(x: float) -> str:
    """Return a number as `number` does, in brackets if it is below 0."""
    return f"({number(x)})" if x < 0.0 else number(x)


def factor(x: float) -> str:
    """Return a number as `value` does, in brackets if it is below 0."""
    return f'<span title="{x!r}">{bracketed(x)}</span>'


def result(x: float) -> str:
    """Return a number as `value` does, in the colour of its sign."""
    return f'<b class="{colour(x)}" title="{x!r}">{number(x)}</b>'


def signed_value(x: float) -> str:
    """Return a number as `result` does, with a plus where it is above 0."""
    return f'<b class="{colour(x)}" title="{x!r}">{signed(x)}</b>'


def colour(x: float) -> str:
    """Return the class of a number's sign."""
    if x == 0.0 or x != x:
        return "zero"
    return "positive" if x > 0.0 else "negative"


def magnitude(x: float) -> float:
    """Return how far a number is from 0; one that is not a number counts as farthest."""
    return math.inf if x != x else abs(x)


def strength(x: float, largest: float) -> float:
    """Return from 0 to 1 how strong a number is beside the largest, whatever the two are."""
    if x != x:
        return 0.0
    if math.isinf(x):
        return 1.0
    return min(1.0, abs(x) / largest) if largest > 0.0 else 0.0


def tint(x: float, largest: float) -> str:
    """Return a style that tints the ground in the colour of a number's sign, by its strength."""
    return f"--tint:{40.0 * strength(x, largest):.0f}%"


def largest_finite(values: Sequence[float]) -> float:
    """Return the largest magnitude among the finite numbers, 0.0 if there are none."""
    return max((abs(x) for x in values if math.isfinite(x)), default=0.0)


def strongest(values: Sequence[float], count: int) -> list[int]:
    """Return the places of the numbers farthest from 0, the farthest first."""
    return nlargest(count, range(len(values)), key=lambda i: magnitude(values[i]))


def shown_places(values: Sequence[float]) -> list[int]:
    """Return which neurons of a layer with these outputs are shown: all, if they are few."""
    if len(values) <= WHOLE:
        return list(range(len(values)))
    last = len(values) - 1
    return sorted({*range(FIRST), *strongest(values, STRONGEST), last})


def with_gaps(places: Sequence[int], size: int) -> list[int | Gap]:
    """Return the places shown out of so many, with a gap wherever some are left out."""
    items: list[int | Gap] = []
    for before, place in zip([-1, *places], [*places, size], strict=True):
        if place - before > 1:
            items.append(Gap(place - before - 1))
        if place < size:
            items.append(place)
    return items


def sum_of(values: Sequence[float], term: Callable[[int], str]) -> str:
    """Return a sum written out; of a long one the largest terms, and how many more there are.

    Parameters
    ----------
    values : (n,) sequence of float
        What each term comes to, to rank them.
    term : callable
        Returns the term at a place as HTML.
    """
    if len(values) <= WHOLE:
        return " + ".join(term(i) for i in range(len(values)))
    terms = [f"{term(i)}<sub>[{i}]</sub>" for i in strongest(values, TERMS)]
    return f"{' + '.join(terms)} + … <i>{len(values) - TERMS:,} smaller terms</i>"
