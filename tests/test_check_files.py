"""`check` with a file, and `nnfast check`: whatever a program does, there is a verdict."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Run, result_of
from slips.programs import LISTS, program

from nnref import check

SIGMOID = "import math\n\n\ndef sigmoid(x):\n    return 1 / (1 + math.exp(-x))\n"
WRONG = program(SIGMOID, [("-x", "x")])

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "task.py") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_imports_its_neighbours_and_what_it_prints_is_shown(write: Write) -> None:
    write(LISTS, "network.py")
    # Even where the neighbour has the name of a module that Python brings.
    write("NUMBER = 7\n", "colorsys.py")
    path = write(
        "import colorsys\nfrom network import Network as Base\n\nprint('I am', colorsys.NUMBER)\n\n"
        "class Mine(Base):\n    pass\n\nif __name__ == '__main__':\n    raise RuntimeError\n"
    )
    verdict = check(path)
    assert verdict, str(verdict)
    assert verdict.headline.startswith("Mine.query and Mine.train compute")
    assert verdict.printed == "I am 7\n"
    assert "Your program printed:\n  I am 7" in str(verdict)
    assert sorted(path.parent.iterdir()) == [
        path.parent / n for n in ("colorsys.py", "network.py", "task.py")
    ]


@pytest.mark.parametrize(
    ("text", "slip", "says"),
    [
        ("def sigmoid(x)\n    return x\n", "raised", "SyntaxError: expected ':'"),
        ("import nowhere_to_be_found\n", "raised", "No module named 'nowhere_to_be_found'"),
        ("number = input('how many?')\n" + SIGMOID, "raised", "EOFError"),
        ("exit(0)\n" + SIGMOID, "exited", "task.py has called exit()."),
        (
            SIGMOID + "import os\n\ndef output_errors(t, o):\n    os._exit(0)\n",
            "ended",
            "output_errors has ended the whole program: exit status 0.",
        ),
    ],
)
def test_what_does_not_run_has_a_verdict(write: Write, text: str, slip: str, says: str) -> None:
    verdict = check(str(write(text)))
    assert not verdict
    assert verdict.slip == slip
    assert says in verdict.headline


def test_an_endless_program_is_ended_with_all_that_it_has_started(write: Write) -> None:
    text = """
import subprocess
import sys

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)

def sigmoid(x):
    while True:
        print("x" * 10_000)
"""
    verdict = check(write(text), time_limit=6.0)
    assert verdict.slip == "time_limit"
    assert verdict.headline == "sigmoid was not done after 6 seconds."
    pid, *rest = verdict.printed.splitlines()
    assert rest[-1] == "..."
    assert len(verdict.printed) < 3000
    if sys.platform == "linux":
        for _ in range(200):  # until init has seen it end
            state = Path(f"/proc/{pid}/stat")
            if not state.exists() or state.read_text(encoding="utf-8").split()[2] == "Z":
                return
            time.sleep(0.05)
        pytest.fail("it is still there")


# The command.


def test_the_exit_status_says_what_was_found(run: Run, write: Write) -> None:
    finished = run("check", write(SIGMOID))
    assert finished.status == 0
    assert finished.out.startswith("Right: sigmoid computes what the article does")
    assert finished.err == ""
    finished = run("check", write(WRONG))
    assert finished.status == 1
    assert finished.out.startswith("Wrong: sigmoid(-2.56) is wrong.")


def test_json_is_all_of_the_verdict(run: Run, write: Write) -> None:
    path = write(WRONG)
    finished = run("check", path, "--json")
    assert finished.status == 1
    result = result_of(finished)
    assert result == json.loads(json.dumps(check(path).to_dict()))
    assert result["slip"] == "sigmoid_sign"


def test_name_and_rule_choose_what_is_checked(run: Run, write: Write) -> None:
    path = write(WRONG + LISTS)
    assert run("check", path, "--name", "Network").status == 0
    assert run("check", path, "--name", "sigmoid").status == 1
    finished = run("check", path, "--name", "Network", "--rule", "gradient")
    assert (
        result_of(run("check", path, "--name", "Network", "--rule", "gradient", "--json"))["slip"]
        == "article_rule"
    )
    assert "sent back by the article's rule" in " ".join(finished.out.split())


def test_a_notebook_is_called_so(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "task.ipynb"
    path.write_text('{"cells": [{"execution_count": null}]}', encoding="utf-8")
    finished = run("check", path)
    assert finished.status == 2
    assert "is a notebook, wants a Python file; jupyter nbconvert" in finished.err


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("x = 1\n", (), "task.py: has nothing to check, wants a class with train and query"),
        (SIGMOID, ("--name", "other"), "--name: got 'other', wants a class or a function of the"),
        (SIGMOID, ("--time-limit", "0"), "'0' is not above 0."),
        (SIGMOID, ("--rule", "other"), "'other' is not one of 'split', 'gradient'."),
        (None, (), "does not exist."),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(
    run: Run, write: Write, tmp_path: Path, text: str | None, options: tuple[str, ...], says: str
) -> None:
    path = tmp_path / "task.py" if text is None else write(text)
    finished = run("check", path, *options)
    assert finished.status == 2
    assert finished.out == ""
    assert says in finished.err
    assert "Traceback" not in finished.err
