"""The network as scikit-learn estimators: a classifier and a regressor.

For instance::

    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from nnfast.sklearn import NeuralNetworkClassifier

    model = make_pipeline(StandardScaler(), NeuralNetworkClassifier())
    model.fit(X, y)

Parameters and attributes bear scikit-learn's names where they mean what they mean in scikit-learn's
own ``MLPClassifier`` and ``MLPRegressor``. The estimators do not scale their inputs: scale them
first.
"""

from nnfast.optional import required_by

with required_by("nnfast.sklearn", "scikit-learn>=1.4"):
    from nnfast.sklearn.classifier import NeuralNetworkClassifier
    from nnfast.sklearn.regressor import NeuralNetworkRegressor

__all__ = ["NeuralNetworkClassifier", "NeuralNetworkRegressor"]
