"""How well a network answers examples: its loss, and its score as scikit-learn counts it."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from sklearn.metrics import r2_score

from nnfast.arrays import Array
from nnfast.network import NeuralNetwork
from nnfast.sklearn.dense import dense_blocks
from nnfast.sklearn.examples import Examples


def evaluate(network: NeuralNetwork, examples: Examples) -> tuple[float, float]:
    """Return the mean loss, and what the estimator's method ``score`` would return."""
    outputs = np.vstack([network._answers(inputs) for inputs in dense_blocks(examples.inputs)])
    losses = losses_of(network, outputs, examples.targets)
    loss = float(np.average(losses, weights=examples.weights))
    return loss, _score(network, outputs, examples)


def losses_of(network: NeuralNetwork, outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Return the loss of each example."""
    t, o = targets.astype(np.float64), outputs.astype(np.float64)
    losses: NDArray[np.float64]
    tiny = np.finfo(np.float64).tiny  # an output may have been rounded to 0 or 1
    if network.output_activation == "identity":
        losses = 0.5 * (t - o) ** 2
    elif network.output_activation == "exponential":
        losses = xlogy(t, t / np.maximum(o, tiny)) - t + o
    else:
        losses = -xlogy(t, np.maximum(o, tiny))
        if network.output_activation == "sigmoid":
            losses -= xlogy(1 - t, np.maximum(1 - o, tiny))
    sums: NDArray[np.float64] = losses.sum(axis=1)
    return sums


def _score(network: NeuralNetwork, outputs: Array, examples: Examples) -> float:
    targets, weights = examples.targets, examples.weights
    if network.output_activation in ("identity", "exponential"):
        if len(targets) < 2:
            return math.nan  # R squared needs two
        return float(r2_score(targets, outputs, sample_weight=weights))
    if network.output_activation == "softmax":
        correct = outputs.argmax(axis=1) == targets.argmax(axis=1)
    else:
        correct = ((outputs > 0.5) == (targets > 0.5)).all(axis=1)
    return float(np.average(correct, weights=weights))


class DivergenceError(ValueError):
    """Training whose loss is lost: what it has made of the network is of no use."""


def refuse_divergence(loss: float, most: float) -> None:
    """Raise DivergenceError if a loss is not a number up to the most that there can be."""
    if not loss <= most:
        raise DivergenceError(
            f"learning_rate_init: the training diverges, its loss is {loss}; wants a smaller one, "
            "or X and y scaled"
        )
