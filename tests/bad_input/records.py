"""The rows of what is recorded and reproduced, which both backends refuse in the same words."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import nnref
from bad_input.foreign import no_table
from bad_input.mistakes import (
    Mistake,
    None_too,
    each,
    no_examples,
    no_matches,
    no_matrices,
    no_networks,
    no_paths,
    no_sequences,
    no_vectors,
    no_wholes,
    not_finite,
)
from bad_input.rows import INPUTS, SIZES, TARGETS, Row, rows
from nnref import Record, record_fit, reproduce


def made(nn: Any, **options: Any) -> Any:
    """Return a new network of the backend of another, which is to stay as it is."""
    return type(nn)(**SIZES, seed=1, **options)


def go_back(nn: Any) -> None:
    """Train a network, and give it back its first weights."""
    nn.fit(INPUTS, TARGETS)
    nn.weights = made(nn).weights


RECORD = record_fit(nnref.NeuralNetwork(**SIZES, seed=1), INPUTS, TARGETS, epochs=2)
PATIENT = record_fit(
    nnref.NeuralNetwork(**SIZES, seed=1),
    INPUTS,
    TARGETS,
    validation=(INPUTS, TARGETS),
    patience=1,
)
WEIGHTED = record_fit(nnref.NeuralNetwork(**SIZES, seed=1), INPUTS, TARGETS, sample_weight=[2] * 4)
ITERABLE = "got None, wants one row per row of inputs, .+"


def recording_rows() -> Iterator[Row]:
    def fit(what: str, name: str, *mistakes: Any, named: str = "") -> Iterator[Row]:
        def call(nn: Any, x: Any) -> object:
            return record_fit(made(nn), **({"inputs": INPUTS, "targets": TARGETS} | {name: x}))

        yield from rows(f"record_fit({what})", call, *mistakes, named=named)

    yield from rows(
        "record_fit(network)", lambda _, x: record_fit(x, INPUTS, TARGETS), no_networks()
    )
    yield from fit("inputs", "inputs", no_matrices(3, 4), no_table(3, 4), not_finite(INPUTS))
    yield from rows("record_fit(inputs)", lambda nn, x: record_fit(made(nn), *x), no_examples())
    yield from fit(
        "targets",
        "targets",
        (mistake for mistake in no_matrices(2, 4) if mistake.value is not None),
        not_finite(TARGETS),
        [Mistake("an iterable of pairs", None, TypeError, ITERABLE)],
    )
    yield from fit("name", "name", each(TypeError, "a short text", None, 1, b"digits", "\x1b[1m"))
    yield from fit("before", "before", each(TypeError, "a Record or None", 1, "run.json", {}))
    says = "got a record whose last epoch is 2, with other weights than the network's; wants .+"
    yield from fit("before", "before", [Mistake("of other training", RECORD, ValueError, says)])
    yield from fit("options", "epochs", no_wholes(), named="epochs")
    says = r"got 10\d+, wants at most \d+ to record"
    yield from fit("options", "epochs", [Mistake("many", 10**6, ValueError, says)], named="epochs")
    says = "got .*, wants 'inverse', .* or None here: a record cannot hold a callable of your own"
    own = Mistake("a callable of one's own", lambda epoch, lr: lr, ValueError, says)
    yield from fit("options", "schedule", [own], named="schedule")
    trained = "got one that was trained or changed before, wants a new one: .+"
    for kind, act in {
        "trained": lambda nn: nn.train(INPUTS[0], TARGETS[0]),
        "fitted": lambda nn: nn.fit(INPUTS, TARGETS),
        "back at its first weights": go_back,
        "changed": lambda nn: setattr(nn, "weights", [np.ones((3, 4)), np.ones((4, 2))]),
    }.items():

        def call(nn: Any, act: Any) -> object:
            other = made(nn)
            act(other)
            return record_fit(other, INPUTS, TARGETS)

        mistake = Mistake(kind, act, ValueError, trained)
        yield from rows("record_fit(network)", call, [mistake])
    says = "got 20000000 weights, wants at most 16777216 in a record"
    large = Mistake("large", 4_000_000, ValueError, says)
    yield from rows(
        "record_fit(network)",
        lambda nn, x: record_fit(type(nn)(3, x, 2, 0.1), INPUTS, TARGETS),
        [large],
    )


def reproducing_rows() -> Iterator[Row]:
    def again(name: str, *mistakes: Any, named: str = "", record: Record = RECORD) -> Iterator[Row]:
        given = {"record": record, "inputs": INPUTS, "targets": TARGETS}

        def call(nn: Any, x: Any) -> object:
            return reproduce(**({"kind": type(nn)} | given | {name: x}))

        yield from rows(f"reproduce({name})", call, *mistakes, named=named)

    yield from again("record", each(TypeError, "a Record", None, "run.json", 1, {}, Record))
    wants = "the NeuralNetwork of nnfast or of nnref"
    kinds = each(TypeError, wants, None, "nnref", int, nnref, nnref.common.network.Network)
    yield from again("kind", kinds)
    yield from again("inputs", no_matrices(3, 4), not_finite(INPUTS))
    says = r"got 4 x \d numbers with sha256 \w{12}\.\.\., wants those of the record, 4 x .+"
    for name, rows_given in (("inputs", INPUTS), ("targets", TARGETS)):
        yield from again(name, [Mistake("other", rows_given[::-1], ValueError, says)])
    yield from again(
        "targets",
        (mistake for mistake in no_matrices(2, 4) if mistake.value is not None),
        no_matches(4, ", one for each row of inputs"),
        [Mistake("an iterable of pairs", None, TypeError, ITERABLE)],
    )
    yield from again(
        "sample_weight", (mistake for mistake in no_vectors(4) if mistake.value is not None)
    )
    says = r"got numbers with sha256 \w{12}\.\.\., wants those of the record, None: other data"
    yield from again("sample_weight", [Mistake("too many", [1.0] * 4, ValueError, says)])
    says = "got None, wants those of the record, numbers with .+"
    none = [Mistake("none", None, ValueError, says)]
    yield from again("sample_weight", none, record=WEIGHTED)
    says = "got None, wants the pair that the recorded run stopped by"
    none = [Mistake("none", None, TypeError, says)]
    yield from again("validation", none, record=PATIENT)
    yield from again("validation", each(TypeError, "a pair .* or None", 0, "ab", (INPUTS,)))
    for place in (0, 1):
        pair = [INPUTS, TARGETS]
        pair[place] = pair[place][::-1]
        name = f"validation {('inputs', 'targets')[place]}"
        mistake = Mistake(f"other {name}", tuple(pair), ValueError, "got 4 x .+, wants those .+")
        yield from again("validation", [mistake], named=name, record=PATIENT)
    yield from again("epochs", (mistake for mistake in no_wholes() if mistake.value is not None))
    yield from again("epochs", each(ValueError, "at most 2, as the record has", 3, 10**9))
    yield from again("callback", each(TypeError, "a callable or None", 1, "print", False, {}))


def record_file_rows() -> Iterator[Row]:
    yield from rows("Record.save(path)", lambda _, x: RECORD.save(x), None_too(no_paths()))
    yield from rows("Record.load(path)", lambda _, x: Record.load(x), None_too(no_paths()))
    texts = (
        replace(m, says="got .+, wants .+") for m in no_sequences() if type(m.value) is not str
    )
    yield from rows("Record.from_json(text)", lambda _, x: Record.from_json(x), texts)


def record_rows() -> Iterator[Row]:
    yield from recording_rows()
    yield from reproducing_rows()
    yield from record_file_rows()
