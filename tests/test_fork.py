"""A child that is forked while another thread uses a network can use it, too."""

import os
import subprocess
import sys

import pytest
from helpers import HANGS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

# The thread holds the lock, and with nnfast the kernel is at work, when the process forks.
PROGRAM = """
import os, pickle, signal, sys, threading
from {package} import NeuralNetwork

class Engine:
    def __init__(self, engine):
        self.engine = engine

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def fit(self, *arguments):
        begun.set()
        {work}

network = NeuralNetwork(30, [300, 300], 10, 0.1, seed=1, optimizer="adam")
idle = NeuralNetwork(3, 4, 2, 0.1, seed=1)
example, targets = [0.5] * 30, [0.5] * 10
network.train(example, targets)
engine, lock, idle_parts = network._engine, network._lock, (idle._engine, idle._lock)
network._engine = Engine(engine)
begun, forked = threading.Event(), threading.Event()
threading.Thread(
    target=network.fit, args=([example] * {examples}, [targets] * {examples}),
    kwargs=dict(batch_size={examples}), daemon=True,
).start()
begun.wait()
{wait}
pid = os.fork()
if pid == 0:
    signal.alarm({hangs})
    assert (idle._engine, idle._lock) == idle_parts
    assert tuple(network._seen) == tuple(engine.seen)
    network.query(example)
    network.predict([example] * 3)
    network.digest()
    twin = pickle.loads(pickle.dumps(network))
    assert twin.digest() == network.digest()
    network.train(example, targets)
    network.fit([example] * 3, [targets] * 3, epochs=2)
    assert network.digest() != twin.digest()
    os._exit(7)
status = os.waitpid(pid, 0)[1]
print(os.waitstatus_to_exitcode(status), flush=True)
os._exit(0)
"""
# That the kernel is at work it says itself, to whoever does not ask for the lock.
AT_WORK = """
def is_at_work():
    try:
        engine.backquery(*buffers)
    except RuntimeError:
        return True
    return False

import numpy as np
buffers = np.full(10, 0.5), np.empty(30)
while not is_at_work():
    pass
"""
CASES = {
    "nnref": ("forked.wait()", 1, ""),
    "nnfast": ("forked.wait()", 1, ""),
    "nnfast at work": ("while True: self.engine.fit(*arguments)", 20_000, AT_WORK),
}


@pytest.mark.parametrize("case", CASES)
def test_a_child_can_use_a_network_that_was_in_use(case: str) -> None:
    work, examples, wait = CASES[case]
    program = PROGRAM.format(
        package=case.split()[0], work=work, examples=examples, wait=wait, hangs=HANGS
    )
    finished = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, text=True, timeout=2 * HANGS, check=False,
    )  # fmt: skip
    assert (finished.stdout, finished.stderr) == ("7\n", "")
