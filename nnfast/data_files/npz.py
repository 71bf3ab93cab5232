"""NumPy's archives of arrays, as Keras has MNIST: x_train, y_train, x_test and y_test.

The arrays are not read by NumPy, which would allocate whatever a header promises, but by its
format: a zip archive with a file for each, a header and the values. Nothing here can run code, as
an array of Python objects could.
"""

import gzip
import math
import re
import struct
import textwrap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from nnfast.data_files.examples import Examples, Found, check_size, examples
from nnfast.data_files.opening import DatasetError, in_one_line, opened, read_at_most

NAMES = ("x_train", "y_train", "x_test", "y_test")
MAGIC = b"\x93NUMPY"
# As NumPy writes it, always in this order.
HEADER = re.compile(
    rb"\{'descr': '([^']{1,20})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}, ?)*(?:\d{1,18})?)\), \} *\n"
)
LONGEST_HEADER = 2**10
LONGEST_REASON = 100  # zipfile quotes what may be a whole file
# What zipfile raises for an archive that is damaged or encrypted.
DAMAGED = (
    BadZipFile, EOFError, OverflowError, RuntimeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
PIXELS, LABELS = re.compile(r"\|u1"), re.compile(r"\|[iu]1|[<>][iu][248]")


def read_npz(path: Path) -> tuple[Examples, Examples]:
    """Return the examples of an archive to train on and those to test on."""
    with _archive(path) as archive:
        x_train, y_train, x_test, y_test = (_array(archive, name) for name in NAMES)
    where = f"{in_one_line(path)}: "
    return (
        examples(Found(f"{where}x_train", x_train), Found(f"{where}y_train", y_train)),
        examples(Found(f"{where}x_test", x_test), Found(f"{where}y_test", y_test)),
    )


@contextmanager
def _archive(path: Path) -> Iterator[ZipFile]:
    with opened(path) as stream:
        if isinstance(stream, gzip.GzipFile):
            raise DatasetError("is a zip archive within gzip: unpack it")
        try:
            with ZipFile(stream) as archive:
                yield archive
        except DatasetError:
            raise
        except DAMAGED as error:
            reason = textwrap.shorten(str(error) or type(error).__name__, LONGEST_REASON)
            raise DatasetError(f"damaged zip archive: {reason}") from error


def _array(archive: ZipFile, name: str) -> NDArray[Any]:
    """Return the array of this name: pixels (n, rows, columns) or labels (n,)."""
    if f"{name}.npy" not in archive.namelist():
        raise DatasetError(_what_it_is(archive, name))
    if archive.getinfo(f"{name}.npy").compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise DatasetError(f"{name}: is not packed as numpy.savez or savez_compressed do it")
    with archive.open(f"{name}.npy") as file:
        dtype, order, shape = _header(file, name)
        dimensions, wants = (3, "(n, rows, columns)") if name[0] == "x" else (1, "(n,)")
        if len(shape) != dimensions or 0 in shape:
            raise DatasetError(f"{name}: got shape {shape}, wants {wants} and no 0 in it")
        check_size(f"{name}: promises", shape, dtype.itemsize)
        size = math.prod(shape) * dtype.itemsize
        values = read_at_most(file, size + 1)
    if len(values) != size:
        there = "fewer" if len(values) < size else "more"
        raise DatasetError(f"{name}: has {there} bytes than the {size} that its header promises")
    return np.frombuffer(values, dtype).reshape(shape, order=order)


def _header(file: IO[bytes], name: str) -> tuple[np.dtype[Any], Any, tuple[int, ...]]:
    """Read and check what is before the values: their type, their order and their shape."""
    version = file.read(8).removeprefix(MAGIC)
    length = int.from_bytes(file.read(2 if version == b"\1\0" else 4), "little")
    found = HEADER.fullmatch(file.read(min(length, LONGEST_HEADER)))
    if version not in (b"\1\0", b"\2\0") or found is None:
        raise DatasetError(f"{name}: is no array of numbers, as numpy.savez writes it")
    descr, fortran, sizes = (group.decode("latin-1") for group in found.groups())
    kinds, wants = (PIXELS, "uint8, from 0 to 255") if name[0] == "x" else (LABELS, "whole numbers")
    if not kinds.fullmatch(descr):
        raise DatasetError(f"{name}: got the type {descr!a}, wants {wants}")
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    return np.dtype(descr), "F" if fortran == "True" else "C", shape


def _what_it_is(archive: ZipFile, name: str) -> str:
    names = archive.namelist()
    if "xl/workbook.xml" in names:
        return "is an Excel workbook: save it as CSV, the label first"
    if any(other.endswith(".npy") for other in names):
        return f"has no {name}, wants {', '.join(NAMES)}"
    return "is a zip archive, and not of NumPy's arrays: unpack it"
