"""The article's algorithm: query, back-propagation and gradient descent, as functions on lists.

Read it beside the article, from top to bottom. A network is a list of layers. The article's has
two, the hidden layer and the output layer; for these, the names below stand for

    weights   weights_input_hidden, weights_hidden_output
    signals   hidden_inputs,  final_inputs     what flows into a layer's neurons
    outputs   hidden_outputs, final_outputs    what the neurons send on
    errors    hidden_errors,  output_errors    how much higher each output should have been
    deltas    errors * outputs * (1 - outputs)    each error times the slope of its neuron

The contract: every sum starts from 0.0, or from a bias, and adds its terms in index order, with one
multiplication and one addition per term. (Python's `sum` does not: it compensates for lost digits.)
The compiled kernel repeats these operations in this order, so it gets the same bits. Therefore the
order and the brackets here are part of the definition. The functions check nothing, and change no
list that they are given. The activations and losses themselves are in ``neurons.py``.
"""

from typing import NamedTuple

from nnref.common.types import Matrix, Vector
from nnref.neurons import activate, output_deltas, times_slope


class Layer(NamedTuple):
    """A layer of neurons, where ``weights[i][j]`` links input i to neuron j."""

    weights: Matrix
    biases: Vector | None
    activation: str
    mask: Vector | None = None  # what dropout multiplies the outputs by; see dropout.py


class Trace(NamedTuple):
    """What flows through a network for one example, forward and back: one vector per layer."""

    inputs: list[Vector]
    signals: list[Vector]
    outputs: list[Vector]
    errors: list[Vector]
    deltas: list[Vector]


Network = list[Layer]


# Query the network.


def query(network: Network, inputs: Vector) -> Vector:
    """Return the article's final_outputs."""
    _, outputs = forward(network, inputs)
    return outputs[-1]


def forward(network: Network, inputs: Vector) -> tuple[list[Vector], list[Vector]]:
    """Return the signals into each layer and its outputs, the first hidden layer first."""
    all_signals, all_outputs = [], []
    for weights, biases, activation, mask in network:
        # hidden_inputs = inputs @ weights_input_hidden; final_inputs in the same way
        signals = weighted_sums(inputs, weights, biases)
        # hidden_outputs = sigmoid(hidden_inputs); final_outputs in the same way
        outputs = activate(activation, signals)
        all_signals.append(signals)
        all_outputs.append(outputs)
        inputs = kept(outputs, mask)
    return all_signals, all_outputs


def kept(outputs: Vector, mask: Vector | None) -> Vector:
    """Return what dropout leaves of outputs, or of the errors that are sent back to them."""
    return outputs if mask is None else [o * m for o, m in zip(outputs, mask, strict=True)]


def weighted_sums(inputs: Vector, weights: Matrix, biases: Vector | None) -> Vector:
    """Return the sum over i of ``inputs[i] * weights[i][j]``, for each neuron j."""
    sums = [0.0] * len(weights[0]) if biases is None else biases
    for x, row in zip(inputs, weights, strict=True):
        sums = [total + x * w for total, w in zip(sums, row, strict=True)]
    return sums


# Train the network: send the errors back (back-propagation) ...


def backward(
    network: Network, outputs: list[Vector], targets: Vector, loss: str, hidden_error: str
) -> tuple[list[Vector], list[Vector]]:
    """Return the errors and the deltas of each layer, from the outputs that `forward` returned.

    The article splits a layer's errors by its weights and recombines them at the neurons of the
    layer before (``hidden_error="split"``). The chain rule sends back the deltas instead
    (``"gradient"``), which makes the update exact gradient descent on the loss.
    """
    last = len(network) - 1
    # output_errors = targets - final_outputs
    errors = [[t - o for t, o in zip(targets, outputs[last], strict=True)]]
    deltas = [output_deltas(loss, network[last].activation, outputs[last], targets, errors[0])]
    for n in range(last, 0, -1):
        # hidden_errors = weights_hidden_output @ output_errors
        sent_back = errors[0] if hidden_error == "split" else deltas[0]
        errors.insert(0, kept(recombined(network[n].weights, sent_back), network[n - 1].mask))
        # hidden_deltas = hidden_errors * hidden_outputs * (1 - hidden_outputs)
        deltas.insert(0, times_slope(network[n - 1].activation, outputs[n - 1], errors[0]))
    return errors, deltas


def recombined(weights: Matrix, errors: Vector) -> Vector:
    """Return the sum over k of ``weights[j][k] * errors[k]``, for each input j of the layer."""
    sums = []
    for row in weights:
        total = 0.0
        for w, error in zip(row, errors, strict=True):
            total += w * error
        sums.append(total)
    return sums


# ... and move the weights (gradient descent).


def train(
    network: Network, inputs: Vector, targets: Vector, lr: float, loss: str, hidden_error: str
) -> tuple[Network, Trace]:
    """Return the network after one update from one example, and what flowed through it."""
    signals, outputs = forward(network, inputs)
    errors, deltas = backward(network, outputs, targets, loss, hidden_error)
    flow, trained = flowing_in(network, inputs, outputs), []
    for layer, layer_inputs, layer_deltas in zip(network, flow, deltas, strict=True):
        # weights += lr * errors * outputs * (1 - outputs) * the layer's inputs
        steps = [lr * delta for delta in layer_deltas]
        weights = moved(layer.weights, layer_inputs, steps)
        # A bias is a weight whose input is always 1.
        biases = None if layer.biases is None else moved([layer.biases], [1.0], steps)[0]
        trained.append(Layer(weights, biases, layer.activation))
    return trained, Trace(flow, signals, outputs, errors, deltas)


def flowing_in(network: Network, inputs: Vector, outputs: list[Vector]) -> list[Vector]:
    """Return the inputs of each layer: the example's, then what the layer before sends on."""
    hidden = zip(outputs[:-1], network[:-1], strict=True)
    return [inputs, *(kept(layer_outputs, layer.mask) for layer_outputs, layer in hidden)]


def moved(weights: Matrix, inputs: Vector, steps: Vector) -> Matrix:
    """Return ``weights[i][j] + inputs[i] * steps[j]``, for each weight."""
    return [
        [w + x * step for w, step in zip(row, steps, strict=True)]
        for x, row in zip(inputs, weights, strict=True)
    ]
