"""Both backends give the same bits, on every kernel build that this processor can run."""

import copy
import functools
import itertools
import math
import pickle
import random
from typing import Any

import numpy as np
import pytest
from cases import Case, assert_same, cases
from helpers import BUILDS, NOT_FINITE, PAIRS, amount, bits, draw_numbers, kernel
from hypothesis import given, settings
from hypothesis import strategies as st

import nnfast
import nnref
import nnref.common.network
import nnref.common.training
import nnref.scores
from nnfast.datasets import digits
from nnref import SGD
from nnref.common.description import HIDDEN_ERRORS, OUTPUT_ACTIVATIONS
from nnref.network import NeuralNetwork as ReferenceNetwork

pytestmark = [
    pytest.mark.parametrize("build", BUILDS),
    pytest.mark.usefixtures("training_goes_on"),
    pytest.mark.filterwarnings("ignore:inputs. got numbers"),
]


@settings(max_examples=amount(250, quick=40))
@given(case=cases())
def test_query_and_one_update(build: str, case: Case) -> None:
    with kernel(build):
        reference, fast = case.networks()
        assert_same(reference, fast)
        inputs, targets = case.rows(1)
        assert bits(reference.query(inputs[0])) == bits(fast.query(inputs[0]))
        reference.train(inputs[0], targets[0])
        fast.train(inputs[0], targets[0])
        assert_same(reference, fast)
        assert bits(reference.query(inputs[0])) == bits(fast.query(inputs[0]))


def test_answers_of_every_width(build: str) -> None:
    """Whole registers, tiles of registers, what is left over, and rows in eights and between."""
    with kernel(build):
        for width in range(1, 190):
            case = Case((1 + width % 19, width, 2), 0.5, {"seed": width}, "usual", width)
            reference, fast = case.networks()
            (inputs,), _ = case.rows(1)
            assert bits(reference.query(inputs)) == bits(fast.query(inputs)), width


@settings(max_examples=amount(250, quick=40))
@given(
    case=cases(widest=20),
    epochs=st.integers(1, 3),
    batch_size=st.integers(1, 12),
    shuffle=st.booleans(),
    schedule=st.sampled_from([None, "inverse", "exponential", "invscaling"]),
)
def test_fit(
    build: str, case: Case, epochs: int, batch_size: int, shuffle: bool, schedule: str | None
) -> None:
    with kernel(build):
        reference, fast = case.networks()
        inputs, targets = case.rows(8)
        options: dict[str, Any] = {
            "epochs": epochs,
            "batch_size": batch_size,
            "shuffle": shuffle,
            "schedule": schedule,
            "validation": case.rows(5),
        }
        histories = [network.fit(inputs, targets, **options) for network in (reference, fast)]
        assert_same(reference, fast)
        for name in ("loss", "validation_loss", "validation_score"):
            assert bits(getattr(histories[0], name)) == bits(getattr(histories[1], name))
        assert bits(reference.predict(inputs)) == bits(fast.predict(inputs))


@settings(max_examples=amount(100, quick=20))
@given(case=cases(widest=20), epochs=st.integers(1, 2))
def test_a_batch_of_one_is_the_online_rule(build: str, case: Case, epochs: int) -> None:
    with kernel(build):
        reference, fast = case.networks()
        inputs, targets = case.rows(6)
        fast.fit(inputs, targets, epochs=epochs, batch_size=1)
        for _ in range(epochs):
            for row, wanted in zip(inputs, targets, strict=True):
                reference.train(row, wanted)
        assert_same(reference, fast)


@settings(max_examples=amount(40, quick=10))
@given(case=cases(widest=8), batch_size=st.integers(25, 120))
def test_batches_of_more_than_one_block(build: str, case: Case, batch_size: int) -> None:
    with kernel(build):
        reference, fast = case.networks()
        inputs, targets = case.rows(100)
        reference.fit(inputs, targets, batch_size=batch_size)
        fast.fit(inputs, targets, batch_size=batch_size)
        # From many at once to one at a time, on the same network.
        for network in (reference, fast):
            network.fit(inputs[:5], targets[:5])
        assert_same(reference, fast)


@pytest.mark.parametrize("batch_size", [64, 65, 130])
@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_batches_that_just_fit_into_a_block_or_do_not(
    build: str, decay: float, batch_size: int
) -> None:
    """What fits moves the weights themselves; what does not is added up beside them."""
    options = {"seed": 1, "bias": True, "optimizer": SGD(decay)}
    case = Case((5, 7, 3), 0.5, options, "usual", 1)
    with kernel(build):
        reference, fast = case.networks()
        inputs, targets = case.rows(140)
        for network in (reference, fast):
            network.fit(inputs, targets, batch_size=batch_size, epochs=2)
        assert_same(reference, fast)


def test_other_updates_between_online_ones(build: str) -> None:
    """What the online rule has copied to work on does not outlive the call."""
    case = Case((5, 7, 6, 3), 0.5, {"seed": 1, "bias": True}, "usual", 1)
    with kernel(build):
        reference, fast = case.networks()
        inputs, targets = case.rows(6)
        for network in (reference, fast):
            network.fit(inputs, targets)
            network.fit(inputs, targets, batch_size=3)
            network.fit(inputs, targets)
            network.train(inputs[0], targets[0])
            network.fit(inputs, targets)
        assert_same(reference, fast)


@settings(max_examples=amount(15, quick=5))
@given(case=cases(widest=12, flavours=st.just("usual")))
def test_hundreds_of_updates(build: str, case: Case) -> None:
    with kernel(build):
        reference, fast = case.networks()
        inputs, targets = case.rows(60)
        reference.fit(inputs, targets, epochs=5)
        fast.fit(inputs, targets, epochs=5)
        assert_same(reference, fast)


@settings(max_examples=amount(60, quick=16))
@given(case=cases(widest=12), places=st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
def test_weights_that_are_not_finite(build: str, case: Case, places: list[int]) -> None:
    """A network that has diverged continues in the same way too."""
    with kernel(build):
        reference, fast = case.networks()
        draws = random.Random(case.data_seed)
        for place in places:
            matrices = [[list(row) for row in matrix] for matrix in reference.weights]
            matrix = matrices[place % len(matrices)]
            row = matrix[place % len(matrix)]
            row[place % len(row)] = draws.choice(NOT_FINITE)
            reference.weights = matrices
            fast.weights = matrices
        inputs, targets = case.rows(3)
        assert bits(reference.predict(inputs)) == bits(fast.predict(inputs))
        answer = [0.25] * case.sizes[-1]
        assert bits(reference.backquery(answer)) == bits(fast.backquery(answer))
        reference.fit(inputs, targets)
        fast.fit(inputs, targets)
        assert_same(reference, fast)


@settings(max_examples=amount(60, quick=16))
@given(case=cases(widest=20), flavour=st.sampled_from(["usual", "special"]))
def test_backquery(build: str, case: Case, flavour: str) -> None:
    with kernel(build):
        reference, fast = case.networks()
        draws = random.Random(case.data_seed)
        targets = [min(max(x, 5e-324), 0.999) for x in draw_numbers(draws, flavour, case.sizes[-1])]
        biases = [draw_numbers(draws, "usual", len(row)) for row in reference.biases]
        reference.biases = fast.biases = biases
        assert bits(reference.backquery(targets)) == bits(fast.backquery(targets))


@settings(max_examples=amount(30, quick=8))
@given(case=cases(widest=10), data=st.data())
def test_saved_by_either_and_read_by_either(
    build: str, tmp_path_factory: pytest.TempPathFactory, case: Case, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / f"network-{build}.safetensors"
    with kernel(build):
        writer = case.networks()[data.draw(st.integers(0, 1))]
        inputs, targets = case.rows(4)
        writer.fit(inputs, targets, shuffle=True, batch_size=2)
        writer.save(path)
        reference, fast = nnref.NeuralNetwork.load(path), nnfast.NeuralNetwork.load(path)
        assert repr(reference).replace("nnref", "nnfast") == repr(fast)
        assert_same(reference, fast)
        assert writer.digest() == fast.digest()
        # What is loaded goes on as what was saved, into the next epoch's order.
        for network in (writer, reference, fast):
            network.fit(inputs, targets, shuffle=True, batch_size=2, schedule="inverse")
        assert_same(reference, fast)
        assert writer.digest() == fast.digest()


def trained_on_digits(package: Any) -> Any:
    data = digits()
    network = package.NeuralNetwork(64, 25, 10, 0.1, seed=1)
    epochs = amount(3, quick=1)
    network.fit(data.train_inputs, data.train_targets, epochs=epochs, shuffle=True)
    return network


@pytest.fixture(scope="module")
def reference_after_digits() -> ReferenceNetwork:
    return trained_on_digits(nnref)


def test_long_run_on_real_digits(build: str, reference_after_digits: ReferenceNetwork) -> None:
    with kernel(build):
        assert_same(reference_after_digits, trained_on_digits(nnfast))


@pytest.mark.parametrize("batch_size", [1, 7])
def test_cut_into_calls_it_is_still_one_run(
    build: str, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel is called for a span of examples at a time; where the cuts are shows nowhere."""
    data = digits()
    digests = set()
    with kernel(build):
        for weights_per_call in (1, 20_000, 10**9):
            monkeypatch.setattr(nnfast.NeuralNetwork, "_weights_per_call", weights_per_call)
            network = nnfast.NeuralNetwork(64, 9, 10, 0.1, seed=1)
            history = network.fit(
                data.train_inputs[:200], data.train_targets[:200],
                shuffle=True, batch_size=batch_size,
                validation=(data.test_inputs[:50], data.test_targets[:50]),
            )  # fmt: skip
            # Other examples than fit has just judged: memory that is used again holds its answers.
            answers = bits(network.predict(data.test_inputs[50:90]))
            assert answers == bits([network.query(row) for row in data.test_inputs[50:90]])
            digests.add((network.digest(), bits(history.loss), bits(history.validation_loss)))
    assert len(digests) == 1


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_go_their_own_way(build: str, copied: Any) -> None:
    case = Case((5, 7, 3), 0.1, {"seed": 1, "bias": True, "optimizer": "adam"}, "usual", 1)
    inputs, targets = case.rows(6)
    with kernel(build):
        for original in case.networks():
            twin = copied(original)
            before = original.digest()
            assert twin.digest() == before
            twin.fit(inputs, targets)
            assert original.digest() == before
            original.fit(inputs, targets)
            assert twin.digest() == original.digest()


def test_early_stopping_keeps_the_best(build: str) -> None:
    options = {"seed": 1, "bias": True, "optimizer": "momentum"}
    case = Case((5, 7, 3), 5.0, options, "usual", 1)
    inputs, targets = case.rows(30)
    held_back = inputs[20:], targets[20:]
    with kernel(build):
        reference, fast = case.networks()
        histories = [
            network.fit(inputs[:20], targets[:20], epochs=40, patience=3, validation=held_back)
            for network in (reference, fast)
        ]
        assert histories[0] == histories[1]
        history = histories[0]
        assert history.best_epoch is not None
        assert len(history.loss) == history.best_epoch + 1 + 3 < 40
        assert min(history.validation_loss) == history.validation_loss[history.best_epoch]
        assert_same(reference, fast)
        _, again = case.networks()
        again.fit(inputs[:20], targets[:20], epochs=history.best_epoch + 1)
        assert_same(reference, again)


# The oracle takes its time over what follows, and computes it once for all builds.


def learned(network: Any, case: Case, examples: int, batch_size: int) -> list[bytes]:
    """Train a network; return all that it has become, and its answers."""
    inputs, targets = case.rows(examples)
    network.fit(inputs, targets, batch_size=batch_size)
    answers = [*network.predict(inputs), *(network.query(row) for row in inputs[:3])]
    return [bits(array) for array in (*network._arrays.values(), answers)]


def case_of_width(width: int) -> Case:
    options = {"seed": width, "hidden_error": "gradient", "bias": width % 2 == 0}
    return Case((1 + width % 9, width, 1 + width % 13), 0.5, options, "usual", width)


@functools.cache
def oracle_of_width(width: int, examples: int, batch_size: int) -> list[bytes]:
    case = case_of_width(width)
    return learned(case.reference(), case, examples, batch_size)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 9, 33])
def test_every_width(build: str, batch_size: int) -> None:
    """Whole registers, tiles of registers, and what is left over: in outputs, inputs, examples."""
    examples = amount(34, quick=batch_size + 1)
    with kernel(build):
        for width in range(1, 67):
            case = case_of_width(width)
            got = learned(case.fast(), case, examples, batch_size)
            assert got == oracle_of_width(width, examples, batch_size), width


def case_of_sizes(sizes: tuple[int, ...], **options: Any) -> Case:
    return Case(sizes, 0.01, {"seed": 1, "bias": True, **options}, "usual", 1)


@functools.cache
def oracle_of_tiles(sizes: tuple[int, ...], batch_size: int) -> list[bytes]:
    case = case_of_sizes(sizes, activation="tanh")
    return learned(case.reference(), case, max(23, batch_size + 3), batch_size)


TILED = [(150, 73, 3), (3, 145, 80, 2), (140, 200, 10), (5, 203, 290)]


@pytest.mark.parametrize(
    ("sizes", "batch_size"), [*itertools.product(TILED, (1, 20)), (TILED[0], 61), (TILED[1], 61)]
)
def test_layers_of_several_tiles(build: str, sizes: tuple[int, ...], batch_size: int) -> None:
    """Tiles to and fro, rows that begin within a cache line, and sums cut into blocks of terms.

    For many examples, also weights that are copied before they are used, in whole tiles of them.
    """
    case = case_of_sizes(sizes, activation="tanh")
    with kernel(build):
        got = learned(case.fast(), case, max(23, batch_size + 3), batch_size)
    assert got == oracle_of_tiles(sizes, batch_size)


LARGE = {"activation": "relu", "output_activation": "identity"}  # which sums do not saturate


@functools.cache
def oracle_of_a_large_layer(sizes: tuple[int, ...], examples: int) -> list[bytes]:
    case = case_of_sizes(sizes, **LARGE)
    return learned(case.reference(), case, examples, 1)


@pytest.mark.parametrize("sizes", [(1100, 1003, 2), (2, 1003, 1100)])
def test_a_layer_too_large_for_a_cache(build: str, sizes: tuple[int, ...]) -> None:
    case, examples = case_of_sizes(sizes, **LARGE), amount(3, quick=1)
    with kernel(build):
        got = learned(case.fast(), case, examples, 1)
    assert got == oracle_of_a_large_layer(sizes, examples)


ZEROS = [0.0, -0.0, -0.0, 1.0, -1.0]


def learned_of_zeros(package: Any, seed: int) -> list[bytes]:
    """Train a network of a kind, and of numbers, that the seed draws; nearly all are zeros."""
    draws = random.Random(seed)

    def zeros(*shape: int) -> list[Any]:
        if not shape:
            return draws.choice(ZEROS)
        return [zeros(*shape[1:]) for _ in range(shape[0])]

    *others, last = (draws.choice((1, 1, 2, 4, 5, 9)) for _ in range(draws.randint(2, 4)))
    network = package.NeuralNetwork(
        others[0], others[1:], last, 0.5, seed=seed,
        hidden_error=draws.choice(HIDDEN_ERRORS), bias=draws.random() < 0.5,
        activation=draws.choice(("relu", "tanh")), output_activation="identity",
    )  # fmt: skip
    network.weights = [zeros(len(matrix), len(matrix[0])) for matrix in network.weights]
    network.biases = [zeros(len(row)) for row in network.biases]
    inputs, targets = zeros(3, others[0]), zeros(3, last)
    before = bits(network.predict(inputs))
    network.fit(inputs, targets, batch_size=draws.randint(1, 3))
    after = [bits(array) for array in network._arrays.values()]
    return [before, *after, bits(network.predict(inputs))]


@functools.cache
def oracle_of_zeros(seed: int) -> list[bytes]:
    return learned_of_zeros(nnref, seed)


def test_signs_of_zeros(build: str) -> None:
    """Where nearly all numbers are zeros, the sign of each is a question of the order."""
    with kernel(build):
        for seed in range(amount(1000, quick=250)):
            assert learned_of_zeros(nnfast, seed) == oracle_of_zeros(seed), seed


def test_signs_of_zeros_among_many_examples(build: str) -> None:
    """They go through other tiles than a few; a sum of zeros is -0.0 only if all of them are."""
    options = {"activation": "identity", "output_activation": "identity", "bias": True, "seed": 1}
    draws = random.Random(1)
    inputs = [draws.choices(ZEROS, k=2) for _ in range(400)]
    with kernel(build):
        reference, fast = Case((2, 60, 1), 0.5, options, "usual", 1).networks()
        for network in (reference, fast):
            network.weights = [[[1.0] * 60] * 2, [[1.0]] * 60]
            network.biases = [[-0.0] * 60, [-0.0]]
        got = [bits(network.predict(inputs)) for network in (reference, fast)]
        assert bits([-0.0]) in got[0]
        assert got[0] == got[1]


@pytest.mark.parametrize(("output_activation", "loss"), PAIRS)
def test_every_output_with_every_loss_that_takes_it(
    build: str, output_activation: str, loss: str
) -> None:
    """Also the last neuron of whole registers, which a padded row would hide; targets of 0."""
    options = {"output_activation": output_activation, "loss": loss, "bias": True, "seed": 1}
    case = Case((3, 16), 0.1, options, "usual", 1)
    inputs, targets = case.rows(9)
    targets[0][:4] = [0.0] * 4
    if loss == "poisson":
        targets = [[10.0 * t for t in row] for row in targets]
    with kernel(build):
        reference, fast = case.networks()
        for batch_size in (1, 4):
            expected, got = (
                nn.fit(inputs, targets, batch_size=batch_size, validation=(inputs, targets))
                for nn in (reference, fast)
            )
            assert bits(expected.loss) == bits(got.loss)
            assert bits(expected.validation_loss) == bits(got.validation_loss)
            assert_same(reference, fast)
        for row, wanted in zip(inputs, targets, strict=True):
            reference.train(row, wanted)
            fast.train(np.array(row), np.array(wanted))
        assert_same(reference, fast)
        assert bits(reference.predict(inputs)) == bits(fast.predict(inputs))


@pytest.mark.parametrize("output_activation", OUTPUT_ACTIVATIONS)
def test_scores(build: str, output_activation: str) -> None:
    """Equal outputs, NaN, values on the middle, targets that do not vary."""
    draws = random.Random(1)
    values = [0.0, 0.25, 0.5, 0.75, 1.0, -0.5, math.nan]
    with kernel(build):
        for _ in range(300):
            least = 2 if output_activation == "softmax" else 1
            width, count = draws.randint(least, 4), draws.randint(1, 3)
            outputs = [[draws.choice(values) for _ in range(width)] for _ in range(count)]
            targets = [[draws.choice(values[:-1]) for _ in range(width)] for _ in range(count)]
            if draws.random() < 0.3:
                targets = [targets[0]] * count
            if draws.random() < 0.3:
                outputs = targets
            expected = nnref.scores.score(output_activation, outputs, targets)
            network = nnfast.NeuralNetwork(1, (), width, 0.1, output_activation=output_activation)
            got = network._engine.score(np.array(outputs), np.array(targets))
            assert bits(got) == bits(expected)


def test_relu_of_minus_zero_is_zero(build: str) -> None:
    """It shows in the sign of a weight that is itself -0.0."""
    options = {"activation": "relu", "output_activation": "identity", "bias": True, "seed": 1}
    with kernel(build):
        reference, fast = Case((1, 1, 1), 0.5, options, "usual", 1).networks()
        for network in (reference, fast):
            network.weights, network.biases = [[[1.0]], [[-0.0]]], [[-0.0], [0.0]]
            network.train([-0.0], [1.0])
        assert bits(reference.weights[1]) == bits([[0.0]])
        assert_same(reference, fast)
