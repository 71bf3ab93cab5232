"""How `augment` distorts images: where each pixel comes from, and what it finds there.

An image must take less time to make than to train on. So NumPy's functions work on as many images
at once as a core's cache holds; places are in float32, and pixels stay as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnfast.arrays import Array

# At most this many pixels are worked on at once: of 64 images of MNIST, a quarter of a piece.
PIXELS_AT_ONCE = 64 * 28 * 28

# The elastic noise is whole numbers from -NOISE to NOISE - 1: they take half the time of floats.
NOISE = 2**15

# In pixels: so far beyond an edge is as far as any other distance, but float32 still holds it.
FAR = 1e9

Places = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Distortion:
    """The settings of `augment`, which describes them; distances and angles as there."""

    image_shape: tuple[int, int]
    rotation: float
    shift: float
    scale: float
    shear: float
    alpha: float
    sigma: float

    def distorted(
        self, images: Array, draws: np.random.Generator, limits: tuple[float, float]
    ) -> Array:
        """Return images (n, rows, columns), each distorted by draws of its own.

        The limits are the lowest pixel of all, which is the background beyond an image's edges, and
        the highest.
        """
        result = np.empty_like(images)
        for start, sources in self._sources(len(images), draws):
            block = slice(start, start + len(sources))
            pixels = _looked_up(images[block], sources, background=limits[0])
            # Rounding can take a weighted mean of two equal numbers beyond them.
            np.clip(pixels, *limits, out=result[block])
        return result

    def _sources(self, count: int, draws: np.random.Generator) -> Iterator[tuple[int, Places]]:
        """Draw where in its image each pixel comes from: (n, 2, rows, columns), in pixels.

        Yields blocks of images, each after the number of its first.
        """
        rows, columns = self.image_shape
        lines = self._lines(draws.uniform(-1, 1, (6, count)))
        along_lines = np.array([np.ones(columns), _centred(columns)], dtype=np.float32)
        vertically = _smoothing(rows, self.sigma) * np.float32(min(self.alpha, FAR) / NOISE)
        # The second product of matrices also adds the lines to what it has smoothed.
        horizontally = np.concatenate([_smoothing(columns, self.sigma), along_lines])
        at_once = max(1, PIXELS_AT_ONCE // (rows * columns))
        for start in range(0, count, at_once):
            block = lines[start : start + at_once]
            if self.alpha > 0:
                shape = len(block), 2, rows, columns
                noise = draws.integers(-NOISE, NOISE, shape, dtype=np.int16)
                smoothed = vertically @ noise.astype(np.float32)
                yield start, np.concatenate([smoothed, block], axis=3) @ horizontally
            else:
                yield start, block @ along_lines

    def _lines(self, drawn: Array) -> Places:
        """Return the sources without the elastic distortion, for draws (6, n) from -1 to 1.

        A row of an image comes from a straight line. The result (n, 2, rows, 2) has its middle, and
        how far it leads from pixel to pixel, both in rows and columns of the source.
        """
        rows, columns = self.image_shape
        angles, slants = np.radians(self.rotation) * drawn[0], np.radians(self.shear) * drawn[1]
        heights, widths = 1 + self.scale * drawn[2:4]
        shifts = min(self.shift, FAR) * drawn[4:6]
        cosines, sines, slopes = np.cos(angles), np.sin(angles), np.tan(slants)
        down = np.array([cosines - sines * slopes, sines + cosines * slopes]) / heights
        right = np.array([-sines, cosines]) / widths
        middles = np.array([[rows - 1], [columns - 1]]) / 2 + shifts
        lines = np.empty((drawn.shape[1], 2, rows, 2), dtype=np.float32)
        lines[..., 0] = middles.T[:, :, np.newaxis] + np.multiply.outer(down.T, _centred(rows))
        lines[..., 1] = right.T[:, :, np.newaxis]
        return lines


def _centred(size: int) -> Array:
    """Return the places of this many pixels, seen from their middle."""
    return np.arange(size) - (size - 1) / 2


def _smoothing(size: int, sigma: float) -> Places:
    """Return the matrix (size, size) that smooths a vector, as if zeros stood beyond its ends.

    A Gaussian in the plane is one along the rows and one along the columns, and on small images two
    products with such matrices are the fastest way to compute it.
    """
    distances = np.arange(-size, size + 1)
    # So narrow a Gaussian is 1 in its middle and 0 elsewhere, as one of 0 would be.
    weights = np.exp(-0.5 * (distances / max(sigma, 1e-3)) ** 2)
    weights /= weights.sum()
    places = np.arange(size)
    smoothing: Places = weights[np.subtract.outer(places, places) + size].astype(np.float32)
    return smoothing


def _looked_up(images: Array, sources: Places, background: float) -> Array:
    """Interpolate images (n, rows, columns) linearly at the sources (n, 2, rows, columns).

    Beyond its edges an image is all background. The sources are overwritten.
    """
    count, rows, columns = images.shape
    # Each image has a frame of background, to which a source outside of it moves.
    framed = np.full((count, rows + 2, columns + 2), background)
    framed[:, 1:-1, 1:-1] = images
    sources += 1
    for axis, size in enumerate((rows, columns)):
        np.clip(sources[:, axis], 0, size + 1, out=sources[:, axis])
    whole = np.floor(sources)
    sources -= whole
    first = _numbers(whole, framed.shape)
    below, right = sources.swapaxes(0, 1).astype(images.dtype, order="C")
    left = 1 - right

    def mean_of_two(further: int) -> Array:
        # A pixel beyond the last of all would count 0 times; clipped, it is the last one instead.
        pixels = framed.reshape(-1)[further:]
        mean: Array = pixels.take(first, mode="clip")
        mean *= left
        other = pixels[1:].take(first, mode="clip")
        other *= right
        mean += other
        return mean

    lower, upper = mean_of_two(columns + 2), mean_of_two(0)
    lower *= below
    upper *= np.subtract(1, below, out=below)
    upper += lower
    return upper


def _numbers(places: Places, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return what number each pixel has among those of all images, whose shape this is.

    The places (n, 2, rows, columns) are whole.
    """
    count, rows, columns = shape
    number, column = places.swapaxes(0, 1).astype(np.int32, order="C")
    number += (rows * np.arange(count, dtype=np.int32))[:, np.newaxis, np.newaxis]
    number *= columns
    number += column
    result: NDArray[np.intp] = number.astype(np.intp)
    return result
