"""The oracle against something other than its twin: by hand, NumPy, numerical gradients."""

import math
import random

import numpy as np
import pytest
from helpers import PAIRS, bits

from nnref import NeuralNetwork
from nnref.backquery import rescaled
from nnref.common.description import ACTIVATIONS, INITS
from nnref.common.randomness import epoch_order

Shape = tuple[int, int | list[int], int]


def network(shape: Shape = (3, [4, 3], 2), **options: object) -> NeuralNetwork:
    return NeuralNetwork(*shape, lr=1.0, **{"seed": 5, **options})


def test_one_update_worked_by_hand() -> None:
    """A 1-1-1 network, whose every number fits on a line.

    With w = 0 everywhere each sigmoid says 0.5, and with lr 1 and target 1 the output error is 0.5,
    the output's slope 0.25: the last weight moves by 0.5 * 0.25 * 0.5. The hidden error is 0.
    """
    nn = NeuralNetwork(1, 1, 1, lr=1.0)
    nn.weights = [[[0.0]], [[0.0]]]
    nn.train([2.0], [1.0])
    assert nn.weights == ([[0.0]], [[0.0625]])
    # Now the hidden error is 0.0625 times the output error, by the old weight.
    output = 1 / (1 + math.exp(-0.0625 * 0.5))
    nn.train([2.0], [1.0])
    hidden = (1.0 - output) * 0.0625 * 0.25 * 2.0
    assert nn.weights_input_hidden[0][0] == pytest.approx(hidden, rel=1e-15)
    last = 0.0625 + (1 - output) * output * (1 - output) * 0.5
    assert nn.weights_hidden_output[0][0] == pytest.approx(last, rel=1e-15)


@pytest.mark.parametrize("hidden_error", ["split", "gradient"])
def test_update_is_the_articles_in_numpy(hidden_error: str) -> None:
    nn = network((5, 4, 3), hidden_error=hidden_error)
    rng = np.random.default_rng(1)
    inputs, targets = rng.random(5), rng.random(3)
    wih, who = (np.array(matrix) for matrix in nn.weights)
    hidden_outputs = 1 / (1 + np.exp(-(inputs @ wih)))
    final_outputs = 1 / (1 + np.exp(-(hidden_outputs @ who)))
    output_errors = targets - final_outputs
    deltas = output_errors * final_outputs * (1 - final_outputs)
    hidden_errors = who @ (output_errors if hidden_error == "split" else deltas)
    who += np.outer(hidden_outputs, deltas)
    wih += np.outer(inputs, hidden_errors * hidden_outputs * (1 - hidden_outputs))
    nn.train(inputs, targets)
    np.testing.assert_allclose(nn.weights_input_hidden, wih, rtol=1e-14)
    np.testing.assert_allclose(nn.weights_hidden_output, who, rtol=1e-14)


def moves(nn: NeuralNetwork, inputs: list[float], targets: list[float]) -> np.ndarray:
    """Return what one update with lr 1 adds to each weight and bias."""
    before = np.concatenate(parameter_rows(nn))
    nn.train(inputs, targets)
    return np.concatenate(parameter_rows(nn)) - before


def numerical_gradient(nn: NeuralNetwork, inputs: list[float], targets: list[float]) -> np.ndarray:
    """Return the slope of the loss in each weight, by central differences."""
    small = 1e-5
    slopes = []
    for row in parameter_rows(nn):
        for j, weight in enumerate(row):
            losses = []
            for moved in (weight + small, weight - small):
                row[j] = moved
                losses.append(nn._evaluate([inputs], [targets])[0])
            row[j] = weight
            slopes.append((losses[0] - losses[1]) / (2 * small))
    return np.array(slopes)


def parameter_rows(nn: NeuralNetwork) -> list[list[float]]:
    """Return the rows of all weight matrices, then the rows of biases: the network's own lists."""
    return [row for matrix in nn.weights for row in matrix] + list(nn.biases)


@pytest.mark.parametrize("shape", [(3, 4, 2), (3, [4, 3], 2), (2, [3, 3, 3], 1), (4, [], 3)])
def test_gradient_rule_descends_the_loss(shape: Shape) -> None:
    nn = network(shape, hidden_error="gradient")
    draws = random.Random(1)
    inputs = [draws.random() for _ in range(shape[0])]
    targets = [draws.random() for _ in range(shape[2])]
    downhill = -numerical_gradient(nn, inputs, targets)
    moved = moves(nn, inputs, targets)
    assert np.abs(downhill).min() > 1e-7
    # Central differences are off by small**2 / 6 times a third derivative, and by rounding / small.
    np.testing.assert_allclose(moved, downhill, atol=1e-10, rtol=0)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("output_activation", "loss"), PAIRS)
def test_every_pair_descends_its_loss(
    activation: str, output_activation: str, loss: str, bias: bool
) -> None:
    nn = network(
        (3, [5, 4], 3),
        activation=activation,
        output_activation=output_activation,
        loss=loss,
        hidden_error="gradient",
        bias=bias,
    )
    draws = random.Random(3)
    nn.biases = [[draws.uniform(-0.5, 0.5) for _ in row] for row in nn.biases]
    inputs = [draws.random() for _ in range(3)]
    # Not summing to 1, which softmax with cross-entropy must not assume.
    targets = [0.2, 0.9, 0.4]
    downhill = -numerical_gradient(nn, inputs, targets)
    moved = moves(nn, inputs, targets)
    assert np.abs(downhill).max() > 1e-3
    np.testing.assert_allclose(moved, downhill, atol=1e-9, rtol=0)


@pytest.mark.parametrize(("output_activation", "loss"), PAIRS)
def test_the_two_rules_agree_where_the_delta_is_the_error(
    output_activation: str, loss: str
) -> None:
    targets = [0.25, 0.5, 0.25]  # summing to 1
    moved = {}
    for rule in ("split", "gradient"):
        nn = network((3, 4, 3), output_activation=output_activation, loss=loss, hidden_error=rule)
        moved[rule] = moves(nn, [0.2, 0.5, 0.9], targets)
    agree = np.allclose(moved["split"], moved["gradient"], rtol=1e-12, atol=1e-15)
    assert agree == (loss != "squared_error" or output_activation == "identity")


@pytest.mark.parametrize("targets", [[0.0, 3.0], [2.5, 1e-300], [0.0, 0.0]])
def test_the_poisson_loss_is_half_the_deviance(targets: list[float]) -> None:
    nn = network((3, 4, 2), output_activation="exponential", loss="poisson")
    outputs = nn.query([0.2, 0.5, 0.9])
    deviance = 0.0
    for t, o in zip(targets, outputs, strict=True):
        deviance += 2 * ((t * math.log(t / o) if t > 0 else 0.0) - (t - o))
    (loss,) = nn.fit([[0.2, 0.5, 0.9]], [targets]).loss
    assert loss == pytest.approx(deviance / 2, rel=1e-14)


def test_split_rule_is_not_the_gradient() -> None:
    nn = network((3, 4, 2), hidden_error="split")
    inputs, targets = [0.2, 0.5, 0.9], [0.1, 0.8]
    downhill = -numerical_gradient(nn, inputs, targets)
    moved = moves(nn, inputs, targets)
    hidden, last = slice(0, 12), slice(12, None)
    np.testing.assert_allclose(moved[last], downhill[last], atol=1e-10, rtol=0)
    # The raw error was not shrunk by the output's slope, which is at most a quarter.
    assert np.abs(moved[hidden] - downhill[hidden]).max() > 0.5 * np.abs(downhill[hidden]).max()


def test_it_learns_xor() -> None:
    inputs = [[0.01, 0.01], [0.01, 0.99], [0.99, 0.01], [0.99, 0.99]]
    # No bias in the article's network: a third input that is always 1 stands in for it.
    inputs = [[*row, 1.0] for row in inputs]
    targets = [[0.01], [0.99], [0.99], [0.01]]
    nn = NeuralNetwork(3, 5, 1, lr=0.5, seed=1)
    history = nn.fit(inputs, targets, epochs=4000, validation=(inputs, targets))
    assert history.validation_score[-1] == 1.0
    assert history.loss[-1] < 0.01 < 0.1 < history.loss[0]


def test_uniform_weights_are_the_articles() -> None:
    nn = NeuralNetwork(50, 40, 30, lr=0.1, seed=3)
    numbers = np.concatenate([np.ravel(matrix) for matrix in nn.weights])
    assert numbers.min() >= -0.5
    assert numbers.max() < 0.5
    assert abs(numbers.mean()) < 0.01
    draws = random.Random(3)
    assert nn.weights_input_hidden[0] == [draws.random() - 0.5 for _ in range(40)]


def assert_distributed(numbers: np.ndarray, shares: np.ndarray) -> None:
    """Numbers, sorted, are distributed so that these are the shares expected below each of them."""
    steps = np.arange(1, len(numbers) + 1) / len(numbers)
    # Kolmogorov-Smirnov; 1.95 / sqrt(n) is exceeded once in a thousand seeds.
    assert np.abs(steps - shares).max() < 1.95 / math.sqrt(len(numbers))


@pytest.mark.parametrize(("init", "times"), [("scaled_normal", 1.0), ("he_normal", 2.0)])
def test_normal_weights_are_normal(init: str, times: float) -> None:
    nn = NeuralNetwork(100, 200, 30, 0.1, seed=3, init=init, bias=True, bias_init="drawn")
    for layer, fan_in in enumerate((100, 200)):
        for array in (nn.weights[layer], nn.biases[layer]):
            numbers = np.sort(np.ravel(array) / math.sqrt(times / fan_in))
            normal = [0.5 * (1 + math.erf(x / math.sqrt(2))) for x in numbers]
            assert_distributed(numbers, np.array(normal))


@pytest.mark.parametrize(
    ("activation", "factors"),
    [
        ("tanh", (6.0, 6.0, 6.0)),
        ("sigmoid", (2.0, 2.0, 2.0)),
        (["sigmoid", "relu"], (2.0, 6.0, 6.0)),
        (["relu", "sigmoid"], (6.0, 2.0, 2.0)),
    ],
)
def test_glorot_s_weights_are_uniform_within_his_bound(
    activation: str | list[str], factors: tuple[float, ...]
) -> None:
    nn = NeuralNetwork(
        100, [200, 60], 30, 0.1, activation=activation, seed=3, init="glorot_uniform",
        bias=True, bias_init="drawn",
    )  # fmt: skip
    fans = (100, 200), (200, 60), (60, 30)
    for layer, ((fan_in, fan_out), factor) in enumerate(zip(fans, factors, strict=True)):
        bound = math.sqrt(factor / (fan_in + fan_out))
        for array in (nn.weights[layer], nn.biases[layer]):
            numbers = np.sort(np.ravel(array))
            assert -bound <= numbers[0] < 0.0 < numbers[-1] < bound
            assert_distributed(numbers, (numbers + bound) / (2 * bound))


def test_glorot_s_bound_without_a_hidden_layer_is_his_own() -> None:
    (matrix,) = NeuralNetwork(60, [], 30, 0.1, seed=3, init="glorot_uniform").weights
    assert math.sqrt(2 / 90) < np.max(matrix) < math.sqrt(6 / 90)


@pytest.mark.parametrize("init", INITS)
def test_drawn_biases_come_after_all_weights_and_leave_them_as_they_were(init: str) -> None:
    plain, drawn = (
        NeuralNetwork(3, [4, 3], 2, 0.1, seed=3, init=init, bias=True, bias_init=bias_init)
        for bias_init in ("zeros", "drawn")
    )
    assert bits(plain.weights) == bits(drawn.weights)
    assert bits(plain.biases) == bits([[0.0] * 4, [0.0] * 3, [0.0] * 2])
    numbers = [number for row in drawn.biases for number in row]
    assert len(set(numbers)) == 9


def test_first_weights_stay_the_same_for_ever() -> None:
    """The start is part of every digest, so a new Python must not move it."""
    uniform = NeuralNetwork(2, 2, 1, lr=0.1, seed=7).weights
    assert uniform == (
        [[-0.17616723516683763, -0.3491508260754981], [0.15093447303985374, -0.42756371333245724]],
        [[0.0358820043066892], [-0.13431108308741446]],
    )
    normal = NeuralNetwork(2, 1, 1, lr=0.1, seed=7, init="scaled_normal").weights
    assert normal == ([[-0.3157793716189129], [-0.6258520680870621]], [[0.20818470090165705]])
    he, glorot = (
        NeuralNetwork(2, 1, 1, lr=0.1, seed=7, init=init, bias=True, bias_init="drawn")
        for init in ("he_normal", "glorot_uniform")
    )
    assert he.weights == ([[-0.44657947006112025], [-0.8850884827279729]], [[0.29441762749370975]])
    assert he.biases == ([-0.589740845704719], [0.8259259328954726])
    assert glorot.weights == (
        [[-0.2876798903704272], [-0.5701609114374706]],
        [[0.3018689460797075]],
    )
    assert glorot.biases == ([-0.6982086201294274], [0.0717640086133784])


def test_epoch_order_visits_each_example_once_and_stays_the_same_for_ever() -> None:
    assert sorted(epoch_order(100, seed=1, epoch=0)) == list(range(100))
    assert epoch_order(8, seed=1, epoch=0) != epoch_order(8, seed=1, epoch=1)
    assert epoch_order(8, seed=1, epoch=0) != epoch_order(8, seed=2, epoch=0)
    assert epoch_order(8, seed=1, epoch=3) == [2, 3, 4, 5, 0, 7, 1, 6]


def test_rescaled() -> None:
    assert rescaled([1.0, 2.0, 3.0]) == [0.01, 0.5 * 0.98 + 0.01, 0.98 + 0.01]
    assert rescaled([7.0, 7.0]) == [0.5, 0.5]


def test_backquery_of_one_layer_by_hand() -> None:
    nn = NeuralNetwork(3, [], 1, lr=0.1)
    nn.weights = [[[2.0], [0.0], [-2.0]]]
    # A target above one half is a positive signal: most of it through the positive weight.
    assert nn.backquery([0.9]) == [0.99, 0.5, 0.01]
    assert nn.backquery([0.1]) == [0.01, 0.5, 0.99]
    assert bits(nn.backquery([0.5])) == bits([0.5, 0.5, 0.5])
