"""One update of a network, taken apart: what `explain` returns, and how it shows itself.

It holds no arithmetic: a backend fills it in with the numbers that it computed.
"""

from nnref.common.description import layer_names
from nnref.explanation.update import Explanation, LayerExplanation

__all__ = ["Explanation", "LayerExplanation", "layer_names"]
