"""What a caller passes as examples becomes lists of floats, or an error that says why not."""

import numbers
from collections.abc import Iterator
from itertools import islice
from typing import Any

from nnref.common.arguments import Range, items, shown
from nnref.common.types import Matrix, Vector


def float_list(name: str, values: Any, width: int, within: Range | None = None) -> Vector:
    """Return values as a list of ``width`` floats.

    Parameters
    ----------
    name : str
        What the argument is called, for the errors.
    values : iterable of real numbers
        A list, a tuple, a NumPy vector, ...
    width : int
        How many there must be.
    within : Range, optional
        The numbers to accept; without it any, infinities and NaN too.

    Raises
    ------
    TypeError
        If values is not an iterable of real numbers.
    ValueError
        If there are too few or too many, or one is too large for a float or not within.
    """
    given = _items(name, values, f"a sequence of {width} numbers")
    # One beyond the width shows that they are too many, even if they have no end.
    floats = [_float(name, place, value) for place, value in enumerate(islice(given, width + 1))]
    if len(floats) != width:
        got = _count(values, width) if len(floats) > width else len(floats)
        raise ValueError(f"{name}: got {got} numbers, wants {width}")
    if within is not None:
        for place, value in enumerate(floats):
            if not within.holds(value):
                raise ValueError(f"{name}[{place}]: got {value}, wants {within.wants}")
    return floats


def float_rows(name: str, rows: Any, width: int, within: Range | None = None) -> Matrix:
    """Return rows as a list of lists of ``width`` floats; raises as `float_list` does."""
    given = _items(name, rows, f"rows of {width} numbers")
    return [float_list(f"{name}[{place}]", row, width, within) for place, row in enumerate(given)]


def _items(name: str, values: Any, wants: str) -> Iterator[Any]:
    given = items(values)
    if given is None:
        raise TypeError(f"{name}: got {shown(values)}, wants {wants}")
    return given


def _count(values: Any, width: int) -> int | str:
    """Return how many values there are, if that is known without iterating over them."""
    try:
        return len(values)
    except (TypeError, OverflowError):  # a generator, a range of 10**30 numbers
        return f"more than {width}"


def _float(name: str, place: int, value: Any) -> float:
    if type(value) is float:  # by far the most, and the questions below are slow
        return value
    # NumPy's bool is not registered as a number, as Python's is.
    if isinstance(value, numbers.Real) or str(getattr(value, "dtype", "")) == "bool":
        try:
            return float(value)
        except TypeError:  # NumPy's time spans are registered as whole numbers
            pass
        except OverflowError:
            raise ValueError(
                f"{name}[{place}]: got {shown(value)}, too large for a float"
            ) from None
    raise TypeError(f"{name}[{place}]: got {shown(value)}, wants a number")
