"""``nnfast bench``: how fast networks learn and answer, in nnfast and in other libraries."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.table import Table

from nnfast.benchmark.bars import WIDTH, Scale, bar, common_scale, draw, grouped
from nnfast.benchmark.machine import machine, one_core
from nnfast.benchmark.measuring import Result, measure
from nnfast.benchmark.peers import NnfastPeer
from nnfast.benchmark.problem import INPUTS, OUTPUTS, Shape
from nnfast.benchmark.work import LIMIT
from nnfast.cli.console import print_facts, print_json, sizes_text, stderr, stdout
from nnfast.cli.options import MOST_NEURONS, WholeNumber, json_option, positive_number
from nnfast.cli.plotting import new_figure, plot_option, write_plot

PACKAGES = ("numpy", "scipy", "torch", "jax", "numba")


@click.command("bench")
@click.option(
    "--hidden",
    type=WholeNumber(1, MOST_NEURONS),
    metavar="N",
    default=200,
    help=f"Neurons in the hidden layer, between {INPUTS} inputs and {OUTPUTS} outputs.",
)
@click.option(
    "--seconds",
    callback=positive_number,
    metavar="NUMBER",
    default="3",
    help="About how long to measure for each table.",
)
@plot_option("the bars")
@json_option
def bench_command(hidden: int, seconds: float, plot: Path | None, as_json: bool) -> None:
    """Time the article's network here and in other libraries.

    Compares nnfast with nnref, with the article's NumPy code and, where they are installed, with
    PyTorch, JAX and Numba. All get the same weights and examples on one core, and each must
    compute nnref's numbers before it is timed. They take turns, and the best time of each counts.
    This takes about half a minute. Quote the ratios: the times depend on the machine and on what
    else it is doing.

    \b
    Examples:
      nnfast bench
      nnfast bench --hidden 1000 --seconds 10
      nnfast bench --plot bench.png --json
    """  # noqa: D301 (click's \b)
    shape = (INPUTS, hidden, OUTPUTS)
    with one_core(), stderr().status("Starting") as status:
        results, skipped = measure(shape, seconds, status.update)
    outcome = {
        "sizes": shape,
        **machine(PACKAGES),
        "results": [asdict(result) for result in results],
        "skipped": skipped,
    }
    if plot is not None:
        _plot(shape, results, plot)
    if as_json:
        print_json(outcome)
    else:
        _print_tables(outcome, results)


def _print_tables(outcome: dict[str, Any], results: list[Result]) -> None:
    out = stdout()
    facts = {
        "network": sizes_text(outcome["sizes"]),
        "machine": f"{outcome['processor']}, one core",
        "kernel": outcome["kernel"],
        "versions": ", ".join(f"{name} {number}" for name, number in outcome["versions"].items()),
    }
    print_facts(out, facts)
    scale = common_scale(results)
    for (question, dtype), group in grouped(results).items():
        out.print()
        out.print(f"{question}, {dtype}", style="bold")
        out.print(_table(group, scale, out.options.ascii_only))
    tenfold = bar(1 / (scale.high - scale.low), out.options.ascii_only)
    out.print(f"bars: one logarithmic scale for all; {tenfold} longer is ten times the time")
    out.print(
        f"{LIMIT}: loading, moving and storing each weight once, by a compiled pass", soft_wrap=True
    )
    for word in outcome["skipped"]:
        out.print(f"not timed: {word}", soft_wrap=True)


def _table(results: list[Result], scale: Scale, ascii_only: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("µs", justify="right", no_wrap=True)
    table.add_column("times nnfast", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, min_width=WIDTH)
    for result in results:
        table.add_row(
            result.peer,
            f"{result.microseconds:,.2f}",
            f"{result.times_nnfast:,.2f}",
            bar(scale.share(result.microseconds), ascii_only),
            style="bold green" if result.peer == NnfastPeer.name else "",
        )
    return table


def _plot(shape: Shape, results: list[Result], path: Path) -> None:
    rows = -(-len(grouped(results)) // 2)
    figure = new_figure(14.0, 3.2 * rows + 1.0)
    figure.suptitle(
        f"{sizes_text(shape)} on one core: microseconds, less is better; "
        "from line to line, ten times as long",
        fontsize=17,
    )
    draw(figure, results)
    write_plot(figure, path)
