"""Images as arrays: the shape of one whose pixels are one row of numbers, and one in colours."""

import math
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnfast.arrays import number_array
from nnfast.data_files import DatasetError
from nnref.common.arguments import items, positive_int, shown


def checked_image_shape(value: Any) -> tuple[int, int]:
    """Return the argument image_shape as (rows, columns), or raise TypeError or ValueError."""
    pair = tuple(islice(items(value) or (), 3))
    if len(pair) != 2:
        raise TypeError(f"image_shape: got {shown(value)}, wants (rows, columns)")
    return positive_int("image_shape[0]", pair[0]), positive_int("image_shape[1]", pair[1])


def square(pixels: int) -> tuple[int, int] | None:
    """Return the shape of the square that this many pixels make, or None if they make none."""
    side = math.isqrt(pixels)
    return (side, side) if side * side == pixels else None


def checked_pixels(name: str, value: Any) -> NDArray[np.uint8]:
    """Return an array of brightness or of colours as bytes, or raise TypeError or DatasetError."""
    shapes = "(rows, columns), (rows, columns, 3) or (rows, columns, 4)"
    pixels = number_array(name, value, f"a path, a Pillow image or an array {shapes}")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        raise DatasetError(f"{name}: got shape {pixels.shape}, wants {shapes}")
    if not pixels.size:
        raise DatasetError(f"{name}: got shape {pixels.shape}, wants at least 1 row and column")
    most, wants = (1, "floats from 0 to 1") if pixels.dtype.kind == "f" else (255, "0 to 255")
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= most):
        cure = "" if most == 255 else "; give 0 to 255 as whole numbers"
        raise DatasetError(f"{name}: got {low:g} to {high:g}, wants {wants}{cure}")
    if pixels.dtype.kind in "iu" and high == 1:
        raise DatasetError(
            f"{name}: got whole numbers from 0 to 1, which are black: for white at 1, give booleans"
        )
    if pixels.dtype.kind in "iu":
        return pixels.astype(np.uint8)
    return np.rint(pixels * 255.0).astype(np.uint8)
