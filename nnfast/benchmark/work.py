"""Pieces of work to time: training, answers, and the least that an update can cost."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from nnfast.arrays import aligned
from nnfast.benchmark.peer import Peer
from nnfast.benchmark.problem import LR, Shape, examples, weights_for
from nnfast.kernel.builds import kernel_for

LIMIT = "limit"
"""What stands in the tables for `limit_work`."""
LIMIT_PASSES = 100


class Work(NamedTuple):
    """Something to time, and the number of examples that one call of it covers."""

    run: Callable[[], object]
    examples: int


def fit_work(
    kind: type[Peer], shape: Shape, dtype: str, count: int, batch_size: int = 1, **options: Any
) -> Work:
    """Return one epoch of training on this many examples, rounded down to whole batches."""
    count = max(count - count % batch_size, batch_size)
    peer = kind(weights_for(shape, dtype), LR, batch_size, **options)
    inputs, targets = map(peer.prepare, examples(count, shape, dtype))
    return Work(lambda: peer.fit(inputs, targets), count)


def query_work(kind: type[Peer], shape: Shape, dtype: str, count: int) -> Work:
    """Return this many answers, each to one example."""
    peer = kind(weights_for(shape, dtype), LR)
    rows = [peer.prepare(row) for row in examples(count, shape, dtype)[0]]

    def query_all() -> None:
        for row in rows:
            peer.query(row)

    return Work(query_all, count)


def predict_work(
    kind: type[Peer], shape: Shape, dtype: str, count: int, calls: int, **options: Any
) -> Work:
    """Return some calls, each of which answers this many examples at once."""
    peer = kind(weights_for(shape, dtype), LR, **options)
    rows = peer.prepare(examples(count, shape, dtype)[0])

    def predict_all() -> None:
        for _ in range(calls):
            peer.predict(rows)

    return Work(predict_all, calls * count)


def limit_work(shape: Shape, dtype: str) -> Work:
    """Return passes that load, move and store each weight once: no update can take less."""
    weights = aligned((sum(math.prod(layer) for layer in pairwise(shape)),), dtype)
    weights[:] = 0.0
    move_all = kernel_for(dtype).move_all
    return Work(lambda: move_all(weights, 0.5, LIMIT_PASSES), LIMIT_PASSES)
