"""What a program is tried on: small networks, the weights and examples for them, and the answers.

The layers differ in width, so that a matrix that is turned round does not fit. The numbers have no
symmetry, so that two slips do not give the same result. In the course "equal" all layers are
equally wide: it is for programs that stop in the others.
"""

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

from nnref.checking.formulas import RULES, Numbers
from nnref.common.types import Matrix, Vector

UPDATES = 3


@dataclass(frozen=True)
class Course:
    """A network's sizes, its learning rate, and the numbers that each update starts from."""

    sizes: tuple[int, int, int]
    lr: float
    starts: list[dict[str, Any]]

    def answers(self, update: int, rule: str = "split") -> Numbers:
        """Return the oracle's numbers for an update, counted from 0."""
        return Numbers(self.starts[update], RULES[rule])

    def in_words(self) -> str:
        """Return what the network is like, as a note."""
        inodes, hnodes, onodes = self.sizes
        return (
            f"Tried with {inodes} inputs, {hnodes} hidden neurons, {onodes} outputs and a "
            f"learning rate of {self.lr:g}."
        )


@cache
def course(name: str) -> Course:
    """Return a course: "unequal", "other" or "equal"."""
    # Of 6000 seeds those with which the results of any two slips differ most.
    return {
        "unequal": lambda: _made((4, 3, 2), 0.7, 650),
        "other": lambda: _made((2, 5, 3), 0.4, 4532),
        "equal": lambda: _made((3, 3, 3), 0.7, 2999),
    }[name]()


def _made(sizes: tuple[int, int, int], lr: float, seed: int) -> Course:
    rng = random.Random(seed)
    inodes, hnodes, onodes = sizes
    starts: list[dict[str, Any]] = [
        {
            "lr": lr,
            "weights_input_hidden": _matrix(rng, inodes, hnodes),
            "weights_hidden_output": _matrix(rng, hnodes, onodes),
            "inputs": _vector(rng, inodes),
            "targets": _vector(rng, onodes),
            "x": _hundredths(rng, -300, 300),
        }
        for _ in range(UPDATES)
    ]
    return Course(sizes, lr, starts)


def _vector(rng: random.Random, size: int) -> Vector:
    return [_hundredths(rng, 5, 95) for _ in range(size)]


def _matrix(rng: random.Random, rows: int, columns: int) -> Matrix:
    """Return weights of both signs, none of them near 0."""
    return [
        [_hundredths(rng, 11, 99) * (1 if rng.random() < 0.5 else -1) for _ in range(columns)]
        for _ in range(rows)
    ]


def _hundredths(rng: random.Random, low: int, high: int) -> float:
    # By random() alone, which is the same in every release of Python.
    return (low + int(rng.random() * (high - low + 1))) / 100
