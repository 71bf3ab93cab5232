"""The option ``--plot``: checked before the work, and written whole or not at all."""

import importlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnfast.cli.options import Command, OutputFile
from nnfast.optional import required_by
from nnref.common.files import check_writable, replace_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")


def plot_option(shows: str) -> Callable[[Command], Command]:
    """Return the option ``--plot``, whose help says what the picture shows."""
    return click.option(
        "--plot",
        type=OutputFile(),
        callback=checked_plot,
        help=f"Also write a picture of {shows} to this file (PNG, SVG or PDF).",
    )


def checked_plot(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Return the path if a picture can be drawn and written there, or raise."""
    if path is None:
        return None
    if path.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{str(path)!r} does not end in .png, .svg or .pdf.")
    with required_by("--plot", "matplotlib"):
        importlib.import_module("matplotlib")
    check_writable(path)
    return path


def new_figure(width: float, height: float) -> "Figure":
    """Return a figure of this size in inches, which needs no screen."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", dpi=150)


def write_plot(figure: "Figure", path: Path) -> None:
    """Write a figure to a file; if that fails, an older file stays as it was."""
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix.lower().removeprefix("."))
    replace_file(path, [picture.getvalue()])
