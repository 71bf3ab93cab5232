"""The command line: ``nnfast compare``, ``train``, ``query``, ``explain`` and more.

Results go to standard output, everything else to standard error. A command lets its errors pass;
this module turns them into one line and an exit status: 1 for a failure, 2 (click's) for wrong
usage, 130 for Ctrl-C.
"""

import warnings
from typing import Any

import click

from nnfast.cli.backquery import backquery_command
from nnfast.cli.bench import bench_command
from nnfast.cli.check import check_command
from nnfast.cli.compare import compare_command
from nnfast.cli.info import info_command
from nnfast.cli.inside import explain_command, gradcheck_command
from nnfast.cli.live import live_command
from nnfast.cli.query import query_command
from nnfast.cli.train import train_command
from nnfast.kernel.builds import kernel_info
from nnref.common import __version__

WRONG_USAGE = 2
INTERRUPTED = 128 + 2  # what a shell reports for a program that SIGINT has ended


class Commands(click.Group):
    """A group of commands whose failures are one line on standard error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, if there is a kernel for it."""
        try:
            kernel_info()
        except ValueError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(WRONG_USAGE)
        try:
            with warnings.catch_warnings():
                warnings.showwarning = print_warning
                return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click ends in silence: the reader of our output has seen enough
        except KeyboardInterrupt as interrupt:
            click.echo(": ".join(["Interrupted", *map(str, interrupt.args)]), err=True)
            ctx.exit(INTERRUPTED)
        except (ValueError, OSError, ImportError, MemoryError) as error:
            raise click.ClickException(in_one_line(error)) from error


def print_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print a warning for the user of a command, without Python's file and line."""
    click.echo(f"Warning: {message}", err=True)


def in_one_line(error: Exception) -> str:
    """Return an error's message without line breaks and error numbers."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
    return " ".join(text.split()) or type(error).__name__


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Train a neural network, made from scratch, to read handwritten digits.

    The network is written twice: nnref in pure Python, to be read, and nnfast on a compiled
    kernel, to be fast. Both compute the same numbers, to the last bit.

    \b
    Examples:
      nnfast compare                     see that both agree, and how fast
      nnfast train --model digits.model  train on small digits, save the network
      nnfast query digits.model          show it a digit that it has never seen
      nnfast explain                     see every number of one update
      nnfast check network.py            have your own network checked
      nnfast live                        watch a network train in your browser
      nnfast train --help                see everything that a command can do
    """  # noqa: D301 (click's \b: leave this paragraph's lines as they are)


for command in (
    compare_command,
    train_command,
    query_command,
    explain_command,
    gradcheck_command,
    check_command,
    backquery_command,
    live_command,
    bench_command,
    info_command,
):
    cli.add_command(command)
