"""The classifier."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from nnfast.arrays import Array
from nnfast.sklearn.class_weights import balanced_weights, counted, weights_by_class
from nnfast.sklearn.compatibility import with_callbacks
from nnfast.sklearn.estimator import NeuralNetworkEstimator, partial_fit_is_offered
from nnfast.sklearn.examples import Encoded
from nnfast.sklearn.labels import encode_classes, encode_multilabel, known_labels
from nnref.common.arguments import shown


class NeuralNetworkClassifier(ClassifierMixin, NeuralNetworkEstimator):  # type: ignore[misc]
    """A neural network that classifies, as a scikit-learn estimator.

    Each example has one label, of any type; or several labels at once, if `y` is a matrix of 0 and
    1 with a column per label. Training minimizes the cross-entropy: of softmax outputs, one per
    class; of a single logistic output, if there are two classes; or of logistic outputs, one per
    label. Of a single class, it is always the answer.

    Parameters
    ----------
    hidden_layer_sizes : int or iterable of int
        Neurons in the hidden layer, or in each hidden layer.
    activation : {"identity", "logistic", "tanh", "relu"} or iterable of them
        The activation function of the hidden neurons: one for all, or one per hidden layer.
    solver : {"lbfgs", "sgd", "adam"}
        The optimizer. "sgd" uses `momentum`. "lbfgs" is L-BFGS-B, which looks at all examples
        before each step, and learns their curvature from the steps before: on a few thousand
        examples or fewer it often ends sooner and lower. For it an epoch is an iteration, and the
        parameters of mini-batches, of learning rates and of early stopping have no effect.
    alpha : float
        L2 penalty: ``alpha / 2`` times the sum of the squared weights, divided by the number of
        examples in a mini-batch, is added to the loss. That number is the harmonic mean over an
        epoch; copies of examples do not count where all that differ fit into one mini-batch. For
        "lbfgs" it is the number of examples that differ. Biases are not penalized.
    batch_size : int or "auto"
        Examples per update; all of them if there are fewer. "auto" means 200.
    learning_rate : {"constant", "invscaling", "adaptive"}
        "invscaling" divides `learning_rate_init` by ``(t_ + 1) ** power_t`` before each epoch.
        "adaptive" divides the learning rate by 5 each time `n_iter_no_change` would end the
        training, and lets it end only when the rate is down to 1e-6.
    learning_rate_init : float
        The initial learning rate.
    power_t : float
        The exponent of "invscaling".
    max_iter : int
        The most epochs that `fit` takes. If it takes them all and nothing else has ended the
        training, a ConvergenceWarning says so.
    shuffle : bool
        Visit the examples in a new order each epoch.
    random_state : int, RandomState instance or None
        The source of the first weights and biases, of the order of the examples, and of the choice
        of those that are held out.
    tol : float
        A loss counts as an improvement only if it is below the lowest so far by at least this. It
        is the training loss with its L2 penalty or, with `early_stopping`, the validation loss. For
        "lbfgs": training ends when no slope of the loss is larger.
    verbose : bool or int
        Print the loss of each epoch.
    warm_start : bool
        Let `fit` continue with the existing network and its optimizer's state. What the network was
        made with (`hidden_layer_sizes`, `activation`, `solver` and its settings, `alpha`) must not
        change meanwhile; the learning rate may, and so may what ends the training.
        The classes must be the same.
    momentum : float
        For "sgd": at least 0, which means no momentum, and below 1.
    nesterovs_momentum : bool
        For "sgd" with momentum: use Nesterov's, which looks ahead.
    early_stopping : bool
        Hold some examples out, watch their loss instead of the training loss, and in the end keep
        the network as it was after its best epoch. A warm start holds out the same examples only
        if `random_state` is an int.
    validation_fraction : float
        With `early_stopping`: the fraction of the examples that is held out, the same of each
        class. Of examples that are equal, either all are held out or none.
    beta_1 : float
        For "adam": the decay rate of its moving average of the gradients.
    beta_2 : float
        For "adam": the decay rate of its moving average of their squares.
    epsilon : float
        For "adam": what keeps it from dividing by zero.
    n_iter_no_change : int or inf
        `fit` stops after more than this many epochs in a row without an improvement.
    max_fun : int
        For "lbfgs": it starts no further iteration after computing the loss this often.
    max_time : float, optional
        `fit` starts no further epoch after this many seconds.
    class_weight : dict, "balanced" or a list of dicts, optional
        The weight of each class, by its label; "balanced" gives all classes the same weight in
        total, in `partial_fit` over all parts that came. For several labels at once: a dict per
        column of `y`, whose weights are multiplied. The weights of `sample_weight` are multiplied
        by these.

    Attributes
    ----------
    network_ : nnfast.NeuralNetwork
        The trained network.
    classes_ : ndarray
        The labels of the classes, sorted; for several labels at once, the label of each column, by
        default its number.
    coefs_ : list of ndarray
        Its weights, (fan_in, fan_out), first layer first. The list may be set; setting an element
        of it has no effect.
    intercepts_ : list of ndarray
        Its biases, (fan_out,); they may be set like the weights.
    loss_ : float
        The loss of the last epoch: ``loss_curve_[-1]``.
    loss_curve_ : list of float
        The mean loss over the examples of every epoch, without the L2 penalty.
    best_loss_ : float or None
        The lowest of them; None with `early_stopping`.
    validation_loss_curve_ : list of float or None
        The mean loss of the held-out examples after every epoch; None without `early_stopping`.
    validation_scores_ : list of float or None
        The accuracy of the held-out examples after every epoch; None without
        `early_stopping`.
    best_validation_score_ : float or None
        The highest of them; None without `early_stopping`.
    n_iter_ : int
        The epochs that the last call took. The network that `early_stopping` keeps may have been
        through fewer: ``network_.epochs`` in all.
    t_ : int
        The examples that training has visited, in all epochs and calls.
    n_layers_ : int
        The layers of neurons, with those of the inputs and the outputs.
    n_outputs_ : int
        Neurons in the output layer.
    out_activation_ : {"softmax", "logistic"}
        The activation function of the output neurons.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X was a data frame with names.

    Notes
    -----
    The first weights are Glorot's, and the biases are drawn from the same range as the weights of
    their layer. The network computes in float32 if X is float32, and in float64 otherwise. A sparse
    X is made dense in blocks of some rows, and the network becomes the same.

    An example of weight w counts as w examples: its share in the gradient of a mini-batch, and in
    every loss, is w divided by the mean weight. Only the relations of weights count. Fractions are
    as good as whole numbers. But a mini-batch has `batch_size` examples, whatever their weights, so
    an example of weight 2 gives the same network as two copies of it only where one mini-batch
    holds all examples. A weight of 0 leaves an example out. `partial_fit` compares the weights
    within one call.

    If the loss is no longer a number, or a million times what a network has that knows nothing, the
    training has diverged. That is an error, and the estimator is as it was before the call. Ctrl-C
    keeps what has been learned; with `early_stopping`, the best epoch.

    `predict` passes on the network's warning about inputs unlike those that it was trained on, an
    ``nnfast.UnlikeInputsWarning``, once for each `network_`.

    `set_callbacks` takes scikit-learn's callbacks, such as ``sklearn.callback.ProgressBar()``, with
    scikit-learn 1.9 or newer. Each epoch is a task for them.
    """

    classes_: NDArray[Any]
    _multilabel: bool
    _counts: NDArray[np.float64]

    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int] = (100,),
        activation: str | Iterable[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 0.0001,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        max_time: float | None = None,
        class_weight: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            max_time=max_time,
        )
        self.class_weight = class_weight

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train a new network, or continue with the existing one if `warm_start` says so.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row; finite numbers.
        y : (n,) array-like of labels, or (n, n_labels) of 0 and 1
            The class of each example, or which labels it has.
        sample_weight : (n,) array-like, optional
            What each example counts as; at least 0, and not all 0.

        Returns
        -------
        NeuralNetworkClassifier
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            Naming the parameter or argument, what it got and what it wants; or if the training
            diverges.
        """
        return self._fit(X, y, sample_weight)

    @available_if(partial_fit_is_offered)  # type: ignore[untyped-decorator]
    @with_callbacks  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch, for data that arrive in parts.

        The first call makes the network. What ends `fit` (`max_iter`, `tol`, `early_stopping`,
        `max_time`) has no effect here.

        Parameters
        ----------
        X : (n, n_features) array-like
            As for `fit`.
        y : (n,) array-like of labels, or (n, n_labels) of 0 and 1
            As for `fit`.
        classes : (n_classes,) array-like, optional
            All labels that there will ever be; the first call needs them, unless `y` is a matrix.
        sample_weight : (n,) array-like, optional
            As for `fit`.

        Returns
        -------
        NeuralNetworkClassifier
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            As `fit` does.
        """
        first = not hasattr(self, "network_")
        if first and classes is None and not type_of_target(y).startswith("multilabel"):
            raise ValueError(
                "classes: got None in the first call of partial_fit, wants all the labels that "
                "there will ever be"
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the most probable class of each example, or each label's 1 or 0.

        A label is 1 where its probability is above one half.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row.

        Returns
        -------
        (n,) labels, or (n, n_labels) of 0 and 1
        """
        probabilities = self._probabilities(self._outputs(X))
        if self._multilabel:
            return (probabilities > 0.5).astype(int)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the probability of each class, in the order of `classes_`, or of each label.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row.

        Returns
        -------
        (n, n_classes) or (n, n_labels) floats
        """
        return self._probabilities(self._outputs(X))

    def predict_log_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the logarithms of what `predict_proba` returns; -inf for a probability of 0.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row.

        Returns
        -------
        (n, n_classes) or (n, n_labels) floats
        """
        with np.errstate(divide="ignore"):
            logarithms: Array = np.log(self._probabilities(self._outputs(X)))
        return logarithms

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn needs to know about the estimator."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _probabilities(self, outputs: Array) -> Array:
        """Return the probability of each class or label, from the network's outputs."""
        if self._multilabel or len(self.classes_) > 2:
            return outputs
        if len(self.classes_) == 1:
            return np.ones_like(outputs)
        return np.hstack([1.0 - outputs, outputs])

    @property
    def _output_activation(self) -> str:
        return "sigmoid" if self._multilabel or len(self.classes_) <= 2 else "softmax"

    def _encode(self, y: Any, classes: ArrayLike | None, reset: bool, in_parts: bool) -> Encoded:
        check_classification_targets(y)
        y = np.asarray(y.toarray() if issparse(y) else y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        multilabel = y.ndim == 2
        if reset:
            self._multilabel, self.classes_ = multilabel, known_labels(y, classes)
            self._counts = np.zeros(1)
        else:
            self._check_labels_unchanged(y, classes, in_parts)
        return (encode_multilabel if multilabel else encode_classes)(y, self.classes_)

    def _check_labels_unchanged(
        self, y: NDArray[Any], classes: ArrayLike | None, in_parts: bool
    ) -> None:
        """Raise ValueError if labels are of another kind than before, or other ones."""
        multilabel = y.ndim == 2
        if multilabel != self._multilabel:
            kinds = ["(n,) labels of classes", "(n, n_labels) of 0 and 1"]
            got, wants = kinds[multilabel], kinds[self._multilabel]
            raise ValueError(f"y: got {got}, wants {wants}, as before")
        if classes is not None and not np.array_equal(known_labels(y, classes), self.classes_):
            raise ValueError(
                f"classes: got {shown(classes)}, wants {shown(self.classes_)}, as before"
            )
        if not (in_parts or multilabel or np.array_equal(found := np.unique(y), self.classes_)):
            raise ValueError(  # in scikit-learn's words
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {found}; to make another "
                "network, call fit with warm_start=False; for a part of the data, call partial_fit"
            )

    def _with_class_weight(
        self, encoded: Encoded, weights: NDArray[np.float64] | None, in_parts: bool
    ) -> NDArray[np.float64] | None:
        if self.class_weight is None:
            return weights
        if isinstance(self.class_weight, str):
            counts = counted(encoded, weights, self.classes_, self._multilabel)
            self._counts = self._counts + counts if in_parts else counts
            by_class = balanced_weights(encoded, self._counts, self._multilabel)
        else:
            by_class = weights_by_class(self.class_weight, encoded, self.classes_, self._multilabel)
        return by_class if weights is None else by_class * weights
