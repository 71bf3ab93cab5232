"""Checks of single arguments, and how an error says what it got and what it wants."""

import io
import math
import numbers
import operator
import os
import reprlib
import sys
from collections.abc import Iterator, Mapping, MappingView, Sequence, Set
from typing import Any, NamedTuple

# Looks at the first items only: a careless argument can have millions.
_brief = reprlib.Repr()
_brief.maxlong = _brief.maxstring = _brief.maxother = 200


def shown(value: object) -> str:
    """Return a value as an error message shows it: on one line and short."""
    try:
        text = " ".join(_brief.repr(value).split())
    except ValueError:
        # Python refuses to write out an int of more than 4300 digits.
        text = f"too large a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def whole_number(name: str, value: Any, wants: str) -> int:
    """Return the value as an int, or raise TypeError (True and False are no numbers here)."""
    if isinstance(value, bool):
        raise TypeError(f"{name}: got {value}, wants {wants}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: got {shown(value)}, wants {wants}") from None


def positive_int(name: str, value: Any) -> int:
    """Return the value as an int if it is a whole number of at least 1, or raise."""
    return at_least(name, value, 1)


def at_least(name: str, value: Any, least: int) -> int:
    """Return the value as an int if it is a whole number from this one on, or raise."""
    wants = f"a whole number of at least {least}"
    number = whole_number(name, value, wants)
    if number < least:
        raise ValueError(f"{name}: got {shown(number)}, wants {wants}")
    return number


def flag(name: str, value: Any) -> bool:
    """Return the value if it is True or False, NumPy's too, or raise TypeError."""
    truth = truth_of(value)
    if truth is None:
        raise TypeError(f"{name}: got {shown(value)}, wants True or False")
    return truth


def truth_of(value: Any) -> bool | None:
    """Return whether a value is True, or None if it is no boolean.

    A comparison of NumPy's numbers gives NumPy's boolean, and one of tensors another one.
    """
    if isinstance(value, bool):
        return value
    dtype = str(getattr(value, "dtype", ""))
    is_boolean = dtype in ("bool", "torch.bool") and getattr(value, "shape", None) == ()
    return bool(value) if is_boolean else None


def real_number(name: str, value: Any, wants: str) -> float:
    """Return the value as a float, an infinite one if it is too large, or raise TypeError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: got {shown(value)}, wants {wants}")
    try:
        return float(value)
    except OverflowError:
        return math.inf


class Range(NamedTuple):
    """Numbers from low to high, with these two if it is closed; NaN is in no range."""

    low: float
    high: float
    closed: bool
    wants: str

    def holds(self, value: float) -> bool:
        """Return whether a number is within."""
        if self.closed:
            return self.low <= value <= self.high
        return self.low < value < self.high


FINITE = Range(-math.inf, math.inf, False, "a finite number")
POSITIVE = Range(0.0, math.inf, False, "a finite number above 0")
NOT_NEGATIVE = Range(0.0, sys.float_info.max, True, "a finite number of at least 0")
PROBABILITY = Range(0.0, 1.0, True, "a number from 0 to 1")
OPEN_UNIT = Range(0.0, 1.0, False, "a number between 0 and 1, both excluded")
OPEN_PLUS_MINUS_ONE = Range(-1.0, 1.0, False, "a number between -1 and 1, both excluded")


def from_to_below(low: float, high: float) -> Range:
    """Return the range of the numbers from low on that are below high."""
    largest = math.nextafter(high, low)
    return Range(low, largest, True, f"a number from {low:g} to below {high:g}")


def number_within(name: str, value: Any, within: Range) -> float:
    """Return the value as a float if it is within the range, or raise TypeError or ValueError."""
    number = real_number(name, value, within.wants)
    if not within.holds(number):
        raise ValueError(f"{name}: got {shown(value)}, wants {within.wants}")
    return number


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return the value if it is one of the choices, or raise TypeError or ValueError."""
    wants = " or ".join(repr(choice) for choice in choices)
    if not isinstance(value, str):
        raise TypeError(f"{name}: got {shown(value)}, wants {wants}")
    if value not in choices:
        raise ValueError(f"{name}: got {shown(value)}, wants {wants}")
    return str(value)


NO_SEQUENCES = (str, bytes, bytearray, memoryview, Mapping, MappingView, Set, type, io.IOBase)


def items(values: Any) -> Iterator[Any] | None:
    """Return an iterator over values, or None if they cannot be meant as a sequence.

    You can iterate over texts, mappings, sets, files, classes and tables (by their columns), but
    that is hardly what was meant.
    """
    if isinstance(values, NO_SEQUENCES) or is_table(values):
        return None
    try:
        iterator: Iterator[Any] = iter(values)
    except TypeError:
        return None
    return iterator


def is_table(values: Any) -> bool:
    """Return whether values are a DataFrame or a sparse array, by what those of all libraries have.

    Iterating over them gives their columns' names, their columns, or more sparse arrays.
    """
    kind = type(values)
    has_columns = hasattr(kind, "columns") and (
        hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "collect")
    )
    return has_columns or hasattr(kind, "__dataframe__") or hasattr(kind, "toarray")


def file_name(name: str, value: Any, wants: str = "a path, as a str or path-like") -> str:
    """Return a path as a str, or raise TypeError or ValueError if no file can have it.

    Bytes are refused, since a str can name the same file and can be shown; and so is an int, which
    `open` would take for the number of an open file.
    """
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str):
        raise TypeError(f"{name}: got {shown(value)}, wants {wants}")
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        path = ""
    if not path or "\0" in path:
        raise ValueError(f"{name}: got {shown(value)}, wants a path that a file can have")
    return path
