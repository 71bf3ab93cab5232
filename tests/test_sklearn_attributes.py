"""What a fitted estimator tells, what can be set, and inputs that are sparse."""

import re
from typing import Any

import numpy as np
import pytest
from irises import (
    IRIS,
    LABELS,
    LENGTHS,
    NAMES,
    SPECIES,
    WEIGHTS,
    classifier,
    ignoring_the_end,
    regressor,
    since,
)
from scipy.sparse import csc_matrix, csr_array
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nnfast.sklearn.dense
from nnfast.sklearn import NeuralNetworkRegressor
from nnfast.sklearn.progress import Progress

pytestmark = ignoring_the_end


def test_a_fitted_network_is_described() -> None:
    model = classifier(hidden_layer_sizes=(5, 4)).fit(IRIS, NAMES)
    assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (4, 3, "softmax")
    assert (model.n_iter_, model.t_) == (20, 20 * 150)
    assert model.loss_ == model.loss_curve_[-1]
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.best_validation_score_ is None
    assert classifier().fit(IRIS, LABELS).out_activation_ == "logistic"
    assert regressor().fit(IRIS, LENGTHS).out_activation_ == "identity"


def test_with_early_stopping_the_best_is_told_of_what_is_held_out() -> None:
    model = classifier(early_stopping=True).fit(IRIS, NAMES)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None


@pytest.mark.parametrize("early_stopping", [False, True])
def test_an_estimator_that_was_interrupted_at_once_can_be_shown(
    early_stopping: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "record", interrupt)
    model = classifier(early_stopping=early_stopping)
    with pytest.raises(KeyboardInterrupt):
        model.fit(IRIS, NAMES)
    assert np.isnan(model.loss_)
    best = (None, -np.inf) if early_stopping else (np.inf, None)
    assert (model.best_loss_, model.best_validation_score_) == best
    assert "NeuralNetworkClassifier" in model._repr_html_()


@since("1.9")
@pytest.mark.parametrize(("make", "y"), [(classifier, NAMES), (regressor, LENGTHS)])
def test_a_notebook_shows_each_parameter_and_has_no_link(make: Any, y: Any) -> None:
    model = make()
    shown = model._repr_html_()
    for name in model.get_params():
        assert f'<td class="param">{name}</td>' in shown
    assert "href=" not in shown + model.fit(IRIS, y)._repr_html_()


@since("1.9")
@pytest.mark.parametrize(("make", "y"), [(classifier, NAMES), (regressor, LENGTHS)])
def test_with_an_address_a_notebook_explains_each_parameter_and_attribute(
    make: Any, y: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make().fit(IRIS, y)
    monkeypatch.setattr(type(model), "_doc_link_module", "nnfast")
    monkeypatch.setattr(type(model), "_doc_link_template", "https://your.site/api.html")
    shown = model._repr_html_()
    explained = re.findall(r'param-doc-description"[^>]*>\s*(\w+): [^<]+<br><br>\S', shown)
    attributes = [name for name in dir(model) if name.endswith("_") and name[0] != "_"]
    assert sorted(explained) == sorted([*model.get_params(), *attributes])
    assert 'href="https://your.site/api.html#:~:text=alpha,-float"' in shown


def test_n_iter_counts_the_epochs_of_the_last_call() -> None:
    model = classifier(warm_start=True, max_iter=4).fit(IRIS, NAMES).fit(IRIS, NAMES)
    assert (model.n_iter_, len(model.loss_curve_), model.t_) == (4, 8, 8 * 150)
    model.partial_fit(IRIS, NAMES)
    assert (model.n_iter_, len(model.loss_curve_), model.t_) == (1, 9, 9 * 150)


def test_two_classes_have_one_logistic_output() -> None:
    model = classifier().fit(IRIS[:100], NAMES[:100])
    assert model.coefs_[-1].shape == (10, 1)
    probabilities = model.predict_proba(IRIS[:100])
    np.testing.assert_array_equal(probabilities.sum(axis=1), 1.0)
    np.testing.assert_array_equal(
        model.predict(IRIS[:100]), model.classes_[(probabilities[:, 1] > 0.5).astype(int)]
    )


def test_a_single_class_is_always_the_answer() -> None:
    model = classifier().fit(IRIS, np.full(150, "rose"))
    assert model.predict(IRIS).tolist() == ["rose"] * 150
    assert model.predict_proba(IRIS).tolist() == [[1.0]] * 150


@pytest.mark.parametrize("y", [SPECIES, SPECIES == 0, LABELS], ids=["three", "two", "labels"])
def test_log_probabilities_are_those_of_the_probabilities(y: Any) -> None:
    model = classifier().fit(IRIS, y)
    np.testing.assert_array_equal(model.predict_log_proba(IRIS), np.log(model.predict_proba(IRIS)))


def test_weights_can_be_averaged_over_several_and_training_goes_on() -> None:
    halves = [classifier().partial_fit(IRIS[at::2], SPECIES[at::2], [0, 1, 2]) for at in (0, 1)]
    model = classifier().partial_fit(IRIS, SPECIES, [0, 1, 2])
    model.coefs_ = [np.mean(pair, axis=0) for pair in zip(*(m.coefs_ for m in halves), strict=True)]
    model.intercepts_ = [
        sum(pair) / 2 for pair in zip(*(m.intercepts_ for m in halves), strict=True)
    ]
    np.testing.assert_array_equal(model.coefs_[1], (halves[0].coefs_[1] + halves[1].coefs_[1]) / 2)
    model.partial_fit(IRIS, SPECIES)
    with pytest.raises(ValueError, match=r"weights\[0\]"):
        model.coefs_ = model.coefs_[::-1]
    with pytest.raises(NotFittedError):
        classifier().coefs_ = model.coefs_


def test_verbose_prints_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier(verbose=True, early_stopping=True, max_iter=2).fit(IRIS, SPECIES)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"
    assert lines[1].startswith("Validation loss: ")
    assert len(lines) == 4
    classifier(max_iter=2).fit(IRIS, SPECIES)
    assert capsys.readouterr().out == ""


def test_endless_patience_goes_to_the_last_epoch() -> None:
    model = classifier(n_iter_no_change=np.inf, tol=1e9, max_iter=50).fit(IRIS, SPECIES)
    assert model.n_iter_ == 50


def test_an_inverse_scaling_rate_falls_with_the_examples_seen() -> None:
    rates = []
    model = classifier(learning_rate="invscaling", power_t=0.25, solver="sgd", warm_start=True)
    model.set_params(max_iter=1, momentum=0.0, learning_rate_init=0.5)
    for _ in range(3):
        rates.append(0.5 / (getattr(model, "t_", 0) + 1) ** 0.25)
        model.fit(IRIS, SPECIES)
    assert rates == [0.5, 0.5 / 151**0.25, 0.5 / 301**0.25]
    constant = classifier(solver="sgd", max_iter=1, momentum=0.0, warm_start=True)
    for rate in rates:
        constant.set_params(learning_rate_init=rate).fit(IRIS, SPECIES)
    assert constant.network_.digest() == model.network_.digest()


def test_a_loss_that_explodes_without_becoming_infinite_is_an_error() -> None:
    X, y = load_diabetes(return_X_y=True)  # noqa: N806
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()  # noqa: N806
    model = NeuralNetworkRegressor(
        solver="sgd", learning_rate_init=0.3, activation="logistic", max_iter=12, random_state=0,
        batch_size=32,
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"the training diverges, its loss is [0-9]"):
        model.fit(X, y)


def test_a_constant_loss_is_no_loss_of_patience_without_tolerance() -> None:
    """As in scikit-learn, where only a loss above the lowest counts against it."""
    model = classifier(tol=0.0, n_iter_no_change=2, solver="sgd", max_iter=20, shuffle=False)
    model.set_params(learning_rate_init=1e-300).fit(IRIS, SPECIES)
    assert model.n_iter_ == 20


# Sparse inputs.


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("at_once", [1, 300, 10**6])
def test_sparse_inputs_give_the_same_network(
    weights: Any, early_stopping: bool, shuffle: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nnfast.sklearn.dense, "NUMBERS_AT_ONCE", at_once)
    settings = {"early_stopping": early_stopping, "shuffle": shuffle, "max_iter": 3}
    dense = classifier(**settings).fit(IRIS, SPECIES, sample_weight=weights)
    sparse = classifier(**settings).fit(csr_array(IRIS), SPECIES, sample_weight=weights)
    assert sparse.network_.digest() == dense.network_.digest()
    np.testing.assert_array_equal(sparse.predict_proba(csr_array(IRIS)), dense.predict_proba(IRIS))


def test_sparse_inputs_of_any_format_and_in_parts() -> None:
    dense, sparse = regressor(), regressor()
    for part in (slice(0, 75), slice(75, 150)):
        dense.partial_fit(IRIS[part], LENGTHS[part])
        sparse.partial_fit(csc_matrix(IRIS[part]), LENGTHS[part])
    assert sparse.network_.digest() == dense.network_.digest()


def test_a_pipeline_learns_from_texts() -> None:
    texts = ["a red rose", "red wine", "a white lily", "white wine"] * 10
    model = make_pipeline(TfidfVectorizer(), classifier(max_iter=200, learning_rate_init=0.01))
    model.fit(texts, [0, 1, 0, 1] * 10)
    assert model.predict(["a rose", "wine"]).tolist() == [0, 1]
