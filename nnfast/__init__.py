"""The network of ``nnref`` on NumPy arrays, with its loops compiled by Cython: the same bits, fast."""

from nnref import __version__

__all__ = ["__version__"]
