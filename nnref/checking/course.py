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
    sizes, lr = {
        "unequal": ((4, 3, 2), 0.35),
        "other": ((2, 5, 3), 0.6),
        "equal": ((3, 3, 3), 0.35),
    }[name]
    rng = random.Random(f"a course of {sizes}")
    inodes, hnodes, onodes = sizes
    starts = []
    for _ in range(UPDATES):
        starts.append(
            {
                "lr": lr,
                "weights_input_hidden": _matrix(rng, inodes, hnodes),
                "weights_hidden_output": _matrix(rng, hnodes, onodes),
                "inputs": _vector(rng, inodes),
                "targets": _vector(rng, onodes),
                "x": rng.randint(-300, 300) / 100,
            }
        )
    return Course(sizes, lr, starts)


def _vector(rng: random.Random, size: int) -> Vector:
    return [rng.randint(5, 95) / 100 for _ in range(size)]


def _matrix(rng: random.Random, rows: int, columns: int) -> Matrix:
    """Return weights of both signs, none of them near 0."""
    return [
        [rng.choice((-1, 1)) * rng.randint(11, 99) / 100 for _ in range(columns)]
        for _ in range(rows)
    ]
