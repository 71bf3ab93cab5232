"""The article's network as a student may write it, on lists and on arrays, and each slip in it.

A slip is a table of replacements in the text of a right program. Whatever stands both in query and
in train is replaced in both; what only train has, there.
"""

from collections.abc import Iterator
from typing import NamedTuple

LISTS = """
import math
import random


def sigmoid_of(x):
    return 1 / (1 + math.exp(-x))


class Network:
    def __init__(self, inodes, hnodes, onodes, lr):
        self.inodes, self.hnodes, self.onodes = inodes, hnodes, onodes
        self.lr = lr
        self.weights_input_hidden = [[random.random() - 0.5 for j in range(hnodes)]
                                     for i in range(inodes)]
        self.weights_hidden_output = [[random.random() - 0.5 for k in range(onodes)]
                                      for j in range(hnodes)]

    def forward(self, inputs):
        wih, who = self.weights_input_hidden, self.weights_hidden_output
        hidden_inputs = []
        for j in range(self.hnodes):
            hidden_inputs.append(sum(inputs[i] * wih[i][j] for i in range(self.inodes)))
        hidden_outputs = [sigmoid_of(x) for x in hidden_inputs]
        final_inputs = []
        for k in range(self.onodes):
            final_inputs.append(sum(hidden_outputs[j] * who[j][k] for j in range(self.hnodes)))
        final_outputs = [sigmoid_of(x) for x in final_inputs]
        return hidden_inputs, hidden_outputs, final_inputs, final_outputs

    def query(self, inputs):
        return self.forward(inputs)[3]

    def train(self, inputs, targets):
        lr, wih, who = self.lr, self.weights_input_hidden, self.weights_hidden_output
        hidden_inputs, hidden_outputs, final_inputs, final_outputs = self.forward(inputs)
        output_errors = [t - o for t, o in zip(targets, final_outputs)]
        output_slopes = [o * (1 - o) for o in final_outputs]
        output_deltas = [e * s for e, s in zip(output_errors, output_slopes)]
        hidden_errors = [sum(w * e for w, e in zip(row, output_errors)) for row in who]
        hidden_slopes = [o * (1 - o) for o in hidden_outputs]
        hidden_deltas = [e * s for e, s in zip(hidden_errors, hidden_slopes)]
        for j in range(self.hnodes):
            for k in range(self.onodes):
                who[j][k] += lr * output_deltas[k] * hidden_outputs[j]
        for i in range(self.inodes):
            for j in range(self.hnodes):
                wih[i][j] += lr * hidden_deltas[j] * inputs[i]
"""

ARRAYS = """
import numpy as np


def sigmoid_of(x):
    return 1 / (1 + np.exp(-x))


class Network:
    def __init__(self, inodes, hnodes, onodes, lr):
        self.inodes, self.hnodes, self.onodes = inodes, hnodes, onodes
        self.lr = lr
        self.weights_input_hidden = np.random.rand(inodes, hnodes) - 0.5
        self.weights_hidden_output = np.random.rand(hnodes, onodes) - 0.5

    def forward(self, inputs):
        wih, who = self.weights_input_hidden, self.weights_hidden_output
        hidden_inputs = np.dot(inputs, wih)
        hidden_outputs = sigmoid_of(hidden_inputs)
        final_inputs = np.dot(hidden_outputs, who)
        final_outputs = sigmoid_of(final_inputs)
        return hidden_inputs, hidden_outputs, final_inputs, final_outputs

    def query(self, inputs):
        return self.forward(inputs)[3]

    def train(self, inputs, targets):
        lr, wih, who = self.lr, self.weights_input_hidden, self.weights_hidden_output
        hidden_inputs, hidden_outputs, final_inputs, final_outputs = self.forward(inputs)
        output_errors = targets - final_outputs
        output_slopes = final_outputs * (1 - final_outputs)
        output_deltas = output_errors * output_slopes
        hidden_errors = np.dot(who, output_errors)
        hidden_slopes = hidden_outputs * (1 - hidden_outputs)
        hidden_deltas = hidden_errors * hidden_slopes
        who += lr * np.outer(hidden_outputs, output_deltas)
        wih += lr * np.outer(inputs, hidden_deltas)
"""

Replacements = list[tuple[str, str]]


class Slip(NamedTuple):
    """A slip: its name, the number that shows it, and what is replaced in either program."""

    name: str
    number: str
    lists: Replacements
    arrays: Replacements
    rule: str = "split"

    @property
    def id(self) -> str:
        return f"{self.name}-{self.number}"


QUERY = "final_outputs"
WHO, WIH = "weights_hidden_output", "weights_input_hidden"


def signals(name: str, hidden: str, output: str, number: str = QUERY) -> Iterator[Slip]:
    """Yield a slip in what the neurons make of their signals: in both layers and in each."""
    lists = [
        ("[sigmoid_of(x) for x in hidden_inputs]", f"[{hidden} for x in hidden_inputs]"),
        ("[sigmoid_of(x) for x in final_inputs]", f"[{output} for x in final_inputs]"),
    ]
    arrays = [
        ("sigmoid_of(hidden_inputs)", hidden.replace("(x)", "(hidden_inputs)")),
        ("sigmoid_of(final_inputs)", output.replace("(x)", "(final_inputs)")),
    ]
    yield Slip(name, number, lists, arrays)
    yield Slip(name, number, lists[:1], arrays[:1])
    yield Slip(name, number, lists[1:], arrays[1:])


def sums(name: str, lists_instead: str, arrays_instead: str) -> Iterator[Slip]:
    """Yield a slip in what a neuron adds up: in both layers and in each.

    In the texts {x} stands for what flows in, {w} for the weights, {y} for the signals so far.
    """
    lists, arrays = [], []
    for x, w, y, from_, at, of, width in (
        ("inputs", "wih", "hidden_inputs", "i", "j", "self.inodes", "self.hnodes"),
        ("hidden_outputs", "who", "final_inputs", "j", "k", "self.hnodes", "self.onodes"),
    ):
        old = f"sum({x}[{from_}] * {w}[{from_}][{at}] for {from_} in range({of}))"
        lists.append((old, lists_instead.format(x=x, w=w, y=y, at=at, sum=old)))
        arrays.append((f"np.dot({x}, {w})", arrays_instead.format(x=x, w=w, width=width)))
    yield Slip(name, QUERY, lists, arrays)
    yield Slip(name, QUERY, lists[:1], arrays[:1])
    yield Slip(name, QUERY, lists[1:], arrays[1:])


def slopes(name: str, hidden: str, output: str) -> Iterator[Slip]:
    """Yield a slip in the slopes, given by what each is instead; o stands for the outputs."""
    lists = [
        ("hidden_slopes = [o * (1 - o) for", f"hidden_slopes = [{hidden} for"),
        ("output_slopes = [o * (1 - o) for", f"output_slopes = [{output} for"),
    ]
    arrays = [
        ("hidden_outputs * (1 - hidden_outputs)", "hidden_slope(hidden_outputs)"),
        ("final_outputs * (1 - final_outputs)", "output_slope(final_outputs)"),
    ]
    defined = [(
        "class Network",
        f"def hidden_slope(o):\n    return {hidden}\n\n\n"
        f"def output_slope(o):\n    return {output}\n\n\nclass Network",
    )]  # fmt: skip
    yield Slip(name, WHO, lists, arrays + defined)
    yield Slip(name, WIH, lists[:1], arrays[:1] + defined)
    yield Slip(name, WHO, lists[1:], arrays[1:] + defined)


def steps(name: str, old: str, new: str) -> Iterator[Slip]:
    """Yield a slip in the update: in both layers and in each."""
    lists = [("who[j][k] " + old, "who[j][k] " + new), ("wih[i][j] " + old, "wih[i][j] " + new)]
    arrays = [("who " + old, "who " + new), ("wih " + old, "wih " + new)]
    yield Slip(name, WHO, lists, arrays)
    yield Slip(name, WHO, lists[:1], arrays[:1])
    yield Slip(name, WIH, lists[1:], arrays[1:])


def all_slips() -> Iterator[Slip]:
    """Yield every slip that the checker knows, in each of its versions."""
    yield from way_forward()
    yield from way_back()
    yield from the_update()
    yield from repeated()
    yield from classes()
    yield from turned()


def way_forward() -> Iterator[Slip]:
    twice = "sigmoid_of(sigmoid_of(x))"
    yield from signals("sigmoid_of_sigmoid", twice, twice)
    yield Slip(
        "sigmoid_sign", QUERY, [("math.exp(-x)", "math.exp(x)")], [("np.exp(-x)", "np.exp(x)")]
    )  # fmt: skip
    yield Slip("sigmoid_without_one", QUERY, [("(1 + math", "(0 + math")], [("(1 + np", "(0 + np")])
    for of in ("hidden", "final"):
        yield Slip(
            "sigmoid_missing", QUERY,
            [(f"[sigmoid_of(x) for x in {of}_inputs]", f"{of}_inputs")],
            [(f"sigmoid_of({of}_inputs)", f"{of}_inputs")],
        )  # fmt: skip
    for name, lists, arrays in (
        ("tanh_for_sigmoid", "math.tanh(x)", "np.tanh(x)"),
        ("relu_for_sigmoid", "max(x, 0)", "np.maximum(x, 0)"),
        (
            "slope_for_sigmoid",
            "math.exp(-x) / (1 + math.exp(-x)) ** 2",
            "np.exp(-x) / (1 + np.exp(-x)) ** 2",
        ),
    ):
        yield Slip(
            name, QUERY, [("1 / (1 + math.exp(-x))", lists)], [("1 / (1 + np.exp(-x))", arrays)]
        )
    yield Slip(
        "brackets_missing", QUERY,
        [("(1 + math.exp(-x))", "1 + math.exp(-x)")],
        [("(1 + np.exp(-x))", "1 + np.exp(-x)")],
    )  # fmt: skip
    yield from sums("nothing_added_up", "0.0", "np.zeros({width})")
    yield from sums("last_product_alone", "{x}[-1] * {w}[-1][{at}]", "{x}[-1] * {w}[-1]")
    yield from sums("sum_goes_on", "sum({y}[-1:], {sum})", "np.cumsum(np.dot({x}, {w}))")
    yield Slip(
        "bias_added", QUERY,
        [("for i in range(self.inodes)))", "for i in range(self.inodes)) + 1)")],
        [("np.dot(inputs, wih)", "np.dot(inputs, wih) + 1")],
    )  # fmt: skip
    # In train alone.
    again = "hidden_inputs, hidden_outputs, final_inputs, final_outputs = self.forward(inputs)"
    yield Slip(
        "sigmoid_of_sigmoid", WHO,
        [(again, again + "\n        final_outputs = [sigmoid_of(x) for x in final_outputs]")],
        [(again, again + "\n        final_outputs = sigmoid_of(final_outputs)")],
    )  # fmt: skip


def way_back() -> Iterator[Slip]:
    lists = ("row, output_errors))", "row, output_deltas))")
    arrays = ("(who, output_errors)", "(who, output_deltas)")
    yield Slip("chain_rule", WIH, [lists], [arrays])
    yield Slip("article_rule", WIH, [], [], "gradient")
    # The update of the other matrix first.
    lists = (
        "        for j in range(self.hnodes):\n            for k in range(self.onodes):\n"
        "                who[j][k] += lr * output_deltas[k] * hidden_outputs[j]\n"
    )
    arrays = "        who += lr * np.outer(hidden_outputs, output_deltas)\n"
    errors = "        hidden_errors ="
    yield Slip(
        "hidden_errors_from_moved_weights", WIH,
        [(lists, ""), (errors, lists + errors)], [(arrays, ""), (errors, arrays + errors)],
    )  # fmt: skip
    yield Slip(
        "errors_split_by_share", WIH,
        [("hidden_errors = [sum(w * e for w, e in zip(row, output_errors)) for row in who]",
          "totals = [sum(column) for column in zip(*who)]\n        hidden_errors = ["
          "sum(w / t * e for w, t, e in zip(row, totals, output_errors)) for row in who]")],
        [("np.dot(who, output_errors)", "np.dot(who / who.sum(axis=0), output_errors)")],
    )  # fmt: skip
    yield Slip(
        "errors_squared", WHO,
        [("[t - o for t", "[(t - o) ** 2 for t")],
        [("targets - final_outputs", "(targets - final_outputs) ** 2")],
    )  # fmt: skip
    yield Slip(
        "sign", WHO, [("[t - o for t", "[o - t for t")],
        [("targets - final_outputs", "final_outputs - targets")],
    )  # fmt: skip
    yield from slopes("slope_missing", "1", "1")
    yield from slopes("slope_twice", "(o * (1 - o)) ** 2", "(o * (1 - o)) ** 2")
    twice = "sigmoid_of(o) * (1 - sigmoid_of(o))"
    yield from slopes("sigmoid_of_sigmoid", twice, twice)
    yield from slopes("slope_incomplete", "o", "o")
    yield from slopes("slope_incomplete", "1 - o", "1 - o")
    yield Slip(
        "slope_of_signals", WHO,
        [("(1 - o) for o in final_outputs]", "(1 - o) for o in final_inputs]")],
        [("final_outputs * (1 - final_outputs)", "final_inputs * (1 - final_inputs)")],
    )  # fmt: skip


def the_update() -> Iterator[Slip]:
    for flow in ("hidden_errors", "hidden_inputs"):
        yield Slip(
            f"{flow}_for_hidden_outputs", WHO,
            [("output_deltas[k] * hidden_outputs[j]", f"output_deltas[k] * {flow}[j]")],
            [("np.outer(hidden_outputs,", f"np.outer({flow},")],
        )  # fmt: skip
    yield Slip(
        "flow_missing", WHO,
        [("output_deltas[k] * hidden_outputs[j]", "output_deltas[k]"),
         ("hidden_deltas[j] * inputs[i]", "hidden_deltas[j]")],
        [("np.outer(hidden_outputs, output_deltas)", "output_deltas"),
         ("np.outer(inputs, hidden_deltas)", "hidden_deltas")],
    )  # fmt: skip
    for name, factor in (
        ("learning_rate_missing", ""),
        ("learning_rate_twice", "lr * lr * "),
        ("learning_rate_twice", "2 * lr * "),
        ("step_length", "0.1 * "),
    ):
        yield from steps(name, "+= lr * ", f"+= {factor}")
    yield from steps("sign", "+=", "-=")
    lists = [
        ("who[j][k] += lr * ", "who[j][k] += 0 * "),
        ("wih[i][j] += lr * ", "wih[i][j] += 0 * "),
    ]
    arrays = [
        ("        who += lr", "        change = lr"),
        ("        wih += lr", "        change = lr"),
    ]
    yield Slip("not_updated", WHO, lists, arrays)
    yield Slip("layer_not_updated", WHO, lists[:1], arrays[:1])
    yield Slip("layer_not_updated", WIH, lists[1:], arrays[1:])
    lists = [("who[j][k] +=", "who[j][k] ="), ("wih[i][j] +=", "wih[i][j] =")]
    arrays = [("who +=", "who[:] ="), ("wih +=", "wih[:] =")]
    yield Slip("weights_replaced", WHO, lists, arrays)
    yield Slip("weights_replaced", WHO, lists[:1], arrays[:1])
    yield Slip("weights_replaced", WIH, lists[1:], arrays[1:])


def repeated() -> Iterator[Slip]:
    """Yield the slips of an update that does too much."""
    train = "    def train(self, inputs, targets):\n"
    twice = (
        f"{train}        for _ in range(2):\n            self.train_once(inputs, targets)\n\n"
        "    def train_once(self, inputs, targets):\n"
    )
    yield Slip("updated_twice", WHO, [(train, twice)], [(train, twice)])
    yield Slip(
        "random", WIH,
        [("lr * hidden_deltas[j]", "random.random() * hidden_deltas[j]")],
        [("lr * np.outer(inputs", "np.random.rand() * np.outer(inputs")],
    )  # fmt: skip


def classes() -> Iterator[Slip]:
    """Yield the slips that only an object can have."""
    errors = ("output_errors = [t - o for t, o in zip(targets, final_outputs)]",
              "output_errors = targets - final_outputs")  # fmt: skip
    # Those of the update before.
    lists, arrays = (
        [(line, f"now = {line[16:]}\n        output_errors = getattr(self, 'errors', now)\n"
          "        self.errors = now")]
        for line in errors
    )  # fmt: skip
    yield Slip("stale_state", WHO, lists, arrays)
    # Sums that go on from the query before.
    lr = "        self.lr = lr\n"
    hidden = "        hidden_outputs = [sigmoid_of(x) for x in hidden_inputs]\n"
    lists = [
        (lr, lr + "        self.sums = [0.0] * hnodes\n"),
        (hidden, "        self.sums = [a + b for a, b in zip(self.sums, hidden_inputs)]\n"
         "        hidden_inputs = self.sums\n" + hidden),
    ]  # fmt: skip
    arrays = [
        (lr, lr + "        self.sums = np.zeros(hnodes)\n"),
        ("hidden_inputs = np.dot(inputs, wih)",
         "self.sums += np.dot(inputs, wih)\n        hidden_inputs = self.sums.copy()"),
    ]  # fmt: skip
    yield Slip("stale_state", QUERY, lists, arrays)
    yield from biases(lr)


def biases(lr: str) -> Iterator[Slip]:
    """Yield the slips of a bias that the object keeps."""
    for name, number, start, forgotten in (
        ("bias_added", QUERY, 0.2, False),
        ("bias_added", WHO, 0.0, False),
        ("bias_forgotten", QUERY, 0.2, True),
    ):
        # Zeros do not show before they have moved.
        lists = [
            (lr, lr + f"        self.b1, self.b2 = [{start}] * hnodes, [{start}] * onodes\n"),
            ("for i in range(self.inodes)))", "for i in range(self.inodes)) + self.b1[j])"),
            ("for j in range(self.hnodes)))", "for j in range(self.hnodes)) + self.b2[k])"),
            ("        for j in range(self.hnodes):\n            for k",
             "        self.b1 = [b + lr * d for b, d in zip(self.b1, hidden_deltas)]\n"
             "        self.b2 = [b + lr * d for b, d in zip(self.b2, output_deltas)]\n"
             "        for j in range(self.hnodes):\n            for k"),
        ]  # fmt: skip
        arrays = [
            (lr, lr + f"        self.b1 = np.full(hnodes, {start})\n"
             f"        self.b2 = np.full(onodes, {start})\n"),
            ("np.dot(inputs, wih)", "np.dot(inputs, wih) + self.b1"),
            ("np.dot(hidden_outputs, who)", "np.dot(hidden_outputs, who) + self.b2"),
            ("        who += lr",
             "        self.b1 += lr * hidden_deltas\n        self.b2 += lr * output_deltas\n"
             "        who += lr"),
        ]  # fmt: skip
        if forgotten:  # in train, which sets them to 0 for its own way forward
            without = (
                "final_outputs = self.forward(inputs)\n",
                "final_outputs = Network.forward(without_bias(self), inputs)\n",
            )
            helper = (
                "class Network",
                "def without_bias(network):\n    import copy\n\n    other = copy.copy(network)\n"
                "    other.b1, other.b2 = 0 * {0}, 0 * {1}\n    return other\n\n\nclass Network",
            )
            vectors = ("np.asarray(other.b1)", "np.asarray(other.b2)")
            zeros = ("[0.0 for _ in other.b1]", "[0.0 for _ in other.b2]")
            lists += [without, (helper[0], helper[1].replace("0 * {0}, 0 * {1}", ", ".join(zeros)))]
            arrays += [without, (helper[0], helper[1].format(*vectors))]
        yield Slip(name, number, lists, arrays)


def turned() -> Iterator[Slip]:
    """Yield products the wrong way round, which stop where the layers differ in width."""
    name = "product_the_wrong_way_round"
    for lists, arrays in (
        (("inputs[i] * wih[i][j]", "inputs[i] * wih[j][i]"),
         ("np.dot(inputs, wih)", "np.dot(wih, inputs)")),
        (("hidden_outputs[j] * who[j][k]", "hidden_outputs[j] * who[k][j]"),
         ("np.dot(hidden_outputs, who)", "np.dot(who, hidden_outputs)")),
        (("for row in who]", "for row in zip(*who, strict=True)]"),
         ("np.dot(who, output_errors)", "np.dot(who.T, output_errors)")),
        (("output_deltas[k] * hidden_outputs[j]", "output_deltas[j] * hidden_outputs[k]"),
         ("np.outer(hidden_outputs, output_deltas)", "np.outer(output_deltas, hidden_outputs)")),
        (("hidden_deltas[j] * inputs[i]", "hidden_deltas[i] * inputs[j]"),
         ("np.outer(inputs, hidden_deltas)", "np.outer(hidden_deltas, inputs)")),
    ):  # fmt: skip
        yield Slip(name, "", [lists], [arrays])


def program(text: str, replacements: Replacements) -> str:
    """Return a program with a slip; each text to be replaced must be there."""
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return text
