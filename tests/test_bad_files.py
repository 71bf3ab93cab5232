"""Files that cannot be written or read, and mistakes on the command line."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from bad_input.rows import INPUTS, TARGETS, network
from helpers import BACKENDS, HANGS, files, write_images

import nnfast
import nnref
from nnfast.exchange.c import export_c
from nnfast.exchange.json import export_json, load_json
from nnfast.exchange.onnx import export_onnx
from nnref.common.files import ModelFileError

WRITERS: dict[str, Callable[[Any, Any], object]] = {
    "NeuralNetwork.save": lambda nn, path: nn.save(path),
    "NeuralNetwork.fit": lambda nn, path: nn.fit(INPUTS, TARGETS, checkpoint=path),
    "export_c": export_c,
    "export_json": export_json,
    **({"export_onnx": export_onnx} if find_spec("onnx") else {}),
}
UNWRITABLE: dict[str, tuple[str, type[Exception], str]] = {
    "a folder": ("folder", ModelFileError, "folder': got a folder or device, wants the name of a"),
    "a folder and a stroke": ("folder/", ModelFileError, "folder': got a folder or device"),
    "below a file": ("file/network", OSError, "file"),
    "below what is not there": ("nowhere/network", FileNotFoundError, "nowhere'$"),
    "a name too long": ("x" * 5000, OSError, "x" * 100),
}
if os.name == "posix":  # what root may not write either
    UNWRITABLE |= {
        "below a device": ("/dev/null/network", NotADirectoryError, "'/dev/null/network'$"),
        "a device": ("/dev/null", ModelFileError, "'/dev/null': got a folder or device"),
    }
if sys.platform == "linux":
    UNWRITABLE["below /proc"] = ("/proc/network", FileNotFoundError, "'/proc/network'$")


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize(("path", "error", "says"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(
    backend: ModuleType, write: Any, path: str, error: type[Exception], says: str, folder: Path
) -> None:
    nn, held = network(backend), files(folder)
    before = repr(nn), nn.digest(), nn.epochs
    with pytest.raises(error, match=says):
        write(nn, path)
    assert (repr(nn), nn.digest(), nn.epochs) == before
    assert files(folder) == held


def read_digit(path: Any) -> object:
    return importlib.import_module("nnfast.images").read_digit(path)


READERS: dict[str, Callable[[Any], object]] = {
    "nnref": nnref.NeuralNetwork.load,
    "nnfast": nnfast.NeuralNetwork.load,
    "load_json": load_json,
    "load": lambda path: importlib.import_module("nnfast.datasets").load(path),
    "mnist": lambda path: importlib.import_module("nnfast.datasets").mnist(path),
    **({"read_digit": read_digit} if find_spec("PIL") and find_spec("scipy") else {}),
}
UNREADABLE = {
    "a folder": "folder", "what is not there": "nowhere", "below a file": "file/network",
    "something else": "file", "a name too long": "x" * 5000,
    **({"below a device": "/dev/null/m", "nothing": "/dev/null"} if os.name == "posix" else {}),
}  # fmt: skip


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("path", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(read: Any, path: str, folder: Path) -> None:
    for given in (path, Path(path)):
        with pytest.raises((OSError, ValueError), match=Path(path).parts[-1][:30]) as caught:
            read(given)
        assert "\n" not in str(caught.value)


# Each file may have a thousand bytes, for root too: the next ones find the disk full.
FULL_DISK = """
import resource, signal, sys
import nnfast, nnref
from nnfast.exchange.c import export_c
from nnfast.exchange.json import export_json

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
inputs, targets = [[0.5] * 30] * 3, [[0.1, 0.9]] * 3
for backend in (nnref, nnfast):
    for write in (
        backend.NeuralNetwork.save,
        lambda nn, path: nn.fit(inputs, targets, epochs=3, checkpoint=path),
        export_c,
        export_json,
    ):
        nn = backend.NeuralNetwork(30, 10, 2, 0.1, seed=1)
        try:
            write(nn, "file")
        except OSError as error:
            print(nn.epochs, nn.digest(), error)
"""
TRAIN = """
import resource, signal, sys
from nnfast.__main__ import main

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.argv = ["nnfast", "train", "--data", "folder", "--epochs", "1", "--model", "file"]
main()
"""
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="a limit of POSIX systems")


def on_a_full_disk(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder, env={**os.environ, "LC_ALL": "C"},
        capture_output=True, text=True, timeout=HANGS,
    )  # fmt: skip


@POSIX_ONLY
def test_a_full_disk_is_told_of_and_leaves_the_older_file(folder: Path) -> None:
    finished = on_a_full_disk(FULL_DISK, folder)
    nn = nnref.NeuralNetwork(30, 10, 2, 0.1, seed=1)
    digests = [nn.digest()]
    nn.fit([[0.5] * 30] * 3, [[0.1, 0.9]] * 3)
    digests.append(nn.digest())
    says = f"[Errno 27] File too large: '{folder.resolve() / 'file'}'"
    # An epoch that was trained before the first checkpoint stays learned.
    lines = [f"{epochs} {digests[epochs]} {says}" for epochs in (0, 1, 0, 0)]
    assert (finished.stdout.splitlines(), finished.stderr) == (lines * 2, "")
    assert files(folder) == {"file": b"older"}


@POSIX_ONLY
def test_a_full_disk_is_told_of_on_the_command_line(folder: Path) -> None:
    for needed in ("click", "rich"):
        pytest.importorskip(needed)
    write_images(folder / "folder")
    finished = on_a_full_disk(TRAIN, folder)
    assert finished.returncode == 1
    last = f"Error: {folder.resolve() / 'file'}: File too large"
    assert finished.stderr.splitlines()[-1] == last
    assert files(folder) == {"file": b"older"}


COMMANDS: dict[str, tuple[str, ...]] = {
    "a data set without a name": ("train", "--data", ""),
    "data below a file": ("train", "--data", "file/network"),
    "a model without a name": ("train", "--data", "digits", "--model", ""),
    "a model below a file": ("train", "--data", "digits", "--model", "file/network"),
    "a folder as model": ("train", "--data", "digits", "--model", "folder"),
    "not a model": ("query", "file", "--inputs", "1,2"),
    "no model": ("info", ""),
    "a folder to query": ("query", "folder", "--inputs", "1"),
    "terabytes": ("train", "--data", "digits", "--hidden", "9" * 30),
    "a learning rate of many digits": ("train", "--data", "digits", "--lr", "1e400"),
    "epochs without a number": (
        "train",
        "--data",
        "digits",
        "--epochs",
        "\N{FULLWIDTH DIGIT ONE}x",
    ),
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_mistake_on_the_command_line_is_a_line(
    arguments: tuple[str, ...], run: Callable[..., SimpleNamespace], folder: Path
) -> None:
    for needed in ("click", "rich", "sklearn"):
        pytest.importorskip(needed)
    finished = run(*arguments)
    assert finished.status in (1, 2)
    assert finished.out == ""
    assert finished.err.splitlines()[-1].startswith("Error: ")
    assert files(folder) == {"file": b"older"}
