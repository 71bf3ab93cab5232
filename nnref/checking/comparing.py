"""Compare numbers with numbers, in whatever shape: which of them differ, and where first."""

import math
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

# A program with a slip gives the slip's numbers up to rounding, which is far below this; two slips
# differ by far more. A program in float32 is as near to them as float32 allows.
LIKE = 1e-11
LIKE_IN_FLOAT32 = 1e-5
DECIMALS = range(1, 9)


class Difference(NamedTuple):
    """A number that is wrong: where it is, as "[0][1]", the program's, and the right one."""

    place: str
    yours: float
    wanted: float


def pairs(yours: Any, wanted: Any, tolerance: Any) -> Iterator[tuple[str, float, float, float]]:
    """Yield each number's place, the number, the right one and its tolerance."""
    if not isinstance(wanted, list):
        yield "", yours, wanted, tolerance
        return
    for at, (one, other, most) in enumerate(zip(yours, wanted, tolerance, strict=True)):
        for place, a, b, within in pairs(one, other, most):
            yield f"[{at}]{place}", a, b, within


def difference(yours: Any, wanted: Any, tolerance: Any) -> Difference | None:
    """Return the first number that is wrong, or None."""
    for place, one, other, most in pairs(yours, wanted, tolerance):
        if not abs(one - other) <= most:  # so that a NaN is wrong
            return Difference(place, one, other)
    return None


def flat(values: Any) -> list[float]:
    """Return all numbers in nested lists."""
    return [x for value in values for x in flat(value)] if isinstance(values, list) else [values]


def likeness(yours: Any) -> float:
    """Return how near a program's numbers are to those of its slip."""
    return LIKE_IN_FLOAT32 if all(map(is_float32, flat(yours))) else LIKE


def alike(one: Any, other: Any, within: float) -> bool:
    """Return whether all numbers are as near to each other."""
    pairs = zip(flat(one), flat(other), strict=True)
    return all(abs(a - b) <= within * max(1.0, abs(b)) for a, b in pairs)


def is_float32(x: float) -> bool:
    """Return whether a float32 can hold a number."""
    try:
        return bool(struct.unpack("f", struct.pack("f", x))[0] == x)
    except OverflowError:
        return False


def decimals(values: list[float], right: list[float]) -> int | None:
    """Return the decimals that the right numbers were rounded to, None if these are not they."""
    return next((d for d in DECIMALS if values == [round(x, d) for x in right]), None)


def one_ratio(changes: list[float], right: list[float]) -> float | None:
    """Return by what all changes are longer than the right ones, None if not all by the same."""
    ratios = [a / b for a, b in zip(changes, right, strict=True) if b != 0.0]
    if not ratios or not all(math.isfinite(r) for r in ratios):
        return None
    return ratios[0] if all(abs(r - ratios[0]) <= 1e-9 * abs(ratios[0]) for r in ratios) else None
