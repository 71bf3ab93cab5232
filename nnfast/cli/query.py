"""``nnfast query``: show a network an example or pictures of digits, and see what it answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource
from numpy.typing import NDArray
from rich.text import Text

import nnfast
from nnfast.cli import console, training
from nnfast.cli.options import (
    backend_class,
    backend_option,
    check_fit,
    data_option,
    finite_numbers,
    json_option,
)
from nnfast.cli.plotting import new_figure, plot_option, write_plot
from nnfast.datasets import Dataset
from nnfast.image_shape import square
from nnref.common.network import Network

BAR_WIDTH = 24
# A picture of more rows is squeezed, so that it fits on a small screen.
MOST_ROWS = 16
SHADES = " ░▒▓█"
SHADES_ASCII = " .+%@"
PANEL_WIDTH = 6.0  # inches
# A model file begins with the length of its header in 8 bytes, and the header with this.
MODEL_MARK = (8, b"{")
# Hidden neurons, learning rate and epochs of a network that is needed now: they make a good one
# within a second for the small digits, and within some seconds for MNIST.
QUICK = {"digits": (200, 0.3, 20), "mnist": (200, 0.1, 5)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network was shown, and what it said to that.

    The title is empty for anything but a picture; the shape is None for inputs that are no image,
    and the label where only the user knows it.
    """

    inputs: NDArray[np.float64]
    outputs: list[float]
    image_shape: tuple[int, int] | None = None
    label: int | None = None
    title: str = ""

    @property
    def digit(self) -> int:
        """Where the largest output stands; for a single one, whether it is above one half."""
        return (
            int(self.outputs[0] > 0.5) if len(self.outputs) == 1 else int(np.argmax(self.outputs))
        )


@click.command("query")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[MODEL] [IMAGE]...")
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
@plot_option("what the network saw and said")
@backend_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    data: str,
    index: int,
    inputs: tuple[float, ...] | None,
    plot: Path | None,
    backend: str,
    as_json: bool,
) -> None:
    """Ask a network about your own pictures, or about an example of the test set.

    Prints the picture as the network saw it, what each output says, the answer (the largest
    output) and, for an example, the label. An IMAGE (PNG, JPEG, ...) shows one digit, of any size,
    dark on light or light on dark. MODEL is a file that "nnfast train --model" has saved; without
    it, a network is trained on --data to read the images.

    \b
    Examples:
      nnfast query digit.png
      nnfast query mnist.model one.jpg two.jpg --plot answers.png
      nnfast query digits.model --index 7
      nnfast query small.model --inputs 0.1,0.9,0.5
    """  # noqa: D301 (click's \b)
    given = {name for name in ("data", "index", "inputs") if _is_given(ctx, name)}
    if inputs is not None:
        _exclude("--inputs", given - {"inputs"})
    model, images = told_apart(files)
    if images:
        _exclude("IMAGE", given - {"data"} if model is None else given)
        answers, result = about_images(model, images, data, backend)
    elif model is None:
        raise click.UsageError("Missing argument: wants a MODEL, an IMAGE or both.")
    else:
        answers, result = about_example(model, data, index, inputs, backend)
    if plot is not None:
        _plot(answers, plot)
    if as_json:
        console.print_json(result)
    else:
        for place, answer in enumerate(answers):
            if place > 0:
                console.stdout().print()
            _print_answer(answer)


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _exclude(name: str, others: set[str]) -> None:
    for other in sorted(others):
        raise click.UsageError(f"{name} and --{other} exclude each other.")


def told_apart(files: Sequence[Path]) -> tuple[Path | None, list[Path]]:
    """Return which of the files is a model, if any, and the others."""
    models = [file for file in files if _is_model(file)]
    if len(models) > 1:
        raise click.UsageError(f"{models[0]} and {models[1]} are both models: wants one.")
    return (models[0] if models else None), [file for file in files if file not in models]


def _is_model(file: Path) -> bool:
    place, mark = MODEL_MARK
    with file.open("rb") as stream:
        return stream.read(place + len(mark))[place:] == mark


def about_example(
    model: Path, data: str, index: int, inputs: tuple[float, ...] | None, backend: str
) -> tuple[list[Answer], dict[str, Any]]:
    """Ask a network about some numbers or, if there are none, an example of the test set.

    Returns the answer, and all that ``--json`` tells of it.
    """
    network = backend_class(backend).load(model)
    if inputs is not None:
        answer = Answer(np.array(inputs), _outputs(network, inputs))
    else:
        dataset = training.load_data(data)
        check_fit(network, model, dataset, index)
        example = dataset.test_inputs[index]
        label = int(dataset.test_labels[index])
        answer = Answer(example, _outputs(network, example), dataset.image_shape, label)
    return [answer], {
        "outputs": answer.outputs,
        "answer": answer.digit,
        "label": answer.label,
        "model": str(model),
        "backend": training.backend_name(network),
        "data": data if inputs is None else None,
        "index": index if inputs is None else None,
    }


def about_images(
    model: Path | None, images: Sequence[Path], data: str, backend: str
) -> tuple[list[Answer], dict[str, Any]]:
    """Ask a network about pictures; without a model, about what one says that is trained now.

    Returns the answers, and all that ``--json`` tells of them.
    """
    if model is None and backend == "ref":
        raise click.UsageError("--backend ref needs a MODEL: training one would take it long.")
    network: Network
    if model is None:
        dataset = training.load_data(data)
        shape, pictures = read_images(images, dataset.train_inputs.shape[1], data)
        network, accuracy = trained_now(dataset, data)
    else:
        network, accuracy = backend_class(backend).load(model), None
        shape, pictures = read_images(images, network.inodes, str(model))
    answers = [
        Answer(picture, _outputs(network, picture), shape, title=str(image))
        for image, picture in zip(images, pictures, strict=True)
    ]
    return answers, {
        "images": [
            {"image": answer.title, "outputs": answer.outputs, "answer": answer.digit}
            for answer in answers
        ],
        "model": None if model is None else str(model),
        "backend": training.backend_name(network),
        "data": data if model is None else None,
        "accuracy": accuracy,
    }


def read_images(
    images: Sequence[Path], inodes: int, source: str
) -> tuple[tuple[int, int], list[NDArray[np.float64]]]:
    """Return the shape of images that have this many pixels, and each picture as such an image."""
    from nnfast.images import read_digit  # needs more libraries than the rest

    shape = square(inodes)
    if shape is None:
        raise click.ClickException(
            f"{source}: has {console.plural(inodes, 'input')}, which do not make a square: "
            "no IMAGE can be shown to them"
        )
    return shape, [read_digit(image, shape) for image in images]


def trained_now(dataset: Dataset, data: str) -> tuple[nnfast.NeuralNetwork, float]:
    """Return a network that has learned the data, and its test accuracy; say how to keep it."""
    hidden, lr, epochs = QUICK[dataset.name]
    inodes, onodes = dataset.train_inputs.shape[1], dataset.train_targets.shape[1]
    network = nnfast.NeuralNetwork(inodes, hidden, onodes, lr, init="scaled_normal", seed=0)
    with console.stderr().status(f"Training on {data}"):
        network.fit(dataset.train_inputs, dataset.train_targets, epochs=epochs)
    accuracy = training.accuracy(network, dataset)
    hint = "One that has learned MNIST reads better: --data mnist. " if inodes < 784 else ""
    console.stderr().print(
        f"No MODEL, so one was trained, of test accuracy {accuracy:.2%}. {hint}To keep it: "
        f"nnfast train --data {data} --hidden {hidden} --lr {lr} --epochs {epochs} "
        "--init scaled_normal --model PATH",
        soft_wrap=True,
    )
    return network, accuracy


def _outputs(network: Network, inputs: Any) -> list[float]:
    return [float(output) for output in network.query(inputs)]


def _print_answer(answer: Answer) -> None:
    out = console.stdout()
    shades = SHADES_ASCII if out.options.ascii_only else SHADES
    rows = []
    if answer.image_shape is not None:
        rows = picture(np.reshape(answer.inputs, answer.image_shape), shades)
    outputs = answer.outputs
    lines = [
        f"{place:>{len(str(len(outputs) - 1))}}  {output:.4f}  {shades[-1] * _bar_length(output)}"
        for place, output in enumerate(outputs)
    ]
    width = len(rows[0]) + 4 if rows else 0
    if answer.title:
        out.print(answer.title, soft_wrap=True)
    for place, (row, line) in enumerate(zip_longest(rows, lines, fillvalue="")):
        style = "bold" if place == answer.digit else ""
        out.print(Text.assemble(f"{row:<{width}}", (line, style)), soft_wrap=True)
    out.print()
    _print_verdict(answer)


def _print_verdict(answer: Answer) -> None:
    out = console.stdout()
    if answer.label is None:
        out.print(f"answer {answer.digit}", style="bold")
    elif answer.label == answer.digit:
        out.print(f"answer {answer.digit}: right", style="bold green")
    else:
        out.print(f"answer {answer.digit}: wrong: it is a {answer.label}", style="bold red")


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
    # Weights that are no numbers can make an image of none.
    levels = np.clip(np.nan_to_num(image) * len(shades), 0, len(shades) - 1).astype(int)
    return ["".join(shades[level] for level in row) for row in levels]


def _plot(answers: Sequence[Answer], path: Path) -> None:
    from nnfast import plots

    # A panel is twice as wide as it is high.
    columns = math.ceil(math.sqrt(len(answers) / 2))
    rows = math.ceil(len(answers) / columns)
    figure = new_figure(PANEL_WIDTH * columns, PANEL_WIDTH / 2 * rows)
    for place, answer in enumerate(answers, start=1):
        ax = figure.add_subplot(rows, columns, place)
        shown = None if answer.image_shape is None else answer.inputs
        plots.answer(answer.outputs, shown, answer.image_shape, ax=ax)
        if answer.title:
            ax.set_title(f"{Path(answer.title).name}\n{ax.get_title()}")
    write_plot(figure, path)
