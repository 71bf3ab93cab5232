"""Every answer is that of one network, whatever another thread makes of the weights meanwhile.

It takes no threads to see that, and no luck. The networks here have a lock that does the worst
which another thread could do: as long as it is free, the numbers are half those of one network and
half those of another; whenever it is taken, they are wholly those of one, in turns. So whoever
reads numbers without the lock, or takes it twice for one answer, answers as neither network would.
That threads can rely on the lock is in ``test_concurrency.py``.
"""

import copy
import inspect
import itertools
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers import BACKENDS, network

from nnfast import exchange
from nnref.common.seen_range import SeenRange

INPUTS = [[0.1, 0.9, 0.5], [0.8, 0.2, 0.4], [0.3, 0.7, 0.6]]
TARGETS = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
UNLIKE = [300.0, 0.5, 0.5]
# Lets `fit` go through all its motions, and leaves the weights as they are.
STANDING: dict[str, Any] = {"schedule": lambda epoch, lr: 5e-324}

Rows = list[list[float]]
Row = Callable[[Any, Path], object]


class Numbers(NamedTuple):
    """All numbers of a network that training changes."""

    arrays: dict[str, Rows]
    seen: SeenRange


def numbers_of(nn: Any) -> Numbers:
    arrays = {name: nn._numbers.rows(array) for name, array in nn._arrays.items()}
    return Numbers(arrays, SeenRange(*nn._engine.seen))


def put(numbers: Numbers, nn: Any) -> None:
    for name, rows in numbers.arrays.items():
        array = nn._arrays[name]
        nn._numbers.store(array, np.reshape(rows, np.shape(array)).tolist())
    nn._engine.seen = numbers.seen


def half_and_half(first: Numbers, second: Numbers) -> Numbers:
    def mixed(one: Any, other: Any) -> list[float]:
        return [pair[place % 2] for place, pair in enumerate(zip(one, other, strict=True))]

    arrays = {
        name: [mixed(*rows) for rows in zip(first.arrays[name], second.arrays[name], strict=True)]
        for name in first.arrays
    }
    return Numbers(arrays, SeenRange(*mixed(first.seen, second.seen)))  # type: ignore[arg-type]


class ContestedLock:
    """The lock of a network that another thread changes, which is always the faster one.

    Attributes
    ----------
    left : Numbers
        What the network was when the lock was last given up.
    """

    left: Numbers

    def __init__(self, nn: Any, first: Numbers, second: Numbers) -> None:
        self._network, self._depth = nn, 0
        self._turns, self._between = itertools.cycle((first, second)), half_and_half(first, second)
        put(self._between, nn)

    def __enter__(self) -> None:
        if self._depth == 0:
            put(next(self._turns), self._network)
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.left = numbers_of(self._network)
            put(self._between, self._network)


# What can be asked of a network, by its name. Where one name needs several rows, the others say
# in brackets what for; a name with "=" is that of a property that is set.


def said(ask: Callable[[], Any]) -> object:
    """Return an answer, and the warnings that come with it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = np.asarray(ask()).tolist()
    return answer, [str(warning.message) for warning in caught]


def left(nn: Any, do: Callable[[], object]) -> Numbers:
    """Return what a network is after something that changes it."""
    do()
    return nn._lock.left if isinstance(nn._lock, ContestedLock) else numbers_of(nn)


def setting(name: str, value: Any) -> Row:
    return lambda nn, _: left(nn, lambda: setattr(nn, name, value))


def written(nn: Any, write: Callable[[Path], object], folder: Path) -> bytes:
    write(folder / "file")
    return (folder / "file").read_bytes()


def same_file(write: Any) -> Row:
    return lambda nn, folder: written(nn, lambda path: write(nn, path), folder)


def of_torch(nn: Any, _: Path) -> object:
    pytest.importorskip("torch")
    return [parameter.tolist() for parameter in exchange.to_torch(nn).parameters()]


def of_onnx(nn: Any, folder: Path) -> bytes:
    pytest.importorskip("onnx")
    return written(nn, lambda path: exchange.export_onnx(nn, path), folder)


def validated(nn: Any, _: Path) -> object:
    history = nn.fit(INPUTS, TARGETS, validation=(INPUTS, TARGETS), **STANDING)
    return history.validation_loss, history.validation_score


def with_patience(nn: Any, _: Path) -> object:
    """Not the range seen: that of the best epoch is not put back."""
    options = {"validation": (INPUTS, TARGETS), "patience": 1, **STANDING}
    return left(nn, lambda: nn.fit(INPUTS, TARGETS, **options)).arrays


def plotted(name: str, **arguments: Any) -> Row:
    def drawn(nn: Any, _: Path) -> object:
        figure = pytest.importorskip("matplotlib.figure").Figure()
        axes = getattr(resolve_name("nnfast.plots"), name)(nn, **arguments, ax=figure.add_subplot())
        panels = [axes, *axes.child_axes]
        images = [image.get_array().tolist() for panel in panels for image in panel.images]
        bars = [bar.get_path().vertices.tolist() for panel in panels for bar in panel.patches]
        return images, bars

    return drawn


def diverged(nn: Any, _: Path) -> Numbers:
    with pytest.warns(UserWarning, match="diverged"):
        return left(nn, lambda: nn.fit(INPUTS[:1], [[1e308, 1e308]]))


ASKED: dict[str, Row] = {
    "query": lambda nn, _: said(lambda: nn.query(np.array(UNLIKE))),
    "query (list)": lambda nn, _: said(lambda: nn.query(UNLIKE)),
    "predict": lambda nn, _: said(lambda: nn.predict([*INPUTS, UNLIKE])),
    "backquery": lambda nn, _: nn.backquery(TARGETS[0]),
    "explain": lambda nn, _: nn.explain(INPUTS[0], TARGETS[0]).to_dict(),
    "train": lambda nn, _: left(nn, lambda: nn.train(np.array(INPUTS[0]), np.array(TARGETS[0]))),
    "train (list)": lambda nn, _: left(nn, lambda: nn.train(INPUTS[0], TARGETS[0])),
    "fit": lambda nn, _: nn.fit(INPUTS, TARGETS, batch_size=3).loss,
    "fit (validation)": validated,
    "fit (patience)": with_patience,
    "fit (checkpoint)": lambda nn, folder: written(
        nn, lambda path: nn.fit(INPUTS, TARGETS, checkpoint=path, **STANDING), folder
    ),
    "fit (divergence)": diverged,
    "gradient": lambda nn, _: said(lambda: [*nn.gradient(INPUTS, TARGETS).weights[0]]),
    "digest": lambda nn, _: nn.digest(),
    "save": same_file(lambda nn, path: nn.save(path)),
    "copy": lambda nn, _: numbers_of(copy.copy(nn)),
    "deepcopy": lambda nn, _: numbers_of(copy.deepcopy(nn)),
    "pickle": lambda nn, _: numbers_of(pickle.loads(pickle.dumps(nn))),
    "weights=": setting("weights", [[[0.1] * 4] * 3, [[0.2] * 2] * 4]),
    "biases=": setting("biases", [[0.1] * 4, [0.2] * 2]),
    "weights_input_hidden=": setting("weights_input_hidden", [[0.1] * 4] * 3),
    "weights_hidden_output=": setting("weights_hidden_output", [[0.1] * 2] * 4),
    "biases_hidden=": setting("biases_hidden", [0.1] * 4),
    "biases_output=": setting("biases_output", [0.1] * 2),
    "threads=": setting("threads", 2),
    "export_c": same_file(exchange.export_c),
    "export_json": same_file(exchange.export_json),
    "export_onnx": of_onnx,
    "to_torch": of_torch,
    "first_weights": plotted("first_weights", image_shape=(1, 3)),
    "back_queries": plotted("back_queries", image_shape=(1, 3)),
    "histograms": plotted("histograms", inputs=INPUTS),
    "decision_boundary": plotted("decision_boundary"),
    "gradient_check": lambda nn, _: BACKENDS["nnref"].gradient_check(nn, INPUTS[0], TARGETS[0]),
}
WITHOUT_A_ROW = {
    "weights": "the network's own numbers, which change under whoever looks at them",
    "biases": "likewise",
    "weights_input_hidden": "likewise",
    "weights_hidden_output": "likewise",
    "biases_hidden": "likewise",
    "biases_output": "likewise",
    **dict.fromkeys(
        (
            "inodes", "hnodes", "onodes", "lr", "lr=", "activation", "output_activation", "loss",
            "hidden_error", "bias", "optimizer", "init", "bias_init", "dropout",
            "input_dropout", "seed", "epochs", "dtype", "threads",
        ),
        "no weight says anything of it",
    ),
    "most_wrong": "calls predict once",
    "record_fit": "calls fit, and reads each point of the record under one lock",
    "load": "makes a network, which nobody else has",
    "load_json": "likewise",
    "from_torch": "likewise",
}  # fmt: skip


def public_names(backend: ModuleType) -> set[str]:
    pytest.importorskip("matplotlib")
    plots = resolve_name("nnfast.plots")
    names = {*exchange.__all__, *taking_a_network(plots), *taking_a_network(backend)}
    for name, member in inspect.getmembers(backend.NeuralNetwork):
        if not name.startswith("_"):
            names |= {name, f"{name}="} if getattr(member, "fset", None) else {name}
    return names


def taking_a_network(module: ModuleType) -> set[str]:
    functions = inspect.getmembers(module, inspect.isfunction)
    return {name for name, it in functions if "network" in inspect.signature(it).parameters}


def test_everything_that_can_be_asked_has_a_row_or_a_reason() -> None:
    asked = {name.partition(" ")[0] for name in ASKED} - {"copy", "deepcopy", "pickle"}
    public = set.union(*map(public_names, BACKENDS.values()))
    assert asked | set(WITHOUT_A_ROW) == public


def two_networks(backend: ModuleType, name: str) -> tuple[Any, Any]:
    """Return two that differ in every number that training changes."""
    shape = (2, 4, 1) if name == "decision_boundary" else (3, 4, 2)
    pair = [network(backend, *shape, bias=True, output_activation="identity") for _ in range(2)]
    for number, nn in enumerate(pair, start=1):
        nn.weights = network(backend, *shape, seed=number).weights
        nn.biases = [[0.1 * number] * len(vector) for vector in nn.biases]
    # None of the examples here widens these.
    pair[0]._seen = SeenRange(100, 0.0, 1.0, 0.5, 0.5)
    pair[1]._seen = SeenRange(200, -2.0, 5.0, 0.6, 0.4)
    return pair[0], pair[1]


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_an_answer_is_that_of_one_network(backend: ModuleType, name: str, tmp_path: Path) -> None:
    if name == "threads=" and not hasattr(backend.NeuralNetwork, "threads"):
        pytest.skip("the oracle has no threads")
    pair = two_networks(backend, name)
    one, other = map(numbers_of, pair)
    wanted = [repr(ASKED[name](nn, tmp_path)) for nn in pair]
    assert wanted[0] != wanted[1]
    for turns in ((one, other), (other, one)):
        nn, _ = two_networks(backend, name)
        nn._lock = ContestedLock(nn, *turns)
        assert repr(ASKED[name](nn, tmp_path)) in wanted
