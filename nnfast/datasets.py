"""Handwritten digits in the form that a network takes: arrays of inputs, targets and labels.

Reads scikit-learn's small digits, and MNIST from IDX or CSV files or from OpenML. A file is not
trusted: whatever is wrong with it becomes a `DatasetError` that names the file and the place, and
memory grows with the bytes that are truly there, never with what a header promises.
"""

import gzip
import importlib
import math
import os
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import number_array
from nnfast.augmentation import augment
from nnfast.optional import required_by
from nnref.common.arguments import file_name, shown, whole_number
from nnref.common.arguments import learning_rate as above_zero
from nnref.common.description import MOST_WEIGHTS

__all__ = [
    "Dataset",
    "DatasetError",
    "augment",
    "digits",
    "load",
    "mnist",
    "one_hot",
    "scale_inputs",
]

CLASSES = 10
MOST_CLASSES = MOST_WEIGHTS  # no network has more outputs
IMAGES_MAGIC = 0x0803  # unsigned bytes in three dimensions
LABELS_MAGIC = 0x0801  # unsigned bytes in one
IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
CSV_NAMES = ("mnist_train.csv", "mnist_test.csv")
CSV_SHAPE = (28, 28)
CSV_COLUMNS = 1 + 28 * 28

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


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Examples to train a network on and others to test it on.

    All arrays are C-contiguous.

    Attributes
    ----------
    name : str
        What the data is: "digits" or "mnist".
    train_inputs, test_inputs : (n, inodes) float64
        One example per row, scaled to [0.01, 1] by `scale_inputs`.
    train_targets, test_targets : (n, classes) float64
        One row per example, made by `one_hot`.
    train_labels, test_labels : (n,) int64
        The digit that each example shows.
    image_shape : tuple of int, or None
        Rows and columns of the image that one row of inputs is, where it is one.
    """

    name: str
    train_inputs: NDArray[np.float64]
    train_targets: NDArray[np.float64]
    train_labels: NDArray[np.int64]
    test_inputs: NDArray[np.float64]
    test_targets: NDArray[np.float64]
    test_labels: NDArray[np.int64]
    image_shape: tuple[int, int] | None


def scale_inputs(pixels: ArrayLike, largest: float = 255) -> NDArray[np.float64]:
    """Return ``pixels / largest * 0.99 + 0.01``, so that no input is zero.

    A zero input would keep its weights from ever changing. Each value has exactly the bits that
    the expression gives in float64, evaluated in this order.

    Parameters
    ----------
    pixels : array_like of any shape
        Values from 0 to `largest`.
    largest : float
        The value that becomes 1.

    Returns
    -------
    ndarray of float64, C-contiguous
        A new array in the shape of `pixels`.

    Raises
    ------
    DatasetError
        If a pixel is not within 0 to `largest`, or is NaN.
    ValueError, TypeError
        If `pixels` are no numbers, or `largest` is no finite number above 0.
    """
    pixels = number_array("pixels", pixels)
    largest = above_zero("largest", largest)
    # First, since looking for the range of what no memory holds would take long.
    scaled = np.empty(pixels.shape)
    lowest, highest = pixels.min(initial=0), pixels.max(initial=0)
    if not (lowest >= 0 and highest <= largest):
        raise DatasetError(f"pixels: got {lowest} to {highest}, wants values from 0 to {largest:g}")
    # In place: MNIST's training images are 376 MB as float64.
    np.divide(pixels, largest, out=scaled, dtype=np.float64)
    scaled *= 0.99
    scaled += 0.01
    return scaled


def one_hot(labels: ArrayLike, classes: int = CLASSES) -> NDArray[np.float64]:
    """Return a row of targets per label: 0.99 at the label and 0.01 elsewhere.

    A sigmoid never quite reaches 0 or 1, so those would be targets that it cannot hit.

    Parameters
    ----------
    labels : (n,) array_like of int
        Whole numbers from 0 to ``classes - 1``.
    classes : int
        The width of a row.

    Returns
    -------
    (n, classes) ndarray of float64, C-contiguous

    Raises
    ------
    DatasetError
        If `labels` is not one-dimensional, or a label is not one of the whole numbers wanted.
    ValueError, TypeError
        If `labels` are no numbers, or `classes` is no whole number of at least 1.
    """
    wants = f"a whole number from 1 to {MOST_CLASSES}"
    if not 1 <= whole_number("classes", classes, wants) <= MOST_CLASSES:
        raise ValueError(f"classes: got {shown(classes)}, wants {wants}")
    labels = number_array("labels", labels, "whole numbers (n,)")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DatasetError(
            f"labels: got shape {labels.shape} of {labels.dtype}, wants (n,) of whole numbers"
        )
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if outside.size:
        first = outside[0]
        raise DatasetError(f"labels[{first}]: got {labels[first]}, wants 0 to {classes - 1}")
    targets = np.full((len(labels), classes), 0.01)
    targets[np.arange(len(labels)), labels] = 0.99
    return targets


def load(data: str | os.PathLike[str]) -> Dataset:
    """Return the data set that `data` names.

    Parameters
    ----------
    data : str or path
        "digits" for `digits`, "mnist" for `mnist` without a path, anything else is a path for
        `mnist` (a folder with one of these two names is ``./digits`` or ``./mnist``).

    Returns
    -------
    Dataset

    Raises
    ------
    DatasetError, ImportError
        As `digits` and `mnist` do.
    """
    name = checked_path("data", data)
    if name == "digits":
        return digits()
    return mnist(None if name == "mnist" else name)


def digits() -> Dataset:
    """Return the 1,797 handwritten digits of 8 x 8 pixels that scikit-learn carries.

    The split is fixed so that runs can be repeated: in the order given, the first 1,437 examples
    are for training and the last 360 for test.

    Returns
    -------
    Dataset
        With 64 inputs and 10 classes.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    bunch = _scikit_learn_datasets("the digits data set").load_digits()
    split = 1437
    return _dataset(
        "digits",
        (bunch.data[:split], bunch.target[:split]),
        (bunch.data[split:], bunch.target[split:]),
        image_shape=(8, 8),
        largest=16,
    )


def mnist(path: str | os.PathLike[str] | None = None) -> Dataset:
    """Return MNIST, or data in one of its file formats.

    Parameters
    ----------
    path : str or path, optional
        One of these, where each file may be plain or gzipped with ``.gz`` after its name:

        - a folder of the four IDX files ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
          ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte`` (or with a dot, as in
          ``train-images.idx3-ubyte``), with images of any one size;
        - a folder of ``mnist_train.csv`` and ``mnist_test.csv``;
        - a CSV file, whose last sixth (rounded down, but at least one example) is the test set.

        A line of CSV is a label and 784 pixels, plain whole numbers with commas between; a first
        line that starts with ``label`` is skipped. Where a folder has a file in several spellings,
        plain comes before gzipped and IDX before CSV. Without `path`, MNIST is fetched from OpenML
        through scikit-learn, which keeps the download in its data home for the next time, but
        takes half a minute to read it, every time.

    Returns
    -------
    Dataset
        With 10 classes and, for MNIST, 784 inputs, 60,000 training and 10,000 test examples.

    Raises
    ------
    DatasetError
        If `path` is not there, has none of these files or cannot be read; if a file is damaged,
        truncated, too long, empty or holds what it should not, or has more than 2**28 pixels
        (2 GiB as inputs); if files do not fit together; or if MNIST cannot be fetched.
    ImportError
        If MNIST is to be fetched and scikit-learn is not installed.
    """
    if path is None:
        return _fetch_mnist()
    place = Path(checked_path("path", path))
    try:
        if not place.exists():
            raise DatasetError(f"{place}: no such file or folder")
        if not place.is_dir():
            return _load_csv_file(place)
        idx, csv = _find(place, IDX_NAMES), _find(place, CSV_NAMES)
    except OSError as error:
        raise DatasetError(f"{place}: {error.strerror}") from error
    if len(idx) == len(IDX_NAMES):
        return _load_idx_files(*idx.values())
    if len(csv) == len(CSV_NAMES):
        train, test = (_read_csv(file) for file in csv.values())
        return _dataset("mnist", _label_first(train), _label_first(test), CSV_SHAPE)
    no_idx, no_csv = (
        " and ".join(name for name in names if name not in found)
        for names, found in ((IDX_NAMES, idx), (CSV_NAMES, csv))
    )
    raise DatasetError(f"{place}: has no {no_idx}; nor, as CSV, {no_csv} (each plain or .gz)")


def checked_path(name: str, value: Any) -> str:
    """Return a path to read data from as a str, or raise TypeError or DatasetError."""
    try:
        return file_name(name, value)
    except ValueError as error:
        raise DatasetError(str(error)) from None


def _dataset(
    name: str,
    train: tuple[NDArray[Any], NDArray[Any]],
    test: tuple[NDArray[Any], NDArray[Any]],
    image_shape: tuple[int, int],
    largest: float = 255,
) -> Dataset:
    """Scale and encode the pixels (n, inodes) and the labels (n,) of both sets."""
    return Dataset(
        name=name,
        train_inputs=scale_inputs(train[0], largest),
        train_targets=one_hot(train[1]),
        train_labels=train[1].astype(np.int64),
        test_inputs=scale_inputs(test[0], largest),
        test_targets=one_hot(test[1]),
        test_labels=test[1].astype(np.int64),
        image_shape=image_shape,
    )


def _scikit_learn_datasets(user: str) -> Any:
    with required_by(user, "scikit-learn"):
        return importlib.import_module("sklearn.datasets")


def _fetch_mnist() -> Dataset:
    fetch_openml = _scikit_learn_datasets("fetching MNIST").fetch_openml
    try:
        with warnings.catch_warnings():
            # One for each retry, where the error below says it all.
            warnings.filterwarnings("ignore", "A network error occurred", UserWarning)
            bunch = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff")
    except (OSError, EOFError, ValueError, HTTPException, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise DatasetError(
            f"MNIST cannot be fetched from OpenML ({reason}): "
            "give the path of a folder with its IDX files, or use the digits"
        ) from error
    if bunch.data.shape != (70_000, 784):
        raise DatasetError(f"OpenML's mnist_784: got shape {bunch.data.shape}, wants (70000, 784)")
    # scikit-learn has checked the file's MD5, so these are known to be whole numbers up to 255.
    pixels, labels = bunch.data.astype(np.uint8), bunch.target.astype(np.int64)
    del bunch  # 439 MB that would stand beside the scaled inputs
    split = 60_000
    return _dataset(
        "mnist", (pixels[:split], labels[:split]), (pixels[split:], labels[split:]), CSV_SHAPE
    )


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
    """Open a file, unpacked if it is a .gz; what goes wrong in reading becomes a DatasetError."""
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


def _load_idx_files(
    train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> Dataset:
    train, test = _read_idx(train_images, IMAGES_MAGIC), _read_idx(test_images, IMAGES_MAGIC)
    rows, columns = train.shape[1:]
    if test.shape[1:] != (rows, columns):
        raise DatasetError(
            f"{test_images}: byte 8: images of {test.shape[1]} x {test.shape[2]} pixels, "
            f"but those of {train_images} have {rows} x {columns}"
        )
    return _dataset(
        "mnist",
        (train.reshape(len(train), -1), _read_idx_labels(train_labels, train_images, len(train))),
        (test.reshape(len(test), -1), _read_idx_labels(test_labels, test_images, len(test))),
        image_shape=(rows, columns),
    )


def _read_idx_labels(path: Path, images: Path, count: int) -> NDArray[np.uint8]:
    """Return the labels (count,) that belong to a file of so many images."""
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


def _load_csv_file(path: Path) -> Dataset:
    rows = _read_csv(path)
    if len(rows) < 2:
        raise DatasetError(f"{path}: 1 example, wants one to train and one to test at least")
    split = len(rows) - max(1, len(rows) // 6)
    return _dataset("mnist", _label_first(rows[:split]), _label_first(rows[split:]), CSV_SHAPE)


def _label_first(rows: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
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
        raise DatasetError(f"{place}: longer than {LONGEST_LINE} bytes, so no line of CSV")
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
