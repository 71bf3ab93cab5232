"""What a network is, apart from its numbers: sizes, functions, rules. Checked here, once.

Both backends build on this description, so both accept the same arguments and refuse the same
mistakes in the same words. It holds no arithmetic.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from nnref.common.arguments import (
    POSITIVE,
    flag,
    from_to_below,
    items,
    number_within,
    one_of,
    positive_int,
    shown,
    whole_number,
)
from nnref.common.optimizers import (
    Optimizer,
    optimizer_from_entries,
    optimizer_named,
    optimizer_to_entries,
)

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
OUTPUT_ACTIVATIONS = ("sigmoid", "tanh", "identity", "softmax", "exponential")
LOSSES = ("squared_error", "cross_entropy", "poisson")
HIDDEN_ERRORS = ("split", "gradient")
INITS = ("uniform", "scaled_normal", "glorot_uniform", "he_normal")
BIAS_INITS = ("zeros", "drawn")
# Entries that model files have not always had, and what networks were before there were any. They
# are left out where they say no more than that: the same network still makes the same file.
ADDED_ENTRIES: dict[str, Any] = {"bias_init": "zeros", "dropout": 0.0, "input_dropout": 0.0}
DROPOUT_RATE = from_to_below(0.0, 1.0)
SEED_LIMIT = 2**64
# 2 GiB as float64. More would be a typing slip, which would fill the memory.
MOST_WEIGHTS = 2**28


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that defines a network before its first update.

    Build one with `describe`, which checks what it is given.
    """

    inodes: int
    hnodes: tuple[int, ...]
    onodes: int
    lr: float
    activation: tuple[str, ...]
    output_activation: str
    loss: str
    hidden_error: str
    bias: bool
    optimizer: Optimizer
    init: str
    bias_init: str
    dropout: float
    input_dropout: float
    seed: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons per layer, inputs first."""
        return (self.inodes, *self.hnodes, self.onodes)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The shape (fan_in, fan_out) of every weight matrix, first layer first."""
        return list(pairwise(self.sizes))

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of every layer that has weights, first layer first."""
        return (*self.activation, self.output_activation)

    @property
    def dropout_rates(self) -> tuple[float, ...]:
        """The dropout rate of the inputs and of every hidden layer."""
        return (self.input_dropout, *(self.dropout for _ in self.hnodes))

    @property
    def drops(self) -> bool:
        """Whether anything is dropped in training."""
        return any(rate > 0.0 for rate in self.dropout_rates)

    @property
    def array_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array that training changes, by its name in a model file.

        The weights and biases come first, in layer order, then what the optimizer keeps.
        """
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, shape in enumerate(self.shapes):
            shapes[f"weights.{layer}"] = shape
            if self.bias:
                shapes[f"biases.{layer}"] = shape[1:]
        learned = dict(shapes)
        for slot in self.optimizer.slots:
            shapes.update({f"{slot}.{name}": shape for name, shape in learned.items()})
        if self.optimizer.name == "adam":
            shapes["beta_powers"] = (2,)
        return shapes

    @property
    def article_names(self) -> dict[str, str]:
        """Those of these arrays that are weights or biases, by their names in `explain`."""
        layers = layer_names(len(self.hnodes))
        names = {}
        for place, (before, after) in enumerate(pairwise(layers)):
            names[f"weights_{before}_{after}"] = f"weights.{place}"
            if self.bias:
                names[f"biases_{after}"] = f"biases.{place}"
        return names

    def to_json(self) -> str:
        """Return the description as the JSON text that a model file carries."""
        import json  # here, since few networks go to a file

        entries = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, before in ADDED_ENTRIES.items():
            if entries[name] == before:
                del entries[name]
        return json.dumps({**entries, "optimizer": optimizer_to_entries(self.optimizer)})

    @classmethod
    def from_json(cls, text: str) -> "Description":
        """Return the description in a model file's JSON text.

        Raises
        ------
        ValueError, TypeError
            If the text is not JSON, lacks an entry, has one too many, or one with a bad value.
        """
        import json  # as in to_json

        from nnref.common.files import unique_keys

        entries = json.loads(text, object_pairs_hook=unique_keys)
        if not isinstance(entries, dict):
            raise TypeError(f"the network's description: got {shown(entries)}, wants a JSON object")
        entries = ADDED_ENTRIES | entries
        wanted = {field.name for field in fields(cls)}
        if set(entries) != wanted:
            odd = ", ".join(sorted(set(entries) ^ wanted))
            raise ValueError(f"the network's description lacks or should not have: {shown(odd)}")
        if entries["seed"] is None:
            raise TypeError("seed: got None, wants a whole number")
        for name in ("hnodes", "activation"):
            if not isinstance(entries[name], list):
                raise TypeError(f"{name}: got {shown(entries[name])}, wants a list")
        entries["optimizer"] = optimizer_from_entries(entries["optimizer"])
        return describe(**entries)


def describe(
    inodes: int,
    hnodes: int | Iterable[int],
    onodes: int,
    lr: float,
    *,
    activation: str | Iterable[str],
    output_activation: str,
    loss: str,
    hidden_error: str,
    bias: bool,
    optimizer: str | Optimizer,
    init: str,
    bias_init: str = "zeros",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    seed: int | None,
) -> Description:
    """Check a network's arguments and return its description.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it got and what it wants.
    """
    hidden = sizes("hnodes", hnodes)
    description = Description(
        inodes=positive_int("inodes", inodes),
        hnodes=hidden,
        onodes=positive_int("onodes", onodes),
        lr=number_within("lr", lr, POSITIVE),
        activation=_activation_per_layer(activation, len(hidden)),
        output_activation=one_of("output_activation", output_activation, OUTPUT_ACTIVATIONS),
        loss=one_of("loss", loss, LOSSES),
        hidden_error=one_of("hidden_error", hidden_error, HIDDEN_ERRORS),
        bias=flag("bias", bias),
        optimizer=optimizer_named(optimizer),
        init=one_of("init", init, INITS),
        bias_init=one_of("bias_init", bias_init, BIAS_INITS),
        dropout=number_within("dropout", dropout, DROPOUT_RATE),
        input_dropout=number_within("input_dropout", input_dropout, DROPOUT_RATE),
        seed=_seed(seed),
    )
    _refuse_what_cannot_be(description)
    return description


def layer_names(hidden_layers: int) -> list[str]:
    """Return the names of all layers, the inputs first."""
    hidden = ["hidden"] if hidden_layers == 1 else [f"hidden_{n + 1}" for n in range(hidden_layers)]
    return ["input", *hidden, "output"]


def middle(output_activation: str) -> float:
    """Return the threshold: outputs and targets above it mean yes, the others no."""
    return 0.0 if output_activation == "tanh" else 0.5


def sizes(name: str, value: Any) -> tuple[int, ...]:
    """Return the sizes of the hidden layers, given as a sequence or as a single size, or raise."""
    widths = items(value)
    return tuple(positive_int(name, width) for width in ([value] if widths is None else widths))


def _activation_per_layer(value: Any, layers: int) -> tuple[str, ...]:
    given = items(value)
    if given is None:
        return (one_of("activation", value, ACTIVATIONS),) * layers
    names = tuple(one_of("activation", name, ACTIVATIONS) for name in given)
    if len(names) != layers:
        raise ValueError(
            f"activation: got {len(names)} names, wants one name or {layers}, one per hidden layer"
        )
    return names


def _refuse_what_cannot_be(description: Description) -> None:
    output, loss = description.output_activation, description.loss
    weights = sum(fan_in * fan_out for fan_in, fan_out in description.shapes)
    if weights > MOST_WEIGHTS:
        raise ValueError(
            f"inodes, hnodes, onodes: got {shown(weights)} weights, wants at most {MOST_WEIGHTS}"
        )
    if description.bias_init == "drawn" and not description.bias:
        raise ValueError("bias_init: got 'drawn' without bias, wants bias=True too")
    if description.dropout > 0.0 and not description.hnodes:
        raise ValueError(
            f"dropout: got {description.dropout} without a hidden layer, whose neurons it drops; "
            "wants hnodes too, or 0, with input_dropout for the inputs"
        )
    if loss == "cross_entropy" and output not in ("sigmoid", "softmax"):
        raise ValueError(
            f"loss: got 'cross_entropy' with output_activation={output!r}, but it takes outputs "
            "between 0 and 1: wants output_activation 'sigmoid' or 'softmax', or loss "
            "'squared_error'"
        )
    if loss == "poisson" and output != "exponential":
        raise ValueError(
            f"loss: got 'poisson' with output_activation={output!r}, but it takes outputs above 0: "
            "wants output_activation 'exponential', or loss 'squared_error'"
        )
    if output == "softmax" and description.onodes == 1:
        raise ValueError(
            "output_activation: got 'softmax' with onodes=1, a single output that is always 1; "
            "wants at least 2 outputs, or 'sigmoid'"
        )


def _seed(value: Any) -> int:
    if value is None:
        # The drawn seed is kept, so that a run without a given one can be repeated too.
        return random.SystemRandom().randrange(SEED_LIMIT)
    wants = "None or a whole number from 0 to 2**64 - 1"
    number = whole_number("seed", value, wants)
    if not 0 <= number < SEED_LIMIT:
        raise ValueError(f"seed: got {shown(number)}, wants {wants}")
    return number
