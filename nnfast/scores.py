"""How rightly a network answers, as one number; ``nnref/scores.py`` says what it means."""

import numpy as np
from numpy.typing import NDArray

from nnfast.kernel.builds import kernel_for

Array = NDArray[np.floating]


def score(output_activation: str, outputs: Array, targets: Array) -> float:
    """Return the score of outputs against targets, (n, onodes) both; 1.0 is the best."""
    if output_activation == "identity":
        return float(kernel_for(outputs.dtype.name).r_squared(outputs, targets))
    middle = 0.0 if output_activation == "tanh" else 0.5
    above = targets > middle
    if targets.shape[1] > 1 and bool((above.sum(axis=1) == 1).all()):
        right = _largest(outputs) == _largest(targets)
    else:
        right = ((outputs > middle) == above).all(axis=1)
    return int(right.sum()) / len(targets)


def _largest(rows: Array) -> NDArray[np.intp]:
    # As in nnref, a NaN in first place is never exceeded, and one further on exceeds nothing.
    ranked = np.where(np.isnan(rows), -np.inf, rows)
    return np.where(np.isnan(rows[:, 0]), 0, np.argmax(ranked, axis=1))
