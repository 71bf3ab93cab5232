"""The oracle's door: what a caller passes becomes lists of floats, or an error saying why not."""

import math
import numbers
from collections.abc import Iterable
from typing import Any

from nnref.description import shown

Vector = list[float]
Matrix = list[Vector]


def vector(name: str, values: Any, width: int, *, finite: bool = False) -> Vector:
    """Return values as a list of ``width`` floats.

    Parameters
    ----------
    name : str
        What the argument is called, for the errors.
    values : iterable of real numbers
        A list, a tuple, a NumPy vector, ...
    width : int
        How many there must be.
    finite : bool
        Whether to refuse infinities and NaN.

    Raises
    ------
    TypeError
        If values is no iterable of real numbers.
    ValueError
        If there are too few or too many, or one is too large for a float or not finite.
    """
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise TypeError(f"{name}: got {shown(values)}, wants a sequence of {width} numbers")
    floats = [_float(name, place, value) for place, value in enumerate(values)]
    if len(floats) != width:
        raise ValueError(f"{name}: got {len(floats)} numbers, wants {width}")
    if finite:
        for place, value in enumerate(floats):
            if not math.isfinite(value):
                raise ValueError(f"{name}[{place}]: got {value}, wants a finite number")
    return floats


def matrix(name: str, rows: Any, width: int, *, finite: bool = False) -> Matrix:
    """Return rows as a list of lists of ``width`` floats; raises as `vector` does."""
    if isinstance(rows, str | bytes | dict) or not isinstance(rows, Iterable):
        raise TypeError(f"{name}: got {shown(rows)}, wants rows of {width} numbers")
    return [vector(f"{name}[{place}]", row, width, finite=finite) for place, row in enumerate(rows)]


def _float(name: str, place: int, value: Any) -> float:
    if type(value) is float:  # by far the most, and the question below is slow
        return value
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name}[{place}]: got {shown(value)}, wants a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name}[{place}]: got {shown(value)}, too large for a float") from None
