"""The program ``nnfast``, also as ``python -m nnfast``."""

import importlib
import io
import signal
import sys
from typing import NoReturn

from nnfast.optional import required_by


def main() -> None:
    """Run the command line; whatever goes wrong is said in one line."""
    try:
        _run()
    except KeyboardInterrupt:
        _fail("Interrupted", 128 + signal.SIGINT)
    except OSError as error:  # the help, for instance, goes to a full disk
        _fail(f"Error: {error.strerror or error}", 1)


def _run() -> None:
    try:
        with required_by("the command line", "click", "rich"):
            importlib.import_module("click")
            importlib.import_module("rich")
    except ImportError as error:
        _fail(f"nnfast: {error}", 1)
    from nnfast.cli import cli

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal's encoding lacks must not stop the program.
        sys.stdout.reconfigure(errors="replace")
    cli(prog_name="nnfast")


def _fail(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
