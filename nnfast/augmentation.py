"""Distorted copies of images, made while a network trains on them and other ones in every epoch.

A digit that is turned, moved or bent a little is the same digit. The distortions are those of
Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
document analysis", ICDAR 2003, and of the tradition's copies rotated by 10 degrees.
"""

import importlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import Array, check_within, checked_matrix, number_array
from nnfast.image_shape import checked_image_shape
from nnfast.optional import required_by
from nnref.common.arguments import FINITE, at_least, real_number, shown

__all__ = ["AugmentedExamples", "augment"]

# Enough that the calls cost nothing beside the work, and few enough for the caches; and the usual
# batch sizes divide it, so that no update but an epoch's last has fewer examples.
CHUNK = 256


def augment(
    inputs: ArrayLike,
    targets: ArrayLike,
    image_shape: tuple[int, int] | None,
    *,
    rotation: float = 10.0,
    shift: float = 1.0,
    alpha: float = 20.0,
    sigma: float = 4.0,
    seed: int,
) -> "AugmentedExamples":
    """Return the examples as `fit` takes them, each image distorted anew in every epoch.

    ``network.fit(augment(inputs, targets, image_shape, seed=1), epochs=10)`` trains on ten
    different distortions of each image. With a setting at 0 that distortion is left out.

    Parameters
    ----------
    inputs : (n, rows * columns) array_like
        One image per row; finite. It is not copied where it is an array of float64 already, and
        never changed.
    targets : (n, onodes) array_like
        One row per image; they go with their images, as they are.
    image_shape : (rows, columns)
        The shape of an image, as a `Dataset` has it (but None, which says that its inputs are no
        images, is refused).
    rotation : float
        Images are turned about their middle by an angle drawn uniformly from -rotation to rotation;
        in degrees.
    shift : float
        Images are moved along the rows and along the columns, each by a distance drawn uniformly
        from -shift to shift; in pixels.
    alpha : float
        Strength of the elastic distortion. Each pixel is displaced, along rows and columns, by
        `alpha` times a field drawn uniformly from -1 to 1 and smoothed with a Gaussian. Away from
        the edges these displacements have a standard deviation of about ``0.16 * alpha / sigma``
        pixels.
    sigma : float
        Standard deviation of that Gaussian, in pixels: within about this distance pixels move
        together.
    seed : int
        A whole number of at least 0, from which all is drawn.

    Returns
    -------
    AugmentedExamples
        An iterable of pairs (inputs, targets), one epoch each time that it is gone through.

    Raises
    ------
    ImportError
        If SciPy is not installed.
    ValueError, TypeError
        Naming the argument, what it got and what it wants.

    Notes
    -----
    With the same versions of NumPy and SciPy on the same machine, the same arguments give the same
    stream of images, to the bit. The distorted images are SciPy's and NumPy's work: no part of the
    promise that `nnref` and `nnfast` give the same bits, though both do when trained on them.

    The source is Simard, Steinkraus and Platt, "Best practices for convolutional neural networks
    applied to visual document analysis", ICDAR 2003. The defaults suit MNIST's 28 x 28 pixels;
    smaller images want smaller distances. Theirs were an alpha of 34 and a sigma of 4, which turned
    out too strong for small networks.
    """
    _scipy_ndimage()
    rows, columns = checked_image_shape(image_shape)
    images = checked_matrix("inputs", inputs, rows * columns, "float64")
    check_within("inputs", images, FINITE)
    if len(images) == 0:
        raise ValueError("inputs: got no examples, wants at least 1")
    goals = number_array("targets", targets)
    if goals.ndim != 2 or len(goals) != len(images):
        raise ValueError(
            f"targets: got shape {goals.shape}, wants ({len(images)}, onodes), "
            "a row for each row of inputs"
        )
    return AugmentedExamples(
        inputs=images,
        targets=goals,
        image_shape=(rows, columns),
        rotation=_amount("rotation", rotation),
        shift=_amount("shift", shift),
        alpha=_amount("alpha", alpha),
        sigma=_amount("sigma", sigma),
        seed=at_least("seed", seed, 0),
    )


@dataclass(slots=True, eq=False, repr=False)
class AugmentedExamples:
    """What `augment` returns: an iterable of pairs (inputs, targets), of up to 256 examples.

    Going through it once is an epoch: each image comes once, in a new order and newly distorted.
    The next time is the next epoch. An epoch depends on the arguments and its number alone.

    Attributes
    ----------
    inputs, targets, image_shape, rotation, shift, alpha, sigma, seed
        The arguments of `augment`.
    epoch : int
        The number of the next epoch, from 0. May be set: training that is continued another day
        goes on in the stream where it was.
    """

    inputs: Array
    targets: NDArray[Any]
    image_shape: tuple[int, int]
    rotation: float
    shift: float
    alpha: float
    sigma: float
    seed: int
    epoch: int = 0

    def __iter__(self) -> Iterator[tuple[Array, NDArray[Any]]]:
        """Go through the next epoch, which begins when its first pair is asked for."""
        epoch = at_least("epoch", self.epoch, 0)
        draws = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(epoch,)))
        self.epoch = epoch + 1
        lowest, highest = float(self.inputs.min()), float(self.inputs.max())
        order = draws.permutation(len(self.inputs))
        for start in range(0, len(order), CHUNK):
            chosen = order[start : start + CHUNK]
            images = self.inputs[chosen].reshape(-1, *self.image_shape)
            distorted = _looked_up(images, self._sources(len(images), draws), lowest)
            # A weighted mean of two equal numbers can be rounded to beyond them.
            np.clip(distorted, lowest, highest, out=distorted)
            yield distorted.reshape(len(images), -1), self.targets[chosen]

    def _sources(self, count: int, draws: np.random.Generator) -> Array:
        """Draw where in its image each pixel comes from: (2, count, rows, columns), in pixels."""
        middle = (np.array(self.image_shape).reshape(2, 1, 1) - 1) / 2
        row, column = np.indices(self.image_shape) - middle
        angles = np.radians(self.rotation) * draws.uniform(-1, 1, (count, 1, 1))
        cosines, sines = np.cos(angles), np.sin(angles)
        sources = np.stack([cosines * row - sines * column, sines * row + cosines * column])
        sources += middle[:, np.newaxis] + self.shift * draws.uniform(-1, 1, (2, count, 1, 1))
        if self.alpha > 0:
            along_rows, along_columns = (_smoothing(size, self.sigma) for size in self.image_shape)
            field = along_rows @ draws.uniform(-1, 1, sources.shape) @ along_columns.T
            sources += self.alpha * field
        return sources


def _smoothing(size: int, sigma: float) -> Array:
    """Return the matrix (size, size) that smooths a vector, as if zeros stood beyond its ends.

    A Gaussian of the plane is one along the rows and one along the columns. As two products with
    such matrices it takes a third of the time of `gaussian_filter` on thousands of fields.
    """
    smoothing: Array = _scipy_ndimage().gaussian_filter(
        np.eye(size), (sigma, 0), mode="constant", radius=size
    )
    return smoothing


def _looked_up(images: Array, sources: Array, background: float) -> Array:
    """Interpolate images (n, rows, columns) linearly at the sources (2, n, rows, columns).

    Beyond its edges an image goes on as background.
    """
    count, rows, columns = images.shape
    # Below each other they are one tall image, which is looked up in half the time of a stack. In
    # their frames of background ends whatever lies outside, so that no image sees its neighbours.
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=background)
    tall = framed.reshape(-1, columns + 2)
    tops = (rows + 2) * np.arange(count)[:, np.newaxis, np.newaxis]
    in_tall = np.stack(
        [np.clip(sources[0] + 1, 0, rows + 1) + tops, np.clip(sources[1] + 1, 0, columns + 1)]
    )
    values: Array = _scipy_ndimage().map_coordinates(tall, in_tall, order=1, mode="nearest")
    return values


def _amount(name: str, value: Any) -> float:
    wants = "a finite number of at least 0"
    number = real_number(name, value, wants)
    if not 0.0 <= number < math.inf:
        raise ValueError(f"{name}: got {shown(value)}, wants {wants}")
    return number


def _scipy_ndimage() -> Any:
    with required_by("augment", "scipy"):
        return importlib.import_module("scipy.ndimage")
