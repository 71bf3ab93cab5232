"""The results as bars: of characters, and as a picture."""

import math
from typing import TYPE_CHECKING

from nnfast.benchmark.measuring import Result
from nnfast.benchmark.peers import NnfastPeer, NnrefPeer
from nnfast.benchmark.work import LIMIT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 30
# Eighths of a character, so that a short bar still shows something.
EIGHTHS = " ▏▎▍▌▋▊▉"
COLOURS = {NnfastPeer.name: "#2a9d8f", LIMIT: "#d0d0d0"}
OTHERS_COLOUR = "#8d99ae"


def grouped(results: list[Result]) -> dict[tuple[str, str], list[Result]]:
    """Return the results by question and dtype."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.question, result.dtype), []).append(result)
    return groups


def full_scale(results: list[Result]) -> float:
    """Return how many microseconds a full bar stands for.

    That is the longest time except pure Python's, which would leave no bar for the others.
    """
    return max(result.microseconds for result in results if result.peer != NnrefPeer.name)


def bar(share: float, ascii_only: bool) -> str:
    """Return a bar of this share of the full width; if the share is above 1, a cut one."""
    full = "#" if ascii_only else "█"
    if share > 1.0:
        return full * WIDTH + (" >>" if ascii_only else " ⟫")
    eighths = round(share * WIDTH * len(EIGHTHS))
    whole, rest = divmod(eighths, len(EIGHTHS))
    return full * whole if ascii_only else (full * whole + EIGHTHS[rest]).rstrip()


def draw(figure: "Figure", results: list[Result]) -> None:
    """Draw a panel of bars for each question and dtype, two in a row."""
    groups = grouped(results)
    panels = figure.subplots(math.ceil(len(groups) / 2), 2, squeeze=False).flat
    for panel, ((question, dtype), group) in zip(panels, groups.items(), strict=False):
        scale = full_scale(group)
        cut = 1.15 * scale
        bars = panel.barh(
            [result.peer for result in group],
            [min(result.microseconds, cut) for result in group],
            color=[COLOURS.get(result.peer, OTHERS_COLOUR) for result in group],
        )
        labels = [
            f" {result.microseconds:,.1f}{' (cut)' if result.microseconds > cut else ''}"
            for result in group
        ]
        panel.bar_label(bars, labels)
        panel.set_title(f"{question}, {dtype}", loc="left", fontweight="bold")
        panel.set_xlim(0, 1.5 * scale)
        panel.spines[["top", "right"]].set_visible(False)
