"""The twin explains an update with nnref's numbers and sentences, and warns in its words."""

import json
import math
import random
import warnings
from typing import Any

import pytest
from helpers import amount
from hypothesis import given, settings
from hypothesis import strategies as st
from javascript_engines import Engine
from test_explain import INPUTS, TARGETS, made, networks
from test_seen_range import pictures
from twin import bits, literal, run

import nnref
from nnref import SGD, Adam, Momentum
from nnref.common.seen_range import SeenRange
from nnref.explanation import Explanation
from nnref.explanation.rules import LayerRules
from nnref.explanation.story import _arithmetic, _direction, _origin, _pull, story_of

EXPLAINED = """
    const explanation = network.explain(inputs, targets);
    const numbers = Object.entries(explanation.to_dict()).map(([name, list]) => [name, bits(list)]);
    const layers = explanation.layers.map((layer, n) => [
      layer.name, layer.before, layer.activation,
      explanation.backward_note(n), explanation.update_note(n), explanation.story(n),
    ]);
    return [numbers, layers];
"""


def twin_of(options: dict[str, Any]) -> str:
    """Return the expression that makes the network of `test_explain.made`."""
    options = dict(options)
    hidden = options.pop("hnodes")
    options["output_activation"], options["loss"] = options.pop("head")
    return f"new NeuralNetwork(3, {literal(hidden)}, 2, 0.3, {literal(options)})"


def explained(explanation: Explanation) -> list[Any]:
    numbers = [[name, bits(values)] for name, values in explanation.to_dict().items()]
    rules = [LayerRules(explanation, n) for n in range(len(explanation.layers))]
    layers = [
        [r.layer.name, r.layer.before, r.layer.activation,
         r.backward_note, r.update_note, story_of(r)]
        for r in rules
    ]  # fmt: skip
    return [numbers, layers]


@settings(max_examples=amount(150, quick=40))
@given(networks, st.sampled_from([INPUTS, [0.0, -0.0, 0.0], [1e300, 0.1, -1e300]]))
def test_numbers_and_sentences(
    engine: Engine, options: dict[str, Any], inputs: list[float]
) -> None:
    network = made(nnref, options)
    network.train([0.2, 0.7, 0.1], [0.4, 0.6])
    program = f"""
        const network = {twin_of(options)};
        network.train([0.2, 0.7, 0.1], [0.4, 0.6]);
        const before = network.digest();
        {EXPLAINED.replace("return [", "return [before === network.digest(), ")}
    """
    wanted = explained(network.explain(inputs, TARGETS))
    assert run(engine, program, inputs=inputs, targets=TARGETS) == [True, *wanted]


def test_sentences_about_any_weight(engine: Engine) -> None:
    network = nnref.NeuralNetwork(3, (3, 2), 2, 0.3, seed=4, optimizer="momentum")
    explanation = network.explain(INPUTS, TARGETS)
    wanted = []
    for n, layer in enumerate(explanation.layers):
        for i in range(len(layer.inputs)):
            for j in range(len(layer.outputs)):
                reasons = [_arithmetic(LayerRules(explanation, n), i, j), _direction(layer, i, j)]
                if _pull(layer, i, j) != 0.0:
                    reasons += _origin(explanation, n, j, layer.deltas[j])
                wanted.append("".join(f"<li>{reason}</li>" for reason in reasons))
    program = """
        const options = { seed: 4, optimizer: "momentum" };
        const explanation = new NeuralNetwork(3, [3, 2], 2, 0.3, options).explain(inputs, targets);
        return explanation.layers.flatMap((layer, n) => layer.weights.flatMap((row, i) =>
          row.map((_, j) => explanation.story(n, i, j).replace(/.*<ul>|<.ul>/g, ""))));
    """
    assert run(engine, program, inputs=INPUTS, targets=TARGETS) == wanted


@pytest.mark.parametrize(
    ("optimizer", "weights"),
    [(SGD(), [[1.0625], [-10.125]]), (SGD(0.5), [[1.0615234375], [-0.0]]),
     (Momentum(nesterov=True), [[math.nan], [1e-5]]), (Adam(weight_decay=0.1), [[1e22], [3.0]])],
)  # fmt: skip
def test_sentences_with_ties_and_odd_numbers(
    engine: Engine, optimizer: Any, weights: list[list[float]]
) -> None:
    options = {"seed": 1, "optimizer": optimizer, "output_activation": "identity", "bias": True}
    network = nnref.NeuralNetwork(2, (), 1, 0.25, **options)
    network.weights = [weights]
    wanted = explained(network.explain([1.0625, 0.0], [2.0]))
    program = f"""
        const network = new NeuralNetwork(2, [], 1, 0.25, {literal(options)});
        network.weights = [weights];
        {EXPLAINED}
    """
    assert run(engine, program, weights=weights, inputs=[1.0625, 0.0], targets=[2.0]) == wanted
    if weights[0] == [1.0625]:
        assert '<span title="1.0625">1.062</span>' in json.dumps(wanted).replace("\\", "")


def test_a_delta_against_its_error_is_explained(engine: Engine) -> None:
    """With softmax and squared errors one output's delta can have the sign of the others'."""
    network = nnref.NeuralNetwork(1, (), 3, 0.1, seed=1, output_activation="softmax")
    network.weights = [[[2.0, 0.0, 0.0]]]
    targets = [1.0, 1.0, 1.0]
    wanted = explained(network.explain([1.0], targets))
    assert "opposite sign" in json.dumps(wanted)
    program = f"""
        const network = new NeuralNetwork(1, [], 3, 0.1, {{ output_activation: "softmax" }});
        network.weights = [[[2, 0, 0]]];
        {EXPLAINED}
    """
    assert run(engine, program, inputs=[1.0], targets=targets) == wanted


# Inputs unlike those of training.

ROWS = [
    [0.5] * 16, [0.01] * 15 + [255.0], [-1.0] + [0.5] * 15, [0.01] * 16, [1.0] * 16,
    [1.06] * 16, [math.nan] * 16, [math.inf] + [0.2] * 15, [0.01, 1.4] * 8, [-0.4, 1.6] * 8,
]  # fmt: skip


def complaint(network: Any, inputs: list[float]) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network.query(inputs)
    return "".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize("count", [99, 100])
def test_inputs_unlike_those_of_training_are_complained_of(engine: Engine, count: int) -> None:
    examples, targets = pictures(count), [[0.5]] * count
    network = nnref.NeuralNetwork(16, 2, 1, 0.1, seed=1)
    network.fit(examples, targets, epochs=2)
    wanted = [complaint(network, row) for row in ROWS]
    assert any(wanted) == (count == 100)
    program = """
        const network = new NeuralNetwork(16, 2, 1, 0.1, { seed: 1 });
        network.fit(examples, targets, { epochs: 2 });
        const said = rows.map((row) => network.complaintAbout(row));
        network.fit(examples, targets);
        const { examples: counted } = network._engine.seen;
        network.weights = network.weights;
        return [said, counted, network.complaintAbout(rows[1])];
    """
    given = {"examples": examples, "targets": targets, "rows": ROWS}
    assert run(engine, program, **given) == [wanted, count, ""]


def test_points_may_all_be_small_and_limits_are_rounded_to_even(engine: Engine) -> None:
    draws = random.Random(3)
    examples = [[draws.random(), 1.0 + draws.random() / 16] for _ in range(150)]
    examples[7][1] = 1.0625
    examples[8][0] = -0.0
    asked = [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [0.5, -1.0], [1.5, 1.5]]
    network = nnref.NeuralNetwork(2, 2, 1, 0.1, seed=1)
    network.fit(examples, [[0.5]] * 150)
    wanted = [complaint(network, row) for row in asked]
    assert "to 1.062, but" in wanted[2]
    program = """
        const network = new NeuralNetwork(2, 2, 1, 0.1, { seed: 1 });
        network.fit(examples, examples.map(() => [0.5]));
        return asked.map((row) => network.complaintAbout(row));
    """
    assert run(engine, program, examples=examples, asked=asked) == wanted


def test_what_is_remembered_is_what_python_remembers(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(3, 2, 1, 0.1, { seed: 1 });
        const spans = [];
        const note = () => spans.push(Object.values(network._engine.seen));
        for (const row of rows) { network.train(row, [0.5]); note(); }
        network.fit(rows, rows.map(() => [0.5]), { epochs: 3 }); note();
        network.fit([[9, -9, 0]], [[0.5]]); note();
        return bits(spans);
    """
    rows = [[0.5, -0.0, 0.25], [0.0, 2.0, 0.5], [-0.0, -0.0, -0.0]]
    network = nnref.NeuralNetwork(3, 2, 1, 0.1, seed=1)
    spans: list[SeenRange] = []
    for row in rows:
        network.train(row, [0.5])
        spans.append(network._seen)
    network.fit(rows, [[0.5]] * 3, epochs=3)
    spans.append(network._seen)
    network.fit([[9.0, -9.0, 0.0]], [[0.5]])
    spans.append(network._seen)
    assert run(engine, program, rows=rows) == bits([list(map(float, span)) for span in spans])
