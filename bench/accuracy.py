"""How accurate the estimators are beside scikit-learn's: the table of docs/sklearn.md.

    python bench/accuracy.py

takes about half an hour on one core; ``--data iris wine`` tries only these data, in less time. Both
sides train on the same parts of the same data, and answer the parts that are left out. Each line is
printed as soon as it is known.

A line is worse if a measure is, by more than two standard errors. Of a hundred measures that do not
differ, some are worse by chance. So such a line is tried again, with three times as many other
seeds: what is real shows there, too.
"""

import argparse
import math
import statistics
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from threadpoolctl import threadpool_limits

from nnfast import UnlikeInputsWarning
from nnfast.sklearn import NeuralNetworkClassifier, NeuralNetworkRegressor

FOLDS = 3
SEEDS = 10

DATA: dict[str, Callable[..., Any]] = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "diabetes": datasets.load_diabetes,
}

ADAM, SGD, LBFGS = (
    {"solver": solver, "hidden_layer_sizes": 50, "batch_size": 32}
    for solver in ("adam", "sgd", "lbfgs")
)
# What both sides are told; beyond that each has its own defaults.
SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "defaults, early_stopping": {"early_stopping": True},
    "adam": ADAM,
    "adam, batch_size=auto": {**ADAM, "batch_size": "auto"},
    "adam, early_stopping": {**ADAM, "early_stopping": True},
    "adam, early_stopping, batch_size=auto": {**ADAM, "early_stopping": True, "batch_size": "auto"},
    "adam, activation=tanh": {**ADAM, "activation": "tanh"},
    "adam, activation=logistic": {**ADAM, "activation": "logistic"},
    "adam, alpha=1": {**ADAM, "alpha": 1.0},
    "sgd": SGD,
    "sgd, batch_size=auto": {**SGD, "batch_size": "auto"},
    "sgd, early_stopping": {**SGD, "early_stopping": True},
    "sgd, alpha=1": {**SGD, "alpha": 1.0},
    "lbfgs": LBFGS,
    "lbfgs, alpha=1": {**LBFGS, "alpha": 1.0},
}

HEAD = """\
| settings | data | accuracy or R² | scikit-learn's | difference | log-loss | scikit-learn's | \
difference | worse |
|---|---|---:|---:|---:|---:|---:|---:|---|"""


class Scores(NamedTuple):
    """Means over the folds: the accuracy or R squared and, of classifiers, the log-loss."""

    score: float
    loss: float


class Difference(NamedTuple):
    """Means over the seeds: ours, scikit-learn's, ours less theirs; its standard error."""

    ours: float
    theirs: float
    mean: float
    error: float

    def __str__(self) -> str:
        """Return the numbers as cells of a table; none if this data has no such measure."""
        if math.isnan(self.mean):
            return " | | "
        return f"{self.ours:.4f} | {self.theirs:.4f} | {self.mean:+z.4f} ± {self.error:.4f}"


class Comparison(NamedTuple):
    """A line of the table."""

    score: Difference
    loss: Difference

    @property
    def worse(self) -> str:
        """Name what is worse than scikit-learn's by more than two standard errors."""
        score, loss = self
        found = {
            "accuracy or R²": score.mean < -2.0 * score.error,
            "log-loss": loss.mean > 2.0 * loss.error,
        }
        return ", ".join(name for name, worse in found.items() if worse)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA), help="which data")
    chosen = parser.parse_args().data
    for category in (ConvergenceWarning, UnlikeInputsWarning):
        warnings.simplefilter("ignore", category)
    print(HEAD)
    with threadpool_limits(1):  # more are slower on matrices as small as these
        for settings in SETTINGS:
            for data in chosen:
                print_lines(settings, data)


def print_lines(settings: str, data: str) -> None:
    """Print a line of the table and, if it is worse, another one with other seeds."""
    comparison = compared(settings, data, range(SEEDS))
    print_line(settings, data, comparison)
    if comparison.worse:
        others = range(SEEDS, 4 * SEEDS)
        print_line(f"{settings} (other seeds)", data, compared(settings, data, others))


def print_line(settings: str, data: str, comparison: Comparison) -> None:
    print(f"| {settings} | {data} | {comparison.score} | {comparison.loss} |", end="")
    print(f" {comparison.worse} |", flush=True)


def compared(settings: str, data: str, seeds: Iterable[int]) -> Comparison:
    """Compare both sides on the same splits, one for each seed."""
    ours, theirs = (
        [scores(settings, data, seed, ours=side) for seed in seeds] for side in (True, False)
    )
    pairs = zip(zip(*ours, strict=True), zip(*theirs, strict=True), strict=True)
    return Comparison(*(difference(*pair) for pair in pairs))


def difference(ours: tuple[float, ...], theirs: tuple[float, ...]) -> Difference:
    """Compare one measure, of which each seed has one pair."""
    each = [mine - other for mine, other in zip(ours, theirs, strict=True)]
    error = float(np.std(each, ddof=1)) / math.sqrt(len(each))
    mean = statistics.fmean
    return Difference(mean(ours), mean(theirs), mean(each), error)


def scores(settings: str, data: str, seed: int, *, ours: bool) -> Scores:
    """Return how well one side does in a cross-validation, whose splits the seed decides."""
    X, y = DATA[data](return_X_y=True)  # noqa: N806
    if data == "diabetes":
        y = scale(y)
        kind = NeuralNetworkRegressor if ours else MLPRegressor
    else:
        kind = NeuralNetworkClassifier if ours else MLPClassifier
    model = make_pipeline(StandardScaler(), kind(random_state=seed, **SETTINGS[settings]))
    return Scores(*map(statistics.fmean, zip(*by_fold(model, X, y, seed), strict=True)))


def by_fold(model: Any, X: Any, y: Any, seed: int) -> Iterator[Scores]:  # noqa: N803
    """Yield the scores of each part of the data, from a model trained on the others."""
    kind = StratifiedKFold if is_classifier(model) else KFold
    for train, test in kind(FOLDS, shuffle=True, random_state=seed).split(X, y):
        model.fit(X[train], y[train])
        loss = log_loss(y[test], model.predict_proba(X[test])) if is_classifier(model) else math.nan
        yield Scores(model.score(X[test], y[test]), loss)


if __name__ == "__main__":
    main()
