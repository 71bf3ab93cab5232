"""The shape of an image whose pixels are one row of numbers."""

import math
from itertools import islice
from typing import Any

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
