"""The description of a network, as properties."""

import inspect
from dataclasses import replace

from nnref.common.arguments import (
    FINITE,
    NOT_NEGATIVE,
    OPEN_PLUS_MINUS_ONE,
    OPEN_UNIT,
    POSITIVE,
    PROBABILITY,
    Range,
    number_within,
)
from nnref.common.description import Description
from nnref.common.optimizers import SGD, Optimizer


class Described:
    """The part of `nnref.common.network.BaseNetwork` that has its description."""

    _description: Description
    _epochs: int

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
        self._description = replace(self._description, lr=number_within("lr", value, POSITIVE))

    @property
    def activation(self) -> str | tuple[str, ...]:
        """The hidden neurons' activation; a tuple, one per hidden layer, where they differ."""
        names = self._description.activation
        return names[0] if len(set(names)) == 1 else names

    @property
    def output_activation(self) -> str:
        """The output neurons' activation."""
        return self._description.output_activation

    @property
    def loss(self) -> str:
        """The loss: "squared_error", "cross_entropy" or "poisson"."""
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
        """The distribution of the first weights, such as "uniform"."""
        return self._description.init

    @property
    def bias_init(self) -> str:
        """How the biases start: as "zeros", or "drawn" like the weights."""
        return self._description.bias_init

    @property
    def dropout(self) -> float:
        """The rate at which an update drops hidden neurons."""
        return self._description.dropout

    @property
    def input_dropout(self) -> float:
        """The rate at which an update drops inputs."""
        return self._description.input_dropout

    @property
    def seed(self) -> int:
        """The seed of first weights, shuffling and dropout, drawn if none was given."""
        return self._description.seed

    @property
    def epochs(self) -> int:
        """How many epochs `fit` has trained the network for."""
        return self._epochs

    @property
    def _target_range(self) -> Range:
        return {"cross_entropy": PROBABILITY, "poisson": NOT_NEGATIVE}.get(self.loss, FINITE)

    @property
    def _answer_range(self) -> Range:
        """The outputs for which the output activation can be undone."""
        ranges = {"identity": FINITE, "exponential": POSITIVE, "tanh": OPEN_PLUS_MINUS_ONE}
        return ranges.get(self.output_activation, OPEN_UNIT)

    def __repr__(self) -> str:
        """Return a call that makes a network of this description."""
        # A subclass can have a constructor of its own, which says nothing of the network.
        backend = [kind for kind in type(self).__mro__ if kind.__name__ == "NeuralNetwork"][-1]
        given = {
            name: getattr(self, name)
            for name, parameter in inspect.signature(backend).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and getattr(self, name) != parameter.default
        }
        if self.optimizer == SGD():
            del given["optimizer"]
        options = "".join(f", {name}={value!r}" for name, value in given.items())
        name = type(self).__name__
        if type(self) is backend:
            name = f"{backend.__module__.split('.')[0]}.{name}"
        return f"{name}({self.inodes}, {self.hnodes}, {self.onodes}, lr={self.lr}{options})"
