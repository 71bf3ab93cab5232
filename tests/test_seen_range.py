"""Inputs that are not like those a network was trained on get a warning that says so."""

import copy
import math
import pickle
import random
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import nnfast
import nnref
from nnref.common.arguments import FINITE
from nnref.common.network import Network
from nnref.common.seen_range import FEWEST_EXAMPLES, UNTRAINED, SeenRange

BACKENDS = (nnref, nnfast)
PIXELS = 16
WIDTH = 19  # whole registers of any width, and a rest
UNLIKE = "inputs: the network was trained on numbers from 0.01 to 0."


def pictures(count: int) -> list[list[float]]:
    """Return random pictures, each with paper (0.01) and ink (up to 1)."""
    draws = random.Random(1)
    return [
        [0.01, 0.9 + 0.1 * draws.random(), *(0.01 + 0.99 * draws.random() for _ in range(14))]
        for _ in range(count)
    ]


def trained(package: Any, count: int = FEWEST_EXAMPLES, **options: Any) -> Any:
    network = package.NeuralNetwork(PIXELS, 2, 1, 0.1, seed=1, **options)
    network.fit(pictures(count), [[0.5]] * count)
    return network


def complaints(network: Network, inputs: Any) -> list[str]:
    """Return what query and predict say of one example; they must say the same."""
    said = []
    for ask in (network.query, lambda x: network.predict([x])):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ask(inputs)
        said.append([str(warning.message) for warning in caught])
        assert all(warning.filename == __file__ for warning in caught)
        assert all(warning.category is nnfast.UnlikeInputsWarning for warning in caught)
    assert said[0] == said[1]
    return said[0]


@pytest.mark.parametrize("package", BACKENDS)
@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (
            [1.01 + 0.01 * i / PIXELS for i in range(PIXELS)],
            "some of these are larger, and all are above 0.01, unlike those of any training",
        ),
        (
            [255.0 * i / PIXELS for i in range(PIXELS)],
            "but some of these are larger, and some of these are smaller.",
        ),
        ([0.01] * PIXELS, "but all are below 0.9"),
        (
            [-1.0 + i / 10 for i in range(PIXELS)],
            "but some of these are smaller, and all are below",
        ),
        ([math.inf, *[0.01] * 15], "but some of these are larger."),
    ],
    ids=["handwriting that came out too bright", "not scaled", "blank", "centred", "infinite"],
)
def test_what_does_not_look_like_the_training_examples_is_named(
    package: Any, inputs: list[float], words: str
) -> None:
    (message,) = complaints(trained(package), inputs)
    assert UNLIKE in message
    assert words in message


@pytest.mark.parametrize("package", BACKENDS)
@pytest.mark.parametrize(
    "inputs",
    [
        pictures(1)[0],
        pictures(200)[-1],
        [-0.4, *[1.4] * 15],
        [math.nan, 0.05, *[0.85] * 14],
    ],
    ids=["seen", "new", "a little beyond", "not a number"],
)
def test_what_looks_like_them_is_answered_in_silence(package: Any, inputs: list[float]) -> None:
    assert complaints(trained(package), inputs) == []


@pytest.mark.parametrize("package", BACKENDS)
def test_a_network_that_has_seen_little_says_nothing(package: Any) -> None:
    assert complaints(trained(package, FEWEST_EXAMPLES - 1), [255.0] * PIXELS) == []
    network = package.NeuralNetwork(PIXELS, 2, 1, 0.1, seed=1)
    assert complaints(network, [255.0] * PIXELS) == []
    assert complaints(trained(package), [math.nan] * PIXELS) == []


@pytest.mark.parametrize("package", BACKENDS)
def test_the_articles_loop_of_train_and_query_is_watched_too(package: Any) -> None:
    network = package.NeuralNetwork(PIXELS, 2, 1, 0.1, seed=1)
    for picture in pictures(FEWEST_EXAMPLES):
        network.train(picture, [0.5])
    assert network._seen == trained(package)._seen
    assert complaints(network, [1.02] * PIXELS)
    with pytest.raises(ValueError, match="targets"):
        network.train([5.0] * PIXELS, [math.nan])
    assert network._seen == trained(package)._seen


@pytest.mark.parametrize("package", BACKENDS)
def test_predict_looks_at_some_of_many_and_says_it_once(package: Any) -> None:
    network = trained(package)
    good, bad = pictures(1000), [[255.0] * PIXELS] * 1000
    network.predict(good)
    with pytest.warns(UserWarning, match=UNLIKE) as caught:
        network.predict(good[:500] + bad[:500])
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=UNLIKE):
        network.predict(bad[:1] + good)


@pytest.mark.parametrize("package", BACKENDS)
@pytest.mark.parametrize(
    ("inputs", "is_like"),
    [
        ([-0.5, 1.5, 0.5], True),
        ([-0.51, 1.0, 0.5], False),
        ([0.0, 1.51, 0.5], False),
        ([0.1, 0.9, 0.5], True),
        ([0.11, 1.0, 0.5], False),
        ([0.0, 0.89, 0.5], False),
        # Points in a plane, and on a line.
        ([-0.5, -0.5], True),
        ([1.5, 1.5], True),
        ([-0.51, 0.5], False),
        ([0.5, 1.51], False),
        ([1.5], True),
        ([1.51], False),
    ],
)
def test_how_far_is_too_far(package: Any, inputs: list[float], is_like: bool) -> None:
    network = package.NeuralNetwork(len(inputs), 2, 1, 0.1, seed=1)
    network._seen = SeenRange(FEWEST_EXAMPLES, 0.0, 1.0, 0.0, 1.0)
    said = complaints(network, inputs)
    assert (said == []) is is_like
    assert is_like or len(inputs) == 3 or "all are" not in said[0]


@pytest.mark.parametrize("package", BACKENDS)
def test_a_nan_hides_no_number(package: Any) -> None:
    for place in range(PIXELS):
        inputs = [0.95] * PIXELS
        inputs[place - 8], inputs[place] = 0.01, math.nan
        assert complaints(trained(package), inputs) == []


@pytest.mark.parametrize("package", BACKENDS)
def test_many_that_are_alike_give_one_warning(package: Any) -> None:
    network = trained(package)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for brightness in range(100, 150):
            network.query([float(brightness)] * PIXELS)
    assert len(caught) == 1


@pytest.mark.parametrize("package", BACKENDS)
def test_examples_count_once_however_often_they_are_shown(package: Any) -> None:
    network = package.NeuralNetwork(PIXELS, 2, 1, 0.1, seed=1)
    network.fit(pictures(10), [[0.5]] * 10, epochs=20)
    assert network._seen.examples == 10
    network.fit(pictures(10)[:5], [[0.5]] * 5, epochs=20)  # nothing that it has not seen
    assert network._seen.examples == 10
    brighter = [[2.0 * number for number in picture] for picture in pictures(7)]
    network.fit(iter([(pictures(5), [[0.5]] * 5), (brighter, [[0.5]] * 7)]))
    assert network._seen.examples == 22


@pytest.mark.parametrize("package", BACKENDS)
@pytest.mark.parametrize(
    "name", ["weights", "weights_input_hidden", "weights_hidden_output", "biases"]
)
def test_weights_from_elsewhere_know_other_examples(package: Any, name: str) -> None:
    network = trained(package, bias=True)
    assert complaints(network, [255.0] * PIXELS)
    other = package.NeuralNetwork(PIXELS, 2, 1, 0.1, bias=True, seed=2)
    setattr(network, name, getattr(other, name))
    assert network._seen == UNTRAINED
    assert complaints(network, [255.0] * PIXELS) == []
    network.fit(pictures(FEWEST_EXAMPLES), [[0.5]] * FEWEST_EXAMPLES)
    assert complaints(network, [255.0] * PIXELS)


@pytest.mark.parametrize("package", BACKENDS)
def test_no_example_of_another_thread_is_lost(package: Any) -> None:
    network = package.NeuralNetwork(1, [], 1, 1e-6, seed=1)
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda x: network.train([x], [0.5]), range(2000)):
            pass
    assert network._seen == SeenRange(2000, 0.0, 1999.0, 1999.0, 0.0)


finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
rows = st.lists(st.lists(finite, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=3)


other_rows = st.lists(st.floats(width=32), min_size=WIDTH, max_size=WIDTH)


def seen_and_said(network: Any, examples: list[list[float]], other: list[float]) -> Any:
    """Return the reach after the examples, as bytes, and what is said of the other one."""
    network._see(network._numbers.matrix("inputs", examples, WIDTH, FINITE))
    network._seen = network._seen._replace(examples=FEWEST_EXAMPLES)
    return struct.pack("<4d", *network._seen[1:]), complaints(network, other)


@given(rows, other_rows)
@example([[-0.0] * WIDTH], [1.0] * WIDTH)
def test_both_backends_see_and_judge_alike(examples: list[list[float]], other: list[float]) -> None:
    networks = [package.NeuralNetwork(WIDTH, [], 1, 1e-6, seed=1) for package in BACKENDS]
    first, second = (seen_and_said(network, examples, other) for network in networks)
    assert first == second


@given(rows, other_rows)
def test_float32_sees_and_judges_alike(examples: list[list[float]], other: list[float]) -> None:
    networks = [
        nnfast.NeuralNetwork(WIDTH, [], 1, 1e-6, seed=1, dtype=dtype)
        for dtype in ("float64", "float32")
    ]
    first, second = (seen_and_said(network, examples, other) for network in networks)
    assert first == second


@pytest.mark.parametrize("package", BACKENDS)
def test_the_reach_goes_with_the_network(package: Any, tmp_path: Path) -> None:
    network = trained(package, bias=True)
    network.save(tmp_path / "model")
    others = [copy.copy(network), copy.deepcopy(network), pickle.loads(pickle.dumps(network))]
    others += [other.NeuralNetwork.load(tmp_path / "model") for other in BACKENDS]
    for other in others:
        assert other._seen == network._seen
        assert complaints(other, [1.02] * PIXELS) == complaints(network, [1.02] * PIXELS)
    if package is nnfast:
        network.threads = 2
        assert complaints(network, [1.02] * PIXELS)


def test_an_untrained_network_and_an_older_file_have_none(tmp_path: Path) -> None:
    nnfast.NeuralNetwork(3, 2, 1, 0.1, seed=1).save(tmp_path / "model")
    assert b"reach" not in (tmp_path / "model").read_bytes()
    assert nnref.NeuralNetwork.load(tmp_path / "model")._seen == UNTRAINED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 0, 1, 0]", "reach: got .*, wants 5 numbers"),
        ('[1, 0, 1, 0, "1"]', "reach: got '1', wants a finite number"),
        ("[1, 0, 1, 0, NaN]", "reach: got nan, wants a finite number"),
        ("[1.5, 0, 1, 0, 1]", "reach: got 1.5 examples"),
        ("[0, 0, 1, 0, 1]", "reach: got 0 examples"),
        (f"[1{'0' * 400}, 0, 1, 0, 1]", "reach: got 1000.* examples"),
        (f"[1, 0, 1{'0' * 400}, 0, 1]", "reach: got 1000.*, wants a finite number"),
        ("[-1, 0, 1, 0, 1]", "reach: got -1 examples"),
        ("[true, 0, 1, 0, 1]", "reach: got True"),
        ("{", "Expecting"),
    ],
)
def test_a_damaged_reach_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        SeenRange.from_json(text)
    network = trained(nnfast)
    network.save(tmp_path / "model")
    damaged = _with_seen_range(tmp_path / "model", text)
    with pytest.raises(ValueError, match="model"):
        nnref.NeuralNetwork.load(damaged)


def _with_seen_range(path: Path, text: str) -> Path:
    from nnref.common import model_file

    tensors, metadata = model_file.read(path)
    model_file.write(path, list(tensors.values()), metadata | {"reach": text})
    return path


def test_fit_takes_note_of_float32_rows_as_they_are() -> None:
    network = trained(nnfast, dtype="float32")
    assert network._seen.low == float(np.float32(0.01))
