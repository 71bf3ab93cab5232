"""Shows that the parity tests can fail: breaks the kernel on purpose, and runs them.

Each mutant is one small change to a copy of the project, which is built (one build of the kernel,
the fastest that this processor runs) and put to ``tests/test_parity.py`` and ``test_layouts.py``
or, where those do not look, to another file. If the tests let a mutant pass, it SURVIVED: they have
a hole, or the change moves no bit and has no place here. The mutants stand beside this file, one
module for each part of the kernel, one for the twin in JavaScript and one for the live page, which
are put to their own tests. Half an hour and more, by hand:

    python tools/mutants              # all of them; exit status 1 if one survived
    python tools/mutants exp relu     # those with one of these words in the name
    python tools/mutants --check      # only that the text of each is still where it should be

With NNFAST_KERNEL=avx2 it is that build's turn, whose tiles are others.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import around
import article
import backquery
import batches
import dropout
import engine
import functions
import lanes
import live
import neurons
import online
import twin
import updates
from mutant import BUILD, Mutant

ROOT = Path(__file__).parents[2]
SETUP = "setup.py"
TESTS_FAILED = 1  # pytest's exit status; others say that the tests did not run

# The same examples each time, and no search for the smallest that fails: it takes long and the
# first will do. And Ctrl-C also for a job in the background, which begins with it ignored.
QUICK = """
import signal
from hypothesis import Phase, settings
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("mutants", derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile("mutants")
"""

# What no test of whole networks can see is not here:
# - squares, a loss or the 0.01 of rescaled hide the sign of the zero that they start from;
# - exp's lower bound may be anything below -37, since sigmoid is 1.0 from there on, and so may it
#   for softmax, to which e**-746 is nothing beside 1 (tests/test_functions.py sees it), and tanh's
#   bounds anything beyond 18.4, where its quotient is 1.0;
# - the brackets among exp's smallest terms move the result by less than 1e-9 of its last bit.
#
# Nor is what decides only by which way the same sums are made, which moves no bit:
# - how large a tile is, how many rows or terms at once, and which layers are large, narrow, copied;
# - tiles or examples to and fro, since neighbours share no sum;
# - a width of ALONG_THE_REST left out, except the smallest: the next smaller does twice as much;
# - what stands beyond the last neuron of a padded row: no neuron reads it.
#
# Nor what threads do to each other only by bad luck, as with SLOTS = 2 or a barrier left out where
# another is near.

PARTS = (
    lanes, functions, neurons, article, dropout, updates, batches, online, backquery, engine,
    around, twin, live,
)  # fmt: skip
MUTANTS = [
    mutant._replace(file=file)
    for part in PARTS
    for file, mutants in part.MUTANTS.items()
    for mutant in mutants
]


def main(words: list[str]) -> int:
    """Build and test the mutants that are asked for; return the exit status."""
    check_that_they_apply()
    if words == ["--check"]:
        return 0
    mutants = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    if not mutants:
        sys.exit(f"no mutant's name has {' or '.join(words)} in it")
    width = max(len(mutant.name) for mutant in mutants)
    survivors = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        original = copy_project(Path(folder) / "original")
        build(original)
        for tests in dict.fromkeys(mutant.tests for mutant in mutants):
            failure = test(original, tests)
            if failure is not None:
                sys.exit(f"the tests fail without any mutant: {failure}")
        results = pool.map(lambda mutant: first_failure(mutant, original), mutants)
        for mutant, failure in zip(mutants, results, strict=True):
            survivors += failure is None
            verdict = "SURVIVED" if failure is None else f"killed by {failure}"
            print(f"{mutant.name:{width}}  {verdict}", flush=True)
    print(f"{len(mutants)} mutants, {survivors} survived")
    return 1 if survivors else 0


def check_that_they_apply() -> None:
    """Exit if a mutant's text is not in its file, or is there more than once."""
    for mutant in MUTANTS:
        found = (ROOT / mutant.file).read_text().count(mutant.old)
        if found != 1:
            sys.exit(f"{mutant.name!r}: its text is {found} times in {mutant.file}, wants once")


def copy_project(project: Path) -> Path:
    """Copy what a build and the tests need, reduced to one build of the kernel."""
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    for name in ("nnref", "nnfast", "tests"):
        shutil.copytree(ROOT / name, project / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project / name)
    kernels = f'KERNELS = {{"nnfast.kernel._{BUILD}": ("{BUILD}", "float64")}}\n\nsetup('
    replace(project / SETUP, "\nsetup(", kernels)
    # The code that takes the least time to make: which one it is moves no bit.
    replace(project / SETUP, '"-O3"', '"-O1"')
    # Or the other builds are found beside an installed package.
    replace(project / "nnfast/kernel/builds.py", "in BUILDS.items()", f'in [("{BUILD}", True)]')
    with (project / "tests" / "conftest.py").open("a") as conftest:
        conftest.write(QUICK)
    return project


def first_failure(mutant: Mutant, original: Path) -> str | None:
    """Return the first test that a mutant of the project fails, or None."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "mutant"
        shutil.copytree(original, project)
        replace(project / mutant.file, mutant.old, mutant.new)
        # What the original has built is built again only where it depends on what has changed.
        build(project, *(["--force"] if mutant.file == SETUP else []))
        return test(project, mutant.tests)


def replace(path: Path, old: str, new: str) -> None:
    """Put the new text in the place of the old, which must be there once."""
    text = path.read_text()
    if text.count(old) != 1:
        sys.exit(f"{old!r} is {text.count(old)} times in {path.name}, wants once")
    path.write_text(text.replace(old, new))


def build(project: Path, *options: str) -> None:
    """Build the kernel within a copy of the project."""
    run(project, [0], "setup.py", "build_ext", "--inplace", *options)


def test(project: Path, tests: tuple[str, ...]) -> str | None:
    """Run tests of the project; return the first that fails, or None."""
    options = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:faulthandler")
    done = run(project, [0, TESTS_FAILED], "-m", "pytest", *tests, *options)
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return f"signal {-done.returncode}"
    failed = re.search(r"^FAILED \S+?::(\w+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else sys.exit(f"{done.stdout}\nno test failed, nor did all pass")


def run(project: Path, expected: list[int], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a copy of the project, and not on one that is installed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=os.environ | {"PYTHONPATH": str(project)},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    # Below 0 it is the signal of a crash, such as a wrong pointer leads to.
    if done.returncode not in expected and done.returncode >= 0:
        sys.exit(f"{done.stdout}\n{' '.join(arguments)}: exit status {done.returncode}")
    return done


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
