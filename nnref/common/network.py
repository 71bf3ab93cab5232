"""What the two backends have in common beside their description: the API around the arithmetic.

`Network` holds no arithmetic on weights or signals. A backend adds it by the methods named in
"What a backend supplies"; everything here is written once in terms of those.
"""

import copy
import inspect
import math
import os
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from nnref.common.arguments import (
    FINITE,
    OPEN_PLUS_MINUS_ONE,
    OPEN_UNIT,
    PROBABILITY,
    Range,
    file_name,
    flag,
    items,
    learning_rate,
    positive_int,
    shown,
)
from nnref.common.description import Description, describe
from nnref.common.optimizers import SGD, Optimizer, check_epsilon
from nnref.common.randomness import epoch_order, initial_weights
from nnref.common.schedules import Schedule, schedule_named
from nnref.common.seen_range import UNTRAINED, SeenRange

if TYPE_CHECKING:
    from pathlib import Path

    from nnref.common.model_file import Tensor
    from nnref.explanation import Explanation

# What only `digest`, `save`, `load` and `explain` need is imported there: hashlib, which loads
# OpenSSL, and the others would make up a third of the time that importing this package takes.

MODEL_FORMAT = "nnfast network, version 1"
FILE_TYPES = {"float64": "F64", "float32": "F32"}
WITHOUT_TARGETS = "a row for each row of inputs; or, in their place, an iterable of pairs of both"


@dataclass(slots=True)
class History:
    """What `fit` returns: one entry per epoch in each list.

    Attributes
    ----------
    loss : list of float
        The mean loss over the epoch's examples, each taken before the update that it led to.
    validation_loss : list of float
        The mean loss over the validation examples after the epoch; empty without validation.
    validation_score : list of float
        How rightly the validation examples are answered, 1.0 at best; empty without validation.
        With identity outputs it is R squared. Else, where every row of targets has one that stands
        out, it is the share of examples whose largest output stands there; and else the share of
        examples with every output on its target's side of the middle.
    best_epoch : int or None
        With ``patience``, the epoch (from 0) whose weights were kept.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_score: list[float] = field(default_factory=list)
    best_epoch: int | None = None


class Network(ABC):
    """A network of either backend; see ``nnref.NeuralNetwork`` and ``nnfast.NeuralNetwork``."""

    def __init__(
        self,
        inodes: int,
        hnodes: int | Iterable[int],
        onodes: int,
        lr: float,
        *,
        activation: str | Iterable[str] = "sigmoid",
        output_activation: str = "sigmoid",
        loss: str = "squared_error",
        hidden_error: str = "split",
        bias: bool = False,
        optimizer: str | Optimizer = "sgd",
        init: str = "uniform",
        seed: int | None = None,
    ) -> None:
        description = describe(
            inodes,
            hnodes,
            onodes,
            lr,
            activation=activation,
            output_activation=output_activation,
            loss=loss,
            hidden_error=hidden_error,
            bias=bias,
            optimizer=optimizer,
            init=init,
            seed=seed,
        )
        self._start(description)
        self.weights = initial_weights(description)

    def _start(self, description: Description) -> None:
        """Become a network that has not learned: every array is zero, but Adam's powers are 1."""
        self._description = description
        self._epochs = 0
        # Held while numbers are read or written, so that threads see whole updates only.
        self._lock = threading.RLock()
        self._allocate()
        self._seen = UNTRAINED
        if "beta_powers" in self._arrays:
            self._set("beta_powers", [1.0, 1.0])

    def _set(self, name: str, values: Any) -> None:
        self._store(name, self._checked(name, values, self._description.array_shapes[name]))

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle or a copy carries: all that is not made anew."""
        with self._lock:
            arrays = {name: copy.deepcopy(array) for name, array in self._arrays.items()}
            seen = self._seen
        return {
            "description": self._description,
            "arrays": arrays,
            "epochs": self._epochs,
            "seen": seen,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start from what a pickle or a copy carries, with arrays of its own."""
        self._start(state["description"])
        self._epochs, self._seen = state["epochs"], state["seen"]
        for name, array in state["arrays"].items():
            self._store(name, array)

    # What a backend supplies.

    _arrays: dict[str, Any]
    """Every array that training changes, by its name in ``Description.array_shapes``."""

    _weights: tuple[Any, ...]
    _biases: tuple[Any, ...]
    """Those of them that are weights and biases, first layer first, as `weights` shows them."""

    _seen: SeenRange
    """How far the training examples' numbers reach."""

    @abstractmethod
    def _see(self, inputs: Any) -> None:
        """Widen the reach by examples that are about to train the network."""

    @abstractmethod
    def _allocate(self) -> None:
        """Make the arrays that the description calls for, all zero."""

    @abstractmethod
    def _checked(self, name: str, values: Any, shape: tuple[int, ...]) -> Any:
        """Return values checked to be numbers of this shape, or raise an error that says name."""

    @abstractmethod
    def _store(self, name: str, array: Any) -> None:
        """Copy a checked array over one of the network's."""

    @abstractmethod
    def _examples(self, name: str, values: Any, width: int, within: Range) -> Any:
        """Return values checked to be examples, one per row of this width, all within a range."""

    @abstractmethod
    def _example(self, name: str, values: Any, width: int, within: Range) -> Any:
        """Return values checked to be one example of this width, all within a range."""

    @abstractmethod
    def _taken_apart(self, inputs: Any, targets: Any) -> tuple[float, list[dict[str, Any]]]:
        """Make one update; return the loss before it and, by name, what each layer computed."""

    @abstractmethod
    def _rows(self, name: str) -> list[list[float]]:
        """Return one of the network's arrays as rows of floats, a vector as one row."""

    @abstractmethod
    def _changes(self, name: str, before: "Network") -> list[list[float]]:
        """Return one of the network's arrays less that of another network, as `_rows` does."""

    @abstractmethod
    def _encode(self, array: Any, dtype: str) -> bytes:
        """Return an array row by row as little-endian dtype, every NaN as the same bytes."""

    @abstractmethod
    def _decode(self, data: bytes, shape: tuple[int, ...], dtype: str) -> Any:
        """Return the array of this shape that `_encode` turned into these bytes."""

    @abstractmethod
    def _adopt(self, dtype: str) -> None:
        """Keep numbers as dtype, if the backend has it: a file's, before its arrays are made."""

    @abstractmethod
    def _type_of(self, name: str) -> str:
        """Return the dtype of one of the network's arrays."""

    @abstractmethod
    def _train_epoch(
        self, inputs: Any, targets: Any, order: list[int] | None, batch_size: int, lr: float
    ) -> float:
        """Make one update per batch, in this order; return the sum of the examples' losses."""

    @abstractmethod
    def _evaluate(self, inputs: Any, targets: Any) -> tuple[float, float]:
        """Return the sum of the examples' losses, and their score."""

    @abstractmethod
    def train(self, inputs: Any, targets: Any) -> None:
        """Make one update from one example."""

    @abstractmethod
    def query(self, inputs: Any) -> Any:
        """Return the outputs for one example."""

    @abstractmethod
    def predict(self, inputs: Any) -> Any:
        """Return the outputs for many examples."""

    @abstractmethod
    def backquery(self, targets: Any) -> Any:
        """Return the inputs that the network has in mind for these outputs."""

    # The description.

    @property
    def inodes(self) -> int:
        """Neurons in the input layer."""
        return self._description.inodes

    @property
    def hnodes(self) -> int | tuple[int, ...]:
        """Neurons in the hidden layer; a tuple where there are several hidden layers, or none."""
        hidden = self._description.hnodes
        return hidden[0] if len(hidden) == 1 else hidden

    @property
    def onodes(self) -> int:
        """Neurons in the output layer."""
        return self._description.onodes

    @property
    def lr(self) -> float:
        """The learning rate; may be set."""
        return self._description.lr

    @lr.setter
    def lr(self, value: float) -> None:
        self._description = replace(self._description, lr=learning_rate("lr", value))

    @property
    def activation(self) -> str | tuple[str, ...]:
        """The hidden neurons' activation; a tuple, one a hidden layer, where they differ."""
        names = self._description.activation
        return names[0] if len(set(names)) == 1 else names

    @property
    def output_activation(self) -> str:
        """The output neurons' activation."""
        return self._description.output_activation

    @property
    def loss(self) -> str:
        """The loss: "squared_error" or "cross_entropy"."""
        return self._description.loss

    @property
    def hidden_error(self) -> str:
        """The rule for the hidden errors: "split" (the article's) or "gradient" (chain rule)."""
        return self._description.hidden_error

    @property
    def bias(self) -> bool:
        """Whether the neurons have biases."""
        return self._description.bias

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer, with its settings."""
        return self._description.optimizer

    @property
    def init(self) -> str:
        """The distribution of the first weights: "uniform" or "scaled_normal"."""
        return self._description.init

    @property
    def seed(self) -> int:
        """The seed of the first weights and of the shuffling, drawn if none was given."""
        return self._description.seed

    @property
    def epochs(self) -> int:
        """How many epochs `fit` has taken the network through."""
        return self._epochs

    @property
    def _target_range(self) -> Range:
        return PROBABILITY if self.loss == "cross_entropy" else FINITE

    @property
    def _answer_range(self) -> Range:
        """What the output activation can give, as far as it can be undone."""
        if self.output_activation == "identity":
            return FINITE
        return OPEN_PLUS_MINUS_ONE if self.output_activation == "tanh" else OPEN_UNIT

    def __repr__(self) -> str:
        """Return the call that makes this network, as far as the description goes."""
        given = {
            name: getattr(self, name)
            for name, parameter in inspect.signature(type(self).__init__).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and getattr(self, name) != parameter.default
        }
        if self.optimizer == SGD():
            del given["optimizer"]
        options = "".join(f", {name}={value!r}" for name, value in given.items())
        package = type(self).__module__.split(".")[0]
        return (
            f"{package}.NeuralNetwork({self.inodes}, {self.hnodes}, {self.onodes}, "
            f"lr={self.lr}{options})"
        )

    # The weights.

    @property
    def weights(self) -> tuple[Any, ...]:
        """The weight matrices, first layer first, each of shape (fan_in, fan_out).

        They are the network's own: changing a number in one changes the network. Setting them
        copies a sequence of as many matrices, after checking all of them.

        Raises
        ------
        ValueError, TypeError
            On setting, if there are too few or too many or one is no matrix of its shape.
        """
        return self._weights

    @weights.setter
    def weights(self, matrices: Sequence[Any]) -> None:
        self._set_all("weights", "matrices", matrices, len(self._description.shapes))
        self._seen = UNTRAINED  # these weights come from elsewhere

    @property
    def biases(self) -> tuple[Any, ...]:
        """The bias vectors, first layer first, each of shape (fan_out,); empty without bias.

        They are the network's own and may be set, as `weights`.
        """
        return self._biases

    @biases.setter
    def biases(self, vectors: Sequence[Any]) -> None:
        wanted = len(self._description.shapes) if self.bias else 0
        self._set_all("biases", "vectors", vectors, wanted)

    def _set_all(self, kind: str, shape: str, arrays: Any, wanted: int) -> None:
        try:
            given = len(arrays)
        except TypeError:
            raise TypeError(
                f"{kind}: got {shown(arrays)}, wants a sequence of {wanted} {shape}"
            ) from None
        if given != wanted:
            raise ValueError(f"{kind}: got {given} {shape}, wants {wanted}")
        shapes = self._description.array_shapes
        checked = [
            self._checked(f"{kind}[{layer}]", array, shapes[f"{kind}.{layer}"])
            for layer, array in enumerate(arrays)
        ]
        with self._lock:
            for layer, array in enumerate(checked):
                self._store(f"{kind}.{layer}", array)

    @property
    def weights_input_hidden(self) -> Any:
        """The article's first matrix, (inodes, hnodes): ``weights[0]``; may be set."""
        return self._weights[0]

    @weights_input_hidden.setter
    def weights_input_hidden(self, matrix: Any) -> None:
        shape = self._description.shapes[0]
        checked = self._checked("weights_input_hidden", matrix, shape)
        with self._lock:
            self._store("weights.0", checked)

    @property
    def weights_hidden_output(self) -> Any:
        """The article's last matrix, (hnodes, onodes): ``weights[-1]``; may be set."""
        return self._weights[-1]

    @weights_hidden_output.setter
    def weights_hidden_output(self, matrix: Any) -> None:
        last, shape = len(self._description.shapes) - 1, self._description.shapes[-1]
        checked = self._checked("weights_hidden_output", matrix, shape)
        with self._lock:
            self._store(f"weights.{last}", checked)

    # Many updates.

    def fit(
        self,
        inputs: Any,
        targets: Any = None,
        *,
        epochs: int = 1,
        batch_size: int = 1,
        shuffle: bool = False,
        validation: tuple[Any, Any] | None = None,
        callback: Callable[[Self, History], object] | None = None,
        schedule: str | Schedule | None = None,
        patience: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: int = 1,
    ) -> History:
        """Train on many examples for a number of epochs, one update per batch.

        After an error or Ctrl-C the weights are those of the last finished update.

        Parameters
        ----------
        inputs : (n, inodes) numbers, or an iterable of pairs (inputs, targets)
            The examples, one per row; finite. Or, without targets, an iterable that gives such
            inputs and targets piece by piece, anew for each epoch, so that they need not be in
            memory at once (`nnfast.datasets.augment` makes one).
        targets : (n, onodes) numbers, optional
            What the outputs should be, one row per example; finite, and from 0 to 1 for the
            cross-entropy.
        epochs : int
            How many times to go through the examples.
        batch_size : int
            Examples per update, which takes the mean of their gradients. With 1, the article's way,
            every example has its own; with n or more, all share one. A last batch may be smaller,
            and so may the last of each piece of an iterable.
        shuffle : bool
            Visit the examples in a new order each epoch, drawn from the network's seed and the
            number of epochs it has been through: the same for both backends. An iterable has its
            own order.
        validation : (inputs, targets), optional
            Examples to judge the network by after each epoch; they train nothing.
        callback : callable, optional
            Called as ``callback(network, history)`` after each epoch; training stops if it returns
            True.
        schedule : {"inverse", "exponential", "step"} or callable, optional
            The learning rate per epoch, where e counts the network's epochs from 0, those of
            earlier calls included: ``lr / (1 + e)``, ``lr * 0.9**e``, lr halved after every 10
            epochs, or what a callable returns for ``schedule(e, lr)``.
        patience : int, optional
            Early stopping: stop when the validation loss has not become smaller for this many
            epochs. In the end the network is as it was after its best epoch.
        checkpoint : str or path-like, optional
            A file to `save` the network in while it learns, and in the end. Whatever happens to the
            program, the file is whole; `load` it and fit for the epochs that are left, `epochs`
            tells how many it has had, and training comes to the same bits as if nothing had
            happened. An iterable of examples must go on where it was. Not so with ``patience``,
            which starts anew, from a file that has the last network and not the best one.
        every : int
            After how many epochs the checkpoint is written each time, which takes some
            milliseconds.

        Returns
        -------
        History
            Loss and, where given, validation loss and score per epoch.

        Raises
        ------
        ValueError, TypeError
            Naming the argument, what it got and what it wants, before any weight changes; for a
            piece of an iterable, before that piece changes any.
        OSError
            If the checkpoint cannot be written; before any weight changes, if that is known then.
        """
        epochs = positive_int("epochs", epochs)
        pieces = self._pieces(inputs, targets, epochs)
        batch_size = positive_int("batch_size", batch_size)
        shuffle = flag("shuffle", shuffle)
        if shuffle and targets is None:
            raise ValueError("shuffle: got True without targets, wants False: see inputs")
        if validation is not None:
            validation = self._validation_pairs(validation)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback: got {shown(callback)}, wants a callable or None")
        schedule = schedule_named(schedule)
        if patience is not None:
            patience = positive_int("patience", patience)
            if validation is None:
                raise ValueError(f"patience: got {patience} without validation, wants both")
        every = positive_int("every", every)
        if checkpoint is not None:
            checkpoint = _checkpoint_file(checkpoint)
        elif every > 1:
            raise ValueError(f"every: got {every} without checkpoint, wants both")
        history = History()
        best, seen_before = self, self._seen
        for epoch in range(epochs):
            lr = learning_rate("what schedule returns", schedule(self._epochs, self.lr))
            loss, count = 0.0, 0
            for some_inputs, some_targets in pieces():
                some = len(some_inputs)
                order = epoch_order(some, self.seed, self._epochs) if shuffle else None
                if epoch == 0:  # or a few examples would count as many
                    self._see(some_inputs)
                loss += self._train_epoch(
                    some_inputs, some_targets, order, min(batch_size, some), lr
                )
                count += some
            if epoch == 0:
                self._count_once(seen_before, count)
            self._epochs += 1
            history.loss.append(loss / count)
            if validation is not None:
                self._judge(validation, history)
            if patience is not None and _is_best(history.validation_loss):
                best, history.best_epoch = copy.copy(self), epoch
            stop = callback is not None and callback(self, history) is True
            # After the callback, which can have changed the network.
            if checkpoint is not None and (epoch + 1) % every == 0:
                self.save(checkpoint)
            if stop:
                break
            if patience is not None and epoch - (history.best_epoch or 0) >= patience:
                break
        if best is not self:
            with self._lock:
                for name, array in best._arrays.items():
                    self._store(name, array)
        if checkpoint is not None:
            self.save(checkpoint)
        return history

    def _pieces(self, inputs: Any, targets: Any, epochs: int) -> Callable[[], Iterator[Any]]:
        """Return what gives an epoch's checked pairs of inputs and targets, when it is called."""
        if targets is not None:
            pair = self._pairs("inputs", inputs, "targets", targets)
            return lambda: iter([pair])
        given = items(inputs)
        if given is None:
            raise TypeError(
                f"targets: got None, with {shown(inputs)} as inputs, wants {WITHOUT_TARGETS}"
            )
        if epochs > 1 and given is inputs:
            raise ValueError(
                f"inputs: got {shown(inputs)}, which can be gone through once only, with "
                f"epochs={epochs}; wants one that starts anew for each epoch"
            )
        return lambda: self._checked_pieces(inputs)

    def _checked_pieces(self, pieces: Iterable[Any]) -> Iterator[Any]:
        place = -1
        for place, pair in enumerate(pieces):
            name = f"piece {place} of inputs"
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise TypeError(
                    f"targets: got None, with {shown(pair)} as {name}, wants {WITHOUT_TARGETS}"
                )
            yield self._pairs(f"{name}, its inputs", pair[0], f"{name}, its targets", pair[1])
        if place < 0:
            raise ValueError("inputs: got an iterable of no pairs, wants at least 1")

    def _count_once(self, before: SeenRange, count: int) -> None:
        """Take back that examples were counted which have shown nothing new.

        They are mostly those of an earlier call: who goes on from a checkpoint shall be warned of
        the same as who was never interrupted.
        """
        with self._lock:
            if self._seen[1:] == before[1:]:
                self._seen = before._replace(examples=max(before.examples, count))

    def _judge(self, validation: Any, history: History) -> None:
        loss, score = self._evaluate(*validation)
        history.validation_loss.append(loss / len(validation[0]))
        history.validation_score.append(score)

    def _pairs(
        self, inputs_name: str, inputs: Any, targets_name: str, targets: Any
    ) -> tuple[Any, Any]:
        inputs = self._examples(inputs_name, inputs, self.inodes, FINITE)
        targets = self._examples(targets_name, targets, self.onodes, self._target_range)
        if len(inputs) != len(targets):
            raise ValueError(
                f"{targets_name}: got {len(targets)} rows, wants {len(inputs)}, "
                f"one for each row of {inputs_name}"
            )
        if len(inputs) == 0:
            raise ValueError(f"{inputs_name}: got no examples, wants at least 1")
        return inputs, targets

    def _validation_pairs(self, validation: Any) -> tuple[Any, Any]:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise TypeError(
                f"validation: got {shown(validation)}, wants a pair (inputs, targets) or None"
            )
        return self._pairs("validation inputs", validation[0], "validation targets", validation[1])

    def _warn_of(self, example: Any) -> None:
        """Say to the caller of our caller that an example is not like those trained on."""
        warnings.warn(self._seen.complaint(example), UserWarning, stacklevel=3)

    # Look inside.

    def explain(self, inputs: Any, targets: Any) -> "Explanation":
        """Return one update taken apart, with every number that it computes; change nothing.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer; finite.
        targets : (onodes,) numbers
            What the outputs should be; finite, and from 0 to 1 for the cross-entropy.

        Returns
        -------
        Explanation
            Plain data, under the article's names: the numbers that `train` would compute, to the
            bit. It prints as a table, and in a notebook as a page with the network drawn.

        Raises
        ------
        ValueError, TypeError
            If either is not as many such numbers as wanted.
        """
        from nnref.explanation import Explanation, LayerExplanation, layer_names

        inputs = self._example("inputs", inputs, self.inodes, FINITE)
        targets = self._example("targets", targets, self.onodes, self._target_range)
        before = copy.copy(self)
        after = copy.copy(before)
        loss, computed = after._taken_apart(inputs, targets)
        given = [float(x) for x in inputs]
        names = layer_names(len(self._description.hnodes))
        layers = [
            LayerExplanation(
                name=names[layer + 1],
                before=names[layer],
                activation=self._description.activations[layer],
                inputs=computed[layer - 1]["outputs"] if layer else given,
                **numbers,
                **_update_of(layer, before, after),
            )
            for layer, numbers in enumerate(computed)
        ]
        return Explanation(
            inputs=given,
            targets=[float(t) for t in targets],
            loss=loss,
            loss_function=self.loss,
            hidden_error=self.hidden_error,
            lr=before.lr,
            optimizer=self.optimizer,
            layers=tuple(layers),
        )

    # The fingerprint and the file.

    def digest(self) -> str:
        """Return the fingerprint of the weights, the same for both backends.

        Returns
        -------
        str
            The sha256, in hexadecimal, of all weights and biases as little-endian float64: in layer
            order the weights, row by row, then the biases, if any. Every NaN counts as the same,
            since machines differ in their sign and payload.
        """
        from hashlib import sha256

        fingerprint = sha256()
        with self._lock:
            for name, array in self._arrays.items():
                if name.startswith(("weights.", "biases.")):
                    fingerprint.update(self._encode(array, "float64"))
        return fingerprint.hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a safetensors file that either backend reads.

        A float32 network's numbers are written as float32; nnref reads them as the floats they are.

        The file is written beside ``path`` and then renamed, so an older one there is never lost
        to a failure half way.

        Parameters
        ----------
        path : str or path-like
            Where to write it.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        from nnref.common import model_file

        with self._lock:
            tensors = [
                model_file.Tensor(
                    name, FILE_TYPES[dtype], shape, self._encode(self._arrays[name], dtype)
                )
                for name, shape in self._description.array_shapes.items()
                for dtype in (self._type_of(name),)
            ]
            seen = self._seen
        metadata = {
            "format": MODEL_FORMAT,
            "network": self._description.to_json(),
            "epochs": str(self._epochs),
        }
        if seen.examples:
            metadata["reach"] = seen.to_json()
        model_file.write(path, tensors, metadata)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the network that either backend has saved in a file.

        Parameters
        ----------
        path : str or path-like
            The file.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is damaged, or holds something else than a network; the message names the file.
        """
        from nnref.common import model_file
        from nnref.common.files import ModelFileError

        tensors, metadata = model_file.read(path)
        try:
            description, epochs, seen = _read_metadata(metadata)
            dtypes = _checked_types(tensors, description)
            # Here, since nnref itself would take any: both shall refuse the same files.
            check_epsilon(description.optimizer, dtypes["weights.0"])
        except (ValueError, TypeError, RecursionError) as error:
            raise ModelFileError(f"{os.fspath(path)!r}: {error}") from None
        network = cls.__new__(cls)
        network._adopt(dtypes["weights.0"])
        network._start(description)
        network._epochs, network._seen = epochs, seen
        for name, shape in description.array_shapes.items():
            network._store(name, network._decode(tensors[name].data, shape, dtypes[name]))
        return network


def _update_of(layer: int, before: Network, after: Network) -> dict[str, Any]:
    """Return what an update has done to a layer, by the names of a LayerExplanation."""
    weights, biases = f"weights.{layer}", f"biases.{layer}"
    slots = before.optimizer.slots
    numbers: dict[str, Any] = {
        "weights": before._rows(weights),
        "weight_changes": after._changes(weights, before),
        "new_weights": after._rows(weights),
        "slots": {slot: after._rows(f"{slot}.{weights}") for slot in slots},
        "biases": [],
        "bias_changes": [],
        "new_biases": [],
    }
    if before.bias:
        (numbers["biases"],) = before._rows(biases)
        (numbers["bias_changes"],) = after._changes(biases, before)
        (numbers["new_biases"],) = after._rows(biases)
        numbers["bias_slots"] = {slot: after._rows(f"{slot}.{biases}")[0] for slot in slots}
    return numbers


def check_network(value: Any) -> None:
    """Raise TypeError if an argument called network is not one of either backend."""
    if not isinstance(value, Network):
        raise TypeError(f"network: got {shown(value)}, wants a NeuralNetwork")


def _checkpoint_file(path: Any) -> "Path":
    """Return where a checkpoint goes, wherever the program goes, or raise if it cannot."""
    from pathlib import Path  # here, since few calls have one

    from nnref.common.files import check_writable

    target = Path(file_name("checkpoint", path, "a path or None")).absolute()
    check_writable(target)
    return target


def _is_best(losses: list[float]) -> bool:
    """Return whether the last loss is smaller than all before; a first one is, even NaN."""
    before = [loss for loss in losses[:-1] if not math.isnan(loss)]
    return len(losses) == 1 or losses[-1] < min(before, default=math.inf)


def _read_metadata(metadata: dict[str, str]) -> tuple[Description, int, SeenRange]:
    found = metadata.get("format")
    if found != MODEL_FORMAT:
        raise ValueError(f"the metadata's format: got {shown(found)}, wants {MODEL_FORMAT!r}")
    for key in ("network", "epochs"):
        if key not in metadata:
            raise ValueError(f"the metadata lacks {key!r}")
    epochs = metadata["epochs"]
    if not (epochs.isascii() and epochs.isdigit() and len(epochs) <= 18):
        raise ValueError(f"the metadata's epochs: got {shown(epochs)}, wants a whole number")
    seen = SeenRange.from_json(metadata["reach"]) if "reach" in metadata else UNTRAINED
    return Description.from_json(metadata["network"]), int(epochs), seen


def _checked_types(tensors: "dict[str, Tensor]", description: Description) -> dict[str, str]:
    """Return the dtype of every array, which is one for all but Adam's powers."""
    wanted = description.array_shapes
    if set(tensors) != set(wanted):
        odd = ", ".join(sorted(set(tensors) ^ set(wanted)))
        raise ValueError(f"lacks, or should not have, the tensors {shown(odd)}")
    dtypes = {file_type: dtype for dtype, file_type in FILE_TYPES.items()}
    for name, shape in wanted.items():
        file_type = "F64" if name == "beta_powers" else tensors["weights.0"].dtype
        if (tensors[name].dtype, tensors[name].shape) != (file_type, shape):
            raise ValueError(
                f"{name}: got {tensors[name].dtype} of shape {shown(tensors[name].shape)}, "
                f"wants {file_type} of shape {shape}"
            )
    return {name: dtypes[tensor.dtype] for name, tensor in tensors.items()}
