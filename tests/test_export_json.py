"""A network written as JSON comes back as itself, and nothing else is taken for one."""

import copy
import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import NOT_FINITE, SPECIAL, draw_rows

import nnfast
import nnref
from nnfast.exchange.json import export_json, load_json
from nnref import SGD, Adam, Momentum
from nnref.common.files import ModelFileError
from nnref.common.state import State

KINDS = [
    pytest.param(nnref.NeuralNetwork, {}, id="nnref"),
    pytest.param(nnref.NeuralNetwork, {"input_dropout": 0.1}, id="nnref-dropout"),
    pytest.param(nnfast.NeuralNetwork, {}, id="nnfast"),
    pytest.param(nnfast.NeuralNetwork, {"dtype": "float32"}, id="nnfast-float32"),
]
OPTIMIZERS = [SGD(0.01), Momentum(0.9, nesterov=True), Adam(beta2=0.99)]
# Over 100 examples, so that the network warns of others.
DRAWS = random.Random(1)
INPUTS, TARGETS = draw_rows(DRAWS, "usual", 120, 3), draw_rows(DRAWS, "usual", 120, 2)


def make(kind: Any, optimizer: Any = "sgd", **options: Any) -> Any:
    """Return a network with whatever a network can have, trained for two epochs."""
    network = kind(
        3, (4, 2), 2, 0.1, activation=("tanh", "relu"), bias=True, optimizer=optimizer,
        bias_init="drawn", seed=2**64 - 1, **options,
    )  # fmt: skip
    network.fit(INPUTS, TARGETS, epochs=2, shuffle=True)
    return network


def state(network: Any) -> dict[str, Any]:
    """Return everything that a network knows."""
    return {
        "description": network._description,
        "arrays": network.__getstate__().arrays,
        "dtype": network.__getstate__().dtype,
        "epochs": network.epochs,
        "reach": network._seen,
        "digest": network.digest(),
    }


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
def test_what_is_read_is_what_was_written_and_learns_on_to_the_same_bits(
    tmp_path: Path, kind: Any, options: dict[str, Any], optimizer: Any
) -> None:
    network = make(kind, optimizer, **options)
    export_json(network, tmp_path / "network.json")
    read = load_json(tmp_path / "network.json", kind)
    assert type(read) is kind
    assert state(read) == state(network)
    for learner in (network, read):
        learner.fit(INPUTS, TARGETS, epochs=2, shuffle=True)
    assert state(read) == state(network)


@pytest.mark.parametrize("writer", [nnref.NeuralNetwork, nnfast.NeuralNetwork])
@pytest.mark.parametrize("reader", [nnref.NeuralNetwork, nnfast.NeuralNetwork])
def test_each_backend_reads_what_either_wrote(tmp_path: Path, writer: Any, reader: Any) -> None:
    network = make(writer, "adam")
    export_json(network, tmp_path / "network.json")
    assert state(load_json(tmp_path / "network.json", reader)) == state(network)


def test_nnfast_reads_it_where_no_kind_is_named(tmp_path: Path) -> None:
    export_json(make(nnref.NeuralNetwork), tmp_path / "network.json")
    assert type(load_json(tmp_path / "network.json")) is nnfast.NeuralNetwork


def test_nnref_reads_float32_numbers_as_the_floats_they_are(tmp_path: Path) -> None:
    network = make(nnfast.NeuralNetwork, dtype="float32")
    export_json(network, tmp_path / "network.json")
    read = load_json(tmp_path / "network.json", nnref.NeuralNetwork)
    assert read.digest() == network.digest()


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_every_float_survives_and_no_nan_is_in_the_file(
    tmp_path: Path, kind: Any, options: dict[str, Any]
) -> None:
    network = kind(4, (), 5, 0.1, output_activation="identity", seed=1, **options)
    numbers = [*SPECIAL, *NOT_FINITE]
    if "dtype" in options:
        numbers = [*network.weights[0].dtype.type(numbers[:12]).tolist(), *[0.1] * 5, *NOT_FINITE]
    network.weights = [[numbers[0:5], numbers[5:10], numbers[10:15], numbers[15:20]]]
    export_json(network, tmp_path / "network.json")
    assert state(load_json(tmp_path / "network.json", kind)) == state(network)
    content = strictly_read(tmp_path / "network.json")
    assert content["arrays"]["weights.0"][3][-3:] == ["Infinity", "-Infinity", "NaN"]
    assert content["reach"] is None


def strictly_read(path: Path) -> Any:
    """Read JSON as its standard has it, which Python's reader is laxer than."""

    def refuse(text: str) -> None:
        raise AssertionError(text)

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_anyone_finds_the_weights_by_their_names(tmp_path: Path) -> None:
    network = make(nnfast.NeuralNetwork, "momentum")
    export_json(network, tmp_path / "network.json")
    content = strictly_read(tmp_path / "network.json")
    assert list(content) == ["format", "network", "dtype", "epochs", "reach", "arrays"]
    assert content["arrays"]["weights.1"] == network.weights[1].tolist()
    assert content["arrays"]["biases.2"] == network.biases[2].tolist()
    assert "velocity.weights.0" in content["arrays"]
    assert content["network"]["inodes"] == 3
    assert content["network"]["activation"] == ["tanh", "relu"]
    assert content["network"]["bias_init"] == "drawn"
    assert content["dtype"] == "float64"
    assert content["epochs"] == 2
    assert content["reach"]["examples"] == 120


def test_a_row_of_weights_is_a_line(tmp_path: Path) -> None:
    network = nnfast.NeuralNetwork(2, 3, 1, 0.5, seed=1)
    network.weights = [[[0.5, -1.0, 1e-300], [0.1, 2.0, 3.0]], [[1.0], [2.0], [3.0]]]
    export_json(network, tmp_path / "network.json")
    lines = (tmp_path / "network.json").read_text(encoding="utf-8").splitlines()
    assert lines[-12:] == [
        '  "arrays": {',
        '    "weights.0": [',
        "      [0.5, -1.0, 1e-300],",
        "      [0.1, 2.0, 3.0]",
        "    ],",
        '    "weights.1": [',
        "      [1.0],",
        "      [2.0],",
        "      [3.0]",
        "    ]",
        "  }",
        "}",
    ]


def test_the_same_network_gives_the_same_bytes_however_often_it_is_read(tmp_path: Path) -> None:
    export_json(make(nnfast.NeuralNetwork, "adam"), tmp_path / "first.json")
    export_json(load_json(tmp_path / "first.json", nnref.NeuralNetwork), tmp_path / "second.json")
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "second.json").read_bytes()


def test_whole_numbers_are_numbers_too(tmp_path: Path) -> None:
    network = nnfast.NeuralNetwork(2, (), 1, 0.5, seed=1)
    network.weights = [[[1.0], [-2.0]]]
    content = content_of(network, tmp_path)
    content["arrays"]["weights.0"] = [[1], [-2]]
    assert read_back(content, tmp_path).digest() == network.digest()


# What is refused.


def content_of(network: Any, folder: Path) -> Any:
    export_json(network, folder / "network.json")
    return strictly_read(folder / "network.json")


def read_back(content: Any, folder: Path) -> Any:
    (folder / "network.json").write_text(json.dumps(content), encoding="utf-8")
    return load_json(folder / "network.json")


def put(*keys: Any, value: Any) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


def drop(*keys: Any) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


def dropping(updates: Any) -> Callable[[Any], None]:
    """Say that the network drops inputs, and has had so many updates."""

    def change(content: Any) -> None:
        content["network"]["input_dropout"] = 0.5
        content["updates"] = updates

    return change


WEIGHT = ("arrays", "weights.0", 1, 2)
DAMAGES = [
    (put("format", value="another"), "format: got 'another', wants 'nnfast network as JSON"),
    (drop("format"), "format: got None, wants 'nnfast network as JSON"),
    (drop("epochs"), "the object: got one that lacks, or should not have, 'epochs'"),
    (put("more", value=1), "the object: got one that lacks, or should not have, 'more'"),
    (put("network", value=[]), "the network's description: got [], wants a JSON object"),
    (drop("network", "seed"), "the network's description lacks or should not have: 'seed'"),
    (put("network", "inodes", value=0), "inodes: got 0, wants a whole number of at least 1"),
    (put("network", "inodes", value=4), "weights.0: got 3 rows, wants 4"),
    (put("network", "optimizer", "name", value="sgd"), "optimizer: got"),
    (put("dtype", value="float16"), "dtype: got 'float16', wants 'float64' or 'float32'"),
    (put("dtype", value=None), "dtype: got None, wants 'float64' or 'float32'"),
    (put("epochs", value=-1), "epochs: got -1, wants a whole number of at least 0"),
    (put("epochs", value=10**18), "epochs: got 1000000000000000000, wants"),
    (put("epochs", value=2.0), "epochs: got 2.0, wants a whole number of at least 0"),
    (put("epochs", value=True), "epochs: got True, wants a whole number of at least 0"),
    (put("updates", value=3), "the object: got one that lacks, or should not have, 'updates'"),
    (put("network", "dropout", value=1), "dropout: got 1, wants a number from 0 to below 1"),
    (put("network", "dropout", value=0.5), "the object: got one that lacks, or should not have,"),
    (dropping(-1), "updates: got -1, wants a whole number of at least 0"),
    (dropping("1"), "updates: got '1', wants a whole number of at least 0"),
    (put("reach", value=3), "reach: got 3, wants a JSON object"),
    (drop("reach", "low"), "reach: got one that lacks, or should not have, 'low'"),
    (put("reach", "low", value="NaN"), "reach: got 'NaN', wants a finite number"),
    (put("reach", "examples", value=0), "reach: got 0 examples, wants"),
    (put("arrays", value=[]), "arrays: got [], wants a JSON object"),
    (drop("arrays", "weights.1"), "arrays: got one that lacks, or should not have, 'weig"),
    (put("arrays", "weights.9", value=[]), "arrays: got one that lacks, or should not hav"),
    (drop("arrays", "weights.0", 0), "weights.0: got 2 rows, wants 3"),
    (drop(*WEIGHT), "weights.0[1]: got 3 numbers, wants 4"),
    (put(*WEIGHT, value=None), "weights.0[1][2]: got None, wants a number"),
    (put(*WEIGHT, value="nan"), "weights.0[1][2]: got 'nan', wants a number"),
    (put(*WEIGHT, value=True), "weights.0[1][2]: got 'True', wants a number"),
    (put(*WEIGHT, value=[1.0]), "weights.0[1][2]: got [1.0], wants a number"),
    (put(*WEIGHT, value=10**400), "weights.0[1][2]: got"),
    (put("arrays", "weights.0", 1, value="row"), "weights.0[1]: got 'row', wants a sequence of 4"),
    (put("arrays", "weights.0", value={}), "weights.0: got {}, wants rows of 4 numbers"),
    (put("arrays", "weights.0", value="Infinity"), "weights.0: got 'Infinity', wants rows of 4"),
    (put("arrays", "biases.0", value=[1.0]), "biases.0: got 1 numbers, wants 4"),
    (put("arrays", "biases.0", value=None), "biases.0: got None, wants a sequence of 4 numbers"),
    (put("arrays", "beta_powers", value=[1.0]), "beta_powers: got 1 numbers, wants 2"),
]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Any:
    network = make(nnfast.NeuralNetwork, "adam")
    return content_of(network, tmp_path_factory.mktemp("json"))


@pytest.mark.parametrize(("damage", "says"), DAMAGES, ids=[says for _, says in DAMAGES])
def test_what_is_no_network_is_refused_in_a_line_that_names_the_file(
    tmp_path: Path, content: Any, damage: Callable[[Any], None], says: str
) -> None:
    damaged = copy.deepcopy(content)
    damage(damaged)
    with pytest.raises(ModelFileError) as error:
        read_back(damaged, tmp_path)
    message = str(error.value)
    assert message.startswith(f"{str(tmp_path / 'network.json')!r}: {says}")
    assert "\n" not in message
    assert len(message) < len(str(tmp_path)) + 250


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_beyond_all_floats_is_refused(tmp_path: Path, content: Any, number: str) -> None:
    damaged = copy.deepcopy(content)
    put(*WEIGHT, value="here")(damaged)
    text = json.dumps(damaged).replace('"here"', number)
    (tmp_path / "network.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError, match=f"the number '{number}' is too large for float64"):
        load_json(tmp_path / "network.json")


def test_a_number_beyond_float32_is_refused_in_a_float32_network(
    tmp_path: Path, content: Any
) -> None:
    damaged = copy.deepcopy(content)
    put("dtype", value="float32")(damaged)
    put(*WEIGHT, value=1e39)(damaged)
    with pytest.raises(ModelFileError, match=r"weights\.0: got a number that is too large for fl"):
        read_back(damaged, tmp_path)


NO_JSON_OBJECTS = {
    b"": "Expecting value",
    b'{"format": ': "Expecting value",
    b"\xff": "'utf-8' codec can't decode byte 0xff",
    b"[" * 100_000: "",
    b"[1.0]": "format: got [1.0], wants 'nnfast network as JSON, version 1'",
    b"NaN": "the number NaN is not JSON: wants the text 'NaN'",
    b'{"a": 1, "b": 2, "a": 1}': "the key 'a' comes twice",
    # To look for each key among those before would take minutes.
    json.dumps(dict.fromkeys(range(10**5), 0)).replace("}", ', "9": 0}').encode(): (
        "the key '9' comes twice"
    ),
}


@pytest.mark.parametrize("data", NO_JSON_OBJECTS, ids=lambda data: repr(data[:12]))
def test_what_is_no_json_object_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "network.json"
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as error:
        load_json(path)
    assert str(error.value).startswith(f"{str(path)!r}: {NO_JSON_OBJECTS[data]}")


def test_a_file_stays_as_it_was_where_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "network.json"
    export_json(make(nnref.NeuralNetwork), path)
    before = path.read_bytes()
    other = nnref.NeuralNetwork(2, (), 2, 0.1)
    monkeypatch.setattr(State, "rows", lambda self, name: math.nan)
    with pytest.raises(TypeError):
        export_json(other, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
