"""Task 5, solved on NumPy arrays."""

import numpy as np


def sigmoid(x):
    """Return the sigmoid of an array."""
    return 1 / (1 + np.exp(-x))


class NeuralNetwork:
    """A network with one hidden layer, as in the article."""

    def __init__(self, inodes, hnodes, onodes, lr):
        """Draw the weights, a row for each neuron that they come from."""
        self.inodes, self.hnodes, self.onodes, self.lr = inodes, hnodes, onodes, lr
        self.weights_input_hidden = np.random.rand(inodes, hnodes) - 0.5
        self.weights_hidden_output = np.random.rand(hnodes, onodes) - 0.5

    def query(self, inputs):
        """Return the outputs for these inputs: an array."""
        return self.forward(np.array(inputs))[1]

    def train(self, inputs, targets):
        """Move the weights so that the outputs for these inputs come closer to the targets."""
        inputs = np.array(inputs)
        hidden_outputs, final_outputs = self.forward(inputs)
        output_errors = np.array(targets) - final_outputs
        # Before the weights move: this answer was made with the old ones.
        hidden_errors = self.weights_hidden_output @ output_errors
        self.weights_hidden_output += self.lr * np.outer(
            hidden_outputs, output_errors * final_outputs * (1 - final_outputs)
        )
        self.weights_input_hidden += self.lr * np.outer(
            inputs, hidden_errors * hidden_outputs * (1 - hidden_outputs)
        )

    def forward(self, inputs):
        """Return the outputs of the hidden layer, and those of the network."""
        hidden_outputs = sigmoid(inputs @ self.weights_input_hidden)
        return hidden_outputs, sigmoid(hidden_outputs @ self.weights_hidden_output)
