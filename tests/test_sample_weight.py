"""Sample weights: what an example counts as in `fit`, the same bits in both backends."""

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cases import Case, assert_same, cases
from helpers import BACKENDS, BUILDS, INPUTS, TARGETS, amount, bits, kernel, network
from hypothesis import given, settings
from hypothesis import strategies as st

import nnfast
from nnref import SGD, Adam, Momentum

backends = pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
OPTIMIZERS = [SGD(), SGD(0.01), Momentum(nesterov=True), Adam(weight_decay=0.01)]


def weights_for(count: int, seed: int = 0) -> list[float]:
    draws = random.Random(seed)
    return [draws.choice((0.0, 1.0, draws.random(), 3.0 * draws.random())) for _ in range(count)]


@pytest.mark.usefixtures("training_goes_on")
@pytest.mark.filterwarnings("ignore:inputs. got numbers")
@pytest.mark.parametrize("build", BUILDS)
@settings(max_examples=amount(80, quick=25), deadline=None)
@given(
    case=cases(widest=20),
    examples=st.sampled_from([8, 8, 100]),
    batch_size=st.sampled_from([1, 1, 3, 70, 100]),
    shuffle=st.booleans(),
)
def test_both_backends_give_the_same_bits(
    build: str, case: Case, examples: int, batch_size: int, shuffle: bool
) -> None:
    inputs, targets = case.rows(examples)
    options: dict[str, Any] = {"batch_size": batch_size, "shuffle": shuffle, "epochs": 2}
    options["sample_weight"] = [1.0, *weights_for(examples - 1, case.data_seed)]
    with kernel(build):
        reference, fast = case.networks()
        histories = [nn.fit(inputs, targets, **options) for nn in (reference, fast)]
    assert_same(reference, fast)
    assert bits(histories[0].loss) == bits(histories[1].loss)


@backends
@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_ones_are_the_same_as_none(backend: ModuleType, optimizer: Any, batch_size: int) -> None:
    ones, none = (network(backend, optimizer=optimizer, bias=True) for _ in range(2))
    history = ones.fit(INPUTS, TARGETS, sample_weight=[1] * 4, batch_size=batch_size)
    assert history.loss == none.fit(INPUTS, TARGETS, batch_size=batch_size).loss
    assert ones.digest() == none.digest()


@backends
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_weight_is_a_longer_step(backend: ModuleType, batch_size: int) -> None:
    fourfold, faster = network(backend, bias=True, lr=0.5), network(backend, bias=True, lr=2.0)
    fourfold.fit(INPUTS, TARGETS, sample_weight=[4.0] * 4, batch_size=batch_size)
    faster.fit(INPUTS, TARGETS, batch_size=batch_size)
    assert fourfold.digest() == faster.digest()


@backends
def test_a_batch_is_divided_by_the_number_of_its_examples(backend: ModuleType) -> None:
    """So two examples of weight 2 and 0 move the weights as far as one of weight 1."""
    weighted, alone = network(backend), network(backend)
    weighted.fit(INPUTS[:2], TARGETS[:2], sample_weight=[2, 0], batch_size=2)
    alone.fit(INPUTS[:1], TARGETS[:1])
    assert weighted.digest() == alone.digest()


@backends
def test_each_example_keeps_its_weight_when_the_order_changes(backend: ModuleType) -> None:
    shuffled, ordered = network(backend), network(backend)
    shuffled.fit(INPUTS, TARGETS, sample_weight=[1, 2, 3, 4], shuffle=True)
    from nnref.common.randomness import epoch_order

    order = list(epoch_order(4, 1, 0))
    assert order != [0, 1, 2, 3]
    ordered.fit(
        [INPUTS[at] for at in order],
        [TARGETS[at] for at in order],
        sample_weight=[at + 1 for at in order],
    )
    assert shuffled.digest() == ordered.digest()


@backends
def test_the_history_has_the_weighted_mean(backend: ModuleType) -> None:
    sample_weight = [1.0, 0.0, 2.5, 0.25]
    losses = [network(backend).fit([x], [t]).loss[0] for x, t in zip(INPUTS, TARGETS, strict=True)]
    nn = network(backend)
    history = nn.fit(INPUTS, TARGETS, sample_weight=sample_weight, batch_size=4)
    total = 0.0
    for loss, weight in zip(losses, sample_weight, strict=True):
        total += weight * loss
    assert history.loss == [total / 3.75]


@backends
def test_pieces_have_their_own_weights(backend: ModuleType) -> None:
    pieces, whole = network(backend), network(backend)
    history = pieces.fit(
        [
            (INPUTS[:2], TARGETS[:2], [0.5, 2.0]),
            (INPUTS[2:3], TARGETS[2:3]),
            (INPUTS[3:], TARGETS[3:], [3]),
        ],
        epochs=2,
    )
    expected = whole.fit(INPUTS, TARGETS, sample_weight=[0.5, 2.0, 1.0, 3.0], epochs=2)
    assert pieces.digest() == whole.digest()
    assert bits(history.loss) == bits(expected.loss)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_may_be_some_of_the_networks_numbers(dtype: str) -> None:
    """What is trained must not change what an example counts as."""
    aliased, apart = (network(nnfast, 2, 2, 2, dtype=dtype) for _ in range(2))
    for nn in (aliased, apart):
        nn.weights = [[[0.5, 1.0], [1.5, 2.0]]] * 2
    row = aliased.weights[1][0]
    aliased.fit(np.ones((2, 2)), np.zeros((2, 2)), sample_weight=row, epochs=3)
    apart.fit(np.ones((2, 2)), np.zeros((2, 2)), sample_weight=[0.5, 1.0], epochs=3)
    assert aliased.digest() == apart.digest()


def test_float32_is_near_the_oracle() -> None:
    reference, fast = (
        network(nnfast, 3, 4, 2, dtype=dtype, bias=True) for dtype in ("float64", "float32")
    )
    for nn in (reference, fast):
        nn.fit(INPUTS, TARGETS, sample_weight=[0.5, 0.0, 2.0, 3.0], epochs=5, batch_size=3)
    for expected, got in zip(reference.weights, fast.weights, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5)
