"""One table per question: this project beside what you would use instead.

Each benchmark covers some examples and counts each of them as an iteration, so the times in the
tables are per example. Nothing is timed before it has been checked against nnref. With
--benchmark-disable everything runs once, on a small network.
"""

import importlib.util
import os
import subprocess
import sys
from typing import Any

import pytest
from peers import ALL_PEERS, OnnxPeer
from stopwatch import EXAMPLES, Stopwatch, enough, label, ready

from nnfast.benchmark.jax_peer import JaxPeer
from nnfast.benchmark.numba_peer import NumbaPeer
from nnfast.benchmark.peer import Peer
from nnfast.benchmark.peers import NnfastPeer, NnrefPeer, NumpyPeer, TorchPeer
from nnfast.benchmark.problem import INPUTS, LR, OUTPUTS, Shape, examples, weights_for
from nnfast.benchmark.work import LIMIT, Work, fit_work, limit_work, predict_work, query_work
from nnfast.network import DTYPES

ARTICLE: Shape = (INPUTS, 200, OUTPUTS)
WIDER: Shape = (INPUTS, 800, OUTPUTS)
DEEPER: Shape = (INPUTS, 300, 100, OUTPUTS)
SMALL: list[Shape] = [(2, 3, 1), (4, 10, 3), (64, 32, 10)]
BATCH_SIZES = [32, 64, 256]
# Who is timed on larger networks too: the fastest on the article's.
WIDE_PEERS = NumpyPeer, TorchPeer, JaxPeer, OnnxPeer, NnfastPeer
HIDDEN = [10, 30, 100, 300, 1000, 3000, 10_000]

# The work of a round of the scaling: about 20 ms at a nanosecond per weight.
WEIGHTS_PER_ROUND = 20_000_000


def case_of(network: Shape, batch_size: int) -> str:
    """Return what tables call this: the article's network goes without saying."""
    return f"{batch_size}" if network == ARTICLE else f"{batch_size}, {label(network)}"


def combinations(*questions: str) -> list[Any]:
    """Return a parameter for each dtype and each peer that takes part in one of these questions."""
    return [
        pytest.param(kind, dtype, id=f"{identifier(kind)}-{dtype}")
        for dtype in DTYPES
        for kind in ALL_PEERS
        if dtype in kind.dtypes and not kind.asked.isdisjoint(questions)
    ]


def larger(question: str, *networks: Shape) -> list[Any]:
    """Return the same with the article's network, and in float32 the fastest with larger ones."""
    return [pytest.param(ARTICLE, *case.values, id=case.id) for case in combinations(question)] + [
        pytest.param(network, kind, "float32", id=f"{identifier(kind)}-{label(network)}")
        for network in networks
        for kind in WIDE_PEERS
        if question in kind.asked and (kind.deep or len(network) == 3)
    ]


def identifier(kind: type[Peer]) -> str:
    return kind.name.replace(", ", "-").replace(" ", "-")


@pytest.mark.parametrize(("network", "kind", "dtype"), larger("update", WIDER, DEEPER))
def test_online(stopwatch: Stopwatch, network: Shape, kind: type[Peer], dtype: str) -> None:
    """The article's way: one update per example."""
    ready(kind, dtype, is_deep=len(network) > 3)
    shape, count = stopwatch.sized(network, EXAMPLES)
    work = fit_work(kind, shape, dtype, enough(kind, count))
    stopwatch.time(work, question="online", case=label(network), dtype=dtype, peer=kind.name)


@pytest.mark.parametrize(
    ("network", "dtype"),
    [(ARTICLE, "float64"), (ARTICLE, "float32"), (WIDER, "float32"), (DEEPER, "float32")],
    ids=lambda part: part if isinstance(part, str) else label(part),
)
def test_online_limit(stopwatch: Stopwatch, network: Shape, dtype: str) -> None:
    """The least that an update can cost: each weight is loaded, moved and stored once."""
    shape, _ = stopwatch.sized(network, 1)
    work = limit_work(shape, dtype)
    stopwatch.time(work, question="online", case=label(network), dtype=dtype, peer=LIMIT)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
@pytest.mark.parametrize(("network", "kind", "dtype"), larger("batch", WIDER))
def test_batches(
    stopwatch: Stopwatch, network: Shape, kind: type[Peer], dtype: str, batch_size: int
) -> None:
    """One update per batch; the time is per example."""
    case = case_of(network, batch_size)
    if stopwatch.quick:
        batch_size = min(batch_size, 4)
    ready(kind, dtype, batch_size)
    shape, count = stopwatch.sized(network, EXAMPLES)
    work = fit_work(kind, shape, dtype, enough(kind, count), batch_size)
    stopwatch.time(work, question="batches", case=case, dtype=dtype, peer=kind.name)


@pytest.mark.parametrize(("kind", "dtype"), combinations("answer"))
def test_answer(stopwatch: Stopwatch, kind: type[Peer], dtype: str) -> None:
    """The outputs for one example, asked for from Python."""
    ready(kind, dtype)
    shape, count = stopwatch.sized(ARTICLE, EXAMPLES // 4)
    work = query_work(kind, shape, dtype, enough(kind, count))
    stopwatch.time(work, question="answers", case="1", dtype=dtype, peer=kind.name)


@pytest.mark.parametrize("batch_size", [32, 256])
@pytest.mark.parametrize(("network", "kind", "dtype"), larger("answers", WIDER))
def test_answers(
    stopwatch: Stopwatch, network: Shape, kind: type[Peer], dtype: str, batch_size: int
) -> None:
    """The outputs for many examples at once; the time is per example."""
    ready(kind, dtype)
    shape, count = stopwatch.sized(network, batch_size)
    work = predict_work(kind, shape, dtype, count, calls=1 if kind is NnrefPeer else 4)
    case = case_of(network, batch_size)
    stopwatch.time(work, question="answers", case=case, dtype=dtype, peer=kind.name)


@pytest.mark.parametrize("shape", SMALL, ids=label)
@pytest.mark.parametrize(
    "kind",
    # scikit-learn has no single output neuron, and nothing to win here.
    [kind for kind in ALL_PEERS if "update" in kind.asked and not kind.one_hot],
    ids=lambda kind: kind.name,
)
def test_small(stopwatch: Stopwatch, kind: type[Peer], shape: Shape) -> None:
    """Small networks, one update per example: the cost of everything but arithmetic shows."""
    ready(kind, "float64")
    # Peers that do all examples in one call finish a few of them too fast for the clock.
    count = 20 * EXAMPLES if kind in (JaxPeer, NumbaPeer, NnfastPeer) else EXAMPLES
    work = fit_work(kind, shape, "float64", 2 if stopwatch.quick else enough(kind, count))
    stopwatch.time(
        work, question="small networks", case=label(shape), dtype="float64", peer=kind.name
    )


@pytest.mark.parametrize("called", ["train", "fit"])
@pytest.mark.parametrize("shape", [SMALL[0], ARTICLE], ids=label)
@pytest.mark.parametrize("dtype", DTYPES)
def test_train(stopwatch: Stopwatch, dtype: str, shape: Shape, called: str) -> None:
    """`train` called from Python once per example, beside one call of `fit` for all of them."""
    ready(NnfastPeer, dtype)
    count = 2 if stopwatch.quick else EXAMPLES
    network = NnfastPeer(weights_for(shape, dtype), LR).network
    inputs, targets = examples(count, shape, dtype)
    pairs = list(zip(inputs, targets, strict=True))

    def train() -> None:
        for row, wanted in pairs:
            network.train(row, wanted)

    work = Work(train if called == "train" else lambda: network.fit(inputs, targets), count)
    stopwatch.time(work, question="train", case=label(shape), dtype=dtype, peer=called)


ESTIMATORS = {
    "nnfast": ("nnfast.sklearn", "NeuralNetworkClassifier"),
    "scikit-learn": ("sklearn.neural_network", "MLPClassifier"),
}


@pytest.mark.parametrize("batch_size", [32, 200])
@pytest.mark.parametrize("peer", ESTIMATORS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_estimators(stopwatch: Stopwatch, dtype: str, peer: str, batch_size: int) -> None:
    """An epoch of Adam through scikit-learn's interface; the tests show that both train alike.

    The batch sizes are the two defaults, ours and scikit-learn's.
    """
    module, name = ESTIMATORS[peer]
    shape, count = stopwatch.sized(ARTICLE, 2 * EXAMPLES)
    inputs, targets = examples(count, shape, dtype)
    labels = targets.argmax(axis=1)
    kind = getattr(pytest.importorskip(module), name)
    estimator = kind(shape[1], batch_size=min(batch_size, count), random_state=0)
    estimator.partial_fit(inputs, labels, classes=range(shape[2]))
    work = Work(lambda: estimator.partial_fit(inputs, labels), count)
    stopwatch.time(work, question="estimators", case=f"{batch_size}", dtype=dtype, peer=peer)


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
    """An import in a process of its own, which has imported NumPy already if that is needed.

    The times in pytest's table are those of the whole process; report.py gets those of the import.
    """
    module, before = STARTS[name]
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{name}: is not installed")
    # The other benchmarks show that the libraries can be imported.
    command = [sys.executable, "-c", IMPORT, "nnref" if stopwatch.quick else module, *before]
    # From compiled modules, as installed packages are: the first round may write them.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    seconds: list[float] = []
    work = Work(lambda: seconds.append(float(subprocess.check_output(command, env=environment))), 1)
    stopwatch.time(work, question="start-up", case="import", dtype="", peer=name)
    stopwatch.benchmark.extra_info["seconds"] = seconds


MEMORY = """
import resource, sys
import numpy as np
from nnfast.benchmark.peers import NnfastPeer
from nnfast.benchmark.problem import weights_for

count, dtype = int(sys.argv[1]), sys.argv[2]
peer = NnfastPeer(weights_for((784, 200, 10), dtype), 0.01)
inputs = np.full((count, 784), 0.5, dtype)
targets = np.full((count, 10), 0.5, dtype)
peer.fit(inputs[:100], targets[:100])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peer.fit(inputs, targets)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="Linux and others count peak memory differently"
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_memory(stopwatch: Stopwatch, dtype: str) -> None:
    """The peak memory of `fit` beyond the data and the weights, in a process of its own."""
    ready(NnfastPeer, dtype)
    count = 200 if stopwatch.quick else 20_000
    command = [sys.executable, "-c", MEMORY, str(count), dtype]
    kibibytes: list[int] = []
    work = Work(lambda: kibibytes.append(int(subprocess.check_output(command))), 1)
    stopwatch.time(work, question="memory", case="", dtype=dtype, peer="nnfast")
    stopwatch.benchmark.extra_info["kibibytes"] = max(kibibytes)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("kind", "dtype"), combinations("update"))
def test_scaling(stopwatch: Stopwatch, kind: type[Peer], dtype: str, hidden: int) -> None:
    """One update per example, from 10 to 10,000 hidden neurons."""
    if kind is NnrefPeer and hidden > 1000:
        pytest.skip("nnref: takes a second per update, and grows in proportion to the size")
    ready(kind, dtype)
    shape, count = scaled(stopwatch, hidden)
    work = fit_work(kind, shape, dtype, enough(kind, count))
    stopwatch.time(work, question="scaling", case=f"{hidden}", dtype=dtype, peer=kind.name)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("dtype", DTYPES)
def test_scaling_limit(stopwatch: Stopwatch, dtype: str, hidden: int) -> None:
    """Each weight loaded, moved and stored once, in whichever cache they fit."""
    shape, _ = scaled(stopwatch, hidden)
    work = limit_work(shape, dtype)
    stopwatch.time(work, question="scaling", case=f"{hidden}", dtype=dtype, peer=LIMIT)


def scaled(stopwatch: Stopwatch, hidden: int) -> tuple[Shape, int]:
    weights = (INPUTS + OUTPUTS) * hidden
    count = min(max(WEIGHTS_PER_ROUND // weights, 4), EXAMPLES)
    return stopwatch.sized((INPUTS, hidden, OUTPUTS), count)


KINDS_OF_WORK = {
    "online": 1,
    "batches of 64": 64,
    "batches of 256": 256,
    "batches of 1024": 1024,
    "predict 256": 256,
}
"""With how many examples at once."""


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind_of_work", KINDS_OF_WORK)
def test_threads(
    stopwatch: Stopwatch, cores: int, kind_of_work: str, dtype: str, threads: int
) -> None:
    """More threads, on all the cores that the command may use."""
    ready(NnfastPeer, dtype)
    if threads > cores:
        pytest.skip(f"{threads} threads want {threads} cores, here are {cores}")
    shape, count = stopwatch.sized(ARTICLE, 2 * EXAMPLES)
    if kind_of_work == "predict 256":
        work = predict_work(NnfastPeer, shape, dtype, min(count, 256), calls=4, threads=threads)
    else:
        batch_size = min(count, KINDS_OF_WORK[kind_of_work])
        work = fit_work(NnfastPeer, shape, dtype, count, batch_size, threads=threads)
    peer = f"{threads} thread{'s' * (threads > 1)}"
    stopwatch.time(work, question="threads", case=kind_of_work, dtype=dtype, peer=peer)
