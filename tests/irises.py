"""What the tests of the estimators share: irises and small estimators."""

from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from nnfast.sklearn import NeuralNetworkClassifier, NeuralNetworkRegressor

# As many epochs as max_iter says, whatever the loss does.
TO_THE_END = {"tol": 0.0, "n_iter_no_change": 10**6}
# An epoch has several mini-batches, the last of them smaller.
SMALL = {
    "hidden_layer_sizes": 10, "batch_size": 32, "max_iter": 20, "random_state": 1, **TO_THE_END,
}  # fmt: skip

IRIS, SPECIES = load_iris(return_X_y=True)
IRIS = StandardScaler().fit_transform(IRIS)
NAMES = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
# Not all of one size, and the largest far above the mean.
WEIGHTS = np.random.default_rng(0).uniform(0.1, 2, len(IRIS))
WEIGHTS[7] = 9.0
# Two yes-or-no questions about an iris, and two lengths to predict.
LABELS = np.column_stack([SPECIES == 0, IRIS[:, 0] > 0]).astype(int)
LENGTHS = IRIS[:, :2] + IRIS[:, 2:]

VERSION = parse_version(sklearn.__version__)
ignoring_the_end = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def since(version: str) -> pytest.MarkDecorator:
    """Mark a test of what scikit-learn itself has had only since a version."""
    return pytest.mark.skipif(
        parse_version(version) > VERSION,
        reason=f"scikit-learn has this since {version}, and here is {sklearn.__version__}",
    )


def classifier(**settings: Any) -> NeuralNetworkClassifier:
    """One that takes milliseconds, and goes on to its last epoch."""
    return NeuralNetworkClassifier(**SMALL | settings)


def regressor(**settings: Any) -> NeuralNetworkRegressor:
    return NeuralNetworkRegressor(**SMALL | settings)
