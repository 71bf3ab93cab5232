"""The file of a network: it goes on where it was saved; what is not such a file is refused.

What is no file of the format at all is for ``test_model_file.py``.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from helpers import BACKENDS, INPUTS, TARGETS, amount, network
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nnref
from nnref.common import model_file
from nnref.common.description import ADDED_ENTRIES, Description
from nnref.common.files import ModelFileError
from nnref.common.model_file import Tensor

NAN, INF = math.nan, math.inf
Tensors = list[Tensor]
Texts = dict[str, str]
Damage = Callable[[Tensors, Texts], tuple[Tensors, Texts]]

KEYS = [field.name for field in fields(Description)]
LOST = object()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tensors, Texts]:
    """A place for files, and the tensors and the metadata of a good one."""
    path = tmp_path_factory.mktemp("api") / "network.safetensors"
    network(nnref, 3, [4, 5], 2).save(path)
    tensors, metadata = model_file.read(path)
    return path, list(tensors.values()), metadata


def changed(entries: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**entries, **changes}.items() if value is not LOST}


def metadata(**changes: Any) -> Damage:
    return lambda tensors, texts: (tensors, changed(texts, changes))


def description(**changes: Any) -> Damage:
    def damage(tensors: Tensors, texts: Texts) -> tuple[Tensors, Texts]:
        entries = changed(json.loads(texts["network"]), changes)
        return tensors, {**texts, "network": json.dumps(entries)}

    return damage


def dropping(updates: str) -> Damage:
    """A network with dropout, and so many updates."""

    def damage(tensors: Tensors, texts: Texts) -> tuple[Tensors, Texts]:
        return metadata(updates=updates)(*description(dropout=0.5)(tensors, texts))

    return damage


def twice(tensors: Tensors, texts: Texts) -> tuple[Tensors, Texts]:
    return tensors, {**texts, "network": texts["network"].replace("{", '{"inodes": 3, ', 1)}


def tensors(change: Callable[[Tensor, Tensor, Tensor], Tensors]) -> Damage:
    return lambda tensors, texts: (change(*tensors), texts)


def damages() -> Iterator[tuple[str, Damage, str]]:
    """(kind, what to do to a good file, a word that the message must have)."""
    for key in ("format", "network", "epochs"):
        yield f"lacks {key}", metadata(**{key: LOST}), key
    yield "a later version", metadata(format="nnfast network, version 2"), "version 1"
    for epochs in ("", "-1", "1.5", " 1", "1_0", "٣", "x", "1" * 19, "1" * 5000):
        yield f"epochs {epochs:.9}", metadata(epochs=epochs), "epochs: got .*wants a whole number"
    for text in (
        "",
        "{",
        "[]",
        "null",
        "3",
        '"a"',
        "NaN",
        "{}",
        "[" * 10**5,
        "1" * 5000,
        "\ufeff{}",
    ):
        yield f"description {text:.9}", metadata(network=text), ""

    for key in KEYS:
        if key in ADDED_ENTRIES:
            continue
        yield f"lacks {key}", description(**{key: LOST}), key
    yield "an entry twice", twice, "the key 'inodes' comes twice"
    for kind, key in {
        "an entry": "more", "an empty name of an entry": "", "a long name of an entry": "x" * 1000,
        "a break in an entry's name": "a\nb", "an escape in an entry's name": "\x1b[31m",
        "a surrogate in an entry's name": "\ud800",
    }.items():  # fmt: skip
        yield kind, description(**{key: 1}), "description"
    for key, values in {
        "inodes": [0, -1, "3", 3.0, None, True, [3], 4, 10**18, 10**30],
        "hnodes": ["45", None, {"4": 5}, [4.0, 5], [[4], 5], [0, 5], [True, True]],
        "onodes": [0, "2", 2.0, None, 3, 2**63],
        "lr": [0, -1, "0.1", None, True, NAN, INF, 10**400, [0.1]],
        "hidden_error": ["other", "", None, 1, ["split"], {}],
        "init": ["other", None, 0],
        "bias_init": ["other", None, 0, True, "drawn"],
        "dropout": [1, 1.0, -0.1, "0.5", None, True, NAN, INF, [0.5]],
        "input_dropout": [1, -1, "0.5", None, True, NAN],
        "seed": [-1, 2**64, 1.0, "1", True, [1]],
    }.items():
        for value in values:
            # A size can be one, and not that of the tensors.
            says = "weights" if type(value) is int and value > 2 and key != "lr" else key
            says = "seed" if key == "seed" else says
            yield f"{key} {value!r:.9}", description(**{key: value}), says
    yield "dropout without updates", description(dropout=0.5), "updates"
    for count in ("", "-1", "1.5", "x", "1" * 19):
        yield f"updates {count:.9}", dropping(count), "updates: got .*wants a whole number"
    for hnodes in ([], [4], [5, 4], [4, 5, 6]):
        says = "weights" if len(hnodes) == 2 else "activation"
        yield f"hnodes {hnodes}", description(hnodes=hnodes), says
    layers = description(hnodes=[1] * 10**5, activation=["relu"] * 10**5)
    yield "many layers", layers, "weights"
    yield "many digits", description(inodes=10**400), "weights"
    yield "no hnodes, as a str", description(hnodes=""), "hnodes"
    yield "no hnodes, as a dict", description(hnodes={}), "hnodes"
    yield "seed null", description(seed=None), "seed"

    for kind, change in {
        "no tensors": lambda a, b, c: [],
        "a tensor too few": lambda a, b, c: [a, b],
        "a tensor too many": lambda a, b, c: [a, b, c, c._replace(name="weights.3")],
        "another name": lambda a, b, c: [a, b, c._replace(name="weights.02")],
        "an unprintable name": lambda a, b, c: [a, b, c._replace(name="a\n\x1b[31m")],
        "a long name": lambda a, b, c: [a, b, c._replace(name="x" * 1000)],
        "float32": lambda a, b, c: [a._replace(dtype="F32", data=a.data[:48]), b, c],
        "transposed": lambda a, b, c: [a._replace(shape=(4, 3)), b, c],
        "flat": lambda a, b, c: [a._replace(shape=(12,)), b, c],
        "swapped": lambda a, b, c: [a._replace(name=b.name), b._replace(name=a.name), c],
        "many dimensions": lambda a, b, c: [a._replace(shape=(3, 4, *[1] * 1000)), b, c],
    }.items():
        yield kind, tensors(change), ""


def assert_load_refuses(backend: ModuleType, path: Path, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(repr(str(path)))}: .*{says}") as caught:
        backend.NeuralNetwork.load(path)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < len(str(path)) + 300


@pytest.mark.parametrize(
    ("damage", "says"),
    [pytest.param(damage, says, id=kind) for kind, damage, says in damages()],
)
def test_a_damaged_file_is_refused(
    backend: ModuleType, saved: tuple[Path, Tensors, Texts], damage: Damage, says: str
) -> None:
    path, tensors, texts = saved
    model_file.write(path, *damage(tensors, texts))
    assert_load_refuses(backend, path, says)


def test_the_file_of_another_program_is_refused(backend: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    arrays = {"weights.0": np.ones((3, 4)), "weights.1": np.ones((4, 2))}
    safetensors.numpy.save_file(arrays, path)
    assert_load_refuses(backend, path, "format: got None, wants 'nnfast network, version 1'")
    safetensors.numpy.save_file(arrays, path, metadata={"format": "pt"})
    assert_load_refuses(backend, path, "format: got 'pt', wants 'nnfast network, version 1'")
    path.write_bytes(b"no safetensors at all")
    assert_load_refuses(backend, path, "")


def test_a_saved_network_goes_on_where_it_was(backend: ModuleType, tmp_path: Path) -> None:
    nn = network(backend, 3, [4, 5], 2, hidden_error="gradient", init="scaled_normal", lr=0.1)
    nn.fit(INPUTS, TARGETS, epochs=2, shuffle=True)
    nn.lr = 0.2
    nn.save(tmp_path / "network.safetensors")
    again = backend.NeuralNetwork.load(tmp_path / "network.safetensors")
    assert type(again) is backend.NeuralNetwork
    assert repr(again) == repr(nn)
    for twin in (nn, again):
        twin.fit(INPUTS, TARGETS, shuffle=True)
    assert again.digest() == nn.digest()


def test_a_file_says_nothing_of_what_files_did_not_always_say(
    backend: ModuleType, tmp_path: Path
) -> None:
    """A network made without newer options has the file that it had before there were any."""
    path = tmp_path / "network.safetensors"
    for options, says in (({}, False), ({"bias": True, "bias_init": "drawn"}, True)):
        nn = network(backend, **options)
        nn.save(path)
        _, texts = model_file.read(path)
        assert ("bias_init" in json.loads(texts["network"])) == says
        for other in BACKENDS.values():
            again = other.NeuralNetwork.load(path)
            assert again.bias_init == nn.bias_init
            assert again.digest() == nn.digest()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from([3, 4, 5, 2, 0.1, "split", "uniform", 2**64, 10**30]),
    lambda children: st.lists(children, max_size=3)
    | st.dictionaries(st.text(max_size=3), children, max_size=2),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=amount(200, quick=40))
@given(
    changes=st.dictionaries(
        st.sampled_from(KEYS) | st.text(max_size=5), JSON | st.just(LOST), max_size=3
    ),
    cut=st.integers(0, 200) | st.none(),
)
@example(changes={"lr": 1, "seed": 3}, cut=None)
def test_any_description_loads_or_is_refused(
    saved: tuple[Path, Tensors, Texts], changes: dict[str, Any], cut: int | None
) -> None:
    path, tensors, texts = saved
    text = json.dumps(changed(json.loads(texts["network"]), changes))[:cut]
    model_file.write(path, tensors, {**texts, "network": text})
    for backend in BACKENDS.values():
        try:
            nn = backend.NeuralNetwork.load(path)
        except ModelFileError:
            continue
        assert nn.digest() == network(nnref, 3, [4, 5], 2).digest()
        assert repr(eval(repr(nn), dict(BACKENDS))) == repr(nn)
