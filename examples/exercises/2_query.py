"""Task 2 (easy): ask the network.

Each neuron adds up what arrives: every input, times the weight of its link. weights[i][j]
links input i to neuron j, so that weights has a row for each input and a column for each
neuron. Fill the gaps, "...". Then check it:

    nnfast check examples/exercises/2_query.py
"""

import math


def sigmoid(x):
    """Return the sigmoid of a number."""
    return 1 / (1 + math.exp(-x))


def layer(inputs, weights):
    """Return the outputs of one layer: a list with a number for each neuron."""
    outputs = []
    for j in range(len(weights[0])):
        total = 0.0
        ...  # add up inputs[i] times the weight from input i to neuron j
        outputs.append(sigmoid(total))
    return outputs


def query(inputs, weights_input_hidden, weights_hidden_output):
    """Return the outputs of a network with one hidden layer."""
    return ...  # use layer, twice
