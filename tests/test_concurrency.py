"""Several networks, or one, used by several threads at once.

That every method holds the network's lock is in ``test_whole_answers.py``, and that how many
threads a network itself uses moves no bit in ``test_threads.py``.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from helpers import BACKENDS, amount, bits, network

import nnfast


@pytest.fixture
def _no_thread_is_made_to_wait() -> Iterator[None]:
    """Let a thread of Python's run on until it lets go of the global lock itself."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def _threads_take_turns_all_the_time() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_no_thread_is_made_to_wait")
@pytest.mark.parametrize("call", ["predict", "fit", "evaluate"])
def test_python_goes_on_while_the_kernel_works(call: str) -> None:
    """So two threads that train two networks have both cores."""
    network = nnfast.NeuralNetwork(300, 200, 10, 0.1, seed=1)
    inputs, targets = np.full((2000, 300), 0.5), np.full((2000, 10), 0.5)
    calls: dict[str, Callable[[], object]] = {
        "predict": lambda: network._engine.predict(inputs, targets.copy(), 0, len(inputs)),
        "fit": lambda: network._engine.fit(
            inputs, targets, None, None, 0, len(inputs), 1, 0.1, 0.0
        ),
        "evaluate": lambda: network._engine.evaluate(
            inputs, targets, targets.copy(), 0, len(inputs), 0.0
        ),
    }
    assert another_thread_has_a_turn(calls[call])


@pytest.mark.usefixtures("_no_thread_is_made_to_wait")
@pytest.mark.parametrize("call", ["first_unlike", "order"])
def test_python_goes_on_while_the_kernel_looks_at_examples(call: str) -> None:
    network = nnfast.NeuralNetwork(1, 1, 1, 0.1, seed=1)
    zeros, order = np.zeros((1_000_000, 1)), np.zeros(1_000_000, np.int64)
    network._engine.see(zeros)
    order[-1] = -1  # and the call ends before it learns

    def fit() -> None:
        with contextlib.suppress(ValueError):
            network._engine.fit(zeros, zeros, None, order, 0, len(order), 1, 0.1, 0.0)

    calls = {"first_unlike": lambda: network._engine.first_unlike(zeros, 1), "order": fit}
    assert another_thread_has_a_turn(calls[call])


def another_thread_has_a_turn(call: Callable[[], object]) -> bool:
    """Return whether another thread gets on during a call."""
    turns, over = 0, False

    def take_turns() -> None:
        nonlocal turns
        while not over:
            turns += 1
            time.sleep(0)

    other = threading.Thread(target=take_turns)
    other.start()
    try:
        # On a busy machine the other thread may miss a call.
        for _ in range(1000):
            before = turns
            call()
            if turns > before:
                return True
        return False
    finally:
        over = True
        other.join()


def test_two_networks_in_two_threads_learn_as_if_alone() -> None:
    def trained(seed: int) -> str:
        network = nnfast.NeuralNetwork(20, 30, 4, 0.1, seed=seed)
        rng = np.random.default_rng(seed)
        network.fit(rng.random((300, 20)), rng.random((300, 4)), epochs=20, shuffle=True)
        return network.digest()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(trained, range(6))) == [trained(seed) for seed in range(6)]


def test_threads_may_query_at_once() -> None:
    nn = nnfast.NeuralNetwork(300, 200, 10, 0.5, seed=1)
    rows = np.random.default_rng(1).random((4, 300))
    wanted = [nn.query(row).tobytes() for row in rows]
    wrong = []

    def ask(place: int) -> None:
        for _ in range(2000):
            if nn.query(rows[place]).tobytes() != wanted[place]:
                wrong.append(place)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(rows))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.usefixtures("_threads_take_turns_all_the_time")
@pytest.mark.parametrize(("name", "shape"), [("nnref", (30, 40, 10)), ("nnfast", (300, 200, 10))])
def test_an_answer_is_that_of_one_network(name: str, shape: tuple[int, int, int]) -> None:
    inputs, over = np.full((5, shape[0]), 0.5).tolist(), False
    one, other, changing = (network(BACKENDS[name], *shape, seed=seed) for seed in (1, 2, 1))
    wanted = [bits(nn.predict(inputs)) for nn in (one, other)]

    def change() -> None:
        while not over:
            changing.weights = one.weights
            changing.weights = other.weights

    thread = threading.Thread(target=change)
    thread.start()
    try:
        answers = [bits(changing.predict(inputs)) for _ in range(amount(2000, quick=200))]
    finally:
        over = True
        thread.join()
    assert [answer for answer in answers if answer not in wanted] == []


@pytest.mark.parametrize("given", [np.array, list])
def test_threads_that_train_make_whole_updates(given: Callable[[Any], Any]) -> None:
    def start() -> nnfast.NeuralNetwork:
        return nnfast.NeuralNetwork(100, 100, 10, 0.5, seed=1)

    # The same example for all: in whichever order their updates come, the weights are the same.
    inputs, targets = given([0.5] * 100), given([0.25] * 10)

    def train(nn: nnfast.NeuralNetwork, times: int) -> None:
        for _ in range(times):
            nn.train(inputs, targets)

    alone, shared = start(), start()
    train(alone, 4000)
    threads = [threading.Thread(target=train, args=(shared, 1000)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.digest() == alone.digest()
