"""One table per question: this project beside what one would use instead.

Each benchmark goes through some examples and counts each of them as an iteration, so the times in
the tables are per example. Nothing is timed before it has been checked against nnref. With
--benchmark-disable everything runs once, on a small network.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any

import pytest
from peers import PEERS, Peer
from pytest_benchmark.fixture import BenchmarkFixture

from nnfast.cli import bench
from nnfast.cli.bench import (
    CHECKED_SHAPE,
    DTYPES,
    LIMIT,
    LR,
    PASSES,
    JaxPeer,
    NnfastPeer,
    NnrefPeer,
    NumbaPeer,
    Shape,
)

ARTICLE: Shape = (784, 200, 10)
SMALL: list[Shape] = [(2, 3, 1), (4, 10, 3), (64, 32, 10)]
BATCH_SIZES = [32, 64, 256]
HIDDEN = [10, 30, 100, 300, 1000, 3000, 10_000]

# How long to measure each, if rounds of it take as little as that.
SECONDS = 0.7
FEWEST_ROUNDS, MOST_ROUNDS = 3, 200
# A multiple of every batch size; as float64 these examples fill a level 2 cache, as real ones do.
EXAMPLES = 512
# The work of a round, for the scaling: about 20 ms at a nanosecond a weight.
WEIGHTS_A_ROUND = 20_000_000


def combinations(*questions: str) -> list[Any]:
    """Return a parameter for each peer that is for one of these questions, and each dtype."""
    return [
        pytest.param(kind, dtype, id=f"{kind.name.replace(', ', '-').replace(' ', '-')}-{dtype}")
        for dtype in DTYPES
        for kind in PEERS
        if dtype in kind.dtypes and not kind.asked.isdisjoint(questions)
    ]


def label(shape: Shape) -> str:
    return "-".join(map(str, shape))


@cache
def ready(kind: type[Peer], dtype: str, batch_size: int = 1) -> None:
    """Skip what cannot be timed here, and fail for what does not compute the right thing."""
    obstacle = kind.obstacle(dtype)
    if obstacle is not None:
        pytest.skip(f"{kind.name}: {obstacle}")
    bench.check(kind, dtype, batch_size)


class Stopwatch:
    """Times work, and notes what it was for report.py."""

    def __init__(self, benchmark: BenchmarkFixture) -> None:
        self.benchmark = benchmark
        self.quick = benchmark.disabled

    def sized(self, shape: Shape, examples: int) -> tuple[Shape, int]:
        """Return what to time: this, or with --benchmark-disable something small."""
        return (CHECKED_SHAPE, 2) if self.quick else (shape, examples)

    def time(
        self,
        work: Callable[[], object],
        examples: int,
        *,
        question: str,
        case: str,
        dtype: str,
        peer: str,
    ) -> None:
        """Time the work, and divide by the examples that it goes through."""
        benchmark = self.benchmark
        benchmark.group = ", ".join(part for part in (question, case, dtype) if part)
        benchmark.extra_info.update(question=question, case=case, dtype=dtype, peer=peer)
        if self.quick:
            benchmark(work)
            return

        def count_examples() -> None:
            benchmark.stats.iterations = examples

        work()  # compiles, and fills the caches
        started = perf_counter()
        work()
        once = perf_counter() - started
        rounds = min(max(round(SECONDS / once), FEWEST_ROUNDS), MOST_ROUNDS)
        benchmark.pedantic(work, setup=count_examples, rounds=rounds)


@pytest.fixture
def stopwatch(benchmark: BenchmarkFixture) -> Stopwatch:
    return Stopwatch(benchmark)


def fit_work(
    kind: type[Peer], dtype: str, shape: Shape, count: int, batch_size: int = 1, **options: Any
) -> tuple[Callable[[], object], int]:
    """Return one epoch of training, and its number of examples."""
    count = batch_size * max(1, (8 if kind is NnrefPeer else count) // batch_size)
    peer = kind(bench.weights_for(shape, dtype), LR, batch_size, **options)
    inputs, targets = map(peer.prepare, bench.examples(count, shape, dtype))
    return lambda: peer.fit(inputs, targets), count


def predict_work(
    kind: type[Peer], dtype: str, shape: Shape, batch_size: int, **options: Any
) -> tuple[Callable[[], object], int]:
    """Return some answers to as many examples at once, and the number of examples."""
    times = 1 if kind is NnrefPeer else 4
    peer = kind(bench.weights_for(shape, dtype), LR, **options)
    rows = peer.prepare(bench.examples(batch_size, shape, dtype)[0])

    def predict() -> None:
        for _ in range(times):
            peer.predict(rows)

    return predict, times * batch_size


@pytest.mark.parametrize(("kind", "dtype"), combinations("update"))
def test_online(stopwatch: Stopwatch, kind: type[Peer], dtype: str) -> None:
    """The article's way: one update per example."""
    ready(kind, dtype)
    work, count = fit_work(kind, dtype, *stopwatch.sized(ARTICLE, EXAMPLES))
    stopwatch.time(work, count, question="online", case=label(ARTICLE), dtype=dtype, peer=kind.name)


@pytest.mark.parametrize("dtype", DTYPES)
def test_online_limit(stopwatch: Stopwatch, dtype: str) -> None:
    """What no update gets below: each weight is loaded, moved and stored once."""
    shape, _ = stopwatch.sized(ARTICLE, 1)
    work = bench.pass_over_weights(shape, dtype)
    stopwatch.time(work, PASSES, question="online", case=label(ARTICLE), dtype=dtype, peer=LIMIT)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize(("kind", "dtype"), combinations("batch"))
def test_batches(stopwatch: Stopwatch, kind: type[Peer], dtype: str, batch_size: int) -> None:
    """One update per batch; the time is per example."""
    if stopwatch.quick:
        batch_size = min(batch_size, 4)
    ready(kind, dtype, batch_size)
    shape, count = stopwatch.sized(ARTICLE, EXAMPLES)
    work, count = fit_work(kind, dtype, shape, count, batch_size)
    stopwatch.time(
        work, count, question="batches", case=f"{batch_size}", dtype=dtype, peer=kind.name
    )


@pytest.mark.parametrize(("kind", "dtype"), combinations("answer"))
def test_answer(stopwatch: Stopwatch, kind: type[Peer], dtype: str) -> None:
    """The outputs for one example, asked for from Python."""
    ready(kind, dtype)
    shape, count = stopwatch.sized(ARTICLE, 8 if kind is NnrefPeer else EXAMPLES // 4)
    peer = kind(bench.weights_for(shape, dtype), LR)
    rows = [peer.prepare(row) for row in bench.examples(count, shape, dtype)[0]]

    def answer() -> None:
        for row in rows:
            peer.query(row)

    stopwatch.time(answer, count, question="answers", case="1", dtype=dtype, peer=kind.name)


@pytest.mark.parametrize("batch_size", [32, 256])
@pytest.mark.parametrize(("kind", "dtype"), combinations("answers"))
def test_answers(stopwatch: Stopwatch, kind: type[Peer], dtype: str, batch_size: int) -> None:
    """The outputs for many examples at once; the time is per example."""
    ready(kind, dtype)
    shape, rows = stopwatch.sized(ARTICLE, batch_size)
    work, count = predict_work(kind, dtype, shape, rows)
    stopwatch.time(
        work, count, question="answers", case=f"{batch_size}", dtype=dtype, peer=kind.name
    )


@pytest.mark.parametrize("shape", SMALL, ids=label)
@pytest.mark.parametrize(
    "kind",
    # scikit-learn has no single output neuron, and nothing to win here.
    [kind for kind in PEERS if "update" in kind.asked and not kind.one_hot],
    ids=lambda kind: kind.name,
)
def test_small(stopwatch: Stopwatch, kind: type[Peer], shape: Shape) -> None:
    """Small networks, one update per example: what is not arithmetic shows."""
    ready(kind, "float64")
    # What takes one call for all examples is done with a few of them before a clock can tell.
    count = 20 * EXAMPLES if kind in (JaxPeer, NumbaPeer, NnfastPeer) else EXAMPLES
    work, count = fit_work(kind, "float64", shape, 2 if stopwatch.quick else count)
    stopwatch.time(
        work, count, question="small networks", case=label(shape), dtype="float64", peer=kind.name
    )


@pytest.mark.parametrize("called", ["train", "fit"])
@pytest.mark.parametrize("shape", [SMALL[0], ARTICLE], ids=label)
@pytest.mark.parametrize("dtype", DTYPES)
def test_train(stopwatch: Stopwatch, dtype: str, shape: Shape, called: str) -> None:
    """`train` called from Python once an example, beside one call of `fit` for all of them."""
    ready(NnfastPeer, dtype)
    count = 2 if stopwatch.quick else EXAMPLES
    network = NnfastPeer(bench.weights_for(shape, dtype), LR).network
    inputs, targets = bench.examples(count, shape, dtype)
    pairs = list(zip(inputs, targets, strict=True))

    def train() -> None:
        for row, wanted in pairs:
            network.train(row, wanted)

    work = train if called == "train" else lambda: network.fit(inputs, targets)
    stopwatch.time(work, count, question="train", case=label(shape), dtype=dtype, peer=called)


ESTIMATORS = {
    "nnfast": ("nnfast.sklearn", "NeuralNetworkClassifier"),
    "scikit-learn": ("sklearn.neural_network", "MLPClassifier"),
}


@pytest.mark.parametrize("batch_size", [32, 200])
@pytest.mark.parametrize("peer", ESTIMATORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_estimators(stopwatch: Stopwatch, dtype: str, peer: str, batch_size: int) -> None:
    """An epoch of Adam, as one who uses scikit-learn has it; the tests show that both train alike.

    The batch sizes are the default ones, ours and theirs.
    """
    module, name = ESTIMATORS[peer]
    shape, count = stopwatch.sized(ARTICLE, 2 * EXAMPLES)
    inputs, targets = bench.examples(count, shape, dtype)
    labels = targets.argmax(axis=1)
    kind = getattr(pytest.importorskip(module), name)
    estimator = kind(shape[1], batch_size=min(batch_size, count), random_state=0)
    estimator.partial_fit(inputs, labels, classes=range(shape[2]))
    stopwatch.time(
        lambda: estimator.partial_fit(inputs, labels),
        count,
        question="estimators",
        case=f"{batch_size}",
        dtype=dtype,
        peer=peer,
    )


STARTS = {
    "NumPy": ("numpy", ()),
    "nnref": ("nnref", ()),
    "nnfast": ("nnfast", ("numpy",)),
    "scikit-learn": ("sklearn.neural_network", ("numpy",)),
    "PyTorch": ("torch", ("numpy",)),
    "JAX": ("jax.numpy", ("numpy",)),
    "Numba": ("numba", ("numpy",)),
    "ONNX Runtime": ("onnxruntime", ("numpy",)),
}
IMPORT = """
import importlib, sys, time

name, *before = sys.argv[1:]
for needed in before:
    importlib.import_module(needed)
started = time.perf_counter()
importlib.import_module(name)
print(time.perf_counter() - started)
"""


@pytest.mark.parametrize("name", STARTS)
def test_start(stopwatch: Stopwatch, name: str) -> None:
    """An import in a process of its own, which has NumPy already where that is needed.

    The times in pytest's table are the whole process's; the note for report.py is the import's.
    """
    module, before = STARTS[name]
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{name}: is not installed")
    # That the libraries can be imported, the other benchmarks show.
    command = [sys.executable, "-c", IMPORT, "nnref" if stopwatch.quick else module, *before]
    # As from installed packages, from compiled modules: the first round may write them.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    seconds: list[float] = []
    stopwatch.time(
        lambda: seconds.append(float(subprocess.check_output(command, env=environment))),
        1,
        question="start-up",
        case="import",
        dtype="",
        peer=name,
    )
    stopwatch.benchmark.extra_info["seconds"] = seconds


MEMORY = """
import resource, sys
import numpy as np
import nnfast
from nnfast.cli.bench import NnfastPeer, weights_for

count, dtype = int(sys.argv[1]), sys.argv[2]
peer = NnfastPeer(weights_for((784, 200, 10), dtype), 0.01)
inputs = np.full((count, 784), 0.5, dtype)
targets = np.full((count, 10), 0.5, dtype)
peer.fit(inputs[:100], targets[:100])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peer.fit(inputs, targets)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted as Linux does")
@pytest.mark.parametrize("dtype", DTYPES)
def test_memory(stopwatch: Stopwatch, dtype: str) -> None:
    """What `fit` takes beside the data and the weights, by the peak of a process of its own."""
    ready(NnfastPeer, dtype)
    count = 200 if stopwatch.quick else 20_000
    command = [sys.executable, "-c", MEMORY, str(count), dtype]
    kibibytes: list[int] = []
    stopwatch.time(
        lambda: kibibytes.append(int(subprocess.check_output(command))),
        1,
        question="memory",
        case="",
        dtype=dtype,
        peer="nnfast",
    )
    stopwatch.benchmark.extra_info["kibibytes"] = max(kibibytes)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("kind", "dtype"), combinations("update"))
def test_scaling(stopwatch: Stopwatch, kind: type[Peer], dtype: str, hidden: int) -> None:
    """One update per example, from 10 to 10,000 hidden neurons."""
    if kind is NnrefPeer and hidden > 1000:
        pytest.skip("nnref: a second an update, and in proportion to the size as far as this")
    ready(kind, dtype)
    shape, count = scaled(stopwatch, hidden)
    work, count = fit_work(kind, dtype, shape, count)
    stopwatch.time(work, count, question="scaling", case=f"{hidden}", dtype=dtype, peer=kind.name)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("dtype", DTYPES)
def test_scaling_limit(stopwatch: Stopwatch, dtype: str, hidden: int) -> None:
    """Each weight loaded, moved and stored once, in whatever cache they fit."""
    shape, _ = scaled(stopwatch, hidden)
    work = bench.pass_over_weights(shape, dtype)
    stopwatch.time(work, PASSES, question="scaling", case=f"{hidden}", dtype=dtype, peer=LIMIT)


def scaled(stopwatch: Stopwatch, hidden: int) -> tuple[Shape, int]:
    weights = (784 + 10) * hidden
    return stopwatch.sized((784, hidden, 10), min(max(WEIGHTS_A_ROUND // weights, 4), EXAMPLES))


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind_of_work", ["online", "batches of 64", "predict 256"])
def test_threads(
    stopwatch: Stopwatch, cores: int, kind_of_work: str, dtype: str, threads: int
) -> None:
    """More threads, on all the cores that the command may use."""
    ready(NnfastPeer, dtype)
    if threads > cores:
        pytest.skip(f"{threads} threads want as many cores, here are {cores}")
    shape, count = stopwatch.sized(ARTICLE, EXAMPLES)
    if kind_of_work == "predict 256":
        work, count = predict_work(NnfastPeer, dtype, shape, min(count, 256), threads=threads)
    else:
        batch_size = 1 if kind_of_work == "online" else min(count, 64)
        work, count = fit_work(NnfastPeer, dtype, shape, count, batch_size, threads=threads)
    stopwatch.time(
        work,
        count,
        question="threads",
        case=kind_of_work,
        dtype=dtype,
        peer=f"{threads} thread{'s' * (threads > 1)}",
    )
