"""The network of ``nnref`` on NumPy arrays, with its loops compiled by Cython: same bits, fast."""

from nnfast.kernel.builds import kernel_info
from nnfast.network import NeuralNetwork
from nnref.common import __version__
from nnref.common.optimizers import SGD, Adam, Momentum
from nnref.common.record import Record
from nnref.common.recording import record_fit
from nnref.common.reproducing import Reproduction, reproduce
from nnref.common.schedules import Exponential, InverseScaling
from nnref.common.seen_range import UnlikeInputsWarning
from nnref.common.training import Gradient, History
from nnref.gradients import gradient_check, gradient_check_of

__all__ = [
    "SGD",
    "Adam",
    "Exponential",
    "Gradient",
    "History",
    "InverseScaling",
    "Momentum",
    "NeuralNetwork",
    "Record",
    "Reproduction",
    "UnlikeInputsWarning",
    "__version__",
    "gradient_check",
    "gradient_check_of",
    "kernel_info",
    "record_fit",
    "reproduce",
]
