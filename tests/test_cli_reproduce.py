"""`nnfast train --record` and `nnfast reproduce`: do they say what is so, and exit so?"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from command_line import SMALL, Run, result_of
from helpers import write_images

import nnfast
import nnfast.network
from nnfast.cli.second_opinion import _farthest
from nnfast.datasets import digits
from nnref import Record, record_fit

TICKS = ["the first weights", "1 update", "2 updates", "4 updates", "8 updates", "16 updates"]


@pytest.fixture
def record(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "run.json"
    assert run("train", *SMALL, "--epochs", "3", "--record", path).status == 0
    return path


def ticks(finished: SimpleNamespace) -> list[str]:
    """Return the names of the points that are ticked."""
    lines = finished.err.splitlines()
    assert all(line.startswith(("✓ ", "✗ ")) for line in lines)
    return [line[2:21].strip() for line in lines if line[0] == "✓"]


def test_training_writes_the_record_of_record_fit(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    trained = result_of(run("train", *SMALL, "--record", path, "--json"))
    data, network = digits(), nnfast.NeuralNetwork(64, 5, 10, 0.1, seed=0)
    inputs, targets = data.train_inputs[:20], data.train_targets[:20]
    wanted = record_fit(network, inputs, targets, name="digits")
    record = Record.load(path)
    assert trained["record"] == str(path)
    assert (record.network, record.data, record.fit) == (wanted.network, wanted.data, wanted.fit)
    assert record.digests == wanted.digests
    assert record.digest == trained["digest"]
    assert record.result["loss"] == trained["loss_per_epoch"]
    assert record.result["accuracy"] == trained["accuracy_per_epoch"]
    assert record.made_by == wanted.made_by


@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_a_line_for_each_point_and_a_verdict(run: Run, record: Path, backend: str) -> None:
    finished = run("reproduce", record, "--backend", backend)
    assert finished.status == 0
    assert ticks(finished) == [*TICKS, "epoch 1", "epoch 2", "epoch 3"]
    assert finished.err.splitlines()[-1].endswith(f"{Record.load(record).digest[:12]}...")
    assert finished.out.splitlines() == [
        "network     64-5-10",
        "trained on  20 examples of digits, 3 epochs",
        f"digest      {Record.load(record).digest}",
        "reproduced to the last bit: 3 of 3 epochs",
    ]


def test_some_epochs_only(run: Run, record: Path) -> None:
    finished = run("reproduce", record, "--epochs", "2")
    assert ticks(finished)[-1] == "epoch 2"
    assert finished.out.splitlines()[-1] == "reproduced to the last bit: 2 of 3 epochs"


def test_json_has_the_promised_keys(run: Run, record: Path) -> None:
    result = result_of(run("reproduce", record, "--backend", "ref", "--json"))
    assert result["identical"] is True
    assert (result["epochs"], result["epochs_recorded"], result["points"]) == (3, 3, 9)
    assert result["digest"] == Record.load(record).digest
    assert result["difference"] is None
    assert result["made_by"]["package"] == "nnfast"
    assert result["made_here"]["package"] == "nnref"
    assert {"seconds", "record", "data"} < set(result)


@pytest.mark.parametrize(
    "options",
    [
        ("--patience", "1", "--epochs", "30"),
        (
            "--shuffle",
            "--batch-size",
            "3",
            "--optimizer",
            "adam",
            "--schedule",
            "inverse",
            "--bias",
        ),
        ("--hidden", "4,3", "--activation", "tanh,relu", "--weight-decay", "0.1"),
        ("--dropout", "0.4", "--input-dropout", "0.1", "--batch-size", "4", "--shuffle"),
    ],
)
def test_whatever_the_options(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "run.json"
    trained = result_of(run("train", *SMALL, *options, "--record", path, "--json"))
    found = result_of(run("reproduce", path, "--backend", "ref", "--json"))
    assert (found["identical"], found["digest"]) == (True, trained["digest"])


def test_a_run_that_went_on_has_one_record(run: Run, tmp_path: Path) -> None:
    def recorded(name: str, *options: Any) -> Record:
        path = tmp_path / name
        assert run("train", *SMALL, *options, "--record", path).status == 0
        return Record.load(path)

    checkpoint = ("--checkpoint", tmp_path / "state")
    recorded("begun.json", *checkpoint, "--epochs", "2")
    went_on = recorded("went_on.json", *checkpoint, "--resume", "--epochs", "3")
    whole = recorded("whole.json", "--epochs", "3")
    assert (went_on.fit, went_on.digests) == (whole.fit, whole.digests)
    assert run("reproduce", tmp_path / "went_on.json").status == 0


def test_a_run_that_was_not_recorded_has_no_record_later(run: Run, tmp_path: Path) -> None:
    arguments = ("train", *SMALL, "--checkpoint", tmp_path / "state")
    assert run(*arguments).status == 0
    finished = run(*arguments, "--resume", "--epochs", "2", "--record", tmp_path / "run.json")
    assert (finished.status, finished.out) == (1, "")
    (line,) = finished.err.splitlines()
    assert line.startswith(f"Error: '{tmp_path / 'state'}': ")
    assert "record" in line


def test_data_of_ones_own(run: Run, tmp_path: Path) -> None:
    write_images(tmp_path)
    path = tmp_path / "run.json"
    assert run("train", "--data", tmp_path, "--hidden", "3", "--record", path).status == 0
    assert Record.load(path).data.name == tmp_path.name
    assert str(tmp_path) not in path.read_text(encoding="utf-8")
    finished = run("reproduce", path)
    assert finished.status == 2
    says = f"Error: --data is missing: the record is of {tmp_path.name!r}, so give its PATH."
    assert finished.err.splitlines()[-1] == says
    assert run("reproduce", path, "--data", tmp_path).status == 0


# What differs.


class Parting(nnfast.network.NeuralNetwork):
    """A backend with an error of one ulp after 8 updates."""

    def _train_epoch(self, *arguments: Any) -> float:
        def with_error(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
            for start, stop in spans:
                yield start, stop
                if self.epochs == 0 and stop == 8:
                    row = self.weights[1][1]
                    row[0] = math.nextafter(row[0], 9.0)

        *before, spans, batch_size, lr = arguments
        return super()._train_epoch(*before, with_error(spans), batch_size, lr)


def test_a_wrong_backend_is_told_by_the_oracle(
    run: Run, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnfast.cli.reproduce.NeuralNetwork", Parting)
    finished = run("reproduce", record)
    assert finished.status == 1
    assert ticks(finished) == TICKS[:4]
    assert finished.err.splitlines()[-1].startswith("✗ 8 updates          not ")
    assert finished.out.splitlines()[2:] == [
        "differs after 8 updates, in layer output; the same after 4 updates",
        "nnref has the record's weights there; those of nnfast are off by at most so many ulps: 0 "
        "in hidden, 1 in output",
        "The versions, platform and kernel are the same.",
    ]
    difference = result_of(run("reproduce", record, "--json"))["difference"]
    assert difference["ulps"] == {"hidden": 0, "output": 1}
    assert (difference["updates"], difference["same_at_updates"]) == (8, 4)
    assert difference["layers"] == ["output"]


def changed(record: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    entries = json.loads(record.read_text(encoding="utf-8"))
    change(entries)
    record.write_text(json.dumps(entries), encoding="utf-8")
    return record


def test_a_record_that_both_backends_differ_from(run: Run, record: Path) -> None:
    def change(entries: dict[str, Any]) -> None:
        entries["digests"][3].update(digest="0" * 64, layers=["0" * 16] * 2)
        entries["made_by"].update(kernel="abacus", abacus="12 beads")

    finished = run("reproduce", changed(record, change))
    assert finished.status == 1
    assert finished.out.splitlines()[2:] == [
        "differs after 4 updates, in layers hidden and output; the same after 2 updates",
        "nnref agrees with nnfast there, and not with the record. By how many ulps is not known, "
        "since a record has no weights",
        f"kernel  abacus in the record, {nnfast.kernel_info()['kernel']} here",
        "abacus  12 beads in the record, - here",
    ]
    difference = result_of(run("reproduce", record, "--json", "--backend", "ref"))["difference"]
    assert difference["ulps"] is None


def test_the_oracle_is_not_asked_where_it_would_take_long(
    run: Run, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnfast.cli.reproduce.NeuralNetwork", Parting)
    monkeypatch.setattr("nnfast.cli.second_opinion.MOST_WEIGHT_UPDATES", 8 * (64 * 5 + 50) - 1)
    monkeypatch.setattr("nnfast.cli.second_opinion.nnref", None)
    says = "nnref could be the judge, and would take long: --backend ref"
    assert says in run("reproduce", record).out.splitlines()


@pytest.mark.parametrize(
    ("one", "other", "ulps"),
    [
        (1.0, 1.0, 0),
        (1.0, math.nextafter(1.0, 2.0), 1),
        (-1.0, math.nextafter(-1.0, 2.0), 1),
        (0.0, -0.0, 0),
        (5e-324, -5e-324, 2),
        (0.0, math.inf, 0x7FF0000000000000),
        (-math.inf, math.inf, 2 * 0x7FF0000000000000),
        (math.nan, 1.0, None),
        (math.nan, math.nan, 0),
    ],
)
def test_ulps(one: float, other: float, ulps: int | None) -> None:
    assert _farthest(np.array([3.0, one]), np.array([3.0, other])) == ulps
    assert _farthest(np.array([other]), np.array([one])) == ulps


# What is refused, before any training.


@pytest.fixture
def no_training(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained any more, once there is a record."""

    def fit(*_: Any) -> None:
        raise AssertionError("a weight would have changed")

    monkeypatch.setattr(nnfast.NeuralNetwork, "_train_epoch", fit)


def more_rows(entries: dict[str, Any]) -> None:
    """Let a record be of 32 examples, of which there are as many points."""
    for name in ("inputs", "targets"):
        entries["data"][name]["shape"][0] = 32
    for point in entries["digests"]:
        point["updates"] = 32 * point["epoch"] or point["updates"]


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda e: e["data"]["inputs"].update(sha256="0" * 64),
            "Error: inputs: got 20 x 64 numbers with sha256 ",
        ),
        (more_rows, "Error: inputs: got 32 x 64 numbers with sha256 "),
        (
            lambda e: (e["network"].update(inodes=3), e["data"]["inputs"].update(shape=[20, 3])),
            "Error: data: got 64 inputs and 10 targets (digits), wants 3 and 10, as the record",
        ),
        (
            lambda e: e["fit"].update(sample_weight="0" * 64),
            "Error: sample_weight: got None, wants",
        ),
        (lambda e: e["network"].update(hnodes=[10**6]), "Error: '{}': network: got "),
        (lambda e: e["fit"].update(epochs=10**15), "Error: '{}': digests: got 9, wants "),
        (lambda e: e.update(dtype="float32"), "Error: '{}': the record: got one that lacks, or"),
    ],
)
def test_other_data_and_unsound_records_get_one_line(
    run: Run, record: Path, change: Any, says: str
) -> None:
    finished = run("reproduce", changed(record, change))
    (line,) = finished.err.splitlines()
    assert (finished.status, finished.out) == (2, "")
    assert line.startswith(says.format(record))


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.json"], "Error: missing.json: No such file or directory"),
        (["{}", "--data", "missing"], "Error: missing: no such file or folder"),
        (["{}", "--epochs", "4"], "Error: --epochs: got 4, wants at most 3, as the record has."),
        (
            ["{}", "--epochs", "0"],
            "Error: Invalid value for '--epochs': 0 is not in the range x>=1.",
        ),
        ([], "Error: Missing argument 'RECORD'."),
    ],
)
def test_wrong_use_gets_one_line(run: Run, record: Path, arguments: list[str], says: str) -> None:
    finished = run("reproduce", *(argument.format(record) for argument in arguments))
    assert (finished.status, finished.out) == (2, "")
    assert finished.err.splitlines()[-1] == says


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (
            ["--dtype", "float32"],
            2,
            "Error: --record needs --dtype float64: others have other float32s.",
        ),
        (
            ["--model", "other.json"],
            2,
            "Error: --record: got the file of another option, wants its own.",
        ),
        (
            ["--checkpoint", "./other.json"],
            2,
            "Error: --record: got the file of another option, wants its own.",
        ),
        (
            ["--augment", "scale=0.1"],
            2,
            "Error: --record: got --augment too, whose images others do not have.",
        ),
        (["--epochs", "1000000"], 1, "Error: epochs: got 1000000, wants at most "),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    run: Run, folder: Path, options: list[str], status: int, says: str
) -> None:
    finished = run("train", *SMALL, *options, "--record", "other.json")
    assert (finished.status, finished.out) == (status, "")
    assert finished.err.splitlines()[-1].startswith(says)
    assert not (folder / "other.json").exists()


@pytest.mark.usefixtures("no_training")
def test_a_record_that_cannot_be_written_is_found_before_training(run: Run, folder: Path) -> None:
    finished = run("train", *SMALL, "--record", folder / "missing" / "run.json")
    assert (finished.status, finished.out) == (1, "")
    assert finished.err == f"Error: {folder / 'missing'}: No such file or directory\n"
