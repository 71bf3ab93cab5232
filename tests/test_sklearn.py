import copy
import os
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import THOROUGH, amount
from irises import (
    IRIS,
    LABELS,
    LENGTHS,
    NAMES,
    SPECIES,
    TO_THE_END,
    VERSION,
    WEIGHTS,
    classifier,
    ignoring_the_end,
    regressor,
    since,
)
from joblib import parallel_config
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

from nnfast import UnlikeInputsWarning
from nnfast.sklearn import NeuralNetworkClassifier, NeuralNetworkRegressor

COMMON: tuple[dict[str, Any], ...] = (
    {},
    {"early_stopping": True},
    {
        "hidden_layer_sizes": (30, 20),
        "activation": ("tanh", "relu"),
        "learning_rate": "adaptive",
        "alpha": 0.01,
    },
    {"solver": "lbfgs", "max_iter": 50},
    {"warm_start": True},
    {"batch_size": 3, "solver": "sgd", "learning_rate": "invscaling"},
)
SETTINGS = {
    NeuralNetworkClassifier: (*COMMON, {"class_weight": "balanced"}),
    NeuralNetworkRegressor: COMMON,
}


AFTER_ONE = "what a second call of fit with warm_start gives is not what the first gave"
REFUSED = "partial_fit refuses early_stopping, as that of MLPClassifier does"
PER_BATCH = "an example of weight 2 is in one mini-batch, and its copies are in two"
# By what a setting is for; no check may stand here that passes.
EXPECTED_TO_FAIL = {
    "early_stopping": {
        "check_fit_score_takes_y": REFUSED,
        "check_n_features_in_after_fitting": REFUSED,
        "check_estimators_partial_fit_n_features": REFUSED,
    },
    "warm_start": {
        "check_classifiers_multilabel_representation_invariance": AFTER_ONE,
        "check_supervised_y_2d": AFTER_ONE,
    },
    "batch_size": {
        "check_sample_weights_invariance zeros": PER_BATCH,  # before 1.6
        "check_sample_weight_equivalence_on_dense_data": PER_BATCH,
        "check_sample_weight_equivalence_on_sparse_data": PER_BATCH,
    },
}


@ignoring_the_end
@pytest.mark.filterwarnings("ignore:inputs. got numbers from .* too large to begin training on")
@parametrize_with_checks(
    [
        kind(**settings)
        for kind, choices in SETTINGS.items()
        for settings in choices[: amount(len(choices), quick=1)]
    ]
)
def test_scikit_learns_own_checks_pass(
    estimator: BaseEstimator, check: Any, request: pytest.FixtureRequest
) -> None:
    setting = next((name for name in EXPECTED_TO_FAIL if f"{name}=" in repr(estimator)), "")
    name = " ".join([check.func.__name__, *map(str, check.keywords.values())])
    reason = EXPECTED_TO_FAIL.get(setting, {}).get(name)
    if reason:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    check(estimator)


def test_scikit_learn_is_told_of_sparse_inputs_and_of_several_labels() -> None:
    if parse_version("1.6") > VERSION:
        told = [make()._get_tags() for make in (classifier, regressor)]
        assert ["sparse" in tags["X_types"] for tags in told] == [True, True]
        assert [tags["multilabel"] for tags in told] == [True, False]
    else:
        told = [make().__sklearn_tags__() for make in (classifier, regressor)]
        assert [tags.input_tags.sparse for tags in told] == [True, True]
        assert told[0].classifier_tags.multi_label


@ignoring_the_end
@pytest.mark.parametrize(
    ("load", "score"), [(load_iris, 0.93), (load_wine, 0.95), (load_digits, 0.96)]
)
def test_the_defaults_learn(load: Callable[..., Any], score: float) -> None:
    train, test, train_y, test_y = train_test_split(*load(return_X_y=True), random_state=0)
    model = make_pipeline(StandardScaler(), NeuralNetworkClassifier(random_state=0))
    assert model.fit(train, train_y).score(test, test_y) > score


# What scikit-learn's names mean: the same as in scikit-learn's own networks.


def starting_alike(theirs: Any, ours: Any, inputs: Any, y: Any) -> Any:
    """Return scikit-learn's network, which will go on from the first weights of ours."""
    start = clone(ours).set_params(max_iter=1, learning_rate_init=1e-300).fit(inputs, y)
    theirs.set_params(max_iter=1, warm_start=True).fit(inputs, y)
    theirs.coefs_ = [matrix.copy() for matrix in start.coefs_]
    theirs.intercepts_ = [vector.copy() for vector in start.intercepts_]
    return theirs.set_params(max_iter=ours.max_iter)


@ignoring_the_end
@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        ({"solver": "sgd", "momentum": 0.0}, 1e-12),
        ({"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False}, 1e-12),
        ({"solver": "sgd", "activation": "logistic"}, 1e-12),
        ({"solver": "sgd", "activation": "relu", "hidden_layer_sizes": (5, 4)}, 1e-12),
        # scikit-learn's has its epsilon elsewhere.
        ({"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-12}, 1e-6),
    ],
)
@pytest.mark.parametrize(
    "weights", [None, pytest.param(WEIGHTS, marks=since("1.7"))], ids=["", "weighted"]
)
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_training_is_that_of_scikit_learns_own_network(
    kind: str, weights: NDArray[np.float64] | None, settings: dict[str, Any], tolerance: float
) -> None:
    make, peer, y = {
        "classifier": (classifier, MLPClassifier, SPECIES),
        "regressor": (regressor, MLPRegressor, LENGTHS[:, 0]),
    }[kind]
    # Two irises are equal, and theirs divides the penalty by the number of examples.
    inputs, y = np.delete(IRIS, 142, axis=0), np.delete(y, 142)
    known = {}
    if weights is not None:
        known["sample_weight"] = weights[:149] / weights[:149].mean()
    # One mini-batch of all: the order that both draw for the examples does not matter.
    common = {"hidden_layer_sizes": (6,), "activation": "tanh", "alpha": 2.0, **settings}
    common |= {"learning_rate_init": 0.05, "random_state": 0, **TO_THE_END}
    ours = make(max_iter=30, batch_size=1000, **common)
    theirs = starting_alike(peer(batch_size=len(y), **common), ours, inputs, y)
    first = theirs.coefs_[0].copy()
    theirs.fit(inputs, y, **known)
    ours.fit(inputs, y, **known)
    assert np.abs(ours.coefs_[0] - first).max() > 0.1
    for name in ("coefs_", "intercepts_"):
        for mine, other in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("ours", "peer"),
    [(NeuralNetworkClassifier, MLPClassifier), (NeuralNetworkRegressor, MLPRegressor)],
)
def test_the_defaults_are_those_of_scikit_learns_own_network(ours: Any, peer: Any) -> None:
    defaults, theirs = ours().get_params(), peer().get_params()
    assert {name: defaults[name] for name in theirs} == theirs


@ignoring_the_end
@pytest.mark.parametrize("alpha", [0.0, 20.0])
def test_training_ends_when_that_of_scikit_learns_own_network_does(alpha: float) -> None:
    # With a large penalty the weights still shrink, and the loss with it falls, while the loss
    # alone rises.
    inputs, y = np.delete(IRIS, 142, axis=0), np.delete(SPECIES, 142)
    common = {"hidden_layer_sizes": (6,), "alpha": alpha, "solver": "sgd", "tol": 1e-3}
    common |= {"learning_rate_init": 0.02, "n_iter_no_change": 5, "random_state": 0}
    ours = classifier(max_iter=1000, batch_size=149, **common).fit(inputs, y)
    theirs = starting_alike(MLPClassifier(batch_size=149, **common), ours, inputs, y)
    assert ours.n_iter_ == theirs.fit(inputs, y).n_iter_ < 1000


@ignoring_the_end
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_no_parameter_and_no_attribute_of_scikit_learns_is_missing(
    kind: str, early_stopping: bool
) -> None:
    make, peer = {
        "classifier": (classifier, MLPClassifier),
        "regressor": (regressor, MLPRegressor),
    }[kind]
    ours, theirs = make(early_stopping=early_stopping), peer(early_stopping=early_stopping)
    assert theirs.get_params().keys() <= ours.get_params().keys()
    ours.fit(IRIS, SPECIES)
    theirs.fit(IRIS, SPECIES)
    for name, value in vars(theirs).items():
        if name.endswith("_") and name[0] != "_":
            assert (getattr(ours, name) is None) == (value is None), name


@ignoring_the_end
def test_an_adaptive_learning_rate_is_divided_by_5_until_it_is_small() -> None:
    # No loss ever gains as much as that, so each third epoch divides.
    common = {"tol": 100, "n_iter_no_change": 2, "max_iter": 100, "learning_rate_init": 1.0}
    model, peer = classifier(**common), MLPClassifier(solver="sgd", **common)
    # The first one gains.
    assert model.fit(IRIS, SPECIES).n_iter_ == peer.fit(IRIS, SPECIES).n_iter_ == 4
    model.set_params(learning_rate="adaptive").fit(IRIS, SPECIES)
    peer.set_params(learning_rate="adaptive").fit(IRIS, SPECIES)
    divisions = 9  # 1 / 5**9 is the first below 1e-6
    assert model.n_iter_ == peer.n_iter_ == 4 + 3 * divisions
    assert model.loss_curve_[-1] == pytest.approx(model.loss_curve_[-2], abs=1e-4)


# Kinds of numbers and of labels.


@ignoring_the_end
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize(("make", "y"), [(classifier, SPECIES), (regressor, LENGTHS)])
def test_float32_stays_float32(make: Any, y: Any, weights: Any) -> None:
    single = make().fit(IRIS.astype(np.float32), y, sample_weight=weights)
    double = make().fit(IRIS, y, sample_weight=weights)
    assert (single.network_.dtype, double.network_.dtype) == ("float32", "float64")
    assert {matrix.dtype.name for matrix in single.coefs_} == {"float32"}
    np.testing.assert_allclose(
        single.network_.predict(IRIS), double.network_.predict(IRIS), atol=1e-4
    )
    assert single.network_.predict(IRIS).dtype == np.float32


@ignoring_the_end
@pytest.mark.parametrize("early_stopping", [False, True])
def test_labels_can_be_strings(early_stopping: bool) -> None:
    settings = {"early_stopping": early_stopping, "learning_rate_init": 0.01}
    by_name = classifier(**settings).fit(IRIS, NAMES)
    by_number = classifier(**settings).fit(IRIS, SPECIES)
    assert by_name.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert by_name.network_.digest() == by_number.network_.digest()
    assert set(by_name.predict(IRIS)) <= set(NAMES)
    assert by_name.score(IRIS, NAMES) == by_number.score(IRIS, SPECIES) > 0.6


@ignoring_the_end
def test_data_frames_give_the_features_names() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(IRIS, columns=list("abcd"))
    model = classifier().fit(frame, pandas.Series(NAMES), sample_weight=pandas.Series(WEIGHTS))
    plain = classifier().fit(IRIS, NAMES, sample_weight=WEIGHTS)
    assert model.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_array_equal(model.predict(frame), plain.predict(IRIS))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("dcba")])


@ignoring_the_end
@pytest.mark.parametrize("y", [LABELS, csr_array(LABELS)], ids=["dense", "sparse"])
def test_several_labels_at_once(y: Any) -> None:
    model = classifier(max_iter=100).fit(IRIS, y)
    assert model.network_.output_activation == "sigmoid"
    probabilities, predicted = model.predict_proba(IRIS), model.predict(IRIS)
    assert probabilities.shape == LABELS.shape
    np.testing.assert_array_equal(predicted, probabilities > 0.5)
    assert predicted.dtype == LABELS.dtype
    assert model.score(IRIS, LABELS) > 0.9


@ignoring_the_end
def test_several_numbers_at_once() -> None:
    model = regressor(max_iter=100).fit(IRIS, LENGTHS)
    assert model.predict(IRIS).shape == LENGTHS.shape
    assert model.n_outputs_ == 2
    assert model.score(IRIS, LENGTHS) > 0.9
    assert regressor().fit(IRIS, LENGTHS[:, 0]).predict(IRIS).shape == (150,)


@ignoring_the_end
def test_probabilities_belong_to_the_classes_in_order() -> None:
    model = classifier(max_iter=100).fit(IRIS, NAMES)
    probabilities = model.predict_proba(IRIS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(IRIS))
    assert log_loss(NAMES, probabilities) < 0.3


# In scikit-learn's company.


@ignoring_the_end
@pytest.mark.parametrize(("make", "y"), [(classifier, NAMES), (regressor, LENGTHS)])
def test_estimators_can_be_cloned_and_pickled(make: Any, y: Any) -> None:
    model = make(early_stopping=True, activation=["tanh"], n_iter_no_change=3).fit(IRIS, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(IRIS), model.predict(IRIS))
    assert again.get_params() == clone(model).get_params() == model.get_params()
    assert clone(model).fit(IRIS, y).network_.digest() == model.network_.digest()
    assert not hasattr(clone(model), "coefs_")


@ignoring_the_end
def test_a_grid_search_over_a_pipeline_finds_the_better_network() -> None:
    pipeline = make_pipeline(StandardScaler(), classifier(max_iter=30))
    grid = {
        "neuralnetworkclassifier__learning_rate_init": [1e-9, 0.01],
        "neuralnetworkclassifier__activation": ["relu", ("tanh",)],
    }
    search = GridSearchCV(pipeline, grid, cv=3).fit(IRIS, NAMES)
    assert search.best_params_["neuralnetworkclassifier__learning_rate_init"] == 0.01
    assert search.score(IRIS, NAMES) > 0.9


@ignoring_the_end
def test_probabilities_can_be_calibrated() -> None:
    model = CalibratedClassifierCV(classifier(max_iter=50), cv=3)
    model.fit(IRIS, NAMES, sample_weight=WEIGHTS)
    assert log_loss(NAMES, model.predict_proba(IRIS)) < 0.5


@ignoring_the_end
def test_a_search_runs_on_a_dask_cluster() -> None:
    distributed = pytest.importorskip("distributed")
    scoring = {"accuracy": "accuracy", "process": lambda model, inputs, y: os.getpid()}
    grid = {"learning_rate_init": [1e-9, 0.01]}
    search = GridSearchCV(classifier(), grid, scoring=scoring, refit="accuracy", cv=3)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=THOROUGH, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
        parallel_config("dask"),
    ):
        workers = set(client.run(os.getpid).values())
        search.fit(IRIS, NAMES)
    processes = np.concatenate([search.cv_results_[f"split{k}_test_process"] for k in range(3)])
    assert set(processes) <= workers
    assert search.best_params_ == {"learning_rate_init": 0.01}


# Inputs unlike those of the training.


def warned(*calls: Callable[[], object]) -> list[int]:
    """Return how many warnings of unlike inputs each call gives, whatever Python has shown."""
    counts = []
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UnlikeInputsWarning)
            call()
        assert all(warning.filename == __file__ for warning in caught)
        counts.append(len(caught))
    return counts


@ignoring_the_end
@pytest.mark.parametrize(("make", "y"), [(classifier, NAMES), (regressor, LENGTHS)])
def test_unlike_inputs_are_warned_of_once_for_each_network(make: Any, y: Any) -> None:
    model = make(max_iter=1)
    fit, ask = lambda: model.fit(IRIS, y), lambda: model.predict(1e3 * IRIS)
    assert warned(fit, lambda: model.predict(IRIS), ask, ask) == [0, 0, 1, 0]
    others = copy.deepcopy(model), pickle.loads(pickle.dumps(model)), clone(model).fit(IRIS, y)
    for other in others:
        assert warned(*[lambda other=other: other.predict(1e3 * IRIS)] * 2) == [1, 0]
    assert warned(lambda: model.partial_fit(IRIS, y), ask) == [0, 0]
    assert warned(lambda: model.set_params(warm_start=True).fit(IRIS, y), ask) == [0, 0]
    assert warned(lambda: model.set_params(warm_start=False).fit(IRIS, y), ask) == [0, 1]


@ignoring_the_end
def test_all_that_a_classifier_answers_shares_one_warning() -> None:
    model = classifier(max_iter=1).fit(IRIS, NAMES)
    before = vars(model).copy()
    calls = lambda: model.predict_proba(1e3 * IRIS), lambda: model.predict(1e3 * IRIS)
    assert warned(*calls) == [1, 0]
    assert vars(model) == before


@ignoring_the_end
def test_a_warning_that_is_raised_comes_every_time() -> None:
    model = classifier(max_iter=1).fit(IRIS, NAMES)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnlikeInputsWarning)
        for _ in range(2):
            with pytest.raises(UnlikeInputsWarning):
                model.predict(1e3 * IRIS)


@ignoring_the_end
def test_an_estimator_that_has_seen_little_warns_of_nothing() -> None:
    for count in (99, 100):
        model = classifier(max_iter=1).fit(IRIS[-count:], NAMES[-count:])
        assert warned(lambda model=model: model.predict(1e3 * IRIS)) == [count == 100]


@ignoring_the_end
@pytest.mark.parametrize("margin", [0.1, 1.0])
def test_a_plot_of_all_answers_in_a_plane_gets_no_warning(margin: float) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    model = classifier(max_iter=1).fit(IRIS[:, :2], NAMES)

    def plot() -> None:
        ax = figure.add_subplot()
        DecisionBoundaryDisplay.from_estimator(model, IRIS[:, :2], eps=margin, ax=ax)

    assert warned(plot) == [0]


# Wrong values.


@pytest.mark.parametrize(
    ("y", "weights", "says"),
    [
        (SPECIES + 0.5, None, "Unknown label type"),
        (LABELS + 1, None, "y: got .* each 0 or 1"),
        (NAMES, np.ones(3), r"sample_weight: got shape \(3,\), wants \(150,\)"),
        (NAMES, ["heavy"] * 150, "sample_weight: got .*, wants 150 numbers, one for each row of X"),
        (NAMES, WEIGHTS * np.nan, "got the weight nan, wants finite ones"),
        (NAMES, -WEIGHTS, "got the weight -1.31.*, wants finite ones, none below zero"),
        (NAMES, 0 * WEIGHTS, "every weight is zero"),
    ],
)
def test_wrong_examples_are_refused(y: Any, weights: Any, says: str) -> None:
    model = classifier()
    with pytest.raises(ValueError, match=says):
        model.fit(IRIS, y, sample_weight=weights)
    assert not hasattr(model, "network_")
