"""The live page repeats a recorded run with the twin's bits: here its script, without a page."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from javascript_engines import Engine
from test_reproduce import COMPARED, README
from twin import run

import nnref
from nnfast.datasets import digits
from nnref import Adam, Record, record_fit, reproduce

RNG = np.random.default_rng(1)
MANY = RNG.random((21, 3)).tolist(), RNG.random((21, 2)).tolist()

PROGRAM = """
const grouped = (whole) => String(whole).replace(/\\B(?=(\\d{3})+$)/g, ",");
SCRIPT
try {
  const repeated = new RecordedRun(text);
  repeated.takeFrom(all);
  const points = [...repeated.points()];
  const parted = points.findIndex((point) => !point.isSame);
  const end = parted < 0 ? points.length - 1 : parted;
  return [points, verdictOf(repeated, points[end], points[end - 1])];
} catch (error) {
  return [[], `${error.name}: ${error.message}`];
}
""".replace("SCRIPT", (files("nnfast.live") / "record.js").read_text(encoding="utf-8"))


def repeated(engine: Engine, text: str, *data: Any) -> tuple[list[dict[str, Any]], str]:
    all_ = [{"inputs": inputs, "targets": targets} for inputs, targets in data or [MANY]]
    points, verdict = run(engine, PROGRAM, text=text, all=all_)
    return points, verdict


def recorded(hidden: Any = 4, rows: int = 21, seed: int = 1, **more: Any) -> Record:
    options = {
        name: more.pop(name) for name in ("batch_size", "shuffle", "schedule") if name in more
    }
    network = nnref.NeuralNetwork(3, hidden, 2, 0.3, seed=seed, **more)
    return record_fit(network, MANY[0][:rows], MANY[1][:rows], epochs=3, **options)


def test_the_readme_s_run_is_reproduced_by_the_twin(engine: Engine) -> None:
    data = digits()
    both = data.train_inputs.tolist(), data.train_targets.tolist()
    points, verdict = repeated(engine, README.read_text(encoding="utf-8"), MANY, both)
    assert verdict == "reproduced to the last bit: 5 of 5 epochs"
    assert [point["words"] for point in points] == list(map(str, Record.load(README).digests))
    assert points[-1]["digest"] == COMPARED


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 4},
        {"bias": True, "optimizer": Adam(weight_decay=0.1), "hidden": [4, 5]},
        {"hidden": (), "batch_size": 99},
        {"rows": 8, "activation": "tanh", "init": "scaled_normal"},
        {"seed": 2**64 - 1},
        {"hidden": [4, 5], "dropout": 0.4, "input_dropout": 0.2, "batch_size": 4},
    ],
    ids=str,
)
def test_whatever_the_options(engine: Engine, options: dict[str, Any]) -> None:
    record = recorded(**options)
    points, verdict = repeated(engine, record.to_json())
    assert verdict == "reproduced to the last bit: 3 of 3 epochs"
    assert [point["digest"] for point in points] == [point.digest for point in record.digests]


def test_of_a_shuffled_run_the_epochs_are_compared(engine: Engine) -> None:
    points, verdict = repeated(engine, recorded(shuffle=True, batch_size=2).to_json())
    assert verdict == "reproduced to the last bit: 3 of 3 epochs"
    assert [point["words"] for point in points] == ["epoch 1", "epoch 2", "epoch 3"]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("hidden", "name"), [(4, "hidden"), ([4, 5], "hidden_1")])
def test_the_layer_that_differs_is_named(
    engine: Engine, hidden: Any, name: str, bias: bool
) -> None:
    entries = json.loads(recorded(hidden, bias=bias).to_json())
    entries["digests"][3]["digest"] = "0" * 64
    entries["digests"][3]["layers"][0] = "0" * 16
    points, verdict = repeated(engine, json.dumps(entries))
    assert [point["isSame"] for point in points[:5]] == [True, True, True, False, True]
    assert verdict == f"differs after 4 updates, in layer {name}; the same after 2 updates"
    # As Python has it.
    record = Record.from_json(json.dumps(entries))
    assert verdict == str(reproduce(record, nnref.NeuralNetwork, *MANY))


def test_other_first_weights_and_a_record_that_contradicts_itself(engine: Engine) -> None:
    entries = json.loads(recorded().to_json())
    entries["digests"][1]["digest"] = "0" * 64
    for seed in (2, 1):
        entries["network"]["seed"] = seed
        text = json.dumps(entries)
        found = reproduce(Record.from_json(text), nnref.NeuralNetwork, *MANY)
        assert repeated(engine, text)[1] == str(found)


def reversed_data(entries: dict[str, Any]) -> None:
    entries["data"]["inputs"]["sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (reversed_data, 'Error: got a record of "": the page lacks its data'),
        (lambda e: e["data"]["inputs"].update(shape=[10**9, 3]), "Error: got a record of "),
        (lambda e: e["data"]["inputs"].update(shape=None), "Error: got a record of "),
        (
            lambda e: e.update(format="nnfast record, version 2"),
            "Error: format: got another, wants",
        ),
        (lambda e: e.pop("fit"), "Error: got a damaged record of a run"),
        (lambda e: e.update(digests=[1, 2]), "Error: got a damaged record of a run"),
        (lambda e: e["digests"][1].update(digest="0"), "Error: got a damaged record of a run"),
        (
            lambda e: e["network"].update(hnodes=[10**6]),
            "Error: network: got 5000000 weights, wants",
        ),
        (
            lambda e: e["network"].update(hnodes=["4"] * 2),
            "TypeError: hnodes: got '4', wants a whole",
        ),
        (
            lambda e: e["network"].update(more=1),
            "TypeError: NeuralNetwork() got an unexpected option",
        ),
        (
            lambda e: e["fit"].update(schedule="step"),
            "Error: schedule: a page has none, but nnfast",
        ),
        (lambda e: e["fit"].update(patience=2), "Error: patience: a page has none, but nnfast"),
    ],
)
def test_what_a_page_cannot_repeat_is_refused(
    engine: Engine, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    entries = json.loads(recorded().to_json())
    change(entries)
    points, message = repeated(engine, json.dumps(entries))
    assert points == []
    assert message.startswith(says)
