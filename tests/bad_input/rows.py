"""A row of the tables, and the network that it is tried on."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bad_input.mistakes import Mistake

INPUTS = [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7], [0.5, 0.01, 0.99], [0.4, 0.6, 0.2]]
TARGETS = [[0.1, 0.9], [0.8, 0.3], [0.99, 0.01], [0.25, 0.5]]
SIZES = {"inodes": 3, "hnodes": 4, "onodes": 2, "lr": 0.5}


def network(backend: ModuleType, **options: Any) -> Any:
    return backend.NeuralNetwork(3, 4, 2, 0.5, **{"seed": 1, "bias": True, **options})


@dataclass(frozen=True)
class Row:
    """What is called, with what."""

    function: str
    argument: str
    mistake: Mistake
    call: Callable[[Any, Any], object]
    """With a network, and with what is wrong."""
    named: str = ""
    """What the message calls the argument, if not by its name."""

    @property
    def id(self) -> str:
        # Without addresses, which differ between the processes that share a run.
        kind = re.sub("0x[0-9a-fA-F]+", "0x", self.mistake.kind)
        return f"{self.function}({self.argument})-{self.named}-{kind}"


def rows(
    what: str,
    call: Callable[[Any, Any], object],
    *mistakes: Iterator[Mistake] | list[Mistake],
    named: str = "",
) -> Iterator[Row]:
    """Yield a row for each mistake in an argument, given as "function(argument)"."""
    function, argument = what.removesuffix(")").split("(")
    for mistake in itertools.chain.from_iterable(mistakes):
        yield Row(function, argument, mistake, call, named)
