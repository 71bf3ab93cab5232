"""The article's neural network on NumPy arrays, over the compiled kernel.

The class checks, allocates and calls. The loops are in ``kernel/``; what every network has, such as
arguments, locks, epochs and files, is in ``nnref/common/network.py``. `query` and `train` override
those of that class, and call the kernel directly: on a small network, one more call in Python costs
as much as the arithmetic.
"""

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nnfast.arrays import Array, Arrays, checked_vector
from nnfast.kernel.builds import kernel_for, kernel_info
from nnref.common import __version__
from nnref.common.arguments import one_of, positive_int
from nnref.common.description import Description
from nnref.common.network import BaseNetwork
from nnref.common.optimizers import Optimizer
from nnref.common.other_names import naming_unknown_arguments
from nnref.common.seen_range import UnlikeInputsWarning

if TYPE_CHECKING:
    from nnfast.kernel.kernel import Kernel

DTYPES = ("float64", "float32")
# Each thread takes room for a block of examples; more than any processor has is a typing slip.
MOST_THREADS = 256


class NeuralNetwork(BaseNetwork[Array, Array]):
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
    activation : {"sigmoid", "tanh", "relu", "identity"}, or an iterable of one per hidden layer
        The output of a hidden neuron for the signal x into it: ``1 / (1 + e**-x)``, ``tanh(x)``,
        ``max(x, 0)`` or x itself.
    output_activation : {"sigmoid", "tanh", "identity", "softmax", "exponential"}
        The same for the output neurons. Use "identity" for regression, "exponential", which is
        ``e**x``, for counts, "softmax", which is ``e**x / (the sum of all e**x)``, for one class
        out of several, and "sigmoid" for several labels at once.
    loss : {"squared_error", "cross_entropy", "poisson"}
        What training minimizes: one half of the sum of ``(target - output)**2``; the cross-entropy,
        which takes targets from 0 to 1 and outputs by sigmoid (``-t log(o) - (1 - t) log(1 - o)``
        summed) or softmax (``-t log(o)`` summed); or half the Poisson deviance
        (``t log(t / o) - t + o`` summed), which takes targets of at least 0 and outputs by
        exponential.
    hidden_error : {"split", "gradient"}
        How the errors of a layer come from those of the next. "split" is the article's: the errors
        are split by the weights and recombined. "gradient" is the chain rule: the same with each
        error times its neuron's slope, which makes the update gradient descent on the loss.
    bias : bool
        Give every neuron a bias, a weight whose input is always 1.
    optimizer : {"sgd", "momentum", "adam"}, or `SGD`, `Momentum`, `Adam` with settings
        How a gradient moves the weights.
    init : {"uniform", "scaled_normal", "glorot_uniform", "he_normal"}
        The distribution of the first weights: uniform in [-0.5, 0.5), the article's; normal with
        standard deviation ``fan_in ** -0.5``; uniform between plus and minus
        ``(6 / (fan_in + fan_out)) ** 0.5`` (Glorot and Bengio 2010) or, where the hidden neurons
        are sigmoid, ``(2 / (fan_in + fan_out)) ** 0.5``, both as in scikit-learn; or normal with
        standard deviation ``(2 / fan_in) ** 0.5``, for relu (He et al. 2015).
    bias_init : {"zeros", "drawn"}
        How the biases start: at 0, or drawn from the distribution of their layer's weights, after
        all weights.
    dropout, input_dropout : float
        The rates, from 0 to below 1, at which each update drops hidden neurons and inputs, for each
        example anew. A dropped one sends on 0, a kept one its output times ``1 / (1 - rate)``
        (Srivastava et al. 2014). Only training drops: answers are those of the whole network.
    seed : int, optional
        From 0 to 2**64 - 1: the same seed gives the same first weights, the same shuffling and the
        same dropout, in both backends. Without it, one is drawn; read it from ``seed``.
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

    # This takes some milliseconds: long compared with the cost of a call, short for whoever waits.
    _weights_per_call = 64_000_000
    # In float32, one update per example takes blocks of so many; see kernel/blocked.pxi.
    _batches_per_call = 16

    _engine: "Kernel"

    @naming_unknown_arguments
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
        bias_init: str = "zeros",
        dropout: float = 0.0,
        input_dropout: float = 0.0,
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
            bias_init=bias_init,
            dropout=dropout,
            input_dropout=input_dropout,
            seed=seed,
        )

    def _numbers_for(self, dtype: str) -> Arrays:
        return Arrays(dtype)

    def _engine_for(self, threads: int) -> "Kernel":
        """Return the kernel for these arrays, this type and this many threads."""
        layers = range(len(self._description.shapes))
        kernel = kernel_for(self.dtype)
        return kernel.Kernel(  # type: ignore[no-any-return]
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
            _settings(self._description, kernel.LOSSES, kernel.OPTIMIZERS),
            threads,
        )

    def _made_by(self) -> dict[str, str]:
        return {
            "package": "nnfast",
            "version": __version__,
            "kernel": str(kernel_info()["kernel"]),
            "numpy": np.__version__,
        }

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
            self._renew_engine(threads)

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
        outputs: Array | None
        with self._lock:
            outputs, is_like = self._engine.query(inputs)
            complaint = "" if is_like else self._complaint_about(np.asarray(inputs))
        if outputs is None:  # not an array of the kernel's own kind
            inputs = checked_vector("inputs", inputs, self.inodes, self.dtype)
            with self._lock:
                outputs, is_like = self._engine.query(inputs)
                complaint = "" if is_like else self._complaint_about(inputs)
        if complaint:
            warnings.warn(complaint, UnlikeInputsWarning, stacklevel=2)
        return outputs

    def train(self, inputs: ArrayLike, targets: ArrayLike) -> None:
        """Make one update of the weights from one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer; finite.
        targets : (onodes,) numbers
            What the outputs should be; finite, for the cross-entropy from 0 to 1, for poisson at
            least 0.

        Raises
        ------
        ValueError, TypeError
            If either does not have the right number of such values. The weights are then unchanged.
        """
        with self._lock:
            trained = self._engine.train(inputs, targets, self._description.lr)
        if not trained:  # not arrays of the kernel's own kind, or numbers that it refuses
            inputs, targets = self._example(inputs, targets)
            with self._lock:
                self._engine.train(inputs, targets, self._description.lr)


def _settings(
    description: Description, losses: tuple[str, ...], optimizers: tuple[str, ...]
) -> dict[str, float]:
    """Return the kernel's settings, as numbers; those of other optimizers are 0."""
    optimizer = description.optimizer
    names = ("momentum", "nesterov", "beta1", "beta2", "epsilon")
    return {
        "optimizer": optimizers.index(optimizer.name),
        "loss": losses.index(description.loss),
        "gradient": description.hidden_error == "gradient",
        "decay": optimizer.weight_decay,
        **{name: getattr(optimizer, name, 0) for name in names},
        "dropout": description.dropout,
        "input_dropout": description.input_dropout,
        "seed": description.seed,
    }


def _checked_threads(value: int) -> int:
    threads = positive_int("threads", value)
    if threads > MOST_THREADS:
        raise ValueError(f"threads: got {threads}, wants at most {MOST_THREADS}")
    return threads
