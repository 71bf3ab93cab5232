"""`explain`: its numbers are those of the update, in both backends, and by hand."""

import copy
import json
import math
import struct
from dataclasses import asdict, replace
from typing import Any

import pytest
from helpers import PAIRS
from hypothesis import given
from hypothesis import strategies as st

import nnfast
import nnref
from nnref.common.description import ACTIVATIONS
from nnref.explanation import Explanation
from nnref.explanation.columns import column
from nnref.explanation.rules import LayerRules
from nnref.explanation.text import text_of
from nnref.functions import sigmoid

BACKENDS = (nnref, nnfast)
INPUTS, TARGETS = [0.9, 0.1, -0.8], [0.99, 0.0]


def numbers_as_bytes(value: Any) -> Any:
    """Return plain data with every float as its bytes, and the same bytes for every NaN."""
    if isinstance(value, float):
        return struct.pack("<d", math.nan if math.isnan(value) else value)
    if isinstance(value, dict):
        return {key: numbers_as_bytes(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [numbers_as_bytes(entry) for entry in value]
    return value


networks = st.fixed_dictionaries(
    {
        "hnodes": st.lists(st.integers(1, 9), max_size=3),
        "seed": st.integers(0, 2**64 - 1),
        "activation": st.sampled_from(ACTIVATIONS),
        "head": st.sampled_from(PAIRS),
        "hidden_error": st.sampled_from(["split", "gradient"]),
        "bias": st.booleans(),
        "optimizer": st.sampled_from(
            [
                nnref.SGD(),
                nnref.SGD(weight_decay=0.01),
                nnref.Momentum(),
                nnref.Momentum(nesterov=True, weight_decay=0.01),
                nnref.Adam(),
            ]
        ),
        "dropout": st.sampled_from([0.0, 0.5]),
        "input_dropout": st.sampled_from([0.0, 0.0, 0.3]),
    }
).map(lambda options: options if options["hnodes"] else options | {"dropout": 0.0})


def made(package: Any, options: dict[str, Any], **more: Any) -> Any:
    options = dict(options)
    output_activation, loss = options.pop("head")
    return package.NeuralNetwork(
        3, options.pop("hnodes"), 2, 0.3,
        output_activation=output_activation, loss=loss, **options, **more,
    )  # fmt: skip


@given(networks)
def test_both_backends_explain_the_update_that_train_makes_to_the_bit(
    options: dict[str, Any],
) -> None:
    explanations = []
    for package in BACKENDS:
        network = made(package, options)
        network.train([0.2, 0.7, 0.1], [0.4, 0.6])
        before = network.digest()
        explanation = network.explain(INPUTS, TARGETS)
        assert network.digest() == before
        explanations.append(explanation)
        history = copy.copy(network).fit([INPUTS], [TARGETS])
        assert numbers_as_bytes(explanation.loss) == numbers_as_bytes(history.loss[0])
        network.train(INPUTS, TARGETS)
        twin = copy.copy(network)
        twin.weights = [layer.new_weights for layer in explanation.layers]
        if network.bias:
            twin.biases = [layer.new_biases for layer in explanation.layers]
        assert twin.digest() == network.digest()
        state = network.__getstate__()
        for name in state.arrays:
            if not name.startswith(("weights", "biases", "beta")):
                slot, kind, place = name.split(".")
                layer = explanation.layers[int(place)]
                kept = [layer.bias_slots[slot]] if kind == "biases" else layer.slots[slot]
                assert numbers_as_bytes(kept) == numbers_as_bytes(state.rows(name)), name
    first, second = explanations
    assert numbers_as_bytes(asdict(first)) == numbers_as_bytes(asdict(second))
    assert numbers_as_bytes(first.to_dict()) == numbers_as_bytes(second.to_dict())


@pytest.mark.parametrize("package", BACKENDS)
def test_the_articles_update_worked_out_by_hand(package: Any) -> None:
    network = package.NeuralNetwork(2, 2, 1, 0.5, seed=1)
    network.weights = [[[0.5, -0.25], [0.25, 0.75]], [[1.0], [-0.5]]]
    explained = network.explain([1.0, 0.5], [0.75])
    hidden = [sigmoid(1.0 * 0.5 + 0.5 * 0.25), sigmoid(1.0 * -0.25 + 0.5 * 0.75)]
    final = sigmoid(hidden[0] * 1.0 + hidden[1] * -0.5)
    error = 0.75 - final
    delta = error * (final * (1.0 - final))
    hidden_errors = [error, -0.5 * error]
    hidden_deltas = [e * (o * (1.0 - o)) for e, o in zip(hidden_errors, hidden, strict=True)]
    assert explained["hidden_inputs"] == [0.625, 0.125]
    assert explained["hidden_outputs"] == hidden
    assert explained["final_outputs"] == [final]
    assert explained["output_errors"] == [error]
    assert explained["output_deltas"] == [delta]
    assert explained["output_steps"] == [0.5 * delta]
    assert explained["hidden_errors"] == hidden_errors
    assert explained["hidden_deltas"] == hidden_deltas
    assert explained["loss"] == 0.5 * (error * error)
    new = [[1.0 + hidden[0] * (0.5 * delta)], [-0.5 + hidden[1] * (0.5 * delta)]]
    assert explained["new_weights_hidden_output"] == new
    assert explained["weight_changes_hidden_output"] == [[new[0][0] - 1.0], [new[1][0] + 0.5]]
    assert explained["weights_input_hidden"] == [[0.5, -0.25], [0.25, 0.75]]
    moved = 0.25 + 0.5 * (0.5 * hidden_deltas[0])
    assert explained["new_weights_input_hidden"][1][0] == moved


def test_what_is_returned_is_a_copy_and_plain_data_for_json() -> None:
    for package in BACKENDS:
        network = package.NeuralNetwork(3, [4, 5], 2, 0.3, bias=True, optimizer="adam", seed=1)
        explanation = network.explain(INPUTS, TARGETS)
        before = network.digest()
        explanation.layers[0].weights[0][0] = 99.0
        assert network.digest() == before
        entries = json.loads(json.dumps(network.explain(INPUTS, TARGETS).to_dict()))
        assert entries["hidden_1_inputs"] == explanation.layers[0].signals
        assert {"biases_hidden_2", "bias_changes_output", "new_biases_hidden_1"} < {*entries}
        assert {"first_moment_input_hidden_1", "bias_second_moment_output"} < {*entries}


def test_float32_numbers_are_the_kernels_own() -> None:
    network = nnfast.NeuralNetwork(3, 4, 2, 0.3, dtype="float32", seed=1)
    explanation = network.explain(INPUTS, TARGETS)
    network.train(INPUTS, TARGETS)
    assert explanation.layers[1].new_weights == network.weights[1].tolist()


def test_other_inputs_give_other_numbers_and_a_network_of_one_layer_has_no_hidden_ones() -> None:
    network = nnref.NeuralNetwork(3, [], 2, 0.3, seed=1)
    explanation = network.explain(INPUTS, TARGETS)
    assert explanation["weights_input_output"] == [list(row) for row in network.weights[0]]
    assert not [name for name in explanation.to_dict() if "hidden" in name]
    assert (
        explanation["final_outputs"] != network.explain([0.1, 0.2, 0.3], TARGETS)["final_outputs"]
    )


def test_a_name_that_is_none_is_refused_with_those_there_are() -> None:
    explanation = nnref.NeuralNetwork(3, 4, 2, 0.3, seed=1).explain(INPUTS, TARGETS)
    with pytest.raises(KeyError, match=r"'hiden_errors'.*hidden_errors"):
        explanation["hiden_errors"]


def test_names_can_be_asked_for_and_iterated_over() -> None:
    explanation = nnref.NeuralNetwork(3, 4, 2, 0.3, seed=1).explain(INPUTS, TARGETS)
    assert "hidden_errors" in explanation
    assert "hiden_errors" not in explanation
    assert list(explanation) == list(explanation.to_dict())


def test_at_the_prompt_it_is_a_table_and_never_megabytes() -> None:
    network = nnfast.NeuralNetwork(784, 200, 10, 0.1, seed=1)
    explanation = network.explain([0.5] * 784, [0.5] * 10)
    assert repr(explanation) == str(explanation)
    assert len(repr(explanation)) < 20_000
    assert repr(explanation.layers) == (
        "(<hidden layer: 784 inputs, 200 neurons>, <output layer: 200 inputs, 10 neurons>)"
    )


@pytest.mark.parametrize("package", BACKENDS)
def test_weights_that_are_infinite_or_none_are_explained_too(package: Any) -> None:
    network = package.NeuralNetwork(3, 4, 2, 0.3, seed=1)
    network.weights[0][0][0], network.weights[0][1][1] = math.inf, math.nan
    text = str(network.explain(INPUTS, TARGETS))
    assert "inf" in text
    assert "nan" in text


def test_a_subclass_that_counts_is_not_counted() -> None:
    class Counting(nnfast.NeuralNetwork):
        updates = 0

        def train(self, inputs: Any, targets: Any) -> None:
            Counting.updates += 1
            super().train(inputs, targets)

    Counting(3, 4, 2, 0.3, seed=1).explain(INPUTS, TARGETS)
    assert Counting.updates == 0


# The text.


def explained(**options: Any) -> Explanation:
    network = nnref.NeuralNetwork(3, 2, 2, 0.3, **{"seed": 1, **options})
    return network.explain(INPUTS, TARGETS)


def sentences(explanation: Explanation) -> str:
    """Return the text without its line breaks and indents."""
    return " ".join(str(explanation).split())


def numbers_of(value: Any) -> list[float]:
    """Return all numbers of a number, a vector or a matrix."""
    if isinstance(value, float):
        return [value]
    return [w for row in value for w in (row if isinstance(row, list) else [row])]


def test_the_text_of_a_small_network_has_every_number() -> None:
    explanation = explained(bias=True)
    text = str(explanation)
    for name, value in explanation.to_dict().items():
        if name == "inputs":
            continue
        flat = numbers_of(value)
        write = (lambda x: f"{x:.6g}") if isinstance(value, float) else column(flat, 6)
        assert all(write(w) in text for w in flat), name
    assert "hidden_inputs[1] = 0 + 0.9 * " in text
    assert "..." not in text


def test_the_numbers_of_a_column_have_one_number_of_decimal_places() -> None:
    lines = str(explained(optimizer="momentum", bias=True)).splitlines()
    tables = [n for n, line in enumerate(lines) if line.startswith(("  neuron ", "  [i][j] "))]
    for n in tables:
        rows = [line.split()[1:] for line in lines[n + 1 : n + 3]]
        for one, other in zip(*rows, strict=True):
            assert len(one.partition(".")[2]) == len(other.partition(".")[2])
    assert len(tables) >= 6


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.9, 0.1, 0.8], ["0.9", "0.1", "0.8"]),  # no zeros that all would end with
        ([-0.442, -0.17616723, 0.05], ["-0.4420", "-0.1762", "0.0500"]),
        ([12.3456, 0.0123], ["12.35", "0.01"]),
        ([1.0, 0.0, -0.0], ["1", "0", "0"]),
        ([0.5, 0.0, -0.0], ["0.5", "0.0", "0.0"]),
        ([0.5123, 3e-7, -2e-9], ["0.5123", "3e-7", "-2e-9"]),  # not as if they were 0
        ([1.25e-7, -4e-8, 0.0], ["1.250e-7", "-4.000e-8", "0"]),
        ([1234567.0, 1.0], ["1.235e6", "1.000e0"]),
        ([123456.0, 1.5], ["123456", "2"]),
        ([math.nan, math.inf, 0.25], ["nan", "inf", "0.25"]),
        ([math.nan, -math.inf], ["nan", "-inf"]),
        ([5e-324, 1e300], ["4.941e-324", "1.000e300"]),
        ([], []),
    ],
)
def test_a_column_is_written_to_one_decimal_place(values: list[float], texts: list[str]) -> None:
    assert list(map(column(values, 4), values)) == texts


@pytest.mark.parametrize(
    ("hidden_error", "words"),
    [
        ("split", "The hidden errors follow the article's rule, hidden_error='split', which is "
         "not textbook back-propagation. For that, make the network with hidden_error='gradient'; "
         "on the command line, --hidden-error gradient."),
        ("gradient", "The hidden errors follow the chain rule, hidden_error='gradient': this is "
         "textbook back-propagation, and not the article's rule."),
    ],
)  # fmt: skip
def test_the_head_says_which_rule_it_is(hidden_error: str, words: str) -> None:
    explanation = explained(hidden_error=hidden_error)
    head, _, _ = sentences(explanation).partition(" FORWARD ")
    assert head.endswith(words)
    alone = nnref.NeuralNetwork(3, [], 2, 0.3, hidden_error=hidden_error)
    assert "textbook" not in str(alone.explain(INPUTS, TARGETS))  # there are no hidden errors


def test_the_text_says_what_it_folds() -> None:
    network = nnfast.NeuralNetwork(30, 20, 2, 0.3, seed=1)
    text = str(network.explain([0.01 * i for i in range(30)], TARGETS))
    assert "  ... 16 more\n  min of 20  " in text
    assert "  600 weights, with changes from " in text
    assert "(26 smaller terms) = " in text
    assert len(text) < 4_000  # 640 weights alone would be more than 30,000


def test_a_folded_layer_shows_the_smallest_and_the_largest_of_all_its_numbers() -> None:
    network = nnfast.NeuralNetwork(30, 20, 2, 0.3, seed=1)
    explanation = network.explain([0.01 * i for i in range(30)], TARGETS)
    signals, outputs = explanation["hidden_inputs"], explanation["hidden_outputs"]
    lines = [line.split() for line in str(explanation).splitlines()]
    for name, of_all in (("min", min), ("max", max)):
        row = next(line for line in lines if line[:3] == [name, "of", "20"])
        assert row[3:] == [column(x, 6)(of_all(x)) for x in (signals, outputs)]
    layer = replace(explanation.layers[0], signals=[*signals[:-1], math.nan])
    text = text_of(replace(explanation, layers=(layer, explanation.layers[1])))
    assert [line.split()[3] for line in text.splitlines() if " of 20 " in line][:2] == ["nan"] * 2


@pytest.mark.parametrize("hnodes", [[], 2, [2, 3], 20], ids=str)
@pytest.mark.parametrize("optimizer", [nnref.SGD(weight_decay=0.1), nnref.Adam(weight_decay=0.1)])
@pytest.mark.parametrize("output_activation", ["sigmoid", "softmax"])
def test_the_text_fits_a_terminal(hnodes: Any, optimizer: Any, output_activation: str) -> None:
    network = nnref.NeuralNetwork(
        3, hnodes, 2, 0.3, optimizer=optimizer, output_activation=output_activation, bias=True,
        seed=1,
    )  # fmt: skip
    network.train(INPUTS, TARGETS)
    assert max(map(len, str(network.explain(INPUTS, TARGETS)).splitlines())) < 80


def test_a_broken_line_goes_on_with_a_sign() -> None:
    lines = str(explained(bias=True, optimizer=nnref.Momentum(weight_decay=0.1))).splitlines()
    parts = [line.split()[0] for line in lines if line.startswith("    ")]
    assert {*parts} == {"=", "+", "-"}


def test_the_largest_change_is_among_the_shown() -> None:
    network = nnfast.NeuralNetwork(30, 20, 2, 0.3, seed=1)
    explanation = network.explain([0.01 * i for i in range(30)], TARGETS)
    changes = explanation["weight_changes_input_hidden"]
    largest = max((abs(w), i, j) for i, row in enumerate(changes) for j, w in enumerate(row))
    rows = [line.split() for line in str(explanation).splitlines()]
    assert f"{changes[largest[1]][largest[2]]:.6g}" in next(
        row for row in rows if row and row[0] == f"[{largest[1]}][{largest[2]}]"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "hidden_inputs[j] = sum over i of inputs[i] * weights_input_hidden[i][j]"),
        ({}, "output_errors[k] = targets[k] - final_outputs[k]"),
        ({}, "hidden_errors[j] = sum over k of weights_hidden_output[j][k] * output_errors[k]"),
        (
            {"hidden_error": "gradient"},
            "hidden_errors[j] = sum over k of weights_hidden_output[j][k] * output_deltas[k]",
        ),
        (
            {},
            "hidden_deltas[j] = hidden_errors[j] * hidden_outputs[j] * (1 - hidden_outputs[j])",
        ),
        ({"activation": "tanh"}, "the error times the slope of tanh"),
        ({"activation": "tanh"}, "hidden_errors[j] * (1 - hidden_outputs[j] * hidden_outputs[j])"),
        ({"activation": "relu"}, "hidden_errors[j] * (1 if hidden_outputs[j] > 0 else 0)"),
        ({"activation": "identity"}, "hidden_outputs[j] = hidden_inputs[j]"),
        ({"activation": "identity"}, "hidden_deltas[j] = hidden_errors[j] hidden_steps"),
        ({"output_activation": "softmax"}, "s = sum over m of output_errors[m] * final_outputs[m]"),
        ({"output_activation": "softmax"}, "output_deltas[k] = final_outputs[k] * (output_err"),
        ({"loss": "cross_entropy"}, "With the cross-entropy, the slope of the activation cancels"),
        ({"loss": "cross_entropy"}, "output_deltas[k] = output_errors[k] output_steps"),
        (
            {"loss": "cross_entropy", "output_activation": "softmax"},
            "output_deltas[k] = targets[k] - final_outputs[k] * (sum over m of targets[m])",
        ),
        ({"output_activation": "exponential"}, "final_outputs[k] = exp(final_inputs[k])"),
        ({"output_activation": "exponential"}, "output_errors[k] * final_outputs[k]"),
        (
            {"loss": "poisson", "output_activation": "exponential"},
            "With the Poisson loss, the slope of the activation cancels out.",
        ),
        (
            {"loss": "poisson", "output_activation": "exponential"},
            "output_deltas[k] = output_errors[k] output_steps",
        ),
        ({"optimizer": "adam"}, "Adam applies the learning rate later"),
        ({"optimizer": "adam"}, "hidden_steps[j] = hidden_deltas[j]"),
        ({}, "hidden_steps[j] = lr * hidden_deltas[j]"),
        ({"bias": True}, "hidden_inputs[j] = biases_hidden[j] + sum over i of inputs[i] * "),
        ({"bias": True}, "The bias biases_hidden[j] moves like a weight whose input is always 1."),
        (
            {"bias": True, "optimizer": nnref.SGD(weight_decay=0.1)},
            "like a weight whose input is always 1, without weight decay.",
        ),
    ],
)
def test_the_text_names_the_rules_of_this_network(options: dict[str, Any], words: str) -> None:
    assert words in sentences(explained(**options))


@pytest.mark.parametrize(
    "optimizer",
    [
        nnref.SGD(),
        nnref.SGD(weight_decay=0.1),
        nnref.Momentum(),
        nnref.Momentum(weight_decay=0.1, nesterov=True),
        nnref.Adam(),
        nnref.Adam(weight_decay=0.1),
    ],
    ids=repr,
)
def test_the_rules_of_the_update_come_to_the_new_weights(optimizer: Any) -> None:
    network = nnref.NeuralNetwork(3, 2, 2, 0.3, optimizer=optimizer, seed=1)
    before = network.explain(INPUTS, TARGETS)
    network.train(INPUTS, TARGETS)
    explanation = network.explain([0.1, 0.2, 0.3], TARGETS)
    for n, layer in enumerate(explanation.layers):
        letters = dict(zip(LayerRules(explanation, n).letters, (1, 0), strict=True))
        names = explanation.to_dict() | asdict(optimizer) | letters | {"t": 2, "sqrt": math.sqrt}
        names |= {f"previous_{slot}": m[1][0] for slot, m in before.layers[n].slots.items()}
        rules = LayerRules(explanation, n).update()
        for rule in rules:
            assert rule in sentences(explanation)
            name, _, formula = rule.partition(" in update")[0].partition(" = ")
            formula = formula.replace("previous ", "previous_").replace("^", "**")
            names[name] = eval(formula, {}, names)
        for slot, matrix in layer.slots.items():
            assert names[slot] == pytest.approx(matrix[1][0], rel=1e-12)
        assert names[name] == pytest.approx(layer.new_weights[1][0], rel=1e-12)


@pytest.mark.parametrize("hidden_error", ["split", "gradient"])
def test_the_products_of_a_hidden_error_are_those_of_the_rule(hidden_error: str) -> None:
    explanation = explained(hidden_error=hidden_error)
    sent_back = explanation["output_errors" if hidden_error == "split" else "output_deltas"]
    weights = explanation["weights_hidden_output"][0]
    products = [f"{w:.6g} * {e:.6g}" for w, e in zip(weights, sent_back, strict=True)]
    line = f"hidden_errors[0] = {' + '.join(products)} = {explanation['hidden_errors'][0]:.6g}"
    assert line in str(explanation)


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [("momentum", ["velocity"]), ("adam", ["first_moment", "second_moment"])],
)
def test_what_the_optimizer_keeps_is_in_the_text(optimizer: str, slots: list[str]) -> None:
    explanation = explained(optimizer=optimizer, bias=True)
    text = str(explanation)
    for slot in slots:
        for name, place in ((f"{slot}_input_hidden", 5), (f"bias_{slot}_hidden", 1)):
            numbers = numbers_of(explanation[name])
            assert column(numbers, 6)(numbers[place]) in text
        assert text.count(f" {slot}") >= 4  # of the weights and of the biases of both layers


def test_six_terms_are_written_out_and_seven_are_folded() -> None:
    for inputs, folded in ((6, False), (7, True)):
        network = nnref.NeuralNetwork(inputs, 2, 1, 0.3, seed=1)
        assert ("smaller terms" in str(network.explain([0.5] * inputs, [0.5]))) is folded


def test_numbers_that_are_none_are_shown() -> None:
    explanation = explained()
    layer = replace(explanation.layers[0], weight_changes=[[math.nan, math.inf]] * 3)
    text = text_of(replace(explanation, layers=(layer, explanation.layers[1])))
    assert "nan" in text
    assert "inf" in text
