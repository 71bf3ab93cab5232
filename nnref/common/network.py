"""The public class of both backends: it checks, locks and calls, and does no arithmetic.

A backend supplies an engine, which computes, and its way of keeping numbers; see ``backend.py``.
Every method that reads or writes numbers holds the network's lock, so that threads see only whole
updates. The engines know nothing of the lock.
"""

import os
import warnings
from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from nnref.common.arguments import FINITE, shown
from nnref.common.backend import MatrixT, VectorT
from nnref.common.description import describe
from nnref.common.optimizers import Optimizer
from nnref.common.other_names import naming_unknown_arguments
from nnref.common.parameters import Parameterized
from nnref.common.schedules import Schedule
from nnref.common.seen_range import EXAMPLES_LOOKED_AT, UnlikeInputsWarning
from nnref.common.state import State, first_state, read_state, write_state
from nnref.common.training import Gradient, History, carried_out, piece_of, planned, warn_if_lost

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation

# What only `explain` needs is imported there: few networks are ever explained.


class BaseNetwork(Parameterized[VectorT, MatrixT]):
    """A network of either backend; see ``nnref.NeuralNetwork`` and ``nnfast.NeuralNetwork``."""

    _weights_per_call: ClassVar[int]
    """About how many weights one call of the engine visits.

    Between two calls Python notices Ctrl-C, and in training other threads can take the lock.
    """

    _batches_per_call: ClassVar[int] = 1
    """A call takes a multiple of so many batches: what the engine works on as one is never cut."""

    @naming_unknown_arguments
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
        bias_init: str = "zeros",
        dropout: float = 0.0,
        input_dropout: float = 0.0,
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
            bias_init=bias_init,
            dropout=dropout,
            input_dropout=input_dropout,
            seed=seed,
        )
        self.__setstate__(first_state(description, self._dtype, self._threads))

    # One example.

    def query(self, inputs: Any) -> VectorT:
        """Return the network's outputs for one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer.

        Returns
        -------
        (onodes,) floats
            The article's final_outputs.

        Raises
        ------
        ValueError, TypeError
            If inputs are not inodes numbers.
        """
        inputs = self._numbers.vector("inputs", inputs, self.inodes)
        outputs: VectorT
        with self._lock:
            outputs, is_like = self._engine.query(inputs)
            complaint = "" if is_like else self._complaint_about(inputs)
        if complaint:
            warnings.warn(complaint, UnlikeInputsWarning, stacklevel=2)
        return outputs

    def train(self, inputs: Any, targets: Any) -> None:
        """Make one update of the weights from one example.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer; finite.
        targets : (onodes,) numbers
            What the outputs should be; finite, for the cross-entropy from 0 to 1, for poisson at
            least 0.

        Raises
        ------
        ValueError, TypeError
            If either does not have the right number of such values. The weights are then unchanged.
        """
        inputs, targets = self._example(inputs, targets)
        with self._lock:
            self._engine.train(inputs, targets, self.lr)

    def _example(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        """Return an example to train on, checked."""
        inputs = self._numbers.vector("inputs", inputs, self.inodes, FINITE)
        targets = self._numbers.vector("targets", targets, self.onodes, self._target_range)
        return inputs, targets

    def explain(self, inputs: Any, targets: Any) -> "Explanation":
        """Return every number that one update would compute, without making the update.

        With dropout it is the next update: what that drops, this one drops.

        Parameters
        ----------
        inputs : (inodes,) numbers
            The signals into the input layer; finite.
        targets : (onodes,) numbers
            What the outputs should be; finite, for the cross-entropy from 0 to 1, for poisson at
            least 0.

        Returns
        -------
        Explanation
            Plain data under the article's names, with exactly the numbers that `train` would
            compute. It prints as a table; in a notebook it shows a page with the network drawn.

        Raises
        ------
        ValueError, TypeError
            If either does not have the right number of such values.
        """
        from nnref.explanation.taken_apart import taken_apart

        inputs, targets = self._example(inputs, targets)
        before = self.__getstate__()
        return taken_apart(before, rebuilt(type(self), before), inputs, targets)

    def backquery(self, targets: Any) -> VectorT:
        """Return the inputs that the network has in mind for these outputs.

        The outputs go backwards through the network. In each layer the activation is undone (a
        sigmoid by the logit), the biases are subtracted, and the weights are used in the opposite
        direction. The results are rescaled to [0.01, 0.99], where every activation can be undone.

        Parameters
        ----------
        targets : (onodes,) numbers
            The outputs. They must be in the range of the output activation: between 0 and 1 for
            sigmoid and softmax, between -1 and 1 for tanh, above 0 for exponential, in all cases
            excluding the ends.

        Returns
        -------
        (inodes,) floats
            The inputs, from 0.01 to 0.99.

        Raises
        ------
        ValueError, TypeError
            If targets are not onodes such numbers.
        """
        targets = self._numbers.vector("targets", targets, self.onodes, self._answer_range)
        inputs: VectorT = self._numbers.empty(1, self.inodes)[0]
        with self._lock:
            self._engine.backquery(targets, inputs)
        return inputs

    # Many examples.

    def predict(self, inputs: Any) -> MatrixT:
        """Return the network's outputs for many examples.

        Parameters
        ----------
        inputs : (n, inodes) numbers
            One example per row.

        Returns
        -------
        (n, onodes) floats

        Raises
        ------
        ValueError, TypeError
            If inputs are not rows of inodes numbers.
        """
        outputs, complaint = self._answers_and_complaint(inputs)
        if complaint:
            warnings.warn(complaint, UnlikeInputsWarning, stacklevel=2)
        return outputs

    def _answers(self, inputs: Any) -> MatrixT:
        """Return the outputs for checked inputs, all by the same weights; warn of nothing."""
        outputs: MatrixT = self._numbers.empty(len(inputs), self.onodes)
        with self._lock:
            for start, stop in self._spans(len(inputs)):
                self._engine.predict(inputs, outputs, start, stop)
        return outputs

    def _answers_and_complaint(self, inputs: Any) -> tuple[MatrixT, str]:
        """Return the outputs for many examples, and what to warn of, if anything."""
        inputs = self._numbers.matrix("inputs", inputs, self.inodes)
        step = max(1, len(inputs) // EXAMPLES_LOOKED_AT)
        with self._lock:
            unlike = self._engine.first_unlike(inputs, step)
            complaint = "" if unlike < 0 else self._complaint_about(inputs[unlike])
            return self._answers(inputs), complaint

    def _complaint_about(self, example: Any) -> str:
        """Return what to say of an example that is not like those trained on."""
        (numbers,) = self._numbers.rows(example)
        return self._seen.complaint(numbers)

    @naming_unknown_arguments
    def fit(
        self,
        inputs: Any,
        targets: Any = None,
        *,
        epochs: int = 1,
        batch_size: int = 1,
        shuffle: bool = False,
        sample_weight: Any = None,
        validation: tuple[Any, Any] | None = None,
        callback: Callable[[Self, History], object] | None = None,
        schedule: str | Schedule | None = None,
        patience: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: int = 1,
    ) -> History:
        """Train on many examples for a number of epochs, one update per batch.

        After an error or Ctrl-C the weights are those of the last finished update. If the mean loss
        of an epoch is not finite, training has diverged: `fit` puts the network back as it was
        before that epoch, warns and stops. The history it returns ends with that loss.

        Parameters
        ----------
        inputs : (n, inodes) numbers, or an iterable of pairs (inputs, targets)
            The examples, one per row; finite. Or, without targets, an iterable of pairs of such
            inputs and targets, or of triples with the sample weights, so that not all examples have
            to be in memory at once. It is iterated over once per epoch. (`nnfast.datasets.augment`
            makes one.) If a network begins with 100 examples or more that nobody scaled, such as
            pixels from 0 to 255, there is a warning.
        targets : (n, onodes) numbers, optional
            What the outputs should be, one row per example; finite, for the cross-entropy from 0 to
            1, for poisson at least 0.
        epochs : int
            How many times to train on all examples.
        batch_size : int
            Examples per update, which uses the mean of their gradients. With 1, the article's way,
            every example gets an update of its own; with n or more, all examples share one. The
            last batch may be smaller, and so may the last of each pair from an iterable.
        shuffle : bool
            Visit the examples in a new order in each epoch. The order is drawn from the network's
            seed and ``epochs``, so it is the same in both backends. An iterable has its own order.
        sample_weight : (n,) numbers, optional
            What each example counts as: its step, or its part in a batch's gradient, is so many
            times as long. At least 0, and not all 0. A batch's gradient is still divided by the
            number of its examples.
        validation : (inputs, targets), optional
            Examples to test the network on after each epoch; it does not train on them.
        callback : callable, optional
            Called as ``callback(network, history)`` after each epoch; training stops if it returns
            True.
        schedule : {"inverse", "exponential", "step", "invscaling"} or callable, optional
            The learning rate of epoch e, counted from 0 and including the epochs of earlier calls:
            ``lr / (1 + e)``, ``lr * 0.9**e``, lr halved after every 10 epochs,
            ``lr / (1 + e) ** 0.5``, or what a callable returns for ``schedule(e, lr)``.
            `Exponential` is "exponential" with another factor than 0.9, and `InverseScaling`
            "invscaling" with another exponent than 0.5.
        patience : int, optional
            Early stopping: stop when the validation loss has not reached a new low for this many
            epochs, and leave the network as it was after its best epoch.
        checkpoint : str or path-like, optional
            A file to `save` the network to during training and at the end. Even if the program is
            killed, the file is whole. `load` it and call `fit` for the remaining epochs (``epochs``
            says how many are done): training ends with the same bits as without the interruption,
            provided that an iterable of examples continues where it was. With ``patience`` the bits
            differ: the count starts over, and the file has the latest network, not the best one.
        every : int
            Write the checkpoint after every this many epochs. Each time takes a few milliseconds.

        Returns
        -------
        History
            Loss and, where given, validation loss and score per epoch.

        Raises
        ------
        ValueError, TypeError
            Naming the argument, what it got and what it wants. No weight has changed by then; of an
            iterable, the pairs before the wrong one have trained the network.
        OSError
            If the checkpoint cannot be written. Where possible, this is found out before any weight
            changes.
        """
        plan = planned(
            self,
            inputs,
            targets,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            validation=validation,
            callback=callback,
            schedule=schedule,
            patience=patience,
            checkpoint=checkpoint,
            every=every,
        )
        history = carried_out(plan, self)
        warn_if_lost(history)
        return history

    def gradient(self, inputs: Any, targets: Any, sample_weight: Any = None) -> Gradient:
        """Return the mean loss over examples, and its slopes in the weights and the biases.

        That is what an optimizer from elsewhere needs. The slopes are always those of the loss, by
        the chain rule (Rumelhart, Hinton and Williams 1986), whatever the network's `hidden_error`.
        They have no part of a weight decay, and dropout drops nothing. The network does not change.

        Parameters
        ----------
        inputs : (n, inodes) numbers
            The examples, one per row; finite.
        targets : (n, onodes) numbers
            What the outputs should be; finite, and from 0 to 1 for the cross-entropy.
        sample_weight : (n,) numbers, optional
            What each example counts as in the mean; at least 0, and not all 0.

        Returns
        -------
        Gradient
            ``(loss, weights, biases)``: a float, and slopes in the shapes of the network's weights
            and biases. Each slope is a sum over the examples in their order, from 0.0, of the
            layer's input times ``(-1 / n * sample_weight) * delta``, where n is the sum of the
            sample weights.

        Raises
        ------
        ValueError, TypeError
            Naming the argument, what it got and what it wants.
        """
        numbers, shapes = self._numbers, self._description.shapes
        inputs, targets, sample_weight, total = piece_of(self, inputs, targets, sample_weight)
        weights = [numbers.empty(*shape) for shape in shapes]
        biases = [numbers.empty(1, fan_out)[0] for _, fan_out in shapes if self.bias]
        with self._lock:
            loss = self._engine.gradient(
                inputs, targets, sample_weight, -1.0 / total, weights, biases
            )
        return Gradient(loss / total, weights, biases)

    def _examples(
        self, inputs_name: str, inputs: Any, targets_name: str, targets: Any
    ) -> tuple[Any, Any]:
        """Return examples to train on, checked; copied if they share memory with the weights."""
        numbers, own = self._numbers, self._arrays.values()
        inputs = numbers.matrix(inputs_name, inputs, self.inodes, FINITE)
        targets = numbers.matrix(targets_name, targets, self.onodes, self._target_range)
        return numbers.apart(inputs, own), numbers.apart(targets, own)

    def _see(self, inputs: Any) -> None:
        with self._lock:
            self._engine.see(inputs)

    def _train_epoch(
        self,
        inputs: Any,
        targets: Any,
        sample_weight: Any,
        order: list[int] | None,
        spans: Iterable[tuple[int, int]],
        batch_size: int,
        lr: float,
    ) -> float:
        """Make one update per batch, in this order; return the sum of the examples' losses."""
        places = None if order is None else array("q", order)
        loss = 0.0
        for start, stop in spans:
            with self._lock:
                loss = self._engine.fit(
                    inputs, targets, sample_weight, places, start, stop, batch_size, lr, loss
                )
        return loss

    def _evaluate(self, inputs: Any, targets: Any) -> tuple[float, float]:
        """Return the sum of the examples' losses, and their score, all by the same weights."""
        loss, outputs = 0.0, self._numbers.empty(len(inputs), self.onodes)
        with self._lock:
            for start, stop in self._spans(len(inputs)):
                loss = self._engine.evaluate(inputs, targets, outputs, start, stop, loss)
            return loss, self._engine.score(outputs, targets)

    def _spans(self, examples: int, batch_size: int = 1) -> Iterable[tuple[int, int]]:
        """Yield the ranges of examples, in whole batches, that each call of the engine takes."""
        weights = sum(fan_in * fan_out for fan_in, fan_out in self._description.shapes)
        batches = max(1, self._weights_per_call // (weights * batch_size))
        size = -(-batches // self._batches_per_call) * self._batches_per_call * batch_size
        return [(start, min(start + size, examples)) for start in range(0, examples, size)]

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a safetensors file that either backend reads.

        A float32 network's numbers are written as float32; nnref reads them as the floats they are.

        The file is written beside ``path`` and then renamed, so no failure can destroy an older
        file there.

        Parameters
        ----------
        path : str or path-like
            Where to write it.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write_state(self.__getstate__(), path)

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
            If it is damaged or does not hold a network; the message names the file.
        """
        return rebuilt(cls, read_state(path))


Network = BaseNetwork[Any, Any]
"""A network of either backend, for annotations."""


AnyNetwork = TypeVar("AnyNetwork", bound=Network)


def rebuilt(kind: type[AnyNetwork], state: State) -> AnyNetwork:
    """Return a network of a backend from a state, whichever backend it comes from."""
    network = kind.__new__(kind)
    network.__setstate__(state)
    return network


def check_network(value: Any) -> None:
    """Raise TypeError if an argument called network is not one of either backend."""
    if not isinstance(value, BaseNetwork):
        raise TypeError(f"network: got {shown(value)}, wants a NeuralNetwork")
