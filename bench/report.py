"""Run every benchmark and write docs/results.md, with its two pictures.

    python bench/report.py

takes some minutes, on a machine that should be doing nothing else. If it is, ``--statistic min``
takes the best round of each benchmark instead of the median. With ``--from FILE``, the page is made
from the JSON file of an earlier run.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results import COLOURS, STATISTICS, Results, digits
from targets import REASONS, Target, targets

from nnfast.network import DTYPES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
ARTICLE = "784-200-10"
SIZE_TICKS = (10, 100, 1000, 10_000)
# Of the names in the pictures: their size in points, and the height of a line in such sizes.
NAMES, LINE_HEIGHT = 14, 1.35

# The page.

PAGE = """\
# Results

How fast nnfast is, beside what you would use instead. Everything here is from one run of

    {command}

which wrote this page; [`bench/`](../bench/README.md) says what is timed and how. The times are the
{statistic} of several rounds. Quote the ratios: the times depend on the machine.

| | |
|---|---|
| date | {date} |
| processor | {processor}, one core of it |
| system | {platform} |
| nnfast's kernel | {kernel} |
| NumPy's BLAS | {blas} |
| versions | {versions} |

Every peer is written as its own users would write it for speed, runs on one thread, and was checked
against nnref before it was timed. All of them compute the article's network by the article's rule,
except two that cannot: PyTorch's autograd sends the errors back by the chain rule, and scikit-learn
has softmax outputs with cross-entropy, and biases.

![Time of an update against the number of hidden neurons, in float64](results-float64.png)
![Time of an update against the number of hidden neurons, in float32](results-float32.png)

Every ratio on this page is the other's time divided by nnfast's: how many times as fast nnfast is.
**Above 1, nnfast is faster.**

## The targets

{targets}

{missed}

{sections}
"""

SECTIONS = {
    "online": (
        "One update per example",
        "`fit`, the article's way, in microseconds per update; in brackets, the ratio. "
        "The limit is not a network: it loads, moves and stores each weight once, in a compiled "
        "pass.",
    ),
    "batches": (
        "Batches",
        f"`fit` of {ARTICLE} in batches, and of a wider network in float32; microseconds per "
        "example.",
    ),
    "adam": (
        "Adam",
        "`fit` by Adam, with relu, softmax, cross-entropy and biases, for each network and batch "
        "size; microseconds per example.",
    ),
    "answers": (
        "Answers",
        f"The outputs of {ARTICLE} for one example (`query`), and for 32 and 256 at once "
        "(`predict`), those also of a wider network; microseconds per example.",
    ),
    "products": (
        "Products",
        "The kernel's matrix products, rows x inputs x neurons, beside those of NumPy's BLAS; "
        "microseconds per row. The limit does as many multiplications and additions on registers, "
        "without memory; in float32 both at once, as processors can.",
    ),
    "small networks": (
        "Small networks",
        "`fit`, one update per example; nanoseconds per update.",
    ),
    "weights": (
        "Weights of examples, and the range of inputs",
        f"`fit` of {ARTICLE} in which each example has a weight, and the part of `fit` that "
        "watches the range of inputs; microseconds per example.",
    ),
    "train": (
        "Called from Python once per example",
        "nnfast's `train` in a loop, beside one `fit` for all examples; microseconds per update.",
    ),
    "estimators": (
        "scikit-learn's estimators",
        f"`partial_fit` of `NeuralNetworkClassifier` and of `MLPClassifier`: {ARTICLE}, with relu "
        "and softmax, by Adam in batches of 32 and 200; microseconds per example.",
    ),
    "scaling": (
        "From 10 to 10,000 hidden neurons",
        "`fit` of 784-N-10, one update per example; microseconds per update.",
    ),
    "threads": (
        "Threads",
        f"nnfast, {ARTICLE}, with as many cores as threads; microseconds per example.",
    ),
    "start-up": (
        "Start-up",
        "The import in a new process, which has already imported NumPy if that is needed; "
        "milliseconds.",
    ),
}
MOST_COLUMNS = 9
UNITS = {"small networks": 1e-3, "start-up": 1e3}  # in microseconds


def page(results: Results, command: str) -> str:
    """Return the results page."""
    facts = results.facts
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    asked = {key[0] for key in results.times}
    sections = [
        f"## {title}\n\n{textwrap.fill(text, 100)}\n\n{tables(results, question)}"
        for question, (title, text) in SECTIONS.items()
        if question in asked
    ]
    return PAGE.format(
        **facts | {"versions": versions},
        command=command,
        statistic={"median": "median", "min": "best"}[results.statistic],
        date=results.date,
        targets=target_table(targets(results)),
        missed=reasons(targets(results)),
        sections="\n\n".join(sections),
    )


def target_table(lines: Iterable[Target]) -> str:
    """Return the table of targets."""
    marks = {True: "yes", False: "**no**", None: ""}
    return "\n".join(
        [
            "| | times as fast as | target | measured | met |",
            "|---|---|---|---|---|",
            *(
                f"| {t.what} | {t.than} | {t.wanted} | {t.measured} | {marks[t.met]} |"
                for t in lines
            ),
        ]
    )


def reasons(lines: Iterable[Target]) -> str:
    """Return what stands in the way of the targets that are missed."""
    missed = dict.fromkeys(line.question for line in lines if line.met is False)
    points = [f"- {SECTIONS[name][0]}: {REASONS[name]}" for name in missed]
    return "\n".join(
        ["Where a target is missed:", ""]
        + [textwrap.fill(point, 100, subsequent_indent="  ") for point in points]
    )


def tables(results: Results, question: str) -> str:
    """Return the table of a question: a row for each peer, a column for each case and dtype.

    Where there are so many cases, each dtype takes a table of its own.
    """
    found = dict.fromkeys(key[1:3] for key in results.times if key[0] == question)
    columns = sorted(found, key=lambda column: DTYPES.index(column[1]) if column[1] else 0)
    if len(columns) <= MOST_COLUMNS:
        return table(results, question, columns)
    return "\n\n".join(
        table(results, question, [column for column in columns if column[1] == dtype])
        for dtype in DTYPES
    )


def table(results: Results, question: str, columns: list[tuple[str, str]]) -> str:
    """Return these columns of a question's table."""
    headings = [" ".join(filter(None, column)) for column in columns]
    rows = [f"| | {' | '.join(headings)} |", f"|---|{'---:|' * len(columns)}"]
    for peer in results.peers(question):
        cells = []
        for case, dtype in columns:
            time = results.times.get((question, case, dtype, peer))
            ratio = results.ratio(question, case, dtype, peer, "nnfast")
            cell = "" if time is None else digits(time / UNITS.get(question, 1.0))
            cells.append(cell if ratio is None else f"{cell} ({digits(ratio)})")
        if any(cells):
            rows.append(f"| {f'**{peer}**' if peer == 'nnfast' else peer} | {' | '.join(cells)} |")
    return "\n".join(rows)


# The pictures.


def draw(results: Results, dtype: str) -> "Figure":
    """Draw the time of an update against the number of hidden neurons, a line for each peer."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 7), layout="constrained")
    panel = figure.subplots()
    ends = {}
    for peer in results.peers("scaling"):
        points = [
            (int(key[1]), time)
            for key, time in results.times.items()
            if key[0] == "scaling" and key[2:] == (dtype, peer)
        ]
        if points:
            panel.plot(*zip(*sorted(points), strict=True), **_line_style(peer))
            ends[peer] = max(points)
    panel.set(xscale="log", yscale="log")
    panel.set_title(
        f"784-N-10, one update per example, {dtype}", loc="left", fontsize=17, fontweight="bold"
    )
    panel.set_xlabel("N, the hidden neurons", fontsize=15)
    panel.set_ylabel("microseconds per update", fontsize=15)
    panel.tick_params(labelsize=14)
    panel.minorticks_off()
    panel.grid(color="#e4e4e4")
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_axisbelow(True)
    panel.set_xticks(SIZE_TICKS)
    for ticks in (panel.xaxis, panel.yaxis):
        ticks.set_major_formatter(lambda value, _: f"{value:,.10g}")
    _write_names(panel, ends)
    return figure


def _line_style(peer: str) -> dict[str, Any]:
    style = {"color": COLOURS[peer], "linewidth": 2, "marker": "o", "markersize": 5}
    if peer == "nnfast":
        return style | {"linewidth": 4.5, "markersize": 9, "zorder": 3}
    return style | {"linestyle": "--", "marker": ""} if peer == "limit" else style


def _write_names(panel: Any, ends: dict[str, tuple[int, float]]) -> None:
    """Write each name beside the end of its line or, where others are there, near it."""
    furthest = max(size for size, _ in ends.values())
    panel.set_xlim(right=furthest * 1.15)
    panel.figure.draw_without_rendering()
    low, high = panel.get_ylim()
    pixels = panel.get_window_extent().height / math.log10(high / low)
    last = [peer for peer, (size, _) in ends.items() if size == furthest]
    last.sort(key=lambda peer: ends[peer][1])
    heights = [math.log10(ends[peer][1]) for peer in last]
    line = NAMES * panel.figure.dpi / 72 / pixels
    places = dict(zip(last, spread(heights, LINE_HEIGHT * line), strict=True))
    for peer, (size, time) in ends.items():
        panel.annotate(
            peer,
            (size * 1.25, 10 ** places.get(peer, math.log10(time))),
            annotation_clip=False,
            color=COLOURS[peer],
            fontsize=NAMES,
            fontweight="bold" if peer == "nnfast" else None,
            verticalalignment="center",
        )


def spread(heights: list[float], apart: float) -> list[float]:
    """Return sorted heights moved as little as they must be to be so far apart.

    Heights that are too near each other make a block about the middle of all that is in it.
    """
    blocks: list[list[float]] = []
    for height in heights:
        blocks.append([height])
        while len(blocks) > 1 and _ends(blocks[-2], apart)[1] + apart > _ends(blocks[-1], apart)[0]:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return [_ends(block, apart)[0] + apart * n for block in blocks for n in range(len(block))]


def _ends(block: list[float], apart: float) -> tuple[float, float]:
    """Return where the lowest and the highest of a block are."""
    middle, half = statistics.fmean(block), apart * (len(block) - 1) / 2
    return middle - half, middle + half


# The command.


def run_suite(path: Path) -> None:
    """Run all benchmarks, and write their times to a JSON file."""
    command = [sys.executable, "-m", "pytest", "bench", f"--benchmark-json={path}", "--quiet"]
    command += ["--benchmark-columns=median,min,rounds"]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Write the page and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--from",
        dest="earlier",
        type=Path,
        metavar="FILE",
        help="make the page from the JSON file of an earlier run",
    )
    parser.add_argument(
        "--docs", type=Path, metavar="FOLDER", default=ROOT / "docs", help="where to write"
    )
    parser.add_argument(
        "--statistic",
        choices=STATISTICS,
        default="median",
        help="which of the rounds to take for each benchmark",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.earlier or Path(folder, "run.json")
        if arguments.earlier is None:
            run_suite(path)
        run = json.loads(path.read_text(encoding="utf-8"))
    results = Results(run, arguments.statistic)
    for dtype in DTYPES:
        draw(results, dtype).savefig(arguments.docs / f"results-{dtype}.png", dpi=120)
    command = "python bench/report.py"
    if arguments.statistic != "median":
        command += f" --statistic {arguments.statistic}"
    written = arguments.docs / "results.md"
    written.write_text(page(results, command), encoding="utf-8")
    print(f"written: {written}")


if __name__ == "__main__":
    main()
