"""That the tasks of ``examples/exercises`` can be solved, and that their gaps are noticed."""

import ast
from pathlib import Path

import pytest

import nnref

EXERCISES = Path(__file__).parent.parent / "examples" / "exercises"
TASKS = sorted(path.name for path in EXERCISES.glob("[1-9]_*.py"))

pytestmark = pytest.mark.skipif(not EXERCISES.exists(), reason="not in a clone")


def rule(task: str) -> str:
    """Return the rule that a task asks for, in the command of its docstring."""
    (command,) = (
        line
        for line in (EXERCISES / task).read_text("utf-8").splitlines()
        if "nnfast check" in line
    )
    assert command.endswith(f" examples/exercises/{task}")
    return "gradient" if "--rule gradient" in command else "split"


def test_there_are_six_each_with_a_solution() -> None:
    assert len(TASKS) == 6
    assert sorted(path.name for path in EXERCISES.glob("solutions/*.py")) == TASKS


@pytest.mark.parametrize("task", TASKS)
def test_a_solution_is_right(task: str) -> None:
    verdict = nnref.check(EXERCISES / "solutions" / task, rule=rule(task))
    assert verdict.right, str(verdict)


@pytest.mark.parametrize("task", TASKS)
def test_a_gap_is_called_a_gap(task: str) -> None:
    verdict = nnref.check(EXERCISES / task, rule=rule(task))
    assert verdict.slip == "gap", str(verdict)


def test_the_last_task_is_wrong_under_the_articles_rule() -> None:
    verdict = nnref.check(EXERCISES / "solutions" / "6_chain_rule.py")
    assert verdict.slip == "chain_rule", str(verdict)


@pytest.mark.parametrize("task", TASKS)
def test_a_solution_has_the_functions_of_its_task(task: str) -> None:
    def signatures(path: Path) -> set[str]:
        found = ast.walk(ast.parse(path.read_text("utf-8")))
        return {f"{f.name}({ast.unparse(f.args)})" for f in found if isinstance(f, ast.FunctionDef)}

    assert signatures(EXERCISES / task) <= signatures(EXERCISES / "solutions" / task)
