import copy
import os
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ProgressBar
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnfast.sklearn import NeuralNetworkClassifier, NeuralNetworkRegressor
from nnfast.sklearn.examples import Examples

SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"early_stopping": True},
    {
        "hidden_layer_sizes": (30, 20),
        "activation": ("tanh", "relu"),
        "learning_rate": "adaptive",
        "alpha": 0.01,
    },
)
# So many epochs as max_iter says, whatever the loss does.
TO_THE_END = {"tol": 0.0, "n_iter_no_change": 10**6}

IRIS, SPECIES = load_iris(return_X_y=True)
IRIS = StandardScaler().fit_transform(IRIS)
NAMES = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
# Not all of one size, and the largest far above the mean.
WEIGHTS = np.random.default_rng(0).uniform(0.1, 2, len(IRIS))
WEIGHTS[7] = 9.0
# Two yes-or-no questions about an iris, and two lengths to be told.
LABELS = np.column_stack([SPECIES == 0, IRIS[:, 0] > 0]).astype(int)
LENGTHS = IRIS[:, :2] + IRIS[:, 2:]

ignoring_the_end = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**settings: Any) -> NeuralNetworkClassifier:
    """One that takes milliseconds, and goes on to its last epoch."""
    defaults = {"hidden_layer_sizes": 10, "max_iter": 20, "random_state": 1, **TO_THE_END}
    return NeuralNetworkClassifier(**defaults | settings)


def regressor(**settings: Any) -> NeuralNetworkRegressor:
    defaults = {"hidden_layer_sizes": 10, "max_iter": 20, "random_state": 1, **TO_THE_END}
    return NeuralNetworkRegressor(**defaults | settings)


@ignoring_the_end
@parametrize_with_checks(
    [
        kind(**settings)
        for kind in (NeuralNetworkClassifier, NeuralNetworkRegressor)
        for settings in SETTINGS
    ]
)
def test_scikit_learns_own_checks_pass(
    estimator: BaseEstimator, check: Callable[[BaseEstimator], None]
) -> None:
    check(estimator)


@ignoring_the_end
@pytest.mark.parametrize(
    ("load", "score"), [(load_iris, 0.93), (load_wine, 0.95), (load_digits, 0.96)]
)
def test_the_defaults_learn(load: Callable[..., Any], score: float) -> None:
    train, test, train_y, test_y = train_test_split(*load(return_X_y=True), random_state=0)
    model = make_pipeline(StandardScaler(), NeuralNetworkClassifier(random_state=0))
    assert model.fit(train, train_y).score(test, test_y) > score


# What scikit-learn's names mean: the same as in scikit-learn's own networks.


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
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_training_is_that_of_scikit_learns_own_network(
    kind: str, weights: NDArray[np.float64] | None, settings: dict[str, Any], tolerance: float
) -> None:
    make, peer, y = {
        "classifier": (classifier, MLPClassifier, SPECIES),
        "regressor": (regressor, MLPRegressor, LENGTHS[:, 0]),
    }[kind]
    # One mini-batch of all: the order that both draw for the examples does not matter.
    common = {"hidden_layer_sizes": (6,), "activation": "tanh", "alpha": 2.0, **settings}
    common |= {"learning_rate_init": 0.05, "random_state": 0, **TO_THE_END}
    start = make(max_iter=1, **common | {"learning_rate_init": 1e-300}).fit(IRIS, y)
    theirs = peer(max_iter=1, warm_start=True, batch_size=len(IRIS), **common).fit(IRIS, y)
    theirs.coefs_ = [matrix.copy() for matrix in start.coefs_]
    theirs.intercepts_ = [np.zeros_like(vector) for vector in start.intercepts_]
    theirs.set_params(max_iter=30).fit(IRIS, y, sample_weight=weights)
    ours = make(max_iter=30, batch_size=1000, **common).fit(IRIS, y, sample_weight=weights)
    assert np.abs(ours.coefs_[0] - start.coefs_[0]).max() > 0.1
    for name in ("coefs_", "intercepts_"):
        for mine, other in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance)


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
    by_name = classifier(early_stopping=early_stopping).fit(IRIS, NAMES)
    by_number = classifier(early_stopping=early_stopping).fit(IRIS, SPECIES)
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


# Weights.


@ignoring_the_end
@pytest.mark.parametrize(
    ("make", "y"), [(classifier, SPECIES), (classifier, LABELS), (regressor, LENGTHS)]
)
def test_equal_weights_are_as_good_as_none(make: Any, y: Any) -> None:
    weighted = make().fit(IRIS, y, sample_weight=np.full(150, 3.0))
    plain = make().fit(IRIS, y)
    np.testing.assert_allclose(weighted.coefs_[0], plain.coefs_[0], rtol=1e-9)
    np.testing.assert_allclose(weighted.loss_curve_, plain.loss_curve_, rtol=1e-9)


@ignoring_the_end
@pytest.mark.parametrize(("make", "y"), [(classifier, LABELS), (regressor, LENGTHS)])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_whole_weight_is_as_good_as_copies(make: Any, y: Any, early_stopping: bool) -> None:
    counts = np.arange(150) % 4
    settings = {"batch_size": 1000, "early_stopping": early_stopping}
    weighted = make(**settings).fit(IRIS, y, sample_weight=counts)
    copied = make(**settings).fit(IRIS.repeat(counts, axis=0), y.repeat(counts, axis=0))
    np.testing.assert_allclose(weighted.coefs_[0], copied.coefs_[0], rtol=1e-6)
    np.testing.assert_allclose(weighted.loss_curve_, copied.loss_curve_, rtol=1e-9)
    for name in ("validation_loss_curve_", "validation_scores_"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(copied, name), rtol=1e-9)


@ignoring_the_end
def test_only_the_relations_of_weights_count() -> None:
    once, eightfold, otherwise = (
        classifier().fit(IRIS, SPECIES, sample_weight=weights).network_.digest()
        for weights in (WEIGHTS, 8 * WEIGHTS, WEIGHTS[::-1])
    )
    assert once == eightfold != otherwise


@pytest.mark.parametrize(("make", "y"), [(classifier, SPECIES), (regressor, LENGTHS)])
@pytest.mark.parametrize("later", [False, True])
def test_a_weight_is_how_far_an_example_moves_the_network(make: Any, y: Any, later: bool) -> None:
    weights = np.array([0.5, 3.5, 0.0, 0.5, 0.5, 1.0])  # their mean, without the 0, is 1.2
    some, y = IRIS[48:54], y[48:54]
    settings = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "batch_size": 1, "shuffle": False}
    model = make(**settings, learning_rate_init=0.1)
    known = {"classes": [0, 1, 2]} if make is classifier else {}
    # A network that has begun without weights is not made for large ones: they come in parts.
    model.partial_fit(some, y, **known, sample_weight=None if later else weights)
    expected = copy.copy(model.network_)
    for inputs, target, weight in zip(some, y, weights / 1.2, strict=True):
        parts = max(1, int(np.ceil(weight))) if later else 1
        expected.lr = max(0.1 * weight / parts, 1e-300)
        for _ in range(parts):
            expected.train(inputs, target if make is regressor else np.eye(3)[target])
    model.partial_fit(some, y, sample_weight=weights)
    np.testing.assert_allclose(model.coefs_[0], expected.weights[0], atol=1e-12)
    np.testing.assert_allclose(model.intercepts_[1], expected.biases[1], atol=1e-12)


@ignoring_the_end
def test_class_weights_are_weights_by_label() -> None:
    weights = {"setosa": 1.0, "versicolor": 5.0, "virginica": 0.5}
    by_example = np.array([weights[name] for name in NAMES])
    by_class = classifier(class_weight=weights).fit(IRIS, NAMES)
    same = classifier().fit(IRIS, NAMES, sample_weight=by_example)
    assert by_class.network_.digest() == same.network_.digest()
    both = classifier(class_weight=weights).fit(IRIS, NAMES, sample_weight=WEIGHTS)
    same = classifier().fit(IRIS, NAMES, sample_weight=by_example * WEIGHTS)
    assert both.network_.digest() == same.network_.digest()


@ignoring_the_end
def test_balanced_classes_find_the_rare_one() -> None:
    rare = np.r_[50:100, 100:105]  # of two species that are hard to tell apart
    plain = classifier(max_iter=100).fit(IRIS[rare], SPECIES[rare])
    balanced = clone(plain).set_params(class_weight="balanced").fit(IRIS[rare], SPECIES[rare])
    assert (plain.predict(IRIS[100:]) == 2).mean() < 0.1
    assert (balanced.predict(IRIS[100:]) == 2).mean() > 0.8


@ignoring_the_end
def test_weights_hurt_no_one_with_warnings_of_what_training_has_not_seen() -> None:
    # Were the last batches to be answered before they are learned, the network would warn of them.
    inputs = np.vstack([IRIS, IRIS[:5] * 100])
    classifier(shuffle=False, max_iter=1).fit(
        inputs, np.r_[SPECIES, SPECIES[:5]], sample_weight=np.r_[WEIGHTS, [1] * 5]
    )


# Early stopping, and what else ends the training.


def test_early_stopping_keeps_the_best_epoch() -> None:
    model = classifier(
        early_stopping=True, tol=0.001, n_iter_no_change=5, max_iter=500, learning_rate_init=0.1
    ).fit(IRIS, NAMES)
    losses = model.validation_loss_curve_
    best = int(np.argmin(losses))
    assert len(losses) == len(model.validation_scores_) == model.n_iter_ < 500
    assert model.network_.epochs == best + 1 < model.n_iter_
    assert min(losses[-5:]) > min(losses[:-5]) - 0.001


def examples(strata: NDArray[np.int64], weights: Any = None) -> Examples:
    """Examples that are told apart by their only input, the first two by nothing."""
    inputs = np.arange(float(len(strata)))[:, np.newaxis]
    inputs[1] = inputs[0]
    return Examples(inputs, np.eye(len(strata))[strata], weights, strata)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_held_out_is_a_part_of_each_class_and_equal_ones_stay_together(seed: int) -> None:
    strata = np.repeat([0, 1, 2], [101, 40, 3])
    rest, held_out = examples(strata).split(0.25, seed)
    assert np.bincount(held_out.strata).tolist() in ([25, 10, 1], [26, 10, 1])
    assert sorted([*rest.inputs[:, 0], *held_out.inputs[:, 0]]) == [0.0, 0.0, *range(2, 144)]
    assert not set(rest.inputs[:, 0]) & set(held_out.inputs[:, 0])


def test_what_is_held_out_does_not_depend_on_the_order_and_does_on_the_seed() -> None:
    strata = np.zeros(100, dtype=np.int64)
    ordered, other = (examples(strata).split(0.2, seed)[1].inputs for seed in (1, 2))
    turned = examples(strata).chosen(np.arange(100)[::-1]).split(0.2, 1)[1].inputs
    np.testing.assert_array_equal(turned[::-1], ordered)
    assert set(other[:, 0]) != set(ordered[:, 0])


def test_of_few_examples_one_is_held_out_and_of_one_none_can_be() -> None:
    rest, held_out = examples(np.array([0, 0, 1, 0, 2])).split(0.1, 0)
    assert set(rest.strata) == {0, 1, 2}
    assert 1 <= len(held_out) <= 2
    for strata in ([0, 0], [0, 0, 1, 2, 3]):
        with pytest.raises(ValueError, match="early_stopping: got one sample of each class"):
            examples(np.array(strata)).split(0.1, 0)


@pytest.mark.parametrize(("classes", "count"), [(100, 5), (20, 4), (3, 5), (50, 6), (2, 50)])
def test_of_small_classes_no_less_is_held_out(classes: int, count: int) -> None:
    # The first two are equal, and with the first class counted as one.
    rest, held_out = examples(np.repeat(np.arange(classes), count)).split(0.1, 0)
    assert abs(len(held_out) - round(classes * count / 10)) <= 1
    assert set(rest.strata) == set(range(classes))
    assert np.bincount(held_out.strata).max() <= max(1, np.ceil(count / 10)) + 1


@ignoring_the_end
@pytest.mark.parametrize("y", [NAMES, LABELS, LENGTHS], ids=["classes", "labels", "numbers"])
def test_the_validation_curves_are_loss_and_score_of_what_is_held_out(
    y: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    split, seen = Examples.split, []
    monkeypatch.setattr(Examples, "split", lambda *a: seen.append(split(*a)) or seen[-1])
    make = regressor if y is LENGTHS else classifier
    model = make(early_stopping=True, max_iter=1).fit(IRIS, y, sample_weight=WEIGHTS)
    ((_, held_out),) = seen
    weights = held_out.weights
    rows = [WEIGHTS.tolist().index(weight) for weight in weights]
    np.testing.assert_array_equal(held_out.inputs, IRIS[rows])
    outputs = model.network_.predict(IRIS[rows])
    if y is NAMES:
        loss = log_loss(NAMES[rows], outputs, sample_weight=weights)
    elif y is LABELS:
        loss = sum(log_loss(LABELS[rows, k], outputs[:, k], sample_weight=weights) for k in (0, 1))
    else:
        squares = ((LENGTHS[rows] - outputs) ** 2).sum(axis=1)
        loss = np.average(squares / 2, weights=weights)
    assert model.validation_loss_curve_ == pytest.approx([loss])
    assert model.validation_scores_ == [model.score(IRIS[rows], y[rows], sample_weight=weights)]


def test_a_warm_start_keeps_what_was_better_than_all_that_comes() -> None:
    model = classifier(early_stopping=True, warm_start=True, tol=1e-4, n_iter_no_change=10)
    model.set_params(max_iter=500, learning_rate_init=0.01).fit(IRIS, NAMES)
    before = model.network_.digest()
    with pytest.warns(ConvergenceWarning):
        model.set_params(max_iter=3, learning_rate_init=1.0).fit(IRIS, NAMES)
    assert min(model.validation_loss_curve_[-3:]) > min(model.validation_loss_curve_[:-3])
    assert model.network_.digest() == before


def test_an_interrupt_leaves_the_best_epoch() -> None:
    class Interrupter(Watcher):
        def on_fit_task_end(self, estimator: Any, context: Any, **_: Any) -> bool:
            if len(estimator.loss_curve_) == 9:
                raise KeyboardInterrupt
            return False

    model = classifier(early_stopping=True, learning_rate_init=0.5, max_iter=100)
    with pytest.raises(KeyboardInterrupt):
        model.set_callbacks(Interrupter()).fit(IRIS, NAMES)
    assert len(model.loss_curve_) == 9
    assert model.network_.epochs == 1 + int(np.argmin(model.validation_loss_curve_)) < 9
    assert len(model.predict(IRIS)) == 150


@ignoring_the_end
def test_training_leaves_the_warnings_as_they_are() -> None:
    # They are the whole process's: what one thread silences, others do not hear.
    class Listener(Watcher):
        def on_fit_task_end(self, estimator: Any, context: Any, **_: Any) -> bool:
            assert warnings.filters == before
            return False

    before = list(warnings.filters)
    model = classifier(early_stopping=True).set_callbacks(Listener())
    model.fit(IRIS, NAMES, sample_weight=WEIGHTS)


def test_max_time_ends_the_training() -> None:
    model = classifier(max_iter=10**6, max_time=0.05).fit(IRIS, SPECIES)
    assert 1 <= model.n_iter_ < 10**6


def test_max_iter_ends_the_training_with_a_warning() -> None:
    with pytest.warns(
        ConvergenceWarning, match="max_iter: the training has not converged in 3"
    ) as caught:
        model = classifier(max_iter=3).fit(IRIS, SPECIES)
    assert caught[0].filename == __file__
    assert model.n_iter_ == len(model.loss_curve_) == 3


def test_training_ends_when_the_loss_does_not_go_down() -> None:
    model = classifier(max_iter=500, tol=0.01, n_iter_no_change=3).fit(IRIS, SPECIES)
    assert model.n_iter_ < 500
    assert model.validation_loss_curve_ == model.validation_scores_ == []
    losses = np.array(model.loss_curve_)
    gains = np.minimum.accumulate(losses)[:-1] - losses[1:]
    assert (gains > 0.01)[-5:].tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
def test_training_that_diverges_is_an_error(weights: Any) -> None:
    model = regressor(solver="sgd", learning_rate_init=1e6, activation="relu")
    with pytest.raises(ValueError, match="learning_rate_init: the training diverges"):
        model.fit(IRIS, LENGTHS, sample_weight=weights)


# Going on.


@ignoring_the_end
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
def test_a_warm_start_goes_on_where_fit_was(weights: Any) -> None:
    whole = classifier(max_iter=8).fit(IRIS, NAMES, sample_weight=weights)
    parts = classifier(max_iter=4, warm_start=True)
    for _ in range(2):
        parts.fit(IRIS, NAMES, sample_weight=weights)
    assert parts.network_.digest() == whole.network_.digest()
    assert parts.loss_curve_ == whole.loss_curve_
    parts.set_params(warm_start=False).fit(IRIS, NAMES, sample_weight=weights)
    assert parts.n_iter_ == 4


@ignoring_the_end
@pytest.mark.parametrize("y", [NAMES, LABELS, LENGTHS], ids=["classes", "labels", "numbers"])
def test_partial_fit_is_an_epoch(y: Any) -> None:
    make = regressor if y is LENGTHS else classifier
    known = {"classes": np.unique(NAMES)} if y is NAMES else {}
    whole, parts = make(max_iter=3).fit(IRIS, y), make(max_iter=3, early_stopping=True)
    for _ in range(3):
        assert parts.partial_fit(IRIS, y, **known) is parts
    np.testing.assert_array_equal(parts.predict(IRIS), whole.predict(IRIS))
    assert parts.network_.digest() == whole.network_.digest()
    assert parts.loss_curve_ == whole.loss_curve_


def test_partial_fit_takes_classes_as_they_come() -> None:
    model = classifier()
    for _ in range(100):
        for name in ("virginica", "setosa", "versicolor"):
            part = name == NAMES
            model.partial_fit(IRIS[part], NAMES[part], np.unique(NAMES))
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert model.score(IRIS, NAMES) > 0.8


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((IRIS, np.full(150, "rose")), "y: got the class 'rose'"),
        ((IRIS, LABELS), r"y: got \(n, n_labels\) of 0 and 1, wants \(n,\) labels"),
        ((IRIS, np.eye(3)[SPECIES]), r"y: got \(n, n_labels\) of 0 and 1, wants \(n,\) labels"),
        ((IRIS, SPECIES), "y: got the class 0"),
        ((IRIS, NAMES, ["setosa", "rose"]), "classes: got .* as before"),
        ((IRIS[:, :3], NAMES), "X has 3 features"),
    ],
)
def test_partial_fit_refuses_what_does_not_go_on(arguments: Any, says: str) -> None:
    model = classifier().partial_fit(IRIS, NAMES, np.unique(NAMES))
    before = model.network_.digest()
    with pytest.raises(ValueError, match=says):
        model.partial_fit(*arguments)
    assert model.network_.digest() == before
    assert model.n_iter_ == 1
    assert len(model.predict(IRIS)) == 150


@ignoring_the_end
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", (3,)),
        ("activation", "tanh"),
        ("solver", "sgd"),
        ("alpha", 100.0),
        ("beta_1", 0.5),
        ("epsilon", 1.0),
    ],
)
@pytest.mark.parametrize("partly", [False, True])
def test_a_network_that_goes_on_does_not_become_another(
    name: str, value: Any, partly: bool
) -> None:
    model = classifier(warm_start=True).fit(IRIS, NAMES)
    before = model.network_.digest()
    model.set_params(**{name: value})
    with pytest.raises(ValueError, match=f"{name}: got .*, which the network was made with"):
        (model.partial_fit if partly else model.fit)(IRIS, NAMES)
    assert model.network_.digest() == before
    same = {"hidden_layer_sizes": [10], "learning_rate_init": 0.1}
    clone(model).set_params(**{name: value}).fit(IRIS, NAMES)
    model.set_params(**{name: getattr(classifier(), name)}).set_params(**same).fit(IRIS, NAMES)


@ignoring_the_end
def test_the_penalty_is_the_same_however_few_examples_partial_fit_begins_with() -> None:
    few, many = (
        classifier(alpha=1.0).partial_fit(IRIS[:n], SPECIES[:n], [0, 1, 2]) for n in (1, 9)
    )
    assert few.network_.optimizer == many.network_.optimizer
    assert few.network_.optimizer.weight_decay == 1.0 / 32


@ignoring_the_end
@pytest.mark.parametrize(
    ("settings", "inputs", "y", "says"),
    [
        ({"hidden_layer_sizes": (5, 4), "activation": ["relu"]}, IRIS, SPECIES, "activation: got"),
        ({}, IRIS[:, :2], np.zeros(150), "y: got one class"),
        ({"early_stopping": True}, IRIS[[0, 60]], SPECIES[[0, 60]], "early_stopping: got one"),
    ],
)
def test_a_fit_that_is_refused_changes_nothing(
    settings: dict[str, Any], inputs: Any, y: Any, says: str
) -> None:
    new, model = classifier(**settings), classifier().fit(IRIS, NAMES)
    before = model.predict(IRIS).tolist()
    for estimator in (new, model.set_params(**settings)):
        with pytest.raises(ValueError, match=says):
            estimator.fit(inputs, y)
    assert model.predict(IRIS).tolist() == before
    with pytest.raises(NotFittedError):
        new.predict(IRIS)


def test_a_target_beyond_float32_is_refused_in_time() -> None:
    model = regressor()
    with pytest.raises(ValueError, match=r"y\[7\]\[0\]: got inf"):
        model.fit(IRIS.astype(np.float32), np.where(np.arange(150) == 7, 1e39, 0.0))
    assert not hasattr(model, "network_")


def test_the_names_of_labels_keep_the_order_of_their_columns() -> None:
    model = classifier().partial_fit(IRIS, LABELS, ["setosa", "long"])
    assert model.classes_.tolist() == ["setosa", "long"]
    model.partial_fit(IRIS, LABELS, ["setosa", "long"])
    with pytest.raises(ValueError, match=r"classes: got .* wants 2 that differ"):
        classifier().partial_fit(IRIS, LABELS, ["setosa", "setosa"])


def test_partial_fit_wants_to_know_all_classes_at_first() -> None:
    with pytest.raises(ValueError, match="classes: got None in the first call"):
        classifier().partial_fit(IRIS, NAMES)
    with pytest.raises(ValueError, match="class_weight: got 'balanced'"):
        classifier(class_weight="balanced").partial_fit(IRIS, NAMES, np.unique(NAMES))
    model = regressor().partial_fit(IRIS, LENGTHS)
    with pytest.raises(ValueError, match="y: got 1 columns, wants 2"):
        model.partial_fit(IRIS, LENGTHS[:, 0])


# Progress.


class Watcher:
    """A callback of scikit-learn's kind."""

    def __init__(self, last: int = 10**6) -> None:
        self.calls: list[str] = []
        self.losses: list[float] = []
        self.last = last

    def setup(self, estimator: Any, context: Any) -> None:
        self.calls.append(f"setup {context.max_subtasks}")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.calls.append(f"begin {context.task_name} {context.task_id}")

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any,  # noqa: N803
        y: Any,
        fitted_estimator: Any,
    ) -> bool:
        self.calls.append(f"end {context.task_name} {context.task_id}")
        self.losses.append(log_loss(y, fitted_estimator.predict_proba(X)))
        return context.task_name == "epoch" and context.task_id == self.last

    def teardown(self, estimator: Any, context: Any) -> None:
        self.calls.append("teardown")


def test_scikit_learns_callbacks_are_told_of_every_epoch_and_can_stop() -> None:
    watcher = Watcher(last=1)
    model = classifier(max_iter=5).set_callbacks(watcher).fit(IRIS, NAMES)
    epochs = [f"{what} epoch {k}" for k in (0, 1) for what in ("begin", "end")]
    assert watcher.calls == ["setup 5", "begin fit 0", *epochs, "end fit 0", "teardown"]
    first, second, end = watcher.losses
    assert first > second == end == log_loss(NAMES, model.predict_proba(IRIS))
    assert model.n_iter_ == 2
    watcher.calls.clear()
    model.partial_fit(IRIS, NAMES)
    assert watcher.calls[0] == "setup 1"


@ignoring_the_end
def test_scikit_learns_progress_bar_shows_the_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    classifier().set_callbacks(ProgressBar()).fit(IRIS, NAMES)
    assert "NeuralNetworkClassifier - fit" in capsys.readouterr().out


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
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
        parallel_config("dask"),
    ):
        workers = set(client.run(os.getpid).values())
        search.fit(IRIS, NAMES)
    processes = np.concatenate([search.cv_results_[f"split{k}_test_process"] for k in range(3)])
    assert set(processes) <= workers
    assert search.best_params_ == {"learning_rate_init": 0.01}


# Wrong values.


@pytest.mark.parametrize(
    ("y", "weights", "says"),
    [
        (SPECIES + 0.5, None, "Unknown label type"),
        (np.full(150, "rose"), None, "y: got one class, 'rose'"),
        (LABELS + 1, None, "y: got .* each 0 or 1"),
        (NAMES, np.ones(3), r"sample_weight: got shape \(3,\), wants \(150,\)"),
        (NAMES, -WEIGHTS, "got the weight -1.31.*, wants finite ones, none below zero"),
        (NAMES, 0 * WEIGHTS, "every weight is zero"),
    ],
)
def test_wrong_examples_are_refused(y: Any, weights: Any, says: str) -> None:
    model = classifier()
    with pytest.raises(ValueError, match=says):
        model.fit(IRIS, y, sample_weight=weights)
    assert not hasattr(model, "network_")
