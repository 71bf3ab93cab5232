"""Builds the steps of the ladder, checks each against the oracle, and times one after the other.

    python bench/ladder/climb.py [--examples N] [--json] [--cache FOLDER]

Every step does the same work: one update of the weights per example, by the article's rule. Nothing
is timed before all steps agree with ``nnref``: in float64 to the last bit, in float32 as closely as
its digits allow. If a step disagrees, it is named, and the exit status is 1. ``docs/ladder.md``
explains the steps.
"""

import argparse
import hashlib
import importlib.util
import json
import math
import os
import platform
import random
import sys
import sysconfig
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nnfast
import nnref
from nnfast.kernel._cpu import BUILDS

Array = NDArray[np.floating]
Shape = tuple[int, int, int]

FOLDER = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "nnfast-ladder"

# As in setup.py: a compiler may reorder loops but never an addition, nor fuse it with a product.
FLAGS = {
    "msvc": ["/O2", "/fp:precise"],
    "unix": ["-O3", "-ffp-contract=off", "-fno-math-errno", "-g0"],
}
VECTOR_FLAGS = {
    "baseline": {"msvc": [], "unix": []},
    "avx2": {"msvc": ["/arch:AVX2"], "unix": ["-mavx2"]},
    "avx512": {
        "msvc": ["/arch:AVX512"],
        "unix": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"],
    },
}
# The annotations of a Python file are no types for C: step 01 must be step 00 and nothing else.
DIRECTIVES = {"language_level": "3", "annotation_typing": False}

LR = 0.1
SHAPE = (784, 200, 10)
# Many short passes: on a busy machine a long one is never left alone.
ROUNDS = 40
SECONDS_PER_ROUND = 0.05
SECONDS_PER_PASS = 0.004

# NumPy's large arrays commonly start 16 bytes into a cache line, after the C library's note about
# the block. Left to chance the place varies, and some steps are twice as slow in one place as in
# another; so each step says where its weights start.
CACHE_LINE = 64
USUAL_START = 16


# The cores where this process may run, or all of them if the system does not say.
CORES = (
    sorted(os.sched_getaffinity(0))
    if hasattr(os, "sched_getaffinity")
    else list(range(os.cpu_count() or 1))
)


class Step(NamedTuple):
    """One step: a file, how it is built, and what it is given."""

    name: str
    change: str
    source: str = ""  # in this folder; if empty, the step is a network of the packages
    build: str = ""  # which of VECTOR_FLAGS, or "" for the interpreter
    lists: bool = False
    start: int = USUAL_START
    dtype: str = "float64"
    threads: int = 1


ORACLE = Step("nnref", "the oracle itself", lists=True)


def ladder() -> list[Step]:
    """Return the steps that this processor can run, from the lowest up."""
    fused = "step_09_fused.pyx"
    builds = [build for build, runs_here in BUILDS.items() if runs_here]
    steps = [
        Step("00 lists", "loops over Python lists", "step_00_lists.py", "", lists=True),
        Step("01 compiled", "the same file, by Cython", "step_00_lists.py", "baseline", lists=True),
        Step("02 types", "variables have types", "step_02_types.pyx", "baseline", lists=True),
        Step("03 arrays", "arrays for lists", "step_03_arrays.pyx", "baseline"),
        Step("04 rows", "along rows, not down columns", "step_04_rows.pyx", "baseline"),
        Step("05 unchecked", "nothing is checked", "step_05_unchecked.pyx", "baseline"),
        Step("06 exp", "exp without branch or call", "step_06_exp.pyx", "baseline"),
        Step("07 four rows", "four rows in one pass", "step_07_four_rows.pyx", "baseline"),
        Step("08 promise", "pointers that never overlap", "step_08_promise.pyx", "baseline"),
        Step("09 fused", "move and sum in one pass", fused, "baseline"),
        Step("10 avx2", "registers of 4 numbers", fused, "avx2"),
        Step("11 avx512", "registers of 8 numbers", fused, "avx512"),
        Step("12 aligned", "rows start at cache lines", fused, builds[0], start=0),
        Step("13 tiles", "sums stay in registers", "step_13_tiles.pyx", "avx512", start=0),
        Step("14 to and fro", "from what is cached", "step_14_to_and_fro.pyx", "avx512", start=0),
        Step("15 transposed", "errors go along rows", "step_15_transposed.pyx", "avx512", start=0),
        Step("16 nnfast", "what ships"),
        Step(
            "17 float32",
            "half the bytes",
            "step_17_float32.pyx",
            builds[0],
            start=0,
            dtype="float32",
        ),
        Step(
            "18 blocked",
            "16 updates in two passes",
            "step_18_blocked.pyx",
            builds[0],
            start=0,
            dtype="float32",
        ),
        Step("19 nnfast, float32", "what ships", dtype="float32"),
        Step("20 two threads", "half of the neurons each", dtype="float32", threads=2),
    ]
    return [
        step
        for step in steps
        if (not step.build or BUILDS[step.build]) and step.threads <= len(CORES)
    ]


# Building.


class CannotBuildError(Exception):
    """What is missing to build the steps, in one line."""


def build(step: Step, folder: Path, flags: list[str] | None = None) -> ModuleType:
    """Return a step's module, compiled into a folder unless it is there already.

    Parameters
    ----------
    step : Step
        One with a source and a build.
    folder : Path
        Where to build.
    flags : list of str, optional
        Compiler flags in place of FLAGS.

    Raises
    ------
    CannotBuildError
        If Cython, setuptools or the compiler is missing, or the compiler cannot make this build.
    """
    try:
        import Cython
        from Cython.Build import cythonize
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext
        from setuptools.errors import BaseError, CCompilerError
    except ImportError as error:
        raise CannotBuildError(f"{error.name} is missing: pip install cython setuptools") from None

    class Build(build_ext):
        def build_extensions(self) -> None:
            kind = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
            for extension in self.extensions:
                common = FLAGS[kind] if flags is None else flags
                extension.extra_compile_args = common + VECTOR_FLAGS[step.build][kind]
            super().build_extensions()

    name = f"{Path(step.source).stem}_{step.build}"
    source = (FOLDER / step.source).read_text(encoding="utf-8")
    compilers = [os.environ.get("CC"), os.environ.get("CFLAGS"), sysconfig.get_config_var("CC")]
    options = [FLAGS if flags is None else flags, VECTOR_FLAGS[step.build], DIRECTIVES]
    parts = [source, options, Cython.__version__, sys.version, compilers]
    folder = folder / f"{name}_{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"
    library = folder / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not library.exists():
        print(f"building {name}", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / f"{name}.pyx"
        copy.write_text(source, encoding="utf-8")
        extensions = cythonize(
            [Extension(name, [str(copy)])], compiler_directives=DIRECTIVES, quiet=True
        )
        command = Build(Distribution({"ext_modules": extensions}))
        command.build_lib, command.build_temp = str(folder), str(folder / "objects")
        command.finalize_options()
        try:
            command.run()
        except (CCompilerError, BaseError) as error:
            raise CannotBuildError(f"{name}: the C compiler failed: {error}") from None
    return load(name, library)


def load(name: str, path: Path) -> ModuleType:
    """Return the module in this file."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Running.


class Case(NamedTuple):
    """A network and the examples that it learns from."""

    shape: Shape
    inputs: Array
    targets: Array
    float32_off: float  # how far from the oracle's a weight may end in float32


class Climber:
    """A step and its weights, which start as ``nnref`` draws them for seed 1."""

    def __init__(self, step: Step, shape: Shape, module: ModuleType | None) -> None:
        self.step = step
        if module is None:
            network: Any = (
                nnref.NeuralNetwork(*shape, LR, seed=1)
                if step is ORACLE
                else nnfast.NeuralNetwork(
                    *shape, LR, seed=1, dtype=step.dtype, threads=step.threads
                )
            )
            self.weights = network.weights
            self.fit: Callable[[Any, Any], object] = network.fit
        else:
            self.weights = nnref.NeuralNetwork(*shape, LR, seed=1).weights
            if not step.lists:
                self.weights = tuple(
                    placed(matrix, step.start, step.dtype) for matrix in self.weights
                )
            self.fit = lambda inputs, targets: module.fit(inputs, targets, *self.weights, LR)

    def given(self, case: Case, examples: int) -> tuple[Any, Any]:
        """Return a case's first examples in the form that this step takes."""
        arrays = [
            rows[:examples].astype(self.step.dtype, copy=False)
            for rows in (case.inputs, case.targets)
        ]
        inputs, targets = [rows.tolist() for rows in arrays] if self.step.lists else arrays
        return inputs, targets


def placed(matrix: list[list[float]], start: int, dtype: str) -> Array:
    """Return an array of these numbers that starts this many bytes into a cache line."""
    values = np.array(matrix, dtype)
    room = np.zeros(values.nbytes + 2 * CACHE_LINE, dtype=np.uint8)
    at = (start - room.ctypes.data) % CACHE_LINE
    array = room[at : at + values.nbytes].view(dtype).reshape(values.shape)
    array[...] = values
    return array


def digits_case(examples: int) -> Case:
    """Return the article's network, and scikit-learn's digits enlarged from 8 x 8 to 28 x 28."""
    from nnfast.datasets import digits

    data = digits()
    old = np.arange(28) * 8 // 28  # which of 8 pixels each of 28 shows
    images = data.train_inputs.reshape(-1, 8, 8)[:, old][:, :, old]
    inputs = np.ascontiguousarray(images.reshape(-1, 28 * 28))
    # A sum of 784 products is rounded 784 times, as often up as down, so it is off by about 28
    # roundings, each 2**-24 of a sum below 10: 2e-5. Outputs are off by a quarter of that, hidden
    # errors by up to five times as much as outputs, and moves by a tenth of that: 2e-6 an update.
    return Case(SHAPE, inputs[:examples], data.train_targets[:examples], 2e-6 * examples)


def odd_case(shape: Shape, examples: int) -> Case:
    """Return a network of this shape, and numbers that push exp to its ends."""
    draws = random.Random(1)
    scales = (1.0, 1.0, -1.0, 0.0, 1e-310, 2e3)
    inputs = [
        [draws.random() * draws.choice(scales) for _ in range(shape[0])] for _ in range(examples)
    ]
    targets = [[draws.random() for _ in range(shape[2])] for _ in range(examples)]
    # At the ends of exp, the smallest difference can grow to any size.
    return Case(shape, np.array(inputs), np.array(targets), math.inf)


# No width is a multiple of a register's, so the ends of the loops are checked too.
CASES = {
    "784-200-10, 5 updates": lambda: digits_case(5),
    "784-200-10, 20 updates": lambda: digits_case(20),  # more than a block of 16
    "7-5-3, 100 updates": lambda: odd_case((7, 5, 3), 100),
    "7-5-3, one update": lambda: odd_case((7, 5, 3), 1),
    "5-85-9, 20 updates": lambda: odd_case((5, 85, 9), 20),
}


def disagreements(steps: dict[Step, ModuleType | None]) -> Iterator[str]:
    """Yield a line for each step and case whose weights are wrong.

    They must be the oracle's, to the last bit; in float32, close to the oracle's, and to the last
    bit those of one thread.
    """
    for name in CASES:
        oracles = learned(ORACLE, name, None)
        for step, module in steps.items():
            got = learned(step, name, module)
            wanted = oracles
            if step.dtype != "float64":
                wanted = learned(step._replace(threads=1), name, module)
                allowed = CASES[name]().float32_off
                off = max(
                    float(np.abs(mine - its).max()) for mine, its in zip(got, oracles, strict=True)
                )
                if not off <= allowed:
                    yield f"{step.name} is off on {name}: by {off:.1e}, wants {allowed:.1e}"
            if digest(got) != digest(wanted):
                yield (
                    f"{step.name} disagrees on {name}: "
                    f"got {digest(got)[:12]}..., wants {digest(wanted)[:12]}..."
                )


@cache
def learned(step: Step, name: str, module: ModuleType | None) -> tuple[Array, ...]:
    """Return a step's weights after one pass over a case, by the case's name."""
    case = CASES[name]()
    climber = Climber(step, case.shape, module)
    with warnings.catch_warnings():
        # The odd cases are odd on purpose.
        warnings.filterwarnings("ignore", "inputs: got numbers")
        climber.fit(*climber.given(case, len(case.inputs)))
    return tuple(np.array(matrix) for matrix in climber.weights)


def digest(weights: tuple[Array, ...]) -> str:
    """Return the sha256 of the weights as bytes."""
    return hashlib.sha256(b"".join(matrix.tobytes() for matrix in weights)).hexdigest()


def measure(steps: dict[Step, ModuleType | None], examples: int) -> dict[Step, float]:
    """Return the microseconds per update of each step: the best of many rounds, in turns.

    Other programs only ever add to a time, so the shortest is that of the step itself.
    """
    case = digits_case(examples)
    runs: list[tuple[Climber, tuple[Any, Any]]] = []
    for step, module in steps.items():
        climber = Climber(step, SHAPE, module)
        few = 2
        for _ in range(3):  # a call has a cost of its own, which counts with few examples
            seconds = timed(climber, climber.given(case, few))
            few = max(2, min(examples, int(SECONDS_PER_PASS / seconds)))
        runs.append((climber, climber.given(case, few)))
    least = dict.fromkeys(steps, math.inf)
    for _ in range(ROUNDS):
        for climber, given in runs:
            until = time.perf_counter() + SECONDS_PER_ROUND
            while time.perf_counter() < until:
                least[climber.step] = min(least[climber.step], 1e6 * timed(climber, given))
    return least


def timed(climber: Climber, given: tuple[Any, Any]) -> float:
    """Return the seconds for an update, over one pass, on as many cores as the step has threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, CORES[-climber.step.threads :])
    # A thread's own clock stops while other programs have the core; on Windows it is too coarse.
    alone = climber.step.threads == 1 and sys.platform != "win32"
    clock = time.thread_time if alone else time.perf_counter
    started = clock()
    climber.fit(*given)
    return (clock() - started) / len(given[0])


# Reporting.


def rows(times: dict[Step, float]) -> list[dict[str, Any]]:
    """Return the table: each step with its time and its gain."""
    table = []
    lowest = before = 0.0
    for step, microseconds in times.items():
        row: dict[str, Any] = {"step": step.name, "change": step.change, "us": microseconds}
        if step is not ORACLE:
            lowest, before = lowest or microseconds, before or microseconds
            row |= {"gain": before / microseconds, "gain_in_all": lowest / microseconds}
            before = microseconds
        table.append(row)
    return table


def show(table: list[dict[str, Any]]) -> None:
    """Print the table, with rich where it is installed."""
    head = ("step", "what changed", "µs per update", "gain", "in all")
    cells = [
        (
            row["step"],
            row["change"],
            f"{row['us']:,.1f}",
            f"{row['gain']:.2f}" if "gain" in row else "",
            f"{row['gain_in_all']:,.1f}" if "gain" in row else "",
        )
        for row in table
    ]
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        widths = [max(len(line[at]) for line in [head, *cells]) for at in range(len(head))]
        for line in [head, *cells]:
            texts = zip(line, widths, strict=True)
            print(
                "  ".join(
                    f"{text:{'<' if at < 2 else '>'}{width}}"
                    for at, (text, width) in enumerate(texts)
                )
            )
        return
    shown = Table(box=box.SIMPLE_HEAD)
    for at, title in enumerate(head):
        shown.add_column(title, justify="left" if at < 2 else "right", no_wrap=True)
    for line in cells:
        shown.add_row(*line)
    Console(width=None if sys.stdout.isatty() else 100).print(shown)


def main() -> int:
    """Build, check and time the steps, and report; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=int, default=500, help="most updates a pass (500)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"where to build ({CACHE})")
    options = parser.parse_args()
    if options.examples < 2:
        parser.error("--examples: wants at least 2")

    if len(CORES) == 1:
        print("left out: two threads, on one core", file=sys.stderr)
    steps: dict[Step, ModuleType | None] = {}
    for step in ladder():
        try:
            steps[step] = module_of(step, options.cache)
        except CannotBuildError as error:
            if step.build in ("", "baseline"):
                parser.exit(2, f"{error}\n")
            print(f"left out: {error}", file=sys.stderr)

    wrong = list(disagreements(steps))
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    table = rows(measure({ORACLE: None, **steps}, options.examples))
    if options.json:
        versions = {"python": platform.python_version(), "numpy": np.__version__}
        machine = {"machine": platform.machine(), "kernel": nnfast.kernel_info()["kernel"]}
        print(json.dumps({"network": SHAPE, **machine, **versions, "steps": table}, indent=2))
    else:
        exact = sum(step.dtype == "float64" for step in steps)
        print(f"{'-'.join(map(str, SHAPE))}: {exact} steps agree with nnref to the last bit")
        show(table)
    return 0


def module_of(step: Step, folder: Path, flags: list[str] | None = None) -> ModuleType | None:
    """Return a step's module, building it if necessary; None for a network of the packages."""
    if not step.source:
        return None
    if not step.build:
        return load("step_00_lists", FOLDER / step.source)
    return build(step, folder, flags)


if __name__ == "__main__":
    sys.exit(main())
