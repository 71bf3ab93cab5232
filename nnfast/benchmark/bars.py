"""The results as bars, all on one logarithmic scale: of characters, and as a picture."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from nnfast.benchmark.measuring import Result
from nnfast.benchmark.peers import NnfastPeer
from nnfast.benchmark.work import LIMIT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Characters of a full bar.
WIDTH = 30
# Eighths of a character, so that bars that differ by a tenth look different.
EIGHTHS = " ▏▎▍▌▋▊▉"
COLOURS = {NnfastPeer.name: "#009e73", LIMIT: "#c9ced6"}
OTHERS_COLOUR = "#8d99ae"
DARK, LIGHT = "#333333", "#d0d0d0"
PANELS_IN_A_ROW = 2
# How much longer than the scale the axis is: room for the number beside the longest bar.
ROOM = 1.22


class Scale(NamedTuple):
    """A logarithmic scale of microseconds, between two powers of ten."""

    low: int
    high: int

    def share(self, microseconds: float) -> float:
        """Return how far along the scale a time is, from 0 to 1."""
        return (math.log10(microseconds) - self.low) / (self.high - self.low)


def grouped(results: list[Result]) -> dict[tuple[str, str], list[Result]]:
    """Return the results by question and dtype."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.question, result.dtype), []).append(result)
    return groups


def common_scale(results: list[Result]) -> Scale:
    """Return the scale on which the bars of all results can be compared."""
    times = [result.microseconds for result in results]
    # The shortest bar stands for a factor of at least 2, so that it can be seen.
    return Scale(math.floor(math.log10(min(times) / 2)), math.ceil(math.log10(max(times))))


def bar(share: float, ascii_only: bool) -> str:
    """Return a bar of this share of the full width."""
    eighths = round(share * WIDTH * len(EIGHTHS))
    whole, rest = divmod(eighths, len(EIGHTHS))
    if ascii_only:
        return "#" * whole
    return ("█" * whole + EIGHTHS[rest]).rstrip()


def draw(figure: "Figure", results: list[Result]) -> None:
    """Draw a panel of bars for each question and dtype, two in a row."""
    scale, groups = common_scale(results), grouped(results)
    most = max(map(len, groups.values()))
    rows = math.ceil(len(groups) / PANELS_IN_A_ROW)
    panels = figure.subplots(rows, PANELS_IN_A_ROW, squeeze=False).flat
    for panel, ((question, dtype), group) in zip(panels, groups.items(), strict=False):
        panel.set_title(f"{question}, {dtype}", loc="left", fontsize=15, fontweight="bold")
        _draw_bars(panel, group, scale)
        panel.set_ylim(most - 0.5, -0.5)  # or few bars would be thicker than many


def _draw_bars(panel: Any, results: list[Result], scale: Scale) -> None:
    """Draw a bar for each result, with its time beside it."""
    shortest = 10.0**scale.low
    bars = panel.barh(
        [result.peer for result in results],
        [result.microseconds - shortest for result in results],
        left=shortest,
        color=[COLOURS.get(result.peer, OTHERS_COLOUR) for result in results],
    )
    labels = [f"{result.microseconds:,.1f}" for result in results]
    names = panel.get_yticklabels()
    texts = panel.bar_label(bars, labels, padding=5, fontsize=13, color=DARK)
    for result, text, name in zip(results, texts, names, strict=True):
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # on the grid
        if result.peer == NnfastPeer.name:
            for each in (text, name):
                each.set(color=COLOURS[result.peer], fontweight="bold")
    powers = range(scale.low, scale.high + 1)
    panel.set(xscale="log", xlim=(shortest, shortest * 10.0 ** (ROOM * (scale.high - scale.low))))
    panel.set_xticks([10.0**power for power in powers], [f"{10.0**power:,g}" for power in powers])
    panel.minorticks_off()
    panel.tick_params(labelsize=13, length=0, colors=DARK)
    panel.grid(axis="x", color=LIGHT, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.spines[:].set_visible(False)
