"""Dropout: what is drawn, what it does to an update, and that nothing else knows of it.

That the backends and the twin have the same bits is in the tests of parity, whose networks drop
something now and then.
"""

import copy
import itertools
import math
import pickle
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers import BACKENDS, INPUTS, TARGETS, bits, network

import nnfast
import nnref
from nnfast.exchange import export_json, load_json
from nnref import gradient_check
from nnref.dropout import Words, mask_of, philox

each_backend = pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)

RATES = {"dropout": 0.5, "input_dropout": 0.2}


def dropping(backend: ModuleType, *shape: Any, **options: Any) -> Any:
    """A network that drops inputs and neurons of two hidden layers."""
    return network(backend, *(shape or (3, [6, 5], 2)), **{**RATES, "bias": True, **options})


def masks(nn: Any) -> dict[str, list[float]]:
    """The masks of the next update, by their names."""
    numbers = nn.explain(INPUTS[0], TARGETS[0]).to_dict()
    return {name: numbers[name] for name in numbers if name.endswith("_mask")}


# What is drawn.


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0,) * 4, (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)  # fmt: skip
def test_philox_gives_the_known_answers_of_its_authors(
    counter: Words, key: tuple[int, int], words: Words
) -> None:
    """The three for Philox4x32-10 in the file kat_vectors of their library, Random123."""
    assert philox(counter, key) == words


@each_backend
def test_a_mask_is_drawn_for_seed_update_example_layer_and_neuron(backend: ModuleType) -> None:
    """What `explain` shows is what the oracle's function says, from the first update on."""
    for seed in (1, 2**32 + 5, 2**64 - 1):
        nn = dropping(backend, 9, [70, 5], 2, seed=seed, dropout=0.41)
        for update in range(3):
            drawn = nn.explain([0.5] * 9, TARGETS[0]).to_dict()
            for layer, (rate, width) in enumerate(((0.2, 9), (0.41, 70), (0.41, 5))):
                name = ("input_mask", "hidden_1_mask", "hidden_2_mask")[layer]
                assert drawn[name] == mask_of(rate, width, seed, update, 0, layer)
            nn.train([0.5] * 9, TARGETS[0])


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_as_many_are_dropped_as_the_rate_says(rate: float) -> None:
    """Within five standard deviations of a binomial distribution, in each way of counting."""
    draws = [
        mask_of(rate, 1000, seed, update, example, layer)
        for seed, update, example, layer in itertools.product((0, 1), (0, 1, 7), (0, 5), (0, 1))
    ]
    for kept in [*draws, *zip(*draws, strict=True)]:
        count = len(kept)
        dropped = list(kept).count(0.0)
        assert abs(dropped - count * rate) < 5 * math.sqrt(count * rate * (1 - rate))


@pytest.mark.parametrize("apart", ["seed", "update", "example", "layer", "neuron"])
def test_neighbours_are_dropped_independently(apart: str) -> None:
    """Both of a pair are dropped in a quarter of all cases, within five standard deviations."""
    pairs = []
    for update in range(20):
        place = {"seed": 3, "update": 2 * update, "example": 4, "layer": 1}
        one = mask_of(0.5, 1001, **place)
        assert one is not None
        if apart == "neuron":
            pairs += itertools.pairwise(one)
            continue
        other = mask_of(0.5, 1001, **{**place, apart: place[apart] + 1})
        assert other is not None
        pairs += zip(one, other, strict=True)
    both = pairs.count((0.0, 0.0))
    assert abs(both - len(pairs) / 4) < 5 * math.sqrt(len(pairs) * 3 / 16)


@each_backend
def test_the_threshold_is_the_rate_rounded_down(backend: ModuleType) -> None:
    assert mask_of(0.0, 4, 0, 0, 0, 0) is None
    # With seed 0, the four words are those of the first known answer.
    scale = 1.0 / (1.0 - 0x9B00DBD8 / 2**32)
    assert mask_of(0x9B00DBD8 / 2**32, 4, 0, 0, 0, 0) == [0.0, scale, scale, scale]
    scale = 1.0 / (1.0 - 0x9B00DBD9 / 2**32)
    assert mask_of(0x9B00DBD9 / 2**32, 4, 0, 0, 0, 0) == [0.0, scale, scale, 0.0]
    assert mask_of(2**-33, 1000, 0, 0, 0, 0) == [1.0 / (1.0 - 2**-33)] * 1000
    largest = math.nextafter(1.0, 0.0)
    assert mask_of(largest, 1000, 0, 0, 0, 0) == [0.0] * 1000
    words = 0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8
    for threshold in (*words, *(word + 1 for word in words)):
        nn = network(backend, 4, 1, 2, seed=0, input_dropout=threshold / 2**32)
        drawn = nn.explain([0.5] * 4, TARGETS[0])["input_mask"]
        assert [mask == 0.0 for mask in drawn] == [word < threshold for word in words]
    assert network(backend, dropout=largest).explain(INPUTS[0], TARGETS[0])


@each_backend
def test_draws_begin_again_after_2_32_updates(backend: ModuleType) -> None:
    nn = dropping(backend)
    first = masks(nn)
    nn._engine.updates = 2**32
    assert masks(nn) == first
    nn._engine.updates = 2**32 - 1
    assert masks(nn) != first
    nn.train(INPUTS[0], TARGETS[0])
    assert masks(nn) == first


# What it does to an update.


@each_backend
def test_a_dropped_neuron_takes_no_part_and_a_kept_one_more(backend: ModuleType) -> None:
    numbers = dropping(backend, 3, 8, 2, seed=3).explain(INPUTS[0], TARGETS[0]).to_dict()
    assert set(numbers["hidden_mask"]) == {0.0, 2.0}
    assert numbers["input_kept"] == [
        x * m for x, m in zip(numbers["inputs"], numbers["input_mask"], strict=True)
    ]
    for j, mask in enumerate(numbers["hidden_mask"]):
        assert numbers["hidden_kept"][j] == numbers["hidden_outputs"][j] * mask
        moved = [row[j] != 0.0 for row in numbers["weight_changes_input_hidden"]]
        moved += [change != 0.0 for change in numbers["weight_changes_hidden_output"][j]]
        moved += [numbers[name][j] != 0.0 for name in ("hidden_errors", "hidden_deltas")]
        assert any(moved) == (mask > 0.0)


@each_backend
@pytest.mark.parametrize("hidden_error", ["split", "gradient"])
def test_back_propagation_is_the_gradient_of_what_is_left(
    backend: ModuleType, hidden_error: str
) -> None:
    nn = dropping(backend, hidden_error=hidden_error, activation="tanh")
    for _ in range(5):
        check = gradient_check(nn, INPUTS[0], TARGETS[0])
        layers = check.by_chain_rule or check.layers
        assert all(layer.agrees for layer in layers)
        assert any(layer.numerical != 0.0 for layer in layers)
        nn.train(INPUTS[0], TARGETS[0])


@each_backend
def test_the_loss_of_an_epoch_is_that_of_what_is_left(backend: ModuleType) -> None:
    nn = dropping(backend)
    explained = nn.explain(INPUTS[0], TARGETS[0])
    assert nn.fit(INPUTS[:1], TARGETS[:1]).loss == [explained.loss]


# What does not know of it.


@each_backend
def test_answers_are_those_of_the_whole_network(backend: ModuleType) -> None:
    nn, whole = dropping(backend), dropping(backend, dropout=0.0, input_dropout=0.0)
    nn.fit(INPUTS, TARGETS, epochs=3)
    whole.weights, whole.biases = nn.weights, nn.biases
    for ask in (
        lambda nn: nn.query(INPUTS[0]),
        lambda nn: nn.predict(INPUTS),
        lambda nn: nn.backquery(TARGETS[0]),
        lambda nn: nn.gradient(INPUTS, TARGETS).loss,
        lambda nn: nn.gradient(INPUTS, TARGETS).weights,
        lambda nn: list(nn._evaluate(*nn._examples("inputs", INPUTS, "targets", TARGETS))),
    ):
        assert bits(ask(nn)) == bits(ask(whole))


@each_backend
def test_without_a_rate_nothing_is_counted_drawn_or_written(
    backend: ModuleType, tmp_path: Path
) -> None:
    nn = network(backend)
    nn.fit(INPUTS, TARGETS)
    nn.train(INPUTS[0], TARGETS[0])
    assert nn.__getstate__().updates == 0
    assert not any("mask" in name or "kept" in name for name in nn.explain(INPUTS[0], TARGETS[0]))
    assert "dropout" not in repr(nn)
    nn.save(tmp_path / "model")
    export_json(nn, tmp_path / "json")
    for file in ("model", "json"):
        content = (tmp_path / file).read_bytes()
        assert b"dropout" not in content
        assert b"updates" not in content


@each_backend
@pytest.mark.parametrize("rates", [{"dropout": 0.5}, {"input_dropout": 0.25}, RATES])
def test_repr_says_the_rates(backend: ModuleType, rates: dict[str, float]) -> None:
    nn = network(backend, **rates)
    assert repr(nn).endswith(
        ", ".join(f"{name}={rate}" for name, rate in rates.items()) + ", seed=1)"
    )
    assert (nn.dropout, nn.input_dropout) == (
        rates.get("dropout", 0.0),
        rates.get("input_dropout", 0.0),
    )


# Training that goes on from somewhere.


def through_file(nn: Any, folder: Path) -> Any:
    nn.save(folder / "network.model")
    return type(nn).load(folder / "network.model")


def through_the_others_file(nn: Any, folder: Path) -> Any:
    other = nnref.NeuralNetwork if isinstance(nn, nnfast.NeuralNetwork) else nnfast.NeuralNetwork
    through_file(nn, folder)
    return other.load(folder / "network.model")


def through_json(nn: Any, folder: Path) -> Any:
    export_json(nn, folder / "network.json")
    return load_json(folder / "network.json", type(nn))


def with_other_threads(nn: Any, _: Path) -> Any:
    if isinstance(nn, nnfast.NeuralNetwork):
        nn.threads = 2
    return nn


@each_backend
@pytest.mark.parametrize(
    "way",
    [
        through_file,
        through_the_others_file,
        through_json,
        with_other_threads,
        lambda nn, _: copy.copy(nn),
        lambda nn, _: copy.deepcopy(nn),
        lambda nn, _: pickle.loads(pickle.dumps(nn)),
    ],
)
def test_training_goes_on_with_the_same_draws(
    backend: ModuleType, way: Any, tmp_path: Path
) -> None:
    nn, undisturbed = dropping(backend), dropping(backend)
    for learner in (nn, undisturbed):
        learner.fit(INPUTS, TARGETS, epochs=3, batch_size=3, shuffle=True)
    nn = way(nn, tmp_path)
    assert nn._engine.updates == 6
    for learner in (nn, undisturbed):
        learner.fit(INPUTS, TARGETS, epochs=2, batch_size=3, shuffle=True)
        learner.train(INPUTS[0], TARGETS[0])
    assert nn.digest() == undisturbed.digest()
    assert nn._engine.updates == 11


@each_backend
def test_early_stopping_takes_back_weights_but_no_draws(backend: ModuleType) -> None:
    nn = dropping(backend, lr=5.0)
    history = nn.fit(INPUTS, TARGETS, epochs=20, validation=(INPUTS, TARGETS), patience=2)
    epochs = len(history.loss)
    assert history.best_epoch is not None
    assert history.best_epoch < epochs - 1
    assert nn._engine.updates == epochs * len(INPUTS) == nn.epochs * len(INPUTS)


@each_backend
@pytest.mark.filterwarnings("ignore:loss. got")
def test_an_epoch_that_is_undone_was_not_counted(backend: ModuleType) -> None:
    nn = dropping(backend, lr=1e200, output_activation="identity")
    nn.fit(INPUTS, TARGETS, epochs=3)
    assert nn.epochs < 3
    assert nn._engine.updates == nn.epochs * len(INPUTS)


@each_backend
def test_explain_and_gradient_check_do_not_count(backend: ModuleType) -> None:
    nn = dropping(backend)
    nn.train(INPUTS[0], TARGETS[0])
    nn.explain(INPUTS[0], TARGETS[0])
    gradient_check(nn, INPUTS[0], TARGETS[0])
    assert nn._engine.updates == 1


@each_backend
def test_an_explanation_says_who_is_dropped(backend: ModuleType) -> None:
    explained = dropping(backend, 3, 4, 2, seed=3).explain(INPUTS[0], TARGETS[0])
    inputs, hidden = explained["input_mask"].count(0.0), explained["hidden_mask"].count(0.0)
    assert inputs > 0
    assert hidden > 0
    text = str(explained)
    assert f"drops {inputs} of 3 input neurons, {hidden} of 4 hidden neurons" in text
    assert "hidden_kept[j] = hidden_outputs[j] * hidden_mask[j]" in text
    assert "a dropped\nneuron has no error" in text
    assert max(map(len, text.splitlines())) < 80
    page = explained._repr_html_()
    # The network is drawn twice.
    assert page.count('<g class="dropped">') == 2 * inputs
    assert page.count('<g class="neuron dropped">') == 2 * hidden
    assert page.count(' cut"') == 2 * (4 * inputs + 2 * hidden)
