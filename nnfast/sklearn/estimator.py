"""What the classifier and the regressor have in common: parameters, `fit` and `partial_fit`.

scikit-learn reads an estimator's parameters from the signature of its ``__init__``, which must
spell out every one of them and only store them. Hence the long lists, here and in the classifier.
"""

import copy
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from weakref import WeakSet

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from nnfast.arrays import Array, check_within
from nnfast.network import DTYPES, NeuralNetwork
from nnfast.sklearn.compatibility import CallbackSupportMixin, TagsMixin, validate_data
from nnfast.sklearn.dense import dense_blocks
from nnfast.sklearn.evaluation import DivergenceError
from nnfast.sklearn.examples import (
    Encoded,
    Examples,
    checked_weights,
    mean_batch,
    refuse_useless_weights,
)
from nnfast.sklearn.lbfgs import Minimization
from nnfast.sklearn.parameters import (
    batch_size,
    check_parameters,
    check_unchanged,
    network_activation,
    network_parameters,
)
from nnfast.sklearn.progress import Progress
from nnfast.sklearn.training import Training
from nnref.common.arguments import FINITE
from nnref.common.optimizers import SGD, Adam, Momentum, Optimizer
from nnref.common.seen_range import UnlikeInputsWarning

SEEDS = 2**31 - 1

# What training minimizes, by the network's output activation.
LOSSES = {
    "identity": "squared_error", "exponential": "poisson",
    "sigmoid": "cross_entropy", "softmax": "cross_entropy",
}  # fmt: skip

_have_warned = WeakSet[NeuralNetwork]()
"""Not an attribute of the estimators, which must stay as they are when they predict."""


class NeuralNetworkEstimator(CallbackSupportMixin, TagsMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A network with scikit-learn's parameters: `fit` makes it, or continues it on request."""

    network_: NeuralNetwork
    n_outputs_: int
    n_iter_: int
    t_: int
    loss_curve_: list[float]
    validation_loss_curve_: list[float] | None
    validation_scores_: list[float] | None
    _made_with: dict[str, Any]

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
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.max_time = max_time

    # What the classifier and the regressor supply.

    @property
    @abstractmethod
    def _output_activation(self) -> str:
        """The network's output activation; the loss follows from it."""

    @abstractmethod
    def _encode(self, y: Any, classes: ArrayLike | None, reset: bool, in_parts: bool) -> Encoded:
        """Return the targets that `y` stands for; with reset, for a new network."""

    def _with_class_weight(
        self, encoded: Encoded, weights: NDArray[np.float64] | None, in_parts: bool
    ) -> NDArray[np.float64] | None:
        """Return the examples' weights, times those of their classes; they may be but a part."""
        return weights

    # Attributes of a fitted estimator.

    @property
    def coefs_(self) -> list[Array]:
        """The weights, one matrix (fan_in, fan_out) per layer; may be set."""
        return list(self.network_.weights)

    @coefs_.setter
    def coefs_(self, matrices: list[Array]) -> None:
        check_is_fitted(self)
        self.network_.weights = tuple(matrices)

    @property
    def intercepts_(self) -> list[Array]:
        """The biases, one vector (fan_out,) per layer; may be set."""
        return list(self.network_.biases)

    @intercepts_.setter
    def intercepts_(self, vectors: list[Array]) -> None:
        check_is_fitted(self)
        self.network_.biases = tuple(vectors)

    @property
    def n_layers_(self) -> int:
        """The layers of neurons, with those of the inputs and the outputs."""
        return len(self.network_.weights) + 1

    @property
    def out_activation_(self) -> str:
        """The activation of the outputs: "identity", "logistic", "softmax" or "exp"."""
        names = {"sigmoid": "logistic", "exponential": "exp"}
        activation = self.network_.output_activation
        return names.get(activation, activation)

    @property
    def loss_(self) -> float:
        """The loss of the last epoch; NaN if none has ended."""
        return self.loss_curve_[-1] if self.loss_curve_ else math.nan

    @property
    def best_loss_(self) -> float | None:
        """The lowest loss of any epoch; None with `early_stopping`."""
        return min(self.loss_curve_, default=math.inf) if self.validation_scores_ is None else None

    @property
    def best_validation_score_(self) -> float | None:
        """The highest score of the held-out examples; None without `early_stopping`."""
        scores = self.validation_scores_
        return None if scores is None else max(scores, default=-math.inf)

    @property
    def _batch_size(self) -> int:
        return batch_size(self.batch_size)

    def _outputs(self, X: Any) -> Array:  # noqa: N803
        """Check the inputs; return the network's outputs, (n, onodes).

        If the inputs are unlike those of the training, warn the caller of our caller: once for each
        network, since most programs call an estimator many times.
        """
        check_is_fitted(self)
        network = self.network_
        X = validate_data(  # noqa: N806
            self, X, accept_sparse="csr", dtype=network.dtype, reset=False
        )
        answers = [network._answers_and_complaint(inputs) for inputs in dense_blocks(X)]
        complaint = next((said for _, said in answers if said), None)
        if complaint and network not in _have_warned:
            warnings.warn(complaint, UnlikeInputsWarning, stacklevel=3)
            _have_warned.add(network)  # unless the warning was raised
        return np.vstack([outputs for outputs, _ in answers])

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn needs to know about the estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Training.

    def _fit(self, X: Any, y: Any, sample_weight: ArrayLike | None) -> Self:  # noqa: N803
        check_parameters(self)
        reset = not (self.warm_start and hasattr(self, "network_"))
        held_out = None
        before = _attributes(self)
        with _unchanged_after_errors(self):
            X, y, examples = self._checked(X, y, sample_weight, None, reset, False)  # noqa: N806
            seed, split_seed = check_random_state(self.random_state).randint(SEEDS, size=2)
            if self.early_stopping and self.solver != "lbfgs":
                examples, held_out = examples.split(self.validation_fraction, int(split_seed))
            examples = examples.weighed()
            if reset:
                distinct, size = examples.distinct(self._batch_size), self._batch_size
                batch = distinct if distinct < size else mean_batch(len(examples), size)
                self._start(examples, int(seed), batch)
            if held_out is not None and self.validation_scores_ is None:
                self.validation_loss_curve_, self.validation_scores_ = [], []
        with _put_back_after_divergence(self, before):
            progress = Progress(self, X, y, examples, self.max_iter)
            training: Minimization | Training = (
                Minimization(self, examples, progress)
                if self.solver == "lbfgs"
                else Training(self, examples, held_out, progress)
            )
            converged = training.run(self.max_iter)
            progress.end()
        if not converged:
            warnings.warn(
                f"max_iter: the training has not converged in {self.n_iter_} epochs",
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
        if self.early_stopping:
            raise ValueError(
                "early_stopping: got True, but partial_fit does not support early_stopping=True; "
                "it wants False"
            )
        reset = not hasattr(self, "network_")
        before = _attributes(self)
        with _unchanged_after_errors(self):
            X, y, examples = self._checked(X, y, sample_weight, classes, reset, True)  # noqa: N806
            examples = examples.weighed()
            if reset:
                seed = check_random_state(self.random_state).randint(SEEDS)
                # Not fewer, even if there are fewer: later calls may bring more examples.
                count = max(len(examples), self._batch_size)
                self._start(examples, seed, mean_batch(count, self._batch_size))
        with _put_back_after_divergence(self, before):
            progress = Progress(self, X, y, examples, 1)
            Training(self, examples, None, progress).run(1)
            progress.end()
        return self

    def _checked(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: ArrayLike | None,
        classes: ArrayLike | None,
        reset: bool,
        in_parts: bool,
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
            accept_sparse="csr",
            dtype=list(DTYPES) if reset else self.network_.dtype,
            order="C",
            multi_output=True,
            y_numeric=isinstance(self, RegressorMixin),
            reset=reset,
        )
        weights = checked_weights(sample_weight, X.shape[0])
        targets, strata = self._encode(y, classes, reset, in_parts)
        refuse_useless_weights(weights)
        weights = self._with_class_weight((targets, strata), weights, in_parts)
        refuse_useless_weights(weights)
        if not reset and targets.shape[1] != self.n_outputs_:
            raise ValueError(f"y: got {targets.shape[1]} columns, wants {self.n_outputs_}")
        with np.errstate(over="ignore"):
            examples = Examples(X, targets.astype(X.dtype), weights, strata)
        check_within("y", examples.targets, FINITE)
        return X, y, examples if weights is None else examples.chosen(weights > 0)

    def _start(self, examples: Examples, seed: int, batch: float) -> None:
        """Make a new network, for mini-batches of this many examples on average."""
        made_with = network_parameters(self)
        self._made_with = made_with
        self.n_outputs_ = examples.targets.shape[1]
        self.network_ = NeuralNetwork(
            examples.inputs.shape[1],
            made_with["hidden_layer_sizes"],
            self.n_outputs_,
            self.learning_rate_init,
            activation=network_activation(made_with["activation"]),
            output_activation=self._output_activation,
            loss=LOSSES[self._output_activation],
            hidden_error="gradient",
            bias=True,
            optimizer=self._optimizer(batch),
            init="glorot_uniform",
            bias_init="drawn",
            seed=seed,
            dtype=examples.inputs.dtype.name,
        )
        self.loss_curve_, self.t_ = [], 0
        self.validation_loss_curve_ = self.validation_scores_ = None

    def _optimizer(self, batch: float) -> Optimizer:
        """Return the optimizer; "lbfgs" moves the weights itself, and gets the simplest."""
        decay = self.alpha / batch
        if self.solver == "adam":
            return Adam(self.beta_1, self.beta_2, self.epsilon, decay)
        if self.solver == "lbfgs" or self.momentum == 0:
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


def partial_fit_is_offered(estimator: NeuralNetworkEstimator) -> bool:
    """Return whether the solver can train in parts; L-BFGS needs all examples at once."""
    return bool(estimator.solver != "lbfgs")
