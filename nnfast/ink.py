"""Where the ink of a digit is in a picture, whatever the paper and the light.

Three suppositions about the paper are tried, the simplest first: it is equally bright everywhere;
its brightness changes slowly; shadows lie on it too. One of them explains a picture if what it
takes for ink are strokes. A stroke is narrow for its length, and all along its outline the paper is
lighter. A shadow is wide, or is no darker than what is beyond one of its sides; lamplight has no
edge; what a scanner adds lies along the border.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import permutations
from typing import Any

import numpy as np
from numpy.polynomial.polynomial import polygrid2d, polyvander2d
from numpy.typing import NDArray

from nnfast.optional import required_by

with required_by("nnfast.images", "pillow", "scipy"):
    from PIL import Image

    ndimage: Any = import_module("scipy.ndimage")  # which has no types

# Light falls off slowly, so a picture of this size is enough to find the paper and the shadows.
PAPER_SIDE = 64
# A smaller picture is enlarged to this first, or its strokes would have no inside.
SMOOTH_SIDE = 160
# Ink is at least this much darker than the paper, on a scale from 0 for black to 1 for white ...
LEAST_CONTRAST = 0.1
# ... and at least this many standard deviations of the noise.
LEAST_SIGNAL = 10
# A pixel is part of a stroke if it has more than this share of the strongest ink.
LINE = 0.4
# So that strokes hold together where they are faint, parts are found with this share.
PART = 0.3
# A part with less than this share of the ink in the largest part is dust, not another stroke.
SPECK = 0.04
# A digit has at least this many pixels along its longer side.
LEAST_SIDE = 5
# A stroke is at most this wide, as a share of the part's longer side.
WIDEST = 0.35
# A part that is wider, but fills more than this share of its box, is no stroke either.
FULL = 0.7
# Ink steps up from the paper by at least this share of the strongest ink ...
STEP = 0.25
# ... within this share of the part's longer side ...
STEP_WIDTH = 0.025
# ... along at least this share of its outline.
LEAST_OUTLINE = 0.75
# If more than this share of a part's outline is the border of the picture, the part is no digit ...
MOST_BORDER = 0.3
# ... unless it is a one: it runs from end to end of a picture this many times as long as wide.
SLIM = 2.0
# Paper differs from what is supposed by less than this share of the ink, but for one pixel in 50.
EVEN, UNEVEN_SHARE = 0.2, 0.02
# An edge may be left out, shadows not supposed, if it has at least this share of the strongest ink.
BLACK = 0.8
# What is no stroke is left out this often, each time with the soft rim of what was left out before.
MOST_ROUNDS = 4
# What is in a box has more than this share of its longer side.
BOXED = 0.3
# What has this share of the height of the tallest part is another digit ...
SECOND_HEIGHT = 0.5
# ... if a gap of this share is around it; the parts of a broken digit are nearer ...
SECOND_GAP = 0.08
# ... or if both stand side by side and are together this many times as wide as high.
PAIR_WIDTH = 1.25

Grey = NDArray[np.float64]
Mask = NDArray[np.bool_]
Box = tuple[slice, slice]


class NotOneDigitError(ValueError):
    """There is ink, but it is not one digit; the message says what it is, and the cure."""


@dataclass(frozen=True, slots=True, eq=False)
class Supposition:
    """How bright the paper is, at each pixel or everywhere, and on which side of it ink is."""

    paper: Any
    sign: float
    """1 for dark on light, -1 for light on dark."""
    shadows: bool = False

    def ink(self, grey: Grey) -> Grey:
        """Return how much darker each pixel is than the paper, or lighter on dark paper."""
        return np.asarray(self.sign * (self.paper - grey))


@dataclass(frozen=True, slots=True)
class Part:
    """Ink that hangs together: its number among the labels, its box and its size in pixels."""

    number: int
    box: Box
    area: int
    outline: int
    """The pixels at its edge, without those at the border of the picture ..."""
    border: int
    """... which are these."""

    @property
    def height(self) -> int:
        """How many rows it spans."""
        return int(self.box[0].stop - self.box[0].start)

    @property
    def longer(self) -> int:
        """How many rows or columns it spans, whichever are more."""
        return max(self.height, int(self.box[1].stop - self.box[1].start))

    @property
    def width(self) -> float:
        """The width of its strokes: each has two edges of its length."""
        return 2.0 * self.area / max(self.outline, 1)


def ink_of_digit(grey: Grey) -> Grey | None:
    """Return the box that holds the digit, from 0 for paper to about 1 for the strongest ink.

    Without a digit it is None.

    Parameters
    ----------
    grey : (rows, columns) float64
        Brightness from 0 for black to 1 for white.

    Raises
    ------
    NotOneDigitError
        If there are several, or a box around one.
    """
    times = max(1, -(-SMOOTH_SIDE // max(grey.shape)))
    rows, columns = grey.shape
    if times > 1:
        larger = resized(grey, (rows * times, columns * times), Image.Resampling.BICUBIC)
        grey = larger.clip(0.0, 1.0)
    smooth = np.asarray(ndimage.uniform_filter(grey, 3))
    for supposed in _suppositions(grey, smooth):
        digit = _digit(grey, smooth, supposed)
        if digit is not None and max(digit.shape) >= LEAST_SIDE * times:
            return digit
    return None


def _suppositions(grey: Grey, smooth: Grey) -> Iterator[Supposition]:
    """Yield what the paper may be, the likeliest and simplest first."""
    light = smooth > (smooth.min() + smooth.max()) / 2.0
    sign = 1.0 if light[border_of(grey.shape, 1)].mean() >= 0.5 else -1.0
    levels = {1.0: light, -1.0: ~light}
    for side in (sign, -sign):  # the border may show ink, or a black frame
        if levels[side].any():
            yield Supposition(np.median(grey[levels[side]]), side)
    paper = _paper(grey)
    lighter = smooth - paper
    slope_sign = 1.0 if lighter.max() <= -lighter.min() else -1.0
    yield Supposition(paper, slope_sign)
    # Shadows are dark too, but wide: an opening wider than any stroke leaves only them.
    small = _shrunk(slope_sign * (paper - grey))
    shadows = ndimage.grey_opening(small, [-(-length // 4) for length in small.shape])
    shadows = resized(shadows, grey.shape, Image.Resampling.BILINEAR)
    yield Supposition(paper - slope_sign * shadows, slope_sign, shadows=True)
    if levels[-sign].any():
        yield Supposition(_paper(grey, np.median(grey[levels[-sign]])), -sign)


def _paper(grey: Grey, start: float | None = None) -> Grey:
    """Return how bright the paper is at each pixel, supposing that it changes smoothly.

    It is a polynomial of at most second degree in rows and columns. This is fitted first to what
    most of the border shows, and then to the pixels that are near the previous polynomial.
    """
    small = _shrunk(grey)
    rows, columns = _places(small)
    border = border_of(small.shape, 2)
    coefficients = np.array([[np.median(small[border]) if start is None else start]])
    for degree in (1, 2, 2):
        off = np.abs(small - polygrid2d(rows, columns, coefficients))
        row, column = np.nonzero(off <= max(0.05, 2.0 * np.median(off[border])))
        terms = polyvander2d(rows[row], columns[column], (degree, degree))
        solution = np.linalg.lstsq(terms, small[row, column], rcond=None)[0]
        coefficients = solution.reshape(degree + 1, degree + 1)
    return np.asarray(polygrid2d(*_places(grey), coefficients))


def _places(grey: Grey) -> tuple[Grey, Grey]:
    """Return the places of the rows and of the columns, from -1 to 1."""
    rows, columns = (np.linspace(-1.0, 1.0, length) for length in grey.shape)
    return rows, columns


def _digit(grey: Grey, smooth: Grey, supposed: Supposition) -> Grey | None:
    """Return the digit in a picture of ink, or None if that is no explanation of the picture."""
    # Smoothing leaves a third of the noise, and of a line that is one pixel wide.
    strength = supposed.ink(smooth)
    edges = np.zeros(strength.shape, dtype=bool)
    labels, strokes = _strokes(-supposed.sign * smooth, strength, edges)
    if not strokes:
        return None
    mask = np.isin(labels, [part.number for part in strokes])
    strongest = float(strength[mask].max())
    if edges.any() and not supposed.shadows and not _is_border(edges, strength, strongest):
        return None
    paper = np.abs(strength[~_near(mask | edges)])
    if paper.size:
        noise = 1.4826 * np.median(paper)  # its standard deviation, if it is normal
        uneven = np.count_nonzero(paper > EVEN * strongest) / paper.size
        if strongest < LEAST_SIGNAL * noise or (uneven > UNEVEN_SHARE and not supposed.shadows):
            return None
    _check_one(strokes, labels)
    drawing: Grey = np.where(mask, supposed.ink(grey), 0.0) / strongest
    return drawing[box_of(drawing > LINE)] if (drawing > LINE).any() else None


def _is_border(edges: Mask, strength: Grey, strongest: float) -> bool:
    """Return whether what was left out is the black of a scanner, or the edge of a dark table."""
    labels, count = ndimage.label(edges)
    at_border = np.unique(labels[border_of(labels.shape, 1)])
    # A shadow is no darker than the ink in it.
    dark = np.median(strength[edges]) >= BLACK * strongest
    return bool(np.count_nonzero(at_border) == count and edges.mean() < 0.5 and dark)


def _strokes(darkness: Grey, strength: Grey, edges: Mask) -> tuple[NDArray[np.int32], list[Part]]:
    """Return labels of the parts and those parts that are strokes; mark the others as edges.

    What is no stroke may be far darker than the strokes, so these are looked for again without it.
    """
    left = strength
    for _ in range(MOST_ROUNDS):
        strongest = left.max()
        if strongest < LEAST_CONTRAST:
            break
        labels, _ = ndimage.label(left > PART * strongest, np.ones((3, 3)))
        parts = _parts(labels, left)
        others = [part for part in parts if not _is_stroke(part, darkness, labels, strongest)]
        if not others:
            return labels, parts
        edges |= np.isin(labels, [part.number for part in others])
        left = np.where(_near(edges), 0.0, strength)
    return np.zeros(strength.shape, dtype=np.int32), []


def _parts(labels: NDArray[np.int32], strength: Grey) -> list[Part]:
    """Return the parts, except dust, that have these labels."""
    masses = np.bincount(labels.ravel(), strength.ravel())
    masses[0] = 0.0  # the paper
    areas = np.bincount(labels.ravel(), minlength=len(masses))
    border = np.bincount(labels[border_of(labels.shape, 1)], minlength=len(masses))
    inside = ndimage.binary_erosion(labels > 0, border_value=1)
    outline = areas - np.bincount(labels[inside], minlength=len(masses))
    boxes = ndimage.find_objects(labels)
    return [
        Part(number, boxes[number - 1], *map(int, (areas[number], outline[number], border[number])))
        for number in np.flatnonzero(masses > SPECK * masses.max()).tolist()
    ]


def _is_stroke(part: Part, darkness: Grey, labels: NDArray[np.int32], strongest: float) -> bool:
    """Return whether a part has the form of a stroke, and an edge all around."""
    rows, columns = (place.stop - place.start for place in part.box)
    if part.width > WIDEST * part.longer:
        return False
    # A sheet in a black frame: what is written on it adds to its outline.
    if min(rows, columns) > WIDEST * part.longer and part.area > FULL * rows * columns:
        return False
    slim = max(darkness.shape) > SLIM * min(darkness.shape)
    whole = part.box == (slice(0, darkness.shape[0]), slice(0, darkness.shape[1]))
    if part.border > MOST_BORDER * (part.border + part.outline) and not (slim and whole):
        return False
    distance = max(1.0, min(part.width / 3.0, STEP_WIDTH * part.longer))
    steps = _steps(darkness, labels == part.number, part.box, distance)
    return bool(np.mean(steps > STEP * strongest) >= LEAST_OUTLINE)


def _steps(darkness: Grey, inside: Mask, box: Box, distance: float) -> Grey:
    """Return how much darker it is this far within the outline of a part than as far outside."""
    margin = int(distance) + 2
    near = tuple(slice(max(0, place.start - margin), place.stop + margin) for place in box)
    inside, darkness = inside[near], darkness[near]
    outline = np.nonzero(inside & ~ndimage.binary_erosion(inside, border_value=1))
    soft = ndimage.gaussian_filter(inside.astype(np.float64), distance, mode="nearest")
    inwards = np.stack([slope[outline] for slope in np.gradient(soft)])
    inwards *= distance / np.maximum(np.hypot(*inwards), 1e-9)
    within, without = (
        ndimage.map_coordinates(darkness, outline + sign * inwards, order=1, mode="nearest")
        for sign in (1.0, -1.0)
    )
    return np.asarray(within - without)


def _near(mask: Mask) -> Mask:
    """Return what is marked, and what is near to it: the soft edge of a stroke."""
    size = 2 * max(1, max(mask.shape) // 60) + 1
    return np.asarray(ndimage.maximum_filter(mask, size))


def _check_one(strokes: list[Part], labels: NDArray[np.int32]) -> None:
    """Raise NotOneDigitError if one part surrounds another, or if some are as large as digits."""
    for one, other in permutations(strokes, 2):
        if _surrounds(one, other, labels):
            raise NotOneDigitError("shows a digit in a box: crop it inside the box")
    if len(strokes) > 1 and _are_several(strokes, labels):
        raise NotOneDigitError("shows more than one digit: crop it to one")


def _surrounds(one: Part, other: Part, labels: NDArray[np.int32]) -> bool:
    """Return whether a part is a box around another one."""
    within = all(
        outer.start < inner.start and inner.stop < outer.stop
        for outer, inner in zip(one.box, other.box, strict=True)
    )
    large = other.longer > BOXED * one.longer
    return bool(within and large and one.number not in labels[other.box])


def _are_several(strokes: list[Part], labels: NDArray[np.int32]) -> bool:
    """Return whether parts are several digits, not one that is broken."""
    tallest = max(part.height for part in strokes)
    tall = [part for part in strokes if part.height >= SECOND_HEIGHT * tallest]
    for left, right in permutations(tall, 2):
        width = right.box[1].stop - left.box[1].start
        if left.box[1].stop <= right.box[1].start and width > PAIR_WIDTH * tallest:
            return True
    # Joined to what is near, the parts of a digit are one.
    reach = int(SECOND_GAP * tallest / 2.0)
    mask = np.pad(np.isin(labels, [part.number for part in strokes]), reach)
    joined, _ = ndimage.label(ndimage.maximum_filter(mask, 2 * reach + 1))
    heights = [box[0].stop - box[0].start - 2 * reach for box in ndimage.find_objects(joined)]
    return sum(bool(height >= SECOND_HEIGHT * max(heights)) for height in heights) > 1


def border_of(shape: tuple[int, ...], width: int) -> Mask:
    """Return which pixels are this near to the border of a picture."""
    border = np.ones(shape, dtype=bool)
    border[width:-width, width:-width] = False
    return border


def box_of(bitmap: Mask) -> Box:
    """Return the slices of the rows and columns that hold the drawing."""
    rows, columns = ndimage.find_objects(bitmap.astype(np.int8))[0]
    return rows, columns


def resized(grey: Grey | Mask, shape: tuple[int, int], how: Image.Resampling) -> Grey:
    """Return an image of another size."""
    image = Image.fromarray(grey.astype(np.float32))
    return np.asarray(image.resize(shape[::-1], how), dtype=np.float64)


def _shrunk(grey: Grey) -> Grey:
    """Return an image reduced to at most `PAPER_SIDE` pixels a side."""
    scale = min(1.0, PAPER_SIDE / max(grey.shape))
    rows, columns = (max(1, round(length * scale)) for length in grey.shape)
    return resized(grey, (rows, columns), Image.Resampling.BOX)
