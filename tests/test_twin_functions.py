"""What the twin's bits stand on: exp and log, random numbers, digests, and numbers as text."""

import hashlib
import math
import random
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from helpers import SPECIAL, amount
from javascript_engines import Engine
from test_functions import exp_points, log_points, tanh_points
from twin import bits, run

import nnref
import nnref.functions
from nnfast.live import network_script
from nnref.common.description import INITS, OUTPUT_ACTIVATIONS
from nnref.common.randomness import epoch_order
from nnref.scores import score

ODD = [math.inf, -math.inf, math.nan, 0.0, -0.0, 5e-324, -5e-324, -1.0, 1e308, 710.0, -746.0, 20.0]

# What ECMA-262 defines to the bit. Math.max does too, but says less of zeros and NaN than a choice;
# so the arithmetic goes without. Only a seed that nobody gave is drawn by Math.random.
IN_ARITHMETIC = {"Math.abs", "Math.imul", "Math.sqrt"}
ANYWHERE = IN_ARITHMETIC | {f"Math.{name}" for name in ("floor", "max", "min", "random")}


def test_the_script_keeps_to_its_contract() -> None:
    arithmetic, rest = map(without_comments, network_script().split("\n  // nnref/scores.py\n"))
    assert set(re.findall(r"\bMath\b\W?\w+", arithmetic)) == IN_ARITHMETIC
    assert set(re.findall(r"\bMath\b\W?\w+", rest)) <= ANYWHERE
    for part in (arithmetic, rest):
        assert "**" not in part
        assert not re.search(r"Float32Array|\b(import|require|console|document|eval)\b", part)


def without_comments(script: str) -> str:
    """Return a script without its comments, and without its texts in double quotes."""
    return re.sub(r'''/\*.*?\*/|//[^\n]*|"[^"\n]*"''', "", script, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("name", "points"), [("exp", exp_points), ("log", log_points), ("tanh", tanh_points)]
)
def test_exp_log_and_tanh(
    engine: Engine, name: str, points: Callable[[int], Iterator[float]]
) -> None:
    numbers = [*points(amount(40_000, quick=4_000)), *ODD, *SPECIAL]
    oracle = getattr(nnref.functions, name)
    wanted = bits([oracle(number) for number in numbers])
    program = f"return bits(numbers.map((x) => inner.{name}(x)));"
    assert run(engine, program, opened=True, numbers=numbers) == wanted


@pytest.mark.parametrize("output", OUTPUT_ACTIVATIONS)
@pytest.mark.parametrize("classes", [True, False])
def test_scores_of_ties_and_of_what_is_not_finite(
    engine: Engine, output: str, classes: bool
) -> None:
    outputs = [
        [0.7, 0.7, 0.1], [0.1, 0.7, 0.7], [math.nan, 1.0, 0.0], [0.2, math.nan, 0.9],
        [0.5, 0.5, 0.5], [0.0, -0.0, 0.0], [math.inf, 2.0, math.inf], [-0.5, 0.6, 0.4],
    ]  # fmt: skip
    places = [0, 1, 0, 2, 0, 0, 2, 1]
    targets = [[float(k == place) for k in range(3)] for place in places]
    if not classes:
        targets = [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], *targets[2:]]
    cases = [(outputs, targets), (outputs[:2], targets[:2]), (targets, targets)]
    cases.append((outputs[4:6], [[0.25] * 3] * 2))
    program = "return bits(cases.map(([given, wanted]) => inner.score(output, given, wanted)));"
    wanted = [float(score(output, *case)) for case in cases]
    assert run(engine, program, opened=True, cases=cases, output=output) == bits(wanted)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**64 - 1, 2**521, 10**160])
def test_random_numbers(engine: Engine, seed: int) -> None:
    draws = random.Random(seed)
    wanted = bits([draws.random() for _ in range(2000)])
    program = f"""
        const draw = inner.random({seed}n);
        return bits(Array.from({{ length: 2000 }}, draw));
    """
    assert run(engine, program, opened=True) == wanted


@pytest.mark.parametrize(
    ("examples", "seed", "epoch"),
    [(1, 0, 0), (2, 1, 0), (700, 2**64 - 1, 10**15), (1437, 20261130, 4)],
)
def test_orders(engine: Engine, examples: int, seed: int, epoch: int) -> None:
    program = f"return inner.epoch_order({examples}, {seed}n, {epoch});"
    assert run(engine, program, opened=True) == epoch_order(examples, seed, epoch)


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", ("tanh", "sigmoid")])
def test_first_numbers(engine: Engine, init: str, activation: Any) -> None:
    options = {"init": init, "activation": activation, "bias": True, "bias_init": "drawn"}
    network = nnref.NeuralNetwork(7, (5, 3), 2, 0.1, seed=11, **options)
    program = """
        const network = new NeuralNetwork(7, [5, 3], 2, 0.1, { seed: 11, ...options });
        return bits([network.weights, network.biases]);
    """
    assert run(engine, program, options=options) == bits([network.weights, network.biases])


@pytest.mark.parametrize("count", [*range(0, 130, 3), 55, 56, 63, 64, 119, 120, 5000])
def test_sha256(engine: Engine, count: int) -> None:
    data = random.Random(count).randbytes(count)
    program = "return inner.sha256(Uint8Array.from(data));"
    assert run(engine, program, opened=True, data=list(data)) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("count", [1, 30, 64, 110, 111])
def test_sha512_of_a_short_text(engine: Engine, count: int) -> None:
    data = random.Random(count).randbytes(count)
    number = int.from_bytes(data, "big")
    program = f"return inner.sha512({number}n, {count}).toString(16).padStart(128, '0');"
    assert run(engine, program, opened=True) == hashlib.sha512(data).hexdigest()


def floats() -> list[float]:
    """Return floats of every size, decimal ones, and those that end in a 5 after few digits."""
    draws = random.Random(5)
    numbers = [struct.unpack("<d", draws.randbytes(8))[0] for _ in range(3000)]
    numbers += [draws.randint(1, 10**6) * 10.0 ** draws.randint(-12, 20) for _ in range(3000)]
    # Exact ties: 1.0625, 10.125, 0.00048828125 and the like have no error in binary.
    numbers += [draws.randint(0, 2**20) * 2.0 ** -draws.randint(0, 14) for _ in range(3000)]
    numbers += [0.5 + n for n in range(100, 20_000, 97)] + [5.0 + 10 * n for n in range(1500)]
    numbers += [9999.5, 99995.0, 999950.0, 0.99995, 9.9995e22, 1e-5, 1e-4, 1e16, 1e15, 1e21, 1e22]
    return [*numbers, *(-number for number in numbers), *ODD, *SPECIAL]


def test_numbers_are_written_as_python_does(engine: Engine) -> None:
    numbers = floats()
    program = "return numbers.map((x) => inner.written(x));"
    assert run(engine, program, opened=True, numbers=numbers) == list(map(repr, numbers))


@pytest.mark.parametrize("digits", [4, 6])
def test_ties_are_rounded_to_even_as_python_does(engine: Engine, digits: int) -> None:
    numbers = floats()
    wanted = [f"{number:.{digits}g}" for number in numbers]
    program = "return numbers.map((x) => inner.general(x, digits));"
    assert run(engine, program, opened=True, numbers=numbers, digits=digits) == wanted


def test_a_tie_is_where_javascript_rounds_up(engine: Engine) -> None:
    program = "return [(1.0625).toPrecision(4), inner.general(1.0625, 4)];"
    assert f"{1.0625:.4g}" == "1.062"
    assert run(engine, program, opened=True) == ["1.063", "1.062"]
