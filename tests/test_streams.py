"""`fit` on examples that come piece by piece."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnfast
import nnref

BACKENDS = (nnref, nnfast)
RNG = np.random.default_rng(1)
INPUTS, TARGETS = RNG.random((30, 4)), RNG.random((30, 2))


class Pieces:
    """The examples in pieces of one size, from the first one in each iteration."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for start in range(0, 30, self.size):
            yield INPUTS[start : start + self.size], TARGETS[start : start + self.size]


def made(package: Any, **options: Any) -> Any:
    return package.NeuralNetwork(4, 5, 2, 0.3, seed=1, bias=True, **options)


@pytest.mark.parametrize("package", BACKENDS)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize(("size", "batch_size"), [(30, 1), (7, 1), (1, 1), (10, 5), (6, 3)])
def test_pieces_train_as_the_whole_does(
    package: Any, optimizer: str, size: int, batch_size: int
) -> None:
    whole, pieces = (made(package, optimizer=optimizer) for _ in range(2))
    wanted = whole.fit(INPUTS, TARGETS, epochs=3, batch_size=batch_size)
    history = pieces.fit(Pieces(size), epochs=3, batch_size=batch_size)
    assert pieces.digest() == whole.digest()
    assert pieces.epochs == 3
    assert history.loss == pytest.approx(wanted.loss)


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_both_backends_agree_on_pieces(batch_size: int) -> None:
    networks = [made(package) for package in BACKENDS]
    losses = [network.fit(Pieces(7), epochs=2, batch_size=batch_size) for network in networks]
    assert networks[0].digest() == networks[1].digest()
    assert losses[0] == losses[1]


@pytest.mark.parametrize("package", BACKENDS)
def test_a_batch_does_not_reach_into_the_next_piece(package: Any) -> None:
    one, other = made(package), made(package)
    one.fit(Pieces(7), batch_size=5)
    for inputs, targets in Pieces(7):
        other.fit(inputs, targets, batch_size=5)
    assert one.digest() == other.digest()


@pytest.mark.parametrize("package", BACKENDS)
def test_a_generator_is_good_for_one_epoch(package: Any) -> None:
    network, whole = made(package), made(package)
    network.fit(iter(Pieces(7)))
    whole.fit(INPUTS, TARGETS)
    assert network.digest() == whole.digest()
    with pytest.raises(ValueError, match=r"inputs: got <generator .* only once, with epochs=2"):
        network.fit(iter(Pieces(7)), epochs=2)
    assert network.digest() == whole.digest()


@pytest.mark.parametrize("package", BACKENDS)
def test_validation_schedule_and_patience_work_on_pieces(package: Any) -> None:
    options = {
        "epochs": 5, "validation": (INPUTS[:5], TARGETS[:5]), "schedule": "inverse", "patience": 2,
    }  # fmt: skip
    whole, pieces = made(package), made(package)
    wanted = whole.fit(INPUTS, TARGETS, **options)
    history = pieces.fit(Pieces(30), **options)
    assert pieces.digest() == whole.digest()
    assert history == wanted


@pytest.mark.parametrize("package", BACKENDS)
def test_a_bad_piece_changes_nothing_and_what_came_before_stays_learned(package: Any) -> None:
    network, other = made(package), made(package)
    with pytest.raises(ValueError, match=r"piece 1 of inputs, its inputs\[0\]\[0\]: got nan"):
        network.fit([(INPUTS, TARGETS), (INPUTS * np.nan, TARGETS)])
    other.fit(INPUTS, TARGETS)
    assert network.digest() == other.digest()
    with pytest.raises(ValueError, match="shuffle: got True without targets"):
        network.fit(Pieces(7), shuffle=True)
