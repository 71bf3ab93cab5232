"""MNIST's format, IDX: a header of numbers in four bytes, big-endian, and then the values.

The header is a magic number, which tells their type and the number of dimensions, and the sizes.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnfast.data_files.examples import Examples, Found, check_size, examples
from nnfast.data_files.opening import DatasetError, Stream, in_one_line, opened, read_at_most

IMAGES_MAGIC = 0x0803  # unsigned bytes in three dimensions
LABELS_MAGIC = 0x0801  # unsigned bytes in one dimension
QMNIST_MAGIC = 0x0C02  # four bytes in two: a row per image, which begins with its label

TYPES: dict[int, np.dtype[Any]] = {0x08: np.dtype(np.uint8), 0x0C: np.dtype(">i4")}


def read_idx_pair(images: Path, labels: Path) -> Examples:
    """Return the pictures in one file with the labels in another."""
    pixels = read_idx(images, IMAGES_MAGIC)
    rows = read_idx(labels, LABELS_MAGIC, QMNIST_MAGIC)
    return examples(
        Found(in_one_line(images), pixels),
        Found(in_one_line(labels), rows if rows.ndim == 1 else rows[:, 0]),
    )


def read_idx(path: Path, *magics: int) -> NDArray[Any]:
    """Return the values of an IDX file with one of these magic numbers, in their shape."""
    with opened(path) as stream:
        magic, shape = _header(stream, magics)
        dtype = TYPES[magic >> 8]
        start, size = 4 + 4 * len(shape), math.prod(shape) * dtype.itemsize
        check_size("byte 4: promises", shape, dtype.itemsize)
        # One byte beyond what is promised shows that the file ends there, and makes gzip check its
        # sum.
        values = read_at_most(stream, size + 1)
        if len(values) < size:
            raise DatasetError(
                f"byte {start + len(values)}: the file ends, "
                f"but its header promises {start + size} bytes"
            )
        if len(values) > size:
            raise DatasetError(
                f"byte {start + size}: the file goes on after what its header promises"
            )
    return np.frombuffer(values, dtype).reshape(shape)


def _header(stream: Stream, magics: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Read and check the magic number and the sizes."""
    start = stream.read(4)
    magic = int.from_bytes(start, "big")
    if len(start) == 4 and magic not in magics:
        wants = " or ".join(f"{wanted:#010x}" for wanted in magics)
        raise DatasetError(f"byte 0: magic number {magic:#010x}, wants {wants}")
    dimensions = (magic if magic in magics else magics[0]) & 0xFF
    sizes = stream.read(4 * dimensions)
    header_size, there = 4 + 4 * dimensions, len(start) + len(sizes)
    if there < header_size:
        raise DatasetError(f"byte {there}: the file ends within its header of {header_size} bytes")
    shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, len(sizes), 4))
    if 0 in shape:
        raise DatasetError(f"byte {4 + 4 * shape.index(0)}: a size of 0, so no examples")
    return magic, shape
