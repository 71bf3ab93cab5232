"""Task 2, solved."""

import math


def sigmoid(x):
    """Return the sigmoid of a number."""
    return 1 / (1 + math.exp(-x))


def layer(inputs, weights):
    """Return the outputs of one layer: a list with a number for each neuron."""
    outputs = []
    for j in range(len(weights[0])):
        total = 0.0
        for i in range(len(inputs)):
            total += inputs[i] * weights[i][j]
        outputs.append(sigmoid(total))
    return outputs


def query(inputs, weights_input_hidden, weights_hidden_output):
    """Return the outputs of a network with one hidden layer."""
    hidden_outputs = layer(inputs, weights_input_hidden)
    return layer(hidden_outputs, weights_hidden_output)
