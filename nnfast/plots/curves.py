"""How a network has learned: the loss and the score after each epoch."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nnfast.plots.style import (
    BLUE,
    LIGHT,
    MIDDLE,
    ORANGE,
    PALE_BLUE,
    ROUND_STEPS,
    drawing,
    font_size,
    name_axes,
    set_title,
    size_in_points,
    tidy,
)
from nnref.common.arguments import shown
from nnref.common.training import History

# The room above the curves that the legend takes, as a share of their height.
ROOM_FOR_LEGEND = 0.3
# Lines between this many points or fewer might be too short to be seen: they get dots as well.
MOST_DOTS = 30


def learning_curves(history: History, *, ax: Axes | None = None) -> Axes:
    """Draw the loss of every epoch and, if there was a validation, its loss and score.

    Parameters
    ----------
    history : History
        What `fit` returned, or has recorded so far. The picture counts epochs from 1, so that
        ``history.best_epoch``, if it is set, is marked at the next number.
    ax : Axes, optional
        Where to draw. The score has an axis of its own, on the right.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If history is not a `History`, or has no epochs.
    """
    if not isinstance(history, History):
        raise TypeError(f"history: got {shown(history)}, wants a History, which fit returns")
    if not history.loss:
        raise ValueError("history: got no epochs, wants at least 1")
    with drawing(ax, 8, 5) as ax:
        lines = [_draw_curve(ax, history.loss, "training loss", PALE_BLUE)]
        if history.validation_loss:
            lines.append(_draw_curve(ax, history.validation_loss, "validation loss", BLUE))
        if history.best_epoch is not None:
            lines.append(_mark_epoch(ax, history.best_epoch + 1))
        ax.set_ylim(bottom=0)
        _leave_room_above(ax)
        ax.grid(axis="y", color=LIGHT, linewidth=0.5)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=ROUND_STEPS))
        name_axes(ax, "epoch", "mean loss")
        if history.validation_score:
            right = ax.twinx()
            tidy(right)
            right.spines["right"].set_visible(True)
            scores = history.validation_score
            lines.append(_draw_curve(right, scores, "validation score (right)", ORANGE))
            _leave_room_above(right)
            right.tick_params(colors=ORANGE)
        size = min(font_size(), size_in_points(ax)[0] / 28)
        ax.legend(handles=lines, loc="upper center", ncols=2, frameon=False, fontsize=size)
        set_title(ax, "Learning curves")
    return ax


def _draw_curve(ax: Axes, values: Sequence[float], label: str, colour: str) -> Line2D:
    """Draw one value per epoch."""
    marker = "o" if len(values) <= MOST_DOTS else None
    epochs = range(1, len(values) + 1)
    (line,) = ax.plot(epochs, values, color=colour, marker=marker, label=label)
    return line


def _mark_epoch(ax: Axes, epoch: int) -> Line2D:
    """Draw an upright line at the best epoch, up to the legend."""
    line = ax.axvline(epoch, ymax=1 / (1 + ROOM_FOR_LEGEND), color=MIDDLE, linestyle="--")
    line.set(label=f"best epoch: {epoch}", linewidth=1.5, zorder=0)
    return line


def _leave_room_above(ax: Axes) -> None:
    """Stretch the y axis upwards, so that the legend at the top covers nothing."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + ROOM_FOR_LEGEND * (high - low))
