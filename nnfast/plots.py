"""Pictures of a network and of what it does, drawn by matplotlib.

For instance::

    from nnfast import plots

    ax = plots.first_weights(network)
    ax.figure.savefig("weights.png")

Each function draws on the Axes that it is given, or on one in a new figure of pyplot's, which a
notebook shows by itself; it returns that Axes and clears nothing on it. Networks of either backend
are taken, and give the same picture. No function calls ``show``, or leaves a setting of
matplotlib's changed.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import check_within, checked_matrix, checked_vector, number_array
from nnfast.datasets import class_targets
from nnfast.image_shape import checked_image_shape, square
from nnfast.network import NeuralNetwork
from nnfast.optional import required_by
from nnref.common.arguments import FINITE, items, positive_int, shown
from nnref.common.network import Network, check_network
from nnref.common.training import History

with required_by("nnfast.plots", "matplotlib"):
    from matplotlib import colormaps, rc_context, rcParams
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator

__all__ = [
    "answer",
    "back_queries",
    "confusion_matrix",
    "decision_boundary",
    "first_weights",
    "histograms",
    "image",
    "learning_curves",
    "most_wrong",
]

Array = NDArray[np.floating]
Whole = NDArray[np.int64]

# Told apart by the colour-blind too (Okabe and Ito 2008).
BLUE, PALE_BLUE, ORANGE = "#0072B2", "#56B4E9", "#D55E00"
DARK, MIDDLE, LIGHT = "#333333", "#808080", "#d0d0d0"
DIVERGING = "RdBu"
MARKERS = "os^DvPX<>*"
# More than these in one picture are too small to be seen, or to be read.
MOST_IMAGES, MOST_CLASSES = 40, 60
# In widths of an image: what is left free beside it, and the height of a line of its caption.
GAP, LINE = 0.12, 0.24
# In heights of the curves: the legend's place.
ROOM_ABOVE = 0.3
# Ticks are so many apart, times a power of ten.
ROUND = (1, 2, 5, 10)
# Points of a plane along each of its axes: enough for smooth lines.
RESOLUTION = 200


def learning_curves(history: History, *, ax: Axes | None = None) -> Axes:
    """Draw the loss of every epoch, and where there are any the validation's loss and score.

    Parameters
    ----------
    history : History
        What `fit` returned, or has come to so far. Epochs are counted from 1 in the picture, so
        that ``history.best_epoch``, where it is set, is marked at the next number.
    ax : Axes, optional
        Where to draw. The score has an axis of its own, at the right.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If history is none, or has no epochs.
    """
    if not isinstance(history, History):
        raise TypeError(f"history: got {shown(history)}, wants a History, which fit returns")
    if not history.loss:
        raise ValueError("history: got no epochs, wants at least 1")
    with _drawing(ax, 8, 5) as ax:
        lines = [_curve(ax, history.loss, "training loss", PALE_BLUE)]
        if history.validation_loss:
            lines.append(_curve(ax, history.validation_loss, "validation loss", BLUE))
        if history.best_epoch is not None:
            best = history.best_epoch + 1
            line = ax.axvline(best, ymax=1 / (1 + ROOM_ABOVE), color=MIDDLE, linestyle="--")
            line.set(label=f"best epoch: {best}", linewidth=1.5, zorder=0)
            lines.append(line)
        ax.set_ylim(bottom=0)
        _leave_room_above(ax)
        ax.grid(axis="y", color=LIGHT, linewidth=0.5)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=ROUND))
        _name_axes(ax, "epoch", "mean loss")
        if history.validation_score:
            right = ax.twinx()
            _tidy(right)
            right.spines["right"].set_visible(True)
            scores = history.validation_score
            lines.append(_curve(right, scores, "validation score (right)", ORANGE))
            _leave_room_above(right)
            right.tick_params(colors=ORANGE)
        size = min(_font_size(), _size(ax)[0] / 28)
        ax.legend(handles=lines, loc="upper center", ncols=2, frameon=False, fontsize=size)
        _title(ax, "Learning curves")
    return ax


def first_weights(
    network: Network,
    image_shape: tuple[int, int] | None = None,
    *,
    count: int = MOST_IMAGES,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights into each neuron of the first layer as an image.

    It shows what the neuron looks for: blue where an input excites it, red where it inhibits it.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    image_shape : (int, int), optional
        Rows and columns of the image that one row of inputs is; without it, a square.
    count : int
        How many neurons to show at most, the first ones; the title tells of how many.
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
    shape = _image_shape(image_shape, network.inodes)
    weights = np.asarray(network.weights[0])
    check_within("network.weights[0]", weights, FINITE)
    images = weights.T[: positive_int("count", count)]
    limit = abs(images).max()
    images = images.reshape(-1, *shape)
    with _drawing(ax, 9, 6) as ax:
        room = 0.16
        drawn = _draw_images(ax, images, room=room, cmap=DIVERGING, vmin=-limit, vmax=limit)
        _colour_bar(ax, drawn, cax=ax.inset_axes((1 - 0.8 * room, 0, 0.2 * room, 1)))
        layer = "hidden" if len(network.weights) > 1 else "output"
        _title(ax, f"Weights into {_which(len(images), weights.shape[1], f'{layer} neuron')}")
    return ax


def confusion_matrix(labels: ArrayLike, answers: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw how often each label (rows) got each answer (columns).

    Right answers are blue and errors orange, the darker the larger their share of the row; the
    darkest orange is the largest such share of an error.

    Parameters
    ----------
    labels : (n,) ints
        What each example is.
    answers : (n,) ints
        What the network said it is, for instance ``network.predict(inputs).argmax(axis=1)``.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If labels and answers are not as many whole numbers, at least one, or are more than 60
        different ones.
    """
    labels, answers = _labels("labels", labels), _labels("answers", answers)
    if len(labels) != len(answers):
        raise ValueError(f"answers: got {len(answers)}, wants {len(labels)}, one for each label")
    classes = np.union1d(labels, answers)
    if len(classes) > MOST_CLASSES:
        raise ValueError(f"labels: got {len(classes)} classes, wants at most {MOST_CLASSES}")
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (np.searchsorted(classes, labels), np.searchsorted(classes, answers)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(len(classes), dtype=bool)
    errors = np.where(right, 0.0, shares)
    darkness = np.where(right, shares, errors / (errors.max() or 1.0))
    with _drawing(ax, 7, 7) as ax:
        for cells, colours in ((right, "Blues"), (~right, "Oranges")):
            # Not to the end of the map: dark digits are still to be read on it.
            masked = np.ma.masked_where(~cells | (counts == 0), darkness)
            ax.imshow(masked, cmap=colours, vmin=0.0, vmax=2.0)
        _write_counts(ax, counts)
        ticks = range(len(classes))
        ax.set_xticks(ticks, [str(name) for name in classes])
        ax.set_yticks(ticks, [str(name) for name in classes])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        _name_axes(ax, "answer", "label")
        rightly = int((labels == answers).sum())
        _title(ax, f"{rightly:,} of {len(labels):,} right: {100 * rightly / len(labels):.2f} %")
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

    Its answer is the class of the largest output. How wrong it is, is how far this output is above
    the one at the label. Both are written under the image.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend, with an output for each class.
    inputs : (n, inodes) numbers
        The examples, one per row.
    labels : (n,) ints
        What each example is, from 0 to ``onodes - 1``.
    image_shape : (int, int), optional
        Rows and columns of the image that one row of inputs is; without it, a square.
    count : int
        How many examples to show at most; the title tells of how many.
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
    shape = _image_shape(image_shape, network.inodes)
    count = positive_int("count", count)
    examples = _examples(network, inputs)
    labels = _labels("labels", labels, len(examples), network.onodes)
    outputs = _outputs(network, examples)
    answers = outputs.argmax(axis=1)
    at_answer, at_label = outputs.max(axis=1), outputs[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(answers != labels)
    worst = wrong[np.argsort(at_label[wrong] - at_answer[wrong], kind="stable")][:count]
    captions = [
        f"{labels[n]} → {answers[n]}\n{at_label[n]:.2f} → {at_answer[n]:.2f}" for n in worst
    ]
    title = f"No errors in {len(labels):,} examples"
    with _drawing(ax, 9, 6) as ax:
        ax.axis("off")
        if len(worst):
            _draw_images(ax, examples[worst].reshape(-1, *shape), captions, **_ink(examples[worst]))
            which = _which(len(worst), len(wrong), "error")
            title = f"The worst: {which} in {len(labels):,} examples"
            title += "\nlabel → answer, outputs for both"
        _title(ax, title)
    return ax


def back_queries(
    network: Network, image_shape: tuple[int, int] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw the image that the network has in mind for each output, by its `backquery`.

    The targets are those of `nnfast.datasets.one_hot`, 0.99 for the output and 0.01 for the others;
    for tanh, whose outputs reach from -1 to 1, 0.98 and -0.98.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    image_shape : (int, int), optional
        Rows and columns of the image that one row of inputs is; without it, a square.
    ax : Axes, optional
        Where to draw. At most 40 outputs are shown; the title tells of how many.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described.
    """
    check_network(network)
    shape = _image_shape(image_shape, network.inodes)
    shown_outputs = range(min(network.onodes, MOST_IMAGES))
    images = np.array([network.backquery(row) for row in class_targets(network, shown_outputs)])
    captions = [str(place) for place in shown_outputs]
    with _drawing(ax, 9, 5) as ax:
        _draw_images(ax, images.reshape(-1, *shape), captions, **_ink(images))
        _title(ax, f"What it has in mind for {_which(len(images), network.onodes, 'output')}")
    return ax


def decision_boundary(
    network: Network,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a network of two inputs says at every point of their plane.

    With one output, its value is the colour and the line is where it is in the middle: at 0 for
    tanh, else at 0.5. With several, the colour is that of the largest.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend, with two inputs.
    inputs : (n, 2) numbers, optional
        Examples to draw as points. They determine which part of the plane is shown; without them
        it is that around 0 to 1.
    targets : (n, onodes) or (n,) numbers, optional
        What the outputs for the examples should be, as `fit` takes it, or the class of each. The
        points have the colours of these, and the title tells how many are on their side.
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
        raise ValueError("targets: got some without inputs, wants both")
    points = np.empty((0, 2)) if inputs is None else _examples(network, inputs)
    classes = None if targets is None else _classes(network, targets, len(points))
    first, second = (_around(column) for column in points.T)
    plane = np.stack(np.meshgrid(first, second), axis=-1)
    # By layers, since `predict` warns of what is beyond the training examples, as much of this is.
    *_, (_, _, outputs) = _layers(network, plane.reshape(-1, 2))
    outputs = outputs.reshape(*plane.shape[:2], -1)
    title = "Decision boundary"
    if classes is not None:
        right = int((_answers(network, _outputs(network, points)) == classes).sum())
        title += f": {right:,} of {len(points):,} right"
    with _drawing(ax, 8, 6.5) as ax:
        if network.onodes == 1:
            colours = _colour_by_output(ax, network, first, second, outputs[..., 0])
        else:
            colours = _colour_by_largest(ax, first, second, outputs)
        if len(points):
            _draw_points(ax, points, classes, colours)
        ax.set(xlim=(first[0], first[-1]), ylim=(second[0], second[-1]))
        _title(ax, title)
        _name_axes(ax, "first input", "second input")
    return ax


def histograms(network: Network, inputs: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw how the signals into each layer, and its outputs, are spread over many examples.

    Saturated neurons show as signals far from 0 and outputs heaped at their ends, dead ones of relu
    as outputs heaped at 0.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    inputs : (n, inodes) numbers
        The examples, one per row.
    ax : Axes, optional
        Where to draw. It is divided into a row for each layer, each of two Axes within it
        (``ax.child_axes``): signals, then outputs, with scales of their own.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described, or a signal is not finite.
    """
    check_network(network)
    examples = _examples(network, inputs)
    layers = list(_layers(network, examples))
    with _drawing(ax, 9, 1 + 2 * len(layers)) as ax:
        ax.axis("off")
        for row, (name, signals, outputs) in enumerate(layers):
            left = _draw_histogram(ax, row, len(layers), 0, signals, BLUE)
            left.set_ylabel(name, rotation="horizontal", ha="right", va="center", color=DARK)
            right = _draw_histogram(ax, row, len(layers), 1, outputs, ORANGE)
            if row == 0:
                left.set_title("signals", color=BLUE)
                right.set_title("outputs", color=ORANGE)
        _title(ax, f"Signals and outputs of {_which(len(examples), len(examples), 'example')}")
    return ax


def answer(
    outputs: ArrayLike,
    inputs: ArrayLike | None = None,
    image_shape: tuple[int, int] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a network says about one example: a bar for each output, the largest in colour.

    Parameters
    ----------
    outputs : (onodes,) numbers
        What `query` returned.
    inputs : (inodes,) numbers, optional
        The example, to be drawn beside them.
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
    outputs = _vector("outputs", outputs)
    if inputs is not None:
        inputs = _vector("inputs", inputs)
        image_shape = _image_shape(image_shape, len(inputs))
    with _drawing(ax, 9 if inputs is not None else 6, 4.5) as ax:
        bars = ax
        if inputs is not None:
            ax.axis("off")
            image(inputs, image_shape, ax=ax.inset_axes((0.0, 0.0, 0.45, 1.0)))
            bars = ax.inset_axes((0.55, 0.0, 0.45, 1.0))
            _tidy(bars)
        _draw_bars(bars, outputs)
        largest = outputs.argmax()
        answer = f"Answer: {largest}, by an output" if len(outputs) > 1 else "Output"
        _title(ax, f"{answer} of {outputs[largest]:.2f}")
    return ax


def image(
    inputs: ArrayLike, image_shape: tuple[int, int] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw one example as an image, dark on light.

    Parameters
    ----------
    inputs : (inodes,) numbers
        The example; 0 is white and 1 black, and numbers beyond these stretch the scale.
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
    inputs = _vector("inputs", inputs)
    shape = _image_shape(image_shape, len(inputs))
    with _drawing(ax, 4, 4) as ax:
        ax.imshow(inputs.reshape(shape), **_ink(inputs))
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color=LIGHT)
    return ax


# The look.


@contextmanager
def _drawing(ax: Axes | None, width: float, height: float) -> Iterator[Axes]:
    """Give the Axes to draw on, in a new figure of this size in inches if there is none."""
    if ax is None:
        from matplotlib import pyplot

        figure, ax = pyplot.subplots(
            figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1)
        )
        try:
            with _drawing(ax, width, height):
                yield ax
        except BaseException:
            pyplot.close(figure)  # which nobody else knows of
            raise
        return
    if not isinstance(ax, Axes):
        raise TypeError(f"ax: got {shown(ax)}, wants a matplotlib Axes or None")
    # As large as suits a talk, where there is room for it.
    size = min(max(_size(ax)[0] / 28, 7.0), 13.0)
    with rc_context({"font.size": size, "lines.linewidth": size / 5, "lines.markersize": size / 2}):
        _tidy(ax)
        yield ax


def _size(ax: Axes) -> tuple[float, float]:
    """Return the width and height of an Axes in points."""
    box, points = ax.get_window_extent(), 72 / ax.figure.dpi
    return box.width * points, box.height * points


def _font_size() -> float:
    return float(rcParams["font.size"])


def _tidy(ax: Axes) -> None:
    ax.tick_params(labelsize=0.9 * _font_size(), colors=DARK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[:].set_color(MIDDLE)


def _title(ax: Axes, text: str) -> None:
    longest = max(map(len, text.splitlines()))
    ax.set_title(
        text, fontsize=min(1.2 * _font_size(), _size(ax)[0] / (0.55 * longest)), color=DARK
    )


def _name_axes(ax: Axes, x: str, y: str) -> None:
    ax.set_xlabel(x, fontsize="medium", color=DARK)
    ax.set_ylabel(y, fontsize="medium", color=DARK)


def _leave_room_above(ax: Axes) -> None:
    """Stretch the y axis upwards, so that a legend at the top covers nothing."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + ROOM_ABOVE * (high - low))


def _curve(ax: Axes, values: Sequence[float], label: str, colour: str) -> Line2D:
    """Draw one value per epoch; dots as well where lines might be too short to be seen."""
    marker = "o" if len(values) <= 30 else None
    epochs = range(1, len(values) + 1)
    (line,) = ax.plot(epochs, values, color=colour, marker=marker, label=label)
    return line


def _ink(values: Array) -> dict[str, Any]:
    """Return how imshow is to draw inputs: dark on light, 0 white and 1 black or beyond."""
    return {"cmap": "gray_r", "vmin": values.min(initial=0.0), "vmax": values.max(initial=1.0)}


def _which(drawn: int, of: int, noun: str) -> str:
    """Return how many of how many are drawn: "all 30 outputs" or "40 of 200 outputs"."""
    if of == 1:
        return f"1 {noun}"
    return f"all {of:,} {noun}s" if drawn == of else f"{drawn:,} of {of:,} {noun}s"


def _draw_images(
    ax: Axes, images: Array, captions: Sequence[str] = (), room: float = 0.0, **style: Any
) -> AxesImage:
    """Draw images (n, rows, columns) as a grid, each one unit wide with its caption beneath.

    At the right a share of the width, the room, is left free.
    """
    count, rows, columns = images.shape
    height = rows / columns
    lines = captions[0].count("\n") + 1 if captions else 0
    x_pitch, y_pitch = 1 + GAP, height + GAP + LINE * lines
    x_points, y_points = _size(ax)
    # As many side by side as make them largest.
    unit, across, down = max(
        (min((1 - room) * x_points / (across * x_pitch), y_points / (down * y_pitch)), across, down)
        for across in range(1, count + 1)
        for down in (math.ceil(count / across),)
    )
    size = min(_font_size(), 0.75 * LINE * unit)
    for place, pixels in enumerate(images):
        x, y = place % across * x_pitch, place // across * y_pitch
        drawn = ax.imshow(pixels, extent=(x, x + 1, y + height, y), **style)
        if captions:
            below = (x + 0.5, y + height + GAP / 4)
            ax.text(*below, captions[place], ha="center", va="top", fontsize=size, color=DARK)
    ax.set(xlim=(0, (across * x_pitch - GAP) / (1 - room)), ylim=(down * y_pitch - GAP, 0))
    ax.axis("off")
    return drawn


def _colour_bar(
    ax: Axes, drawn: AxesImage, label: str = "", *, cax: Axes | None = None, ticks: Any = None
) -> None:
    """Add the scale of an image's colours, in an Axes of its own or in room taken from this one."""
    bar = ax.figure.colorbar(drawn, ax=ax, cax=cax, ticks=ticks)
    bar.outline.set_visible(False)
    _tidy(bar.ax)
    bar.set_label(label, color=DARK)


def _write_counts(ax: Axes, counts: Whole) -> None:
    """Write the numbers of a table into its cells, zeros paler."""
    cell = min(_size(ax)) / len(counts)
    digits = len(f"{counts.max()}")
    size = min(_font_size(), cell / (0.75 * digits), 0.6 * cell)
    for (row, column), count in np.ndenumerate(counts):
        colour = DARK if count else LIGHT
        ax.text(column, row, f"{count}", ha="center", va="center", fontsize=size, color=colour)


def _colour_by_output(
    ax: Axes, network: Network, first: Array, second: Array, output: Array
) -> list[Any]:
    """Colour the plane by its one output; return the colours of below and above the middle."""
    middle = _middle(network)
    # How far outputs can be from it.
    furthest = float(abs(output - middle).max()) or 1.0
    reach = {"sigmoid": 0.5, "tanh": 1.0}.get(network.output_activation, furthest)
    drawn = _fill(
        ax, first, second, output,
        cmap=DIVERGING, vmin=middle - reach, vmax=middle + reach, alpha=0.7,
    )  # fmt: skip
    _draw_contour(ax, first, second, output - middle)
    _colour_bar(ax, drawn, "output")
    return [colormaps[DIVERGING](end) for end in (0.0, 1.0)]


def _colour_by_largest(ax: Axes, first: Array, second: Array, outputs: Array) -> list[Any]:
    """Colour the plane by which of its outputs is the largest; return the colour of each."""
    classes = outputs.shape[-1]
    colours = colormaps["viridis"].resampled(classes)
    largest = outputs.argmax(axis=-1)
    drawn = _fill(
        ax, first, second, largest,
        cmap=colours, vmin=-0.5, vmax=classes - 0.5, alpha=0.4, interpolation="nearest",
    )  # fmt: skip
    for place in range(classes):
        others = np.delete(outputs, place, axis=-1).max(axis=-1)
        _draw_contour(ax, first, second, outputs[..., place] - others)
    _colour_bar(ax, drawn, "largest output", ticks=MaxNLocator(integer=True))
    return [colours(place) for place in range(classes)]


def _fill(ax: Axes, first: Array, second: Array, values: NDArray[Any], **style: Any) -> AxesImage:
    """Draw values at the points of a grid as an image, whose pixels have these in their middle."""
    left, bottom = (axis[0] - (axis[1] - axis[0]) / 2 for axis in (first, second))
    right, top = (axis[-1] + (axis[1] - axis[0]) / 2 for axis in (first, second))
    return ax.imshow(
        values, origin="lower", extent=(left, right, bottom, top), aspect="auto", **style
    )


def _draw_contour(ax: Axes, first: Array, second: Array, heights: Array) -> None:
    """Draw the line where heights are 0, if there is one."""
    if heights.min() < 0 < heights.max():
        ax.contour(first, second, heights, levels=[0.0], colors=DARK)


def _draw_points(ax: Axes, points: Array, classes: Whole | None, colours: list[Any]) -> None:
    """Draw examples as points, those of each class in its colour and with its marker."""
    size = _font_size() * min(max(8 / math.sqrt(len(points)), 0.3), 0.9)
    # The colours of two classes are dark, of several some are pale.
    edge = "white" if len(colours) == 2 else DARK
    if classes is None:
        classes, colours = np.zeros(len(points), dtype=np.int64), [DARK]
    for place, colour in enumerate(colours):
        x, y = points[classes == place].T
        marker = MARKERS[place % len(MARKERS)]
        ax.scatter(x, y, size**2, color=colour, marker=marker, edgecolors=edge)


def _draw_histogram(ax: Axes, row: int, rows: int, column: int, values: Array, colour: str) -> Axes:
    """Draw a histogram in one of two columns within an Axes, with room for names at the left."""
    width, height = _size(ax)
    size = _font_size()
    names, heading = 6 * size / width, 2 * size / height
    wide, high = (1 - names) / 2, (1 - heading) / rows
    left, bottom = names + column * wide, 1 - heading - (row + 1) * high
    # Where there are very many layers, bars are to be seen rather than ticks read.
    ticks = min(2 * size / height, high / 2)
    panel = ax.inset_axes((left, bottom + ticks, 0.9 * wide, high - ticks))
    _tidy(panel)
    panel.hist(values.ravel(), bins=60, color=colour, histtype="stepfilled")
    panel.set_yticks([])
    panel.xaxis.set_major_locator(MaxNLocator("auto", steps=ROUND))
    panel.spines["left"].set_visible(False)
    return panel


def _draw_bars(ax: Axes, outputs: Array) -> None:
    """Draw a bar for each output and write its value at the end of it."""
    width, height = _size(ax)
    largest, places = outputs.argmax(), range(len(outputs))
    size = min(_font_size(), 0.7 * height / len(outputs))
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


# What the outputs say.


def _middle(network: Network) -> float:
    """Return what an output is above for yes and below for no."""
    return 0.0 if network.output_activation == "tanh" else 0.5


def _answers(network: Network, outputs: Array) -> Whole:
    """Return the class of each row of outputs or targets (n, onodes)."""
    if network.onodes == 1:
        return (outputs[:, 0] > _middle(network)).astype(np.int64)
    answers: Whole = outputs.argmax(axis=1)
    return answers


def _classes(network: Network, targets: ArrayLike, examples: int) -> Whole:
    """Return the class of each example, given as such or by its targets."""
    array = number_array("targets", targets)
    if array.ndim == 1 and network.onodes > 1:
        return _labels("targets", targets, examples, network.onodes)
    column_or_rows = array[:, np.newaxis] if array.ndim == 1 else targets
    rows = checked_matrix("targets", column_or_rows, network.onodes, "float64")
    check_within("targets", rows, FINITE)
    if len(rows) != examples:
        raise ValueError(f"targets: got {len(rows)}, wants {examples}, one for each example")
    return _answers(network, rows)


def _layers(network: Network, inputs: Array) -> Iterator[tuple[str, Array, Array]]:
    """Yield the name of each layer, the signals into it and its outputs, (n, fan_out) both."""
    hidden = len(network.weights) - 1
    activation = network.activation
    names = (activation,) * hidden if isinstance(activation, str) else activation
    for place, name in enumerate((*names, network.output_activation)):
        signals = _layer(network, place, "identity").predict(inputs)
        check_within("the network's signals", signals, FINITE)
        if name == "relu":  # which no output layer has
            inputs = np.where(signals <= 0.0, 0.0, signals)
        else:
            inputs = _layer(network, place, name).predict(inputs)
        number = f" {place + 1}" if hidden > 1 else ""
        yield (f"hidden{number}" if place < hidden else "output") + f"\n{name}", signals, inputs


def _layer(network: Network, place: int, activation: str) -> NeuralNetwork:
    """Return one layer as a network, which computes its numbers as the whole does."""
    fan_in, fan_out = np.shape(network.weights[place])
    dtype = getattr(network, "dtype", "float64")  # nnref has no other
    layer = NeuralNetwork(
        fan_in, [], fan_out, lr=1.0,
        output_activation=activation, bias=network.bias, dtype=dtype, seed=0,
    )  # fmt: skip
    layer.weights = network.weights[place : place + 1]
    layer.biases = network.biases[place : place + 1]
    return layer


def _around(values: Array) -> Array:
    """Return evenly spaced numbers over a column of inputs, and somewhat beyond on both sides."""
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    margin = 0.2 * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, RESOLUTION)


# The door.


def _examples(network: Network, inputs: ArrayLike) -> Array:
    """Return inputs as finite floats (n, inodes), n at least 1."""
    examples = checked_matrix("inputs", inputs, network.inodes, "float64")
    check_within("inputs", examples, FINITE)
    if not len(examples):
        raise ValueError("inputs: got no examples, wants at least 1")
    return examples


def _outputs(network: Network, inputs: Array) -> Array:
    """Return the outputs (n, onodes) for the examples, if all of them are finite."""
    outputs = np.asarray(network.predict(inputs))
    check_within("the network's outputs", outputs, FINITE)
    return outputs


def _image_shape(image_shape: tuple[int, int] | None, pixels: int) -> tuple[int, int]:
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


def _vector(name: str, values: ArrayLike) -> Array:
    """Return values as finite floats (n,), n at least 1."""
    given = items(values)
    if given is None:
        raise TypeError(f"{name}: got {shown(values)}, wants a sequence of numbers")
    numbers = values if isinstance(values, np.ndarray) else list(given)
    vector = checked_vector(name, numbers, len(numbers), "float64")
    if not len(vector):
        raise ValueError(f"{name}: got no numbers, wants at least 1")
    check_within(name, vector, FINITE)
    return vector


def _labels(
    name: str, values: ArrayLike, examples: int | None = None, classes: int | None = None
) -> Whole:
    """Return values as whole numbers (n,), n at least 1, and if given for each example a class."""
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
