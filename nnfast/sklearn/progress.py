"""How far training is: the estimator's curves, scikit-learn's callbacks, the clock."""

import copy
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnfast.sklearn.evaluation import refuse_divergence
from nnfast.sklearn.examples import Examples

if TYPE_CHECKING:
    from nnfast.sklearn.estimator import NeuralNetworkEstimator

# A network that knows nothing has a loss of about the targets' mean square. One that is so many
# times worse has not begun to learn: its training diverges.
HOPELESS = 1e6


class Progress:
    """Records an estimator's training epoch by epoch, and hears whether it should stop."""

    def __init__(
        self,
        estimator: "NeuralNetworkEstimator",
        X: Any,  # noqa: N803
        y: NDArray[Any],
        examples: Examples,
        epochs: int,
    ) -> None:
        self._estimator, self._examples = estimator, len(examples)
        self._hopeless = HOPELESS * (1.0 + float(np.square(examples.targets, dtype=float).mean()))
        self._deadline = time.monotonic() + (estimator.max_time or math.inf)
        self._data = {"X": X, "y": y, "reconstruction_attributes": self._fitted_attributes}
        estimator.n_iter_ = 0
        self._epoch: Any = None
        self._task = estimator._init_callback_context(max_subtasks=epochs)
        self._task.call_on_fit_task_begin(estimator=estimator, **self._data)

    def begin_epoch(self) -> None:
        """Note that an epoch begins, unless one has begun."""
        if self._epoch is None:
            self._epoch = self._task.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def check(self, loss: float) -> None:
        """Raise DivergenceError if a loss says that training is lost."""
        refuse_divergence(loss, self._hopeless)

    def record(self, loss: float) -> None:
        """Note an epoch's loss."""
        self.check(loss)
        estimator = self._estimator
        estimator.loss_curve_.append(loss)
        estimator.n_iter_ += 1
        estimator.t_ += self._examples
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")

    def end_epoch(self) -> bool:
        """Note that an epoch has ended; return whether the clock or a callback says stop."""
        late = time.monotonic() >= self._deadline
        told_to_stop = self._epoch.call_on_fit_task_end(estimator=self._estimator, **self._data)
        self._epoch = None
        return late or bool(told_to_stop)

    def end(self) -> None:
        """Note that training has ended."""
        self._task.call_on_fit_task_end(estimator=self._estimator, **self._data)

    def _fitted_attributes(self) -> dict[str, Any]:
        """Return what a copy of the estimator needs in order to be one that stopped here."""
        names = (
            "network_", "loss_curve_", "validation_loss_curve_", "validation_scores_", "n_iter_",
            "t_",
        )  # fmt: skip
        return {name: copy.copy(getattr(self._estimator, name)) for name in names}
