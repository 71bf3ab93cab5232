"""What is wrong to pass: mistakes by the kind of argument that refuses them."""

import io
import itertools
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import nnfast
import nnref

NAN, INF = math.nan, math.inf
# As many examples as no memory holds, in 8 bytes.
TERABYTES = np.broadcast_to(np.float64(0.5), (10**12,))


@dataclass(frozen=True)
class Mistake:
    """Something wrong to pass as an argument."""

    kind: str
    value: Any
    error: type[Exception]
    says: str = r"got .+, wants .+"


def each(error: type[Exception], says: str, *values: Any) -> Iterator[Mistake]:
    """Yield a mistake for each value; the message must show it as it was given, if not too long."""
    for value in values:
        text = repr(value)[1:-1] if isinstance(value, str) else str(value)
        shown = re.escape(text[:50])
        yield Mistake(f"is {value!r:.30}", value, error, f"got .*{shown}.*, wants {says}.*")


def listed(error: type[Exception], says: str, *values: Any) -> Iterator[Mistake]:
    """Yield a mistake for each value; `says` gives what the message shows of it."""
    for value in values:
        yield Mistake(f"is {value!r:.40}", value, error, says)


# What is no number, no sequence, no text.

WHOLE = "a whole number of at least 1"
FROM_ZERO = "a whole number of at least 0"
POSITIVE = "a finite number above 0"
ENDED = (number for number in ())  # a generator that is used up
FILE, CLOSED = io.StringIO("0.5\n" * 4), io.StringIO()
CLOSED.close()


class Raises:
    """An object that NumPy cannot have the numbers of, as PyTorch's that are being trained."""

    def __array__(self, *_: Any) -> Any:
        raise RuntimeError("not yet")


def no_wholes(wants: str = WHOLE, *, zero: bool = False) -> Iterator[Mistake]:
    yield from each(ValueError, wants, -1, np.int64(-3), *([] if zero else [0]))
    yield from each(
        TypeError, wants, 1.5, 2.0, NAN, True, np.True_, "2", b"2", None, [1], {1}, np.float64(3),
        1j, ENDED,
    )  # fmt: skip
    yield Mistake("a number that str() refuses", -(10**5000), ValueError)


def no_positives(wants: str = POSITIVE) -> Iterator[Mistake]:
    yield from each(ValueError, wants, 0, 0.0, -0.1, NAN, INF, -INF, 10**400, np.float64(NAN))
    yield from each(
        TypeError, wants, "0.1", b"1", True, None, [0.1], 1j, np.True_, np.array([0.1]),
        np.datetime64("2026-01-01"),
    )  # fmt: skip
    yield Mistake("a number that str() refuses", 10**5000, ValueError)


def not_within(low: float, high: float) -> Iterator[Mistake]:
    wants = re.escape(f"a number from {low:g} to below {high:g}")
    yield from each(ValueError, wants, -0.1, NAN, high, -INF, 10**400, -(10**400))
    yield from each(TypeError, wants, "0.1", None, True, [0.1], 1j, np.array([0.1]))


def no_factors() -> Iterator[Mistake]:
    wants = "a number between 0 and 1, both excluded"
    yield from each(ValueError, wants, 0, 1, 0.0, 1.0, -0.1, NAN, INF, 10**400)
    yield from each(TypeError, wants, "0.1", None, True, [0.1], 1j, np.array([0.1]))


def no_flags() -> Iterator[Mistake]:
    yield from each(TypeError, "True or False", "no", None, 2, 0, [], 1.0, np.int64(1), len)
    for array in (np.array([1, 0]), np.array([True]), np.array(1)):
        says = r"got array.*, wants True or False"
        yield Mistake(f"is {array!r}", array, TypeError, says)


def no_choices(*choices: str) -> Iterator[Mistake]:
    wants = ".*".join(map(repr, choices))
    yield from each(ValueError, wants, "other", "", choices[0].upper(), f"{choices[0]} ", "\0")
    yield from each(TypeError, wants, 1, choices[0].encode(), True, {}, 1.5)


def no_sequences() -> Iterator[Mistake]:
    for kind, value in {
        "None": None, "a number": 0.5, "an array of no dimension": np.array(0.5), "a str": "abc",
        "a str of no characters": "", "bytes": b"abc", "a bytearray": bytearray(3),
        "a dict": {0: 0.5, 1: 0.5, 2: 0.5}, "a set": {0.1, 0.2, 0.3}, "an object": object(),
        "a class": list, "a function": len, "a module": math, "an array of None": np.array(None),
        "a file": FILE, "a closed file": CLOSED, "an object that is no array yet": Raises(),
    }.items():  # fmt: skip
        yield Mistake(kind, value, TypeError)


def no_numbers(width: int) -> Iterator[Mistake]:
    """Vectors of the right length whose items are no real numbers, or too large ones."""
    some = [0.5] * (width - 1)
    for kind, value in {
        "complex numbers": [1j, *some],
        "a complex array": np.ones(width, dtype=complex),
        "strings": ["1"] * width,
        "a string among numbers": [*some, "1"],
        "an array of strings": np.array(["1"] * width),
        "strings in an object array": np.array(["1"] * width, dtype=object),
        "bytes for numbers": [b"1"] * width,
        "an array of bytes": np.array([b"1"] * width),
        "None among numbers": [*some, None],
        "None in an object array": np.array([*some, None]),
        "a generator among numbers": [*some, ENDED],
        "decimals": [Decimal("0.5")] * width,
        "dates": np.zeros(width, dtype="M8[s]"),
        "time spans": np.zeros(width, dtype="m8[s]"),
        "a structured array": np.zeros(width, dtype="f8,f8"),
        "raw bytes": np.zeros(width, dtype="V8"),
        "a masked array": np.ma.masked_array([0.5] * width, mask=[True] * width),
        "one masked": np.ma.masked_array([0.5] * width, mask=[*([False] * (width - 1)), True]),
    }.items():
        yield Mistake(kind, value, TypeError)
    for kind, value in {
        "a number too large": [*some, 10**400],
        "an object too large": np.array([*some, 10**400]),
        "a fraction too large": [*some, Fraction(10**400, 3)],
    }.items():
        yield Mistake(kind, value, ValueError, "got .+ too large for a float")


def no_vectors(width: int) -> Iterator[Mistake]:
    yield from no_sequences()
    yield from no_numbers(width)
    for kind, count in {"too few": width - 1, "too many": width + 1, "empty": 0}.items():
        says = f"got {count} numbers, wants {width}"
        yield Mistake(kind, [0.5] * count, ValueError, says)
        yield Mistake(f"{kind}, in an array", np.full(count, 0.5), ValueError, says)
    for kind, value, got in (
        ("terabytes", TERABYTES, 10**12),
        ("a long range", range(10**12), 10**12),
        ("a range longer than any", range(10**30), f"more than {width}"),
        ("without an end", itertools.repeat(0.5), f"more than {width}"),
    ):
        yield Mistake(kind, value, ValueError, f"got {got} numbers, wants {width}")
    for value in [[0.5] * width], [[0.5]] * width, [[0.5, 0.5], *[0.5] * (width - 1)]:
        yield Mistake("two-dimensional", value, TypeError)
    yield Mistake("three-dimensional", np.full((width, 1, 1), 0.5), TypeError)
    yield Mistake("a row in a matrix", np.full((1, width), 0.5), TypeError)


def no_matrices(width: int, count: int) -> Iterator[Mistake]:
    yield from no_sequences()
    some = [[0.5] * width] * (count - 1)
    for mistake in no_numbers(width):
        listed = isinstance(mistake.value, list)
        value = [*some, mistake.value] if listed else mistake.value[np.newaxis].repeat(count, 0)
        yield replace(mistake, value=value)
    for kind, wrong in {"too narrow": width - 1, "too wide": width + 1, "empty rows": 0}.items():
        says = f"got {wrong} numbers, wants {width}"
        yield Mistake(kind, [[0.5] * wrong] * count, ValueError, says)
        yield Mistake(f"{kind}, in an array", np.full((count, wrong), 0.5), ValueError, says)
    says = f"got {10**12} numbers, wants {width}"
    yield Mistake("rows of terabytes", np.broadcast_to(0.5, (count, 10**12)), ValueError, says)
    yield Mistake("ragged", [*some, [0.5] * (width + 1)], ValueError)
    for kind, value in {
        "one row": [0.5] * width,
        "a number for a row": [*some, 0.5],
        "None for a row": [*some, None],
        "strings for rows": ["1" * width] * count,
        "three-dimensional": [[[0.5] * width] * count],
        "a long range": range(10**12),
        "one row of terabytes": TERABYTES,
    }.items():
        yield Mistake(kind, value, TypeError)


def not_finite(good: list[Any]) -> Iterator[Mistake]:
    for number in (NAN, INF, -INF):
        wrong: Any = np.array(good)
        wrong[(-1,) * wrong.ndim] = number
        for value in (wrong, wrong.tolist()):
            yield Mistake(str(number), value, ValueError, f"got {number}, wants a finite number")


def no_probabilities() -> Iterator[Mistake]:
    says = "got .+, wants a number between 0 and 1, both excluded"
    for number in (0.0, 1.0, -0.1, 1.1, NAN, INF):
        yield Mistake(str(number), [0.5, number], ValueError, says)


def no_matches(count: int, wants: str, width: int = 2) -> Iterator[Mistake]:
    for kind, wrong in {"a row too few": count - 1, "a row too many": count + 1}.items():
        says = f"got {wrong} rows, wants {count}{wants}"
        yield Mistake(kind, [[0.5] * width] * wrong, ValueError, says)


def no_examples() -> Iterator[Mistake]:
    says = "got no examples, wants at least 1"
    for none in ([], []), (np.empty((0, 3)), np.empty((0, 2))):
        yield Mistake("no examples", none, ValueError, says)


def no_networks() -> Iterator[Mistake]:
    for value in ("net", None, 3, {}, nnref, nnfast.NeuralNetwork, object()):
        says = r"got .+, wants a NeuralNetwork"
        yield Mistake(f"is {value!r:.20}", value, TypeError, says)


def no_paths(wants: str = "a path, as a str or path-like") -> Iterator[Mistake]:
    for kind, value in {
        "a number, of an open file": 1, "0": 0, "True": True, "bytes": b"network", "a list": ["a"],
        "an open file": FILE, "a closed file": CLOSED, "a dict": {},
        "a class": Path, "an array": np.array(["a"]),
    }.items():  # fmt: skip
        yield Mistake(kind, value, TypeError, f"got .+, wants {wants}")
    for kind, value in {
        "the empty text": "", "a NUL": "a\0b", "a NUL in a Path": Path("a\0b"),
        "half a character": "\ud800" if os.name == "posix" else "",
    }.items():  # fmt: skip
        yield Mistake(kind, value, ValueError, "got .+, wants a path that a file can have")


def None_too(mistakes: Iterator[Mistake]) -> Iterator[Mistake]:  # noqa: N802
    yield from mistakes
    yield Mistake("is None", None, TypeError)


def no_arrays_of_numbers(wants: str) -> Iterator[Mistake]:
    says = f"got .+, wants {re.escape(wants)}"
    for mistake in no_numbers(3):
        yield replace(mistake, error=TypeError, says=says)
    for mistake in no_sequences():
        if mistake.kind not in ("a number", "an array of no dimension", "a bytearray"):
            yield replace(mistake, says=says)
    yield Mistake("ragged", [[1], [1, 2]], TypeError, says)
