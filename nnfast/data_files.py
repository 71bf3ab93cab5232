"""Files of handwritten digits: MNIST's IDX format and CSV, read without trusting them.

Whatever is wrong with a file becomes a `DatasetError` that names the file and the place in it.
Memory grows with the bytes that are there, never with what a header promises.
"""

import gzip
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnref.common.arguments import file_name

Examples = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Pixels (n, inodes) and labels (n,)."""

CLASSES = 10
MNIST_SHAPE = (28, 28)

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
IMAGES_MAGIC = 0x0803  # unsigned bytes in three dimensions
LABELS_MAGIC = 0x0801  # unsigned bytes in one dimension

CSV_NAMES = ("mnist_train.csv", "mnist_test.csv")
CSV_COLUMNS = 1 + math.prod(MNIST_SHAPE)

# A small .gz can honestly promise, and unpack to, more than any memory holds. This many values in
# one file make 2 GiB of float64 inputs; MNIST's training images are a sixth of it.
MOST_VALUES = 2**28
# Far above any real line (a header's 785 names in quotes take about 9,000 bytes), so that a file
# without line breaks is refused before it is in memory.
LONGEST_LINE = 2**16
CHUNK = 2**18

# Looking a field up is faster than int(), and stricter: no sign, no space, no underscore, no 256.
BYTE_OF_FIELD = {str(value).encode(): value for value in range(256)}


class DatasetError(ValueError):
    """Something is wrong with the data; the message is one line that says what, and where."""


def checked_path(name: str, value: Any) -> str:
    """Return a path to read data from as a str, or raise TypeError or DatasetError."""
    try:
        return file_name(name, value)
    except ValueError as error:
        raise DatasetError(str(error)) from None


def read_files(path: str | os.PathLike[str]) -> tuple[Examples, Examples, tuple[int, int]]:
    """Return the examples to train on, those to test on, and the shape of their images.

    `nnfast.datasets.mnist` says which files and folders there may be at the path.
    """
    place = Path(checked_path("path", path))
    try:
        if not place.exists():
            raise DatasetError(f"{place}: no such file or folder")
        if not place.is_dir():
            return *_split(place, _read_csv(place)), MNIST_SHAPE
        idx, csv = _find(place, IDX_NAMES), _find(place, CSV_NAMES)
    except OSError as error:
        raise DatasetError(f"{place}: {error.strerror}") from error
    if len(idx) == len(IDX_NAMES):
        return _read_idx_files(*idx.values())
    if len(csv) == len(CSV_NAMES):
        train, test = (_label_first(_read_csv(file)) for file in csv.values())
        return train, test, MNIST_SHAPE
    no_idx, no_csv = (
        " and ".join(name for name in names if name not in found)
        for names, found in ((IDX_NAMES, idx), (CSV_NAMES, csv))
    )
    raise DatasetError(f"{place}: has no {no_idx}; nor, as CSV, {no_csv} (each plain or .gz)")


def _find(folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
    """Return those of the files that the folder has, in the order of the names."""
    found: dict[str, Path] = {}
    for name in names:
        for spelling in (name, f"{name}.gz"):
            for file in (folder / spelling, folder / spelling.replace("-idx", ".idx")):
                if name not in found and file.is_file():
                    found[name] = file
    return found


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile | BufferedReader]:
    """Open a file, unpacked if it is a .gz; an error while it is read becomes a DatasetError."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            try:
                yield stream
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise DatasetError(
                    f"{path}: damaged gzip, after {stream.tell()} unpacked bytes: {error}"
                ) from error
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error


# IDX.


def _read_idx_files(
    train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> tuple[Examples, Examples, tuple[int, int]]:
    train, test = _read_idx(train_images, IMAGES_MAGIC), _read_idx(test_images, IMAGES_MAGIC)
    rows, columns = train.shape[1:]
    if test.shape[1:] != (rows, columns):
        raise DatasetError(
            f"{test_images}: byte 8: images of {test.shape[1]} x {test.shape[2]} pixels, "
            f"but those of {train_images} have {rows} x {columns}"
        )
    return (
        (train.reshape(len(train), -1), _read_idx_labels(train_labels, train_images, len(train))),
        (test.reshape(len(test), -1), _read_idx_labels(test_labels, test_images, len(test))),
        (rows, columns),
    )


def _read_idx_labels(path: Path, images: Path, count: int) -> NDArray[np.uint8]:
    """Return the labels (count,) that belong to a file of this many images."""
    labels = _read_idx(path, LABELS_MAGIC)
    if len(labels) != count:
        raise DatasetError(f"{path}: byte 4: {len(labels)} labels, but {images} has {count} images")
    outside = np.flatnonzero(labels >= CLASSES)
    if outside.size:
        first = int(outside[0])
        raise DatasetError(
            f"{path}: byte {8 + first}: got the label {labels[first]}, wants 0 to {CLASSES - 1}"
        )
    return labels


def _read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """Return the bytes of an IDX file, in the shape that its header gives."""
    header_size = 4 + 4 * (magic & 0xFF)  # the magic number ends in the number of dimensions
    with _opened(path) as stream:
        shape = _idx_shape(path, stream.read(header_size), magic, header_size)
        size = math.prod(shape)
        values = bytearray()
        # One byte beyond what is promised shows that the file ends there, and makes gzip check its
        # sum. In pieces, since read(n) would allocate n bytes before it looks for them.
        while piece := stream.read(min(CHUNK, size + 1 - len(values))):
            values += piece
    if len(values) < size:
        raise DatasetError(
            f"{path}: byte {header_size + len(values)}: the file ends, "
            f"but its header promises {header_size + size} bytes"
        )
    if len(values) > size:
        raise DatasetError(
            f"{path}: byte {header_size + size}: the file goes on after what its header promises"
        )
    return np.frombuffer(values, dtype=np.uint8).reshape(shape)


def _idx_shape(path: Path, header: bytes, magic: int, header_size: int) -> tuple[int, ...]:
    """Check the header of an IDX file and return the shape that it promises."""
    found = int.from_bytes(header[:4], "big")
    if len(header) >= 4 and found != magic:
        raise DatasetError(f"{path}: byte 0: magic number {found:#010x}, wants {magic:#010x}")
    if len(header) < header_size:
        raise DatasetError(
            f"{path}: byte {len(header)}: the file ends within its header of {header_size} bytes"
        )
    shape = tuple(int.from_bytes(header[at : at + 4], "big") for at in range(4, header_size, 4))
    if 0 in shape:
        raise DatasetError(f"{path}: byte {4 + 4 * shape.index(0)}: a size of 0, so no examples")
    if math.prod(shape) > MOST_VALUES:
        promise = " x ".join(map(str, shape))
        raise DatasetError(f"{path}: byte 4: promises {promise} values, more than {MOST_VALUES}")
    return shape


# CSV.


def _split(path: Path, rows: NDArray[np.uint8]) -> tuple[Examples, Examples]:
    """Return the rows to train on and the last sixth of them, at least one, to test on."""
    if len(rows) < 2:
        raise DatasetError(f"{path}: 1 example, wants at least one to train and one to test")
    split = len(rows) - max(1, len(rows) // 6)
    return _label_first(rows[:split]), _label_first(rows[split:])


def _label_first(rows: NDArray[np.uint8]) -> Examples:
    """Split the rows of a CSV file into pixels (n, 784) and labels (n,)."""
    return rows[:, 1:], rows[:, 0]


def _read_csv(path: Path) -> NDArray[np.uint8]:
    """Return the rows (n, 785) of a CSV file, a label and the pixels in each."""
    rows = bytearray()
    with _opened(path) as stream:
        lines = iter(lambda: stream.readline(LONGEST_LINE + 1), b"")
        for number, line in enumerate(lines, start=1):
            place = f"{path}: line {number}"
            fields = _csv_fields(line, place)
            if number == 1 and fields[0].strip(b'" ').lower() == b"label":
                continue
            rows += _csv_row(fields, place)
            if len(rows) > MOST_VALUES:
                raise DatasetError(f"{place}: the values are more than {MOST_VALUES}")
    if not rows:
        raise DatasetError(f"{path}: the file ends without an example")
    return np.frombuffer(rows, dtype=np.uint8).reshape(-1, CSV_COLUMNS)


def _csv_fields(line: bytes, place: str) -> list[bytes]:
    if len(line) > LONGEST_LINE:
        raise DatasetError(f"{place}: longer than {LONGEST_LINE} bytes, so not a line of CSV")
    fields = line.rstrip(b"\r\n").split(b",")
    if len(fields) != CSV_COLUMNS:
        raise DatasetError(
            f"{place}: number of columns: {len(fields)}, wants {CSV_COLUMNS}, the label first"
        )
    return fields


def _csv_row(fields: list[bytes], place: str) -> bytes:
    try:
        row = bytes(map(BYTE_OF_FIELD.__getitem__, fields))
    except KeyError:
        bad = next(index for index, field in enumerate(fields) if field not in BYTE_OF_FIELD)
    else:
        if row[0] < CLASSES:
            return row
        bad = 0
    got = ascii(fields[bad][:20].decode("latin-1"))  # any bytes, as one line that can be printed
    wants = "a pixel from 0 to 255" if bad else f"a label from 0 to {CLASSES - 1}"
    raise DatasetError(f"{place}, column {bad + 1}: got {got}, wants {wants}")
