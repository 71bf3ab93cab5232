"""A float32 network stays within a derived bound of the oracle.

What the bound is, and why it holds, is in ``float32_bound.py``. That the bits of a float32 network
are the same on every run, and with any number of threads, is shown in ``test_threads.py``.
"""

import importlib
import random
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from cases import sizes_and_options
from float32_bound import (
    EXAMPLES,
    EXP,
    FEWEST_WEIGHTS,
    LARGEST,
    SMALLEST_NORMAL,
    TANH,
    TINIEST,
    Array,
    Bound,
    Near,
    U,
)
from helpers import BUILDS, amount, bits, kernel
from hypothesis import given, settings
from hypothesis import strategies as st

import nnfast
import nnref
from nnfast.network import NeuralNetwork as FastNetwork
from nnref.common.network import rebuilt
from nnref.network import NeuralNetwork as ReferenceNetwork

pytestmark = [
    pytest.mark.parametrize("build", BUILDS),
    pytest.mark.usefixtures("training_goes_on"),
    pytest.mark.filterwarnings("ignore:inputs. got numbers"),
]

SPECIAL = [
    0.0, -0.0, TINIEST, -TINIEST, SMALLEST_NORMAL, SMALLEST_NORMAL - TINIEST, 2.0**-75, -(2.0**-75),
    1.0, -1.0, 1.0 - U, 0.5, 88.75, -88.75, -104.0, 2.0**60, -(2.0**60), LARGEST, -LARGEST,
]  # fmt: skip


def draw_float32(draws: random.Random, flavour: str, *shape: int) -> Array:
    """Draw float32 numbers, as float64: "usual" for a network, "large", "wide" or "special".

    Or "scaled", as first weights are, for which `shape` begins with the number of inputs.
    """
    if flavour == "scaled":
        normal = np.random.default_rng(draws.getrandbits(32)).normal(0.0, shape[0] ** -0.5, shape)
        return normal.astype(np.float32).astype(np.float64)

    def one() -> float:
        if flavour == "usual":
            return draws.random()
        if flavour == "large":
            return draws.uniform(-1.0, 1.0) * 2.0 ** draws.randint(-10, 10)
        if flavour == "wide":
            return draws.choice((-1.0, 1.0)) * 2.0 ** draws.randint(-149, 127)
        return draws.choice(SPECIAL)

    numbers = [one() for _ in range(int(np.prod(shape)))]
    return np.array(numbers, dtype=np.float32).astype(np.float64).reshape(shape)


@dataclass(frozen=True)
class Case:
    """A network in float32, its oracle, and the draws for what to feed them."""

    sizes: tuple[int, ...]
    lr: float
    options: dict[str, Any]
    weights: str = "usual"
    data: str = "usual"
    data_seed: int = 1

    def network(self) -> FastNetwork:
        """Return the network, with biases, and with other first weights where the case wants it."""
        shape = self.sizes[0], self.sizes[1:-1], self.sizes[-1]
        network = nnfast.NeuralNetwork(*shape, self.lr, dtype="float32", **self.options)
        draws = random.Random(self.data_seed)
        if self.weights != "usual":
            network.weights = [draw_float32(draws, self.weights, *w.shape) for w in network.weights]
        network.biases = [draw_float32(draws, self.weights, len(row)) for row in network.biases]
        return network

    def oracle(self, network: FastNetwork) -> ReferenceNetwork:
        """Return the oracle in the state that the network is in."""
        return rebuilt(nnref.NeuralNetwork, network.__getstate__())

    def examples(self, count: int) -> tuple[Array, Array]:
        draws = random.Random(self.data_seed + 1)
        inputs = draw_float32(draws, self.data, count, self.sizes[0])
        targets = draw_float32(draws, self.data, count, self.sizes[-1])
        if self.options.get("loss") == "cross_entropy":
            targets = np.clip(targets, 0.0, 1.0)
        if self.options.get("loss") == "poisson":
            targets = np.maximum(targets, 0.0)
        return inputs, targets

    @property
    def is_usual(self) -> bool:
        return self.weights == self.data == "usual"


# The bound says most of the usual numbers. Of the others it says what may happen at the ends of the
# range of float32, and that no error is larger than they explain.
FLAVOURS = st.sampled_from(["usual", "usual", "usual", "large", "wide", "special"])


@st.composite
def cases(draw: st.DrawFn, widest: int = 40) -> Case:
    sizes, options = draw(sizes_and_options(widest, smallest_epsilon=1e-30))
    return Case(
        sizes=sizes,
        lr=draw(st.sampled_from([0.1, 0.3, 1.0]) | st.floats(1e-3, 10)),
        options=options,
        weights=draw(FLAVOURS),
        data=draw(FLAVOURS),
        data_seed=draw(st.integers(0, 2**32)),
    )


def assert_within(bound: Near, oracle: Any, got: Any, what: str) -> None:
    """The bound is about the oracle's own numbers, and what the network got lies within it."""
    assert np.array_equal(bound.value, np.array(oracle), equal_nan=True), what
    assert bound.contains(got), what


def assert_all_within(bound: Bound, oracle: ReferenceNetwork, network: FastNetwork) -> None:
    """All that training changes is within the bound."""
    assert bound.arrays.keys() == oracle._arrays.keys() == network._arrays.keys()
    for name, near in bound.arrays.items():
        numbers = oracle._arrays[name], network._arrays[name]
        assert_within(near, *map(np.atleast_2d, numbers), name)


def assert_all_promised(bound: Bound) -> None:
    for name, near in bound.arrays.items():
        assert np.isfinite(near.error).all(), name


def fit_both(
    case: Case, network: FastNetwork, inputs: Array, targets: Array, batch_size: int
) -> Bound:
    """Train the network and, from where it stands, the oracle; check all there is to see."""
    oracle = case.oracle(network)
    bound = Bound(oracle)
    loss = bound.fit(inputs, targets, batch_size)
    histories = [
        trained.fit(inputs, targets, batch_size=batch_size, validation=(inputs, targets))
        for trained in (oracle, network)
    ]
    assert_within(loss, *(history.loss[0] for history in histories), "loss")
    assert_all_within(bound, oracle, network)
    # What training reports in the end is about the weights that the network has in the end.
    oracle = case.oracle(network)
    total, _ = oracle._evaluate(inputs.tolist(), targets.tolist())
    validation_loss = Bound(oracle).loss(inputs, targets)
    expected, got = total / len(inputs), histories[1].validation_loss[0]
    assert_within(validation_loss, expected, got, "validation loss")
    return bound


@settings(max_examples=amount(80, quick=16))
@given(case=cases(), count=st.integers(1, 40))
def test_every_output_is_within_its_bound(build: str, case: Case, count: int) -> None:
    with kernel(build):
        network = case.network()
        oracle = case.oracle(network)
        inputs, _ = case.examples(count)
        bound = Bound(oracle).predict(inputs)
        predicted, expected = network.predict(inputs), oracle.predict(inputs)
        assert predicted.dtype == np.float32
        assert_within(bound, expected, predicted, "predict")
        assert_within(bound, expected, [network.query(row) for row in inputs], "query")
        if case.is_usual:
            assert np.isfinite(bound.error).all()


@settings(max_examples=amount(100, quick=20))
@given(case=cases())
def test_every_number_that_train_moves_is_within_its_bound(build: str, case: Case) -> None:
    """Also by a second update, which starts from the network's own velocities and moments."""
    with kernel(build):
        network = case.network()
        for number, (row, wanted) in enumerate(zip(*case.examples(2), strict=True)):
            oracle = case.oracle(network)
            bound = Bound(oracle)
            bound.fit([row], [wanted], 1)
            oracle.train(row, wanted)
            network.train(row, wanted)
            assert_all_within(bound, oracle, network)
            if case.is_usual and number == 0:
                assert_all_promised(bound)


@settings(max_examples=amount(80, quick=16))
@given(case=cases(widest=20), count=st.integers(2, 20))
def test_every_number_that_a_batch_moves_is_within_its_bound(
    build: str, case: Case, count: int
) -> None:
    with kernel(build):
        network = case.network()
        inputs, targets = case.examples(2 * count)
        bound = fit_both(case, network, inputs[:count], targets[:count], count)
        if case.is_usual:
            assert_all_promised(bound)
        fit_both(case, network, inputs[count:], targets[count:], count)


@settings(max_examples=amount(60, quick=16))
@given(case=cases(widest=20), batch_size=st.integers(1, 4), batches=st.integers(1, 3))
def test_several_updates_in_a_row_are_within_their_bound(
    build: str, case: Case, batch_size: int, batches: int
) -> None:
    """The errors of one update are carried through the next; a last batch may be smaller."""
    with kernel(build):
        network = case.network()
        inputs, targets = case.examples(batches * batch_size + batch_size // 2)
        fit_both(case, network, inputs, targets, batch_size)


WIDTHS = [*range(1, 35), 47, 49, 63, 65, 95, 97, 127, 129, 143, 145, 272]


@pytest.mark.parametrize(("count", "batch_size"), [(2, 1), (33, 33)])
def test_every_width_is_within_its_bound(build: str, count: int, batch_size: int) -> None:
    """Whole registers, tiles of registers, and what is left over: in outputs, inputs, examples."""
    with kernel(build):
        for width in WIDTHS[:: amount(1, quick=3)]:
            options = {"seed": width, "hidden_error": "gradient", "bias": width % 2 == 0}
            case = Case((1 + width % 9, width, 1 + width % 19), 0.5, options, data_seed=width)
            fit_both(case, case.network(), *case.examples(count), batch_size)


def test_more_examples_than_one_block_are_within_their_bound(build: str) -> None:
    options = {"seed": 1, "output_activation": "softmax", "loss": "cross_entropy", "bias": True}
    case = Case((9, 20, 7), 0.5, options)
    with kernel(build):
        fit_both(case, case.network(), *case.examples(150), 150)


@pytest.mark.parametrize(("name", "roundings"), [("exp", EXP), ("tanh", TANH)])
def test_functions_are_as_exact_as_the_bound_takes_them_to_be(
    build: str, name: str, roundings: int
) -> None:
    """On a million of all arguments, against those of float64, which are the oracle's."""
    infinity = int(np.float32(np.inf).view(np.uint32))
    positive = np.arange(0, infinity, 4001, dtype=np.uint32).view(np.float32)
    arguments = np.concatenate([positive, -positive])
    got, expected = np.empty_like(arguments), np.empty(len(arguments))
    getattr(importlib.import_module(f"nnfast.kernel._{build}_float32"), name)(arguments, got)
    getattr(importlib.import_module(f"nnfast.kernel._{build}"), name)(
        arguments.astype(np.float64), expected
    )
    fits = np.abs(expected) <= LARGEST
    assert np.isposinf(got[~fits]).all()
    errors = np.abs(got[fits] - expected[fits])
    is_normal = np.abs(expected[fits]) >= SMALLEST_NORMAL
    assert (errors[is_normal] <= roundings * U * np.abs(expected[fits][is_normal])).all()
    assert (errors[~is_normal] <= SMALLEST_NORMAL).all()


# For the network that the article trains, the bound is tight enough to reveal a fault.

USUAL = Case((784, 200, 10), 0.1, {"seed": 1, "bias": True}, weights="scaled")


def images(count: int) -> tuple[Array, Array]:
    """Return inputs and targets as of written digits: four pixels out of five are background."""
    draws = np.random.default_rng(1)
    ink = draws.random((count, 784)) * (draws.random((count, 784)) < 0.2)
    targets = np.full((count, 10), 0.01)
    targets[np.arange(count), np.arange(count) % 10] = 0.99
    inputs = (ink * 0.99 + 0.01).astype(np.float32).astype(np.float64)
    return inputs, targets.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize(
    ("optimizer", "small"), [("sgd", 2e-6), ("momentum", 2e-6), ("adam", 5e-5)]
)
def test_of_the_usual_network_the_bound_promises_small_errors(
    build: str, optimizer: str, small: float
) -> None:
    """For 99 weights in 100: Adam can make a full step from a gradient that is almost 0."""
    lr = 0.001 if optimizer == "adam" else 0.1
    case = replace(USUAL, lr=lr, options={**USUAL.options, "optimizer": optimizer})
    inputs, targets = images(2)
    with kernel(build):
        network = case.network()
        start = Bound(case.oracle(network))
        assert 0.0 < start.predict(inputs).error.max() < 2e-5
        assert 0.0 < start.loss(inputs, targets).error < 1e-4
        bound = fit_both(case, network, inputs, targets, 2)
        for layer in (0, 1):
            assert np.quantile(bound.arrays[f"weights.{layer}"].error, 0.99) < small


def test_of_the_usual_network_the_bound_notices_faults_in_outputs(build: str) -> None:
    inputs, _ = images(2)
    with kernel(build):
        network = USUAL.network()
        weights = [matrix.copy() for matrix in network.weights]
        bound = Bound(USUAL.oracle(network)).predict(inputs)
        assert bound.contains(network.predict(inputs))
        network.weights = [matrix.astype(np.float16) for matrix in weights]
        assert not bound.contains(network.predict(inputs))
        for layer, term in ((0, (inputs[0].argmax(), 0)), (1, (0, 0))):
            without_a_term = [matrix.copy() for matrix in weights]
            without_a_term[layer][term] = 0.0
            network.weights = without_a_term
            assert not bound.contains(network.predict(inputs)), layer


def test_of_the_usual_network_the_bound_notices_faults_in_training(build: str) -> None:
    inputs, targets = images(2)
    with kernel(build):
        network, without_an_example = USUAL.network(), USUAL.network()
        before = [matrix.copy() for matrix in network.weights]
        bound = Bound(USUAL.oracle(network))
        loss = bound.fit(inputs, targets, 2)
        assert loss.contains(network.fit(inputs, targets, batch_size=2).loss[0])
        assert not loss.contains(without_an_example.fit(inputs[:1], targets[:1]).loss[0])
        for layer, row in ((0, inputs[0].argmax()), (1, 0)):
            promised, moved = bound.arrays[f"weights.{layer}"], network.weights[layer]
            assert promised.contains(moved)
            assert not promised.contains(moved.astype(np.float16))
            assert not promised.contains(without_an_example.weights[layer])
            without_an_input = moved.copy()
            without_an_input[row] = before[layer][row]
            assert not promised.contains(without_an_input)


@settings(max_examples=amount(100, quick=10))
@given(case=cases(), wide=st.sampled_from([1, 1, 10]))
def test_one_example_at_a_time_gives_the_bits_of_batches_of_one(
    build: str, case: Case, wide: int
) -> None:
    """Other loops: fit moves the weights by one example in passing, as it answers the next.

    That is where a first layer is too small to be trained in blocks.
    """
    widest = (FEWEST_WEIGHTS - 1) // case.sizes[0]
    sizes = (case.sizes[0], *(min(wide * width, widest) for width in case.sizes[1:]))
    case = replace(case, sizes=sizes)
    inputs, targets = case.examples(5)
    with kernel(build):
        network, fitted = case.network(), case.network()
        for row, wanted in zip(inputs, targets, strict=True):
            network.train(row, wanted)
        fitted.fit(inputs, targets, batch_size=1)
        for name, array in network._arrays.items():
            assert bits(array) == bits(fitted._arrays[name]), name


# Blocks: one update for each example, with the first layer moved once for 16 of them.


def of_blocks(case: Case) -> Case:
    """Return a case whose first layer is large enough, trained by plain gradient descent."""
    inodes = -(-FEWEST_WEIGHTS // case.sizes[1])
    options = case.options | {"optimizer": "sgd"}
    return replace(case, sizes=(inodes, *case.sizes[1:]), options=options)


@settings(max_examples=amount(30, quick=8))
@given(case=cases(), count=st.integers(2, 2) | st.integers(2, 24))
def test_updates_in_blocks_are_within_their_bound(build: str, case: Case, count: int) -> None:
    case = of_blocks(case)
    with kernel(build):
        network = case.network()
        inputs, targets = case.examples(count)
        bound = fit_both(case, network, inputs, targets, 1)
        # An exponential of the signals of so many inputs leaves every range, in the oracle too.
        grows = case.options["output_activation"] == "exponential"
        if case.is_usual and count == 2 and case.lr <= 0.1 and not grows:
            assert_all_promised(bound)


@pytest.mark.parametrize("bias", [False, True])
def test_the_bound_of_a_block_notices_what_is_left_out(build: str, bias: bool) -> None:
    """A batch has all signals from the weights before it, which is a block without corrections."""
    case = Case((40, 30, 3), 0.5, {"seed": 1, "bias": bias}, "scaled")
    inputs, targets = case.examples(EXAMPLES)
    with kernel(build):
        network, batch = case.network(), case.network()
        bound = Bound(case.oracle(network))
        bound.fit(inputs, targets, 1)
        network.fit(inputs, targets)
        batch.lr = 0.5 * EXAMPLES
        batch.fit(inputs, targets, batch_size=EXAMPLES)
        promised = bound.arrays["weights.0"]
        assert promised.contains(network.weights[0])
        assert not promised.contains(batch.weights[0])
        assert not promised.contains(network.weights[0].astype(np.float16))


@pytest.mark.parametrize("weights_per_call", [1, 20_000, 10**9])
def test_calls_of_the_kernel_cut_no_block(
    build: str, weights_per_call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case((40, 30, 3), 0.5, {"seed": 1, "bias": True}, "scaled")
    inputs, targets = case.examples(75)
    with kernel(build):
        whole, cut = case.network(), case.network()
        whole.fit(inputs, targets, shuffle=True, epochs=2)
        monkeypatch.setattr(nnfast.NeuralNetwork, "_weights_per_call", weights_per_call)
        cut.fit(inputs, targets, shuffle=True, epochs=2)
        assert whole.digest() == cut.digest()


def test_inputs_whose_products_are_infinite_are_trained_one_by_one(build: str) -> None:
    """Their weights are tiny, and their steps too, so nothing else is near the ends of float32."""
    case = Case((40, 30, 3), 1e-37, {"seed": 1, "bias": True}, "scaled")
    inputs, targets = case.examples(40)
    inputs *= np.where(np.arange(40) % 20 < 10, 1e20, 1e-3)[:, np.newaxis]
    inputs = inputs.astype(np.float32).astype(np.float64)
    with kernel(build):
        network = case.network()
        network.weights = [network.weights[0] * 1e-20, network.weights[1]]
        oracle = case.oracle(network)
        before = np.array(network.weights[0])
        loss = network.fit(inputs, targets).loss[0]
        assert loss == pytest.approx(
            oracle.fit(inputs.tolist(), targets.tolist()).loss[0], rel=1e-4
        )
        moved, expected = network.weights[0] - before, np.array(oracle.weights[0]) - before
        np.testing.assert_allclose(moved, expected, rtol=0.01, atol=1e-3 * np.abs(expected).max())


def test_blocks_take_sample_weights(build: str) -> None:
    case = Case((40, 30, 3), 0.5, {"seed": 1, "bias": True}, "scaled")
    inputs, targets = case.examples(40)
    sample_weight = [at % 5 / 2 for at in range(40)]
    with kernel(build):
        network = case.network()
        oracle, unweighted = case.oracle(network), case.oracle(network)
        losses = [
            nn.fit(inputs.tolist(), targets.tolist(), sample_weight=sample_weight).loss[0]
            for nn in (network, oracle)
        ]
        unweighted.fit(inputs.tolist(), targets.tolist())
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
        np.testing.assert_allclose(network.weights[0], oracle.weights[0], atol=1e-5)
        assert np.abs(np.subtract(unweighted.weights[0], oracle.weights[0])).max() > 1e-3
