"""What the two backends have in common beside their description: the API around the arithmetic.

`Network` holds no arithmetic on weights or signals. A backend adds it by the methods named in
"What a backend supplies"; everything here is written once in terms of those.
"""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from nnref import model_file
from nnref.description import Description, describe, learning_rate, positive_int, shown
from nnref.randomness import epoch_order, initial_weights

MODEL_FORMAT = "nnfast network, version 1"


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
        The share of validation examples answered rightly: the largest output stands where the
        largest target does (the first, of equals) or, with a single output, on the same side of
        one half. Empty without validation.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_score: list[float] = field(default_factory=list)


Callback = Callable[["Network", History], object]


class Network(ABC):
    """A network of either backend; see ``nnref.NeuralNetwork`` and ``nnfast.NeuralNetwork``."""

    def __init__(
        self,
        inodes: int,
        hnodes: int | Iterable[int],
        onodes: int,
        lr: float,
        *,
        hidden_error: str = "split",
        init: str = "uniform",
        seed: int | None = None,
    ) -> None:
        description = describe(
            inodes, hnodes, onodes, lr, hidden_error=hidden_error, init=init, seed=seed
        )
        self._start(description, initial_weights(description))

    def _start(self, description: Description, weights: Sequence[Any], epochs: int = 0) -> None:
        self._description = description
        self._epochs = epochs
        self._allocate()
        self.weights = weights

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle or a copy carries: the description, the weights, the epochs."""
        return {
            "description": self._description,
            "weights": self._matrices(),
            "epochs": self._epochs,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start from what a pickle or a copy carries, with weights of its own."""
        self._start(state["description"], state["weights"], state["epochs"])

    # What a backend supplies.

    @abstractmethod
    def _allocate(self) -> None:
        """Make room for the weights that the description calls for."""

    @abstractmethod
    def _matrices(self) -> tuple[Any, ...]:
        """Return the weight matrices themselves, first layer first."""

    @abstractmethod
    def _matrix(self, name: str, values: Any, shape: tuple[int, int]) -> Any:
        """Return values checked to be a matrix of numbers of this shape."""

    @abstractmethod
    def _store(self, layer: int, matrix: Any) -> None:
        """Copy a checked matrix over a layer's weights."""

    @abstractmethod
    def _examples(self, name: str, values: Any, width: int, *, finite: bool) -> Any:
        """Return values checked to be a matrix of examples, one per row of this width."""

    @abstractmethod
    def _encode(self, matrix: Any) -> bytes:
        """Return a matrix row by row as little-endian float64, every NaN as the same bytes."""

    @abstractmethod
    def _decode(self, data: bytes, shape: tuple[int, int]) -> Any:
        """Return the matrix of this shape that `_encode` turned into these bytes."""

    @abstractmethod
    def _train_epoch(self, inputs: Any, targets: Any, order: list[int] | None) -> float:
        """Make one update per example, in this order; return the sum of their losses."""

    @abstractmethod
    def _evaluate(self, inputs: Any, targets: Any) -> tuple[float, int]:
        """Return the sum of the examples' losses and how many are answered rightly."""

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
        self._description = replace(self._description, lr=learning_rate(value))

    @property
    def hidden_error(self) -> str:
        """The rule for the hidden errors: "split" (the article's) or "gradient" (chain rule)."""
        return self._description.hidden_error

    @property
    def init(self) -> str:
        """The distribution of the first weights: "uniform" or "scaled_normal"."""
        return self._description.init

    @property
    def seed(self) -> int:
        """The seed of the first weights and of the shuffling, drawn if none was given."""
        return self._description.seed

    def __repr__(self) -> str:
        """Return the call that makes this network, as far as the description goes."""
        return (
            f"{type(self).__module__.split('.')[0]}.NeuralNetwork({self.inodes}, {self.hnodes}, "
            f"{self.onodes}, lr={self.lr}, hidden_error={self.hidden_error!r}, "
            f"init={self.init!r}, seed={self.seed})"
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
        return self._matrices()

    @weights.setter
    def weights(self, matrices: Sequence[Any]) -> None:
        shapes = self._description.shapes
        try:
            given = len(matrices)
        except TypeError:
            raise TypeError(
                f"weights: got {shown(matrices)}, wants a sequence of {len(shapes)} matrices"
            ) from None
        if given != len(shapes):
            raise ValueError(f"weights: got {given} matrices, wants {len(shapes)}")
        checked = [
            self._matrix(f"weights[{layer}]", matrix, shape)
            for layer, (matrix, shape) in enumerate(zip(matrices, shapes, strict=True))
        ]
        for layer, matrix in enumerate(checked):
            self._store(layer, matrix)

    @property
    def weights_input_hidden(self) -> Any:
        """The article's first matrix, (inodes, hnodes): ``weights[0]``; may be set."""
        return self._matrices()[0]

    @weights_input_hidden.setter
    def weights_input_hidden(self, matrix: Any) -> None:
        shape = self._description.shapes[0]
        self._store(0, self._matrix("weights_input_hidden", matrix, shape))

    @property
    def weights_hidden_output(self) -> Any:
        """The article's last matrix, (hnodes, onodes): ``weights[-1]``; may be set."""
        return self._matrices()[-1]

    @weights_hidden_output.setter
    def weights_hidden_output(self, matrix: Any) -> None:
        shape = self._description.shapes[-1]
        last = len(self._description.shapes) - 1
        self._store(last, self._matrix("weights_hidden_output", matrix, shape))

    # Many updates.

    def fit(
        self,
        inputs: Any,
        targets: Any,
        *,
        epochs: int = 1,
        batch_size: int = 1,
        shuffle: bool = False,
        validation: tuple[Any, Any] | None = None,
        callback: Callback | None = None,
    ) -> History:
        """Train on many examples, one update per example, for a number of epochs.

        After an error or Ctrl-C the weights are those of the last finished update.

        Parameters
        ----------
        inputs : (n, inodes) numbers
            The examples, one per row; finite.
        targets : (n, onodes) numbers
            What the outputs should be, one row per example; finite.
        epochs : int
            How many times to go through the examples.
        batch_size : int
            Examples per update. Only 1, the article's way, for now.
        shuffle : bool
            Visit the examples in a new order each epoch, drawn from the network's seed and the
            number of epochs it has been through: the same for both backends.
        validation : (inputs, targets), optional
            Examples to judge the network by after each epoch; they train nothing.
        callback : callable, optional
            Called as ``callback(network, history)`` after each epoch.

        Returns
        -------
        History
            Loss and, where given, validation loss and score per epoch.

        Raises
        ------
        ValueError, TypeError
            Naming the argument, what it got and what it wants, before any weight changes.
        """
        inputs, targets = self._pairs("inputs", inputs, "targets", targets)
        epochs = positive_int("epochs", epochs)
        if positive_int("batch_size", batch_size) != 1:
            raise ValueError(f"batch_size: got {batch_size}, wants 1")
        if validation is not None:
            validation = self._validation_pairs(validation)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback: got {shown(callback)}, wants a callable or None")
        history = History()
        for _ in range(epochs):
            self._fit_epoch(inputs, targets, shuffle, validation, history)
            if callback is not None:
                callback(self, history)
        return history

    def _fit_epoch(
        self, inputs: Any, targets: Any, shuffle: bool, validation: Any, history: History
    ) -> None:
        count = len(inputs)
        order = epoch_order(count, self.seed, self._epochs) if shuffle else None
        loss = self._train_epoch(inputs, targets, order)
        self._epochs += 1
        history.loss.append(loss / count)
        if validation is not None:
            loss, right = self._evaluate(*validation)
            history.validation_loss.append(loss / len(validation[0]))
            history.validation_score.append(right / len(validation[0]))

    def _pairs(
        self, inputs_name: str, inputs: Any, targets_name: str, targets: Any
    ) -> tuple[Any, Any]:
        inputs = self._examples(inputs_name, inputs, self.inodes, finite=True)
        targets = self._examples(targets_name, targets, self.onodes, finite=True)
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

    # The fingerprint and the file.

    def _tensors(self) -> list[model_file.Tensor]:
        return [
            model_file.Tensor(f"weights.{layer}", "F64", shape, self._encode(matrix))
            for layer, (shape, matrix) in enumerate(
                zip(self._description.shapes, self._matrices(), strict=True)
            )
        ]

    def digest(self) -> str:
        """Return the fingerprint of the weights, the same for both backends.

        Returns
        -------
        str
            The sha256, in hexadecimal, of all weights as little-endian float64, in layer order,
            each matrix row by row. Every NaN counts as the same, since machines differ in their
            sign and payload.
        """
        fingerprint = hashlib.sha256()
        for tensor in self._tensors():
            fingerprint.update(tensor.data)
        return fingerprint.hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a safetensors file that either backend reads.

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
        metadata = {
            "format": MODEL_FORMAT,
            "network": self._description.to_json(),
            "epochs": str(self._epochs),
        }
        model_file.write(path, self._tensors(), metadata)

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
        tensors, metadata = model_file.read(path)
        try:
            description, epochs = _read_metadata(metadata)
            data = _read_weights(tensors, description)
        except (ValueError, TypeError, RecursionError) as error:
            raise model_file.ModelFileError(f"{os.fspath(path)!r}: {error}") from None
        network = cls.__new__(cls)
        weights = [
            network._decode(block, shape)
            for block, shape in zip(data, description.shapes, strict=True)
        ]
        network._start(description, weights, epochs)
        return network


def _read_metadata(metadata: dict[str, str]) -> tuple[Description, int]:
    found = metadata.get("format")
    if found != MODEL_FORMAT:
        raise ValueError(f"the metadata's format: got {shown(found)}, wants {MODEL_FORMAT!r}")
    for key in ("network", "epochs"):
        if key not in metadata:
            raise ValueError(f"the metadata lacks {key!r}")
    epochs = metadata["epochs"]
    if not (epochs.isascii() and epochs.isdigit() and len(epochs) <= 18):
        raise ValueError(f"the metadata's epochs: got {shown(epochs)}, wants a whole number")
    return Description.from_json(metadata["network"]), int(epochs)


def _read_weights(tensors: dict[str, model_file.Tensor], description: Description) -> list[bytes]:
    wanted = {f"weights.{layer}": shape for layer, shape in enumerate(description.shapes)}
    if set(tensors) != set(wanted):
        odd = ", ".join(sorted(set(tensors) ^ set(wanted)))
        raise ValueError(f"lacks, or should not have, the tensors {shown(odd)}")
    for name, shape in wanted.items():
        tensor = tensors[name]
        if (tensor.dtype, tensor.shape) != ("F64", shape):
            raise ValueError(
                f"{name}: got {tensor.dtype} of shape {tensor.shape}, wants F64 of shape {shape}"
            )
    return [tensors[name].data for name in wanted]
