"""The machine that is timed: what it is, and one core of it."""

import importlib
import importlib.util
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nnfast.kernel.builds import kernel_info
from nnref.common import __version__


def machine(packages: Iterable[str]) -> dict[str, Any]:
    """Return what the times depend on besides the code: the hardware, and these packages."""
    return {
        "processor": processor(),
        "platform": platform.platform(),
        "kernel": kernel_info()["kernel"],
        "versions": {"python": platform.python_version(), "nnfast": __version__}
        | versions(packages),
    }


def processor() -> str:
    """Return the processor's name, if the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of each of these packages that is installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and the libraries it has yet to load, to one thread on one core."""
    variables = {
        "OMP_NUM_THREADS": "1",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    }
    before = {name: os.environ.get(name) for name in variables}
    with ExitStack() as undo:
        undo.callback(_set_variables, before)
        _set_variables(variables)
        if importlib.util.find_spec("threadpoolctl") is not None:
            # NumPy has read its variables already.
            limits: Any = importlib.import_module("threadpoolctl").threadpool_limits
            undo.enter_context(limits(1))
        if hasattr(os, "sched_setaffinity"):
            cores = os.sched_getaffinity(0)
            undo.callback(os.sched_setaffinity, 0, cores)
            # Not the first core: a quiet machine runs most of its other work there.
            os.sched_setaffinity(0, {max(cores)})
        yield


def _set_variables(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
