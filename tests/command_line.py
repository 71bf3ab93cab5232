"""What the tests of the command line share."""

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("sklearn")

import nnref
from nnfast.cli import cli
from nnfast.cli.compare import compare_command
from nnfast.cli.options import Plan
from nnfast.datasets import digits

SMALL = ("--examples", "20", "--hidden", "5", "--epochs", "1")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")

Run = Callable[..., SimpleNamespace]


def result_of(finished: SimpleNamespace) -> dict[str, Any]:
    """Return the JSON object that is all of standard output."""
    lines = finished.out.splitlines()
    assert len(lines) == 1
    result = json.loads(lines[0])
    assert isinstance(result, dict)
    return result


def oracle(examples: int, hidden: int = 5, **settings: Any) -> nnref.NeuralNetwork:
    """Return what the program should have trained, made without it."""
    network = nnref.NeuralNetwork(64, hidden, 10, 0.1, **{"seed": 0} | settings)
    dataset = digits()
    network.fit(dataset.train_inputs[:examples].tolist(), dataset.train_targets[:examples].tolist())
    return network


def plan_of(*options: str) -> Plan:
    """Return the plan that a command makes of its options."""
    # With the program's settings: a command keeps the -h of its first context.
    context = compare_command.make_context("compare", list(options), **cli.context_settings)
    arguments = dict(context.params)
    del arguments["as_json"]
    return Plan(**arguments)
