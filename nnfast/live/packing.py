"""Pictures as text, in fewer letters than deflate takes: `unpacking.js` reads what this writes.

An arithmetic code. It gives a level of ink the fewer letters, the oftener this level was there
before: at the same place of pictures with the same label, beside neighbours that were much the
same. What it counts, the reader counts too, so no table travels with the text. All of it is in
whole numbers below 2**53, of which Python and JavaScript have the same.
"""

from typing import Any

import numpy as np

# What neither JSON nor HTML writes with more than one letter, also in an attribute.
ALPHABET = "".join(chr(code) for code in range(33, 127) if chr(code) not in "\"&'<>\\")
# How much a level speaks for itself, for the next and for the one after that.
NEAR = 8, 3, 1
# The code's range is kept from here to 2**53, by a letter at a time.
LEAST_RANGE = 2**46
# So many letters are held back, more than the range has. What they carry over is added at the end.
DELAY = 9


def pack(pictures: Any, labels: Any, levels: int) -> str:
    """Return pictures of whole numbers from 0 to `levels` - 1, [n, rows, columns], as text.

    `labels`, [n], is not in it. The reader has it from elsewhere, and it helps to guess.
    """
    symbols = pictures.ravel()
    learnt = _learnt(levels)[symbols]
    frequencies = np.ones_like(learnt)
    for context in _contexts(pictures, labels, levels):
        frequencies += _counted_before(context.ravel(), learnt)
    ends = frequencies.cumsum(axis=1)
    own = np.take_along_axis(frequencies, symbols[:, None], 1)[:, 0]
    below = np.take_along_axis(ends, symbols[:, None], 1)[:, 0] - own
    return _encoded(below.tolist(), own.tolist(), ends[:, -1].tolist())


def _learnt(levels: int) -> Any:
    """Return what is counted for each level, [level, level]: no ink and full ink stand alone."""
    table = np.diag(np.full(levels, NEAR[0]))
    for distance, weight in enumerate(NEAR[1:], 1):
        for level in range(1, levels - 1 - distance):
            table[level, level + distance] = table[level + distance, level] = weight
    return table


def _contexts(pictures: Any, labels: Any, levels: int) -> Any:
    """Yield, twice, a number for each pixel that says where it is and what is around it."""
    count, rows, columns = pictures.shape
    framed = np.zeros((count, rows + 1, columns + 2), int)
    framed[:, 1:, 1:-1] = pictures
    left, above, right = framed[:, 1:, :-2], framed[:, :-1, 1:-1], framed[:, :-1, 2:]
    places = np.arange(rows * columns).reshape(rows, columns)
    places = (labels[:, None, None] * rows * columns + places) * (9 + levels)
    yield places + (left + above + right) // 4
    yield places + _thirds(left, levels) * 3 + _thirds(above, levels)


def _thirds(ink: Any, levels: int) -> Any:
    """Return 0 for no ink, 1 up to one half and 2 for more."""
    return -(-2 * ink // (levels - 1))


def _counted_before(context: Any, learnt: Any) -> Any:
    """Return what was counted in the same context before, for each pixel and level."""
    order = context.argsort(kind="stable")
    counted = learnt[order]
    counted = counted.cumsum(axis=0) - counted
    _, firsts, sizes = np.unique(context[order], return_index=True, return_counts=True)
    counted -= np.repeat(counted[firsts], sizes, axis=0)
    result = np.empty_like(counted)
    result[order] = counted
    return result


def _encoded(below: list[int], own: list[int], totals: list[int]) -> str:
    """Return one number that lies in the part of each symbol, in letters."""
    base, low, span, digits = len(ALPHABET), 0, 1, []
    above = base**DELAY
    for start, frequency, total in zip(below, own, totals, strict=True):
        while span < LEAST_RANGE:
            span *= base
            digit, low = divmod(low * base, above)
            digits.append(digit)
        unit = span // total
        low, span = low + unit * start, unit * frequency
    for _ in range(DELAY):
        digit, low = divmod(low * base, above)
        digits.append(digit)
    carry, letters = 0, []
    for digit in reversed(digits):
        carry, rest = divmod(digit + carry, base)
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters[:-DELAY]))
