"""The directive ``side-by-side``: lines of the oracle beside the kernel's, from their sources.

The lines of the twin in JavaScript, where there are some, stand below the oracle's.

Each line of its content is an entry as in ``excerpts.py``. One whose lines are not there fails the
build.
"""

import textwrap
from pathlib import Path

from docutils import nodes
from excerpts import Lines, excerpt
from repository import LANGUAGES, root, source_uri
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

TITLES = {"oracle": "The oracle", "kernel": "The kernel", "twin": "The twin in JavaScript"}
COLUMNS = (("oracle", "twin"), ("kernel",))


class SideBySide(SphinxDirective):
    """Two columns of excerpts, each with a link to its file."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the columns."""
        shown: dict[str, list[nodes.Node]] = {side: [] for side in TITLES}
        for entry in self.content:
            try:
                side, path, lines = excerpt(root(self.env.app), entry)
            except (LookupError, OSError, ValueError) as error:
                raise self.error(f"side-by-side: {entry!r}: {error}") from error
            self.env.note_dependency(root(self.env.app) / path)
            shown[side] += self.shown(path, lines)
        columns = []
        for sides in COLUMNS:
            column = nodes.container()
            for side in sides:
                if shown[side]:
                    column += nodes.paragraph("", TITLES[side], classes=["side-title"])
                    column += shown[side]
            columns.append(column)
        return [nodes.container("", *columns, classes=["side-by-side"])]

    def shown(self, path: str, lines: Lines) -> list[nodes.Node]:
        """Return lines as a block of code below a link to where they stand."""
        last = lines.first + len(lines.texts) - 1
        place = f"line {last}" if last == lines.first else f"lines {lines.first} to {last}"
        uri = source_uri(self.env.app, self.env.docname, path, lines.first)
        link = nodes.reference("", f"{path}, {place}", internal=True, refuri=uri)
        # In a macro each line ends in a backslash, far to the right.
        code = textwrap.dedent("\n".join(text.rstrip("\\ ") for text in lines.texts))
        block = nodes.literal_block(code, code, language=LANGUAGES[Path(path).suffix])
        return [nodes.paragraph("", "", link, classes=["side-place"]), block]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("side-by-side", SideBySide)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
