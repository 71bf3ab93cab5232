"""What a page is told: the data, the network, and what Python's digests are along the way."""

import functools
import math
from collections.abc import Iterator
from itertools import chain
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import numpy as np

import nnref
from nnfast.arrays import checked_matrix
from nnfast.datasets import Dataset, digits, load
from nnfast.exchange.json import json_text
from nnfast.exchange.model import check_network_alone
from nnfast.live.packing import ALPHABET, pack
from nnfast.network import NeuralNetwork
from nnref.common.arguments import shown
from nnref.common.network import Network, rebuilt

# Page and Python compare digests so often, over so many passes of the data; but at least over so
# many updates, and of a large network over no more than take seconds: updates times weights.
EVERY = 100
EPOCHS, LEAST_UPDATES, MOST_WORK = 10, 1000, 2_000_000_000
DIGEST_LETTERS = 12  # as many as the page shows
TIMED_UPDATES, TIMED_SECONDS = 20, 0.5
# Of a larger data set a page has the first examples; of a larger network it would be too slow.
MOST_TRAINING, MOST_TEST = 1000, 250
MOST_WEIGHTS = 1_000_000
HNODES, LR, SEED = 30, 0.1, 1
OWN_DATA = "your data"


def payload_of(network: Network | None, data: Any) -> dict[str, Any]:
    """Return what a page is told, for JSON; errors name `network` or `data`."""
    dataset = _dataset(data)
    inodes, onodes = dataset.train_inputs.shape[1], dataset.train_targets.shape[1]
    if network is None:
        own = NeuralNetwork(inodes, HNODES, onodes, LR, seed=SEED)
    else:
        _check_network(network, dataset)
        own = rebuilt(NeuralNetwork, network.__getstate__())
    link = {
        "data": dataset.name,
        "network": f"{inodes}-{HNODES}-{onodes}",
        "lr": LR,
        "seed": SEED,
    }
    return {
        "digits": packed_digits() if _is_digits(dataset) else None,
        "points": point_sets(),
        "network": None if network is None else json_text(network),
        "link": f"#{urlencode(link)}",
        "examples": None if _is_digits(dataset) else _as_rows(dataset),
        "proof": _proof(own, dataset),
    }


def _dataset(data: Any) -> Dataset:
    """Return the data that an argument stands for, cut to what a page can carry."""
    if data is None:
        return digits()
    if isinstance(data, Dataset):
        return _first_of(data)
    if isinstance(data, tuple) and len(data) == 2:
        return _first_of(_pair(*data))
    return _first_of(load(data))


def _pair(inputs: Any, targets: Any) -> Dataset:
    """Return inputs and targets as a data set that is tested on what it is trained on."""
    widths = [len(rows[0]) if len(rows) else 0 for rows in (inputs, targets)]
    checked = [
        checked_matrix(f"data, its {name}", rows, width, "float64")
        for name, rows, width in zip(("inputs", "targets"), (inputs, targets), widths, strict=True)
    ]
    inputs, targets = checked
    if len(inputs) != len(targets) or not len(inputs):
        raise ValueError(
            f"data: got {len(inputs)} inputs and {len(targets)} targets, wants as many, at least 1"
        )
    labels = targets.argmax(axis=1) if targets.shape[1] > 1 else (targets[:, 0] > 0.5).astype(int)
    return Dataset(OWN_DATA, inputs, targets, labels, inputs, targets, labels, None)


def _first_of(data: Dataset) -> Dataset:
    """Return the first examples, under a name that means nothing else on the page."""
    if _is_digits(data):
        return data
    train, test = slice(MOST_TRAINING), slice(MOST_TEST)
    return Dataset(
        OWN_DATA if data.name in {"digits", "points", *point_sets()} else data.name,
        data.train_inputs[train],
        data.train_targets[train],
        data.train_labels[train],
        data.test_inputs[test],
        data.test_targets[test],
        data.test_labels[test],
        data.image_shape,
    )


def _is_digits(data: Dataset) -> bool:
    """Tell whether it is the small digits, and not data that somebody calls so."""
    if data.name != "digits":
        return False
    mine, theirs = (
        (data.train_inputs, data.train_targets, data.test_inputs, data.test_targets)
        for data in (data, digits())
    )
    return all(map(np.array_equal, mine, theirs))


def _check_network(network: Network, data: Dataset) -> None:
    """Raise if a page cannot show a network with this data."""
    check_network_alone(network)
    if getattr(network, "dtype", "float64") != "float64":
        raise ValueError(
            "network: got one in float32, wants float64: the page has no other numbers"
        )
    size = _size(network)
    if size > MOST_WEIGHTS:
        raise ValueError(
            f"network: got {size:,} weights, wants at most {MOST_WEIGHTS:,} for a page"
        )
    widths = data.train_inputs.shape[1], data.train_targets.shape[1]
    if (network.inodes, network.onodes) != widths:
        raise ValueError(
            f"data: got {widths[0]} inputs and {widths[1]} targets ({shown(data.name)}), wants "
            f"{network.inodes} and {network.onodes} for this network"
        )


# Data.


@functools.cache
def packed_digits() -> dict[str, Any]:
    """Return the small digits, of which each number is a level of ink, as text."""
    data = digits()
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    labels = np.concatenate([data.train_labels, data.test_labels])
    assert data.image_shape is not None
    levels, places = np.unique(inputs, return_inverse=True)
    return {
        "name": data.name,
        "shape": data.image_shape,
        "levels": levels.tolist(),
        "pixels": pack(places.reshape(-1, *data.image_shape), labels, len(levels)),
        "alphabet": ALPHABET,
        "labels": "".join(map(str, labels)),
        "classes": data.train_targets.shape[1],
        "train": len(data.train_inputs),
    }


def _as_rows(data: Dataset) -> dict[str, Any]:
    """Return any data as numbers."""
    return {
        "name": data.name,
        "shape": data.image_shape,
        "python": _python_of(data),
        "inputs": data.train_inputs.tolist(),
        "targets": data.train_targets.tolist(),
        "labels": data.train_labels.tolist(),
        "test": {
            "inputs": data.test_inputs.tolist(),
            "targets": data.test_targets.tolist(),
            "labels": data.test_labels.tolist(),
        },
    }


def _python_of(data: Dataset) -> list[str] | None:
    """Return the lines of Python that make the training examples, where they have a name."""
    if data.name != "mnist" or data.train_inputs.shape[1] != 784:
        return None
    return [
        "from nnfast.datasets import mnist",
        "",
        "data = mnist()",
        f"inputs = data.train_inputs[:{MOST_TRAINING}]",
        f"targets = data.train_targets[:{MOST_TRAINING}]",
    ]


def point_sets() -> dict[str, Any]:
    """Return the presets: points one after another, and the network that suits them.

    Of a point there are x and y, in thousandths, and its class.
    """
    usual = {
        "hidden": "8",
        "lr": "0.3",
        "activation": "tanh",
        "hidden_error": "gradient",
        "optimizer": "sgd",
        "bias": "yes",
    }
    return {
        "xor": {
            "points": [-800, -800, 0, -800, 800, 1, 800, 800, 0, 800, -800, 1],
            "network": usual | {"hidden": "4"},
        },
        "circle": {"points": list(chain(*_circle())), "network": usual},
        "moons": {
            "points": list(chain(*_moons())),
            "network": usual | {"lr": "0.05", "optimizer": "momentum"},
        },
        "spirals": {
            "points": list(chain(*_spirals())),
            "network": usual
            | {"hidden": "24", "lr": "0.01", "activation": "relu", "optimizer": "adam"},
        },
    }


def _circle(count: int = 48) -> Iterator[list[int]]:
    for n in range(count):
        angle = 2.0 * math.pi * n / count * 5
        yield _point(0.42 * math.cos(angle), 0.42 * math.sin(angle), 1, 0.1 * math.sin(7.3 * n))
        yield _point(0.9 * math.cos(angle), 0.9 * math.sin(angle), 0, 0.1 * math.sin(4.1 * n))


def _moons(count: int = 40) -> Iterator[list[int]]:
    for n in range(count):
        angle = math.pi * ((n * 7) % count) / (count - 1)
        wobble = 0.1 * math.sin(5.7 * n)
        yield _point(0.6 * math.cos(angle) - 0.25, 0.6 * math.sin(angle) - 0.2, 0, wobble)
        yield _point(0.25 - 0.6 * math.cos(angle), 0.2 - 0.6 * math.sin(angle), 1, wobble)


def _spirals(count: int = 60) -> Iterator[list[int]]:
    for n in range(count):
        place = ((n * 7) % count) / count
        radius, angle = 0.12 + 0.85 * place, 1.2 * 2.0 * math.pi * place
        yield _point(radius * math.cos(angle), radius * math.sin(angle), 1, 0.0)
        yield _point(-radius * math.cos(angle), -radius * math.sin(angle), 0, 0.0)


def _point(x: float, y: float, label: int, wobble: float) -> list[int]:
    """Return a point moved a little, with numbers that can be read."""
    return [round(1000 * (x + wobble * 0.6)), round(1000 * (y - wobble * 0.4)), label]


# Proof.


def _proof(network: NeuralNetwork, data: Dataset) -> dict[str, Any]:
    """Return Python's digests before any update and at every so many, and how long updates take."""
    inputs, targets = data.train_inputs, data.train_targets
    oracle = rebuilt(nnref.NeuralNetwork, network.__getstate__())
    digests = [network.digest()[:DIGEST_LETTERS]]
    seconds = 0.0
    updates = max(LEAST_UPDATES, min(EPOCHS * len(inputs), MOST_WORK // _size(network)))
    for start in range(0, updates - EVERY + 1, EVERY):
        places = np.arange(start, start + EVERY) % len(inputs)
        some, wanted = inputs[places], targets[places]
        started = perf_counter()
        network.fit(some, wanted)
        seconds += perf_counter() - started
        digests.append(network.digest()[:DIGEST_LETTERS])
    return {
        "every": EVERY,
        "digests": digests,
        "microseconds": {
            "nnref": round(1e6 * _seconds_of(oracle, inputs, targets), 3),
            "nnfast": round(1e6 * seconds / ((len(digests) - 1) * EVERY), 3),
        },
    }


def _seconds_of(oracle: nnref.NeuralNetwork, inputs: Any, targets: Any) -> float:
    """Return how long an update takes, on average over some, or over few where it takes long."""
    started = perf_counter()
    for done, example in enumerate(zip(inputs.tolist(), targets.tolist(), strict=True), 1):
        oracle.train(*example)
        seconds = perf_counter() - started
        if done == TIMED_UPDATES or seconds > TIMED_SECONDS:
            break
    return seconds / done


def _size(network: Network) -> int:
    """Return how many weights a network has."""
    return sum(math.prod(np.shape(weights)) for weights in network.weights)
