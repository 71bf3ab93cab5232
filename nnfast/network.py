"""The article's neural network on NumPy arrays, over the compiled kernel.

This class checks, allocates and calls; the loops are in ``kernel/``, and what the two backends
share around the arithmetic (`fit`'s epochs, files, the fingerprint) is in
``nnref/common/network.py``.
"""

import math
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import check_within, checked_matrix, checked_vector, float_ends
from nnfast.kernel.builds import kernel_for
from nnfast.scores import score
from nnref.common.arguments import FINITE, Range, one_of, positive_int
from nnref.common.network import Network
from nnref.common.optimizers import Optimizer, check_epsilon
from nnref.common.seen_range import EXAMPLES_LOOKED_AT, UNTRAINED, SeenRange

if TYPE_CHECKING:
    from nnfast.kernel.kernel import Kernel

Array = NDArray[np.floating]

DTYPES = ("float64", "float32")
# Each takes room for a block of examples. More than any processor has cores is a typing slip.
MOST_THREADS = 256

# Ctrl-C is looked for between two calls of the kernel. This many weights to visit take some
# milliseconds, long beside what a call costs and short beside a person's patience.
WEIGHTS_A_CALL = 64_000_000
CACHE_LINE = 64


class NeuralNetwork(Network):
    """A neural network made from scratch.

    The same network as ``nnref.NeuralNetwork``, with the same results to the last bit, on
    C-contiguous float64 arrays, or about twice as fast and half as large on float32 arrays. What is
    passed in may be any array-like of real numbers; it is converted once, before the first update,
    and not copied where it is such an array already.

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
    dtype : {"float64", "float32"}
        The type of all numbers. With float32 the results are close to the oracle's, not equal: the
        same on every run and for every number of threads, but not in every build of the kernel.
    threads : int
        How many threads `fit` and `predict` may use at once. Fewer are used where more would gain
        nothing. No bit of a result depends on it.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, what it got and what it wants.
    """

    _arrays: dict[str, Array]
    _kernel: "Kernel"
    _dtype = "float64"
    _threads = 1

    def __init__(
        self,
        inodes: int,
        hnodes: int | Iterable[int],
        onodes: int,
        lr: float,
        *,
        activation: str | Iterable[str] = "sigmoid",
        output_activation: str = "sigmoid",
        loss: str = "squared_error",
        hidden_error: str = "split",
        bias: bool = False,
        optimizer: str | Optimizer = "sgd",
        init: str = "uniform",
        seed: int | None = None,
        dtype: str = "float64",
        threads: int = 1,
    ) -> None:
        self._dtype = one_of("dtype", dtype, DTYPES)
        self._threads = _checked_threads(threads)
        super().__init__(
            inodes,
            hnodes,
            onodes,
            lr,
            activation=activation,
            output_activation=output_activation,
            loss=loss,
            hidden_error=hidden_error,
            bias=bias,
            optimizer=optimizer,
            init=init,
            seed=seed,
        )

    @property
    def dtype(self) -> str:
        """The type of all numbers, "float64" or "float32"."""
        return self._dtype

    @property
    def threads(self) -> int:
        """How many threads `fit` and `predict` may use at once; may be set."""
        return self._threads

    @threads.setter
    def threads(self, value: int) -> None:
        threads = _checked_threads(value)
        with self._lock:
            self._threads = threads
            self._connect()

    def query(self, inputs: ArrayLike) -> Array:
        """Return the network's outputs for one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer.

        Returns
        -------
        (onodes,) floats
            The article's final_outputs.

        Raises
        ------
        ValueError, TypeError
            If inputs are not inodes numbers.
        """
        outputs = np.empty(self._description.onodes, self._dtype)
        with self._lock:
            is_like = self._kernel.query(inputs, outputs)
        if is_like is None:  # no array as the kernel takes it
            inputs = checked_vector("inputs", inputs, self.inodes, self._dtype)
            with self._lock:
                is_like = self._kernel.query(inputs, outputs)
        if not is_like:
            self._warn_of(np.asarray(inputs).tolist())
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
        low, high = self._target_ends
        with self._lock:
            trained = self._kernel.train(inputs, targets, self._description.lr, low, high)
        if not trained:  # no arrays as the kernel takes them, or numbers that it refuses
            inputs = checked_vector("inputs", inputs, self.inodes, self._dtype)
            targets = checked_vector("targets", targets, self.onodes, self._dtype)
            check_within("inputs", inputs, FINITE)
            check_within("targets", targets, self._target_range)
            with self._lock:
                self._kernel.train(inputs, targets, self._description.lr, low, high)

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
        (inodes,) floats
            The inputs, from 0.01 to 0.99.

        Raises
        ------
        ValueError, TypeError
            If targets are not onodes such numbers.
        """
        targets = checked_vector("targets", targets, self.onodes, self._dtype)
        check_within("targets", targets, self._answer_range)
        inputs = np.empty(self.inodes, self._dtype)
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
        (n, onodes) floats

        Raises
        ------
        ValueError, TypeError
            If inputs are not rows of inodes numbers.
        """
        inputs = checked_matrix("inputs", inputs, self.inodes, self._dtype)
        with self._lock:
            step = max(1, len(inputs) // EXAMPLES_LOOKED_AT)
            unlike = self._kernel.first_unlike(inputs, step)
        if unlike >= 0:
            self._warn_of(inputs[unlike].tolist())
        return self._answers(inputs)

    def _answers(self, inputs: Array) -> Array:
        """Return the outputs for checked inputs, whatever they are like."""
        outputs = np.empty((len(inputs), self.onodes), self._dtype)
        for start, stop in self._spans(len(inputs)):
            with self._lock:
                self._kernel.predict(inputs, outputs, start, stop)
        return outputs

    def _see(self, inputs: Array) -> None:
        with self._lock:
            self._kernel.see(inputs)

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
        loss, outputs = 0.0, np.empty(targets.shape, self._dtype)
        for start, stop in self._spans(len(inputs)):
            with self._lock:
                loss = self._kernel.evaluate(inputs, targets, outputs, start, stop, loss)
        return loss, score(self.output_activation, outputs, targets)

    def _spans(self, examples: int, batch_size: int = 1) -> list[tuple[int, int]]:
        """Return the examples cut into spans of whole batches, each short enough for one call."""
        weights = sum(math.prod(shape) for shape in self._description.shapes)
        size = max(1, WEIGHTS_A_CALL // (weights * batch_size)) * batch_size
        return [(start, min(start + size, examples)) for start in range(0, examples, size)]

    # Look inside.

    def _taken_apart(self, inputs: Array, targets: Array) -> tuple[float, list[dict[str, Any]]]:
        loss, _ = self._evaluate(inputs[np.newaxis], targets[np.newaxis])
        self._kernel.train(inputs, targets, self._description.lr, *self._target_ends)
        layers = []
        for layer, (_, fan_out) in enumerate(self._description.shapes):
            numbers = np.empty((5, fan_out), self._dtype)
            self._kernel.last_update(layer, numbers)
            names = ("signals", "outputs", "errors", "deltas", "steps")
            layers.append(dict(zip(names, numbers.tolist(), strict=True)))
        return loss, layers

    def _rows(self, name: str) -> list[list[float]]:
        rows: list[list[float]] = np.atleast_2d(self._arrays[name]).tolist()
        return rows

    def _changes(self, name: str, before: Network) -> list[list[float]]:
        # What has become infinite is no error here: it is shown.
        with np.errstate(invalid="ignore", over="ignore"):
            changes = np.atleast_2d(self._arrays[name] - before._arrays[name])
        rows: list[list[float]] = changes.tolist()
        return rows

    # To and from other programs. What needs their libraries is in nnfast/exchange/.

    def export_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write the network to an ONNX file; see `nnfast.exchange.onnx.export_onnx`.

        Parameters
        ----------
        path : str or path-like
            Where to write it, by custom with ``.onnx`` at the end.
        """
        from nnfast.exchange.onnx import export_onnx

        export_onnx(self, path)

    def export_c(self, path: str | os.PathLike[str], *, function: str = "query") -> None:
        """Write the network to one C99 file; see `nnfast.exchange.c.export_c`.

        Parameters
        ----------
        path : str or path-like
            Where to write it, by custom with ``.c`` at the end.
        function : str
            What the function that queries the network is called in it.
        """
        from nnfast.exchange.c import export_c

        export_c(self, path, function=function)

    def export_json(self, path: str | os.PathLike[str]) -> None:
        """Write the network as one JSON object; see `nnfast.exchange.json.export_json`.

        Parameters
        ----------
        path : str or path-like
            Where to write it, by custom with ``.json`` at the end.
        """
        from nnfast.exchange.json import export_json

        export_json(self, path)

    def to_torch(self) -> Any:
        """Return the network as PyTorch has it; see `nnfast.exchange.torch.to_torch`.

        Returns
        -------
        torch.nn.Sequential
            With copies of the weights.
        """
        from nnfast.exchange.torch import to_torch

        return to_torch(self)

    @staticmethod
    def from_torch(module: Any, lr: float, **options: Any) -> "NeuralNetwork":
        """Return a module of PyTorch's as a network; see `nnfast.exchange.torch.from_torch`.

        Parameters
        ----------
        module : torch.nn.Sequential
            Of Linear modules and activations in turn.
        lr : float
            The learning rate.
        **options
            What else is not in the module, as the class takes it: loss, optimizer, ...

        Returns
        -------
        NeuralNetwork
            With copies of the weights.
        """
        from nnfast.exchange.torch import from_torch

        return from_torch(module, lr, **options)

    # How the numbers are kept.

    @property
    def _seen(self) -> SeenRange:
        """How far the training examples' numbers reach: the kernel widens it."""
        examples, *numbers = self._seen_numbers.tolist()
        return SeenRange(int(examples), *numbers)

    @_seen.setter
    def _seen(self, seen: SeenRange) -> None:
        self._seen_numbers[:] = seen

    def _adopt(self, dtype: str) -> None:
        self._dtype = dtype

    def _type_of(self, name: str) -> str:
        # Adam's powers of beta would lose all their digits to float32 in the course of training.
        return "float64" if name == "beta_powers" else self._dtype

    def _allocate(self) -> None:
        check_epsilon(self.optimizer, self._dtype)
        self._target_ends = float_ends(self._target_range)
        shapes = self._description.array_shapes
        self._arrays = {
            name: _aligned(shape, self._type_of(name)) for name, shape in shapes.items()
        }
        layers = range(len(self._description.shapes))
        # Views of their own: who makes one read-only, or gives it another shape, changes no more.
        self._weights = tuple(self._arrays[f"weights.{layer}"][:] for layer in layers)
        self._biases = tuple(self._arrays[f"biases.{layer}"][:] for layer in layers if self.bias)
        self._seen_numbers = np.array(UNTRAINED, dtype=np.float64)
        self._connect()

    def _connect(self) -> None:
        """Make the kernel's object for these arrays, this type and so many threads."""
        layers = range(len(self._description.shapes))
        kernel = kernel_for(self._dtype)
        self._kernel = kernel.Kernel(
            [self._arrays[f"weights.{layer}"] for layer in layers],
            [self._arrays[f"biases.{layer}"] for layer in layers if self.bias],
            [
                (
                    [self._arrays[f"{slot}.weights.{layer}"] for layer in layers],
                    [self._arrays[f"{slot}.biases.{layer}"] for layer in layers if self.bias],
                )
                for slot in self.optimizer.slots
            ],
            self._arrays.get("beta_powers"),
            [kernel.ACTIVATIONS.index(name) for name in self._description.activations],
            self._settings(kernel.OPTIMIZERS),
            self._seen_numbers,
            self._threads,
        )

    def _settings(self, optimizers: tuple[str, ...]) -> dict[str, float]:
        """Return what the kernel is to do, in numbers; settings of other optimizers are 0."""
        optimizer = self.optimizer
        names = ("momentum", "nesterov", "beta1", "beta2", "epsilon")
        return {
            "optimizer": optimizers.index(optimizer.name),
            "cross_entropy": self.loss == "cross_entropy",
            "gradient": self.hidden_error == "gradient",
            "decay": optimizer.weight_decay,
            **{name: getattr(optimizer, name, 0) for name in names},
        }

    def _checked(self, name: str, values: Any, shape: tuple[int, ...]) -> Array:
        if len(shape) == 1:
            return checked_vector(name, values, shape[0], self._dtype)
        matrix = checked_matrix(name, values, shape[1], self._dtype)
        if len(matrix) != shape[0]:
            raise ValueError(f"{name}: got {len(matrix)} rows, wants {shape[0]}")
        return matrix

    def _store(self, name: str, array: Array) -> None:
        self._arrays[name][...] = array

    def _examples(self, name: str, values: Any, width: int, within: Range) -> Array:
        matrix = checked_matrix(name, values, width, self._dtype)
        check_within(name, matrix, within)
        # Training would change data that is the network's own while it reads them.
        if any(np.may_share_memory(matrix, own) for own in self._arrays.values()):
            matrix = matrix.copy()
        return matrix

    def _example(self, name: str, values: Any, width: int, within: Range) -> Array:
        vector = checked_vector(name, values, width, self._dtype)
        check_within(name, vector, within)
        return vector

    def _encode(self, array: Array, dtype: str) -> bytes:
        little_endian = np.dtype(dtype).newbyteorder("<")
        return np.where(np.isnan(array), np.nan, array).astype(little_endian).tobytes()

    def _decode(self, data: bytes, shape: tuple[int, ...], dtype: str) -> Array:
        little_endian = np.dtype(dtype).newbyteorder("<")
        return np.frombuffer(data, little_endian).reshape(shape).astype(dtype)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle or a copy carries, the type and the threads too."""
        return super().__getstate__() | {"dtype": self._dtype, "threads": self._threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start from what a pickle or a copy carries."""
        self._dtype, self._threads = state["dtype"], state["threads"]
        super().__setstate__(state)


def _checked_threads(value: Any) -> int:
    threads = positive_int("threads", value)
    if threads > MOST_THREADS:
        raise ValueError(f"threads: got {threads}, wants at most {MOST_THREADS}")
    return threads


def _aligned(shape: tuple[int, ...], dtype: str) -> Array:
    """Return zeros that start at a cache line, where vector loads are fastest."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(size + CACHE_LINE, dtype=np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + size].view(dtype).reshape(shape)
