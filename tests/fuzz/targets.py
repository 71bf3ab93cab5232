"""What is fuzzed: a target is given any bytes, loads them as a file, and fails if it should not.

A file is loaded, or refused in one line that names it. What is loaded is the same for both
backends, and again after it was saved. `fuzz.py` looks for bytes that show otherwise;
``tests/test_fuzz_seeds.py`` tries those that are kept in ``seeds``, each target's in a folder of
its name: files ``ok-...``, which are loaded, ``no-...``, which are refused, and ``bug-...``, which
once found one. The fuzzer starts from all of them.
"""

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import safetensors
from PIL import Image

import nnfast
import nnref
from nnfast import datasets, images, ink
from nnfast.data_files import csv, examples, folders, opening
from nnfast.datasets import DatasetError
from nnfast.exchange.json import export_json, load_json
from nnref.common import model_file
from nnref.common.files import ModelFileError
from nnref.common.record import Record
from nnref.common.state import as_float64

Load = Callable[[Path, Any], Any]

SEEDS = Path(__file__).parent / "seeds"
LONGEST_MESSAGE = 300
LONGEST_NAME = 50

# The loaders' own limits, made so small that a file of some hundred bytes can reach them.
DATA_FILE_LIMITS: dict[ModuleType, dict[str, Any]] = {
    csv: {"MNIST_SHAPE": (2, 3), "COLUMNS": 7, "LONGEST_LINE": 60, "MOST_BLANK": 40},
    examples: {"MOST_VALUES": 400},
    opening: {"CHUNK": 16},
}
IMAGE_LIMITS = {"MOST_SIDE": 96, "SMOOTH_SIDE": 40}
INK_LIMITS = {"PAPER_SIDE": 32, "SMOOTH_SIDE": 40}
MOST_PIXELS = 2**15


def network_file(content: bytes, folder: Path) -> bool:
    """Load a network; each target returns whether there was something to load."""
    path = folder / "network.safetensors"
    path.write_bytes(content)
    return comes_back(path, lambda file, kind: kind.load(file), lambda nn, file: nn.save(file))


def network_json(content: bytes, folder: Path) -> bool:
    path = folder / "network.json"
    path.write_bytes(content)
    return comes_back(path, load_json, export_json)


def record(content: bytes, folder: Path) -> bool:
    """Load a record, or a checkpoint that carries one; what is accepted comes back."""
    path = folder / "record"
    path.write_bytes(content)
    loaded, _ = outcome(lambda: Record.load(path), ModelFileError, f"{str(path)!r}: ")
    if loaded is None:
        return False
    loaded.save(path)
    assert Record.load(path) == loaded
    assert loaded.digest in {point.digest for point in loaded.digests}
    assert all(str(point).isprintable() for point in loaded.digests)
    return True


def tensors(content: bytes, folder: Path) -> bool:
    """Read a model file; what is accepted, the safetensors package accepts."""
    path = folder / "tensors.safetensors"
    path.write_bytes(content)
    read, _ = outcome(lambda: model_file.read(path), ModelFileError, f"{str(path)!r}: ")
    if read is None:
        return False
    with safetensors.safe_open(path, "np") as file:
        assert (file.metadata() or {}) == read[1]
    package = dict(safetensors.deserialize(content))
    assert package.keys() == read[0].keys()
    for name, tensor in package.items():
        ours = read[0][name]
        assert (ours.dtype, list(ours.shape)) == (tensor["dtype"], tensor["shape"])
        assert ours.data == bytes(tensor["data"])
    return True


def data_file(content: bytes, folder: Path) -> bool:
    """Load a file that is a whole data set; what it is shows in its first bytes."""
    path = folder / "some.csv"
    path.write_bytes(content)
    return dataset(path, f"{path}: ")


def data_folder(content: bytes, folder: Path) -> bool:
    """Load a folder whose files are each in the content after == and its name as a line."""
    for name, data in files_in(content):
        known = any(names.meaning(name) for names in (folders.IDX, folders.CSV))
        if known and len(name) <= LONGEST_NAME:
            (folder / name).write_bytes(data)
    # Of the folder or of a file in it.
    return dataset(folder, str(folder))


def picture(content: bytes, folder: Path) -> bool:
    path = folder / "picture"
    path.write_bytes(content)
    with (
        mock.patch.multiple(images, **IMAGE_LIMITS),
        mock.patch.multiple(ink, **INK_LIMITS),
        mock.patch.object(Image, "MAX_IMAGE_PIXELS", MOST_PIXELS),
    ):
        inputs, why = outcome(lambda: images.read_digit(path), DatasetError, f"{path}: ")
        small, why_small = outcome(
            lambda: images.read_digit(path, (8, 8)), DatasetError, f"{path}: "
        )
    assert why == why_small
    if inputs is None:
        return False
    for numbers, width in ((inputs, 784), (small, 64)):
        assert numbers.shape == (width,)
        assert numbers.dtype == np.float64
        assert 0.01 <= numbers.min() < numbers.max() <= 1.0
    return True


TARGETS: dict[str, Callable[[bytes, Path], bool]] = {
    target.__name__: target
    for target in (network_file, network_json, record, tensors, data_file, data_folder, picture)
}


def outcome(load: Callable[[], Any], error: type[Exception], named: str) -> tuple[Any, str]:
    """Return what a loader returns and ""; or None and the message of the error it may raise."""
    try:
        return load(), ""
    except error as refusal:
        message = str(refusal)
    assert message.startswith(named)
    assert message.isprintable()
    assert len(message) <= len(named) + LONGEST_MESSAGE
    return None, message


def comes_back(path: Path, load: Load, save: Callable[[Any, Path], None]) -> bool:
    """Return whether a file holds a network, which then comes back from what either saves."""
    networks = in_both(path, load)
    again = path.with_stem("again")
    for network in networks:
        save(network, again)
        assert [knowledge(twin) for twin in in_both(again, load)] == [knowledge(network)] * 2
    return bool(networks)


def in_both(path: Path, load: Load) -> list[Any]:
    """Return a file's network in both backends, or, if both refuse it in the same words, none."""
    kinds = (nnref.NeuralNetwork, nnfast.NeuralNetwork)
    (one, why), (other, why_other) = (
        outcome(lambda kind=kind: load(path, kind), ModelFileError, f"{str(path)!r}: ")
        for kind in kinds
    )
    assert why == why_other
    if one is None:
        return []
    assert knowledge(one) == knowledge(other)
    return [one, other]


def knowledge(network: Any) -> dict[str, Any]:
    """Return everything that a network knows, in a form that does not depend on its backend."""
    return {
        "description": network._description,
        "epochs": network.epochs,
        "reach": network._seen,
        "digest": network.digest(),
        "arrays": as_float64(network.__getstate__()).arrays,
    }


def dataset(path: Path, named: str) -> bool:
    with ExitStack() as patches:
        for module, limits in DATA_FILE_LIMITS.items():
            patches.enter_context(mock.patch.multiple(module, **limits))
        data, _ = outcome(lambda: datasets.load(path), DatasetError, named)
    if data is None:
        return False
    classes = max(10, 1 + data.train_labels.max(), 1 + data.test_labels.max())
    for inputs, targets, labels in (
        (data.train_inputs, data.train_targets, data.train_labels),
        (data.test_inputs, data.test_targets, data.test_labels),
    ):
        assert len(inputs) == len(targets) == len(labels) > 0
        assert inputs.dtype == targets.dtype == np.float64
        assert inputs.flags.c_contiguous
        assert 0.01 <= inputs.min() <= inputs.max() <= 1.0
        assert inputs.shape[1] == data.image_shape[0] * data.image_shape[1]
        assert targets.shape == (len(labels), classes)
        assert (targets.argmax(axis=1) == labels).all()
    return True


def files_in(content: bytes) -> list[tuple[str, bytes]]:
    """Return the files that a `data_folder`'s content holds, by their names."""
    _, *parts = re.split(rb"== ([\w.-]+)\n", content)
    names = [name.decode() for name in parts[::2]]
    return list(zip(names, parts[1::2], strict=True))
