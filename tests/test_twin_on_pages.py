"""The twin's script on a page: the stated digest, wherever the page is, and nobody is asked.

Only where NNFAST_JAVASCRIPT names chromium, as `.ci/browser` does.
"""

import functools
import html
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from chromium import chromium, faults_in
from javascript_engines import CHOSEN
from test_digest import STATED

from nnfast.datasets import digits
from nnfast.live import network_script

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(
    "chromium" not in CHOSEN, reason="a browser is only looked for by .ci/browser"
)

# Without the icon, the browser would ask for one.
HEAD = """<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>The twin</title>
"""
PAGE = """
<button onclick="stated_run()">Train</button>
<output></output>
"""
STATED_RUN = """
function stated_run() {
  const network = new NeuralNetwork(64, 30, 10, 0.1, { seed: 1 });
  network.fit(inputs, targets);
  document.querySelector("output").textContent = network.digest();
}
"""


class Place(NamedTuple):
    """Where a page is."""

    home: str
    page: str
    is_secure: bool = True
    """Whether the browser thinks so; if not, a page has no crypto.subtle, for one."""


PLACES = {
    "disk": Place("{folder}/", "page.html"),
    "http": Place("http://127.0.0.1:{port}/", "page.html"),
    # As from a teacher's computer: what is secure there is this machine alone.
    "classroom": Place("http://classroom.test:{port}/", "page.html", is_secure=False),
    # As in a notebook.
    "frame": Place("http://127.0.0.1:{port}/", "frame.html"),
}


def inline(script: str) -> str:
    return "<script>{}</script>".format(script.replace("</", "<\\/"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page as files, and with one that has all of it in a frame."""
    folder = tmp_path_factory.mktemp("pages")
    data = digits()
    numbers = {"inputs": data.train_inputs.tolist(), "targets": data.train_targets.tolist()}
    scripts = {
        "network.js": network_script(),
        "run.js": f"const {{ inputs, targets }} = {json.dumps(numbers)};{STATED_RUN}",
    }
    for name, script in scripts.items():
        (folder / name).write_text(script, encoding="utf-8")
    page = HEAD + PAGE + "".join(f'<script src="{name}"></script>' for name in scripts)
    (folder / "page.html").write_text(page, encoding="utf-8")
    framed = html.escape(HEAD + PAGE + "".join(map(inline, scripts.values())))
    frame = f'{HEAD}<iframe sandbox="allow-scripts" srcdoc="{framed}"></iframe>'
    (folder / "frame.html").write_text(frame, encoding="utf-8")
    return folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    """Where a server on this machine has the folder."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=folder)
    ) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> "Browser":
    return chromium("--host-resolver-rules=MAP classroom.test 127.0.0.1")


@pytest.mark.parametrize("is_offline", [False, True], ids=["", "offline"])
@pytest.mark.parametrize("name", PLACES)
def test_the_digest_is_the_stated_one(
    name: str, is_offline: bool, browser: "Browser", folder: Path, port: int
) -> None:
    place = PLACES[name]
    home = place.home.format(folder=folder.as_uri(), port=port)
    context = browser.new_context()
    faults = faults_in(context, home)
    page = context.new_page()
    page.goto(home + place.page)
    frame = page.frames[-1]
    assert frame.evaluate("isSecureContext") is place.is_secure
    context.set_offline(is_offline)
    frame.get_by_role("button").click()
    digest = frame.locator("output").text_content()
    context.close()
    assert not faults
    assert digest == STATED
