"""Digits as CSV: in each line a label and the pixels of a picture, as whole numbers up to 255."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nnfast.data_files.examples import Examples, check_size
from nnfast.data_files.formats import BYTE_ORDER_MARK
from nnfast.data_files.opening import DatasetError, Stream, in_one_line, opened

MNIST_SHAPE = (28, 28)
COLUMNS = 1 + math.prod(MNIST_SHAPE)

# Far above any real line (a header's 785 names in quotes take about 9,000 bytes), so that a file
# without line breaks is refused before it is in memory.
LONGEST_LINE = 2**16
# Enough for the ends of as many lines as there may be, and a blank one after each, as some programs
# write it.
MOST_BLANK = 2**21

# Looking a field up is faster than int(), and stricter: no sign, no space, no underscore, no 256.
BYTE_OF_FIELD = {str(value).encode(): value for value in range(256)}


def read_csv(path: Path) -> Examples:
    """Return the pictures and labels of a CSV file; a first line that starts with label is none."""
    values = bytearray()
    with opened(path) as stream:
        for place, (number, line) in enumerate(_lines(stream)):
            fields = line.split(b",")
            first = fields[0].strip(b'" ').lower() if place == 0 else b""
            _check_columns(len(fields), first, number)
            if first != b"label":
                values += _row(fields, number)
                check_size(f"line {number}:", (len(values),))
        if not values:
            raise DatasetError("the file ends without an example")
    rows = np.frombuffer(values, dtype=np.uint8).reshape(-1, COLUMNS)
    return Examples(in_one_line(path), rows[:, 1:].reshape(-1, *MNIST_SHAPE), rows[:, 0])


def _lines(stream: Stream) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the text of each line that is not blank."""
    blank = 0
    for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), start=1):
        if len(line) > LONGEST_LINE:
            raise DatasetError(
                f"line {number}: longer than {LONGEST_LINE} bytes, so not a line of CSV"
            )
        text = (line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line).rstrip(b"\r\n")
        if text.isspace():
            text = b""
        blank += len(line) - len(text)
        if blank > MOST_BLANK:
            raise DatasetError(
                f"line {number}: more than {MOST_BLANK} bytes of blank lines and ends of lines"
            )
        if text:
            yield number, text


def _check_columns(count: int, first: bytes, number: int) -> None:
    if count == COLUMNS - 1 and first.startswith(b"pixel"):
        raise DatasetError(
            "has no labels, as Kaggle's test.csv: give train.csv alone, and its last sixth is "
            "the test set"
        )
    if count != COLUMNS:
        raise DatasetError(
            f"line {number}: number of columns: {count}, wants {COLUMNS}, the label first"
        )


def _row(fields: list[bytes], number: int) -> bytes:
    try:
        return bytes(map(BYTE_OF_FIELD.__getitem__, fields))
    except KeyError:
        bad = next(index for index, field in enumerate(fields) if field not in BYTE_OF_FIELD)
    got = ascii(fields[bad][:20].decode("latin-1"))  # any bytes, as one line that can be printed
    wants = "a pixel" if bad else "a label"
    raise DatasetError(f"line {number}, column {bad + 1}: got {got}, wants {wants} from 0 to 255")
