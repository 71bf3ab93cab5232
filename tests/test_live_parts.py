"""What the live page makes of examples and drawings, and what it says; without a browser."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from drawn_digits import DIGITS
from javascript_engines import Engine
from live_scripts import run
from test_live_sessions import INPUTS, POINTS, TARGETS, judged
from twin import bits

import nnref
from nnfast.datasets import digits
from nnfast.exchange.json import json_text
from nnfast.live.payload import payload_of
from nnref.explanation.markup import MINUS, TIMES

# Examples.


@pytest.mark.parametrize(
    ("network", "loss"),
    [
        ({"loss": "cross_entropy"}, lambda t, o: -t * math.log(o) - (1 - t) * math.log(1 - o)),
        (
            {"loss": "poisson", "output_activation": "exponential"},
            lambda t, o: t * math.log(t / o) - t + o,
        ),
        ({}, lambda t, o: 0.5 * (t - o) ** 2),
    ],
    ids=["cross entropy", "poisson", "squared error"],
)
def test_the_curve_shows_the_loss_that_the_network_has(
    engine: Engine, network: dict[str, Any], loss: Any
) -> None:
    program = """
        const examples = pointsAs("p", points);
        return examples.judge(new NeuralNetwork(2, 3, 1, 0.5, { seed: 3, ...network }));
    """
    mine = nnref.NeuralNetwork(2, 3, 1, 0.5, seed=3, **network)
    losses = [
        loss(target, mine.query(inputs)[0])
        for inputs, (target,) in zip(INPUTS, TARGETS, strict=True)
    ]
    got = run(engine, program, points=POINTS, network=network)
    assert got["loss"] == pytest.approx(sum(losses) / 5, rel=1e-12)
    assert got["right"] == judged(mine)[1]


def test_with_several_outputs_the_largest_counts(engine: Engine) -> None:
    program = "return [isRight([0.3, 0.4, 0.2], [0.01, 0.99, 0.01]), isRight([0.5, 0.4], [0, 1])];"
    assert run(engine, program) == [True, False]


def test_pasted_points(engine: Engine) -> None:
    program = """
        return texts.map((text) => {
          try {
            return pointsFrom(text);
          } catch (error) {
            return error.message;
          }
        });
    """
    texts = [
        "x;y;class\r\n0.5; -1;1\r\n\r\n2e0\t3  0",
        "1,2,0\n1,2\n",
        "x,y,class\n",
        "1,2,0\nx,y,class\n",
        "1,2,0.5",
        "1 2 1\n" * 2001,
        "1 2 1\n" * 2000,
    ]
    *got, most = run(engine, program, texts=texts)
    assert got == [
        [[0.5, -1, 1], [2, 3, 0]],
        'line 2: got "1,2", wants x, y, 0 or 1',
        "got no points, wants lines of x, y, 0 or 1",
        'line 2: got "x,y,class", wants x, y, 0 or 1',
        'line 1: got "1,2,0.5", wants x, y, 0 or 1',
        "got 2001 points, wants at most 2000",
    ]
    assert len(most) == 2000


# What is said.


def test_a_session_in_a_line(engine: Engine) -> None:
    program = """
        return networks.map(([hidden, options]) => {
          const network = new NeuralNetwork(2, hidden, 1, 0.5, options);
          return describe(new Session(network, pointsAs("p", points))).replaceAll("\u2013", "-");
        });
    """
    networks = [
        [3, {"seed": 4}],
        [[3, 2], {"seed": "18446744073709551615", "hidden_error": "gradient", "bias": True}],
        [3, {"seed": 4, "optimizer": "adam", "activation": "tanh"}],
    ]
    assert run(engine, program, points=POINTS, networks=networks) == [
        "p · 2-3-1 · seed 4 · learning rate 0.5 · the article's rule",
        "p · 2-3-2-1 · seed 18446744073709551615 · learning rate 0.5 · the chain rule · bias",
        "p · 2-3-1 · seed 4 · learning rate 0.5 · the article's rule · tanh · adam",
    ]


# As much of a document as elements are made of; of each number here are all digits.
DOCUMENT = """
    globalThis.document ??= {
      createElement: (tag) => ({
        childNodes: [],
        setAttribute(name, value) {
          if (name === "title") this.title = value;
        },
        append(...parts) {
          this.childNodes.push(...parts);
        },
      }),
    };
    const text = (part) =>
      typeof part === "string" ? part
      : part.title || (part.data ?? Array.from(part.childNodes, text).join(""));
"""


def phases_of(engine: Engine, network: nnref.NeuralNetwork, chosen: dict[str, int]) -> list[Any]:
    """Return the lines of each phase, for the update that the tests below explain."""
    program = f"""{DOCUMENT}
        const lesson = NeuralNetwork.fromJSON(json).explain([0.5, -0.25], [0.9, 0.1]);
        return PHASES.map((_, n) => formulaOf(n + 1, lesson, chosen).map(text));
    """
    got: list[Any] = run(engine, program, json=json_text(network), chosen=chosen)
    return got


def largest_first(factors: Iterable[tuple[float, float]]) -> str:
    """Return products as a sum, the largest first."""
    ordered = sorted(factors, key=lambda pair: -abs(pair[0] * pair[1]))
    return " + ".join(f"{one} {TIMES} {other}" for one, other in ordered)


def test_the_formulas_of_a_hidden_weight_have_pythons_numbers(engine: Engine) -> None:
    network = nnref.NeuralNetwork(2, 3, 2, 0.1, seed=1, bias=True)
    network.biases = [[0.25, 0.5, 0.75], [0.125, -0.5]]
    step = network.explain([0.5, -0.25], [0.9, 0.1])
    weights, outwards = step["weights_input_hidden"], step["weights_hidden_output"]
    (one, two), (x, y) = outwards[2], step["inputs"]
    ordered = largest_first(zip((x, y), (row[2] for row in weights), strict=True))
    sent = largest_first(zip((one, two), step["output_errors"], strict=True))
    ask, errors, back, deltas, steps, moved = phases_of(
        engine, network, {"layer": 0, "i": 1, "j": 2, "output": 1}
    )
    assert ask[1:] == [
        f"= {network.biases[0][2]} + {ordered} = {step['hidden_inputs'][2]}",
        f"hidden_outputs[2] = sigmoid({step['hidden_inputs'][2]}) = {step['hidden_outputs'][2]}",
    ]
    assert errors[:2] == [
        "output_errors[1] = targets[1] \u2212 final_outputs[1]",
        f"= 0.1 \u2212 {step['final_outputs'][1]} = {step['output_errors'][1]}",
    ]
    assert back == [
        f"hidden_errors[2] = sum over k of weights_hidden_output[2][k] {TIMES} output_errors[k]",
        f"= {sent} = {step['hidden_errors'][2]}",
    ]
    says, error = step["hidden_outputs"][2], step["hidden_errors"][2]
    assert deltas[:2] == [
        f"hidden_deltas[2] = hidden_errors[2] {TIMES} hidden_outputs[2] {TIMES} "
        f"(1 {MINUS} hidden_outputs[2])",
        f"= {error} {TIMES} {says} {TIMES} (1 {MINUS} {says}) = {step['hidden_deltas'][2]}",
    ]
    assert steps[1] == f"= 0.1 {TIMES} {step['hidden_deltas'][2]} = {step['hidden_steps'][2]}"
    assert moved[1] == (
        f"= {weights[1][2]} + {y} {TIMES} {step['hidden_steps'][2]} = "
        f"{step['new_weights_input_hidden'][1][2]}"
    )


def test_the_formulas_of_the_chain_rule_and_of_adam(engine: Engine) -> None:
    network = nnref.NeuralNetwork(
        2, 3, 2, 0.1, seed=1, hidden_error="gradient", optimizer="adam", loss="cross_entropy"
    )
    chosen = {"layer": 0, "i": 1, "j": 2, "output": 1}
    _, _, back, _, steps, moved = phases_of(engine, network, chosen)
    assert f"weights_hidden_output[2][k] {TIMES} output_deltas[k]" in back[0]
    step = network.explain([0.5, -0.25], [0.9, 0.1])
    assert steps == [f"hidden_steps[2] = hidden_deltas[2] = {step['hidden_steps'][2]}"]
    assert moved[1].startswith("by adam, to which this example gives ")
    _, errors, back, deltas, *_ = phases_of(engine, network, {**chosen, "layer": 1, "i": 2, "j": 0})
    assert deltas[0] == f"output_deltas[0] = {step['output_deltas'][0]}"
    assert errors[0].startswith("output_errors[0]")
    assert "Nothing needs to flow back" in back[1]


def test_of_a_long_sum_the_largest_terms_are_written_out(engine: Engine) -> None:
    program = """
        const terms = [0.1, -3, 0.2, 2, -0.3].map((product, at) => ({ at, product }));
        return [4, 5].map((n) => sumOf(terms.slice(0, n), (at) => [`t${at}`]).join(""));
    """
    assert run(engine, program) == [
        "t1 + t3 + t2 + \u2026 1 smaller term",
        "t1 + t3 + t4 + \u2026 2 smaller terms",
    ]


def test_numbers_are_short_and_their_neighbours_exact(engine: Engine) -> None:
    numbers = [0, -0.0, 1.23456, -0.00012346, 0.000012345, 1234567.0, 0.5, 100.0, 1e300, -1.5e-7]
    program = """
        return [
          numbers.map(short),
          numbers.map(exact),
          bits(numbers.flatMap((number) => [1, -1].map((way) => neighbour(number, way)))),
          [0, 999, 1000, 1234567].map(grouped),
        ];
    """
    shown, full, neighbours, groups = run(engine, program, numbers=numbers)
    wanted = "0 0 1.235 -0.0001235 1.234e-5 1.235e6 0.5 100 1.000e300 -1.500e-7"
    assert shown == wanted.replace("-", MINUS).split()
    assert full[1] == "-0"
    assert [float(text) for text in full] == numbers
    both = [math.nextafter(number, way) for number in numbers for way in (math.inf, -math.inf)]
    assert neighbours == bits(both)
    assert groups == ["0", "999", "1,000", "1,234,567"]


PROOF = """
    const { digits } = payload;
    const examples = digits === null ? givenExamples(payload.examples) : unpacked(digits);
    const asked = readLink(payload.link);
    const session = sessionFor(asked, examples);
    const proof = new Proof(payload.proof);
    proof.begin(session, true);
    const said = [];
    const go = (updates) => {
      while (session.updates < updates) {
        session.step();
        proof.compare();
      }
      if (session.updates > updates) session.goTo(updates);
      said.push([...proof.words, proof.times(2.5)]);
    };
"""


@pytest.mark.parametrize("data", [None, (INPUTS, TARGETS)], ids=["digits", "own data"])
def test_the_page_says_what_pythons_digest_was_and_how_long_it_took(
    engine: Engine, data: Any
) -> None:
    payload = payload_of(None, data)
    payload["proof"]["microseconds"] = {"nnref": 1234.5678, "nnfast": 6.0}
    program = f"{PROOF}for (const updates of places) go(updates); return said;"
    digests = payload["proof"]["digests"]
    last = 100 * (len(digests) - 1)
    got = run(engine, program, payload=payload, places=[0, 99, 100, 250, last, last + 1])
    times = "An update takes: nnref 1235 µs, nnfast 6 µs, this browser 2.5 µs."
    had = [
        f"Python had the digest {digests[n // 100]} after {n:,} updates. {times}"
        for n in (100, 200, last, last)
    ]
    before = f"Python had the digest {digests[0]} before any update. {times}"
    assert got == [
        ["✓ the bits of Python", "good", before],
        ["✓ as in Python at 0", "good", before],
        ["✓ the bits of Python", "good", had[0]],
        ["✓ as in Python at 200", "good", had[1]],
        ["✓ the bits of Python", "good", had[2]],
        [f"Python went to {last:,}", "", had[3]],
    ]


def test_the_page_says_nothing_of_what_it_has_not_compared(engine: Engine) -> None:
    program = f"""{PROOF}
        go(120);
        session.goTo(350);
        said.push([...proof.words]);
        proof.compareAll();
        said.push([...proof.words]);
        go(99);
        return said.map(([words]) => words);
    """
    assert run(engine, program, payload=payload_of(None, (INPUTS, TARGETS))) == [
        "✓ as in Python at 100",
        "✓ as in Python at 100",
        "✓ as in Python at 300",
        "✓ as in Python at 0",
    ]


def test_the_page_says_where_it_parts_from_python(engine: Engine) -> None:
    payload = payload_of(None, (INPUTS, TARGETS))
    payload["proof"]["digests"][2] = "0" * 12
    program = f"""{PROOF}
        for (const updates of [199, 200, 301, 150]) go(updates);
        session.edit(0, 0, 0, 1);
        go(150);
        proof.begin(session, false);
        session.goTo(0);
        return said.map(([words, kind]) => [words, kind]);
    """
    assert run(engine, program, payload=payload) == [
        ["✓ as in Python at 100", "good"],
        ["✗ parts from Python by update 200", "bad"],
        ["✗ parts from Python by update 200", "bad"],
        ["✓ as in Python at 100", "good"],
        ["edited: see Python", ""],
    ]


# Ink.


def strokes_of(scale: float, x: float, y: float) -> Any:
    """Return the ten digits, each as lines of points, as large and where they are wanted."""
    return [
        [[{"x": scale * a + x, "y": scale * b + y} for a, b in line] for line in lines]
        for lines in DIGITS.values()
    ]


def test_a_drawn_digit_is_made_as_the_data_set_was(engine: Engine) -> None:
    program = "return all.map((strokes) => strokes.map(countsOf));"
    counts, moved = np.array(run(engine, program, all=[strokes_of(1, 0, 0), strokes_of(4, -7, 9)]))
    assert counts.tolist() == moved.tolist()
    assert (counts.min(), counts.max()) == (0, 16)
    data = digits()
    inks = 0.01 + 0.99 * counts / 16
    distances = ((data.train_inputs[:, None] - inks) ** 2).sum(axis=2)
    nearest = data.train_labels[distances.argmin(axis=0)]
    assert (nearest == list(DIGITS)).sum() >= 8


def test_a_leaning_line_is_set_upright_and_a_slanting_one_left(engine: Engine) -> None:
    program = """
        const line = (slope) => Array.from({ length: 101 }, (_, y) => ({ x: slope * y, y }));
        return slopes.map((slope) => countsOf([line(slope)]));
    """
    upright, leaning, slanting = run(engine, program, slopes=[0, 0.5, 0.7])
    assert upright == leaning
    # The pen is 3.6 cells wide, and with its round ends a line is 31 high.
    assert [sum(upright[column::8]) for column in range(8)] == [0, 0, 0, 62, 62, 0, 0, 0]
    assert sum(slanting[1::8]) > 0


def test_a_large_picture_is_made_as_mnist_was(engine: Engine) -> None:
    program = "return strokes.map((one) => greysOf(one, 28, 28));"
    for greys in np.array(run(engine, program, strokes=strokes_of(0.3, 5, 5))).reshape(-1, 28, 28):
        assert (greys.min(), greys.max()) == (0.0, 1.0)
        rows, columns = np.nonzero(greys > 0.5)
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 24
        places = np.arange(28) + 0.5
        centre = [(greys.sum(axis=axis) * places).sum() / greys.sum() for axis in (0, 1)]
        assert np.abs(np.array(centre) - 14).max() < 0.6
