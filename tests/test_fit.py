"""fit and predict: what they report, when they call back, and what they leave alone."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers import BACKENDS, INPUTS, TARGETS, bits, network, one_by_one

import nnfast
import nnref
from nnref import History
from nnref.common.randomness import epoch_order


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


# Training that diverges.


@pytest.mark.parametrize("package", [nnref, nnfast])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_training_that_diverges_stops_with_what_was_good(package: Any, optimizer: str) -> None:
    """The second epoch's rate is far too large; the third is never begun."""
    options = {"output_activation": "identity", "optimizer": optimizer, "bias": True, "seed": 1}
    network, twin = (package.NeuralNetwork(3, 4, 2, 0.01, **options) for _ in range(2))
    rates = [0.01, 1e200, 0.01]
    calls: list[int] = []
    with pytest.warns(UserWarning, match=r"^loss: got (inf|nan) in epoch 2 of this call"):
        history = network.fit(
            INPUTS, TARGETS, epochs=3, schedule=lambda epoch, lr: rates[epoch],
            validation=(INPUTS, TARGETS), callback=lambda network, history: calls.append(1),
        )  # fmt: skip
    twin.fit(INPUTS, TARGETS)
    assert network.__getstate__() == twin.__getstate__()
    assert [math.isfinite(loss) for loss in history.loss] == [True, False]
    assert len(history.validation_loss) == len(history.validation_score) == 2
    assert (network.epochs, len(calls)) == (1, 1)


@pytest.mark.parametrize("package", [nnref, nnfast])
def test_a_checkpoint_of_training_that_diverges_is_the_last_good_network(
    package: Any, tmp_path: Path
) -> None:
    network = package.NeuralNetwork(3, 4, 2, 1e200, output_activation="identity", seed=1)
    before = network.digest()
    with pytest.warns(UserWarning, match="training has diverged"):
        network.fit(INPUTS, TARGETS, epochs=3, checkpoint=tmp_path / "network")
    assert package.NeuralNetwork.load(tmp_path / "network").digest() == network.digest() == before


@pytest.mark.filterwarnings("ignore:loss. got inf")
@pytest.mark.parametrize("largest", [1e308, 1.7e308])
@pytest.mark.parametrize(
    ("targets", "loss"),
    [([1.0, 0.0], 0.0), ([0.0, 1.0], math.inf), ([1.0, 1e-308], 2.0)],
    ids=["right", "wrong", "nearly right"],
)
def test_signals_farther_apart_than_any_float_have_the_loss_that_they_have(
    backend: ModuleType, largest: float, targets: list[float], loss: float
) -> None:
    nn = backend.NeuralNetwork(1, [], 2, 0.1, output_activation="softmax", loss="cross_entropy")
    nn.weights = [[[largest, -largest]]]
    loss *= largest / 1e308
    (got,) = nn.fit([[1.0]], [targets]).loss
    assert got == loss if math.isinf(loss) else got == pytest.approx(loss, rel=1e-12)


@pytest.mark.filterwarnings("ignore:loss. got inf")
@pytest.mark.parametrize(
    ("signal", "target", "loss"),
    [
        (0.0, 0.0, 1.0),
        (0.0, 5e-324, 1.0),
        (-1e308, 0.0, 0.0),
        (-math.inf, 0.0, 0.0),
        (-math.inf, 2.0, math.inf),
        (710.0, 0.0, math.inf),
        (1e308, 1e308, math.inf),
        (math.inf, 2.0, math.inf),
    ],
)
def test_counts_at_the_ends_of_the_floats_have_the_loss_that_they_have(
    backend: ModuleType, signal: float, target: float, loss: float
) -> None:
    nn = backend.NeuralNetwork(1, [], 1, 0.1, output_activation="exponential", loss="poisson")
    nn.weights = [[[signal]]]
    assert nn.fit([[1.0]], [[target]]).loss == [loss]


def test_a_signal_of_minus_infinity_costs_nothing_where_it_is_right(backend: ModuleType) -> None:
    nn = backend.NeuralNetwork(1, [], 2, 0.1, output_activation="softmax", loss="cross_entropy")
    nn.weights = [[[1.0, -math.inf]]]
    assert nn.fit([[1.0]], [[1.0, 0.0]]).loss == [0.0]
