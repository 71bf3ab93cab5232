"""What `fit` does with "lbfgs": it hands the network's `gradient` to SciPy's L-BFGS-B.

That is a quasi-Newton method (Liu and Nocedal 1989; Byrd, Lu, Nocedal and Zhu 1995). It looks at
all examples before each step, and learns their curvature from the steps before. On small data it
often ends at a lower loss, and in less time, than one update for each mini-batch.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nnfast.network import NeuralNetwork
from nnfast.sklearn.dense import dense_blocks
from nnfast.sklearn.examples import Examples
from nnfast.sklearn.progress import Progress

if TYPE_CHECKING:
    from nnfast.sklearn.estimator import NeuralNetworkEstimator

Vector = NDArray[np.float64]


class Minimization:
    """Minimizes the loss of an estimator's network over all its weights and biases as one vector.

    The network has the lowest point that was found, also after Ctrl-C.
    """

    def __init__(
        self, estimator: "NeuralNetworkEstimator", examples: Examples, progress: Progress
    ) -> None:
        self._estimator, self._network = estimator, estimator.network_
        self._examples, self._progress = examples, progress
        self._penalty = estimator.alpha / examples.distinct(len(examples))
        self._loss, self._stopped = np.inf, False
        self._lowest, self._best = np.inf, vector_of(self._network)

    def run(self, iterations: int) -> bool:
        """Make at most this many iterations.

        Returns whether it has converged, or the clock or a callback said stop.
        """
        options = {
            "maxiter": iterations,
            "maxfun": self._estimator.max_fun,
            "gtol": self._estimator.tol,
        }
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                result = minimize(
                    self._value_and_slopes,
                    self._best,
                    method="L-BFGS-B",
                    jac=True,
                    callback=self._after_iteration,
                    options=options,
                )
        finally:
            put_vector(self._network, self._best)
        for inputs in dense_blocks(self._examples.inputs):
            self._network._see(inputs)
        self._progress.check(self._loss)
        return self._stopped or bool(result.status == 0)

    def _value_and_slopes(self, point: Vector) -> tuple[float, Vector]:
        """Return the loss with its penalty at a point, and its slopes there."""
        network, examples = self._network, self._examples
        self._progress.begin_epoch()
        put_vector(network, point)
        loss, slopes, start = 0.0, np.zeros_like(point), 0
        for inputs in dense_blocks(examples.inputs):
            part = examples.part(start, start + len(inputs))
            share = part.total_weight / examples.total_weight
            gradient = network.gradient(inputs, part.targets, part.weights)
            loss += share * gradient.loss
            slopes += share * flat([*gradient.weights, *gradient.biases])
            start += len(inputs)
        weights = point[: sum(matrix.size for matrix in network.weights)]
        value = loss + 0.5 * self._penalty * float(weights @ weights)
        slopes[: len(weights)] += self._penalty * weights
        self._loss = loss
        if value < self._lowest:
            self._lowest, self._best = value, point.copy()
        return value, slopes

    def _after_iteration(self, point: Vector) -> None:
        """Record how the iteration went; end the minimization if that is wanted."""
        self._progress.record(self._loss)
        self._stopped = self._progress.end_epoch()
        if self._stopped:
            raise StopIteration


def flat(arrays: list[NDArray[np.floating]]) -> Vector:
    """Return the numbers of all arrays as one vector."""
    return np.concatenate([array.ravel() for array in arrays]).astype(np.float64)


def vector_of(network: NeuralNetwork) -> Vector:
    """Return all weights, and then all biases, as one vector."""
    return flat([*network.weights, *network.biases])


def put_vector(network: NeuralNetwork, vector: Vector) -> None:
    """Give the network the weights and biases of a vector."""
    start = 0
    for array in (*network.weights, *network.biases):
        array[...] = vector[start : start + array.size].reshape(array.shape)
        start += array.size
