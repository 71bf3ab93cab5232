"""The signals into each layer of a network, and its outputs, for many examples at once."""

import copy
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import ArrayLike

from nnfast.arrays import Array, check_within
from nnfast.network import NeuralNetwork
from nnfast.plots.checks import finite_examples
from nnfast.plots.style import (
    BLUE,
    DARK,
    ORANGE,
    ROUND_STEPS,
    drawing,
    font_size,
    part_of,
    set_title,
    size_in_points,
    tidy,
)
from nnref.common.arguments import FINITE
from nnref.common.network import Network, check_network

BINS = 60


def histograms(network: Network, inputs: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw how the signals into each layer, and its outputs, are spread over many examples.

    The height is the share of a layer's numbers that are there. Saturated neurons show as signals
    far from 0 and outputs heaped at the ends of their range, dead relu neurons as outputs heaped
    at 0.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    inputs : (n, inodes) numbers
        The examples, one per row.
    ax : Axes, optional
        Where to draw. It is divided into a row for each layer, with two Axes within it
        (``ax.child_axes``): signals, then outputs, each with its own scale.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described, or a signal is not finite.
    """
    check_network(network)
    examples = finite_examples(network, inputs)
    layers = list(signals_and_outputs(network, examples))
    with drawing(ax, 9, 1 + 2 * len(layers)) as ax:
        ax.axis("off")
        for row, (name, signals, outputs) in enumerate(layers):
            left = _draw_histogram(ax, row, len(layers), 0, signals, BLUE)
            left.set_ylabel(name, rotation="horizontal", ha="right", va="center", color=DARK)
            right = _draw_histogram(ax, row, len(layers), 1, outputs, ORANGE)
            if row == 0:
                left.set_title("signals", color=BLUE)
                right.set_title("outputs", color=ORANGE)
        set_title(ax, f"Signals and outputs of {part_of(len(examples), len(examples), 'example')}")
    return ax


def signals_and_outputs(network: Network, inputs: Array) -> Iterator[tuple[str, Array, Array]]:
    """Yield the name of each layer, the signals into it and its outputs, (n, fan_out) both."""
    network = copy.copy(network)  # which no other thread trains meanwhile
    hidden = len(network.weights) - 1
    activation = network.activation
    activations = (activation,) * hidden if isinstance(activation, str) else activation
    for place, name in enumerate((*activations, network.output_activation)):
        signals = _layer(network, place, "identity").predict(inputs)
        check_within("the network's signals", signals, FINITE)
        if name == "relu":  # which no output layer has, and so no network of one layer
            inputs = np.where(signals <= 0.0, 0.0, signals)
        else:
            inputs = _layer(network, place, name).predict(inputs)
        number = f" {place + 1}" if hidden > 1 else ""
        yield (f"hidden{number}" if place < hidden else "output") + f"\n{name}", signals, inputs


def _layer(network: Network, place: int, activation: str) -> NeuralNetwork:
    """Return one layer as a network, which computes its numbers as the whole network does."""
    fan_in, fan_out = np.shape(network.weights[place])
    dtype = getattr(network, "dtype", "float64")  # nnref has no other
    layer = NeuralNetwork(
        fan_in, [], fan_out, lr=1.0,
        output_activation=activation, bias=network.bias, dtype=dtype, seed=0,
    )  # fmt: skip
    layer.weights = network.weights[place : place + 1]
    layer.biases = network.biases[place : place + 1]
    return layer


def _draw_histogram(ax: Axes, row: int, rows: int, column: int, values: Array, colour: str) -> Axes:
    """Draw a histogram in one of two columns within an Axes, which leaves room for names."""
    width, height = size_in_points(ax)
    size = font_size()
    names, shares, heading = 5.2 * size / width, 3.2 * size / width, 2 * size / height
    wide, high = (1 - names) / 2, (1 - heading) / rows
    left, bottom = names + column * wide + shares, 1 - heading - (row + 1) * high
    # With very many layers, it is better to see the bars than to read the ticks.
    ticks = min(2.6 * size / height, high / 2)
    room = 0.97 * wide - shares
    panel = ax.inset_axes((left, bottom + ticks, room, high - ticks))
    tidy(panel)
    weights = np.full(values.size, 100 / values.size)
    panel.hist(values.ravel(), bins=BINS, weights=weights, color=colour, histtype="stepfilled")
    # No more than there is room for: a number may be as wide as five letters.
    panel.xaxis.set_major_locator(MaxNLocator(_ticks(room * width, 3.8 * size), steps=ROUND_STEPS))
    tall = _ticks((high - ticks) * height, 3 * size)
    panel.yaxis.set_major_locator(MaxNLocator(min(tall, 2), steps=ROUND_STEPS))
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g} %"))
    return panel


def _ticks(length: float, each: float) -> int:
    """Return into how many parts ticks may divide an axis of this length."""
    return max(1, min(int(length / each), 9))
