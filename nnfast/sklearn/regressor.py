"""The regressor."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from nnfast.arrays import Array
from nnfast.sklearn.compatibility import with_callbacks
from nnfast.sklearn.estimator import NeuralNetworkEstimator, partial_fit_is_offered
from nnfast.sklearn.examples import Encoded

OUTPUT_ACTIVATIONS = {"squared_error": "identity", "poisson": "exponential"}


class NeuralNetworkRegressor(RegressorMixin, MultiOutputMixin, NeuralNetworkEstimator):  # type: ignore[misc]
    """A neural network that predicts numbers, as a scikit-learn estimator.

    It predicts one number per example or several, each by an identity output. Training minimizes
    half the squared error. The targets are not scaled: wrap the estimator in scikit-learn's
    ``TransformedTargetRegressor`` if they are far from 1.

    Parameters
    ----------
    hidden_layer_sizes : int or iterable of int
        Neurons in the hidden layer, or in each hidden layer.
    activation : {"logistic", "tanh", "relu"}, or an iterable of them, one per hidden layer
        The activation function of the hidden neurons.
    solver : {"sgd", "adam"}
        The optimizer; "sgd" uses `momentum`.
    alpha : float
        L2 penalty: ``alpha / 2`` times the sum of the squared weights, divided by the number of
        examples in a mini-batch, is added to the loss. That number is the harmonic mean over an
        epoch; copies of examples do not count where all that differ fit into one mini-batch. Biases
        are not penalized.
    batch_size : int or "auto"
        Examples per update; all of them if there are fewer. "auto" means 200.
    learning_rate : {"constant", "adaptive"}
        "adaptive" divides the learning rate by 5 each time `n_iter_no_change` would end the
        training, and lets it end only when the rate is down to 1e-6.
    learning_rate_init : float
        The initial learning rate.
    max_iter : int
        The most epochs that `fit` takes. If it takes them all and nothing else has ended the
        training, a ConvergenceWarning says so.
    shuffle : bool
        Visit the examples in a new order each epoch.
    random_state : int, RandomState instance or None
        The source of the first weights, of the order of the examples, and of the choice of those
        that are held out.
    tol : float
        A loss counts as an improvement only if it is below the lowest so far by at least this. It
        is the training loss with its L2 penalty or, with `early_stopping`, the validation loss.
    warm_start : bool
        Let `fit` continue with the existing network and its optimizer's state. What the network was
        made with (`hidden_layer_sizes`, `activation`, `solver` and its settings, `alpha`) must not
        change meanwhile; the learning rate may, and so may what ends the training.
    momentum : float
        For "sgd": at least 0, which means no momentum, and below 1.
    nesterovs_momentum : bool
        For "sgd" with momentum: use Nesterov's, which looks ahead.
    early_stopping : bool
        Hold some examples out, watch their loss instead of the training loss, and in the end keep
        the network as it was after its best epoch. A warm start holds out the same examples only
        if `random_state` is an int.
    validation_fraction : float
        With `early_stopping`: the fraction of the examples that is held out. Of examples that
        are equal, either all are held out or none.
    beta_1, beta_2, epsilon : float
        For "adam": the decay rates of its two moving averages, and what keeps it from dividing by
        zero.
    n_iter_no_change : int
        `fit` stops after more than this many epochs in a row without an improvement.
    max_time : float, optional
        `fit` starts no further epoch after this many seconds.

    Attributes
    ----------
    network_ : nnfast.NeuralNetwork
        The trained network.
    coefs_, intercepts_ : list of ndarray
        Its weights (fan_in, fan_out) and biases (fan_out,), first layer first.
    loss_curve_ : list of float
        The mean loss over the examples of every epoch, without the L2 penalty.
    validation_loss_curve_, validation_scores_ : list of float
        The mean loss and the R squared of the held-out examples after every epoch; empty without
        `early_stopping`.
    n_iter_ : int
        The epochs of training so far, including those of warm starts and `partial_fit`. The network
        that `early_stopping` keeps has been through ``network_.epochs`` of them.
    n_outputs_ : int
        Neurons in the output layer.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X was a data frame with names.

    Notes
    -----
    The network computes in float32 if X is float32, and in float64 otherwise.

    An example of weight w counts as w examples: its share in the gradient of a mini-batch, and in
    every loss, is w divided by the mean weight. This holds for fractions, too, and exactly except
    for rounding. But a mini-batch has `batch_size` examples, whatever their weights, so an example
    of weight 2 gives the same network as two copies of it only where one mini-batch holds all
    examples. A weight of 0 leaves an example out. `partial_fit` compares the weights within one
    call. A weight that is larger, relative to their mean, than all weights of the first call is
    divided among several copies of its example.

    The optimizer of `network_` has its weight decay and epsilon for gradients that are divided by
    a scale, so let the estimator, not the network, continue the training.

    `predict` passes on the network's warning about inputs unlike those that it was trained on, an
    ``nnfast.UnlikeInputsWarning``, once for each `network_`.

    `set_callbacks` takes scikit-learn's callbacks, such as ``sklearn.callback.ProgressBar()``. Each
    epoch is a task for them.
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int] = (100,),
        activation: str | Iterable[str] = "relu",
        *,
        loss: str = "squared_error",
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
        self.loss = loss

    @property
    def _output_activation(self) -> str:
        return OUTPUT_ACTIVATIONS[self.loss]

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train a new network, or continue with the existing one if `warm_start` says so.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row; finite numbers.
        y : (n,) or (n, n_outputs) array-like
            The number or numbers that belong to each example; finite.
        sample_weight : (n,) array-like, optional
            What each example counts as; at least 0, and not all 0.

        Returns
        -------
        NeuralNetworkRegressor
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
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch, for data that arrive in parts.

        The first call makes the network. What ends `fit` (`max_iter`, `tol`, `early_stopping`,
        `max_time`) has no effect here.

        Parameters
        ----------
        X : (n, n_features) array-like
            As for `fit`.
        y : (n,) or (n, n_outputs) array-like
            As for `fit`.
        sample_weight : (n,) array-like, optional
            As for `fit`.

        Returns
        -------
        NeuralNetworkRegressor
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            As `fit` does.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the number or numbers predicted for each example.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row.

        Returns
        -------
        (n,) floats, or (n, n_outputs) if there are several per example
        """
        outputs = self._outputs(X)
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _encode(self, y: NDArray[Any], classes: ArrayLike | None, reset: bool) -> Encoded:
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"y: got {y.min()}, wants counts of at least 0 for loss='poisson'")
        return y.reshape(len(y), -1), np.zeros(len(y), dtype=np.intp)
