"""What the classifier and the regressor have in common: parameters, `fit` and `partial_fit`.

scikit-learn reads an estimator's parameters from the signature of its ``__init__``, which must
spell out every one of them and only store them. Hence the long lists, here and in the classifier.
"""

import copy
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from weakref import WeakSet

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from nnfast.arrays import Array, check_within
from nnfast.network import DTYPES, NeuralNetwork
from nnfast.sklearn.evaluation import DivergenceError
from nnfast.sklearn.examples import Encoded, Examples, checked_weights, refuse_useless_weights
from nnfast.sklearn.parameters import (
    check_parameters,
    check_unchanged,
    network_activation,
    network_parameters,
)
from nnfast.sklearn.training import Training
from nnref.common.arguments import FINITE
from nnref.common.optimizers import SGD, Adam, Momentum, Optimizer
from nnref.common.seen_range import UnlikeInputsWarning

SEEDS = 2**31 - 1

_have_warned = WeakSet[NeuralNetwork]()
"""Not an attribute of the estimators, which must stay as they are when they predict."""


class NeuralNetworkEstimator(CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A network with scikit-learn's parameters: `fit` makes it, or continues it on request."""

    network_: NeuralNetwork
    n_outputs_: int
    loss_curve_: list[float]
    validation_loss_curve_: list[float]
    validation_scores_: list[float]
    _made_with: dict[str, Any]
    _scale: float

    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int] = (100,),
        activation: str | Iterable[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int = 32,
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 0.0001,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_time: float | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_time = max_time

    # What the classifier and the regressor supply.

    @property
    @abstractmethod
    def _output_activation(self) -> str:
        """The network's output activation; the loss follows from it."""

    @abstractmethod
    def _encode(self, y: Any, classes: ArrayLike | None, reset: bool) -> Encoded:
        """Return the targets that `y` stands for; with reset, for a new network."""

    def _with_class_weight(
        self, y: Any, targets: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64] | None:
        """Return the examples' weights, times those of their classes."""
        return weights

    # Attributes of a fitted estimator.

    @property
    def coefs_(self) -> list[Array]:
        """The weights, one matrix (fan_in, fan_out) per layer."""
        return list(self.network_.weights)

    @property
    def intercepts_(self) -> list[Array]:
        """The biases, one vector (fan_out,) per layer."""
        return list(self.network_.biases)

    @property
    def n_iter_(self) -> int:
        """The epochs of training so far, including those of warm starts and `partial_fit`."""
        return len(self.loss_curve_)

    def _outputs(self, X: Any) -> Array:  # noqa: N803
        """Check the inputs; return the network's outputs, (n, onodes).

        If the inputs are unlike those of the training, warn the caller of our caller: once for each
        network, since most programs call an estimator many times.
        """
        check_is_fitted(self)
        network = self.network_
        X = validate_data(self, X, dtype=network.dtype, reset=False)  # noqa: N806
        outputs, complaint = network._answers_and_complaint(X)
        if complaint and network not in _have_warned:
            warnings.warn(complaint, UnlikeInputsWarning, stacklevel=3)
            _have_warned.add(network)  # unless the warning was raised
        return outputs

    # Training.

    def _fit(self, X: Any, y: Any, sample_weight: ArrayLike | None) -> Self:  # noqa: N803
        check_parameters(self)
        reset = not (self.warm_start and hasattr(self, "network_"))
        held_out = None
        before = _attributes(self)
        with _unchanged_after_errors(self):
            X, y, examples = self._checked(X, y, sample_weight, None, reset)  # noqa: N806
            seed, split_seed = check_random_state(self.random_state).randint(SEEDS, size=2)
            if self.early_stopping:
                examples, held_out = examples.split(self.validation_fraction, int(split_seed))
            if reset:
                self._start(examples, int(seed), min(self.batch_size, examples.total_weight))
        with _put_back_after_divergence(self, before):
            converged = Training(self, X, y, examples, held_out).run(self.max_iter)
        if not converged:
            warnings.warn(
                f"max_iter: the training has not converged in {self.max_iter} epochs",
                ConvergenceWarning,
                stacklevel=4,
            )
        return self

    def _partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: ArrayLike | None,
        classes: ArrayLike | None = None,
    ) -> Self:
        check_parameters(self)
        reset = not hasattr(self, "network_")
        before = _attributes(self)
        with _unchanged_after_errors(self):
            X, y, examples = self._checked(X, y, sample_weight, classes, reset)  # noqa: N806
            if reset:
                seed = check_random_state(self.random_state).randint(SEEDS)
                # Not fewer, even if there are fewer: later calls may bring more examples.
                self._start(examples, seed, self.batch_size)
        with _put_back_after_divergence(self, before):
            Training(self, X, y, examples).run(1)
        return self

    def _checked(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: ArrayLike | None,
        classes: ArrayLike | None,
        reset: bool,
    ) -> tuple[Array, NDArray[Any], Examples]:
        """Check the data; return them, and the examples whose weight is not 0.

        With reset they are for a new network, otherwise they must suit the existing one.
        """
        if not reset:
            check_unchanged(self, self._made_with)
        X, y = validate_data(  # noqa: N806
            self,
            X,
            y,
            dtype=list(DTYPES) if reset else self.network_.dtype,
            order="C",
            multi_output=True,
            y_numeric=isinstance(self, RegressorMixin),
            reset=reset,
        )
        weights = checked_weights(sample_weight, len(X))
        targets, strata = self._encode(y, classes, reset)
        weights = self._with_class_weight(y, targets, weights)
        refuse_useless_weights(weights)
        if not reset and targets.shape[1] != self.n_outputs_:
            raise ValueError(f"y: got {targets.shape[1]} columns, wants {self.n_outputs_}")
        with np.errstate(over="ignore"):
            examples = Examples(X, targets.astype(X.dtype), weights, strata)
        check_within("y", examples.targets, FINITE)
        return X, y, examples if weights is None else examples.chosen(weights > 0)

    def _start(self, examples: Examples, seed: int, batch: float) -> None:
        """Make a new network, for mini-batches that count as this many examples."""
        made_with = network_parameters(self)
        self._made_with = made_with
        self.n_outputs_ = examples.targets.shape[1]
        self._scale = examples.scale
        self.network_ = NeuralNetwork(
            examples.inputs.shape[1],
            made_with["hidden_layer_sizes"],
            self.n_outputs_,
            self.learning_rate_init,
            activation=network_activation(made_with["activation"]),
            output_activation=self._output_activation,
            loss="squared_error" if self._output_activation == "identity" else "cross_entropy",
            hidden_error="gradient",
            bias=True,
            optimizer=self._optimizer(batch),
            init="scaled_normal",
            seed=seed,
            dtype=examples.inputs.dtype.name,
        )
        self.loss_curve_, self.validation_loss_curve_, self.validation_scores_ = [], [], []

    def _optimizer(self, batch: float) -> Optimizer:
        """Return the optimizer for gradients divided by the scale; see `WeightedBatches`."""
        decay = self.alpha / batch / self._scale
        if self.solver == "adam":
            return Adam(self.beta_1, self.beta_2, self.epsilon / self._scale, decay)
        if self.momentum == 0:
            return SGD(decay)
        return Momentum(self.momentum, self.nesterovs_momentum, decay)


def _attributes(estimator: BaseEstimator) -> dict[str, Any]:
    """Return the estimator's attributes, with copies of those that training changes in place."""
    changed = ("network_", "loss_curve_", "validation_loss_curve_", "validation_scores_")
    return {
        name: copy.copy(value) if name in changed else value
        for name, value in vars(estimator).items()
    }


@contextmanager
def _put_back_after_divergence(
    estimator: BaseEstimator, attributes: dict[str, Any]
) -> Iterator[None]:
    """Give the estimator these attributes again if training diverges in the block."""
    try:
        yield
    except DivergenceError:
        vars(estimator).clear()
        vars(estimator).update(attributes)
        raise


@contextmanager
def _unchanged_after_errors(estimator: BaseEstimator) -> Iterator[None]:
    """Restore the estimator's attributes if an error ends the block."""
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
