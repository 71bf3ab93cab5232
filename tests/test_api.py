"""What a caller sees: the same in both backends, careful with mistakes, and as the docstrings say.

That the numbers agree is for ``test_parity.py``, that they are right for ``test_oracle.py``.
"""

import hashlib
import inspect
import itertools
import json
import math
import os
import random
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from helpers import bits, draw_rows
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nnfast
import nnref
from nnref import History
from nnref.common import model_file
from nnref.common.description import Description
from nnref.common.files import ModelFileError
from nnref.common.model_file import Tensor
from nnref.common.randomness import epoch_order

BACKENDS = {"nnref": nnref, "nnfast": nnfast}
EXCHANGE = {"export_c", "export_json", "export_onnx", "from_torch", "to_torch"}
FAST_ONLY = {"dtype", "threads"} | EXCHANGE

INPUTS = [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7], [0.5, 0.01, 0.99], [0.4, 0.6, 0.2]]
TARGETS = [[0.1, 0.9], [0.8, 0.3], [0.99, 0.01], [0.25, 0.5]]
NAN, INF = math.nan, math.inf


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> ModuleType:
    return BACKENDS[request.param]


def network(backend: ModuleType, *shape: Any, lr: float = 0.5, **options: Any) -> Any:
    return backend.NeuralNetwork(*(shape or (3, 4, 2)), lr, **{"seed": 1, **options})


def one_by_one(nn: Any, order: Iterable[int] = range(len(INPUTS))) -> Any:
    for place in order:
        nn.train(INPUTS[place], TARGETS[place])
    return nn


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


# The weights.


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
    for name in ("inodes", "hnodes", "onodes", "hidden_error", "init", "seed"):
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


# fit and predict.


def test_history_has_an_entry_per_epoch(backend: ModuleType) -> None:
    history = network(backend).fit(INPUTS, TARGETS, epochs=3)
    assert isinstance(history, History)
    assert [len(history.loss), history.validation_loss, history.validation_score] == [3, [], []]
    history = network(backend).fit(INPUTS, TARGETS, epochs=3, validation=[INPUTS, TARGETS])
    lists = [history.loss, history.validation_loss, history.validation_score]
    assert [len(numbers) for numbers in lists] == [3, 3, 3]
    assert {type(number) for numbers in lists for number in numbers} == {float}


def losses(nn: Any) -> Iterator[float]:
    """Yield one half of the sum of the squared errors, example by example."""
    for row, wanted in zip(INPUTS, TARGETS, strict=True):
        total = 0.0
        for output, target in zip(nn.query(row), wanted, strict=True):
            total += (target - output) * (target - output)
        yield total / 2


def test_loss_is_the_mean_of_the_losses_before_each_update(backend: ModuleType) -> None:
    twin, means = network(backend), []
    for _ in range(3):
        total = 0.0
        for place in range(len(INPUTS)):
            total += list(losses(twin))[place]
            twin.train(INPUTS[place], TARGETS[place])
        means.append(total / len(INPUTS))
    assert network(backend).fit(INPUTS, TARGETS, epochs=3).loss == means


def test_loss_of_one_example_by_hand(backend: ModuleType) -> None:
    """With weights of 0 the outputs are 0.5, so the errors are 0.25 and -0.5."""
    nn = network(backend, 3, [], 2)
    nn.weights = [np.zeros((3, 2))]
    assert nn.fit(INPUTS[:1], [[0.75, 0.0]]).loss == [(0.25**2 + 0.5**2) / 2]


def test_validation_loss_is_the_mean_after_the_epoch(backend: ModuleType) -> None:
    twin, means = network(backend), []
    for _ in range(2):
        total = 0.0
        for loss in losses(one_by_one(twin)):
            total += loss
        means.append(total / len(INPUTS))
    history = network(backend).fit(INPUTS, TARGETS, epochs=2, validation=(INPUTS, TARGETS))
    assert history.validation_loss == means


@pytest.mark.parametrize(
    ("weights", "examples", "right"),
    [
        # With the identity's weights, the output is the largest where the input is.
        (np.eye(3), [([3, 2, 1], [0.9, 0.4, 0.2]), ([1, 3, 2], [0, 9, -9])], [True, True]),
        (np.eye(3), [([3, 2, 1], [0.4, 0.9, 0.2]), ([1, 2, 3], [1, 0, 0])], [False, False]),
        # Of equals the first counts.
        (np.eye(3), [([2, 2, 1], [1, 0, 0]), ([2, 2, 1], [0, 1, 0])], [True, False]),
        # Several labels, or none: every output on its target's side of one half.
        (np.eye(3), [([2, 1, -1], [1, 1, 0]), ([2, -1, -1], [1, 1, 0])], [True, False]),
        (np.eye(3), [([-2, -1, -1], [0, 0, 0]), ([2, -1, -1], [0, 0.5, 0])], [True, False]),
        # A single output: the same side of one half, and one half itself is not above it.
        (np.eye(1), [([2], [0.51]), ([2], [0.5]), ([2], [0.49])], [True, False, False]),
        (np.eye(1), [([-2], [0.51]), ([-2], [0.5]), ([-2], [-3])], [False, True, True]),
        (np.eye(1), [([0], [0.51]), ([0], [0.5]), ([0], [0.0])], [False, True, True]),
    ],
)
def test_validation_score_is_the_share_of_right_answers(
    backend: ModuleType, weights: Any, examples: list[Any], right: list[bool]
) -> None:
    width = len(weights)
    # A learning rate that moves nothing: what is validated are the weights that are set here.
    nn = network(backend, width, [], width, lr=5e-324)
    nn.weights = [weights]
    for expected, (inputs, targets) in zip(right, examples, strict=True):
        history = nn.fit([[0.0] * width], [[0.5] * width], validation=([inputs], [targets]))
        assert history.validation_score == [float(expected)]
    validation = [list(column) for column in zip(*examples, strict=True)]
    history = nn.fit([[0.0] * width], [[0.5] * width], validation=validation)
    assert history.validation_score == [sum(right) / len(right)]


def test_validation_trains_nothing(backend: ModuleType) -> None:
    plain, judged = network(backend), network(backend)
    history = plain.fit(INPUTS, TARGETS, epochs=3, shuffle=True)
    validation = (INPUTS[::-1], TARGETS)
    judgement = judged.fit(INPUTS, TARGETS, epochs=3, shuffle=True, validation=validation)
    assert judged.digest() == plain.digest()
    assert judgement.loss == history.loss


def test_shuffling_goes_on_from_epoch_to_epoch_and_from_fit_to_fit(backend: ModuleType) -> None:
    orders = [epoch_order(len(INPUTS), 1, epoch) for epoch in range(4)]
    assert len({tuple(order) for order in orders}) > 2
    twin, digests = network(backend), []
    for order in orders:
        digests.append(one_by_one(twin, order).digest())
    for cut in (0, 1, 2, 3):
        nn = network(backend)
        if cut:
            nn.fit(INPUTS, TARGETS, epochs=cut, shuffle=True)
            assert nn.digest() == digests[cut - 1]
        nn.fit(INPUTS, TARGETS, epochs=4 - cut, shuffle=True)
        assert nn.digest() == digests[-1]
    # An epoch in the given order counts as well; a call of train does not.
    nn = one_by_one(network(backend))
    nn.fit(INPUTS, TARGETS)
    nn.fit(INPUTS, TARGETS, shuffle=True)
    twin = one_by_one(one_by_one(one_by_one(network(backend))), orders[1])
    assert nn.digest() == twin.digest()


def test_callback_comes_after_each_epoch(backend: ModuleType) -> None:
    seen: list[tuple[Any, Any, int, int, str]] = []

    def callback(nn: Any, history: History) -> None:
        seen.append((nn, history, len(history.loss), len(history.validation_loss), nn.digest()))

    nn, twin = network(backend), network(backend)
    validation = (INPUTS, TARGETS)
    returned = nn.fit(INPUTS, TARGETS, epochs=3, validation=validation, callback=callback)
    assert all(who is nn and history is returned for who, history, *_ in seen)
    digests = [one_by_one(twin).digest() for _ in range(3)]
    assert [rest for _, _, *rest in seen] == [[n, n, digests[n - 1]] for n in (1, 2, 3)]


def test_callback_may_change_the_learning_rate(backend: ModuleType) -> None:
    def halve(nn: Any, history: History) -> None:
        nn.lr /= 2

    nn, twin = network(backend), network(backend)
    nn.fit(INPUTS, TARGETS, epochs=3, callback=halve)
    for lr in (0.5, 0.25, 0.125):
        twin.lr = lr
        one_by_one(twin)
    assert (nn.lr, nn.digest()) == (0.0625, twin.digest())


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_callback_that_raises_leaves_the_finished_epoch(
    backend: ModuleType, error: type[BaseException]
) -> None:
    def stop(_: Any, history: History) -> None:
        if len(history.loss) == 2:
            raise error

    nn, whole = network(backend), network(backend)
    with pytest.raises(error):
        nn.fit(INPUTS, TARGETS, epochs=5, shuffle=True, callback=stop)
    whole.fit(INPUTS, TARGETS, epochs=2, shuffle=True)
    assert nn.digest() == whole.digest()
    for twin in (nn, whole):
        twin.fit(INPUTS, TARGETS, epochs=3, shuffle=True)
    assert nn.digest() == whole.digest()


@pytest.mark.parametrize("none", [[], (), np.empty((0, 3))], ids=["list", "tuple", "array"])
def test_predict_of_no_rows_gives_no_rows(backend: ModuleType, none: Any) -> None:
    outputs = network(backend).predict(none)
    assert len(outputs) == 0
    assert type(outputs) is type(network(backend).predict(INPUTS))
    assert backend is nnref or outputs.shape == (0, 2)


def test_nothing_that_is_passed_is_changed(backend: ModuleType) -> None:
    inputs, targets = np.array(INPUTS), np.array(TARGETS)
    nn = network(backend)
    nn.train(inputs[0], targets[0])
    nn.query(inputs[0])
    nn.backquery(targets[0])
    nn.predict(inputs)
    nn.fit(inputs, targets, shuffle=True, validation=(inputs, targets))
    assert bits(inputs) == bits(INPUTS)
    assert bits(targets) == bits(TARGETS)


def test_what_is_returned_is_the_callers(backend: ModuleType) -> None:
    nn = network(backend)
    for call in (nn.query, nn.backquery, lambda row: nn.predict([row])[0]):
        row = [0.5] * (2 if call == nn.backquery else 3)
        first = call(row)
        kept = bits(first)
        assert bits(call([0.25] * len(row))) != kept or call == nn.backquery
        assert bits(first) == kept
        first[0] = 9.0
        assert bits(call(row)) == kept


def test_training_on_the_networks_own_weights() -> None:
    """Data that is the very memory that training changes: the numbers are those at the call."""
    calls: list[Callable[[Any], object]] = [
        lambda nn: nn.train(nn.weights[0][1], INPUTS[0]),
        lambda nn: nn.train(INPUTS[0], nn.weights[1][2]),
        lambda nn: nn.fit(nn.weights[0], INPUTS[:3]),
        lambda nn: nn.fit(INPUTS[:3], nn.weights[1]),
        lambda nn: nn.fit(INPUTS[:3], INPUTS[:3], epochs=2, validation=(nn.weights[0], INPUTS[:3])),
    ]
    for place, call in enumerate(calls):
        reference, fast = (network(backend, 3, 3, 3) for backend in BACKENDS.values())
        call(reference)
        call(fast)
        assert reference.digest() == fast.digest(), place


# Interrupts.


class Interrupter:
    """A trace function that raises KeyboardInterrupt at the n-th step through certain files."""

    def __init__(self, files: tuple[str, ...], instruction: int) -> None:
        self.files = files
        self.left = instruction

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.endswith(self.files):
            return None
        # Lines too: some releases of CPython 3.13 leave out the instructions.
        frame.f_trace_opcodes = True
        if event in ("line", "opcode"):
            self.left -= 1
            if self.left == -1:
                raise KeyboardInterrupt
        return self


def interrupted_everywhere(start: Callable[[], Any], act: Callable[[Any], object]) -> set[str]:
    """Return the digests of networks that were interrupted while acting, once per instruction."""
    digests = set()
    for instruction in itertools.count():
        nn = start()
        before = sys.gettrace()
        interrupter = Interrupter(("nnref/common/network.py", "network.py"), instruction)
        try:
            sys.settrace(interrupter)
            act(nn)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        digests.add(nn.digest())
        if interrupter.left >= 0:
            assert instruction > 10
            return digests
    raise AssertionError


def test_an_interrupt_anywhere_leaves_the_last_finished_update(backend: ModuleType) -> None:
    def start() -> Any:
        return network(backend, 2, 2, 1)

    rows, wanted = [[0.1, 0.9], [0.7, 0.4]], [[0.3], [0.9]]
    twin = start()
    digests = [twin.digest()]
    for row, targets in zip(rows, wanted, strict=True):
        twin.train(row, targets)
        digests.append(twin.digest())
    assert interrupted_everywhere(start, lambda nn: nn.train(rows[0], wanted[0])) == {*digests[:2]}
    assert interrupted_everywhere(start, lambda nn: nn.fit(rows, wanted)) <= {*digests}


CTRL_C = """
import json, signal, sys
from test_api import long_fit

signal.signal(signal.SIGINT, signal.default_int_handler)
nn, inputs, targets = long_fit(sys.argv[1])
print("begun", flush=True)
try:
    nn.fit(inputs, targets, epochs=10**9)
except KeyboardInterrupt:
    print(json.dumps([float(nn.weights[-1][0][0]), nn.digest()]), flush=True)
"""


def long_fit(package: str) -> tuple[Any, Any, Any]:
    """Return a network and examples that keep it busy; for nnfast, some 10 seconds per epoch."""
    hnodes, examples = {"nnref": ([10], 2000), "nnfast": ([1000, 1000], 30_000)}[package]
    draws = random.Random(1)
    inputs, targets = (np.array(draw_rows(draws, "usual", examples, width)) for width in (20, 5))
    return network(BACKENDS[package], 20, hnodes, 5, lr=0.1), inputs, targets


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C alone")
@pytest.mark.parametrize("package", BACKENDS)
def test_ctrl_c_stops_a_fit_after_a_finished_update(package: str) -> None:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-P", "-c", CTRL_C, package],
        env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(0.3)
            sent = time.monotonic()
            process.send_signal(signal.SIGINT)
            weight, digest = json.loads(process.stdout.readline())
            seconds = time.monotonic() - sent
        finally:
            process.kill()
    # Which update was the last? Its weights are those of a network that is trained so far.
    nn, inputs, targets = long_fit(package)
    for updates in range(100_000):
        if nn.weights[-1][0][0] == weight and nn.digest() == digest:
            break
        nn.train(inputs[updates % len(inputs)], targets[updates % len(inputs)])
    else:
        pytest.fail("the weights are those of no update")
    assert updates > 0
    print(f"{package}: stopped {seconds:.4f} s after Ctrl-C, after {updates} updates")
    # Half a second is promised; a busy machine may take its time.
    assert seconds < 5


# Files that are not ours, or not any more. What is no file of the format at all is for
# test_model_file.py.

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
        "seed": [-1, 2**64, 1.0, "1", True, [1]],
    }.items():
        for value in values:
            # A size can be one, and not that of the tensors.
            says = "weights" if type(value) is int and value > 2 and key != "lr" else key
            says = "seed" if key == "seed" else says
            yield f"{key} {value!r:.9}", description(**{key: value}), says
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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from([3, 4, 5, 2, 0.1, "split", "uniform", 2**64, 10**30]),
    lambda children: st.lists(children, max_size=3)
    | st.dictionaries(st.text(max_size=3), children, max_size=2),
    max_leaves=5,
)  # fmt: skip


@settings(deadline=None, max_examples=200)
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
