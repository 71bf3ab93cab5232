"""The rules of the house: who imports whom, and how long a file and a function may be.

They are judged by the sources alone. A rule takes the folder of the two packages and returns what
breaks it, one line for each place.
"""

import ast
import functools
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("nnref", "nnfast")

LONGEST_FILE = 500
LONGEST_BODY = 60
OTHER_LIMITS = {
    "nnref/article.py": 150,  # to be read in one sitting, beside the article
    "nnfast/live/network.js": 1960,  # nnref in one file: a page on a disk may load no others
}
# Of the estimators, which describe each of scikit-learn's many parameters.
DOCSTRINGS_NOT_COUNTED = ("nnfast/sklearn",)

TYPE_CHECKING = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
CUSTOMARY_NAMES = {"numpy": "np", "matplotlib.pyplot": "plt", "pandas": "pd"}

SHARED = ("nnref.common", "nnref.explanation", "nnref.gradients")
USERS_OF_THE_ORACLE = ("nnfast.cli", "nnfast.benchmark", "nnfast.live")


class Import(NamedTuple):
    """What a statement imports: ``from module import name as alias``, or a module as such."""

    line: int
    module: str
    name: str | None
    alias: str | None
    for_types: bool


@dataclass(frozen=True)
class Module:
    """A module of the packages, and what it imports."""

    name: str
    path: str
    tree: ast.Module

    @property
    def package(self) -> str:
        is_package = self.path.endswith("/__init__.py")
        return self.name if is_package else self.name.rpartition(".")[0]

    def imports(self) -> Iterator[Import]:
        """Yield every import, also those inside functions."""
        for_types = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) in TYPE_CHECKING:
                for_types |= {id(inner) for child in node.body for inner in ast.walk(child)}
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(node.lineno, alias.name, None, alias.asname, id(node) in for_types)
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    yield Import(
                        node.lineno, module, alias.name, alias.asname, id(node) in for_types
                    )


@functools.cache
def modules(root: Path) -> dict[str, Module]:
    found = {}
    for path in sources(root, "py"):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found[name] = Module(name, path.relative_to(root).as_posix(), tree)
    return found


def sources(root: Path, *suffixes: str) -> list[Path]:
    return sorted(
        path
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.suffix.removeprefix(".") in suffixes
    )


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def imported(module: Module, known: dict[str, Module]) -> dict[str, int]:
    """Return each module that running this one may import, and the first line that does.

    Of ``from package import submodule`` these are both.
    """
    lines: dict[str, int] = {}
    for found in module.imports():
        if not found.for_types:
            lines.setdefault(found.module, found.line)
            if f"{found.module}.{found.name}" in known:
                lines.setdefault(f"{found.module}.{found.name}", found.line)
    return lines


# The rules


def circles(root: Path) -> list[str]:
    """No module imports itself by way of others: it does not matter which is imported first."""
    known = modules(root)
    arrows = {
        name: sorted(target for target in imported(module, known) if target in known)
        for name, module in known.items()
    }
    shortest = {way for name in known if (way := way_back(name, arrows)) is not None}
    return [" -> ".join([*way, way[0]]) for way in sorted(shortest)]


def way_back(start: str, arrows: dict[str, list[str]]) -> tuple[str, ...] | None:
    """Return the shortest way from a module to itself, beginning with its first name, or None."""
    ways, seen = [(start,)], set()
    while ways:
        way, *ways = ways
        for target in arrows[way[-1]]:
            if target == start:
                first = way.index(min(way))
                return way[first:] + way[:first]
            if target not in seen:
                seen.add(target)
                ways.append((*way, target))
    return None


def indirect_imports(root: Path) -> list[str]:
    """A module is imported by its full name, and no module from its own package's ``__init__``."""
    known = modules(root)
    found = []
    for module in known.values():
        for line, target, name, _, for_types in module.imports():
            place = f"{module.path}:{line}: "
            if target.startswith("."):
                found.append(f"{place}imports {name} from {target!r}, wants the full name")
            elif f"{target}.{name}" in known:
                found.append(f"{place}imports {name} from {target}, wants it from {target}.{name}")
            elif target == module.package and target != module.name and not for_types:
                found.append(f"{place}imports its own package, {target}")
    return list(dict.fromkeys(found))


def arrows_to_the_oracle(root: Path) -> list[str]:
    """nnfast takes from nnref what both packages stand on, and none of its arithmetic."""
    known = modules(root)
    return [
        f"{module.path}:{line}: imports {target}"
        for module in known.values()
        if is_within(module.name, ("nnfast",))
        for target, line in imported(module, known).items()
        if is_within(target, ("nnref",)) and not is_within(target, SHARED)
        if not (target == "nnref" and is_within(module.name, USERS_OF_THE_ORACLE))
    ]


def imports_of_the_oracle(root: Path) -> list[str]:
    """nnref needs the standard library and nothing else."""
    known = modules(root)
    return [
        f"{module.path}:{line}: imports {target}"
        for module in known.values()
        if is_within(module.name, ("nnref",))
        for target, line in imported(module, known).items()
        if target.split(".")[0] not in {"", "nnref", *sys.stdlib_module_names}
    ]


def renamed_imports(root: Path) -> list[str]:
    """A thing has one name. A few libraries have a customary one."""
    return [
        f"{module.path}:{line}: renames {name or target} to {alias}"
        for module in modules(root).values()
        for line, target, name, alias, _ in module.imports()
        if alias not in (None, name or target)
        if not (name is None and CUSTOMARY_NAMES.get(target) == alias)
    ]


def long_files(root: Path) -> list[str]:
    """A file can be read in one sitting."""
    found = []
    for path in sources(root, "py", "pyx", "pxi", "h", "js"):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if name.startswith(DOCSTRINGS_NOT_COUNTED):
            lines -= sum(docstring_lines(node) for node in ast.walk(ast.parse(text)))
        most = OTHER_LIMITS.get(name, LONGEST_FILE)
        if lines > most:
            found.append(f"{name}: {lines} lines, wants at most {most}")
    return found


def docstring_lines(node: ast.AST) -> int:
    """Return how many lines of a function, a class or a module its docstring takes."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return 0
    if ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1


def long_functions(root: Path) -> list[str]:
    """A function fits on a screen, its docstring aside."""
    return [
        f"{path.relative_to(root).as_posix()}:{line}: {name} has {lines} lines, "
        f"wants at most {LONGEST_BODY}"
        for path in sources(root, "py", "pyx", "pxi", "h", "js")
        for line, name, lines in bodies(path)
        if lines > LONGEST_BODY
    ]


def bodies(path: Path) -> Iterator[tuple[int, str, int]]:
    """Yield each function's line, name, and how many lines its body has without the docstring."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        kinds = {".pyx": indented_bodies, ".pxi": indented_bodies, ".js": scripted_bodies}
        yield from kinds.get(path.suffix, braced_bodies)(text)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
            yield node.lineno, node.name, lines - docstring_lines(node)


def indented_bodies(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield the functions of Cython, whose bodies are indented."""
    lines = text.splitlines()
    for place, line in enumerate(lines):
        head = re.match(r"( *)(?:def|cdef|cpdef) [^=(]*?(\w+)\(", line)
        if head is None:
            continue
        start = place + 1
        while "\n".join(lines[place:start]).count("(") > "\n".join(lines[place:start]).count(")"):
            start += 1
        if not lines[start - 1].endswith(":"):  # a declaration
            continue
        end = start
        while end < len(lines) and (not lines[end] or lines[end].startswith(head[1] + " ")):
            end += 1
        body = "\n".join(lines[start:end]).strip()
        without = re.sub(r'\A"""(.|\n)*?"""', "", body).strip()
        yield place + 1, head[2], len(without.splitlines())


# From a line with a name before a bracket to a brace, neither of them indented.
BRACED = r"^(?=\w)(?!struct|typedef|class)[^\n]*?(\w+)\([^{};]*\{\n(.*?)^\}"


def braced_bodies(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield the functions of C, whose last brace starts a line."""
    for found in re.finditer(BRACED, text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, found.start()) + 1, found[1], found[2].count("\n")


# A function or a method, with its parameters on one line or several, and as deep as it may stand.
SCRIPTED = (
    r"^( *)(?!(?:if|for|while|switch|catch)\b)(?:\w+ )*(\w+)"
    r"\((?:[^(){};]|\{[^{}]*\}|\([^()]*\))*\) \{\n(.*?)^\1\}"
)


def scripted_bodies(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield the functions of JavaScript, whose last brace is as far in as their first line."""
    for found in re.finditer(SCRIPTED, text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, found.start()) + 1, found[2], found[3].count("\n")


RULES: list[Callable[[Path], list[str]]] = [
    circles,
    indirect_imports,
    arrows_to_the_oracle,
    imports_of_the_oracle,
    renamed_imports,
    long_files,
    long_functions,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_packages_keep_to(rule: Callable[[Path], list[str]]) -> None:
    assert len(modules(ROOT)) > 30
    broken = rule(ROOT)
    assert not broken, "\n".join(["", *broken])


# That each rule notices what breaks it, in small packages made for it

CLEAN = {
    "nnref/__init__.py": "from nnref.network import NeuralNetwork",
    "nnref/network.py": """
        import math as math
        from nnref.common.files import replace_file
        """,
    "nnref/common/__init__.py": "",
    "nnref/common/files.py": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from nnref.network import NeuralNetwork
        """,
    "nnfast/__init__.py": "from nnfast.network import NeuralNetwork",
    "nnfast/network.py": """
        import numpy as np
        from nnref.common.files import replace_file
        """,
    "nnfast/cli/__init__.py": "from nnfast.cli.train import train",
    "nnfast/cli/train.py": """
        import nnref
        def train():
            import nnfast
        """,
}


def lines(count: int, indent: str = "    ", end: str = "") -> str:
    return "".join(f"{indent}x = {number}{end}\n" for number in range(count))


DOCSTRING = '    """\n' + "    Long.\n" * 400 + '    """\n'
BROKEN: list[tuple[Callable[[Path], list[str]], dict[str, str], list[str]]] = [
    # A circle of two, of three, through a function, through a package, of one.
    (
        circles,
        {"nnref/common/files.py": "import nnref.network"},
        ["nnref.common.files -> nnref.network -> nnref.common.files"],
    ),
    (
        circles,
        {
            "nnfast/a.py": "from nnfast.b import b",
            "nnfast/b.py": "def b():\n    from nnfast.c import c",
            "nnfast/c.py": "try:\n    import nnfast.a\nexcept ImportError:\n    pass",
        },
        ["nnfast.a -> nnfast.b -> nnfast.c -> nnfast.a"],
    ),
    (
        circles,
        {"nnfast/cli/train.py": "from nnfast.cli import options", "nnfast/cli/options.py": ""},
        ["nnfast.cli -> nnfast.cli.train -> nnfast.cli"],
    ),
    (circles, {"nnfast/a.py": "import nnfast.a"}, ["nnfast.a -> nnfast.a"]),
    (
        indirect_imports,
        {"nnfast/a.py": "\nfrom nnfast import network"},
        [
            "nnfast/a.py:2: imports network from nnfast, wants it from nnfast.network",
        ],
    ),
    (
        indirect_imports,
        {"nnfast/a.py": "from nnfast import NeuralNetwork"},
        ["nnfast/a.py:1: imports its own package, nnfast"],
    ),
    (
        indirect_imports,
        {"nnfast/a.py": "from . import network\nfrom .network import NeuralNetwork"},
        [
            "nnfast/a.py:1: imports network from '.', wants the full name",
            "nnfast/a.py:2: imports NeuralNetwork from '.network', wants the full name",
        ],
    ),
    *(
        (arrows_to_the_oracle, {"nnfast/a.py": code}, [f"nnfast/a.py:{line}: imports {target}"])
        for code, line, target in [
            ("from nnref.network import NeuralNetwork", 1, "nnref.network"),
            ("import nnref", 1, "nnref"),
            ("def a():\n    from nnref import NeuralNetwork", 2, "nnref"),
            ("import nnref.gradients_of_another_kind", 1, "nnref.gradients_of_another_kind"),
        ]
    ),
    (
        arrows_to_the_oracle,
        {"nnfast/cli/train.py": "import nnref\nimport nnref.network"},
        ["nnfast/cli/train.py:2: imports nnref.network"],
    ),
    *(
        (imports_of_the_oracle, {"nnref/a.py": code}, [f"nnref/a.py:{line}: imports {target}"])
        for code, line, target in [
            ("import numpy as np", 1, "numpy"),
            ("def a():\n    from nnfast.network import NeuralNetwork", 2, "nnfast.network"),
        ]
    ),
    (
        renamed_imports,
        {"nnfast/a.py": "import numpy as n\nfrom math import exp as e\nimport time as clock"},
        [
            "nnfast/a.py:1: renames numpy to n",
            "nnfast/a.py:2: renames exp to e",
            "nnfast/a.py:3: renames time to clock",
        ],
    ),
    *(
        (
            long_files,
            {f"nnfast/a.{kind}": lines(501, "")},
            [f"nnfast/a.{kind}: 501 lines, wants at most 500"],
        )
        for kind in ("py", "pyx", "pxi", "h", "js")
    ),
    (
        long_files,
        {"nnref/article.py": lines(151, "")},
        ["nnref/article.py: 151 lines, wants at most 150"],
    ),
    # Of the estimators the docstrings are not counted; of others they are.
    (
        long_files,
        {f"nnfast/{name}.py": "def a():\n" + DOCSTRING + lines(100) for name in ("sklearn", "a")},
        ["nnfast/a.py: 503 lines, wants at most 500"],
    ),
    (
        long_functions,
        {
            "nnref/a.py": "def a():\n" + DOCSTRING + lines(61) + "def b():\n" + lines(60),
            "nnfast/a.pyx": "cdef void a(\n    int i\n) noexcept nogil:\n" + lines(61)
            + "class A:\n    def b(self):\n" + lines(60, "        ") + lines(20),
            "nnfast/a.h": "static int a(int i) {\n" + lines(61, end=";") + "}\n"
            + "INLINED int b(\n    int i\n) {\n" + lines(60, end=";") + "}\n",
            "nnfast/a.js": "export function a(i) {\n" + lines(61, end=";") + "}\n",
            "nnfast/b.js": "(() => {\n  class A {\n    static b({ c }, d = [e()]) {\n"
            + lines(61, "      ", ";") + "    }\n  }\n  function c() {\n"
            + lines(60, end=";") + "  }\n" + lines(20, "  ", ";") + "})();\n",
        },
        [
            "nnfast/a.h:1: a has 61 lines, wants at most 60",
            "nnfast/a.js:1: a has 61 lines, wants at most 60",
            "nnfast/a.pyx:1: a has 61 lines, wants at most 60",
            "nnfast/b.js:3: b has 61 lines, wants at most 60",
            "nnref/a.py:1: a has 61 lines, wants at most 60",
        ],
    ),
]  # fmt: skip


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_breaks_a_rule_without_cause(
    tmp_path: Path, rule: Callable[[Path], list[str]]
) -> None:
    assert rule(written(tmp_path, CLEAN)) == []


@pytest.mark.parametrize(("rule", "files", "broken"), BROKEN)
def test_what_breaks_a_rule_is_named(
    tmp_path: Path, rule: Callable[[Path], list[str]], files: dict[str, str], broken: list[str]
) -> None:
    assert rule(written(tmp_path, CLEAN | files)) == broken
