"""The notebooks on the site: how their figures look, and as files to download."""

import os
from pathlib import Path
from typing import Any

import jupytext
import two_modes
from docutils import nodes
from sphinx.application import Sphinx

FOLDER = "examples"
EXTENSION = Path(two_modes.__file__)
# What IPython reads when a notebook starts.
SETTINGS = f"""\
import sys

sys.path.append({str(EXTENSION.parent)!r})
get_config().InteractiveShellApp.extensions = [{EXTENSION.stem!r}]
"""


def prepare_figures(app: Sphinx) -> None:
    """Let notebooks that are run for a website draw figures for light and dark pages."""
    if app.builder.format != "html":
        return
    pictures = Path(app.outdir) / "_images"
    profile = Path(app.doctreedir) / "ipython" / "profile_default"
    for folder in (pictures, profile):
        folder.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_config.py").write_text(SETTINGS, encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(profile.parent)
    os.environ[two_modes.FOLDER_VARIABLE] = str(pictures)


def notebooks(app: Sphinx) -> list[str]:
    """Return the pages that are notebooks."""
    pages = Path(app.srcdir).glob(f"{FOLDER}/[0-9]*.md")
    return sorted(f"{FOLDER}/{page.stem}" for page in pages)


def offer_download(app: Sphinx, doctree: nodes.document) -> None:
    """Write below a notebook's title where its file is."""
    page = app.env.docname
    if page in notebooks(app) and app.builder.format == "html":
        name = f"{Path(page).name}.ipynb"
        link = nodes.reference("", f"Download {name}", refuri=name, classes=["download"])
        title = next(doctree.findall(nodes.title))
        title.parent.insert(title.parent.index(title) + 1, nodes.paragraph("", "", link))


def write_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Write each notebook in the format that every program for notebooks opens."""
    if error is None and app.builder.format == "html":
        for page in notebooks(app):
            notebook = jupytext.read(Path(app.srcdir) / f"{page}.md")
            jupytext.write(notebook, Path(app.outdir) / f"{page}.ipynb", fmt="ipynb")


def setup(app: Sphinx) -> dict[str, Any]:
    """Prepare the runs, and write the files when the pages are there."""
    app.connect("builder-inited", prepare_figures)
    app.connect("doctree-read", offer_download)
    app.connect("build-finished", write_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
