"""The targets that this project has set itself, and whether a run meets them."""

from collections.abc import Iterator
from typing import NamedTuple

from results import Results, digits

from nnfast.network import DTYPES

ARTICLE = "784-200-10"
LARGER = "784-800-10", "784-300-100-10"
BATCHES = ("32", "64", "256", "32, 784-800-10", "64, 784-800-10", "256, 784-800-10")
ANSWERS = "32", "256", "32, 784-800-10", "256, 784-800-10"
ADAM_CASES = "32, 784-200-10", "64, 784-800-10", "32, 784-300-100-10", "32, 30-100-2"
SMALL = {"2-3-1": 1.1, "4-10-3": 1.1, "64-32-10": 0.5}
SHARED = "online", "batches of 64", "batches of 256", "batches of 1024", "predict 256"
NOT_MEASURED = "not measured"
TITLES = {
    "online": "one update per example, {}",
    "batches": "batches of {}",
    "adam": "Adam, batches of {}",
    "answers": "answers to {}",
    "products": "product {}",
    "threads": "{}",
    "small networks": "{}, one update per example",
    "weights": "{}",
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
    """A line of the table of targets.

    Whether it is met is None if it could not be measured.
    """

    what: str
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
    jax, limit, most = (2.0, 1.1, 1.3) if results.is_amd else (3.0, 0.5, 1.2)
    yield ratio(results, ">=", 8.0, "online", ARTICLE, "float64", "NumPy, article's", "nnfast")
    yield ratio(results, ">=", 1.7, "online", ARTICLE, "float64", "JAX", "nnfast")
    yield ratio(results, "<=", most, "online", ARTICLE, "float64", "nnfast", "limit")
    yield ratio(results, ">=", jax, "online", ARTICLE, "float32", "JAX", "nnfast")
    yield ratio(results, "<=", limit, "online", ARTICLE, "float32", "nnfast", "limit")
    for case in LARGER:
        yield ratio(results, ">=", 2.5, "online", case, "float32", "JAX", "nnfast")


def batch_targets(results: Results) -> Iterator[Target]:
    """Give the targets for training in batches."""
    rivals = "JAX", "PyTorch, by hand", "NumPy, batches"
    for case in BATCHES:
        yield fastest(results, ">=", 1.15, "batches", case, "float32", *rivals)
    for case in BATCHES[:3]:
        yield fastest(results, ">=", 0.74, "batches", case, "float64", *rivals)
        yield ratio(results, ">=", 1.5, "batches", case, "float64", "scikit-learn", "nnfast")


def adam_targets(results: Results) -> Iterator[Target]:
    """Give the targets for Adam."""
    for case in ADAM_CASES:
        yield fastest(results, ">=", 1.15, "adam", case, "float32", "JAX", "PyTorch, fused Adam")


def answer_targets(results: Results) -> Iterator[Target]:
    """Give the targets for answers to one example and to many."""
    numpy = results.times.get(("answers", "1", "float32", "NumPy, article's"))
    for dtype, most in (("float64", 1.3), ("float32", 0.7)):
        ours = results.times.get(("answers", "1", dtype, "nnfast"))
        measured = ours / numpy if ours and numpy else None
        what = f"answers to 1, {dtype}: nnfast / NumPy in float32"
        yield target("answers", what, "<=", most, measured)
    for case in ANSWERS:
        yield ratio(results, ">=", 1.1, "answers", case, "float32", "ONNX Runtime", "nnfast")


def product_targets(results: Results) -> Iterator[Target]:
    """Give the targets for the kernel's products: beside a BLAS, and beside registers alone."""
    for dtype, peer, least in (("float32", "NumPy", 0.95), ("float64", "limit", 0.9)):
        for case in results.cases("products", dtype):
            yield ratio(results, ">=", least, "products", case, dtype, peer, "nnfast")


def small_targets(results: Results) -> Iterator[Target]:
    """Give the targets for small networks, where Python's share of the time shows."""
    for case, most in SMALL.items():
        yield ratio(results, "<=", most, "small networks", case, "float64", "nnfast", "Numba")
    time = results.times.get(("train", "2-3-1", "float64", "train"))
    yield target("small networks", "a call of `train`, 2-3-1", "<=", 1.6, time, " µs")


def thread_targets(results: Results) -> Iterator[Target]:
    """Give the targets for two threads."""
    for work in SHARED:
        for dtype in DTYPES:
            yield ratio(results, ">=", 1.6, "threads", work, dtype, "1 thread", "2 threads")


def weight_targets(results: Results) -> Iterator[Target]:
    """Give the targets for weights of examples, and for the range of inputs that is watched."""
    for dtype in DTYPES:
        for case in ("batches of 1", "batches of 32"):
            yield ratio(results, "<=", 1.05, "weights", case, dtype, "weighted", "unweighted")
        watched = results.times.get(("weights", "range of inputs", dtype, "watched"))
        fit = results.times.get(("online", ARTICLE, dtype, "nnfast"))
        share = 1.0 + watched / fit if watched and fit else None
        what = f"`fit` with the range of inputs watched, {dtype}"
        yield target("weights", what, "<=", 1.05, share)


def cost_targets(results: Results) -> Iterator[Target]:
    """Give the targets for start-up and memory."""
    start = results.times.get(("start-up", "import", "", "nnfast"))
    milliseconds = start / 1e3 if start else None
    what = "`import nnfast` beyond `import numpy`"
    yield target("start-up", what, "<=", 20, milliseconds, " ms")
    for dtype in DTYPES:
        kibibytes = results.kibibytes.get(dtype)
        mebibytes = None if kibibytes is None else kibibytes / 1024
        what = f"memory of `fit` beyond its data, {dtype}"
        yield target("memory", what, "<=", 1, mebibytes, " MiB")


def ratio(results: Results, bound: str, wanted: float, *key: str) -> Target:
    """Return the target for a ratio; the key is that of `Results.ratio`."""
    return target(key[0], ratio_text(*key), bound, wanted, results.ratio(*key))


def fastest(
    results: Results, bound: str, wanted: float, question: str, case: str, dtype: str, *rivals: str
) -> Target:
    """Return the target for the ratio of the fastest of some rivals to nnfast."""
    ratios = [results.ratio(question, case, dtype, rival, "nnfast") for rival in rivals]
    *first, last = (rival.partition(",")[0] for rival in rivals)
    names = f"{', '.join(first)} and {last}"
    what = ratio_text(question, case, dtype, f"the fastest of {names}", "nnfast")
    return target(question, what, bound, wanted, min(filter(None, ratios), default=None))


def ratio_text(question: str, case: str, dtype: str, above: str, below: str) -> str:
    """Return what a ratio compares."""
    return f"{TITLES[question].format(case)}, {dtype}: {above} / {below}"


def target(
    question: str, what: str, bound: str, wanted: float, measured: float | None, unit: str = ""
) -> Target:
    """Return a line of the table of targets; the bound is ``>=`` or ``<=``."""
    words = {">=": "at least", "<=": "at most"}
    if measured is None:
        return Target(what, f"{words[bound]} {wanted:g}{unit}", NOT_MEASURED, None, question)
    met = measured >= wanted if bound == ">=" else measured <= wanted
    return Target(
        what, f"{words[bound]} {wanted:g}{unit}", f"{digits(measured)}{unit}", met, question
    )
