"""Run every benchmark and write the results page: docs/results.md and docs/results.png.

    python bench/report.py

takes some minutes, on a machine that should do nothing else. Where it does, ``--statistic min``
takes the best round of each instead of the median. With ``--from FILE`` the page is made from the
JSON file of an earlier run.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
DTYPES = ("float64", "float32")
ARTICLE = "784-200-10"
SIZE_TICKS = (10, 100, 1000, 10_000)
STATISTICS: dict[str, Callable[[list[float]], float]] = {"median": statistics.median, "min": min}
BATCH_SIZES = ("32", "64", "256")
SMALL_TARGETS = {"2-3-1": 60, "4-10-3": 120, "64-32-10": 700}
NOT_MEASURED = "not measured"
TITLES = {
    "online": "one update per example",
    "batches": "batches of {}",
    "answers": "answers to {}",
    "threads": "{}",
}

# In the order of the tables, with the colours of Okabe and Ito, which the colour-blind can tell
# apart too.
COLOURS = {
    "nnref": "#999999",
    "NumPy, article's": "#E69F00",
    "NumPy, batches": "#E69F00",
    "scikit-learn": "#B8A600",
    "PyTorch, autograd": "#CC79A7",
    "PyTorch, by hand": "#D55E00",
    "ONNX Runtime": "#000000",
    "Numba": "#56B4E9",
    "JAX": "#0072B2",
    "nnfast": "#009E73",
    "limit": "#000000",
}
ORDER = list(COLOURS)

Key = tuple[str, str, str, str]


class Target(NamedTuple):
    """A line of the table of targets: what, how much of it there should be, and how much there is.

    Whether it is met is None where something that it needs was not measured, and where nothing is
    wanted, since the line is only there to be compared with another.
    """

    what: str
    wanted: str
    measured: str
    met: bool | None


class Results:
    """The microseconds per example of a run, by question, case, dtype and peer."""

    def __init__(self, run: dict[str, Any], statistic: str) -> None:
        self.statistic = statistic
        self.facts: dict[str, Any] = run["machine_info"]["nnfast_bench"]
        self.date: str = run["datetime"][:10]
        self.times: dict[Key, float] = {}
        self.kibibytes: dict[str, int] = {}
        for entry in run["benchmarks"]:
            info = entry["extra_info"]
            key = info["question"], info["case"], info["dtype"], info["peer"]
            # Of a process that imports something, the import's share is what counts.
            counted = info.get("seconds")
            seconds = STATISTICS[statistic](counted) if counted else entry["stats"][statistic]
            self.times[key] = seconds * 1e6
            if "kibibytes" in info:
                self.kibibytes[info["dtype"]] = info["kibibytes"]

    def ratio(self, question: str, case: str, dtype: str, peer: str, to: str) -> float | None:
        """Return how many times as long the peer took as the other one."""
        time, other = (self.times.get((question, case, dtype, name)) for name in (peer, to))
        return None if time is None or other is None else time / other

    def difference(self, question: str, case: str, dtype: str, peer: str, to: str) -> float | None:
        """Return how many microseconds longer the peer took than the other one."""
        time, other = (self.times.get((question, case, dtype, name)) for name in (peer, to))
        return None if time is None or other is None else time - other

    def peers(self, question: str) -> list[str]:
        """Return the peers that have answers to a question."""
        found = dict.fromkeys(key[3] for key in self.times if key[0] == question)
        return sorted(found, key=lambda peer: ORDER.index(peer) if peer in ORDER else 0)


# The targets.


def targets(results: Results) -> Iterable[Target]:
    """Give every target that this project has set itself, with what was measured."""

    def ratio(
        bound: str, wanted: float, question: str, case: str, dtype: str, above: str, below: str
    ) -> Target:
        what = ratio_text(question, case, dtype, above, below)
        return target(what, bound, wanted, results.ratio(question, case, dtype, above, below))

    def fact(*key: str) -> Target:
        measured = results.ratio(*key)
        return Target(ratio_text(*key), "", digits(measured) if measured else NOT_MEASURED, None)

    online = "online", ARTICLE
    yield ratio(">=", 8.0, *online, "float64", "NumPy, article's", "nnfast")
    yield ratio(">=", 1.7, *online, "float64", "JAX", "nnfast")
    yield ratio(">=", 1.7, *online, "float64", "Numba", "nnfast")
    yield ratio("<=", 1.2, *online, "float64", "nnfast", "limit")
    yield ratio(">=", 1.45, *online, "float32", "JAX", "nnfast")
    yield ratio("<=", 1.2, *online, "float32", "nnfast", "limit")
    for size in BATCH_SIZES:
        yield ratio(">=", 1.0, "batches", size, "float32", "JAX", "nnfast")
    # The target is from figures of autograd's: their 420 microseconds a batch, beside the
    # arithmetic, are its own. The other is here so that the easier rival does not stand alone.
    yield ratio(">=", 1.7, "batches", "64", "float32", "PyTorch, autograd", "nnfast")
    yield fact("batches", "64", "float32", "PyTorch, by hand", "nnfast")
    for size in BATCH_SIZES:
        yield ratio(">=", 1.5, "batches", size, "float64", "scikit-learn", "nnfast")
    for size in BATCH_SIZES:
        rivals = "PyTorch, by hand", "JAX", "NumPy, batches"
        times = [results.ratio("batches", size, "float64", "nnfast", rival) for rival in rivals]
        what = f"batches of {size}, float64: nnfast / the fastest of PyTorch, JAX and NumPy"
        yield target(what, "<=", 1.35, max(filter(None, times), default=None))
    numpy = results.times.get(("answers", "1", "float32", "NumPy, article's"))
    for dtype, most in (("float64", 1.35), ("float32", 0.8)):
        ours = results.times.get(("answers", "1", dtype, "nnfast"))
        measured = ours / numpy if ours and numpy else None
        yield target(f"answers to 1, {dtype}: nnfast / NumPy in float32", "<=", most, measured)
    for size in ("32", "256"):
        yield ratio(">=", 1.0, "answers", size, "float32", "ONNX Runtime", "nnfast")
    for case, nanoseconds in SMALL_TARGETS.items():
        ours = results.times.get(("small networks", case, "float64", "nnfast"))
        measured = ours * 1e3 if ours else None
        yield target(f"{case}, one update per example", "<=", nanoseconds, measured, " ns")
    over = results.difference("train", "2-3-1", "float64", "train", "fit")
    yield target("a call of `train` beyond the update itself", "<=", 1.5, over, " µs")
    for work, gain in (("online", 1.5), ("batches of 64", 1.7), ("predict 256", 1.7)):
        for dtype in DTYPES:
            yield ratio(">=", gain, "threads", work, dtype, "1 thread", "2 threads")
    start = results.times.get(("start-up", "import", "", "nnfast"))
    milliseconds = start / 1e3 if start else None
    yield target("`import nnfast` beyond `import numpy`", "<=", 20, milliseconds, " ms")
    for dtype in DTYPES:
        kibibytes = results.kibibytes.get(dtype)
        mebibytes = None if kibibytes is None else kibibytes / 1024
        yield target(f"memory of `fit` beyond its data, {dtype}", "<=", 1, mebibytes, " MiB")


def ratio_text(question: str, case: str, dtype: str, above: str, below: str) -> str:
    """Return what a ratio is of."""
    return f"{TITLES[question].format(case)}, {dtype}: {above} / {below}"


def target(what: str, bound: str, wanted: float, measured: float | None, unit: str = "") -> Target:
    """Return a line of the table of targets; the bound is ``>=`` or ``<=``."""
    words = {">=": "at least", "<=": "at most"}
    if measured is None:
        return Target(what, f"{words[bound]} {wanted:g}{unit}", NOT_MEASURED, None)
    met = measured >= wanted if bound == ">=" else measured <= wanted
    return Target(what, f"{words[bound]} {wanted:g}{unit}", f"{digits(measured)}{unit}", met)


# The page.

PAGE = """\
# Results

How fast, beside what one would use instead. All of it is of one run of

    {command}

which wrote this page; [`bench/`](../bench/README.md) says what is timed and how. The times are the
{statistic} of several rounds. Quote the ratios: the times move with the machine.

| | |
|---|---|
| date | {date} |
| processor | {processor}, one core of it |
| system | {platform} |
| nnfast's kernel | {kernel} |
| NumPy's BLAS | {blas} |
| versions | {versions} |

Every peer is written as its own users would write it for speed, on one thread, and was checked
against nnref before it was timed. All compute the article's network by the article's rule, but for
two that cannot: PyTorch's autograd has the hidden errors by the chain rule, and scikit-learn has
softmax outputs with cross-entropy, and biases.

![Time of an update against the number of hidden neurons, for every peer]({picture})

## The targets

A / B is the time of A divided by that of B. A line without a target is there for comparison.

{targets}

{sections}
"""

SECTIONS = {
    "online": (
        "One update per example",
        "`fit`, the article's way; microseconds per update, and in brackets how many times "
        "nnfast's. The limit is no network: it loads, moves and stores each weight once, by a "
        "compiled pass.",
    ),
    "batches": ("Batches", f"`fit` of {ARTICLE} in batches; microseconds per example."),
    "answers": (
        "Answers",
        f"The outputs of {ARTICLE} for one example (`query`), and for 32 and 256 at once "
        "(`predict`); microseconds per example.",
    ),
    "small networks": (
        "Small networks",
        "`fit`, one update per example; nanoseconds per update.",
    ),
    "train": (
        "Called from Python once an example",
        "nnfast's `train` in a loop, beside one `fit` for all examples; microseconds per update.",
    ),
    "estimators": (
        "scikit-learn's estimators",
        f"`partial_fit` of `NeuralNetworkClassifier` and of `MLPClassifier`: {ARTICLE}, relu and "
        "softmax, by Adam in batches of 32 and 200; microseconds per example.",
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
        "The import, in a new process that has imported NumPy already where that is needed; "
        "milliseconds.",
    ),
}
UNITS = {"small networks": 1e-3, "start-up": 1e3}  # in microseconds


def page(results: Results, command: str, picture: str) -> str:
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
        picture=picture,
        targets=target_table(targets(results)),
        sections="\n\n".join(sections),
    )


def target_table(lines: Iterable[Target]) -> str:
    """Return the table of targets."""
    marks = {True: "yes", False: "**no**", None: ""}
    return "\n".join(
        [
            "| | target | measured | met |",
            "|---|---|---|---|",
            *(f"| {t.what} | {t.wanted} | {t.measured} | {marks[t.met]} |" for t in lines),
        ]
    )


def tables(results: Results, question: str) -> str:
    """Return the table of a question: a row for each peer, a column for each case and dtype.

    The many cases of the scaling take a table for each dtype.
    """
    found = dict.fromkeys(key[1:3] for key in results.times if key[0] == question)
    columns = sorted(found, key=lambda column: DTYPES.index(column[1]) if column[1] else 0)
    if question != "scaling":
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


def digits(value: float) -> str:
    """Return three digits, or more where they stand before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:.3g}"


# The picture.


def draw(results: Results, path: Path) -> None:
    """Draw the time of an update against the number of hidden neurons, a line for each peer."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 7.5), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, dtype in zip(panels, DTYPES, strict=True):
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
        panel.set_title(dtype, loc="left", fontsize=16, fontweight="bold")
        panel.set_xlabel("hidden neurons", fontsize=13)
        panel.tick_params(labelsize=12)
        panel.grid(which="major", color="#e4e4e4")
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_axisbelow(True)
        panel.set_xticks(SIZE_TICKS)
        for ticks in (panel.xaxis, panel.yaxis):
            ticks.set_major_formatter(lambda value, _: f"{value:,.10g}")
        _write_names(panel, ends)
    panels[0].set_ylabel("microseconds per update", fontsize=13)
    figure.suptitle(
        f"Training 784-N-10, one update per example, on one core ({results.facts['processor']})",
        fontsize=17,
    )
    figure.savefig(path, dpi=120)


def _line_style(peer: str) -> dict[str, Any]:
    style = {"color": COLOURS[peer], "linewidth": 1.8, "marker": "o", "markersize": 4.5}
    if peer == "nnfast":
        return style | {"linewidth": 4, "markersize": 8, "zorder": 3}
    return style | {"linestyle": "--", "marker": ""} if peer == "limit" else style


def _write_names(panel: Any, ends: dict[str, tuple[int, float]]) -> None:
    """Write each name beside the end of its line, and none over another."""
    furthest = max(size for size, _ in ends.values())
    panel.set_xlim(right=furthest * 1.15)
    lowest = 0.0
    for peer, (size, time) in sorted(ends.items(), key=lambda item: item[1][1]):
        place = time
        if size == furthest:
            # On a logarithmic axis equal distances are equal ratios.
            place = lowest = max(time, lowest * 1.45)
        panel.annotate(
            "limit: each weight\nmoved once" if peer == "limit" else peer,
            (size * 1.25, place),
            annotation_clip=False,
            color=COLOURS[peer],
            fontsize=12,
            fontweight="bold" if peer == "nnfast" else None,
            verticalalignment="top" if peer == "limit" else "center",
        )


# The command.


def run_suite(path: Path) -> None:
    """Run all benchmarks; their times go to a JSON file."""
    command = [sys.executable, "-m", "pytest", "bench", f"--benchmark-json={path}", "--quiet"]
    command += ["--benchmark-columns=median,min,rounds"]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Write the page and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--from", dest="earlier", type=Path, metavar="FILE", help="the JSON file of an earlier run"
    )
    parser.add_argument(
        "--docs", type=Path, metavar="FOLDER", default=ROOT / "docs", help="where to write"
    )
    parser.add_argument(
        "--statistic", choices=STATISTICS, default="median", help="of the rounds of each"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.earlier or Path(folder, "run.json")
        if arguments.earlier is None:
            run_suite(path)
        run = json.loads(path.read_text(encoding="utf-8"))
    results = Results(run, arguments.statistic)
    picture = arguments.docs / "results.png"
    draw(results, picture)
    command = "python bench/report.py"
    if arguments.statistic != "median":
        command += f" --statistic {arguments.statistic}"
    text = page(results, command, picture.name)
    (arguments.docs / "results.md").write_text(text, encoding="utf-8")
    print(f"written: {arguments.docs / 'results.md'}, {picture}")


if __name__ == "__main__":
    main()
