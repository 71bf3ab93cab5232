"""Task 5 (hard): the article's class.

Put it all together, on lists or on NumPy arrays, as you like. A weight starts as a random
number from -0.5 to 0.5. Fill the gaps, "...", with what you wrote in the other tasks. Then
check it:

    nnfast check examples/exercises/5_network.py

When it is right, train it on the digits of nnfast.datasets.digits(). How many of the test set
does it read?
"""

import math
import random


class NeuralNetwork:
    """A network with one hidden layer, as in the article."""

    def __init__(self, inodes, hnodes, onodes, lr):
        """Draw the weights, a row for each neuron that they come from."""
        self.inodes, self.hnodes, self.onodes, self.lr = inodes, hnodes, onodes, lr
        self.weights_input_hidden = ...
        self.weights_hidden_output = ...

    def query(self, inputs):
        """Return the outputs for these inputs: a list."""
        return ...

    def train(self, inputs, targets):
        """Move the weights so that the outputs for these inputs come closer to the targets."""
        ...
