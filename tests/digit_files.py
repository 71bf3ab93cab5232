"""Small files in MNIST's formats, and what the tests of their readers share."""

import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from nnfast.datasets import Dataset, DatasetError

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
MEBI = 2**20


def idx(*shape: int, values: bytes, magic: int | None = None) -> bytes:
    """Return an IDX file of unsigned bytes."""
    numbers = (0x0800 + len(shape) if magic is None else magic, *shape)
    return b"".join(number.to_bytes(4, "big") for number in numbers) + values


# Six training and three test images of 2 x 3 pixels; no two rows, columns or files are alike.
IDX_FILES = {
    TRAIN_IMAGES: idx(6, 2, 3, values=bytes(range(0, 252, 7))),
    TRAIN_LABELS: idx(6, values=bytes([5, 0, 4, 1, 9, 2])),
    TEST_IMAGES: idx(3, 2, 3, values=bytes(range(255, 237, -1))),
    TEST_LABELS: idx(3, values=bytes([7, 2, 1])),
}


def csv_line(label: object, *pixels: object) -> str:
    """Return a line of CSV: the label, the pixels given, and zeros up to 784 pixels."""
    fields = [label, *pixels, *[0] * (784 - len(pixels))]
    return ",".join(map(str, fields)) + "\n"


HEADER = "label," + ",".join(f"{r}x{c}" for r in range(1, 29) for c in range(1, 29)) + "\n"


@contextmanager
def refused(*parts: str) -> Iterator[None]:
    """Expect a DatasetError whose message is one line that has the parts in this order."""
    with pytest.raises(DatasetError, match=".*".join(map(re.escape, parts))) as caught:
        yield
    assert len(str(caught.value).splitlines()) == 1


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def check(data: Dataset) -> None:
    """Check what holds for every data set, whatever its examples are."""
    classes = max(10, 1 + data.train_labels.max(), 1 + data.test_labels.max())
    for inputs, targets, labels in (
        (data.train_inputs, data.train_targets, data.train_labels),
        (data.test_inputs, data.test_targets, data.test_labels),
    ):
        assert len(inputs) == len(targets) == len(labels) > 0
        assert inputs.dtype == targets.dtype == np.float64
        assert labels.dtype == np.int64
        assert labels.shape == (len(labels),)
        assert targets.shape == (len(labels), classes)
        assert inputs.flags.c_contiguous
        assert targets.flags.c_contiguous
        assert inputs.min() >= 0.01
        assert inputs.max() <= 1
        assert (targets.argmax(axis=1) == labels).all()
        assert data.image_shape is not None
        assert inputs.shape[1] == data.image_shape[0] * data.image_shape[1]


def scaled(values: Any, largest: int = 255) -> bytes:
    """Return the bytes of the scaled values, computed with Python's floats one by one."""
    return np.array([int(x) / largest * 0.99 + 0.01 for x in np.ravel(values)]).tobytes()


def assert_is_the_small_set(data: Dataset) -> None:
    check(data)
    assert (data.name, data.image_shape) == ("mnist", (2, 3))
    assert data.train_inputs.tobytes() == scaled(range(0, 252, 7))
    assert data.test_inputs.tobytes() == scaled(range(255, 237, -1))
    assert data.train_labels.tolist() == [5, 0, 4, 1, 9, 2]
    assert data.test_labels.tolist() == [7, 2, 1]
