"""The program ``nnfast``, also as ``python -m nnfast``."""

import io
import sys


def main() -> None:
    """Run the command line, or say in one line what it needs."""
    try:
        # Not at the top: click and rich are optional, and Python's own message names but one.
        from nnfast.cli import cli
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        needs = "nnfast: the command line needs click and rich: pip install 'nnfast[demo]'"
        print(needs, file=sys.stderr)
        sys.exit(1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal's encoding lacks shall not stop the program.
        sys.stdout.reconfigure(errors="replace")
    cli(prog_name="nnfast")


if __name__ == "__main__":
    main()
