"""The article's neural network: structure, query, back-propagation, gradient descent.

This is the oracle. It is plain Python on lists, in the article's order and under its names, and its
additions run in the order that a reader sees. What surrounds the arithmetic (`fit`'s epochs, files,
the fingerprint) is in ``base.py``.

For the article's three layers, the names below stand for

    signals   hidden_inputs,  final_inputs      what flows into a layer's neurons
    outputs   hidden_outputs, final_outputs     what they make of it
    errors    hidden_errors,  output_errors     what each should have said more, or less
"""

import math
import struct
from typing import Any

from nnref import checks
from nnref.base import Network
from nnref.checks import Matrix, Vector
from nnref.functions import logit, sigmoid


class NeuralNetwork(Network):
    """A neural network made from scratch: sigmoid neurons, one update per example.

    Parameters
    ----------
    inodes : int
        Neurons in the input layer.
    hnodes : int or iterable of int
        Neurons in the hidden layer, or in each of several hidden layers.
    onodes : int
        Neurons in the output layer.
    lr : float
        The learning rate: how much each error moves the weights.
    hidden_error : {"split", "gradient"}
        How the errors of a layer come from those of the next. "split" is the article's: the errors
        are split by the weights and recombined. "gradient" is the chain rule: the same with each
        error times its neuron's slope, which makes the update gradient descent on the loss.
    init : {"uniform", "scaled_normal"}
        The distribution of the first weights: uniform in [-0.5, 0.5), the article's, or normal with
        standard deviation ``fan_in ** -0.5``.
    seed : int, optional
        From 0 to 2**64 - 1: the same seed gives the same first weights and the same shuffling, in
        both backends. Without it one is drawn; the ``seed`` attribute tells which.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, what it got and what it wants.

    Notes
    -----
    The loss is the squared error, one half of the sum of (target - output) squared over the output
    neurons.
    """

    _weights: list[Matrix]

    # Query the neural network.

    def query(self, inputs: Any) -> Vector:
        """Return the network's outputs for one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer.

        Returns
        -------
        list of float, (onodes,)
            The article's final_outputs.

        Raises
        ------
        ValueError, TypeError
            If inputs are not inodes numbers.
        """
        return self._forward(checks.vector("inputs", inputs, self.inodes))[-1]

    def _forward(self, inputs: Vector) -> list[Vector]:
        """Return the outputs of every layer; those of the input layer are the inputs."""
        outputs = [inputs]
        for weights in self._weights:
            # hidden_inputs = inputs @ weights_input_hidden, final_inputs likewise
            signals = weighted_sums(outputs[-1], weights)
            # hidden_outputs = sigmoid(hidden_inputs), final_outputs likewise
            outputs.append([sigmoid(signal) for signal in signals])
        return outputs

    # Train the neural network.

    def train(self, inputs: Any, targets: Any) -> None:
        """Make one update of the weights from one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer; finite.
        targets : (onodes,) numbers
            What the outputs should be; finite.

        Raises
        ------
        ValueError, TypeError
            If either is not as many finite numbers as wanted; the weights are then unchanged.
        """
        self._update(
            checks.vector("inputs", inputs, self.inodes, finite=True),
            checks.vector("targets", targets, self.onodes, finite=True),
        )

    def _update(self, inputs: Vector, targets: Vector) -> float:
        """Learn from one example; return its loss, taken before the update."""
        outputs = self._forward(inputs)
        # output_errors = targets - final_outputs
        errors = [target - output for target, output in zip(targets, outputs[-1], strict=True)]
        loss = squared_error(errors)
        moved = list(self._weights)
        for layer in reversed(range(len(self._weights))):
            weights = self._weights[layer]
            deltas = [
                error * (output * (1.0 - output))
                for error, output in zip(errors, outputs[layer + 1], strict=True)
            ]
            # hidden_errors = weights_hidden_output @ output_errors, with the weights from before the
            # update. The inputs have no error that anything would use.
            if layer > 0:
                errors = split(errors if self.hidden_error == "split" else deltas, weights)
            # weights += lr * errors * outputs * (1 - outputs) * the layer's inputs
            steps = [self.lr * delta for delta in deltas]
            moved[layer] = move(weights, outputs[layer], steps)
        self._put_in_place(moved)
        return loss

    def _put_in_place(self, moved: list[Matrix]) -> None:
        """Make the moved weights the network's, all of them or none."""
        try:
            for weights, new in zip(self._weights, moved, strict=True):
                weights[:] = new
        except BaseException:
            # Ctrl-C in the middle of it: half an update would be lost work.
            for weights, new in zip(self._weights, moved, strict=True):
                weights[:] = new
            raise

    # Run it backwards.

    def backquery(self, targets: Any) -> Vector:
        """Return the inputs that the network has in mind for these outputs.

        The outputs go backwards through the network: the logit undoes each sigmoid, the weights are
        used from right to left, and what arrives at each layer is rescaled to [0.01, 0.99], so that
        there is a logit for it again.

        Parameters
        ----------
        targets : (onodes,) numbers
            The outputs, each between 0 and 1, both excluded.

        Returns
        -------
        list of float, (inodes,)
            The inputs, from 0.01 to 0.99.

        Raises
        ------
        ValueError, TypeError
            If targets are not onodes numbers between 0 and 1.
        """
        outputs = checks.vector("targets", targets, self.onodes)
        for place, value in enumerate(outputs):
            if not 0.0 < value < 1.0:
                raise ValueError(
                    f"targets[{place}]: got {value}, wants a number between 0 and 1, both excluded"
                )
        for weights in reversed(self._weights):
            # final_inputs = logit(final_outputs), hidden_inputs likewise
            signals = [logit(output) for output in outputs]
            # hidden_outputs = weights_hidden_output @ final_inputs, inputs likewise
            outputs = rescaled(split(signals, weights))
        return outputs

    # Many examples.

    def predict(self, inputs: Any) -> Matrix:
        """Return the network's outputs for many examples.

        Parameters
        ----------
        inputs : (n, inodes) numbers
            One example per row.

        Returns
        -------
        list of list of float, (n, onodes)

        Raises
        ------
        ValueError, TypeError
            If inputs are not rows of inodes numbers.
        """
        return [self._forward(row)[-1] for row in checks.matrix("inputs", inputs, self.inodes)]

    def _train_epoch(self, inputs: Matrix, targets: Matrix, order: list[int] | None) -> float:
        loss = 0.0
        for example in range(len(inputs)) if order is None else order:
            loss += self._update(inputs[example], targets[example])
        return loss

    def _evaluate(self, inputs: Matrix, targets: Matrix) -> tuple[float, int]:
        loss, right = 0.0, 0
        for row, wanted in zip(inputs, targets, strict=True):
            outputs = self._forward(row)[-1]
            errors = [target - output for target, output in zip(wanted, outputs, strict=True)]
            loss += squared_error(errors)
            right += answer(outputs) == answer(wanted)
        return loss, right

    # How the numbers are kept.

    def _allocate(self) -> None:
        self._weights = [[] for _ in self._description.shapes]

    def _matrices(self) -> tuple[Matrix, ...]:
        return tuple(self._weights)

    def _matrix(self, name: str, values: Any, shape: tuple[int, int]) -> Matrix:
        matrix = checks.matrix(name, values, shape[1])
        if len(matrix) != shape[0]:
            raise ValueError(f"{name}: got {len(matrix)} rows, wants {shape[0]}")
        return matrix

    def _store(self, layer: int, matrix: Matrix) -> None:
        self._weights[layer][:] = matrix

    def _examples(self, name: str, values: Any, width: int, *, finite: bool) -> Matrix:
        return checks.matrix(name, values, width, finite=finite)

    def _encode(self, matrix: Matrix) -> bytes:
        numbers = [math.nan if w != w else w for row in matrix for w in row]
        return struct.pack(f"<{len(numbers)}d", *numbers)

    def _decode(self, data: bytes, shape: tuple[int, int]) -> Matrix:
        rows, width = shape
        return [
            list(struct.unpack_from(f"<{width}d", data, row * width * 8)) for row in range(rows)
        ]


# The arithmetic. Each sum starts from 0.0 and takes its terms in index order, with one
# multiplication and one addition a term; sum() would not, it compensates for lost digits.


def weighted_sums(inputs: Vector, weights: Matrix) -> Vector:
    """Return the sum over i of ``inputs[i] * weights[i][j]``, for each neuron j."""
    sums = [0.0] * len(weights[0])
    for x, row in zip(inputs, weights, strict=True):
        sums = [total + x * w for total, w in zip(sums, row, strict=True)]
    return sums


def split(errors: Vector, weights: Matrix) -> Vector:
    """Return the sum over k of ``weights[j][k] * errors[k]``, for each neuron j before them."""
    recombined = []
    for row in weights:
        total = 0.0
        for w, error in zip(row, errors, strict=True):
            total += w * error
        recombined.append(total)
    return recombined


def move(weights: Matrix, inputs: Vector, steps: Vector) -> Matrix:
    """Return ``weights[i][j] + inputs[i] * steps[j]``, for each weight."""
    return [
        [w + x * step for w, step in zip(row, steps, strict=True)]
        for x, row in zip(inputs, weights, strict=True)
    ]


def squared_error(errors: Vector) -> float:
    """Return one half of the sum of the squared errors."""
    total = 0.0
    for error in errors:
        total += error * error
    return 0.5 * total


def rescaled(values: Vector) -> Vector:
    """Return values moved and stretched to run from 0.01 to 0.99; all 0.5 where they are equal."""
    low = high = values[0]
    for value in values:
        if value < low:
            low = value
        if value > high:
            high = value
    if low == high:
        return [0.5] * len(values)
    return [(value - low) / (high - low) * 0.98 + 0.01 for value in values]


def answer(outputs: Vector) -> int:
    """Return where the largest output stands; for a single output, whether it is above one half."""
    if len(outputs) == 1:
        return int(outputs[0] > 0.5)
    best = 0
    for place, output in enumerate(outputs):
        if output > outputs[best]:
            best = place
    return best
