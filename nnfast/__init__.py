"""The network of ``nnref`` on NumPy arrays, with its loops compiled by Cython: same bits, fast."""

from nnfast.kernel.builds import kernel_info
from nnfast.network import NeuralNetwork
from nnref.common import __version__
from nnref.common.optimizers import SGD, Adam, Momentum
from nnref.common.schedules import InverseScaling
from nnref.common.seen_range import UnlikeInputsWarning
from nnref.common.training import Gradient, History
from nnref.gradients import gradient_check, gradient_check_of

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
    "gradient_check",
    "gradient_check_of",
    "kernel_info",
]
