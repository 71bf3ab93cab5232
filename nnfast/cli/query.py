"""``nnfast query``: show a network one example and see what it answers."""

import math
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource
from numpy.typing import NDArray
from rich.text import Text

from nnfast.cli import console, training
from nnfast.cli.options import (
    backend_class,
    backend_option,
    data_option,
    finite_numbers,
    json_option,
)
from nnfast.datasets import Dataset
from nnref.base import Network

BAR_WIDTH = 24
# A picture of more rows is squeezed, so that it fits on a small screen.
MOST_ROWS = 16
SHADES = " ░▒▓█"
SHADES_ASCII = " .+%@"


@click.command("query")
@click.argument("model", type=click.Path(path_type=Path))
@data_option
@click.option(
    "--index",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    help="Which example of the test set.",
)
@click.option(
    "--inputs",
    callback=finite_numbers,
    metavar="X[,X...]",
    help="Show these numbers instead of an example.",
)
@backend_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: Path,
    data: str,
    index: int,
    inputs: tuple[float, ...] | None,
    backend: str,
    as_json: bool,
) -> None:
    """Ask a saved network about an example of the test set.

    Prints the picture, what each output says, the answer (the largest output) and the label.
    MODEL is a file that "nnfast train --model" has saved.

    \b
    Examples:
      nnfast query digits.model --index 7
      nnfast query mnist.model --data path/to/mnist --json
      nnfast query small.model --inputs 0.1,0.9,0.5
    """  # noqa: D301 (click's \b)
    for other in ("data", "index"):
        if inputs is not None and ctx.get_parameter_source(other) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--inputs and --{other} exclude each other.")
    network = backend_class(backend).load(model)
    example: Any = inputs
    dataset = None
    if inputs is None:
        dataset = training.load_data(data)
        _check_fit(network, model, dataset, index)
        example = dataset.test_inputs[index]
    outputs = [float(output) for output in network.query(example)]
    result = {
        "outputs": outputs,
        "answer": answer(outputs),
        "label": None if dataset is None else int(dataset.test_labels[index]),
        "model": str(model),
        "backend": training.backend_name(network),
        "data": None if dataset is None else data,
        "index": None if dataset is None else index,
    }
    if as_json:
        console.print_json(result)
    else:
        _print_answer(result, None if dataset is None else dataset.image_shape, example)


def _check_fit(network: Network, model: Path, dataset: Dataset, index: int) -> None:
    _, wants_inputs = dataset.test_inputs.shape
    count, wants_outputs = dataset.test_targets.shape
    if (network.inodes, network.onodes) != (wants_inputs, wants_outputs):
        raise click.ClickException(
            f"{model}: has {console.plural(network.inodes, 'input')} and "
            f"{console.plural(network.onodes, 'output')}, but "
            f"{dataset.name} needs {wants_inputs} and {wants_outputs}: "
            "give the --data that it was trained on, or --inputs"
        )
    if index >= count:
        raise click.ClickException(
            f"--index {index}: the test set of {dataset.name} has only 0 to {count - 1}"
        )


def answer(outputs: list[float]) -> int:
    """Return where the largest output stands; for a single one, whether it is above one half."""
    return int(outputs[0] > 0.5) if len(outputs) == 1 else int(np.argmax(outputs))


def _print_answer(
    result: dict[str, Any], image_shape: tuple[int, int] | None, example: NDArray[np.float64]
) -> None:
    out = console.stdout()
    outputs = result["outputs"]
    shades = SHADES_ASCII if out.options.ascii_only else SHADES
    rows = [] if image_shape is None else picture(np.reshape(example, image_shape), shades)
    lines = [
        f"{place:>{len(str(len(outputs) - 1))}}  {output:.4f}  {shades[-1] * _bar_length(output)}"
        for place, output in enumerate(outputs)
    ]
    width = len(rows[0]) + 4 if rows else 0
    for place, (row, line) in enumerate(zip_longest(rows, lines, fillvalue="")):
        style = "bold" if place == result["answer"] else ""
        out.print(Text.assemble(f"{row:<{width}}", (line, style)), soft_wrap=True)
    out.print()
    if result["label"] is None:
        out.print(f"answer {result['answer']}", style="bold")
    else:
        right = result["answer"] == result["label"]
        verdict = "right" if right else f"wrong: it is a {result['label']}"
        out.print(
            f"answer {result['answer']}: {verdict}", style="bold green" if right else "bold red"
        )


def _bar_length(output: float) -> int:
    return round(output * BAR_WIDTH) if math.isfinite(output) else 0


def picture(image: NDArray[np.float64], shades: str) -> list[str]:
    """Return an image (rows, columns) of values from 0 to 1 as lines of shades.

    A character is about twice as high as it is wide: so a pixel is two of them, or, in a large
    image, one of them shows the mean of two pixels.
    """
    rows, columns = image.shape
    if rows > MOST_ROWS:
        even = np.pad(image, ((0, rows % 2), (0, 0)))
        image = even.reshape(-1, 2, columns).mean(axis=1)
    else:
        image = image.repeat(2, axis=1)
    levels = np.clip(image * len(shades), 0, len(shades) - 1).astype(int)
    return ["".join(shades[level] for level in row) for row in levels]
