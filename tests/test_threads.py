"""No bit of a result depends on the number of threads, nor on the run, for either type of numbers.

In float64 the results are the oracle's. In float32 they are those of one thread; how far they may
be from the oracle's is in ``test_float32.py``.
"""

import functools
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from helpers import BUILDS, THOROUGH, amount, kernel
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import nnfast
import nnref
from nnfast.network import DTYPES
from nnref import SGD, Adam, Momentum

pytestmark = pytest.mark.parametrize("build", BUILDS)

THREADS = (1, 2, 3)

# What the kernel takes to be worth three threads: examples times weights in one call. With one
# update per example it must also be hidden layers wider than one tile, 9 registers of 16 numbers at
# most, that have most of the weights; in batches, at least 16 examples of a batch for each thread.
ENOUGH = 3_100_000

SIZES = {
    "one wide layer": (30, 400, 5),
    "two wide layers": (12, 150, 170, 4),
    "a narrow layer between wide ones": (40, 160, 7, 330, 3),
    "no wide layer": (60, 70, 10),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "the article's": {},
    "softmax": {
        "output_activation": "softmax", "loss": "cross_entropy", "hidden_error": "gradient",
        "bias": True, "activation": "tanh",
    },
    "relu": {"activation": "relu", "output_activation": "identity", "init": "scaled_normal"},
    "weight decay": {"optimizer": SGD(0.01), "bias": True, "hidden_error": "gradient"},
    "momentum": {"optimizer": Momentum(0.9, True, 0.01), "loss": "cross_entropy", "bias": True},
    "adam": {"optimizer": Adam(weight_decay=0.01), "bias": True, "hidden_error": "gradient"},
    "dropout": {"dropout": 0.5, "input_dropout": 0.2, "bias": True, "hidden_error": "gradient"},
}  # fmt: skip


def examples_for(sizes: tuple[int, ...]) -> int:
    return ENOUGH // sum(a * b for a, b in itertools.pairwise(sizes)) + 1


def draw(seed: int, *shape: int) -> NDArray[np.float64]:
    """Draw numbers that float32 has too."""
    return np.random.default_rng(seed).random(shape, np.float32).astype(np.float64)


@dataclass(frozen=True)
class Case:
    """A network, what to feed it, and in batches of which size."""

    shape: str
    options: str
    batch_size: int
    weighted: bool = False

    def results(self, kind: Any, **more: Any) -> dict[str, bytes]:
        """Train a network, judge it and ask it; return all there is to see."""
        sizes = SIZES[self.shape]
        count = examples_for(sizes)
        network = kind(
            sizes[0], sizes[1:-1], sizes[-1], 0.05, seed=1, **OPTIONS[self.options], **more
        )
        if network.bias:
            # Not the zeros that they start from, of which each thread's share would be alike.
            network.biases = [draw(5, len(row)).tolist() for row in network.biases]
        inputs, targets = draw(1, count, sizes[0]), draw(2, count, sizes[-1])
        others, other_targets = draw(3, count, sizes[0]), draw(4, count, sizes[-1])
        sample_weight = draw(6, count) if self.weighted else None
        gradient = network.gradient(others, other_targets, sample_weight)
        history = network.fit(
            inputs, targets, batch_size=self.batch_size, shuffle=True, sample_weight=sample_weight,
            validation=(others, other_targets),
        )  # fmt: skip
        seen = network._arrays | {
            "slopes": np.concatenate([np.ravel(a) for a in (*gradient.weights, *gradient.biases)]),
            "loss of the slopes": gradient.loss,
            "loss": history.loss,
            "validation loss": history.validation_loss,
            "validation score": history.validation_score,
            # Not what fit has just judged: memory that is used again holds its answers.
            "predict": network.predict(inputs),
        }
        return {name: np.array(what, dtype=np.float64).tobytes() for name, what in seen.items()}


CASES = [
    # Online, which with one update per example only plain gradient descent is.
    Case("one wide layer", "the article's", 1),
    Case("a narrow layer between wide ones", "the article's", 1),
    Case("two wide layers", "softmax", 1),
    Case("two wide layers", "relu", 1),
    *(Case("one wide layer", options, 100) for options in OPTIONS),
    # Within one block, where weight decay needs no sums.
    Case("one wide layer", "weight decay", 50),
    # An example more than a block of one thread.
    Case("no wide layer", "softmax", 65),
    # Layers whose neurons the threads share, side by side and with one between that they do not.
    Case("two wide layers", "softmax", 50),
    Case("two wide layers", "momentum", 150),
    Case("a narrow layer between wide ones", "weight decay", 100),
    Case("a narrow layer between wide ones", "adam", 300, weighted=True),
    # More than a block for each of the threads.
    Case("no wide layer", "adam", 300),
    Case("two wide layers", "softmax", 1, weighted=True),
    Case("no wide layer", "adam", 300, weighted=True),
]


@functools.cache
def oracle_results(case: Case) -> dict[str, bytes]:
    """Return what the oracle computes in some seconds; or quickly the kernel with one thread.

    Which has the oracle's bits, as ``test_parity.py`` shows.
    """
    return case.results(nnref.NeuralNetwork if THOROUGH else nnfast.NeuralNetwork)


def assert_same(got: dict[str, bytes], expected: dict[str, bytes]) -> None:
    assert got.keys() == expected.keys()
    for name, what in expected.items():
        assert got[name] == what, name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float64_is_the_oracle_with_any_number_of_threads(build: str, case: Case) -> None:
    with kernel(build):
        for threads in THREADS:
            assert_same(case.results(nnfast.NeuralNetwork, threads=threads), oracle_results(case))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float32_is_the_same_with_any_number_of_threads_and_on_every_run(
    build: str, case: Case
) -> None:
    with kernel(build):
        first, *others = (
            case.results(nnfast.NeuralNetwork, dtype="float32", threads=threads)
            for threads in (*THREADS, *THREADS)
        )
    for got in others:
        assert_same(got, first)


@settings(max_examples=amount(25, quick=8))
@given(data=st.data(), dtype=st.sampled_from(DTYPES))
def test_any_width_is_shared_without_a_trace(build: str, data: st.DataObject, dtype: str) -> None:
    """Any number of neurons, examples, rows of weights may be left over by the threads' shares."""
    narrow, wide = st.integers(1, 9), st.integers(145, 330)
    hnodes = data.draw(st.lists(wide | wide | narrow, min_size=1, max_size=2), "hnodes")
    sizes = (data.draw(st.integers(10, 40)), *hnodes, data.draw(st.integers(2, 9)))
    options = OPTIONS[data.draw(st.sampled_from(list(OPTIONS)), "options")]
    batch_size = data.draw(st.just(1) | st.integers(48, 200), "batch_size")
    # The last batch is of any size.
    count = min(examples_for(sizes), 1000) + data.draw(st.integers(0, 199), "more examples")
    inputs, targets = draw(1, count, sizes[0]), draw(2, count, sizes[-1])
    results = []
    with kernel(build):
        for threads in THREADS:
            network = nnfast.NeuralNetwork(
                sizes[0], hnodes, sizes[-1], 0.05, seed=1, dtype=dtype, threads=threads, **options
            )
            loss = network.fit(inputs, targets, batch_size=batch_size).loss
            arrays = [array.tobytes() for array in network._arrays.values()]
            results.append([*arrays, loss, network.predict(inputs).tobytes()])
    assert results[0] == results[1] == results[2]


def test_threads_that_find_no_memory_are_not_set(
    build: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(threads: int) -> Any:
        raise MemoryError

    with kernel(build):
        network = nnfast.NeuralNetwork(3, 4, 2, 0.5, threads=2, seed=1)
        engine = network._engine
        monkeypatch.setattr(network, "_engine_for", no_memory)
        with pytest.raises(MemoryError):
            network.threads = 3
    assert network.threads == 2
    assert network._engine is engine
