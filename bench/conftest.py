"""One core and one thread for everything that is timed, and a header that says what was."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from threadpoolctl import threadpool_info

from nnfast.benchmark.machine import machine, one_core

# Pytest's importlib mode does not put a test's folder where imports are looked for.
sys.path.insert(0, str(Path(__file__).parent))

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "jax", "numba", "onnxruntime")
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
# Now, and not in a fixture: libraries count the cores when they are imported.
ONE_CORE = one_core()
ONE_CORE.__enter__()

from stopwatch import Stopwatch  # noqa: E402 (this imports libraries)


def pytest_unconfigure() -> None:
    ONE_CORE.__exit__(None, None, None)


@pytest.fixture
def stopwatch(benchmark: BenchmarkFixture) -> Stopwatch:
    return Stopwatch(benchmark)


@pytest.fixture
def cores() -> Iterator[int]:
    """Let a test use every core that the command may use; return how many there are."""
    if CORES:
        pinned = os.sched_getaffinity(0)
        os.sched_setaffinity(0, CORES)
    yield len(CORES) or os.cpu_count() or 1
    if CORES:
        os.sched_setaffinity(0, pinned)


def facts() -> dict[str, Any]:
    """Return what the times depend on besides the code."""
    blas = [
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and "numpy" in pool["filepath"]
    ]
    return machine(PACKAGES) | {"blas": blas[0] if blas else "unknown"}


def pytest_report_header() -> list[str]:
    known = facts()
    pinned = sorted(os.sched_getaffinity(0)) if CORES else "any: this system cannot pin a process"
    return [
        f"nnfast kernel: {known['kernel']}; NumPy's BLAS: {known['blas']}; cores: {pinned}",
        ", ".join(f"{name} {number}" for name, number in known["versions"].items()),
    ]


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Put the facts into the JSON file, for report.py."""
    machine_info["nnfast_bench"] = facts()
