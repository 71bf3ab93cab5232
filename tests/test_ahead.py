"""Do values come as they are, where another thread makes them, and does that thread end?"""

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers import HANGS

import nnfast
import nnref
from nnfast.ahead import made_ahead
from nnfast.datasets import augment
from nnfast.distortion import Distortion

RNG = np.random.default_rng(1)
INPUTS, TARGETS = RNG.random((600, 36)), RNG.random((600, 2))


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    before = threading.active_count()
    yield
    wait_until(lambda: threading.active_count() == before)


def wait_until(condition: Any) -> None:
    end = time.monotonic() + HANGS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def examples(threads: int) -> Any:
    return augment(INPUTS, TARGETS, (6, 6), seed=1, threads=threads)


def test_values_come_in_their_order_each_as_it_is() -> None:
    values: list[Any] = [0, None, "b", None]
    assert list(made_ahead(iter(values))) == values
    assert list(made_ahead(iter([]))) == []


def test_another_thread_makes_the_next_value_while_one_is_used() -> None:
    made: list[str] = []

    def values() -> Iterator[int]:
        for value in range(3):
            made.append(threading.current_thread().name)
            yield value

    ahead = made_ahead(values())
    assert made == []  # not before the first is asked for
    assert next(ahead) == 0
    wait_until(lambda: len(made) == 2)
    time.sleep(0.01)
    assert len(made) == 2  # and none beyond that
    assert all(name != threading.current_thread().name for name in made)
    assert list(ahead) == [1, 2]


def test_an_error_comes_where_its_value_would() -> None:
    def values() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    ahead = made_ahead(values())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="no more"):
        next(ahead)


def test_whoever_asks_for_no_more_has_no_thread_left() -> None:
    """Even while the iterator is there, as it is in the traceback of an error in training."""
    before = threading.active_count()
    ahead = made_ahead(iter(range(10)))
    assert next(ahead) == 0
    wait_until(lambda: threading.active_count() == before)
    assert list(ahead) == list(range(1, 10))


@pytest.mark.parametrize("threads", [2, 3])
def test_the_stream_does_not_depend_on_threads(threads: int) -> None:
    one, other = examples(1), examples(threads)
    for epoch in range(3):
        pairs = zip(one, other, strict=True)
        assert all(a.tobytes() == b.tobytes() for pair in pairs for a, b in zip(*pair, strict=True))
        assert other.epoch == epoch + 1


@pytest.mark.parametrize(("threads", "beside"), [(1, False), (2, True)])
def test_only_with_threads_images_are_made_beside_the_training(
    monkeypatch: pytest.MonkeyPatch, threads: int, beside: bool
) -> None:
    distorted, makers = Distortion.distorted, set()

    def watched(self: Distortion, *arguments: Any) -> Any:
        makers.add(threading.current_thread() is not threading.main_thread())
        return distorted(self, *arguments)

    monkeypatch.setattr(Distortion, "distorted", watched)
    list(examples(threads))
    assert makers == {beside}


@pytest.mark.parametrize("package", [nnref, nnfast])
def test_a_network_learns_the_same(package: Any) -> None:
    digests = []
    for threads in (1, 2):
        network = package.NeuralNetwork(36, 5, 2, 0.1, seed=1)
        network.fit(examples(threads), epochs=2, batch_size=64)
        digests.append(network.digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_training_that_ends_early_leaves_no_thread(error: type[BaseException]) -> None:
    def pieces() -> Iterator[Any]:
        for place, pair in enumerate(examples(2)):
            if place == 1:
                raise error
            yield pair

    network = nnfast.NeuralNetwork(36, 5, 2, 0.1, seed=1)
    with pytest.raises(error):
        network.fit(pieces())
