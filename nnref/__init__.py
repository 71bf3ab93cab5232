"""The oracle: a neural network in pure Python, written to be read beside the article.

It keeps its numbers in lists of floats and imports nothing outside the standard library. Every
arithmetic operation is one that IEEE-754 fixes, in an order that the code shows, so its results are
the same bits on every machine. ``nnfast`` gives the same results fast, and is judged by this.
"""

__version__ = "0.1.0"

from nnref.base import History
from nnref.functions import exp, log
from nnref.gradients import gradient_check
from nnref.network import NeuralNetwork
from nnref.optimizers import SGD, Adam, Momentum

__all__ = [
    "SGD",
    "Adam",
    "History",
    "Momentum",
    "NeuralNetwork",
    "__version__",
    "exp",
    "gradient_check",
    "log",
]
