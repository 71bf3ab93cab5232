"""The slips that a program is compared with: each one as formulas in place of the right ones.

A slip has an identifier, which stays, and versions: in the one layer, in the other, in both. Which
of them a program has made, only its numbers say: they are the slip's own, in every place, to eleven
digits. No slip is guessed from the program's text. Each has a program in ``tests/slips``.

The words of a slip follow "this number comes out if"; {where} becomes "in the hidden layer".
"""

from collections.abc import Callable, Iterator
from itertools import accumulate, chain, combinations
from typing import Any, NamedTuple

from nnref.article import recombined, weighted_sums
from nnref.checking.formulas import (
    ARTICLE,
    CHAIN_RULE,
    RULES,
    Formula,
    Numbers,
    differences,
    products,
    sigmoids,
    slopes,
    transposed,
)
from nnref.common.types import Matrix, Vector
from nnref.functions import exp, sigmoid, tanh


class Slip(NamedTuple):
    """A slip in one version: its identifier, how it comes about, and its formulas."""

    name: str
    cause: str
    formulas: dict[str, Formula]


def slips(rule: str) -> list[Slip]:
    """Return all slips against a rule, the likelier first where two give the same number."""
    return list(chain(forward(), errors(rule), slope_slips(), updates(rule), steps()))


def in_layers(name: str, cause: str, made: Callable[[str], dict[str, Formula]]) -> Iterator[Slip]:
    """Yield a slip in both layers, and in each of them."""
    for where, layers in (
        ("in both layers", ("hidden", "output")),
        ("in the hidden layer", ("hidden",)),
        ("in the output layer", ("output",)),
    ):
        formulas = {key: formula for layer in layers for key, formula in made(layer).items()}
        yield Slip(name, cause.format(where=where), formulas)


# The way forward.


def forward() -> Iterator[Slip]:
    """Yield the slips of the way forward: a query can have them, and the first half of train."""
    signals = {"hidden": "hidden_inputs", "output": "final_inputs"}
    outputs = {"hidden": "hidden_outputs", "output": "final_outputs"}

    def activation(name: str, cause: str, function: Callable[[float], float]) -> Iterator[Slip]:
        yield from in_layers(
            name,
            cause,
            lambda layer: {
                outputs[layer]: lambda n: [function(x) for x in n[signals[layer]]],
                "sigmoid": lambda n: function(n["x"]),
            },
        )

    yield from activation(
        "sigmoid_of_sigmoid",
        "the sigmoid is taken of a sigmoid {where}",
        lambda x: sigmoid(sigmoid(x)),
    )
    yield from activation("sigmoid_missing", "the sigmoid is missing {where}", float)
    yield from activation(
        "sigmoid_sign",
        "the sigmoid has the wrong sign {where}, e**x in place of e**-x",
        lambda x: sigmoid(-x),
    )
    yield from activation("tanh_for_sigmoid", "tanh stands for the sigmoid {where}", tanh)
    yield from activation(
        "relu_for_sigmoid", "relu stands for the sigmoid {where}", lambda x: max(x, 0.0)
    )
    yield from activation(
        "slope_for_sigmoid",
        "the slope of the sigmoid stands for the sigmoid {where}",
        lambda x: sigmoid(x) * (1.0 - sigmoid(x)),
    )
    yield from activation("sigmoid_without_one", "the 1 of 1 + e**-x is missing {where}", exp)
    yield from activation(
        "brackets_missing",
        "the brackets are missing {where}, 1 / 1 + e**-x in place of 1 / (1 + e**-x)",
        lambda x: 1.0 + exp(-x),
    )
    yield from in_layers(
        "bias_added",
        "1 is added as a bias {where}; the article's neurons have no bias",
        lambda layer: {signals[layer]: lambda n: [x + 1.0 for x in ARTICLE[signals[layer]](n)]},
    )
    yield from sums()


def sums() -> Iterator[Slip]:
    """Yield the slips of a loop that adds up what arrives at a neuron."""
    layers = {
        "hidden": ("hidden_inputs", "inputs", "weights_input_hidden"),
        "output": ("final_inputs", "hidden_outputs", "weights_hidden_output"),
    }

    def loop(name: str, cause: str, made: Callable[[Vector, Matrix], Vector]) -> Iterator[Slip]:
        def formulas(layer: str) -> dict[str, Formula]:
            signals, flowed, weights = layers[layer]
            return {signals: lambda n: made(n[flowed], n[weights])}

        yield from in_layers(name, cause, formulas)

    yield from loop(
        "nothing_added_up",
        "nothing is added up, so that every signal is 0",
        lambda flowed, weights: [0.0] * len(weights[0]),
    )
    yield from loop(
        "last_product_alone",
        "each product replaces the sum of those before it {where}, = in place of +=",
        lambda flowed, weights: [flowed[-1] * weight for weight in weights[-1]],
    )
    yield from loop(
        "sum_goes_on",
        "the sum goes on from one neuron to the next {where}; it must start from 0 for each",
        lambda flowed, weights: list(accumulate(weighted_sums(flowed, weights, None))),
    )


def bias_slips(vectors: dict[str, Vector], hnodes: int, onodes: int) -> Iterator[Slip]:
    """Yield the slip of a bias for the vectors that a program keeps beside its weights."""

    def adding(signals: str, bias: Vector) -> dict[str, Formula]:
        return {signals: lambda n: [x + b for x, b in zip(ARTICLE[signals](n), bias, strict=True)]}

    hidden = [(name, adding("hidden_inputs", v)) for name, v in vectors.items() if len(v) == hnodes]
    output = [(name, adding("final_inputs", v)) for name, v in vectors.items() if len(v) == onodes]
    both = [(f"{a} and {b}", x | y) for a, x in hidden for b, y in output]
    for name, formulas in both + hidden + output:
        added = f"{name} {'are' if ' and ' in name else 'is'} added to the signals"
        cause = f"{added}; the article's neurons have no bias"
        yield Slip("bias_added", cause, formulas)


# The way back.


def errors(rule: str) -> Iterator[Slip]:
    """Yield the slips of the errors."""
    if rule == "split":
        yield Slip(
            "chain_rule",
            "the output errors are sent back by the chain rule, times the slopes of the outputs; "
            "the article sends back the errors themselves",
            {"sent_back": CHAIN_RULE["sent_back"]},
        )
    else:
        yield Slip(
            "article_rule",
            "the output errors are sent back by the article's rule; the chain rule, which is asked "
            "for, sends back each error times the slope of its output",
            {"sent_back": ARTICLE["sent_back"]},
        )
    yield Slip(
        "hidden_errors_from_moved_weights",
        "hidden_errors is computed from weights_hidden_output that has moved already; compute it "
        "before",
        {"hidden_errors": lambda n: recombined(n["new_weights_hidden_output"], n["sent_back"])},
    )
    yield Slip(
        "errors_split_by_share",
        "each error is divided by the sum of the weights that lead to its output; the article "
        "multiplies by the weights alone",
        {
            "hidden_errors": lambda n: recombined(
                _shares(n["weights_hidden_output"]), n["sent_back"]
            )
        },
    )
    yield Slip(
        "errors_squared",
        "the errors are squared; the article takes the difference itself",
        {"output_errors": lambda n: [e * e for e in ARTICLE["output_errors"](n)]},
    )
    yield Slip(
        "sign",
        "the sign is wrong; an error is the target minus the output, and the weights take +=",
        {"output_errors": lambda n: differences(n["final_outputs"], n["targets"])},
    )


def _shares(weights: Matrix) -> Matrix:
    """Return each weight's share of those that lead to the same output."""
    return transposed([[w / sum(column) for w in column] for column in transposed(weights)])


def slope_slips() -> Iterator[Slip]:
    """Yield the slips of a neuron's slope."""
    outputs = {"hidden": "hidden_outputs", "output": "final_outputs"}
    signals = {"hidden": "hidden_inputs", "output": "final_inputs"}

    def slope(name: str, cause: str, made: Callable[[Vector], Vector]) -> Iterator[Slip]:
        yield from in_layers(
            name, cause, lambda layer: {f"{layer}_slopes": lambda n: made(n[outputs[layer]])}
        )

    yield from slope(
        "slope_missing",
        "the slope is missing {where}, output * (1 - output)",
        lambda o: [1.0] * len(o),
    )
    yield from slope(
        "slope_twice", "the slope is taken twice {where}", lambda o: products(slopes(o), slopes(o))
    )
    yield from slope(
        "sigmoid_of_sigmoid",
        "the slope takes the sigmoid of an output {where}; the output is the sigmoid of a signal "
        "already, so the slope is output * (1 - output)",
        lambda o: slopes(sigmoids(o)),
    )
    yield from slope(
        "slope_incomplete",
        "the slope is the output alone {where}; it is output * (1 - output)",
        list,
    )
    yield from slope(
        "slope_incomplete",
        "the slope is (1 - output) alone {where}; it is output * (1 - output)",
        lambda o: [1.0 - x for x in o],
    )
    yield from in_layers(
        "slope_of_signals",
        "the slope is made of the signals into the neurons {where}; it is made of their outputs",
        lambda layer: {f"{layer}_slopes": lambda n: slopes(n[signals[layer]])},
    )


# The update.


def updates(rule: str) -> Iterator[Slip]:
    """Yield the slips of an update's product and of what it does with the weights."""
    yield Slip(
        "hidden_errors_for_hidden_outputs",
        "the update takes hidden_errors in place of hidden_outputs, as the article's own printed "
        "code does; a weight moves by what flowed through it",
        {"output_flow": lambda n: n["hidden_errors"]},
    )
    yield Slip(
        "hidden_inputs_for_hidden_outputs",
        "the update takes hidden_inputs in place of hidden_outputs; a weight moves by what flowed "
        "through it",
        {"output_flow": lambda n: n["hidden_inputs"]},
    )
    weights = {"hidden": "weights_input_hidden", "output": "weights_hidden_output"}
    yield from in_layers(
        "flow_missing",
        "what flowed through the weights is missing {where}; it is one more factor of the step",
        lambda layer: {f"{layer}_flow": lambda n: [1.0] * len(ARTICLE[f"{layer}_flow"](n))},
    )
    unmoved = {name: _unmoved(name) for name in weights.values()}
    yield Slip(
        "not_updated",
        "no weights are updated",
        unmoved["weights_input_hidden"] | unmoved["weights_hidden_output"],
    )
    for name, formulas in unmoved.items():
        yield Slip("layer_not_updated", f"{name} is not updated", formulas)
    yield Slip("updated_twice", "the update is done twice", _done_twice(rule))
    yield from in_layers(
        "weights_replaced",
        "the change replaces the weights {where}, = in place of +=",
        lambda layer: {
            f"new_{weights[layer]}": lambda n: _outer(n[f"{layer}_flow"], n[f"{layer}_steps"])
        },
    )


def steps() -> Iterator[Slip]:
    """Yield the slips that make all of a layer's steps longer or shorter, or turn them round."""

    def length(name: str, cause: str, lr: Formula) -> Iterator[Slip]:
        yield from in_layers(name, cause, lambda layer: {f"{layer}_lr": lr})

    yield from length(
        "sign", "the update has the wrong sign {where}, -= in place of +=", lambda n: -n["lr"]
    )
    yield from length(
        "learning_rate_missing", "the learning rate is missing {where}", lambda n: 1.0
    )
    yield from length(
        "learning_rate_twice",
        "the learning rate is taken twice {where}, lr * lr",
        lambda n: n["lr"] * n["lr"],
    )
    yield from length(
        "learning_rate_twice",
        "every step is twice as long {where}: 2 * lr, or an error taken twice",
        lambda n: 2.0 * n["lr"],
    )


GIVEN = ("lr", "inputs", "targets", "weights_input_hidden", "weights_hidden_output")


def _done_twice(rule: str) -> dict[str, Formula]:
    """Return the formulas of an update that is followed by another one from the same example."""

    def second(n: Numbers) -> Numbers:
        start = {name: n[name] for name in GIVEN}
        first = Numbers(start, RULES[rule])
        return Numbers(start | {name: first[f"new_{name}"] for name in GIVEN[-2:]}, RULES[rule])

    return {
        "new_weights_hidden_output": lambda n: second(n)["new_weights_hidden_output"],
        "new_weights_input_hidden": lambda n: second(n)["new_weights_input_hidden"],
    }


def _unmoved(weights: str) -> dict[str, Formula]:
    return {f"new_{weights}": lambda n: n[weights]}


def _outer(flow: Vector, layer_steps: Vector) -> Matrix:
    return [[x * step for step in layer_steps] for x in flow]


# The product the wrong way round, which runs only where the layers are equally wide.


def turned() -> list[Slip]:
    """Return the slips of a matrix that is turned round, in one place or in several."""
    products_turned: dict[str, dict[str, Formula]] = {
        "hidden_inputs": {
            "hidden_inputs": lambda n: weighted_sums(
                n["inputs"], transposed(n["weights_input_hidden"]), None
            )
        },
        "final_inputs": {
            "final_inputs": lambda n: weighted_sums(
                n["hidden_outputs"], transposed(n["weights_hidden_output"]), None
            )
        },
        "hidden_errors": {
            "hidden_errors": lambda n: recombined(
                transposed(n["weights_hidden_output"]), n["sent_back"]
            )
        },
        "weights_hidden_output": {
            "new_weights_hidden_output": _turned_update("output", "weights_hidden_output")
        },
        "weights_input_hidden": {
            "new_weights_input_hidden": _turned_update("hidden", "weights_input_hidden")
        },
    }
    names = list(products_turned)
    found = []
    for places in chain.from_iterable(combinations(names, size) for size in range(1, 6)):
        formulas = {key: f for place in places for key, f in products_turned[place].items()}
        where = " and ".join(filter(None, [", ".join(places[:-1]), places[-1]]))
        cause = f"the product for {where} is the wrong way round"
        found.append(Slip("product_the_wrong_way_round", cause, formulas))
    return found


def _turned_update(layer: str, weights: str) -> Formula:
    def new_weights(n: Numbers) -> Any:
        change = transposed(_outer(n[f"{layer}_flow"], n[f"{layer}_steps"]))
        return [
            [w + c for w, c in zip(row, changes, strict=True)]
            for row, changes in zip(n[weights], change, strict=True)
        ]

    return new_weights
