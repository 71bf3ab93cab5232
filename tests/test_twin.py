"""The twin in JavaScript has the oracle's bits, in every engine that there is."""

import math
import random
from typing import Any

import pytest
from cases import Case, cases
from helpers import NOT_FINITE, PAIRS, amount, draw_numbers
from hypothesis import given, settings
from hypothesis import strategies as st
from javascript_engines import Engine
from test_digest import STATED
from twin import bits, literal, made, run, state

import nnref
from nnfast.datasets import digits
from nnfast.live import network_script

pytestmark = pytest.mark.filterwarnings("ignore:inputs. |loss. got")

COMPARED = "8dfba316d8cdf383d18654fa927283716c35e90ac47b9a10c3581dd9c36fc442"
"""What `nnfast compare` prints."""


@pytest.mark.parametrize(
    ("hidden", "seed", "epochs", "digest"), [(30, 1, 1, STATED), (200, 0, 5, COMPARED)]
)
def test_the_digests_in_the_readme(
    engine: Engine, hidden: int, seed: int, epochs: int, digest: str
) -> None:
    data = digits()
    program = """
        const network = new NeuralNetwork(64, hidden, 10, 0.1, { seed });
        network.fit(inputs, targets, { epochs });
        return network.digest();
    """
    given = {"hidden": hidden, "seed": seed, "epochs": epochs}
    given |= {"inputs": data.train_inputs.tolist(), "targets": data.train_targets.tolist()}
    assert run(engine, program, **given) == digest


@settings(max_examples=amount(150, quick=40))
@given(case=cases())
def test_query_and_one_update(engine: Engine, case: Case) -> None:
    program = f"""
        const network = {made(case)};
        const results = [state(network), bits(network.query(inputs))];
        network.train(inputs, targets);
        return [...results, state(network), bits(network.query(inputs))];
    """
    (inputs,), (targets,) = case.rows(1)
    network = case.reference()
    wanted = [state(network), bits(network.query(inputs))]
    network.train(inputs, targets)
    wanted += [state(network), bits(network.query(inputs))]
    assert run(engine, program, inputs=inputs, targets=targets) == wanted


@settings(max_examples=amount(150, quick=40))
@given(
    case=cases(widest=20),
    epochs=st.integers(1, 3),
    batch_size=st.integers(1, 12),
    shuffle=st.booleans(),
    weighted=st.booleans(),
)
def test_fit(
    engine: Engine, case: Case, epochs: int, batch_size: int, shuffle: bool, weighted: bool
) -> None:
    program = f"""
        const network = {made(case)};
        const history = network.fit(inputs, targets, options);
        const {{ loss, validation_loss, validation_score }} = history;
        const lists = [loss, validation_loss, validation_score].map(bits);
        return [lists, state(network), bits(network.predict(inputs))];
    """
    inputs, targets = case.rows(8)
    weights = [0.5, 2.0, 0.0, 1.0, 0.1, 3.0, 1e-3, 7.0] if weighted else None
    options: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "shuffle": shuffle,
        "sample_weight": weights,
        "validation": case.rows(5),
    }
    network = case.reference()
    history = network.fit(inputs, targets, **options)
    lists = [bits(getattr(history, n)) for n in ("loss", "validation_loss", "validation_score")]
    wanted = [lists, state(network), bits(network.predict(inputs))]
    assert run(engine, program, inputs=inputs, targets=targets, options=options) == wanted


# Signals, where the weights are a diagonal of ones: those that a loss must take care with.
EXTREME = [[1e308, -1e308, 0.0], [-1e308, 1e308, 1e308], [800.0, -800.0, 1e-300], [0.5, 3.0, -2.0]]


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_outputs_losses_and_deltas(engine: Engine, output: str, loss: str) -> None:
    draws = random.Random(7)
    rows = [draw_numbers(draws, flavour, 3) for flavour in ("wide", "special") for _ in range(30)]
    rows += [[6.0 * draws.random() - 3.0 for _ in range(3)] for _ in range(30)]
    asked = [(row, [draws.choice((0.0, 1.0, draws.random())) for _ in row]) for row in rows]
    asked += [(row, target) for row in EXTREME for target in ([0.0, 0.0, 1.0], [0.3, 0.2, 0.5])]
    if loss != "cross_entropy":
        asked.append(([1e308, 3.0, -1e308], [1e10, 20.0, 1e-10]))
    diagonal = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    options = {"output_activation": output, "loss": loss, "seed": 1}
    program = """
        const network = new NeuralNetwork(3, [], 3, 0.1, options);
        network.weights = [diagonal];
        return asked.map(([inputs, targets]) => {
          const { loss, layers } = network.explain(inputs, targets);
          return bits([loss, layers[0].outputs, layers[0].errors, layers[0].deltas]);
        });
    """
    network = nnref.NeuralNetwork(3, (), 3, 0.1, **options)
    network.weights = [diagonal]
    wanted = []
    for inputs, targets in asked:
        explanation = network.explain(inputs, targets)
        layer = explanation.layers[0]
        wanted.append(bits([[explanation.loss], layer.outputs, layer.errors, layer.deltas]))
    assert run(engine, program, options=options, diagonal=diagonal, asked=asked) == wanted


def test_relu_lets_no_negative_zero_through(engine: Engine) -> None:
    options = {"activation": "relu", "output_activation": "identity", "bias": True, "seed": 1}
    program = """
        const network = new NeuralNetwork(1, 1, 1, 0.1, options);
        network.weights = [[[-0.0]], [[1]]];
        network.biases = [[-0.0], [-0.0]];
        return bits([network.query([1]), network.query([NaN])]);
    """
    network = nnref.NeuralNetwork(1, 1, 1, 0.1, **options)
    network.weights = [[[-0.0]], [[1.0]]]
    network.biases = [[-0.0], [-0.0]]
    wanted = bits([network.query([1.0]), network.query([math.nan])])
    assert wanted.startswith("0" * 16)
    assert run(engine, program, options=options) == wanted


@settings(max_examples=amount(15, quick=5))
@given(case=cases(widest=12, flavours=st.just("usual")))
def test_hundreds_of_updates(engine: Engine, case: Case) -> None:
    program = f"""
        const network = {made(case)};
        network.fit(inputs, targets, {{ epochs: 5, shuffle: true }});
        return state(network);
    """
    inputs, targets = case.rows(60)
    network = case.reference()
    network.fit(inputs, targets, epochs=5, shuffle=True)
    assert run(engine, program, inputs=inputs, targets=targets) == state(network)


@settings(max_examples=amount(60, quick=20))
@given(case=cases(widest=12), places=st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
def test_numbers_that_are_not_finite(engine: Engine, case: Case, places: list[int]) -> None:
    """A network that has diverged has the same bits too, and the digest of its NaNs."""
    network = case.reference()
    draws = random.Random(case.data_seed)
    weights = [list(map(list, matrix)) for matrix in network.weights]
    for number, place in enumerate(places):
        row = weights[place % len(weights)][place % len(weights[place % len(weights)])]
        row[place % len(row)] = NOT_FINITE[number % 3]
    asked = draw_numbers(draws, "special", case.sizes[0])
    asked[0] = draws.choice(NOT_FINITE)
    inputs, targets = case.rows(3)
    program = f"""
        const network = {made(case)};
        network.weights = weights;
        for (const n of [0, 1, 2]) network.train(inputs[n], targets[n]);
        return [state(network), bits(network.query(asked))];
    """
    network.weights = weights
    for row, wanted in zip(inputs, targets, strict=True):
        network.train(row, wanted)
    given = {"weights": weights, "inputs": inputs, "targets": targets, "asked": asked}
    assert run(engine, program, **given) == [state(network), bits(network.query(asked))]


@settings(max_examples=amount(60, quick=20))
@given(case=cases(widest=12, flavours=st.just("usual")))
def test_backquery(engine: Engine, case: Case) -> None:
    (targets,) = case.rows(1)[1]
    targets = [0.05 + 0.9 * target for target in targets]
    program = f"return bits({made(case)}.backquery(targets));"
    assert run(engine, program, targets=targets) == bits(case.reference().backquery(targets))


def test_backquery_where_all_are_equal_or_nothing_can_be_said(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(2, 3, 2, 0.1, { seed: 1, output_activation: "tanh" });
        const first = network.backquery([0, 0]);
        network.weights_input_hidden = [[NaN, 0, 0], [0, 0, 0]];
        return bits([first, network.backquery([0.5, -0.5])]);
    """
    network = nnref.NeuralNetwork(2, 3, 2, 0.1, seed=1, output_activation="tanh")
    first = network.backquery([0.0, 0.0])
    network.weights_input_hidden = [[float("nan"), 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert run(engine, program) == bits([first, network.backquery([0.5, -0.5])])


def test_training_that_diverges_is_undone(engine: Engine) -> None:
    options = {"seed": 1, "output_activation": "identity", "optimizer": "momentum"}
    inputs, targets = [[1e3, 1e3]] * 5, [[1.0]] * 5
    program = """
        const network = new NeuralNetwork(2, 3, 1, 1e100, options);
        const history = network.fit(inputs, targets, { epochs: 9 });
        return [bits(history.loss), history.complaint, state(network)];
    """
    network = nnref.NeuralNetwork(2, 3, 1, 1e100, **options)
    with pytest.warns(UserWarning, match="^loss: got ") as caught:
        history = network.fit(inputs, targets, epochs=9)
    wanted = [bits(history.loss), str(caught[0].message), state(network)]
    assert run(engine, program, options=options, inputs=inputs, targets=targets) == wanted


def test_a_callback_sees_each_epoch_and_stops_training(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(1, 2, 1, 0.1, { seed: 1 });
        const epochs = [];
        const callback = (nn, history) => {
          epochs.push([nn === network, nn.epochs, history.loss.length]);
          return nn.epochs === 3;
        };
        network.fit([[0.1]], [[0.9]], { epochs: 9, callback });
        return epochs;
    """
    assert run(engine, program) == [[True, 1, 1], [True, 2, 2], [True, 3, 3]]


def test_a_copy_learns_on_alone(engine: Engine) -> None:
    program = """
        const options = { seed: 1, optimizer: "adam", bias: true };
        const network = new NeuralNetwork(2, 3, 1, 0.1, options);
        network.fit([[0.1, 0.2]], [[0.9]], { epochs: 2 });
        const [copy, before] = [network.copy(), state(network)];
        copy.fit([[0.5, 0.2]], [[0.9]], { epochs: 2 });
        const untouched = JSON.stringify(state(network)) === JSON.stringify(before);
        network.fit([[0.5, 0.2]], [[0.9]], { epochs: 2 });
        return [untouched, JSON.stringify(state(network)) === JSON.stringify(state(copy))];
    """
    assert run(engine, program) == [True, True]


def test_weights_are_the_networks_own_under_all_of_their_names(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(2, [3, 2], 1, 0.1, { seed: 1, bias: true });
        network.weights[0][1][2] = 5.5;
        network.weights_hidden_1_hidden_2[0][1] = -0.0;
        network.biases_output[0] = 0.25;
        network.biases_hidden_1 = [1, 2, 3];
        network.biases = [[1, 2, 3], network.biases[1], [0.5]];
        network.lr = 0.5;
        network.train([0.1, 0.2], [0.3]);
        return [state(network), bits(network.weights), network.hnodes, network.activation];
    """
    network = nnref.NeuralNetwork(2, (3, 2), 1, 0.1, seed=1, bias=True)
    network.weights[0][1][2] = 5.5
    network.weights_hidden_1_hidden_2[0][1] = -0.0
    network.biases_output[0] = 0.25
    network.biases_hidden_1 = [1.0, 2.0, 3.0]
    network.biases = [[1.0, 2.0, 3.0], network.biases[1], [0.5]]
    network.lr = 0.5
    network.train([0.1, 0.2], [0.3])
    assert run(engine, program) == [state(network), bits(network.weights), [3, 2], "sigmoid"]


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**53 + 1, 2**64 - 1])
def test_a_seed_may_be_a_number_a_bigint_or_text(engine: Engine, seed: int) -> None:
    program = f"""
        return [seed, BigInt(seed), "{seed}"].map((given) => {{
          const network = new NeuralNetwork(3, 4, 2, 0.1, {{ seed: given }});
          network.fit([[1, 2, 3], [3, 2, 1]], [[0, 1], [1, 0]], {{ shuffle: true, epochs: 3 }});
          return [network.digest(), String(network.seed)];
        }});
    """
    network = nnref.NeuralNetwork(3, 4, 2, 0.1, seed=seed)
    network.fit([[1, 2, 3], [3, 2, 1]], [[0, 1], [1, 0]], shuffle=True, epochs=3)
    assert run(engine, program, seed=seed) == [[network.digest(), str(seed)]] * 3


def test_a_seed_is_drawn_where_none_is_given(engine: Engine) -> None:
    program = """
        const seeds = Array.from({ length: 20 }, () => new NeuralNetwork(1, 1, 1, 0.1).seed);
        return [new Set(seeds).size, seeds.some((seed) => seed > 2n ** 62n)];
    """
    assert run(engine, program) == [20, True]


def test_the_script_defines_one_global_name(engine: Engine) -> None:
    names = "Object.getOwnPropertyNames(globalThis)"
    program = f"""
        const before = new Set({names});
        (0, eval)({literal(network_script())});
        JSON.stringify({names}.filter((name) => !before.has(name)));
    """
    assert engine.evaluate(program) == '["NeuralNetwork"]'


def test_going_back_with_dropout_is_exact(engine: Engine) -> None:
    """A copy draws on as the network did, and one that is put back draws the same again."""
    case = Case((3, 6, 2), 0.5, {"seed": 1, "dropout": 0.5, "input_dropout": 0.2}, "usual", 1)
    program = f"""
        const network = {made(case)};
        network.fit(inputs, targets, {{ batch_size: 3 }});
        const before = network.copy();
        const states = [];
        for (const learner of [network, before.copy()]) {{
          learner.fit(inputs, targets, {{ batch_size: 3 }});
          states.push(state(learner));
        }}
        network._put_back(before);
        network.fit(inputs, targets, {{ batch_size: 3 }});
        return [...states, state(network)];
    """
    inputs, targets = case.rows(8)
    network = case.reference()
    network.fit(inputs, targets, batch_size=3)
    network.fit(inputs, targets, batch_size=3)
    assert run(engine, program, inputs=inputs, targets=targets) == [state(network)] * 3
