"""Task 4, solved."""

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
    return [
        [
            weights[i][j] + lr * errors[j] * outputs[j] * (1 - outputs[j]) * flowed[i]
            for j in range(len(errors))
        ]
        for i in range(len(flowed))
    ]


def train(inputs, targets, weights_input_hidden, weights_hidden_output, lr):
    """Return both matrices of weights after one update."""
    hidden_outputs = layer(inputs, weights_input_hidden)
    final_outputs = layer(hidden_outputs, weights_hidden_output)
    output_errors = [target - output for target, output in zip(targets, final_outputs)]
    hidden_errors = [
        sum(weight * error for weight, error in zip(weights, output_errors))
        for weights in weights_hidden_output
    ]
    return (
        moved(weights_input_hidden, inputs, hidden_errors, hidden_outputs, lr),
        moved(weights_hidden_output, hidden_outputs, output_errors, final_outputs, lr),
    )
