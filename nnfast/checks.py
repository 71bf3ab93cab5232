"""The door: what a caller passes becomes C-contiguous float64, or an error that says why not."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnref.checks
from nnfast.kernels import all_within
from nnref.ranges import Range

Array = NDArray[np.float64]


def vector(name: str, values: Any, width: int) -> Array:
    """Return values as a C-contiguous float64 array of shape (width,).

    Raises
    ------
    TypeError
        If values are no real numbers.
    ValueError
        If they have another shape.
    """
    if _is_ready(values) and values.shape == (width,):
        return values  # type: ignore[no-any-return]
    array = _converted(values)
    if array is None or array.shape != (width,):
        # Number by number, as the oracle does it, or with its words why not.
        array = np.array(nnref.checks.vector(name, values, width))
    return array


def matrix(name: str, values: Any, width: int) -> Array:
    """Return values as a C-contiguous float64 array of shape (n, width); raises as `vector`."""
    array = values if _is_ready(values) else _converted(values)
    if array is None or array.ndim != 2 or array.shape[1] != width:
        array = np.array(nnref.checks.matrix(name, values, width)).reshape(-1, width)
    return array


def ends(within: Range) -> tuple[float, float]:
    """Return the lowest and the highest float within a range."""
    if within.ends:
        return within.low, within.high
    return math.nextafter(within.low, within.high), math.nextafter(within.high, within.low)


def within(name: str, array: Array, range_: Range) -> None:
    """Raise ValueError, naming the first place, if a number is not within the range."""
    low, high = ends(range_)
    if all_within(np.atleast_2d(array), low, high):
        return
    place = np.unravel_index(np.argmin((array >= low) & (array <= high)), array.shape)
    indices = "".join(f"[{index}]" for index in place)
    raise ValueError(f"{name}{indices}: got {array[place]}, wants {range_.wants}")


def _is_ready(values: Any) -> bool:
    return (
        type(values) is np.ndarray
        and values.dtype == np.float64
        and values.dtype.isnative
        and values.flags.c_contiguous
        and values.flags.aligned
    )


def _converted(values: Any) -> Array | None:
    """Return values as float64 if NumPy sees numbers in them that float64 can hold, else None."""
    if isinstance(values, np.ma.MaskedArray):
        return None
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        return None
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        return None
    return np.require(array, dtype=np.float64, requirements=["C", "A"])
