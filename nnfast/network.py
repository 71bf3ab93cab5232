"""The article's neural network on NumPy arrays, over the compiled kernel.

This class checks, allocates and calls; the loops are in ``_kernel.pyx``, and what the two backends
share around the arithmetic (`fit`'s epochs, files, the fingerprint) is in ``nnref/base.py``.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast import checks
from nnfast.kernels import ACTIVATIONS, OPTIMIZERS, Kernel
from nnfast.scores import score
from nnref.base import Network
from nnref.ranges import FINITE, Range

Array = NDArray[np.float64]

# Ctrl-C is looked for between two calls of the kernel. This many weights to visit take some
# milliseconds, long beside what a call costs and short beside a person's patience.
WEIGHTS_A_CALL = 64_000_000
CACHE_LINE = 64


class NeuralNetwork(Network):
    """A neural network made from scratch.

    The same network as ``nnref.NeuralNetwork``, with the same results to the last bit, on
    C-contiguous float64 arrays. What is passed in may be any array-like of real numbers; it is
    converted once, before the first update, and not copied where it is such an array already.

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

    _arrays: dict[str, Array]
    _kernel: Kernel

    def query(self, inputs: ArrayLike) -> Array:
        """Return the network's outputs for one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer.

        Returns
        -------
        (onodes,) float64
            The article's final_outputs.

        Raises
        ------
        ValueError, TypeError
            If inputs are not inodes numbers.
        """
        outputs = np.empty(self.onodes)
        inputs = checks.vector("inputs", inputs, self.inodes)
        with self._lock:
            self._kernel.query(inputs, outputs)
        return outputs

    def train(self, inputs: ArrayLike, targets: ArrayLike) -> None:
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
        inputs = checks.vector("inputs", inputs, self.inodes)
        targets = checks.vector("targets", targets, self.onodes)
        low, high = checks.ends(self._target_range)
        with self._lock:
            usable = self._kernel.train(inputs, targets, self.lr, low, high)
        if not usable:
            checks.within("inputs", inputs, FINITE)
            checks.within("targets", targets, self._target_range)

    def backquery(self, targets: ArrayLike) -> Array:
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
        (inodes,) float64
            The inputs, from 0.01 to 0.99.

        Raises
        ------
        ValueError, TypeError
            If targets are not onodes such numbers.
        """
        targets = checks.vector("targets", targets, self.onodes)
        checks.within("targets", targets, self._answer_range)
        inputs = np.empty(self.inodes)
        with self._lock:
            self._kernel.backquery(targets, inputs)
        return inputs

    def predict(self, inputs: ArrayLike) -> Array:
        """Return the network's outputs for many examples.

        Parameters
        ----------
        inputs : (n, inodes) numbers
            One example per row.

        Returns
        -------
        (n, onodes) float64

        Raises
        ------
        ValueError, TypeError
            If inputs are not rows of inodes numbers.
        """
        inputs = checks.matrix("inputs", inputs, self.inodes)
        outputs = np.empty((len(inputs), self.onodes))
        for start, stop in self._spans(len(inputs)):
            with self._lock:
                self._kernel.predict(inputs, outputs, start, stop)
        return outputs

    def _train_epoch(
        self, inputs: Array, targets: Array, order: list[int] | None, batch_size: int, lr: float
    ) -> float:
        places = None if order is None else np.array(order, dtype=np.int64)
        loss = 0.0
        for start, stop in self._spans(len(inputs), batch_size):
            with self._lock:
                loss = self._kernel.fit(inputs, targets, places, start, stop, batch_size, lr, loss)
        return loss

    def _evaluate(self, inputs: Array, targets: Array) -> tuple[float, float]:
        loss, outputs = 0.0, np.empty(targets.shape)
        for start, stop in self._spans(len(inputs)):
            with self._lock:
                loss = self._kernel.evaluate(inputs, targets, outputs, start, stop, loss)
        return loss, score(self.output_activation, outputs, targets)

    def _spans(self, examples: int, batch_size: int = 1) -> list[tuple[int, int]]:
        """Return the examples cut into spans of whole batches, each short enough for one call."""
        weights = sum(matrix.size for matrix in self._weights)
        size = max(1, WEIGHTS_A_CALL // (weights * batch_size)) * batch_size
        return [(start, min(start + size, examples)) for start in range(0, examples, size)]

    # How the numbers are kept.

    def _allocate(self) -> None:
        shapes = self._description.array_shapes
        self._arrays = {name: _aligned(shape) for name, shape in shapes.items()}
        layers = range(len(self._description.shapes))
        self._weights = tuple(self._arrays[f"weights.{layer}"] for layer in layers)
        self._biases = tuple(self._arrays[f"biases.{layer}"] for layer in layers if self.bias)
        self._kernel = Kernel(
            list(self._weights),
            list(self._biases),
            [
                (
                    [self._arrays[f"{slot}.weights.{layer}"] for layer in layers],
                    [self._arrays[f"{slot}.biases.{layer}"] for layer in layers if self.bias],
                )
                for slot in self.optimizer.slots
            ],
            self._arrays.get("beta_powers"),
            [ACTIVATIONS.index(name) for name in self._description.activations],
            self._settings(),
        )

    def _settings(self) -> dict[str, float]:
        """Return what the kernel is to do, in numbers; settings of other optimizers are 0."""
        optimizer = self.optimizer
        names = ("momentum", "nesterov", "beta1", "beta2", "epsilon")
        return {
            "optimizer": OPTIMIZERS.index(optimizer.name),
            "cross_entropy": self.loss == "cross_entropy",
            "gradient": self.hidden_error == "gradient",
            "decay": optimizer.weight_decay,
            **{name: getattr(optimizer, name, 0) for name in names},
        }

    def _checked(self, name: str, values: Any, shape: tuple[int, ...]) -> Array:
        if len(shape) == 1:
            return checks.vector(name, values, shape[0])
        matrix = checks.matrix(name, values, shape[1])
        if len(matrix) != shape[0]:
            raise ValueError(f"{name}: got {len(matrix)} rows, wants {shape[0]}")
        return matrix

    def _store(self, name: str, array: Array) -> None:
        self._arrays[name][...] = array

    def _examples(self, name: str, values: Any, width: int, within: Range) -> Array:
        matrix = checks.matrix(name, values, width)
        checks.within(name, matrix, within)
        # Training would change data that is the weights while it reads them.
        if any(np.may_share_memory(matrix, weights) for weights in self._weights):
            matrix = matrix.copy()
        return matrix

    def _encode(self, array: Array) -> bytes:
        return np.where(np.isnan(array), np.nan, array).astype("<f8").tobytes()

    def _decode(self, data: bytes, shape: tuple[int, ...]) -> Array:
        return np.frombuffer(data, dtype="<f8").reshape(shape).astype(np.float64)


def _aligned(shape: tuple[int, ...]) -> Array:
    """Return zeros that start at a cache line, where vector loads are fastest."""
    size = math.prod(shape) * 8
    room = np.zeros(size + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + size].view(np.float64).reshape(shape)
