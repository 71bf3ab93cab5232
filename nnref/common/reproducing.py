"""A run is repeated by its record, and compared at each of its points: `reproduce`."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from nnref.common.arguments import positive_int, shown, truth_of
from nnref.common.network import AnyNetwork, Network, rebuilt
from nnref.common.parameters import check_kind
from nnref.common.record import Fingerprint, Point, Record
from nnref.common.recording import (
    Landmarks,
    check_recordable,
    data_of,
    made_by,
    options_of,
)
from nnref.common.schedules import schedule_from_entries
from nnref.common.state import first_state
from nnref.common.witness import watched_by

if TYPE_CHECKING:
    from nnref.common.training import History, Plan


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a repeated run first differs from its record.

    Attributes
    ----------
    wanted : Point
        What the record has there.
    found : Point or None
        What the repeated run has; None if it ended before.
    layers : tuple of str
        The names of the layers that differ.
    """

    wanted: Point
    found: Point | None
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reproduction(Generic[AnyNetwork]):
    """What `reproduce` has found out.

    Attributes
    ----------
    record : Record
        The record that was repeated.
    network : NeuralNetwork
        The network as the repeated run has left it; where a difference was found, as it was there.
    points : tuple of Point
        The points of the record at which the run had the same digests, in their order.
    difference : Difference or None
        The first difference, at which the run was stopped.
    made_by : dict
        The versions, platform and kernel here, as the record has those of there.
    """

    record: Record
    network: AnyNetwork
    points: tuple[Point, ...]
    difference: Difference | None
    made_by: dict[str, str]

    @property
    def epochs(self) -> int:
        """How many epochs were repeated with the same digests."""
        return self.points[-1].epoch if self.points else 0

    @property
    def identical(self) -> bool:
        """Whether no bit differs, at any point that was compared."""
        return self.difference is None

    def __str__(self) -> str:
        """Return in a line what was found."""
        if self.difference is None:
            return f"reproduced to the last bit: {self.epochs} of {self.record.fit.epochs} epochs"
        wanted, found = self.difference.wanted, self.difference.found
        layers = self.difference.layers
        if found is None:
            return f"ended before {wanted}, which the record has"
        if found.epoch != wanted.epoch:
            return f"kept the network of {found}, where the record has that of {wanted}"
        where = f"in layer{'s' if len(layers) > 1 else ''} {' and '.join(layers)}"
        if not layers:
            where = "but none of its layers does, so the record contradicts itself"
        if not self.points:
            return f"differs from the first weights on, {where}"
        return f"differs after {wanted}, {where}; the same after {self.points[-1]}"


class _End(Exception):  # noqa: N818 (nothing is wrong)
    """Ends a run at a point."""


class Comparer(Landmarks):
    """Compares what `fit` does with a record, until it differs."""

    def __init__(self, record: Record, callback: Callable[[Point], object] | None) -> None:
        self.record, self.callback = record, callback
        self.points: list[Point] = []
        self.difference: Difference | None = None

    def begins(self, network: Network, plan: "Plan") -> None:
        """Refuse other data than that of the record."""
        check_recordable(network, plan)
        data, fit = data_of(network, plan, self.record.data.name), options_of(network, plan)
        then = self.record
        _check_same("inputs", then.data.inputs, data.inputs)
        _check_same("targets", then.data.targets, data.targets)
        _check_same("sample_weight", then.fit.sample_weight, fit.sample_weight)
        if then.fit.validation is not None and fit.validation is not None:
            _check_same("validation inputs", then.fit.validation.inputs, fit.validation.inputs)
            _check_same("validation targets", then.fit.validation.targets, fit.validation.targets)
        super().begins(network, plan)

    def at(self, network: Network, point: Point) -> None:
        """Compare the digests; end the run if they differ."""
        wanted = self.record.digests[len(self.points)]
        if point.digest != wanted.digest:
            pairs = zip(self.record.layers, wanted.layers, point.layers, strict=True)
            layers = tuple(name for name, one, other in pairs if one != other)
            self.difference = Difference(wanted, point, layers)
            raise _End
        self.points.append(point)
        if self.callback is not None and truth_of(self.callback(point)) is True:
            raise _End

    def compare_ends(self, history: "History", epochs: int) -> None:
        """Look whether the run was as long as the record's, and kept the same epoch."""
        if self.points[-1].epoch < epochs:
            self.difference = Difference(self.record.digests[len(self.points)], None, ())
        elif epochs == self.record.fit.epochs and history.best_epoch is not None:
            wanted, found = (
                self.record.digests[epoch - epochs - 1]
                for epoch in (self.record.kept or 0, history.best_epoch + 1)
            )
            if wanted != found:
                self.difference = Difference(wanted, found, ())


def reproduce(
    record: Record,
    kind: type[AnyNetwork],
    inputs: Any,
    targets: Any,
    *,
    sample_weight: Any = None,
    validation: tuple[Any, Any] | None = None,
    epochs: int | None = None,
    callback: Callable[[Point], object] | None = None,
) -> Reproduction[AnyNetwork]:
    """Train again by a record, and compare the digests at each of its points.

    The run is stopped where it first differs.

    Parameters
    ----------
    record : Record
        Of the run to repeat: what `record_fit` has returned, or `Record.load`.
    kind : {nnfast.NeuralNetwork, nnref.NeuralNetwork}
        The backend to repeat it with, whichever it was made by. nnref is the judge, and slow.
    inputs : (n, inodes) numbers
        The examples that were trained on, one per row.
    targets : (n, onodes) numbers
        Their targets.
    sample_weight : (n,) numbers, optional
        The sample weights, if there were some.
    validation : (inputs, targets), optional
        The validation examples, if there was early stopping.
    epochs : int, optional
        Repeat only the first epochs.
    callback : callable, optional
        Called as ``callback(point)`` at each `Point` that is the same; ends the run if it returns
        True.

    Returns
    -------
    Reproduction
        Printed, it says in a line what was found.

    Raises
    ------
    ValueError, TypeError
        Before any training: if these are not the data of the record, or an argument is wrong.
    """
    if not isinstance(record, Record):
        raise TypeError(f"record: got {shown(record)}, wants a Record")
    check_kind(kind)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: got {shown(callback)}, wants a callable or None")
    if targets is None:
        raise TypeError("targets: got None, wants one row per row of inputs, those of the record")
    fit, total = record.fit, record.fit.epochs
    if epochs is not None and positive_int("epochs", epochs) > total:
        raise ValueError(f"epochs: got {shown(epochs)}, wants at most {total}, as the record has")
    if fit.patience is not None and validation is None:
        raise TypeError("validation: got None, wants the pair that the recorded run stopped by")
    network = rebuilt(kind, first_state(record.network))
    comparer, asked = Comparer(record, callback), int(epochs or total)
    with watched_by(comparer, network), suppress(_End), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "loss: got .* training has diverged")
        history = network.fit(
            inputs,
            targets,
            epochs=asked,
            batch_size=fit.batch_size,
            shuffle=fit.shuffle,
            sample_weight=sample_weight,
            validation=validation,
            schedule=schedule_from_entries(fit.schedule),
            patience=fit.patience,
        )
        comparer.compare_ends(history, asked)
    return Reproduction(
        record, network, tuple(comparer.points), comparer.difference, made_by(network)
    )


def _check_same(name: str, then: Any, now: Any) -> None:
    if then != now:
        raise ValueError(
            f"{name}: got {_told(now)}, wants those of the record, {_told(then)}: other data"
        )


def _told(value: Fingerprint | str | None) -> str:
    if isinstance(value, Fingerprint):
        rows, width = value.shape
        return f"{rows} x {width} numbers with sha256 {value.sha256[:12]}..."
    return "None" if value is None else f"numbers with sha256 {value[:12]}..."
