"""Who looks on while a network is trained, closer than a callback can."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnref.common.network import Network
    from nnref.common.training import History, Plan


class Witness:
    """Looks on while `fit` trains a network; this one does nothing."""

    def begins(self, network: "Network", plan: "Plan") -> None:
        """Look at what will be done; an error here ends it before any weight changes."""

    def spans(
        self, network: "Network", spans: Iterable[tuple[int, int]], examples: int, batch_size: int
    ) -> Iterable[tuple[int, int]]:
        """Return the ranges of examples in an epoch that each call of the engine takes.

        They may be cut between any two batches. When the next one is asked for, the network has
        been trained on those before it.
        """
        return spans

    def epoch_is_over(self, network: "Network", history: "History") -> None:
        """Look at the network after an epoch."""

    def save(self, network: "Network", path: str) -> None:
        """Write a checkpoint."""
        network.save(path)


UNWATCHED = Witness()


@contextmanager
def watched_by(witness: Witness, network: "Network") -> Iterator[None]:
    """Let a witness look on while the block trains a network."""
    network._witness = witness
    try:
        yield
    finally:
        network._witness = UNWATCHED
