"""Training with a bar that moves and a clock that counts only the training."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.progress import Progress

import nnfast.network
import nnref
from nnfast.augmentation import augment
from nnfast.cli.augmenting import WatchedExamples
from nnfast.cli.console import stderr
from nnfast.cli.options import Plan
from nnfast.datasets import Dataset, load
from nnref.common.network import Network, rebuilt
from nnref.common.training import History, has_diverged

# Moving the bar takes some microseconds: too long after every update of a small network.
EXAMPLES_PER_MOVE = 64


class WatchedReference(nnref.NeuralNetwork):
    """The oracle, which reports each update: its epochs are long enough to need a moving bar."""

    on_update: Callable[[int], object]

    def _spans(self, examples: int, batch_size: int | None = None) -> Iterable[tuple[int, int]]:
        if batch_size is None:  # answers, which are not updates
            yield from super()._spans(examples)
            return
        for start, stop in super()._spans(examples, batch_size):
            yield start, stop
            self.on_update(stop - start)


def load_data(data: str) -> Dataset:
    """Return the data set; a spinner shows while it is read."""
    with stderr().status(f"Reading {data}"):
        return load(data)


def limited(dataset: Dataset, examples: int | None) -> Dataset:
    """Return the data set with only the first examples to train on, or for None with all."""
    return replace(
        dataset,
        train_inputs=dataset.train_inputs[:examples],
        train_targets=dataset.train_targets[:examples],
        train_labels=dataset.train_labels[:examples],
    )


def trainable(plan: Plan, backend: str, dataset: Dataset, **more: Any) -> Network:
    """Return the network to train by a plan."""
    kind = WatchedReference if backend == "ref" else nnfast.network.NeuralNetwork
    return plan.network(kind, dataset, **more)


def train_with_progress(
    network: Network,
    dataset: Dataset,
    plan: Plan,
    progress: Progress,
    after_epoch: Callable[[History], object] = lambda history: None,
    checkpoint: Path | None = None,
) -> tuple[float, History]:
    """Train a network as planned, or for the epochs that are left.

    Parameters
    ----------
    network : Network
        One made by `trainable`, or loaded from its checkpoint.
    dataset : Dataset
    plan : Plan
        How to train; the network has the rest of it already.
    progress : Progress
        Gets a bar of its own for this training.
    after_epoch : callable
        Called with the history so far after each epoch. Its time does not count.
    checkpoint : Path, optional
        Where to save the network after each epoch.

    Returns
    -------
    seconds : float
        Of the training, without preparing the data and without `after_epoch`; but to distort images
        is part of it.
    history : History
        What `fit` has returned.
    """
    count = len(dataset.train_inputs)
    # Early stopping must not look at the test set.
    kept = count - plan.held_back(count)
    before = network.epochs
    bar = progress.add_task(
        f"{backend_name(network):<6}", total=plan.epochs * kept, completed=before * kept
    )
    on_update = mover(progress, bar, before * kept)
    inputs, targets = dataset.train_inputs, dataset.train_targets
    if plan.augment is None:
        examples = _in_its_form(network, inputs[:kept], targets[:kept])
    else:
        examples = (_augmented(network, limited(dataset, kept), plan, on_update),)
    held_back = _in_its_form(network, inputs[kept:], targets[kept:])
    if isinstance(network, WatchedReference):
        network.on_update = on_update
    seconds, started = 0.0, perf_counter()

    def epoch_done(_: Network, history: History) -> None:
        nonlocal seconds, started
        seconds += perf_counter() - started
        progress.update(bar, completed=(before + len(history.loss)) * kept)
        after_epoch(history)
        started = perf_counter()

    with warnings.catch_warnings():
        # Training that has diverged ends in an error here, see `divergence`.
        warnings.filterwarnings("ignore", "loss: got .* training has diverged")
        history = network.fit(
            *examples,
            epochs=plan.epochs - before,
            batch_size=plan.batch_size,
            shuffle=plan.shuffle and plan.augment is None,
            schedule=plan.learning_rates(),
            validation=held_back if kept < count else None,
            patience=plan.patience,
            callback=epoch_done,
            checkpoint=checkpoint,
        )
    return seconds, history


def _in_its_form(network: Network, *arrays: Any) -> tuple[Any, ...]:
    """Return arrays in the form that a network works on, so that no time is spent on it later."""
    if isinstance(network, nnfast.network.NeuralNetwork):
        return tuple(array.astype(network.dtype, copy=False) for array in arrays)
    return tuple(array.tolist() for array in arrays)


def _augmented(
    network: Network, dataset: Dataset, plan: Plan, on_update: Callable[[int], object]
) -> Iterable[Any]:
    """Return the examples, newly distorted in each epoch that the network has not had."""
    threads = getattr(network, "threads", 1)
    examples = augment(
        dataset.train_inputs, dataset.train_targets, dataset.image_shape,
        seed=plan.seed, threads=threads, **(plan.augment or {}),
    )  # fmt: skip
    examples.epoch = network.epochs
    # The oracle reports its updates itself.
    return (
        examples if isinstance(network, WatchedReference) else WatchedExamples(examples, on_update)
    )


def divergence(network: Network, history: History) -> str | None:
    """Return what to say if training has diverged, or None."""
    if not has_diverged(history.loss[-1]):
        return None
    return (
        f"the loss of epoch {network.epochs + 1} is {history.loss[-1]}: training has diverged; "
        "try a smaller --lr"
    )


def mover(progress: Progress, bar: Any, before: int = 0) -> Callable[[int], None]:
    """Return what moves a bar on by so many examples, when it is worth while."""
    done = shown = before

    def on_update(examples: int) -> None:
        nonlocal done, shown
        done += examples
        if done - shown >= EXAMPLES_PER_MOVE:
            progress.update(bar, completed=done)
            shown = done

    return on_update


def backend_name(network: Network) -> str:
    """Return the name of the package that a network is from."""
    return "nnref" if isinstance(network, nnref.NeuralNetwork) else "nnfast"


def accuracy(network: Network, dataset: Dataset) -> float:
    """Return the share of the test set that a network answers correctly.

    nnfast answers with the weights of either backend: its answers are the same, and nnref would
    take a minute for MNIST's 10,000 images.
    """
    judge = rebuilt(nnfast.network.NeuralNetwork, network.__getstate__())
    answers = np.argmax(judge.predict(dataset.test_inputs), axis=1)
    return float(np.mean(answers == dataset.test_labels))
