"""The rows of what nnfast's network has and nnref's has not, of optimizers and of functions."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import nnref
from bad_input.mistakes import (
    ENDED,
    INF,
    Mistake,
    None_too,
    each,
    listed,
    no_choices,
    no_flags,
    no_paths,
    no_positives,
    no_wholes,
    not_within,
)
from bad_input.rows import INPUTS, SIZES, TARGETS, Row, network, rows


def fast_rows() -> Iterator[Row]:
    yield from rows(
        "NeuralNetwork(dtype)",
        lambda nn, x: type(nn)(**SIZES, dtype=x),
        None_too(no_choices("float64", "float32")),
        each(TypeError, "'float64' or 'float32'", float, np.dtype("float64")),
    )
    calls: dict[str, Callable[[Any, Any], object]] = {
        "NeuralNetwork(threads)": lambda nn, x: type(nn)(**SIZES, threads=x),
        "NeuralNetwork.threads(value)": lambda nn, x: setattr(nn, "threads", x),
    }
    for what, call in calls.items():
        yield from rows(what, call, no_wholes(), named="threads")
        yield from rows(what, call, each(ValueError, "at most 256", 257, 2**63), named="threads")
    for epsilon in (1e-300, 1e300):
        got = re.escape(f"got epsilon={epsilon}, which is 0 or infinite in float32")
        says = rf"{got}, .* wants one between 1e-45 and 3\.4e\+38"
        yield from rows(
            "NeuralNetwork(optimizer)",
            lambda nn, x: type(nn)(**SIZES, dtype="float32", optimizer=x),
            [Mistake(f"an epsilon of {epsilon}", nnref.Adam(epsilon=epsilon), ValueError, says)],
        )


def optimizer_rows() -> Iterator[Row]:
    below = {"weight_decay": INF, "momentum": 1.0, "beta1": 1.0, "beta2": 1.0}
    for kind in (nnref.SGD, nnref.Momentum, nnref.Adam):
        for setting in filter(below.__contains__, inspect.signature(kind).parameters):
            yield from rows(
                f"{kind.__name__}({setting})",
                lambda _, x, kind=kind, setting=setting: kind(**{setting: x}),
                not_within(0.0, below[setting]),
            )
    tiny = sys.float_info.min
    epsilons = [*not_within(tiny, INF), *listed(ValueError, "got .*, wants .*", 0.0, 5e-324)]
    yield from rows("Adam(epsilon)", lambda _, x: nnref.Adam(epsilon=x), epsilons)
    yield from rows(
        "InverseScaling(power_t)",
        lambda _, x: nnref.InverseScaling(power_t=x),
        not_within(0.0, INF),
    )
    yield from rows("Momentum(nesterov)", lambda _, x: nnref.Momentum(nesterov=x), no_flags())


def function_rows() -> Iterator[Row]:
    explanation = network(nnref).explain(INPUTS[0], TARGETS[0])
    yield from rows(
        "LayerExplanation.article_name(attribute)",
        lambda _, x: explanation.layers[0].article_name(x),
        each(ValueError, ".*'errors' or .*", "hidden_errors", "", "Errors", "velocity"),
        each(TypeError, ".*'errors' or .*", None, 1, b"errors", ["errors"]),
    )
    yield from rows(
        "Explanation.save_html(path)", lambda _, x: explanation.save_html(x), None_too(no_paths())
    )
    for function in (nnref.exp, nnref.log):
        yield from rows(
            f"{function.__name__}(x)",
            lambda _, x, function=function: function(x),
            each(TypeError, "a number", None, "1", b"1", True, 1j, [1.0], {}, ENDED),
            listed(TypeError, "got array.*, wants a number", np.array(1.0), np.array([1.0, 2.0])),
            listed(ValueError, "got .+, too large for a float", 10**400, -(10**400)),
        )


def check_rows() -> Iterator[Row]:
    """Yield the rows of what judges other programs: a network's, or a function's slopes."""
    named = "one named sigmoid, signals, .*, train"
    yield from rows(
        "check(code)",
        lambda _, x: nnref.check(x),
        each(TypeError, "a class, a function or a path", None, 3, b"task.py", ["task.py"], {}),
        listed(ValueError, f"got .+, wants {named}", len, print),
        listed(ValueError, r"got .+, wants sigmoid\(x\)", _sigmoid_of_two()),
        listed(ValueError, "got .+, wants a path that a file can have", "", "a\0b"),
    )
    yield from rows(
        "check(name)",
        lambda _, x: nnref.check("a file", name=x),
        each(TypeError, "the name of a class or a function", 3, b"train", ["train"], len),
    )
    yield from rows(
        "check(name)",
        lambda nn, x: nnref.check(type(nn), name=x),
        each(ValueError, "None unless code is a path", "train", ""),
    )
    yield from rows(
        "check(rule)",
        lambda nn, x: nnref.check(type(nn), rule=x),
        None_too(no_choices("split", "gradient")),
    )
    yield from rows(
        "check(time_limit)", lambda nn, x: nnref.check(type(nn), time_limit=x), no_positives()
    )
    yield from slope_rows()


def _sigmoid_of_two() -> Callable[..., float]:
    def sigmoid(x: float, y: float) -> float:
        return x + y

    return sigmoid


def slope_rows() -> Iterator[Row]:
    weights, slopes = [[0.5, 0.25], [0.125]], [[1.0, 1.0], [1.0]]

    def loss(w: Any) -> Any:
        return w[0][0] + w[0][1] + w[1][0]

    yield from rows(
        "gradient_check_of(loss)",
        lambda _, x: nnref.gradient_check_of(x, weights, slopes),
        each(TypeError, "a function of the weights", None, 0.5, "loss", [0.5]),
    )
    yield from rows(
        "gradient_check_of(loss)",
        lambda _, x: nnref.gradient_check_of(lambda _: x, weights, slopes),
        each(TypeError, "a finite number", None, "0.5", [0.5], 1j),
        each(ValueError, "a finite number", INF, np.float64("nan")),
    )
    calls: dict[str, Callable[[Any, Any], object]] = {
        "gradient_check_of(weights)": lambda _, x: nnref.gradient_check_of(loss, x, slopes),
        "gradient_check_of(slopes)": lambda _, x: nnref.gradient_check_of(loss, weights, x),
    }
    for what, call in calls.items():
        numbers = "finite numbers in lists or arrays"
        yield from rows(what, call, each(TypeError, numbers, None, 0.5, "abc", {}, len, list))
        yield from rows(what, call, listed(ValueError, f"got .+, wants {numbers}", [], [[], [0.5]]))
        yield from rows(
            what, call, listed(TypeError, "got .+, wants a finite number", ["a"], [None])
        )
        yield from rows(what, call, listed(ValueError, "got inf, wants a finite number", [INF]))
    yield from rows(
        "gradient_check_of(weights)",
        calls["gradient_check_of(weights)"],
        listed(TypeError, "got a tuple, wants a list or an array, .+", [(0.5, 0.25), [0.125]]),
        [
            Mistake(
                f"{kind}s",
                [np.ones(2, kind), np.ones(1, kind)],
                ValueError,
                f"got an array of {kind}, wants one of float64",
            )
            for kind in ("int64", "float32")
        ],
    )
    yield from rows(
        "gradient_check_of(slopes)",
        calls["gradient_check_of(slopes)"],
        listed(ValueError, r"got another shape than weights, .+, wants a slope for each weight",
               [[1.0, 1.0]], [[1.0], [1.0]], [[[1.0, 1.0]], [1.0]], np.ones((2, 2))),
    )  # fmt: skip
    yield from rows(
        "gradient_check_of(most)",
        lambda _, x: nnref.gradient_check_of(loss, weights, slopes, most=x),
        no_wholes(),
    )
