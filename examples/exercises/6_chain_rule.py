"""Task 6 (hard): the chain rule, and a measurement that proves it.

The article sends the errors themselves back to the hidden neurons. The chain rule sends
back the deltas: each error times the slope of its neuron. Only then the weights move down
the slope of the loss, half the sum of the squared errors. Fill the gaps, "...". Then check
it, and ask for the chain rule:

    nnfast check --rule gradient examples/exercises/6_chain_rule.py

What does the checker say without "--rule gradient"? Then measure a slope yourself: run this
file.
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


def train(inputs, targets, weights_input_hidden, weights_hidden_output, lr):
    """Return both matrices of weights after one update by the chain rule."""
    hidden_outputs = layer(inputs, weights_input_hidden)
    final_outputs = layer(hidden_outputs, weights_hidden_output)
    output_deltas = ...
    hidden_deltas = ...
    return ..., ...


def loss(inputs, targets, weights_input_hidden, weights_hidden_output):
    """Return half the sum of the squared errors."""
    outputs = layer(layer(inputs, weights_input_hidden), weights_hidden_output)
    return 0.5 * sum((target - output) ** 2 for target, output in zip(targets, outputs))


if __name__ == "__main__":
    example = [0.9, 0.1], [0.99]
    hidden, output = [[0.1, -0.2], [0.3, 0.4]], [[0.5], [-0.3]]
    # One weight moved by hand, a little up and a little down. What does the loss do?
    tiny = 2.0**-17
    up, down = [[0.1 + tiny, -0.2], [0.3, 0.4]], [[0.1 - tiny, -0.2], [0.3, 0.4]]
    measured = (loss(*example, up, output) - loss(*example, down, output)) / (2 * tiny)
    # With a learning rate of 1, a weight moves by minus the slope.
    new_hidden, _ = train(*example, hidden, output, 1.0)
    print("measured", measured)
    print("computed", 0.1 - new_hidden[0][0])
