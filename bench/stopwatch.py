"""How all benchmarks time: checked peers only, and the time of one example."""

from functools import cache
from time import perf_counter

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from nnfast.benchmark.peer import CHECKED_DEEP_SHAPE, CHECKED_SHAPE, Peer, check
from nnfast.benchmark.peers import NnrefPeer
from nnfast.benchmark.problem import Shape
from nnfast.benchmark.work import Work

# About how long to measure each; slow work takes longer, for the fewest rounds.
SECONDS = 0.7
FEWEST_ROUNDS, MOST_ROUNDS = 3, 200
# A multiple of every batch size; as float64 these examples fill a level 2 cache, as real ones do.
EXAMPLES = 512
# Enough for the oracle, which takes hundreds of times as long.
EXAMPLES_OF_ORACLE = 8


def label(shape: Shape) -> str:
    return "-".join(map(str, shape))


@cache
def ready(kind: type[Peer], dtype: str, batch_size: int = 1, is_deep: bool = False) -> None:
    """Skip a peer that cannot be timed here, and fail if it does not compute the right thing."""
    obstacle = kind.obstacle(dtype)
    if obstacle is not None:
        pytest.skip(f"{kind.name}: {obstacle}")
    check(kind, dtype, batch_size, CHECKED_DEEP_SHAPE if is_deep else CHECKED_SHAPE)


def enough(kind: type[Peer], count: int) -> int:
    """Return how many of these examples to take."""
    return min(count, EXAMPLES_OF_ORACLE) if kind is NnrefPeer else count


class Stopwatch:
    """Times work, and notes for report.py what it was."""

    def __init__(self, benchmark: BenchmarkFixture) -> None:
        self.benchmark = benchmark
        self.quick = benchmark.disabled

    def sized(self, shape: Shape, count: int) -> tuple[Shape, int]:
        """Return a shape and a number of examples, or small ones with --benchmark-disable."""
        if not self.quick:
            return shape, count
        return CHECKED_DEEP_SHAPE if len(shape) > 3 else CHECKED_SHAPE, 2

    def time(self, work: Work, *, question: str, case: str, dtype: str, peer: str) -> None:
        """Time the work, per example that it covers."""
        benchmark = self.benchmark
        benchmark.group = ", ".join(part for part in (question, case, dtype) if part)
        benchmark.extra_info.update(question=question, case=case, dtype=dtype, peer=peer)
        if self.quick:
            benchmark(work.run)
            return

        def count_examples() -> None:
            benchmark.stats.iterations = work.examples

        work.run()  # compiles, and fills the caches
        started = perf_counter()
        work.run()
        once = perf_counter() - started
        rounds = min(max(round(SECONDS / once), FEWEST_ROUNDS), MOST_ROUNDS)
        benchmark.pedantic(work.run, setup=count_examples, rounds=rounds)
