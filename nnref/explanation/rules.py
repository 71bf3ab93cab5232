"""The rules of an update, stated once: formulas in the article's names, and sentences about them.

Text and page show the same rules. A formula is plain ASCII, and most have places for their
operands, as in ``{error} * {output}``: filled with names it is the rule for a layer, filled with
numbers it is the calculation for one neuron.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnref.common.optimizers import SGD, Momentum
from nnref.common.types import Vector

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation, LayerExplanation

# An output from its signal; "exponentials" is the sum of exp(signal) over the layer.
OUTPUTS = {
    "sigmoid": "sigmoid({signal})",
    "tanh": "tanh({signal})",
    "relu": "max({signal}, 0)",
    "identity": "{signal}",
    "softmax": "exp({signal}) / ({exponentials})",
    "exponential": "exp({signal})",
}
# A delta from its error: times the slope of the activation, which is given by the output.
DELTAS = {
    "sigmoid": "{error} * {output} * (1 - {output})",
    "tanh": "{error} * (1 - {output} * {output})",
    "relu": "{error} * (1 if {output} > 0 else 0)",
    "identity": "{error}",
    "softmax": "{output} * ({error} - s)",
    "exponential": "{error} * {output}",
}
# The losses with which the slope of the activation cancels out of the output layer's deltas, and
# what is left of these; "targets" is the sum of all targets.
LOSS_NAMES = {"cross_entropy": "the cross-entropy", "poisson": "the Poisson loss"}
CANCELLED_DELTAS = {
    "sigmoid": "{error}",
    "softmax": "{target} - {output} * ({targets})",
    "exponential": "{error}",
}

HIDDEN_ERROR_NOTES = {
    "split": (
        "The errors of the next layer flow back through the weights and add up. This is the "
        "article's rule."
    ),
    "gradient": (
        "The deltas of the next layer flow back through the weights and add up. This is the chain "
        "rule."
    ),
}
# Code is between backquotes.
WHICH_RULE = {
    "split": (
        "The hidden errors follow the article's rule, `hidden_error='split'`, which is not "
        "textbook back-propagation. For that, make the network with `hidden_error='gradient'`; on "
        "the command line, `--hidden-error gradient`."
    ),
    "gradient": (
        "The hidden errors follow the chain rule, `hidden_error='gradient'`: this is textbook "
        "back-propagation, and not the article's rule."
    ),
}
MASK_NOTE = "Each is then multiplied by its neuron's mask: a dropped neuron has no error."
DELTA_NOTES = {
    "sigmoid": (
        "The delta is the error times the slope of the sigmoid, which is small where the output is "
        "near 0 or 1."
    ),
    "tanh": (
        "The delta is the error times the slope of tanh, which is small where the output is near "
        "-1 or 1."
    ),
    "relu": "The delta is the error where relu lets the signal through, and 0 where it does not.",
    "identity": "The slope is 1, so the delta is the error itself.",
    "softmax": (
        "When one output of softmax grows, the others shrink. So each delta depends on all errors, "
        "through the sum s."
    ),
    "exponential": "The slope of the exponential is the output, so the delta is their product.",
}


@dataclass(frozen=True, slots=True)
class LayerRules:
    """The rules by which one layer of an explanation gets its numbers.

    Attributes
    ----------
    explanation : Explanation
        The update.
    n : int
        Which layer of neurons, counted from 0.
    """

    explanation: Explanation
    n: int

    @property
    def layer(self) -> LayerExplanation:
        """The layer itself."""
        return self.explanation.layers[self.n]

    @property
    def after(self) -> LayerExplanation | None:
        """The next layer, which sends back the errors; None for the output layer."""
        following = self.explanation.layers[self.n + 1 :]
        return following[0] if following else None

    @property
    def letters(self) -> tuple[str, str]:
        """The article's indices: one for the layer before, one for this layer."""
        if self.after is not None:
            return "i", "j"
        return "i" if self.n == 0 else "j", "k"

    @property
    def slope_cancels(self) -> bool:
        """Whether the loss makes the slope of the activation drop out of the deltas."""
        return self.after is None and self.explanation.loss_function in LOSS_NAMES

    @property
    def shares_errors(self) -> bool:
        """Whether each delta depends on all errors of the layer, by the sum s."""
        return self.layer.activation == "softmax" and not self.slope_cancels

    @property
    def mask(self) -> Vector:
        """What dropout multiplies the layer's outputs by; empty where it drops nothing."""
        return self.after.mask if self.after is not None else []

    # Formulas with places for their operands.

    @property
    def output(self) -> str:
        """An output, from {signal} and {exponentials}."""
        return OUTPUTS[self.layer.activation]

    @property
    def delta(self) -> str:
        """A delta, from {error}, {output}, {target} and {targets}."""
        return (CANCELLED_DELTAS if self.slope_cancels else DELTAS)[self.layer.activation]

    @property
    def step(self) -> str:
        """A step, from {lr} and {delta}."""
        return "{lr} * {delta}" if isinstance(self.explanation.optimizer, SGD) else "{delta}"

    # The formulas of the layer, in the article's names.

    def forward(self) -> list[str]:
        """Return how the layer gets its signals and outputs."""
        layer, (before, own) = self.layer, self.letters
        signal, output = named(layer, "signals", own), named(layer, "outputs", own)
        bias = f"{named(layer, 'biases', own)} + " if layer.biases else ""
        product = f"{named(layer, 'inputs', before)} * {named(layer, 'weights', before, own)}"
        exponentials = f"sum over m of exp({named(layer, 'signals', 'm')})"
        formulas = [
            f"{signal} = {bias}sum over {before} of {product}",
            f"{output} = {self.output.format(signal=signal, exponentials=exponentials)}",
        ]
        if layer.activation == "sigmoid":
            formulas.append("sigmoid(x) = 1 / (1 + exp(-x))")
        if self.n == 0 and layer.mask:
            formulas.insert(0, _kept(layer, f"inputs[{before}]", before))
        if self.after is not None and self.mask:
            formulas.append(_kept(self.after, output, own))
        return formulas

    def backward(self) -> list[str]:
        """Return how the layer gets its errors, deltas and steps."""
        layer, after, (_, own) = self.layer, self.after, self.letters
        error, output = named(layer, "errors", own), named(layer, "outputs", own)
        delta, target = named(layer, "deltas", own), f"targets[{own}]"
        if after is None:
            formulas = [f"{error} = {target} - {output}"]
        else:
            sent = named(after, sent_back(self.explanation), "k")
            total = f"sum over k of {named(after, 'weights', own, 'k')} * {sent}"
            if self.mask:
                total = f"({total}) * {named(after, 'mask', own)}"
            formulas = [f"{error} = {total}"]
        if self.shares_errors:
            product = f"{named(layer, 'errors', 'm')} * {named(layer, 'outputs', 'm')}"
            formulas.append(f"s = sum over m of {product}")
        targets = "sum over m of targets[m]"
        product = self.delta.format(error=error, output=output, target=target, targets=targets)
        step = self.step.format(lr="lr", delta=delta)
        return [*formulas, f"{delta} = {product}", f"{named(layer, 'steps', own)} = {step}"]

    def update(self) -> list[str]:
        """Return how the layer's weights move."""
        layer, optimizer, (before, own) = self.layer, self.explanation.optimizer, self.letters
        weight = named(layer, "weights", before, own)
        new_weight = named(layer, "new_weights", before, own)
        flow = f"{named(layer, 'inputs', before)} * {named(layer, 'steps', own)}"
        if isinstance(optimizer, SGD):
            kept = f"{weight} * (1 - lr * weight_decay)" if optimizer.weight_decay else weight
            return [f"{new_weight} = {kept} + {flow}"]
        decay = f" - weight_decay * {weight}" if optimizer.weight_decay else ""
        direction = f"direction = {flow}{decay}"
        if isinstance(optimizer, Momentum):
            move = "(direction + momentum * velocity)" if optimizer.nesterov else "velocity"
            return [
                direction,
                "velocity = momentum * previous velocity + direction",
                f"{new_weight} = {weight} + lr * {move}",
            ]
        return [
            direction,
            "first_moment = beta1 * previous first_moment + (1 - beta1) * direction",
            "second_moment = beta2 * previous second_moment + (1 - beta2) * direction^2",
            "rate = lr / (1 - beta1^t) in update t = 1, 2, ...",
            "scale = sqrt(second_moment) / sqrt(1 - beta2^t) + epsilon",
            f"{new_weight} = {weight} + rate * first_moment / scale",
        ]

    # Sentences about them.

    @property
    def backward_note(self) -> str:
        """What the errors, deltas and steps mean."""
        return " ".join(filter(None, (self._error_note, self._delta_note, self._step_note)))

    @property
    def update_note(self) -> str:
        """How the biases move; empty without biases."""
        if not self.layer.biases:
            return ""
        decay = ", without weight decay" if self.explanation.optimizer.weight_decay else ""
        name = named(self.layer, "biases", self.letters[1])
        return f"The bias {name} moves like a weight whose input is always 1{decay}."

    @property
    def _error_note(self) -> str:
        if self.after is None:
            return "The error of an output is its target minus the output."
        note = HIDDEN_ERROR_NOTES[self.explanation.hidden_error]
        return f"{note} {MASK_NOTE}" if self.mask else note

    @property
    def _delta_note(self) -> str:
        if not self.slope_cancels:
            return DELTA_NOTES[self.layer.activation]
        loss = LOSS_NAMES[self.explanation.loss_function]
        return f"With {loss}, the slope of the activation cancels out."

    @property
    def _step_note(self) -> str:
        optimizer = self.explanation.optimizer
        if isinstance(optimizer, SGD):
            return ""
        return f"{optimizer.name.capitalize()} applies the learning rate later, in the update."


def rule_note(explanation: Explanation) -> str:
    """Return by which rule the hidden errors go, and how to get the other; empty without any."""
    return WHICH_RULE[explanation.hidden_error] if len(explanation.layers) > 1 else ""


def _kept(after: LayerExplanation, output: str, own: str) -> str:
    """Return the formula of what dropout leaves of an output, on its way to the layer after."""
    return f"{named(after, 'inputs', own)} = {output} * {named(after, 'mask', own)}"


def sent_back(explanation: Explanation) -> str:
    """Return which attribute of a layer flows back through its weights."""
    return "errors" if explanation.hidden_error == "split" else "deltas"


def named(layer: LayerExplanation, attribute: str, *indices: int | str) -> str:
    """Return an attribute's name in the article, with indices, as hidden_errors[2]."""
    return layer.article_name(attribute) + "".join(f"[{index}]" for index in indices)


# The heading, in which text and page agree too.


def title_of(explanation: Explanation) -> str:
    """Return what the explanation is of."""
    widths = [len(explanation.inputs), *(len(layer.outputs) for layer in explanation.layers)]
    return f"One update of a {'-'.join(map(str, widths))} network, taken apart"


def settings_of(explanation: Explanation, number: Callable[[float], str]) -> dict[str, str]:
    """Return the settings of the network by their names, and the loss as number writes it."""
    return {
        "activations": ", ".join(layer.activation for layer in explanation.layers),
        "loss": f"{explanation.loss_function} = {number(explanation.loss)}",
        "lr": f"{explanation.lr:g}",
        "hidden_error": explanation.hidden_error,
        "optimizer": repr(explanation.optimizer),
        **_dropout_of(explanation),
    }


def _dropout_of(explanation: Explanation) -> dict[str, str]:
    """Return how many neurons the update drops; nothing without dropout."""
    counts = [
        f"{layer.mask.count(0.0)} of {len(layer.mask)} {layer.before} neurons"
        for layer in explanation.layers
        if layer.mask
    ]
    return {"dropout": f"drops {', '.join(counts)}"} if counts else {}
