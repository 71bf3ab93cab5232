"""``nnfast check``: judge a student's own network, and name the first thing that is wrong."""

from pathlib import Path

import click
from rich.highlighter import RegexHighlighter
from rich.theme import Theme

from nnfast.cli.console import print_json, stdout
from nnfast.cli.options import json_option, positive_number
from nnref import check
from nnref.common.description import HIDDEN_ERRORS


@click.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--name",
    metavar="NAME",
    help="Check this class or function of the file. Without it, all that are known are checked.",
)
@click.option(
    "--rule",
    type=click.Choice(HIDDEN_ERRORS),
    default="split",
    help="How errors reach the hidden neurons: by the article's rule (split) or by the chain rule "
    "(gradient).",
)
@click.option(
    "--time-limit",
    callback=positive_number,
    metavar="SECONDS",
    default="10",
    help="How long the file may run.",
)
@json_option
@click.pass_context
def check_command(
    ctx: click.Context, file: Path, name: str | None, rule: str, time_limit: float, as_json: bool
) -> None:
    """Check a network that you wrote yourself, number by number.

    FILE is Python with the article's class (its constructor, train and query), with a function
    train(inputs, targets, weights_input_hidden, weights_hidden_output, lr) that returns both new
    matrices, or with parts of it: sigmoid, query, output_errors, hidden_errors and others. The
    output names the first number that is wrong, and says which slip it looks like. Lists and arrays
    are both fine, and so are transposed matrices.

    The file runs in a process of its own. The exit status is 0 if it is right, 1 if it is wrong,
    stops with an error or takes too long, and 2 if there is nothing to check.

    \b
    Examples:
      nnfast check network.py
      nnfast check network.py --name train --rule gradient
    """  # noqa: D301 (click's \b)
    try:
        verdict = check(file, name=name, rule=rule, time_limit=time_limit)
    except ValueError as error:
        argument, _, says = str(error).partition(": ")
        subject = {"code": str(file), "name": "--name"}.get(argument, argument)
        raise click.UsageError(f"{subject}: {says}.") from None
    if as_json:
        print_json(verdict.to_dict())
    else:
        print_verdict(str(verdict))
    ctx.exit(0 if verdict else 1)


class VerdictHighlighter(RegexHighlighter):
    """Colours for the verdict, the two numbers, and the names of the article."""

    base_style = "check."
    highlights = (
        r"^(?P<right>Right:)",
        r"^(?P<wrong>Wrong:)",
        r"^  yours      (?P<yours>.+)$",
        r"^  should be  (?P<wanted>.+)$",
        r"^(?P<heading>This number comes out if|In the article:|It got|Your program printed:)",
        r"(?P<name>\b(hidden|final|output|weights)_\w+(\[\d+\])*)",
    )


COLOURS = Theme(
    {
        "check.right": "bold green",
        "check.wrong": "bold red",
        "check.yours": "bold red",
        "check.wanted": "bold green",
        "check.heading": "bold",
        "check.name": "cyan",
    }
)


def print_verdict(text: str) -> None:
    """Print a verdict on standard output, in colours if that is a terminal."""
    out = stdout()
    highlight = VerdictHighlighter()
    with out.use_theme(COLOURS):
        for line in text.splitlines():
            out.print(highlight(line), soft_wrap=True)
