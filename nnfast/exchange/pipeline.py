"""Fitted estimators, and pipelines that end in one, taken apart into what a file of C needs."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from nnfast.exchange.model import Model, Operation, Scaler
from nnfast.sklearn.classifier import NeuralNetworkClassifier
from nnfast.sklearn.estimator import NeuralNetworkEstimator
from nnref.common.arguments import shown

WANTS = "a NeuralNetwork, an estimator of nnfast.sklearn, or a Pipeline that ends in one"


def taken_apart(value: Any) -> Model:
    """Return the network of an estimator or a Pipeline, with its scalers and its labels.

    Raises TypeError or ValueError, about an argument called network, for anything else, for a step
    that is no scaler known here, and for what is not fitted.
    """
    steps = value.steps if isinstance(value, Pipeline) else [("", value)]
    last = steps[-1][1] if steps else None
    if not isinstance(last, NeuralNetworkEstimator):
        raise TypeError(f"network: got {shown(value)}, wants {WANTS}")
    _check_steps(steps[:-1])
    _check_fitted(last)
    network = last.network_
    scalers = tuple(
        _scaler(name, step, network) for name, step in steps[:-1] if not _does_nothing(step)
    )
    if not isinstance(last, NeuralNetworkClassifier):
        return Model(network, "predict", scalers)
    labels = tuple(str(label) for label in last.classes_)
    return Model(network, "predict_proba", scalers, labels, last._multilabel)


def _check_steps(steps: list[tuple[str, Any]]) -> None:
    """Raise TypeError if one of the steps before the estimator is no scaler known here."""
    for place in reversed(range(len(steps))):
        name, step = steps[place]
        # The types themselves: one derived from them may compute something else.
        if type(step) not in SCALERS and not _does_nothing(step):
            known = " or ".join(kind.__name__ for kind in SCALERS)
            raise TypeError(
                f"network: got the step {shown(name)}, {shown(step)}, wants {known}: do what this "
                f"step does outside of C, and export the rest, pipeline[{place + 1}:]"
            )


def _does_nothing(step: Any) -> bool:
    return step is None or (isinstance(step, str) and step == "passthrough")


def _check_fitted(step: Any) -> None:
    try:
        check_is_fitted(step)
    except NotFittedError:
        raise ValueError(f"network: got {shown(step)} before fit, wants it fitted") from None


def _scaler(name: str, step: Any, network: Any) -> Scaler:
    """Return a fitted scaler as operations on inputs of the network's type."""
    _check_fitted(step)
    if step.n_features_in_ != network.inodes:
        raise ValueError(
            f"network: got the step {shown(name)} for {step.n_features_in_} columns, wants it for "
            f"{network.inodes}, which are the network's inputs"
        )
    return SCALERS[type(step)](step, np.dtype(network.dtype))


def _standard_scaler(scaler: Any, dtype: np.dtype[Any]) -> Scaler:
    """Return ``StandardScaler.transform``, which rounds its numbers to the type of the inputs."""
    operations = []
    if scaler.with_mean:
        operations.append(Operation("-", "mean", np.asarray(scaler.mean_).astype(dtype)))
    if scaler.with_std:
        operations.append(Operation("/", "scale", np.asarray(scaler.scale_).astype(dtype)))
    return Scaler("StandardScaler", tuple(operations))


def _min_max_scaler(scaler: Any, dtype: np.dtype[Any]) -> Scaler:
    """Return ``MinMaxScaler.transform``, which keeps its numbers in the type of its own fit."""
    operations = (
        Operation("*", "scale", np.asarray(scaler.scale_)),
        Operation("+", "min", np.asarray(scaler.min_)),
    )
    low, high = (float(dtype.type(limit)) for limit in scaler.feature_range)
    return Scaler("MinMaxScaler", operations, (low, high) if scaler.clip else None)


SCALERS: dict[type, Callable[[Any, np.dtype[Any]], Scaler]] = {
    StandardScaler: _standard_scaler,
    MinMaxScaler: _min_max_scaler,
}
