"""Pictures and their labels, as every reader of files returns them, and how many there may be."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnfast.data_files.opening import DatasetError

CLASSES = 10  # the digits, even if one of them is missing; larger labels need more
MOST_LABEL = 255
# A small .gz can honestly promise, and unpack to, more than any memory holds. This many values in
# one file make 2 GiB of float64 inputs; MNIST's training images are a sixth of it.
MOST_VALUES = 2**28


class Examples(NamedTuple):
    """Pixels (n, rows, columns), labels (n,), and what to call the place of the pixels."""

    place: str
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]


class Found(NamedTuple):
    """An array, and what to call the place where it was found."""

    place: str
    values: NDArray[Any]


def check_size(says: str, shape: tuple[int, ...], itemsize: int = 1) -> None:
    """Raise DatasetError if one file may not have so many values."""
    if math.prod(shape) * itemsize > MOST_VALUES:
        values = " x ".join(map(str, shape))
        raise DatasetError(f"{says} {values} values, more than {MOST_VALUES} bytes")


def examples(images: Found, labels: Found) -> Examples:
    """Return pictures (n, rows, columns) with their labels, any whole numbers (n,)."""
    count = len(images.values)
    if len(labels.values) != count:
        raise DatasetError(
            f"{labels.place}: {len(labels.values)} labels, but {images.place} has {count} images"
        )
    outside = np.flatnonzero((labels.values < 0) | (labels.values > MOST_LABEL))
    if outside.size:
        first = outside[0]
        raise DatasetError(
            f"{labels.place}: label {first}: got {labels.values[first]}, wants 0 to {MOST_LABEL}"
        )
    return Examples(images.place, images.values, labels.values.astype(np.uint8, copy=False))


def split(both: Examples) -> tuple[Examples, Examples]:
    """Return the examples to train on and the last sixth of them, at least one, to test on."""
    place, pixels, labels = both
    if len(labels) < 2:
        raise DatasetError(f"{place}: 1 example, wants at least one to train and one to test")
    first_of_test = len(labels) - max(1, len(labels) // 6)
    return (
        Examples(place, pixels[:first_of_test], labels[:first_of_test]),
        Examples(place, pixels[first_of_test:], labels[first_of_test:]),
    )


def classes_of(train: Examples, test: Examples) -> int:
    """Return how many classes there are: one more than the largest label, and at least ten.

    Raises DatasetError if the two do not fit together, or need too many targets.
    """
    sizes, wanted = (" x ".join(map(str, both.pixels.shape[1:])) for both in (test, train))
    if sizes != wanted:
        raise DatasetError(
            f"{test.place}: images of {sizes} pixels, but those of {train.place} have {wanted}"
        )
    classes = max(CLASSES, 1 + int(max(train.labels.max(), test.labels.max())))
    for both in (train, test):
        if len(both.labels) * classes > MOST_VALUES:
            raise DatasetError(
                f"{both.place}: {len(both.labels)} examples of {classes} classes, "
                f"more than {MOST_VALUES} targets"
            )
    return classes
