"""What weights of examples and of classes do."""

import copy
from typing import Any

import numpy as np
import pytest
from irises import (
    IRIS,
    LABELS,
    LENGTHS,
    NAMES,
    SPECIES,
    VERSION,
    WEIGHTS,
    classifier,
    ignoring_the_end,
    regressor,
)
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.utils.fixes import parse_version


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
    for name in ("validation_loss_curve_", "validation_scores_") if early_stopping else ():
        np.testing.assert_allclose(getattr(weighted, name), getattr(copied, name), rtol=1e-9)


@ignoring_the_end
def test_only_the_relations_of_weights_count() -> None:
    once, eightfold, otherwise = (
        classifier().fit(IRIS, SPECIES, sample_weight=weights).network_.digest()
        for weights in (WEIGHTS, 8 * WEIGHTS, WEIGHTS[::-1])
    )
    assert once == eightfold != otherwise


@pytest.mark.parametrize(("make", "y"), [(classifier, SPECIES), (regressor, LENGTHS)])
def test_a_weight_is_how_far_an_example_moves_the_network(make: Any, y: Any) -> None:
    weights = np.array([0.5, 3.5, 0.0, 0.5, 0.5, 1.0])  # their mean, without the 0, is 1.2
    some, y = IRIS[48:54], y[48:54]
    settings = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "batch_size": 1, "shuffle": False}
    model = make(**settings, learning_rate_init=0.1)
    known = {"classes": [0, 1, 2]} if make is classifier else {}
    model.partial_fit(some, y, **known)
    expected = copy.copy(model.network_)
    for inputs, target, weight in zip(some, y, weights / 1.2, strict=True):
        if weight:
            expected.lr = 0.1 * weight
            expected.train(inputs, target if make is regressor else np.eye(3)[target])
    model.partial_fit(some, y, sample_weight=weights)
    np.testing.assert_allclose(model.coefs_[0], expected.weights[0], atol=1e-12)
    np.testing.assert_allclose(model.intercepts_[1], expected.biases[1], atol=1e-12)


@ignoring_the_end
@pytest.mark.parametrize("scale", [1e-12, 1 / 150, 1e12, 1e300])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_the_size_of_weights_changes_nothing_not_even_the_penalty(
    call: str, solver: str, scale: float
) -> None:
    if (call, solver) == ("partial_fit", "lbfgs"):
        return
    known = {"classes": [0, 1, 2]} if call == "partial_fit" else {}
    models = [classifier(alpha=1.0, solver=solver, batch_size=200) for _ in range(2)]
    for model, factor in zip(models, (1.0, scale), strict=True):
        for _ in range(1 if call == "fit" else 20):
            getattr(model, call)(IRIS, SPECIES, sample_weight=factor * WEIGHTS, **known)
    np.testing.assert_allclose(models[0].coefs_[0], models[1].coefs_[0], rtol=1e-6, atol=1e-9)


@ignoring_the_end
def test_boosting_which_uses_small_weights_learns() -> None:
    learner = classifier(max_iter=100, learning_rate_init=0.01)
    model = AdaBoostClassifier(learner, n_estimators=3, random_state=0)
    if parse_version("1.6") > VERSION:
        model.set_params(algorithm="SAMME")  # the only one since
    assert model.fit(IRIS, SPECIES).score(IRIS, SPECIES) > 0.95


@ignoring_the_end
def test_balanced_parts_are_balanced_over_all_that_came() -> None:
    """The second part has classes that the first had too often or not at all."""
    balanced, weighted = classifier(class_weight="balanced"), classifier()
    first, second = np.r_[0:50, 50:60], np.r_[50:100, 100:110]
    counts = {0: 50, 1: 10}
    for part in (first, second):
        if part is second:
            counts = {0: 50, 1: 60, 2: 10}
        mean = sum(counts.values()) / 3
        by_class = [mean / counts[label] for label in SPECIES[part]]
        balanced.partial_fit(IRIS[part], SPECIES[part], [0, 1, 2])
        weighted.partial_fit(IRIS[part], SPECIES[part], [0, 1, 2], sample_weight=by_class)
    assert balanced.network_.digest() == weighted.network_.digest()


@ignoring_the_end
@pytest.mark.parametrize("y", [SPECIES, LABELS], ids=["classes", "labels"])
@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_balanced_classes_count_a_weight_as_copies(call: str, y: Any) -> None:
    weights = np.arange(150) % 4 * (1 + SPECIES)
    known = {"classes": [0, 1, 2]} if call == "partial_fit" and y is SPECIES else {}
    weighted, copied = (classifier(class_weight="balanced", batch_size=1000) for _ in range(2))
    for _ in range(2):
        getattr(weighted, call)(IRIS, y, sample_weight=weights / 7, **known)
        repeated = IRIS.repeat(weights, axis=0), y.repeat(weights, axis=0)
        getattr(copied, call)(*repeated, **known)
    np.testing.assert_allclose(weighted.coefs_[0], copied.coefs_[0], rtol=1e-6)


def test_a_weight_counts_in_the_balance_of_parts_relative_to_the_mean_of_its_part() -> None:
    balanced, weighted = classifier(class_weight="balanced"), classifier()
    weights = WEIGHTS * (1 + SPECIES)
    counts = 50 + np.bincount(SPECIES, weights / weights.mean())
    for model, in_part in ((balanced, weights), (weighted, weights / counts[SPECIES])):
        model.partial_fit(IRIS, SPECIES, [0, 1, 2])
        model.partial_fit(IRIS, SPECIES, sample_weight=in_part)
    np.testing.assert_allclose(balanced.coefs_[0], weighted.coefs_[0], rtol=1e-9)


@ignoring_the_end
def test_each_fit_is_balanced_by_itself() -> None:
    balanced = classifier(class_weight="balanced", warm_start=True).fit(IRIS, SPECIES)
    weighted = classifier(warm_start=True).fit(IRIS, SPECIES)
    balanced.fit(IRIS[40:110], SPECIES[40:110])
    by_class = (70 / 3) / np.repeat([10, 50, 10], [10, 50, 10])
    weighted.fit(IRIS[40:110], SPECIES[40:110], sample_weight=by_class)
    assert balanced.network_.digest() == weighted.network_.digest()


def test_a_class_of_no_weight_is_left_out_of_the_balance() -> None:
    some = classifier(class_weight="balanced", batch_size=1000)
    some.partial_fit(IRIS, SPECIES, [0, 1, 2], sample_weight=SPECIES > 0)
    rest = classifier(class_weight="balanced", batch_size=1000)
    rest.partial_fit(IRIS[50:], SPECIES[50:], [0, 1, 2])
    assert some.network_.digest() == rest.network_.digest()


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
def test_a_class_without_a_weight_has_1_and_a_part_of_the_data_can_lack_a_class() -> None:
    by_class = classifier(class_weight={"setosa": 2.0}).partial_fit(IRIS, NAMES, np.unique(NAMES))
    same = classifier().partial_fit(IRIS, NAMES, np.unique(NAMES), 1.0 + (NAMES == "setosa"))
    assert by_class.network_.digest() == same.network_.digest()
    by_class.partial_fit(IRIS[50:], NAMES[50:])
    same.partial_fit(IRIS[50:], NAMES[50:], sample_weight=np.ones(100))
    assert by_class.network_.digest() == same.network_.digest()


@ignoring_the_end
@pytest.mark.parametrize("y", [LABELS, csr_array(LABELS)], ids=["dense", "sparse"])
def test_the_weights_of_several_labels_are_multiplied(y: Any) -> None:
    weights = [{0: 1.0, 1: 3.0}, {0: 0.5}]
    by_class = classifier(class_weight=weights).fit(IRIS, y)
    same = classifier().fit(
        IRIS, y, sample_weight=np.where(LABELS, (3.0, 1.0), (1.0, 0.5)).prod(axis=1)
    )
    assert by_class.network_.digest() == same.network_.digest()
    for wrong in (weights[0], weights[:1]):
        with pytest.raises(ValueError, match=r"class_weight: got .*, wants a list of 2 dicts"):
            classifier(class_weight=wrong).fit(IRIS, y)


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
