"""Distorted copies of images, new ones in every epoch while a network trains on them.

A digit that is turned, moved, stretched or bent a little is the same digit. The distortions are
those of Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to
visual document analysis", ICDAR 2003, and of Ciresan, Meier, Gambardella and Schmidhuber, "Deep,
big, simple neural nets for handwritten digit recognition", Neural Computation 22, 2010.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.ahead import made_ahead
from nnfast.arrays import Array, check_within, checked_matrix, number_array
from nnfast.distortion import Distortion
from nnfast.image_shape import checked_image_shape
from nnref.common.arguments import (
    FINITE,
    NOT_NEGATIVE,
    at_least,
    from_to_below,
    number_within,
    positive_int,
)

__all__ = ["AugmentedExamples", "augment"]

# Enough examples that a call costs nothing beside the work, and few enough for the caches. Usual
# batch sizes divide it, so that only an epoch's last update has fewer examples.
CHUNK = 256

USUAL_SIDE = 28
"""Rows and columns of the images that the usual distances are meant for: MNIST's."""

SETTINGS = {
    "rotation": NOT_NEGATIVE,
    "shift": NOT_NEGATIVE,
    "scale": from_to_below(0.0, 1.0),
    "shear": from_to_below(0.0, 90.0),
    "alpha": NOT_NEGATIVE,
    "sigma": NOT_NEGATIVE,
}
"""The names of the distortions' settings, and what each may be."""


def augment(
    inputs: ArrayLike,
    targets: ArrayLike,
    image_shape: tuple[int, int] | None,
    *,
    rotation: float = 10.0,
    shift: float | None = None,
    scale: float = 0.0,
    shear: float = 0.0,
    alpha: float | None = None,
    sigma: float | None = None,
    seed: int,
    threads: int = 1,
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
    shift : float, optional
        Each image is moved along the rows and along the columns, by two distances drawn uniformly
        from -shift to shift, in pixels. It is 1 pixel for images of 28 x 28, and as much smaller
        or larger as the shorter side of yours.
    scale : float
        Each image is made higher and wider, or lower and narrower, about its middle: by two factors
        drawn uniformly from 1 - scale to 1 + scale. Below 1.
    shear : float
        Each image is slanted: its upright lines lean by an angle drawn uniformly from -shear to
        shear, in degrees. Below 90.
    alpha : float, optional
        Strength of the elastic distortion. Each pixel is displaced, along rows and columns, by
        `alpha` times a field that is drawn uniformly from -1 to 1 and smoothed with a Gaussian.
        Away from the edges these displacements have a standard deviation of about
        ``0.16 * alpha / sigma`` pixels. It is 20 for images of 28 x 28, and grows with the square
        of the shorter side.
    sigma : float, optional
        Standard deviation of that Gaussian, in pixels: pixels within about this distance move
        together. It is 4 for images of 28 x 28, and grows with the shorter side.
    seed : int
        A whole number of at least 0, which determines everything that is drawn.
    threads : int
        With 2 or more, the next images are made in a thread of their own while the network trains
        on the last ones. The images do not depend on it.

    Returns
    -------
    AugmentedExamples
        An iterable of pairs (inputs, targets). Each time you iterate over it is an epoch.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, what it got and what it wants.

    Notes
    -----
    With the same version of NumPy on the same machine, the same arguments give the same stream of
    images, bit for bit. NumPy computes the distorted images, so these are not part of the promise
    that `nnref` and `nnfast` give the same bits; trained on the same images, the two still do.

    The sources are Simard, Steinkraus and Platt, "Best practices for convolutional neural networks
    applied to visual document analysis", ICDAR 2003, and for scale and shear Ciresan, Meier,
    Gambardella and Schmidhuber, "Deep, big, simple neural nets for handwritten digit recognition",
    Neural Computation 22, 2010. They have an alpha of 34 with a sigma of 4, and of 36 to 38 with 5
    to 6, which proved too strong for small networks.
    """
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
    usual = usual_distances((rows, columns))

    def setting(name: str, value: float | None) -> float:
        return number_within(name, usual.get(name) if value is None else value, SETTINGS[name])

    return AugmentedExamples(
        inputs=images,
        targets=goals,
        image_shape=(rows, columns),
        rotation=setting("rotation", rotation),
        shift=setting("shift", shift),
        scale=setting("scale", scale),
        shear=setting("shear", shear),
        alpha=setting("alpha", alpha),
        sigma=setting("sigma", sigma),
        seed=at_least("seed", seed, 0),
        threads=positive_int("threads", threads),
    )


def usual_distances(image_shape: tuple[int, int]) -> dict[str, float]:
    """Return the settings of `augment` that depend on how large an image is."""
    size = min(image_shape) / USUAL_SIDE
    # The displacements, which grow with alpha / sigma, shall grow with the image.
    return {"shift": size, "alpha": 20.0 * size * size, "sigma": 4.0 * size}


@dataclass(slots=True, eq=False, repr=False)
class AugmentedExamples:
    """What `augment` returns: an iterable of pairs (inputs, targets), of up to 256 examples each.

    Each time you iterate over it is an epoch, in which every image comes once, in a new order and
    newly distorted. An epoch depends only on the arguments and on its number.

    Attributes
    ----------
    inputs, targets, image_shape, rotation, shift, scale, shear, alpha, sigma, seed, threads
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
    scale: float
    shear: float
    alpha: float
    sigma: float
    seed: int
    threads: int
    epoch: int = 0

    def __iter__(self) -> Iterator[tuple[Array, NDArray[Any]]]:
        """Iterate over the next epoch, which begins when its first pair is asked for."""
        epoch = at_least("epoch", self.epoch, 0)
        self.epoch = epoch + 1
        pairs = self._pairs(epoch)
        yield from pairs if self.threads == 1 else made_ahead(pairs)

    def _pairs(self, epoch: int) -> Iterator[tuple[Array, NDArray[Any]]]:
        """Iterate over an epoch, which the number of none but the next one depends on."""
        draws = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(epoch,)))
        distortion = Distortion(
            self.image_shape, **{name: getattr(self, name) for name in SETTINGS}
        )
        limits = float(self.inputs.min()), float(self.inputs.max())
        order = draws.permutation(len(self.inputs))
        for start in range(0, len(order), CHUNK):
            chosen = order[start : start + CHUNK]
            images = self.inputs[chosen].reshape(-1, *self.image_shape)
            distorted = distortion.distorted(images, draws, limits)
            yield distorted.reshape(len(images), -1), self.targets[chosen]
