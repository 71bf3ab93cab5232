"""Sparse inputs, made dense a block of rows at a time: the whole might not fit into memory."""

from collections.abc import Iterator
from typing import Any

from scipy.sparse import issparse

from nnfast.arrays import Array

NUMBERS_AT_ONCE = 2**21


def rows_at_once(columns: int) -> int:
    """Return how many rows of this many columns are made dense at once."""
    return max(1, NUMBERS_AT_ONCE // columns)


def dense_blocks(inputs: Any) -> Iterator[Array]:
    """Yield inputs as they are if they are dense; otherwise block by block, each made dense."""
    if not issparse(inputs):
        yield inputs
        return
    rows = rows_at_once(inputs.shape[1])
    for start in range(0, inputs.shape[0], rows):
        yield inputs[start : start + rows].toarray()
