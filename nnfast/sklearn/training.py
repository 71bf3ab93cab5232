"""What one call of `fit` or `partial_fit` does once its arguments are checked."""

import copy
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnfast.arrays import Array
from nnfast.network import NeuralNetwork
from nnfast.sklearn.batches import WeightedBatches
from nnfast.sklearn.convergence import Convergence
from nnfast.sklearn.evaluation import evaluate, refuse_divergence
from nnfast.sklearn.examples import Examples
from nnref.common.optimizers import Adam
from nnref.common.training import History, carried_out, planned

if TYPE_CHECKING:
    from nnfast.sklearn.estimator import NeuralNetworkEstimator


class Training:
    """Trains an estimator's network, records its curves, calls its callbacks, decides when to stop.

    It leaves the estimator the trained network or, where examples are held out, the network that
    answered them best.
    """

    def __init__(
        self,
        estimator: "NeuralNetworkEstimator",
        X: Array,  # noqa: N803
        y: NDArray[Any],
        examples: Examples,
        held_out: Examples | None = None,
    ) -> None:
        network = estimator.network_
        self._estimator, self._network, self._held_out = estimator, network, held_out
        self._callback_data = {"X": X, "y": y, "reconstruction_attributes": self._fitted_attributes}
        self._stopped = False
        self._deadline = time.monotonic() + (estimator.max_time or math.inf)
        self._convergence = Convergence(
            estimator.learning_rate_init,
            tol=estimator.tol,
            n_iter_no_change=estimator.n_iter_no_change,
            adaptive=estimator.learning_rate == "adaptive",
        )
        self._best = network
        if held_out is not None and network.epochs > 0:
            # The network that a warm start begins with may be better than all that follow.
            self._convergence.lowest_loss, _ = evaluate(network, held_out)
            self._best = copy.copy(network)
        self._batches: WeightedBatches | None = None
        self._data: tuple[Any, ...] = (examples.inputs, examples.targets)
        if examples.weights is not None or estimator._scale != 1:
            self._batches = WeightedBatches(
                network,
                examples,
                scale=estimator._scale,
                batch_size=estimator.batch_size,
                shuffle=estimator.shuffle,
            )
            self._data = (self._batches, None)

    def run(self, epochs: int) -> bool:
        """Train for at most this many epochs.

        Returns whether the loss, the clock or a callback said stop.
        """
        estimator = self._estimator
        self._task = estimator._init_callback_context(max_subtasks=epochs)
        self._task.call_on_fit_task_begin(estimator=estimator, **self._callback_data)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                # As the network's `fit` does, but divergence is an error here and no warning.
                plan = planned(
                    self._network,
                    *self._data,
                    epochs=epochs,
                    batch_size=estimator.batch_size,
                    shuffle=estimator.shuffle and self._batches is None,
                    sample_weight=None,
                    validation=None,
                    callback=self._after_epoch,
                    schedule=self._before_epoch,
                    patience=None,
                    checkpoint=None,
                    every=1,
                )
                history = carried_out(plan, self._network)
                refuse_divergence(history.loss[-1])
        finally:
            # Also after Ctrl-C.
            estimator.network_ = self._best
        self._task.call_on_fit_task_end(estimator=estimator, **self._callback_data)
        return self._stopped

    def _before_epoch(self, epoch: int, lr: float) -> float:
        """Return the learning rate, as the network's `fit` asks its schedule for it."""
        self._epoch = self._task.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._callback_data)
        # The gradients are divided by the scale, but how far Adam moves does not depend on it.
        is_adam = isinstance(self._network.optimizer, Adam)
        return self._convergence.rate * (1.0 if is_adam else self._estimator._scale)

    def _after_epoch(self, network: NeuralNetwork, history: History) -> bool:
        """Record how the epoch went; return whether to stop."""
        estimator = self._estimator
        loss = history.loss[-1] if self._batches is None else self._batches.loss
        refuse_divergence(loss)
        estimator.loss_curve_.append(loss)
        if self._held_out is not None:
            loss = self._validate(self._held_out)
        converged = self._convergence.reached(loss)
        late = time.monotonic() >= self._deadline
        told_to_stop = self._epoch.call_on_fit_task_end(estimator=estimator, **self._callback_data)
        self._stopped = converged or late or told_to_stop
        return self._stopped

    def _validate(self, held_out: Examples) -> float:
        """Record the held-out examples' loss and score, keep the best network; return the loss."""
        loss, score = evaluate(self._network, held_out)
        refuse_divergence(loss)
        self._estimator.validation_loss_curve_.append(loss)
        self._estimator.validation_scores_.append(score)
        if loss < self._convergence.lowest_loss:
            self._best = copy.copy(self._network)
        return loss

    def _fitted_attributes(self) -> dict[str, Any]:
        """Return what a copy of the estimator needs in order to be one that stopped here."""
        return {
            "network_": copy.copy(self._estimator.network_),
            "loss_curve_": self._estimator.loss_curve_.copy(),
            "validation_loss_curve_": self._estimator.validation_loss_curve_.copy(),
            "validation_scores_": self._estimator.validation_scores_.copy(),
        }
