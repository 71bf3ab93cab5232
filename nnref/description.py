"""What a network is, apart from its numbers: sizes, learning rate, rules. Checked here, once.

Both backends build on this description, so both accept the same arguments and refuse the same
mistakes in the same words. It holds no arithmetic.
"""

import json
import math
import numbers
import operator
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

HIDDEN_ERRORS = ("split", "gradient")
INITS = ("uniform", "scaled_normal")
SEED_LIMIT = 2**64


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that defines a network before its first update.

    Build one with `describe`, which checks what it is given.
    """

    inodes: int
    hnodes: tuple[int, ...]
    onodes: int
    lr: float
    hidden_error: str
    init: str
    seed: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons per layer, inputs first."""
        return (self.inodes, *self.hnodes, self.onodes)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The shape (fan_in, fan_out) of every weight matrix, first layer first."""
        return list(zip(self.sizes, self.sizes[1:], strict=False))

    def to_json(self) -> str:
        """Return the description as the JSON text that a model file carries."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Description":
        """Return the description in a model file's JSON text.

        Raises
        ------
        ValueError, TypeError
            If the text is not JSON, lacks an entry, has one too many, or one with a bad value.
        """
        entries = json.loads(text)
        if not isinstance(entries, dict):
            raise TypeError(f"the network's description: got {shown(entries)}, wants a JSON object")
        wanted = set(cls.__dataclass_fields__)
        if set(entries) != wanted:
            odd = ", ".join(sorted(set(entries) ^ wanted))
            raise ValueError(f"the network's description lacks or should not have: {odd}")
        return describe(**entries)


def describe(
    inodes: int,
    hnodes: int | Iterable[int],
    onodes: int,
    lr: float,
    *,
    hidden_error: str,
    init: str,
    seed: int | None,
) -> Description:
    """Check a network's arguments and return its description.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it got and what it wants.
    """
    hidden = hnodes if isinstance(hnodes, Iterable) else [hnodes]
    return Description(
        inodes=positive_int("inodes", inodes),
        hnodes=tuple(positive_int("hnodes", width) for width in hidden),
        onodes=positive_int("onodes", onodes),
        lr=learning_rate(lr),
        hidden_error=one_of("hidden_error", hidden_error, HIDDEN_ERRORS),
        init=one_of("init", init, INITS),
        seed=_seed(seed),
    )


def shown(value: object) -> str:
    """Return a value as an error message shows it: on one line and short."""
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."


def whole_number(name: str, value: Any, wants: str) -> int:
    """Return the value as an int, or raise TypeError (True and False are no numbers here)."""
    if isinstance(value, bool):
        raise TypeError(f"{name}: got {value}, wants {wants}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: got {shown(value)}, wants {wants}") from None


def positive_int(name: str, value: Any) -> int:
    """Return the value as an int of at least 1, or raise TypeError or ValueError."""
    wants = "a whole number of at least 1"
    number = whole_number(name, value, wants)
    if number < 1:
        raise ValueError(f"{name}: got {number}, wants {wants}")
    return number


def learning_rate(value: Any) -> float:
    """Return the value as a finite float above 0, or raise TypeError or ValueError."""
    wants = "a finite number above 0"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"lr: got {shown(value)}, wants {wants}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not 0.0 < number < math.inf:
        raise ValueError(f"lr: got {shown(value)}, wants {wants}")
    return number


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return the value if it is one of the choices, or raise TypeError or ValueError."""
    wants = " or ".join(repr(choice) for choice in choices)
    if not isinstance(value, str):
        raise TypeError(f"{name}: got {shown(value)}, wants {wants}")
    if value not in choices:
        raise ValueError(f"{name}: got {shown(value)}, wants {wants}")
    return value


def _seed(value: Any) -> int:
    if value is None:
        # Drawn, and kept: a run that nobody seeded can still be repeated.
        return random.SystemRandom().randrange(SEED_LIMIT)
    wants = "None or a whole number from 0 to 2**64 - 1"
    number = whole_number("seed", value, wants)
    if not 0 <= number < SEED_LIMIT:
        raise ValueError(f"seed: got {number}, wants {wants}")
    return number
