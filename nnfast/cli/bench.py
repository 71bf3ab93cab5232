"""``nnfast bench``: how fast networks learn and answer, in nnfast and in what else is installed.

The peers are below the command, each written as the users of its library would write it for speed.
``bench/`` in the source takes them from here, adds more of them, and asks more questions.
"""
# ruff: noqa: D102 (what a peer's methods do is said once, in Peer)

import importlib
import importlib.util
import math
import os
import platform
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

import click
import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.table import Table

import nnfast
import nnref
from nnfast.cli import console
from nnfast.cli.options import MOST_NEURONS, json_option, positive_number
from nnfast.cli.train import check_writable
from nnfast.kernel.builds import kernel_for
from nnfast.network import DTYPES
from nnfast.optional import required_by

Array = NDArray[Any]
Shape = tuple[int, int, int]

INPUTS, OUTPUTS = 784, 10
BATCH_SIZE = 64
LR = 0.01
CHECKED_SHAPE = (24, 12, 10)
# A pass over these takes milliseconds in the compiled peers: short enough that, on a busy machine,
# some passes go undisturbed. The oracle is some hundred times as slow, and is not here to win.
EXAMPLES, EXAMPLES_OF_ORACLE = 128, 2
FEWEST_TURNS = 3
LIMIT = "limit"
PASSES = 100
BAR_WIDTH = 30
# Eighths of a character, so that a short bar still tells something.
BAR_ENDS = " ▏▎▍▌▋▊▉"
COLOURS = {"nnfast": "#2a9d8f", LIMIT: "#d0d0d0"}


@dataclass(frozen=True, slots=True)
class Result:
    """What one peer took for one of the questions."""

    question: str
    dtype: str
    peer: str
    microseconds: float
    times_nnfast: float


@dataclass(frozen=True, slots=True)
class Question:
    """What is timed, as `Peer.asked` calls it."""

    kind: str
    title: str
    batch_size: int = 1


QUESTIONS = (
    Question("update", "one update per example"),
    Question("batch", f"batches of {BATCH_SIZE}, per example", BATCH_SIZE),
    Question("answer", "one answer"),
)


@click.command("bench")
@click.option(
    "--hidden",
    type=click.IntRange(1, MOST_NEURONS),
    metavar="N",
    default=200,
    help=f"Neurons in the hidden layer, between {INPUTS} inputs and {OUTPUTS} outputs.",
)
@click.option(
    "--seconds",
    callback=positive_number,
    metavar="NUMBER",
    default="3",
    help="How long to measure for each of the tables, about.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save the bars as a picture, .png, .svg or .pdf; needs matplotlib.",
)
@json_option
def command(hidden: int, seconds: float, plot: Path | None, as_json: bool) -> None:
    """Time the article's network, here and in what else is installed.

    nnfast beside nnref, the article's NumPy code and, where they are installed, PyTorch, JAX and
    Numba: all of them on the same weights and examples, on one core, and only after each has given
    nnref's numbers. They run in turns, and the best time of each counts. It takes about
    half a minute. Quote the ratios: the times move with the machine and with what else runs on it.

    \b
    Examples:
      nnfast bench
      nnfast bench --hidden 1000 --seconds 10
      nnfast bench --plot bench.png --json
    """  # noqa: D301 (click's \b)
    if plot is not None:
        check_plot(plot)
    shape = (INPUTS, hidden, OUTPUTS)
    with one_core(), console.stderr().status("Starting") as status:
        results, skipped = measure(shape, seconds, status.update)
    outcome = {
        "sizes": shape,
        **machine(("numpy", "scipy", "torch", "jax", "numba")),
        "results": [asdict(result) for result in results],
        "skipped": skipped,
    }
    if plot is not None:
        draw(plot, shape, results)
    if as_json:
        console.print_json(outcome)
    else:
        _print_tables(outcome, results)


def measure(
    shape: Shape, seconds: float, tell: Callable[[str], object]
) -> tuple[list[Result], list[str]]:
    """Answer all questions; return the results, and a word for each that has none."""
    results: list[Result] = []
    skipped: dict[str, None] = {}  # a set that keeps its order
    for question in QUESTIONS:
        for dtype in DTYPES:
            title = f"{question.title}, {dtype}"
            tell(f"Timing {title}")
            works: dict[str, tuple[Callable[[], object], int]] = {}
            for peer in PEERS:
                if question.kind not in peer.asked:
                    continue
                obstacle = peer.obstacle(dtype)
                if obstacle is not None:
                    skipped[f"{peer.name}: {obstacle}"] = None
                    continue
                check(peer, dtype, question.batch_size)
                works[peer.name] = work_for(peer, dtype, shape, question)
            if question.kind == "update":
                works[LIMIT] = pass_over_weights(shape, dtype), PASSES
            times = in_turns(works, seconds)
            ours = times[NnfastPeer.name]
            results += [
                Result(question.title, dtype, peer, time, time / ours)
                for peer, time in sorted(times.items(), key=lambda item: -item[1])
            ]
    return results, list(skipped)


def work_for(
    kind: "type[Peer]", dtype: str, shape: Shape, question: Question
) -> tuple[Callable[[], object], int]:
    """Return what to time, and how many examples that goes through."""
    peer = kind(weights_for(shape, dtype), LR, question.batch_size)
    count = max(EXAMPLES_OF_ORACLE, question.batch_size) if kind is NnrefPeer else EXAMPLES
    inputs, targets = examples(count, shape, dtype)
    if question.kind != "answer":
        ready = peer.prepare(inputs), peer.prepare(targets)
        return lambda: peer.fit(*ready), count
    rows = [peer.prepare(row) for row in inputs]

    def answer() -> None:
        for row in rows:
            peer.query(row)

    return answer, count


def in_turns(
    works: dict[str, tuple[Callable[[], object], int]], seconds: float
) -> dict[str, float]:
    """Return each work's microseconds per example, the best of many.

    In turns, so that a change in what else the machine does meets all alike.
    """
    best = dict.fromkeys(works, math.inf)
    for work, _ in works.values():
        work()  # compiles, and fills the caches
    end = perf_counter() + seconds
    turns = 0
    while turns < FEWEST_TURNS or perf_counter() < end:
        for name, (work, count) in works.items():
            started = perf_counter()
            work()
            best[name] = min(best[name], (perf_counter() - started) / count * 1e6)
        turns += 1
    return best


def machine(packages: Iterable[str]) -> dict[str, Any]:
    """Return what the times depend on beside the code: these packages, and what is under them."""
    return {
        "processor": processor(),
        "platform": platform.platform(),
        "kernel": nnfast.kernel_info()["kernel"],
        "versions": {"python": platform.python_version(), "nnfast": nnfast.__version__}
        | versions(packages),
    }


def processor() -> str:
    """Return the processor's name, as well as the system tells it."""
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


# Showing it.


def _print_tables(outcome: dict[str, Any], results: list[Result]) -> None:
    out = console.stdout()
    facts = {
        "network": console.sizes_text(outcome["sizes"]),
        "machine": f"{outcome['processor']}, one core",
        "kernel": outcome["kernel"],
        "versions": ", ".join(f"{name} {number}" for name, number in outcome["versions"].items()),
    }
    console.print_facts(out, facts)
    for (question, dtype), group in grouped(results).items():
        out.print()
        out.print(f"{question}, {dtype}", style="bold")
        out.print(_table(group, out.options.ascii_only))
    out.print(
        f"{LIMIT}: loading, moving and storing each weight once, by a compiled pass", soft_wrap=True
    )
    for word in outcome["skipped"]:
        out.print(f"not timed: {word}", soft_wrap=True)


def grouped(results: list[Result]) -> dict[tuple[str, str], list[Result]]:
    """Return the results by question and dtype."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.question, result.dtype), []).append(result)
    return groups


def _table(results: list[Result], ascii_only: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("µs", justify="right", no_wrap=True)
    table.add_column("times nnfast", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    longest = longest_bar(results)
    for result in results:
        table.add_row(
            result.peer,
            f"{result.microseconds:,.2f}",
            f"{result.times_nnfast:,.2f}",
            bar(result.microseconds / longest, ascii_only),
            style="bold green" if result.peer == NnfastPeer.name else "",
        )
    return table


def longest_bar(results: list[Result]) -> float:
    """Return how many microseconds the longest bar stands for, of those that are not cut.

    Pure Python's bar would leave none of the others to be seen.
    """
    return max(result.microseconds for result in results if result.peer != NnrefPeer.name)


def bar(share: float, ascii_only: bool) -> str:
    """Return a bar of this share of the full width; beyond that, one that is cut."""
    full = "#" if ascii_only else "█"
    if share > 1.0:
        return full * BAR_WIDTH + (" >>" if ascii_only else " ⟫")
    eighths = round(share * BAR_WIDTH * len(BAR_ENDS))
    whole, rest = divmod(eighths, len(BAR_ENDS))
    return full * whole if ascii_only else (full * whole + BAR_ENDS[rest]).rstrip()


def check_plot(path: Path) -> None:
    """Raise an error, before the measuring and not after it, if no picture can be drawn here."""
    with required_by("--plot", "matplotlib"):
        importlib.import_module("matplotlib")
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise click.UsageError(f"--plot {path}: wants a name that ends in .png, .svg or .pdf.")
    check_writable(path)


def draw(path: Path, shape: Shape, results: list[Result]) -> None:
    """Draw the bars that the terminal shows."""
    figure_of: Any = importlib.import_module("matplotlib.figure").Figure
    groups = grouped(results)
    figure = figure_of(figsize=(12, 2.6 * math.ceil(len(groups) / 2) + 0.8), layout="constrained")
    figure.suptitle(f"{console.sizes_text(shape)} on one core: microseconds, less is better")
    panels = figure.subplots(math.ceil(len(groups) / 2), 2, squeeze=False).flat
    for panel, ((question, dtype), group) in zip(panels, groups.items(), strict=False):
        longest = longest_bar(group)
        cut = 1.15 * longest
        bars = panel.barh(
            [result.peer for result in group],
            [min(result.microseconds, cut) for result in group],
            color=[COLOURS.get(result.peer, "#8d99ae") for result in group],
        )
        panel.bar_label(
            bars,
            [
                f" {result.microseconds:,.1f}{' (cut)' if result.microseconds > cut else ''}"
                for result in group
            ],
        )
        panel.set_title(f"{question}, {dtype}", loc="left", fontweight="bold")
        panel.set_xlim(0, 1.5 * longest)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


# Same weights, same examples, one core.


def weights_for(shape: Shape, dtype: str) -> list[Array]:
    """Return first weights, of a size that keeps the signals small: no neuron saturates."""
    rng = np.random.default_rng(0)
    return [
        rng.normal(0.0, fan_in**-0.5, (fan_in, fan_out)).astype(dtype)
        for fan_in, fan_out in pairwise(shape)
    ]


def examples(count: int, shape: Shape, dtype: str) -> tuple[Array, Array]:
    """Return inputs and targets like the article's: mostly dark pixels, and one class of several.

    They are random, since no peer takes another path for other numbers.
    """
    rng = np.random.default_rng(1)
    inputs = np.where(
        rng.random((count, shape[0])) < 0.8, 0.01, rng.uniform(0.01, 1.0, (count, shape[0]))
    )
    targets = np.full((count, shape[-1]), 0.01)
    targets[np.arange(count), rng.integers(shape[-1], size=count)] = 0.99
    return inputs.astype(dtype), targets.astype(dtype)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and the libraries that it will load, to one thread on one core."""
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
            # Not the first, where most else on a quiet machine runs.
            os.sched_setaffinity(0, {max(cores)})
        yield


def _set_variables(variables: dict[str, str | None] | dict[str, str]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def pass_over_weights(shape: Shape, dtype: str) -> Callable[[], object]:
    """Return what no update gets below, PASSES times: each weight loaded, moved and stored once."""
    weights = aligned(sum(fan_in * fan_out for fan_in, fan_out in pairwise(shape)), dtype)
    move_all = kernel_for(dtype).move_all
    return lambda: move_all(weights, 0.5, PASSES)


def aligned(size: int, dtype: str) -> Array:
    """Return zeros that start at a cache line, as nnfast's weights do."""
    room = np.zeros(size * np.dtype(dtype).itemsize + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size * np.dtype(dtype).itemsize].view(dtype)


# The peers.


class Peer(ABC):
    """The article's network in one library: sigmoid, squared error, no bias.

    Parameters
    ----------
    weights : two arrays, (fan_in, fan_out)
        What to start from. The dtype of the network is theirs.
    lr : float
    batch_size : int
        Examples per update.
    """

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()
    dtypes: ClassVar[tuple[str, ...]] = DTYPES
    asked: ClassVar[frozenset[str]] = frozenset({"update", "batch", "answer", "answers"})
    """The questions that it is for: single updates or batches, one answer or many."""
    rule: ClassVar[dict[str, Any]] = {}
    """The options with which nnref does the same, where it is not the article's network."""
    one_hot: ClassVar[bool] = False
    """Whether targets mean a class to it, so that nnref has to be taught with 0 and 1."""

    @abstractmethod
    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        """Make the network."""

    def prepare(self, array: Array) -> Any:
        """Return examples in the form that this library likes best; nobody times this."""
        return array

    @abstractmethod
    def fit(self, inputs: Any, targets: Any) -> None:
        """Make one epoch of updates from prepared examples, whole batches of them."""

    @abstractmethod
    def predict(self, inputs: Any) -> Any:
        """Return the outputs for many prepared examples."""

    def query(self, inputs: Any) -> Any:
        """Return the outputs for one prepared example."""
        return self.predict(inputs)

    @abstractmethod
    def weights(self) -> list[Any]:
        """Return the weights as they are now, (fan_in, fan_out) each."""

    @classmethod
    def obstacle(cls, dtype: str) -> str | None:
        """Return, in a few words, why this peer cannot be timed here; None if it can."""
        for package in cls.packages:
            if importlib.util.find_spec(package) is None:
                return f"{package} is not installed"
        return None if dtype in cls.dtypes else f"has no {dtype}"


def check(kind: type[Peer], dtype: str, batch_size: int) -> None:
    """Train and ask a small network: raise ValueError if the numbers are not the oracle's."""
    weights = weights_for(CHECKED_SHAPE, dtype)
    inputs, targets = examples(2 * batch_size, CHECKED_SHAPE, dtype)
    peer = kind(weights, LR, batch_size)
    oracle = nnref.NeuralNetwork(*CHECKED_SHAPE, LR, **kind.rule)
    oracle.weights = weights
    pairs: list[tuple[Any, Any]] = []
    if not kind.asked.isdisjoint(("update", "batch")):
        oracle.fit(inputs, np.round(targets) if kind.one_hot else targets, batch_size=batch_size)
        peer.fit(peer.prepare(inputs), peer.prepare(targets))
        pairs += zip(peer.weights(), oracle.weights, strict=True)
    pairs += [
        (peer.query(peer.prepare(inputs[0])), oracle.query(inputs[0])),
        (peer.predict(peer.prepare(inputs)), oracle.predict(inputs)),
    ]
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    for mine, theirs in pairs:
        if not np.allclose(mine, theirs, rtol=0.0, atol=tolerance):
            raise ValueError(f"{kind.name}, {dtype}: its numbers are not those of nnref")


class NnrefPeer(Peer):
    """Pure Python."""

    name = "nnref"
    dtypes = ("float64",)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.batch_size = batch_size
        self.network = nnref.NeuralNetwork(
            len(weights[0]), len(weights[1]), weights[1].shape[1], lr
        )
        self.network.weights = weights

    def prepare(self, array: Array) -> Any:
        return array.tolist()

    def fit(self, inputs: Any, targets: Any) -> None:
        self.network.fit(inputs, targets, batch_size=self.batch_size)

    def predict(self, inputs: Any) -> Any:
        return self.network.predict(inputs)

    def query(self, inputs: Any) -> Any:
        return self.network.query(inputs)

    def weights(self) -> list[Any]:
        return list(self.network.weights)


class NnfastPeer(Peer):
    """What all of this is about."""

    name = "nnfast"

    def __init__(
        self, weights: Sequence[Array], lr: float, batch_size: int = 1, threads: int = 1
    ) -> None:
        self.batch_size = batch_size
        self.network = nnfast.NeuralNetwork(
            len(weights[0]),
            len(weights[1]),
            weights[1].shape[1],
            lr,
            dtype=weights[0].dtype.name,
            threads=threads,
        )
        self.network.weights = tuple(weights)

    def fit(self, inputs: Any, targets: Any) -> None:
        self.network.fit(inputs, targets, batch_size=self.batch_size)

    def predict(self, inputs: Any) -> Any:
        return self.network.predict(inputs)

    def query(self, inputs: Any) -> Any:
        return self.network.query(inputs)

    def weights(self) -> list[Any]:
        return list(self.network.weights)


class ArticlePeer(Peer):
    """The article's NumPy code, with its errata put right."""

    name = "NumPy, article's"
    packages = ("scipy",)
    asked = frozenset({"update", "answer"})

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.lr = lr
        self.weights_input_hidden, self.weights_hidden_output = map(np.array, weights)
        self.activation: Any = importlib.import_module("scipy.special").expit

    def train(self, inputs: Array, targets: Array) -> None:
        """Make one update."""
        hidden_outputs = self.activation(inputs @ self.weights_input_hidden)
        final_outputs = self.activation(hidden_outputs @ self.weights_hidden_output)
        output_errors = targets - final_outputs
        hidden_errors = self.weights_hidden_output @ output_errors
        # The learning rate times a vector, not times the matrix that np.outer makes of it.
        self.weights_hidden_output += np.outer(
            hidden_outputs, self.lr * output_errors * final_outputs * (1.0 - final_outputs)
        )
        self.weights_input_hidden += np.outer(
            inputs, self.lr * hidden_errors * hidden_outputs * (1.0 - hidden_outputs)
        )

    def fit(self, inputs: Any, targets: Any) -> None:
        for row, wanted in zip(inputs, targets, strict=True):
            self.train(row, wanted)

    def predict(self, inputs: Any) -> Any:
        return self.activation(
            self.activation(inputs @ self.weights_input_hidden) @ self.weights_hidden_output
        )

    def weights(self) -> list[Any]:
        return [self.weights_input_hidden, self.weights_hidden_output]


class NumpyPeer(Peer):
    """NumPy written for batches: matrix products, and no large array made anew."""

    name = "NumPy, batches"
    asked = frozenset({"batch", "answers"})

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.first, self.last = map(np.array, weights)
        self.steps = np.empty_like(self.first), np.empty_like(self.last)
        self.batch_size = batch_size
        self.rate = lr / batch_size

    def fit(self, inputs: Any, targets: Any) -> None:
        for start in range(0, len(inputs), self.batch_size):
            batch = inputs[start : start + self.batch_size]
            hidden = numpy_sigmoid(batch @ self.first)
            outputs = numpy_sigmoid(hidden @ self.last)
            errors = targets[start : start + self.batch_size] - outputs
            hidden_deltas = (errors @ self.last.T) * (self.rate * hidden * (1.0 - hidden))
            deltas = errors * (self.rate * outputs * (1.0 - outputs))
            self.last += np.matmul(hidden.T, deltas, out=self.steps[1])
            self.first += np.matmul(batch.T, hidden_deltas, out=self.steps[0])

    def predict(self, inputs: Any) -> Any:
        return numpy_sigmoid(numpy_sigmoid(inputs @ self.first) @ self.last)

    def weights(self) -> list[Any]:
        return [self.first, self.last]


def numpy_sigmoid(signals: Array) -> Array:
    """Return 1 / (1 + e**-x), written over the signals."""
    np.negative(signals, out=signals)
    np.exp(signals, out=signals)
    signals += 1.0
    return np.reciprocal(signals, out=signals)


class TorchPeer(Peer):
    """PyTorch by hand: no autograd, updates in place, and weights as (out, in), which it likes."""

    name = "PyTorch, by hand"
    packages = ("torch",)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(1)
        self.first, self.last = (self.torch.tensor(matrix.T.copy()) for matrix in weights)
        self.batch_size = batch_size
        self.rate = lr / batch_size

    def prepare(self, array: Array) -> Any:
        return self.torch.from_numpy(array)

    def fit(self, inputs: Any, targets: Any) -> None:
        with self.torch.inference_mode():
            if self.batch_size == 1:
                for row, wanted in zip(inputs, targets, strict=True):
                    self._update_from_one(row, wanted)
            else:
                batches = inputs.split(self.batch_size), targets.split(self.batch_size)
                for batch, wanted in zip(*batches, strict=True):
                    self._update(batch, wanted)

    def _update_from_one(self, inputs: Any, targets: Any) -> None:
        hidden = (self.first @ inputs).sigmoid_()
        outputs = (self.last @ hidden).sigmoid_()
        errors = targets - outputs
        hidden_deltas = (errors @ self.last) * hidden * (1.0 - hidden)
        self.last.addr_(errors * outputs * (1.0 - outputs), hidden, alpha=self.rate)
        self.first.addr_(hidden_deltas, inputs, alpha=self.rate)

    def _update(self, inputs: Any, targets: Any) -> None:
        hidden = (inputs @ self.first.T).sigmoid_()
        outputs = (hidden @ self.last.T).sigmoid_()
        errors = targets - outputs
        hidden_deltas = (errors @ self.last) * hidden * (1.0 - hidden)
        self.last.addmm_((errors * outputs * (1.0 - outputs)).T, hidden, alpha=self.rate)
        self.first.addmm_(hidden_deltas.T, inputs, alpha=self.rate)

    def predict(self, inputs: Any) -> Any:
        with self.torch.inference_mode():
            return ((inputs @ self.first.T).sigmoid_() @ self.last.T).sigmoid_()

    def query(self, inputs: Any) -> Any:
        with self.torch.inference_mode():
            return (self.last @ (self.first @ inputs).sigmoid_()).sigmoid_()

    def weights(self) -> list[Any]:
        return [self.first.T.numpy(), self.last.T.numpy()]


class JaxPeer(Peer):
    """JAX: the whole epoch is one compiled scan, which keeps the weights' memory.

    Weights as (out, in), and several steps in a turn of the loop, are what was fastest.
    """

    name = "JAX"
    packages = ("jax",)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.jax: Any = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)  # else there is no float64
        self.state = tuple(self.jax.numpy.array(matrix.T.copy()) for matrix in weights)
        self.epoch = jax_epoch(batch_size, lr / batch_size)
        self.answers = jax_answers()

    def prepare(self, array: Array) -> Any:
        return self.jax.numpy.asarray(array)

    def fit(self, inputs: Any, targets: Any) -> None:
        self.state = self.jax.block_until_ready(self.epoch(self.state, inputs, targets))

    def predict(self, inputs: Any) -> Any:
        return self.jax.block_until_ready(self.answers(self.state, inputs))

    def weights(self) -> list[Any]:
        return [matrix.T for matrix in self.state]


@cache
def jax_epoch(batch_size: int, rate: float) -> Any:
    """Return the compiled function of weights, inputs and targets that gives the new weights."""
    jax: Any = importlib.import_module("jax")
    sigmoid = jax.nn.sigmoid

    def update_from_one(state: Any, example: Any) -> tuple[Any, None]:
        (first, last), (inputs, targets) = state, example
        hidden = sigmoid(first @ inputs)
        outputs = sigmoid(last @ hidden)
        errors = targets - outputs
        hidden_deltas = rate * (errors @ last) * hidden * (1.0 - hidden)
        deltas = rate * errors * outputs * (1.0 - outputs)
        return (first + hidden_deltas[:, None] * inputs, last + deltas[:, None] * hidden), None

    def update(state: Any, batch: Any) -> tuple[Any, None]:
        (first, last), (inputs, targets) = state, batch
        hidden = sigmoid(inputs @ first.T)
        outputs = sigmoid(hidden @ last.T)
        errors = targets - outputs
        hidden_deltas = rate * (errors @ last) * hidden * (1.0 - hidden)
        deltas = rate * errors * outputs * (1.0 - outputs)
        return (first + hidden_deltas.T @ inputs, last + deltas.T @ hidden), None

    def epoch(state: Any, inputs: Any, targets: Any) -> Any:
        if batch_size == 1:
            return jax.lax.scan(update_from_one, state, (inputs, targets), unroll=4)[0]
        batches = tuple(rows.reshape(-1, batch_size, rows.shape[1]) for rows in (inputs, targets))
        return jax.lax.scan(update, state, batches)[0]

    return jax.jit(epoch, donate_argnums=0)


@cache
def jax_answers() -> Any:
    """Return the compiled function of weights and inputs that gives the outputs."""
    jax: Any = importlib.import_module("jax")

    def answers(state: Any, inputs: Any) -> Any:
        first, last = state
        return jax.nn.sigmoid(jax.nn.sigmoid(inputs @ first.T) @ last.T)

    return jax.jit(answers)


class NumbaPeer(Peer):
    """Numba: plain loops over rows, with fastmath."""

    name = "Numba"
    packages = ("numba",)
    asked = frozenset({"update", "answer"})

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.first, self.last = map(np.array, weights)
        self.rate = weights[0].dtype.type(lr)

    def fit(self, inputs: Any, targets: Any) -> None:
        compiled(numba_epoch)(self.first, self.last, inputs, targets, self.rate)

    def predict(self, inputs: Any) -> Any:
        outputs = np.zeros((len(inputs), self.last.shape[1]), self.last.dtype)
        compiled(numba_answers)(self.first, self.last, inputs, outputs)
        return outputs

    def query(self, inputs: Any) -> Any:
        return self.predict(inputs[None])[0]

    def weights(self) -> list[Any]:
        return [self.first, self.last]


@cache
def compiled(function: Callable[..., None]) -> Any:
    """Return a function as Numba compiles it, for each dtype when first called."""
    return importlib.import_module("numba").njit(fastmath=True)(function)


def numba_epoch(first: Array, last: Array, inputs: Array, targets: Array, rate: Any) -> None:
    """Make one update per example."""
    hidden, hidden_deltas = np.empty((2, len(last)), last.dtype)
    outputs, errors, deltas = np.empty((3, last.shape[1]), last.dtype)
    for n in range(len(inputs)):
        hidden[:] = 0.0
        for i in range(len(first)):
            x = inputs[n, i]
            for j in range(len(hidden)):
                hidden[j] += x * first[i, j]
        outputs[:] = 0.0
        for j in range(len(hidden)):
            hidden[j] = 1.0 / (1.0 + np.exp(-hidden[j]))
            for k in range(len(outputs)):
                outputs[k] += hidden[j] * last[j, k]
        for k in range(len(outputs)):
            outputs[k] = 1.0 / (1.0 + np.exp(-outputs[k]))
            errors[k] = targets[n, k] - outputs[k]
            deltas[k] = rate * errors[k] * outputs[k] * (1.0 - outputs[k])
        hidden_deltas[:] = 0.0
        for j in range(len(hidden)):
            for k in range(len(outputs)):
                hidden_deltas[j] += last[j, k] * errors[k]
                last[j, k] += hidden[j] * deltas[k]
            hidden_deltas[j] *= rate * hidden[j] * (1.0 - hidden[j])
        for i in range(len(first)):
            x = inputs[n, i]
            for j in range(len(hidden)):
                first[i, j] += x * hidden_deltas[j]


def numba_answers(first: Array, last: Array, inputs: Array, outputs: Array) -> None:
    """Add each example's answer to outputs of zeros."""
    hidden = np.empty(len(last), last.dtype)
    for n in range(len(inputs)):
        hidden[:] = 0.0
        for i in range(len(first)):
            x = inputs[n, i]
            for j in range(len(hidden)):
                hidden[j] += x * first[i, j]
        for j in range(len(hidden)):
            hidden[j] = 1.0 / (1.0 + np.exp(-hidden[j]))
            for k in range(outputs.shape[1]):
                outputs[n, k] += hidden[j] * last[j, k]
        for k in range(outputs.shape[1]):
            outputs[n, k] = 1.0 / (1.0 + np.exp(-outputs[n, k]))


PEERS: tuple[type[Peer], ...] = (
    NnrefPeer,
    ArticlePeer,
    NumpyPeer,
    TorchPeer,
    JaxPeer,
    NumbaPeer,
    NnfastPeer,
)
"""Those that the command takes, as far as they are installed."""
