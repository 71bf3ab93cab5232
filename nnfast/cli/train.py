"""``nnfast train``: train a network and save it."""

from pathlib import Path
from typing import Any

import click

from nnfast.cli.augmenting import augment_option, check_images
from nnfast.cli.checkpoints import check_checkpoint, gone_on, how_to_go_on
from nnfast.cli.console import (
    plural,
    print_facts,
    print_json,
    progress_bar,
    sizes_text,
    stderr,
    stdout,
)
from nnfast.cli.interrupts import one_interrupt
from nnfast.cli.options import (
    GroupedCommand,
    OutputFile,
    Plan,
    WholeNumber,
    backend_option,
    json_option,
    training_options,
)
from nnfast.cli.recording import check_record, recorder_of
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
from nnfast.network import DTYPES, MOST_THREADS
from nnref.common.files import check_writable
from nnref.common.network import Network
from nnref.common.training import History
from nnref.common.witness import UNWATCHED, watched_by


@click.command("train", cls=GroupedCommand)
@training_options
@augment_option
@backend_option
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="float64",
    help="The type of all numbers; float32 takes about half the time, and its results are only "
    "close to nnref's.",
)
@click.option(
    "--threads",
    type=WholeNumber(1, MOST_THREADS),
    metavar="N",
    default=1,
    help="How many cores may share the work; the results do not depend on it.",
)
@click.option(
    "--model",
    type=OutputFile(),
    help="Save the network in this file, replacing an older one. Ctrl-C saves what it has learned "
    "so far, but never over an older one.",
)
@click.option(
    "--checkpoint",
    type=OutputFile(),
    help="Save the network in this file after each epoch, to go on from if training is stopped or "
    "killed.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from --checkpoint's file if it is there: training ends with the same bits as "
    "without the interruption.",
)
@click.option(
    "--record",
    type=OutputFile(),
    help="Write a record of the run to this file, by which anybody can repeat it; see nnfast "
    "reproduce.",
)
@json_option
def train_command(
    backend: str,
    dtype: str,
    threads: int,
    model: Path | None,
    checkpoint: Path | None,
    resume: bool,
    record: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a network, test it after each epoch, and save it.

    It gets an input for each pixel, and an output for each class: ten, or more if a label is
    larger than 9. The seconds are those of the training alone: they leave out reading the data
    and testing.

    \b
    Examples:
      nnfast train --model digits.model
      nnfast train --data path/to/mnist --init scaled_normal --model mnist.model
      nnfast train --epochs 10 --record run.json
      nnfast train --data mnist --init scaled_normal --hidden 300,100 \\
        --activation relu --output-activation softmax --loss cross_entropy \\
        --hidden-error gradient --bias --optimizer adam --batch-size 32 --shuffle
      nnfast train --data mnist --augment rotation=12,scale=0.1 --epochs 50 \\
        --checkpoint long.checkpoint --resume
    """  # noqa: D301 (click's \b)
    plan = Plan(**options)
    fast_only = {"dtype": dtype, "threads": threads}
    if backend == "ref":
        if (dtype, threads) != ("float64", 1):
            raise click.UsageError("--backend ref has only --dtype float64 and --threads 1.")
        fast_only = {}
    if model is not None:
        check_writable(model)
        check_writable(_rescued(model))
    check_checkpoint(checkpoint, resume, model, plan)
    check_record(record, dtype, plan, model, checkpoint)
    dataset = limited(load_data(plan.data), plan.examples)
    check_images(plan.augment, dataset)
    network = trainable(plan, backend, dataset, **fast_only)
    if checkpoint is not None and checkpoint.exists():
        network = gone_on(network, checkpoint, plan)
    recorder = None if record is None else recorder_of(plan.data, checkpoint)
    before = network.epochs
    if before:
        note = f"Going on after epoch {before} of {plan.epochs}, from {checkpoint}"
        stderr().print(note, soft_wrap=True)
    with watched_by(recorder or UNWATCHED, network):
        seconds, losses, scores, diverged = _trained_and_saved(
            network, dataset, plan, model, checkpoint
        )
    if diverged is not None:
        kept = "" if model is None or not losses else f"; what it had learned before is in {model}"
        raise click.ClickException(diverged + kept)
    if record is not None and recorder is not None:
        recorder.record(accuracy=scores, seconds=round(seconds, 4)).save(record)
    result = {
        "accuracy": accuracy(network, dataset),
        "seconds": seconds,
        "updates": plan.updates(len(dataset.train_inputs), len(losses)),
        "digest": network.digest(),
        "model": None if model is None else str(model),
        "checkpoint": None if checkpoint is None else str(checkpoint),
        "record": None if record is None else str(record),
        "backend": backend_name(network),
        "dtype": dtype,
        "threads": threads,
        "data": plan.data,
        "sizes": plan.sizes(dataset),
        "examples": len(dataset.train_inputs),
        "epochs": len(losses),
        "resumed_after": before,
        "seed": plan.seed,
        "loss_per_epoch": losses,
        "accuracy_per_epoch": scores,
    }
    if as_json:
        print_json(result)
    else:
        _print_summary(result)


def _trained_and_saved(
    network: Network, dataset: Dataset, plan: Plan, model: Path | None, checkpoint: Path | None
) -> tuple[float, list[float], list[float], str | None]:
    """Train and save a network, and return what `_train_and_test` does.

    If Ctrl-C ends the training, what was learned is saved, and a second Ctrl-C cannot prevent it.
    """
    if model is None:
        return _train_and_test(network, dataset, plan, checkpoint)
    with one_interrupt():
        try:
            outcome = _train_and_test(network, dataset, plan, checkpoint)
            if network.epochs > 0:
                network.save(model)
        except KeyboardInterrupt as interrupt:
            place = _rescued(model)
            try:
                network.save(place)
            except KeyboardInterrupt:
                raise KeyboardInterrupt("gave up saving, so what it has learned is lost") from None
            said = [f"what it has learned so far is in {place}", *map(str, interrupt.args)]
            raise KeyboardInterrupt("; ".join(said)) from None
        return outcome


def _train_and_test(
    network: Network, dataset: Dataset, plan: Plan, checkpoint: Path | None
) -> tuple[float, list[float], list[float], str | None]:
    """Return the seconds, the loss and test accuracy after each epoch, and whether it diverged."""
    losses: list[float] = []
    scores: list[float] = []
    with progress_bar() as progress:

        def after_epoch(history: History) -> None:
            losses.append(history.loss[-1])
            scores.append(accuracy(network, dataset))
            progress.console.print(
                f"epoch {network.epochs:>{len(str(plan.epochs))}} of {plan.epochs}"
                f"   loss {losses[-1]:.5f}   test accuracy {scores[-1]:7.2%}"
            )

        try:
            seconds, history = train_with_progress(
                network, dataset, plan, progress, after_epoch, checkpoint
            )
        except KeyboardInterrupt:
            if checkpoint is None:
                raise
            raise KeyboardInterrupt(how_to_go_on(checkpoint, plan)) from None
    return seconds, losses, scores, divergence(network, history)


def _rescued(model: Path) -> Path:
    """Return where Ctrl-C saves what was learned: not over an older model."""
    return model.with_name(f"{model.name}.interrupted") if model.exists() else model


def _after(epochs: int) -> str:
    return f" after {epochs:,} before" if epochs else ""


def _print_summary(result: dict[str, Any]) -> None:
    each = result["seconds"] / result["updates"] * 1e6
    facts = {
        "network": f"{sizes_text(result['sizes'])} in {result['dtype']}, "
        f"trained by {result['backend']} on {plural(result['threads'], 'thread')}",
        "trained on": f"{plural(result['examples'], 'example')} of {result['data']}, "
        f"{plural(result['epochs'], 'epoch')}{_after(result['resumed_after'])}: "
        f"{plural(result['updates'], 'update')}",
        "test accuracy": f"{result['accuracy']:.2%}",
        "seconds": f"{result['seconds']:,.4f} ({each:,.1f} µs per update)",
        "digest": result["digest"],
        "saved in": result["model"] or result["checkpoint"] or "nowhere (--model PATH keeps it)",
    }
    if result["record"] is not None:
        facts["record"] = f"{result['record']} (nnfast reproduce repeats it)"
    print_facts(stdout(), facts)
