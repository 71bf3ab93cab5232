"""The labels of a classifier: which there are, and each example's as targets of 0 and 1."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.sklearn.examples import Encoded
from nnref.common.arguments import items, shown


def known_labels(y: NDArray[Any], classes: ArrayLike | None) -> NDArray[Any]:
    """Return the labels of all classes, sorted; for a matrix y, the labels of its columns."""
    if y.ndim == 2:
        labels = np.arange(y.shape[1]) if classes is None else np.asarray(classes)
        if len(_distinct(labels)) != y.shape[1]:
            raise ValueError(
                f"classes: got {shown(classes)}, wants {y.shape[1]} that differ, one for each "
                "column of y"
            )
        return labels
    return np.unique(y) if classes is None else _distinct(classes)


def _distinct(classes: Any) -> NDArray[Any]:
    if items(classes) is None:
        raise TypeError(f"classes: got {shown(classes)}, wants a sequence of labels")
    try:
        return np.unique(classes)
    except (ValueError, TypeError):  # rows of unequal lengths, None among numbers
        raise ValueError(f"classes: got {shown(classes)}, wants labels of one type") from None


def encode_classes(y: NDArray[Any], classes: NDArray[Any]) -> Encoded:
    """Encode one label per example: a column for each class; of two classes, for the second."""
    targets = y[:, np.newaxis] == classes  # unlike np.equal, this takes any two types
    known = targets.any(axis=1)
    if not known.all():
        unknown = y.tolist()[known.argmin()]
        raise ValueError(
            f"y: got the class {shown(unknown)}, wants one of {shown(classes.tolist())}"
        )
    return targets if len(classes) > 2 else targets[:, -1:], targets.argmax(axis=1)


def encode_multilabel(y: NDArray[Any], labels: NDArray[Any]) -> Encoded:
    """Encode a matrix of 0 and 1 with a column for each label."""
    if y.shape[1] != len(labels) or not np.isin(y, (0, 1)).all():
        raise ValueError(f"y: got {shown(y)}, wants rows of {len(labels)} numbers, each 0 or 1")
    return y == 1, np.zeros(len(y), dtype=np.intp)
