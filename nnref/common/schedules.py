"""Learning rates that change from epoch to epoch.

A schedule is a callable ``schedule(epoch, lr)``: the learning rate for the network's epoch of this
number, from 0, where lr is the one that the network was given. The named ones use multiplications
and divisions only, so that they are the same to the bit on every machine. They never come to 0,
which `fit` would refuse.
"""

import math
from collections.abc import Callable
from typing import Any

from nnref.common.arguments import shown

SMALLEST = math.ulp(0.0)  # of the floats above 0

Schedule = Callable[[int, float], float]


def constant(epoch: int, lr: float) -> float:
    """Return lr itself."""
    return lr


def inverse(epoch: int, lr: float) -> float:
    """Return ``lr / (1 + epoch)`` (Robbins and Monro 1951)."""
    return max(lr / (1.0 + epoch), SMALLEST)


def exponential(epoch: int, lr: float) -> float:
    """Return lr times 0.9 for every epoch before this one."""
    return _shrunk(lr, 0.9, epoch)


def step(epoch: int, lr: float) -> float:
    """Return lr halved for every 10 epochs before this one."""
    return _shrunk(lr, 0.5, epoch // 10)


def _shrunk(lr: float, factor: float, times: int) -> float:
    """Return lr times a factor this many times, as long as that makes it smaller, but not 0."""
    for _ in range(times):
        smaller = lr * factor
        # After some thousand times, however many are left.
        if smaller in (lr, 0.0):
            break
        lr = smaller
    return lr


SCHEDULES: dict[str, Schedule] = {"inverse": inverse, "exponential": exponential, "step": step}


def schedule_named(value: Any) -> Schedule:
    """Return a schedule given by its name, as it is, or, for None, the constant one.

    Raises
    ------
    TypeError, ValueError
        If it is not one of these.
    """
    if value is None:
        return constant
    if callable(value):
        return value  # type: ignore[no-any-return]
    wants = ", ".join(repr(name) for name in SCHEDULES) + ", a callable or None"
    if not isinstance(value, str):
        raise TypeError(f"schedule: got {shown(value)}, wants {wants}")
    if value not in SCHEDULES:
        raise ValueError(f"schedule: got {shown(value)}, wants {wants}")
    return SCHEDULES[value]
