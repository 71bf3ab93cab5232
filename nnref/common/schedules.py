"""Learning rates that change from epoch to epoch.

A schedule is a callable ``schedule(epoch, lr)``: the learning rate for the network's epoch of this
number, from 0, where lr is the one that the network was given. The named ones use multiplications,
divisions and the project's own exp and log only, so that they are the same to the bit on every
machine. They never come to 0, which `fit` would refuse.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from nnref.common.arguments import OPEN_UNIT, from_to_below, number_within, shown
from nnref.functions import exp, log

SMALLEST = math.ulp(0.0)  # of the floats above 0

Schedule = Callable[[int, float], float]


def constant(epoch: int, lr: float) -> float:
    """Return lr itself."""
    return lr


def inverse(epoch: int, lr: float) -> float:
    """Return ``lr / (1 + epoch)`` (Robbins and Monro 1951)."""
    return max(lr / (1.0 + epoch), SMALLEST)


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


@dataclass(frozen=True, slots=True)
class Exponential:
    """A schedule for `fit`: each epoch's learning rate is the last one's times ``decay``.

    It is PyTorch's ``ExponentialLR``, where decay is called gamma.

    Parameters
    ----------
    decay : float
        The factor, between 0 and 1. With 0.9, which ``schedule="exponential"`` has, a tenth of the
        learning rate is left after 22 epochs; with 0.95 after 45.
    """

    decay: float = 0.9

    def __post_init__(self) -> None:
        """Check the factor."""
        object.__setattr__(self, "decay", number_within("decay", self.decay, OPEN_UNIT))

    def __call__(self, epoch: int, lr: float) -> float:
        """Return the learning rate of an epoch."""
        return _shrunk(lr, self.decay, epoch)


@dataclass(frozen=True, slots=True)
class InverseScaling:
    """A schedule for `fit`: the learning rate of epoch e is ``lr / (1 + e) ** power_t``.

    It is scikit-learn's ``learning_rate="invscaling"``, with one difference. There, e counts the
    examples that the network has been trained on; here it counts epochs, as in every schedule.

    Parameters
    ----------
    power_t : float
        The exponent; at least 0.
    """

    power_t: float = 0.5

    def __post_init__(self) -> None:
        """Check the exponent."""
        power = number_within("power_t", self.power_t, from_to_below(0.0, math.inf))
        object.__setattr__(self, "power_t", power)

    def __call__(self, epoch: int, lr: float) -> float:
        """Return the learning rate of an epoch."""
        # Not by **, which is the C library's: the power is e**(power_t * log(1 + epoch)).
        return max(lr / exp(self.power_t * log(1.0 + epoch)), SMALLEST)


SCHEDULES: dict[str, Schedule] = {
    "inverse": inverse,
    "exponential": Exponential(),
    "step": step,
    "invscaling": InverseScaling(),
}


def schedule_named(value: Any) -> Schedule:
    """Return a schedule given by its name, as it is, or, for None, the constant one.

    Raises
    ------
    TypeError, ValueError
        If it is not one of these.
    """
    if value is None:
        return constant
    # A class is called too, but makes objects, and no learning rates.
    if callable(value) and not isinstance(value, type):
        return value  # type: ignore[no-any-return]
    wants = ", ".join(repr(name) for name in SCHEDULES) + ", a callable or None"
    if not isinstance(value, str):
        raise TypeError(f"schedule: got {shown(value)}, wants {wants}")
    if value not in SCHEDULES:
        raise ValueError(f"schedule: got {shown(value)}, wants {wants}")
    return SCHEDULES[value]


# Those with settings, by what `schedule_to_entries` calls them.
WITH_SETTINGS: dict[str, type[Exponential] | type[InverseScaling]] = {
    "exponential": Exponential,
    "invscaling": InverseScaling,
}


def schedule_to_entries(schedule: Schedule) -> Any:
    """Return a schedule as a record has it: None, a name, or a name and its settings.

    Raises
    ------
    ValueError
        If it is some other callable, which only its own program knows.
    """
    if schedule is constant:
        return None
    for name, known in SCHEDULES.items():
        if schedule == known:
            return name
    for name, kind in WITH_SETTINGS.items():
        if type(schedule) is kind:
            return {"name": name, **asdict(schedule)}
    names = ", ".join(repr(name) for name in SCHEDULES)
    raise ValueError(
        f"schedule: got {shown(schedule)}, wants {names} or None here: a record cannot hold a "
        "callable of your own"
    )


def schedule_from_entries(entries: Any) -> Schedule:
    """Return the schedule that `schedule_to_entries` described, or raise an error."""
    if entries is None or isinstance(entries, str):
        return schedule_named(entries)
    settings = dict(entries) if isinstance(entries, dict) else {}
    name = settings.pop("name", None)
    kind = WITH_SETTINGS.get(name) if isinstance(name, str) else None
    if kind is None or set(settings) != {field.name for field in fields(kind)}:
        raise ValueError(f"schedule: got {shown(entries)}, wants a name, or one with its settings")
    return kind(**settings)
