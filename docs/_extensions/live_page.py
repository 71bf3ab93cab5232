"""The live page on the site: written anew by Python in every build."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from nnfast.live import page


def write_page(app: Sphinx) -> None:
    """Write the page where the frames of other pages look for it."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        page().save(folder / "live.html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the page."""
    app.connect("builder-inited", write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
