"""The functions that the checker knows by name: what each is to return, and for what."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Part(NamedTuple):
    """A function of a program: the numbers that it returns, and its arguments.

    ``arguments`` maps the parameters, in their usual order, to the names of the numbers that are
    passed.
    """

    returns: tuple[str, ...]
    arguments: dict[str, str]


def _part(returns: str, *arguments: str, **others: str) -> Part:
    return Part(tuple(returns.split()), {name: name for name in arguments} | others)


WEIGHTS = ("weights_input_hidden", "weights_hidden_output")

# In the order of the article, which is the order in which they are checked.
PARTS = {
    "sigmoid": _part("sigmoid", "x"),
    "signals": _part("hidden_inputs", "inputs", weights="weights_input_hidden"),
    "hidden_inputs": _part("hidden_inputs", "inputs", "weights_input_hidden"),
    "hidden_outputs": _part("hidden_outputs", "hidden_inputs"),
    "final_inputs": _part("final_inputs", "hidden_outputs", "weights_hidden_output"),
    "final_outputs": _part("final_outputs", "final_inputs"),
    "query": _part("final_outputs", "inputs", *WEIGHTS),
    "output_errors": _part("output_errors", "targets", "final_outputs"),
    "output_deltas": _part("output_deltas", "output_errors", "final_outputs"),
    "hidden_errors": _part("hidden_errors", "output_errors", "weights_hidden_output"),
    "hidden_deltas": _part("hidden_deltas", "hidden_errors", "hidden_outputs"),
    "update": _part(
        "new_weights_hidden_output",
        weights="weights_hidden_output",
        errors="output_errors",
        outputs="final_outputs",
        inputs="hidden_outputs",
        lr="lr",
    ),
    "train": _part(
        "new_weights_input_hidden new_weights_hidden_output", "inputs", "targets", *WEIGHTS, "lr"
    ),
}
# By the chain rule the hidden errors need the slopes of the outputs too.
BY_CHAIN_RULE = _part("hidden_errors", "output_errors", "final_outputs", "weights_hidden_output")

# Names that other functions have too.
COMMON = ("signals", "update")

ALSO_CALLED = {
    "wih": "weights_input_hidden",
    "w_ih": "weights_input_hidden",
    "who": "weights_hidden_output",
    "w_ho": "weights_hidden_output",
    "inputs_list": "inputs",
    "targets_list": "targets",
    "target": "targets",
    "learning_rate": "lr",
}
# What a parameter may be named after, in any function.
NUMBERS = {n for part in PARTS.values() for n in part.arguments.values()} | {"output_deltas"}
NUMBERS -= {"x"}


def part_of(name: str, rule: str) -> Part:
    """Return the part of this name under a rule for the hidden errors."""
    return BY_CHAIN_RULE if (name, rule) == ("hidden_errors", "gradient") else PARTS[name]


def usual_call(name: str, rule: str) -> str:
    """Return how the function of a part is called, as "sigmoid(x)"."""
    return f"{name}({', '.join(part_of(name, rule).arguments)})"


def passed(
    function: Callable[..., Any], name: str, rule: str, by_order: bool = True
) -> list[str] | None:
    """Return the names of the numbers to pass by position; None if it is another function.

    The parameters' names decide, where all of them are known; else their order, if that is allowed.
    """
    arguments = part_of(name, rule).arguments
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a function of a compiled library
        return list(arguments.values())
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return list(arguments.values())
    possible = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in possible if p.default is p.empty]
    # Hidden errors may be made of the deltas, which takes one number less.
    count = max(2, len(needed)) if name == "hidden_errors" else len(arguments)
    by_name = [_number(p.name, arguments) for p in possible[:count]]
    known = [number for number in by_name if number is not None]
    if len(needed) <= count <= len(possible) and len(known) == count:
        return known
    by_order = by_order and name not in COMMON
    fits = len(needed) <= len(arguments) <= len(possible)
    return list(arguments.values()) if fits and by_order else None


def _number(parameter: str, arguments: dict[str, str]) -> str | None:
    """Return the number that a parameter is named after."""
    name = ALSO_CALLED.get(parameter, parameter)
    if name in arguments:
        return arguments[name]
    return name if name in NUMBERS else None
