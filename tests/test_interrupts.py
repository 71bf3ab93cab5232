"""Ctrl-C at any moment leaves a network after its last finished update."""

import copy
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import pytest
from helpers import BACKENDS, BUILDS, bits, draw_rows, kernel, network

import nnfast
from nnfast.network import NeuralNetwork as FastNetwork


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
    """Return the digests of networks that were interrupted while acting, once per instruction."""
    digests = set()
    for instruction in itertools.count():
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


CTRL_C = """
import json, signal, sys
from test_interrupts import long_fit

signal.signal(signal.SIGINT, signal.default_int_handler)
nn, inputs, targets = long_fit(sys.argv[1])
print("begun", flush=True)
try:
    nn.fit(inputs, targets, epochs=10**9)
except KeyboardInterrupt:
    print(json.dumps([float(nn.weights[-1][0][0]), nn.digest()]), flush=True)
"""


def long_fit(package: str) -> tuple[Any, Any, Any]:
    """Return a network and examples that keep it busy; for nnfast, some 10 seconds per epoch."""
    hnodes, examples = {"nnref": ([10], 2000), "nnfast": ([1000, 1000], 30_000)}[package]
    draws = random.Random(1)
    inputs, targets = (np.array(draw_rows(draws, "usual", examples, width)) for width in (20, 5))
    return network(BACKENDS[package], 20, hnodes, 5, lr=0.1), inputs, targets


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C alone")
@pytest.mark.parametrize("package", BACKENDS)
def test_ctrl_c_stops_a_fit_after_a_finished_update(package: str) -> None:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-P", "-c", CTRL_C, package],
        env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(0.3)
            sent = time.monotonic()
            process.send_signal(signal.SIGINT)
            weight, digest = json.loads(process.stdout.readline())
            seconds = time.monotonic() - sent
        finally:
            process.kill()
    # Which update was the last? Its weights are those of a network that is trained so far.
    nn, inputs, targets = long_fit(package)
    for updates in range(100_000):
        if nn.weights[-1][0][0] == weight and nn.digest() == digest:
            break
        nn.train(inputs[updates % len(inputs)], targets[updates % len(inputs)])
    else:
        pytest.fail("the weights are those of no update")
    assert updates > 0
    print(f"{package}: stopped {seconds:.4f} s after Ctrl-C, after {updates} updates")
    # Half a second is promised; a busy machine may take its time.
    assert seconds < 5


def signal_once_the_kernel_works(network: FastNetwork, examples: int) -> threading.Thread:
    """Start a thread that sends SIGINT; after a fixed time it might come before or after.

    The lock tells that the kernel works, but first it does no more than look at the examples.
    """
    wanted = network._seen.examples + examples

    def send() -> None:
        while network._seen.examples < wanted:
            time.sleep(0.001)
        time.sleep(0.005)
        while network._lock.acquire(blocking=False):
            network._lock.release()
            time.sleep(0.001)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_ctrl_c_in_the_middle_of_a_large_batch(build: str, optimizer: str) -> None:
    """One batch may take seconds; left in the middle, it has changed nothing, and all goes on."""
    inputs, targets = np.full((40_000, 200), 0.5), np.full((40_000, 10), 0.5)
    with kernel(build):
        network = nnfast.NeuralNetwork(200, 100, 10, 0.1, seed=1, optimizer=optimizer, bias=True)
        network.fit(inputs[:100], targets[:100], batch_size=50)
        undisturbed = copy.copy(network)
        before = bits([array.tolist() for array in network._arrays.values()])
        interrupt = signal_once_the_kernel_works(network, len(inputs))
        with pytest.raises(KeyboardInterrupt):
            network.fit(inputs, targets, batch_size=len(inputs), epochs=100)
        interrupt.join()
        assert network.epochs == 1
        assert bits([array.tolist() for array in network._arrays.values()]) == before
        for other in (network, undisturbed):
            other.train(inputs[0], targets[0])
        assert network.digest() == undisturbed.digest()


@pytest.mark.parametrize("build", BUILDS)
def test_a_signal_handler_cannot_disturb_a_large_batch(build: str) -> None:
    """The lock lets it in, since it runs in the thread that holds it."""
    inputs, targets = np.full((40_000, 200), 0.5), np.full((40_000, 10), 0.5)
    attempts: list[str] = []

    def use(number: int, frame: Any) -> None:
        for call in (
            lambda: network.query(inputs[0]),
            lambda: network.predict(inputs[:200]),
            lambda: network.train(inputs[0], targets[0]),
            lambda: network.fit(inputs[:2], targets[:2]),
            lambda: network.backquery(targets[0]),
            lambda: network._evaluate(inputs[:2], targets[:2]),
        ):
            with pytest.raises(RuntimeError, match="a signal handler cannot use a network"):
                call()
            attempts.append("refused")

    with kernel(build):
        network, undisturbed = (
            nnfast.NeuralNetwork(200, 100, 10, 0.1, seed=1, optimizer="adam") for _ in range(2)
        )
        undisturbed.fit(inputs, targets, batch_size=len(inputs))
        before = signal.signal(signal.SIGINT, use)
        try:
            interrupt = signal_once_the_kernel_works(network, len(inputs))
            network.fit(inputs, targets, batch_size=len(inputs))
            interrupt.join()
        finally:
            signal.signal(signal.SIGINT, before)
        assert attempts == ["refused"] * 6
        assert network.digest() == undisturbed.digest()
