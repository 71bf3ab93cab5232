"""The network as scikit-learn's estimators: a classifier and a regressor.

For instance::

    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from nnfast.sklearn import NeuralNetworkClassifier

    model = make_pipeline(StandardScaler(), NeuralNetworkClassifier())
    model.fit(X, y)

Parameters and attributes have scikit-learn's names where they mean what scikit-learn's own
``MLPClassifier`` and ``MLPRegressor`` mean by them. Inputs are taken as they are: scale them first.
"""

import copy
import math
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import check_within
from nnfast.network import DTYPES, NeuralNetwork
from nnfast.optional import required_by
from nnref.common.arguments import (
    FINITE,
    OPEN_UNIT,
    POSITIVE,
    flag,
    from_to_below,
    items,
    number_within,
    one_of,
    positive_int,
    shown,
)
from nnref.common.description import sizes
from nnref.common.network import Network
from nnref.common.optimizers import SGD, Adam, Momentum, Optimizer
from nnref.common.randomness import epoch_order
from nnref.common.training import History

with required_by("nnfast.sklearn", "scikit-learn>=1.9"):
    from scipy.sparse import issparse
    from scipy.special import xlogy
    from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
    from sklearn.callback import CallbackSupportMixin, with_callbacks
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import r2_score
    from sklearn.utils import check_array, check_random_state, column_or_1d, compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets, type_of_target
    from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["NeuralNetworkClassifier", "NeuralNetworkRegressor"]

Array = NDArray[np.floating]

ACTIVATIONS = {"logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
# An adaptive learning rate is divided by SLOWER until it is SLOWEST, as in scikit-learn.
SLOWER, SLOWEST = 5.0, 1e-6
# What a network is made with; the other parameters can be changed before it goes on.
OF_THE_NETWORK = (
    "hidden_layer_sizes", "activation", "solver", "alpha", "momentum", "nesterovs_momentum",
    "beta_1", "beta_2", "epsilon",
)  # fmt: skip
MOST_SEEDS = 2**31 - 1


class _NeuralNetworkEstimator(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """What the classifier and the regressor have in common: parameters and training."""

    classes_: NDArray[Any]
    network_: NeuralNetwork
    n_outputs_: int
    loss_curve_: list[float]
    validation_loss_curve_: list[float]
    validation_scores_: list[float]
    _made_with: dict[str, Any]
    _multilabel: bool
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
        """How many epochs there have been, those of warm starts and `partial_fit` included."""
        return len(self.loss_curve_)

    def _outputs(self, X: Any) -> Array:  # noqa: N803
        """Return the network's outputs, (n, n_outputs), for checked inputs."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=self.network_.dtype, reset=False)  # noqa: N806
        return self.network_.predict(X)

    # Training.

    def _fit(self, X: Any, y: Any, sample_weight: ArrayLike | None) -> Self:  # noqa: N803
        self._check_parameters()
        anew = not (self.warm_start and hasattr(self, "network_"))
        with _all_or_nothing(self):
            X, y, examples = self._checked(X, y, sample_weight, None, anew)  # noqa: N806
            seed, split_seed = check_random_state(self.random_state).randint(MOST_SEEDS, size=2)
            held_out = None
            if self.early_stopping:
                examples, held_out = examples.split(self.validation_fraction, int(split_seed))
            if anew:
                self._start(examples, int(seed), min(self.batch_size, examples.total))
        _Training(self, X, y, examples, held_out).run(self.max_iter, until_converged=True)
        return self

    def _partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: ArrayLike | None,
        classes: ArrayLike | None = None,
    ) -> Self:
        self._check_parameters()
        anew = not hasattr(self, "network_")
        with _all_or_nothing(self):
            X, y, examples = self._checked(X, y, sample_weight, classes, anew)  # noqa: N806
            if anew:
                seed = check_random_state(self.random_state).randint(MOST_SEEDS)
                # Later calls can have more examples.
                self._start(examples, seed, self.batch_size)
        _Training(self, X, y, examples).run(1, until_converged=False)
        return self

    def _checked(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: ArrayLike | None,
        classes: ArrayLike | None,
        anew: bool,
    ) -> tuple[Array, NDArray[Any], "_Examples"]:
        """Check the data; return these, and the examples that count."""
        if not anew:
            self._check_unchanged()
        X, y = validate_data(  # noqa: N806
            self,
            X,
            y,
            dtype=list(DTYPES) if anew else self.network_.dtype,
            order="C",
            multi_output=True,
            y_numeric=isinstance(self, RegressorMixin),
            reset=anew,
        )
        weights = self._weighted(y, _as_weights(sample_weight, len(X)))
        _refuse_useless(weights)
        targets, strata = self._encoded(y, classes, anew)
        if not anew and targets.shape[1] != self.n_outputs_:
            raise ValueError(f"y: got {targets.shape[1]} columns, wants {self.n_outputs_}")
        with np.errstate(over="ignore"):
            examples = _Examples(X, targets.astype(X.dtype), weights, strata)
        check_within("y", examples.targets, FINITE)
        return X, y, examples if weights is None else examples.taken(weights > 0)

    def _start(self, examples: "_Examples", seed: int, batch: float) -> None:
        """Make a network that has learned nothing, for mini-batches of about so many examples."""
        self._made_with = {name: getattr(self, name) for name in OF_THE_NETWORK}
        self.n_outputs_ = examples.targets.shape[1]
        self._scale = examples.scale
        self.network_ = NeuralNetwork(
            examples.inputs.shape[1],
            sizes("hidden_layer_sizes", self.hidden_layer_sizes),
            self.n_outputs_,
            self.learning_rate_init,
            activation=_activations(self.activation),
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
        """Return the optimizer for gradients that are divided by the scale; see `_Batches`."""
        decay = self.alpha / batch / self._scale
        if self.solver == "adam":
            return Adam(self.beta_1, self.beta_2, self.epsilon / self._scale, decay)
        if self.momentum == 0:
            return SGD(decay)
        return Momentum(self.momentum, self.nesterovs_momentum, decay)

    def _check_parameters(self) -> None:
        for name in ("hidden_layer_sizes", "activation"):
            value = getattr(self, name)
            if isinstance(value, Iterator):
                raise TypeError(
                    f"{name}: got {shown(value)}, which can be gone through once only, wants a "
                    "sequence"
                )
        sizes("hidden_layer_sizes", self.hidden_layer_sizes)
        _activations(self.activation)
        one_of("solver", self.solver, ("sgd", "adam"))
        one_of("learning_rate", self.learning_rate, ("constant", "adaptive"))
        for name in ("batch_size", "max_iter", "n_iter_no_change"):
            positive_int(name, getattr(self, name))
        for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
            flag(name, getattr(self, name))
        for name in ("learning_rate_init", "epsilon"):
            number_within(name, getattr(self, name), POSITIVE)
        for name in ("alpha", "tol"):
            number_within(name, getattr(self, name), from_to_below(0.0, math.inf))
        for name in ("momentum", "beta_1", "beta_2"):
            number_within(name, getattr(self, name), from_to_below(0.0, 1.0))
        number_within("validation_fraction", self.validation_fraction, OPEN_UNIT)
        if self.max_time is not None:
            number_within("max_time", self.max_time, POSITIVE)

    def _check_unchanged(self) -> None:
        """Raise ValueError if a parameter is not what the network that goes on was made with."""
        for name, before in self._made_with.items():
            value = getattr(self, name)
            if name == "hidden_layer_sizes":
                is_same = sizes(name, value) == sizes(name, before)
            elif name == "activation":
                is_same = _activations(value) == _activations(before)
            else:
                is_same = value == before
            if not is_same:
                raise ValueError(
                    f"{name}: got {shown(value)}, wants {shown(before)}, with which the network "
                    "was made that goes on"
                )


@dataclass
class _Examples:
    """Examples as the network takes them.

    Attributes
    ----------
    inputs : (n, inodes) floats
    targets : (n, onodes) floats
    weights : (n,) float64, or None
        None if every example counts as one.
    strata : (n,) int
        Which group each belongs to, for a split that takes as much of each.
    """

    inputs: Array
    targets: Array
    weights: NDArray[np.float64] | None
    strata: NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def total(self) -> float:
        """As how many examples they count."""
        return float(len(self) if self.weights is None else self.weights.sum())

    def taken(self, chosen: NDArray[np.bool_]) -> "_Examples":
        """Return some of the examples."""
        weights = None if self.weights is None else self.weights[chosen]
        return _Examples(self.inputs[chosen], self.targets[chosen], weights, self.strata[chosen])

    @property
    def scale(self) -> float:
        """Return a power of two that no weight, as a part of their mean, is above."""
        if self.weights is None:
            return 1.0
        mean = (self.weights / self.weights.max()).mean()
        return float(2.0 ** math.ceil(-math.log2(mean)))

    def split(self, fraction: float, seed: int) -> tuple["_Examples", "_Examples"]:
        """Return the examples to train on, and those held out: this fraction of each group.

        Which ones is drawn from what they hold. So equal ones are all on one side, where they
        cannot vouch for each other, and the order of the examples changes nothing; nor does it
        whether an example is there twice or has a weight of 2. Each group keeps one for training.
        """
        key = seed.to_bytes(8, "little")
        rows = np.ascontiguousarray(np.hstack([self.inputs, self.targets]))
        draws = np.array(
            [int.from_bytes(blake2b(row, digest_size=8, key=key).digest()) for row in rows],
            dtype=np.uint64,
        )
        groups = [np.unique(draws[self.strata == group]) for group in np.unique(self.strata)]
        held_out = np.zeros(len(self), dtype=np.bool_)
        for group, count in zip(groups, _parts(fraction, [len(g) for g in groups]), strict=True):
            held_out |= np.isin(draws, group[:count])
        if not held_out.any():
            raise ValueError(
                "early_stopping: got one sample of each class, or several that are equal, wants "
                "at least 2 of some class that differ: one for training and one held out"
            )
        return self.taken(~held_out), self.taken(held_out)


def _parts(fraction: float, members: list[int]) -> list[int]:
    """Return how many of each group to hold out: this fraction of all, and at least one.

    Each gets the whole number below its part, and those go on that have most left over. But for one
    of each, which is for training.
    """
    most = np.array(members) - 1
    parts = fraction * np.array(members)
    counts = np.minimum(parts.astype(np.int64), most)
    missing = max(1, round(fraction * sum(members))) - int(counts.sum())
    # Where as much is left over, of the larger group; and of equal ones the first.
    for group in np.lexsort((-most, counts - parts)):
        if missing > 0 and counts[group] < most[group]:
            counts[group] += 1
            missing -= 1
    return [int(count) for count in counts]


class _Batches:
    """The mini-batches of an epoch, in which each example counts by its weight.

    An output neuron's delta is ``target - output``, for all three kinds of network here. With
    ``output + share * (target - output)`` for a target it is share times as large, and with it all
    that follows from it: what an example of this weight adds to the gradient, exactly. A share
    must not be above 1, or a target could leave the 0 to 1 that cross-entropy wants. So shares are
    weights, as parts of their mean, divided by a scale, which the optimizer makes good; and a
    weight that is above the scale (the scale is the first call's, `partial_fit` can have others) is
    shared by several copies of its example.

    Going through it is an epoch, and leaves that epoch's mean loss in ``loss``.
    """

    def __init__(
        self,
        network: NeuralNetwork,
        examples: _Examples,
        scale: float,
        batch_size: int,
        shuffle: bool,
    ) -> None:
        weights = np.ones(len(examples)) if examples.weights is None else examples.weights
        weights = weights / weights.max()
        shares = weights / weights.mean() / scale
        copies = np.maximum(1, np.ceil(shares)).astype(np.int64)
        self.loss = math.nan
        self._network, self._examples = network, examples
        self._batch_size, self._shuffle = batch_size, shuffle
        self._rows = np.repeat(np.arange(len(examples)), copies)
        self._shares = (shares / copies)[self._rows]

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        network, loss = self._network, 0.0
        order = np.arange(len(self._rows))
        if self._shuffle:
            order = np.array(epoch_order(len(order), network.seed, network.epochs))
        for start in range(0, len(order), self._batch_size):
            places = order[start : start + self._batch_size]
            inputs = self._examples.inputs[self._rows[places]]
            targets = self._examples.targets[self._rows[places]]
            shares = self._shares[places]
            outputs = network._answers(inputs)
            loss += float(shares @ _losses(network, outputs, targets))
            _refuse_divergence(loss)
            yield inputs, outputs + shares[:, np.newaxis].astype(inputs.dtype) * (targets - outputs)
        self.loss = loss / float(self._shares.sum())


class _Training:
    """What one call of fit or partial_fit does, after its checks."""

    def __init__(
        self,
        estimator: _NeuralNetworkEstimator,
        X: Array,  # noqa: N803
        y: NDArray[Any],
        examples: _Examples,
        held_out: _Examples | None = None,
    ) -> None:
        self._estimator, self._network = estimator, estimator.network_
        self._held_out = held_out
        self._told = {"X": X, "y": y, "reconstruction_attributes": self._as_it_is}
        self._rate = estimator.learning_rate_init
        self._smallest, self._best = math.inf, self._network
        if held_out is not None and self._network.epochs > 0:
            # What was there before a warm start can be better than all that comes.
            outputs = self._network._answers(held_out.inputs)
            self._smallest = _mean_loss(self._network, outputs, held_out)
            self._best = copy.copy(self._network)
        self._without_gain = 0
        self._batches: _Batches | None = None
        self._data: tuple[Any, ...] = (examples.inputs, examples.targets)
        if examples.weights is not None or estimator._scale != 1:
            self._batches = _Batches(
                self._network,
                examples,
                estimator._scale,
                estimator.batch_size,
                estimator.shuffle,
            )
            self._data = (self._batches,)

    def run(self, epochs: int, *, until_converged: bool) -> None:
        """Train for so many epochs, or until the loss, the clock or a callback says stop."""
        estimator, network = self._estimator, self._network
        self._until_converged = until_converged
        self._deadline = math.inf
        if until_converged and estimator.max_time is not None:
            self._deadline = time.monotonic() + estimator.max_time
        self._task = estimator._init_callback_context(max_subtasks=epochs)
        self._task.call_on_fit_task_begin(estimator=estimator, **self._told)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                network.fit(
                    *self._data,
                    epochs=epochs,
                    batch_size=estimator.batch_size,
                    shuffle=estimator.shuffle and self._batches is None,
                    schedule=self._before_epoch,
                    callback=self._after_epoch,
                )
        finally:
            # The best one also after Ctrl-C.
            estimator.network_ = self._best
        self._task.call_on_fit_task_end(estimator=estimator, **self._told)
        if until_converged and not self._stopped:
            warnings.warn(
                f"max_iter: the training has not converged in {epochs} epochs",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _before_epoch(self, epoch: int, lr: float) -> float:
        self._epoch = self._task.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._told)
        is_adam = isinstance(self._network.optimizer, Adam)
        return self._rate if is_adam else self._rate * self._estimator._scale

    def _after_epoch(self, network: Network, history: History) -> bool:
        """Note how the epoch went; return whether to stop."""
        estimator = self._estimator
        loss = history.loss[-1] if self._batches is None else self._batches.loss
        _refuse_divergence(loss)
        estimator.loss_curve_.append(loss)
        if self._held_out is not None:
            loss = self._judge(self._held_out)
        converged = self._until_converged and self._has_converged(loss)
        late = time.monotonic() >= self._deadline
        said_stop = self._epoch.call_on_fit_task_end(estimator=estimator, **self._told)
        self._stopped = converged or late or said_stop
        return self._stopped

    def _judge(self, held_out: _Examples) -> float:
        """Note how well the held-out examples are answered, and return their mean loss."""
        outputs = self._network._answers(held_out.inputs)
        loss = _mean_loss(self._network, outputs, held_out)
        _refuse_divergence(loss)
        self._estimator.validation_loss_curve_.append(loss)
        self._estimator.validation_scores_.append(_score(self._network, outputs, held_out))
        return loss

    def _has_converged(self, loss: float) -> bool:
        """Return whether the loss has not gone down for long, and a lower rate will not help."""
        estimator = self._estimator
        gained = loss < self._smallest - estimator.tol
        self._without_gain = 0 if gained else self._without_gain + 1
        if loss < self._smallest:
            self._smallest = loss
            if self._held_out is not None:
                self._best = copy.copy(self._network)
        if self._without_gain <= estimator.n_iter_no_change:
            return False
        if estimator.learning_rate == "constant" or self._rate <= SLOWEST:
            return True
        self._rate, self._without_gain = self._rate / SLOWER, 0
        return False

    def _as_it_is(self) -> dict[str, Any]:
        """Return what makes a copy of the estimator one that could have stopped here."""
        return {
            "network_": copy.copy(self._estimator.network_),
            "loss_curve_": self._estimator.loss_curve_.copy(),
            "validation_loss_curve_": self._estimator.validation_loss_curve_.copy(),
            "validation_scores_": self._estimator.validation_scores_.copy(),
        }


class NeuralNetworkClassifier(ClassifierMixin, _NeuralNetworkEstimator):  # type: ignore[misc]
    """A neural network that tells classes apart: scikit-learn's estimator.

    Classes of any labels, or several labels at once, where y is a matrix of 0 and 1 with a column
    per label. It makes the cross-entropy small, with softmax outputs for classes, one each, and
    with sigmoid outputs for labels.

    Parameters
    ----------
    hidden_layer_sizes : int or iterable of int
        Neurons in the hidden layer, or in each of several.
    activation : {"logistic", "tanh", "relu"}, or an iterable of them, one a hidden layer
        What a hidden neuron makes of the signal into it.
    solver : {"sgd", "adam"}
        How a gradient moves the weights; "sgd" has the momentum given.
    alpha : float
        L2 penalty: alpha / 2 times the sum of the squared weights, divided by `batch_size`, is
        added to the loss; divided by the sum of what the examples count, where `fit` is given too
        few for a mini-batch. Biases are not shrunk.
    batch_size : int
        Examples per update; all, where there are not so many.
    learning_rate : {"constant", "adaptive"}
        "adaptive" divides the learning rate by 5 each time the training would stop for
        `n_iter_no_change`, and lets it stop only when the rate is below 1e-6.
    learning_rate_init : float
        The learning rate.
    max_iter : int
        Epochs of `fit` at most. If they are used up before anything else has ended the training,
        a ConvergenceWarning says so.
    shuffle : bool
        Visit the examples in a new order each epoch.
    random_state : int, RandomState instance or None
        What the first weights, the order of the examples and those held out are drawn from.
    tol : float
        By how much a loss must be smaller than the smallest before to count as smaller.
    warm_start : bool
        `fit` goes on with the network that there is, its optimizer's state included. What this was
        made with (`hidden_layer_sizes`, `activation`, `solver` and its settings, `alpha`) cannot
        be changed meanwhile; the learning rate, and what ends the training, can.
    momentum : float
        For "sgd": from 0, which is none, to below 1.
    nesterovs_momentum : bool
        For "sgd" with momentum: look ahead.
    early_stopping : bool
        `fit` holds some examples out, watches their loss and not that of training, and in the end
        has the network as it was after its best epoch. A warm start holds out the same ones if
        `random_state` is a number.
    validation_fraction : float
        With `early_stopping`: the part of the examples that is held out, of each class as much.
        Equal examples are held out all or none.
    beta_1, beta_2, epsilon : float
        For "adam": how slowly its averages forget, and what keeps it from dividing by zero.
    n_iter_no_change : int
        `fit` stops when the loss has not become smaller by `tol` for more epochs than this.
    max_time : float, optional
        Seconds after which `fit` starts no other epoch.
    class_weight : dict, "balanced" or a list of dicts, optional
        The weight of each class, by its label; "balanced" gives all classes the same part in the
        training. For several labels at once a dict per column of y, whose weights are multiplied.
        Weights multiply those of `sample_weight`.

    Attributes
    ----------
    network_ : nnfast.NeuralNetwork
        The trained network.
    classes_ : ndarray
        The labels of the classes, sorted; for several labels at once the columns' numbers.
    coefs_, intercepts_ : list of ndarray
        Its weights (fan_in, fan_out) and biases (fan_out,), the first layer's first.
    loss_curve_ : list of float
        The mean loss of every epoch's examples, without the penalty of `alpha`.
    validation_loss_curve_, validation_scores_ : list of float
        The held-out examples' mean loss, and their accuracy, after every epoch; empty
        without `early_stopping`.
    n_iter_ : int
        How many epochs there have been, those of warm starts and `partial_fit` included. Of these
        the network that `early_stopping` has kept went through ``network_.epochs``.
    n_outputs_ : int
        Neurons in the output layer.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X was a data frame with names.

    Notes
    -----
    The network's numbers are float32 if X is, and else float64.

    An example of weight w counts as w examples: in the gradient of a mini-batch, and in every loss,
    it has a part of w / (the mean weight), for fractions too, and exactly but for rounding. But a
    mini-batch has batch_size examples whatever they weigh, so that a weight of 2 gives the same
    network as an example that is there twice only where a mini-batch holds all examples. A weight
    of 0 leaves an example out. `partial_fit` compares weights within one call; a weight that is a
    larger part of their mean than any in the first call is served by several copies of its example.

    The optimizer of `network_` has weight decay and epsilon for gradients that are divided by a
    scale; so it is the estimator that goes on training it.

    `predict` passes on the network's warning of inputs that are nothing like those it has learned.

    `set_callbacks` takes scikit-learn's callbacks, such as ``sklearn.callback.ProgressBar()``; a
    task of theirs is an epoch.
    """

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
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_time=max_time,
        )
        self.class_weight = class_weight

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train a new network, or with `warm_start` the one that there is.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row; finite numbers.
        y : (n,) array-like of labels, or (n, n_labels) of 0 and 1
            The class of each example, or its labels.
        sample_weight : (n,) array-like, optional
            As how many examples each counts; at least 0, and not all 0.

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

    @with_callbacks  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Go once through some examples: an epoch of training, for data that come in parts.

        What stops `fit` (`max_iter`, `tol`, `early_stopping`, `max_time`) is not looked at.

        Parameters
        ----------
        X : (n, n_features) array-like
            As `fit` has it.
        y : (n,) array-like of labels, or (n, n_labels) of 0 and 1
            As `fit` has it.
        classes : (n_classes,) array-like, optional
            All labels that there will ever be; wanted by the first call, unless y is a matrix.
        sample_weight : (n,) array-like, optional
            As `fit` has it.

        Returns
        -------
        NeuralNetworkClassifier
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            As `fit` does.
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ValueError(
                "class_weight: got 'balanced', wants a dict for partial_fit, which does not see "
                "all examples"
            )
        first = not hasattr(self, "network_")
        if first and classes is None and not type_of_target(y).startswith("multilabel"):
            raise ValueError(
                "classes: got None in the first call of partial_fit, wants all the labels that "
                "there will be"
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the most probable class of each example, or every label above one half.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row.

        Returns
        -------
        (n,) labels, or (n, n_labels) of 0 and 1
        """
        outputs = self._outputs(X)
        if self._multilabel:
            return (outputs > 0.5).astype(int)
        labels: NDArray[Any] = self.classes_[outputs.argmax(axis=1)]
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
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn wants to know of the estimator."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @property
    def _output_activation(self) -> str:
        return "sigmoid" if self._multilabel else "softmax"

    def _encoded(
        self, y: Any, classes: ArrayLike | None, anew: bool
    ) -> tuple[NDArray[Any], NDArray[np.intp]]:
        check_classification_targets(y)
        y = np.asarray(y.toarray() if issparse(y) else y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        multilabel = y.ndim == 2
        if not anew and multilabel != self._multilabel:
            kinds = ["(n,) labels of classes", "(n, n_labels) of 0 and 1"]
            got, wants = kinds[multilabel], kinds[self._multilabel]
            raise ValueError(f"y: got {got}, wants {wants}, as before")
        known = _classes_of(y, classes) if anew else self.classes_
        if not anew and classes is not None and not np.array_equal(_classes_of(y, classes), known):
            raise ValueError(f"classes: got {shown(classes)}, wants {shown(known)}, as before")
        encoded = (_labels_encoded if multilabel else _classes_encoded)(y, known)
        self.classes_, self._multilabel = known, multilabel
        return encoded

    def _weighted(self, y: Any, weights: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        if self.class_weight is None:
            return weights
        if isinstance(self.class_weight, str):
            one_of("class_weight", self.class_weight, ["balanced"])
        by_class: NDArray[np.float64] = compute_sample_weight(self.class_weight, y)
        return by_class if weights is None else by_class * weights


class NeuralNetworkRegressor(RegressorMixin, MultiOutputMixin, _NeuralNetworkEstimator):  # type: ignore[misc]
    """A neural network that tells numbers: scikit-learn's estimator.

    It makes one half of the squared error small, with identity outputs, one for each number to be
    told. These are taken as they are: wrap it in ``TransformedTargetRegressor`` if they are far
    from 1.

    Parameters
    ----------
    hidden_layer_sizes : int or iterable of int
        Neurons in the hidden layer, or in each of several.
    activation : {"logistic", "tanh", "relu"}, or an iterable of them, one a hidden layer
        What a hidden neuron makes of the signal into it.
    solver : {"sgd", "adam"}
        How a gradient moves the weights; "sgd" has the momentum given.
    alpha : float
        L2 penalty: alpha / 2 times the sum of the squared weights, divided by `batch_size`, is
        added to the loss; divided by the sum of what the examples count, where `fit` is given too
        few for a mini-batch. Biases are not shrunk.
    batch_size : int
        Examples per update; all, where there are not so many.
    learning_rate : {"constant", "adaptive"}
        "adaptive" divides the learning rate by 5 each time the training would stop for
        `n_iter_no_change`, and lets it stop only when the rate is below 1e-6.
    learning_rate_init : float
        The learning rate.
    max_iter : int
        Epochs of `fit` at most. If they are used up before anything else has ended the training,
        a ConvergenceWarning says so.
    shuffle : bool
        Visit the examples in a new order each epoch.
    random_state : int, RandomState instance or None
        What the first weights, the order of the examples and those held out are drawn from.
    tol : float
        By how much a loss must be smaller than the smallest before to count as smaller.
    warm_start : bool
        `fit` goes on with the network that there is, its optimizer's state included. What this was
        made with (`hidden_layer_sizes`, `activation`, `solver` and its settings, `alpha`) cannot
        be changed meanwhile; the learning rate, and what ends the training, can.
    momentum : float
        For "sgd": from 0, which is none, to below 1.
    nesterovs_momentum : bool
        For "sgd" with momentum: look ahead.
    early_stopping : bool
        `fit` holds some examples out, watches their loss and not that of training, and in the end
        has the network as it was after its best epoch. A warm start holds out the same ones if
        `random_state` is a number.
    validation_fraction : float
        With `early_stopping`: the part of the examples that is held out, of each class as much.
        Equal examples are held out all or none.
    beta_1, beta_2, epsilon : float
        For "adam": how slowly its averages forget, and what keeps it from dividing by zero.
    n_iter_no_change : int
        `fit` stops when the loss has not become smaller by `tol` for more epochs than this.
    max_time : float, optional
        Seconds after which `fit` starts no other epoch.

    Attributes
    ----------
    network_ : nnfast.NeuralNetwork
        The trained network.
    coefs_, intercepts_ : list of ndarray
        Its weights (fan_in, fan_out) and biases (fan_out,), the first layer's first.
    loss_curve_ : list of float
        The mean loss of every epoch's examples, without the penalty of `alpha`.
    validation_loss_curve_, validation_scores_ : list of float
        The held-out examples' mean loss, and their R squared, after every epoch; empty
        without `early_stopping`.
    n_iter_ : int
        How many epochs there have been, those of warm starts and `partial_fit` included. Of these
        the network that `early_stopping` has kept went through ``network_.epochs``.
    n_outputs_ : int
        Neurons in the output layer.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X was a data frame with names.

    Notes
    -----
    The network's numbers are float32 if X is, and else float64.

    An example of weight w counts as w examples: in the gradient of a mini-batch, and in every loss,
    it has a part of w / (the mean weight), for fractions too, and exactly but for rounding. But a
    mini-batch has batch_size examples whatever they weigh, so that a weight of 2 gives the same
    network as an example that is there twice only where a mini-batch holds all examples. A weight
    of 0 leaves an example out. `partial_fit` compares weights within one call; a weight that is a
    larger part of their mean than any in the first call is served by several copies of its example.

    The optimizer of `network_` has weight decay and epsilon for gradients that are divided by a
    scale; so it is the estimator that goes on training it.

    `predict` passes on the network's warning of inputs that are nothing like those it has learned.

    `set_callbacks` takes scikit-learn's callbacks, such as ``sklearn.callback.ProgressBar()``; a
    task of theirs is an epoch.
    """

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train a new network, or with `warm_start` the one that there is.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row; finite numbers.
        y : (n,) or (n, n_outputs) array-like
            The number or numbers that belong to each; finite.
        sample_weight : (n,) array-like, optional
            As how many examples each counts; at least 0, and not all 0.

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

    @with_callbacks  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Go once through some examples: an epoch of training, for data that come in parts.

        What stops `fit` (`max_iter`, `tol`, `early_stopping`, `max_time`) is not looked at.

        Parameters
        ----------
        X : (n, n_features) array-like
            As `fit` has it.
        y : (n,) or (n, n_outputs) array-like
            As `fit` has it.
        sample_weight : (n,) array-like, optional
            As `fit` has it.

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
        """Return the numbers that belong to each example.

        Parameters
        ----------
        X : (n, n_features) array-like
            One example per row.

        Returns
        -------
        (n,) floats, or (n, n_outputs) of several
        """
        outputs = self._outputs(X)
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    _output_activation = "identity"

    def _encoded(
        self, y: NDArray[Any], classes: None, anew: bool
    ) -> tuple[NDArray[Any], NDArray[np.intp]]:
        return y.reshape(len(y), -1), np.zeros(len(y), dtype=np.intp)

    def _weighted(self, y: Any, weights: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        return weights


@contextmanager
def _all_or_nothing(estimator: BaseEstimator) -> Iterator[None]:
    """Leave the estimator as it was if what is done here fails."""
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _activations(value: Any) -> str | list[str]:
    """Return the network's names of what scikit-learn calls so."""
    names = items(value)
    if names is None:
        return ACTIVATIONS[one_of("activation", value, list(ACTIVATIONS))]
    return [ACTIVATIONS[one_of("activation", name, list(ACTIVATIONS))] for name in names]


def _as_weights(sample_weight: Any, examples: int) -> NDArray[np.float64] | None:
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weights.shape != (examples,):
        raise ValueError(
            f"sample_weight: got shape {weights.shape}, wants ({examples},), one for each row of X"
        )
    return weights


def _refuse_useless(weights: NDArray[np.float64] | None) -> None:
    if weights is None:
        return
    is_weight = np.isfinite(weights) & (weights >= 0)
    if not is_weight.all():
        raise ValueError(
            f"sample_weight, class_weight: got the weight {weights[is_weight.argmin()]}, wants "
            "finite ones, none below zero"
        )
    if not weights.any():
        raise ValueError(
            "sample_weight, class_weight: every weight is zero, wants one that is above it"
        )


def _classes_of(y: NDArray[Any], classes: ArrayLike | None) -> NDArray[Any]:
    """Return the classes' labels, sorted; or those of a matrix's columns, or their numbers."""
    if y.ndim == 2:
        labels = np.arange(y.shape[1]) if classes is None else np.asarray(classes)
        if len(_distinct(labels)) != y.shape[1]:
            raise ValueError(
                f"classes: got {shown(classes)}, wants {y.shape[1]} that differ, one for each "
                "column of y"
            )
        return labels
    known = np.unique(y) if classes is None else _distinct(classes)
    if len(known) < 2:
        raise ValueError(f"y: got one class, {shown(known.tolist()[0])}, wants at least 2")
    return known


def _distinct(classes: Any) -> NDArray[Any]:
    try:
        return np.unique(classes)
    except (ValueError, TypeError):  # rows of unequal lengths, None among numbers
        raise ValueError(f"classes: got {shown(classes)}, wants labels of one type") from None


def _classes_encoded(
    y: NDArray[Any], classes: NDArray[Any]
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    targets = y[:, np.newaxis] == classes  # which, unlike np.equal, takes any two types
    is_known = targets.any(axis=1)
    if not is_known.all():
        unknown = y.tolist()[is_known.argmin()]
        raise ValueError(
            f"y: got the class {shown(unknown)}, wants one of {shown(classes.tolist())}"
        )
    return targets, targets.argmax(axis=1)


def _labels_encoded(
    y: NDArray[Any], classes: NDArray[Any]
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    if y.shape[1] != len(classes) or not np.isin(y, (0, 1)).all():
        raise ValueError(f"y: got {shown(y)}, wants rows of {len(classes)} numbers, each 0 or 1")
    return y == 1, np.zeros(len(y), dtype=np.intp)


def _refuse_divergence(loss: float) -> None:
    if not math.isfinite(loss):
        raise ValueError(
            f"learning_rate_init: the training diverges, its loss is {loss}; wants a smaller one, "
            "or numbers in X and y that are scaled"
        )


def _losses(network: Network, outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Return every example's loss."""
    t, o = targets.astype(np.float64), outputs.astype(np.float64)
    losses: NDArray[np.float64]
    if network.output_activation == "identity":
        losses = 0.5 * (t - o) ** 2
    else:
        tiny = np.finfo(np.float64).tiny  # an output can have been rounded to 0, or to 1
        losses = -xlogy(t, np.maximum(o, tiny))
        if network.output_activation == "sigmoid":
            losses -= xlogy(1 - t, np.maximum(1 - o, tiny))
    sums: NDArray[np.float64] = losses.sum(axis=1)
    return sums


def _mean_loss(network: Network, outputs: Array, examples: _Examples) -> float:
    losses = _losses(network, outputs, examples.targets)
    return float(np.average(losses, weights=examples.weights))


def _score(network: Network, outputs: Array, examples: _Examples) -> float:
    """Return what the estimator's method ``score`` would."""
    targets, weights = examples.targets, examples.weights
    if network.output_activation == "identity":
        if len(targets) < 2:
            return math.nan  # R squared wants two
        return float(r2_score(targets, outputs, sample_weight=weights))
    if network.output_activation == "softmax":
        right = outputs.argmax(axis=1) == targets.argmax(axis=1)
    else:
        right = ((outputs > 0.5) == (targets > 0.5)).all(axis=1)
    return float(np.average(right, weights=weights))
