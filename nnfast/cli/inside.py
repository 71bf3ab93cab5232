"""``nnfast explain`` and ``nnfast gradcheck``: one update of a network, taken apart and checked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.highlighter import RegexHighlighter
from rich.theme import Theme

from nnfast.cli import console, training
from nnfast.cli.options import (
    backend_class,
    backend_option,
    check_fit,
    data_option,
    finite_numbers,
    json_option,
)
from nnfast.datasets import class_targets
from nnref import gradient_check
from nnref.common.description import SEED_LIMIT
from nnref.common.network import Network

# The network that the article makes, and an example for it.
HNODES, LR = 3, 0.3
INPUTS, TARGETS = (0.9, 0.1, 0.8), (0.99, 0.01, 0.01)

OPTIONS = (
    click.argument("model", type=click.Path(path_type=Path), required=False),
    data_option,
    click.option(
        "--index",
        type=click.IntRange(min=0),
        metavar="N",
        default=0,
        help="Which example of the test set.",
    ),
    click.option(
        "--inputs",
        callback=finite_numbers,
        metavar="X[,X...]",
        help="Take these numbers instead of an example, with --targets.",
    ),
    click.option(
        "--targets",
        callback=finite_numbers,
        metavar="X[,X...]",
        help="What the outputs for --inputs should be.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, SEED_LIMIT - 1),
        metavar="N",
        default=0,
        help="For the weights of the article's network, where no MODEL is given.",
    ),
    backend_option,
    json_option,
    click.pass_context,
)


def subject_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which network to look into, and which example to show it."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command("explain")
@subject_options
def explain_command(ctx: click.Context, /, as_json: bool, **options: Any) -> None:
    """Take one update apart: every number, by its name in the article.

    Shows how the signals run forward, how the errors run back, and how each weight would move. The
    network stays as it is. MODEL is a file that "nnfast train --model" has saved; the example is
    one of the test set, or is given by --inputs and --targets. Without MODEL it is the article's
    network of three layers, before it has learned anything.

    \b
    Examples:
      nnfast explain
      nnfast explain --inputs 0.5,0.1 --targets 0.99
      nnfast explain digits.model --index 7
    """  # noqa: D301 (click's \b)
    network, inputs, targets = subject(ctx, **options)
    explanation = network.explain(inputs, targets)
    if as_json:
        console.print_json(explanation.to_dict())
    else:
        print_text(str(explanation))


@click.command("gradcheck")
@subject_options
@click.option(
    "--most",
    type=click.IntRange(min=1),
    metavar="N",
    default=200,
    help="How many weights of each layer to check at most.",
)
def gradcheck_command(ctx: click.Context, /, as_json: bool, most: int, **options: Any) -> None:
    """Check what back-propagation computes against slopes that are measured.

    Moves one weight after the other a little up and down, and compares by how much the loss differs
    with what the network computes for it. The article's own rule for the hidden errors is not the
    slope of the loss; then it says how far off it is, and why. Arguments are those of "explain".

    \b
    Examples:
      nnfast gradcheck
      nnfast gradcheck digits.model --index 7
    """  # noqa: D301 (click's \b)
    network, inputs, targets = subject(ctx, **options)
    check = gradient_check(network, inputs, targets, most=most)
    if as_json:
        console.print_json(check.to_dict())
    else:
        print_text(str(check))


def subject(
    ctx: click.Context,
    /,
    model: Path | None,
    data: str,
    index: int,
    inputs: tuple[float, ...] | None,
    targets: tuple[float, ...] | None,
    seed: int,
    backend: str,
) -> tuple[Network, Any, Any]:
    """Return the network that the options name, and the inputs and targets to show it."""
    if (inputs is None) != (targets is None):
        raise click.UsageError("--inputs and --targets belong together.")
    given = [name for name in ("data", "index", "seed") if _is_given(ctx, name)]
    if model is None:
        for name in given:
            if name != "seed":
                raise click.UsageError(f"--{name} needs a MODEL.")
        inputs, targets = inputs or INPUTS, targets or TARGETS
        kind = backend_class(backend)
        return kind(len(inputs), HNODES, len(targets), LR, seed=seed), inputs, targets
    for name in given:
        if name == "seed" or inputs is not None:
            other = "MODEL" if name == "seed" else "--inputs"
            raise click.UsageError(f"{other} and --{name} exclude each other.")
    network = backend_class(backend).load(model)
    if inputs is not None:
        return network, inputs, targets
    dataset = training.load_data(data)
    check_fit(network, model, dataset, index)
    (row,) = class_targets(network, dataset.test_labels[[index]])
    return network, dataset.test_inputs[index], row


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


class NumbersHighlighter(RegexHighlighter):
    """Colours for headings, names, numbers below 0, and verdicts."""

    base_style = "inside."
    highlights = (
        r"^(?P<heading>[A-Z]{6,})$",
        r"(?P<name>\b((hidden|final|output|weights?|biases|bias|new)_\w+|inputs|targets)\b)",
        r"(?<![\w.])(?P<negative>-\d[\d.]*(e[-+]?\d+)?)",
        r"(?P<agrees>: agrees)",
        r"(?P<differs>: DIFFERS)",
    )


COLOURS = Theme(
    {
        "inside.heading": "bold",
        "inside.name": "cyan",
        "inside.negative": "yellow",
        "inside.agrees": "bold green",
        "inside.differs": "bold red",
    }
)


def print_text(text: str) -> None:
    """Print a text with numbers on standard output, in colours where that is a terminal."""
    out = console.stdout()
    highlight = NumbersHighlighter()
    with out.use_theme(COLOURS):
        for line in text.splitlines():
            # A table is not to be broken; a paragraph is.
            out.print(highlight(line), soft_wrap=not line[:1].isalpha() or " = " in line)
