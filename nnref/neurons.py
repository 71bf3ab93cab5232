"""What neurons make of their signals, how steep that is, and what a layer's outputs cost.

Each activation stands beside its slope, given in terms of its output; each loss beside the deltas
that it sends back, a delta being minus the slope of the loss in a neuron's signal.
"""

import math

from nnref.common.types import Vector
from nnref.functions import exp, log, sigmoid, tanh


def relu(x: float) -> float:
    """Return x above 0, else 0.0 (Nair and Hinton 2010)."""
    return 0.0 if x <= 0.0 else x


def softmax(signals: Vector) -> Vector:
    """Return e**x / (the sum of all e**x), with the largest signal taken from all of them first.

    That changes no quotient, and the largest exponential is then 1: nothing overflows.
    """
    exponentials, total = _shifted_exponentials(signals)
    return [exponential / total for exponential in exponentials]


def _shifted_exponentials(signals: Vector) -> tuple[Vector, float]:
    largest = _largest(signals)
    exponentials = [exp(x - largest) for x in signals]
    total = 0.0
    for exponential in exponentials:
        total += exponential
    return exponentials, total


def _largest(values: Vector) -> float:
    largest = values[0]
    for value in values:
        if value > largest:
            largest = value
    return largest


def activate(activation: str, signals: Vector) -> Vector:
    """Return a layer's outputs for the signals into it."""
    if activation == "sigmoid":
        return [sigmoid(x) for x in signals]
    if activation == "tanh":
        return [tanh(x) for x in signals]
    if activation == "relu":
        return [relu(x) for x in signals]
    if activation == "softmax":
        return softmax(signals)
    if activation == "exponential":
        return [exp(x) for x in signals]
    return signals  # identity


def times_slope(activation: str, outputs: Vector, errors: Vector) -> Vector:
    """Return each error times its neuron's slope: d output / d signal, from the output."""
    if activation == "sigmoid":
        return [e * (o * (1.0 - o)) for e, o in zip(errors, outputs, strict=True)]
    if activation == "tanh":
        return [e * (1.0 - o * o) for e, o in zip(errors, outputs, strict=True)]
    if activation == "relu":
        return [0.0 if o <= 0.0 else e for e, o in zip(errors, outputs, strict=True)]
    if activation == "exponential":
        return [e * o for e, o in zip(errors, outputs, strict=True)]
    if activation == "softmax":
        # Every output depends on every signal: d o_k / d x_m = o_k ((k is m) - o_m).
        shared = 0.0
        for e, o in zip(errors, outputs, strict=True):
            shared += e * o
        return [o * (e - shared) for e, o in zip(errors, outputs, strict=True)]
    return errors  # identity


def loss_of(loss: str, activation: str, signals: Vector, errors: Vector, targets: Vector) -> float:
    """Return the loss of the output layer's answer to one example."""
    if loss == "cross_entropy":
        return cross_entropy(activation, signals, targets)
    if loss == "poisson":
        return poisson(signals, targets, errors)
    return squared_error(errors)


def squared_error(errors: Vector) -> float:
    """Return one half of the sum of the squared errors."""
    total = 0.0
    for error in errors:
        total += error * error
    return 0.5 * total


def cross_entropy(activation: str, signals: Vector, targets: Vector) -> float:
    """Return the cross-entropy of the outputs against the targets, from the signals.

    With sigmoid, each output is a yes or no of its own: the sum of ``-t log(o) - (1 - t)
    log(1 - o)``. With softmax they share one answer: the sum of ``-t log(o)``. Written with the
    signals x, neither takes the log of an output that was rounded to 0 or 1:
    ``-t log(o) - (1 - t) log(1 - o) = max(x, 0) - x t + log(1 + e**-|x|)`` for sigmoid, and
    ``-log(o) = (largest - x) + log(sum of e**(x - largest))`` for softmax.
    """
    total = 0.0
    if activation == "sigmoid":
        for x, t in zip(signals, targets, strict=True):
            total += (relu(x) - x * t) + log(1.0 + exp(-abs(x)))
        return total
    largest = _largest(signals)
    log_sum = log(_shifted_exponentials(signals)[1])
    for x, t in zip(signals, targets, strict=True):
        if largest - x != math.inf:
            total += t * ((largest - x) + log_sum)
        elif t > 0.0:  # the difference is beyond all floats; its product with t may not be
            total += (t * largest - t * x) + t * log_sum
    return total


def poisson(signals: Vector, targets: Vector, errors: Vector) -> float:
    """Return half the Poisson deviance of the outputs from the targets.

    It is the sum of ``t log(t / o) - t + o``, with ``t log(t)`` taken to be 0 for a target of 0
    (McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, section 2.3). An output is e**x
    of its signal x, so ``log(t / o)`` is ``log(t) - x``, which takes no log of an output that was
    rounded to 0.
    """
    total = 0.0
    for x, t, e in zip(signals, targets, errors, strict=True):
        if e == -math.inf:  # the output is beyond all floats, and so is the loss
            total += math.inf
        elif t > 0.0:
            total += t * (log(t) - x) - e
        else:
            total -= e
    return total


def output_deltas(
    loss: str, activation: str, outputs: Vector, targets: Vector, errors: Vector
) -> Vector:
    """Return the output layer's deltas.

    With the squared error, each error times its slope. With the other losses the slope cancels: the
    delta of a sigmoid or an exponential is its error, and that of a softmax ``t - o * (the sum of
    all targets)``, which is its error where the targets sum to 1.
    """
    if loss == "squared_error":
        return times_slope(activation, outputs, errors)
    if activation != "softmax":
        return errors
    total = 0.0
    for t in targets:
        total += t
    return [t - o * total for t, o in zip(targets, outputs, strict=True)]
