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

    It predicts one number per example or several. Training minimizes half the squared error of
    identity outputs; with ``loss="poisson"``, for counts and rates, half the Poisson deviance of
    outputs that are exponentials. The targets are not scaled: wrap the estimator in scikit-learn's
    ``TransformedTargetRegressor`` if they are far from 1.

    Parameters
    ----------
    hidden_layer_sizes : int or iterable of int
        Neurons in the hidden layer, or in each hidden layer.
    activation : {"identity", "logistic", "tanh", "relu"} or iterable of them
        The activation function of the hidden neurons: one for all, or one per hidden layer.
    loss : {"squared_error", "poisson"}
        What training minimizes: half the squared error, or half the Poisson deviance.
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
        made with (`hidden_layer_sizes`, `activation`, `loss`, `solver` and its settings, `alpha`)
        must not change meanwhile; the learning rate may, and so may what ends the training.
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

    Attributes
    ----------
    network_ : nnfast.NeuralNetwork
        The trained network.
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
        The R squared of the held-out examples after every epoch; None without
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
    out_activation_ : {"identity", "exp"}
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

    def _encode(
        self, y: NDArray[Any], classes: ArrayLike | None, reset: bool, in_parts: bool
    ) -> Encoded:
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"y: got {y.min()}, wants counts of at least 0 for loss='poisson'")
        return y.reshape(len(y), -1), np.zeros(len(y), dtype=np.intp)
