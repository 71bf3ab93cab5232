"""What an explanation's page and drawing are made of: elements, and numbers in HTML.

All of it is well-formed XML too, so that any program can read it.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from nnref.explanation.columns import Writer, column
from nnref.explanation.folding import WHOLE, strongest

if TYPE_CHECKING:
    from nnref.explanation.update import LayerExplanation

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"

# Of a column of numbers the largest has this many significant digits.
DIGITS = 4
# Weights before and after an update have one number of decimal places, to be compared.
KINDRED = {"new_weights": "weights", "new_biases": "biases"}

# Of a sum longer than a layer that is shown whole, this many terms are shown.
TERMS = 5


def escaped(text: str) -> str:
    """Return text as it stands in HTML, between tags or in quotes."""
    return html.escape(text)


def code(text: str) -> str:
    """Return text in the letters of a program."""
    return f"<code>{escaped(text)}</code>"


def with_code(text: str) -> str:
    """Return a sentence in which code stands between backquotes."""
    return re.sub("`(.+?)`", r"<code>\1</code>", escaped(text))


def typeset(text: str) -> str:
    """Return a formula or a sentence with the signs that a book has; hyphens stay hyphens."""
    return re.sub(r"(?<!\w)-", MINUS, escaped(text).replace(" * ", f" {TIMES} "))


def number(x: float, digits: int = DIGITS) -> str:
    """Return a number as a person reads it: with few significant digits and a true minus sign."""
    if x == 0.0:
        return "0"
    figures, _, exponent = f"{x:.{digits}g}".partition("e")
    if exponent:
        figures += f"e{int(exponent)}"
    return figures.replace("-", MINUS)


def in_column(values: Iterable[float], digits: int = DIGITS) -> Writer:
    """Return a function that writes numbers as `column` does, with a true minus sign."""
    write = column(values, digits)
    return lambda x: write(x).replace("-", MINUS)


def signed(x: float, write: Writer = number) -> str:
    """Return a number as `number` does, with a plus where it is above 0."""
    return f"+{write(x)}" if x > 0.0 else write(x)


def bracketed(x: float, write: Writer = number) -> str:
    """Return a number as `number` does, in brackets if it is below 0."""
    return f"({write(x)})" if x < 0.0 else write(x)


def value(x: float, write: Writer = number) -> str:
    """Return a number that shows all of its digits where it is pointed at."""
    return f'<span title="{x!r}">{write(x)}</span>'


def factor(x: float, write: Writer = number) -> str:
    """Return a number as `value` does, in brackets if it is below 0."""
    return f'<span title="{x!r}">{bracketed(x, write)}</span>'


def result(x: float, write: Writer = number) -> str:
    """Return a number as `value` does, in the colour of its sign."""
    return f'<b class="{colour(x)}" title="{x!r}">{write(x)}</b>'


def signed_value(x: float, write: Writer = number) -> str:
    """Return a number as `result` does, with a plus where it is above 0."""
    return f'<b class="{colour(x)}" title="{x!r}">{signed(x, write)}</b>'


def colour(x: float) -> str:
    """Return the class of a number's sign."""
    if x == 0.0 or math.isnan(x):
        return "zero"
    return "positive" if x > 0.0 else "negative"


def strength(x: float, largest: float) -> float:
    """Return from 0 to 1 how strong a number is beside the largest, whatever the two are."""
    if math.isnan(x):
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


class Columns:
    """How the numbers of an update are written: all of one name as a column."""

    def __init__(self) -> None:
        self._writers: dict[str, Writer] = {}

    def __call__(self, layer: LayerExplanation, attribute: str) -> Writer:
        """Return how to write the numbers that are an attribute or a slot of a layer."""
        attribute = KINDRED.get(attribute, attribute)
        name = layer.article_name(attribute)
        if name not in self._writers:
            self._writers[name] = in_column(_numbers(layer, attribute))
        return self._writers[name]


def _numbers(layer: LayerExplanation, attribute: str) -> Iterable[float]:
    if attribute in layer.slots:
        return (x for row in layer.slots[attribute] for x in row)
    if attribute.startswith("bias_") and attribute != "bias_changes":
        return layer.bias_slots[attribute.removeprefix("bias_")]
    values = getattr(layer, attribute)
    kindred = next((new for new, old in KINDRED.items() if old == attribute), None)
    if kindred:
        values = [*values, *getattr(layer, kindred)]
    return (x for row in values for x in row) if "weight" in attribute else values
