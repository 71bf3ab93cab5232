"""The article's neural network on NumPy arrays, over the compiled kernel.

This class checks, allocates and calls; the loops are in ``_kernel.pyx``, and what the two backends
share around the arithmetic (`fit`'s epochs, files, the fingerprint) is in ``nnref/base.py``.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast import checks
from nnfast.kernels import Kernel
from nnref.base import Network

Array = NDArray[np.float64]

# Ctrl-C is looked for between two calls of the kernel. This many weights to visit take a few
# milliseconds, long beside a call and short beside a person's patience.
WEIGHTS_A_CALL = 4_000_000
CACHE_LINE = 64


class NeuralNetwork(Network):
    """A neural network made from scratch: sigmoid neurons, one update per example.

    The same network as ``nnref.NeuralNetwork``, with the same results to the last bit, on
    C-contiguous float64 arrays. What is passed in may be any array-like of real numbers; it is
    converted once, before the first update, and not copied where it is such an array already.

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

    _weights: list[Array]
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
        self._kernel.query(checks.vector("inputs", inputs, self.inodes), outputs)
        return outputs

    def train(self, inputs: ArrayLike, targets: ArrayLike) -> None:
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
        inputs = checks.vector("inputs", inputs, self.inodes)
        targets = checks.vector("targets", targets, self.onodes)
        if not self._kernel.train(inputs, targets, self.lr, self._gradient):
            checks.finite("inputs", inputs)
            checks.finite("targets", targets)

    def backquery(self, targets: ArrayLike) -> Array:
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
        (inodes,) float64
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
        inputs = np.empty(self.inodes)
        self._kernel.backquery(outputs, inputs)
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
            self._kernel.predict(inputs, outputs, start, stop)
        return outputs

    def _train_epoch(self, inputs: Array, targets: Array, order: list[int] | None) -> float:
        places = None if order is None else np.array(order, dtype=np.int64)
        loss = 0.0
        for start, stop in self._spans(len(inputs)):
            loss = self._kernel.fit(
                inputs, targets, places, start, stop, self.lr, self._gradient, loss
            )
        return loss

    def _evaluate(self, inputs: Array, targets: Array) -> tuple[float, int]:
        loss, right = 0.0, 0
        for start, stop in self._spans(len(inputs)):
            loss, more = self._kernel.evaluate(inputs, targets, start, stop, loss)
            right += more
        return loss, right

    def _spans(self, examples: int) -> list[tuple[int, int]]:
        """Return the examples cut into spans, each short enough for one call of the kernel."""
        size = max(1, WEIGHTS_A_CALL // sum(weights.size for weights in self._weights))
        return [(start, min(start + size, examples)) for start in range(0, examples, size)]

    @property
    def _gradient(self) -> bool:
        return self.hidden_error == "gradient"

    # How the numbers are kept.

    def _allocate(self) -> None:
        self._weights = [_aligned(shape) for shape in self._description.shapes]
        self._kernel = Kernel(self._weights)

    def _matrices(self) -> tuple[Array, ...]:
        return tuple(self._weights)

    def _matrix(self, name: str, values: Any, shape: tuple[int, int]) -> Array:
        matrix = checks.matrix(name, values, shape[1])
        if len(matrix) != shape[0]:
            raise ValueError(f"{name}: got {len(matrix)} rows, wants {shape[0]}")
        return matrix

    def _store(self, layer: int, matrix: Array) -> None:
        self._weights[layer][...] = matrix

    def _examples(self, name: str, values: Any, width: int, *, finite: bool) -> Array:
        matrix = checks.matrix(name, values, width)
        if finite:
            checks.finite(name, matrix)
        return matrix

    def _encode(self, matrix: Array) -> bytes:
        return np.where(np.isnan(matrix), np.nan, matrix).astype("<f8").tobytes()

    def _decode(self, data: bytes, shape: tuple[int, int]) -> Array:
        return np.frombuffer(data, dtype="<f8").reshape(shape).astype(np.float64)


def _aligned(shape: tuple[int, int]) -> Array:
    """Return room for a matrix that starts at a cache line, where vector loads are fastest."""
    size = math.prod(shape) * 8
    room = np.empty(size + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + size].view(np.float64).reshape(shape)
