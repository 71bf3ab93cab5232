"""That the documentation says what is so: its examples, its excerpts of the code, its links."""

import doctest
import importlib
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest
from c_compilers import COMPILERS, STRICT, compiled, needs_compiler

import nnfast
import nnref
from nnfast.cli.train import train_command

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "bench/*.md", "examples/*.md")
    for path in ROOT.glob(pattern)
    if path != ROOT / "docs" / "bench.md"  # a copy, which a build of the site has made
)

SOURCE = """\
def one(
    x,
) -> int:
    total = 0.0

    for y in x:
        total = call(
            total + y,
        )
    return total


INLINED void two(int x) {
    add(x);
}
static void three(void) {
    two(1);
}
"""


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_what_the_site_can_show(page: str) -> None:
    # Docutils takes \frac12 x for 12 over x, and warns only of commands that it does not know.
    latex2mathml = pytest.importorskip("docutils.utils.math.latex2mathml")
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text(page), flags=re.DOTALL)
    assert not re.findall(r"\\[td]?frac(?!\{)", prose)
    for formula in re.findall(r"\$\$(.+?)\$\$|(?<!\$)\$([^$\n]+)\$(?!\$)", prose, re.DOTALL):
        latex2mathml.tex2mathml(formula[0] or formula[1])


@pytest.fixture
def excerpts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "docs" / "_extensions")
    return importlib.import_module("excerpts")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def sessions(page: str) -> list[str]:
    return re.findall(r"^```pycon\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if sessions(page)])
def test_what_a_page_shows_of_python_is_what_python_answers(page: str) -> None:
    examples = doctest.DocTestParser().get_doctest("\n".join(sessions(page)), {}, page, page, 0)
    report: list[str] = []
    failed, attempted = doctest.DocTestRunner().run(examples, out=report.append)
    assert attempted > 0
    assert failed == 0, "".join(report)


@needs_compiler
def test_the_program_in_c_prints_what_the_page_says(tmp_path: Path) -> None:
    page = text("docs/production.md")
    (program,) = re.findall(r"^```c\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (command, printed), *_ = re.findall(r"^```console\n\$ (.+)\n(.*)\n```$", page, re.MULTILINE)
    session = "\n".join(sessions("docs/production.md")).partition(">>> head, _, _ =")[0]
    examples = doctest.DocTestParser().get_doctest(session, {}, "session", None, 0)
    assert doctest.DocTestRunner().run(examples, clear_globs=False).failed == 0
    (tmp_path / "flower.c").write_text(program, encoding="utf-8")
    shutil.copy(examples.globs["folder"] / "iris.c", tmp_path)
    examples.globs["temporary"].cleanup()
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{printed}\n", "")


def test_the_commands_print_what_the_page_says(tmp_path: Path) -> None:
    page = "docs/reproduce.md"
    session = "\n".join(sessions(page)).replace("temporary.name", repr(str(tmp_path)))
    examples = doctest.DocTestParser().get_doctest(session, {}, "session", None, 0)
    assert doctest.DocTestRunner().run(examples).failed == 0
    blocks = re.findall(
        r"^```console\n\$ nnfast ([^\n]+)\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 3
    for command, printed in blocks:
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "nnfast", *shlex.split(command)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        same = doctest.OutputChecker().check_output(printed, done.stdout, doctest.ELLIPSIS)
        assert same, f"{command}:\n{done.stdout}"
        assert done.returncode == (1 if "theirs" in command else 0)


def test_the_front_page_s_pipeline_works_and_its_ratios_are_those_of_the_results() -> None:
    from sklearn.datasets import load_iris
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    page = text("docs/index.md")
    (pipeline,) = re.findall(r"^<!-- pipeline -->\n```python\n(.*?)^```$", page, re.M | re.S)
    flowers, kinds = load_iris(return_X_y=True)
    names = {
        "make_pipeline": make_pipeline,
        "StandardScaler": StandardScaler,
        "X": flowers,
        "y": kinds,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of 150 flowers, too few for the default epochs
        exec(pipeline, names)
    assert names["model"].score(flowers, kinds) > 0.5
    results = text("docs/results.md").partition("## scikit-learn's estimators")[2]
    (row,) = re.findall(r"^\| scikit-learn \| (.*) \|$", results.partition("\n## ")[0], re.M)
    ratios = re.findall(r"\((\d\.\d\d)\)", row)
    said = re.search(r"It trains .*?one core", page, re.S)
    assert said is not None
    assert re.findall(r"\d\.\d\d", said[0]) == ratios


def test_the_command_for_mnist_is_the_one_that_the_table_changes() -> None:
    (command,) = re.findall(r"^```sh\n(nnfast train .*?)^```$", text("docs/mnist.md"), re.M | re.S)
    words = shlex.split(command.replace("\\\n", ""))[2:]
    train_command.make_context("train", [*words])  # or an option is wrong
    ours = runpy.run_path(str(ROOT / "bench" / "mnist.py"))
    options = [word for pair in ours["OPTIONS"].items() for word in pair if word]
    kept = ["--checkpoint", "mnist.checkpoint", "--resume", "--model", "mnist.model"]
    assert words == ["--data", "mnist", *options, *kept]


@needs_compiler
def test_the_front_page_s_lines_of_c_compile(tmp_path: Path) -> None:
    page = text("docs/index.md")
    (program,) = re.findall(r"^<!-- program -->\n```c\n(.*?)^```$", page, re.M | re.S)
    declared, _, line = program.partition("\n\n")
    (tmp_path / "front.c").write_text(
        f"#include <stdio.h>\n{declared}\nvoid say(const double *inputs);\n"
        f"void say(const double *inputs)\n{{\n{line}}}\n",
        encoding="utf-8",
    )
    compiled(COMPILERS[0], STRICT, "-c", tmp_path / "front.c", "-o", tmp_path / "front.o")


def test_the_excerpts_of_the_code_are_found(excerpts: ModuleType) -> None:
    entries = re.findall(r"^(?:oracle|kernel): .*$", text("docs/formulas.md"), re.MULTILINE)
    assert len(entries) > 50
    for entry in entries:
        assert excerpts.excerpt(ROOT, entry).lines.texts


def test_the_formulas_begin_with_the_article_and_take_every_file_that_has_a_twin() -> None:
    page = text("docs/formulas.md")
    sections = re.findall(r"^## (\w+): [^\n]*\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert sections[0][0] == "article"
    oracle = {path.stem for path in (ROOT / "nnref").glob("*.py")}
    kernel = {path.stem for path in (ROOT / "nnfast" / "kernel").glob("*.pxi")}
    # A network is a class in the one and structs in the other.
    assert sorted(name for name, _ in sections) == sorted(oracle & kernel - {"network"})
    for name, section in sections:
        assert f"\noracle: nnref/{name}.py " in section
        assert f"\nkernel: nnfast/kernel/{name}.pxi " in section
    for function in re.findall(r"^def (\w+)", text("nnref/article.py"), re.MULTILINE):
        assert f"\noracle: nnref/article.py {function}\n" in sections[0][1]


def test_every_public_name_is_on_the_page_of_the_api() -> None:
    page = text("docs/api.md")
    modules = re.findall(r"^\.\. automodule:: (.+)\n   :members:$", page, re.MULTILINE)
    names = {f"NeuralNetwork.{name}" for name in dir(nnfast.NeuralNetwork) if name[0] != "_"}
    names |= {*nnfast.__all__, *nnref.__all__} - {"__version__"}
    described = re.findall(r"^\.\. auto\w+:: (?:nnref\.)?([\w.]+)$", page, re.MULTILINE)
    assert names - set(described) == set()
    public = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for pattern in ("*.py", "*/__init__.py")
        for path in (ROOT / "nnfast").glob(pattern)
        if "\n__all__ = " in path.read_text(encoding="utf-8")
    }
    assert public - {"nnfast", "nnfast.augmentation"} == set(modules)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    folder = (ROOT / page).parent
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text(page))
    missing = [target for target in targets if ":" not in target and not (folder / target).exists()]
    assert missing == []


def test_a_function_is_found_from_its_first_line_to_its_last(excerpts: ModuleType) -> None:
    source = excerpts.Lines(1, SOURCE.splitlines())
    assert excerpts.function_lines(source, "one") == (1, SOURCE.splitlines()[:10])
    assert excerpts.function_lines(source, "two") == (13, SOURCE.splitlines()[12:15])
    assert excerpts.function_lines(source, "three") == (16, SOURCE.splitlines()[15:])


def test_lines_are_found_by_their_text_up_to_closed_brackets(excerpts: ModuleType) -> None:
    source = excerpts.Lines(101, SOURCE.splitlines())
    found = excerpts.lines_between(source, "for y", "total + y")
    assert found == (106, SOURCE.splitlines()[5:9])


@pytest.mark.parametrize(
    ("entry", "error", "says"),
    [
        ("oracle: code.py four", LookupError, "'four': found 0 times, wants once"),
        ("oracle: code.py one: nowhere", LookupError, "'nowhere': found 0 times, wants once"),
        ("oracle: code.py one: total", LookupError, "'total': found 4 times, wants once"),
        (
            "oracle: code.py one: for y ... add(x)",
            LookupError,
            r"'add\(x\)': found nowhere after 'for y'",
        ),
        ("oracle: code.py", ValueError, "wants 'oracle: FILE FUNCTION'"),
        ("oracle: other.py one", OSError, "other.py"),
    ],
)
def test_an_excerpt_that_is_not_there_is_refused(
    excerpts: ModuleType, tmp_path: Path, entry: str, error: type[Exception], says: str
) -> None:
    (tmp_path / "code.py").write_text(SOURCE, encoding="utf-8")
    with pytest.raises(error, match=says):
        excerpts.excerpt(tmp_path, entry)
