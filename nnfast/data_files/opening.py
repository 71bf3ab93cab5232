"""Opening a file of data: a plain or gzipped one, of a kind that is read; every error names it."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from nnfast.data_files.formats import BEGINNING, GZIP_MARK, why_unread
from nnref.common.arguments import file_name
from nnref.common.files import ModelFileError, open_file

Stream = BinaryIO | gzip.GzipFile

# A piece of a file that is read at once: read(n) would allocate n bytes before it looks for them.
CHUNK = 2**18


class DatasetError(ValueError):
    """Something is wrong with the data; the message is one line that says what, and where."""


def checked_path(name: str, value: Any) -> str:
    """Return a path to read data from as a str, or raise TypeError or DatasetError."""
    try:
        return file_name(name, value)
    except ValueError as error:
        raise DatasetError(str(error)) from None


def in_one_line(path: Path | str) -> str:
    """Return a path as errors show it: as it is, or with escapes if it has a line break, say."""
    text = str(path)
    return text if text.isprintable() else repr(text)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put a path in front of the message of a DatasetError, and make one of a system's error."""
    try:
        yield
    except DatasetError as error:
        raise DatasetError(f"{in_one_line(path)}: {error}") from error.__cause__
    except OSError as error:
        if error.strerror is None:
            raise  # not from the system: a TimeoutError that the caller's own alarm raises, say
        raise DatasetError(f"{in_one_line(path)}: {error.strerror}") from error


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """Open a file, unpacked if it is gzipped, whatever its name is.

    What is wrong becomes a DatasetError that names the file: also what is said while it is open.
    """
    with _plain(path) as file, naming(path):
        packed = beginning(file).startswith(GZIP_MARK)
        with gzip.open(file) if packed else nullcontext(file) as stream:
            try:
                if reason := why_unread(beginning(stream)):
                    raise DatasetError(reason)
                yield stream
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise DatasetError(
                    f"damaged gzip, after {stream.tell()} unpacked bytes: {error}"
                ) from error


def _plain(path: Path) -> BinaryIO:
    try:
        with naming(path):
            return open_file(path)
    except ModelFileError as error:  # it names the path
        raise DatasetError(str(error)) from None


def beginning(stream: Stream) -> bytes:
    """Return the first bytes of a file, and leave it at its start."""
    first = stream.read(BEGINNING)
    stream.seek(0)
    return first


def read_at_most(stream: Any, size: int) -> bytearray:
    """Return the next bytes of a file, at most so many; memory grows with those that are there."""
    values = bytearray()
    while piece := stream.read(min(CHUNK, size - len(values))):
        values += piece
    return values
