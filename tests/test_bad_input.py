"""That every mistake in the tables of ``bad_input`` is refused, and that no argument is missing."""

import contextlib
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from bad_input.functions import check_rows, fast_rows, function_rows, optimizer_rows
from bad_input.libraries import (
    augmentation_rows,
    data_set_rows,
    estimator_rows,
    image_rows,
    plot_rows,
)
from bad_input.networks import network_rows
from bad_input.rows import Row, network
from helpers import BACKENDS, files, furnish

import nnfast

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One current folder for all mistakes, each of which leaves it as it was."""
    with contextlib.chdir(furnish(tmp_path_factory.mktemp("mistakes"))):
        yield Path.cwd()


def refusal(row: Row, nn: Any) -> str:
    """Return the message of the error that a call gets, if it is the error of its row."""
    with pytest.raises((ValueError, TypeError)) as caught:
        row.call(nn, row.mistake.value)
    message = str(caught.value)
    named = re.escape(row.named or row.argument)
    assert re.fullmatch(rf"{named}(\[\d+\])*: {row.mistake.says}", message), message
    assert "\n" not in message
    assert len(message) < 250
    assert type(caught.value) is row.mistake.error
    return re.sub("0x[0-9a-fA-F]+", "0x", message)


def network_pairs() -> Iterator[Any]:
    # New rows for each backend: some hold a generator, which works only once.
    for pair in zip(network_rows(), network_rows(), strict=True):
        yield pytest.param(pair, id=pair[0].id)


@pytest.mark.parametrize("pair", list(network_pairs()))
def test_a_mistake_is_refused_and_changes_nothing(pair: tuple[Row, Row], folder: Path) -> None:
    said = []
    for row, backend in zip(pair, BACKENDS.values(), strict=True):
        nn, held = network(backend), files(folder)
        before = repr(nn), nn.digest(), nn.epochs
        said.append(refusal(row, nn))
        assert (repr(nn), nn.digest(), nn.epochs) == before
        assert files(folder) == held
    assert said[0] == said[1]


def more_rows() -> Iterator[Row]:
    for some in (
        fast_rows, optimizer_rows, function_rows, data_set_rows, augmentation_rows, image_rows,
        plot_rows, estimator_rows, check_rows,
    ):  # fmt: skip
        try:
            yield from some()
        except pytest.skip.Exception:
            continue  # a library is missing


@pytest.mark.parametrize("row", list(more_rows()), ids=lambda row: row.id)
def test_a_mistake_is_refused_by_what_one_backend_has(row: Row, folder: Path) -> None:
    nn, held = network(nnfast), files(folder)
    before = repr(nn), nn.digest(), nn.epochs
    refusal(row, nn)
    assert (repr(nn), nn.digest(), nn.epochs) == before
    assert files(folder) == held
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


# Is everything in the tables?

WITHOUT_A_ROW = {
    r"(History|Gradient|Dataset|(Layer)?Explanation|GradientCheck|LayerCheck|Verdict)\(\w+\)":
        "what a function returns, and nobody else makes",
    r"AugmentedExamples\((?!epoch)\w+\)": "what augment returns; but its epoch may be set",
    r"Page\(html\)": "what page makes, and nobody else",
    r"page\(\w+\)": "test_live_page.py has what it refuses",
    r"from_torch\(\w+\)": "test_torch.py has a table of modules",
    r"export_onnx\(path\)": "has rows where onnx is installed",
    r"NeuralNetwork(Classifier|Regressor)(\.\w+)?\((X|y|sample_weight)\)":
        "scikit-learn's own checks, in its words; what they leave is in test_sklearn*.py",
    r"NeuralNetwork(Classifier|Regressor)\.(coefs_|intercepts_)\(value\)":
        "the network's weights and biases, whose rows these are",
}  # fmt: skip


def of_a_function(name: str, function: Any) -> Iterator[str]:
    for parameter in inspect.signature(function).parameters:
        if parameter not in ("self", "cls"):
            yield f"{name}({parameter})"


def of_a_class(kind: type) -> Iterator[str]:
    yield from of_a_function(kind.__name__, kind)
    for base in inspect.getmro(kind):
        for name, member in vars(base).items():
            if name.startswith("_") or not base.__module__.startswith(("nnref", "nnfast")):
                continue
            if isinstance(member, property) and member.fset:
                yield f"{kind.__name__}.{name}(value)"
            elif callable(getattr(kind, name)) and not name.startswith("set_"):
                yield from of_a_function(f"{kind.__name__}.{name}", getattr(kind, name))


def public_arguments() -> Iterator[str]:
    """Yield every argument of what is on the page of the API, as a row names it."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for kind, name in re.findall(r"^\.\. auto(module|class|function):: (\S+)$", page, re.MULTILINE):
        names = [name if "." in name else f"nnfast.{name}"]
        if kind == "module":
            names = [f"{name}.{public}" for public in importlib.import_module(name).__all__]
        for public in map(resolve_name, names):
            if not inspect.isclass(public):
                yield from of_a_function(public.__name__, public)
            elif not issubclass(public, Exception):
                yield from of_a_class(public)


def test_every_argument_has_a_row_or_a_reason() -> None:
    for needed in ("PIL", "matplotlib", "scipy", "sklearn"):
        pytest.importorskip(needed)
    arguments = set(public_arguments())
    rows = {f"{row.function}({row.argument})" for row in (*network_rows(), *more_rows())}
    reasons = {
        argument: reason
        for reason in WITHOUT_A_ROW
        for argument in arguments
        if re.fullmatch(reason, argument)
    }
    assert len(arguments) > 150
    assert arguments - rows - set(reasons) == set()
    assert rows - arguments == set()
    assert set(reasons.values()) == set(WITHOUT_A_ROW)
