"""What a caller sees: the same in both backends, careful with mistakes, and as the docstrings say.

That the numbers agree is for ``test_parity.py``, that they are right for ``test_oracle.py``.
"""

import hashlib
import inspect
import itertools
import math
import re
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers import INPUTS, TARGETS, bits, network, one_by_one

import nnfast
import nnref

EXCHANGE = {"export_c", "export_json", "export_onnx", "from_torch", "to_torch"}
FAST_ONLY = {"dtype", "threads"} | EXCHANGE
NAN, INF = math.nan, math.inf


def numbers(nn: Any) -> list[list[list[float]]]:
    """Return a network's weights as lists that are not the network's."""
    return [np.array(matrix).tolist() for matrix in nn.weights]


# The two classes, held against each other.


def public(cls: type) -> dict[str, Any]:
    return {name: getattr(cls, name) for name in dir(cls) if not name.startswith("_")}


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    return [
        (p.name, p.kind, p.default)
        for p in inspect.signature(function).parameters.values()
        if p.name not in FAST_ONLY
    ]


def test_both_classes_have_the_same_members_and_parameters() -> None:
    reference, fast = public(nnref.NeuralNetwork), public(nnfast.NeuralNetwork)
    assert reference.keys() == fast.keys() - FAST_ONLY
    assert parameters(nnref.NeuralNetwork) == parameters(nnfast.NeuralNetwork)
    for name, member in reference.items():
        twin = fast[name]
        assert type(member) is type(twin), name
        if isinstance(member, property):
            assert (member.fset is None) == (twin.fset is None), name
        else:
            assert parameters(member) == parameters(twin), name


def test_every_public_member_and_parameter_is_documented(backend: ModuleType) -> None:
    assert all(hasattr(backend, name) for name in backend.__all__)
    functions = {"NeuralNetwork": backend.NeuralNetwork}
    for name, member in public(backend.NeuralNetwork).items():
        assert inspect.getdoc(member), name
        if not isinstance(member, property):
            functions[name] = member
    for name, function in functions.items():
        document = inspect.getdoc(function) or ""
        for parameter in inspect.signature(function).parameters.keys() - {"self"}:
            described = rf"^(\w+, )*{parameter}(, \w+)* :|^\*\*{parameter}$"
            assert re.search(described, document, re.MULTILINE), name


# What is taken, in which forms. What is refused is in test_bad_input.py.


@pytest.mark.parametrize("epsilon", [1e-46, 2.0**-150, 2.0**128 - 2.0**103, 1e39])
def test_an_epsilon_that_float32_cannot_hold_is_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match=r"^optimizer: got epsilon=.* wants one between 1e-45"):
        network(nnfast, 1, 1, 1, optimizer=nnref.Adam(epsilon=epsilon), dtype="float32")
    network(nnfast, 1, 1, 1, optimizer=nnref.Adam(epsilon=epsilon))


@pytest.mark.parametrize("epsilon", [2.0**-149, 2.0**128 - 2.0**104])
def test_the_least_and_the_greatest_epsilon_that_float32_can_hold(epsilon: float) -> None:
    assert 0.0 < np.float32(epsilon) < np.inf
    network(nnfast, 1, 1, 1, optimizer=nnref.Adam(epsilon=epsilon), dtype="float32")


@pytest.mark.parametrize(
    ("given", "hnodes"),
    [
        (4, 4), ([4], 4), ([4, 5], (4, 5)), ((4, 5), (4, 5)), (range(2, 5), (2, 3, 4)),
        ([], ()), ((), ()), (np.int64(4), 4), (np.array([4, 5], dtype=np.uint8), (4, 5)),
    ],
)  # fmt: skip
def test_hidden_layers_may_be_given_in_many_ways(
    backend: ModuleType, given: Any, hnodes: Any
) -> None:
    nn = network(backend, np.int32(3), given, np.uint8(2))
    assert nn.hnodes == hnodes
    sizes = [3, *(hnodes if isinstance(hnodes, tuple) else [hnodes]), 2]
    assert [np.shape(matrix) for matrix in nn.weights] == list(itertools.pairwise(sizes))
    assert np.shape(nn.query(INPUTS[0])) == (2,)
    assert nn.digest() == network(backend, 3, iter(sizes[1:-1]), 2).digest()


def test_numbers_of_numpy_are_numbers(backend: ModuleType) -> None:
    nn = network(backend, lr=np.float32(0.25), seed=np.uint64(2**64 - 1))
    assert (nn.lr, nn.seed) == (0.25, 2**64 - 1)
    assert (type(nn.lr), type(nn.seed)) == (float, int)
    assert network(backend, lr=1).lr == 1.0
    nn.fit(INPUTS, TARGETS, epochs=np.int64(2), batch_size=np.int8(1))


@pytest.mark.parametrize("true", [np.True_, np.array(True), np.float64(0.1) < 0.2])
def test_booleans_of_numpy_are_booleans(backend: ModuleType, true: Any, tmp_path: Path) -> None:
    nn = network(backend, bias=true, optimizer=nnref.Momentum(nesterov=true))
    twin = network(backend, bias=True, optimizer=nnref.Momentum(nesterov=True))
    assert nn.bias is nn.optimizer.nesterov is True
    calls: list[int] = []

    def stop(_: Any, history: nnref.History) -> Any:
        calls.append(len(history.loss))
        return true if len(calls) == 2 else np.False_

    history = nn.fit(INPUTS, TARGETS, epochs=5, shuffle=true, callback=stop)
    assert (calls, len(history.loss)) == ([1, 2], 2)
    twin.fit(INPUTS, TARGETS, epochs=2, shuffle=True)
    nn.save(tmp_path / "network")
    assert backend.NeuralNetwork.load(tmp_path / "network").digest() == twin.digest()
    nn.fit([(INPUTS, TARGETS)], shuffle=np.False_)


def test_threads_that_memory_does_not_hold_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    nn, twin = (nnfast.NeuralNetwork(3, 4, 2, 0.1, seed=1, threads=2) for _ in range(2))
    nn.fit(INPUTS, TARGETS)

    def no_memory(*_: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("nnfast.network.kernel_for", no_memory)
        with pytest.raises(MemoryError):
            nn.threads = 3
    assert nn.threads == 2
    assert nn._seen.examples == len(INPUTS)
    twin.fit(INPUTS, TARGETS)
    for one in (nn, twin):
        one.fit(INPUTS, TARGETS)
    assert nn.digest() == twin.digest()


# The weights.


@pytest.mark.parametrize("name", ["weights", "biases"])
def test_setting_reads_all_arrays_before_it_stores_one(backend: ModuleType, name: str) -> None:
    nn = network(backend, 2, [2, 2], 2, bias=True)
    nn.biases = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    before = [np.array(array).tolist() for array in getattr(nn, name)]
    setattr(nn, name, getattr(nn, name)[::-1])
    assert [np.array(array).tolist() for array in getattr(nn, name)] == before[::-1]


def test_a_matrix_may_be_set_to_its_own_transpose(backend: ModuleType) -> None:
    nn = network(backend, 3, 3, 3)
    before = numbers(nn)
    nn.weights_input_hidden = list(zip(*nn.weights[0], strict=True))
    if backend is nnfast:
        nn.weights_hidden_output = nn.weights[1].T
    else:
        nn.weights_hidden_output = list(zip(*nn.weights[1], strict=True))
    assert numbers(nn) == [np.transpose(matrix).tolist() for matrix in before]


def test_weights_are_live(backend: ModuleType) -> None:
    nn = network(backend)
    before = bits(nn.query(INPUTS[0])), nn.digest()
    nn.weights[1][2][1] += 1.0
    after = bits(nn.query(INPUTS[0])), nn.digest()
    assert all(a != b for a, b in zip(before, after, strict=True))
    held = nn.weights
    one_by_one(nn)
    assert bits(held) == bits(nn.weights)
    nn.weights = network(backend, seed=2).weights
    assert bits(held) == bits(network(backend, seed=2).weights)


@pytest.mark.parametrize(
    "act",
    [one_by_one, lambda nn: setattr(nn, "weights", network(nnref, seed=2).weights)],
    ids=["train", "set"],
)
@pytest.mark.parametrize("backend", [nnref, nnfast])
def test_rows_of_weights_are_live(backend: ModuleType, act: Callable[[Any], object]) -> None:
    nn = network(backend)
    row = nn.weights[0][1]
    before = bits(row)
    act(nn)
    assert bits(row) == bits(nn.weights[0][1]) != before


def test_the_tuple_of_weights_cannot_be_changed(backend: ModuleType) -> None:
    nn = network(backend)
    with pytest.raises(TypeError):
        nn.weights[0] = nn.weights[1]
    for name in ("inodes", "hnodes", "onodes", "hidden_error", "init", "bias_init", "seed"):
        with pytest.raises(AttributeError, match=name):
            setattr(nn, name, getattr(nn, name))


@pytest.mark.parametrize("as_array", [False, True])
def test_setting_weights_copies(backend: ModuleType, as_array: bool) -> None:
    nn, source = network(backend), [np.full((3, 4), 0.25), np.full((4, 2), -0.5)]
    given: Any = source if as_array else [matrix.tolist() for matrix in source]
    nn.weights = given
    assert bits(nn.weights) == bits(source)
    digest = nn.digest()
    given[0][0][0] = given[1][3][1] = 7.0
    assert nn.digest() == digest
    nn.weights_input_hidden = given[0]
    given[0][0][0] = 8.0
    assert nn.weights[0][0][0] == 7.0
    # Its own weights, too.
    digest = nn.digest()
    nn.weights = nn.weights
    nn.weights_hidden_output = nn.weights_hidden_output
    assert nn.digest() == digest


@pytest.mark.parametrize("hnodes", [4, [4, 3], []])
def test_the_articles_names_are_the_first_and_the_last_matrix(
    backend: ModuleType, hnodes: Any
) -> None:
    nn = network(backend, 3, hnodes, 2)
    assert nn.weights_input_hidden is nn.weights[0]
    assert nn.weights_hidden_output is nn.weights[-1]
    for name, place in (("weights_input_hidden", 0), ("weights_hidden_output", -1)):
        wanted = numbers(nn)
        wanted[place] = (np.array(wanted[place]) * 2).tolist()
        setattr(nn, name, wanted[place])
        assert bits(nn.weights) == bits(wanted)


def test_the_learning_rate_may_be_set(backend: ModuleType) -> None:
    nn = network(backend, lr=0.5)
    nn.lr = 0.125
    assert nn.lr == 0.125
    assert one_by_one(nn).digest() == one_by_one(network(backend, lr=0.125)).digest()


def test_a_seed_that_was_drawn_can_be_used_again(backend: ModuleType) -> None:
    first, other = (network(backend, seed=None) for _ in range(2))
    assert first.seed != other.seed
    assert first.digest() != other.digest()
    again = network(backend, seed=first.seed)
    for nn in (first, again):
        nn.fit(INPUTS, TARGETS, epochs=3, shuffle=True)
    assert first.digest() == again.digest()


REPR_CASES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((3, 4, 2), {}),
    ((3, [4, 5], 2), {"hidden_error": "gradient", "init": "scaled_normal"}),
    ((3, 4, 2), {"bias": True, "init": "he_normal", "bias_init": "drawn"}),
    ((3, [], 2), {"lr": 1e-7, "seed": 2**64 - 1}),
    ((3, 4, 2), {"seed": None, "lr": np.float64(0.1)}),
]


@pytest.mark.parametrize(("shape", "options"), REPR_CASES)
def test_repr_is_the_call_that_makes_the_network(
    backend: ModuleType, shape: tuple[Any, ...], options: dict[str, Any]
) -> None:
    nn = network(backend, *shape, **options)
    again = eval(repr(nn), {backend.__name__: backend})
    assert type(again) is backend.NeuralNetwork
    assert repr(again) == repr(nn)
    for twin in (nn, again):
        twin.fit(INPUTS, TARGETS, shuffle=True)
    assert again.digest() == nn.digest()


def test_repr_of_a_network_made_with_numpys_str(backend: ModuleType) -> None:
    nn = network(backend, hidden_error=np.str_("split"))
    assert repr(nn) == repr(network(backend))


# The fingerprint.

NAN_BYTES = bytes.fromhex("000000000000f87f")


def fingerprint(matrices: Any) -> str:
    """Say digest() again, from its definition."""
    sha256 = hashlib.sha256()
    for matrix in matrices:
        for row in matrix:
            for w in row:
                sha256.update(NAN_BYTES if math.isnan(w) else struct.pack("<d", w))
    return sha256.hexdigest()


@pytest.mark.parametrize("hnodes", [4, [4, 3], []])
def test_digest_is_the_sha256_of_the_weights(backend: ModuleType, hnodes: Any) -> None:
    nn = network(backend, 3, hnodes, 2)
    for special in (0.5, INF, -INF, NAN, 5e-324, -0.0):
        nn.weights[-1][2][1] = special
        assert nn.digest() == fingerprint(nn.weights)
    nn = one_by_one(network(backend, 3, hnodes, 2))
    assert nn.digest() == fingerprint(nn.weights)


def test_digest_takes_every_nan_for_the_same_and_no_zero_for_another(backend: ModuleType) -> None:
    nn = network(backend)

    def with_bytes(data: bytes) -> str:
        (nn.weights[0][1][2],) = struct.unpack("<d", data)
        return str(nn.digest())

    nans = ["000000000000f87f", "000000000000f8ff", "010000000000f87f", "efbeadde0000ffff"]
    assert len({with_bytes(bytes.fromhex(nan)) for nan in nans}) == 1
    assert with_bytes(struct.pack("<d", 0.0)) != with_bytes(struct.pack("<d", -0.0))
