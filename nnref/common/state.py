"""The state of a network: one value with all that a copy, a pickle or a file needs.

There is one way to rebuild a network: from its state, wherever that came from. The numbers in it
are bytes, so that each backend can read what the other has written.
"""

import math
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nnref.common.arguments import shown
from nnref.common.description import Description
from nnref.common.optimizers import check_epsilon
from nnref.common.randomness import first_numbers
from nnref.common.seen_range import UNTRAINED, SeenRange

if TYPE_CHECKING:
    from nnref.common.model_file import Tensor

# What only files need is imported in the functions below: most networks are never saved.

MODEL_FORMAT = "nnfast network, version 1"
# More epochs than anyone can wait for: no network has as many, nor does a file say so.
MOST_EPOCHS = 10**18

STRUCT_CODES = {"float64": "d", "float32": "f"}
"""The types of numbers, and what `struct` calls them."""
FILE_TYPES = {"float64": "F64", "float32": "F32"}
"""The same types as a model file names them."""


@dataclass(frozen=True, slots=True)
class State:
    """All that a network is, at one moment.

    Attributes
    ----------
    description : Description
        What the network is, apart from its numbers.
    dtype : {"float64", "float32"}
        The type of its numbers.
    arrays : dict of bytes
        Every array that training changes, by its name in ``Description.array_shapes``: row by row,
        little-endian, of the type that `dtype_of` returns, every NaN as the same bytes.
    epochs : int
        How many epochs `fit` has trained the network for.
    seen : SeenRange
        The range of its training inputs.
    threads : int
        How many threads `fit` and `predict` may use; nnref ignores it.
    attributes : dict
        What a subclass or a user has added to the network, which no file holds.
    updates : int
        How many updates it has had, counted only with dropout, which draws by it.
    """

    description: Description
    dtype: str
    arrays: dict[str, bytes]
    epochs: int = 0
    seen: SeenRange = UNTRAINED
    threads: int = 1
    attributes: dict[str, Any] = field(default_factory=dict)
    updates: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError for an optimizer that cannot work with numbers of this type.

        nnref, which computes in float64, could take any; but both backends refuse the same.
        """
        check_epsilon(self.description.optimizer, self.dtype)

    def rows(self, name: str) -> list[list[float]]:
        """Return an array as rows of floats; a vector as one row."""
        width = self.description.array_shapes[name][-1]
        row = f"<{width}{STRUCT_CODES[dtype_of(name, self.dtype)]}"
        return [list(numbers) for numbers in struct.iter_unpack(row, self.arrays[name])]


def dtype_of(name: str, dtype: str) -> str:
    """Return the type of an array in a network of this type.

    Adam's powers of beta are always float64: in float32 they would lose their digits in training.
    """
    return "float64" if name == "beta_powers" else dtype


def packed(numbers: Sequence[float], dtype: str) -> bytes:
    """Return numbers as little-endian bytes; raises OverflowError for one too large for dtype."""
    return struct.pack(f"<{len(numbers)}{STRUCT_CODES[dtype]}", *numbers)


def as_float64(state: State) -> State:
    """Return a state with the same numbers as float64, which holds every float32."""
    arrays = {
        name: packed([number for row in state.rows(name) for number in row], "float64")
        for name in state.arrays
    }
    return replace(state, dtype="float64", arrays=arrays)


def first_state(description: Description, dtype: str = "float64", threads: int = 1) -> State:
    """Return the state of a network that has learned nothing yet.

    Its weights are drawn, and its biases if they should be; all other numbers are 0, except Adam's
    powers of beta, which are 1.
    """
    arrays = {
        name: packed([1.0 if name == "beta_powers" else 0.0], dtype_of(name, dtype))
        * math.prod(shape)
        for name, shape in description.array_shapes.items()
    }
    for name, numbers in first_numbers(description).items():
        arrays[name] = packed(numbers, dtype)
    return State(description, dtype, arrays, threads=threads)


def write_state(state: State, path: str | os.PathLike[str], record: str = "") -> None:
    """Write a state, and the record of how it came about, as a model file.

    Raises as `model_file.write` does.
    """
    from nnref.common.model_file import Tensor, write

    tensors = [
        Tensor(name, FILE_TYPES[dtype_of(name, state.dtype)], shape, state.arrays[name])
        for name, shape in state.description.array_shapes.items()
    ]
    metadata = {
        "format": MODEL_FORMAT,
        "network": state.description.to_json(),
        "epochs": str(state.epochs),
    }
    if state.description.drops:
        metadata["updates"] = str(state.updates)
    if state.seen.examples:
        metadata["reach"] = state.seen.to_json()
    if record:
        metadata["record"] = record
    write(path, tensors, metadata)


def read_state(path: str | os.PathLike[str]) -> State:
    """Return the state in a model file.

    Raises
    ------
    OSError
        If the file cannot be read.
    ModelFileError
        If it is damaged or does not hold a network; the message names the file.
    """
    from nnref.common.files import ModelFileError
    from nnref.common.model_file import read

    tensors, metadata = read(path)
    try:
        description = _read_description(metadata)
        dtype = _checked_type(tensors, description)
        arrays = {name: tensor.data for name, tensor in tensors.items()}
        epochs = _read_count(metadata, "epochs")
        updates = _read_count(metadata, "updates") if description.drops else 0
        seen = SeenRange.from_json(metadata["reach"]) if "reach" in metadata else UNTRAINED
        return State(description, dtype, arrays, epochs, seen, updates=updates)
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{os.fspath(path)!r}: {error}") from None


def _read_description(metadata: dict[str, str]) -> Description:
    found = metadata.get("format")
    if found != MODEL_FORMAT:
        raise ValueError(f"the metadata's format: got {shown(found)}, wants {MODEL_FORMAT!r}")
    return Description.from_json(_entry(metadata, "network"))


def _entry(metadata: dict[str, str], key: str) -> str:
    if key not in metadata:
        raise ValueError(f"the metadata lacks {key!r}")
    return metadata[key]


def _read_count(metadata: dict[str, str], key: str) -> int:
    """Return how many epochs or updates there have been."""
    text = _entry(metadata, key)
    if not (text.isascii() and text.isdigit() and len(text) < len(str(MOST_EPOCHS))):
        raise ValueError(f"the metadata's {key}: got {shown(text)}, wants a whole number")
    return int(text)


def _checked_type(tensors: "dict[str, Tensor]", description: Description) -> str:
    """Return the type of the network's numbers; raise ValueError for an unexpected tensor."""
    wanted = description.array_shapes
    if set(tensors) != set(wanted):
        odd = ", ".join(sorted(set(tensors) ^ set(wanted)))
        raise ValueError(f"lacks, or should not have, the tensors {shown(odd)}")
    dtypes = {file_type: dtype for dtype, file_type in FILE_TYPES.items()}
    dtype = dtypes[tensors["weights.0"].dtype]
    for name, shape in wanted.items():
        file_type = FILE_TYPES[dtype_of(name, dtype)]
        if (tensors[name].dtype, tensors[name].shape) != (file_type, shape):
            raise ValueError(
                f"{name}: got {tensors[name].dtype} of shape {shown(tensors[name].shape)}, "
                f"wants {file_type} of shape {shape}"
            )
    return dtype
