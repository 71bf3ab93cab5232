"""What several test files need: bytes to compare, networks to try, kernels to run them on."""

import contextlib
import itertools
import math
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

import nnfast.kernel.builds
import nnref
from nnfast.kernel.builds import kernel_builds
from nnref.common.description import LOSSES, OUTPUT_ACTIVATIONS

# Said in CONTRIBUTING.md, set by .ci/run.
THOROUGH = os.environ.get("NNFAST_THOROUGH") == "1"

# The seconds after which a program does not go on at all: no test measures how fast one is.
HANGS = 600

BACKENDS = {"nnref": nnref, "nnfast": nnfast}
BUILDS = kernel_builds()

INPUTS = [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7], [0.5, 0.01, 0.99], [0.4, 0.6, 0.2]]
TARGETS = [[0.1, 0.9], [0.8, 0.3], [0.99, 0.01], [0.25, 0.5]]

SPECIAL = [
    0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, -2.2250738585072009e-308,
    1e-160, -1e-160, 1.0, -1.0, 0.5, 709.8, -745.2, 1e160, -1e160, 1.7976931348623157e308,
    -1.7976931348623157e308,
]  # fmt: skip
TAKES = {
    "squared_error": OUTPUT_ACTIVATIONS,
    "cross_entropy": ("sigmoid", "softmax"),
    "poisson": ("exponential",),
}
PAIRS = [(output, loss) for loss in LOSSES for output in TAKES[loss]]
"""Every output activation with every loss that takes it."""

NOT_FINITE = [math.inf, -math.inf, math.nan]


def amount(thorough: int, quick: int) -> int:
    """Return how much to try: everything in a thorough run, otherwise less."""
    return thorough if THOROUGH else quick


def bits(values: object) -> bytes:
    """Return numbers, however nested, as bytes; every NaN is the same.

    Nothing but NaN is forgiven: 0.0 and -0.0 differ.
    """
    if isinstance(values, list | tuple) and not all(type(value) is float for value in values):
        return b"".join(bits(value) for value in values)
    numbers = np.asarray(values)
    assert numbers.dtype.kind == "f" or numbers.size == 0, numbers.dtype
    return np.where(np.isnan(numbers), math.nan, numbers).astype("<f8").tobytes()


def network(backend: ModuleType, *shape: Any, lr: float = 0.5, **options: Any) -> Any:
    return backend.NeuralNetwork(*(shape or (3, 4, 2)), lr, **{"seed": 1, **options})


def one_by_one(nn: Any, order: Iterable[int] = range(len(INPUTS))) -> Any:
    for place in order:
        nn.train(INPUTS[place], TARGETS[place])
    return nn


@contextlib.contextmanager
def kernel(build: str) -> Iterator[None]:
    """Make the networks of nnfast in this block run on one build of the kernel."""
    with mock.patch.object(nnfast.kernel.builds, "_BUILD", build):
        yield


def draw_numbers(draws: random.Random, flavour: str, count: int) -> list[float]:
    """Draw finite numbers: "usual" for a network, "wide" over all magnitudes, or "special"."""
    if flavour == "usual":
        return [draws.random() for _ in range(count)]
    if flavour == "wide":
        return [draws.choice((-1.0, 1.0)) * 2.0 ** draws.randint(-1074, 1023) for _ in range(count)]
    return [draws.choice(SPECIAL) for _ in range(count)]


def draw_rows(draws: random.Random, flavour: str, rows: int, width: int) -> list[list[float]]:
    return [draw_numbers(draws, flavour, width) for _ in range(rows)]


def furnish(folder: Path) -> Path:
    """Put a folder and a file in a folder, for tests to name; return it."""
    (folder / "folder").mkdir()
    (folder / "file").write_bytes(b"older")
    return folder


def write_images(folder: Path) -> Path:
    """Write 6 images to train on and 3 for test, of 20 x 3 pixels, as MNIST's files are."""
    for name, count in (("train", 6), ("t10k", 3)):
        pixels = bytes(range(count * 20)) * 3
        for kind, magic, shape, values in (
            ("images-idx3", 0x803, (count, 20, 3), pixels),
            ("labels-idx1", 0x801, (count,), bytes(range(count))),
        ):
            header = b"".join(number.to_bytes(4, "big") for number in (magic, *shape))
            (folder / f"{name}-{kind}-ubyte").write_bytes(header + values)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file in a folder, by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def overlap(boxes: Iterable[Any]) -> bool:
    """Return whether two of the boxes of a matplotlib picture lie over each other."""
    # Boxes that touch within half a pixel do not overlap to the eye.
    return any(
        one.x0 < other.x1 - 0.5 and other.x0 < one.x1 - 0.5
        and one.y0 < other.y1 - 0.5 and other.y0 < one.y1 - 0.5
        for one, other in itertools.combinations(boxes, 2)
    )  # fmt: skip
