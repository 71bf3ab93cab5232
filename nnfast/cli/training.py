"""Training with a bar that moves and a clock that counts only the training."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from rich.progress import Progress

import nnfast.network
import nnref
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
) -> tuple[float, History]:
    """Train a network as planned.

    Parameters
    ----------
    network : Network
        One made by `trainable`.
    dataset : Dataset
    plan : Plan
        How to train; the network has the rest of it already.
    progress : Progress
        Gets a bar of its own for this training.
    after_epoch : callable
        Called with the history so far after each epoch. Its time does not count.

    Returns
    -------
    seconds : float
        Of the training, without preparing the data and without `after_epoch`.
    history : History
        What `fit` has returned.
    """
    inputs: Any = dataset.train_inputs
    targets: Any = dataset.train_targets
    count = len(inputs)
    # Early stopping must not look at the test set.
    kept = count - plan.held_back(count)
    bar = progress.add_task(f"{backend_name(network):<6}", total=plan.epochs * kept)
    # In the form that the network works on; otherwise the conversion would count as training.
    if isinstance(network, WatchedReference):
        inputs, targets = inputs.tolist(), targets.tolist()
        network.on_update = mover(progress, bar)
    elif isinstance(network, nnfast.network.NeuralNetwork):
        inputs, targets = (array.astype(network.dtype, copy=False) for array in (inputs, targets))
    seconds, started = 0.0, perf_counter()

    def epoch_done(_: Network, history: History) -> None:
        nonlocal seconds, started
        seconds += perf_counter() - started
        progress.update(bar, completed=len(history.loss) * kept)
        after_epoch(history)
        started = perf_counter()

    with warnings.catch_warnings():
        # Training that has diverged ends in an error here, see `divergence`.
        warnings.filterwarnings("ignore", "loss: got .* training has diverged")
        history = network.fit(
            inputs[:kept],
            targets[:kept],
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            shuffle=plan.shuffle,
            schedule=plan.schedule,
            validation=(inputs[kept:], targets[kept:]) if kept < count else None,
            patience=plan.patience,
            callback=epoch_done,
        )
    return seconds, history


def divergence(history: History) -> str | None:
    """Return what to say if training has diverged, or None."""
    if not has_diverged(history.loss[-1]):
        return None
    return (
        f"the loss of epoch {len(history.loss)} is {history.loss[-1]}: training has diverged; "
        "try a smaller --lr"
    )


def mover(progress: Progress, bar: Any) -> Callable[[int], None]:
    """Return what moves a bar on by so many examples, when it is worth while."""
    done = shown = 0

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
