"""How training ends, is continued and is watched."""

import warnings
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
    since,
)
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.utils.fixes import parse_version

from nnfast.sklearn import NeuralNetworkClassifier
from nnfast.sklearn.examples import Examples


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
        model.set_params(max_iter=3, learning_rate_init=10.0).fit(IRIS, NAMES)
    assert min(model.validation_loss_curve_[-3:]) > min(model.validation_loss_curve_[:-3])
    assert model.network_.digest() == before


@since("1.9")
def test_an_interrupt_leaves_the_best_epoch() -> None:
    class Interrupter(Watcher):
        def on_fit_task_end(self, estimator: Any, context: Any, **_: Any) -> bool:
            if len(estimator.loss_curve_) == 9:
                raise KeyboardInterrupt
            return False

    model = classifier(early_stopping=True, learning_rate_init=1.0, max_iter=100)
    with pytest.raises(KeyboardInterrupt):
        model.set_callbacks(Interrupter()).fit(IRIS, NAMES)
    assert len(model.loss_curve_) == 9
    assert model.network_.epochs == 1 + int(np.argmin(model.validation_loss_curve_)) < 9
    assert len(model.predict(IRIS)) == 150


@since("1.9")
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
    assert model.validation_loss_curve_ is model.validation_scores_ is None
    losses = np.array(model.loss_curve_)
    gains = np.minimum.accumulate(losses)[:-1] - losses[1:]
    assert (gains > 0.01)[-5:].tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
def test_training_that_diverges_is_an_error(weights: Any) -> None:
    model = regressor(solver="sgd", learning_rate_init=1e6, activation="relu")
    with pytest.raises(ValueError, match="learning_rate_init: the training diverges"):
        model.fit(IRIS, LENGTHS, sample_weight=weights)


@ignoring_the_end
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("call", ["fit", "warm start", "partial_fit"])
def test_training_that_diverges_leaves_the_last_good_network(call: str, weights: Any) -> None:
    model = regressor(solver="sgd", activation="relu", warm_start=call == "warm start")
    model.fit(IRIS, LENGTHS, sample_weight=weights)
    answers, curve = model.predict(IRIS).tolist(), list(model.loss_curve_)
    model.set_params(learning_rate_init=1e10)
    with pytest.raises(ValueError, match="learning_rate_init: the training diverges"):
        getattr(model, "partial_fit" if call == "partial_fit" else "fit")(
            IRIS, LENGTHS, sample_weight=weights
        )
    assert model.predict(IRIS).tolist() == answers
    assert model.loss_curve_ == curve
    # And it goes on from there.
    model.set_params(learning_rate_init=0.001).partial_fit(IRIS, LENGTHS, sample_weight=weights)
    assert np.isfinite(model.predict(IRIS)).all()


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
    whole, parts = make(max_iter=3).fit(IRIS, y), make(max_iter=3)
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
@pytest.mark.parametrize("y", [SPECIES % 2, SPECIES + 1, NAMES], ids=["fewer", "other", "names"])
def test_a_warm_start_wants_the_same_classes(y: Any) -> None:
    model = classifier(warm_start=True).fit(IRIS, SPECIES)
    before = model.network_.digest()
    says = r"the same classes as in the previous call to fit\. Previously got \[0 1 2\], `y` has \["
    with pytest.raises(ValueError, match=says):
        model.fit(IRIS, y)
    assert model.network_.digest() == before
    model.partial_fit(IRIS[:50], SPECIES[:50])


@ignoring_the_end
def test_the_penalty_is_the_same_however_few_examples_partial_fit_begins_with() -> None:
    few, many = (
        classifier(alpha=1.0).partial_fit(IRIS[:n], SPECIES[:n], [0, 1, 2]) for n in (1, 9)
    )
    assert few.network_.optimizer == many.network_.optimizer
    assert few.network_.optimizer.weight_decay == 1.0 / 32


@ignoring_the_end
@pytest.mark.parametrize("at_once", [True, False])
def test_a_small_last_batch_counts_in_the_penalty_as_much_as_any(at_once: bool) -> None:
    # In scikit-learn, the penalty of an update is divided by the size of its mini-batch.
    model, rows = classifier(alpha=1.0, batch_size=48), slice(40, 104)
    if at_once:
        model.fit(IRIS[rows], NAMES[rows])
    else:
        model.partial_fit(IRIS[rows], NAMES[rows], np.unique(NAMES))
    assert model.network_.optimizer.weight_decay == (1 / 48 + 1 / 16) / 2


@ignoring_the_end
@pytest.mark.parametrize(
    ("settings", "inputs", "y", "says"),
    [
        ({"hidden_layer_sizes": (5, 4), "activation": ["relu"]}, IRIS, SPECIES, "activation: got"),
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
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        classifier(early_stopping=True).partial_fit(IRIS, NAMES, np.unique(NAMES))
    model = regressor().partial_fit(IRIS, LENGTHS)
    with pytest.raises(ValueError, match="y: got 1 columns, wants 2"):
        model.partial_fit(IRIS, LENGTHS[:, 0])


# Progress.


@since("1.9")
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


@since("1.9")
@ignoring_the_end
def test_scikit_learns_progress_bar_shows_the_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    from sklearn.callback import ProgressBar

    classifier().set_callbacks(ProgressBar()).fit(IRIS, NAMES)
    assert "NeuralNetworkClassifier - fit" in capsys.readouterr().out


@pytest.mark.skipif(parse_version("1.9") <= VERSION, reason="scikit-learn has callbacks since 1.9")
def test_callbacks_of_an_older_scikit_learn_are_missed_by_name() -> None:
    model = classifier()
    assert not hasattr(model, "set_callbacks")
    with pytest.raises(AttributeError, match=r"^set_callbacks needs scikit-learn>=1\.9, and"):
        model.set_callbacks(Watcher())


def test_booleans_of_numpy_are_booleans() -> None:
    names = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping")
    models = [
        NeuralNetworkClassifier(
            solver="sgd", max_iter=3, tol=0.0, random_state=1, **dict.fromkeys(names, true)
        )
        for true in (True, np.array([True, False])[0])
    ]
    digests = []
    for model in models:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(np.linspace(0, 1, 60).reshape(20, 3), np.arange(20) % 2)
        digests.append(model.network_.digest())
    assert digests[0] == digests[1]
