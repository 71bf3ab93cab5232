"""How the pictures look: their colours, the sizes of their words and lines, their titles and axes.

Sizes follow the Axes that is drawn on, so that a picture can be read in a small panel as well as on
a slide.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine

from nnref.common.arguments import shown

# Blue for what is above 0 and orange for what is below, as in the live page. The colour-blind can
# tell them apart, too.
BLUE, PALE_BLUE, ORANGE = "#0b6fb8", "#56b4e9", "#b04a08"
DARK, MIDDLE, LIGHT = "#333333", "#808080", "#d0d0d0"
# From the lowest number over white, for 0, to the highest.
SIGNS = LinearSegmentedColormap.from_list("signs", [ORANGE, "white", BLUE])
# Ticks are one of these apart, times a power of ten.
ROUND_STEPS = (1, 2, 5, 10)


@contextmanager
def drawing(ax: Axes | None, width: float, height: float) -> Iterator[Axes]:
    """Give the Axes to draw on: the caller's, or one in a new figure of this size in inches."""
    if not isinstance(ax, Axes | None):
        raise TypeError(f"ax: got {shown(ax)}, wants a matplotlib Axes or None")
    with _new_axes(width, height) if ax is None else nullcontext(ax) as ax:
        # As large as suits a talk, if there is room for it.
        size = min(max(size_in_points(ax)[0] / 28, 7.0), 13.0)
        with rc_context(
            {"font.size": size, "lines.linewidth": size / 5, "lines.markersize": size / 2}
        ):
            tidy(ax)
            yield ax


@contextmanager
def _new_axes(width: float, height: float) -> Iterator[Axes]:
    """Give an Axes in a new pyplot figure, which is closed again if the drawing fails."""
    from matplotlib import pyplot

    layout = ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1)
    figure, ax = pyplot.subplots(figsize=(width, height), layout=layout)
    try:
        yield ax
    except BaseException:
        pyplot.close(figure)  # nobody else knows of it
        raise


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Return the width and height of an Axes in points."""
    box, points = ax.get_window_extent(), 72 / ax.figure.dpi
    return box.width * points, box.height * points


def font_size() -> float:
    """Return the size of the words in points, as `drawing` has set it."""
    return float(rcParams["font.size"])


def tidy(ax: Axes) -> None:
    """Hide the upper and the right edge of an Axes, and make the others pale."""
    ax.tick_params(labelsize=0.9 * font_size(), colors=DARK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[:].set_color(MIDDLE)


def set_title(ax: Axes, text: str) -> None:
    """Write a title above an Axes, small enough to be no wider than it."""
    longest = max(map(len, text.splitlines()))
    widest = size_in_points(ax)[0] / (0.55 * longest)
    ax.set_title(text, fontsize=min(1.2 * font_size(), widest), color=DARK)


def name_axes(ax: Axes, x: str, y: str) -> None:
    """Write what the x axis and the y axis show."""
    ax.set_xlabel(x, fontsize="medium", color=DARK)
    ax.set_ylabel(y, fontsize="medium", color=DARK)


def add_colour_bar(
    ax: Axes, drawn: AxesImage, label: str = "", *, cax: Axes | None = None, ticks: Any = None
) -> None:
    """Add the scale of an image's colours, in an Axes of its own or in room taken from this one."""
    bar = ax.figure.colorbar(drawn, ax=ax, cax=cax, ticks=ticks)
    bar.outline.set_visible(False)
    tidy(bar.ax)
    bar.set_label(label, color=DARK)


def part_of(drawn: int, of: int, noun: str) -> str:
    """Return "all 30 outputs" or "40 of 200 outputs"."""
    if of == 1:
        return f"1 {noun}"
    return f"all {of:,} {noun}s" if drawn == of else f"{drawn:,} of {of:,} {noun}s"
