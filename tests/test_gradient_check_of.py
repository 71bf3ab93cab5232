"""`gradient_check_of`: the slopes of any function of weights, held against measured ones."""

import math
from typing import Any

import numpy as np
import pytest

from nnref import gradient_check, gradient_check_of
from nnref.network import NeuralNetwork

INPUTS, TARGETS = np.array([0.9, 0.1, 0.8]), np.array([0.99, 0.01])


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def loss(weights: Any) -> Any:
    errors = TARGETS - sigmoid(sigmoid(INPUTS @ weights[0] + weights[1]) @ weights[2])
    return 0.5 * (errors @ errors)


@pytest.fixture
def weights() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.random((3, 4)) - 0.5, rng.random(4), rng.random((4, 2)) - 0.5]


def slopes_at(weights: list[np.ndarray], rule: str = "gradient") -> list[np.ndarray]:
    hidden = sigmoid(INPUTS @ weights[0] + weights[1])
    outputs = sigmoid(hidden @ weights[2])
    errors = TARGETS - outputs
    deltas = errors * outputs * (1.0 - outputs)
    back = weights[2] @ (deltas if rule == "gradient" else errors) * hidden * (1.0 - hidden)
    return [-np.outer(INPUTS, back), -back, -np.outer(hidden, deltas)]


def test_right_slopes_agree_and_the_weights_stay_as_they_were(weights: list[np.ndarray]) -> None:
    before = [matrix.copy() for matrix in weights]
    check = gradient_check_of(loss, weights, slopes_at(weights))
    assert check.agrees
    assert [layer.name for layer in check.layers] == ["weights[0]", "weights[1]", "weights[2]"]
    assert [layer.weights for layer in check.layers] == [12, 4, 8]
    assert all(abs(layer.numerical) > 1e-4 for layer in check.layers)
    assert check.explanation == "The slopes are those of the loss."
    assert str(check).startswith("Slopes of the loss: as given, and measured numerically.")
    for matrix, as_before in zip(weights, before, strict=True):
        assert matrix.tobytes() == as_before.tobytes()


def test_it_finds_the_articles_rule_and_where(weights: list[np.ndarray]) -> None:
    check = gradient_check_of(loss, weights, slopes_at(weights, "split"))
    assert [layer.agrees for layer in check.layers] == [False, False, True]
    assert "weights[0], weights[1]: the slopes are not those of the loss" in check.explanation
    slopes = slopes_at(weights)
    slopes[2][3, 1] *= 1.00001
    check = gradient_check_of(loss, weights, slopes)
    assert [layer.agrees for layer in check.layers] == [True, True, False]
    assert check.layers[2].place == "weights[2][3][1]"
    assert "weights[2]: DIFFERS" in str(check)


def test_it_says_what_the_difference_looks_like(weights: list[np.ndarray]) -> None:
    slopes = slopes_at(weights)
    opposite = gradient_check_of(loss, weights, [-slope for slope in slopes])
    assert "They point the opposite way" in opposite.explanation
    twice = gradient_check_of(loss, weights, [2.0 * slope for slope in slopes])
    assert "only their length is wrong" in twice.explanation
    assert twice.layers[0].length == pytest.approx(2.0)


def test_it_is_that_of_a_network(weights: list[np.ndarray]) -> None:
    network = NeuralNetwork(3, 4, 2, 0.3, hidden_error="gradient", seed=1)

    def network_loss(matrices: Any) -> float:
        hidden = sigmoid(INPUTS @ np.array(matrices[0]))
        errors = TARGETS - sigmoid(hidden @ np.array(matrices[1]))
        return float(0.5 * (errors @ errors))

    gradient = network.gradient([INPUTS], [TARGETS])
    assert gradient_check_of(network_loss, network.weights, gradient.weights).agrees
    assert gradient_check(network, INPUTS, TARGETS).agrees


@pytest.mark.parametrize("of", [list, np.array, tuple])
def test_one_vector_and_lists_will_do(of: Any) -> None:
    def cubes(w: Any) -> float:
        return float(w[0][0] ** 3 + w[0][1] ** 3)

    weights = [[3.0, -0.5]] if of is tuple else of([[3.0, -0.5]])
    check = gradient_check_of(cubes, weights, of([[27.0, 0.75]]))
    assert check.agrees
    flat = gradient_check_of(lambda w: w[0] ** 3, [3.0], of([26.0]))
    assert not flat.agrees
    assert flat.layers[0].name == "weights"
    assert flat.layers[0].place == "weights[0]"


def test_of_many_weights_a_sample_is_checked() -> None:
    weights = np.linspace(0.1, 2.0, 500)
    check = gradient_check_of(lambda w: np.sum(w * w), weights, 2.0 * weights, most=50)
    assert check.agrees
    assert (check.layers[0].checked, check.layers[0].weights) == (50, 500)


def test_a_loss_that_fails_leaves_the_weights_and_says_so() -> None:
    weights = [0.5, 0.25]

    def endless(w: Any) -> float:
        return math.inf if w[1] != 0.25 else 1.0

    with pytest.raises(ValueError, match=r"^loss: got inf, wants a finite number"):
        gradient_check_of(endless, weights, [0.0, 0.0])
    assert weights == [0.5, 0.25]
