"""Does code that lacks an optional library say in one line what to install?"""

import importlib
import re
from pathlib import Path

import pytest

import nnfast
import nnref
from nnfast.optional import required_by


@pytest.mark.parametrize(
    ("requirements", "message"),
    [
        (("balls",), "juggling needs balls: pip install balls"),
        (
            ("balls>=3", "clubs"),
            "juggling needs balls>=3 and clubs: pip install 'balls>=3' clubs",
        ),
    ],
)
def test_a_failed_import_says_who_needs_what(requirements: tuple[str, ...], message: str) -> None:
    with (
        pytest.raises(ImportError, match=f"^{re.escape(message)}$") as caught,
        required_by("juggling", *requirements),
    ):
        importlib.import_module("balls")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_other_failures_pass() -> None:
    with pytest.raises(ZeroDivisionError), required_by("juggling", "balls"):
        _ = 1 / 0


def test_no_other_module_words_this_message() -> None:
    # Nor names this project in it, which no package index has.
    speakers = {
        path.stem
        for package in (nnfast, nnref)
        for path in Path(package.__file__).parent.rglob("*.py")
        if "pip install" in path.read_text(encoding="utf-8")
    }
    assert speakers == {"optional", "builds"}  # builds: of the kernel, in a clone
