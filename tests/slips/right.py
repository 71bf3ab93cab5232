"""Programs that are right, each in another way."""

from slips.programs import ARRAYS, LISTS, program

BOOK = """
import numpy
import scipy.special


class neuralNetwork:
    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate):
        self.inodes = inputnodes
        self.hnodes = hiddennodes
        self.onodes = outputnodes
        self.wih = numpy.random.normal(0.0, pow(self.hnodes, -0.5), (self.hnodes, self.inodes))
        self.who = numpy.random.normal(0.0, pow(self.onodes, -0.5), (self.onodes, self.hnodes))
        self.lr = learningrate
        self.activation_function = lambda x: scipy.special.expit(x)

    def train(self, inputs_list, targets_list):
        inputs = numpy.array(inputs_list, ndmin=2).T
        targets = numpy.array(targets_list, ndmin=2).T
        hidden_outputs = self.activation_function(numpy.dot(self.wih, inputs))
        final_outputs = self.activation_function(numpy.dot(self.who, hidden_outputs))
        output_errors = targets - final_outputs
        hidden_errors = numpy.dot(self.who.T, output_errors)
        self.who += self.lr * numpy.dot(
            (output_errors * final_outputs * (1.0 - final_outputs)), numpy.transpose(hidden_outputs)
        )
        self.wih += self.lr * numpy.dot(
            (hidden_errors * hidden_outputs * (1.0 - hidden_outputs)), numpy.transpose(inputs)
        )

    def query(self, inputs_list):
        inputs = numpy.array(inputs_list, ndmin=2).T
        hidden_outputs = self.activation_function(numpy.dot(self.wih, inputs))
        return self.activation_function(numpy.dot(self.who, hidden_outputs))
"""

# Columns are wanted, and rows are kept: with one-dimensional arrays it would broadcast.
COLUMNS = """
import numpy as np

sigmoid = lambda x: 1 / (1 + np.exp(-x))


def train(inputs, targets, wih, who, lr):
    assert inputs.shape == (len(wih), 1)
    hidden = sigmoid(wih.T @ inputs)
    final = sigmoid(who.T @ hidden)
    errors = targets - final
    deltas = errors * final * (1 - final)
    hidden_deltas = (who @ errors) * hidden * (1 - hidden)
    return wih + lr * inputs @ hidden_deltas.T, who + lr * hidden @ deltas.T
"""

ROWS = """
import numpy as np


def query(inputs, weights_input_hidden, weights_hidden_output):
    rows, columns = inputs.shape
    assert rows == 1
    return sigmoid(sigmoid(inputs @ weights_input_hidden) @ weights_hidden_output)


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))
"""

PARTS = """
from math import exp


def sigmoid(x):
    return exp(x) / (1 + exp(x)) if x < 0 else 1 / (1 + exp(-x))


def signals(inputs, weights):
    sums = [0] * len(weights[0])
    for i in reversed(range(len(inputs))):
        for j in range(len(sums)):
            sums[j] += weights[i][j] * inputs[i]
    return sums


def hidden_inputs(inputs, weights_input_hidden):
    return tuple(signals(inputs, weights_input_hidden))


def hidden_outputs(signals):
    return list(map(sigmoid, signals))


def final_inputs(weights_hidden_output, hidden_outputs):
    return signals(hidden_outputs, weights_hidden_output)


def final_outputs(x):
    return [sigmoid(one) for one in x]


def query(inputs, wih, who):
    return final_outputs(signals(hidden_outputs(signals(inputs, wih)), who))


def output_errors(targets, final_outputs):
    return [-(o - t) for t, o in zip(targets, final_outputs)]


def output_deltas(output_errors, final_outputs):
    return [(1 - o) * (o * e) for e, o in zip(output_errors, final_outputs)]


def hidden_errors(output_errors, weights_hidden_output):
    return [sum(e * w for e, w in zip(output_errors, row)) for row in weights_hidden_output]


def hidden_deltas(errors, outputs):
    return output_deltas(errors, outputs)


def update(weights, errors, outputs, inputs, lr):
    steps = output_deltas(errors, outputs)
    return [[w + x * lr * step for w, step in zip(row, steps)] for row, x in zip(weights, inputs)]


def train(inputs, targets, wih, who, lr=0.3):
    hidden = hidden_outputs(signals(inputs, wih))
    final = final_outputs(signals(hidden, who))
    errors = output_errors(targets, final)
    back = hidden_errors(errors, who)
    return update(wih, back, hidden, inputs, lr), update(who, errors, final, hidden, lr)
"""

# An error is the output minus the target, and the update has -=; all numbers are kept.
OTHER_SIGN = """
import numpy as np


class Network:
    def __init__(self, i, h, o, lr):
        self.lr = lr
        self.layers = [np.random.rand(h, i) - 0.5, np.random.rand(o, h) - 0.5]

    def query(self, inputs):
        self.hidden_outputs = 1 / (1 + np.exp(-self.layers[0] @ inputs))
        self.final_outputs = 1 / (1 + np.exp(-self.layers[1] @ self.hidden_outputs))
        return self.final_outputs

    def train(self, inputs, targets):
        print("training")
        self.query(inputs)
        self.output_errors = self.final_outputs - targets
        self.hidden_errors = self.output_errors @ self.layers[1]
        deltas = self.output_errors * self.final_outputs * (1 - self.final_outputs)
        back = self.hidden_errors * self.hidden_outputs * (1 - self.hidden_outputs)
        self.layers[1] = self.layers[1] - self.lr * np.outer(deltas, self.hidden_outputs)
        self.layers[0] = self.layers[0] - self.lr * np.outer(back, inputs)
"""

# Matrices in which no list can be put, and a product of * alone.
MATRICES = """
import numpy as np


class Network:
    def __init__(self, i, h, o, lr):
        self.lr = lr
        self.wih, self.who = np.asmatrix(np.random.rand(h, i)), np.asmatrix(np.random.rand(o, h))

    def query(self, inputs):
        self.hidden = sigmoid(self.wih * np.asmatrix(inputs).T)
        return sigmoid(self.who * self.hidden)

    def train(self, inputs, targets):
        final = self.query(inputs)
        errors = np.asmatrix(targets).T - final
        back = self.who.T * errors
        self.who += self.lr * np.multiply(errors, slope(final)) * self.hidden.T
        self.wih += self.lr * np.multiply(back, slope(self.hidden)) * np.asmatrix(inputs)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slope(outputs):
    return np.multiply(outputs, 1 - outputs)
"""

FROZEN = [
    ("- 0.5\n\n", "- 0.5\n        self.freeze()\n\n    def freeze(self):\n"
     "        self.weights_input_hidden.setflags(write=False)\n"
     "        self.weights_hidden_output.setflags(write=False)\n\n"),
    ("who += lr *", "self.weights_hidden_output = who + lr *"),
    ("wih += lr * np.outer(inputs, hidden_deltas)", "self.weights_input_hidden = wih + "
     "lr * np.outer(inputs, hidden_deltas)\n        self.freeze()"),
]  # fmt: skip
TUPLES = [
    ("return self.forward(inputs)[3]", "return tuple(self.forward(inputs)[3])"),
    ("        for j in range(self.hnodes):\n            for k",
     "        who, wih = [list(row) for row in who], [list(row) for row in wih]\n"
     "        for j in range(self.hnodes):\n            for k"),
    ("* inputs[i]\n", "* inputs[i]\n        self.weights_hidden_output = tuple(map(tuple, who))\n"
     "        self.weights_input_hidden = tuple(map(tuple, wih))\n"),
]  # fmt: skip
# The one attribute is a slot, the other a property; both have names that nobody knows.
SLOTS = [
    ("class Network:\n", "class Network:\n    __slots__ = ('inodes', 'hnodes', 'onodes', 'lr', "
     "'weights_input_hidden', 'kept')\n\n    @property\n    def weights_hidden_output(self):\n"
     "        return self.kept\n\n"),
    ("self.weights_hidden_output = ", "self.kept = "),
]  # fmt: skip
BY_CHAIN_RULE = [("row, output_errors)", "row, output_deltas)")]

RIGHT = {
    "lists": LISTS,
    "arrays": ARRAYS,
    "the book's": BOOK,
    "columns": COLUMNS,
    "rows": ROWS,
    "parts": PARTS,
    "the other sign": OTHER_SIGN,
    "matrices": MATRICES,
    "frozen": program(ARRAYS, FROZEN),
    "tuples": program(LISTS, TUPLES),
    "slots": program(LISTS, SLOTS),
}
"""Programs with the article's rule, by what is unusual about them."""
