"""Which classes and functions of a program are to be checked."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from nnref.checking.observation import Observation
from nnref.checking.observing import Tell, observe_class, observe_function
from nnref.checking.parts import PARTS, passed, usual_call
from nnref.common.arguments import shown

CONSTRUCTOR = ("inodes", "hnodes", "onodes", "lr")


class NothingToCheckError(Exception):
    """A program has nothing of the name that was given, or nothing that the checker knows."""


def observe(code: Any, rule: str, tell: Tell) -> Iterator[Observation]:
    """Yield what a class or a function does."""
    if inspect.isclass(code):
        yield from observe_class(code, rule, tell)
    else:
        yield from observe_function(code, _known_name(code, rule), rule, tell)


def _known_name(function: Callable[..., Any], rule: str) -> str:
    name = getattr(function, "__name__", "")
    if name in PARTS and passed(function, name, rule) is not None:
        return name
    wants = usual_call(name, rule) if name in PARTS else f"one named {', '.join(PARTS)}"
    raise NothingToCheckError(f"code: got {shown(function)}, wants {wants}")


def observe_module(
    names: dict[str, Any], module: str, name: str | None, rule: str, tell: Tell
) -> Iterator[Observation]:
    """Yield what the known functions of a program do, and its network."""
    if name is not None:
        if name not in names or not callable(names[name]):
            raise NothingToCheckError(
                f"name: got {name!r}, wants a class or a function of the file"
            )
        yield from observe(names[name], rule, tell)
        return
    classes = [kind for kind in names.values() if inspect.isclass(kind)]
    networks = _networks([kind for kind in classes if kind.__module__ == module])
    # Beside a network, a function may be its helper, with a meaning of its own.
    functions = {
        part: names[part]
        for part in PARTS
        if callable(names.get(part)) and not inspect.isclass(names[part])
        if passed(names[part], part, rule, by_order=not networks) is not None
    }
    if not functions and not networks:
        networks = _networks([kind for kind in classes if _has_both(kind)])  # from another file
    if not functions and not networks:
        raise NothingToCheckError(f"code: has nothing to check, {_wants(names, rule)}")
    for part, function in functions.items():
        yield from observe_function(function, part, rule, tell)
    for kind in networks:
        yield from observe_class(kind, rule, tell)


def _networks(classes: list[type]) -> list[type]:
    """Return the class that is a network, if there is one."""
    classes = list(dict.fromkeys(classes))  # one can have two names
    # The best that there is: with both methods, with one, or with the article's constructor.
    found = (
        [kind for kind in classes if _has_both(kind)]
        or [kind for kind in classes if hasattr(kind, "train") or hasattr(kind, "query")]
        or [kind for kind in classes if _takes_sizes(kind)]
    )
    # What another one is made from is checked with it.
    found = [kind for kind in found if not any(kind in other.__mro__[1:] for other in found)]
    if len(found) > 1:
        several = ", ".join(sorted(kind.__name__ for kind in found))
        raise NothingToCheckError(f"code: has several networks, {several}; choose one by its name")
    return found


def _has_both(kind: type) -> bool:
    return hasattr(kind, "train") and hasattr(kind, "query")


def _takes_sizes(kind: type) -> bool:
    code = getattr(inspect.getattr_static(kind, "__init__"), "__code__", None)
    return code is not None and code.co_argcount == 1 + len(CONSTRUCTOR)


def _wants(names: dict[str, Any], rule: str) -> str:
    part = next((part for part in PARTS if callable(names.get(part))), None)
    if part is not None:
        return f"wants {usual_call(part, rule)}"
    return "wants a class with train and query, or a function such as train or hidden_errors"
