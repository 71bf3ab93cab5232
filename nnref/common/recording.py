"""A run is recorded, and repeated by its record: `record_fit` and `reproduce`.

Both let `fit` do all the work, and look on (`nnref.common.witness`): one writes down the digests at
the points of a record, the other compares them.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from nnref.common.arguments import shown
from nnref.common.network import Network, check_network
from nnref.common.record import (
    LAYER_LETTERS,
    RESULTS,
    Data,
    Fingerprint,
    Options,
    Point,
    Record,
    Validation,
    check_size,
    most_epochs,
)
from nnref.common.schedules import schedule_to_entries
from nnref.common.state import first_state, write_state
from nnref.common.witness import Witness, watched_by

if TYPE_CHECKING:
    from nnref.common.training import History, Plan

NUMBERS_AT_ONCE = 2**14  # which a processor's cache holds


class Landmarks(Witness, ABC):
    """Stops at every point of a record, and lets `at` look at the network there."""

    @abstractmethod
    def at(self, network: Network, point: Point) -> None:
        """Do what there is to do at a point."""

    def begins(self, network: Network, plan: "Plan") -> None:
        """Look at the first weights."""
        (piece,) = plan.pieces()
        self.per_epoch = -(-len(piece.inputs) // plan.batch_size)
        if network.epochs == 0:
            self.at(network, point_of(network, 0))

    def spans(
        self, network: Network, spans: Iterable[tuple[int, int]], examples: int, batch_size: int
    ) -> Iterable[tuple[int, int]]:
        """Cut the first epoch after 1, 2, 4, 8, ... updates."""
        if network.epochs > 0:
            return spans
        return self._first_epoch(network, spans, examples, batch_size)

    def _first_epoch(
        self, network: Network, spans: Iterable[tuple[int, int]], examples: int, batch_size: int
    ) -> Iterator[tuple[int, int]]:
        updates = 1
        for start, stop in spans:
            while start < stop:
                cut = min(stop, updates * batch_size)
                yield start, cut
                start = cut
                if cut == updates * batch_size and cut < examples:
                    self.at(network, point_of(network, updates))
                    updates *= 2

    def epoch_is_over(self, network: Network, history: "History") -> None:
        """Look at the network after an epoch."""
        self.at(network, point_of(network, network.epochs * self.per_epoch))


class Recorder(Landmarks):
    """Records what `fit` does with a network.

    Parameters
    ----------
    name : str
        What the data is called.
    before : Record, optional
        What the network was trained by before.
    """

    def __init__(self, name: str = "", before: Record | None = None) -> None:
        self.name, self.before = name, before
        self.points: list[Point] = []
        self.history: History | None = None
        self.finished = 0

    def begins(self, network: Network, plan: "Plan") -> None:
        """Refuse what a record cannot hold or another could not repeat."""
        check_recordable(network, plan)
        self.data = data_of(network, plan, self.name)
        self.options = options_of(network, plan)
        if self.before is None:
            _check_untouched(network)
        else:
            self._check_before(network, self.before)
        most = most_epochs(network._description) - network.epochs
        if plan.epochs > most:
            raise ValueError(f"epochs: got {plan.epochs}, wants at most {most} to record")
        self.network, self.made_by = network._description, made_by(network)
        super().begins(network, plan)

    def _check_before(self, network: Network, before: Record) -> None:
        """Raise ValueError if a record is not that of the network so far, or of other training."""
        last = before.digests[-1]
        if (last.epoch, last.digest) != (network.epochs, network.digest()):
            raise ValueError(
                f"before: got a record whose last epoch is {last.epoch}, with other weights than "
                "the network's; wants the record that its checkpoint carries"
            )
        for name, then, now in (
            ("network", before.network, network._description),
            ("data", replace(before.data, name=self.name), self.data),
            ("fit", before.fit, replace(self.options, epochs=before.fit.epochs)),
        ):
            if then != now:
                raise ValueError(f"before: got a record of other {name}, wants the same as now")
        if before.kept is not None:
            raise ValueError("before: got one with patience, whose count would start over")
        self.points = list(before.digests)

    def at(self, network: Network, point: Point) -> None:
        """Note the digests."""
        self.points.append(point)

    def epoch_is_over(self, network: Network, history: "History") -> None:
        """Note the digests, and that the epoch is whole."""
        super().epoch_is_over(network, history)
        self.history, self.finished = history, len(history.loss)

    def save(self, network: Network, path: str) -> None:
        """Write a checkpoint that carries the record so far."""
        write_state(network.__getstate__(), path, self.record().to_json())

    def record(self, **result: Any) -> Record:
        """Return the record so far; what is passed is put to its result.

        Raises
        ------
        ValueError
            If no epoch was finished.
        """
        epochs = self.points[-1].epoch
        if self.history is None or epochs == 0:
            raise ValueError("loss: training has diverged in its first epoch: nothing to record")
        best = self.history.best_epoch
        return Record(
            network=self.network,
            data=self.data,
            fit=replace(self.options, epochs=epochs),
            digests=tuple(self.points),
            kept=None if best is None else best + 1,
            result=self._result(self.history) | result,
            made_by=self.made_by,
        )

    def _result(self, history: "History") -> dict[str, Any]:
        """Return what each epoch had, with those of the record before; JSON has no infinity."""
        result = {}
        for name in RESULTS:
            numbers = getattr(history, name)[: self.finished]
            now = [number if math.isfinite(number) else None for number in numbers]
            result[name] = now if self.before is None else [*self.before.result[name], *now]
        return result


def record_fit(
    network: Network,
    inputs: Any,
    targets: Any,
    *,
    name: str = "",
    before: Record | None = None,
    **options: Any,
) -> Record:
    """Train a network as `fit` does, and return a record by which others can repeat it.

    The record has the network's arguments, the sha256 of the data, the options, and the network's
    digest before training, after 1, 2, 4, 8, ... updates of the first epoch and after each epoch.
    `reproduce` trains again by it. With a checkpoint, that carries the record: `Record.load` finds
    it there.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend, in float64, not trained yet. In float32 other machines have other bits.
    inputs : (n, inodes) numbers
        The examples, one per row. They cannot come piece by piece: who repeats the run must have
        the same ones.
    targets : (n, onodes) numbers
        What the outputs should be, one row per example.
    name : str
        What the data is called: for whoever reads the record.
    before : Record, optional
        The record that a checkpoint carries, if the network is one that was loaded from it. The
        record that is returned has both runs, as if the first one had never stopped.
    **options
        Those of `fit`. A schedule must be one that has a name. A callback may only look on: whoever
        repeats the run does not have it.

    Returns
    -------
    Record

    Raises
    ------
    ValueError, TypeError
        As `fit` does, and if the run cannot be repeated by a record.
    """
    check_network(network)
    if targets is None:
        raise TypeError("targets: got None, wants one row per row of inputs, in a run to record")
    if not isinstance(name, str) or not name.isprintable() or len(name) > 100:
        raise TypeError(f"name: got {shown(name)}, wants a short text")
    if before is not None and not isinstance(before, Record):
        raise TypeError(f"before: got {shown(before)}, wants a Record or None")
    recorder, started = Recorder(name, before), perf_counter()
    with watched_by(recorder, network):
        network.fit(inputs, targets, **options)
    return recorder.record(seconds=round(perf_counter() - started, 4))


def check_recordable(network: Network, plan: "Plan") -> None:
    """Raise ValueError if others could not repeat such a run."""
    if network._dtype != "float64":
        raise ValueError(
            f"network: got one in {network._dtype}, wants float64 in a run to record: in float32 "
            "other machines have other bits"
        )
    if plan.is_stream:
        raise ValueError(
            "inputs: got an iterable, wants rows in a run to record: others could not have the same"
        )
    check_size(network._description)


def _check_untouched(network: Network) -> None:
    """Raise ValueError if a network is not as its description makes it."""
    first = first_state(network._description)
    if network.epochs > 0 or network.__getstate__().arrays != first.arrays:
        raise ValueError(
            "network: got one that was trained or changed before, wants a new one: a record begins "
            "with the first weights"
        )


def point_of(network: Network, updates: int) -> Point:
    """Return the digests of a network as it is now."""
    from hashlib import sha256  # here, as in `digest`

    whole, layers = sha256(), []
    with network._lock:
        for layer in range(len(network._description.shapes)):
            own = sha256()
            for name in (f"weights.{layer}", f"biases.{layer}"):
                if name in network._arrays:
                    numbers = network._numbers.encode(network._arrays[name], "float64")
                    whole.update(numbers)
                    own.update(numbers)
            layers.append(own.hexdigest()[:LAYER_LETTERS])
    return Point(network.epochs, updates, whole.hexdigest(), tuple(layers))


def data_of(network: Network, plan: "Plan", name: str) -> Data:
    """Return the fingerprints of what a network will be trained on."""
    (piece,) = plan.pieces()
    return Data(name, _fingerprint(network, piece.inputs), _fingerprint(network, piece.targets))


def options_of(network: Network, plan: "Plan") -> Options:
    """Return those of the options of `fit` that move a bit."""
    (piece,) = plan.pieces()
    weights, validation = piece.sample_weight, None
    if plan.patience is not None and plan.validation is not None:
        validation = Validation(*(_fingerprint(network, rows) for rows in plan.validation))
    return Options(
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        shuffle=plan.shuffle,
        schedule=schedule_to_entries(plan.schedule),
        sample_weight=None if weights is None else _sha256(network, weights),
        patience=plan.patience,
        validation=validation,
    )


def _fingerprint(network: Network, rows: Any) -> Fingerprint:
    width = len(rows[0])
    return Fingerprint((len(rows), width), _sha256(network, rows, width))


def _sha256(network: Network, rows: Any, width: int = 1) -> str:
    """Return the sha256 of numbers as little-endian float64, without a copy of all of them."""
    from hashlib import sha256

    found, numbers = sha256(), network._numbers
    step = max(1, NUMBERS_AT_ONCE // width)
    for start in range(0, len(rows), step):
        found.update(numbers.encode(rows[start : start + step], "float64"))
    return found.hexdigest()


def made_by(network: Network) -> dict[str, str]:
    """Return the versions, the platform and the kernel that a network is trained with."""
    import platform

    return {
        **network._made_by(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
    }
