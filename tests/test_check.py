"""`nnref.check`: it names each slip by its own name, and lets pass whatever is right."""

import json
import random
import re
import sys
from decimal import Decimal, localcontext
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from slips.programs import ARRAYS, LISTS, Slip, all_slips, program
from slips.right import BY_CHAIN_RULE, PARTS, RIGHT

import nnref
from nnref import check
from nnref.checking.check import Verdict
from nnref.checking.comparing import LIKE_IN_FLOAT32, flat
from nnref.checking.course import UPDATES, course
from nnref.checking.finding import NothingToCheckError, observe_module
from nnref.checking.formulas import ORDER, RULES, Numbers
from nnref.checking.judging import judge
from nnref.checking.observation import from_dict
from nnref.checking.parts import PARTS as PARTS_OF_A_FILE
from nnref.checking.parts import usual_call
from nnref.checking.rounding import tolerances
from nnref.checking.slips import forward, slips, turned

COURSES = ("unequal", "other", "equal")
UPDATED = ("new_weights_hidden_output", "new_weights_input_hidden")


def names_of(text: str) -> dict[str, Any]:
    """Return the names that a program defines."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "program.py", "exec"), names)
    return names


def checked(text: str, rule: str = "split") -> Verdict:
    """Return the verdict on a program's text, as a file gets it, but in this process."""
    seen = observe_module(names_of(text), "program", None, rule, str)
    # As they come from another process.
    return judge([from_dict(json.loads(json.dumps(one.to_dict()))) for one in seen], rule)


# Right programs.


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_in_another_way_passes(name: str) -> None:
    pytest.importorskip("scipy")
    verdict = checked(RIGHT[name])
    assert verdict, str(verdict)
    assert verdict.right
    assert verdict.slip is None
    assert str(verdict).startswith("Right: ")


def test_the_chain_rule_is_right_where_it_is_asked() -> None:
    verdict = checked(program(LISTS, BY_CHAIN_RULE), "gradient")
    assert verdict.headline.startswith("Network.query and Network.train compute the chain rule's")
    by_chain_rule = """
def hidden_errors(output_errors, final_outputs, weights_hidden_output):
    deltas = [e * o * (1 - o) for e, o in zip(output_errors, final_outputs)]
    return [sum(w * d for w, d in zip(row, deltas)) for row in weights_hidden_output]
"""
    assert checked(by_chain_rule, "gradient")
    of_deltas = """
def hidden_errors(who, output_deltas):
    return [sum(w * d for w, d in zip(row, output_deltas)) for row in who]
"""
    assert checked(of_deltas, "gradient")


def test_the_librarys_own_networks_are_right_to_the_last_bit(backend: ModuleType) -> None:
    verdict = check(backend.NeuralNetwork)
    assert verdict
    assert "to the last bit" in verdict.headline

    class ByChainRule(backend.NeuralNetwork):  # type: ignore[misc, name-defined]
        def __init__(self, *sizes: Any) -> None:
            super().__init__(*sizes, hidden_error="gradient")

    assert check(ByChainRule, rule="gradient")
    assert check(ByChainRule).slip == "chain_rule"
    assert "within the rounding" in checked(LISTS).headline


def test_a_data_set_that_the_object_keeps_is_not_looked_into() -> None:
    keeping = "self.lr = lr\n        self.data = np.broadcast_to(0.5, (60_000, 784))\n"
    assert checked(program(ARRAYS, [("self.lr = lr\n", keeping)]))


def test_a_class_is_checked_with_those_that_it_is_made_from() -> None:
    plan = "class Plan:\n    def train(self): ...\n\n    def query(self): ...\n\n\n"
    verdict = checked(plan + program(LISTS, [("class Network:", "class Network(Plan):")]))
    assert verdict.headline.startswith("Network.query and Network.train compute")
    assert checked(LISTS + "\n\nclass Other(Network):\n    pass\n").headline.startswith(
        "Other.query"
    )


def test_arrays_of_jax_are_judged() -> None:
    pytest.importorskip("jax")
    kept = [("np.random.rand", "np.ones"), ("(inodes, hnodes)", "((inodes, hnodes))"),
            ("(hnodes, onodes)", "((hnodes, onodes))"), ("import numpy", "import jax.numpy"),
            ("who += lr *", "self.weights_hidden_output = who + lr *"),
            ("wih += lr *", "self.weights_input_hidden = wih + lr *"),
            ("np.dot(inputs, wih)", "np.array(inputs) @ wih"),
            ("np.outer(inputs", "np.outer(np.array(inputs)"),
            ("targets -", "np.array(targets) -")]  # fmt: skip
    # Its floats have 7 digits, unless it is told otherwise.
    assert checked(program(ARRAYS, kept)).slip == "float32"


def test_two_biases_are_plural() -> None:
    kept = [("self.lr = lr\n", "self.lr, self.b, self.c = lr, np.ones(hnodes), np.ones(onodes)\n"),
            ("np.dot(inputs, wih)", "np.dot(inputs, wih) + self.b"),
            ("np.dot(hidden_outputs, who)", "np.dot(hidden_outputs, who) + self.c")]  # fmt: skip
    assert "b and c are added to the signals" in checked(program(ARRAYS, kept)).looks_like


def test_what_is_unusual_is_said() -> None:
    assert "Your matrices are transposed" in str(checked(RIGHT["the other sign"]))
    assert "Your vectors are columns." in str(checked(RIGHT["columns"]))
    assert "Your vectors are rows." in str(checked(RIGHT["rows"]))
    assert checked(LISTS).notes == ()


# Slips.

SLIPS = list(all_slips())


@pytest.mark.parametrize("text", [LISTS, ARRAYS], ids=["lists", "arrays"])
@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.id)
def test_each_slip_is_named(slip: Slip, text: str) -> None:
    replacements = slip.lists if text is LISTS else slip.arrays
    verdict = checked(program(text, replacements), slip.rule)
    assert not verdict
    assert verdict.slip == slip.name, str(verdict)
    assert verdict.looks_like
    if slip.number:
        assert verdict.place is not None
        assert verdict.place.startswith(f"{slip.number}[")
        assert verdict.yours != verdict.wanted
        assert verdict.place in verdict.headline
        assert 'In the article: "' in verdict.article


AS_A_FUNCTION = """

def train(inputs, targets, weights_input_hidden, weights_hidden_output, lr):
    network = Network(len(inputs), len(weights_hidden_output), len(targets), lr)
    network.weights_input_hidden = weights_input_hidden
    network.weights_hidden_output = weights_hidden_output
    network.train(inputs, targets)
    return network.weights_input_hidden, network.weights_hidden_output


del Network.query
Network.__module__ = "elsewhere"
"""


@pytest.mark.parametrize("text", [LISTS, ARRAYS], ids=["lists", "arrays"])
def test_each_slip_is_named_in_a_function_too(text: str) -> None:
    of_functions = [slip for slip in SLIPS if slip.number and slip.name[:4] not in ("bias", "stal")]
    assert len(of_functions) > 40
    for slip in of_functions:
        replacements = slip.lists if text is LISTS else slip.arrays
        verdict = checked(program(text, replacements) + AS_A_FUNCTION, slip.rule)
        assert verdict.slip == slip.name, str(verdict)
        assert verdict.headline.startswith("train: weights_")
    assert checked(text + AS_A_FUNCTION)


@pytest.mark.parametrize("at", COURSES)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("numbers", [("final_outputs",), UPDATED], ids=["query", "train"])
def test_no_two_slips_give_the_same_numbers(at: str, rule: str, numbers: tuple[str, ...]) -> None:
    """So the name of one is never given to another."""
    table = list(forward()) if numbers == ("final_outputs",) else slips(rule)
    table += turned() if at == "equal" else []
    start = course(at).starts[0]
    right = [x for name in numbers for x in flat(course(at).answers(0, rule)[name])]
    results = []
    for slip in table:
        made = Numbers(start, RULES[rule] | slip.formulas)
        result = [x for name in numbers for x in flat(made[name])]
        if distance(result, right) > 0.0 or numbers == UPDATED:
            results.append((slip.name, result))
    apart = [distance(result, right) for _, result in results]
    apart += [
        distance(one, other)
        for (name, one), (another, other) in combinations(results, 2)
        if name != another
    ]
    assert len(results) > 20
    assert min(apart) > 50 * LIKE_IN_FLOAT32


def distance(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


SUMS = """
import numpy as np

def query(inputs, weights_input_hidden, weights_hidden_output):
    return sigmoid(sigmoid(inputs @ weights_input_hidden) @ weights_hidden_output)

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def hidden_errors(output_errors, weights_hidden_output):
    return weights_hidden_output.T @ output_errors
"""


def test_functions_that_want_different_matrices_do_not_go_together() -> None:
    verdict = checked(SUMS)
    assert not verdict
    assert verdict.slip == "product_the_wrong_way_round"
    assert verdict.headline == "query and hidden_errors do not go together."
    assert "hidden_errors takes them with a row for each neuron" in verdict.looks_like
    assert checked(program(SUMS, [("output.T", "output")]))
    turned_round = [
        ("inputs @ weights_input_hidden", "weights_input_hidden @ inputs"),
        ("sigmoid(sigmoid(", "sigmoid(weights_hidden_output @ sigmoid("),
        (") @ weights_hidden_output)", "))"),
    ]
    verdict = checked(program(SUMS, turned_round))
    assert verdict, str(verdict)
    assert "Your matrices are transposed" in str(verdict)
    # A helper may have a meaning of its own.
    helper = "\n\ndef signals(inputs, weights):\n    return weights @ inputs\n"
    assert checked(program(SUMS, [("output.T", "output")]) + helper)


def test_a_second_slip_does_not_hide_the_first() -> None:
    both = [
        ("output_deltas[k] * hidden_outputs[j]", "output_deltas[k] * hidden_errors[j]"),
        ("lr * hidden_deltas[j]", "hidden_deltas[j] / 2"),
    ]
    assert checked(program(LISTS, both)).slip == "hidden_errors_for_hidden_outputs"
    only_one_moves = [("who[j][k] += lr", "who[j][k] += 0"), ("lr * hidden_deltas[j]", "lr / 2")]
    assert checked(program(LISTS, only_one_moves)).slip == "layer_not_updated"


KEPT = "\n        self.hidden_outputs, self.output_errors = hidden_outputs, output_errors"


def test_the_first_wrong_number_is_found_among_those_that_the_object_keeps() -> None:
    errors = "[t - o for t, o in zip(targets, final_outputs)]"
    keeping = [(errors, f"{errors}{KEPT}")]
    squared = [*keeping, ("[t - o for t", "[(t - o) ** 2 for t")]
    verdict = checked(program(LISTS, squared))
    assert (verdict.slip, verdict.place) == ("errors_squared", "output_errors[0]")
    twice = [
        *keeping,
        (
            errors,
            f"{errors}\n        hidden_outputs = [sigmoid_of(x) for x in hidden_outputs]{KEPT}",
        ),
    ]
    verdict = checked(program(LISTS, twice))
    assert verdict.place == "hidden_outputs[0]"
    assert verdict.slip == "sigmoid_of_sigmoid"
    # What query left behind is not the update's.
    answer = "return self.forward(inputs)[3]"
    left = [
        (answer, f"self.hidden_outputs = self.forward(inputs)[1]\n        {answer}"),
        ("+= lr * output", "+= lr * lr / 3 + lr * output"),
    ]
    verdict = checked(program(LISTS, left))
    assert verdict.slip is None
    assert verdict.place == "weights_hidden_output[0][0]"


@pytest.mark.parametrize(
    ("body", "slip"),
    [
        ("1 / (1 + math.exp(x))", "sigmoid_sign"),
        ("math.tanh(x)", "tanh_for_sigmoid"),
        ("x", "sigmoid_missing"),
        ("max(0, x)", "relu_for_sigmoid"),
        ("1 / math.exp(-x)", "sigmoid_without_one"),
        ("round(1 / (1 + math.exp(-x)), 4)", "rounded"),
        ("np.float32(1 / (1 + np.exp(-x)))", "float32"),
        ("1 / (1 + math.exp(-x)) + 1e-10", "inexact"),
        ("1 / (1 + 2.71828**-x)", "inexact"),
        ("1 / 1 + math.exp(-x)", "brackets_missing"),
        ("math.nan", "not_finite"),
        ("10**400", "not_finite"),
        ("3.0", None),
        ("0.0", None),  # though relu gives it too, for some
        ("'0.5'", "no_numbers"),
        ("[0.5, 0.6]", "shape"),
        ("None", "return_missing"),
        ("sigmoid(x)", "raised"),
        ("1 / (1 + ...)", "gap"),
        ("...", "gap"),
    ],
)
def test_a_sigmoid(body: str, slip: str | None) -> None:
    text = f"import math\nimport numpy as np\n\ndef sigmoid(x):\n    return {body}\n"
    verdict = checked(text)
    assert not verdict
    assert verdict.slip == slip
    if slip is None:
        assert "No slip that the checker knows" in str(verdict)
        assert verdict.place == "sigmoid(-2.56)"


def test_the_parts_are_checked_in_the_order_of_the_article() -> None:
    wrong = [("[-(o - t)", "[(o - t)"), ("sum(e * w", "sum(e * w * w")]
    verdict = checked(program(PARTS, wrong))
    assert verdict.headline == "output_errors: output_errors[0] is wrong."
    assert verdict.slip == "sign"
    verdict = checked(program(PARTS, wrong[1:]))
    assert verdict.headline.startswith("hidden_errors: ")
    assert "weights_hidden_output[j][k] * output_errors[k]" in verdict.article


def test_float32_is_named_and_a_slip_in_it_too() -> None:
    single = [
        ("np.random.rand(inodes, hnodes) - 0.5", "np.zeros((inodes, hnodes), 'float32')"),
        ("np.random.rand(hnodes, onodes) - 0.5", "np.zeros((hnodes, onodes), 'float32')"),
        ("hidden_inputs = np.dot(inputs,", "hidden_inputs = np.dot(np.float32(inputs),"),
    ]  # fmt: skip
    # Zeros that it keeps might be a bias that does not show.
    zeros = ("self.lr = lr\n", "self.lr = lr\n        self.zeros = np.zeros(hnodes)\n")
    verdict = checked(program(ARRAYS, [*single, zeros]))
    assert verdict.slip == "float32"
    twice = [*single, ("1 / (1 + np.exp(-x))", "1 / (1 + np.exp(-1 / (1 + np.exp(-x))))")]
    assert checked(program(ARRAYS, twice)).slip == "sigmoid_of_sigmoid"


@pytest.mark.parametrize(
    ("text", "replaced", "slip", "says"),
    [
        (LISTS, ("train(self,", "train(self, more,"), "raised", "missing 1 required positional"),
        (LISTS, ("hnodes, onodes, lr):", "hnodes, onodes):"), "raised", "takes 4 positional"),
        (LISTS, ("def query", "def ask"), "missing", "Network.query is missing."),
        (LISTS, ("return self.forward(inputs)[3]", "pass"), "return_missing", "returned None"),
        (
            LISTS,
            ("return self.forward(inputs)[3]", "return self.forward(inputs)[1]"),
            "shape",
            "Network.query gave 3 numbers where 2 numbers must be.",
        ),
        (
            ARRAYS,
            ("np.random.rand(inodes, hnodes)", "np.random.rand(3, 3)"),
            "matrices",
            "weights_input_hidden is a matrix of the shape (3, 3), and wants to be a matrix of the",
        ),
        (
            ARRAYS,
            ("np.random.rand(inodes, hnodes)", "np.random.rand(inodes + 1, hnodes)"),
            "bias_added",
            "has weights for one more input than the article's: a bias",
        ),
        (
            ARRAYS,
            ("np.random.rand(inodes, hnodes) - 0.5", "np.zeros((inodes, hnodes), dtype=int)"),
            "matrices",
            "weights_input_hidden does not keep the numbers that are put into it",
        ),
        (LISTS, ("def train(self", "def train(self, *, a"), "raised", "positional argument"),
        (ARRAYS, ("np.random.rand(inodes, hnodes) - 0.5", "..."), "gap", "Network has a gap."),
        (
            ARRAYS,
            ("np.random.rand(inodes, hnodes) - 0.5", "None"),
            "matrices",
            "Network: weights_input_hidden is None, and wants to be a matrix of the shape (4, 3).",
        ),
        (LISTS, ("lr, wih, who = self.lr", "raise SystemExit\n        lr, wih, who = self.lr"),
         "exited", "Network.train has called exit()."),
    ],
)  # fmt: skip
def test_what_stops_a_class(text: str, replaced: tuple[str, str], slip: str, says: str) -> None:
    verdict = checked(program(text, [replaced]))
    assert not verdict
    assert verdict.slip == slip
    assert says in verdict.headline


def test_methods_inside_the_constructor_are_found() -> None:
    """As the article indents them."""
    text = """
class Neural_Network:
    def __init__(self, inodes, hnodes, onodes, lr):
        self.inodes = inodes

        def train(self):
            pass

        def query(self, inputs):
            pass
"""
    verdict = checked(text)
    assert verdict.headline == "Neural_Network.query is missing."
    assert verdict.looks_like.startswith("It stands inside __init__")


def test_matrices_in_the_other_order_are_called_so() -> None:
    text = RIGHT["columns"].replace("return wih", "return who, wih\n    return wih")
    verdict = checked(text)
    assert verdict.slip == "matrices_swapped"
    assert verdict.headline == "train gave its two matrices in the other order."


def test_an_error_shows_the_students_lines_alone() -> None:
    verdict = checked(program(ARRAYS, [("np.outer(inputs,", "np.outer(unknown,")]))
    assert verdict.slip == "raised"
    assert "NameError: name 'unknown' is not defined" in verdict.headline
    assert verdict.traceback.startswith('  File "program.py", line ')
    assert "nnref" not in verdict.traceback
    verdict = checked(program(ARRAYS, [("np.outer(inputs,", "np.outer(inputs[0:2],")]))
    assert "numpy" not in verdict.traceback


def test_the_error_is_that_of_the_form_in_which_the_program_comes_farthest() -> None:
    columns = program(RIGHT["columns"], [("return wih +", "return unknown +")])
    assert "name 'unknown' is not defined" in checked(columns).headline


def test_where_only_equal_layers_work_it_says_so() -> None:
    verdict = checked(program(LISTS, [("for k in range(self.onodes)", "for k in range(3)")]))
    assert verdict.slip == "equal_layers_only"
    assert "With three neurons in every layer it is right" in verdict.looks_like
    three = [("        output_slopes", "        assert self.hnodes == 3\n        output_slopes")]
    verdict = checked(program(LISTS, three))
    assert verdict.slip == "raised"
    assert verdict.headline.startswith("Network.train stops with an error. AssertionError")
    assert verdict.tried.startswith("Tried with 2 inputs, 5 hidden neurons")


def test_the_articles_own_class_as_printed() -> None:
    from test_errata import ArticleNetwork

    verdict = check(ArticleNetwork)
    assert verdict.slip == "product_the_wrong_way_round"
    assert "not aligned" in verdict.headline
    assert "test_errata.py" in verdict.traceback


# How far right programs may differ.


def exact(start: dict[str, Any], rule: str) -> dict[str, list[Decimal]]:
    """Return a step's numbers in 40 digits."""
    inputs, targets = ([Decimal(x) for x in start[name]] for name in ("inputs", "targets"))
    wih, who = (
        [[Decimal(x) for x in row] for row in start[name]]
        for name in ("weights_input_hidden", "weights_hidden_output")
    )
    lr, one = Decimal(start["lr"]), Decimal(1)
    n: dict[str, Any] = {}
    n["hidden_inputs"] = [
        sum(x * w for x, w in zip(inputs, c, strict=True)) for c in zip(*wih, strict=True)
    ]
    h = n["hidden_outputs"] = [one / (one + (-x).exp()) for x in n["hidden_inputs"]]
    n["final_inputs"] = [
        sum(x * w for x, w in zip(h, c, strict=True)) for c in zip(*who, strict=True)
    ]
    o = n["final_outputs"] = [one / (one + (-x).exp()) for x in n["final_inputs"]]
    e = n["output_errors"] = [t - x for t, x in zip(targets, o, strict=True)]
    d = n["output_deltas"] = [x * y * (one - y) for x, y in zip(e, o, strict=True)]
    sent = e if rule == "split" else d
    b = n["hidden_errors"] = [sum(w * x for w, x in zip(row, sent, strict=True)) for row in who]
    f = n["hidden_deltas"] = [x * y * (one - y) for x, y in zip(b, h, strict=True)]
    n["new_weights_hidden_output"] = [
        [w + lr * x * y for w, x in zip(row, d, strict=True)] for row, y in zip(who, h, strict=True)
    ]
    n["new_weights_input_hidden"] = [
        [w + lr * x * y for w, x in zip(row, f, strict=True)]
        for row, y in zip(wih, inputs, strict=True)
    ]
    return n


@pytest.mark.parametrize("at", COURSES)
@pytest.mark.parametrize("rule", RULES)
def test_the_oracle_is_within_half_the_tolerance_and_the_tolerance_is_small(
    at: str, rule: str
) -> None:
    for update in range(UPDATES):
        right = course(at).answers(update, rule)
        most = tolerances(right, rule)
        with localcontext(prec=40):
            numbers = exact(course(at).starts[update], rule)
        for name in (*ORDER, "output_deltas", "hidden_deltas"):
            for a, b, within in zip(
                flat(right[name]), flat(numbers[name]), flat(most[name]), strict=True
            ):
                assert abs(Decimal(a) - b) <= Decimal(within) / 2
                assert within < 1e-13


@pytest.mark.parametrize("rule", RULES)
def test_the_formulas_are_the_oracles(rule: str) -> None:
    for at in COURSES:
        here = course(at)
        for start in here.starts:
            network = nnref.NeuralNetwork(*here.sizes, here.lr, hidden_error=rule)
            network.weights = [start["weights_input_hidden"], start["weights_hidden_output"]]
            explained = network.explain(start["inputs"], start["targets"])
            network.train(start["inputs"], start["targets"])
            right = Numbers(start, RULES[rule])
            assert [right[name] for name in UPDATED] == list(network.weights)[::-1]
            for layer, name in zip(explained.layers, ("hidden", "output"), strict=True):
                assert right[f"{name}_errors"] == layer.errors
                assert right[f"{name}_deltas"] == layer.deltas


# What it returns and leaves alone.


def test_a_verdict_is_plain_data_too() -> None:
    verdict = checked(program(LISTS, [("lr * output", "output")]))
    entries = json.loads(json.dumps(verdict.to_dict()))
    assert entries["right"] is False
    assert entries["slip"] == "learning_rate_missing"
    assert repr(verdict) == str(verdict)
    assert str(verdict).splitlines()[0].startswith("Wrong: Network.train: weights_hidden_output")
    with pytest.raises(AttributeError):
        verdict.right = True  # type: ignore[misc]


def test_numbers_that_are_nearly_equal_show_their_difference() -> None:
    text = str(checked("import math\n\ndef sigmoid(x):\n    return 1 / (1 + math.exp(-x)) + 1e-12"))
    (yours,) = re.findall(r"^  yours      (.+)$", text, re.MULTILINE)
    (wanted,) = re.findall(r"^  should be  (.+)$", text, re.MULTILINE)
    assert yours != wanted
    assert yours[:12] == wanted[:12]


def test_it_leaves_the_process_as_it_was() -> None:
    random.seed(1)
    before, modules = random.getstate(), {*sys.modules}
    check(nnref.NeuralNetwork)
    check(names_of(PARTS)["train"])
    assert random.getstate() == before
    assert {*sys.modules} - modules <= {name for name in sys.modules if name.startswith("nnref.")}


def test_a_helper_that_happens_to_have_a_known_name_is_let_be() -> None:
    helper = "\n\ndef query(network, index):\n    raise RuntimeError\n"
    assert checked(LISTS + helper)
    five = "\n\ndef train(network, data, labels, epochs, rate):\n    raise RuntimeError\n"
    assert checked(LISTS + five)
    assert checked(five).slip == "raised"
    update = "\n\ndef update(a, b, c, d, e):\n    raise RuntimeError\n"
    assert checked(LISTS + update)
    with pytest.raises(NothingToCheckError, match=r"wants update\(weights, errors, outputs, "):
        checked(update)
    with pytest.raises(NothingToCheckError, match=r"wants query\(inputs, weights_input_hidden, "):
        checked(helper)
    with pytest.raises(NothingToCheckError, match="has several networks, Network, Other"):
        checked(LISTS + LISTS.replace("class Network", "class Other"))
    imported = "from nnref import NeuralNetwork\nArticle = NeuralNetwork\n"
    assert checked(imported).headline.startswith("NeuralNetwork.query")
    with pytest.raises(NothingToCheckError, match="has nothing to check"):
        checked("x = 1")


# The page about it.

PAGE = Path(__file__).parents[1] / "docs" / "checker.md"


def test_the_page_shows_what_the_checker_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (wrong,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    says = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    right = program(wrong, [("np.outer(hidden_errors,", "np.outer(hidden_outputs,")])
    assert says == [f"{checked(text)}\n" for text in (wrong, right)]


def test_the_page_has_the_names_of_all_slips() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("| name | what it is |") :]
    named = set(re.findall(r"`(\w+)`(?:,| \|)", table))
    known = {slip.name for slip in (*slips("split"), *slips("gradient"), *turned(), *SLIPS)}
    known |= {
        "equal_layers_only",
        "matrices_swapped",
        "float32",
        "rounded",
        "inexact",
        "not_finite",
    }
    known |= {"return_missing", "shape", "no_numbers", "missing", "matrices", "gap"}
    assert named == known | {"raised", "exited", "ended", "time_limit"}


def test_the_page_has_the_usual_calls_of_all_parts() -> None:
    page = PAGE.read_text(encoding="utf-8")
    calls = re.findall(r"^\| `(\w+\(.*?\))` \|", page, re.MULTILINE)
    assert calls == [usual_call(name, "split") for name in PARTS_OF_A_FILE]
    assert usual_call("hidden_errors", "gradient")[13:] in page
