"""Training that begins on numbers nobody scaled gets a warning, and no other training does."""

import random
import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nnfast
import nnref

SAYS = (
    "inputs: got numbers from {} to {}, too large to begin training on: the network may learn "
    "nothing. Scale them, pixels to 0.01 to 1 as nnfast.datasets.scale_inputs does, others to a "
    "mean of 0 and a deviation of 1."
)


def numbers(low: float, high: float, count: int = 100, width: int = 6) -> list[list[float]]:
    draws = random.Random(1)
    rows = [[draws.uniform(low, high) for _ in range(width)] for _ in range(count)]
    rows[0][0], rows[-1][-1] = low, high
    return rows


def complaints(nn: Any, inputs: Any, **options: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nn.fit(inputs, [[0.5]] * len(inputs), **options)
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


def fresh(backend: ModuleType, **options: Any) -> Any:
    return backend.NeuralNetwork(6, 4, 1, 0.1, seed=1, **options)


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 255.0), (0.0, 16.0), (-128.0, 127.0), (-1e300, 0.0), (20.0, 80.0)]
)
def test_numbers_that_nobody_scaled_are_noticed_once(
    backend: ModuleType, low: float, high: float
) -> None:
    nn, inputs = fresh(backend), numbers(low, high)
    assert complaints(nn, inputs, epochs=2) == [SAYS.format(f"{low:.4g}", f"{high:.4g}")]
    assert complaints(nn, inputs) == []  # it has begun already


def test_pieces_are_noticed_too(backend: ModuleType) -> None:
    pairs = [(numbers(0.0, 255.0), [[0.5]] * 100)] * 3
    with pytest.warns(UserWarning, match="^inputs: got numbers from 0 to 255, ") as caught:
        fresh(backend).fit(pairs)
    assert len(caught) == 1


@pytest.mark.parametrize(
    "inputs",
    [
        numbers(0.01, 1.0),
        numbers(-10.0, 10.0),
        [[*row[:-1], 60.0 if place == 0 else row[-1]] for place, row in enumerate(numbers(-2, 2))],
        numbers(0.0, 255.0, count=99),
    ],
    ids=["scaled", "within 10", "one far out", "few"],
)
def test_what_can_be_learned_from_is_trained_on_in_silence(
    backend: ModuleType, inputs: list[list[float]]
) -> None:
    assert complaints(fresh(backend), inputs) == []


def test_standardised_numbers_are_trained_on_in_silence_whatever_their_tails() -> None:
    draws = np.random.default_rng(1)
    for width in (1, 6, 784):
        raw = draws.standard_t(3, (1000, width))
        raw[:, 0] = draws.random(1000) < 0.003  # nearly always 0: the others are 18 deviations off
        inputs = (raw - raw.mean(0)) / raw.std(0)
        assert np.abs(inputs).max() > 10
        nn = nnfast.NeuralNetwork(width, 2, 1, 0.01, seed=1)
        assert complaints(nn, inputs) == []


def test_adam_learns_from_large_numbers_and_is_left_alone(backend: ModuleType) -> None:
    assert complaints(fresh(backend, optimizer="adam"), numbers(0.0, 255.0)) == []


def test_the_warning_is_true() -> None:
    """One network learns from the scaled numbers and not from the others; Adam from both."""
    draws = np.random.default_rng(1)
    labels = draws.integers(0, 2, 400)
    pixels = draws.random((400, 20)) * 0.5 + 0.5 * (labels[:, None] == np.arange(20) % 2)
    targets = np.eye(2)[labels] * 0.98 + 0.01

    def score(scale: float, **options: Any) -> float:
        nn = nnfast.NeuralNetwork(20, 10, 2, **{"lr": 0.1, "seed": 1, **options})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nn.fit(
                pixels * scale, targets, epochs=5, validation=(pixels * scale, targets)
            ).validation_score[-1]

    assert score(1.0) > 0.95
    assert score(255.0) < 0.8
    assert score(255.0, optimizer="adam", lr=0.01, hidden_error="gradient") > 0.95


def test_both_backends_use_the_same_words() -> None:
    inputs = numbers(-3.25, 255.5)
    assert complaints(fresh(nnref), inputs) == complaints(fresh(nnfast), inputs) != []
