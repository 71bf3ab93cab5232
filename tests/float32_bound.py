"""How far a float32 network may be from the oracle: a bound that is derived, not tuned.

The method is running error analysis (Wilkinson; Higham, Accuracy and Stability of Numerical
Algorithms, 2nd ed., section 3.3). The oracle's computation is done once more, operation by
operation, on pairs: the oracle's ``value``, and an ``error`` such that the float32 kernel's number
lies within ``value - error`` and ``value + error``. Each operation adds two things to the error:

* what the errors of its operands contribute, including the product of two errors; nothing is
  dropped for being small;
* its own rounding to float32: of a result z at most ``U * |z| + TINIEST / 2`` (Higham, equation
  2.8, for gradual underflow). z is the kernel's own result before rounding, so at most
  ``|value| + error``.

So the kernel may round every operation to float32, or some of them only to float64, or not at all,
as a fused multiply-add does: a rounding that does not happen adds nothing.

Where a number may leave the range of float32, its error is infinite, and so is the error of
everything computed from it: there the bound promises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import nnref
from nnfast.kernel.builds import kernel_for
from nnref.common.optimizers import SGD, Adam, Momentum
from nnref.dropout import masks_of

Array = NDArray[np.float64]

U = 2.0**-24  # unit roundoff: half the distance from 1 to the next float32
TINIEST = 2.0**-149  # the smallest subnormal
SMALLEST_NORMAL = 2.0**-126
LARGEST = float(np.finfo(np.float32).max)
FLOAT64_U = 2.0**-53

# As in nnfast/kernel/blocked.pxi: how many examples are a block, and from how many weights on.
EXAMPLES, FEWEST_WEIGHTS = 16, 500

# The oracle rounds an operation's result too, and this module some ten operations on the error, all
# to float64: at most some 2**-49 of the result and of the error, and 2**-1074. An error has at
# least 2**-24 of the result in it. This much more of it, at each operation, is room enough.
ROOM = 1.0 + 2.0**-20

# How many U the kernel's functions are off, relatively, for an exact argument, as long as the
# result is a normal number. The tests try some arguments; once all were tried, on two builds of one
# compiler: exp was off by at most 1.38, and tanh by 3.14. Counted for the operations as they stand
# in the source, in U:
#
# e**x = 2**k * (1 + rest). |r| is below 0.347. `high` is exact, r is off by 1/4, r2 by 0.3, and the
# tail, below 0.57, by 1.8, without the terms from r**8 on. So r2 * tail is off by 0.3 * 0.57 +
# 0.121 * 1.8 + 0.07, by those terms, 0.09, with low taken from it by 0.1 more, and the rest, below
# 0.42, by 1/4 more: 0.9. 1 + rest is at least 0.707, rounded by 1/2 below 1 and by 1 above: (0.9 +
# 1/2) / 0.707 = 1.98, and products of errors.
EXP = 2
# tanh(x) = t / (t + 2). Where k is 1, t is at least 0.41 and off by 2 * 0.9 / 0.41 for its rest and
# 1 for its addition: 5.4. Of that 2 / (t + 2), 0.83, arrives in the result. The addition of 2 and
# the division make it 6.5, and products of errors. For other k it is less.
TANH = 7
# 1 / (1 + e**-x). No more than all of the exponential's error arrives; an addition and a division;
# and products of errors.
SIGMOID = EXP + 3


def of_arrays(name: str) -> Callable[[Array], Array]:
    """Return a function as the float64 kernel has it: with the oracle's bits, in less time."""

    def function(x: Array) -> Array:
        x = np.array(x, dtype=np.float64, order="C")
        results = np.empty_like(x)
        getattr(kernel_for("float64"), name)(x.reshape(-1), results.reshape(-1))
        return results

    return function


exp, log, tanh_of = of_arrays("exp"), of_arrays("log"), of_arrays("tanh")


def sigmoid_of(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + exp(-x)))


@dataclass(frozen=True, eq=False)
class Near:
    """Numbers of the float32 kernel, known to lie within value - error and value + error."""

    value: Array
    error: Array

    def __add__(self, other: Near) -> Near:
        return rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Near) -> Near:
        return rounded(self.value - other.value, self.error + other.error)

    def __mul__(self, other: Near) -> Near:
        error = (
            np.abs(self.value) * other.error
            + np.abs(other.value) * self.error
            + self.error * other.error
        )
        return rounded(self.value * other.value, error)

    def over(self, other: Near, at_least: float = 0.0) -> Near:
        """Return self / other, where the kernel's divisor is known to be at_least so large.

        With x and y off by dx and dy, x / y is off by (dx - x / y * dy) / (y + dy).
        """
        value = self.value / other.value
        smallest = np.maximum(np.abs(other.value) - other.error, at_least)
        error = (self.error + np.abs(value) * other.error) / smallest
        return rounded(value, np.where(smallest > 0.0, error, np.inf))

    def __getitem__(self, key: Any) -> Near:
        return Near(self.value[key], self.error[key])

    def transposed(self) -> Near:
        return Near(self.value.T, self.error.T)

    def contains(self, numbers: ArrayLike) -> bool:
        """Return whether all the numbers are where the kernel's may be."""
        with np.errstate(all="ignore"):
            distance = np.abs(np.asarray(numbers, dtype=np.float64) - self.value)
            return bool(np.all((distance <= self.error) | np.isinf(self.error)))


def rounded(value: Array, error: Array) -> Near:
    """Return results, off by error before they are rounded to float32, after it.

    A result that is 0 for certain is not rounded.
    """
    largest = np.abs(value) + error
    error = np.where(largest > 0.0, (error + U * largest + TINIEST / 2) * ROOM, 0.0)
    # Asked in this way round, NaN has no bound either.
    return Near(value, np.where(largest <= LARGEST, error, np.inf))


def exact(values: ArrayLike) -> Near:
    """Return numbers that the kernel has as they are."""
    array = np.asarray(values, dtype=np.float64)
    return Near(array, np.zeros_like(array))


def setting(value: ArrayLike) -> Near:
    """Return what the kernel has in float64, such as the learning rate, as it uses it: rounded."""
    numbers = np.asarray(value, np.float64)
    return rounded(numbers, np.zeros_like(numbers))


ZERO, ONE = exact(0.0), exact(1.0)


def added_to(start: Near, terms: Iterable[Near]) -> Near:
    for term in terms:
        start = start + term
    return start


def total_of_each(rows: Near) -> Near:
    """Return the sum of each row, as a column."""
    width = rows.value.shape[-1]
    return added_to(ZERO, (rows[..., place, np.newaxis] for place in range(width)))


def added_in_float64(terms: Near) -> Near:
    """Return the sum of each row, where both the kernel and the oracle add in float64.

    Each of them rounds every addition, by at most FLOAT64_U of the sum of the terms' sizes.
    """
    value = np.cumsum(terms.value, axis=-1)[..., -1]
    error, sizes = terms.error.sum(axis=-1), np.abs(terms.value).sum(axis=-1)
    error = (error + 2 * terms.value.shape[-1] * FLOAT64_U * (sizes + error)) * ROOM
    return Near(value, np.where(np.isfinite(error), error, np.inf))


# The functions of a neuron. That the kernel has another argument shifts the result by at most the
# argument's error times the steepest slope in between; then come the formula's own roundings.


def evaluated(value: Array, error: Array, roundings: int, low: float, high: float) -> Near:
    """Return a function's results from low to high, off by error for the argument's error.

    The roundings are how many U the formula is off by, relatively. What under- or overflows on the
    way, as e**-x in a sigmoid, shows in results below the smallest normal number.
    """
    error = (error + roundings * U * (np.abs(value) + error) + SMALLEST_NORMAL) * ROOM
    most = np.maximum(value - low, high - value)
    return Near(value, np.where(np.isfinite(error), np.minimum(error, most), np.inf))


def sigmoid(x: Near) -> Near:
    nearest_to_0 = np.maximum(np.abs(x.value) - x.error, 0.0)
    slope = sigmoid_of(nearest_to_0) * sigmoid_of(-nearest_to_0)
    return evaluated(sigmoid_of(x.value), slope * x.error, SIGMOID, low=0.0, high=1.0)


def tanh(x: Near) -> Near:
    """Return tanh(x), whose slope is 4 times the slope of the sigmoid at 2x."""
    nearest_to_0 = np.maximum(np.abs(x.value) - x.error, 0.0)
    slope = 4.0 * sigmoid_of(2.0 * nearest_to_0) * sigmoid_of(-2.0 * nearest_to_0)
    return evaluated(tanh_of(x.value), slope * x.error, TANH, low=-1.0, high=1.0)


def relu(x: Near) -> Near:
    """Return max(x, 0), which rounds nothing."""
    surely_below = x.value + x.error <= 0.0
    return Near(np.where(x.value <= 0.0, 0.0, x.value), np.where(surely_below, 0.0, x.error))


def shifted_exponentials(x: Near) -> tuple[Near, Near, Near]:
    """Return the largest of each row of x, each e**(x - largest), and their sum.

    The kernel's largest may be another one, but is off by no more than the largest error. No
    exponential is above 1; the sum is at least 1, that of the largest.
    """
    largest = Near(x.value.max(axis=-1, keepdims=True), x.error.max(axis=-1, keepdims=True))
    below = x - largest
    slope = exp(np.minimum(below.value + below.error, 0.0))
    exponentials = evaluated(exp(below.value), slope * below.error, EXP, low=0.0, high=1.0)
    return largest, exponentials, total_of_each(exponentials)


def softmax(x: Near) -> Near:
    _, exponentials, total = shifted_exponentials(x)
    return exponentials.over(total, at_least=1.0)


def exponential(x: Near) -> Near:
    """Return e**x, which grows by a factor of ``e**error - 1`` over an error of its argument.

    That is the slope at the upper end times the error, at most. Where the result may leave the
    range of float32, the bound promises nothing.
    """
    highest = exp(x.value + x.error)
    near = evaluated(exp(x.value), highest * x.error, EXP, low=0.0, high=np.inf)
    return Near(near.value, np.where(near.value + near.error <= LARGEST, near.error, np.inf))


def activate(activation: str, signals: Near) -> Near:
    named = {
        "sigmoid": sigmoid, "tanh": tanh, "relu": relu, "softmax": softmax,
        "exponential": exponential,
    }  # fmt: skip
    return named[activation](signals) if activation in named else signals


def times_slope(activation: str, outputs: Near, errors: Near) -> Near:
    if activation == "sigmoid":
        return errors * (outputs * (ONE - outputs))
    if activation == "tanh":
        return errors * (ONE - outputs * outputs)
    if activation == "relu":
        return times_slope_of_relu(outputs, errors)
    if activation == "exponential":
        return errors * outputs
    if activation == "softmax":
        return outputs * (errors - total_of_each(errors * outputs))
    return errors


def times_slope_of_relu(outputs: Near, errors: Near) -> Near:
    """Return each error where its output is above 0, else 0.

    An output that may be 0 in one and above it in the other makes that anything from 0 to the
    error.
    """
    value = np.where(outputs.value <= 0.0, 0.0, errors.value)
    surely_above = outputs.value - outputs.error > 0.0
    surely_0 = (outputs.value <= 0.0) & (outputs.error == 0.0)
    doubtful = np.where(surely_0, 0.0, np.abs(errors.value) + errors.error)
    return Near(value, np.where(surely_above, errors.error, doubtful))


def squared_error(errors: Near) -> Near:
    total = added_in_float64(errors * errors)
    return Near(0.5 * total.value, 0.5 * total.error)


def cross_entropy(activation: str, signals: Near, targets: Near) -> Near:
    if activation == "sigmoid":
        # Of log(1 + y) with y = e**-|x| <= 1 the slope in |x| is at most 1/2, in y at most 1. The
        # addition and the logarithm are in float64, for the oracle too.
        y = exp(-np.abs(signals.value))
        error = 0.5 * signals.error + EXP * U * y + SMALLEST_NORMAL + 4 * FLOAT64_U
        last = Near(log(1.0 + y), error * ROOM)
        return added_in_float64((relu(signals) - signals * targets) + last)
    largest, _, total = shifted_exponentials(signals)
    # A logarithm in float64 of a number that is at least 1, where its slope is at most 1.
    steepest = 1.0 / np.maximum(total.value - total.error, 1.0)
    log_sum = Near(log(total.value), steepest * total.error * ROOM)
    return added_in_float64(targets * ((largest - signals) + log_sum))


def poisson(signals: Near, targets: Near, errors: Near) -> Near:
    """Return half the deviance, whose operations are in float64, for the oracle too.

    What the oracle and the kernel round there is at most 4 FLOAT64_U of each term.
    """
    above = targets.value > 0.0
    logs = log(np.where(above, targets.value, 1.0))
    first = np.where(above, targets.value * (logs - signals.value), 0.0)
    size = np.where(above, targets.value * (np.abs(logs) + np.abs(signals.value)), 0.0)
    error = np.where(above, targets.value * signals.error, 0.0) + errors.error
    value = np.where(errors.value == -np.inf, np.inf, first - errors.value)
    rounding = 4 * FLOAT64_U * (size + np.abs(errors.value) + error)
    return added_in_float64(Near(value, (error + rounding) * ROOM))


def output_deltas(loss: str, activation: str, outputs: Near, targets: Near, errors: Near) -> Near:
    if loss == "squared_error":
        return times_slope(activation, outputs, errors)
    if activation != "softmax":
        return errors
    return targets - outputs * total_of_each(targets)


def square_root(x: Near) -> Near:
    """Return the square root, which is steepest at the lower end of where x may be.

    sqrt(x) - sqrt(x - e) is e / (sqrt(x) + sqrt(x - e)).
    """
    value = np.sqrt(x.value)
    lower = np.sqrt(np.maximum(x.value - x.error, 0.0))
    error = np.where(x.value > x.error, x.error / (value + lower), np.sqrt(x.value + x.error))
    return rounded(value, error)


class Bound:
    """The oracle's computation from where the oracle is now, with the bound beside every number.

    It reads nothing but the oracle's description and arrays. Its values must be the oracle's, bit
    for bit, which the tests check. Training moves its own arrays, whose errors grow with every
    update. All examples of a batch are worked on at once, one per row.
    """

    def __init__(self, oracle: nnref.NeuralNetwork) -> None:
        self.description = oracle._description
        self.arrays = {name: exact(np.atleast_2d(array)) for name, array in oracle._arrays.items()}
        self.updates = oracle._engine.updates
        self._block: Block | None = None

    def predict(self, inputs: ArrayLike) -> Near:
        with np.errstate(all="ignore"):
            return self._forward(exact(inputs), self._whole)[1][-1]

    def loss(self, inputs: ArrayLike, targets: ArrayLike) -> Near:
        """Return the mean loss of the examples."""
        with np.errstate(all="ignore"):
            signals, outputs, _ = self._forward(exact(inputs), self._whole)
            return mean([self._losses(signals[-1], outputs[-1], exact(targets))])

    def fit(self, inputs: ArrayLike, targets: ArrayLike, batch_size: int) -> Near:
        """Make one update per batch; return the mean loss, each taken before its update."""
        inputs, targets = exact(inputs), exact(targets)
        losses = []
        with np.errstate(all="ignore"):
            for start in range(0, len(inputs.value), batch_size):
                if batch_size == 1 and self._is_blocked and start % EXAMPLES == 0:
                    self._block = Block(self, inputs[start : start + EXAMPLES])
                batch = slice(start, start + batch_size)
                losses.append(self._update(inputs[batch], targets[batch]))
            self._block = None
            return mean(losses)

    @property
    def _is_blocked(self) -> bool:
        """Whether the kernel trains this network in blocks if it trains example by example."""
        plain = self.description.optimizer == SGD() and not self.description.drops
        return plain and self.arrays["weights.0"].value.size >= FEWEST_WEIGHTS

    @property
    def _whole(self) -> list[Near | None]:
        """The masks of a network in which nothing is dropped."""
        return [None] * len(self.description.shapes)

    def _masks(self, examples: int) -> list[Near | None]:
        """Return the masks of the next update: for the inputs and every hidden layer, a matrix."""
        if not self.description.drops:
            return self._whole
        masks = [masks_of(self.description, self.updates, n) for n in range(examples)]
        self.updates += 1
        return [
            None if rows[0] is None else setting(np.array(rows))
            for rows in zip(*masks, strict=True)
        ]

    def _forward(
        self, inputs: Near, masks: list[Near | None]
    ) -> tuple[list[Near], list[Near], list[Near]]:
        """Return the signals and outputs of each layer, and what flows into it."""
        all_signals, all_outputs, all_inputs = [], [], []
        outputs = inputs
        for layer, activation in enumerate(self.description.activations):
            start = self.arrays[f"biases.{layer}"] if self.description.bias else ZERO
            all_inputs.append(kept(outputs, masks[layer]))
            signals = weighted_sums(start, all_inputs[-1], self.arrays[f"weights.{layer}"])
            if layer == 0 and self._block is not None:
                signals = self._block.signals(signals.value)
            outputs = activate(activation, signals)
            all_signals.append(signals)
            all_outputs.append(outputs)
        return all_signals, all_outputs, all_inputs

    def _losses(self, signals: Near, outputs: Near, targets: Near) -> Near:
        if self.description.loss == "cross_entropy":
            return cross_entropy(self.description.output_activation, signals, targets)
        if self.description.loss == "poisson":
            return poisson(signals, targets, targets - outputs)
        return squared_error(targets - outputs)

    def _backward(self, outputs: list[Near], targets: Near, masks: list[Near | None]) -> list[Near]:
        activations = self.description.activations
        last = len(outputs) - 1
        errors = targets - outputs[last]
        deltas = [
            output_deltas(self.description.loss, activations[last], outputs[last], targets, errors)
        ]
        for layer in range(last, 0, -1):
            sent_back = errors if self.description.hidden_error == "split" else deltas[0]
            errors = weighted_sums(ZERO, sent_back, self.arrays[f"weights.{layer}"].transposed())
            errors = kept(errors, masks[layer])
            deltas.insert(0, times_slope(activations[layer - 1], outputs[layer - 1], errors))
        return deltas

    def _update(self, inputs: Near, targets: Near) -> Near:
        masks = self._masks(len(inputs.value))
        signals, outputs, all_inputs = self._forward(inputs, masks)
        losses = self._losses(signals[-1], outputs[-1], targets)
        deltas = self._backward(outputs, targets, masks)
        if self._block is not None:
            self._block.steps.append(setting(self.description.lr) * deltas[0])
        optimizer = self.description.optimizer
        if isinstance(optimizer, Adam):
            # In float64, as the oracle's.
            betas = np.array([[optimizer.beta1, optimizer.beta2]])
            self.arrays["beta_powers"] = exact(self.arrays["beta_powers"].value * betas)
        ones = exact(np.ones((len(inputs.value), 1)))
        for layer, layer_inputs in enumerate(all_inputs):
            decay = optimizer.weight_decay
            self._move(f"weights.{layer}", layer_inputs, deltas[layer], decay)
            if self.description.bias:
                self._move(f"biases.{layer}", ones, deltas[layer], 0.0)
        return losses

    def _move(self, name: str, inputs: Near, deltas: Near, decay: float) -> None:
        """Move weights by (n, fan_in) inputs and (n, fan_out) deltas, as nnref/updates.py does.

        What depends on settings alone, the kernel computes in float64 and then rounds. In float64,
        too, it may fuse operations, and then it does not round a product that it adds.
        """
        optimizer, lr, examples = self.description.optimizer, self.description.lr, len(inputs.value)
        weights = self.arrays[name]
        if optimizer.name == "sgd":
            if decay != 0.0:
                shrunk = np.float64(lr * decay)
                weights = weights * rounded(1.0 - shrunk, FLOAT64_U * shrunk)
            self.arrays[name] = add_flows(weights, inputs, deltas, setting(lr / examples))
            return
        direction = add_flows(ZERO, inputs, deltas, setting(1.0 / examples))
        if decay != 0.0:
            direction = direction - setting(decay) * weights
        if isinstance(optimizer, Momentum):
            self._move_with_momentum(name, direction, optimizer)
        else:
            self._move_by_adam(name, direction, optimizer)

    def _move_with_momentum(self, name: str, direction: Near, optimizer: Momentum) -> None:
        mu = setting(optimizer.momentum)
        velocity = mu * self.arrays[f"velocity.{name}"] + direction
        ahead = direction + mu * velocity if optimizer.nesterov else velocity
        self.arrays[f"velocity.{name}"] = velocity
        self.arrays[name] = self.arrays[name] + setting(self.description.lr) * ahead

    def _move_by_adam(self, name: str, direction: Near, optimizer: Adam) -> None:
        beta1, beta2 = setting(optimizer.beta1), setting(optimizer.beta2)
        rest1, rest2 = setting(1.0 - optimizer.beta1), setting(1.0 - optimizer.beta2)
        first = beta1 * self.arrays[f"first_moment.{name}"] + rest1 * direction
        second = beta2 * self.arrays[f"second_moment.{name}"] + rest2 * (direction * direction)
        powers = self.arrays["beta_powers"].value[0]
        rests = Near(1.0 - powers, FLOAT64_U * powers)
        root = square_root(rests[1])
        rate = exact(self.description.lr).over(rests[0]) * root
        shift = exact(optimizer.epsilon) * root
        # The square root is not negative, so the sum is at least what is added to it.
        step = (rate * first).over(
            square_root(second) + shift,
            at_least=max(float(shift.value - shift.error), TINIEST),
        )
        self.arrays[name] = self.arrays[name] + step
        self.arrays[f"first_moment.{name}"] = first
        self.arrays[f"second_moment.{name}"] = second


def kept(outputs: Near, mask: Near | None) -> Near:
    return outputs if mask is None else outputs * mask


class Block:
    """The signals into the first layer as the kernel finds them for a block of examples.

    From the weights before the block, and the steps of the examples before this one:
    ``x(t) W + sum over u < t of (x(t) . x(u)) d(u)``. Exactly computed, they are the oracle's; so
    the kernel's are off by the errors of this computation and, since the oracle rounds its own to
    float64, by the difference of the two.
    """

    def __init__(self, bound: Bound, inputs: Near) -> None:
        start = bound.arrays["biases.0"] if bound.description.bias else ZERO
        self.steps: list[Near] = []
        self._signals = weighted_sums(start, inputs, bound.arrays["weights.0"])
        self._overlaps = inner_products(inputs.value)
        if bound.description.bias:
            self._overlaps = self._overlaps + ONE

    def signals(self, value: Array) -> Near:
        """Return the signals of the next example, which for the oracle are this value."""
        t = len(self.steps)
        signals = added_to(
            self._signals[t : t + 1],
            (self._overlaps[t, u] * step for u, step in enumerate(self.steps)),
        )
        error = (signals.error + np.abs(signals.value - value)) * ROOM
        return Near(value, np.where(np.isfinite(error), error, np.inf))


def inner_products(rows: Array) -> Near:
    """Return the inner product of each two rows of float32 numbers, added up in any order.

    That is off by at most n * U / (1 - n * U) of the sum of the sizes of its n terms (Higham,
    equation 3.5).
    """
    terms = rows.shape[1] + 1
    sizes = np.abs(rows) @ np.abs(rows).T
    error = (terms * U / (1 - terms * U) * sizes + terms * TINIEST) * ROOM
    return Near(rows @ rows.T, np.where(sizes + error <= LARGEST, error, np.inf))


def weighted_sums(start: Near, inputs: Near, weights: Near) -> Near:
    """Return start plus the sum over i of ``inputs[:, i] * weights[i]``, a row for each example."""
    fan_in = len(weights.value)
    return added_to(start, (inputs[:, i, np.newaxis] * weights[i] for i in range(fan_in)))


def add_flows(start: Near, inputs: Near, deltas: Near, rate: Near) -> Near:
    """Return start plus each example's ``inputs[i] * (rate * deltas[j])``, in order."""
    steps, examples = rate * deltas, len(inputs.value)
    return added_to(start, (inputs[n, :, np.newaxis] * steps[n] for n in range(examples)))


def mean(losses: list[Near]) -> Near:
    """Return the mean of the losses of all examples in all batches, added up in order."""
    value = np.concatenate([some.value for some in losses])
    error = np.concatenate([some.error for some in losses])
    total = added_in_float64(Near(value, error))
    return Near(total.value / len(value), total.error / len(value))
