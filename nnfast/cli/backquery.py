"""``nnfast backquery``: the image that a network has in mind for an output."""

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from nnfast.cli.console import print_json, stdout
from nnfast.cli.options import (
    WholeNumber,
    backend_class,
    backend_option,
    finite_numbers,
    json_option,
)
from nnfast.cli.pictures import picture, shades_of
from nnfast.cli.plotting import new_figure, plot_option, write_plot
from nnfast.datasets import class_targets
from nnfast.image_shape import square
from nnref.common.network import Network

GAP = 3  # characters between two images


@click.command("backquery")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("output", type=WholeNumber(min=0), required=False)
@click.option(
    "--targets",
    callback=finite_numbers,
    metavar="X[,X...]",
    help="Run these outputs backwards, instead of one large output among small ones.",
)
@plot_option("the images")
@backend_option
@json_option
def backquery_command(
    model: Path,
    output: int | None,
    targets: tuple[float, ...] | None,
    plot: Path | None,
    backend: str,
    as_json: bool,
) -> None:
    """Run a network backwards, from an output to its inputs.

    Shows the image that the network has in mind for one OUTPUT or, without OUTPUT, for each of
    them. From the outputs back to the inputs, each activation is undone and the weights are used in
    the opposite direction. MODEL is a file saved by "nnfast train --model".

    \b
    Examples:
      nnfast backquery digits.model
      nnfast backquery mnist.model 3 --plot three.png
      nnfast backquery small.model --targets 0.9,0.2 --json
    """  # noqa: D301 (click's \b)
    if targets is not None and output is not None:
        raise click.UsageError("--targets and OUTPUT exclude each other.")
    network = backend_class(backend).load(model)
    rows = named_targets(network, output, targets)
    if plot is not None and square(network.inodes) is None:
        raise click.ClickException(f"--plot: {network.inodes} inputs do not make a square image")
    images = np.array([network.backquery(row) for row in rows.values()])
    if plot is not None:
        _plot(network, images, list(rows), plot)
    if as_json:
        print_json(
            {
                "model": str(model),
                "targets": [list(row) for row in rows.values()],
                "inputs": images.tolist(),
            }
        )
    else:
        _print_images(images, list(rows))


def named_targets(
    network: Network, output: int | None, targets: tuple[float, ...] | None
) -> dict[str, Any]:
    """Return the rows of targets to run backwards, by their names."""
    if targets is not None:
        return {"targets": targets}
    if output is not None and output >= network.onodes:
        raise click.ClickException(
            f"OUTPUT {output}: the network has only 0 to {network.onodes - 1}"
        )
    wanted = range(network.onodes) if output is None else [output]
    rows = class_targets(network, wanted)
    return {str(place): row.tolist() for place, row in zip(wanted, rows, strict=True)}


def _print_images(images: NDArray[np.floating], names: list[str]) -> None:
    """Print the images side by side, as far as the terminal is wide; numbers if not square."""
    out = stdout()
    shape = square(images.shape[1])
    if shape is None:
        for name, image in zip(names, images, strict=True):
            out.print(f"{name}: {', '.join(f'{x:.6g}' for x in image)}", soft_wrap=True)
        return
    shades = shades_of(out)
    pictures = [
        [name, *picture(image.reshape(shape), shades)]
        for name, image in zip(names, images, strict=True)
    ]
    width = len(pictures[0][1])
    in_a_row = max(1, (out.width + GAP) // (width + GAP))
    for start in range(0, len(pictures), in_a_row):
        if start > 0:
            out.print()
        for lines in zip(*pictures[start : start + in_a_row], strict=True):
            out.print((" " * GAP).join(f"{line:<{width}}" for line in lines), soft_wrap=True)


def _plot(network: Network, images: NDArray[np.floating], names: list[str], path: Path) -> None:
    import nnfast.plots

    if len(images) > 1:
        figure = new_figure(8.0, 4.0)
        nnfast.plots.back_queries(network, ax=figure.add_subplot())
    else:
        figure = new_figure(3.0, 3.2)
        ax = nnfast.plots.image(images[0], ax=figure.add_subplot())
        ax.set_title(f"In mind for {names[0]}")
    write_plot(figure, path)
