"""The record of a run as a file: it comes back, and one that is not sound is refused."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import INPUTS, TARGETS, network

import nnref
from nnref import Adam, InverseScaling, Record, record_fit
from nnref.common.record import MOST_BYTES, RESULTS, most_epochs
from nnref.common.state import write_state

KEYS = ["format", "network", "data", "fit", "digests", "kept", "result", "made_by"]


def made(**options: Any) -> Record:
    nn = network(nnref, bias=True, optimizer=Adam(weight_decay=0.1))
    given: dict[str, Any] = {"epochs": 2, "batch_size": 2, "name": "four", "shuffle": True}
    given |= {"schedule": InverseScaling(0.3), "sample_weight": [1, 2, 3, 4]}
    return record_fit(nn, INPUTS, TARGETS, **given | options)


def test_it_comes_back(tmp_path: Path) -> None:
    for record in (made(), made(patience=1, validation=(INPUTS, TARGETS))):
        record.save(tmp_path / "run.json")
        again = Record.load(tmp_path / "run.json")
        assert again == record
        assert again.to_json() == (tmp_path / "run.json").read_text(encoding="utf-8")


def test_its_keys_are_the_promised_ones() -> None:
    entries = json.loads(made().to_json())
    assert list(entries) == KEYS
    assert entries["network"] == json.loads(made().network.to_json())
    assert entries["data"]["inputs"]["shape"] == [4, 3]
    assert list(entries["fit"]) == [
        "epochs", "batch_size", "shuffle", "schedule", "sample_weight", "patience", "validation",
    ]  # fmt: skip
    assert list(entries["digests"][0]) == ["epoch", "updates", "digest", "layers"]
    assert {*RESULTS, "seconds"} == set(entries["result"])


def places_in(tree: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    return [
        place for key in keys for place in [(*above, key), *places_in(tree[key], (*above, key))]
    ]


ENTRIES = json.loads(made(patience=1, validation=(INPUTS, TARGETS)).to_json())
# Of these any may be missing, or be another text or number.
FREE = ("result", "made_by")
ODD: list[Any] = [None, True, -1, 2**70, 0.5, "", "x" * 300, "\x1b[1m", [], {}, [[]]]


@pytest.mark.parametrize(
    "place", [place for place in places_in(ENTRIES) if place[0] not in FREE], ids=str
)
def test_what_is_missing_or_odd_is_refused(place: tuple[Any, ...]) -> None:
    *above, last = place
    for odd in [..., *ODD]:
        entries = json.loads(json.dumps(ENTRIES))
        inside = entries
        for key in above:
            inside = inside[key]
        if odd is ...:
            del inside[last]
        else:
            inside[last] = odd
        try:
            record = Record.from_json(json.dumps(entries))
        except ValueError as error:
            message = str(error)
            assert message.isprintable()
            assert len(message) < 250
            continue
        # What is taken says what it says: a name, a rate, a flag.
        assert json.loads(record.to_json()) == entries
        assert place[0] in ("network", "data", "fit")
        assert odd is not ...


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (
            ("network", "hnodes", 0),
            4_000_000,
            "network: got 20000000 weights, wants at most 16777216",
        ),
        (("digests", 1, "updates"), 2, r"digests\[1\].updates: got 2, wants 1"),
        (("digests", 2, "epoch"), 0, r"digests\[2\].epoch: got 0, wants 1"),
        (("fit", "epochs"), 10**15, "digests: got 4, wants 1000000000000002"),
        (("kept",), 3, "kept: got 3, wants one of the 2 epochs"),
    ],
)
def test_what_asks_for_too_much_or_contradicts_itself_is_refused(
    place: tuple[Any, ...], value: int, says: str
) -> None:
    entries = json.loads(json.dumps(ENTRIES))
    *above, last = place
    inside = entries
    for key in above:
        inside = inside[key]
    inside[last] = value
    with pytest.raises(ValueError, match=f"^{says}"):
        Record.from_json(json.dumps(entries))


def test_a_long_file_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "long"
    text = made().to_json()
    file.write_text(text + " " * (MOST_BYTES - len(text)))
    assert Record.load(file) == replace(made(), result=Record.load(file).result)
    file.write_text(text + " " * (MOST_BYTES - len(text) + 1))
    monkeypatch.delattr("nnref.common.record._parsed")
    with pytest.raises(ValueError, match=f"^{re.escape(repr(str(file)))}: got more than 3000000 b"):
        Record.load(file)


@pytest.mark.parametrize("hidden", [4, [2] * 40])
def test_the_longest_run_fits_into_a_file_and_into_a_checkpoint(
    hidden: Any, tmp_path: Path
) -> None:
    nn = network(nnref, 3, hidden, 2)
    record = record_fit(nn, INPUTS, TARGETS, name="x" * 100)
    epochs, most = most_epochs(record.network), 10**6
    last = record.digests[-1]
    points = (replace(last, epoch=most + n, updates=most * (most + n)) for n in range(epochs - 1))
    result = {name: [-1.2345678901234567e-300] * epochs for name in (*RESULTS, "accuracy")}
    longest = replace(record, digests=(*record.digests, *points), result=result)
    text = longest.to_json()
    assert len(text) < MOST_BYTES
    write_state(nn.__getstate__(), tmp_path / "checkpoint", text)
    assert epochs > (8000 if hidden == 4 else 2000)


def test_names_of_points() -> None:
    first, one, last = made(epochs=1, batch_size=3).digests
    names = ["the first weights", "1 update", "epoch 1"]
    assert [str(point) for point in (first, one, last)] == names
    assert str(replace(one, updates=1024)) == "1,024 updates"
