"""What a network answers to one example."""

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from nnfast.arrays import Array
from nnfast.plots.checks import finite_vector, shape_of_images
from nnfast.plots.images import image
from nnfast.plots.style import (
    BLUE,
    DARK,
    LIGHT,
    drawing,
    font_size,
    set_title,
    size_in_points,
    tidy,
)


def answer(
    outputs: ArrayLike,
    inputs: ArrayLike | None = None,
    image_shape: tuple[int, int] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a network answers to one example: a bar for each output, the largest in colour.

    Parameters
    ----------
    outputs : (onodes,) numbers
        What `query` returned.
    inputs : (inodes,) numbers, optional
        The example, to be drawn beside the bars.
    image_shape : (int, int), optional
        Rows and columns of the image that the inputs are; without it, a square.
    ax : Axes, optional
        Where to draw. With inputs it is divided into two Axes within it (``ax.child_axes``): the
        image, then the bars.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described.
    """
    outputs = finite_vector("outputs", outputs)
    if inputs is not None:
        inputs = finite_vector("inputs", inputs)
        image_shape = shape_of_images(image_shape, len(inputs))
    with drawing(ax, 9 if inputs is not None else 6, 4.5) as ax:
        bars = ax
        if inputs is not None:
            ax.axis("off")
            image(inputs, image_shape, ax=ax.inset_axes((0.0, 0.0, 0.45, 1.0)))
            bars = ax.inset_axes((0.55, 0.0, 0.45, 1.0))
            tidy(bars)
        _draw_bars(bars, outputs)
        largest = outputs.argmax()
        what = f"Answer: {largest}, by an output" if len(outputs) > 1 else "Output"
        set_title(ax, f"{what} of {outputs[largest]:.2f}")
    return ax


def _draw_bars(ax: Axes, outputs: Array) -> None:
    """Draw a bar for each output and write its value at the end of it."""
    width, height = size_in_points(ax)
    largest, places = outputs.argmax(), range(len(outputs))
    size = min(font_size(), 0.7 * height / len(outputs))
    colours = [BLUE if place == largest else LIGHT for place in places]
    bars = ax.barh(places, outputs, color=colours)
    values = [f"{output:.2f}" for output in outputs]
    ax.bar_label(bars, values, padding=3, fontsize=size, color=DARK)
    low, high = outputs.min(initial=0.0), outputs.max(initial=1.0)
    # At each end that a bar points to, a share of the width for its value.
    share = min(0.7 * size * max(map(len, values)) / width, 0.3)
    margin = share * (high - low) / (1 - (2 if low < 0 else 1) * share)
    ax.set(xlim=(low - margin if low < 0 else 0.0, high + margin), xticks=[], yticks=places)
    ax.tick_params(axis="y", length=0, labelsize=size)
    ax.spines["bottom"].set_visible(False)
    ax.invert_yaxis()
