"""Do the loaders give the arrays that they promise, and one clear line for whatever is wrong?

What else than MNIST's four IDX files and its CSV can be read is in test_data_files.py.
"""

import gzip
import hashlib
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from digit_files import (
    HEADER,
    IDX_FILES,
    MEBI,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    assert_is_the_small_set,
    check,
    csv_line,
    idx,
    memory_below,
    refused,
    scaled,
)
from helpers import amount
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnfast import datasets
from nnfast.data_files import examples
from nnfast.datasets import DatasetError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in IDX_FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str | bytes, name: str = "some.csv") -> Path:
        content = b"".join(x if isinstance(x, bytes) else x.encode() for x in lines)
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        return tmp_path / name

    return write


def words(value: object) -> str:
    """Name a parametrized test by its strings; bytes and long lines would not be read."""
    return value[:50] if isinstance(value, str) else ""


# --- the values ---------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [255, 16])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_scaling_gives_the_bits_of_the_formula(largest: int, dtype: type) -> None:
    pixels: NDArray[Any] = np.arange(largest + 1, dtype=dtype)
    assert datasets.scale_inputs(pixels, largest).tobytes() == scaled(pixels, largest)


def test_scaling_leaves_its_argument_and_returns_rows_in_c_order() -> None:
    pixels = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    result = datasets.scale_inputs(pixels)
    assert result.flags.c_contiguous
    assert result.tobytes() == scaled(pixels)
    assert (pixels == np.arange(12.0).reshape(3, 4)).all()


@pytest.mark.parametrize(
    ("pixels", "largest", "says"),
    [
        ([0.0, 0.5, 1.0], 255, "0 to 1, as if scaled already: with largest=255 .+ 0.01 to 0.01388"),
        (np.float32([[0.01, 0.9]]), 16, "0 to 0.9, as if .+ largest=16 .+ 0.01 to 0.06569"),
        ([False, True], 255, "0 to 1, as if"),
    ],
)
def test_pixels_that_are_scaled_already_are_noticed(pixels: Any, largest: float, says: str) -> None:
    with pytest.warns(UserWarning, match=f"^pixels: got numbers from {says}") as caught:
        datasets.scale_inputs(pixels, largest)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(
    ("pixels", "largest"),
    [
        (np.zeros((3, 4)), 255),
        (np.array([[0, 1], [1, 1]], np.uint8), 255),
        ([0, 1], 255),
        ([0.0, 1.0], 1),
        ([0.0, 0.5], 0.5),
        ([0.0, 1.5], 255),
        (np.empty((0, 4)), 255),
    ],
    ids=["black", "dark bytes", "whole numbers", "as said", "less than 1", "more", "none"],
)
def test_other_pixels_are_not(pixels: Any, largest: float) -> None:
    datasets.scale_inputs(pixels, largest)  # a warning would be an error


def test_one_hot() -> None:
    expected = [[0.01, 0.01, 0.99], [0.99, 0.01, 0.01], [0.01, 0.99, 0.01]]
    assert datasets.one_hot([2, 0, 1], classes=3).tolist() == expected
    assert datasets.one_hot([9]).shape == (1, 10)


def test_a_dataset_cannot_be_changed(folder: Path) -> None:
    with pytest.raises(AttributeError):
        datasets.mnist(folder).name = "other"  # type: ignore[misc]


# --- scikit-learn's digits, and OpenML ----------------------------------------------------------


def test_digits() -> None:
    original = pytest.importorskip("sklearn.datasets").load_digits()
    data = datasets.digits()
    check(data)
    assert (data.name, data.image_shape) == ("digits", (8, 8))
    assert (len(data.train_labels), len(data.test_labels)) == (1437, 360)
    assert data.train_inputs.tobytes() == scaled(original.data[:1437], 16)
    assert data.test_inputs.tobytes() == scaled(original.data[1437:], 16)
    assert np.concatenate([data.train_labels, data.test_labels]).tolist() == (
        original.target.tolist()
    )


@pytest.mark.parametrize(
    ("name", "user"), [("digits", "the digits data set"), ("mnist", "fetching MNIST")]
)
def test_without_scikit_learn_one_line_says_what_to_install(
    name: str, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    message = f"^{user} needs scikit-learn: pip install scikit-learn$"
    with pytest.raises(ImportError, match=message):
        datasets.load(name)


def test_importing_nnfast_loads_neither_this_module_nor_scikit_learn() -> None:
    script = (
        "import sys, nnfast; assert 'nnfast.datasets' not in sys.modules;"
        "import nnfast.datasets; assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True)


def test_fetched_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.zeros((70_000, 784))
    pixels[59_999], pixels[60_000] = 3, 255
    labels = (np.arange(70_000) % 7).astype(str).astype(object)  # OpenML's labels are strings

    def fetch_openml(name: str, **options: object) -> SimpleNamespace:
        assert name == "mnist_784"
        assert options == {"version": 1, "as_frame": False, "parser": "liac-arff"}
        return SimpleNamespace(data=pixels, target=labels)

    monkeypatch.setattr(pytest.importorskip("sklearn.datasets"), "fetch_openml", fetch_openml)
    data = datasets.mnist()
    check(data)
    assert (data.name, data.image_shape) == ("mnist", (28, 28))
    assert (len(data.train_labels), len(data.test_labels)) == (60_000, 10_000)
    assert data.train_inputs[-1].tobytes() == scaled([3] * 784)
    assert data.test_inputs[0].tobytes() == scaled([255] * 784)
    assert data.test_labels[0] == 60_000 % 7


def test_a_fetched_set_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bunch = SimpleNamespace(data=np.zeros((5, 784)), target=np.zeros(5))
    monkeypatch.setattr(
        pytest.importorskip("sklearn.datasets"), "fetch_openml", lambda *_, **__: bunch
    )
    with refused("mnist_784: got shape (5, 784), wants (70000, 784)"):
        datasets.mnist()


def test_offline_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # scikit-learn's own function, so that it judges the arguments too.
    pytest.importorskip("sklearn.datasets")

    def no_network(*_: object, **__: object) -> None:
        raise socket.gaierror("no network here")

    monkeypatch.setattr("socket.getaddrinfo", no_network)
    monkeypatch.setattr("time.sleep", lambda _: None)  # between its retries
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    with refused("no network here", "path of a folder with its IDX files, or use the digits"):
        datasets.load("mnist")


def test_a_damaged_download_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object, **__: object) -> None:
        raise ValueError("md5 checksum does\nnot match")

    monkeypatch.setattr(pytest.importorskip("sklearn.datasets"), "fetch_openml", damaged)
    with refused("md5 checksum does not match", "IDX files"):
        datasets.load("mnist")


# --- IDX files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("gzipped", [False, True])
def test_idx_folder(tmp_path: Path, dotted: bool, gzipped: bool) -> None:
    for name, content in IDX_FILES.items():
        spelling = name.replace("-idx", ".idx") if dotted else name
        if gzipped:
            (tmp_path / f"{spelling}.gz").write_bytes(gzip.compress(content))
        else:
            (tmp_path / spelling).write_bytes(content)
    assert_is_the_small_set(datasets.mnist(tmp_path))
    assert_is_the_small_set(datasets.load(str(tmp_path)))


def test_plain_files_come_before_gzipped_ones_and_folders_are_no_files(folder: Path) -> None:
    (folder / f"{TRAIN_IMAGES}.gz").write_bytes(b"not looked at")
    (folder / TEST_LABELS).rename(folder / "t10k-labels.idx1-ubyte")
    (folder / TEST_LABELS).mkdir()
    assert_is_the_small_set(datasets.mnist(folder))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (TRAIN_IMAGES, b"", "byte 0: the file ends within its header of 16 bytes"),
        (TEST_LABELS, b"", "byte 0: the file ends within its header of 8 bytes"),
        (TRAIN_IMAGES, IDX_FILES[TRAIN_IMAGES][:15], "byte 15: the file ends within"),
        (TEST_IMAGES, IDX_FILES[TEST_IMAGES][:-1], "byte 33: the file ends, but its header"),
        (TEST_IMAGES, IDX_FILES[TEST_IMAGES] + b"!", "byte 34: the file goes on"),
        (TRAIN_LABELS, IDX_FILES[TRAIN_LABELS] + b"!", "byte 14: the file goes on"),
        (TRAIN_IMAGES, IDX_FILES[TRAIN_LABELS], "byte 0: magic number 0x00000801, wants 0x000008"),
        (TRAIN_LABELS, IDX_FILES[TRAIN_IMAGES], "byte 0: magic number 0x00000803, wants 0x000008"),
        (TRAIN_IMAGES, idx(0, 2, 3, values=b""), "byte 4: a size of 0, so no examples"),
        (TRAIN_IMAGES, idx(6, 2, 0, values=b""), "byte 12: a size of 0"),
        (TEST_LABELS, idx(0, values=b""), "byte 4: a size of 0"),
    ],
    ids=words,
)
@pytest.mark.parametrize("gzipped", [False, True])
def test_what_is_wrong_with_an_idx_file_is_named(
    folder: Path, name: str, content: bytes, message: str, gzipped: bool
) -> None:
    (folder / name).unlink()
    if gzipped:
        name, content = f"{name}.gz", gzip.compress(content)
    (folder / name).write_bytes(content)
    with refused(f"{name}: {message}"):
        datasets.mnist(folder)


def test_idx_files_that_do_not_fit_together_are_refused(folder: Path) -> None:
    (folder / TEST_LABELS).write_bytes(idx(2, values=b"\x01\x02"))
    with refused(f"{TEST_LABELS}: 2 labels, but", f"{TEST_IMAGES} has 3 images"):
        datasets.mnist(folder)
    (folder / TEST_IMAGES).write_bytes(idx(3, 3, 2, values=bytes(18)))
    (folder / TEST_LABELS).write_bytes(IDX_FILES[TEST_LABELS])
    with refused(f"{TEST_IMAGES}: images of 3 x 2", f"{TRAIN_IMAGES} have 2 x 3"):
        datasets.mnist(folder)


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize(
    ("count", "message"),
    [(2**28 // 6, "byte 34: the file ends"), (2**32 - 1, "byte 4: promises 4294967295 x 2 x 3")],
)
def test_a_header_that_lies_gets_no_memory(
    folder: Path, count: int, message: str, gzipped: bool
) -> None:
    name, content = TRAIN_IMAGES, idx(count, 2, 3, values=bytes(18))
    (folder / name).unlink()
    if gzipped:
        name, content = f"{name}.gz", gzip.compress(content)
    (folder / name).write_bytes(content)
    with memory_below(2 * MEBI), refused(f"{name}: {message}"):
        datasets.mnist(folder)


def test_a_gzip_bomb_is_not_unpacked(folder: Path) -> None:
    (folder / TEST_IMAGES).unlink()
    bomb = folder / f"{TEST_IMAGES}.gz"
    bomb.write_bytes(gzip.compress(idx(3, 2, 3, values=bytes(64 * MEBI))))
    with memory_below(2 * MEBI), refused(f"{bomb.name}: byte 34: the file goes on"):
        datasets.mnist(folder)


PACKED = gzip.compress(IDX_FILES[TEST_IMAGES], mtime=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PACKED[:-9], "ended before"),
        (PACKED[:-4], "ended before"),
        (PACKED[:5], "ended before"),
        (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "CRC check failed"),
        (PACKED[:10] + b"\xff" * 20 + PACKED[30:], "while decompressing"),
        (PACKED + b"trailing", "Not a gzipped file"),
    ],
    ids=words,
)
def test_damaged_gzip_is_named(folder: Path, content: bytes, message: str) -> None:
    (folder / TEST_IMAGES).unlink()
    (folder / f"{TEST_IMAGES}.gz").write_bytes(content)
    with refused(f"{TEST_IMAGES}.gz: damaged gzip, after", "unpacked bytes:", message):
        datasets.mnist(folder)


# --- CSV files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", HEADER, HEADER.replace("label", '"Label"')])
@pytest.mark.parametrize("name", ["some.csv", "some.csv.gz"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_csv_file(csv_file: Callable[..., Path], header: str, name: str, line_end: str) -> None:
    text = header + "".join(csv_line(label, label, 200 + label) for label in range(10))
    data = datasets.mnist(csv_file(text.replace("\n", line_end).removesuffix(line_end), name=name))
    check(data)
    assert (data.name, data.image_shape) == ("mnist", (28, 28))
    assert data.train_labels.tolist() == list(range(9))
    assert data.test_labels.tolist() == [9]
    assert data.train_inputs[:, :3].tobytes() == scaled([(x, 200 + x, 0) for x in range(9)])
    assert data.test_inputs[:, :3].tobytes() == scaled([9, 209, 0])


@pytest.mark.parametrize(("examples", "test"), [(2, 1), (11, 1), (12, 2), (17, 2), (18, 3)])
def test_the_last_sixth_of_a_csv_file_is_for_test(
    csv_file: Callable[..., Path], examples: int, test: int
) -> None:
    data = datasets.mnist(csv_file(*[csv_line(1)] * examples))
    assert (len(data.train_labels), len(data.test_labels)) == (examples - test, test)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_csv_folder(csv_file: Callable[..., Path], suffix: str) -> None:
    train = csv_file(HEADER, csv_line(3, 255), csv_line(4), name=f"mnist_train.csv{suffix}")
    csv_file(csv_line(5, 1), name=f"mnist_test.csv{suffix}")
    data = datasets.mnist(train.parent)
    check(data)
    assert (data.train_labels.tolist(), data.test_labels.tolist()) == ([3, 4], [5])
    assert data.train_inputs[:, 0].tobytes() == scaled([255, 0])
    assert data.test_inputs[:, 0].tobytes() == scaled([1])


NOT_A_PIXEL = "wants a pixel from 0 to 255"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "the file ends without an example"),
        ([HEADER], "the file ends without an example"),
        ([csv_line(1)], "1 example, wants"),
        ([csv_line(1), csv_line(1)[:-3]], "line 2: number of columns: 784, wants 785"),
        ([csv_line(1), "\n", csv_line(1)[2:]], "line 3: number of columns: 784, wants 785"),
        ([csv_line(1), csv_line(1, *[0] * 785)], "line 2: number of columns: 786, wants 785"),
        (["label,1x1\n", csv_line(1)], "line 1: number of columns: 2, wants 785"),
        ([csv_line(1), HEADER], "line 2, column 1: got 'label', wants a label from 0 to 255"),
        ([HEADER, csv_line(256)], "line 2, column 1: got '256', wants a label from 0 to 255"),
        ([HEADER, csv_line(-1)], "line 2, column 1: got '-1', wants a label from 0 to 255"),
        ([HEADER, csv_line(3.5)], "line 2, column 1: got '3.5', wants a label from 0 to 255"),
        ([csv_line(1, 0, 256)], f"line 1, column 3: got '256', {NOT_A_PIXEL}"),
        ([csv_line(1, 0, -1)], f"line 1, column 3: got '-1', {NOT_A_PIXEL}"),
        ([csv_line(1, "nan")], f"line 1, column 2: got 'nan', {NOT_A_PIXEL}"),
        ([csv_line(1, "x" * 999)], f"line 1, column 2: got '{'x' * 20}', {NOT_A_PIXEL}"),
        ([csv_line(1, "")], f"line 1, column 2: got '', {NOT_A_PIXEL}"),
        ([csv_line(1, "1_0")], f"line 1, column 2: got '1_0', {NOT_A_PIXEL}"),
        ([csv_line(1, *[0] * 783, "7\x0c")], f"line 1, column 785: got '7\\x0c', {NOT_A_PIXEL}"),
        ([csv_line(1, "\u0663")], f"line 1, column 2: got '\\xd9\\xa3', {NOT_A_PIXEL}"),
        ([b"\x00\xff\x1b" * 50 + b"\n"], "line 1: number of columns: 1, wants 785"),
    ],
    ids=words,
)
@pytest.mark.parametrize("name", ["some.csv", "some.csv.gz"])
def test_what_is_wrong_with_a_csv_file_is_named(
    csv_file: Callable[..., Path], lines: list[str | bytes], message: str, name: str
) -> None:
    with refused(f"{name}: {message}"):
        datasets.mnist(csv_file(*lines, name=name))


def test_damaged_gzip_of_a_csv_file_is_named(csv_file: Callable[..., Path]) -> None:
    path = csv_file(csv_line(1), csv_line(2), name="some.csv.gz")
    path.write_bytes(path.read_bytes()[:-8])
    with refused("some.csv.gz: damaged gzip, after 3140 unpacked bytes: ", "ended before"):
        datasets.mnist(path)


def test_a_file_without_line_breaks_is_not_read_to_its_end(csv_file: Callable[..., Path]) -> None:
    path = csv_file(bytes(64 * MEBI), name="some.csv.gz")
    with memory_below(2 * MEBI), refused("some.csv.gz: line 1: longer than 65536 bytes"):
        datasets.mnist(path)


def test_a_csv_file_without_end_is_refused(
    csv_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "MOST_VALUES", 10 * 785)
    assert len(datasets.mnist(csv_file(*[csv_line(1)] * 10)).train_labels) == 9
    with refused("some.csv: line 11: ", "more than 7850"):
        datasets.mnist(csv_file(*[csv_line(1)] * 11))


# --- paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["nowhere", "nowhere/some.csv", "nowhere.csv.gz"])
def test_a_path_that_does_not_exist_is_refused(tmp_path: Path, path: str) -> None:
    with refused(f"{tmp_path / path}: no such file or folder"):
        datasets.load(tmp_path / path)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_a_path_is_never_the_name_of_a_data_set(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Path("./digits") has lost its ./ and is still a path."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    for file, content in IDX_FILES.items():
        (tmp_path / name / file).write_bytes(content)
    for path in (Path(name), Path(f"./{name}"), f"./{name}", f"{name}/", tmp_path / name):
        assert_is_the_small_set(datasets.load(path))
    assert_is_the_small_set(datasets.mnist(name))


def test_a_path_that_cannot_exist_is_refused() -> None:
    path = "x" * 5000
    with refused(f"{path}: "):
        datasets.load(path)


def test_a_folder_with_nothing_known_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with refused(tmp_path.name, *IDX_FILES, "mnist_train.csv", "mnist_test.csv"):
        datasets.mnist(tmp_path)


def test_a_folder_that_lacks_a_file_names_it_and_not_the_others(folder: Path) -> None:
    (folder / TRAIN_LABELS).unlink()
    (folder / "mnist_test.csv").write_text(csv_line(1))
    with refused(f"{folder}: has no {TRAIN_LABELS}; nor, as CSV, mnist_train.csv (each plain"):
        datasets.mnist(folder)


@pytest.mark.parametrize("name", [TEST_LABELS, "some.csv"])
def test_a_file_that_may_not_be_read_is_named(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "some.csv").write_text(csv_line(1) * 2)
    really_open = Path.open

    def guarded(path: Path, *args: Any, **options: Any) -> Any:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return really_open(path, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    with refused(f"{name}: Permission denied"):
        datasets.mnist(folder / "some.csv" if name == "some.csv" else folder)


# --- whatever the bytes are ---------------------------------------------------------------------

edits = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "delete", "cut"]),
        # Half of them in the header, where a byte means most.
        st.one_of(st.integers(0, 20), st.integers(0, 4000)),
        st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=4,
)


def edited(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, at, new in changes:
        at %= len(content) + 1
        if kind == "replace":
            content = content[:at] + new + content[at + len(new) :]
        elif kind == "insert":
            content = content[:at] + new + content[at:]
        elif kind == "delete":
            content = content[:at] + content[at + len(new) :]
        else:
            content = content[:at]
    return content


def load_or_refuse(path: Path) -> None:
    lines = 1
    try:
        check(datasets.mnist(path))
    except DatasetError as error:
        lines = len(str(error).splitlines())
    assert lines == 1


@settings(max_examples=amount(200, quick=40))
@given(name=st.sampled_from([*IDX_FILES]), changes=edits, gzipped=st.booleans())
def test_any_change_to_an_idx_file_gives_a_dataset_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    changes: list[tuple[str, int, bytes]],
    gzipped: bool,
) -> None:
    folder = tmp_path_factory.mktemp("idx")
    for other, content in IDX_FILES.items():
        if other != name:
            (folder / other).write_bytes(content)
        elif gzipped:
            (folder / f"{name}.gz").write_bytes(edited(gzip.compress(content, mtime=0), changes))
        else:
            (folder / name).write_bytes(edited(content, changes))
    load_or_refuse(folder)


@settings(max_examples=amount(200, quick=40))
@given(changes=edits, gzipped=st.booleans(), header=st.booleans())
def test_any_change_to_a_csv_file_gives_a_dataset_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[str, int, bytes]],
    gzipped: bool,
    header: bool,
) -> None:
    content = (HEADER * header + csv_line(3, *range(256)) + csv_line(4, 17)).encode()
    path = tmp_path_factory.mktemp("csv") / ("some.csv.gz" if gzipped else "some.csv")
    path.write_bytes(edited(gzip.compress(content, mtime=0) if gzipped else content, changes))
    load_or_refuse(path)


# --- the real thing -----------------------------------------------------------------------------


def sha256_as_little_endian(array: NDArray[Any]) -> str:
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<"), copy=False).data).hexdigest()


def test_real_mnist(mnist_folder: Path) -> None:
    data = datasets.mnist(mnist_folder)
    check(data)
    assert data.image_shape == (28, 28)
    assert data.train_inputs.shape == (60_000, 784)
    assert data.test_inputs.shape == (10_000, 784)
    # Computed from the files' bytes by `x / 255 * 0.99 + 0.01` for each of the 256 values.
    assert [
        sha256_as_little_endian(array)
        for array in (data.train_inputs, data.train_labels, data.test_inputs, data.test_labels)
    ] == [
        "0296243980b24b3531aecdb88598a9f62b1bb8f42e1615a2312c2540db1f1fc8",
        "e474323ac02fc156161b0bbb1f8c9cfeb327a74bcd9f9680a8385269a24f566c",
        "b0be3c625129426fdaa650faa6006c5a6940f5812af13aaae93db7ccfad3e039",
        "2fd8de6bdb8d11780b4b96dc57847bcfe6953f7c32aa48bfcd8237c3b7847243",
    ]
