"""The C around a network: the scaling of raw inputs before it, and its classes after it."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnfast.exchange.c_source import Real
from nnfast.exchange.model import Model
from nnref.common.seen_range import SeenRange


class Array(NamedTuple):
    """An array of constants in C."""

    name: str
    title: str  # of the scaler whose numbers these are
    type: str
    suffix: str  # of a constant
    numbers: list[float]
    size: int  # in bytes


class Around:
    """What a model has around its network, as C."""

    def __init__(self, model: Model, real: Real) -> None:
        self.model, self.real = model, real

    def scaler_arrays(self) -> list[Array]:
        """Return the numbers of all scalers, in the order of the operations."""
        arrays = []
        for place, scaler in enumerate(self.model.scalers, 1):
            for _, name, numbers in scaler.operations:
                # Numbers wider than the inputs stay so: then scikit-learn, too, computes in double.
                is_wider = self.real.real == "float" and numbers.dtype == np.float64
                kind, suffix = ("double", "") if is_wider else ("real", self.real.suffix)
                size = numbers.size * (8 if is_wider else self.real.size)
                array_name = f"scaler_{place}_{name}"
                arrays.append(Array(array_name, scaler.title, kind, suffix, numbers.tolist(), size))
        return arrays

    def scaling(self) -> str:
        """Return the statements that scale one input, x."""
        arrays, lines = iter(self.scaler_arrays()), []
        for scaler in self.model.scalers:
            for operation in scaler.operations:
                lines.append(f"x = (real) (x {operation.operator} {next(arrays).name}[i]);")
            if scaler.clip:
                low, high = (constant(limit, self.real.suffix) for limit in scaler.clip)
                lines += [f"x = x < {low} ? {low} : x;", f"x = x > {high} ? {high} : x;"]
        return "\n".join(f"        {line}" for line in lines)

    def range_of_inputs(self, seen: SeenRange) -> Iterator[str]:
        """Return the lines of the head that say what inputs the network was trained on."""
        if not seen.examples:
            return
        trained_on = f"It was trained on inputs from {seen.low:.6g} to {seen.high:.6g}"
        if not self.model.scalers:
            yield f"{trained_on}."
            return
        ends = np.repeat([[seen.low], [seen.high]], self.model.network.inodes, axis=1)
        for scaler in reversed(self.model.scalers):
            for operation in reversed(scaler.operations):
                ends = operation.undone(ends)
        yield from [f"{trained_on} after scaling. Before it, that is:", ""]
        for place, (low, high) in enumerate(ends.T.tolist()):
            yield f"    inputs[{place}] from {low:.6g} to {high:.6g}"

    def answers(self, classify: str) -> Iterator[str]:
        """Return the lines of the head that say what an estimator's answers are."""
        model, titles = self.model, [scaler.title for scaler in self.model.scalers]
        if titles:
            yield f"The inputs are raw: they go through {' and '.join(titles)} first."
        if model.answers:
            yield f"The outputs are what {model.answers} returns."
        if not model.labels:
            return
        real = self.real.real
        if model.multilabel:
            yield from ["", f"    void {classify}(const {real} *inputs, int *labels);", ""]
            yield f"sets each of {len(model.labels)} labels to 1 or to 0. Their names are:"
        else:
            yield from ["", f"    int {classify}(const {real} *inputs);", ""]
            yield "returns the place of the most probable class, or -1 if its probability is NaN."
            yield "The labels of the classes are, in their places:"
        yield from ["", f"    extern const char *const {classify}_labels[{len(model.labels)}];"]

    def probabilities(self) -> Iterator[str]:
        """Return the statements that turn the outputs into the probability of each class."""
        if self.model.multilabel or len(self.model.labels) not in (1, 2):
            return
        if len(self.model.labels) == 1:
            yield "    outputs[0] = 1;"
            return
        yield "    outputs[1] = outputs[0];"
        yield "    outputs[0] = 1 - outputs[1];"

    def labels(self, classify: str) -> str:
        """Return the array of the labels."""
        declared = f"const char *const {classify}_labels[CLASSES]"
        rows = "".join(f"    {_string(label)},\n" for label in self.model.labels)
        return f"\nextern {declared};\n\n{declared} = {{\n{rows}}};\n"


def constant(number: float, suffix: str) -> str:
    """Return a number as a constant that every compiler reads exactly."""
    if not math.isfinite(number):
        return "NAN" if number != number else "INFINITY" if number > 0 else "-INFINITY"
    significand, exponent = number.hex().split("p")
    return f"{significand.rstrip('0').removesuffix('.')}p{exponent}{suffix}"


def _string(text: str) -> str:
    """Return a text as a constant of bytes in UTF-8, safe whatever is in it."""
    # Not \x41, which would go on with the letters after it; nor ??, which begins a trigraph.
    plain = set(range(32, 127)) - set(b'"\\?')
    encoded = text.encode("utf-8", "backslashreplace")
    return '"' + "".join(chr(x) if x in plain else f"\\{x:03o}" for x in encoded) + '"'
