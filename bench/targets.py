"""The targets that this project has set itself, and whether a run meets them.

A ratio says how many times as fast as something else nnfast is; what costs more than nothing has a
bound above it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from results import Results, digits

from nnfast.network import DTYPES

ARTICLE = "784-200-10"
LARGER = "784-800-10", "784-300-100-10"
BATCHES = ("32", "64", "256", "32, 784-800-10", "64, 784-800-10", "256, 784-800-10")
ANSWERS = "32", "256", "32, 784-800-10", "256, 784-800-10"
ADAM_CASES = "32, 784-200-10", "64, 784-800-10", "32, 784-300-100-10", "32, 30-100-2"
SMALL = {"2-3-1": 1 / 1.1, "4-10-3": 1 / 1.1, "64-32-10": 2.0}
SHARED = "online", "batches of 64", "batches of 256", "batches of 1024", "predict 256"
NOT_MEASURED = "not measured"
TITLES = {
    "online": "one update per example, {}",
    "batches": "batches of {}",
    "adam": "Adam, batches of {}",
    "answers": "answers to {}",
    "products": "product {}",
    "threads": "2 threads, {}",
    "small networks": "{}, one update per example",
}

# Why a target may be missed, by the question that it belongs to.
REASONS = {
    "online": "Weights that outgrow the second cache come from the third, so float64 stays farther "
    "from the limit. In float32 they are read twice and written once for 16 examples; what is left "
    "are the layers beyond the first, in which the examples take turns.",
    "batches": "A batch is three matrix products, and with larger batches all libraries come near "
    "to what the registers can do. The products here are level with a BLAS (below), and so is "
    "training.",
    "adam": "As for batches; moving the weights by Adam is limited by the cache.",
    "answers": "For one example the time is that of reading all weights once. For many, ONNX "
    "Runtime too is near what the registers can do.",
    "products": "In float64 the inner loop spends instructions on spreading each input over a "
    "register. To copy the inputs into order too, as is done with the weights, would save some.",
    "small networks": "An update of 2-3-1 passes through the functions that serve networks of "
    "every shape. Numba has compiled loops for this one, and they check nothing.",
    "threads": "Threads wait for each other several times in a batch, and in float32 there is "
    "little work between two waits.",
    "weights": "Within the noise of this run.",
    "start-up": "What is imported beyond NumPy is mostly Python's own modules.",
}


class Target(NamedTuple):
    """A line of the table of targets: a ratio to something else, or a cost.

    Whether it is met is None if it could not be measured.
    """

    what: str
    than: str
    wanted: str
    measured: str
    met: bool | None
    question: str


def targets(results: Results) -> Iterator[Target]:
    """Give every target, with what was measured."""
    yield from online_targets(results)
    yield from batch_targets(results)
    yield from adam_targets(results)
    yield from answer_targets(results)
    yield from product_targets(results)
    yield from small_targets(results)
    yield from thread_targets(results)
    yield from weight_targets(results)
    yield from cost_targets(results)


def online_targets(results: Results) -> Iterator[Target]:
    """Give the targets for one update per example.

    Beside the limit, AMD's processors of the Zen family and Intel's have targets of their own: the
    second cache of the first is faster beside their arithmetic.
    """
    jax, narrow, wide = (2.0, 1 / 1.1, 1 / 1.3) if results.is_amd else (3.0, 2.0, 1 / 1.2)
    yield ratio(results, 8.0, "online", ARTICLE, "float64", "NumPy, article's")
    yield ratio(results, 1.7, "online", ARTICLE, "float64", "JAX")
    yield ratio(results, wide, "online", ARTICLE, "float64", "limit")
    yield ratio(results, jax, "online", ARTICLE, "float32", "JAX")
    yield ratio(results, narrow, "online", ARTICLE, "float32", "limit")
    for case in LARGER:
        yield ratio(results, 2.5, "online", case, "float32", "JAX")


def batch_targets(results: Results) -> Iterator[Target]:
    """Give the targets for training in batches."""
    rivals = "JAX", "PyTorch, by hand", "NumPy, batches"
    for case in BATCHES:
        yield fastest(results, 1.15, "batches", case, "float32", *rivals)
    for case in BATCHES[:3]:
        yield fastest(results, 0.74, "batches", case, "float64", *rivals)
        yield ratio(results, 1.5, "batches", case, "float64", "scikit-learn")


def adam_targets(results: Results) -> Iterator[Target]:
    """Give the targets for Adam."""
    for case in ADAM_CASES:
        yield fastest(results, 1.15, "adam", case, "float32", "JAX", "PyTorch, fused Adam")


def answer_targets(results: Results) -> Iterator[Target]:
    """Give the targets for answers to one example and to many."""
    numpy = results.times.get(("answers", "1", "float32", "NumPy, article's"))
    for dtype, least in (("float64", 1 / 1.3), ("float32", 1 / 0.7)):
        ours = results.times.get(("answers", "1", dtype, "nnfast"))
        measured = numpy / ours if ours and numpy else None
        yield faster("answers", f"answers to 1, {dtype}", "NumPy in float32", least, measured)
    for case in ANSWERS:
        yield ratio(results, 1.1, "answers", case, "float32", "ONNX Runtime")


def product_targets(results: Results) -> Iterator[Target]:
    """Give the targets for the kernel's products: beside a BLAS, and beside registers alone."""
    for dtype, peer, least in (("float32", "NumPy", 0.95), ("float64", "limit", 0.9)):
        for case in results.cases("products", dtype):
            yield ratio(results, least, "products", case, dtype, peer)


def small_targets(results: Results) -> Iterator[Target]:
    """Give the targets for small networks, where Python's share of the time shows."""
    for case, least in SMALL.items():
        yield ratio(results, least, "small networks", case, "float64", "Numba")
    time = results.times.get(("train", "2-3-1", "float64", "train"))
    yield cost("small networks", "a call of `train`, 2-3-1", 1.6, time, "µs")


def thread_targets(results: Results) -> Iterator[Target]:
    """Give the targets for two threads."""
    for work in SHARED:
        for dtype in DTYPES:
            yield ratio(results, 1.6, "threads", work, dtype, "1 thread", "2 threads")


def weight_targets(results: Results) -> Iterator[Target]:
    """Give the targets for weights of examples, and for the range of inputs that is watched."""
    for dtype in DTYPES:
        for case in ("batches of 1", "batches of 32"):
            times = results.ratio("weights", case, dtype, "weighted", "unweighted")
            percent = None if times is None else 100 * (times - 1.0)
            yield cost(
                "weights", f"weights of examples, {case}, {dtype}: more time", 5, percent, "%"
            )
        watched = results.times.get(("weights", "range of inputs", dtype, "watched"))
        fit = results.times.get(("online", ARTICLE, dtype, "nnfast"))
        percent = 100 * watched / fit if watched and fit else None
        yield cost("weights", f"the range of inputs watched, {dtype}: more time", 5, percent, "%")


def cost_targets(results: Results) -> Iterator[Target]:
    """Give the targets for start-up and memory."""
    start = results.times.get(("start-up", "import", "", "nnfast"))
    milliseconds = start / 1e3 if start else None
    yield cost("start-up", "`import nnfast` beyond `import numpy`", 20, milliseconds, "ms")
    for dtype in DTYPES:
        kibibytes = results.kibibytes.get(dtype)
        mebibytes = None if kibibytes is None else kibibytes / 1024
        yield cost("memory", f"memory of `fit` beyond its data, {dtype}", 1, mebibytes, "MiB")


def ratio(
    results: Results,
    least: float,
    question: str,
    case: str,
    dtype: str,
    peer: str,
    ours: str = "nnfast",
) -> Target:
    """Return the target for how many times as fast as a peer nnfast is."""
    what = f"{TITLES[question].format(case)}, {dtype}"
    return faster(question, what, peer, least, results.ratio(question, case, dtype, peer, ours))


def fastest(
    results: Results, least: float, question: str, case: str, dtype: str, *rivals: str
) -> Target:
    """Return the target for how many times as fast as the fastest of some rivals nnfast is."""
    ratios = [results.ratio(question, case, dtype, rival, "nnfast") for rival in rivals]
    *first, last = (rival.partition(",")[0] for rival in rivals)
    than = f"the fastest of {', '.join(first)} and {last}"
    what = f"{TITLES[question].format(case)}, {dtype}"
    return faster(question, what, than, least, min(filter(None, ratios), default=None))


def faster(question: str, what: str, than: str, least: float, measured: float | None) -> Target:
    """Return the line for a ratio: how many times as fast as something else."""
    wanted = f"at least {least:.3g}"
    if measured is None:
        return Target(what, than, wanted, NOT_MEASURED, None, question)
    return Target(what, than, wanted, digits(measured), measured >= least, question)


def cost(question: str, what: str, most: float, measured: float | None, unit: str) -> Target:
    """Return the line for a cost, which has a bound above it."""
    wanted = f"at most {most:g} {unit}"
    if measured is None:
        return Target(what, "", wanted, NOT_MEASURED, None, question)
    number = f"{measured:.0f}" if unit == "%" else digits(measured)
    return Target(what, "", wanted, f"{number} {unit}", measured <= most, question)
