"""L-BFGS over the network's own gradient."""

import copy
from typing import Any

import numpy as np
import pytest
from irises import IRIS, LABELS, LENGTHS, SPECIES, WEIGHTS, classifier, regressor
from scipy.sparse import csr_array
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

import nnfast.sklearn.dense

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
LBFGS: dict[str, Any] = {"solver": "lbfgs", "max_iter": 500, "tol": 1e-5}


def test_it_learns_xor() -> None:
    model = classifier(**LBFGS, activation="tanh", alpha=1e-6).fit(XOR, [0, 1, 1, 0])
    assert model.predict(XOR).tolist() == [0, 1, 1, 0]
    assert model.loss_ < 1e-3


def test_it_finds_a_minimum_of_the_penalized_loss() -> None:
    model = regressor(**LBFGS | {"max_iter": 5000}, activation="tanh", alpha=1.0)
    model.fit(IRIS, LENGTHS, sample_weight=WEIGHTS)
    gradient = model.network_.gradient(IRIS, LENGTHS, WEIGHTS)
    # Two irises are equal.
    for weights, slopes in zip(model.coefs_, gradient.weights, strict=True):
        assert np.abs(slopes + weights / 149).max() < 1e-4
    for slopes in gradient.biases:
        assert np.abs(slopes).max() < 1e-4


def test_it_is_far_better_than_sgd_on_small_data() -> None:
    X, y = load_diabetes(return_X_y=True)  # noqa: N806
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()  # noqa: N806
    model = regressor(**LBFGS | {"max_iter": 5000, "tol": 1e-3}).fit(X, y)
    assert model.score(X, y) > 0.6


def test_a_linear_network_becomes_the_least_squares_solution() -> None:
    X, y = IRIS[:, :2], LENGTHS[:, 0]  # noqa: N806
    model = regressor(
        **LBFGS | {"max_iter": 5000, "tol": 1e-8}, activation="identity", alpha=0.0
    ).fit(X, y)
    design = np.column_stack([X, np.ones(len(X))])
    exact = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    np.testing.assert_allclose(model.predict(X), exact, atol=1e-5)


def test_the_poisson_loss_learns_rates() -> None:
    X = np.linspace(0, 1, 200)[:, np.newaxis]  # noqa: N806
    y = np.random.default_rng(0).poisson(np.exp(2 * X[:, 0] + 1))
    model = regressor(**LBFGS, loss="poisson", activation="identity", hidden_layer_sizes=1, alpha=0)
    rates = model.fit(X, y).predict(X)
    assert model.out_activation_ == "exp"
    assert (rates > 0).all()
    # The rates of a fitted model with a bias add up to the counts.
    assert rates.sum() == pytest.approx(y.sum(), rel=1e-4)
    with pytest.raises(ValueError, match=r"y: got -1\.0, wants counts"):
        model.fit(X, y - 1.0 - y.min())


@pytest.mark.parametrize("limit", [{"max_iter": 3}, {"max_fun": 4}])
def test_a_limit_ends_it_with_a_warning(limit: dict[str, int]) -> None:
    model = classifier(**LBFGS | limit)
    with pytest.warns(ConvergenceWarning):
        model.fit(IRIS, SPECIES)
    assert 1 <= model.n_iter_ <= 4
    assert len(model.loss_curve_) == model.n_iter_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_warm_start_goes_on() -> None:
    model = classifier(**LBFGS | {"max_iter": 5}, warm_start=True)
    losses = [model.fit(IRIS, LABELS).loss_ for _ in range(3)]
    assert losses == sorted(losses, reverse=True)
    assert model.n_iter_ == 5


def test_it_has_no_partial_fit() -> None:
    assert not hasattr(classifier(**LBFGS), "partial_fit")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
def test_sparse_inputs_give_the_same_block_by_block(
    weights: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense = classifier(**LBFGS | {"max_iter": 10}).fit(IRIS, SPECIES, sample_weight=weights)
    monkeypatch.setattr(nnfast.sklearn.dense, "NUMBERS_AT_ONCE", 100)
    sparse = classifier(**LBFGS | {"max_iter": 10})
    sparse.fit(csr_array(IRIS), SPECIES, sample_weight=weights)
    np.testing.assert_allclose(sparse.loss_curve_, dense.loss_curve_, rtol=1e-6)


def test_an_interrupt_leaves_the_lowest_point(monkeypatch: pytest.MonkeyPatch) -> None:
    model = classifier(**LBFGS, warm_start=True)
    model.set_params(max_iter=1)
    with pytest.warns(ConvergenceWarning):
        model.fit(IRIS, SPECIES)
    model.set_params(max_iter=500)
    ask, calls = type(model.network_).gradient, []

    def interrupted(network: Any, *arguments: Any) -> Any:
        calls.append(copy.copy(network))
        if len(calls) == 7:
            raise KeyboardInterrupt
        return ask(network, *arguments)

    monkeypatch.setattr(type(model.network_), "gradient", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(IRIS, SPECIES)
    monkeypatch.undo()

    def value(network: Any) -> float:
        squares = sum(float((matrix**2).sum()) for matrix in network.weights)
        targets = np.eye(3)[SPECIES]
        return float(network.gradient(IRIS, targets).loss) + 0.5 * model.alpha / 149 * squares

    lowest = min(calls[:6], key=value)
    assert model.network_.digest() == lowest.digest()


def test_max_time_ends_it() -> None:
    model = classifier(**LBFGS, max_time=1e-9).fit(IRIS, SPECIES)
    assert model.n_iter_ == 1
