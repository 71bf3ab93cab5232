"""The article's network three times: nnref, nnfast, and NumPy as the article writes it.

Each benchmark is one pass over some examples and counts each example as an iteration, so the times
in the tables are per update or per query, however many examples there are. The examples are random
numbers, since no code here takes another path for other numbers. Nothing is timed before it has
been checked against the oracle.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.special import expit

import nnfast
import nnref

Array = NDArray[np.float64]
Shape = tuple[int, int, int]

LR = 0.1
ROUNDS = 25
# Examples in a pass, enough for milliseconds in nnfast; for 784-200-10 also more of them than a
# level 2 cache holds, as in real training.
EXAMPLES: dict[Shape, int] = {(784, 200, 10): 500, (64, 32, 10): 2000, (2, 3, 1): 5000}
# The oracle is that much slower, about, and is not here to win.
ORACLE_EXAMPLES_FEWER = 50


class ArticleNetwork:
    """The article's code with its errata put right, as a NumPy user would then write it."""

    def __init__(self, inodes: int, hnodes: int, onodes: int, lr: float, *, seed: int) -> None:
        start = nnref.NeuralNetwork(inodes, hnodes, onodes, lr, seed=seed)
        self.lr = lr
        self.weights_input_hidden = np.array(start.weights_input_hidden)
        self.weights_hidden_output = np.array(start.weights_hidden_output)
        self.activation = expit

    @property
    def weights(self) -> tuple[Array, Array]:
        """Both matrices, as in nnref and nnfast."""
        return self.weights_input_hidden, self.weights_hidden_output

    def query(self, inputs: Array) -> Array:
        """Return the outputs for one example."""
        hidden_outputs = self.activation(inputs @ self.weights_input_hidden)
        return self.activation(hidden_outputs @ self.weights_hidden_output)

    def train(self, inputs: Array, targets: Array) -> None:
        """Make one update from one example."""
        hidden_outputs = self.activation(inputs @ self.weights_input_hidden)
        final_outputs = self.activation(hidden_outputs @ self.weights_hidden_output)
        output_errors = targets - final_outputs
        hidden_errors = self.weights_hidden_output @ output_errors
        # The learning rate times a vector, not times the matrix that np.outer makes of it.
        self.weights_hidden_output += np.outer(
            hidden_outputs, self.lr * output_errors * final_outputs * (1.0 - final_outputs)
        )
        self.weights_input_hidden += np.outer(
            inputs, self.lr * hidden_errors * hidden_outputs * (1.0 - hidden_outputs)
        )

    def fit(self, inputs: Array, targets: Array) -> None:
        """Make one update per example."""
        for row, wanted in zip(inputs, targets, strict=True):
            self.train(row, wanted)


NETWORKS: dict[str, Callable[..., Any]] = {
    "nnref": nnref.NeuralNetwork,
    "nnfast": nnfast.NeuralNetwork,
    "numpy": ArticleNetwork,
}


class Case(NamedTuple):
    """A network, and examples in the form that suits it best: lists for nnref, arrays otherwise."""

    network: Any
    inputs: Any
    targets: Any


def make_case(name: str, shape: Shape) -> Case:
    rng = np.random.default_rng(1)
    count = EXAMPLES[shape] // (ORACLE_EXAMPLES_FEWER if name == "nnref" else 1)
    examples: list[Any] = [rng.uniform(0.01, 1.0, (count, width)) for width in (shape[0], shape[2])]
    if name == "nnref":
        examples = [rows.tolist() for rows in examples]
    return Case(NETWORKS[name](*shape, LR, seed=1), *examples)


@cache
def check_against_oracle(name: str, shape: Shape) -> None:
    """Five updates by train and as many by fit: weights and answers must be the oracle's."""
    oracle, _, _ = make_case("nnref", shape)
    network, inputs, targets = make_case(name, shape)
    for row, wanted in zip(inputs[:5], targets[:5], strict=True):
        oracle.train(row, wanted)
        network.train(row, wanted)
    oracle.fit(inputs[:5], targets[:5])
    network.fit(inputs[:5], targets[:5])
    for mine, theirs in zip(network.weights, oracle.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-13)
    np.testing.assert_allclose(network.query(inputs[0]), oracle.query(inputs[0]), atol=1e-13)


def measure(
    benchmark: BenchmarkFixture, group: str, examples: int, work: Callable[..., None], *args: Any
) -> None:
    """Time work(*args), and divide by the number of examples that it goes through."""

    def count_examples() -> None:
        if benchmark.stats is not None:  # None with --benchmark-disable
            benchmark.stats.iterations = examples

    benchmark.group = group
    benchmark.pedantic(work, args, setup=count_examples, rounds=ROUNDS, warmup_rounds=2)


def label(shape: Shape) -> str:
    return "-".join(map(str, shape))


@pytest.fixture(params=EXAMPLES, ids=label)
def shape(request: pytest.FixtureRequest) -> Shape:
    return request.param


@pytest.fixture(params=NETWORKS)
def name(request: pytest.FixtureRequest, shape: Shape) -> str:
    check_against_oracle(request.param, shape)
    return request.param


def test_fit(benchmark: BenchmarkFixture, name: str, shape: Shape) -> None:
    """Many updates in one call; with the article's code, a loop over the examples."""
    network, inputs, targets = make_case(name, shape)
    group = f"fit {label(shape)}, per update"
    measure(benchmark, group, len(inputs), network.fit, inputs, targets)


def test_train(benchmark: BenchmarkFixture, name: str, shape: Shape) -> None:
    """One update a call."""
    network, inputs, targets = make_case(name, shape)
    pairs = list(zip(inputs, targets, strict=True))

    def train_each() -> None:
        for row, wanted in pairs:
            network.train(row, wanted)

    measure(benchmark, f"train {label(shape)}, per call", len(pairs), train_each)


def test_query(benchmark: BenchmarkFixture, name: str, shape: Shape) -> None:
    """One answer a call."""
    network, inputs, _ = make_case(name, shape)
    rows = list(inputs)

    def query_each() -> None:
        for row in rows:
            network.query(row)

    measure(benchmark, f"query {label(shape)}, per call", len(rows), query_each)


def test_fit_limit(benchmark: BenchmarkFixture) -> None:
    """What no update of 784-200-10 gets below: each weight loaded, moved and stored once."""
    shape = 784, 200, 10
    network, inputs, _ = make_case("nnfast", shape)  # for its weights, which are aligned

    def pass_over_weights() -> None:
        for _ in inputs:
            for weights in network.weights:
                np.add(weights, 0.5, out=weights)

    measure(benchmark, f"fit {label(shape)}, per update", len(inputs), pass_over_weights)
