"""How a program keeps its numbers: in lists or arrays, in rows or columns, turned round or not.

Nothing here imports NumPy: an array can turn itself into lists, and can be made only where the
program has imported NumPy already.
"""

import copy
import math
import numbers
import sys
from typing import Any, NamedTuple

from nnref.checking.formulas import transposed
from nnref.common.types import Matrix, Vector

LONGEST_NAME = 60
MOST = 1000


class UnreadableError(Exception):
    """What a program returned or keeps is not what is wanted; the message says what it is.

    The kind is "nothing", "shape" or "no_numbers".
    """

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def read(value: Any, shape: tuple[int, ...]) -> Any:
    """Return a number, a vector or a matrix of this shape in floats and lists.

    A vector may be a row or a column, and a single number may be in brackets.

    Raises
    ------
    UnreadableError
        If it is something else.
    """
    value = plain(value)
    if value is None:
        raise UnreadableError("nothing", "None")
    found, flat = shape_of(value), list(leaves(value))
    for one in flat:
        if isinstance(one, bool) or not isinstance(one, numbers.Real):
            raise UnreadableError(
                "no_numbers", in_words(one) if found == () else f"{in_words(one)} in it"
            )
    if found is None or not _fits(found, shape):
        words = f"{shape_in_words(found)} where {shape_in_words(shape)} must be"
        raise UnreadableError("shape", words)
    floats = list(map(_as_float, flat))
    if len(shape) == 2:
        return [floats[at : at + shape[1]] for at in range(0, len(floats), shape[1])]
    return floats if shape else floats[0]


def _as_float(number: numbers.Real) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _fits(found: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    if len(shape) == 2 or found == shape:
        return found == shape
    # (3,), (3, 1) and (1, 3) are one vector; 1, (1,) and (1, 1) one number.
    return len(found) <= 2 and sorted(n for n in found if n != 1) == [n for n in shape if n != 1]


def is_vector(value: Any, sizes: tuple[int, ...]) -> Vector | None:
    """Return a value as a vector of one of these sizes, or None."""
    for size in sizes:
        try:
            vector: Vector = read(value, (size,))
        except UnreadableError:
            continue
        return vector
    return None


def is_small(value: Any) -> bool:
    """Return whether a value may be a vector or a matrix of a small network, and no data set."""
    size = getattr(value, "size", 0)
    length = len(value) if isinstance(value, list | tuple) else 0
    return max(length, size if isinstance(size, int) else 0) <= MOST


def plain(value: Any) -> Any:
    """Return a value with arrays turned into lists, of whatever library they are."""
    if not isinstance(value, type) and callable(getattr(value, "tolist", None)):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def is_number_or_list(value: Any) -> bool:
    """Return whether a plain value has a shape at all."""
    return isinstance(value, list | numbers.Real) and not isinstance(value, bool)


def leaves(value: Any) -> Any:
    """Yield what is in nested lists."""
    if isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape of nested lists, or None if their rows are not equally long."""
    if not isinstance(value, list):
        return ()
    inner = {shape_of(one) for one in value}
    if not inner:
        return (0,)
    shape = inner.pop()
    return None if inner or shape is None else (len(value), *shape)


def shape_in_words(shape: tuple[int, ...] | None) -> str:
    """Return a shape as a student reads it."""
    if shape is None:
        return "rows that are not equally long"
    if shape == ():
        return "a single number"
    if len(shape) == 1:
        return "1 number" if shape[0] == 1 else f"{shape[0]} numbers"
    return f"a matrix of the shape {shape}" if len(shape) == 2 else f"the shape {shape}"


def in_words(value: Any) -> str:
    """Return what a value is, briefly."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the text {value[:LONGEST_NAME]!r}"
    return f"a value of the type {type(value).__name__}"


def is_of_numpy(value: Any) -> bool:
    """Return whether something comes from NumPy or from what stands on it, without importing it."""
    name = getattr(value, "__name__", None) if _is_module(value) else None
    module = str(name or getattr(value, "__module__", None) or type(value).__module__)
    return module.partition(".")[0] in ("numpy", "scipy")


def _is_module(value: Any) -> bool:
    return isinstance(value, type(sys))


class Form(NamedTuple):
    """How numbers are passed to a program."""

    array: bool
    vectors: str
    """"flat", "column" or "row"."""
    transposed: bool

    def vector(self, values: Vector) -> Any:
        """Return a new vector in this form."""
        if self.vectors == "column":
            return self._made([[x] for x in values])
        return self._made([list(values)] if self.vectors == "row" else list(values))

    def matrix(self, rows: Matrix) -> Any:
        """Return a new matrix in this form."""
        return self._made(transposed(rows) if self.transposed else [list(row) for row in rows])

    def of(self, value: Any) -> Any:
        """Return a number, a vector or a matrix in this form."""
        if not isinstance(value, list):
            # A function of one number may take a vector only.
            return value if self.vectors == "flat" else self._made([value])
        return self.matrix(value) if isinstance(value[0], list) else self.vector(value)

    def _made(self, values: Any) -> Any:
        return sys.modules["numpy"].array(values) if self.array else values

    def notes(self) -> list[str]:
        """Return what is unusual about this form."""
        notes = []
        if self.vectors != "flat":
            notes.append(f"Your vectors are {self.vectors}s.")
        if self.transposed:
            notes.append(
                "Your matrices are transposed: a row for each neuron, where the article has a row "
                "for each input."
            )
        return notes


def forms(arrays_first: bool, matrices: bool) -> list[Form]:
    """Return the forms to try, the likeliest first."""
    kinds = [False, True] if "numpy" in sys.modules else [False]
    if arrays_first:
        kinds.reverse()
    return [
        Form(array, vectors, turned)
        for turned in ([False, True] if matrices else [False])
        for array in kinds
        for vectors in ("flat", "column", "row")
    ]


def set_in_place(matrix: Any, rows: Matrix) -> None:
    """Give a list of lists or an array new numbers, and leave it the object that it is.

    So it stays the same matrix under every name that a program has for it.
    """
    if isinstance(matrix, list):
        for old, new in zip(matrix, rows, strict=True):
            old[:] = new
    else:
        # Number by number: np.matrix and the tensors of other libraries take no lists.
        for i, row in enumerate(rows):
            for j, weight in enumerate(row):
                matrix[i, j] = weight


def with_numbers(matrix: Any, rows: Matrix) -> Any:
    """Return a matrix of the same kind with other numbers."""
    if isinstance(matrix, list | tuple):
        kinds = [type(row) for row in matrix]
        return type(matrix)(kind(row) for kind, row in zip(kinds, rows, strict=True))
    made = copy.copy(matrix)
    try:
        set_in_place(made, rows)
    except TypeError:  # an array of JAX is frozen for ever, and works together with NumPy's
        return sys.modules["numpy"].array(rows)
    return made
