"""When training has converged, and when its learning rate is lowered."""

import math

# As in scikit-learn.
RATE_DIVISOR, LOWEST_RATE = 5.0, 1e-6


class Convergence:
    """Watches the loss of one call of `fit`, epoch by epoch.

    Attributes
    ----------
    rate : float
        The learning rate of the next epoch.
    lowest_loss : float
        The lowest loss so far.
    """

    def __init__(self, rate: float, *, tol: float, n_iter_no_change: float, adaptive: bool) -> None:
        self.rate, self.lowest_loss = rate, math.inf
        self._tol, self._patience, self._adaptive = tol, n_iter_no_change, adaptive
        self._epochs_without_gain = 0

    def reached(self, loss: float) -> bool:
        """Note an epoch's loss; return whether it has stopped falling at the lowest rate."""
        gained = loss <= self.lowest_loss - self._tol
        self._epochs_without_gain = 0 if gained else self._epochs_without_gain + 1
        self.lowest_loss = min(self.lowest_loss, loss)
        if self._epochs_without_gain <= self._patience:
            return False
        if not self._adaptive or self.rate <= LOWEST_RATE:
            return True
        self.rate, self._epochs_without_gain = self.rate / RATE_DIVISOR, 0
        return False
