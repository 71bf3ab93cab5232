"""The weights of the examples by their classes: the parameter `class_weight`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnfast.sklearn.examples import Encoded
from nnref.common.arguments import NOT_NEGATIVE, number_within, shown

WANTS = "a dict from class to weight, such as {0: 1.0, 1: 5.0}, or 'balanced' or None"


def check_class_weight(value: Any) -> None:
    """Raise TypeError or ValueError if a parameter `class_weight` suits no examples at all."""
    if isinstance(value, str):
        if value != "balanced":
            raise ValueError(f"class_weight: got {shown(value)}, wants {WANTS}")
    elif isinstance(value, Mapping):
        _check_weights("class_weight", value)
    elif isinstance(value, list | tuple) and all(isinstance(part, Mapping) for part in value):
        for column, weights in enumerate(value):
            _check_weights(f"class_weight[{column}]", weights)
    elif value is not None:
        raise TypeError(
            f"class_weight: got {shown(value)}, wants {WANTS}; for several labels at once, a list "
            "of such dicts"
        )


def _check_weights(name: str, weights: Mapping[Any, Any]) -> None:
    for label, weight in weights.items():
        number_within(f"{name}[{shown(label)}]", weight, NOT_NEGATIVE)


def counted(
    encoded: Encoded, weights: NDArray[np.float64] | None, classes: NDArray[Any], multilabel: bool
) -> NDArray[np.float64]:
    """Return how many examples each class has, (1, n_classes); or the 0s and 1s of each label.

    An example of weight w, relative to the mean, counts as w.
    """
    if weights is not None:
        weights = weights / weights.max()
        weights = weights / weights.mean()
    choices = 2 if multilabel else len(classes)
    return np.array(
        [
            np.bincount(column, weights, choices).astype(np.float64)
            for column in _columns(encoded, multilabel)
        ]
    )


def balanced_weights(
    encoded: Encoded, counts: NDArray[np.float64], multilabel: bool
) -> NDArray[np.float64]:
    """Return the weights with which all classes, of which there are so many, count the same.

    For several labels at once they are the products over the columns.
    """
    mean = counts.mean(axis=1, keepdims=True)
    shares = np.divide(mean, counts, out=np.zeros_like(counts), where=counts > 0)
    columns = _columns(encoded, multilabel)
    by_column = [share[column] for share, column in zip(shares, columns, strict=True)]
    weights: NDArray[np.float64] = np.prod(by_column, axis=0)
    return weights


def _columns(encoded: Encoded, multilabel: bool) -> NDArray[np.intp]:
    """Return the place of each example's class, or 0 or 1 for each label, a row per column of y."""
    targets, places = encoded
    return targets.T.astype(np.intp) if multilabel else places[np.newaxis].astype(np.intp)


def weights_by_class(
    class_weight: Any, encoded: Encoded, classes: NDArray[Any], multilabel: bool
) -> NDArray[np.float64]:
    """Return each example's weight by a checked `class_weight` of dicts."""
    targets, places = encoded
    if multilabel:
        return _weights_by_labels(class_weight, targets)
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"class_weight: got {shown(class_weight)}, wants {WANTS}")
    weights = _looked_up("class_weight", class_weight, classes)
    by_class: NDArray[np.float64] = weights[places]
    return by_class


def _weights_by_labels(class_weight: Any, targets: NDArray[Any]) -> NDArray[np.float64]:
    """Return the products of the weights of 0 and 1 in all columns."""
    columns = targets.shape[1]
    if isinstance(class_weight, Mapping) or len(class_weight) != columns:
        raise ValueError(
            f"class_weight: got {shown(class_weight)}, wants a list of {columns} dicts, one for "
            "each column of y, or 'balanced' or None"
        )
    weights = np.ones(len(targets))
    for column, by_label in enumerate(class_weight):
        pair = _looked_up(f"class_weight[{column}]", by_label, np.array([0, 1]))
        weights *= pair[targets[:, column].astype(np.intp)]
    return weights


def _looked_up(name: str, weights: Mapping[Any, Any], classes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the weight of each class, 1 where there is none.

    If a class has none and there is one of an unknown class, that is probably a slip.
    """
    known = classes.tolist()
    unknown = [label for label in weights if label not in known]
    if unknown and len(weights) - len(unknown) < len(known):
        raise ValueError(f"{name}: got the class {shown(unknown[0])}, wants one of {shown(known)}")
    return np.array([float(weights.get(label, 1.0)) for label in known])
