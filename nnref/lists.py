"""How the oracle keeps its numbers: as lists of floats, a matrix row by row."""

import math
import struct
from collections.abc import Iterable
from typing import Any

from nnref.common.arguments import Range
from nnref.common.examples import float_list, float_rows
from nnref.common.state import STRUCT_CODES, packed
from nnref.common.types import Matrix, Vector


class Lists:
    """The numbers of a network as lists of floats; see `nnref.common.backend.Numbers`."""

    dtype = "float64"

    def vector(self, name: str, values: Any, width: int, within: Range | None = None) -> Vector:
        """Return what a caller passed as a vector, or raise an error that says why not."""
        return float_list(name, values, width, within)

    def matrix(self, name: str, values: Any, width: int, within: Range | None = None) -> Matrix:
        """Return what a caller passed as a matrix, or raise an error that says why not."""
        return float_rows(name, values, width, within)

    def empty(self, rows: int, width: int) -> Matrix:
        """Return a new matrix, to be written to."""
        return [[0.0] * width for _ in range(rows)]

    def apart(self, array: Matrix, others: Iterable[Any]) -> Matrix:
        """Return the array itself: `matrix` made it, so nobody else has its numbers."""
        return array

    def view(self, array: Matrix | Vector) -> Matrix | Vector:
        """Return the array itself."""
        return array

    def rows(self, array: Matrix | Vector) -> Matrix:
        """Return a copy of an array as rows of floats; a vector as one row."""
        return [list(row) for row in as_matrix(array)]

    def copied(self, array: Matrix | Vector) -> Matrix | Vector:
        """Return a copy of an array."""
        return [list(row) for row in array] if isinstance(array[0], list) else list(array)

    def store(self, array: Matrix | Vector, numbers: Matrix | Vector) -> None:
        """Copy numbers over an array, which stays the same object."""
        for row, new_row in zip(as_matrix(array), as_matrix(numbers), strict=True):
            row[:] = new_row

    def encode(self, array: Matrix | Vector, dtype: str) -> bytes:
        """Return an array row by row as little-endian dtype, every NaN as the same bytes."""
        return packed([math.nan if w != w else w for row in as_matrix(array) for w in row], dtype)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: str) -> Matrix | Vector:
        """Return the array that `encode` made bytes of."""
        row = f"<{shape[-1]}{STRUCT_CODES[dtype]}"
        matrix = [list(numbers) for numbers in struct.iter_unpack(row, data)]
        return matrix if len(shape) == 2 else matrix[0]


def as_matrix(array: Any) -> Matrix:
    """Return a matrix as it is, and a vector as the one row of a matrix that shares its numbers."""
    return array if isinstance(array[0], list) else [array]
