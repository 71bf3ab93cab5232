"""How nnfast keeps its numbers: as C-contiguous NumPy arrays of float64 or float32.

What a caller passes becomes such an array, or an error that says why not.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnfast.kernel.builds import kernel_for
from nnref.common.arguments import Range, shown
from nnref.common.examples import REFUSALS, cure, float_list, float_rows

Array = NDArray[np.floating]

CACHE_LINE = 64
ROWS = (list, tuple, np.ndarray)


class Arrays:
    """The numbers of a network as NumPy arrays of one type; see `nnref.common.backend.Numbers`."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def vector(self, name: str, values: Any, width: int, within: Range | None = None) -> Array:
        """Return what a caller passed as a vector, or raise an error that says why not."""
        vector = checked_vector(name, values, width, self.dtype)
        if within is not None:
            check_within(name, vector, within)
        return vector

    def matrix(self, name: str, values: Any, width: int, within: Range | None = None) -> Array:
        """Return what a caller passed as a matrix, or raise an error that says why not."""
        matrix = checked_matrix(name, values, width, self.dtype)
        if within is not None:
            check_within(name, matrix, within)
        return matrix

    def empty(self, rows: int, width: int) -> Array:
        """Return a new matrix, to be written to."""
        return np.empty((rows, width), self.dtype)

    def apart(self, array: Array, others: Iterable[Array]) -> Array:
        """Return an array that shares no number with the others: itself, or a copy."""
        shares = any(np.may_share_memory(array, other) for other in others)
        return array.copy() if shares else array

    def view(self, array: Array) -> Array:
        """Return a view: making it read-only or giving it another shape leaves the array alone."""
        return array[:]

    def rows(self, array: Array) -> list[list[float]]:
        """Return an array as rows of floats; a vector as one row."""
        rows: list[list[float]] = np.atleast_2d(array).tolist()
        return rows

    def copied(self, array: Array) -> Array:
        """Return a copy of an array."""
        return array.copy()

    def store(self, array: Array, numbers: Array) -> None:
        """Copy numbers over an array, which stays the same object."""
        array[...] = numbers

    def encode(self, array: Array, dtype: str) -> bytes:
        """Return an array row by row as little-endian dtype, every NaN as the same bytes."""
        little_endian = np.dtype(dtype).newbyteorder("<")
        if np.isnan(array).any():
            array = np.where(np.isnan(array), np.nan, array)
        return array.astype(little_endian, copy=False).tobytes()

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: str) -> Array:
        """Return the array that `encode` made bytes of, where vector loads are fastest."""
        array = aligned(shape, dtype)
        array[...] = np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(shape)
        return array


def aligned(shape: tuple[int, ...], dtype: str) -> Array:
    """Return an uninitialized array that starts at a cache line."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.empty(size + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + size].view(dtype).reshape(shape)


def checked_vector(name: str, values: Any, width: int, dtype: str) -> Array:
    """Return values as a new C-contiguous array of this type and of shape (width,).

    Raises
    ------
    TypeError
        If values are not real numbers.
    ValueError
        If they have another shape.
    """
    array = _numbers(values)
    if array is None or array.shape != (width,):
        # Number by number, as the oracle does it, or with its words why not.
        return _as_type(float_list(name, values, width), dtype)
    # A copy, which no other thread can change between the checks and the use.
    return _as_type(array, dtype).copy()


def checked_matrix(name: str, values: Any, width: int, dtype: str) -> Array:
    """Return values as a C-contiguous array of this type, (n, width); raises as `checked_vector`.

    It is the caller's own array where that is one already.
    """
    array = _numbers(values)
    if array is None or array.ndim != 2 or array.shape[1] != width:
        return _as_type(float_rows(name, values, width), dtype).reshape(-1, width)
    return _as_type(array, dtype)


def number_array(name: str, values: Any, wants: str = "numbers") -> NDArray[Any]:
    """Return values as an array of real numbers, of any type and shape, or raise TypeError.

    It is the caller's own array where that is one already.
    """
    try:
        array = np.asarray(values)
    except REFUSALS:  # rows of unequal lengths, mostly
        raise TypeError(f"{name}: got {shown(values)}, wants {wants}") from None
    if array.dtype.kind not in "biuf" or np.ma.is_masked(values):
        got = shown(values) if array.ndim == 0 else f"shape {array.shape} of {array.dtype}"
        masked = ", masked" if np.ma.is_masked(values) else ""
        raise TypeError(f"{name}: got {got}{masked}, wants {wants}{cure(values)}")
    return array


def float_limits(within: Range) -> tuple[float, float]:
    """Return the lowest and the highest float within a range."""
    if within.closed:
        return within.low, within.high
    return math.nextafter(within.low, within.high), math.nextafter(within.high, within.low)


def check_within(name: str, array: Array, range_: Range) -> None:
    """Raise ValueError, naming the first place, if a number is not within the range."""
    low, high = float_limits(range_)
    if kernel_for(array.dtype.name).all_within(np.atleast_2d(array), low, high):
        return
    numbers = array.astype(np.float64)
    place = np.unravel_index(np.argmin((numbers >= low) & (numbers <= high)), array.shape)
    indices = "".join(f"[{index}]" for index in place)
    wants = range_.wants + ("" if array.dtype == np.float64 else f" in {array.dtype}")
    raise ValueError(f"{name}{indices}: got {array[place]}, wants {wants}")


def _numbers(values: Any) -> NDArray[Any] | None:
    """Return values as an array if NumPy sees numbers in them that float64 can hold, else None.

    Only of what the oracle's checks would read as the same numbers: NumPy would also forget a mask,
    take a text in bytes for numbers, and write out a range of any length.
    """
    listed = isinstance(values, list | tuple)
    if isinstance(values, np.ma.MaskedArray) or not (listed or hasattr(type(values), "__array__")):
        return None
    try:
        array = np.asarray(values)
    except REFUSALS:
        return None
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        return None
    if listed and array.ndim == 2 and not all(type(row) in ROWS for row in values):
        return None
    # An item that is masked has become NaN.
    return None if listed and np.isnan(array).any() else array


def _as_type(values: Any, dtype: str) -> Array:
    # What is too large for float32 becomes infinite, and is then refused where that matters.
    with np.errstate(over="ignore"):
        return np.require(values, dtype=dtype, requirements=["C", "A"])
