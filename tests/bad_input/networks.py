"""The rows of a network, which both backends refuse in the same words."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np

import nnref
from bad_input.foreign import Frame, no_row, no_table
from bad_input.mistakes import (
    ENDED,
    INF,
    NAN,
    TERABYTES,
    WHOLE,
    Mistake,
    None_too,
    each,
    no_choices,
    no_examples,
    no_flags,
    no_matches,
    no_matrices,
    no_networks,
    no_paths,
    no_positives,
    no_probabilities,
    no_sequences,
    no_vectors,
    no_wholes,
    not_finite,
    not_within,
)
from bad_input.rows import INPUTS, SIZES, TARGETS, Row, rows
from nnfast.exchange.c import export_c
from nnfast.exchange.json import export_json, load_json
from nnfast.exchange.onnx import export_onnx
from nnfast.exchange.torch import to_torch
from nnfast.live import Page

SEEDS = r"None or a whole number from 0 to 2\*\*64 - 1"
PAIR = r"a pair \(inputs, targets\) or None"


def constructor_rows() -> Iterator[Row]:
    def made(argument: str, *mistakes: Iterator[Mistake] | list[Mistake]) -> Iterator[Row]:
        def call(nn: Any, x: Any) -> object:
            return type(nn)(**{**SIZES, argument: x})

        yield from rows(f"NeuralNetwork({argument})", call, *mistakes)

    activations = ("sigmoid", "tanh", "relu", "identity")
    yield from made("inodes", no_wholes())
    yield from made("onodes", no_wholes())
    yield from made("hnodes", each(ValueError, WHOLE, 0, -1), each(TypeError, WHOLE, 2.0, True, 1j))
    for value in ([2, 0], (-1,), (width for width in (3, 0)), itertools.count(-2)):
        yield from made("hnodes", [Mistake("sizes below 1", value, ValueError)])
    for value in ([2, "a"], [None], [2.0], np.array([2.0]), [True], [[3]], np.array([[3]])):
        yield from made("hnodes", [Mistake("no whole numbers", value, TypeError)])
    yield from made("hnodes", no_sequences())
    yield from made("hnodes", [Mistake("a table", Frame([[3, 4]]), TypeError)])
    yield from made("lr", no_positives())
    yield from made("activation", no_choices(*activations))
    yield from made("activation", (m for m in no_sequences() if not isinstance(m.value, str)))
    yield from made("activation", [Mistake("a number among them", ["relu", 1], TypeError)])
    says = "got 2 names, wants one name or 1, one per hidden layer"
    yield from made("activation", [Mistake("two", ["relu", "tanh"], ValueError, says)])
    choices = {
        "output_activation": ("sigmoid", "tanh", "identity", "softmax", "exponential"),
        "loss": ("squared_error", "cross_entropy", "poisson"),
        "hidden_error": ("split", "gradient"),
        "init": ("uniform", "scaled_normal", "glorot_uniform", "he_normal"),
        "bias_init": ("zeros", "drawn"),
    }
    for argument, names in choices.items():
        yield from made(argument, None_too(no_choices(*names)))
    says = "got 'poisson' with output_activation='sigmoid', .+ output_activation 'exponential', .+"
    yield from made("loss", [Mistake("without its outputs", "poisson", ValueError, says)])
    says = "got 'drawn' without bias, wants bias=True too"
    yield from made("bias_init", [Mistake("without bias", "drawn", ValueError, says)])
    for argument in ("dropout", "input_dropout"):
        yield from made(argument, not_within(0.0, 1.0))
    yield from rows(
        "NeuralNetwork(dropout)",
        lambda nn, x: type(nn)(**{**SIZES, "hnodes": (), "dropout": x}),
        [Mistake("without hidden layers", 0.5, ValueError, "got 0.5 without a hidden layer, .+")],
        named="dropout",
    )
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
    yield from rows(
        "NeuralNetwork.query(inputs)", lambda nn, x: nn.query(x), no_vectors(3), no_row(3)
    )
    for method in ("train", "explain"):
        yield from rows(
            f"NeuralNetwork.{method}(inputs)",
            lambda nn, x, method=method: getattr(nn, method)(x, targets),
            no_vectors(3),
            no_row(3),
            not_finite(inputs),
        )
        yield from rows(
            f"NeuralNetwork.{method}(targets)",
            lambda nn, x, method=method: getattr(nn, method)(inputs, x),
            no_vectors(2),
            no_row(2),
            not_finite(targets),
        )
    yield from rows(
        "NeuralNetwork.backquery(targets)",
        lambda nn, x: nn.backquery(x),
        no_vectors(2),
        no_row(2),
        no_probabilities(),
    )
    yield from count_rows()
    yield from rows(
        "NeuralNetwork.predict(inputs)",
        lambda nn, x: nn.predict(x),
        no_matrices(3, 4),
        no_table(3, 4),
    )
    yield from rows(
        "NeuralNetwork.fit(inputs)",
        lambda nn, x: nn.fit(x, TARGETS),
        no_matrices(3, 4),
        no_table(3, 4),
        not_finite(INPUTS),
    )
    yield from rows("NeuralNetwork.fit(inputs)", lambda nn, x: nn.fit(*x), no_examples())
    yield from rows(
        "NeuralNetwork.fit(targets)",
        lambda nn, x: nn.fit(INPUTS, x),
        (mistake for mistake in no_matrices(2, 4) if mistake.value is not None),
        no_table(2, 4),
        not_finite(TARGETS),
        no_matches(4, one_for_each + "inputs"),
    )
    yield from rows(
        "NeuralNetwork.gradient(inputs)",
        lambda nn, x: nn.gradient(x, TARGETS),
        no_matrices(3, 4),
        no_table(3, 4),
        not_finite(INPUTS),
    )
    yield from rows("NeuralNetwork.gradient(inputs)", lambda nn, x: nn.gradient(*x), no_examples())
    yield from rows(
        "NeuralNetwork.gradient(targets)",
        lambda nn, x: nn.gradient(INPUTS, x),
        no_matrices(2, 4),
        no_table(2, 4),
        not_finite(TARGETS),
        no_matches(4, one_for_each + "inputs"),
    )
    yield from rows(
        "NeuralNetwork.gradient(sample_weight)",
        lambda nn, x: nn.gradient(INPUTS, TARGETS, x),
        no_sample_weights(),
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


def no_sample_weights() -> Iterator[Mistake]:
    yield from (mistake for mistake in no_vectors(4) if mistake.value is not None)
    for number in (NAN, INF, -1.0):
        says = f"got {number}, wants a finite number of at least 0"
        yield Mistake(str(number), [1.0, 1.0, 1.0, number], ValueError, says)
    says = r"got a sum of .*, wants a finite sum above 0"
    yield Mistake("zeros", [0, 0, 0, 0], ValueError, says)
    yield Mistake("too large a sum", [1e308] * 4, ValueError, says)


def count_rows() -> Iterator[Row]:
    """What is no count, for a network of counts."""

    def counter(nn: Any) -> Any:
        counts = {"output_activation": "exponential", "loss": "poisson"}
        return type(nn)(**SIZES, **counts, seed=1)

    below = [-1.0, -5e-324, NAN, INF]
    calls: dict[str, Callable[[Any, Any], object]] = {
        "train": lambda nn, x: counter(nn).train(INPUTS[0], x[0]),
        "explain": lambda nn, x: counter(nn).explain(INPUTS[0], x[0]),
        "fit": lambda nn, x: counter(nn).fit(INPUTS[:1], x),
    }
    says = "got .+, wants a finite number of at least 0"
    for method, call in calls.items():
        for kind in (list, np.array):
            mistakes = [
                Mistake(f"a count of {x} in a {kind.__name__}", kind([[2.0, x]]), ValueError, says)
                for x in below
            ]
            yield from rows(f"NeuralNetwork.{method}(targets)", call, mistakes)
    says = "got .+, wants a finite number above 0"
    yield from rows(
        "NeuralNetwork.backquery(targets)",
        lambda nn, x: counter(nn).backquery(x),
        [Mistake(f"an output of {x}", [2.0, x], ValueError, says) for x in (0.0, *below)],
    )


def stream_rows() -> Iterator[Row]:
    """An iterable of pairs in the place of inputs and targets."""

    def stream(named: str, *mistakes: Iterator[Mistake] | list[Mistake]) -> Iterator[Row]:
        what = "NeuralNetwork.fit(inputs)"
        yield from rows(what, lambda nn, x: nn.fit(x), *mistakes, named=named)

    pass_them = (
        r"wants them: pass one row per row of inputs, or an iterable of pairs \(.*\) as inputs"
    )
    says = f"got None, with .* as inputs, {pass_them}"
    yield from stream("targets", (replace(mistake, says=says) for mistake in no_sequences()))
    says = f"got None, with .* as piece 0 of inputs, {pass_them}"
    for kind, value in {
        "inputs alone": INPUTS, "an array": np.array(INPUTS), "numbers": [0.5], "strings": ["ab"],
        "four": [(INPUTS, TARGETS, 1, 1)], "sets": [{1, 2}], "a long range": range(10**12),
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
    yield from stream(
        "piece 0 of inputs, its sample_weight",
        ([replace(m, value=[(INPUTS, TARGETS, m.value)]) for m in no_sample_weights()]),
    )
    says = (
        "got <generator .*, which can be iterated over only once, with epochs=2; wants a list, .*"
    )
    pieces = (pair for pair in [(INPUTS, TARGETS)])
    yield from rows(
        "NeuralNetwork.fit(inputs)",
        lambda nn, x: nn.fit(x, epochs=2),
        [Mistake("a generator for two epochs", pieces, ValueError, says)],
    )
    says = "got True without targets, wants False: an iterable has its own order"
    yield from rows(
        "NeuralNetwork.fit(shuffle)",
        lambda nn, x: nn.fit(x, shuffle=True),
        [Mistake("shuffled pieces", [(INPUTS, TARGETS)], ValueError, says)],
    )
    says = r"got 1 without targets, wants None: an iterable gives triples \(.*\)"
    yield from rows(
        "NeuralNetwork.fit(sample_weight)",
        lambda nn, x: nn.fit(x, sample_weight=1),
        [Mistake("weights beside pieces", [(INPUTS, TARGETS)], ValueError, says)],
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
    says = "got 2 without validation, wants validation too"
    yield from fit("patience", [Mistake("without validation", 2, ValueError, says)])
    says = "got 2 without checkpoint, wants a checkpoint too"
    yield from fit("every", [Mistake("without checkpoint", 2, ValueError, says)])
    yield from fit("shuffle", no_flags())
    yield from fit("sample_weight", no_sample_weights())
    yield from fit("callback", each(TypeError, "a callable or None", 1, "print", False, {}, b"a"))
    wants = "'inverse', 'exponential', 'step', 'invscaling', a callable or None"
    yield from fit("schedule", each(ValueError, wants, "", "cosine", "STEP", "step "))
    yield from fit("schedule", each(TypeError, wants, 0.1, False, b"step", {}, 1j))
    yield from fit("schedule", each(TypeError, wants, nnref.InverseScaling, float))
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
    yield from put("weights_input_hidden", no_matrices(4, 3), no_table(4, 3))
    yield from put("weights_input_hidden", no_matches(3, "", width=4))
    yield from put("weights_hidden_output", no_matrices(2, 4), no_matches(4, ""))
    yield from put("biases_hidden", no_vectors(4))
    yield from put("biases_output", no_vectors(2))


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
    by_key = {(0.5,) * len(array): array for array in good}
    yield Mistake("a dict whose keys would do", by_key, TypeError)
    yield Mistake(
        "a table", Frame(np.ones((2, 2))), TypeError, f"got .+, wants a sequence of 2 {kind}"
    )
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
    yield from rows("Page.save(path)", lambda nn, x: Page("").save(x), None_too(no_paths()))
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
    yield from rows(
        "export_c(classify)",
        lambda nn, x: export_c(nn, "network", classify=x),
        each(ValueError, "None here, where there are no classes", "decide", "", 3, False),
    )


def network_rows() -> Iterator[Row]:
    yield from constructor_rows()
    yield from data_rows()
    yield from stream_rows()
    yield from fit_rows()
    yield from setter_rows()
    yield from file_rows()
