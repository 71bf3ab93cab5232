"""What `fit` and `partial_fit` do with "sgd" and "adam", once their arguments are checked."""

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

from nnfast.network import NeuralNetwork
from nnfast.sklearn.batches import DensePieces
from nnfast.sklearn.convergence import Convergence
from nnfast.sklearn.evaluation import evaluate
from nnfast.sklearn.examples import Examples
from nnfast.sklearn.progress import Progress
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
        examples: Examples,
        held_out: Examples | None,
        progress: Progress,
    ) -> None:
        network = estimator.network_
        self._estimator, self._network, self._held_out = estimator, network, held_out
        self._examples, self._progress, self._stopped = examples, progress, False
        self._convergence = Convergence(
            estimator.learning_rate_init,
            tol=estimator.tol,
            n_iter_no_change=estimator.n_iter_no_change,
            adaptive=estimator.learning_rate == "adaptive",
        )
        self._best, self._penalty = network, 0.0
        if held_out is not None and network.epochs > 0:
            # The network that a warm start begins with may be better than all that follow.
            self._convergence.lowest_loss, _ = evaluate(network, held_out)
            self._best = copy.copy(network)

    def run(self, epochs: int) -> bool:
        """Train for at most this many epochs.

        Returns whether the loss, the clock or a callback said stop.
        """
        data, shuffle = self._data()
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                # As the network's `fit` does, but divergence is an error here and no warning.
                plan = planned(
                    self._network,
                    *data[:2],
                    sample_weight=data[2],
                    epochs=epochs,
                    batch_size=self._estimator._batch_size,
                    shuffle=shuffle,
                    validation=None,
                    callback=self._after_epoch,
                    schedule=self._before_epoch,
                    patience=None,
                    checkpoint=None,
                    every=1,
                )
                history = carried_out(plan, self._network)
                self._progress.check(history.loss[-1])
        finally:
            # Also after Ctrl-C.
            self._estimator.network_ = self._best
        return self._stopped

    def _data(self) -> tuple[tuple[Any, Any, Any], bool]:
        """Return inputs, targets and weights for `fit`, and whether it has to shuffle them."""
        examples, shuffle = self._examples, self._estimator.shuffle
        if not issparse(examples.inputs):
            return (examples.inputs, examples.targets, examples.weights), shuffle
        batch_size = min(self._estimator._batch_size, len(examples))
        pieces = DensePieces(self._network, examples, batch_size=batch_size, shuffle=shuffle)
        return (pieces, None, None), False

    def _before_epoch(self, epoch: int, lr: float) -> float:
        """Return the learning rate, as the network's `fit` asks its schedule for it."""
        estimator = self._estimator
        self._progress.begin_epoch()
        self._penalty = penalty(self._network)
        if estimator.learning_rate == "invscaling":
            return float(estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t)
        return self._convergence.rate

    def _after_epoch(self, network: NeuralNetwork, history: History) -> bool:
        """Record how the epoch went; return whether to stop."""
        loss, held_out = history.loss[-1], self._held_out
        self._progress.record(loss)
        watched = loss + self._penalty if held_out is None else self._validate(held_out)
        converged = self._convergence.reached(watched)
        self._stopped = self._progress.end_epoch() or converged
        return self._stopped

    def _validate(self, held_out: Examples) -> float:
        """Record the held-out examples' loss and score, keep the best network; return the loss."""
        estimator = self._estimator
        losses, scores = estimator.validation_loss_curve_, estimator.validation_scores_
        assert losses is not None
        assert scores is not None
        loss, score = evaluate(self._network, held_out)
        self._progress.check(loss)
        losses.append(loss)
        scores.append(score)
        if estimator.verbose:
            print(f"Validation loss: {loss:f}, score: {score:f}")
        if loss < self._convergence.lowest_loss:
            self._best = copy.copy(self._network)
        return loss


def penalty(network: NeuralNetwork) -> float:
    """Return the L2 penalty, which training minimizes together with the loss."""
    squares = sum(float(np.square(matrix, dtype=float).sum()) for matrix in network.weights)
    return 0.5 * network.optimizer.weight_decay * squares
