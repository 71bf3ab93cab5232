"""Arrays and tables of other libraries, where these are installed."""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from bad_input.mistakes import Mistake

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Frame:
    """What the DataFrames of all libraries have in common, pandas' old and new ones too.

    Iterating over it gives the names of its columns, here such as could pass for numbers.
    """

    def __init__(self, numbers: Any) -> None:
        self._numbers = np.asarray(numbers)
        self.shape = self._numbers.shape

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self._numbers

    def __arrow_c_stream__(self, _: Any = None) -> Any:
        raise NotImplementedError

    @property
    def columns(self) -> range:
        return range(self.shape[-1])

    def __iter__(self) -> Iterator[int]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self._numbers)


def _pandas(numbers: Any) -> Any:
    pandas = import_module("pandas")
    return pandas.Series(numbers) if numbers.ndim == 1 else pandas.DataFrame(numbers)


def _polars(numbers: Any) -> Any:
    polars = import_module("polars")
    return polars.Series(numbers) if numbers.ndim == 1 else polars.DataFrame(numbers)


def _pyarrow(numbers: Any) -> Any:
    pyarrow = import_module("pyarrow")
    if numbers.ndim == 1:
        return pyarrow.array(numbers)
    return pyarrow.table(dict(zip(LETTERS, numbers.T, strict=False)))


# As the library of that name has one- and two-dimensional numbers.
FOREIGN: dict[str, Callable[[Any], Any]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "xarray": lambda numbers: import_module("xarray").DataArray(numbers),
    "torch": lambda numbers: import_module("torch").tensor(np.ascontiguousarray(numbers)),
    "jax": lambda numbers: import_module("jax.numpy").asarray(numbers),
}


def foreign() -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield what makes the tables of each installed library, and of one that need not be."""
    yield "a library", Frame
    yield from ((name, make) for name, make in FOREIGN.items() if find_spec(name))


def never_numbers(shape: tuple[int, ...], wants: str) -> Iterator[Mistake]:
    """What has numbers, but in no order or in another form; its shape would be right."""
    numbers = np.full(shape, 0.5)
    by_key = dict(enumerate(numbers.tolist()))
    for kind, value in {
        "dict values": by_key.values(), "dict keys": by_key.keys(), "dict items": by_key.items(),
        "a frozenset": frozenset(by_key), "a memoryview": memoryview(numbers),
        "a memoryview of bytes": memoryview(b"a" * shape[0]),
    }.items():  # fmt: skip
        yield Mistake(kind, value, TypeError, f"got .+, wants {wants}.*")
    if find_spec("scipy"):
        sparse = import_module("scipy.sparse")
        says = rf"got .+, wants {wants}; pass its \.toarray\(\)"
        for kind in ("csr_array", "coo_array", "csr_matrix"):
            yield Mistake(kind, getattr(sparse, kind)(numbers), TypeError, says)
    if find_spec("polars"):
        lazy = import_module("polars").DataFrame(numbers).lazy()
        says = rf"got .+, wants {wants}; pass its \.collect\(\)"
        yield Mistake("a LazyFrame", lazy, TypeError, says)
    if find_spec("xarray"):
        dataset = import_module("xarray").Dataset(
            {"a": ("x", numbers[0])} if len(shape) > 1 else {}
        )
        yield Mistake("a Dataset", dataset, TypeError, f"got .+, wants {wants}")
    if find_spec("torch"):
        trained = import_module("torch").ones(shape, requires_grad=True)
        yield Mistake(
            "a tensor in training", trained, TypeError, f"got .+, wants {wants}; it says.*"
        )


def no_row(width: int) -> Iterator[Mistake]:
    """Tables where one example is wanted, and vectors that are too short or too long."""
    wants = f"a sequence of {width} numbers"
    for kind, form in foreign():
        for shape in ((1, width), (width, 1), (width, width)):
            says = rf"got \w+ of shape .+{shape[0]}, {shape[1]}.+, wants {wants}; pass one row .+"
            yield Mistake(f"{shape} of {kind}", form(np.full(shape, 0.5)), TypeError, says)
        short = form(np.full(width - 1, 0.5))
        yield Mistake(f"too few of {kind}", short, ValueError, f"got {width - 1} numbers, .*")
    says = rf"got ndarray of shape \(1, {width}\), wants {wants}; pass one row .+"
    yield Mistake("a matrix of one row", np.full((1, width), 0.5), TypeError, says)
    yield from never_numbers((width,), wants)


def no_table(width: int, count: int) -> Iterator[Mistake]:
    """Tables of other widths, and what is no table."""
    wants = f"rows of {width} numbers"
    for kind, form in foreign():
        for wrong in (width - 1, width + 1):
            table = form(np.full((count, wrong), 0.5))
            says = f"got {wrong} numbers, wants {width}"
            yield Mistake(f"{wrong} wide, of {kind}", table, ValueError, says)
        says = rf"got \w+ of shape .+, wants {wants}; for a single row pass \[row\]"
        yield Mistake(f"a row of {kind}", form(np.full(width, 0.5)), TypeError, says)
        rows = [form(np.full((1, width), 0.5)) for _ in range(count)]
        yield Mistake(f"one-row tables of {kind}", rows, TypeError, "got .+; pass one row .+")
    yield Mistake("rows of bytes", [bytearray(b"a" * width)] * count, TypeError)
    yield Mistake("rows in memoryviews", [memoryview(b"a" * width)] * count, TypeError, "got .+")
    yield from never_numbers((count, width), wants)
