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
