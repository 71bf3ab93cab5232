"""``nnfast query``: show a network an example or pictures of digits, and print its answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from nnfast.cli.console import plural, print_json, stderr, stdout
from nnfast.cli.example import example_options, exclude, read_example
from nnfast.cli.options import backend_class, backend_option, json_option
from nnfast.cli.pictures import picture, shades_of
from nnfast.cli.plotting import new_figure, plot_option, write_plot
from nnfast.cli.training import accuracy, backend_name, load_data
from nnfast.datasets import Dataset
from nnfast.image_shape import square
from nnfast.network import NeuralNetwork
from nnref.common.description import middle
from nnref.common.files import open_file
from nnref.common.network import Network

BAR_WIDTH = 24
PANEL_WIDTH = 6.0  # inches
# A model file begins with the length of its header in 8 bytes, and the header with this.
MODEL_MARK = (8, b"{")
# Hidden neurons, learning rate and epochs of a network that somebody is waiting for. They make a
# good one within a second for the small digits, and within some seconds for MNIST.
QUICK = {"digits": (200, 0.3, 20), "mnist": (200, 0.1, 5)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network was shown, and its outputs.

    Only a picture has a title. The shape is None if the inputs are not an image, and the label is
    None if only the user knows it.
    """

    inputs: NDArray[np.float64]
    outputs: list[float]
    digit: int
    image_shape: tuple[int, int] | None = None
    label: int | None = None
    title: str = ""


@click.command("query")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[MODEL] [IMAGE]...")
@example_options
@plot_option("what the network saw and answered")
@backend_option
@json_option
@click.pass_context
def query_command(
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
    """Ask a network about your own pictures or a test example.

    Prints the picture as the network saw it, every output, the answer (the largest output) and,
    for an example of the test set, the label. An IMAGE (PNG, JPEG, ...) shows one digit of any
    size, dark on light or light on dark. MODEL is a file saved by "nnfast train --model"; without
    it, a network is first trained on --data to read the images.

    \b
    Examples:
      nnfast query digit.png
      nnfast query mnist.model one.jpg two.jpg --plot answers.png
      nnfast query digits.model --index 7
      nnfast query small.model --inputs 0.1,0.9,0.5
    """  # noqa: D301 (click's \b)
    if inputs is not None:
        exclude(ctx, "--inputs", "data", "index")
    model, images = model_and_images(files)
    if images:
        exclude(ctx, "IMAGE", "index", "inputs")
        if model is not None:
            exclude(ctx, "IMAGE", "data")
        answers, result = answer_images(model, images, data, backend)
    elif model is None:
        raise click.UsageError("Missing argument: wants a MODEL, an IMAGE or both.")
    else:
        answers, result = answer_example(model, data, index, inputs, backend)
    if plot is not None:
        _plot(answers, plot)
    if as_json:
        print_json(result)
    else:
        for place, answer in enumerate(answers):
            if place > 0:
                stdout().print()
            _print_answer(answer)


def model_and_images(files: Sequence[Path]) -> tuple[Path | None, list[Path]]:
    """Return the file that is a model, if there is one, and the others."""
    models = [file for file in files if _is_model(file)]
    if len(models) > 1:
        raise click.UsageError(f"{models[0]} and {models[1]} are both models: wants one.")
    return (models[0] if models else None), [file for file in files if file not in models]


def _is_model(file: Path) -> bool:
    place, mark = MODEL_MARK
    with open_file(file) as stream:
        return stream.read(place + len(mark))[place:] == mark


def answer_example(
    model: Path, data: str, index: int, inputs: tuple[float, ...] | None, backend: str
) -> tuple[list[Answer], dict[str, Any]]:
    """Ask a network about these inputs or, if they are None, about an example of the test set.

    Returns the answer, and the result that ``--json`` prints.
    """
    network = backend_class(backend).load(model)
    if inputs is not None:
        answer = _answer(network, np.array(inputs))
    else:
        example = read_example(network, model, data, index)
        answer = _answer(
            network, example.inputs, image_shape=example.image_shape, label=example.label
        )
    return [answer], {
        "outputs": answer.outputs,
        "answer": answer.digit,
        "label": answer.label,
        "model": str(model),
        "backend": backend_name(network),
        "data": data if inputs is None else None,
        "index": index if inputs is None else None,
    }


def answer_images(
    model: Path | None, images: Sequence[Path], data: str, backend: str
) -> tuple[list[Answer], dict[str, Any]]:
    """Ask a network about pictures; without a model, train one first.

    Returns the answers, and the result that ``--json`` prints.
    """
    if model is None and backend == "ref":
        raise click.UsageError("--backend ref needs a MODEL: it would take long to train one.")
    network: Network
    if model is None:
        dataset = load_data(data)
        shape, pictures = read_images(images, dataset.train_inputs.shape[1], data)
        network, test_accuracy = trained_now(dataset, data)
    else:
        network, test_accuracy = backend_class(backend).load(model), None
        shape, pictures = read_images(images, network.inodes, str(model))
    answers = [
        _answer(network, picture, image_shape=shape, title=str(image))
        for image, picture in zip(images, pictures, strict=True)
    ]
    return answers, {
        "images": [
            {"image": answer.title, "outputs": answer.outputs, "answer": answer.digit}
            for answer in answers
        ],
        "model": None if model is None else str(model),
        "backend": backend_name(network),
        "data": data if model is None else None,
        "accuracy": test_accuracy,
    }


def read_images(
    images: Sequence[Path], inodes: int, source: str
) -> tuple[tuple[int, int], list[NDArray[np.float64]]]:
    """Return the shape of images with this many pixels, and the pictures in that shape."""
    from nnfast.images import read_digit  # needs more libraries than the rest

    shape = square(inodes)
    if shape is None:
        raise click.ClickException(
            f"{source}: has {plural(inodes, 'input')}, which do not make a square: "
            "no IMAGE can be shown to them"
        )
    return shape, [read_digit(image, shape) for image in images]


def trained_now(dataset: Dataset, data: str) -> tuple[NeuralNetwork, float]:
    """Return a network trained on the data, and its test accuracy; print how to keep it."""
    hidden, lr, epochs = QUICK[dataset.name]
    inodes, onodes = dataset.train_inputs.shape[1], dataset.train_targets.shape[1]
    network = NeuralNetwork(inodes, hidden, onodes, lr, init="scaled_normal", seed=0)
    with stderr().status(f"Training on {data}"):
        network.fit(dataset.train_inputs, dataset.train_targets, epochs=epochs)
    test_accuracy = accuracy(network, dataset)
    hint = "A network trained on MNIST reads better: --data mnist. " if inodes < 784 else ""
    stderr().print(
        f"No MODEL, so one was trained (test accuracy {test_accuracy:.2%}). {hint}"
        f"To keep it: nnfast train --data {data} --hidden {hidden} --lr {lr} --epochs {epochs} "
        "--init scaled_normal --model PATH",
        soft_wrap=True,
    )
    return network, test_accuracy


def _answer(network: Network, inputs: NDArray[np.float64], **shown: Any) -> Answer:
    """Return a network's answer to these inputs, the index of its largest output.

    With a single output, the answer is 1 for yes and 0 for no.
    """
    outputs = np.asarray(network.query(inputs), dtype=float).tolist()
    if any(map(math.isnan, outputs)):
        raise click.ClickException(
            f"the network has no answer: its outputs are {', '.join(map(str, outputs[:3]))}...; "
            "a training that diverged leaves such weights"
        )
    if len(outputs) == 1:
        digit = int(outputs[0] > middle(network.output_activation))
    else:
        digit = int(np.argmax(outputs))
    return Answer(inputs, outputs, digit, **shown)


def _print_answer(answer: Answer) -> None:
    out = stdout()
    shades = shades_of(out)
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
    out = stdout()
    if answer.label is None:
        out.print(f"answer {answer.digit}", style="bold")
    elif answer.label == answer.digit:
        out.print(f"answer {answer.digit}: right", style="bold green")
    else:
        out.print(f"answer {answer.digit}: wrong: it is a {answer.label}", style="bold red")


def _bar_length(output: float) -> int:
    return round(output * BAR_WIDTH) if math.isfinite(output) else 0


def _plot(answers: Sequence[Answer], path: Path) -> None:
    import nnfast.plots

    # A panel is twice as wide as it is high.
    columns = math.ceil(math.sqrt(len(answers) / 2))
    rows = math.ceil(len(answers) / columns)
    figure = new_figure(PANEL_WIDTH * columns, PANEL_WIDTH / 2 * rows)
    for place, answer in enumerate(answers, start=1):
        ax = figure.add_subplot(rows, columns, place)
        shown = None if answer.image_shape is None else answer.inputs
        nnfast.plots.answer(answer.outputs, shown, answer.image_shape, ax=ax)
        if answer.title:
            ax.set_title(f"{Path(answer.title).name}\n{ax.get_title()}")
    write_plot(figure, path)
