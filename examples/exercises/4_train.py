"""Task 4 (medium): one update.

A weight moves by the product of four numbers: the learning rate, the error of the neuron
that it leads to, the slope of that neuron's sigmoid, output * (1 - output), and what flowed
through the weight. Fill the gaps, "...". Then check it:

    nnfast check examples/exercises/4_train.py

If it is wrong: which numbers does "nnfast explain" show on the way?
"""

import math


def sigmoid(x):
    """Return the sigmoid of a number."""
    return 1 / (1 + math.exp(-x))


def layer(inputs, weights):
    """Return the outputs of one layer: a list with a number for each neuron."""
    return [
        sigmoid(sum(inputs[i] * weights[i][j] for i in range(len(inputs))))
        for j in range(len(weights[0]))
    ]


def moved(weights, flowed, errors, outputs, lr):
    """Return the weights of one layer after the update: new rows, in a new list.

    flowed has a number for each row of the weights, errors and outputs have one for each column.
    """
    return ...


def train(inputs, targets, weights_input_hidden, weights_hidden_output, lr):
    """Return both matrices of weights after one update."""
    hidden_outputs = layer(inputs, weights_input_hidden)
    final_outputs = layer(hidden_outputs, weights_hidden_output)
    output_errors = [target - output for target, output in zip(targets, final_outputs)]
    hidden_errors = ...
    return (
        moved(weights_input_hidden, ..., hidden_errors, hidden_outputs, lr),
        moved(weights_hidden_output, ..., output_errors, final_outputs, lr),
    )
