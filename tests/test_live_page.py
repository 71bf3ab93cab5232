"""The live page as a file: what is in it, what it forbids, and what it refuses. No browser."""

import base64
import gzip
import hashlib
import html
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Run
from PIL import Image

import nnfast
import nnref
from nnfast.datasets import Dataset, digits
from nnfast.live import Page, page

ROOT = Path(__file__).parents[1]
# What the whole page may take, all digits included.
MOST_BYTES, MOST_GZIPPED = 206_000, 86_000


@pytest.fixture(scope="module")
def usual() -> Page:
    return page()


def payload_of(made: Page) -> Any:
    found = re.search(r'<script type="application/json" id="payload">(.*?)</script>', made.html)
    assert found
    return json.loads(found[1])


def test_the_page_is_small(usual: Page) -> None:
    document = usual.html.encode()
    assert len(document) < MOST_BYTES
    assert len(gzip.compress(document, 9)) < MOST_GZIPPED


def test_the_policy_allows_what_is_in_the_page_and_nothing_else(usual: Page) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', usual.html)
    assert policy
    rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    assert rules["default-src"] == "'none'"
    for name, element in (("script-src", "script"), ("style-src", "style")):
        (text,) = re.findall(rf"<{element}>(.*?)</{element}>", usual.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    # Nothing is fetched from anywhere; the one address is a name of a kind of element.
    assert set(re.findall(r"https?://[^\s\"'`]*", usual.html)) == {"http://www.w3.org/2000/svg"}


def test_the_digests_are_those_of_training(usual: Page) -> None:
    proof = payload_of(usual)["proof"]
    data = digits()
    network = nnref.NeuralNetwork(64, 30, 10, 0.1, seed=1)
    assert network.digest().startswith(proof["digests"][0])
    for n in range(proof["every"]):
        network.train(data.train_inputs[n].tolist(), data.train_targets[n].tolist())
    assert network.digest().startswith(proof["digests"][1])
    assert set(proof["microseconds"]) == {"nnref", "nnfast"}


@pytest.mark.parametrize("package", [nnref, nnfast])
def test_a_trained_network_goes_on_from_where_it_is(package: Any) -> None:
    data = digits()
    network = package.NeuralNetwork(64, 5, 10, 0.1, seed=2)
    network.fit(data.train_inputs[:20], data.train_targets[:20])
    before = network.digest()
    told = payload_of(page(network))
    assert before.startswith(told["proof"]["digests"][0])
    weights = json.loads(told["network"])["arrays"]["weights.0"]
    assert weights == np.asarray(network.weights[0]).tolist()
    assert network.digest() == before


def test_data_of_ones_own() -> None:
    inputs, targets = [[0.0, 1.0], [1.0, 0.5]], [[0.9], [0.1]]
    told = payload_of(page(nnref.NeuralNetwork(2, 3, 1, 0.1, seed=1), (inputs, targets)))
    assert (told["examples"]["inputs"], told["examples"]["targets"]) == (inputs, targets)
    assert told["digits"] is None


def test_of_large_data_there_is_the_first() -> None:
    rows = np.full((3000, 784), 0.5)
    targets, labels = np.full((3000, 10), 0.5), np.zeros(3000, int)
    large = Dataset("mnist", rows, targets, labels, rows, targets, labels, (28, 28))
    told = payload_of(page(nnfast.NeuralNetwork(784, 2, 10, 0.1, seed=1), large))["examples"]
    assert (len(told["inputs"]), len(told["test"]["inputs"])) == (1000, 250)
    assert any("[:1000]" in line for line in told["python"])


def test_nothing_in_the_data_ends_its_element() -> None:
    rows, labels = np.full((1, 64), 0.5), np.zeros(1, int)
    name = "</script><script>alert(1)</script>"
    hostile = Dataset(name, rows, np.full((1, 10), 0.5), labels, rows, rows[:, :10], labels, None)
    made = page(None, hostile)
    assert name not in made.html
    assert payload_of(made)["examples"]["name"] == name


@pytest.mark.parametrize(
    ("network", "data", "message"),
    [
        (
            nnfast.NeuralNetwork(64, 3, 10, 0.1, dtype="float32"),
            None,
            "network: got one in float32, wants float64: the page has no other numbers",
        ),
        (
            nnfast.NeuralNetwork(3, 3, 10, 0.1),
            None,
            "data: got 64 inputs and 10 targets ('digits'), wants 3 and 10 for this network",
        ),
        (
            nnfast.NeuralNetwork(64, 20_000, 10, 0.1),
            None,
            "network: got 1,480,000 weights, wants at most 1,000,000 for a page",
        ),
        (
            nnfast.NeuralNetwork(2, 3, 1, 0.1),
            ([[1, 2]], [[1], [2]]),
            "data: got 1 inputs and 2 targets, wants as many, at least 1",
        ),
    ],
    ids=["float32", "other data", "large", "unequal"],
)
def test_what_a_page_cannot_show_is_refused(network: Any, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        page(network, data)


@pytest.mark.parametrize("network", ["digits.model", 3, nnfast.NeuralNetwork])
def test_no_network_at_all(network: Any) -> None:
    with pytest.raises(TypeError, match=r"^network: got"):
        page(network)


@pytest.mark.parametrize("data", [3, b"digits", [[1.0]], {}, ([[1.0]],), ("a", "b")])
def test_no_data_at_all(data: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^data"):
        page(None, data)


def test_in_a_notebook_it_is_a_frame_and_elsewhere_words(usual: Page) -> None:
    shown = re.search(r'srcdoc="([^"]*)"', usual._repr_html_())
    assert shown
    assert html.unescape(shown[1]) == usual.html
    assert ".save(path)" in repr(usual)


def test_the_file_replaces_another(usual: Page, tmp_path: Path) -> None:
    file = tmp_path / "live.html"
    file.write_text("old")
    usual.save(file)
    assert file.read_text(encoding="utf-8") == usual.html
    assert list(tmp_path.iterdir()) == [file]


def test_the_command_writes_a_page(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "live.html"
    finished = run("live", "--no-open", "--output", str(file))
    assert finished.status == 0
    assert finished.out.strip() == str(file)
    assert "<title>nnfast live</title>" in file.read_text(encoding="utf-8")


def test_the_command_takes_a_model(run: Run, tmp_path: Path) -> None:
    network = nnfast.NeuralNetwork(64, 4, 10, 0.1, seed=3)
    network.save(tmp_path / "a.model")
    files = str(tmp_path / "a.model"), "--output", str(tmp_path / "live.html")
    assert run("live", "--no-open", *files).status == 0
    assert network.digest()[:12] in (tmp_path / "live.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.model"], "missing.model: No such file or directory"),
        (["--data", "missing"], "missing: no such file or folder"),
        (["--output", "folder/"], "'folder/' is not the name of a file."),
    ],
)
def test_wrong_arguments_get_one_line(run: Run, arguments: list[str], message: str) -> None:
    finished = run("live", "--no-open", *arguments)
    assert finished.status in (1, 2)
    assert message in finished.err


@pytest.mark.skipif(
    not (ROOT / "docs" / "_pictures").is_dir(), reason="only a clone has the picture"
)
def test_the_picture_in_the_readme_is_of_this_page() -> None:
    spec = importlib.util.spec_from_file_location("live", ROOT / "docs" / "_pictures" / "live.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with Image.open(module.FILE) as picture:
        kept = picture.info["page"]
    assert kept == module.fingerprint(module.shown_page()), "run docs/_pictures/live.py"
