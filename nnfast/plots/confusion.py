"""Which labels a network takes for which."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from nnfast.plots.checks import Integers, checked_labels
from nnfast.plots.style import DARK, LIGHT, drawing, font_size, name_axes, set_title, size_in_points

# The numbers of more classes would be too small to read.
MOST_CLASSES = 60


def confusion_matrix(labels: ArrayLike, answers: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw how often each label (rows) got each answer (columns).

    Right answers are blue and errors are orange. The larger their share of the row, the darker
    they are; the darkest orange stands for the largest share of any error.

    Parameters
    ----------
    labels : (n,) ints
        What each example is.
    answers : (n,) ints
        What the network took it for, for instance ``network.predict(inputs).argmax(axis=1)``.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If labels and answers are not equally many whole numbers, at least one, or if there are more
        than 60 different ones.
    """
    labels, answers = checked_labels("labels", labels), checked_labels("answers", answers)
    if len(labels) != len(answers):
        raise ValueError(f"answers: got {len(answers)}, wants {len(labels)}, one for each label")
    classes = np.union1d(labels, answers)
    if len(classes) > MOST_CLASSES:
        raise ValueError(f"labels: got {len(classes)} classes, wants at most {MOST_CLASSES}")
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (np.searchsorted(classes, labels), np.searchsorted(classes, answers)), 1)
    with drawing(ax, 7, 7) as ax:
        _colour_cells(ax, counts)
        _write_counts(ax, counts)
        ticks = range(len(classes))
        ax.set_xticks(ticks, [str(name) for name in classes])
        ax.set_yticks(ticks, [str(name) for name in classes])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        name_axes(ax, "answer", "label")
        right = int((labels == answers).sum())
        set_title(ax, f"{right:,} of {len(labels):,} right: {100 * right / len(labels):.2f} %")
    return ax


def _colour_cells(ax: Axes, counts: Integers) -> None:
    """Colour the diagonal blue and the other cells orange, but leave empty ones white."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(len(counts), dtype=bool)
    errors = np.where(right, 0.0, shares)
    darkness = np.where(right, shares, errors / (errors.max() or 1.0))
    for cells, colours in ((right, "Blues"), (~right, "Oranges")):
        masked = np.ma.masked_where(~cells | (counts == 0), darkness)
        # Half of the colour map: dark digits must be readable on its darkest colour.
        ax.imshow(masked, cmap=colours, vmin=0.0, vmax=2.0)


def _write_counts(ax: Axes, counts: Integers) -> None:
    """Write each count into its cell, zeros paler."""
    cell = min(size_in_points(ax)) / len(counts)
    digits = len(f"{counts.max()}")
    size = min(font_size(), cell / (0.75 * digits), 0.6 * cell)
    for (row, column), count in np.ndenumerate(counts):
        colour = DARK if count else LIGHT
        ax.text(column, row, f"{count}", ha="center", va="center", fontsize=size, color=colour)
