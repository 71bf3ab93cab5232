"""Pages and links for what stands in the repository outside ``docs/``.

Markdown must read the same where it stands and on the site. So Markdown from elsewhere is copied
below ``docs/`` before a build, since Sphinx reads nothing outside of its folder; every source file
gets a page that shows it; and a link to a file leads to the page that it has on the site.
"""

import importlib
import inspect
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

LANGUAGES = {
    ".py": "python",
    ".pyx": "cython",
    ".pxi": "cython",
    ".h": "c",
    ".js": "javascript",
    ".json": "json",
}


def root(app: Sphinx) -> Path:
    """Return the repository's folder."""
    return Path(app.srcdir).parent


def copy_pages(app: Sphinx) -> None:
    """Copy what ``repository_pages`` maps from a path in the repository to one in ``docs/``."""
    for origin, copy in app.config.repository_pages.items():
        source, target = root(app) / origin, Path(app.srcdir) / copy
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.ipynb")
            )
        else:
            shutil.copy2(source, target)


def moved(path: str, places: dict[str, str]) -> str:
    """Return where a path is when each place, a file or a folder, has moved to another."""
    for old, new in places.items():
        if path == old or path.startswith(f"{old}/"):
            return new + path[len(old) :]
    return path


def source_files(app: Sphinx) -> list[str]:
    """Return the files that have a page of their own."""
    return sorted(
        path.relative_to(root(app)).as_posix()
        for pattern in app.config.repository_sources
        for path in root(app).glob(pattern)
    )


def source_uri(app: Sphinx, docname: str, path: str, line: int | None = None) -> str:
    """Return the link from a document to the page of a source file, or to a line there."""
    page = app.builder.get_relative_uri(docname, f"source/{path}")
    return page if line is None else f"{page}#line-{line}"


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each source file, with lines that can be linked to."""
    highlighter = PygmentsBridge("html")
    for path in source_files(app):
        code = (root(app) / path).read_text(encoding="utf-8")
        body = highlighter.highlight_block(
            code, LANGUAGES[Path(path).suffix], linenos="inline", lineanchors="line"
        )
        yield f"source/{path}", {"title": path, "body": f"<h1>{path}</h1>\n{body}"}, "page.html"


def source_link(domain: str, info: dict[str, str]) -> str:
    """Return the link from the page of the API to where an object is defined, for linkcode."""
    found: Any = importlib.import_module(info["module"])
    for name in info["fullname"].split("."):
        found = getattr(found, name)
    found = inspect.unwrap(getattr(found, "fget", found))
    _, line = inspect.getsourcelines(found)
    package = importlib.import_module(info["module"].partition(".")[0])
    # Not in the repository: what is documented may be installed elsewhere.
    folder = Path(inspect.getfile(package)).parents[1]
    path = Path(inspect.getfile(found)).relative_to(folder).as_posix()
    return f"source/{path}.html#line-{line}"


class RepositoryLinks(SphinxTransform):
    """Lead each link to a file to its page, and warn of one that has none."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        """Replace the links that lead nowhere as they are written."""
        for node in list(self.document.findall(self.is_open)):
            target, _, anchor = node["reftarget"].partition("#")
            if node.get("refdomain") == "doc":
                target, anchor = f"{target}.md", node["reftargetid"]
            path = self.in_repository(node.source, target)
            if path is None:
                continue
            link = self.link_to(path, anchor)
            if link is None:
                logger.warning("no page for the file %s", path, location=node)
                continue
            link += node.children
            node.replace_self(link)

    def is_open(self, node: nodes.Node) -> bool:
        """Return whether a node is a link in Markdown that does not lead to a page of the site."""
        return (
            isinstance(node, addnodes.download_reference | addnodes.pending_xref)
            and node.get("reftype") == "myst"
            and not node["reftarget"].startswith("#")
            and node["reftarget"] not in self.env.found_docs
        )

    def in_repository(self, source: str, target: str) -> str | None:
        """Return the path in the repository of what a file links to, if it is there."""
        folder = root(self.app)
        copies = {f"docs/{new}": old for old, new in self.config.repository_pages.items()}
        origin = moved(Path(source).relative_to(folder).as_posix(), copies)
        path = Path(os.path.normpath((folder / origin).parent / target))
        return path.relative_to(folder).as_posix() if path.is_file() else None

    def link_to(self, path: str, anchor: str | None) -> nodes.Element | None:
        """Return a link to the page of a file in the repository."""
        docname = self.env.docname
        if path in source_files(self.app):
            return nodes.reference(internal=True, refuri=source_uri(self.app, docname, path))
        copies = {old: f"docs/{new}" for old, new in self.config.repository_pages.items()}
        # The front page includes the README.
        copies["README.md"] = "docs/index.md"
        page = self.env.path2doc(root(self.app) / moved(path, copies))
        if page not in self.env.found_docs:
            return None
        link = addnodes.pending_xref(refdomain="doc", reftype="myst", refexplicit=True)
        link.attributes.update(reftarget=page, reftargetid=anchor or None, refdoc=docname)
        return link


def setup(app: Sphinx) -> dict[str, bool]:
    """Copy the pages first, then change links, and make the source pages in the end."""
    app.add_config_value("repository_pages", {}, "env", types=dict)
    app.add_config_value("repository_sources", [], "env", types=list)
    app.connect("builder-inited", copy_pages)
    app.connect("html-collect-pages", source_pages)
    app.add_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
