"""``nnfast explain`` and ``nnfast gradcheck``: one update of a network, taken apart and checked."""

from pathlib import Path
from typing import Any

import click
from rich.highlighter import RegexHighlighter
from rich.theme import Theme

from nnfast.cli.console import print_json, stdout
from nnfast.cli.example import example_options, exclude, is_given, read_example
from nnfast.cli.options import (
    OutputFile,
    WholeNumber,
    activation_option,
    adding,
    backend_class,
    backend_option,
    bias_option,
    finite_numbers,
    hidden_error_option,
    hidden_option,
    json_option,
    lr_option,
    output_activation_option,
)
from nnref import gradient_check
from nnref.common.description import SEED_LIMIT
from nnref.common.files import check_writable
from nnref.common.network import Network

# The network that the article makes, and an example for it.
HIDDEN, LR = "3", "0.3"
INPUTS, TARGETS = (0.9, 0.1, 0.8), (0.99, 0.01, 0.01)

subject_options = adding(
    click.argument("model", type=click.Path(path_type=Path), required=False),
    example_options,
    click.option(
        "--targets",
        callback=finite_numbers,
        metavar="X[,X...]",
        help="What the outputs for --inputs should be.",
    ),
    hidden_option(HIDDEN),
    activation_option,
    output_activation_option,
    bias_option,
    hidden_error_option,
    lr_option(LR, show_default=True),
    click.option(
        "--seed",
        type=WholeNumber(0, SEED_LIMIT - 1),
        metavar="N",
        default=0,
        help="Seed of the first weights.",
    ),
    backend_option,
    json_option,
    click.pass_context,
)
"""The options that choose which network to look into, and which example to show it."""


@click.command("explain")
@subject_options
@click.option(
    "--html",
    type=OutputFile(),
    metavar="FILE",
    help="Also write the explanation to this file as a page, which has a view to present in class.",
)
def explain_command(
    ctx: click.Context, /, html: Path | None, as_json: bool, **options: Any
) -> None:
    """Show every number of one update, by its name in the article.

    Shows how the signals run forward, how the errors run back, and how each weight would move. The
    network itself does not change. MODEL is a file saved by "nnfast train --model"; the example is
    one of the test set, or is given by --inputs and --targets. Without MODEL, the network is the
    article's, with three layers and before any training; the options from --hidden to --seed make
    another one.

    By default the hidden errors follow the article's rule, which is not textbook back-propagation.
    For that, use --hidden-error gradient.

    \b
    Examples:
      nnfast explain
      nnfast explain --hidden-error gradient --html lesson.html
      nnfast explain --hidden 4 --bias --inputs 0.5,0.1 --targets 0.99
      nnfast explain digits.model --index 7
    """  # noqa: D301 (click's \b)
    if html is not None:
        check_writable(html)
    network, inputs, targets = subject(ctx, **options)
    explanation = network.explain(inputs, targets)
    if html is not None:
        explanation.save_html(html)
    if as_json:
        print_json(explanation.to_dict())
    else:
        print_text(str(explanation))


@click.command("gradcheck")
@subject_options
@click.option(
    "--most",
    type=WholeNumber(min=1),
    metavar="N",
    default=200,
    help="Check at most N weights of each layer.",
)
def gradcheck_command(ctx: click.Context, /, as_json: bool, most: int, **options: Any) -> None:
    """Check back-propagation against slopes that are measured.

    Moves one weight at a time slightly up and down, and compares the measured slope of the loss
    with the one that back-propagation computes. The arguments are those of "nnfast explain".

    By default the hidden errors follow the article's rule, which is not textbook back-propagation
    and does not compute the slope of the loss. The output then says "differs by design", how far
    off it is, and why. With --hidden-error gradient everything agrees; "DIFFERS" is a mistake.

    \b
    Examples:
      nnfast gradcheck
      nnfast gradcheck --hidden-error gradient
      nnfast gradcheck digits.model --index 7
    """  # noqa: D301 (click's \b)
    network, inputs, targets = subject(ctx, **options)
    check = gradient_check(network, inputs, targets, most=most)
    if as_json:
        print_json(check.to_dict())
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
    backend: str,
    **made: Any,
) -> tuple[Network, Any, Any]:
    """Return the network that the options choose, and the inputs and targets to show it.

    The further options are those of a network that is made because there is no MODEL.
    """
    if (inputs is None) != (targets is None):
        raise click.UsageError("--inputs and --targets belong together.")
    if model is None:
        for option in ("data", "index"):
            if is_given(ctx, option):
                raise click.UsageError(f"--{option} needs a MODEL.")
        inputs, targets = inputs or INPUTS, targets or TARGETS
        kind, hidden = backend_class(backend), made.pop("hidden")
        try:
            return kind(len(inputs), hidden, len(targets), **made), inputs, targets
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None
    exclude(ctx, "MODEL", *made)
    if inputs is not None:
        exclude(ctx, "--inputs", "data", "index")
    network = backend_class(backend).load(model)
    if inputs is None:
        example = read_example(network, model, data, index)
        return network, example.inputs, example.targets
    return network, inputs, targets


class NumbersHighlighter(RegexHighlighter):
    """Colours for headings, names, numbers below 0, and verdicts."""

    base_style = "inside."
    highlights = (
        r"^(?P<heading>[A-Z]{6,})$",
        r"(?P<name>\b((hidden|final|output|weights?|biases|bias|new)_\w+|inputs|targets)\b)",
        r"(?<![\w.])(?P<negative>-\d[\d.]*(e[-+]?\d+)?)",
        r"(?P<agrees>: agrees)",
        r"(?P<by_design>: differs by design.*)",
        r"(?P<differs>: DIFFERS)",
    )


COLOURS = Theme(
    {
        "inside.heading": "bold",
        "inside.name": "cyan",
        "inside.negative": "yellow",
        "inside.agrees": "bold green",
        "inside.by_design": "bold yellow",
        "inside.differs": "bold red",
    }
)


def print_text(text: str) -> None:
    """Print a text with numbers on standard output, in colours if that is a terminal."""
    out = stdout()
    highlight = NumbersHighlighter()
    with out.use_theme(COLOURS):
        for line in text.splitlines():
            # The lines of a paragraph may be broken, those of a table may not.
            out.print(highlight(line), soft_wrap=not line[:1].isalpha() or " = " in line)
