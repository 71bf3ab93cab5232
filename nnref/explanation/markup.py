"""What an explanation's page and drawing are made of: elements, and numbers in HTML.

All of it is well-formed XML too, so that any program can read it.
"""

import html
import math
import re
from collections.abc import Callable, Sequence

from nnref.explanation.folding import WHOLE, strongest

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"

# Of a sum longer than a layer that is shown whole, this many terms are shown.
TERMS = 5


def escaped(text: str) -> str:
    """Return text as it stands in HTML, between tags or in quotes."""
    return html.escape(text)


def code(text: str) -> str:
    """Return text in the letters of a program."""
    return f"<code>{escaped(text)}</code>"


def typeset(text: str) -> str:
    """Return a formula or a sentence with the signs that a book has; hyphens stay hyphens."""
    return re.sub(r"(?<!\w)-", MINUS, escaped(text).replace(" * ", f" {TIMES} "))


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


def bracketed(x: float) -> str:
    """Return a number as `number` does, in brackets if it is below 0."""
    return f"({number(x)})" if x < 0.0 else number(x)


def value(x: float) -> str:
    """Return a number that shows all of its digits where it is pointed at."""
    return f'<span title="{x!r}">{number(x)}</span>'


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
