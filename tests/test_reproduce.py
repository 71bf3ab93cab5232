"""A run that was recorded is repeated to the bit; whatever differs is found, and where."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cases import Case, cases
from helpers import BACKENDS, BUILDS, INPUTS, TARGETS, amount, kernel, network
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import nnfast
import nnref
from nnfast.datasets import digits
from nnref import Exponential, InverseScaling, Record, record_fit, reproduce
from nnref.common.recording import point_of

README = Path(__file__).parent / "records" / "readme.json"
COMPARED = "8dfba316d8cdf383d18654fa927283716c35e90ac47b9a10c3581dd9c36fc442"
"""What `nnfast compare` prints."""
KINDS = [package.NeuralNetwork for package in BACKENDS.values()]
RNG = np.random.default_rng(1)
MANY = RNG.random((21, 3)).tolist(), RNG.random((21, 2)).tolist()

pytestmark = pytest.mark.filterwarnings("ignore:inputs. got numbers")


def recorded(package: ModuleType = nnfast, **options: Any) -> Record:
    return record_fit(network(package), *MANY, **{"epochs": 3, "name": "many"} | options)


def places(record: Record) -> list[tuple[int, int]]:
    return [(point.epoch, point.updates) for point in record.digests]


# The record of the README's run, everywhere.


def test_the_readme_s_record_is_of_the_readme_s_run() -> None:
    record = Record.load(README)
    assert record.digest == record.digests[-1].digest == COMPARED
    assert (record.network.sizes, record.fit.epochs) == ((64, 200, 10), 5)
    assert record.to_json() == README.read_text(encoding="utf-8")


@pytest.mark.parametrize("build", BUILDS)
def test_the_readme_s_run_is_reproduced_by_the_kernel(build: str) -> None:
    data = digits()
    with kernel(build):
        found = reproduce(
            Record.load(README), nnfast.NeuralNetwork, data.train_inputs, data.train_targets
        )
    assert str(found) == "reproduced to the last bit: 5 of 5 epochs"
    assert found.made_by["kernel"] == build


def test_the_readme_s_run_is_reproduced_by_the_oracle() -> None:
    data = digits()
    epochs = amount(5, quick=1)
    found = reproduce(
        Record.load(README),
        nnref.NeuralNetwork,
        data.train_inputs.tolist(),
        data.train_targets.tolist(),
        epochs=epochs,
    )
    assert str(found) == f"reproduced to the last bit: {epochs} of 5 epochs"


# What a record holds.


@pytest.mark.parametrize("package", BACKENDS.values(), ids=BACKENDS)
@pytest.mark.parametrize(
    ("batch_size", "inner"), [(1, 6), (2, 5), (5, 4), (11, 2), (21, 1), (99, 1)]
)
def test_the_points_are_after_powers_of_two_and_after_each_epoch(
    package: ModuleType, batch_size: int, inner: int
) -> None:
    record = recorded(package, batch_size=batch_size)
    per_epoch = math.ceil(21 / batch_size)
    powers = [0, 1, 2, 4, 8, 16][:inner]
    assert powers[-1] < per_epoch
    assert places(record) == [
        *((0, updates) for updates in powers),
        *((epoch, epoch * per_epoch) for epoch in (1, 2, 3)),
    ]


@pytest.mark.parametrize("package", BACKENDS.values(), ids=BACKENDS)
def test_a_point_is_the_network_after_so_many_updates(package: ModuleType) -> None:
    record = recorded(package, epochs=2)
    twin = network(package)
    for n, (inputs, targets) in enumerate(zip(MANY[0] * 2, MANY[1] * 2, strict=True)):
        for point in record.digests:
            if point.updates == n:
                assert point.digest == twin.digest()
        twin.train(inputs, targets)
    assert record.digest == twin.digest()


@pytest.mark.parametrize("bias", [False, True])
def test_a_layer_s_digest_is_that_of_a_network_of_this_layer(bias: bool) -> None:
    nn = network(nnref, 3, [4, 5], 2, bias=bias)
    nn.fit(*MANY)
    for layer, (weights, digest) in enumerate(zip(nn.weights, point_of(nn, 0).layers, strict=True)):
        alone = network(nnref, len(weights), [], len(weights[0]), bias=bias)
        alone.weights = [weights]
        if bias:
            alone.biases = [nn.biases[layer]]
        assert alone.digest().startswith(digest)
        assert len(digest) == 16


def test_both_backends_make_the_same_record() -> None:
    records = [recorded(package, shuffle=True) for package in BACKENDS.values()]
    assert replace(records[0], made_by={}, result={}) == replace(records[1], made_by={}, result={})
    losses = [record.result["loss"] for record in records]
    assert losses[0] == losses[1]
    assert [record.made_by["package"] for record in records] == ["nnref", "nnfast"]


@pytest.mark.parametrize("package", BACKENDS.values(), ids=BACKENDS)
def test_recording_changes_no_bit(package: ModuleType, tmp_path: Path) -> None:
    plain, watched = network(package), network(package)
    options: dict[str, Any] = {"epochs": 4, "batch_size": 4, "shuffle": True}
    plain.fit(*MANY, **options)
    record = record_fit(watched, *MANY, **options)
    for name, nn in (("a", plain), ("b", watched)):
        nn.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert record.digest == plain.digest()


SCHEDULES = [
    None, "inverse", "exponential", Exponential(0.97), "step", "invscaling", InverseScaling(0.3),
]  # fmt: skip


@settings(max_examples=amount(150, quick=40))
@given(
    case=cases(widest=8, flavours=st.just("usual")),
    epochs=st.integers(1, 3),
    batch_size=st.integers(1, 12),
    shuffle=st.booleans(),
    schedule=st.sampled_from(SCHEDULES),
    weighted=st.booleans(),
    patience=st.sampled_from([None, 1, 2]),
    kinds=st.permutations(KINDS),
)
@pytest.mark.filterwarnings("ignore:loss. got")
def test_any_run_is_reproduced_by_the_other_backend(
    case: Case, epochs: int, kinds: list[Any], patience: int | None, **options: Any
) -> None:
    inputs, targets = case.rows(11)
    given: dict[str, Any] = {"validation": case.rows(5) if patience else None}
    given["sample_weight"] = [1.0, 0.5, 2.0, 0.0] * 2 + [1.0, 3.0, 0.1]
    if not options.pop("weighted"):
        given["sample_weight"] = None
    hidden = case.sizes[1:-1]
    nn = kinds[0](case.sizes[0], hidden, case.sizes[-1], case.lr, **case.options)
    try:
        record = record_fit(
            nn, inputs, targets, epochs=epochs, patience=patience, **given, **options
        )
    except ValueError:  # it diverged in its first epoch
        reject()
    record = Record.from_json(record.to_json())
    found = reproduce(record, kinds[1], inputs, targets, **given)
    assert (
        str(found)
        == f"reproduced to the last bit: {record.fit.epochs} of {record.fit.epochs} epochs"
    )
    assert found.points == record.digests
    assert found.network.digest() == record.digest == nn.digest()


def test_a_run_that_diverged_is_recorded_as_far_as_it_was_sound() -> None:
    nn = nnref.NeuralNetwork(1, (), 1, 0.6, output_activation="identity", seed=1)
    with pytest.warns(UserWarning, match="diverged"):
        record = record_fit(nn, [[50.0]] * 3, [[1.0]] * 3, epochs=99)
    assert 1 <= record.fit.epochs < 99
    assert len(record.result["loss"]) == record.fit.epochs
    assert record.digest == nn.digest()
    assert reproduce(
        Record.from_json(record.to_json()), KINDS[1], [[50.0]] * 3, [[1.0]] * 3
    ).identical


def test_a_callback_may_end_the_run(backend: ModuleType) -> None:
    record = recorded(backend, epochs=9, callback=lambda nn, _: nn.epochs == 2)
    assert record.fit.epochs == 2
    assert reproduce(record, KINDS[0], *MANY).epochs == 2


# What differs.


def parting(package: ModuleType, layer: int, after: int) -> Any:
    """Return a class of networks with a small error in a layer after so many updates."""

    class Parting(package.NeuralNetwork):  # type: ignore[misc, name-defined]
        def _train_epoch(self, *arguments: Any) -> float:
            def with_error(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
                for start, stop in spans:
                    for cut in range(start, stop):
                        yield cut, cut + 1
                        if self.epochs == 0 and cut + 1 == after:
                            self.weights[layer][1][0] += 2.0**-40

            *before, spans, batch_size, lr = arguments
            loss: float = super()._train_epoch(*before, with_error(spans), batch_size, lr)
            return loss

    return Parting


@pytest.mark.parametrize("package", BACKENDS.values(), ids=BACKENDS)
@pytest.mark.parametrize(
    ("after", "says"),
    [
        (1, "differs after 1 update, in layer {}; the same after the first weights"),
        (8, "differs after 8 updates, in layer {}; the same after 4 updates"),
        (9, "differs after 16 updates, in layers hidden and output; the same after 8 updates"),
        (21, "differs after epoch 1, in layer {}; the same after 16 updates"),
    ],
)
@pytest.mark.parametrize(("layer", "name"), [(0, "hidden"), (1, "output")])
def test_a_wrong_weight_is_found_at_the_next_point(
    package: ModuleType, layer: int, name: str, after: int, says: str
) -> None:
    record = recorded(nnref)
    found = reproduce(record, parting(package, layer, after), *MANY)
    assert not found.identical
    assert str(found) == says.format(name)
    assert found.difference is not None
    place = found.difference.wanted
    assert record.digests[: len(found.points) + 1] == (*found.points, place)
    # The network is as it was there.
    assert found.difference.found == point_of(found.network, place.updates)


def test_other_first_weights_are_found_before_training() -> None:
    record = recorded()
    other = replace(record, network=replace(record.network, seed=2))
    found = reproduce(other, KINDS[0], *MANY)
    assert str(found) == "differs from the first weights on, in layers hidden and output"
    assert (found.epochs, found.points, found.network.epochs) == (0, (), 0)


def changed(record: Record, change: Callable[[dict[str, Any]], object]) -> Record:
    entries = json.loads(record.to_json())
    change(entries)
    return Record.from_json(json.dumps(entries))


def test_a_record_whose_digests_contradict_each_other() -> None:
    record = changed(recorded(), lambda e: e["digests"][4].update(digest="0" * 64))
    assert str(reproduce(record, KINDS[1], *MANY)) == (
        "differs after 8 updates, but none of its layers does, so the record contradicts itself; "
        "the same after 4 updates"
    )


def patient() -> tuple[Record, dict[str, Any]]:
    validation = MANY[0][:5], [[1.0 - t for t in row] for row in MANY[1][:5]]
    given = {"validation": validation}
    record = recorded(epochs=50, patience=2, **given)
    assert record.kept is not None
    assert record.kept < record.fit.epochs < 50
    return record, given


def test_the_epoch_that_was_kept_is_compared() -> None:
    record, given = patient()
    assert reproduce(record, KINDS[0], *MANY, **given).identical
    kept = record.kept
    other = changed(record, lambda e: e.update(kept=kept + 1))
    says = f"kept the network of epoch {kept}, where the record has that of epoch {kept + 1}"
    assert str(reproduce(other, KINDS[0], *MANY, **given)) == says
    assert reproduce(other, KINDS[0], *MANY, **given, epochs=1).identical


def test_a_run_that_ends_before_the_record_s() -> None:
    record, given = patient()
    more = replace(record.digests[-1], epoch=record.fit.epochs + 1)
    longer = replace(
        record,
        digests=(*record.digests, more),
        fit=replace(record.fit, epochs=record.fit.epochs + 1),
    )
    found = reproduce(longer, KINDS[1], *MANY, **given)
    assert str(found) == f"ended before epoch {more.epoch}, which the record has"


def test_it_ends_where_the_callback_says(backend: ModuleType) -> None:
    seen: list[str] = []

    def look(point: Any) -> bool:
        seen.append(str(point))
        return bool(point.updates == 2)

    found = reproduce(recorded(), backend.NeuralNetwork, *MANY, callback=look)
    assert seen == ["the first weights", "1 update", "2 updates"]
    assert found.identical
    assert found.epochs == 0
    assert found.network.digest() == found.points[-1].digest


# Going on from a checkpoint.


@pytest.mark.parametrize("package", BACKENDS.values(), ids=BACKENDS)
def test_a_run_that_was_killed_and_went_on_has_one_record(
    package: ModuleType, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"batch_size": 2, "shuffle": True, "schedule": "inverse"}
    whole = recorded(package, epochs=5, **options)

    def kill(nn: Any, _: Any) -> None:
        if nn.epochs == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        recorded(package, epochs=5, checkpoint=tmp_path / "c", callback=kill, **options)
    before = Record.load(tmp_path / "c")
    nn = package.NeuralNetwork.load(tmp_path / "c")
    assert (nn.epochs, before.fit.epochs, before.digest) == (2, 2, nn.digest())
    record = record_fit(
        nn, *MANY, name="many", before=before, epochs=3, checkpoint=tmp_path / "c", **options
    )
    assert replace(record, result={}) == replace(whole, result={})
    assert record.result["loss"] == whole.result["loss"]
    # The last checkpoint has all of it; one without a record has none.
    assert Record.load(tmp_path / "c").digests == whole.digests
    nn.save(tmp_path / "plain")
    with pytest.raises(ValueError, match="plain': got a network without a record, wants a record"):
        Record.load(tmp_path / "plain")


def test_a_checkpoint_without_a_record_is_what_it_was(tmp_path: Path) -> None:
    nn = network(nnref)
    nn.fit(*MANY, checkpoint=tmp_path / "c")
    assert b"record" not in (tmp_path / "c").read_bytes()
    nn.save(tmp_path / "d")
    assert (tmp_path / "c").read_bytes() == (tmp_path / "d").read_bytes()


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (lambda nn: nn.train(INPUTS[0], TARGETS[0]), {}, "got a record whose last epoch is 3"),
        (lambda nn: nn.fit(*MANY), {}, "got a record whose last epoch is 3"),
        (lambda nn: setattr(nn, "lr", 0.1), {}, "got a record of other network"),
        (lambda nn: None, {"name": "more"}, None),
        (lambda nn: None, {"inputs": MANY[0][::-1]}, "got a record of other data"),
        (lambda nn: None, {"batch_size": 2}, "got a record of other fit"),
        (lambda nn: None, {"shuffle": True}, "got a record of other fit"),
    ],
)
def test_a_record_goes_on_with_the_same_run_only(
    backend: ModuleType, change: Any, options: dict[str, Any], says: str | None
) -> None:
    nn = network(backend)
    before = record_fit(nn, *MANY, epochs=3, name="many")
    change(nn)
    digest = nn.digest()
    options = {"inputs": MANY[0], "targets": MANY[1], "name": "many"} | options
    if says is None:
        assert record_fit(nn, before=before, **options).fit.epochs == 4
        return
    with pytest.raises(ValueError, match=f"^before: {says}"):
        record_fit(nn, before=before, **options)
    assert nn.digest() == digest


def test_the_data_is_not_copied_to_be_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = recorded().data
    monkeypatch.setattr("nnref.common.recording.NUMBERS_AT_ONCE", 12)
    assert recorded().data == whole
