"""How the optimizers move a matrix of weights, from the examples of a batch.

A matrix is moved by what flowed through it: for each example the ``inputs`` into the layer and the
``deltas`` of its neurons, minus the slopes of the loss in their signals. So ``inputs[i] *
delta[j]`` is minus the slope of the loss in ``weights[i][j]``: downhill. A batch takes the mean of
that over its examples, all computed from the weights before the batch, and adds them in order. An
example with a sample weight counts as that many: its step is so many times as long, but the mean
still divides by the number of examples.

Biases are a matrix of one row, whose input is always 1.
"""

import math
from typing import NamedTuple

from nnref.article import Trace, moved
from nnref.common.optimizers import SGD, Adam, Momentum, Optimizer
from nnref.common.types import Matrix, Vector


class Flow(NamedTuple):
    """What one example sends through a layer, signals forward, deltas back, and what it counts."""

    inputs: Vector
    deltas: Vector
    sample_weight: float


def flows_of(layer: int, traces: list[Trace], sample_weight: Vector) -> list[Flow]:
    """Return what each example has sent through a layer."""
    return [
        Flow(trace.inputs[layer], trace.deltas[layer], weight)
        for trace, weight in zip(traces, sample_weight, strict=True)
    ]


def as_bias_flows(flows: list[Flow]) -> list[Flow]:
    """Return what has flowed through a layer's biases: they are weights whose input is always 1."""
    return [flow._replace(inputs=[1.0]) for flow in flows]


def add_flows(weights: Matrix, flows: list[Flow], rate: float) -> Matrix:
    """Return the weights moved by each example's ``inputs[i] * steps[j]``, in order.

    Its steps are ``(rate * sample_weight) * deltas[j]``.
    """
    for inputs, deltas, sample_weight in flows:
        example_rate = rate * sample_weight
        weights = moved(weights, inputs, [example_rate * delta for delta in deltas])
    return weights


def no_flow(weights: Matrix) -> Matrix:
    """Return a matrix of zeros, to add flows to, as large as the weights."""
    return [[0.0] * len(row) for row in weights]


def downhill(weights: Matrix, flows: list[Flow], decay: float) -> Matrix:
    """Return the mean over the examples of ``inputs[i] * deltas[j]``, less the decay's pull."""
    direction = add_flows(no_flow(weights), flows, 1.0 / len(flows))
    if decay == 0.0:
        return direction
    return [
        [d - decay * w for d, w in zip(row, weights_row, strict=True)]
        for row, weights_row in zip(direction, weights, strict=True)
    ]


def updated(
    optimizer: Optimizer,
    lr: float,
    decay: float,
    weights: Matrix,
    flows: list[Flow],
    slots: list[Matrix],
    powers: Vector,
) -> tuple[Matrix, list[Matrix]]:
    """Return the weights after one update, and what the optimizer keeps for the next.

    The decay is the optimizer's, or 0.0 for biases; the powers are Adam's.
    """
    if isinstance(optimizer, SGD):
        return sgd(lr, decay, weights, flows), []
    direction = downhill(weights, flows, decay)
    if isinstance(optimizer, Momentum):
        return momentum(optimizer, lr, weights, direction, slots[0])
    return adam(optimizer, lr, weights, direction, slots[0], slots[1], powers)


def sgd(lr: float, decay: float, weights: Matrix, flows: list[Flow]) -> Matrix:
    """Return the weights after gradient descent, in the form that needs no second matrix."""
    if decay != 0.0:
        keep = 1.0 - lr * decay
        weights = [[w * keep for w in row] for row in weights]
    return add_flows(weights, flows, lr / len(flows))


def momentum(
    settings: Momentum, lr: float, weights: Matrix, direction: Matrix, velocity: Matrix
) -> tuple[Matrix, list[Matrix]]:
    """Return the weights moved with momentum, and the new velocity."""
    mu = settings.momentum
    velocity = [
        [mu * v + d for v, d in zip(*rows, strict=True)]
        for rows in zip(velocity, direction, strict=True)
    ]
    if settings.nesterov:
        direction = [
            [d + mu * v for d, v in zip(*rows, strict=True)]
            for rows in zip(direction, velocity, strict=True)
        ]
    else:
        direction = velocity
    new_weights = [
        [w + lr * d for w, d in zip(*rows, strict=True)]
        for rows in zip(weights, direction, strict=True)
    ]
    return new_weights, [velocity]


def adam(
    settings: Adam,
    lr: float,
    weights: Matrix,
    direction: Matrix,
    first: Matrix,
    second: Matrix,
    powers: Vector,
) -> tuple[Matrix, list[Matrix]]:
    """Return the weights moved by Adam, and the new first and second moments.

    The powers are beta1**t and beta2**t, for this update as the t-th.
    """
    beta1, beta2, epsilon = settings.beta1, settings.beta2, settings.epsilon
    first = [
        [beta1 * m + (1.0 - beta1) * d for m, d in zip(*rows, strict=True)]
        for rows in zip(first, direction, strict=True)
    ]
    second = [
        [beta2 * v + (1.0 - beta2) * (d * d) for v, d in zip(*rows, strict=True)]
        for rows in zip(second, direction, strict=True)
    ]
    # Kingma and Ba divide m by 1 - beta1**t, v by 1 - beta2**t, and one by the root of the other;
    # with rate and shift multiplied by a root, one division says the same.
    root = math.sqrt(1.0 - powers[1])
    rate = lr / (1.0 - powers[0]) * root
    shift = epsilon * root
    new_weights = [
        [w + (rate * m) / (math.sqrt(v) + shift) for w, m, v in zip(*rows, strict=True)]
        for rows in zip(weights, first, second, strict=True)
    ]
    return new_weights, [first, second]
