"""The short benchmark: every peer is checked, then timed in turns with the others."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

from nnfast.benchmark.peer import Peer, check
from nnfast.benchmark.peers import PEERS, NnfastPeer, NnrefPeer
from nnfast.benchmark.problem import Shape
from nnfast.benchmark.work import LIMIT, Work, fit_work, limit_work, query_work
from nnfast.network import DTYPES

BATCH_SIZE = 64
# The compiled peers take milliseconds for these: short enough that, even on a busy machine, some
# rounds run undisturbed. The oracle is hundreds of times slower, and is not in the race.
EXAMPLES, EXAMPLES_OF_ORACLE = 128, 2
FEWEST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question to time: one of the kinds in `Peer.asked`."""

    kind: str
    title: str
    batch_size: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """How long one peer took over one question, per example."""

    question: str
    dtype: str
    peer: str
    microseconds: float
    times_nnfast: float


QUESTIONS = (
    Question("update", "one update per example"),
    Question("batch", f"batches of {BATCH_SIZE}, per example", BATCH_SIZE),
    Question("answer", "one answer"),
)


def measure(
    shape: Shape, seconds: float, announce: Callable[[str], object]
) -> tuple[list[Result], list[str]]:
    """Time every question in both dtypes.

    Parameters
    ----------
    shape : three ints
        The neurons in each layer.
    seconds : float
        About how long to measure for each question and dtype.
    announce : callable
        Called with a line of text before each measurement.

    Returns
    -------
    results : list of Result
        Question by question, the slowest peer first.
    skipped : list of str
        Which peers are missing, and why.

    Raises
    ------
    ValueError
        If a peer does not compute nnref's numbers.
    """
    results: list[Result] = []
    skipped: dict[str, None] = {}  # a set that keeps its order
    for question in QUESTIONS:
        for dtype in DTYPES:
            announce(f"Timing {question.title}, {dtype}")
            works: dict[str, Work] = {}
            for peer in peers_for(question):
                obstacle = peer.obstacle(dtype)
                if obstacle is None:
                    check(peer, dtype, question.batch_size)
                    works[peer.name] = work_for(peer, shape, dtype, question)
                else:
                    skipped[f"{peer.name}: {obstacle}"] = None
            if question.kind == "update":
                works[LIMIT] = limit_work(shape, dtype)
            results += results_of(question, dtype, in_turns(works, seconds))
    return results, list(skipped)


def peers_for(question: Question) -> Iterator[type[Peer]]:
    """Give the peers that take part in a question."""
    return (peer for peer in PEERS if question.kind in peer.asked)


def work_for(kind: type[Peer], shape: Shape, dtype: str, question: Question) -> Work:
    """Return what a peer has to do for a question."""
    count = EXAMPLES_OF_ORACLE if kind is NnrefPeer else EXAMPLES
    if question.kind == "answer":
        return query_work(kind, shape, dtype, count)
    return fit_work(kind, shape, dtype, count, question.batch_size)


def in_turns(works: dict[str, Work], seconds: float) -> dict[str, float]:
    """Return the microseconds per example of each, the best of many rounds.

    They take turns, so that other work on the machine slows all of them equally.
    """
    best = dict.fromkeys(works, math.inf)
    for work in works.values():
        work.run()  # compiles, and fills the caches
    end = perf_counter() + seconds
    rounds = 0
    while rounds < FEWEST_ROUNDS or perf_counter() < end:
        for name, work in works.items():
            started = perf_counter()
            work.run()
            best[name] = min(best[name], (perf_counter() - started) / work.examples * 1e6)
        rounds += 1
    return best


def results_of(question: Question, dtype: str, times: dict[str, float]) -> list[Result]:
    """Return the results that these times make, the slowest first."""
    ours = times[NnfastPeer.name]
    return [
        Result(question.title, dtype, peer, time, time / ours)
        for peer, time in sorted(times.items(), key=lambda item: -item[1])
    ]
