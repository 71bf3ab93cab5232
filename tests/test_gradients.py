"""`gradient_check`: it finds what is not the gradient, and where."""

import math
from typing import Any

import pytest
from helpers import PAIRS

import nnfast
import nnref
from nnref import gradient_check
from nnref.common.description import ACTIVATIONS
from nnref.engine import Engine
from nnref.explanation.taken_apart import COMPUTED
from nnref.gradients import _angle, _places
from nnref.network import NeuralNetwork as Reference

BACKENDS = (nnref, nnfast)
INPUTS, TARGETS = [0.9, 0.1, 0.8], [0.99, 0.01]


class Wrong(Engine):
    """Back-propagation with one hidden delta too large."""

    factor = 1.0

    def last_update(self, layer: int, rows: Any) -> None:
        super().last_update(layer, rows)
        if layer == 0:
            rows[COMPUTED.index("deltas")][2] *= self.factor


class Mistaken(Reference):
    """A network with one hidden delta doubled."""

    factor = 2.0

    def _engine_for(self, threads: int) -> Engine:
        engine = Wrong(self._description, self._arrays)
        engine.factor = self.factor
        return engine


@pytest.mark.parametrize("package", BACKENDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("output_activation", "loss"), PAIRS)
def test_the_chain_rule_agrees(
    package: Any, activation: str, output_activation: str, loss: str
) -> None:
    network = package.NeuralNetwork(
        3, [5, 4], 2, 0.3, activation=activation, output_activation=output_activation, loss=loss,
        hidden_error="gradient", bias=True, seed=1,
    )  # fmt: skip
    before = network.digest()
    check = gradient_check(network, INPUTS, TARGETS)
    assert check.agrees
    assert network.digest() == before
    assert [layer.checked for layer in check.layers] == [20, 24, 10]
    assert all(layer.angle < 1e-3 and abs(layer.length - 1.0) < 1e-6 for layer in check.layers)
    assert any(abs(layer.numerical) > 1e-3 for layer in check.layers)
    assert "Back-propagation computes the slope of the loss." in str(check)


@pytest.mark.parametrize("package", BACKENDS)
def test_the_articles_rule_differs_in_the_hidden_layer_and_says_why(package: Any) -> None:
    check = gradient_check(package.NeuralNetwork(3, 4, 2, 0.3, seed=1), INPUTS, TARGETS)
    hidden, output = check.layers
    assert not hidden.agrees
    assert output.agrees
    assert not check.agrees
    assert hidden.length > 3.0  # the slope of a sigmoid, at most 1/4, is left out
    assert all(layer.agrees for layer in check.by_chain_rule)
    text = " ".join(str(check).split())
    assert "weights_input_hidden: differs by design: the article's rule " in text
    assert "weights_hidden_output: agrees " in text
    assert "DIFFERS" not in text
    assert "does not compute the slope of the loss, and this is intended" in text
    assert "With hidden_error='gradient' this network agrees everywhere" in text


def test_both_backends_find_the_same() -> None:
    checks = [
        gradient_check(package.NeuralNetwork(3, 4, 2, 0.3, seed=1), INPUTS, TARGETS)
        for package in BACKENDS
    ]
    assert checks[0] == checks[1]


def test_where_both_rules_are_one_it_says_so() -> None:
    network = nnfast.NeuralNetwork(3, 4, 2, 0.3, loss="cross_entropy", seed=1)
    check = gradient_check(network, INPUTS, TARGETS)
    assert check.agrees
    assert "both rules say the same" in str(check)


def test_a_mistake_is_found_where_it_is() -> None:
    network = Mistaken(3, 4, 2, 0.3, hidden_error="gradient", seed=1)
    check = gradient_check(network, INPUTS, TARGETS)
    assert not check.layers[0].agrees
    assert check.layers[1].agrees
    assert check.layers[0].place == "weights_input_hidden[0][2]"
    assert check.layers[0].computed == pytest.approx(2.0 * check.layers[0].numerical)
    assert "Otherwise back-propagation is." in " ".join(str(check).split())
    assert "weights_input_hidden: DIFFERS\n" in str(check)
    split = Mistaken(3, 4, 2, 0.3, loss="cross_entropy", seed=1)
    check = gradient_check(split, INPUTS, TARGETS)
    assert "Otherwise back-propagation is." in check.explanation
    # The article's rule is no excuse: by the chain rule it is wrong, too.
    assert "weights_input_hidden: DIFFERS\n" in str(check)
    assert "by design" not in str(check)


def test_a_large_layer_is_sampled_and_said_so() -> None:
    network = nnfast.NeuralNetwork(30, 20, 2, 0.3, hidden_error="gradient", seed=1)
    check = gradient_check(network, [0.5] * 30, TARGETS, most=50)
    assert [(layer.checked, layer.weights) for layer in check.layers] == [(50, 600), (40, 40)]
    assert "50 of 600 weights" in str(check)
    assert check == gradient_check(network, [0.5] * 30, TARGETS, most=50)


def test_float32_agrees_as_far_as_it_can() -> None:
    network = nnfast.NeuralNetwork(
        3, [5, 4], 2, 0.3, hidden_error="gradient", dtype="float32", seed=1
    )
    check = gradient_check(network, INPUTS, TARGETS)
    assert check.agrees
    assert 1e-10 < check.layers[0].largest_difference < 1e-5


def test_a_nan_does_not_pass() -> None:
    network = nnref.NeuralNetwork(3, 4, 2, 0.3, hidden_error="gradient", seed=1)
    network.weights[0][1][1] = math.nan
    assert not gradient_check(network, INPUTS, TARGETS).agrees


def test_it_is_plain_data_too() -> None:
    entries = gradient_check(nnref.NeuralNetwork(3, 4, 2, 0.3, seed=1), INPUTS, TARGETS).to_dict()
    assert entries["agrees"] is False
    assert entries["layers"][0]["name"] == "weights_input_hidden"
    assert entries["hidden_error"] == "split"


class SlightlyMistaken(Mistaken):
    """A network with one hidden delta a hundred-thousandth too large."""

    factor = 1.00001


def test_a_slight_mistake_is_found_and_one_beside_a_large_loss() -> None:
    slight = SlightlyMistaken(3, 4, 2, 0.3, hidden_error="gradient", seed=1)
    assert not gradient_check(slight, INPUTS, TARGETS).layers[0].agrees
    small = Mistaken(3, 4, 2, 0.3, hidden_error="gradient", seed=1)
    assert not gradient_check(small, [x * 1e-4 for x in INPUTS], TARGETS).layers[0].agrees


def test_the_place_can_be_a_bias() -> None:
    network = Mistaken(3, 4, 2, 0.3, hidden_error="gradient", bias=True, seed=1)
    layer = gradient_check(network, [0.1, 0.2, 0.1], TARGETS).layers[0]
    assert layer.place == "biases_hidden[2]"
    assert layer.weights == 16


def test_the_sample_is_from_all_of_the_layer() -> None:
    network = nnfast.NeuralNetwork(30, 20, 2, 0.3, seed=1)
    (layer, _) = network.explain([0.5] * 30, TARGETS).layers
    places = _places(layer, 50)
    assert len(set(places)) == 50
    assert len({i for i, _ in places}) > 15
    assert max(i for i, _ in places) > 25
    assert len({j for _, j in places}) > 10


@pytest.mark.parametrize("package", BACKENDS)
def test_large_inputs_and_large_weights_are_measured_correctly(package: Any) -> None:
    network = package.NeuralNetwork(3, 4, 1, 0.3, hidden_error="gradient", seed=1)
    small = [[float(w) / 1000.0 for w in row] for row in network.weights[0]]
    network.weights = [small, network.weights[1]]
    assert gradient_check(network, [900.0, 100.0, 800.0], [0.99]).agrees
    network = package.NeuralNetwork(1, 1, 1, 0.3, output_activation="identity",
                                    hidden_error="gradient", seed=1)  # fmt: skip
    network.weights = [[[0.5]], [[1e8]]]
    assert gradient_check(network, [0.5], [0.99]).agrees


def test_a_direction_that_does_not_lead_down_is_called_so() -> None:
    network = nnref.NeuralNetwork(1, 1, 2, 0.3, seed=1)
    network.weights = [[[1.0]], [[-7.0, 1.0]]]
    check = gradient_check(network, [1e-3], [0.53, 2.62])
    assert check.layers[0].angle == pytest.approx(180.0)
    assert "so it does not lead downhill" in check.explanation
    assert "so it does not lead downhill" not in gradient_check(
        nnref.NeuralNetwork(3, 4, 2, 0.3, seed=1), INPUTS, TARGETS
    ).explanation  # fmt: skip


def test_an_angle_between() -> None:
    network = nnref.NeuralNetwork(1, 2, 2, 0.3, seed=1)
    network.weights = [[[1.0, 1.0]], [[-7.0, 1.0], [0.5, 0.5]]]
    check = gradient_check(network, [1.0], [0.9, 0.1])
    computed, chain = check.layers[0], check.by_chain_rule[0]
    assert 1.0 < computed.angle < 89.0
    assert chain.angle < 1e-3


@pytest.mark.parametrize(
    ("one", "other", "angle"),
    [
        ([1.0, 0.0], [0.0, 2.0], 90.0),
        ([1e-170, 0.0], [0.0, 1e-170], 90.0),
        ([1e200, 1e200], [1e200, 0.0], 45.0),
        ([1.0], [-3.0], 180.0),
        ([0.0, 0.0], [1.0, 2.0], 0.0),
    ],
)
def test_angles(one: list[float], other: list[float], angle: float) -> None:
    assert _angle(one, other) == pytest.approx(angle)


def test_without_a_difference_it_does_not_say_that_the_rules_are_one() -> None:
    check = gradient_check(nnref.NeuralNetwork(3, 4, 2, 0.3, seed=1), [0.0] * 3, TARGETS)
    assert check.agrees
    assert "too small to show a difference" in check.explanation
    one_layer = nnref.NeuralNetwork(3, [], 2, 0.3, seed=1)
    assert "split" not in gradient_check(one_layer, INPUTS, TARGETS).explanation


def test_a_flat_loss_and_numbers_that_are_none_are_called_so() -> None:
    network = nnref.NeuralNetwork(3, 2, 1, 0.3, seed=1)
    network.weights = [[[1.0, 1.0]] * 3, [[100.0], [100.0]]]
    check = gradient_check(network, INPUTS, [0.01])
    assert "weights_input_hidden moves although the loss is flat there" in check.explanation
    network.weights[0][1][1] = math.nan
    check = gradient_check(network, INPUTS, [0.01])
    assert "the numbers are not all finite" in check.explanation
    assert math.isnan(check.layers[0].angle)


def test_at_the_prompt_it_shows_its_table() -> None:
    check = gradient_check(nnref.NeuralNetwork(3, 4, 2, 0.3, seed=1), INPUTS, TARGETS)
    assert repr(check) == str(check)
