"""What the article's printed code gets wrong: each failure shown, and what is right instead.

``ArticleNetwork`` is the article's final class as printed, in our words where it cannot run at all.
"""

import ast
import textwrap

import numpy as np
import pytest
from helpers import bits

import nnfast
import nnref

BACKENDS = pytest.mark.parametrize("package", [nnref, nnfast], ids=["nnref", "nnfast"])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class ArticleNetwork:
    def __init__(self, inodes: int, hnodes: int, onodes: int, lr: float) -> None:
        rng = np.random.default_rng(1)
        self.lr = lr
        self.weights_input_hidden = rng.random((inodes, hnodes)) - 0.5
        self.weights_hidden_output = rng.random((hnodes, onodes)) - 0.5

    def query(self, inputs: np.ndarray) -> np.ndarray:
        hidden_outputs = sigmoid(np.dot(self.weights_input_hidden, inputs))
        return sigmoid(np.dot(self.weights_hidden_output, hidden_outputs))

    def train(self, inputs_list: list[float], targets_list: list[float]) -> None:
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden_outputs = sigmoid(np.dot(self.weights_input_hidden, inputs))
        final_outputs = sigmoid(np.dot(self.weights_hidden_output, hidden_outputs))
        output_errors = targets - final_outputs
        hidden_errors = np.dot(self.weights_hidden_output.T, output_errors)
        self.weights_hidden_output += self.lr * np.dot(
            (output_errors * final_outputs * (1.0 - final_outputs)), np.transpose(hidden_errors)
        )
        self.weights_input_hidden += self.lr * np.dot(
            (hidden_errors * hidden_outputs * (1.0 - hidden_outputs)), np.transpose(inputs)
        )


@BACKENDS
def test_1_the_product_with_these_shapes_needs_layers_of_one_width(package) -> None:
    with pytest.raises(ValueError, match="not aligned"):
        ArticleNetwork(4, 3, 2, 0.3).query(np.ones(4))
    # And where the layers are equally wide, it is another network: its weights are transposed.
    printed = ArticleNetwork(3, 3, 3, 0.3)
    right = package.NeuralNetwork(3, 3, 3, 0.3)
    right.weights = [printed.weights_input_hidden, printed.weights_hidden_output]
    inputs = np.array([0.9, 0.1, 0.5])
    assert not np.allclose(printed.query(inputs), right.query(inputs))
    by_hand = sigmoid(
        sigmoid(inputs @ printed.weights_input_hidden) @ printed.weights_hidden_output
    )
    np.testing.assert_allclose(right.query(inputs), by_hand, rtol=1e-14)
    assert len(package.NeuralNetwork(4, 3, 2, 0.3).query(np.ones(4))) == 2


@BACKENDS
def test_2_the_last_update_takes_the_hidden_outputs_not_their_errors(package) -> None:
    """As printed, a hidden neuron with no error would keep its output weights for ever."""
    start = [[[1.0, -1.0], [0.5, 2.0]], [[0.5, -0.5], [0.25, 0.75]]]
    inputs, targets = [0.5, 0.25], [1.0, 0.0]
    printed = ArticleNetwork(2, 2, 2, 1.0)
    printed.weights_input_hidden, printed.weights_hidden_output = (np.array(m).T for m in start)
    printed.train(inputs, targets)
    right = package.NeuralNetwork(2, 2, 2, 1.0)
    right.weights = start
    hidden_outputs = sigmoid(np.array(inputs) @ np.array(start[0]))
    outputs = right.query(inputs)
    right.train(inputs, targets)
    deltas = (np.array(targets) - outputs) * outputs * (1 - np.array(outputs))
    moved = np.array(right.weights_hidden_output) - start[1]
    np.testing.assert_allclose(moved, np.outer(hidden_outputs, deltas), rtol=1e-12)
    printed_moved = printed.weights_hidden_output.T - np.array(start[1])
    assert not np.allclose(printed_moved, np.outer(hidden_outputs, deltas))


@BACKENDS
def test_3_the_slope_takes_the_output_not_the_sigmoid_of_the_output(package) -> None:
    """For one weight: sigmoid(w) is O, and the slope is O (1 - O), by differences too."""
    network = package.NeuralNetwork(1, [], 1, lr=1.0)
    network.weights = [[[0.75]]]
    output = network.query([1.0])[0]
    network.train([1.0], [1.0])
    moved = network.weights[0][0][0] - 0.75
    slope = (sigmoid(np.float64(0.75 + 1e-6)) - sigmoid(np.float64(0.75 - 1e-6))) / 2e-6
    assert moved == pytest.approx((1 - output) * slope, rel=1e-8)
    formula_as_printed = (1 - output) * sigmoid(output) * (1 - sigmoid(output))
    assert moved != pytest.approx(formula_as_printed, rel=0.01)


@BACKENDS
def test_4_the_weights_start_within_one_half_not_one(package) -> None:
    network = package.NeuralNetwork(100, 100, 100, lr=0.1, seed=1)
    numbers = np.concatenate([np.ravel(matrix) for matrix in network.weights])
    assert -0.5 <= numbers.min() < -0.49
    assert 0.49 < numbers.max() < 0.5


@BACKENDS
def test_5_query_and_train_share_one_way_forward(package) -> None:
    """As printed, query takes a row and gives a row where train makes columns of both."""
    printed = ArticleNetwork(3, 3, 3, 0.3)
    row = np.array([0.9, 0.1, 0.5])
    assert printed.query(row).shape == (3,)
    assert printed.query(np.array(row, ndmin=2).T).shape == (3, 1)
    with pytest.raises(ValueError, match="not aligned"):
        printed.query(np.array(row, ndmin=2))
    network = package.NeuralNetwork(3, 3, 3, 0.3, seed=1)
    outputs = network.query(row)
    # A target that is the output leaves no error: train went forward to the same bits.
    before = network.digest()
    network.train(row, outputs)
    assert network.digest() == before
    assert bits(network.predict([row])) == bits([network.query(row)])


NAMES_AS_PRINTED = """
    def train(self, inputs_list, targets_list):
        targets = numpy.array(targets_list, ndmin=2).T
        output_errors = target - final_outputs
        hidden_errors = numpy.dot(self.weights_hidden.T, output_errors)
"""
METHODS_AS_INDENTED = """
class Neural_Network:
    def __init__(self, inodes):
        self.inodes = inodes

        def train(self):
            pass
"""


@BACKENDS
def test_6_names_and_indentation(package) -> None:
    namespace: dict[str, object] = {"numpy": np, "final_outputs": 0.0}
    exec(textwrap.dedent(NAMES_AS_PRINTED), namespace)
    with pytest.raises(NameError, match="target"):
        namespace["train"](None, [0.5], [0.5])
    tree = ast.parse(METHODS_AS_INDENTED)
    assert [node.name for node in tree.body[0].body] == ["__init__"]
    network = package.NeuralNetwork(2, 2, 2, 0.3)
    for name in ("train", "query", "weights_input_hidden", "weights_hidden_output", "lr"):
        assert hasattr(network, name)
    assert not hasattr(network, "weights_hidden")
