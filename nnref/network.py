"""The article's neural network: structure, query, back-propagation, gradient descent.

This is the oracle. It is plain Python on lists, in the article's order and under its names, and its
additions run in the order that a reader sees. What surrounds the arithmetic (`fit`'s epochs, files,
the fingerprint) is in ``base.py``; the functions of a neuron are in ``neurons.py``, the optimizers
in ``updates.py``.

For the article's three layers, the names below stand for

    signals   hidden_inputs,  final_inputs      what flows into a layer's neurons
    outputs   hidden_outputs, final_outputs     what they make of it
    errors    hidden_errors,  output_errors     what each should have said more, or less
    deltas    errors * outputs * (1 - outputs)  each error times its neuron's slope
"""

import math
import struct
from typing import Any, NamedTuple

from nnref.common.arguments import FINITE, Range
from nnref.common.network import Network
from nnref.common.optimizers import SGD, Adam
from nnref.common.seen_range import EXAMPLES_LOOKED_AT
from nnref.lists import Matrix, Vector, checked_matrix, checked_vector
from nnref.neurons import (
    activate,
    cross_entropy,
    output_deltas,
    signals_for,
    squared_error,
    times_slope,
)
from nnref.scores import score
from nnref.updates import Flow, updated

# What struct calls the types of a model file.
FORMATS = {"float64": "d", "float32": "f"}


class Passage(NamedTuple):
    """What one example sends through the network, there and back: a vector a layer of neurons."""

    signals: list[Vector]
    outputs: list[Vector]
    errors: list[Vector]
    deltas: list[Vector]
    loss: float


class NeuralNetwork(Network):
    """A neural network made from scratch.

    Its defaults are the article's: sigmoid neurons without bias, the squared error, one update per
    example by gradient descent.

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
    activation : {"sigmoid", "tanh", "relu"}, or an iterable of them, one a hidden layer
        What a hidden neuron makes of the signal into it: ``1 / (1 + e**-x)``, ``tanh(x)`` or
        ``max(x, 0)``.
    output_activation : {"sigmoid", "tanh", "identity", "softmax"}
        What the output neurons make of theirs. "identity" is for regression, "softmax",
        ``e**x / (the sum of all e**x)``, for one class out of several, "sigmoid" also for several
        labels at once.
    loss : {"squared_error", "cross_entropy"}
        What training makes small: one half of the sum of ``(target - output)**2``, or the
        cross-entropy, which takes targets from 0 to 1 and outputs by sigmoid
        (``-t log(o) - (1 - t) log(1 - o)`` summed) or softmax (``-t log(o)`` summed).
    hidden_error : {"split", "gradient"}
        How the errors of a layer come from those of the next. "split" is the article's: the errors
        are split by the weights and recombined. "gradient" is the chain rule: the same with each
        error times its neuron's slope, which makes the update gradient descent on the loss.
    bias : bool
        Give every neuron a bias, a weight whose input is always 1. Biases start at 0.
    optimizer : {"sgd", "momentum", "adam"}, or `SGD`, `Momentum`, `Adam` with settings
        How a gradient moves the weights.
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
    """

    # Every array by its name in a model file. Biases are a matrix of one row.
    _arrays: dict[str, Matrix]

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
        inputs = checked_vector("inputs", inputs, self.inodes)
        if not self._seen.is_like(inputs):
            self._warn_of(inputs)
        _, outputs = self._forward(inputs)
        return outputs[-1]

    def _forward(self, inputs: Vector) -> tuple[list[Vector], list[Vector]]:
        """Return the signals into every layer and the outputs of it, from the first hidden on."""
        all_signals, all_outputs = [], []
        outputs = inputs
        with self._lock:
            for layer, activation in enumerate(self._description.activations):
                # hidden_inputs = inputs @ weights_input_hidden, final_inputs likewise
                weights = self.weights[layer]
                start = self.biases[layer] if self.bias else [0.0] * len(weights[0])
                signals = weighted_sums(start, outputs, weights)
                # hidden_outputs = sigmoid(hidden_inputs), final_outputs likewise
                outputs = activate(activation, signals)
                all_signals.append(signals)
                all_outputs.append(outputs)
        return all_signals, all_outputs

    # Train the neural network.

    def train(self, inputs: Any, targets: Any) -> None:
        """Make one update of the weights from one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer; finite.
        targets : (onodes,) numbers
            What the outputs should be; finite, and from 0 to 1 for the cross-entropy.

        Raises
        ------
        ValueError, TypeError
            If either is not as many such numbers as wanted; the weights are then unchanged.
        """
        inputs = checked_vector("inputs", inputs, self.inodes, FINITE)
        targets = checked_vector("targets", targets, self.onodes, self._target_range)
        self._see([inputs])
        self._update([inputs], [targets], self.lr)

    def _update(self, inputs: Matrix, targets: Matrix, lr: float) -> list[float]:
        """Learn from a batch of examples; return the loss of each, taken before the update."""
        losses = []
        flows: list[list[Flow]] = [[] for _ in self.weights]
        with self._lock:
            for example, wanted in zip(inputs, targets, strict=True):
                passage = self._passage(example, wanted)
                losses.append(passage.loss)
                for layer, layer_inputs in enumerate([example, *passage.outputs[:-1]]):
                    flows[layer].append(Flow(layer_inputs, passage.deltas[layer]))
            self._move(flows, lr)
        return losses

    def _passage(self, inputs: Vector, targets: Vector) -> Passage:
        """Send one example through the network and its errors back."""
        signals, outputs = self._forward(inputs)
        errors, deltas = self._backward(outputs, targets)
        return Passage(
            signals, outputs, errors, deltas, self._loss(signals[-1], outputs[-1], targets)
        )

    def _loss(self, signals: Vector, outputs: Vector, targets: Vector) -> float:
        if self.loss == "cross_entropy":
            return cross_entropy(self.output_activation, signals, targets)
        return squared_error(output_errors(outputs, targets))

    def _backward(
        self, outputs: list[Vector], targets: Vector
    ) -> tuple[list[Vector], list[Vector]]:
        """Return the errors and the deltas of every layer.

        An error is what an output should have been more, a delta what a signal should have been.
        """
        activations = self._description.activations
        last = len(outputs) - 1
        errors = [output_errors(outputs[last], targets)]
        deltas = [output_deltas(self.loss, activations[last], outputs[last], targets, errors[0])]
        for layer in range(last, 0, -1):
            # hidden_errors = weights_hidden_output @ output_errors
            sent_back = errors[0] if self.hidden_error == "split" else deltas[0]
            errors.insert(0, split(sent_back, self.weights[layer]))
            # hidden_errors * hidden_outputs * (1 - hidden_outputs)
            deltas.insert(0, times_slope(activations[layer - 1], outputs[layer - 1], errors[0]))
        return errors, deltas

    def _move(self, flows: list[list[Flow]], lr: float) -> None:
        """Move the weights and biases of every layer by what flowed through it."""
        new: dict[str, Matrix] = {}
        if isinstance(self.optimizer, Adam):
            power1, power2 = self._arrays["beta_powers"][0]
            powers = [power1 * self.optimizer.beta1, power2 * self.optimizer.beta2]
            new["beta_powers"] = [powers]
        for layer, layer_flows in enumerate(flows):
            # weights += lr * errors * outputs * (1 - outputs) * the layer's inputs
            decay = self.optimizer.weight_decay
            self._move_one(f"weights.{layer}", layer_flows, lr, decay, new)
            if self.bias:
                ones = [Flow([1.0], flow.deltas) for flow in layer_flows]
                self._move_one(f"biases.{layer}", ones, lr, 0.0, new)
        self._put_in_place(new)

    def _move_one(
        self, name: str, flows: list[Flow], lr: float, decay: float, new: dict[str, Matrix]
    ) -> None:
        names = [f"{slot}.{name}" for slot in self.optimizer.slots]
        slots = [self._arrays[slot_name] for slot_name in names]
        powers = new["beta_powers"][0] if "beta_powers" in new else []
        new[name], slots = updated(
            self.optimizer, lr, decay, self._arrays[name], flows, slots, powers
        )
        new.update(zip(names, slots, strict=True))

    def _put_in_place(self, new: dict[str, Matrix]) -> None:
        """Make the new arrays the network's, all of them or none."""
        try:
            for name, matrix in new.items():
                self._store(name, matrix)
        except BaseException:
            # Ctrl-C in the middle of it: half an update would be lost work.
            for name, matrix in new.items():
                self._store(name, matrix)
            raise

    # Look inside.

    def _taken_apart(self, inputs: Vector, targets: Vector) -> tuple[float, list[dict[str, Any]]]:
        passage = self._passage(inputs, targets)
        self._update([inputs], [targets], self.lr)
        rate = self.lr if isinstance(self.optimizer, SGD) else 1.0
        layers = [
            {
                "signals": passage.signals[layer],
                "outputs": passage.outputs[layer],
                "errors": passage.errors[layer],
                "deltas": deltas,
                "steps": [rate * delta for delta in deltas],
            }
            for layer, deltas in enumerate(passage.deltas)
        ]
        return passage.loss, layers

    def _rows(self, name: str) -> Matrix:
        return [list(row) for row in self._arrays[name]]

    def _changes(self, name: str, before: Network) -> Matrix:
        pairs = zip(self._arrays[name], before._arrays[name], strict=True)
        return [[new - old for new, old in zip(*rows, strict=True)] for rows in pairs]

    # Run it backwards.

    def backquery(self, targets: Any) -> Vector:
        """Return the inputs that the network has in mind for these outputs.

        The outputs go backwards through the network: each activation is undone (a sigmoid by the
        logit), the biases are taken away, the weights are used from right to left, and what arrives
        at each layer is rescaled to [0.01, 0.99], which every activation can be undone for.

        Parameters
        ----------
        targets : (onodes,) numbers
            The outputs, each within what the output activation can give: between 0 and 1 for
            sigmoid and softmax, between -1 and 1 for tanh, all excluded.

        Returns
        -------
        list of float, (inodes,)
            The inputs, from 0.01 to 0.99.

        Raises
        ------
        ValueError, TypeError
            If targets are not onodes such numbers.
        """
        outputs = checked_vector("targets", targets, self.onodes, self._answer_range)
        for layer in reversed(range(len(self.weights))):
            # final_inputs = logit(final_outputs), hidden_inputs likewise
            signals = signals_for(self._description.activations[layer], outputs)
            if self.bias:
                signals = [x - b for x, b in zip(signals, self.biases[layer], strict=True)]
            # hidden_outputs = weights_hidden_output @ final_inputs, inputs likewise
            outputs = rescaled(split(signals, self.weights[layer]))
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
        rows = checked_matrix("inputs", inputs, self.inodes)
        for row in rows[:: max(1, len(rows) // EXAMPLES_LOOKED_AT)]:
            if not self._seen.is_like(row):
                self._warn_of(row)
                break
        return [self._forward(row)[1][-1] for row in rows]

    def _see(self, inputs: Matrix) -> None:
        with self._lock:
            for row in inputs:
                self._seen = self._seen.widened(row)

    def _train_epoch(
        self, inputs: Matrix, targets: Matrix, order: list[int] | None, batch_size: int, lr: float
    ) -> float:
        examples = list(range(len(inputs))) if order is None else order
        loss = 0.0
        for start in range(0, len(examples), batch_size):
            batch = examples[start : start + batch_size]
            for more in self._update([inputs[i] for i in batch], [targets[i] for i in batch], lr):
                loss += more
        return loss

    def _evaluate(self, inputs: Matrix, targets: Matrix) -> tuple[float, float]:
        loss, answers = 0.0, []
        for row, wanted in zip(inputs, targets, strict=True):
            signals, outputs = self._forward(row)
            loss += self._loss(signals[-1], outputs[-1], wanted)
            answers.append(outputs[-1])
        return loss, score(self.output_activation, answers, targets)

    # How the numbers are kept.

    def _allocate(self) -> None:
        self._arrays = {
            name: [[0.0] * shape[-1] for _ in range(shape[0] if len(shape) == 2 else 1)]
            for name, shape in self._description.array_shapes.items()
        }
        layers = range(len(self._description.shapes))
        self._weights = tuple(self._arrays[f"weights.{layer}"] for layer in layers)
        self._biases = tuple(self._arrays[f"biases.{layer}"][0] for layer in layers if self.bias)

    def _checked(self, name: str, values: Any, shape: tuple[int, ...]) -> Matrix:
        if len(shape) == 1:
            return [checked_vector(name, values, shape[0])]
        matrix = checked_matrix(name, values, shape[1])
        if len(matrix) != shape[0]:
            raise ValueError(f"{name}: got {len(matrix)} rows, wants {shape[0]}")
        return matrix

    def _store(self, name: str, array: Matrix) -> None:
        for row, new in zip(self._arrays[name], array, strict=True):
            row[:] = new

    def _examples(self, name: str, values: Any, width: int, within: Range) -> Matrix:
        return checked_matrix(name, values, width, within)

    def _example(self, name: str, values: Any, width: int, within: Range) -> Vector:
        return checked_vector(name, values, width, within)

    def _adopt(self, dtype: str) -> None:
        """Keep float64, which holds every float32."""

    def _type_of(self, name: str) -> str:
        return "float64"

    def _encode(self, array: Matrix, dtype: str) -> bytes:
        numbers = [math.nan if w != w else w for row in array for w in row]
        return struct.pack(f"<{len(numbers)}{FORMATS[dtype]}", *numbers)

    def _decode(self, data: bytes, shape: tuple[int, ...], dtype: str) -> Matrix:
        width = shape[-1]
        return [list(row) for row in struct.iter_unpack(f"<{width}{FORMATS[dtype]}", data)]


# The arithmetic between layers. Each sum starts from 0.0 or a bias and takes its terms in index
# order, with one multiplication and one addition a term; sum() would not, it compensates for lost
# digits.


def weighted_sums(start: Vector, inputs: Vector, weights: Matrix) -> Vector:
    """Return start[j] plus the sum over i of ``inputs[i] * weights[i][j]``, for each neuron j."""
    sums = start
    for x, row in zip(inputs, weights, strict=True):
        sums = [total + x * w for total, w in zip(sums, row, strict=True)]
    return sums


def output_errors(outputs: Vector, targets: Vector) -> Vector:
    """Return targets - outputs, what the output neurons should have said more."""
    return [target - output for target, output in zip(targets, outputs, strict=True)]


def split(errors: Vector, weights: Matrix) -> Vector:
    """Return the sum over k of ``weights[j][k] * errors[k]``, for each neuron j before them."""
    recombined = []
    for row in weights:
        total = 0.0
        for w, error in zip(row, errors, strict=True):
            total += w * error
        recombined.append(total)
    return recombined


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
