"""What several test files need: bytes to compare, networks to try, kernels to run them on."""

import contextlib
import math
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import nnfast.kernel.builds
from nnfast.kernel.builds import kernel_builds

BUILDS = kernel_builds()

SPECIAL = [
    0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, -2.2250738585072009e-308,
    1e-160, -1e-160, 1.0, -1.0, 0.5, 709.8, -745.2, 1e160, -1e160, 1.7976931348623157e308,
    -1.7976931348623157e308,
]  # fmt: skip
NOT_FINITE = [math.inf, -math.inf, math.nan]


def bits(values: object) -> bytes:
    """Return numbers, however nested, as bytes; every NaN is the same.

    Nothing but NaN is forgiven: 0.0 and -0.0 differ.
    """
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, float):
        return struct.pack("<d", math.nan if values != values else values)
    assert isinstance(values, list | tuple), type(values)
    return b"".join(bits(value) for value in values)


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


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file in a folder, by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
