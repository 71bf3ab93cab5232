"""Ctrl-C at any moment leaves a network after its last finished update."""

import itertools
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import pytest
from helpers import BUILDS, amount, bits, kernel, network

import nnfast
from nnfast.network import NeuralNetwork as FastNetwork


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Undo what a job in the background begins with: SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupter:
    """A trace function that raises KeyboardInterrupt at the n-th step through certain files."""

    def __init__(self, files: tuple[str, ...], instruction: int) -> None:
        self.files = files
        self.left = instruction

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.endswith(self.files):
            return None
        # Lines too: some releases of CPython 3.13 leave out the instructions.
        frame.f_trace_opcodes = True
        if event in ("line", "opcode"):
            self.left -= 1
            if self.left == -1:
                raise KeyboardInterrupt
        return self


def interrupted_everywhere(start: Callable[[], Any], act: Callable[[Any], object]) -> set[str]:
    """Return the digests of networks that were interrupted while acting, at each instruction."""
    digests = set()
    for instruction in itertools.count(step=amount(1, quick=7)):
        nn = start()
        before = sys.gettrace()
        interrupter = Interrupter(("nnref/common/network.py", "network.py"), instruction)
        try:
            sys.settrace(interrupter)
            act(nn)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        digests.add(nn.digest())
        if interrupter.left >= 0:
            assert instruction > 10
            return digests
    raise AssertionError


def test_an_interrupt_anywhere_leaves_the_last_finished_update(backend: ModuleType) -> None:
    def start() -> Any:
        return network(backend, 2, 2, 1)

    rows, wanted = [[0.1, 0.9], [0.7, 0.4]], [[0.3], [0.9]]
    twin = start()
    digests = [twin.digest()]
    for row, targets in zip(rows, wanted, strict=True):
        twin.train(row, targets)
        digests.append(twin.digest())
    assert interrupted_everywhere(start, lambda nn: nn.train(rows[0], wanted[0])) == {*digests[:2]}
    assert interrupted_everywhere(start, lambda nn: nn.fit(rows, wanted)) <= {*digests}


LONG = {"nnref": ([10], 1000), "nnfast": ([400, 400], 12_000)}  # hidden layers and examples


def test_ctrl_c_stops_a_fit_after_a_finished_update(backend: ModuleType) -> None:
    hnodes, examples = LONG[backend.__name__]
    rng = np.random.default_rng(1)
    inputs, targets = rng.random((examples, 20)), rng.random((examples, 5))
    nn, twin = (network(backend, 20, hnodes, 5, lr=0.1) for _ in range(2))
    weights, start = nn.weights[-1], float(twin.weights[-1][0][0])
    at_signal = []

    def send() -> None:
        while weights[0][0] == start:
            time.sleep(0.001)
        signal.raise_signal(signal.SIGINT)
        at_signal.append(float(weights[0][0]))

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        nn.fit(inputs, targets, epochs=10**9)
    sender.join()
    # Which update was the last? Its weights are those of a network that is trained so far.
    passed = [start]
    while passed[-1] != weights[0][0] or twin.digest() != nn.digest():
        assert len(passed) < 100_000, "the weights are those of no update"
        place = (len(passed) - 1) % examples
        twin.train(inputs[place], targets[place])
        passed.append(float(twin.weights[-1][0][0]))
    # It comes soon after the signal: fit looks for one between the kernel's calls, of some 400
    # updates each here.
    late = len(passed) - 1 - passed.index(at_signal[0])
    assert late < examples / 10


class Interrupted:
    """A network's engine to which, while it trains, another thread sends SIGINT.

    On a busy machine the signal may come when the work is done; but never after the call of `fit`.
    """

    def __init__(self, engine: Any) -> None:
        self.engine, self.begun = engine, threading.Event()
        self.sender = threading.Thread(target=self.send, daemon=True)
        self.sender.start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def send(self) -> None:
        self.begun.wait()
        signal.raise_signal(signal.SIGINT)

    def fit(self, *arguments: Any) -> float:
        self.begun.set()
        loss: float = self.engine.fit(*arguments)
        self.sender.join()
        return loss


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[FastNetwork], None]:
    """Return what trains a network on a large batch, with a signal in its midst."""

    def interrupt(nn: FastNetwork) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(nn, "_engine", Interrupted(nn._engine))
            nn.fit(*EXAMPLES, batch_size=BATCH)

    return interrupt


BATCH = 40_000
EXAMPLES = np.full((BATCH, 200), 0.5), np.full((BATCH, 10), 0.5)
ATTEMPTS = 100  # until a signal comes in time; the first does, where the machine is not very busy


def state(nn: FastNetwork) -> bytes:
    """Return all that training changes."""
    return bits([array.tolist() for array in nn._arrays.values()])


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_ctrl_c_in_the_middle_of_a_large_batch(
    build: str, optimizer: str, interrupt: Callable[[FastNetwork], None]
) -> None:
    """One batch may take seconds; left in the middle, it has changed nothing, and all goes on."""
    options = {"optimizer": optimizer, "bias": True}
    with kernel(build):
        nn, twin = (network(nnfast, 200, 100, 10, lr=0.1, **options) for _ in range(2))
        for _ in range(ATTEMPTS):
            before = state(nn)
            with pytest.raises(KeyboardInterrupt):
                interrupt(nn)
            if state(nn) == before:
                break
            twin.fit(*EXAMPLES, batch_size=BATCH)
            assert state(nn) == state(twin)
        else:
            pytest.fail("no batch was left in the middle")
        for other in (nn, twin):
            other.train(EXAMPLES[0][0], EXAMPLES[1][0])
        assert state(nn) == state(twin)


@pytest.mark.parametrize("build", BUILDS)
def test_a_signal_handler_cannot_disturb_a_large_batch(
    build: str, interrupt: Callable[[FastNetwork], None]
) -> None:
    """The lock lets it in, since it runs in the thread that holds it."""
    inputs, targets = EXAMPLES
    refused = []

    def use(number: int, frame: Any) -> None:
        for call in (
            lambda: nn.query(inputs[0]),
            lambda: nn.predict(inputs[:200]),
            lambda: nn.train(inputs[0], targets[0]),
            lambda: nn.fit(inputs[:2], targets[:2]),
            lambda: nn.backquery(targets[0]),
            lambda: nn._evaluate(inputs[:2], targets[:2]),
        ):
            try:
                call()
            except RuntimeError as error:
                refused.append(str(error))
            else:
                return

    with kernel(build):
        nn, twin = (network(nnfast, 200, 100, 10, lr=0.1, optimizer="adam") for _ in range(2))
        signal.signal(signal.SIGINT, use)
        for _ in range(ATTEMPTS):
            interrupt(nn)
            twin.fit(*EXAMPLES, batch_size=BATCH)
            if refused:
                break
        assert refused == ["a signal handler cannot use a network that is at work"] * 6
        assert state(nn) == state(twin)
