"""Task 6, solved."""

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
    output_deltas = [(t - o) * o * (1 - o) for t, o in zip(targets, final_outputs)]
    hidden_deltas = [
        sum(weight * delta for weight, delta in zip(weights, output_deltas)) * o * (1 - o)
        for weights, o in zip(weights_hidden_output, hidden_outputs)
    ]
    return (
        moved(weights_input_hidden, inputs, hidden_deltas, lr),
        moved(weights_hidden_output, hidden_outputs, output_deltas, lr),
    )


def moved(weights, flowed, deltas, lr):
    """Return the weights of one layer after the update."""
    return [
        [weight + lr * delta * x for weight, delta in zip(row, deltas)]
        for row, x in zip(weights, flowed)
    ]


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
