"""Shows that no call leaks: after very many calls the process holds no more memory than before.

Two million updates, one by one and in calls of `fit`, and every other call that reaches the kernel
or a file, refused ones included; each on its own, so that what is printed names what leaks. Exit
status 1 if one does. A call repeated n times that leaks as little as MOST / n bytes is noticed.
"""

import contextlib
import copy
import gc
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnfast import NeuralNetwork

# A few pages that the allocator keeps are not a leak; 16 bytes per call are far above this.
MOST = 2**20
RNG = np.random.default_rng(1)
INPUTS, TARGETS = RNG.random((100, 20)), RNG.random((100, 5))
# Enough work that the kernel starts the other threads; and more than one block of a batch.
MANY_INPUTS, MANY_TARGETS = RNG.random((3000, 60)), RNG.random((3000, 10))


def resident() -> int:
    """Return how many bytes of memory this process holds, after freeing what it can."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def growth(call: Callable[[], object], count: int) -> int:
    """Return by how many bytes the process grows in this many calls, after a tenth to warm up."""
    for _ in range(count // 10):
        call()
    before = resident()
    for _ in range(count):
        call()
    return resident() - before


def calls(dtype: str, folder: Path) -> dict[str, tuple[int, Callable[[], object]]]:
    """Return what to call, and how often."""

    def made(threads: int = 1, **options: Any) -> NeuralNetwork:
        return NeuralNetwork(
            20, [15, 7], 5, 1e-3, seed=1, bias=True, dtype=dtype, threads=threads, **options
        )

    network, adam = made(), made(optimizer="adam")
    team = NeuralNetwork(60, 70, 10, 1e-3, seed=1, dtype=dtype, threads=2)
    answer = [0.5] * 5

    def save_and_load() -> None:
        adam.save(folder / "network.safetensors")
        NeuralNetwork.load(folder / "network.safetensors")

    def refused() -> None:
        for inputs, targets in ((INPUTS, TARGETS[:, :4]), (INPUTS + np.nan, TARGETS)):
            with contextlib.suppress(ValueError):
                network.fit(inputs, targets)
        with contextlib.suppress(TypeError):
            network.train(INPUTS[0], "no numbers")

    return {
        "train": (500_000, lambda: network.train(INPUTS[0], TARGETS[0])),
        "fit": (5_000, lambda: network.fit(INPUTS, TARGETS)),
        "fit in batches": (5_000, lambda: adam.fit(INPUTS, TARGETS, batch_size=70, shuffle=True)),
        "fit, validated": (
            5_000, lambda: network.fit(INPUTS[:9], TARGETS[:9], validation=(INPUTS, TARGETS))
        ),
        "fit on two threads": (100, lambda: team.fit(MANY_INPUTS, MANY_TARGETS, batch_size=100)),
        "predict on two threads": (100, lambda: team.predict(MANY_INPUTS)),
        "query": (100_000, lambda: network.query(INPUTS[0])),
        "predict": (20_000, lambda: network.predict(INPUTS)),
        "backquery": (50_000, lambda: network.backquery(answer)),
        "explain": (3_000, lambda: network.explain(INPUTS[0], TARGETS[0])),
        "digest": (5_000, network.digest),
        "a new network": (5_000, lambda: made(optimizer="adam").train(INPUTS[0], TARGETS[0])),
        "copy": (5_000, lambda: copy.deepcopy(adam).train(INPUTS[0], TARGETS[0])),
        "pickle": (5_000, lambda: pickle.loads(pickle.dumps(adam))),
        "save and load": (3_000, save_and_load),
        "refused": (5_000, refused),
    }  # fmt: skip


def main() -> int:
    """Make all calls with both types of numbers; return the exit status."""
    leaks = 0
    with tempfile.TemporaryDirectory() as folder:
        for dtype in ("float64", "float32"):
            for name, (count, call) in calls(dtype, Path(folder)).items():
                grown = growth(call, count)
                verdict = "LEAKS" if grown > MOST else ""
                print(f"{dtype}  {name:<22} {count:>9,} times  {grown // 1024:+7,} KiB  {verdict}")
                leaks += grown > MOST
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
