"""The JavaScript engines that the tests of the twin run its script in.

An engine is an object with a function `evaluate`. Unless told otherwise the tests have one, V8,
which the package mini-racer brings along. NNFAST_JAVASCRIPT names others, separated by commas:
`.ci/browser` sets it to those that it has installed.
"""

import importlib.util
import os
from collections.abc import Callable
from typing import Protocol

import pytest
from installed_engines import INSTALLED


class Engine(Protocol):
    """Runs JavaScript."""

    def evaluate(self, source: str) -> str:
        """Run a classic script in a fresh global scope, and return its last expression, a text.

        What the script throws is raised as an AssertionError.
        """


class MiniRacer:
    """V8, inside of this process."""

    def evaluate(self, source: str) -> str:
        import py_mini_racer

        with py_mini_racer.MiniRacer() as context:
            try:
                result = context.eval(source)
            except py_mini_racer.JSEvalException as error:
                raise AssertionError(str(error)) from None
        assert isinstance(result, str), result
        return result


def mini_racer() -> Engine:
    if importlib.util.find_spec("py_mini_racer") is None:
        pytest.skip("mini-racer is not installed: it has no wheel for this system")
    return MiniRacer()


ENGINES: dict[str, Callable[[], Engine]] = {"mini-racer": mini_racer, **INSTALLED}
"""What makes the engine of each name."""

CHOSEN = os.environ.get("NNFAST_JAVASCRIPT", "mini-racer").split(",")
