"""The oracle's public class: the article's algorithm on lists.

Read ``article.py`` first: it says what a network computes for one example. ``engine.py`` says it
for many. Everything around the arithmetic (arguments, locks, epochs, files) is the same for both
backends, and is in ``common/network.py``.
"""

from nnref.common import __version__
from nnref.common.network import BaseNetwork
from nnref.common.types import Matrix, Vector
from nnref.engine import Engine
from nnref.lists import Lists


class NeuralNetwork(BaseNetwork[Vector, Matrix]):
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

    Raises
    ------
    ValueError, TypeError
        Naming the argument, what it got and what it wants.
    """

    # One batch per call: in pure Python, that takes long enough.
    _weights_per_call = 1

    def _numbers_for(self, dtype: str) -> Lists:
        self._dtype = "float64"  # which holds every float32
        return Lists()

    def _engine_for(self, threads: int) -> Engine:
        return Engine(self._description, self._arrays)

    def _made_by(self) -> dict[str, str]:
        return {"package": "nnref", "version": __version__}
