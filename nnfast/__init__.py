"""The network of ``nnref`` on NumPy arrays, with its loops compiled by Cython: same bits, fast."""

from nnfast.kernels import kernel_info
from nnfast.network import NeuralNetwork
from nnref import History, __version__

__all__ = ["History", "NeuralNetwork", "__version__", "kernel_info"]
