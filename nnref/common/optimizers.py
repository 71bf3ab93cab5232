"""The optimizers' settings, checked. What they compute is in ``nnref/updates.py``.

Each is a plain description that both backends read. ``slots`` names the numbers that an optimizer
keeps for every weight from one update to the next.
"""

import math
import sys
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from nnref.common.arguments import flag, from_to_below, number_within, shown


@dataclass(frozen=True, slots=True)
class SGD:
    """Gradient descent, the article's: each weight moves by lr times the mean gradient.

    Parameters
    ----------
    weight_decay : float
        L2 penalty: weight_decay / 2 times the sum of the squared weights is added to the loss, so
        that each update first shrinks every weight by the factor ``1 - lr * weight_decay``. Biases
        are not shrunk.
    """

    weight_decay: float = 0.0

    name: ClassVar[str] = "sgd"
    slots: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Check the settings."""
        _check(self, weight_decay=(0.0, math.inf))


@dataclass(frozen=True, slots=True)
class Momentum:
    """Gradient descent with momentum (Polyak 1964), as ``torch.optim.SGD(momentum=...)`` has it.

    Every weight has a velocity v. With d the mean downhill direction of a batch,
    ``v = momentum * v + d`` and ``w = w + lr * v``.

    Parameters
    ----------
    momentum : float
        From 0 to below 1.
    nesterov : bool
        Look ahead: ``w = w + lr * (d + momentum * v)`` (Nesterov 1983; in this form Sutskever et
        al. 2013).
    weight_decay : float
        L2 penalty: weight_decay times the weight is taken from d. Biases are not shrunk.
    """

    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0

    name: ClassVar[str] = "momentum"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    def __post_init__(self) -> None:
        """Check the settings."""
        _check(self, momentum=(0.0, 1.0), weight_decay=(0.0, math.inf))
        object.__setattr__(self, "nesterov", flag("nesterov", self.nesterov))


@dataclass(frozen=True, slots=True)
class Adam:
    """Adam (Kingma and Ba 2015), as ``torch.optim.Adam`` has it.

    Every weight has two moving averages, of the downhill direction d and of its square:
    ``m = beta1 * m + (1 - beta1) * d`` and ``v = beta2 * v + (1 - beta2) * d * d``. After t updates
    ``w = w + lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + epsilon)``, with both
    sides of the last fraction times ``sqrt(1 - beta2**t)``, which saves a division. The usual
    learning rate is 0.001.

    Parameters
    ----------
    beta1, beta2 : float
        How slowly the averages forget, from 0 to below 1.
    epsilon : float
        Keeps the division from one by zero; above 0.
    weight_decay : float
        L2 penalty: weight_decay times the weight is taken from d. Biases are not shrunk.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    name: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("first_moment", "second_moment")

    def __post_init__(self) -> None:
        """Check the settings."""
        _check(self, beta1=(0.0, 1.0), beta2=(0.0, 1.0), weight_decay=(0.0, math.inf))
        # The smallest normal float: with anything above 0 no division is by 0.
        _check(self, epsilon=(sys.float_info.min, math.inf))


Optimizer = SGD | Momentum | Adam

OPTIMIZERS: dict[str, type[SGD] | type[Momentum] | type[Adam]] = {
    kind.name: kind for kind in (SGD, Momentum, Adam)
}


def optimizer_named(value: Any) -> Optimizer:
    """Return an optimizer given by its name, with the usual settings, or as it is.

    Raises
    ------
    TypeError, ValueError
        If it is not one of these.
    """
    if isinstance(value, SGD | Momentum | Adam):
        return value
    names = " or ".join(repr(name) for name in OPTIMIZERS)
    wants = f"{names}, or one of SGD, Momentum, Adam with its settings"
    if not isinstance(value, str):
        raise TypeError(f"optimizer: got {shown(value)}, wants {wants}")
    if value not in OPTIMIZERS:
        raise ValueError(f"optimizer: got {shown(value)}, wants {wants}")
    return OPTIMIZERS[value]()


def optimizer_to_entries(optimizer: Optimizer) -> dict[str, Any]:
    """Return an optimizer as a model file has it: its name and its settings."""
    return {"name": optimizer.name, **asdict(optimizer)}


def optimizer_from_entries(entries: Any) -> Optimizer:
    """Return the optimizer that `optimizer_to_entries` described, or raise an error."""
    if not isinstance(entries, dict) or not isinstance(entries.get("name"), str):
        raise TypeError(f"optimizer: got {shown(entries)}, wants a JSON object with a name")
    settings = {key: value for key, value in entries.items() if key != "name"}
    kind = OPTIMIZERS.get(entries["name"])
    if kind is None or set(settings) != {field.name for field in fields(kind)}:
        raise ValueError(f"optimizer: got {shown(entries)}, wants a name and all its settings")
    return kind(**settings)


def check_epsilon(optimizer: Optimizer, dtype: str) -> None:
    """Raise ValueError if Adam's epsilon is 0 or infinite in numbers of this type."""
    if not isinstance(optimizer, Adam) or dtype != "float32":
        return
    # What is not between these is rounded to 0 or to infinity.
    if not 2.0**-150 < optimizer.epsilon < 2.0**128 - 2.0**103:
        raise ValueError(
            f"optimizer: got epsilon={optimizer.epsilon!r}, which is 0 or infinite in {dtype}, and "
            "Adam divides by it; wants one between 1e-45 and 3.4e+38"
        )


def _check(optimizer: Optimizer, **bounds: tuple[float, float]) -> None:
    """Check the numbers among the settings, each from a lowest to below a highest value."""
    for name, (low, high) in bounds.items():
        number = number_within(name, getattr(optimizer, name), from_to_below(low, high))
        object.__setattr__(optimizer, name, number)
