"""Everything that a careless caller can pass, and the error that it gets.

A row says what is called, as ``function(argument)``, with what, which error it gets and what the
message says after the argument's name: what came, and what is wanted. The rows of a network hold
for both backends, which say the same; after each the network and the files are as they were.

What a file can have wrong in it is in the tables of test_api.py, test_model_file.py,
test_datasets.py, test_images.py and test_export_json.py; a module of PyTorch's, in test_torch.py;
the numbers of a network that has diverged, in test_plots.py.
"""

import importlib
import inspect
import io
import itertools
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers import bits

import nnfast
import nnref
from nnfast.exchange.c import export_c
from nnfast.exchange.json import export_json, load_json
from nnfast.exchange.onnx import export_onnx
from nnfast.exchange.torch import to_torch
from nnref.common.files import ModelFileError

BACKENDS = {"nnref": nnref, "nnfast": nnfast}
ROOT = Path(__file__).parent.parent

INPUTS = [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7], [0.5, 0.01, 0.99], [0.4, 0.6, 0.2]]
TARGETS = [[0.1, 0.9], [0.8, 0.3], [0.99, 0.01], [0.25, 0.5]]
NAN, INF = math.nan, math.inf
# As many examples as no memory holds, in 8 bytes.
TERABYTES = np.broadcast_to(np.float64(0.5), (10**12,))


def network(backend: ModuleType, **options: Any) -> Any:
    return backend.NeuralNetwork(3, 4, 2, 0.5, **{"seed": 1, "bias": True, **options})


@dataclass(frozen=True)
class Mistake:
    """Something wrong to pass as an argument."""

    kind: str
    value: Any
    error: type[Exception]
    says: str = r"got .+, wants .+"


@dataclass(frozen=True)
class Row:
    """What is called, with what."""

    function: str
    argument: str
    mistake: Mistake
    call: Callable[[Any, Any], object]
    """With a network, and with what is wrong."""
    named: str = ""
    """What the message calls the argument, if not by its name."""

    @property
    def id(self) -> str:
        return f"{self.function}({self.argument})-{self.named}-{self.mistake.kind}"


def rows(
    what: str,
    call: Callable[[Any, Any], object],
    *mistakes: Iterator[Mistake] | list[Mistake],
    named: str = "",
) -> Iterator[Row]:
    """Yield a row for each mistake in an argument, given as "function(argument)"."""
    function, argument = what.removesuffix(")").split("(")
    for mistake in itertools.chain.from_iterable(mistakes):
        yield Row(function, argument, mistake, call, named)


def each(error: type[Exception], says: str, *values: Any) -> Iterator[Mistake]:
    """Yield a mistake for each value; the message must show it as it was given, if not too long."""
    for value in values:
        text = repr(value)[1:-1] if isinstance(value, str) else str(value)
        shown = re.escape(text[:50])
        yield Mistake(f"is {value!r:.30}", value, error, f"got .*{shown}.*, wants {says}.*")


# What is no number, no sequence, no text.

WHOLE = "a whole number of at least 1"
FROM_ZERO = "a whole number of at least 0"
POSITIVE = "a finite number above 0"
ENDED = (number for number in ())  # a generator that is used up


FILE, CLOSED = io.StringIO("0.5\n" * 4), io.StringIO()
CLOSED.close()


class Raises:
    """An object that NumPy cannot have the numbers of, as PyTorch's that are being trained."""

    def __array__(self, *_: Any) -> Any:
        raise RuntimeError("not yet")


def no_wholes(wants: str = WHOLE, *, zero: bool = False) -> Iterator[Mistake]:
    yield from each(ValueError, wants, -1, np.int64(-3), *([] if zero else [0]))
    yield from each(
        TypeError, wants, 1.5, 2.0, NAN, True, np.True_, "2", b"2", None, [1], {1}, np.float64(3),
        1j, ENDED,
    )  # fmt: skip
    yield Mistake("a number that str() refuses", -(10**5000), ValueError)


def no_positives(wants: str = POSITIVE) -> Iterator[Mistake]:
    yield from each(ValueError, wants, 0, 0.0, -0.1, NAN, INF, -INF, 10**400, np.float64(NAN))
    yield from each(
        TypeError, wants, "0.1", b"1", True, None, [0.1], 1j, np.True_, np.array([0.1]),
        np.datetime64("2026-01-01"),
    )  # fmt: skip
    yield Mistake("a number that str() refuses", 10**5000, ValueError)


def not_within(low: float, high: float) -> Iterator[Mistake]:
    wants = re.escape(f"a number from {low:g} to below {high:g}")
    yield from each(ValueError, wants, -0.1, NAN, high, -INF, 10**400, -(10**400))
    yield from each(TypeError, wants, "0.1", None, True, [0.1], 1j, np.array([0.1]))


def no_flags() -> Iterator[Mistake]:
    yield from each(TypeError, "True or False", "no", None, 2, 0, [], 1.0, np.True_, len)
    yield Mistake("an array", np.array([1, 0]), TypeError, r"got array.*, wants True or False")


def no_choices(*choices: str) -> Iterator[Mistake]:
    wants = ".*".join(map(repr, choices))
    yield from each(ValueError, wants, "other", "", choices[0].upper(), f"{choices[0]} ", "\0")
    yield from each(TypeError, wants, 1, choices[0].encode(), True, {}, 1.5)


def no_sequences() -> Iterator[Mistake]:
    for kind, value in {
        "None": None, "a number": 0.5, "an array of no dimension": np.array(0.5), "a str": "abc",
        "a str of no characters": "", "bytes": b"abc", "a bytearray": bytearray(3),
        "a dict": {0: 0.5, 1: 0.5, 2: 0.5}, "a set": {0.1, 0.2, 0.3}, "an object": object(),
        "a class": list, "a function": len, "a module": math, "an array of None": np.array(None),
        "a file": FILE, "a closed file": CLOSED, "an object that is no array yet": Raises(),
    }.items():  # fmt: skip
        yield Mistake(kind, value, TypeError)


def no_numbers(width: int) -> Iterator[Mistake]:
    """Vectors of the right length whose items are no real numbers, or too large ones."""
    some = [0.5] * (width - 1)
    for kind, value in {
        "complex numbers": [1j, *some],
        "a complex array": np.ones(width, dtype=complex),
        "strings": ["1"] * width,
        "a string among numbers": [*some, "1"],
        "an array of strings": np.array(["1"] * width),
        "strings in an object array": np.array(["1"] * width, dtype=object),
        "bytes for numbers": [b"1"] * width,
        "an array of bytes": np.array([b"1"] * width),
        "None among numbers": [*some, None],
        "None in an object array": np.array([*some, None]),
        "a generator among numbers": [*some, ENDED],
        "decimals": [Decimal("0.5")] * width,
        "dates": np.zeros(width, dtype="M8[s]"),
        "time spans": np.zeros(width, dtype="m8[s]"),
        "a structured array": np.zeros(width, dtype="f8,f8"),
        "raw bytes": np.zeros(width, dtype="V8"),
        "a masked array": np.ma.masked_array([0.5] * width, mask=[True] * width),
        "one masked": np.ma.masked_array([0.5] * width, mask=[*([False] * (width - 1)), True]),
    }.items():
        yield Mistake(kind, value, TypeError)
    for kind, value in {
        "a number too large": [*some, 10**400],
        "an object too large": np.array([*some, 10**400]),
        "a fraction too large": [*some, Fraction(10**400, 3)],
    }.items():
        yield Mistake(kind, value, ValueError, "got .+ too large for a float")


def no_vectors(width: int) -> Iterator[Mistake]:
    yield from no_sequences()
    yield from no_numbers(width)
    for kind, count in {"too few": width - 1, "too many": width + 1, "empty": 0}.items():
        says = f"got {count} numbers, wants {width}"
        yield Mistake(kind, [0.5] * count, ValueError, says)
        yield Mistake(f"{kind}, in an array", np.full(count, 0.5), ValueError, says)
    for kind, value, got in (
        ("terabytes", TERABYTES, 10**12),
        ("a long range", range(10**12), 10**12),
        ("a range longer than any", range(10**30), f"more than {width}"),
        ("without an end", itertools.repeat(0.5), f"more than {width}"),
    ):
        yield Mistake(kind, value, ValueError, f"got {got} numbers, wants {width}")
    for value in [[0.5] * width], [[0.5]] * width, [[0.5, 0.5], *[0.5] * (width - 1)]:
        yield Mistake("two-dimensional", value, TypeError)
    yield Mistake("three-dimensional", np.full((width, 1, 1), 0.5), TypeError)
    yield Mistake("a row in a matrix", np.full((1, width), 0.5), TypeError)


def no_matrices(width: int, count: int) -> Iterator[Mistake]:
    yield from no_sequences()
    some = [[0.5] * width] * (count - 1)
    for mistake in no_numbers(width):
        listed = isinstance(mistake.value, list)
        value = [*some, mistake.value] if listed else mistake.value[np.newaxis].repeat(count, 0)
        yield replace(mistake, value=value)
    for kind, wrong in {"too narrow": width - 1, "too wide": width + 1, "empty rows": 0}.items():
        says = f"got {wrong} numbers, wants {width}"
        yield Mistake(kind, [[0.5] * wrong] * count, ValueError, says)
        yield Mistake(f"{kind}, in an array", np.full((count, wrong), 0.5), ValueError, says)
    says = f"got {10**12} numbers, wants {width}"
    yield Mistake("rows of terabytes", np.broadcast_to(0.5, (count, 10**12)), ValueError, says)
    yield Mistake("ragged", [*some, [0.5] * (width + 1)], ValueError)
    for kind, value in {
        "one row": [0.5] * width,
        "a number for a row": [*some, 0.5],
        "None for a row": [*some, None],
        "strings for rows": ["1" * width] * count,
        "three-dimensional": [[[0.5] * width] * count],
        "a long range": range(10**12),
        "one row of terabytes": TERABYTES,
    }.items():
        yield Mistake(kind, value, TypeError)


def not_finite(good: list[Any]) -> Iterator[Mistake]:
    for number in (NAN, INF, -INF):
        wrong: Any = np.array(good)
        wrong[(-1,) * wrong.ndim] = number
        for value in (wrong, wrong.tolist()):
            yield Mistake(str(number), value, ValueError, f"got {number}, wants a finite number")


def no_probabilities() -> Iterator[Mistake]:
    says = "got .+, wants a number between 0 and 1, both excluded"
    for number in (0.0, 1.0, -0.1, 1.1, NAN, INF):
        yield Mistake(str(number), [0.5, number], ValueError, says)


def no_matches(count: int, wants: str, width: int = 2) -> Iterator[Mistake]:
    for kind, wrong in {"a row too few": count - 1, "a row too many": count + 1}.items():
        says = f"got {wrong} rows, wants {count}{wants}"
        yield Mistake(kind, [[0.5] * width] * wrong, ValueError, says)


def no_examples() -> Iterator[Mistake]:
    says = "got no examples, wants at least 1"
    for none in ([], []), (np.empty((0, 3)), np.empty((0, 2))):
        yield Mistake("no examples", none, ValueError, says)


def no_networks() -> Iterator[Mistake]:
    for value in ("net", None, 3, {}, nnref, nnfast.NeuralNetwork, object()):
        says = r"got .+, wants a NeuralNetwork"
        yield Mistake(f"is {value!r:.20}", value, TypeError, says)


def no_paths(wants: str = "a path, as a str or path-like") -> Iterator[Mistake]:
    for kind, value in {
        "a number, of an open file": 1, "0": 0, "True": True, "bytes": b"network", "a list": ["a"],
        "an open file": FILE, "a closed file": CLOSED, "a dict": {},
        "a class": Path, "an array": np.array(["a"]),
    }.items():  # fmt: skip
        yield Mistake(kind, value, TypeError, f"got .+, wants {wants}")
    for kind, value in {
        "the empty text": "", "a NUL": "a\0b", "a NUL in a Path": Path("a\0b"),
        "half a character": "\ud800" if os.name == "posix" else "",
    }.items():  # fmt: skip
        yield Mistake(kind, value, ValueError, "got .+, wants a path that a file can have")


def None_too(mistakes: Iterator[Mistake]) -> Iterator[Mistake]:  # noqa: N802
    yield from mistakes
    yield Mistake("is None", None, TypeError)


# The network's own table.

SEEDS = r"None or a whole number from 0 to 2\*\*64 - 1"
PAIR = r"a pair \(inputs, targets\) or None"
SIZES = {"inodes": 3, "hnodes": 4, "onodes": 2, "lr": 0.5}
OPTIMIZERS = "'sgd' or 'momentum' or 'adam', or one of SGD, Momentum, Adam with its settings"


def constructor_rows() -> Iterator[Row]:
    def made(argument: str, *mistakes: Iterator[Mistake] | list[Mistake]) -> Iterator[Row]:
        def call(nn: Any, x: Any) -> object:
            return type(nn)(**{**SIZES, argument: x})

        yield from rows(f"NeuralNetwork({argument})", call, *mistakes)

    activations = ("sigmoid", "tanh", "relu")
    yield from made("inodes", no_wholes())
    yield from made("onodes", no_wholes())
    yield from made("hnodes", each(ValueError, WHOLE, 0, -1), each(TypeError, WHOLE, 2.0, True, 1j))
    for value in ([2, 0], (-1,), (width for width in (3, 0)), itertools.count(-2)):
        yield from made("hnodes", [Mistake("sizes below 1", value, ValueError)])
    for value in ([2, "a"], [None], [2.0], np.array([2.0]), [True], [[3]], np.array([[3]])):
        yield from made("hnodes", [Mistake("no whole numbers", value, TypeError)])
    yield from made("hnodes", no_sequences())
    yield from made("lr", no_positives())
    yield from made("activation", no_choices(*activations))
    yield from made("activation", (m for m in no_sequences() if not isinstance(m.value, str)))
    yield from made("activation", [Mistake("a number among them", ["relu", 1], TypeError)])
    says = "got 2 names, wants one name or 1, one a hidden layer"
    yield from made("activation", [Mistake("two", ["relu", "tanh"], ValueError, says)])
    choices = {
        "output_activation": ("sigmoid", "tanh", "identity", "softmax"),
        "loss": ("squared_error", "cross_entropy"),
        "hidden_error": ("split", "gradient"),
        "init": ("uniform", "scaled_normal"),
    }
    for argument, names in choices.items():
        yield from made(argument, None_too(no_choices(*names)))
    yield from made("bias", no_flags())
    yield from made("optimizer", None_too(no_choices("sgd", "momentum", "adam")))
    yield from made("optimizer", [Mistake("the class", nnref.Adam, TypeError)])
    yield from made("seed", each(ValueError, SEEDS, -1, 2**64, np.int64(-1)))
    yield from made("seed", each(TypeError, SEEDS, 1.0, "1", True, [1], np.float64(1), b"1"))
    yield from made("seed", [Mistake("a number that str() refuses", 10**5000, ValueError)])
    for sizes in ({"hnodes": 2**28}, {"hnodes": [10**5] * 3}, {"inodes": 10**30, "hnodes": []}):
        yield from rows(
            "NeuralNetwork(hnodes)",
            lambda nn, x: type(nn)(**{**SIZES, **x}),
            [Mistake("terabytes", sizes, ValueError, "got .+ weights, wants at most 268435456")],
            named="inodes, hnodes, onodes",
        )


def data_rows() -> Iterator[Row]:
    """Wrong numbers and shapes, wherever numbers are taken."""
    inputs, targets = INPUTS[0], TARGETS[0]
    one_for_each = ", one for each row of "
    yield from rows("NeuralNetwork.query(inputs)", lambda nn, x: nn.query(x), no_vectors(3))
    for method in ("train", "explain"):
        yield from rows(
            f"NeuralNetwork.{method}(inputs)",
            lambda nn, x, method=method: getattr(nn, method)(x, targets),
            no_vectors(3),
            not_finite(inputs),
        )
        yield from rows(
            f"NeuralNetwork.{method}(targets)",
            lambda nn, x, method=method: getattr(nn, method)(inputs, x),
            no_vectors(2),
            not_finite(targets),
        )
    yield from rows(
        "NeuralNetwork.backquery(targets)",
        lambda nn, x: nn.backquery(x),
        no_vectors(2),
        no_probabilities(),
    )
    yield from rows("NeuralNetwork.predict(inputs)", lambda nn, x: nn.predict(x), no_matrices(3, 4))
    yield from rows(
        "NeuralNetwork.fit(inputs)",
        lambda nn, x: nn.fit(x, TARGETS),
        no_matrices(3, 4),
        not_finite(INPUTS),
    )
    yield from rows("NeuralNetwork.fit(inputs)", lambda nn, x: nn.fit(*x), no_examples())
    yield from rows(
        "NeuralNetwork.fit(targets)",
        lambda nn, x: nn.fit(INPUTS, x),
        (mistake for mistake in no_matrices(2, 4) if mistake.value is not None),
        not_finite(TARGETS),
        no_matches(4, one_for_each + "inputs"),
    )
    yield from rows(
        "gradient_check(inputs)",
        lambda nn, x: nnref.gradient_check(nn, x, targets),
        no_vectors(3),
        not_finite(inputs),
    )
    yield from rows(
        "gradient_check(targets)",
        lambda nn, x: nnref.gradient_check(nn, inputs, x),
        no_vectors(2),
        not_finite(targets),
    )
    yield from rows(
        "gradient_check(network)",
        lambda nn, x: nnref.gradient_check(x, inputs, targets),
        no_networks(),
    )
    yield from rows(
        "gradient_check(most)",
        lambda nn, x: nnref.gradient_check(nn, inputs, targets, most=x),
        no_wholes(),
    )


def stream_rows() -> Iterator[Row]:
    """An iterable of pairs in the place of inputs and targets."""

    def stream(named: str, *mistakes: Iterator[Mistake] | list[Mistake]) -> Iterator[Row]:
        what = "NeuralNetwork.fit(inputs)"
        yield from rows(what, lambda nn, x: nn.fit(x), *mistakes, named=named)

    says = "got None, with .* as inputs, wants a row for each row of inputs; or, in their place, .*"
    yield from stream("targets", (replace(mistake, says=says) for mistake in no_sequences()))
    says = "got None, with .* as piece 0 of inputs, wants a row for each row of inputs; or, .*"
    for kind, value in {
        "inputs alone": INPUTS, "an array": np.array(INPUTS), "numbers": [0.5], "strings": ["ab"],
        "a triple": [(INPUTS, TARGETS, 1)], "sets": [{1, 2}], "a long range": range(10**12),
        "inputs without an end": itertools.repeat(INPUTS[0]), "terabytes": TERABYTES,
    }.items():  # fmt: skip
        yield from stream("targets", [Mistake(kind, value, TypeError, says)])
    says = "got an iterable of no pairs, wants at least 1"
    yield from stream("inputs", [Mistake("no pairs", [], ValueError, says)])
    yield from stream("inputs", [Mistake("a used generator", ENDED, ValueError, says)])
    yield from stream(
        "piece 0 of inputs, its inputs",
        ([replace(m, value=[(m.value, TARGETS)]) for m in no_matrices(3, 4)]),
        ([replace(m, value=[(m.value, TARGETS)]) for m in not_finite(INPUTS)]),
        ([replace(m, value=[m.value]) for m in no_examples()]),
    )
    yield from stream(
        "piece 0 of inputs, its targets",
        ([replace(m, value=[(INPUTS, m.value)]) for m in no_matrices(2, 4)]),
        (
            [
                replace(m, value=[(INPUTS, m.value)])
                for m in no_matches(4, ", one for each row of .*")
            ]
        ),
    )
    says = (
        "got <generator .*, which can be iterated over only once, with epochs=2; wants one that .*"
    )
    pieces = (pair for pair in [(INPUTS, TARGETS)])
    yield from rows(
        "NeuralNetwork.fit(inputs)",
        lambda nn, x: nn.fit(x, epochs=2),
        [Mistake("a generator for two epochs", pieces, ValueError, says)],
    )
    says = "got True without targets, wants False: see inputs"
    yield from rows(
        "NeuralNetwork.fit(shuffle)",
        lambda nn, x: nn.fit(x, shuffle=True),
        [Mistake("shuffled pieces", [(INPUTS, TARGETS)], ValueError, says)],
    )


def fit_rows() -> Iterator[Row]:
    def fit(
        argument: str, *mistakes: Iterator[Mistake] | list[Mistake], named: str = ""
    ) -> Iterator[Row]:
        def call(nn: Any, x: Any) -> object:
            return nn.fit(INPUTS, TARGETS, **{argument: x})

        yield from rows(f"NeuralNetwork.fit({argument})", call, *mistakes, named=named)

    for argument in ("epochs", "batch_size", "every"):
        yield from fit(argument, no_wholes())
    yield from rows(
        "NeuralNetwork.fit(patience)",
        lambda nn, x: nn.fit(INPUTS, TARGETS, validation=(INPUTS, TARGETS), patience=x),
        (mistake for mistake in no_wholes() if mistake.value is not None),
    )
    says = "got 2 without validation, wants both"
    yield from fit("patience", [Mistake("without validation", 2, ValueError, says)])
    says = "got 2 without checkpoint, wants both"
    yield from fit("every", [Mistake("without checkpoint", 2, ValueError, says)])
    yield from fit("shuffle", no_flags())
    yield from fit("callback", each(TypeError, "a callable or None", 1, "print", False, {}, b"a"))
    wants = "'inverse', 'exponential', 'step', a callable or None"
    yield from fit("schedule", each(ValueError, wants, "", "cosine", "STEP", "step "))
    yield from fit("schedule", each(TypeError, wants, 0.1, False, b"step", {}, 1j))
    for value in (None, "0.1", 1j, True, [0.1], NAN, 0, -1.0, INF, 10**400):
        error = ValueError if type(value) in (int, float) else TypeError
        mistake = Mistake(f"gives {value!r:.9}", lambda epoch, lr, value=value: value, error)
        yield from fit("schedule", [mistake], named="what schedule returns")
    yield from fit("checkpoint", no_paths("a path or None"))
    pairs = (INPUTS, TARGETS)
    yield from fit("validation", each(TypeError, PAIR, 0, False, "ab", (), (INPUTS,), {}))
    for kind, value in {
        "inputs": INPUTS, "a triple": (*pairs, TARGETS), "a dict": dict(enumerate(pairs)),
        "a generator": (part for part in pairs), "a set": {1, 2}, "an array": np.ones((2, 4, 3)),
    }.items():  # fmt: skip
        yield from fit("validation", [Mistake(kind, value, TypeError, f"got .*, wants {PAIR}")])
    yield from fit("validation", no_examples(), named="validation inputs")
    yield from fit(
        "validation",
        (replace(m, value=(m.value, TARGETS)) for m in no_matrices(3, 4)),
        (replace(m, value=(m.value, TARGETS)) for m in not_finite(INPUTS)),
        named="validation inputs",
    )
    yield from fit(
        "validation",
        (replace(m, value=(INPUTS, m.value)) for m in no_sequences()),
        (replace(m, value=(INPUTS, m.value)) for m in not_finite(TARGETS)),
        (
            replace(m, value=(INPUTS, m.value))
            for m in no_matches(4, ", one for each row of validation inputs")
        ),
        named="validation targets",
    )


def setter_rows() -> Iterator[Row]:
    def put(
        name: str, *mistakes: Iterator[Mistake] | list[Mistake], named: str = ""
    ) -> Iterator[Row]:
        def call(nn: Any, x: Any) -> None:
            setattr(nn, name, x)

        yield from rows(f"NeuralNetwork.{name}(value)", call, *mistakes, named=named or name)

    first, last = np.ones((3, 4)), np.ones((4, 2))
    yield from put("lr", no_positives())
    yield from put("weights", no_arrays("matrices", [first, last]))
    yield from put(
        "weights",
        [Mistake("the wrong way round", [last, first], ValueError)],
        [Mistake("transposed", [first.T, last.T], ValueError)],
        [Mistake("one array", np.ones((2, 3, 4)), ValueError)],
        [Mistake("the second wrong", [first, first], ValueError)],
    )
    yield from put(
        "weights",
        [replace(m, value=[first, m.value]) for m in no_matrices(2, 4)],
        [replace(m, value=[first, m.value]) for m in no_matches(4, "")],
        named="weights[1]",
    )
    yield from put("biases", no_arrays("vectors", [np.ones(4), np.ones(2)]))
    yield from put(
        "biases",
        [replace(m, value=[np.ones(4), m.value]) for m in no_vectors(2)],
        named="biases[1]",
    )
    yield from put("weights_input_hidden", no_matrices(4, 3), no_matches(3, "", width=4))
    yield from put("weights_hidden_output", no_matrices(2, 4), no_matches(4, ""))


def no_arrays(kind: str, good: list[Any]) -> Iterator[Mistake]:
    """What is no sequence of two arrays."""
    for value in ([], good[:1], [*good, good[1]]):
        says = f"got {len(value)} {kind}, wants 2"
        yield Mistake(f"{len(value)} {kind}", value, ValueError, says)
    for value in (None, 3, True, object(), np.array(0.5), (part for part in good), list):
        says = f"got .+, wants a sequence of 2 {kind}"
        yield Mistake(f"no sequence: {value!r:.12}", value, TypeError, says)
    yield Mistake("a str", "ab", TypeError)
    yield Mistake("numbers", [1.0, 2.0], TypeError)
    yield Mistake("a dict", dict(enumerate(good)), TypeError)
    yield Mistake("terabytes", TERABYTES, ValueError)


def file_rows() -> Iterator[Row]:
    yield from rows("NeuralNetwork.save(path)", lambda nn, x: nn.save(x), None_too(no_paths()))
    yield from rows("NeuralNetwork.load(path)", lambda nn, x: nn.load(x), None_too(no_paths()))
    calls: dict[str, Callable[[Any, Any], object]] = {
        "export_c(network)": lambda nn, x: export_c(x, "network"),
        "export_json(network)": lambda nn, x: export_json(x, "network"),
        "export_onnx(network)": lambda nn, x: export_onnx(x, "network"),
        "to_torch(network)": lambda nn, x: to_torch(x),
    }
    for what, call in calls.items():
        yield from rows(what, call, no_networks())
    yield from rows("export_c(path)", lambda nn, x: export_c(nn, x), None_too(no_paths()))
    yield from rows("export_json(path)", lambda nn, x: export_json(nn, x), None_too(no_paths()))
    if find_spec("onnx"):
        yield from rows("export_onnx(path)", lambda nn, x: export_onnx(nn, x), None_too(no_paths()))
    yield from rows("load_json(path)", lambda nn, x: load_json(x, type(nn)), None_too(no_paths()))
    wants = "the NeuralNetwork of nnfast or of nnref"
    yield from rows(
        "load_json(kind)",
        lambda nn, x: load_json("network", x),
        each(TypeError, wants, None, "nnref", int, object, nnref.common.network.Network),
    )
    wants = "a name in C that the file has no other use for"
    yield from rows(
        "export_c(function)",
        lambda nn, x: export_c(nn, "network", function=x),
        each(TypeError, wants, None, 3, b"query", ["query"], len),
        each(ValueError, wants, "", "1st", "two words", "größe", "_query", "query;", "a\0b"),
        each(ValueError, wants, "while", "goto", "int", "main", "printf"),  # C's
        each(ValueError, wants, "exp_of", "inputs", "HNODES", "weights_input_hidden", "real"),
        each(ValueError, wants, "malloc", "linux", "int8_t", "UINT64_MAX", "DBL_MAX"),
    )


def network_rows() -> Iterator[Row]:
    yield from constructor_rows()
    yield from data_rows()
    yield from stream_rows()
    yield from fit_rows()
    yield from setter_rows()
    yield from file_rows()


def network_pairs() -> Iterator[Any]:
    # The rows anew for each backend: some hold a generator, good for one use.
    for pair in zip(network_rows(), network_rows(), strict=True):
        yield pytest.param(pair, id=pair[0].id)


def refusal(row: Row, nn: Any) -> str:
    """Return the message of the error that a call gets, if it is the error of its row."""
    with pytest.raises((ValueError, TypeError)) as caught:
        row.call(nn, row.mistake.value)
    message = str(caught.value)
    named = re.escape(row.named or row.argument)
    assert re.fullmatch(rf"{named}(\[\d+\])*: {row.mistake.says}", message), message
    assert "\n" not in message
    assert len(message) < 250
    assert type(caught.value) is row.mistake.error
    return re.sub("0x[0-9a-f]+", "0x", message)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a folder and a file in it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"older")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("pair", list(network_pairs()))
def test_a_mistake_is_refused_and_changes_nothing(pair: tuple[Row, Row], folder: Path) -> None:
    said = []
    for row, backend in zip(pair, BACKENDS.values(), strict=True):
        nn, held = network(backend), files(folder)
        before = repr(nn), nn.digest(), nn.epochs
        said.append(refusal(row, nn))
        assert (repr(nn), nn.digest(), nn.epochs) == before
        assert files(folder) == held
    assert said[0] == said[1]


# What nnfast has and nnref has not, and what takes no network, or one of either.


def listed(error: type[Exception], says: str, *values: Any) -> Iterator[Mistake]:
    for value in values:
        yield Mistake(f"is {value!r:.40}", value, error, says)


def fast_rows() -> Iterator[Row]:
    yield from rows(
        "NeuralNetwork(dtype)",
        lambda nn, x: type(nn)(**SIZES, dtype=x),
        None_too(no_choices("float64", "float32")),
        each(TypeError, "'float64' or 'float32'", float, np.dtype("float64")),
    )
    calls: dict[str, Callable[[Any, Any], object]] = {
        "NeuralNetwork(threads)": lambda nn, x: type(nn)(**SIZES, threads=x),
        "NeuralNetwork.threads(value)": lambda nn, x: setattr(nn, "threads", x),
    }
    for what, call in calls.items():
        yield from rows(what, call, no_wholes(), named="threads")
        yield from rows(what, call, each(ValueError, "at most 256", 257, 2**63), named="threads")
    for epsilon in (1e-300, 1e300):
        got = re.escape(f"got epsilon={epsilon}, which is 0 or infinite in float32")
        says = rf"{got}, .* wants one between 1e-45 and 3\.4e\+38"
        yield from rows(
            "NeuralNetwork(optimizer)",
            lambda nn, x: type(nn)(**SIZES, dtype="float32", optimizer=x),
            [Mistake(f"an epsilon of {epsilon}", nnref.Adam(epsilon=epsilon), ValueError, says)],
        )


def optimizer_rows() -> Iterator[Row]:
    below = {"weight_decay": INF, "momentum": 1.0, "beta1": 1.0, "beta2": 1.0}
    for kind in (nnref.SGD, nnref.Momentum, nnref.Adam):
        for setting in inspect.signature(kind).parameters.keys() & below.keys():
            yield from rows(
                f"{kind.__name__}({setting})",
                lambda _, x, kind=kind, setting=setting: kind(**{setting: x}),
                not_within(0.0, below[setting]),
            )
    tiny = sys.float_info.min
    epsilons = [*not_within(tiny, INF), *listed(ValueError, "got .*, wants .*", 0.0, 5e-324)]
    yield from rows("Adam(epsilon)", lambda _, x: nnref.Adam(epsilon=x), epsilons)
    yield from rows("Momentum(nesterov)", lambda _, x: nnref.Momentum(nesterov=x), no_flags())


def function_rows() -> Iterator[Row]:
    explanation = network(nnref).explain(INPUTS[0], TARGETS[0])
    yield from rows(
        "LayerExplanation.article_name(attribute)",
        lambda _, x: explanation.layers[0].article_name(x),
        each(ValueError, ".*'errors' or .*", "hidden_errors", "", "Errors", "velocity"),
        each(TypeError, ".*'errors' or .*", None, 1, b"errors", ["errors"]),
    )
    for function in (nnref.exp, nnref.log):
        yield from rows(
            f"{function.__name__}(x)",
            lambda _, x, function=function: function(x),
            each(TypeError, "a number", None, "1", b"1", True, 1j, [1.0], {}, ENDED),
            listed(TypeError, "got array.*, wants a number", np.array(1.0), np.array([1.0, 2.0])),
            listed(ValueError, "got .+, too large for a float", 10**400, -(10**400)),
        )


def no_arrays_of_numbers(wants: str) -> Iterator[Mistake]:
    says = f"got .+, wants {re.escape(wants)}"
    for mistake in no_numbers(3):
        yield replace(mistake, error=TypeError, says=says)
    for mistake in no_sequences():
        if mistake.kind not in ("a number", "an array of no dimension", "a bytearray"):
            yield replace(mistake, says=says)
    yield Mistake("ragged", [[1], [1, 2]], TypeError, says)


def data_set_rows() -> Iterator[Row]:
    from nnfast.datasets import DatasetError, load, mnist, one_hot, scale_inputs

    def as_data_error(mistakes: Iterator[Mistake]) -> Iterator[Mistake]:
        for mistake in mistakes:
            yield replace(mistake, error={ValueError: DatasetError}.get(mistake.error, TypeError))

    yield from rows("load(data)", lambda _, x: load(x), as_data_error(None_too(no_paths())))
    yield from rows("mnist(path)", lambda _, x: mnist(x), as_data_error(no_paths()))
    yield from rows(
        "scale_inputs(pixels)",
        lambda _, x: scale_inputs(x),
        no_arrays_of_numbers("numbers"),
        listed(DatasetError, "got .+, wants values from 0 to 255", [-1], [256], [0, NAN], [INF]),
        listed(DatasetError, "got 0 to 9223372036854775808, wants values from 0 to 255", [2**63]),
    )
    yield from rows("scale_inputs(largest)", lambda _, x: scale_inputs([0], x), no_positives())
    yield from rows(
        "one_hot(labels)",
        lambda _, x: one_hot(x),
        no_arrays_of_numbers("whole numbers (n,)"),
        listed(DatasetError, r"got shape .+ of .+, wants \(n,\) of whole numbers", 1, [[1]], []),
        listed(DatasetError, r"got shape .+ of .+, wants \(n,\) of whole numbers", [1.0], [True]),
        listed(DatasetError, "got .*, wants 0 to 9", [3, -1], [10], [2**63]),
    )
    wants = "a whole number from 1 to 268435456"
    yield from rows(
        "one_hot(classes)",
        lambda _, x: one_hot(np.array([], dtype=int), x),
        no_wholes(wants),
        each(ValueError, wants, 2**28 + 1, 10**12, 10**30),
    )


def augmentation_rows() -> Iterator[Row]:
    pytest.importorskip("scipy")
    from nnfast.augmentation import augment

    usual: dict[str, Any] = {
        "inputs": np.zeros((2, 6)), "targets": [[0], [1]], "image_shape": (2, 3), "seed": 1,
    }  # fmt: skip

    def made(argument: str, *mistakes: Iterator[Mistake]) -> Iterator[Row]:
        def call(_: Any, x: Any) -> object:
            return augment(**{**usual, argument: x})

        yield from rows(f"augment({argument})", call, *mistakes)

    yield from made("inputs", no_matrices(6, 2), not_finite([[0.5] * 6] * 2))
    yield from made("inputs", listed(ValueError, "got no examples.*", np.zeros((0, 6))))
    yield from made("targets", no_arrays_of_numbers("numbers"))
    says = r"got shape .+, wants \(2, onodes\), a row for each row of inputs"
    yield from made("targets", listed(ValueError, says, 1, [0, 1], [[0]], [[0]] * 3, [[[0]]] * 2))
    pair = r"got .+, wants \(rows, columns\)"
    yield from made("image_shape", listed(TypeError, pair, None, 6, "23", (6,), (1, 2, 3), {2, 3}))
    yield from made("image_shape", listed(TypeError, f"got .+, wants {WHOLE}", (2.0, 3), ("2", 3)))
    yield from made("image_shape", listed(ValueError, f"got .+, wants {WHOLE}", (0, 6), (-2, -3)))
    says = r"got 6 numbers, wants 9"
    yield from rows(
        "augment(image_shape)",
        lambda _, x: augment(**{**usual, "image_shape": x}),
        listed(ValueError, says, (3, 3)),
        named="inputs",
    )
    for argument in ("rotation", "shift", "alpha", "sigma"):
        wants = "a finite number of at least 0"
        yield from made(argument, each(ValueError, wants, -0.5, NAN, INF, 10**400))
        yield from made(argument, each(TypeError, wants, "10", None, True, [1], 1j))
    yield from made("seed", no_wholes(FROM_ZERO, zero=True))

    def epoch(_: Any, x: Any) -> object:
        examples = augment(**usual)
        examples.epoch = x
        return next(iter(examples))

    yield from rows("AugmentedExamples(epoch)", epoch, no_wholes(FROM_ZERO, zero=True))


def image_rows() -> Iterator[Row]:
    pytest.importorskip("PIL")
    from nnfast.datasets import DatasetError
    from nnfast.images import read_digit

    for mistake in None_too(no_paths()):
        error = {ValueError: DatasetError}.get(mistake.error, TypeError)
        row = replace(mistake, error=error)
        yield from rows("read_digit(path)", lambda _, x: read_digit(x), [row])
    yield from rows(
        "read_digit(image_shape)",
        lambda _, x: read_digit("picture", x),
        listed(
            TypeError, r"got .+, wants \(rows, columns\)", None, 28, "28", (28,), {2, 3}, (1, 2, 3)
        ),
        listed(TypeError, f"got .+, wants {WHOLE}", (8.0, 8.0), ("8", "8"), (None, 8), (True, 1)),
        listed(ValueError, f"got .+, wants {WHOLE}", (0, 0), (-8, -8)),
        listed(ValueError, "got .+, wants a square of at most 1024 x 1024", (28, 20), (1025, 1025)),
        listed(ValueError, "got .+, wants a square of at most 1024 x 1024", (10**30, 10**30)),
    )


def plot_rows() -> Iterator[Row]:
    pytest.importorskip("matplotlib")
    from nnfast import plots

    square = nnfast.NeuralNetwork(4, 3, 2, 0.5, seed=1)
    plane = nnfast.NeuralNetwork(2, 3, 2, 0.5, seed=1)
    examples, labels = np.full((10, 4), 0.5), np.arange(10) % 2
    history = nnref.History(loss=[1.0])
    good: dict[str, dict[str, Any]] = {
        "learning_curves": {"history": history},
        "first_weights": {"network": square, "image_shape": None, "count": 1},
        "confusion_matrix": {"labels": labels, "answers": labels},
        "most_wrong": {
            "network": square, "inputs": examples, "labels": labels, "image_shape": None,
            "count": 1,
        },
        "back_queries": {"network": square, "image_shape": None},
        "decision_boundary": {"network": plane, "inputs": examples[:, :2], "targets": labels},
        "histograms": {"network": square, "inputs": examples},
        "answer": {"outputs": [0.1, 0.2], "inputs": examples[0], "image_shape": None},
        "image": {"inputs": examples[0], "image_shape": None},
    }  # fmt: skip

    shapes = [
        *listed(TypeError, r"got .+, wants \(rows, columns\)", 4, "22", (4,), (2, 2, 1), FILE),
        *listed(TypeError, f"got .+, wants {WHOLE}", (2.0, 2), (None, 4), (True, 4)),
        *listed(ValueError, f"got .+, wants {WHOLE}", (0, 4), (-2, -2)),
        *listed(ValueError, "got .+, wants one of 4", (2, 3), (10**30, 10**30)),
    ]
    no_labels = [
        *no_arrays_of_numbers("whole numbers (n,)"),
        *listed(
            ValueError, r"got shape .+, wants whole numbers \(n,\), n at least 1", 1, [[1]], []
        ),
        *listed(
            ValueError, r"got shape .+, wants whole numbers \(n,\), n at least 1", [True], [1.0]
        ),
    ]
    no_vector = [*no_sequences(), *no_numbers(4), *not_finite([0.5] * 4)]
    no_vector += listed(ValueError, "got no numbers, wants at least 1", [], np.empty(0))
    no_rows = [*no_matrices(4, 10), *not_finite(examples.tolist())]
    no_rows += listed(ValueError, "got no examples, wants at least 1", [], np.empty((0, 4)))
    no_points = [*no_matrices(2, 10), *not_finite([[0.5] * 2] * 10)]
    no_targets = [
        *no_arrays_of_numbers("numbers"),
        *listed(ValueError, "got 1, wants 10, one for each example", [1], [[0.5, 0.5]]),
    ]
    no_histories = [
        *listed(TypeError, "got .+, wants a History, which fit returns", None, [1.0], {}, "loss"),
        *listed(ValueError, "got no epochs, wants at least 1", nnref.History()),
    ]
    wrong = {
        "network": list(no_networks()), "count": list(no_wholes()), "image_shape": shapes,
        "labels": no_labels, "answers": no_labels, "inputs": no_rows, "outputs": no_vector,
        "history": no_histories, "targets": no_targets,
        "ax": list(listed(TypeError, "got .+, wants a matplotlib Axes or None", "here", 1, square)),
    }  # fmt: skip
    others = {
        ("image", "inputs"): no_vector,
        ("answer", "inputs"): no_vector,
        ("decision_boundary", "inputs"): no_points,
    }
    optional = [
        ("answer", "inputs"),
        ("decision_boundary", "inputs"),
        ("decision_boundary", "targets"),
    ]
    for function, arguments in good.items():
        for argument in (*arguments, "ax"):
            mistakes = others.get((function, argument), wrong[argument])
            if (function, argument) in optional:
                mistakes = [mistake for mistake in mistakes if mistake.value is not None]

            def call(_: Any, x: Any, function: str = function, argument: str = argument) -> object:
                return getattr(plots, function)(**{**good[function], argument: x})

            yield from rows(f"{function}({argument})", call, mistakes)


def estimator_rows() -> Iterator[Row]:
    pytest.importorskip("sklearn.callback")
    from nnfast.sklearn import NeuralNetworkClassifier, NeuralNetworkRegressor

    examples, labels = np.full((10, 4), 0.5), np.arange(10) % 2
    wrong: dict[str, list[Mistake]] = {
        "activation": [
            *no_choices("logistic", "tanh", "relu"),
            *(mistake for mistake in no_sequences() if not isinstance(mistake.value, str)),
            Mistake("a number among them", ("relu", 1), TypeError),
            Mistake("two", ("relu", "relu"), ValueError),
            Mistake("an iterator", iter(["relu"]), TypeError),
        ],
        "hidden_layer_sizes": [
            *no_sequences(),
            *each(ValueError, WHOLE, 0, -1),
            *(Mistake(f"is {sizes}", sizes, TypeError) for sizes in (2.0, ["a"], [None], [[3]])),
            Mistake("one of 0", (10, 0), ValueError),
            Mistake("an iterator", iter((5, 4)), TypeError),
        ],
        "solver": list(None_too(no_choices("sgd", "adam"))),
        "learning_rate": list(None_too(no_choices("constant", "adaptive"))),
        "max_time": [mistake for mistake in no_positives() if mistake.value is not None],
        "validation_fraction": [
            *each(ValueError, ".*", 0, 0.0, -0.5, 1.0, NAN, INF),
            *each(TypeError, ".*", None, "0.1"),
        ],
    }  # fmt: skip
    for name in ("batch_size", "max_iter", "n_iter_no_change"):
        wrong[name] = list(no_wholes())
    for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
        wrong[name] = list(no_flags())
    for name in ("learning_rate_init", "epsilon"):
        wrong[name] = list(no_positives())
    for name in ("alpha", "tol"):
        wrong[name] = list(not_within(0.0, INF))
    for name in ("momentum", "beta_1", "beta_2"):
        wrong[name] = list(not_within(0.0, 1.0))
    for kind in (NeuralNetworkClassifier, NeuralNetworkRegressor):
        for name, mistakes in wrong.items():

            def call(_: Any, x: Any, kind: Any = kind, name: str = name) -> object:
                model = kind(**{"max_iter": 1, name: x})
                try:
                    return model.fit(examples, labels)
                finally:
                    assert not hasattr(model, "network_")

            yield from rows(f"{kind.__name__}({name})", call, mistakes)
    yield from rows(
        "NeuralNetworkClassifier.partial_fit(classes)",
        lambda _, x: NeuralNetworkClassifier().partial_fit(examples, labels, x),
        listed(ValueError, "got .+, wants .+", None, [[0], [1, 2]], [0, None, 1]),
    )
    yield from rows(
        "NeuralNetworkClassifier.partial_fit(classes)",
        lambda _, x: NeuralNetworkClassifier().partial_fit(examples, labels, x),
        [Mistake("other labels", [2, 3], ValueError, "got the class 0, wants one of .*")],
        named="y",
    )


def more_rows() -> Iterator[Row]:
    for some in (
        fast_rows, optimizer_rows, function_rows, data_set_rows, augmentation_rows, image_rows,
        plot_rows, estimator_rows,
    ):  # fmt: skip
        try:
            yield from some()
        except pytest.skip.Exception:
            continue  # a library is missing


@pytest.mark.parametrize("row", list(more_rows()), ids=lambda row: row.id)
def test_a_mistake_is_refused_by_what_one_backend_has(row: Row, folder: Path) -> None:
    nn, held = network(nnfast), files(folder)
    before = repr(nn), nn.digest(), nn.epochs
    refusal(row, nn)
    assert (repr(nn), nn.digest(), nn.epochs) == before
    assert files(folder) == held
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


# Files that cannot be written or read.

WRITERS: dict[str, Callable[[Any, Any], object]] = {
    "NeuralNetwork.save": lambda nn, path: nn.save(path),
    "NeuralNetwork.fit": lambda nn, path: nn.fit(INPUTS, TARGETS, checkpoint=path),
    "export_c": export_c,
    "export_json": export_json,
    **({"export_onnx": export_onnx} if find_spec("onnx") else {}),
}
UNWRITABLE: dict[str, tuple[str, type[Exception], str]] = {
    "a folder": ("folder", ModelFileError, "folder': got a folder or device, wants the name of a"),
    "a folder and a stroke": ("folder/", ModelFileError, "folder': got a folder or device"),
    "below a file": ("file/network", OSError, "file"),
    "below what is not there": ("nowhere/network", FileNotFoundError, "nowhere'$"),
    "a name too long": ("x" * 5000, OSError, "x" * 100),
}
if os.name == "posix":  # what root may not write either
    UNWRITABLE |= {
        "below a device": ("/dev/null/network", NotADirectoryError, "'/dev/null/network'$"),
        "a device": ("/dev/null", ModelFileError, "'/dev/null': got a folder or device"),
    }
if sys.platform == "linux":
    UNWRITABLE["below /proc"] = ("/proc/network", FileNotFoundError, "'/proc/network'$")


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize(("path", "error", "says"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(
    backend: ModuleType, write: Any, path: str, error: type[Exception], says: str, folder: Path
) -> None:
    nn, held = network(backend), files(folder)
    before = repr(nn), nn.digest(), nn.epochs
    with pytest.raises(error, match=says):
        write(nn, path)
    assert (repr(nn), nn.digest(), nn.epochs) == before
    assert files(folder) == held


def read_digit(path: Any) -> object:
    return importlib.import_module("nnfast.images").read_digit(path)


READERS: dict[str, Callable[[Any], object]] = {
    "nnref": nnref.NeuralNetwork.load,
    "nnfast": nnfast.NeuralNetwork.load,
    "load_json": load_json,
    "load": lambda path: importlib.import_module("nnfast.datasets").load(path),
    "mnist": lambda path: importlib.import_module("nnfast.datasets").mnist(path),
    **({"read_digit": read_digit} if find_spec("PIL") and find_spec("scipy") else {}),
}
UNREADABLE = {
    "a folder": "folder", "what is not there": "nowhere", "below a file": "file/network",
    "something else": "file", "a name too long": "x" * 5000,
    **({"below a device": "/dev/null/m", "nothing": "/dev/null"} if os.name == "posix" else {}),
}  # fmt: skip


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("path", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(read: Any, path: str, folder: Path) -> None:
    for given in (path, Path(path)):
        with pytest.raises((OSError, ValueError), match=Path(path).parts[-1][:30]) as caught:
            read(given)
        assert "\n" not in str(caught.value)


# Each file may have a thousand bytes, for root too: the next ones find the disk full.
FULL_DISK = """
import resource, signal, sys
import nnfast, nnref
from nnfast.exchange.c import export_c
from nnfast.exchange.json import export_json

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
inputs, targets = [[0.5] * 30] * 3, [[0.1, 0.9]] * 3
for backend in (nnref, nnfast):
    for write in (
        backend.NeuralNetwork.save,
        lambda nn, path: nn.fit(inputs, targets, epochs=3, checkpoint=path),
        export_c,
        export_json,
    ):
        nn = backend.NeuralNetwork(30, 10, 2, 0.1, seed=1)
        try:
            write(nn, "file")
        except OSError as error:
            print(nn.epochs, nn.digest(), error)
"""
TRAIN = """
import resource, signal, sys
from nnfast.__main__ import main

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.argv = ["nnfast", "train", "--data", "digits", "--epochs", "1", "--model", "file"]
main()
"""
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="a limit of POSIX systems")


def on_a_full_disk(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip


@POSIX_ONLY
def test_a_full_disk_is_told_of_and_leaves_the_older_file(folder: Path) -> None:
    finished = on_a_full_disk(FULL_DISK, folder)
    nn = nnref.NeuralNetwork(30, 10, 2, 0.1, seed=1)
    digests = [nn.digest()]
    nn.fit([[0.5] * 30] * 3, [[0.1, 0.9]] * 3)
    digests.append(nn.digest())
    says = f"[Errno 27] File too large: '{folder.resolve() / 'file'}'"
    # An epoch that was trained before the first checkpoint stays learned.
    lines = [f"{epochs} {digests[epochs]} {says}" for epochs in (0, 1, 0, 0)]
    assert (finished.stdout.splitlines(), finished.stderr) == (lines * 2, "")
    assert files(folder) == {"file": b"older"}


@POSIX_ONLY
def test_a_full_disk_is_told_of_on_the_command_line(folder: Path) -> None:
    for needed in ("click", "rich", "sklearn"):
        pytest.importorskip(needed)
    finished = on_a_full_disk(TRAIN, folder)
    assert finished.returncode == 1
    last = f"Error: {folder.resolve() / 'file'}: File too large"
    assert finished.stderr.splitlines()[-1] == last
    assert files(folder) == {"file": b"older"}


COMMANDS: dict[str, tuple[str, ...]] = {
    "a data set without a name": ("train", "--data", ""),
    "data below a file": ("train", "--data", "file/network"),
    "a model without a name": ("train", "--data", "digits", "--model", ""),
    "a model below a file": ("train", "--data", "digits", "--model", "file/network"),
    "a folder as model": ("train", "--data", "digits", "--model", "folder"),
    "a model that is none": ("query", "file", "--inputs", "1,2"),
    "no model": ("info", ""),
    "a folder to query": ("query", "folder", "--inputs", "1"),
    "terabytes": ("train", "--data", "digits", "--hidden", "9" * 30),
    "a learning rate of many digits": ("train", "--data", "digits", "--lr", "1e400"),
    "epochs without a number": (
        "train",
        "--data",
        "digits",
        "--epochs",
        "\N{FULLWIDTH DIGIT ONE}x",
    ),
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_mistake_on_the_command_line_is_a_line(
    arguments: tuple[str, ...], run: Callable[..., SimpleNamespace], folder: Path
) -> None:
    for needed in ("click", "rich", "sklearn"):
        pytest.importorskip(needed)
    finished = run(*arguments)
    assert finished.status in (1, 2)
    assert finished.out == ""
    assert finished.err.splitlines()[-1].startswith("Error: ")
    assert files(folder) == {"file": b"older"}


# Arrays of any making, which are no mistake: the same numbers give the same bits.

FORMS: dict[str, Callable[[Any], Any]] = {
    "read-only": lambda a: read_only(a.copy()),
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "with gaps": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "in Fortran's order": np.asfortranarray,
    "unaligned": lambda a: np.frombuffer(b"0" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "masked nowhere": np.ma.masked_array,
    "objects": lambda a: a.astype(object),
    "long doubles": lambda a: a.astype(np.longdouble),
    "lists": lambda a: a.tolist(),
}


def read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


def after(nn: Any, call: Callable[[], object]) -> str:
    """Return what a network has become by a call, and what it returned."""
    returned = call()
    return f"{nn.digest()} {returned}"


Form = Callable[[Any], Any]
X, T = np.array(INPUTS), np.array(TARGETS)
FIRST, LAST, THRESHOLDS = X.T / 3, np.ones((4, 2)) / 3, [np.arange(4) / 7, np.arange(2) / 7]
TAKERS: dict[str, Callable[[Any, Form], object]] = {
    "query": lambda nn, form: bits(nn.query(form(X[0]))),
    "train": lambda nn, form: after(nn, lambda: nn.train(form(X[0]), form(T[0]))),
    "explain": lambda nn, form: repr(nn.explain(form(X[0]), form(T[0])).to_dict()),
    "backquery": lambda nn, form: bits(nn.backquery(form(T[0]))),
    "predict": lambda nn, form: bits(nn.predict(form(X))),
    "fit": lambda nn, form: after(
        nn, lambda: nn.fit(form(X), form(T), validation=(form(X), form(T)))
    ),
    "fit, in pieces": lambda nn, form: after(nn, lambda: nn.fit([(form(X), form(T))])),
    "gradient_check": lambda nn, form: str(nnref.gradient_check(nn, form(X[0]), form(T[0]))),
    "weights": lambda nn, form: after(
        nn, lambda: setattr(nn, "weights", [form(FIRST), form(LAST)])
    ),
    "weights_input_hidden": lambda nn, form: after(
        nn, lambda: setattr(nn, "weights_input_hidden", form(FIRST))
    ),
    "biases": lambda nn, form: after(
        nn, lambda: setattr(nn, "biases", [form(b) for b in THRESHOLDS])
    ),
}


@pytest.mark.parametrize(
    ("backend", "dtype"), [(nnref, None), (nnfast, "float64"), (nnfast, "float32")]
)
@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_array_of_any_making_gives_the_same_bits(
    backend: ModuleType, dtype: str | None, take: Callable[[Any, Form], object], form: Form
) -> None:
    options = {} if dtype is None else {"dtype": dtype}
    wanted = take(network(backend, **options), np.copy)
    assert take(network(backend, **options), form) == wanted


LABELS = np.array([3, 0, 2], dtype=np.int32)
DATA_TAKERS: dict[str, Callable[[Any, Form], object]] = {
    "scale_inputs": lambda datasets, form: bits(datasets.scale_inputs(form(X), 1)),
    "one_hot": lambda datasets, form: bits(datasets.one_hot(form(LABELS))),
    "augment": lambda datasets, form: bits(
        [list(pair) for pair in datasets.augment(form(X), form(T), (1, 3), seed=1)]
    ),
}


@pytest.mark.parametrize("take", DATA_TAKERS.values(), ids=DATA_TAKERS)
@pytest.mark.parametrize(
    "name", [name for name in FORMS if name not in ("objects", "long doubles")]
)
def test_data_of_any_making_gives_the_same_bits(
    name: str, take: Callable[[Any, Form], object]
) -> None:
    datasets = importlib.import_module("nnfast.datasets")
    assert take(datasets, FORMS[name]) == take(datasets, np.copy)


@pytest.mark.parametrize("kind", ["weights", "biases"])
def test_a_read_only_view_of_weights_refuses_its_holder_and_hinders_no_one_else(kind: str) -> None:
    nn, twin = network(nnfast), network(nnfast)
    held = read_only(getattr(nn, kind)[1])
    with pytest.raises(ValueError, match="read-only"):
        held[0] = 1.0
    for one in (nn, twin):
        one.train(X[0], T[0])
        one.threads = 2
        one.fit(X, T)
    assert nn.digest() == twin.digest()
    assert bits(held) == bits(getattr(twin, kind)[1])
    for one in (nn, twin):
        one.weights, one.biases = [FIRST, LAST], THRESHOLDS
    assert nn.digest() == twin.digest()
    assert bits(held) == bits(getattr(twin, kind)[1])


# Is everything in the tables?

WITHOUT_A_ROW = {
    r"(History|Dataset|Explanation|LayerExplanation|GradientCheck|LayerCheck)\(\w+\)":
        "what a function returns, and nobody else makes",
    r"AugmentedExamples\((?!epoch)\w+\)": "what augment returns; but its epoch may be set",
    r"from_torch\(\w+\)": "test_torch.py has a table of modules",
    r"export_onnx\(path\)": "has rows where onnx is installed",
    r"NeuralNetwork(Classifier|Regressor)(\.\w+)?\((X|y|sample_weight)\)":
        "scikit-learn's own checks, in its words; what they leave is in test_sklearn.py",
    r"NeuralNetwork(Classifier|Regressor)\((random_state|class_weight)\)":
        "scikit-learn's own checks",
}  # fmt: skip


def of_a_function(name: str, function: Any) -> Iterator[str]:
    for parameter in inspect.signature(function).parameters:
        if parameter not in ("self", "cls"):
            yield f"{name}({parameter})"


def of_a_class(kind: type) -> Iterator[str]:
    yield from of_a_function(kind.__name__, kind)
    for base in inspect.getmro(kind):
        for name, member in vars(base).items():
            if name.startswith("_") or not base.__module__.startswith(("nnref", "nnfast")):
                continue
            if isinstance(member, property) and member.fset:
                yield f"{kind.__name__}.{name}(value)"
            elif isinstance(member, FunctionType | classmethod | staticmethod):
                yield from of_a_function(f"{kind.__name__}.{name}", getattr(kind, name))


def public_arguments() -> Iterator[str]:
    """Yield every argument of what is on the page of the API, as a row names it."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for kind, name in re.findall(r"^\.\. auto(module|class|function):: (\S+)$", page, re.MULTILINE):
        names = [name if "." in name else f"nnfast.{name}"]
        if kind == "module":
            names = [f"{name}.{public}" for public in importlib.import_module(name).__all__]
        for public in map(resolve_name, names):
            if not inspect.isclass(public):
                yield from of_a_function(public.__name__, public)
            elif not issubclass(public, Exception):
                yield from of_a_class(public)


def test_every_argument_has_a_row_or_a_reason() -> None:
    for needed in ("PIL", "matplotlib", "scipy", "sklearn.callback"):
        pytest.importorskip(needed)
    arguments = set(public_arguments())
    rows = {f"{row.function}({row.argument})" for row in (*network_rows(), *more_rows())}
    reasons = {
        argument: reason
        for reason in WITHOUT_A_ROW
        for argument in arguments
        if re.fullmatch(reason, argument)
    }
    assert len(arguments) > 150
    assert arguments - rows - set(reasons) == set()
    assert rows - arguments == set()
    assert set(reasons.values()) == set(WITHOUT_A_ROW)
