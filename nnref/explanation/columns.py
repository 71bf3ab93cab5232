"""Numbers that stand together, written to the same number of decimal places."""

import math
from collections.abc import Callable, Iterable

Writer = Callable[[float], str]

# Up to this many zeros more than that before the digits or after them a number is written out.
MOST_ZEROS = 2


def column(values: Iterable[float], digits: int) -> Writer:
    """Return a function that writes the numbers of a column, in ASCII.

    All have as many decimal places as the number farthest from 0 needs to show its significant
    digits, or fewer if these are zeros. A number that would be written as 0, and is not, gets an
    exponent; so do all of a column whose numbers are very large or very small.
    """
    finite = [x for x in values if math.isfinite(x)]
    largest = max(map(abs, finite), default=0.0)
    magnitude = math.floor(math.log10(largest)) if largest else digits
    if not -MOST_ZEROS <= magnitude + 1 <= digits + MOST_ZEROS:
        return lambda x: _with_exponent(x, digits - 1)
    places = max(0, digits - 1 - magnitude)
    while places > 0 and all(f"{x:.{places}f}".endswith("0") for x in finite):
        places -= 1

    def write(x: float) -> str:
        text = f"{x or 0.0:.{places}f}"  # not -0.0
        return _with_exponent(x, 0) if x and float(text) == 0.0 else text

    return write


def _with_exponent(x: float, places: int) -> str:
    if x == 0.0:
        return "0"
    figures, mark, exponent = f"{x:.{places}e}".partition("e")
    return f"{figures}e{int(exponent)}" if mark else figures
