"""Model files: named tensors and a map of texts in the safetensors format, read and written.

This module knows bytes and shapes. It does no arithmetic on the numbers, needs nothing outside the
standard library, and never executes what a file says. A file is data from anywhere, so `read`
checks all of it: the result is exactly what the file holds, or a `ModelFileError`. `write` replaces
a file in one step or not at all.

The format is that of https://github.com/huggingface/safetensors ("Format" in its README): the
header's length as 8 little-endian bytes, the header as JSON, then the tensors' bytes without a gap.
Of its data types this module takes the two that a network has, F64 and F32. Where the format leaves
a choice, `read` is the stricter: what it accepts, the ``safetensors`` package accepts.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from nnref.common.arguments import file_name, shown
from nnref.common.files import ModelFileError, replace_file, unique_keys

_LENGTH_BYTES = 8
_METADATA = "__metadata__"
_ITEM_BYTES = {"F64": 8, "F32": 4}
# The limit of the safetensors package: a header beyond it opens nowhere else.
_MAX_HEADER_BYTES = 100_000_000
# More bytes than any file has. A number below it has at most so many digits.
_MAX_DIGITS = 18
_SIZE_LIMIT = 10**_MAX_DIGITS
_SURROGATE = re.compile("[\ud800-\udfff]")
# What other files begin with, asked where the length of the header is wrong.
_JSON = "a JSON file, which nnfast.exchange.load_json reads if export_json wrote it"
_PICKLE = "a pickle, which could run any program"
_OTHER_FILES = {
    **dict.fromkeys((b'{"', b"{ ", b"{\n", b"{\r"), _JSON),
    **dict.fromkeys((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), _PICKLE),
    b"PK": "a zip archive, such as PyTorch's .pt, Keras' .keras and NumPy's .npz",
    b"\x93NUMPY": "one array of NumPy's, a .npy file",
    b"\x89HDF": "an HDF5 file, such as Keras' .h5",
    b"\x1f\x8b": "a gzip file",
}


class Tensor(NamedTuple):
    """A named array, as a model file holds it.

    Attributes
    ----------
    name : str
    dtype : str
        "F64" or "F32", the format's names of the IEEE-754 types.
    shape : tuple of int
    data : bytes
        The numbers, little-endian and row-major. `write` takes any C-contiguous bytes-like object.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes


def write(
    path: str | os.PathLike[str], tensors: Sequence[Tensor], metadata: Mapping[str, str]
) -> None:
    """Write a model file. The same content always gives the same bytes.

    The file appears complete or not at all, see `replace_file`.

    Parameters
    ----------
    path : str or path
        Where to; an existing file is replaced.
    tensors : sequence of Tensor
        In the order of their data in the file.
    metadata : mapping of str to str
        Kept in the header, sorted by key.

    Raises
    ------
    ModelFileError
        If a name is not a text or not unique, if the format does not have a shape or data type, if
        the data does not have the size that these require, or if the header gets too long.
    OSError
        If the file cannot be written.
    """
    with _naming(path):
        header = _header(tensors, metadata)
    replace_file(path, chain([header], (tensor.data for tensor in tensors)))


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a model file.

    Sizes are checked before anything is read by them: a file that claims more than it has costs no
    memory.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    tensors : dict of str to Tensor
        By name, in the order of their data in the file.
    metadata : dict of str to str
        Empty if the file has none.

    Raises
    ------
    ModelFileError
        If the file is damaged, not a safetensors file, or has tensors of other types than F64
        and F32.
    OSError
        If the file cannot be opened or read.
    """
    with Path(file_name("path", path)).open("rb") as file, _naming(path):
        size = os.fstat(file.fileno()).st_size
        if size < _LENGTH_BYTES:
            raise ModelFileError(f"got {size} bytes, wants a safetensors file")
        first = file.read(_LENGTH_BYTES)
        length = int.from_bytes(first, "little")
        most = min(size - _LENGTH_BYTES, _MAX_HEADER_BYTES)
        if length > most:
            _refuse_other_files(first)
            raise ModelFileError(f"header: got {length} bytes, wants at most {most}")
        header = _parsed(file.read(length))
        metadata = dict(_checked_metadata(header.pop(_METADATA, {})))
        tensors = {}
        for name, dtype, shape, wanted in _layout(header, size - _LENGTH_BYTES - length):
            data = file.read(wanted)
            # The file may shrink while it is read.
            if len(data) != wanted:
                raise _wrong_tensor(name, f"{len(data)} bytes of data", wanted)
            tensors[name] = Tensor(name, dtype, shape, data)
    return tensors, metadata


def _refuse_other_files(first: bytes) -> None:
    """Raise ModelFileError, saying what the file is, if its first bytes tell that."""
    for start, kind in _OTHER_FILES.items():
        if first.startswith(start):
            raise ModelFileError(f"got {kind}, wants a safetensors file, which save writes")


@contextmanager
def _naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Put the file's name in front of the message of a ModelFileError."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{os.fspath(path)!r}: {error}") from None


def _header(tensors: Sequence[Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return a file's bytes up to the tensors' data."""
    entries: dict[str, object] = {_METADATA: dict(sorted(_checked_metadata(metadata).items()))}
    position = 0
    for name, dtype, shape, data in tensors:
        if not _is_text(name) or name in entries:
            raise _wrong_tensor(name, "this name", "a text that is not taken")
        wanted = _byte_count(name, dtype, shape)
        view = memoryview(data)
        if view.nbytes != wanted:
            raise _wrong_tensor(name, f"{view.nbytes} bytes of data", wanted)
        if not view.c_contiguous:
            raise _wrong_tensor(name, "data with gaps or in another order", "C-contiguous data")
        offsets = [position, position + wanted]
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}
        position += wanted
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    # The data must start at a multiple of 8, so that a mapped file's float64s are aligned.
    text += b" " * (-len(text) % 8)
    if len(text) > _MAX_HEADER_BYTES:
        raise ModelFileError(f"header: got {len(text)} bytes, wants at most {_MAX_HEADER_BYTES}")
    return len(text).to_bytes(_LENGTH_BYTES, "little") + text


def _parsed(text: bytes) -> dict[str, Any]:
    """Return the header's entries; what they hold is not checked yet."""
    if not text.startswith(b"{"):
        raise ModelFileError(f"header: got {text[:8]!r}, wants JSON that begins with {{")
    try:
        entries: dict[str, Any] = json.loads(
            text.decode(),
            object_pairs_hook=unique_keys,
            parse_int=_size,
            parse_float=_size,
            parse_constant=_size,
        )
    except RecursionError:
        raise ModelFileError("header: got JSON nested too deep, wants three levels") from None
    except ValueError as error:
        raise ModelFileError(f"header: got JSON that is not the format's: {error}") from None
    return entries


def _size(text: str) -> int:
    """Return a number in the header, where all numbers are sizes, or raise ValueError.

    The digits are counted first: converting them takes time with the square of their number.
    """
    if not text.isdigit() or len(text) > _MAX_DIGITS:
        raise ValueError(f"the number {shown(text)} is no size")
    return int(text)


def _layout(
    entries: Mapping[str, Any], data_bytes: int
) -> list[tuple[str, str, tuple[int, ...], int]]:
    """Return each tensor's name, type, shape and bytes; together they cover the data exactly."""
    layout = []
    position = 0
    offsets = {name: _offsets(name, entry) for name, entry in entries.items()}
    for name in sorted(offsets, key=offsets.__getitem__):
        dtype, shape = entries[name]["dtype"], entries[name]["shape"]
        wanted = _byte_count(name, dtype, shape)
        # Tensors that overlap or leave bytes unnamed would let a file be two things at once.
        if offsets[name] != [position, position + wanted]:
            offsets_wanted = [position, position + wanted]
            raise _wrong_tensor(name, f"data_offsets {offsets[name]}", offsets_wanted)
        layout.append((name, dtype, tuple(shape), wanted))
        position += wanted
    if position != data_bytes:
        raise ModelFileError(f"got {data_bytes} bytes of data, wants {position}")
    return layout


def _offsets(name: str, entry: Any) -> list[int]:
    """Return where a tensor's data begins and ends, if it is described in the format's way."""
    keys = {"dtype", "shape", "data_offsets"}
    if not _is_text(name) or not isinstance(entry, dict) or entry.keys() != keys:
        raise _wrong_tensor(name, shown(entry), "a text with dtype, shape, data_offsets")
    offsets = entry["data_offsets"]
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise _wrong_tensor(name, f"data_offsets {shown(offsets)}", "two whole numbers")
    return list(offsets)


def _byte_count(name: str, dtype: object, shape: object) -> int:
    """Return how many bytes a tensor's data takes, if the format allows its type and shape."""
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise _wrong_tensor(name, f"dtype {shown(dtype)}", " or ".join(_ITEM_BYTES))
    if not _are_sizes(shape):
        raise _wrong_tensor(name, f"shape {shown(shape)}", "whole numbers of at least 0")
    count = _ITEM_BYTES[dtype]
    for length in shape:
        count *= length
        # Checked at each step: a hostile shape has millions of factors, and a product that long
        # takes time with the square of their number.
        if count >= _SIZE_LIMIT:
            raise _wrong_tensor(name, f"shape {shown(shape)}", "a smaller one")
    return count


def _checked_metadata(metadata: object) -> Mapping[str, str]:
    """Return the metadata if it maps texts to texts."""
    if not isinstance(metadata, Mapping):
        raise ModelFileError(f"metadata: got {shown(metadata)}, wants texts by name")
    for key, value in metadata.items():
        if not _is_text(key) or not _is_text(value):
            got = f"{shown(key)}: {shown(value)}"
            raise ModelFileError(f"metadata: got {got}, wants a text for a text")
    return metadata


def _is_text(value: object) -> TypeGuard[str]:
    # JSON can spell a lone surrogate and Python keep it in a str; UTF-8, the format's, has none.
    return isinstance(value, str) and not _SURROGATE.search(value)


def _are_sizes(values: object) -> TypeGuard[Sequence[int]]:
    # Not isinstance for the items: True is an int, and JSON's true is no size.
    return isinstance(values, list | tuple) and all(
        type(value) is int and 0 <= value < _SIZE_LIMIT for value in values
    )


def _wrong_tensor(name: object, got: str, wants: object) -> ModelFileError:
    return ModelFileError(f"tensor {shown(name)}: got {got}, wants {wants}")
