"""That the README is true where its reader stands: in the clone, after its own commands."""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import nnref
from nnfast.cli import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

in_the_clone = pytest.mark.skipif(
    not (ROOT / "nnfast").is_dir(), reason="the repository is not here, only its tests"
)


def python(code: str) -> str:
    """Run code as a reader does, in the clone's folder; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    command = [sys.executable, "-X", "utf8", "-W", "error", "-c", code]
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@in_the_clone
@pytest.mark.parametrize("package", ["nnfast", "nnref"])
def test_the_snippets_run_and_print_what_is_said(package: str) -> None:
    code = "\n".join(SNIPPETS).replace("from nnfast import", f"from {package} import")
    (digest,) = re.findall(r"^print\(network.digest\(\)\)  # (\w+)$", code, re.MULTILINE)
    first, *others = python(code).splitlines()
    assert first == digest
    assert others[0].startswith("One update of a 64-30-10 network, taken apart.")


@pytest.mark.parametrize("name", ["main", "test"])
def test_a_marked_command_is_one_line_that_installs_in_place(name: str) -> None:
    (command,) = re.findall(rf"<!-- {name} command -->\n```sh\n(.*)\n```", README)
    (extra,) = re.findall(r"pip install --quiet --editable '\.\[(\w+)\]' && ", command)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra in project["optional-dependencies"]


def test_commands_have_the_options_that_are_shown() -> None:
    shown = re.findall(r"(?:`|&& .venv/bin/)nnfast (\w+)(.*?)[`\n]", README)
    assert len(shown) > 2
    for name, arguments in shown:
        cli.commands[name].make_context(name, shlex.split(arguments))


def test_training_has_the_digest_of_the_comparison(run: Callable[..., SimpleNamespace]) -> None:
    trained = json.loads(run("train", "--json").out)
    assert f"digest    {trained['digest']}" in README
    sizes = "-".join(map(str, trained["sizes"]))
    assert f"network     {sizes}\n" in README
    assert f"{trained['epochs']} epochs: {trained['updates']:,} updates" in README
    rows = re.findall(r"^ (nnref|nnfast) .* (\S+)%   (\w+)\.\.\.$", README, re.MULTILINE)
    accuracy, start = f"{100 * trained['accuracy']:.2f}", trained["digest"][:12]
    assert rows == [("nnref", accuracy, start), ("nnfast", accuracy, start)]


def test_the_version_is_this_one() -> None:
    assert f"\nVersion {nnref.__version__}: " in README


@in_the_clone
def test_there_are_as_many_notebooks_as_it_says() -> None:
    words = ("four", "five", "six", "seven", "eight", "nine")
    notebooks = words[len([*(ROOT / "examples").glob("[0-9]_*.md")]) - 4]
    assert f"[{notebooks} notebooks]" in README


@in_the_clone
@pytest.mark.parametrize("name", ["update", "blocks", "mnist"])
def test_the_picture_is_what_its_script_draws(name: str) -> None:
    script = ROOT / "docs" / "_pictures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.FILE.read_text(encoding="utf-8") == module.picture()
