"""Arrays of any making, which are no mistake: the same numbers give the same bits."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from bad_input.foreign import FOREIGN, foreign
from bad_input.rows import INPUTS, TARGETS, network
from helpers import bits

import nnfast
import nnref

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


INSTALLED = dict(foreign())


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


@pytest.mark.parametrize("backend", [nnref, nnfast])
@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
@pytest.mark.parametrize("library", ["a library", *FOREIGN])
def test_the_numbers_of_other_libraries_give_the_same_bits(
    backend: ModuleType, take: Callable[[Any, Form], object], library: str
) -> None:
    if library not in INSTALLED:
        pytest.skip(f"{library} is not installed")
    form = INSTALLED[library]
    wanted = take(network(backend), lambda numbers: np.asarray(form(numbers)))
    assert take(network(backend), form) == wanted


def test_a_table_of_one_row_is_read_by_its_numbers_and_not_by_its_columns(
    backend: ModuleType,
) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame([[0.01, 0.51, 1.0]])
    nn = network(backend)
    assert bits(nn.predict(table)[0]) == bits(nn.query([0.01, 0.51, 1.0]))
    assert bits(nn.query(table.iloc[0])) == bits(nn.query([0.01, 0.51, 1.0]))
    assert bits(nn.predict(table)[0]) != bits(nn.query([0.0, 1.0, 2.0]))


@pytest.mark.parametrize("kind", ["pandas.DataFrame", "pandas.Series", "numpy"])
def test_numbers_in_objects_are_taken_one_by_one(backend: ModuleType, kind: str) -> None:
    wanted = bits(network(backend).predict(X))
    if kind == "numpy":
        assert bits(network(backend).predict([[np.array(x) for x in row] for row in X])) == wanted
        return
    pandas = pytest.importorskip("pandas")
    if kind == "pandas.Series":
        assert bits(network(backend).predict(pandas.Series(X.tolist()))) == wanted
        return
    table = pandas.DataFrame(X).astype("Float64")
    assert bits(network(backend).predict(table)) == wanted
    table.iloc[2, 1] = pandas.NA
    with pytest.raises(TypeError, match=r"^inputs\[2\]\[1\]: got <NA>, wants a number$"):
        network(backend).predict(table)


@pytest.mark.parametrize("library", [name for name in FOREIGN if name != "jax"])
def test_estimators_take_the_tables_of_other_libraries(library: str) -> None:
    pytest.importorskip("sklearn")
    from sklearn.base import clone

    from nnfast.sklearn import NeuralNetworkClassifier, NeuralNetworkRegressor

    if library not in INSTALLED:
        pytest.skip(f"{library} is not installed")
    form, labels = INSTALLED[library], np.array([0, 1, 1, 0])
    for model, classes in (
        (NeuralNetworkClassifier(random_state=1), {"classes": [0, 1]}),
        (NeuralNetworkRegressor(random_state=1), {}),
    ):
        wanted = clone(model).partial_fit(X, labels, **classes)
        model.partial_fit(form(X), form(labels), **classes)
        assert model.network_.digest() == wanted.network_.digest()
        assert np.array_equal(model.predict(form(X[:1])), wanted.predict(X[:1]))


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
