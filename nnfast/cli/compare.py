"""``nnfast compare``: whether the two backends agree, and how fast each is."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import click
from rich import box
from rich.progress import Progress
from rich.table import Table

from nnfast.cli.console import (
    plural,
    print_facts,
    print_json,
    progress_bar,
    sizes_text,
    stderr,
    stdout,
)
from nnfast.cli.options import BACKENDS, GroupedCommand, Plan, json_option, training_options
from nnfast.cli.training import (
    accuracy,
    backend_name,
    divergence,
    limited,
    load_data,
    train_with_progress,
    trainable,
)
from nnfast.datasets import Dataset
from nnfast.kernel.builds import kernel_info

# An update costs pure Python about 0.12 microseconds per weight: 24 seconds for these, and twice
# that on a busy machine.
MOST_WEIGHT_UPDATES = 200_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """What one backend did."""

    backend: str
    seconds: float
    accuracy: float
    digest: str
    epochs: int


@click.command("compare", cls=GroupedCommand)
@training_options
@json_option
@click.pass_context
def compare_command(ctx: click.Context, /, as_json: bool, **options: Any) -> None:
    """Train both backends, and compare them bit for bit.

    nnref and nnfast start from the same weights and learn from the same examples. Then the command
    compares their weights, by the sha256 of all of them, and their times. The exit status is 1 if
    a single bit differs. The times are those of one run, and depend on what else the machine is
    doing. Without --examples, large data is cut to what pure Python can learn from in about half a
    minute.

    \b
    Examples:
      nnfast compare
      nnfast compare --hidden 100,50 --hidden-error gradient --epochs 2
      nnfast compare --data path/to/mnist --examples 500 --json
    """  # noqa: D301 (click's \b)
    plan = Plan(**options)
    whole = load_data(plan.data)
    dataset = limited(whole, plan.examples or affordable_examples(plan, whole))
    if plan.examples is None and len(dataset.train_inputs) < len(whole.train_inputs):
        stderr().print(
            f"Note: training on {_share(dataset, whole)}, because pure Python is slow; "
            "--examples N takes more or fewer."
        )
    with progress_bar() as progress:
        runs = [_run(backend, plan, dataset, progress) for backend in BACKENDS]
    result = _result(plan, dataset, *runs)
    if as_json:
        print_json(result)
    else:
        _print_comparison(result, _share(dataset, whole), runs)
    ctx.exit(0 if result["identical"] else 1)


def affordable_examples(plan: Plan, dataset: Dataset) -> int:
    """Return how many examples pure Python can learn from while you wait."""
    weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(plan.sizes(dataset)))
    return max(1, MOST_WEIGHT_UPDATES // (weights * plan.epochs))


def _run(backend: str, plan: Plan, dataset: Dataset, progress: Progress) -> Run:
    network = trainable(plan, backend, dataset)
    seconds, history = train_with_progress(network, dataset, plan, progress)
    if (diverged := divergence(network, history)) is not None:
        raise click.ClickException(f"{backend_name(network)}: {diverged}")
    return Run(
        backend_name(network),
        seconds,
        accuracy(network, dataset),
        network.digest(),
        network.epochs,
    )


def _result(plan: Plan, dataset: Dataset, ref: Run, fast: Run) -> dict[str, Any]:
    examples = len(dataset.train_inputs)
    return {
        "identical": ref.digest == fast.digest,
        "digest_ref": ref.digest,
        "digest_fast": fast.digest,
        "seconds_ref": ref.seconds,
        "seconds_fast": fast.seconds,
        "speedup": ref.seconds / fast.seconds,
        "updates": plan.updates(examples, fast.epochs),
        "accuracy_ref": ref.accuracy,
        "accuracy_fast": fast.accuracy,
        "data": plan.data,
        "sizes": plan.sizes(dataset),
        "examples": examples,
        "epochs": fast.epochs,
        "seed": plan.seed,
        "kernel": kernel_info()["kernel"],
    }


def _print_comparison(result: dict[str, Any], examples: str, runs: list[Run]) -> None:
    out = stdout()
    updates = plural(result["updates"], "update")
    facts = {
        "network": sizes_text(result["sizes"]),
        "trained on": f"{examples}, {plural(result['epochs'], 'epoch')}: {updates}",
    }
    print_facts(out, facts)
    out.print(_table(runs, result["updates"]))
    if result["identical"]:
        facts = {"digest": result["digest_ref"]}
    else:
        facts = {"digest nnref": result["digest_ref"], "digest nnfast": result["digest_fast"]}
    facts["speed-up"] = f"{result['speedup']:,.0f} times (kernel: {result['kernel']})"
    print_facts(out, facts)
    if result["identical"]:
        out.print("identical: every weight, to the last bit", style="bold green")
    else:
        out.print("DIFFERENT: the backends do not have the same weights", style="bold red")


def _table(runs: list[Run], updates: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("backend")
    for heading in ("seconds", "µs per update", "test accuracy"):
        table.add_column(heading, justify="right")
    table.add_column("digest")
    for run in runs:
        table.add_row(
            run.backend,
            f"{run.seconds:,.4f}",
            f"{run.seconds / updates * 1e6:,.1f}",
            f"{run.accuracy:.2%}",
            f"{run.digest[:12]}...",
        )
    return table


def _share(dataset: Dataset, whole: Dataset) -> str:
    used, there = len(dataset.train_inputs), len(whole.train_inputs)
    first_of = f"the first {used:,} of " if used < there else ""
    return f"{first_of}{plural(there, 'example')} of {dataset.name}"
