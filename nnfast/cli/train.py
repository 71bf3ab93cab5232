"""``nnfast train``: train a network and keep it."""

from pathlib import Path
from typing import Any

import click

from nnfast.cli import console, training
from nnfast.cli.options import (
    GroupedCommand,
    Plan,
    backend_option,
    json_option,
    training_options,
)
from nnfast.datasets import Dataset
from nnfast.network import DTYPES, MOST_THREADS
from nnref.common.files import check_writable
from nnref.common.network import Network
from nnref.common.training import History


@click.command("train", cls=GroupedCommand)
@training_options
@backend_option
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="float64",
    help="The type of all numbers. float32 takes about half the time and is only close to nnref.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    metavar="N",
    default=1,
    help="How many cores may share the work; no result depends on it.",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="Save the network in this file, which may exist; Ctrl-C saves what is learned so far.",
)
@json_option
def command(
    backend: str, dtype: str, threads: int, model: Path | None, as_json: bool, **options: Any
) -> None:
    """Train a network, test it after each epoch, and save it.

    What is counted as seconds is the training alone: not reading the data, not the tests.

    \b
    Examples:
      nnfast train --model digits.model
      nnfast train --data path/to/mnist --init scaled_normal --model mnist.model
      nnfast train --data mnist --init scaled_normal --hidden 300,100 \\
        --activation relu --output-activation softmax --loss cross_entropy \\
        --hidden-error gradient --bias --optimizer adam --batch-size 32 --shuffle
    """  # noqa: D301 (click's \b)
    plan = Plan(**options)
    fast_only = {"dtype": dtype, "threads": threads}
    if backend == "ref":
        if (dtype, threads) != ("float64", 1):
            raise click.UsageError("--backend ref has float64 and one thread, and nothing else.")
        fast_only = {}
    if model is not None:
        check_writable(model)
    dataset = training.limited(training.load_data(plan.data), plan.examples)
    network = training.trainable(plan, backend, dataset, **fast_only)
    try:
        seconds, losses, scores = _train_and_test(network, dataset, plan)
        if model is not None:
            network.save(model)
    except KeyboardInterrupt:
        if model is None:
            raise
        raise KeyboardInterrupt(
            f"what it has learned so far is in {_rescue(network, model)}"
        ) from None
    result = {
        "accuracy": training.accuracy(network, dataset),
        "seconds": seconds,
        "updates": plan.updates(len(dataset.train_inputs), len(losses)),
        "digest": network.digest(),
        "model": None if model is None else str(model),
        "backend": training.backend_name(network),
        "dtype": dtype,
        "threads": threads,
        "data": plan.data,
        "sizes": plan.sizes(dataset),
        "examples": len(dataset.train_inputs),
        "epochs": len(losses),
        "seed": plan.seed,
        "loss_per_epoch": losses,
        "accuracy_per_epoch": scores,
    }
    if as_json:
        console.print_json(result)
    else:
        _print_summary(result)


def _train_and_test(
    network: Network, dataset: Dataset, plan: Plan
) -> tuple[float, list[float], list[float]]:
    """Return the seconds, and after each epoch the loss and the share of right answers."""
    losses: list[float] = []
    scores: list[float] = []
    with console.progress_bar() as progress:

        def after_epoch(history: History) -> None:
            losses.append(history.loss[-1])
            scores.append(training.accuracy(network, dataset))
            progress.console.print(
                f"epoch {len(losses):>{len(str(plan.epochs))}} of {plan.epochs}"
                f"   loss {losses[-1]:.5f}   test accuracy {scores[-1]:7.2%}"
            )

        seconds = training.train_with_progress(network, dataset, plan, progress, after_epoch)
    return seconds, losses, scores


def _rescue(network: Network, model: Path) -> Path:
    """Save what a network has learned till Ctrl-C; return where, which is never an older model."""
    if model.exists():
        model = model.with_name(model.name + ".interrupted")
    network.save(model)
    return model


def _print_summary(result: dict[str, Any]) -> None:
    each = result["seconds"] / result["updates"] * 1e6
    facts = {
        "network": f"{console.sizes_text(result['sizes'])} in {result['dtype']}, "
        f"trained by {result['backend']} on {console.plural(result['threads'], 'thread')}",
        "trained on": f"{console.plural(result['examples'], 'example')} of {result['data']}, "
        f"{console.plural(result['epochs'], 'epoch')}: "
        f"{console.plural(result['updates'], 'update')}",
        "test accuracy": f"{result['accuracy']:.2%}",
        "seconds": f"{result['seconds']:,.4f} ({each:,.1f} µs per update)",
        "digest": result["digest"],
        "saved in": result["model"] or "nowhere (--model PATH keeps it)",
    }
    console.print_facts(console.stdout(), facts)
