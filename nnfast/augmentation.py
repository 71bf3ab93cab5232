"""Distorted copies of images, new ones in every epoch while a network trains on them.

A digit that is turned, moved or bent a little is the same digit. The distortions are those of
Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
document analysis", ICDAR 2003, and the copies rotated by 10 degrees that are traditional with
this network.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import Array, check_within, checked_matrix, number_array
from nnfast.image_shape import checked_image_shape
from nnfast.optional import required_by
from nnref.common.arguments import FINITE, NOT_NEGATIVE, at_least, number_within

__all__ = ["AugmentedExamples", "augment"]

# Enough examples that a call costs nothing beside the work, and few enough for the caches. Usual
# batch sizes divide it, so that only an epoch's last update has fewer examples.
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
    """Return the examples as `fit` takes them, each image newly distorted in every epoch.

    ``network.fit(augment(inputs, targets, image_shape, seed=1), epochs=10)`` trains on ten
    different distortions of each image. A setting of 0 leaves its distortion out.

    Parameters
    ----------
    inputs : (n, rows * columns) array_like
        One image per row, of finite numbers. An array of float64 is not copied; none is changed.
    targets : (n, onodes) array_like
        One row per image. They stay as they are, beside their images.
    image_shape : (rows, columns)
        The shape of an image, as a `Dataset` has it. None, which says that the inputs are not
        images, is refused.
    rotation : float
        Each image is turned about its middle by an angle drawn uniformly from -rotation to
        rotation, in degrees.
    shift : float
        Each image is moved along the rows and along the columns, by two distances drawn uniformly
        from -shift to shift, in pixels.
    alpha : float
        Strength of the elastic distortion. Each pixel is displaced, along rows and columns, by
        `alpha` times a field that is drawn uniformly from -1 to 1 and smoothed with a Gaussian.
        Away from the edges these displacements have a standard deviation of about
        ``0.16 * alpha / sigma`` pixels.
    sigma : float
        Standard deviation of that Gaussian, in pixels: pixels within about this distance move
        together.
    seed : int
        A whole number of at least 0, which determines everything that is drawn.

    Returns
    -------
    AugmentedExamples
        An iterable of pairs (inputs, targets). Each time you iterate over it is an epoch.

    Raises
    ------
    ImportError
        If SciPy is not installed.
    ValueError, TypeError
        Naming the argument, what it got and what it wants.

    Notes
    -----
    With the same versions of NumPy and SciPy on the same machine, the same arguments give the same
    stream of images, bit for bit. NumPy and SciPy compute the distorted images, so these are not
    part of the promise that `nnref` and `nnfast` give the same bits; trained on the same images,
    the two still do.

    The source is Simard, Steinkraus and Platt, "Best practices for convolutional neural networks
    applied to visual document analysis", ICDAR 2003. The defaults suit MNIST's 28 x 28 pixels;
    smaller images need smaller distances. The paper has an alpha of 34 and a sigma of 4, which
    proved too strong for small networks.
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
        rotation=number_within("rotation", rotation, NOT_NEGATIVE),
        shift=number_within("shift", shift, NOT_NEGATIVE),
        alpha=number_within("alpha", alpha, NOT_NEGATIVE),
        sigma=number_within("sigma", sigma, NOT_NEGATIVE),
        seed=at_least("seed", seed, 0),
    )


@dataclass(slots=True, eq=False, repr=False)
class AugmentedExamples:
    """What `augment` returns: an iterable of pairs (inputs, targets), of up to 256 examples each.

    Each time you iterate over it is an epoch, in which every image comes once, in a new order and
    newly distorted. An epoch depends only on the arguments and on its number.

    Attributes
    ----------
    inputs, targets, image_shape, rotation, shift, alpha, sigma, seed
        The arguments of `augment`.
    epoch : int
        The number of the next epoch, counted from 0. Set it to continue a training another day at
        the place in the stream where you stopped.
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
        """Iterate over the next epoch, which begins when its first pair is asked for."""
        epoch = at_least("epoch", self.epoch, 0)
        draws = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(epoch,)))
        self.epoch = epoch + 1
        lowest, highest = float(self.inputs.min()), float(self.inputs.max())
        order = draws.permutation(len(self.inputs))
        for start in range(0, len(order), CHUNK):
            chosen = order[start : start + CHUNK]
            images = self.inputs[chosen].reshape(-1, *self.image_shape)
            distorted = _looked_up(images, self._sources(len(images), draws), lowest)
            # Rounding can take a weighted mean of two equal numbers beyond them.
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

    A Gaussian in the plane is one along the rows and one along the columns. On thousands of fields,
    two products with such matrices take a third of the time of `gaussian_filter`.
    """
    smoothing: Array = _scipy_ndimage().gaussian_filter(
        np.eye(size), (sigma, 0), mode="constant", radius=size
    )
    return smoothing


def _looked_up(images: Array, sources: Array, background: float) -> Array:
    """Interpolate images (n, rows, columns) linearly at the sources (2, n, rows, columns).

    Beyond its edges an image is all background.
    """
    count, rows, columns = images.shape
    # One tall image takes half the time of a stack of images. A source outside its image moves to
    # the frame of background around it, so that no image shows its neighbours.
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=background)
    tall = framed.reshape(-1, columns + 2)
    tops = (rows + 2) * np.arange(count)[:, np.newaxis, np.newaxis]
    in_tall = np.stack(
        [np.clip(sources[0] + 1, 0, rows + 1) + tops, np.clip(sources[1] + 1, 0, columns + 1)]
    )
    values: Array = _scipy_ndimage().map_coordinates(tall, in_tall, order=1, mode="nearest")
    return values


def _scipy_ndimage() -> Any:
    with required_by("augment", "scipy"):
        return importlib.import_module("scipy.ndimage")
