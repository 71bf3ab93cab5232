"""One update of a network, taken apart: plain data, under the article's names.

It holds no arithmetic. A backend fills it in with the numbers that it computed; ``text.py`` and
``page.py`` show them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nnref.common.arguments import one_of
from nnref.common.files import replace_file
from nnref.common.optimizers import Optimizer
from nnref.common.types import Matrix, Vector
from nnref.explanation.page import page_of
from nnref.explanation.presentation import document_of
from nnref.explanation.text import text_of

# The attributes of every layer that `to_dict` gives by their names in the article.
NAMED = (
    "weights", "signals", "outputs", "errors", "deltas", "steps", "weight_changes", "new_weights",
    "biases", "bias_changes", "new_biases",
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class LayerExplanation:
    """What an update computes in one layer of neurons.

    Attributes
    ----------
    name : str
        "hidden" or "output"; with several hidden layers "hidden_1", "hidden_2", ... and "output".
    before : str
        The layer that its inputs come from: "input", or a name as above.
    activation : str
        The function that turns the signals into outputs.
    inputs : (fan_in,) list of float
        What flows into the layer: the outputs of the layer before, with dropout times the mask.
    weights : (fan_in, fan_out) list of list of float
        The weights before the update: ``weights[i][j]`` links input i to neuron j.
    biases : (fan_out,) list of float
        The biases before the update; empty without biases.
    signals : (fan_out,) list of float
        For each neuron j the sum over i of ``inputs[i] * weights[i][j]``, plus its bias: the
        article's hidden_inputs and final_inputs.
    outputs : (fan_out,) list of float
        The activation of the signals: the article's hidden_outputs and final_outputs.
    errors : (fan_out,) list of float
        How much higher each output should be, or lower if negative: the article's output_errors
        and hidden_errors.
    deltas : (fan_out,) list of float
        Minus the slope of the loss in the signals. Under ``hidden_error="split"`` a hidden layer
        has its errors times the slope of the activation instead.
    steps : (fan_out,) list of float
        The deltas times the learning rate. For momentum and Adam, which apply the learning rate
        later, the deltas themselves. Gradient descent adds ``inputs[i] * steps[j]`` to a weight;
        momentum, Adam and weight decay do more.
    weight_changes : (fan_in, fan_out) list of list of float
        The new weights minus the weights.
    bias_changes : (fan_out,) list of float
        The new biases minus the biases; empty without biases.
    new_weights, new_biases : as weights, biases
        The weights and biases after the update.
    slots : dict of (fan_in, fan_out) list of list of float
        What the optimizer keeps for each weight, after the update: "velocity" for momentum,
        "first_moment" and "second_moment" for Adam, nothing for gradient descent.
    bias_slots : dict of (fan_out,) list of float
        The same for the biases.
    mask : (fan_in,) list of float
        What dropout multiplies the outputs of the layer before by: 0 for a dropped neuron. Empty
        where it drops nothing.
    """

    name: str
    before: str
    activation: str
    inputs: Vector
    weights: Matrix
    biases: Vector
    signals: Vector
    outputs: Vector
    errors: Vector
    deltas: Vector
    steps: Vector
    weight_changes: Matrix
    bias_changes: Vector
    new_weights: Matrix
    new_biases: Vector
    slots: dict[str, Matrix] = field(default_factory=dict)
    bias_slots: dict[str, Vector] = field(default_factory=dict)
    mask: Vector = field(default_factory=list)

    def article_name(self, attribute: str) -> str:
        """Return the article's name for an attribute of this layer, or one formed like it.

        For instance "final_inputs" for the signals of the output layer, "hidden_errors" for the
        errors of the hidden one, and "weights_input_hidden" for its weights.

        Parameters
        ----------
        attribute : str
            The name of the attribute or of a slot; for a slot of the biases "bias_velocity" and
            the like.

        Returns
        -------
        str

        Raises
        ------
        ValueError, TypeError
            If there is no such attribute or slot.
        """
        kept = [*self.slots, *(f"bias_{slot}" for slot in self.bias_slots)]
        one_of("attribute", attribute, ["inputs", "mask", *NAMED, *kept])
        if attribute == "mask":
            return f"{self.before}_mask"
        if attribute == "inputs" and self.mask:
            return f"{self.before}_kept"
        if attribute == "inputs":
            return "inputs" if self.before == "input" else f"{self.before}_outputs"
        if attribute in ("signals", "outputs"):
            layer = "final" if self.name == "output" else self.name
            return f"{layer}_{'inputs' if attribute == 'signals' else 'outputs'}"
        if attribute in ("errors", "deltas", "steps"):
            return f"{self.name}_{attribute}"
        if "bias" in attribute:
            return f"{attribute}_{self.name}"
        return f"{attribute}_{self.before}_{self.name}"

    def __repr__(self) -> str:
        """Return which layer it is; its numbers would fill pages."""
        return f"<{self.name} layer: {len(self.inputs)} inputs, {len(self.outputs)} neurons>"

    def to_dict(self) -> dict[str, Any]:
        """Return the layer's numbers by their names in the article.

        Returns
        -------
        dict
            The lists of the attributes, each under its `article_name`.
        """
        names = ["mask", "inputs"] if self.mask else []
        names += NAMED if self.biases else [name for name in NAMED if "bias" not in name]
        entries = {self.article_name(name): getattr(self, name) for name in names}
        for slot, matrix in self.slots.items():
            entries[self.article_name(slot)] = matrix
        for slot, vector in self.bias_slots.items():
            entries[self.article_name(f"bias_{slot}")] = vector
        return entries


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """One update of a network by one example, taken apart; the network itself is unchanged.

    It prints as a table, and a notebook shows it as a page with a drawing of the network. You can
    look up any number by its name in the article: ``explanation["hidden_errors"]``.

    Attributes
    ----------
    inputs : (inodes,) list of float
        The example.
    targets : (onodes,) list of float
        What the outputs should be.
    loss : float
        The loss of this example, before the update.
    loss_function, hidden_error : str
        The network's loss and its rule for the hidden errors.
    lr : float
        The learning rate.
    optimizer : SGD, Momentum or Adam
        How the network's weights are moved.
    layers : tuple of LayerExplanation
        The layers of neurons, the first hidden one first.
    """

    inputs: Vector
    targets: Vector
    loss: float
    loss_function: str
    hidden_error: str
    lr: float
    optimizer: Optimizer
    layers: tuple[LayerExplanation, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return every number by its name in the article, ready for JSON.

        Returns
        -------
        dict
            "inputs", "targets", "loss", "lr"; for the layers "hidden_inputs", "hidden_outputs",
            "hidden_errors", "hidden_deltas", "hidden_steps", "final_inputs", "final_outputs",
            "output_errors", "output_deltas", "output_steps", as lists of float; and for the weights
            between them "weights_input_hidden", "weight_changes_input_hidden",
            "new_weights_input_hidden", and so on, as lists of rows. With biases also
            "biases_hidden" and the like, with several hidden layers "hidden_1_inputs" and the
            like, with momentum or Adam "velocity_input_hidden" and the like, with dropout
            "hidden_mask" and "hidden_kept", which is what it has left of the outputs, and the like.
        """
        entries: dict[str, Any] = {
            "inputs": self.inputs,
            "targets": self.targets,
            "loss": self.loss,
            "lr": self.lr,
        }
        for layer in self.layers:
            entries |= layer.to_dict()
        return entries

    def __getitem__(self, name: str) -> Any:
        """Return the number or numbers of this name in the article, as in `to_dict`."""
        entries = self.to_dict()
        if name not in entries:
            raise KeyError(f"{name!r}: wants one of {', '.join(entries)}")
        return entries[name]

    def __contains__(self, name: object) -> bool:
        """Return whether `to_dict` has an entry of this name."""
        return name in self.to_dict()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.to_dict())

    def __str__(self) -> str:
        """Return the explanation as a table; it says where large layers are folded."""
        return text_of(self)

    # At the prompt too: all numbers of a large network would be megabytes.
    __repr__ = __str__

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write the explanation as one HTML file, which needs no other file and no network.

        It is the page that a notebook shows, with a link to a view in large type to present in
        class: the network, then forward, backward and update side by side. To open the file in
        this view, add ``#present`` to its address.

        Parameters
        ----------
        path : str or path
            Where to write it. If writing fails, an older file stays as it was.

        Raises
        ------
        ValueError, TypeError, OSError
            If the file cannot be written.
        """
        replace_file(path, [document_of(self).encode()])

    def _repr_html_(self) -> str:
        """Return the explanation as the part of a page that a notebook shows."""
        return page_of(self)
