"""What the commands print: results on standard output, everything else on standard error."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# A terminal that claims fewer columns has mostly not been asked, or cannot say.
NARROWEST = 20
USUAL_WIDTH = 80


def stdout() -> Console:
    """Return a console for results."""
    return _console(is_for_errors=False)


def stderr() -> Console:
    """Return a console for progress and notes."""
    return _console(is_for_errors=True)


def _console(is_for_errors: bool) -> Console:
    # Without markup: a path may contain square brackets.
    console = Console(stderr=is_for_errors, highlight=False, markup=False, emoji=False)
    if console.width < NARROWEST:
        console.width = USUAL_WIDTH
    return console


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a bar of examples on standard error, shown only if that is a terminal."""
    console = stderr()
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("examples"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=not console.is_terminal,
        # An epoch can take longer than the half minute after which rich forgets how fast it was.
        speed_estimate_period=86400.0,
        transient=True,
    )
    # Older releases of rich print an empty line for a disabled bar.
    with nullcontext() if progress.disable else progress:
        yield progress


def print_facts(console: Console, facts: Mapping[str, object]) -> None:
    """Print names and values in two columns, without breaking a digest or a path."""
    width = max(map(len, facts))
    for name, value in facts.items():
        console.print(f"{name:<{width}}  {value}", soft_wrap=True)


def print_json(result: Mapping[str, object]) -> None:
    """Print one JSON object; infinity and NaN, which JSON lacks, become null."""
    click.echo(json.dumps(_without_nan(result)))


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def sizes_text(sizes: tuple[int, ...]) -> str:
    """Return layer sizes as 784-200-10."""
    return "-".join(map(str, sizes))


def plural(number: int, noun: str) -> str:
    """Return "1 epoch" or "2,000 epochs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def in_one_line(error: Exception) -> str:
    """Return an error's message without line breaks and error numbers."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
    return " ".join(text.split()) or type(error).__name__
