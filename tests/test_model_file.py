"""Model files: what is written is read, here and by the safetensors package; nothing else is."""

import array
import gzip
import json
import os
import pickle
import struct
import sys
import tracemalloc

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import assume, given
from hypothesis import strategies as st

import nnfast
import nnref
from nnfast.exchange.json import export_json
from nnref.common import model_file
from nnref.common.files import ModelFileError
from nnref.common.model_file import Tensor

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions and devices")

TENSORS = [
    Tensor("weights.1", "F64", (2, 3), struct.pack("<6d", *range(6))),
    Tensor("empty", "F64", (0, 3), b""),
    Tensor("odd", "F32", (3,), struct.pack("<3f", 1.5, float("nan"), -0.0)),
    Tensor("weights.0", "F64", (1,), struct.pack("<d", 0.1)),
    Tensor("scalar", "F64", (), struct.pack("<d", float("-inf"))),
]
METADATA = {"network": '{"inodes": 3}', "": "é\u2028\n\x00𝄞"}
ENTRY = {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}


def file_bytes(header, data=b"", length=None):
    """A file with any header: JSON's value, its text, or bytes."""
    if not isinstance(header, bytes):
        header = (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def one_tensor(**changes):
    return file_bytes({"a": ENTRY | changes}, bytes(8))


def read_bytes(folder, content):
    path = folder / "model.safetensors"
    path.write_bytes(content)
    return model_file.read(path)


def written_bytes(folder, tensors, metadata):
    path = folder / "model.safetensors"
    model_file.write(path, tensors, metadata)
    return path.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples of a Hypothesis test, each of which overwrites the file."""
    return tmp_path_factory.mktemp("models")


# Without surrogates, which UTF-8 cannot hold.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = texts.filter(lambda name: name != "__metadata__")
shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)
metadatas = st.dictionaries(texts, texts, max_size=4)


@st.composite
def tensors_with_data(draw):
    def tensor(name):
        dtype, shape = draw(st.sampled_from(["F64", "F32"])), draw(shapes)
        size = int(np.prod(shape)) * {"F64": 8, "F32": 4}[dtype]
        return Tensor(name, dtype, shape, draw(st.binary(min_size=size, max_size=size)))

    return [tensor(name) for name in draw(st.lists(names, unique=True, max_size=4))]


# Round trips


def test_what_is_written_is_read_in_the_same_order(tmp_path):
    model_file.write(tmp_path / "m", TENSORS, METADATA)
    tensors, metadata = model_file.read(os.fspath(tmp_path / "m"))
    assert list(tensors.values()) == TENSORS
    assert list(tensors) == [tensor.name for tensor in TENSORS]
    assert metadata == METADATA
    assert all(type(tensor.data) is bytes for tensor in tensors.values())


@given(tensors_with_data(), metadatas)
def test_any_content_survives_and_the_package_reads_the_same(folder, tensors, metadata):
    content = written_bytes(folder, tensors, metadata)
    found, found_metadata = model_file.read(folder / "model.safetensors")
    assert list(found.values()) == tensors
    assert found_metadata == metadata
    with safetensors.safe_open(folder / "model.safetensors", "np") as file:
        assert file.metadata() == metadata
    assert package_reads(content) == {tensor.name: tensor for tensor in tensors}


def package_reads(content):
    return {
        name: Tensor(name, entry["dtype"], tuple(entry["shape"]), bytes(entry["data"]))
        for name, entry in safetensors.deserialize(content)
    }


def test_the_package_loads_the_arrays(tmp_path):
    model_file.write(tmp_path / "m", TENSORS, METADATA)
    arrays = safetensors.numpy.load_file(tmp_path / "m")
    assert set(arrays) == {tensor.name for tensor in TENSORS}
    for tensor in TENSORS:
        loaded = arrays[tensor.name]
        assert loaded.dtype == {"F64": np.float64, "F32": np.float32}[tensor.dtype]
        assert loaded.shape == tensor.shape
        assert loaded.tobytes() == tensor.data


@given(tensors_with_data(), st.none() | metadatas)
def test_what_the_package_saves_is_read(folder, tensors, metadata):
    # Of these the package (0.8.0) makes a header that neither it nor anyone can parse.
    assume(tensors or metadata != {})
    types = {"F64": "<f8", "F32": "<f4"}
    arrays = {
        name: np.frombuffer(data, types[dtype]).reshape(shape)
        for name, dtype, shape, data in tensors
    }
    path = folder / "model.safetensors"
    safetensors.numpy.save_file(arrays, path, metadata=metadata)
    assert model_file.read(path) == ({tensor.name: tensor for tensor in tensors}, metadata or {})


def test_the_bytes_are_those_of_the_package(tmp_path):
    # With names in the package's order and one key, as it leaves the order of the keys to chance.
    arrays = {"a": np.arange(6.0).reshape(2, 3), "é": np.zeros((0, 2)), "x": np.ones(3, "f4")}
    tensors = [
        Tensor(name, "F32" if name == "x" else "F64", data.shape, data.tobytes())
        for name, data in arrays.items()
    ]
    metadata = {"key": 'é"\n\x7f'}
    ours = written_bytes(tmp_path, tensors, metadata)
    assert ours == safetensors.numpy.save(arrays, metadata=metadata)


@pytest.mark.parametrize("padding", range(8))
def test_the_data_starts_at_a_multiple_of_8(tmp_path, padding):
    content = written_bytes(tmp_path, TENSORS, {"": "x" * padding})
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0
    assert content[8 + length :] == b"".join(tensor.data for tensor in TENSORS)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    one = written_bytes(tmp_path, TENSORS, {"a": "1", "b": "2"})
    other = written_bytes(tmp_path, TENSORS, {"b": "2", "a": "1"})
    assert one == other


def test_any_bytes_like_data_is_written(tmp_path):
    numbers = np.arange(6.0).reshape(2, 3)
    for data in (memoryview(numbers), bytearray(numbers.tobytes()), array.array("d", range(6))):
        model_file.write(tmp_path / "m", [Tensor("a", "F64", (2, 3), data)], {})
        assert model_file.read(tmp_path / "m")[0]["a"].data == numbers.astype("<f8").tobytes()


# Files that are refused


def zipped(path):
    np.savez(path, a=np.zeros(3))


OTHER_FILES = {
    "JSON": (
        lambda path: export_json(nnref.NeuralNetwork(3, 4, 2, 0.1), path),
        "JSON (nnfast.exchange.json.load_json reads what export_json has written)",
    ),
    "a list": (lambda path: path.write_text("[[0.1, 0.2]]"), "JSON"),
    **{
        f"pickle {protocol}": (
            lambda path, protocol=protocol: path.write_bytes(
                pickle.dumps(nnref.NeuralNetwork(3, 4, 2, 0.1), protocol)
            ),
            "a pickle, which could run any code",
        )
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
    "npz": (zipped, "a zip archive, as PyTorch, Keras and NumPy write them"),
    "npy": (lambda path: np.save(path, np.zeros(3)), "an array of NumPy's"),
    "HDF5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(8)), "an HDF5 file, as"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(bytes(99))), "a gzip file"),
    "CSV": (lambda path: path.write_text("label,1x1,1x2"), "text that begins with 'label,1x'"),
}


@pytest.mark.parametrize(("write", "kind"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_another_kind_of_file_is_called_by_its_name(tmp_path, write, kind):
    path = tmp_path / "m.npy"
    write(path)
    (path,) = tmp_path.iterdir()
    for load in (nnref.NeuralNetwork.load, nnfast.NeuralNetwork.load):
        with pytest.raises(ModelFileError) as caught:
            load(path)
        text = str(caught.value)
        assert text.startswith(f"{os.fspath(path)!r}: got {kind}")
        assert text.endswith(", wants a safetensors file, as save writes it")


def test_a_model_file_cut_off_is_taken_for_no_other_kind(tmp_path):
    header = b"{" + b" " * (ord("{") - 2) + b"}"
    with pytest.raises(ModelFileError, match="header: got 123 bytes, wants at most 99"):
        read_bytes(tmp_path, file_bytes(header)[: 8 + 99])


HOSTILE = {
    "empty": (b"", "got 0 bytes, wants a safetensors file"),
    "7 bytes": (bytes(7), "got 7 bytes, wants"),
    "no header": (bytes(8), "header: got b''"),
    "header beyond the file": (file_bytes("{}", length=3), "header: got 3 bytes, wants at most 2"),
    "negative length": (b"\xff" * 16, "header: got 18446744073709551615 bytes"),
    "not UTF-8": (file_bytes(b'{"\xff": 1}'), "can't decode byte 0xff"),
    "byte order mark": (file_bytes(b"\xef\xbb\xbf{}"), "wants JSON that begins with {"),
    "space first": (file_bytes(" {}"), "wants JSON that begins with {"),
    "a list": (file_bytes("[]"), "wants JSON that begins with {"),
    "not JSON": (file_bytes("{a}"), "Expecting property name"),
    "two values": (file_bytes("{}{}"), "Extra data"),
    "zeros after the header": (file_bytes("{}\0\0"), "Extra data"),
    "control character": (file_bytes('{"\1": 1}'), "Invalid control character"),
    "deep lists": (file_bytes('{"a":' + "[" * 10**6), "nested too deep"),
    "deep objects": (file_bytes('{"a":' * 10**5), "nested too deep"),
    "name twice": (
        file_bytes(f'{{"a": {json.dumps(ENTRY)}, "a": {json.dumps(ENTRY)}}}', bytes(8)),
        "the key 'a' comes twice",
    ),
    "metadata twice": (file_bytes('{"__metadata__":{},"__metadata__":{}}'), "comes twice"),
    "metadata key twice": (file_bytes('{"__metadata__":{"k":"","k":""}}'), "'k' comes twice"),
    "dtype twice": (file_bytes('{"a":{"dtype":"F64","dtype":"F32"}}'), "'dtype' comes twice"),
    "NaN": (file_bytes('{"a": NaN}'), "the number 'NaN' is no size"),
    "infinity": (one_tensor(shape=[float("inf")]), "the number 'Infinity' is no size"),
    "fraction": (one_tensor(shape=[1.0]), "the number '1.0' is no size"),
    "exponent": (file_bytes('{"a": 1e0}'), "the number '1e0' is no size"),
    "minus zero": (file_bytes('{"a": -0}'), "the number '-0' is no size"),
    "negative length of an axis": (one_tensor(shape=[-1]), "the number '-1' is no size"),
    "negative offset": (one_tensor(data_offsets=[-8, 0]), "the number '-8' is no size"),
    "19 digits": (one_tensor(shape=[10**18]), "the number '10000"),
    "too many digits for int": (file_bytes('{"a":' + "9" * 5000 + "}"), "is no size"),
    "tensor is a list": (file_bytes({"a": ["F64", [1], [0, 8]]}, bytes(8)), "wants a text with"),
    "tensor is null": (file_bytes({"a": None}), "tensor 'a': got None"),
    "tensor is a long text": (file_bytes({"a": "x" * 10**4}), "tensor 'a': got 'xxx"),
    "tensor is many texts": (file_bytes({"a": [["x" * 20] * 6] * 6}), "tensor 'a': got [['xxx"),
    "key missing": (file_bytes({"a": {"dtype": "F64", "shape": [1]}}), "wants a text with dtype"),
    "key too many": (one_tensor(more=1), "wants a text with dtype, shape, data_offsets"),
    "lone surrogate": (file_bytes({"\ud800": ENTRY}, bytes(8)), r"tensor '\ud800': got"),
    "dtype unknown": (one_tensor(dtype="F63"), "got dtype 'F63', wants F64 or F32"),
    "dtype of another kind": (one_tensor(dtype="I64"), "got dtype 'I64', wants F64 or F32"),
    "dtype a list": (one_tensor(dtype=["F64"]), "got dtype ['F64']"),
    "shape a number": (one_tensor(shape=1), "got shape 1, wants whole numbers"),
    "shape a text": (one_tensor(shape="1"), "got shape '1', wants whole numbers"),
    "shape of booleans": (one_tensor(shape=[True]), "got shape [True], wants whole numbers"),
    "shape of texts": (one_tensor(shape=["1"]), "got shape ['1'], wants whole numbers"),
    "shape too large": (one_tensor(shape=[10**17, 10**17]), "wants a smaller one"),
    "shape of 2**64 bytes": (one_tensor(shape=[2**31, 2**30]), "wants a smaller one"),
    "shape too large, then 0": (one_tensor(shape=[10**17, 10**17, 0]), "wants a smaller one"),
    "shape of very many axes": (one_tensor(shape=[10**17] * 10**5), "wants a smaller one"),
    "shape for fewer bytes": (one_tensor(shape=[0]), "[0, 8], wants [0, 0]"),
    "shape for more bytes": (one_tensor(shape=[2]), "[0, 8], wants [0, 16]"),
    "offsets a number": (one_tensor(data_offsets=8), "got data_offsets 8, wants two"),
    "one offset": (one_tensor(data_offsets=[8]), "got data_offsets [8], wants two"),
    "three offsets": (one_tensor(data_offsets=[0, 8, 8]), "wants two whole numbers"),
    "boolean offset": (one_tensor(data_offsets=[False, 8]), "wants two whole numbers"),
    "offsets reversed": (one_tensor(data_offsets=[8, 0]), "[8, 0], wants [0, 8]"),
    "data begins late": (one_tensor(data_offsets=[4, 8]), "[4, 8], wants [0, 8]"),
    "data later": (
        file_bytes({"a": ENTRY | {"data_offsets": [8, 16]}}, bytes(16)),
        "got data_offsets [8, 16], wants [0, 8]",
    ),
    "overlap": (
        file_bytes({"a": ENTRY, "b": ENTRY | {"data_offsets": [4, 12]}}, bytes(12)),
        "tensor 'b': got data_offsets [4, 12], wants [8, 16]",
    ),
    "the same data twice": (
        file_bytes({"a": ENTRY, "b": ENTRY}, bytes(8)),
        "tensor 'b': got data_offsets [0, 8], wants [8, 16]",
    ),
    "hole": (
        file_bytes({"a": ENTRY, "b": ENTRY | {"data_offsets": [16, 24]}}, bytes(24)),
        "tensor 'b': got data_offsets [16, 24], wants [8, 16]",
    ),
    "data cut off": (one_tensor()[:-1], "got 7 bytes of data, wants 8"),
    "data too long": (one_tensor() + b"x", "got 9 bytes of data, wants 8"),
    "data of no tensor": (file_bytes("{}", b"x"), "got 1 bytes of data, wants 0"),
    "data in the far end": (
        file_bytes({"a": ENTRY | {"shape": [10**15], "data_offsets": [0, 8 * 10**15]}}, bytes(8)),
        "got 8 bytes of data, wants 8000000000000000",
    ),
    "metadata null": (file_bytes({"__metadata__": None}), "metadata: got None, wants texts"),
    "metadata a list": (file_bytes({"__metadata__": ["a"]}), "metadata: got ['a'], wants texts"),
    "metadata of numbers": (file_bytes({"__metadata__": {"a": 1}}), "metadata: got 'a': 1"),
    "metadata of objects": (file_bytes({"__metadata__": {"a": {}}}), "metadata: got 'a': {}"),
    "metadata, surrogate": (file_bytes({"__metadata__": {"a": "\udfff"}}), r"'a': '\udfff'"),
    "metadata key, surrogate": (file_bytes({"__metadata__": {"\ud800": ""}}), r"'\ud800': ''"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(tmp_path, content, message):
    with pytest.raises(ModelFileError) as caught:
        read_bytes(tmp_path, content)
    text = str(caught.value)
    assert message in text
    assert text.startswith(repr(os.fspath(tmp_path / "model.safetensors")) + ": ")
    assert text.isprintable()
    assert len(text) < 300 + len(os.fspath(tmp_path))


def test_a_header_over_the_limit_is_refused(tmp_path):
    path = tmp_path / "m"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 4_000_001))
        file.truncate(8 + 100_000_001)
    with pytest.raises(ModelFileError, match="got 4000001 bytes, wants at most 4000000"):
        model_file.read(path)


def test_an_unlimited_int_conversion_does_not_open_the_door(tmp_path):
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        with pytest.raises(ModelFileError, match="is no size"):
            read_bytes(tmp_path, file_bytes('{"a":' + "9" * 10**6 + "}"))
    finally:
        sys.set_int_max_str_digits(limit)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path, monkeypatch):
    content = one_tensor()

    def longer_by_a_byte(_):
        return os.stat_result((0, 0, 0, 0, 0, 0, len(content), 0, 0, 0))

    monkeypatch.setattr(os, "fstat", longer_by_a_byte)
    with pytest.raises(ModelFileError, match="tensor 'a': got 7 bytes of data, wants 8"):
        read_bytes(tmp_path, content[:-1])


def test_what_cannot_be_opened_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        model_file.read(tmp_path / "none")
    with pytest.raises((IsADirectoryError, PermissionError)):
        model_file.read(tmp_path)


VALID = [
    file_bytes({"__metadata__": METADATA}),
    file_bytes({"a": ENTRY, "__metadata__": {}}, struct.pack("<d", 0.1)),
    file_bytes(
        {
            "later": {"dtype": "F32", "shape": [2, 1], "data_offsets": [8, 16]},
            "none": {"dtype": "F32", "shape": [0], "data_offsets": [8, 8]},
            "first": ENTRY,
        },
        bytes(range(16)),
    ),
]


def check_fuzzed(folder, content):
    """A file is refused, or the package finds the same in it."""
    try:
        tensors, metadata = read_bytes(folder, content)
    except ModelFileError:
        return
    assert package_reads(content) == tensors
    with safetensors.safe_open(folder / "model.safetensors", "np") as file:
        assert (file.metadata() or {}) == metadata


def test_the_valid_files_are_valid(folder):
    for content in VALID:
        tensors, _ = read_bytes(folder, content)
        assert package_reads(content) == tensors
    assert list(tensors) == ["first", "none", "later"]


@pytest.mark.parametrize("content", VALID)
def test_a_file_cut_off_anywhere_is_refused(tmp_path, content):
    for length in range(len(content)):
        with pytest.raises(ModelFileError):
            read_bytes(tmp_path, content[:length])


edits = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.integers(0, 2),
        st.sampled_from(b'0128,:"[]{} \\').map(lambda byte: bytes([byte])) | st.binary(max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@given(st.sampled_from(VALID), edits, st.booleans())
def test_mutated_bytes_are_refused_or_mean_what_the_package_says(
    folder, content, edits, mend_length
):
    length = int.from_bytes(content[:8], "little")
    mutated = bytearray(content[8:] if mend_length else content)
    for place, removed, added in edits:
        begin = place % len(content)
        mutated[begin : begin + removed] = added
    if mend_length:
        # Else most edits of the header go no further than its length.
        length += len(mutated) - len(content[8:])
        mutated[:0] = struct.pack("<Q", max(length, 0))
    check_fuzzed(folder, bytes(mutated))


sizes = st.sampled_from([0, 1, 2, 4, 8, 12, 16, 2**31, 10**17])
odd_values = st.recursive(
    sizes | st.sampled_from([None, True, -1, 1.0, 2**63, 2**64, "1", "F64", "I8", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "a"]), inner)
    ),
    max_leaves=4,
)


@st.composite
def headers(draw):
    """A valid header, most often with one odd value somewhere, and the size of its data."""
    header, position = {"__metadata__": draw(metadatas)}, 0
    for name in draw(st.permutations(["a", "b", "c"])):
        shape = draw(shapes)
        begin, position = position, position + 8 * int(np.prod(shape))
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [begin, position]}
    name = draw(st.sampled_from([None, "\ud800", *header]))
    if name in ("a", "b", "c") and draw(st.integers(0, 3)):
        odd = draw(odd_values | st.lists(sizes, max_size=3))
        header[name][draw(st.sampled_from([*ENTRY, "more"]))] = odd
    elif name is not None:
        header[name] = draw(odd_values | st.just(ENTRY))
    return header, position


@given(headers(), st.sampled_from([0, 0, 0, -1, 1, 8]))
def test_any_json_header_is_refused_or_means_what_the_package_says(folder, header_and_size, more):
    header, data_bytes = header_and_size
    check_fuzzed(folder, file_bytes(header, bytes(max(data_bytes + more, 0))))


# Memory


def peak_of_reading(path):
    tracemalloc.start()
    try:
        model_file.read(path)
    except ModelFileError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    "content",
    [
        file_bytes("{}", length=99_999_999),
        file_bytes("{}", length=2**62),
        one_tensor(shape=[10**9], data_offsets=[0, 8 * 10**9]),
        one_tensor(shape=[10**7], data_offsets=[0, 8 * 10**7]),
    ],
)
def test_a_lying_header_costs_no_memory(tmp_path, content):
    (tmp_path / "m").write_bytes(content)
    assert peak_of_reading(tmp_path / "m") < 1_000_000


def test_a_good_file_is_held_once(tmp_path):
    size = 16_000_000
    model_file.write(tmp_path / "m", [Tensor("a", "F64", (size // 8,), bytes(size))], {})
    assert peak_of_reading(tmp_path / "m") < size + 1_000_000
