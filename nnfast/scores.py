"""How well a network answers, as one number; ``nnref/scores.py`` says what it means."""

import numpy as np
from numpy.typing import NDArray

from nnfast.arrays import Array
from nnfast.kernel.builds import kernel_for
from nnref.common.description import middle


def score(output_activation: str, outputs: Array, targets: Array) -> float:
    """Return the score of outputs against targets, (n, onodes) both; 1.0 is the best."""
    if output_activation == "identity":
        return float(kernel_for(outputs.dtype.name).r_squared(outputs, targets))
    threshold = middle(output_activation)
    above = targets > threshold
    if targets.shape[1] > 1 and bool((above.sum(axis=1) == 1).all()):
        right = _largest(outputs) == _largest(targets)
    else:
        right = ((outputs > threshold) == above).all(axis=1)
    return int(right.sum()) / len(targets)


def _largest(rows: Array) -> NDArray[np.intp]:
    # As in nnref, a NaN in first place is never exceeded, and one further on exceeds nothing.
    ranked = np.where(np.isnan(rows), -np.inf, rows)
    return np.where(np.isnan(rows[:, 0]), 0, np.argmax(ranked, axis=1))
