"""The page as one file: scripts, style and data, with a policy that forbids all else."""

import base64
import hashlib
import json
import os
import secrets
from html import escape
from importlib.resources import files
from typing import Any

from nnfast.live.payload import payload_of
from nnfast.live.stripping import stripped_script, stripped_style
from nnref.common.files import replace_file
from nnref.common.network import Network

# In this order: each may use those before it.
SCRIPTS = (
    "unpacking.js",
    "examples.js",
    "session.js",
    "recipe.js",
    "ink.js",
    "elements.js",
    "phases.js",
    "plane.js",
    "network_view.js",
    "motion.js",
    "why.js",
    "shown.js",
    "curve.js",
    "proof.js",
    "dialogs.js",
    "controls.js",
    "record.js",
    "exchange.js",
    "player.js",
    "page.js",
)
START = """\
const payload = JSON.parse(document.getElementById("payload").textContent);
render({ model: { get: () => payload }, el: document.getElementById("page") });
"""
DOCUMENT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nnfast live</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="page"><noscript>This page trains a network, and needs JavaScript.</noscript></div>
<script type="application/json" id="payload">{payload}</script>
<script>{script}</script>
</body>
</html>
"""
IN_NOTEBOOK = """\
<iframe srcdoc="{document}" name="{name}" title="nnfast live" \
style="width:100%;height:760px;border:0"></iframe>
"""
IN_WORDS = "nnfast live: a page for a browser. Write it to a file with .save(path), and open that."


class Page:
    """A live page, ready to be shown or written; `page` makes one.

    In a notebook it shows itself.

    Parameters
    ----------
    html : str
        The page as one HTML document.
    """

    def __init__(self, html: str) -> None:
        self.html = html

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page as one HTML file, which needs no other file and no network.

        Parameters
        ----------
        path : str or path-like
            Where to write it; an existing file is replaced.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        replace_file(path, [self.html.encode()])

    def __repr__(self) -> str:
        """Return what to do with it, where only text can be shown."""
        return IN_WORDS

    def _repr_html_(self) -> str:
        # Under its name a frame finds its session again where a notebook builds it anew.
        return IN_NOTEBOOK.format(document=escape(self.html), name=secrets.token_hex(6))


def page(network: Network | None = None, data: Any = None) -> Page:
    """Return a page in which a network trains while you watch, with the bits of Python.

    Parameters
    ----------
    network : NeuralNetwork, optional
        Of either backend, in float64: the page goes on from where it is. Without it, an untrained
        network of 64-30-10 neurons learns to read digits.
    data : str, path, Dataset or pair of arrays, optional
        What it learns from: a name or path for `nnfast.datasets.load`, a `Dataset`, or inputs and
        targets. By default the small digits. Of more than 1,000 training and 250 test examples the
        page has the first.

    Returns
    -------
    Page
        Show it in a notebook, or write it with ``.save(path)``.

    Raises
    ------
    ValueError, TypeError
        If the network is in float32 or too large, or the data does not fit to it.
    """
    return Page(document_of(payload_of(network, data)))


def document_of(payload: dict[str, Any]) -> str:
    """Return the HTML document of a page that is told this."""
    style = stripped_style(_source("page.css"))
    script = stripped_script(joined(START))
    policy = (
        "default-src 'none'; img-src data: blob:; base-uri 'none'; form-action 'none'; "
        f"script-src {_hash_of(script)}; style-src {_hash_of(style)}"
    )
    told = _json(payload | {"id": hashlib.sha256(_json(payload).encode()).hexdigest()[:12]})
    return DOCUMENT.format(policy=policy, style=style, payload=told, script=script)


def _json(payload: dict[str, Any]) -> str:
    """Return JSON in which nothing can end the element that holds it."""
    return json.dumps(payload, separators=(",", ":")).replace("<", "\\u003c")


def network_script() -> str:
    """Return the script that defines ``NeuralNetwork`` in a page.

    Returns
    -------
    str
        A classic script without a dependency, which defines that one global name.
    """
    return _source("network.js")


def joined(start: str) -> str:
    """Return the twin, which defines one global name, and the page, which defines none.

    After the page's parts comes a start: what is done with them.
    """
    parts = "\n".join(_source(name) for name in SCRIPTS)
    return f'{network_script()}\n(() => {{\n"use strict";\n{parts}\n{start}}})();\n'


def _source(name: str) -> str:
    return (files("nnfast.live") / name).read_text(encoding="utf-8")


def _hash_of(source: str) -> str:
    """Return a source expression of a content security policy for an element with this text."""
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return f"'sha256-{digest}'"
