"""What a caller passes to be drawn becomes finite arrays, or an error that says why not."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import Array, check_within, checked_matrix, checked_vector, number_array
from nnfast.image_shape import checked_image_shape, square
from nnref.common.arguments import FINITE, items, shown
from nnref.common.examples import array_of, cure
from nnref.common.network import Network

Integers = NDArray[np.int64]


def finite_vector(name: str, values: ArrayLike) -> Array:
    """Return values as finite floats (n,), n at least 1."""
    wants = "a sequence of numbers"
    array = array_of(name, values, wants)
    if array is not None:
        width = array.shape[0] if array.shape else 0
    else:
        given = items(values)
        if given is None:
            raise TypeError(f"{name}: got {shown(values)}, wants {wants}{cure(values)}")
        values = list(given)
        width = len(values)
    vector = checked_vector(name, values, width, "float64")
    if not len(vector):
        raise ValueError(f"{name}: got no numbers, wants at least 1")
    check_within(name, vector, FINITE)
    return vector


def finite_examples(network: Network, inputs: ArrayLike) -> Array:
    """Return inputs as finite floats (n, inodes), n at least 1."""
    examples = checked_matrix("inputs", inputs, network.inodes, "float64")
    check_within("inputs", examples, FINITE)
    if not len(examples):
        raise ValueError("inputs: got no examples, wants at least 1")
    return examples


def finite_outputs(network: Network, inputs: Array) -> Array:
    """Return the network's outputs (n, onodes) for the examples, if all of them are finite."""
    outputs = np.asarray(network.predict(inputs))
    check_within("the network's outputs", outputs, FINITE)
    return outputs


def shape_of_images(image_shape: tuple[int, int] | None, pixels: int) -> tuple[int, int]:
    """Return the rows and columns of an image of this many pixels: a square if None is given."""
    if image_shape is None:
        shape = square(pixels)
        if shape is None:
            raise ValueError(
                f"image_shape: got None for {pixels} inputs, which do not make a square, "
                "wants (rows, columns)"
            )
        return shape
    shape = checked_image_shape(image_shape)
    if math.prod(shape) != pixels:
        raise ValueError(
            f"image_shape: got {shape}, of {math.prod(shape)} pixels, wants one of {pixels}"
        )
    return shape


def checked_labels(
    name: str, values: ArrayLike, examples: int | None = None, classes: int | None = None
) -> Integers:
    """Return values as whole numbers (n,), n at least 1.

    If the number of examples is given, there must be one for each of them; if the number of classes
    is given, each must be one of these.
    """
    array = number_array(name, values, "whole numbers (n,)")
    if array.ndim != 1 or array.dtype.kind not in "iu" or not array.size:
        raise ValueError(
            f"{name}: got shape {array.shape} of {array.dtype}, wants whole numbers (n,), "
            "n at least 1"
        )
    if examples is not None and len(array) != examples:
        raise ValueError(f"{name}: got {len(array)}, wants {examples}, one for each example")
    if classes is not None:
        outside = np.flatnonzero((array < 0) | (array >= classes))
        if outside.size:
            first = outside[0]
            raise ValueError(f"{name}[{first}]: got {array[first]}, wants 0 to {classes - 1}")
    return array.astype(np.int64)
