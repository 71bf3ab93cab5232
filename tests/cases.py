"""Networks of every kind as Hypothesis draws them, and what to feed to both backends."""

import random
from dataclasses import dataclass
from typing import Any

from helpers import PAIRS, bits, draw_rows
from hypothesis import strategies as st

import nnfast
import nnref
from nnfast.network import NeuralNetwork as FastNetwork
from nnref import SGD, Adam, Momentum
from nnref.common.description import (
    ACTIVATIONS,
    BIAS_INITS,
    HIDDEN_ERRORS,
    INITS,
    OUTPUT_ACTIVATIONS,
)
from nnref.network import NeuralNetwork as ReferenceNetwork

DECAYS = st.sampled_from([0.0, 0.0, 0.01, 1.0])


def optimizers(smallest_epsilon: float) -> st.SearchStrategy[Any]:
    return (
        st.sampled_from(["sgd", "momentum", "adam"])
        | st.builds(SGD, DECAYS)
        | st.builds(Momentum, st.sampled_from([0.0, 0.5, 0.99]), st.booleans(), DECAYS)
        | st.builds(
            Adam,
            st.sampled_from([0.0, 0.9]),
            st.sampled_from([0.0, 0.999]),
            st.sampled_from([1e-8, smallest_epsilon, 1.0]),
            DECAYS,
        )
    )


@st.composite
def sizes_and_options(
    draw: st.DrawFn, widest: int, smallest_epsilon: float
) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Every kind of network, of 1 to 4 layers of weights and 1 to `widest` neurons each."""
    sizes = tuple(draw(st.lists(st.integers(1, widest), min_size=2, max_size=5)))
    one_each = st.lists(
        st.sampled_from(ACTIVATIONS), min_size=len(sizes) - 2, max_size=len(sizes) - 2
    )
    outputs = [name for name in OUTPUT_ACTIVATIONS if name != "softmax" or sizes[-1] > 1]
    output_activation = draw(st.sampled_from(outputs))
    losses = [loss for output, loss in PAIRS if output == output_activation]
    bias = draw(st.booleans())
    # One network in three drops something: hidden neurons, inputs or both.
    drops = draw(st.integers(0, 2)) == 0
    rates = st.sampled_from([0.0, 0.12, 0.5, 0.94]) if drops else st.just(0.0)
    return sizes, {
        "activation": draw(st.sampled_from(ACTIVATIONS) | one_each),
        "output_activation": output_activation,
        "loss": draw(st.sampled_from(losses)),
        "hidden_error": draw(st.sampled_from(HIDDEN_ERRORS)),
        "bias": bias,
        "optimizer": draw(optimizers(smallest_epsilon)),
        "init": draw(st.sampled_from(INITS)),
        "bias_init": draw(st.sampled_from(BIAS_INITS)) if bias else "zeros",
        "dropout": draw(rates) if len(sizes) > 2 else 0.0,
        "input_dropout": draw(rates),
        "seed": draw(st.integers(0, 2**64 - 1)),
    }


FLAVOURS = st.sampled_from(["usual", "usual", "wide", "special"])


@dataclass(frozen=True)
class Case:
    """A network to build twice, and the draws for what to feed it."""

    sizes: tuple[int, ...]
    lr: float
    options: dict[str, Any]
    flavour: str
    data_seed: int

    def reference(self) -> ReferenceNetwork:
        shape = self.sizes[0], self.sizes[1:-1], self.sizes[-1]
        return nnref.NeuralNetwork(*shape, self.lr, **self.options)

    def fast(self) -> FastNetwork:
        shape = self.sizes[0], self.sizes[1:-1], self.sizes[-1]
        return nnfast.NeuralNetwork(*shape, self.lr, **self.options)

    def networks(self) -> tuple[ReferenceNetwork, FastNetwork]:
        return self.reference(), self.fast()

    def rows(self, count: int) -> tuple[list[list[float]], list[list[float]]]:
        draws = random.Random(self.data_seed)
        inputs = draw_rows(draws, self.flavour, count, self.sizes[0])
        targets = draw_rows(draws, self.flavour, count, self.sizes[-1])
        if self.options.get("loss") == "cross_entropy":
            targets = [[min(max(t, 0.0), 1.0) for t in row] for row in targets]
        if self.options.get("loss") == "poisson":
            targets = [[max(t, 0.0) for t in row] for row in targets]
        return inputs, targets


@st.composite
def cases(draw: st.DrawFn, widest: int = 40, flavours: st.SearchStrategy[str] = FLAVOURS) -> Case:
    sizes, options = draw(sizes_and_options(widest, smallest_epsilon=1e-300))
    return Case(
        sizes=sizes,
        lr=draw(st.sampled_from([0.1, 0.3, 1.0, 1e-300, 1e300]) | st.floats(1e-3, 10)),
        options=options,
        flavour=draw(flavours),
        data_seed=draw(st.integers(0, 2**32)),
    )


def assert_same(reference: ReferenceNetwork, fast: FastNetwork) -> None:
    """All that training changes is the same: weights, biases, what the optimizer keeps."""
    assert reference._arrays.keys() == fast._arrays.keys()
    for name, mine in reference._arrays.items():
        assert bits(mine) == bits(fast._arrays[name]), name
    assert reference.digest() == fast.digest()
    assert reference._engine.updates == fast._engine.updates
