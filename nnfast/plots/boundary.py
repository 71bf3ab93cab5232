"""What a network of two inputs answers at every point of their plane."""

import copy
import math
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import Array, check_within, checked_matrix, number_array
from nnfast.plots.checks import Integers, checked_labels, finite_examples, finite_outputs
from nnfast.plots.layers import signals_and_outputs
from nnfast.plots.style import (
    DARK,
    SIGNS,
    add_colour_bar,
    drawing,
    font_size,
    name_axes,
    set_title,
)
from nnref.common.arguments import FINITE
from nnref.common.description import middle
from nnref.common.network import Network, check_network

# Points of the plane along each of its axes: enough for smooth lines.
RESOLUTION = 200
MARKERS = "os^DvPX<>*"
# How opaque the colours of the plane are: points of the same colour must stand out.
GROUND = 0.35


def decision_boundary(
    network: Network,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a network of two inputs answers at every point of their plane.

    If the network has one output, the colour shows its value, and a line runs where the output is
    in the middle: at 0 for tanh, otherwise at 0.5. If it has several outputs, the colour shows
    which is the largest.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend, with two inputs.
    inputs : (n, 2) numbers, optional
        Examples to draw as points. They determine which part of the plane is shown; without them
        it is the part around 0 to 1.
    targets : (n, onodes) or (n,) numbers, optional
        What the outputs for the examples should be, as `fit` takes it, or the class of each
        example. They give the points their colours, and the title says how many points are on the
        right side.
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
    if network.inodes != 2:
        raise ValueError(f"network: got {network.inodes} inputs, wants 2, which make a plane")
    if inputs is None and targets is not None:
        raise ValueError("targets: got some without inputs, wants inputs too")
    points = np.empty((0, 2)) if inputs is None else finite_examples(network, inputs)
    classes = None if targets is None else _checked_classes(network, targets, len(points))
    first, second = (_around(column) for column in points.T)
    plane = np.stack(np.meshgrid(first, second), axis=-1)
    network = copy.copy(network)  # which no other thread trains meanwhile
    # Not by `predict`, which warns of inputs beyond the training examples, as many of these are.
    *_, (_, _, outputs) = signals_and_outputs(network, plane.reshape(-1, 2))
    outputs = outputs.reshape(*plane.shape[:2], -1)
    title = "Decision boundary"
    if classes is not None:
        right = int((_classes(network, finite_outputs(network, points)) == classes).sum())
        title += f": {right:,} of {len(points):,} right"
    with drawing(ax, 8, 6.5) as ax:
        if network.onodes == 1:
            colours = _colour_by_output(ax, network, first, second, outputs[..., 0])
        else:
            colours = _colour_by_largest(ax, first, second, outputs)
        if len(points):
            _draw_points(ax, points, classes, colours)
        ax.set(xlim=(first[0], first[-1]), ylim=(second[0], second[-1]))
        set_title(ax, title)
        name_axes(ax, "first input", "second input")
    return ax


def _checked_classes(network: Network, targets: ArrayLike, examples: int) -> Integers:
    """Return the class of each example, given as such or by its targets."""
    array = number_array("targets", targets)
    if array.ndim == 1 and network.onodes > 1:
        return checked_labels("targets", targets, examples, network.onodes)
    column_or_rows = array[:, np.newaxis] if array.ndim == 1 else targets
    rows = checked_matrix("targets", column_or_rows, network.onodes, "float64")
    check_within("targets", rows, FINITE)
    if len(rows) != examples:
        raise ValueError(f"targets: got {len(rows)}, wants {examples}, one for each example")
    return _classes(network, rows)


def _classes(network: Network, rows: Array) -> Integers:
    """Return the class that each row of outputs or targets (n, onodes) stands for."""
    if network.onodes == 1:
        return (rows[:, 0] > middle(network.output_activation)).astype(np.int64)
    classes: Integers = rows.argmax(axis=1)
    return classes


def _around(values: Array) -> Array:
    """Return evenly spaced numbers over a column of inputs, and somewhat beyond both ends."""
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    margin = 0.2 * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, RESOLUTION)


def _colour_by_output(
    ax: Axes, network: Network, first: Array, second: Array, output: Array
) -> list[Any]:
    """Colour the plane by its one output; return the colours below and above the middle."""
    centre = middle(network.output_activation)
    # How far an output can be from the middle or, where there is no limit, how far one is.
    limits = {"sigmoid": 0.5, "tanh": 1.0}
    furthest = limits.get(network.output_activation) or float(abs(output - centre).max()) or 1.0
    drawn = _draw_plane(
        ax, first, second, output,
        cmap=SIGNS, vmin=centre - furthest, vmax=centre + furthest, alpha=GROUND,
    )  # fmt: skip
    _draw_zeros(ax, first, second, output - centre)
    add_colour_bar(ax, drawn, "output")
    return [SIGNS(end) for end in (0.0, 1.0)]


def _colour_by_largest(ax: Axes, first: Array, second: Array, outputs: Array) -> list[Any]:
    """Colour the plane by which of its outputs is the largest; return the colour of each."""
    classes = outputs.shape[-1]
    colours = colormaps["viridis"].resampled(classes)
    drawn = _draw_plane(
        ax, first, second, outputs.argmax(axis=-1),
        cmap=colours, vmin=-0.5, vmax=classes - 0.5, alpha=GROUND, interpolation="nearest",
    )  # fmt: skip
    for place in range(classes):
        others = np.delete(outputs, place, axis=-1).max(axis=-1)
        _draw_zeros(ax, first, second, outputs[..., place] - others)
    add_colour_bar(ax, drawn, "largest output", ticks=MaxNLocator(integer=True))
    return [colours(place) for place in range(classes)]


def _draw_plane(
    ax: Axes, first: Array, second: Array, values: NDArray[Any], **style: Any
) -> AxesImage:
    """Draw values at the points of a grid as an image, each point in the middle of its pixel."""
    left, bottom = (axis[0] - (axis[1] - axis[0]) / 2 for axis in (first, second))
    right, top = (axis[-1] + (axis[1] - axis[0]) / 2 for axis in (first, second))
    return ax.imshow(
        values, origin="lower", extent=(left, right, bottom, top), aspect="auto", **style
    )


def _draw_zeros(ax: Axes, first: Array, second: Array, heights: Array) -> None:
    """Draw the line along which the heights are 0, if there is one."""
    if heights.min() < 0 < heights.max():
        ax.contour(first, second, heights, levels=[0.0], colors=DARK)


def _draw_points(ax: Axes, points: Array, classes: Integers | None, colours: list[Any]) -> None:
    """Draw examples as points, those of each class in its colour and with its marker."""
    size = font_size() * min(max(8 / math.sqrt(len(points)), 0.3), 0.9)
    # The colours of two classes are dark; of those of several, some are pale.
    edge = "white" if len(colours) == 2 else DARK
    if classes is None:
        classes, colours = np.zeros(len(points), dtype=np.int64), [DARK]
    for place, colour in enumerate(colours):
        x, y = points[classes == place].T
        marker = MARKERS[place % len(MARKERS)]
        ax.scatter(x, y, size**2, color=colour, marker=marker, edgecolors=edge)
