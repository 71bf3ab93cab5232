"""`fit`: a plan, which is its checked arguments, and the loop that carries it out."""

import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from nnref.common.arguments import (
    NOT_NEGATIVE,
    POSITIVE,
    file_name,
    flag,
    items,
    number_within,
    positive_int,
    shown,
    truth_of,
)
from nnref.common.randomness import epoch_order
from nnref.common.scaling import warn_of_unscaled
from nnref.common.schedules import Schedule, schedule_named
from nnref.common.state import MOST_EPOCHS

if TYPE_CHECKING:
    from nnref.common.network import Network
    from nnref.common.parameters import Snapshot
    from nnref.common.seen_range import SeenRange

WITHOUT_TARGETS = (
    "them: pass one row per row of inputs, or an iterable of pairs (inputs, targets) as inputs"
)


@dataclass(slots=True)
class History:
    """What `fit` returns: one entry per epoch in each list.

    Attributes
    ----------
    loss : list of float
        The mean loss over the epoch's examples, each taken before the update that it led to; with
        sample weights, the weighted mean.
    validation_loss : list of float
        The mean loss over the validation examples after the epoch; empty without validation.
    validation_score : list of float
        How well the network answers the validation examples, 1.0 at best; empty without validation.
        With identity and exponential outputs it is R squared. If every row of targets has exactly
        one above the middle, it is the share of examples whose largest output is in the right
        place. Otherwise it is the share of examples with every output on its target's side of the
        middle.
    best_epoch : int or None
        With ``patience``, the epoch (from 0) whose weights were kept.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_score: list[float] = field(default_factory=list)
    best_epoch: int | None = None


class Gradient(NamedTuple):
    """What `gradient` returns: the mean loss, and its slope in every weight and bias.

    Parameters
    ----------
    loss : float
        The mean loss over the examples.
    weights : list of (fan_in, fan_out) floats
        How fast the loss rises with each weight, first layer first.
    biases : list of (fan_out,) floats
        How fast it rises with each bias; empty without bias.
    """

    loss: float
    weights: list[Any]
    biases: list[Any]


Pair = tuple[Any, Any]
"""Inputs and targets, checked, as the network keeps its numbers."""


class Piece(NamedTuple):
    """Examples to train on, checked, as the network keeps its numbers."""

    inputs: Any
    targets: Any
    sample_weight: Any
    total_weight: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What one call of `fit` will do: its arguments, checked, under their names.

    ``pieces`` gives an epoch's examples, in one or several pieces, each time it is called.
    """

    pieces: Callable[[], Iterator[Piece]]
    epochs: int
    batch_size: int
    shuffle: bool
    validation: Pair | None
    callback: Callable[[Any, History], object] | None
    schedule: Schedule
    patience: int | None
    checkpoint: str | None
    every: int
    is_stream: bool


def planned(
    network: "Network",
    inputs: Any,
    targets: Any,
    *,
    epochs: Any,
    batch_size: Any,
    shuffle: Any,
    sample_weight: Any,
    validation: Any,
    callback: Any,
    schedule: Any,
    patience: Any,
    checkpoint: Any,
    every: Any,
) -> Plan:
    """Check the arguments of `fit`; raises what it says there, before any weight changes."""
    epochs = _epochs(network, epochs)
    plan = Plan(
        pieces=_pieces(network, inputs, targets, sample_weight, epochs),
        epochs=epochs,
        batch_size=positive_int("batch_size", batch_size),
        shuffle=_shuffle(shuffle, targets),
        validation=None if validation is None else _validation(network, validation),
        callback=_callback(callback),
        schedule=schedule_named(schedule),
        patience=_patience(patience, validation),
        every=positive_int("every", every),
        is_stream=targets is None,
        checkpoint=None if checkpoint is None else _checkpoint(checkpoint),
    )
    if plan.checkpoint is None and plan.every > 1:
        raise ValueError(f"every: got {plan.every} without checkpoint, wants a checkpoint too")
    return plan


def _epochs(network: "Network", epochs: Any) -> int:
    epochs = positive_int("epochs", epochs)
    most = MOST_EPOCHS - 1 - network.epochs
    if epochs > most:
        raise ValueError(
            f"epochs: got {shown(epochs)}, wants at most {most}, which makes "
            f"{MOST_EPOCHS - 1} with those that the network has had"
        )
    return int(epochs)


def _pieces(
    network: "Network", inputs: Any, targets: Any, sample_weight: Any, epochs: int
) -> Callable[[], Iterator[Piece]]:
    if targets is not None:
        piece = piece_of(network, inputs, targets, sample_weight)
        return lambda: iter([piece])
    given = items(inputs)
    if given is None:
        raise TypeError(
            f"targets: got None, with {shown(inputs)} as inputs, wants {WITHOUT_TARGETS}"
        )
    if sample_weight is not None:
        raise ValueError(
            f"sample_weight: got {shown(sample_weight)} without targets, wants None: an iterable "
            "gives triples (inputs, targets, sample_weight)"
        )
    if epochs > 1 and given is inputs:
        raise ValueError(
            f"inputs: got {shown(inputs)}, which can be iterated over only once, with "
            f"epochs={epochs}; wants a list, or an iterable that starts over each time"
        )
    return lambda: _checked_pieces(network, inputs)


def _checked_pieces(network: "Network", pieces: Iterable[Any]) -> Iterator[Piece]:
    place = -1
    for place, piece in enumerate(pieces):
        name = f"piece {place} of inputs"
        if not _is_pair_or_triple(piece):
            raise TypeError(
                f"targets: got None, with {shown(piece)} as {name}, wants {WITHOUT_TARGETS}"
            )
        inputs, targets, sample_weight = (*piece, None)[:3]
        yield piece_of(network, inputs, targets, sample_weight, within=f"{name}, its ")
    if place < 0:
        raise ValueError("inputs: got an iterable of no pairs, wants at least 1")


def _is_pair_or_triple(piece: Any) -> bool:
    """Return whether a piece has parts, which it has not if it is an example of two or three."""
    return (
        isinstance(piece, tuple | list)
        and len(piece) in (2, 3)
        and not all(isinstance(part, Real) for part in piece)
    )


def piece_of(
    network: "Network", inputs: Any, targets: Any, sample_weight: Any = None, within: str = ""
) -> Piece:
    """Return examples checked to be some that the network can be trained on.

    Errors name the arguments, after what these are ``within``.
    """
    inputs, targets = pair_of(network, f"{within}inputs", inputs, f"{within}targets", targets)
    if sample_weight is None:
        return Piece(inputs, targets, None, float(len(inputs)))
    name = f"{within}sample_weight"
    weights = network._numbers.vector(name, sample_weight, len(inputs), NOT_NEGATIVE)
    total = 0.0
    for weight in network._numbers.rows(weights)[0]:
        total += weight
    if not 0.0 < total < math.inf:
        raise ValueError(f"{name}: got a sum of {total}, wants a finite sum above 0")
    return Piece(inputs, targets, weights, total)


def pair_of(
    network: "Network", inputs_name: str, inputs: Any, targets_name: str, targets: Any
) -> Pair:
    """Return inputs and targets checked to be examples for the network, one per row."""
    inputs, targets = network._examples(inputs_name, inputs, targets_name, targets)
    if len(inputs) != len(targets):
        raise ValueError(
            f"{targets_name}: got {len(targets)} rows, wants {len(inputs)}, "
            f"one for each row of {inputs_name}"
        )
    if len(inputs) == 0:
        raise ValueError(f"{inputs_name}: got no examples, wants at least 1")
    return inputs, targets


def _shuffle(shuffle: Any, targets: Any) -> bool:
    shuffled = flag("shuffle", shuffle)
    if shuffled and targets is None:
        raise ValueError(
            "shuffle: got True without targets, wants False: an iterable has its own order"
        )
    return shuffled


def _validation(network: "Network", validation: Any) -> Pair:
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(
            f"validation: got {shown(validation)}, wants a pair (inputs, targets) or None"
        )
    names = "validation inputs", "validation targets"
    return pair_of(network, names[0], validation[0], names[1], validation[1])


def _callback(callback: Any) -> Callable[[Any, History], object] | None:
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: got {shown(callback)}, wants a callable or None")
    return callback  # type: ignore[no-any-return]


def _patience(patience: Any, validation: Any) -> int | None:
    if patience is None:
        return None
    patience = positive_int("patience", patience)
    if validation is None:
        raise ValueError(f"patience: got {patience} without validation, wants validation too")
    return int(patience)


def _checkpoint(path: Any) -> str:
    """Return a checkpoint's absolute path, since the current folder may change, or raise."""
    from nnref.common.files import check_writable  # here, since few calls have one

    target = os.path.abspath(file_name("checkpoint", path, "a path or None"))  # noqa: PTH100
    check_writable(target)
    return target


def carried_out(plan: Plan, network: "Network") -> History:
    """Train a network as planned, or until it diverges: then undo the epoch, and stop."""
    history = History()
    best: Snapshot | None = None
    witness = network._witness
    witness.begins(network, plan)
    for epoch in range(plan.epochs):
        before = network._snapshot()
        _run_epoch(plan, network, epoch, history)
        if has_diverged(history.loss[-1]):
            network._put_back(before)
            break
        if plan.patience is not None and _is_best(history.validation_loss):
            best, history.best_epoch = network._snapshot(), epoch
        witness.epoch_is_over(network, history)
        stop = plan.callback is not None and truth_of(plan.callback(network, history)) is True
        # After the callback, which can have changed the network.
        if plan.checkpoint is not None and (epoch + 1) % plan.every == 0:
            witness.save(network, plan.checkpoint)
        if stop or _is_out_of_patience(plan, epoch, history):
            break
    if best is not None:
        with network._lock:
            # Training has been what it was: only the numbers go back.
            latest = network._snapshot()
            network._put_back(latest._replace(arrays=best.arrays))
    if plan.checkpoint is not None:
        witness.save(network, plan.checkpoint)
    return history


def _run_epoch(plan: Plan, network: "Network", epoch: int, history: History) -> None:
    """Train a network for one epoch, judge it, and write both into the history."""
    lr = number_within("what schedule returns", plan.schedule(network.epochs, network.lr), POSITIVE)
    seen_before, loss, weight, count = network._seen, 0.0, 0.0, 0
    for inputs, targets, sample_weight, total_weight in plan.pieces():
        examples, batch_size = len(inputs), min(plan.batch_size, len(inputs))
        order = epoch_order(examples, network.seed, network.epochs) if plan.shuffle else None
        if epoch == 0:  # each example counts once, however many epochs there are
            network._see(inputs)
            if seen_before.examples == count == 0:
                warn_of_unscaled(network, inputs)
        spans = network._spans(examples, batch_size)
        spans = network._witness.spans(network, spans, examples, batch_size)
        loss += network._train_epoch(inputs, targets, sample_weight, order, spans, batch_size, lr)
        weight += total_weight
        count += examples
    if epoch == 0:
        _count_once(network, seen_before, count)
    network._epochs += 1
    history.loss.append(loss / weight)
    if plan.validation is not None:
        loss, score = network._evaluate(*plan.validation)
        history.validation_loss.append(loss / len(plan.validation[0]))
        history.validation_score.append(score)


def has_diverged(loss: float) -> bool:
    """Return whether a loss says that training is lost."""
    return not math.isfinite(loss)


def warn_if_lost(history: History) -> None:
    """Warn the caller of `fit` if training has diverged."""
    if has_diverged(history.loss[-1]):
        warnings.warn(
            f"loss: got {history.loss[-1]} in epoch {len(history.loss)} of this call, so "
            "training has diverged; it stops, and the network is as it was before that epoch. "
            "Try a smaller learning rate, and inputs scaled to about 0 to 1",
            UserWarning,
            stacklevel=3,
        )


def _count_once(network: "Network", before: "SeenRange", count: int) -> None:
    """Do not count examples that have shown nothing new.

    They are probably those of an earlier call. If you continue from a checkpoint, you should get
    the same warnings as if training had never stopped.
    """
    with network._lock:
        if network._seen[1:] == before[1:]:
            network._seen = before._replace(examples=max(before.examples, count))


def _is_best(losses: list[float]) -> bool:
    """Return whether the last loss is the smallest; the first one always is, even if it is NaN."""
    before = [loss for loss in losses[:-1] if not math.isnan(loss)]
    return len(losses) == 1 or losses[-1] < min(before, default=math.inf)


def _is_out_of_patience(plan: Plan, epoch: int, history: History) -> bool:
    return plan.patience is not None and epoch - (history.best_epoch or 0) >= plan.patience
