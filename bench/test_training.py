"""Training as most people do it: Adam, weights of examples; and what watching the inputs costs."""

import numpy as np
import pytest
from adam_peers import ADAM_PEERS
from stopwatch import EXAMPLES, Stopwatch, label, ready

from nnfast.benchmark.peer import Peer
from nnfast.benchmark.peers import NnfastPeer
from nnfast.benchmark.problem import INPUTS, LR, OUTPUTS, Shape, examples, weights_for
from nnfast.benchmark.work import Work, fit_work
from nnfast.network import DTYPES

ADAM_CASES: list[tuple[Shape, int]] = [
    ((INPUTS, 200, OUTPUTS), 32),
    ((INPUTS, 800, OUTPUTS), 64),
    ((INPUTS, 300, 100, OUTPUTS), 32),
    ((30, 100, 2), 32),
]


def case_of(shape: Shape, batch_size: int) -> str:
    return f"{batch_size}, {label(shape)}"


@pytest.mark.parametrize(("shape", "batch_size"), ADAM_CASES, ids=lambda part: str(part))
@pytest.mark.parametrize("kind", ADAM_PEERS, ids=lambda kind: kind.name)
def test_adam(stopwatch: Stopwatch, kind: type[Peer], shape: Shape, batch_size: int) -> None:
    """An epoch of Adam with relu, softmax and biases, in float32."""
    case = case_of(shape, batch_size)
    shape, count = stopwatch.sized(shape, 2 * EXAMPLES)
    ready(kind, "float32", 4, is_deep=len(shape) > 3)
    work = fit_work(kind, shape, "float32", count, min(batch_size, count))
    stopwatch.time(work, question="adam", case=case, dtype="float32", peer=kind.name)


@pytest.mark.parametrize("peer", ["unweighted", "weighted"])
@pytest.mark.parametrize("batch_size", [1, 32])
@pytest.mark.parametrize("dtype", DTYPES)
def test_weighted(stopwatch: Stopwatch, dtype: str, batch_size: int, peer: str) -> None:
    """`fit` in which each example has a weight, beside one in which all count the same."""
    case = f"batches of {batch_size}"
    shape, count = stopwatch.sized((INPUTS, 200, OUTPUTS), EXAMPLES)
    network = NnfastPeer(weights_for(shape, dtype), LR).network
    inputs, targets = examples(count, shape, dtype)
    weights = np.linspace(0.5, 1.5, count) if peer == "weighted" else None
    size = min(batch_size, count)
    work = Work(lambda: network.fit(inputs, targets, batch_size=size, sample_weight=weights), count)
    stopwatch.time(work, question="weights", case=case, dtype=dtype, peer=peer)


@pytest.mark.parametrize("dtype", DTYPES)
def test_watched(stopwatch: Stopwatch, dtype: str) -> None:
    """The part of `fit` that widens the range of inputs seen in training."""
    shape, count = stopwatch.sized((INPUTS, 200, OUTPUTS), EXAMPLES)
    engine = NnfastPeer(weights_for(shape, dtype), LR).network._engine
    inputs, _ = examples(count, shape, dtype)
    work = Work(lambda: engine.see(inputs), count)
    stopwatch.time(work, question="weights", case="range of inputs", dtype=dtype, peer="watched")
