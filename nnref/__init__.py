"""The oracle: a neural network in pure Python, written to be read beside the article.

It keeps its numbers in lists of floats and imports nothing outside the standard library. Every
arithmetic operation is one that IEEE-754 fixes, in an order that the code shows, so its results are
the same bits on every machine. ``nnfast`` gives the same results fast, and is judged by this.
"""

from nnref.checking.check import check
from nnref.common import __version__
from nnref.common.optimizers import SGD, Adam, Momentum
from nnref.common.schedules import InverseScaling
from nnref.common.seen_range import UnlikeInputsWarning
from nnref.common.training import Gradient, History
from nnref.functions import exp, log
from nnref.gradients import gradient_check, gradient_check_of
from nnref.network import NeuralNetwork

__all__ = [
    "SGD",
    "Adam",
    "Gradient",
    "History",
    "InverseScaling",
    "Momentum",
    "NeuralNetwork",
    "UnlikeInputsWarning",
    "__version__",
    "check",
    "exp",
    "gradient_check",
    "gradient_check_of",
    "log",
]
