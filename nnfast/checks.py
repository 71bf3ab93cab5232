"""The door: what a caller passes becomes C-contiguous float64, or an error that says why not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnfast.kernels import all_finite
from nnref.description import shown

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
    array = _converted(name, values)
    if array.shape != (width,):
        raise ValueError(f"{name}: got {_shape(array)}, wants shape ({width},)")
    return array


def matrix(name: str, values: Any, width: int) -> Array:
    """Return values as a C-contiguous float64 array of shape (n, width); raises as `vector`."""
    array = values if _is_ready(values) else _converted(name, values)
    if array.ndim == 1 and array.size == 0:
        array = array.reshape(0, width)
    if array.ndim != 2 or array.shape[1] != width:
        raise ValueError(f"{name}: got {_shape(array)}, wants shape (n, {width})")
    return array


def finite(name: str, array: Array) -> None:
    """Raise ValueError, naming the first place, if a number is not finite."""
    if all_finite(np.atleast_2d(array)):
        return
    place = np.unravel_index(np.argmin(np.isfinite(array)), array.shape)
    indices = "".join(f"[{index}]" for index in place)
    raise ValueError(f"{name}{indices}: got {array[place]}, wants a finite number")


def _is_ready(values: Any) -> bool:
    return (
        type(values) is np.ndarray
        and values.dtype == np.float64
        and values.dtype.isnative
        and values.flags.c_contiguous
        and values.flags.aligned
    )


def _converted(name: str, values: Any) -> Array:
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: got {shown(values)}, wants an array of numbers") from error
    if array.dtype.kind == "O":
        array = _from_objects(name, array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: got {array.dtype} values, wants real numbers")
    return np.require(array, dtype=np.float64, requirements=["C", "A"])


def _from_objects(name: str, array: NDArray[Any]) -> NDArray[Any]:
    try:
        return array.astype(np.float64)
    except (ValueError, TypeError):
        raise TypeError(f"{name}: got {shown(array.tolist())}, wants real numbers") from None
    except OverflowError:
        raise ValueError(f"{name}: got a number too large for a float") from None


def _shape(array: NDArray[Any]) -> str:
    return "a single number" if array.ndim == 0 else f"shape {array.shape}"
