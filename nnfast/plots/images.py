"""Inputs and weights as images: one of them, or many in a grid."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from nnfast.arrays import Array, check_within
from nnfast.datasets import class_targets
from nnfast.plots.checks import (
    checked_labels,
    finite_examples,
    finite_outputs,
    finite_vector,
    shape_of_images,
)
from nnfast.plots.style import (
    DARK,
    LIGHT,
    SIGNS,
    add_colour_bar,
    drawing,
    font_size,
    part_of,
    set_title,
    size_in_points,
)
from nnref.common.arguments import FINITE, positive_int
from nnref.common.network import Network, check_network

# More images than these in one picture would be too small to see.
MOST_IMAGES = 40
# In widths of an image: the gap beside it, and the height of a line of its caption.
GAP, LINE = 0.12, 0.24


def image(
    inputs: ArrayLike, image_shape: tuple[int, int] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw one example as an image, dark on light.

    Parameters
    ----------
    inputs : (inodes,) numbers
        The example; 0 is white and 1 is black, and numbers beyond these stretch the scale.
    image_shape : (int, int), optional
        Rows and columns of the image; without it, a square.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described.
    """
    inputs = finite_vector("inputs", inputs)
    shape = shape_of_images(image_shape, len(inputs))
    with drawing(ax, 4, 4) as ax:
        ax.imshow(inputs.reshape(shape), **_dark_on_light(inputs))
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color=LIGHT)
    return ax


def first_weights(
    network: Network,
    image_shape: tuple[int, int] | None = None,
    *,
    count: int = MOST_IMAGES,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights into each neuron of the first layer as an image.

    The image shows what the neuron looks for: it is blue where an input excites the neuron, and
    orange where an input inhibits it. Below it is the neuron's number, counted from 0.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    image_shape : (int, int), optional
        Rows and columns of the image that one row of inputs is; without it, a square.
    count : int
        How many neurons to show at most, from the first one on; the title says of how many.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described, or a weight is not finite.
    """
    check_network(network)
    shape = shape_of_images(image_shape, network.inodes)
    network = copy.copy(network)  # which no other thread trains meanwhile
    weights = np.asarray(network.weights[0])
    check_within("network.weights[0]", weights, FINITE)
    images = weights.T[: positive_int("count", count)]
    limit = abs(images).max()
    images = images.reshape(-1, *shape)
    with drawing(ax, 9, 6) as ax:
        room = 0.16
        numbers = [str(place) for place in range(len(images))]
        scale = {"cmap": SIGNS, "vmin": -limit, "vmax": limit}
        drawn = _draw_grid(ax, images, numbers, room=room, **scale)
        add_colour_bar(ax, drawn, cax=ax.inset_axes((1 - 0.8 * room, 0, 0.2 * room, 1)))
        layer = "hidden" if len(network.weights) > 1 else "output"
        neurons = part_of(len(images), weights.shape[1], f"{layer} neuron")
        set_title(ax, f"Weights into {neurons}")
    return ax


def most_wrong(
    network: Network,
    inputs: ArrayLike,
    labels: ArrayLike,
    image_shape: tuple[int, int] | None = None,
    *,
    count: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw the examples that the network got most wrong, the worst first.

    The network's answer is the class of its largest output. An answer is the more wrong, the
    further its output is above the output at the label. Both are written below the image.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend, with one output for each class.
    inputs : (n, inodes) numbers
        The examples, one per row.
    labels : (n,) ints
        What each example is, from 0 to ``onodes - 1``.
    image_shape : (int, int), optional
        Rows and columns of the image that one row of inputs is; without it, a square.
    count : int
        How many examples to show at most; the title says of how many.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described, or an output is not finite.
    """
    check_network(network)
    if network.onodes == 1:
        raise ValueError("network: got 1 output, wants at least 2, one for each class")
    shape = shape_of_images(image_shape, network.inodes)
    count = positive_int("count", count)
    examples = finite_examples(network, inputs)
    labels = checked_labels("labels", labels, len(examples), network.onodes)
    outputs = finite_outputs(network, examples)
    answers = outputs.argmax(axis=1)
    at_answer, at_label = outputs.max(axis=1), outputs[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(answers != labels)
    worst = wrong[np.argsort(at_label[wrong] - at_answer[wrong], kind="stable")][:count]
    captions = [
        f"{labels[n]} → {answers[n]}\n{at_label[n]:.2f} → {at_answer[n]:.2f}" for n in worst
    ]
    title = f"No errors in {len(labels):,} examples"
    with drawing(ax, 9, 6) as ax:
        ax.axis("off")
        if len(worst):
            images = examples[worst]
            _draw_grid(ax, images.reshape(-1, *shape), captions, **_dark_on_light(images))
            errors = part_of(len(worst), len(wrong), "error")
            title = f"The worst: {errors} in {len(labels):,} examples"
            title += "\nlabel → answer, outputs for both"
        set_title(ax, title)
    return ax


def back_queries(
    network: Network, image_shape: tuple[int, int] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw the image that the network has in mind for each output, found by its `backquery`.

    The targets are those of `nnfast.datasets.one_hot`: 0.99 for the output and 0.01 for the others.
    For tanh, whose outputs range from -1 to 1, they are 0.98 and -0.98.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    image_shape : (int, int), optional
        Rows and columns of the image that one row of inputs is; without it, a square.
    ax : Axes, optional
        Where to draw. At most 40 outputs are shown; the title says of how many.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described.
    """
    check_network(network)
    shape = shape_of_images(image_shape, network.inodes)
    places = range(min(network.onodes, MOST_IMAGES))
    network = copy.copy(network)  # which no other thread trains meanwhile
    images = np.array([network.backquery(row) for row in class_targets(network, places)])
    captions = [str(place) for place in places]
    with drawing(ax, 9, 5) as ax:
        _draw_grid(ax, images.reshape(-1, *shape), captions, **_dark_on_light(images))
        set_title(ax, f"What it has in mind for {part_of(len(images), network.onodes, 'output')}")
    return ax


def _dark_on_light(values: Array) -> dict[str, Any]:
    """Return the options of imshow for inputs: 0 or below white, 1 or above black."""
    return {"cmap": "gray_r", "vmin": values.min(initial=0.0), "vmax": values.max(initial=1.0)}


def _draw_grid(
    ax: Axes, images: Array, captions: Sequence[str] = (), room: float = 0.0, **style: Any
) -> AxesImage:
    """Draw images (n, rows, columns) as a grid, each one unit wide with its caption below.

    The room is the share of the width that is left free on the right.
    """
    count, rows, columns = images.shape
    height = rows / columns
    lines = captions[0].count("\n") + 1 if captions else 0
    x_pitch, y_pitch = 1 + GAP, height + GAP + LINE * lines
    x_points, y_points = size_in_points(ax)
    # The number side by side that makes the images largest.
    unit, across, down = max(
        (min((1 - room) * x_points / (across * x_pitch), y_points / (down * y_pitch)), across, down)
        for across in range(1, count + 1)
        for down in (math.ceil(count / across),)
    )
    size = min(font_size(), 0.75 * LINE * unit)
    for place, pixels in enumerate(images):
        x, y = place % across * x_pitch, place // across * y_pitch
        drawn = ax.imshow(pixels, extent=(x, x + 1, y + height, y), **style)
        if captions:
            below = (x + 0.5, y + height + GAP / 4)
            ax.text(*below, captions[place], ha="center", va="top", fontsize=size, color=DARK)
    ax.set(xlim=(0, (across * x_pitch - GAP) / (1 - room)), ylim=(down * y_pitch - GAP, 0))
    ax.axis("off")
    return drawn
