"""The network run backwards: from outputs to the inputs that it has in mind.

Layer by layer, from the last to the first, it undoes the article's query: first the activation,
then the biases, then the weights.
"""

from nnref.article import Network, recombined
from nnref.common.types import Vector
from nnref.functions import artanh, log, logit


def backquery(network: Network, targets: Vector) -> Vector:
    """Return the inputs that a network has in mind for these outputs, from 0.01 to 0.99."""
    outputs = targets
    for weights, biases, activation, _ in reversed(network):
        # final_inputs = logit(final_outputs); hidden_inputs in the same way
        signals = signals_for(activation, outputs)
        if biases is not None:
            signals = [x - b for x, b in zip(signals, biases, strict=True)]
        # hidden_outputs = weights_hidden_output @ final_inputs; inputs in the same way
        outputs = rescaled(recombined(weights, signals))
    return outputs


def signals_for(activation: str, outputs: Vector) -> Vector:
    """Return signals that a layer would turn into these outputs; softmax up to a constant."""
    if activation == "sigmoid":
        return [logit(o) for o in outputs]
    if activation == "tanh":
        return [artanh(o) for o in outputs]
    if activation in ("softmax", "exponential"):
        return [log(o) for o in outputs]
    return outputs  # identity, and relu where it lets a signal pass


def rescaled(values: Vector) -> Vector:
    """Return values moved and stretched to run from 0.01 to 0.99; all 0.5 where they are equal.

    Every activation can be undone for these.
    """
    low = high = values[0]
    for value in values:
        if value < low:
            low = value
        if value > high:
            high = value
    if low == high:
        return [0.5] * len(values)
    return [(value - low) / (high - low) * 0.98 + 0.01 for value in values]
