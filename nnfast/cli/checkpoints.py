"""``--checkpoint`` and ``--resume``: training that goes on where it was stopped or killed."""

from dataclasses import fields, replace
from pathlib import Path

import click

from nnfast.cli.console import plural
from nnfast.cli.options import Plan
from nnref.common.files import check_writable
from nnref.common.network import AnyNetwork, rebuilt
from nnref.common.state import read_state


def check_checkpoint(checkpoint: Path | None, resume: bool, model: Path | None, plan: Plan) -> None:
    """Refuse what cannot be gone on from, or would be lost, before any data is read."""
    if checkpoint is None:
        if resume:
            raise click.UsageError("--resume: wants --checkpoint FILE too.")
        return
    if model is not None and model.resolve() == checkpoint.resolve():
        raise click.UsageError("--checkpoint: got the file of --model, wants another one.")
    if resume and plan.patience is not None:
        raise click.UsageError("--resume: got --patience too, which would start counting anew.")
    if checkpoint.exists() and not resume:
        raise click.UsageError(
            f"--checkpoint: {checkpoint} is there already; --resume goes on from it."
        )
    check_writable(checkpoint)


def gone_on(network: AnyNetwork, checkpoint: Path, plan: Plan) -> AnyNetwork:
    """Return the network of a checkpoint, which must be this one after some of its epochs."""
    state, wanted = read_state(checkpoint), network.__getstate__()
    pairs = [("dtype", state.dtype, wanted.dtype)]
    for field in fields(state.description):
        both = (getattr(each.description, field.name) for each in (state, wanted))
        pairs.append((field.name, *both))
    for name, its, options in pairs:
        if its != options:
            raise click.UsageError(
                f"--resume: {checkpoint} has {name}={its!r}, where the options say {options!r}."
            )
    if state.epochs >= plan.epochs:
        raise click.UsageError(
            f"--resume: {checkpoint} has had {plural(state.epochs, 'epoch')}, wants --epochs above "
            "that."
        )
    return rebuilt(type(network), replace(state, threads=wanted.threads))


def how_to_go_on(checkpoint: Path, plan: Plan) -> str:
    """Return what to say when a training with a checkpoint has been interrupted."""
    if not checkpoint.exists():
        return f"no epoch is done, so {checkpoint} is not there yet"
    done, all_epochs = read_state(checkpoint).epochs, plural(plan.epochs, "epoch")
    return f"{checkpoint} has {done} of {all_epochs}; the same command with --resume goes on there"
