"""The record that ``nnfast train --record`` writes."""

from pathlib import Path

import click

from nnfast.cli.options import Plan
from nnref.common.files import check_writable
from nnref.common.record import Record
from nnref.common.recording import Recorder


def check_record(record: Path | None, dtype: str, plan: Plan, *others: Path | None) -> None:
    """Refuse what no record can hold, or a file that another option names, before data is read."""
    if record is None:
        return
    if dtype == "float32":
        raise click.UsageError("--record needs --dtype float64: others have other float32s.")
    if plan.augment is not None:
        raise click.UsageError("--record: got --augment too, whose images others do not have.")
    for other in others:
        if other is not None and other.resolve() == record.resolve():
            raise click.UsageError("--record: got the file of another option, wants its own.")
    check_writable(record)


def recorder_of(data: str, checkpoint: Path | None) -> Recorder:
    """Return what records a run, after what a checkpoint that is there has recorded."""
    before = None
    if checkpoint is not None and checkpoint.exists():
        before = Record.load(checkpoint)
    return Recorder(Path(data).name, before)
