"""A picture of one handwritten digit as the inputs of a network, made as its data set was made.

A network reads what looks like the digits that it was trained on. Those of MNIST were scaled to fit
into 20 x 20 pixels and placed with their centre of mass in the middle of 28 x 28 (LeCun, Bottou,
Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998, section III-A).
Those of scikit-learn stand upright and fill the height of a bitmap of 32 x 32, in which each block
of 4 x 4 became one number: how many of its dots are ink (Alpaydin and Kaynak, "Optical recognition
of handwritten digits", UCI machine learning repository, 1998). `read_digit` separates the ink from
the paper in any picture, and then does the same.
"""

import os
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.data_files import DatasetError, checked_path
from nnfast.datasets import scale_inputs
from nnfast.image_shape import checked_image_shape, checked_pixels
from nnfast.ink import (
    LINE,
    SMOOTH_SIDE,
    Grey,
    Mask,
    NotOneDigitError,
    box_of,
    ink_of_digit,
    resized,
)
from nnfast.optional import required_by
from nnref.common.arguments import shown

with required_by("nnfast.images", "pillow", "scipy"):
    from PIL import Image, ImageOps, UnidentifiedImageError

    ndimage: Any = import_module("scipy.ndimage")  # which has no types

__all__ = ["read_digit"]

# What phones, scanners and drawing programs save. Pillow knows more formats, but for some, such as
# EPS, it would run another program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# A larger picture is reduced to this; a digit that is a thirtieth of it can still be read.
MOST_SIDE = 1024
# The width of a stroke as a share of the digit's longer side, for most digits of each set.
MNIST_STROKES = (0.08, 0.19)
DIGITS_STROKES = (0.16, 0.24)
# The share of the field that the longer side of MNIST's digits takes.
MNIST_FILLED = 20 / 28
# How many dots of a bitmap scikit-learn's digits are high, and about how many they are wide.
DIGITS_DOTS, DIGITS_WIDTHS = 32, (8, 20)


def read_digit(
    picture: str | os.PathLike[str] | Image.Image | ArrayLike,
    image_shape: tuple[int, int] = (28, 28),
) -> NDArray[np.float64]:
    """Return the picture of a digit as the inputs of a network.

    The picture may be of any size, in colour or grey, dark on light or light on dark, transparent,
    unevenly lit, with thin or thick strokes, with or without a margin. There must be one digit on
    it and nothing else, except dust and what runs along the border, such as a scanner's black edge.

    Parameters
    ----------
    picture : str, path, Pillow image or array_like
        A BMP, GIF, JPEG, PNG, PPM, TIFF or WebP file, or an image that Pillow has opened or made.
        Or an array of brightness (rows, columns), of red, green and blue (rows, columns, 3), or of
        these and opacity (rows, columns, 4): whole numbers from 0 to 255, floats from 0 to 1, or
        booleans, where True is white.
    image_shape : (int, int)
        Rows and columns of the image that the network takes: a square of at most 1024 x 1024.
        (8, 8) makes the picture like those of `nnfast.datasets.digits`, (28, 28) like MNIST's, and
        any other size like MNIST's in proportion.

    Returns
    -------
    (rows * columns,) float64
        From 0.01 for paper to 1 for ink, by `nnfast.datasets.scale_inputs`.

    Raises
    ------
    DatasetError
        If a file cannot be read, is not a picture or is damaged, or has more pixels than Pillow
        considers safe (89 million); if nothing is drawn on the picture, or several digits are, or
        a box around one; or if an array has another shape or other values.
    ValueError, TypeError
        If `picture` or `image_shape` is not as described.
    ImportError
        If Pillow or SciPy is not installed.
    """
    side = _side(image_shape)
    name, image = _image(picture)
    ink = _ink(image, name)
    if side == 8:
        return scale_inputs(_as_in_digits(_drawing(ink, DIGITS_STROKES)), 16).ravel()
    return scale_inputs(_as_in_mnist(_drawing(ink, MNIST_STROKES), side)).ravel()


def _side(image_shape: Any) -> int:
    rows, columns = checked_image_shape(image_shape)
    if rows != columns or rows > MOST_SIDE:
        wants = f"a square of at most {MOST_SIDE} x {MOST_SIDE}"
        raise ValueError(f"image_shape: got {shown(image_shape)}, wants {wants}")
    return rows


def _image(picture: Any) -> tuple[str, Image.Image]:
    """Return what messages call a picture; and itself, reduced."""
    if isinstance(picture, str | os.PathLike):
        name = checked_path("picture", picture)
        return name, _opened(name, lambda: Image.open(name, formats=FORMATS))
    if isinstance(picture, Image.Image):
        # A copy, since reducing works in place.
        return "picture", _opened("picture", picture.copy)
    pixels = checked_pixels("picture", picture)
    return "picture", _opened("picture", lambda: Image.fromarray(pixels))


def _opened(name: str, opening: Callable[[], Image.Image]) -> Image.Image:
    """Return an image of mode L or RGBA and of at most `MOST_SIDE` pixels a side."""
    try:
        with warnings.catch_warnings():
            # A warning about damaged metadata does not matter ...
            warnings.simplefilter("ignore")
            # ... but one about more pixels than most machines have memory for does.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with opening() as image:
                return _reduced(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        most = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise DatasetError(f"{name}: has more than {most} pixels: make it smaller") from None
    except UnidentifiedImageError:
        known = ", ".join(FORMATS)
        raise DatasetError(f"{name}: is not a picture in a known format: {known}") from None
    except Exception as error:  # Pillow's many readers raise anything for a damaged file
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise DatasetError(f"{name}: cannot be read: {' '.join(reason.split())}") from error


def _reduced(image: Image.Image) -> Image.Image:
    # A JPEG can be unpacked at a fraction of its size, for a fraction of the memory.
    image.draft(None, (MOST_SIDE, MOST_SIDE))
    # In place, here and below: a small file can hold as many pixels as Pillow considers safe.
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith(("I", "F")):
        # More than 8 bits, which Pillow would cut off; a camera may use 12 of them.
        values = np.array(image, dtype=np.float64)
        np.nan_to_num(values, copy=False)
        values.clip(0.0, out=values)
        values *= 255.0 / max(values.max(), 1e-9)
        image = Image.fromarray(values.astype(np.uint8))
    else:
        transparent = "A" in image.getbands() or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "L")
    image.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.BOX)
    return image


def _ink(image: Image.Image, name: str) -> Grey:
    """Return the box that holds the digit, from 0 for paper to about 1 for the strongest ink."""
    # A transparent picture is usually seen on white; if that shows nothing, its ink may be white.
    for paper in ("white", "black") if image.mode == "RGBA" else ("white",):
        try:
            ink = ink_of_digit(_on_paper(image, paper))
        except NotOneDigitError as error:
            raise DatasetError(f"{name}: {error}") from None
        if ink is not None:
            return ink
    raise DatasetError(f"{name}: nothing is drawn on it, or too faintly")


def _on_paper(image: Image.Image, paper: str) -> Grey:
    """Return the brightness of an image, 0 to 1, with paper of this colour behind it."""
    if image.mode == "RGBA":
        page = Image.new("RGBA", image.size, paper)
        page.alpha_composite(image)
        image = page.convert("L")
    return np.asarray(image, dtype=np.float64) / 255.0


def _drawing(ink: Grey, strokes: tuple[float, float]) -> Mask:
    """Return the digit as a bitmap without a margin, in strokes like its set's; see `_penned`."""
    times = -(-SMOOTH_SIDE // max(ink.shape))
    ink = np.pad(ink, 1)
    if times > 1:
        ink = resized(ink, (ink.shape[0] * times, ink.shape[1] * times), Image.Resampling.BICUBIC)
    return _penned(ink > LINE, strokes)


def _penned(bitmap: Mask, strokes: tuple[float, float]) -> Mask:
    """Return a digit drawn with a thicker or thinner pen, so that its strokes are like its set's.

    The strokes get a width within the two limits, which are shares of the digit's longer side. The
    mean distance of a stroke's points from its edge is a quarter of its width.
    """
    bitmap = bitmap[box_of(bitmap)]
    longer = max(bitmap.shape)
    bitmap = np.pad(bitmap, longer // 8 + 1)
    depth = ndimage.distance_transform_edt(bitmap)
    width = 4.0 * (depth[bitmap].mean() - 0.5)
    share = np.clip(width / longer, *strokes)
    # How far to move the edges outwards, which makes the whole digit larger too.
    out = (share * longer - width) / (2.0 * (1.0 - share))
    bitmap = depth - ndimage.distance_transform_edt(~bitmap) > -out
    return bitmap[box_of(bitmap)]


def _as_in_mnist(drawing: Mask, side: int) -> Grey:
    """Return pixels (side, side) from 0 to 255, as MNIST was made."""
    square = np.pad(drawing, [(0, max(drawing.shape) - length) for length in drawing.shape])
    filled = round(side * MNIST_FILLED)
    small = resized(square, (filled, filled), Image.Resampling.BOX)
    small = np.rint(small * (255.0 / small.max()))
    small = small[box_of(small > 0.0)]
    # MNIST's centres of mass are within half a pixel of the middle of pixel 14, counted from 0.
    margins = []
    for length, place in zip(small.shape, ndimage.center_of_mass(small), strict=True):
        before = min(max(0, round(side // 2 - place)), side - length)
        margins.append((before, side - length - before))
    return np.pad(small, margins)


def _as_in_digits(drawing: Mask) -> Grey:
    """Return pixels (8, 8) from 0 to 16, as scikit-learn's digits were made."""
    drawing = _upright(drawing)
    rows, columns = drawing.shape
    width = int(np.clip(round(DIGITS_DOTS * columns / rows), *DIGITS_WIDTHS))
    bitmap = np.zeros((DIGITS_DOTS, DIGITS_DOTS))
    left = (DIGITS_DOTS - width) // 2
    filled = resized(drawing, (DIGITS_DOTS, width), Image.Resampling.BOX)
    bitmap[:, left : left + width] = filled > 0.5
    return np.asarray(bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3)))


def _upright(drawing: Mask) -> Mask:
    """Return a digit without its slant: sheared until rows and columns are uncorrelated."""
    rows, columns = np.nonzero(drawing)
    below, right = rows - rows.mean(), columns - columns.mean()
    slant = np.clip(below @ right / (below @ below), -1.0, 1.0)
    height = len(drawing)
    wide = np.pad(drawing.astype(np.float64), ((0, 0), (height, height)))
    shear = ((1.0, 0.0), (slant, 1.0))
    sheared = ndimage.affine_transform(wide, shear, (0.0, -slant * rows.mean()), order=1) > 0.5
    return np.asarray(sheared[box_of(sheared)])
