"""Checks of the estimators' parameters, which scikit-learn wants made in `fit`, not before."""

import math
from collections.abc import Iterator
from numbers import Integral
from typing import Any

from sklearn.utils import check_random_state

from nnfast.sklearn.class_weights import check_class_weight
from nnref.common.arguments import (
    OPEN_UNIT,
    POSITIVE,
    at_least,
    flag,
    from_to_below,
    items,
    number_within,
    one_of,
    positive_int,
    shown,
    truth_of,
)
from nnref.common.description import sizes

# What the network calls the activations that scikit-learn calls so.
ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
# What a network is made with; the other parameters may change before its training continues.
NETWORK_PARAMETERS = (
    "hidden_layer_sizes", "activation", "solver", "alpha", "momentum", "nesterovs_momentum",
    "beta_1", "beta_2", "epsilon", "loss",
)  # fmt: skip
RANGES = {
    "learning_rate_init": POSITIVE,
    "epsilon": POSITIVE,
    "alpha": from_to_below(0.0, math.inf),
    "tol": from_to_below(0.0, math.inf),
    "power_t": from_to_below(0.0, math.inf),
    "momentum": from_to_below(0.0, 1.0),
    "beta_1": from_to_below(0.0, 1.0),
    "beta_2": from_to_below(0.0, 1.0),
    "validation_fraction": OPEN_UNIT,
}


def check_parameters(estimator: Any) -> None:
    """Raise TypeError or ValueError if a parameter of an estimator is not as it must be."""
    for name in ("hidden_layer_sizes", "activation"):
        value = getattr(estimator, name)
        if isinstance(value, Iterator):
            raise TypeError(
                f"{name}: got {shown(value)}, which can be iterated over only once, wants a "
                "sequence"
            )
    network_parameters(estimator)
    one_of("solver", estimator.solver, ("sgd", "adam", "lbfgs"))
    one_of("learning_rate", estimator.learning_rate, ("constant", "invscaling", "adaptive"))
    for name in ("max_iter", "max_fun"):
        positive_int(name, getattr(estimator, name))
    batch_size(estimator.batch_size)
    patience = estimator.n_iter_no_change
    if not (isinstance(patience, float) and patience == math.inf):
        positive_int("n_iter_no_change", patience)
    if hasattr(estimator, "loss"):
        one_of("loss", estimator.loss, ("squared_error", "poisson"))
    if truth_of(estimator.verbose) is None:
        at_least("verbose", estimator.verbose, 0)
    for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
        flag(name, getattr(estimator, name))
    for name, within in RANGES.items():
        number_within(name, getattr(estimator, name), within)
    if estimator.max_time is not None:
        number_within("max_time", estimator.max_time, POSITIVE)
    _check_random_state(estimator.random_state)
    check_class_weight(getattr(estimator, "class_weight", None))  # which regressors do not have


def _check_random_state(value: Any) -> None:
    try:
        check_random_state(value)
    except ValueError:
        error = ValueError if isinstance(value, Integral) else TypeError
        raise error(
            f"random_state: got {shown(value)}, wants a whole number from 0 to {2**32 - 1}, a "
            "numpy.random.RandomState or None"
        ) from None


def batch_size(value: Any) -> int:
    """Return a batch size as a number: scikit-learn's "auto" is 200."""
    return 200 if isinstance(value, str) and value == "auto" else positive_int("batch_size", value)


def network_parameters(estimator: Any) -> dict[str, Any]:
    """Return what a network is made with; what may be any sequence, as a tuple."""
    names = [name for name in NETWORK_PARAMETERS if hasattr(estimator, name)]
    parameters = {name: getattr(estimator, name) for name in names}
    return parameters | {
        "hidden_layer_sizes": sizes("hidden_layer_sizes", estimator.hidden_layer_sizes),
        "activation": _checked_activation(estimator.activation),
    }


def check_unchanged(estimator: Any, made_with: dict[str, Any]) -> None:
    """Raise ValueError if a parameter is not what the existing network was made with."""
    for name, value in network_parameters(estimator).items():
        if value != made_with[name]:
            raise ValueError(
                f"{name}: got {shown(value)}, wants {shown(made_with[name])}, which the network "
                "was made with; to make another one, call fit with warm_start=False"
            )


def network_activation(activation: str | tuple[str, ...]) -> str | list[str]:
    """Return a checked activation, or one per layer, under the network's names."""
    if isinstance(activation, str):
        return ACTIVATIONS[activation]
    return [ACTIVATIONS[name] for name in activation]


def _checked_activation(value: Any) -> str | tuple[str, ...]:
    names = items(value)
    if names is None:
        return one_of("activation", value, list(ACTIVATIONS))
    return tuple(one_of("activation", name, list(ACTIVATIONS)) for name in names)
