"""That every name on the page of the API has a docstring, and one that numpydoc accepts."""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from types import FunctionType

import pytest

pytest.importorskip("numpydoc", reason="numpydoc is not installed; nnfast[docs] brings it")

from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

# Of a class; what it keeps is described in its own docstring.
DESCRIBED = (FunctionType, classmethod, staticmethod, property)
API = Path(__file__).parents[1] / "docs" / "api.md"

# All of numpydoc's checks are made but these.
LEFT_OUT = {
    "ES01",  # no extended summary: where one line says it all there is no more to say
    "EX01",  # no examples: the pages and the notebooks have them, and those are run
    "RT03",  # no description of what is returned: "(n, onodes) floats" says it
    "SA01",  # no section See Also: names in the text are links
}


def names_on_the_page() -> Iterator[str]:
    """Yield the full names of the classes and functions, those of the modules among them."""
    page = API.read_text(encoding="utf-8")
    for kind, name in re.findall(r"^\.\. auto(module|class|function):: (\S+)$", page, re.MULTILINE):
        if kind == "module":
            yield from (f"{name}.{public}" for public in importlib.import_module(name).__all__)
        else:
            yield name if "." in name else f"nnfast.{name}"


def members(name: str) -> Iterator[str]:
    """Yield the full names of a class's public methods and properties, as far as they are ours."""
    for base in inspect.getmro(resolve_name(name)):
        if base.__module__.startswith(("nnref", "nnfast")):
            for member, value in vars(base).items():
                if member[0] != "_" and isinstance(value, DESCRIBED):
                    yield f"{name}.{member}"


def attributes(name: str) -> list[str]:
    """Return the names in the section Attributes of a class's docstring."""
    described = NumpyDocString(inspect.getdoc(resolve_name(name)))["Attributes"]
    return [one for names, *_ in described for one in names.split(", ")]


NAMES = ["nnref.NeuralNetwork", *names_on_the_page()]
CLASSES = [name for name in NAMES if inspect.isclass(resolve_name(name))]
MEMBERS = sorted({member for name in CLASSES for member in members(name)})
MODULES = sorted({"nnref", *(name.rpartition(".")[0] for name in NAMES)})
# What a function returns and nobody else makes: it has attributes, where others have parameters.
RESULTS = {
    name: attributes(name)
    for name in CLASSES
    if dataclasses.is_dataclass(resolve_name(name)) and attributes(name)
}


@pytest.mark.parametrize("name", NAMES + MEMBERS)
def test_numpydoc_accepts_the_docstring_and_its_parameters_are_the_signatures(name: str) -> None:
    undocumented_parameters = {"PR01"} if name in RESULTS else set()
    errors = validate(name)["errors"]
    assert [error for error in errors if error[0] not in LEFT_OUT | undocumented_parameters] == []


@pytest.mark.parametrize("name", RESULTS)
def test_the_attributes_of_a_result_are_its_fields(name: str) -> None:
    fields = dataclasses.fields(resolve_name(name))
    assert sorted(RESULTS[name]) == sorted(field.name for field in fields)


# numpydoc looks for a module's first definition, and fails on one that has none.
@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is(name: str) -> None:
    docstring = importlib.import_module(name).__doc__ or ""
    assert re.match(r"[A-Z].*\.$", docstring, re.MULTILINE)
