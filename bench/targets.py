"""The targets that this project has set itself, and whether a run meets them."""

from collections.abc import Iterator
from typing import NamedTuple

from results import Results, digits

from nnfast.network import DTYPES

BATCH_SIZES = ("32", "64", "256")
SMALL_NANOSECONDS = {"2-3-1": 60, "4-10-3": 120, "64-32-10": 700}
NOT_MEASURED = "not measured"
TITLES = {
    "online": "one update per example",
    "batches": "batches of {}",
    "answers": "answers to {}",
    "threads": "{}",
}


class Target(NamedTuple):
    """A line of the table of targets.

    Whether it is met is None if it could not be measured, and if nothing is wanted, because the
    line is only there for comparison.
    """

    what: str
    wanted: str
    measured: str
    met: bool | None


def targets(results: Results) -> Iterator[Target]:
    """Give every target, with what was measured."""
    yield from online_targets(results)
    yield from batch_targets(results)
    yield from answer_targets(results)
    yield from small_targets(results)
    yield from thread_targets(results)
    yield from cost_targets(results)


def online_targets(results: Results) -> Iterator[Target]:
    """Give the targets for one update per example."""
    for bound, wanted, dtype, above, below in (
        (">=", 8.0, "float64", "NumPy, article's", "nnfast"),
        (">=", 1.7, "float64", "JAX", "nnfast"),
        (">=", 1.7, "float64", "Numba", "nnfast"),
        ("<=", 1.2, "float64", "nnfast", "limit"),
        (">=", 1.45, "float32", "JAX", "nnfast"),
        ("<=", 1.2, "float32", "nnfast", "limit"),
    ):
        yield ratio(results, bound, wanted, "online", "784-200-10", dtype, above, below)


def batch_targets(results: Results) -> Iterator[Target]:
    """Give the targets for training in batches."""
    for size in BATCH_SIZES:
        yield ratio(results, ">=", 1.0, "batches", size, "float32", "JAX", "nnfast")
    # This target comes from figures of autograd's, whose overhead is 420 microseconds per batch.
    # The line after it keeps the easier rival from standing alone.
    yield ratio(results, ">=", 1.7, "batches", "64", "float32", "PyTorch, autograd", "nnfast")
    yield comparison(results, "batches", "64", "float32", "PyTorch, by hand", "nnfast")
    for size in BATCH_SIZES:
        yield ratio(results, ">=", 1.5, "batches", size, "float64", "scikit-learn", "nnfast")
    for size in BATCH_SIZES:
        rivals = "PyTorch, by hand", "JAX", "NumPy, batches"
        times = [results.ratio("batches", size, "float64", "nnfast", rival) for rival in rivals]
        what = f"batches of {size}, float64: nnfast / the fastest of PyTorch, JAX and NumPy"
        yield target(what, "<=", 1.35, max(filter(None, times), default=None))


def answer_targets(results: Results) -> Iterator[Target]:
    """Give the targets for answers to one example and to many."""
    numpy = results.times.get(("answers", "1", "float32", "NumPy, article's"))
    for dtype, most in (("float64", 1.35), ("float32", 0.8)):
        ours = results.times.get(("answers", "1", dtype, "nnfast"))
        measured = ours / numpy if ours and numpy else None
        yield target(f"answers to 1, {dtype}: nnfast / NumPy in float32", "<=", most, measured)
    for size in ("32", "256"):
        yield ratio(results, ">=", 1.0, "answers", size, "float32", "ONNX Runtime", "nnfast")


def small_targets(results: Results) -> Iterator[Target]:
    """Give the targets for small networks, where Python's share of the time shows."""
    for case, nanoseconds in SMALL_NANOSECONDS.items():
        ours = results.times.get(("small networks", case, "float64", "nnfast"))
        measured = ours * 1e3 if ours else None
        yield target(f"{case}, one update per example", "<=", nanoseconds, measured, " ns")
    over = results.difference("train", "2-3-1", "float64", "train", "fit")
    yield target("a call of `train` beyond the update itself", "<=", 1.5, over, " µs")


def thread_targets(results: Results) -> Iterator[Target]:
    """Give the targets for two threads."""
    for work, gain in (("online", 1.5), ("batches of 64", 1.7), ("predict 256", 1.7)):
        for dtype in DTYPES:
            yield ratio(results, ">=", gain, "threads", work, dtype, "1 thread", "2 threads")


def cost_targets(results: Results) -> Iterator[Target]:
    """Give the targets for start-up and memory."""
    start = results.times.get(("start-up", "import", "", "nnfast"))
    milliseconds = start / 1e3 if start else None
    yield target("`import nnfast` beyond `import numpy`", "<=", 20, milliseconds, " ms")
    for dtype in DTYPES:
        kibibytes = results.kibibytes.get(dtype)
        mebibytes = None if kibibytes is None else kibibytes / 1024
        yield target(f"memory of `fit` beyond its data, {dtype}", "<=", 1, mebibytes, " MiB")


def ratio(results: Results, bound: str, wanted: float, *key: str) -> Target:
    """Return the target for a ratio; the key is that of `Results.ratio`."""
    return target(ratio_text(*key), bound, wanted, results.ratio(*key))


def comparison(results: Results, *key: str) -> Target:
    """Return a line without a target for a ratio; the key is that of `Results.ratio`."""
    measured = results.ratio(*key)
    return Target(ratio_text(*key), "", digits(measured) if measured else NOT_MEASURED, None)


def ratio_text(question: str, case: str, dtype: str, above: str, below: str) -> str:
    """Return what a ratio compares."""
    return f"{TITLES[question].format(case)}, {dtype}: {above} / {below}"


def target(what: str, bound: str, wanted: float, measured: float | None, unit: str = "") -> Target:
    """Return a line of the table of targets; the bound is ``>=`` or ``<=``."""
    words = {">=": "at least", "<=": "at most"}
    if measured is None:
        return Target(what, f"{words[bound]} {wanted:g}{unit}", NOT_MEASURED, None)
    met = measured >= wanted if bound == ">=" else measured <= wanted
    return Target(what, f"{words[bound]} {wanted:g}{unit}", f"{digits(measured)}{unit}", met)
