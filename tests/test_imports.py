"""What an import loads, and which build of the kernel it picks. Each import is in a new process."""

import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from helpers import BUILDS, HANGS

import nnfast.kernel
from nnfast.kernel import _cpu

LOADED = """
import json, sys
before = set(sys.modules)
import {package}
print(json.dumps(sorted(set(sys.modules) - before)))
"""

STATED_RUN = """
import json
from {package} import NeuralNetwork
network = NeuralNetwork(5, [9, 7], 3, 0.5, seed=1)
for n in range(20):
    network.train([(n * k % 11) / 11 for k in range(5)], [(n * k % 7) / 7 for k in range(3)])
print(json.dumps(network.digest()))
"""

KERNEL_INFO = "import json, nnfast; print(json.dumps(nnfast.kernel_info()))"

# Where it shows that NNFAST_KERNEL is wrong: the import alone passes.
FIRST_USES = [
    "import nnfast; nnfast.NeuralNetwork(1, 1, 1, 0.1)",
    "import nnfast; nnfast.kernel_info()",
]

# Stands for another processor, or for a package in which some builds are missing.
PRETENDING = """
import importlib.util, sys, types
cpu = types.ModuleType("nnfast.kernel._cpu")
cpu.BUILDS = {builds!r}
sys.modules["nnfast.kernel._cpu"] = cpu
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: (
    None if name in {missing!r} else find_spec(name, *rest)
)
"""

EVERYWHERE = dict.fromkeys(_cpu.BUILDS, True)
NOWHERE = dict.fromkeys(_cpu.BUILDS, False)


def run(code: str, kernel: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter, where any warning is an error and NNFAST_KERNEL is kernel."""
    environment = {key: value for key, value in os.environ.items() if key != "NNFAST_KERNEL"}
    if kernel is not None:
        environment["NNFAST_KERNEL"] = kernel
    return subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", code],
        env=environment, capture_output=True, text=True, timeout=HANGS, check=False,
    )  # fmt: skip


def printed(code: str, kernel: str | None = None) -> Any:
    finished = run(code, kernel)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return json.loads(finished.stdout)


def error(kind: str, code: str, kernel: str | None = None) -> str:
    """Return the message of the error of this kind that the code ends in."""
    finished = run(code, kernel)
    assert finished.returncode == 1
    last = finished.stderr.splitlines()[-1]
    assert last.startswith(f"{kind}: "), finished.stderr
    return last.removeprefix(f"{kind}: ")


def foreign(modules: Sequence[str]) -> set[str]:
    """Return the top-level packages that are not Python's own, nor Cython's names for itself."""
    roots = {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names)
    return {root for root in roots if not root.startswith(("cython_runtime", "_cython_"))}


@pytest.mark.parametrize(
    "module",
    [
        "nnref", "nnref.network", "nnref.common.model_file", "nnref.common.randomness",
        "nnref.lists", "nnref.checking.process", "nnref.checking.child",
    ],
)  # fmt: skip
def test_the_oracle_needs_the_standard_library_only(module: str) -> None:
    assert foreign(printed(LOADED.format(package=module))) == {"nnref"}


def test_the_oracle_starts_without_what_only_files_and_fingerprints_need() -> None:
    loaded = printed(LOADED.format(package="nnref"))
    assert not {"hashlib", "hmac", "secrets", "nnref.common.model_file"} & {*loaded}
    assert "nnref.checking.judging" not in loaded


def test_the_fast_package_loads_numpy_and_the_oracle_and_no_more() -> None:
    modules = printed(LOADED.format(package="nnfast"))
    assert foreign(modules) == {"nnfast", "nnref", "numpy"}
    # One build of the kernel, and none of the rooms that need an optional library.
    ours = [module for module in modules if module.partition(".")[0] == "nnfast"]
    kernels = [module for module in ours if module.startswith("nnfast.kernel._")]
    assert kernels == [f"nnfast.kernel._{BUILDS[0]}", "nnfast.kernel._cpu"]
    assert not [m for m in ours if m.startswith(("nnfast.datasets", "nnfast.cli"))]


def test_the_benchmark_needs_neither_the_command_line_nor_a_peers_library() -> None:
    modules = printed(LOADED.format(package="nnfast.benchmark.bars, nnfast.benchmark.machine"))
    assert {"nnfast.benchmark.measuring", "nnfast.benchmark.jax_peer"} <= {*modules}
    assert foreign(modules) == {"nnfast", "nnref", "numpy"}
    assert not [module for module in modules if module.startswith("nnfast.cli")]


def test_the_fastest_build_is_picked() -> None:
    assert [build for build in _cpu.BUILDS if build in BUILDS] == list(BUILDS)
    for kernel in (None, ""):
        info = printed(KERNEL_INFO, kernel)
        assert info == {"kernel": BUILDS[0], "available": list(BUILDS)}


@pytest.mark.parametrize("build", BUILDS)
def test_any_build_can_be_forced_and_gives_the_same_bits(build: str) -> None:
    assert printed(KERNEL_INFO, build) == {"kernel": build, "available": list(BUILDS)}
    digest = printed(STATED_RUN.format(package="nnref"))
    assert printed(STATED_RUN.format(package="nnfast"), build) == digest


def test_every_build_that_was_made_can_be_picked() -> None:
    modules = {module.name for module in pkgutil.iter_modules(nnfast.kernel.__path__)}
    made = {name for name in modules if name.startswith("_")} - {"_cpu"}
    assert made <= {f"_{build}{sibling}" for build in _cpu.BUILDS for sibling in ("", "_float32")}


@pytest.mark.parametrize("name", ["sse", "AVX2", " baseline", "avx2,baseline", "../x"])
@pytest.mark.parametrize("use", FIRST_USES)
def test_a_build_that_is_unknown_is_refused(name: str, use: str) -> None:
    message = error("ValueError", use, name)
    assert message == f"NNFAST_KERNEL: got {name!r}, wants one of {', '.join(BUILDS)}"


def test_another_processor_uses_what_it_can_run() -> None:
    pretending = PRETENDING.format(builds={**NOWHERE, "baseline": True}, missing=[])
    assert printed(pretending + KERNEL_INFO) == {"kernel": "baseline", "available": ["baseline"]}
    message = error("ValueError", pretending + FIRST_USES[0], "avx2")
    assert message == "NNFAST_KERNEL: the 'avx2' kernel needs another processor; here are baseline"


def test_a_build_that_was_not_made_is_passed_over() -> None:
    missing = ["nnfast.kernel._avx512", "nnfast.kernel._avx2"]
    pretending = PRETENDING.format(builds=EVERYWHERE, missing=missing)
    assert printed(pretending + KERNEL_INFO) == {"kernel": "baseline", "available": ["baseline"]}
    message = error("ValueError", pretending + FIRST_USES[0], "avx512")
    assert message == "NNFAST_KERNEL: the 'avx512' kernel was not built; here are baseline"


def test_a_folder_of_sources_says_how_to_install_it() -> None:
    without = "import sys; sys.modules['nnfast.kernel._cpu'] = None; import nnfast"
    message = error("ImportError", without)
    assert "pip install --editable ." in message
    assert "start Python in another folder" in message


def test_a_package_without_a_kernel_says_so() -> None:
    missing = [f"nnfast.kernel._{build}" for build in _cpu.BUILDS]
    pretending = PRETENDING.format(builds=EVERYWHERE, missing=missing)
    assert "kernel" in error("ImportError", pretending + "import nnfast")
