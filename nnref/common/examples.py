"""What a caller passes as examples becomes lists of floats, or an error that says why not.

What an object is decides how it is read: an array, and whatever offers itself as one (a DataFrame,
a tensor), by its shape, and only what is neither item by item. A DataFrame is iterated over by its
columns, and a dict by its keys, which could pass for numbers.
"""

import numbers
from collections.abc import Iterator
from itertools import islice
from typing import Any

from nnref.common.arguments import NO_SEQUENCES, Range, items, shown
from nnref.common.types import Matrix, Vector

REFUSALS = (ValueError, TypeError, RuntimeError, AttributeError)
"""What objects raise that cannot be an array now, such as PyTorch's that are being trained."""


def float_list(name: str, values: Any, width: int, within: Range | None = None) -> Vector:
    """Return values as a list of ``width`` floats.

    A table of one row is refused, as is one of one column: its answer would be a table too, and
    that is what `predict` gives.

    Parameters
    ----------
    name : str
        What the argument is called, for the errors.
    values : iterable of real numbers, or what is one-dimensional as an array
        A list, a tuple, a NumPy vector, a Series, ...
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
    wants = f"a sequence of {width} numbers"
    array = array_of(name, values, wants)
    if array is None:
        given = _items(name, values, wants)
    elif len(array.shape) == 1:
        given = iter(array[: width + 1].tolist())
    else:
        row = "; pass one row of it: [0], .iloc[0] in pandas, .row(0) in polars"
        rest = row if len(array.shape) == 2 else ""
        raise TypeError(f"{name}: got {_described(values, array)}, wants {wants}{rest}")
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
    wants = f"rows of {width} numbers"
    array = array_of(name, rows, wants)
    if array is None:
        given = _items(name, rows, wants)
    elif len(array.shape) == 2:
        if array.shape[0] and array.shape[1] != width:
            raise ValueError(f"{name}[0]: got {array.shape[1]} numbers, wants {width}")
        given = iter(array.tolist())
    elif len(array.shape) == 1 and (array.shape[0] == 0 or array.dtype.kind == "O"):
        given = iter(array.tolist())  # no rows, or objects that can be rows
    else:
        rest = "; for a single row pass [row]" if len(array.shape) == 1 else ""
        raise TypeError(f"{name}: got {_described(rows, array)}, wants {wants}{rest}")
    return [float_list(f"{name}[{place}]", row, width, within) for place, row in enumerate(given)]


def array_of(name: str, values: Any, wants: str) -> Any:
    """Return the NumPy array that values are or make of themselves, or None if they do not.

    Raises
    ------
    TypeError
        If they cannot be one now, or what is in it are no real numbers.
    """
    kind = type(values)
    if not hasattr(kind, "__array__") or isinstance(values, NO_SEQUENCES):
        return None
    array = values
    # A masked array stays one, and lists its masked items as None.
    if not hasattr(kind, "__array_interface__"):
        try:
            array = values.__array__()
        except REFUSALS as error:
            raise TypeError(
                f"{name}: got {shown(values)}, wants {wants}; it says: {str(error)[:100]!r}"
            ) from None
    if array.dtype.kind not in "biufO":
        raise TypeError(f"{name}: got {_described(values, array)}, wants {wants}")
    return array


def cure(values: Any) -> str:
    """Return what to do with an object that is refused, as the end of an error, if that is known.

    The methods are those of sparse arrays, of frames that compute when told to, of a memoryview.
    """
    kind = type(values)
    for method in ("toarray", "collect", "tolist"):
        if hasattr(kind, method) and not hasattr(kind, "__array__"):
            return f"; pass its .{method}()"
    return ""


def _described(values: Any, array: Any) -> str:
    if array.shape == ():
        return shown(values)
    dtype = "" if array.dtype.kind in "biufO" else f" and type {array.dtype}"
    return f"{type(values).__name__} of shape {array.shape}{dtype}"


def _items(name: str, values: Any, wants: str) -> Iterator[Any]:
    given = items(values)
    if given is None:
        raise TypeError(f"{name}: got {shown(values)}, wants {wants}{cure(values)}")
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
    if not isinstance(value, numbers.Real):
        array = array_of(f"{name}[{place}]", value, "a number")
        if array is not None and array.shape == ():  # NumPy's bool too
            value = array.tolist()
    if isinstance(value, numbers.Real):
        try:
            return float(value)
        except TypeError:  # NumPy's time spans are registered as whole numbers
            pass
        except OverflowError:
            raise ValueError(
                f"{name}[{place}]: got {shown(value)}, too large for a float"
            ) from None
    raise TypeError(f"{name}[{place}]: got {shown(value)}, wants a number")
