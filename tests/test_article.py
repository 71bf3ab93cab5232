"""``nnref/article.py``, the algorithm in one file: by hand, and that the class runs it."""

from pathlib import Path
from typing import Any

import pytest
from helpers import bits

import nnref.article
from nnref import NeuralNetwork
from nnref.article import Layer, backward, forward, moved, query, recombined, train, weighted_sums
from nnref.functions import sigmoid

# The network, the example and the targets of docs/article.md.
INPUTS, TARGETS = [0.9, 0.1, 0.8], [0.01, 0.99]
INPUT_HIDDEN = [[0.1, -0.2], [0.3, 0.4], [-0.5, 0.2]]
HIDDEN_OUTPUT = [[0.2, -0.3], [0.1, 0.4]]
RULES = {"loss": "squared_error", "hidden_error": "split"}


def article_network() -> list[Layer]:
    return [
        Layer([list(row) for row in matrix], None, "sigmoid")
        for matrix in (INPUT_HIDDEN, HIDDEN_OUTPUT)
    ]


def test_query_by_hand() -> None:
    h0 = sigmoid(0.9 * 0.1 + 0.1 * 0.3 + 0.8 * -0.5)
    h1 = sigmoid(0.9 * -0.2 + 0.1 * 0.4 + 0.8 * 0.2)
    o0 = sigmoid(h0 * 0.2 + h1 * 0.1)
    o1 = sigmoid(h0 * -0.3 + h1 * 0.4)
    assert query(article_network(), INPUTS) == [o0, o1] == [0.5340946923046451, 0.5182078951634277]
    _, outputs = forward(article_network(), INPUTS)
    assert outputs == [[h0, h1], [o0, o1]]


def test_back_propagation_by_hand() -> None:
    network = article_network()
    signals, ((h0, h1), (o0, o1)) = forward(network, INPUTS)
    assert [sigmoid(x) for x in signals[1]] == [o0, o1]
    errors, deltas = backward(network, [[h0, h1], [o0, o1]], TARGETS, **RULES)
    e0, e1 = 0.01 - o0, 0.99 - o1
    assert errors == [[0.2 * e0 + -0.3 * e1, 0.1 * e0 + 0.4 * e1], [e0, e1]]
    d0, d1 = e0 * (o0 * (1.0 - o0)), e1 * (o1 * (1.0 - o1))
    assert deltas[1] == [d0, d1]
    assert deltas[0] == [errors[0][0] * (h0 * (1.0 - h0)), errors[0][1] * (h1 * (1.0 - h1))]
    # The chain rule sends the deltas back instead.
    errors, _ = backward(
        network, [[h0, h1], [o0, o1]], TARGETS, loss="squared_error", hidden_error="gradient"
    )
    assert errors[0] == [0.2 * d0 + -0.3 * d1, 0.1 * d0 + 0.4 * d1]


def test_gradient_descent_by_hand() -> None:
    network = article_network()
    trained, trace = train(network, INPUTS, TARGETS, 0.3, **RULES)
    (h0, _), (o0, _) = trace.outputs
    hidden_e0, e0 = trace.errors[0][0], trace.errors[1][0]
    assert trained[1].weights[0][0] == 0.2 + h0 * (0.3 * (e0 * (o0 * (1.0 - o0))))
    assert trained[0].weights[0][0] == 0.1 + 0.9 * (0.3 * (hidden_e0 * (h0 * (1.0 - h0))))
    # Every weight moves, by what flowed through it; what came in stays as it was.
    for layer, (before, after) in enumerate(zip(network, trained, strict=True)):
        flowed = INPUTS if layer == 0 else trace.outputs[0]
        steps = [0.3 * delta for delta in trace.deltas[layer]]
        assert after.weights == moved(before.weights, flowed, steps) != before.weights
    assert network == article_network()


def test_sums_run_in_index_order() -> None:
    """1e16 + 1 is 1e16 again, so another order gives another sum."""
    terms = [1e16, 1.0, -1e16, 1.0]
    assert weighted_sums(terms, [[1.0]] * 4, None) == [1.0]
    assert weighted_sums(terms, [[1.0]] * 4, [0.5]) == [1.0]
    assert recombined([terms], [1.0] * 4) == [1.0]
    assert weighted_sums([0.1] * 10, [[1.0]] * 10, None) == [0.9999999999999999]


@pytest.mark.parametrize("hidden_error", ["split", "gradient"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    "functions",
    [
        {},
        {"activation": ["tanh", "relu"], "output_activation": "identity"},
        {"output_activation": "softmax", "loss": "cross_entropy"},
    ],
)
def test_the_class_runs_these_functions(
    hidden_error: str, bias: bool, functions: dict[str, Any]
) -> None:
    options = {"hidden_error": hidden_error, "bias": bias, **functions}
    network = NeuralNetwork(3, [4, 5], 2, 0.3, seed=1, **options)
    layers = [
        Layer(weights, network.biases[place] if bias else None, activation)
        for place, (weights, activation) in enumerate(
            zip(network.weights, network._description.activations, strict=True)
        )
    ]
    layers = [Layer([list(row) for row in w], b and list(b), a) for w, b, a, _ in layers]
    for _ in range(3):
        assert bits(network.query(INPUTS)) == bits(query(layers, INPUTS))
        network.train(INPUTS, TARGETS)
        layers, _ = train(layers, INPUTS, TARGETS, 0.3, network.loss, hidden_error)
    assert bits(network.weights) == bits([layer.weights for layer in layers])
    assert bits(network.biases) == bits([layer.biases for layer in layers if bias])


def test_the_file_can_be_read_in_one_sitting() -> None:
    assert len(Path(nnref.article.__file__).read_text(encoding="utf-8").splitlines()) <= 150
