"""``nnfast reproduce``: repeat a recorded run, and compare it digest by digest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from rich.progress import Progress, TaskID

from nnfast.cli.console import (
    in_one_line,
    plural,
    print_facts,
    print_json,
    progress_bar,
    sizes_text,
    stdout,
)
from nnfast.cli.options import WholeNumber, backend_option, json_option
from nnfast.cli.second_opinion import Opinion, second_opinion
from nnfast.cli.training import WatchedReference, load_data, mover
from nnfast.datasets import Dataset
from nnfast.network import NeuralNetwork
from nnref.common.network import Network
from nnref.common.record import Point, Record
from nnref.common.reproducing import Reproduction, reproduce

# Only these are fetched by their names; a record never says which file to open.
KNOWN = ("digits", "mnist")
CANNOT_COMPARE = 2
DIGEST_LETTERS = 12


class CannotCompare(click.ClickException):
    """Nothing was compared: the status is that of wrong usage, since 1 says that bits differ."""

    exit_code = CANNOT_COMPARE


@dataclass(frozen=True, slots=True)
class Run:
    """A record, the examples that it is of, and how many epochs to repeat."""

    record: Record
    inputs: Any
    targets: Any
    validation: Any
    epochs: int

    def repeated(
        self, kind: type[Network], callback: Callable[[Point], object]
    ) -> Reproduction[Network]:
        """Repeat the run with a backend, as far as the callback allows."""
        return reproduce(
            self.record,
            kind,
            self.inputs,
            self.targets,
            validation=self.validation,
            epochs=self.epochs,
            callback=callback,
        )


@click.command("reproduce")
@click.argument("record", type=click.Path(path_type=Path))
@click.option(
    "--data",
    metavar="digits|mnist|PATH",
    show_default="what the record names, if that is digits or mnist",
    help="The examples that were trained on, as for nnfast train.",
)
@backend_option
@click.option(
    "--epochs",
    type=WholeNumber(min=1),
    metavar="N",
    show_default="all",
    help="Repeat the first N epochs only.",
)
@json_option
@click.pass_context
def reproduce_command(
    ctx: click.Context,
    /,
    record: Path,
    data: str | None,
    backend: str,
    epochs: int | None,
    as_json: bool,
) -> None:
    """Repeat a recorded run, and compare the weights, bit by bit.

    RECORD is a file written by "nnfast train --record", or by record_fit in Python. The run is
    repeated on this machine. Its weights are compared before training, after 1, 2, 4, 8, ...
    updates of the first epoch and after each epoch. The exit status is 0 if all bits are the
    same, 1 if some differ (then you read where, and by how much), and 2 if nothing could be
    compared. With --backend ref the oracle is the judge; it takes several hundred times as long.

    \b
    Examples:
      nnfast train --epochs 10 --record run.json
      nnfast reproduce run.json
      nnfast reproduce run.json --backend ref --epochs 1
    """  # noqa: D301 (click's \b)
    try:
        run = _run(Record.load(record), data, epochs)
        started = perf_counter()
        found = _compared(run, backend)
        seconds = perf_counter() - started
        opinion = second_opinion(found, run.repeated)
    except (ValueError, TypeError, OSError, ImportError, MemoryError) as error:
        raise CannotCompare(in_one_line(error)) from error
    if as_json:
        print_json(_result(record, found, opinion, seconds))
    else:
        _print_verdict(found, opinion)
    ctx.exit(0 if found.identical else 1)


def _run(record: Record, data: str | None, epochs: int | None) -> Run:
    """Return what to repeat, with the examples of the data set that the record names."""
    total, name = record.fit.epochs, record.data.name
    if epochs is not None and epochs > total:
        raise click.UsageError(f"--epochs: got {epochs}, wants at most {total}, as the record has.")
    if data is None and name not in KNOWN:
        raise click.UsageError(f"--data is missing: the record is of {name!r}, so give its PATH.")
    dataset = load_data(name if data is None else data)
    count = record.data.inputs.shape[0]
    held_back = 0 if record.fit.validation is None else record.fit.validation.inputs.shape[0]
    _check_widths(record, dataset)
    inputs, targets = dataset.train_inputs, dataset.train_targets
    rest = slice(count, count + held_back)
    validation = (inputs[rest], targets[rest]) if held_back else None
    return Run(record, inputs[:count], targets[:count], validation, epochs or total)


def _check_widths(record: Record, dataset: Dataset) -> None:
    """Raise ValueError for data of other widths, of which the arguments' errors would say less."""
    found = dataset.train_inputs.shape[1], dataset.train_targets.shape[1]
    wanted = record.data.inputs.shape[1], record.data.targets.shape[1]
    if found != wanted:
        raise ValueError(
            f"data: got {found[0]} inputs and {found[1]} targets ({dataset.name}), wants "
            f"{wanted[0]} and {wanted[1]}, as the record of {record.data.name!r} has"
        )


def _compared(run: Run, backend: str) -> Reproduction[Network]:
    """Repeat the run under a bar that moves, with a line for each point that is the same."""
    examples, batch_size = len(run.inputs), run.record.fit.batch_size
    with progress_bar() as progress:
        bar = progress.add_task(f"nn{backend:<4}", total=run.epochs * examples)
        tick, cross = "+-" if progress.console.options.ascii_only else "✓✗"

        def same(point: Point) -> None:
            in_epoch = point.updates * batch_size if point.epoch == 0 else 0
            progress.update(bar, completed=point.epoch * examples + in_epoch)
            progress.console.print(f"{tick} {point!s:<17}  {point.digest[:DIGEST_LETTERS]}...")

        found = run.repeated(_kind(backend, progress, bar), same)
        if found.difference is not None:
            wanted = found.difference.wanted
            progress.console.print(
                f"{cross} {wanted!s:<17}  not {wanted.digest[:DIGEST_LETTERS]}..."
            )
        return found


def _kind(backend: str, progress: Progress, bar: TaskID) -> type[Network]:
    """Return the class to repeat a run with; the oracle's moves the bar itself."""
    if backend == "fast":
        return NeuralNetwork
    on_update = staticmethod(mover(progress, bar))
    return type("WatchedReference", (WatchedReference,), {"on_update": on_update})


def _result(
    path: Path, found: Reproduction[Network], opinion: Opinion | None, seconds: float
) -> dict[str, Any]:
    difference = found.difference
    return {
        "identical": found.identical,
        "epochs": found.epochs,
        "epochs_recorded": found.record.fit.epochs,
        "points": len(found.points),
        "digest": found.network.digest(),
        "seconds": seconds,
        "record": str(path),
        "data": found.record.data.name,
        "difference": difference
        and {
            "says": str(found),
            "epoch": difference.wanted.epoch,
            "updates": difference.wanted.updates,
            "layers": difference.layers,
            "same_at_updates": found.points[-1].updates if found.points else None,
            "ulps": opinion.ulps if opinion else None,
        },
        "made_by": found.record.made_by,
        "made_here": found.made_by,
    }


def _print_verdict(found: Reproduction[Network], opinion: Opinion | None) -> None:
    out, record = stdout(), found.record
    facts = {
        "network": sizes_text(record.network.sizes),
        "trained on": f"{plural(record.data.inputs.shape[0], 'example')} of {record.data.name}, "
        f"{plural(record.fit.epochs, 'epoch')}",
    }
    if found.identical:
        print_facts(out, {**facts, "digest": found.network.digest()})
        out.print(str(found), style="bold green")
        return
    print_facts(out, facts)
    out.print(str(found), style="bold red", soft_wrap=True)
    if opinion is not None:
        out.print(opinion.says, soft_wrap=True)
    _print_what_made_them(found)


def _print_what_made_them(found: Reproduction[Network]) -> None:
    """Print in what the two runs' versions, platforms and kernels differ."""
    there, here = found.record.made_by, found.made_by
    facts = {
        name: f"{there.get(name, '-')} in the record, {here.get(name, '-')} here"
        for name in {**there, **here}
        if there.get(name) != here.get(name)
    }
    if facts:
        print_facts(stdout(), facts)
    else:
        stdout().print("The versions, platform and kernel are the same.")
