"""Pictures that a command writes: checked before the work, written whole or not at all."""

import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnfast.cli.options import Command
from nnref.common.files import check_writable, replace_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")


def plot_path(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Return the path of a picture whose format is known."""
    if value is not None and value.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{str(value)!r} ends in none of {', '.join(FORMATS)}.")
    if value is not None and importlib.util.find_spec("matplotlib") is None:
        raise click.ClickException("--plot needs matplotlib: pip install 'nnfast[plot]'")
    if value is not None:
        check_writable(value)
    return value


def plot_option(shows: str) -> Callable[[Command], Command]:
    """Return the option ``--plot``, whose help says what the picture shows."""
    return click.option(
        "--plot",
        type=click.Path(path_type=Path),
        callback=plot_path,
        help=f"Also write a picture of {shows} to this file (PNG, SVG or PDF).",
    )


def new_figure(width: float, height: float) -> "Figure":
    """Return a figure of so many inches that needs no screen."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", dpi=150)


def write_plot(figure: "Figure", path: Path) -> None:
    """Write a picture; an older one there is never lost to a failure half way."""
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix.lower().removeprefix("."))
    replace_file(path, [picture.getvalue()])
