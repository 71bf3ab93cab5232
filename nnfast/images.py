"""A picture of one handwritten digit, made into inputs for a network: as its data set was made.

A network reads what looks like the digits that it has learned from. MNIST's were scaled into 20 x
20 pixels and put with their centre of mass in the middle of 28 x 28 (LeCun, Bottou, Bengio and
Haffner, "Gradient-based learning applied to document recognition", 1998, section III-A).
scikit-learn's stand upright and fill the height of a bitmap of 32 x 32, of which each 4 x 4 became
one number: how many of its dots are ink (Alpaydin and Kaynak, "Optical recognition of handwritten
digits", UCI machine learning repository, 1998). `read_digit` does the same with any picture, after
it has told the ink from the paper.
"""

import os
import warnings
from importlib import import_module
from typing import Any

import numpy as np
from numpy.polynomial.polynomial import polygrid2d, polyvander2d
from numpy.typing import NDArray

from nnfast.data_files import DatasetError, checked_path
from nnfast.datasets import scale_inputs
from nnfast.image_shape import checked_image_shape
from nnfast.optional import required_by
from nnref.common.arguments import shown

with required_by("nnfast.images", "pillow", "scipy"):
    from PIL import Image, ImageOps, UnidentifiedImageError

    ndimage: Any = import_module("scipy.ndimage")  # which has no types

__all__ = ["read_digit"]

# What phones, scanners and drawing programs save. Not all that Pillow knows: for EPS, for one, it
# would run another program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# A larger picture is made smaller: this shows a digit that is a thirtieth of it.
MOST_SIDE = 1024
# Light falls off slowly, so that paper and shadows are looked for in a picture of this size.
PAPER_SIDE = 64
# How much darker than the paper ink is, at least, where white is 1 and black 0 ...
LEAST_CONTRAST = 0.1
# ... and in standard deviations of the noise.
LEAST_SIGNAL = 10
# What has this much of the strongest ink is part of a stroke.
LINE = 0.4
# What has less than this share of the ink in the largest stroke is dust, not a stroke beside it.
SPECK = 0.04
# What is smaller than so many pixels is no digit.
LEAST_SIDE = 5
# A smaller digit is enlarged to this before its edges are drawn, else they would be steps.
SMOOTH_SIDE = 160
# How wide strokes are, as a share of the digit's longer side: within these in most of each set.
MNIST_STROKES = (0.08, 0.19)
DIGITS_STROKES = (0.16, 0.24)
# So much of the field MNIST's digits take, by their longer side.
MNIST_FILLED = 20 / 28
# So many of a bitmap's dots scikit-learn's digits are high, and about so many wide.
DIGITS_DOTS, DIGITS_WIDTHS = 32, (8, 20)

Grey = NDArray[np.float64]
Mask = NDArray[np.bool_]


def read_digit(
    path: str | os.PathLike[str], image_shape: tuple[int, int] = (28, 28)
) -> NDArray[np.float64]:
    """Return the picture of a digit as the inputs of a network.

    The picture may be of any size, in colour or grey, dark on light or light on dark (what most of
    its border shows is the paper), transparent, unevenly lit, with thin or thick strokes. It must
    hold one digit and nothing else but dust.

    Parameters
    ----------
    path : str or path
        A BMP, GIF, JPEG, PNG, PPM, TIFF or WebP file.
    image_shape : (int, int)
        Rows and columns of what the network takes, as many of one as of the other, at most 1024.
        (8, 8) makes the picture like those of `nnfast.datasets.digits`; (28, 28) like MNIST's, as
        does any other number in proportion.

    Returns
    -------
    (rows * columns,) float64
        From 0.01 for paper to 1 for ink, by `nnfast.datasets.scale_inputs`.

    Raises
    ------
    DatasetError
        If the file cannot be read, is no picture or is damaged, has more pixels than Pillow deems
        safe (89 million), or nothing is drawn on it.
    ValueError, TypeError
        If `image_shape` is not as described.
    ImportError
        If Pillow or SciPy is not installed.
    """
    side = _side(image_shape)
    name = checked_path("path", path)
    ink = _ink(_opened(name), name)
    if side == 8:
        return scale_inputs(_as_in_digits(_drawing(ink, DIGITS_STROKES)), 16).ravel()
    return scale_inputs(_as_in_mnist(_drawing(ink, MNIST_STROKES), side)).ravel()


def _side(image_shape: Any) -> int:
    rows, columns = checked_image_shape(image_shape)
    if rows != columns or rows > MOST_SIDE:
        wants = f"a square of at most {MOST_SIDE} x {MOST_SIDE}"
        raise ValueError(f"image_shape: got {shown(image_shape)}, wants {wants}")
    return rows


def _opened(name: str) -> Image.Image:
    """Return a file as an image of mode L or RGBA and of at most `MOST_SIDE` pixels a side."""
    try:
        with warnings.catch_warnings():
            # Of damaged notes about a picture, which do not matter, ...
            warnings.simplefilter("ignore")
            # ... and of more pixels than most machines have memory for, which do.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(name, formats=FORMATS) as image:
                return _reduced(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        most = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise DatasetError(f"{name}: has more than {most} pixels: make it smaller") from None
    except UnidentifiedImageError:
        known = ", ".join(FORMATS)
        raise DatasetError(f"{name}: is none of the pictures that are known: {known}") from None
    except Exception as error:  # whatever Pillow's many readers meet in a damaged file
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise DatasetError(f"{name}: cannot be read: {' '.join(reason.split())}") from error


def _reduced(image: Image.Image) -> Image.Image:
    # A JPEG can be unpacked at a part of its size, for a part of the memory.
    image.draft(None, (MOST_SIDE, MOST_SIDE))
    # Here and below in place: a small file can hold as many pixels as Pillow deems safe.
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith(("I", "F")):
        # More than 8 bits, of which a camera may use 12, and which Pillow would cut off.
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
    """Return the box that holds the digit: 0 for paper, about 1 for the strongest ink."""
    # As one sees a transparent picture; if that shows nothing, it may be of white ink.
    for paper in ("white", "black") if image.mode == "RGBA" else ("white",):
        ink = _flat_ink(_on_paper(image, paper))
        noise = 1.4826 * np.median(np.abs(_smooth(ink)))  # its standard deviation, if it is normal
        ink = np.where(_strokes(ink), ink, 0.0)
        strongest = _smooth(ink).max()
        if strongest >= max(LEAST_CONTRAST, LEAST_SIGNAL * noise):
            drawing: Grey = ink / strongest
            drawing = drawing[_box(drawing > LINE)]
            if max(drawing.shape) >= LEAST_SIDE:
                return drawing
    raise DatasetError(f"{name}: nothing is drawn on it, or too faintly")


def _on_paper(image: Image.Image, paper: str) -> Grey:
    """Return the brightness of an image, 0 to 1, where paper shows wherever it is transparent."""
    if image.mode == "RGBA":
        page = Image.new("RGBA", image.size, paper)
        page.alpha_composite(image)
        image = page.convert("L")
    return np.asarray(image, dtype=np.float64) / 255.0


def _flat_ink(grey: Grey) -> Grey:
    """Return how much darker each pixel is than the paper, or how much lighter than dark paper."""
    ink = _paper(grey) - grey
    strength = _smooth(ink)
    if strength.max() < -strength.min():
        ink = -ink
    # Shadows are dark too, but wide: they are what an opening wider than any stroke leaves.
    small = _shrunk(ink)
    shadows = ndimage.grey_opening(small, [-(-length // 4) for length in small.shape])
    flat: Grey = ink - _resized(shadows, ink.shape, Image.Resampling.BILINEAR)
    return flat


def _paper(grey: Grey) -> Grey:
    """Return how bright the paper is at each pixel, if it changes smoothly.

    A polynomial of at most second degree in rows and columns, first fitted to what most of the
    border shows, and then to what is near the polynomial of the step before.
    """
    small = _shrunk(grey)
    rows, columns = _places(small)
    border = _border(small.shape, 2)
    coefficients = np.array([[np.median(small[border])]])
    for degree in (1, 2, 2):
        off = np.abs(small - polygrid2d(rows, columns, coefficients))
        row, column = np.nonzero(off <= max(0.05, 2.0 * np.median(off[border])))
        terms = polyvander2d(rows[row], columns[column], (degree, degree))
        solution = np.linalg.lstsq(terms, small[row, column], rcond=None)[0]
        coefficients = solution.reshape(degree + 1, degree + 1)
    return np.asarray(polygrid2d(*_places(grey), coefficients))


def _border(shape: tuple[int, ...], width: int) -> Mask:
    border = np.ones(shape, dtype=bool)
    border[width:-width, width:-width] = False
    return border


def _places(grey: Grey) -> tuple[Grey, Grey]:
    """Return where rows and columns are: from -1 to 1."""
    rows, columns = (np.linspace(-1.0, 1.0, length) for length in grey.shape)
    return rows, columns


def _smooth(grey: Grey) -> Grey:
    return np.asarray(ndimage.uniform_filter(grey, 3))


def _strokes(ink: Grey) -> Mask:
    """Return where the strokes of the digit are, without dust and what runs off the picture."""
    # Smoothed, a line that is one pixel wide, and noise, have a third of what they had.
    strength = _smooth(ink)
    parts, _ = ndimage.label(strength > 0.3 * strength.max(), np.ones((3, 3)))
    masses = np.bincount(parts.ravel(), strength.ravel())
    masses[0] = 0.0  # the paper
    free = masses.copy()
    free[parts[_border(parts.shape, 1)]] = 0.0
    # The edge of a table, a finger; or the digit itself, if nothing else is there.
    if free.max() > masses.max() / 4.0:
        masses = free
    return np.asarray((masses > SPECK * masses.max())[parts])


def _drawing(ink: Grey, strokes: tuple[float, float]) -> Mask:
    """Return the digit as a bitmap without a margin, drawn by the pen of its set, see `_penned`."""
    times = -(-SMOOTH_SIDE // max(ink.shape))
    ink = np.pad(ink, 1)
    if times > 1:
        ink = _resized(ink, (ink.shape[0] * times, ink.shape[1] * times), Image.Resampling.BICUBIC)
    return _penned(ink > LINE, strokes)


def _penned(bitmap: Mask, strokes: tuple[float, float]) -> Mask:
    """Return a digit drawn with a thicker or thinner pen, so that its strokes are like its set's.

    The width of the strokes, as a share of the longer side of the digit, is brought within the two
    limits. The mean distance of a stroke's points from its edge is a fourth of its width.
    """
    bitmap = bitmap[_box(bitmap)]
    longer = max(bitmap.shape)
    bitmap = np.pad(bitmap, longer // 8 + 1)
    depth = ndimage.distance_transform_edt(bitmap)
    width = 4.0 * (depth[bitmap].mean() - 0.5)
    share = np.clip(width / longer, *strokes)
    # How far to move the edges, where that makes the whole digit larger too.
    out = (share * longer - width) / (2.0 * (1.0 - share))
    bitmap = depth - ndimage.distance_transform_edt(~bitmap) > -out
    return bitmap[_box(bitmap)]


def _as_in_mnist(drawing: Mask, side: int) -> Grey:
    """Return pixels (side, side) of 0 to 255, as MNIST was made."""
    square = np.pad(drawing, [(0, max(drawing.shape) - length) for length in drawing.shape])
    filled = round(side * MNIST_FILLED)
    small = _resized(square, (filled, filled), Image.Resampling.BOX)
    small = np.rint(small * (255.0 / small.max()))
    small = small[_box(small > 0.0)]
    # MNIST's centres of mass are within half a pixel of the middle of pixel 14, counted from 0.
    margins = []
    for length, place in zip(small.shape, ndimage.center_of_mass(small), strict=True):
        before = min(max(0, round(side // 2 - place)), side - length)
        margins.append((before, side - length - before))
    return np.pad(small, margins)


def _as_in_digits(drawing: Mask) -> Grey:
    """Return pixels (8, 8) of 0 to 16, as scikit-learn's digits were made."""
    drawing = _upright(drawing)
    rows, columns = drawing.shape
    width = int(np.clip(round(DIGITS_DOTS * columns / rows), *DIGITS_WIDTHS))
    bitmap = np.zeros((DIGITS_DOTS, DIGITS_DOTS))
    left = (DIGITS_DOTS - width) // 2
    resized = _resized(drawing, (DIGITS_DOTS, width), Image.Resampling.BOX)
    bitmap[:, left : left + width] = resized > 0.5
    return np.asarray(bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3)))


def _upright(drawing: Mask) -> Mask:
    """Return a digit without its slant: sheared until rows tell nothing of columns."""
    rows, columns = np.nonzero(drawing)
    below, right = rows - rows.mean(), columns - columns.mean()
    slant = np.clip(below @ right / (below @ below), -1.0, 1.0)
    height = len(drawing)
    wide = np.pad(drawing.astype(np.float64), ((0, 0), (height, height)))
    shear = ((1.0, 0.0), (slant, 1.0))
    sheared = ndimage.affine_transform(wide, shear, (0.0, -slant * rows.mean()), order=1) > 0.5
    return np.asarray(sheared[_box(sheared)])


def _box(bitmap: Mask) -> tuple[slice, slice]:
    """Return where the rows and columns are that are not empty."""
    rows, columns = ndimage.find_objects(bitmap.astype(np.int8))[0]
    return rows, columns


def _shrunk(grey: Grey) -> Grey:
    """Return an image that is at most `PAPER_SIDE` pixels a side."""
    scale = min(1.0, PAPER_SIDE / max(grey.shape))
    rows, columns = (max(1, round(length * scale)) for length in grey.shape)
    return _resized(grey, (rows, columns), Image.Resampling.BOX)


def _resized(grey: Grey | Mask, shape: tuple[int, int], how: Image.Resampling) -> Grey:
    image = Image.fromarray(grey.astype(np.float32))
    return np.asarray(image.resize(shape[::-1], how), dtype=np.float64)
