"""Is every file of pictures known for what it is, and read or refused by its true name?"""

import gzip
import io
import os
import pickle
import signal
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
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

from nnfast import datasets
from nnfast.data_files import csv, examples, opening
from nnfast.datasets import Dataset, DatasetError

# The pixels and labels of IDX_FILES.
SMALL = {
    "x_train": np.arange(0, 252, 7, dtype=np.uint8).reshape(6, 2, 3),
    "y_train": np.array([5, 0, 4, 1, 9, 2], np.uint8),
    "x_test": np.arange(255, 237, -1, dtype=np.uint8).reshape(3, 2, 3),
    "y_test": np.array([7, 2, 1], np.uint8),
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def npz(save: Callable[..., None] = np.savez, **arrays: Any) -> bytes:
    """Return an archive of the small set, in which these arrays take the place of its own."""
    file = io.BytesIO()
    kept = {name: array for name, array in (SMALL | arrays).items() if array is not None}
    save(file, **kept)
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return file.getvalue()


def tarred(content: bytes) -> bytes:
    file = io.BytesIO()
    entry = tarfile.TarInfo("digits.csv")
    entry.size = len(content)
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


# --- packed or not, whatever the name ------------------------------------------------------------


@pytest.mark.parametrize("packed", [True, False])
def test_gzip_is_known_by_its_first_bytes(tmp_path: Path, packed: bool) -> None:
    """Browsers unpack a download and leave its name, or the other way round."""
    files = {
        (name if packed else f"{name}.gz"): gzip.compress(content) if packed else content
        for name, content in IDX_FILES.items()
    }
    assert_is_the_small_set(datasets.mnist(write(tmp_path, files)))


def test_gzipped_csv_needs_no_name(tmp_path: Path) -> None:
    write(tmp_path, {"digits": gzip.compress((csv_line(3, 7) + csv_line(4)).encode())})
    data = datasets.mnist(tmp_path / "digits")
    assert (data.train_labels.tolist(), data.test_labels.tolist()) == ([3], [4])
    assert data.train_inputs[0, :2].tobytes() == scaled([7, 0])


# --- what is not read ----------------------------------------------------------------------------

ARRAYS = "with numpy.savez as x_train, y_train, x_test and y_test"
OTHERS: dict[str, tuple[bytes, str]] = {
    "pickle": (
        pickle.dumps([1, 2]),
        "is a pickle, which could run any code when it is read: if you trust it, load it and",
    ),
    "pickle as text": (pickle.dumps((1, 2), protocol=0), "is a pickle, "),
    "pickle of a list": (pickle.dumps([1, 2], protocol=1), "is a pickle, "),
    "pickle of a dict": (pickle.dumps({1: 2}, protocol=1), "is a pickle, "),
    "pickle of an array": (pickle.dumps(np.arange(2), protocol=1), "is a pickle, "),
    "parquet": (b"PAR1\x15\x04", f"is a Parquet file: open it with pandas or polars, .*{ARRAYS}"),
    "arrow": (b"ARROW1\0\0", "is an Arrow file: open it with pandas or polars"),
    "arff": (b"@RELATION mnist_784\n", "is an ARFF file: save it as CSV, the label first"),
    "arff with a remark": (b"% Author: Yann LeCun\n", "is an ARFF file: "),
    "npy": (b"\x93NUMPY\1\0v\0{'descr'", f"is one NumPy array: save all four arrays {ARRAYS}"),
    "hdf5": (b"\x89HDF\r\n\x1a\n", f"is an HDF5 file: open it with h5py, .*{ARRAYS}"),
    "matlab": (b"MATLAB 5.0 MAT-file", f"is a MATLAB file: .*loadmat, .*{ARRAYS}"),
    "json": (b'{"label": 1}', "is JSON: save it as CSV"),
    "json lines": (b"[5, 0]\n", "is JSON: save it as CSV"),
    "html": (b"<!DOCTYPE html>", "is a web page, as failed downloads leave it: download the data"),
    "html after blank lines": (b"\xef\xbb\xbf\r\n  <html>", "is a web page, "),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS: get"),
    "utf-16": ("1,2".encode("utf-16"), "is text in UTF-16: save it as CSV in UTF-8"),
    "png": (b"\x89PNG\r\n\x1a\n", "is a picture: give it to nnfast.images.read_digit or"),
    "bzip2": (b"BZh91AY&SY", "is a packed file: unpack it"),
    "xz": (b"\xfd7zXZ\x00", "is a packed file: unpack it"),
    "tar": (tarred(b"1,2"), "is a packed file: unpack it"),
    "gzip": (gzip.compress(gzip.compress(b"1,2")), "is gzip within gzip: unpack it"),
    "zip": (zipped(digits_csv=b"1,2"), "is a zip archive, and not of NumPy's arrays: unpack it"),
    "excel": (zipped(xl__workbook_xml=b"<"), "is an Excel workbook: save it as CSV, the label"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", OTHERS)
def test_a_file_of_another_kind_is_refused_by_its_name(
    tmp_path: Path, kind: str, packed: bool
) -> None:
    content, says = OTHERS[kind]
    if packed:
        content = gzip.compress(content)
        says = "is a zip archive within gzip: unpack it" if kind in ("zip", "excel") else says
    write(tmp_path, {"data": content})
    with pytest.raises(DatasetError, match=f"/data: {says}") as caught:
        datasets.mnist(tmp_path / "data")
    assert str(caught.value).isprintable()


def test_so_it_is_where_a_file_has_the_right_name(tmp_path: Path) -> None:
    write(tmp_path, IDX_FILES | {TEST_LABELS: b"<html>404 Not Found"})
    with refused(f"{TEST_LABELS}: is a web page, as failed downloads leave it"):
        datasets.mnist(tmp_path)


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    class Mischief:
        def __reduce__(self) -> Any:
            return (tmp_path / "ran").touch, ()

    harmful = pickle.dumps(Mischief())
    objects = np.array([Mischief()] * 6, dtype=object)
    write(tmp_path, {"mnist.pkl.gz": gzip.compress(harmful), "mnist.npz": npz(y_train=objects)})
    for name, says in (
        ("mnist.pkl.gz", "is a pickle, which could run any code"),
        ("mnist.npz", "y_train: got the type '|O', wants whole numbers"),
    ):
        with refused(name, says):
            datasets.mnist(tmp_path / name)
    assert not (tmp_path / "ran").exists()


# --- NumPy's archives ----------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("label_type", [np.uint8, np.int8, np.int64, np.dtype(">i4"), np.uint16])
def test_npz_as_keras_has_it(tmp_path: Path, save: Any, label_type: Any) -> None:
    labels = {name: SMALL[name].astype(label_type) for name in ("y_train", "y_test")}
    write(tmp_path, {"mnist.npz": npz(save, **labels)})
    assert_is_the_small_set(datasets.mnist(tmp_path / "mnist.npz"))


def test_npz_in_fortran_order(tmp_path: Path) -> None:
    write(tmp_path, {"mnist.npz": npz(x_train=np.asfortranarray(SMALL["x_train"]))})
    assert_is_the_small_set(datasets.mnist(tmp_path / "mnist.npz"))


def promised(shape: str, values: bytes = bytes(18), descr: str = "|u1") -> bytes:
    """Return a .npy file with this shape in its header."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + values


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x_train": SMALL["x_train"] / 255}, "x_train: got the type '<f8', wants uint8, from 0"),
        ({"x_test": SMALL["x_test"].astype(int)}, "x_test: got the type '<i8', wants uint8"),
        ({"y_test": SMALL["y_test"] / 1.0}, "y_test: got the type '<f8', wants whole numbers"),
        ({"y_test": np.array(["7"] * 3)}, "y_test: got the type '<U1', wants whole numbers"),
        ({"x_test": SMALL["x_test"].reshape(3, 6)}, "x_test: got shape (3, 6), wants (n, rows, c"),
        ({"x_test": SMALL["x_test"][:0]}, "x_test: got shape (0, 2, 3), wants (n, rows, columns)"),
        ({"y_train": np.eye(6, dtype=int)}, "y_train: got shape (6, 6), wants (n,)"),
        ({"y_train": SMALL["y_train"][:5]}, "y_train: 5 labels, but"),
        ({"x_test": SMALL["x_test"].reshape(3, 3, 2)}, "x_test: images of 3 x 2 pixels, but those"),
        ({"y_test": np.array([7, -2, 1])}, "y_test: label 1: got -2, wants 0 to 255"),
        ({"y_test": np.array([7, 2, 256])}, "y_test: label 2: got 256, wants 0 to 255"),
        ({"y_train": None}, "has no y_train, wants x_train, y_train, x_test, y_test"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_wrong_with_an_npz_is_named(
    tmp_path: Path, arrays: dict[str, Any], says: str
) -> None:
    write(tmp_path, {"mnist.npz": npz(**arrays)})
    with refused("mnist.npz: ", says):
        datasets.mnist(tmp_path / "mnist.npz")


HUGE = 2**28 // 6


@pytest.mark.parametrize(
    ("x_train", "says"),
    [
        (
            promised(f"({HUGE}, 2, 3)"),
            "x_train: has fewer bytes than the 268435452 that its header",
        ),
        (promised("(4294967295, 2, 3)"), "x_train: promises 4294967295 x 2 x 3 values, more than"),
        (promised("(2, 2, 3)"), "x_train: has more bytes than the 12 that its header promises"),
        (promised("(2, 2, 3)", bytes(64 * MEBI)), "x_train: has more bytes than the 12"),
        (promised("(-2, 2, 3)"), "x_train: is no array of numbers"),
        (promised("([" * 100), "x_train: is no array of numbers"),
        (promised("(3, 2, 3)", descr="|O"), "x_train: got the type '|O', wants uint8"),
        (b"\x93NUMPY\2\0\xff\xff\xff\xff" + bytes(64 * MEBI), "x_train: is no array of numbers"),
        (b"", "x_train: is no array of numbers"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_header_in_an_npz_that_lies_gets_no_memory(
    tmp_path: Path, x_train: bytes, says: str
) -> None:
    with zipfile.ZipFile(tmp_path / "mnist.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", x_train)
    with memory_below(3 * MEBI), refused("mnist.npz: ", says):
        datasets.mnist(tmp_path / "mnist.npz")


def test_a_damaged_npz_is_named(tmp_path: Path) -> None:
    whole = npz()
    changed = bytearray(whole)
    changed[whole.index(b"\n", whole.index(b"shape")) + 3] ^= 1  # a pixel, and the sum shows it
    for content in (whole[:200], whole[:-30], whole[:4], bytes(changed)):
        write(tmp_path, {"mnist.npz": content})
        with refused("mnist.npz: damaged zip archive: "):
            datasets.mnist(tmp_path / "mnist.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_npz_is_packed_as_numpy_packs_it(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "mnist.npz", "w", method) as archive:
        archive.writestr("x_train.npy", promised("(3, 2, 3)"))
    with refused("mnist.npz: x_train: is not packed as numpy.savez or savez_compressed do it"):
        datasets.mnist(tmp_path / "mnist.npz")


def test_an_npz_within_gzip_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"mnist.npz": gzip.compress(npz())})
    with refused("mnist.npz: is a zip archive within gzip: unpack it"):
        datasets.mnist(tmp_path / "mnist.npz")


# --- one IDX file --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IDX_FILES)
@pytest.mark.parametrize("end", ["", ".gz"])
def test_an_idx_file_stands_for_its_set(tmp_path: Path, name: str, end: str) -> None:
    write(tmp_path, {file + end: content for file, content in IDX_FILES.items()})
    assert_is_the_small_set(datasets.mnist(tmp_path / (name + end)))


@pytest.mark.parametrize("name", [TRAIN_IMAGES, TRAIN_LABELS])
def test_the_last_sixth_of_one_pair_is_for_test(tmp_path: Path, name: str) -> None:
    write(tmp_path, {file: IDX_FILES[file] for file in (TRAIN_IMAGES, TRAIN_LABELS)})
    data = datasets.mnist(tmp_path / name)
    check(data)
    assert (data.train_labels.tolist(), data.test_labels.tolist()) == ([5, 0, 4, 1, 9], [2])
    assert data.train_inputs.tobytes() == scaled(range(0, 210, 7))
    assert data.test_inputs.tobytes() == scaled(range(210, 252, 7))


def test_the_file_that_was_given_comes_before_its_other_spelling(tmp_path: Path) -> None:
    other = {"t10k-labels.idx1-ubyte": idx(3, values=bytes([0, 1, 3]))}
    write(tmp_path, IDX_FILES | other)
    data = datasets.mnist(tmp_path / "t10k-labels.idx1-ubyte")
    assert data.test_labels.tolist() == [0, 1, 3]


def test_an_idx_file_without_its_partner_says_which_that_is(tmp_path: Path) -> None:
    images, labels = IDX_FILES[TRAIN_IMAGES], IDX_FILES[TRAIN_LABELS]
    write(tmp_path, {TRAIN_IMAGES: images, "images": images})
    write(tmp_path, {"emnist-letters-test-labels-idx1-ubyte.gz": gzip.compress(labels)})
    for name, says in (
        (TRAIN_IMAGES, f"wants {TRAIN_LABELS} in the same folder"),
        (
            "emnist-letters-test-labels-idx1-ubyte.gz",
            "wants emnist-letters-test-images-idx... in the same folder",
        ),
        ("images", "is an IDX file, and its name does not tell which file belongs to it"),
    ):
        with refused(f"{name}: {says}"):
            datasets.mnist(tmp_path / name)


# --- names of other data sets --------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", ["", "mnist_", "fashion-mnist_", "sign_mnist_", "emnist-digits-", "my own-"]
)
@pytest.mark.parametrize("end", ["", ".gz"])
def test_any_pair_of_csv_files_for_training_and_test(tmp_path: Path, before: str, end: str) -> None:
    header = "label," + ",".join(f"pixel{n}" for n in range(784)) + "\n"
    train, test = (
        (header + csv_line(3, 255) + csv_line(4)).encode(),
        (header + csv_line(5)).encode(),
    )
    if end:
        train, test = gzip.compress(train), gzip.compress(test)
    write(tmp_path, {f"{before}train.csv{end}": train, f"{before}test.csv{end}": test})
    data = datasets.mnist(tmp_path)
    check(data)
    assert (data.train_labels.tolist(), data.test_labels.tolist()) == ([3, 4], [5])
    assert data.train_inputs[:, 0].tobytes() == scaled([255, 0])


def test_kaggle_s_test_file_has_no_labels(tmp_path: Path) -> None:
    pixels = ",".join(f"pixel{n}" for n in range(784))
    train = f"label,{pixels}\n{csv_line(3)}{csv_line(4)}".encode()
    test = (pixels + "\n" + "0," * 783 + "0\n").encode()
    write(tmp_path, {"train.csv": train, "test.csv": test, "sample_submission.csv": b"ImageId"})
    says = "test.csv: has no labels, as Kaggle's test.csv: give train.csv alone"
    for path in (tmp_path, tmp_path / "test.csv"):
        with refused(says):
            datasets.mnist(path)
    assert datasets.mnist(tmp_path / "train.csv").train_labels.tolist() == [3]


def emnist(before: str, labels: bytes) -> dict[str, bytes]:
    """Return the files of a set whose pictures are the small set's, stored column by column."""
    train, test = (SMALL[name].transpose(0, 2, 1) for name in ("x_train", "x_test"))
    return {
        f"{before}-train-images-idx3-ubyte": idx(6, 3, 2, values=train.tobytes()),
        f"{before}-train-labels-idx1-ubyte": idx(6, values=labels),
        f"{before}-test-images-idx3-ubyte": idx(3, 3, 2, values=test.tobytes()),
        f"{before}-test-labels-idx1-ubyte": idx(3, values=labels[:3]),
    }


def assert_has_the_small_pictures(data: Dataset, labels: bytes, classes: int) -> None:
    check(data)
    assert data.image_shape == (2, 3)
    assert data.train_inputs.tobytes() == scaled(SMALL["x_train"])
    assert data.test_inputs.tobytes() == scaled(SMALL["x_test"])
    assert data.train_labels.tolist() == list(labels)
    assert data.test_labels.tolist() == list(labels[:3])
    assert data.train_targets.shape == (6, classes)
    assert data.test_targets.shape == (3, classes)


LETTERS = bytes([26, 1, 7, 8, 9, 25])
BALANCED = bytes([0, 1, 7, 46, 9, 25])


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("before", "labels", "classes"),
    [
        ("emnist-letters", LETTERS, 27),
        ("emnist-balanced", BALANCED, 47),
        ("emnist-digits", bytes(6), 10),
    ],
)
def test_emnist(tmp_path: Path, before: str, labels: bytes, classes: int, zipped: bool) -> None:
    files = emnist(before, labels)
    if zipped:
        files = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    write(tmp_path, files)
    assert_has_the_small_pictures(datasets.mnist(tmp_path), labels, classes)


def test_emnist_as_csv_is_stored_by_columns_too(tmp_path: Path) -> None:
    line = csv_line(26, *[0] * 28, 7)  # the first pixel of the second column
    write(tmp_path, dict.fromkeys(("emnist-letters-train.csv", "emnist-letters-test.csv"), b""))
    for path in tmp_path.iterdir():
        path.write_text(line * 2)
    for data in map(datasets.mnist, (tmp_path, tmp_path / "emnist-letters-test.csv")):
        assert data.train_targets.shape[1] == 27
        assert data.train_inputs[0, :3].tobytes() == scaled([0, 7, 0])
        assert data.test_inputs[0, :3].tobytes() == scaled([0, 7, 0])


def test_of_several_sets_in_a_folder_one_is_chosen_by_a_file(tmp_path: Path) -> None:
    write(tmp_path, emnist("emnist-letters", LETTERS) | emnist("emnist-balanced", BALANCED))
    says = "has several data sets, emnist-balanced-..., emnist-letters-...: give the path of one"
    with refused(f"{tmp_path}: {says}"):
        datasets.mnist(tmp_path)
    data = datasets.mnist(tmp_path / "emnist-letters-train-images-idx3-ubyte")
    assert_has_the_small_pictures(data, LETTERS, 27)
    write(tmp_path, IDX_FILES)
    assert_is_the_small_set(datasets.mnist(tmp_path))


def test_of_several_pairs_of_csv_none_is_chosen(tmp_path: Path) -> None:
    names = [f"{before}{part}.csv" for before in ("", "my-") for part in ("train", "test")]
    write(tmp_path, dict.fromkeys(names, csv_line(1).encode()))
    with refused(f"{tmp_path}: has several data sets, ..., my-...: move each into a folder of its"):
        datasets.mnist(tmp_path)
    write(tmp_path, dict.fromkeys(["mnist_train.csv", "mnist_test.csv"], csv_line(2).encode()))
    assert datasets.mnist(tmp_path).test_labels.tolist() == [2]


def test_a_set_of_another_name_that_lacks_a_file_says_which(tmp_path: Path) -> None:
    write(tmp_path, emnist("emnist-letters", LETTERS))
    (tmp_path / "emnist-letters-test-labels-idx1-ubyte").unlink()
    (tmp_path / "fashion-mnist_train.csv").touch()
    says = "has no emnist-letters-test-labels-idx...; nor, as CSV, fashion-mnist_test.csv (each"
    with refused(f"{tmp_path}: {says}"):
        datasets.mnist(tmp_path)


def test_qmnist(tmp_path: Path) -> None:
    """Its labels are rows of eight numbers in four bytes, the first of which is the digit."""
    labels = {"train": bytes([5, 0, 4, 1, 9, 2]), "test": bytes([7, 2, 1])}
    rows = {
        part: b"".join(
            np.array([label, 300, -1, 0, 0, 0, 0, 7], ">i4").tobytes() for label in values
        )
        for part, values in labels.items()
    }
    files = {
        "qmnist-train-images-idx3-ubyte.gz": gzip.compress(IDX_FILES[TRAIN_IMAGES]),
        "qmnist-train-labels-idx2-int.gz": idx(6, 8, values=rows["train"], magic=0x0C02),
        "qmnist-test-images-idx3-ubyte": IDX_FILES[TEST_IMAGES],
        "qmnist-test-labels-idx2-int": idx(3, 8, values=rows["test"], magic=0x0C02),
    }
    assert_is_the_small_set(datasets.mnist(write(tmp_path, files)))
    assert_is_the_small_set(datasets.mnist(tmp_path / "qmnist-test-labels-idx2-int"))
    bad = idx(3, 8, values=np.full(24, -1, ">i4").tobytes(), magic=0x0C02)
    write(tmp_path, {"qmnist-test-labels-idx2-int": bad})
    with refused("qmnist-test-labels-idx2-int: label 0: got -1, wants 0 to 255"):
        datasets.mnist(tmp_path)


def test_labels_of_few_pixels_cannot_need_more_memory_than_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, emnist("emnist-letters", LETTERS))
    monkeypatch.setattr(examples, "MOST_VALUES", 6 * 27)
    assert datasets.mnist(tmp_path).train_targets.shape == (6, 27)
    monkeypatch.setattr(examples, "MOST_VALUES", 6 * 27 - 1)
    with refused("images-idx3-ubyte: 6 examples of 27 classes, more than 161 targets"):
        datasets.mnist(tmp_path)


# --- CSV as Excel writes it ----------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", HEADER])
@pytest.mark.parametrize("blank", ["\n", "\r\n", " \r\n"])
def test_a_byte_order_mark_and_blank_lines_are_no_data(
    tmp_path: Path, header: str, blank: str
) -> None:
    lines = [header, csv_line(3, 7), csv_line(4), csv_line(5)]
    text = blank + "".join(line + blank for line in lines if line) + blank
    write(tmp_path, {"excel.csv": b"\xef\xbb\xbf" + text.encode()})
    data = datasets.mnist(tmp_path / "excel.csv")
    check(data)
    assert (data.train_labels.tolist(), data.test_labels.tolist()) == ([3, 4], [5])
    assert data.train_inputs[:, 0].tobytes() == scaled([7, 0])


def test_blank_lines_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the many spaces in one, or ends of a line that are no less."""
    line = csv_line(1).encode()
    monkeypatch.setattr(csv, "MOST_BLANK", 9)
    write(tmp_path, {"nine": b"\n \r\n" + line * 2 + b"   "})
    assert datasets.mnist(tmp_path / "nine").test_labels.tolist() == [1]
    for content, number in (
        (b"\n" * 10, 10),
        (line + b" " * 8 + b"\n" + line, 2),
        (line + line[:-1] + b"\r" * 8 + b"\n", 2),
    ):
        write(tmp_path, {"ten": content})
        says = f"line {number}: more than 9 bytes of blank lines and ends of lines"
        with refused(f"ten: {says}"):
            datasets.mnist(tmp_path / "ten")


# --- what is no file, and what the system says ---------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="there are no such files")
def test_pipes_and_devices_are_not_read(tmp_path: Path) -> None:
    """To open a pipe would block until somebody writes, to read a device need not end."""
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", tmp_path / "pipe"):
        with refused(f"'{path}': got a pipe or device, wants a file"):
            datasets.mnist(path)
    write(tmp_path, {name: content for name, content in IDX_FILES.items() if name != TEST_LABELS})
    os.mkfifo(tmp_path / TEST_LABELS)
    with refused(f"has no {TEST_LABELS}"):
        datasets.mnist(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGALRM")
def test_an_alarm_of_the_caller_s_is_not_the_file_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_late)
    monkeypatch.setattr(opening, "beginning", lambda _: signal.raise_signal(signal.SIGALRM))
    write(tmp_path, IDX_FILES)
    try:
        with pytest.raises(TimeoutError, match=r"^$"):
            datasets.mnist(tmp_path)
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(os.name != "posix", reason="no such names")
@pytest.mark.parametrize("name", ["two\nlines", "an\x1b[1mescape", "a\ttab"])
def test_an_error_is_one_line_whatever_the_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    for path in (folder, str(folder)):
        with refused(f"{str(folder)!r}: no such file or folder"):
            datasets.load(path)
    folder.mkdir()
    with refused(f"{str(folder)!r}: has no {TRAIN_IMAGES}"):
        datasets.mnist(folder)
    write(folder, IDX_FILES | {TEST_LABELS: IDX_FILES[TRAIN_LABELS], "csv": csv_line(1).encode()})
    with refused(f"{str(folder / TEST_LABELS)!r}: 6 labels, but {str(folder / TEST_IMAGES)!r}"):
        datasets.mnist(folder)
    with refused(f"{str(folder / 'csv')!r}: 1 example"):
        datasets.mnist(folder / "csv")
