"""`gradient`: the mean loss and its slopes, the same bits in both backends."""

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cases import Case, cases
from helpers import BACKENDS, BUILDS, INPUTS, TARGETS, amount, bits, draw_rows, kernel, network
from hypothesis import given, settings
from hypothesis import strategies as st

import nnfast
from nnref import SGD, Adam

backends = pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
STEP = 2.0**-17


@pytest.mark.filterwarnings("ignore:inputs. got numbers")
@pytest.mark.parametrize("build", BUILDS)
@settings(max_examples=amount(80, quick=25), deadline=None)
@given(case=cases(widest=20), examples=st.sampled_from([1, 5, 64, 65, 130]), weighted=st.booleans())
def test_both_backends_give_the_same_bits(
    build: str, case: Case, examples: int, weighted: bool
) -> None:
    inputs, targets = case.rows(examples)
    draws = random.Random(case.data_seed)
    weights = [draws.random() for _ in inputs] if weighted else None
    with kernel(build):
        reference, fast = case.networks()
        ours, theirs = (nn.gradient(inputs, targets, weights) for nn in (reference, fast))
    assert bits(ours.loss) == bits(theirs.loss)
    assert bits(ours.weights) == bits(theirs.weights)
    assert bits(ours.biases) == bits(theirs.biases)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("output_activation", "loss"),
    [("sigmoid", "squared_error"), ("identity", "squared_error"), ("softmax", "cross_entropy")],
)
@backends
def test_the_slopes_are_those_of_the_loss(
    backend: ModuleType, output_activation: str, loss: str, weighted: bool
) -> None:
    """Measured by moving each weight a little; the rule for training is the article's."""
    nn = network(
        backend, 3, [4, 3], 2, output_activation=output_activation, loss=loss, bias=True,
        hidden_error="split", activation="tanh", optimizer=SGD(weight_decay=0.1),
    )  # fmt: skip
    sample_weight = [0.5, 2.0, 1.0, 0.0] if weighted else None
    gradient = nn.gradient(INPUTS, TARGETS, sample_weight)
    for rows, slopes in zip(
        [*nn.weights, *([row] for row in nn.biases)],
        [*gradient.weights, *([row] for row in gradient.biases)],
        strict=True,
    ):
        for row, row_slopes in zip(rows, slopes, strict=True):
            for place, slope in enumerate(row_slopes):
                kept, losses = row[place], []
                for moved in (kept + STEP, kept - STEP):
                    row[place] = moved
                    losses.append(nn.gradient(INPUTS, TARGETS, sample_weight).loss)
                row[place] = kept
                assert slope == pytest.approx((losses[0] - losses[1]) / (2 * STEP), abs=1e-9)


@backends
def test_it_is_what_a_batch_moves_the_weights_by(backend: ModuleType) -> None:
    nn = network(backend, bias=True, lr=1.0, hidden_error="gradient")
    nn.weights = [[[0.0] * len(row) for row in matrix] for matrix in nn.weights]
    gradient = nn.gradient(INPUTS, TARGETS)
    history = nn.fit(INPUTS, TARGETS, batch_size=4)
    assert history.loss == [gradient.loss]
    negative = [[[-slope for slope in row] for row in matrix] for matrix in gradient.weights]
    np.testing.assert_array_equal(np.array(negative[1]), np.array(nn.weights[1]))
    np.testing.assert_array_equal(-np.array(gradient.biases[1]), np.array(nn.biases[1]))


@pytest.mark.parametrize("optimizer", [SGD(), SGD(0.1), Adam()], ids=repr)
@pytest.mark.parametrize("batch_size", [1, 3])
@backends
def test_the_network_does_not_change(backend: ModuleType, batch_size: int, optimizer: Any) -> None:
    """Nor does what it does next, in which the kernel uses the same memory."""
    asked, left_alone = (network(backend, bias=True, optimizer=optimizer) for _ in range(2))
    before = asked.__getstate__()
    asked.gradient(INPUTS, TARGETS)
    assert asked.__getstate__() == before
    for nn in (asked, left_alone):
        nn.fit(INPUTS, TARGETS, batch_size=batch_size)
        nn.train(INPUTS[0], TARGETS[0])
    assert asked.digest() == left_alone.digest()


@backends
def test_only_relations_of_weights_count(backend: ModuleType) -> None:
    nn = network(backend, bias=True)
    ours = nn.gradient(INPUTS, TARGETS, [1.0, 2.0, 0.5, 4.0])
    theirs = nn.gradient(INPUTS, TARGETS, [x * 2.0**-40 for x in (1.0, 2.0, 0.5, 4.0)])
    assert bits(ours.loss) == bits(theirs.loss)
    assert bits(ours.weights) == bits(theirs.weights)


def test_without_biases_there_are_none() -> None:
    for backend in BACKENDS.values():
        assert network(backend).gradient(INPUTS, TARGETS).biases == []


def test_float32_gives_float32_near_the_oracle() -> None:
    draws = random.Random(1)
    inputs, targets = draw_rows(draws, "usual", 130, 3), draw_rows(draws, "usual", 130, 2)
    exact = network(nnfast, bias=True).gradient(inputs, targets)
    single = network(nnfast, bias=True, dtype="float32").gradient(inputs, targets)
    assert single.weights[0].dtype == np.float32
    assert single.loss == pytest.approx(exact.loss, rel=1e-5)
    for ours, theirs in zip(single.weights, exact.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
