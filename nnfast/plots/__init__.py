"""Pictures of a network and of what it does, drawn by matplotlib.

For instance::

    from nnfast import plots

    ax = plots.first_weights(network)
    ax.figure.savefig("weights.png")

Each function draws on the Axes that you pass, or on one in a new pyplot figure, which a notebook
shows automatically. It returns that Axes and clears nothing on it. Networks of both backends are
accepted and give the same picture. No function calls ``show`` or leaves one of matplotlib's
settings changed.
"""

import importlib

from nnfast.optional import required_by

with required_by("nnfast.plots", "matplotlib"):
    importlib.import_module("matplotlib")

from nnfast.plots.bars import answer
from nnfast.plots.boundary import decision_boundary
from nnfast.plots.confusion import confusion_matrix
from nnfast.plots.curves import learning_curves
from nnfast.plots.images import back_queries, first_weights, image, most_wrong
from nnfast.plots.layers import histograms

__all__ = [
    "answer",
    "back_queries",
    "confusion_matrix",
    "decision_boundary",
    "first_weights",
    "histograms",
    "image",
    "learning_curves",
    "most_wrong",
]
