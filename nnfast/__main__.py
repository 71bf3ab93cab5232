"""The program ``nnfast``, also as ``python -m nnfast``."""

import importlib
import io
import sys

from nnfast.optional import required_by


def main() -> None:
    """Run the command line, or say in one line what it needs."""
    try:
        with required_by("the command line", "click", "rich"):
            importlib.import_module("click")
            importlib.import_module("rich")
    except ImportError as error:
        print(f"nnfast: {error}", file=sys.stderr)
        sys.exit(1)
    from nnfast.cli import cli

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal's encoding lacks must not stop the program.
        sys.stdout.reconfigure(errors="replace")
    cli(prog_name="nnfast")


if __name__ == "__main__":
    main()
