"""Data in any layout and of any type gives the oracle's bits, even the network's own numbers."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from cases import Case, assert_same
from helpers import BUILDS, bits, kernel

import nnfast
import nnref

pytestmark = pytest.mark.parametrize("build", BUILDS)


def layouts(matrix: list[list[float]]) -> Iterator[Any]:
    array = np.array(matrix)
    yield array
    yield np.asfortranarray(array)
    yield np.repeat(np.repeat(array, 2, axis=0), 3, axis=1)[::2, ::3]
    yield array[::-1, ::-1].copy()[::-1, ::-1]
    yield array.astype(">f8")
    yield tuple(tuple(row) for row in matrix)
    yield array.astype(object)
    read_only = array.copy()
    read_only.flags.writeable = False
    yield read_only
    unaligned = np.frombuffer(b"x" + array.tobytes(), dtype=np.uint8)[1:]
    yield unaligned.view(np.float64).reshape(array.shape)
    halves = {"low": (np.uint32, 0), "high": (np.uint32, 4)}
    yield array.view(np.dtype((np.float64, halves)))  # type: ignore[call-overload]
    yield array.view(np.recarray)


def test_any_layout_of_the_data(build: str) -> None:
    case = Case((5, 7, 3), 0.1, {"seed": 1}, "usual", 1)
    inputs, targets = case.rows(6)
    with kernel(build):
        reference, _ = case.networks()
        reference.fit(inputs, targets)
        for given_inputs, given_targets in zip(layouts(inputs), layouts(targets), strict=True):
            _, fast = case.networks()
            fast.fit(given_inputs, given_targets)
            assert_same(reference, fast)


def test_examples_that_are_the_networks_own_numbers(build: str) -> None:
    """What it learns changes them; it learns from what they were."""
    with kernel(build):
        for kind in ("weights", "biases"):
            networks = [
                package.NeuralNetwork(4, 4, 1, 0.5, seed=1, bias=True)
                for package in (nnref, nnfast)
            ]
            for network in networks:
                network.biases = [[0.1, 0.2, 0.3, 0.4], [0.5]]
                rows = np.reshape(getattr(network, kind)[0], (-1, 4))
                network.fit(rows, [[0.9]] * len(rows), epochs=3)
            assert_same(*networks)


def test_any_layout_of_one_example(build: str) -> None:
    case = Case((5, 7, 3), 0.1, {"seed": 1}, "usual", 1)
    inputs, targets = case.rows(6)
    with kernel(build):
        reference, _ = case.networks()
        one_by_one(reference, inputs, targets)
        answers = [bits(reference.query(row)) for row in inputs]
        for given_inputs, given_targets in itertools.product(layouts(inputs), layouts(targets)):
            _, fast = case.networks()
            one_by_one(fast, given_inputs, given_targets)
            assert_same(reference, fast)
            assert [bits(fast.query(row)) for row in given_inputs] == answers


def one_by_one(network: Any, inputs: Any, targets: Any) -> None:
    for row, wanted in zip(inputs, targets, strict=True):
        network.train(row, wanted)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32, np.float16, bool])
def test_other_number_types(build: str, kind: Any) -> None:
    inputs = np.array([[0, 1, 1], [1, 0, 1]], dtype=kind)
    targets = np.array([[0], [1]], dtype=kind)
    case = Case((3, 4, 1), 0.1, {"seed": 1}, "usual", 1)
    with kernel(build):
        reference, fast = case.networks()
        reference.fit(inputs.tolist(), targets.tolist())
        fast.fit(inputs, targets)
        assert_same(reference, fast)
        one_by_one(reference, inputs.tolist(), targets.tolist())
        one_by_one(fast, inputs, targets)
        assert_same(reference, fast)
        assert bits(fast.query(inputs[0])) == bits(reference.query(inputs[0].tolist()))
