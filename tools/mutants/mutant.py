"""What a mutant is, and short ways to write one down."""

import re
from typing import NamedTuple

from nnfast import kernel_info

BUILD = kernel_info()["kernel"]

# Options of pytest. Only float64 has an oracle, so float32 is neither built nor tested.
PARITY = ("tests/test_parity.py", "tests/test_layouts.py")
TWO_THREADS = ("tests/test_threads.py", "-k", "float64_is_the_oracle")
SEEN_RANGE = ("tests/test_seen_range.py", "-k", "not float32")
EXPLAIN = ("tests/test_explain.py", "-k", "not float32")
REFUSALS = ("tests/test_kernel.py", "-k", "not float32")
FIT = ("tests/test_fit.py",)
DROPOUT = ("tests/test_parity.py", "tests/test_dropout.py")
INTERRUPTS = ("tests/test_interrupts.py", "-k", "large_batch")
CONCURRENCY = ("tests/test_concurrency.py",)
# Without the test that only reads the script: its bits must give it away.
TWIN = ("tests/test_twin.py", "tests/test_twin_functions.py", "-k", "not contract")
TWIN_CONTRACT = ("tests/test_twin_functions.py", "-k", "contract")
TWIN_JSON = ("tests/test_twin_json.py",)
TWIN_EXPLAIN = ("tests/test_twin_explain.py",)
TWIN_REFUSALS = ("tests/test_twin_refusals.py",)
LIVE_SESSIONS = ("tests/test_live_sessions.py",)
LIVE_LINKS = ("tests/test_live_links.py",)
LIVE_PARTS = ("tests/test_live_parts.py",)
LIVE_SCRIPTS = ("tests/test_live_scripts.py", "-k", "not lost")


class Mutant(NamedTuple):
    """A change: in a file, this text, which must be there once, becomes that."""

    name: str
    old: str
    new: str
    tests: tuple[str, ...] = PARITY
    file: str = ""  # filled in from where the mutant stands


def in_a_team(name: str, old: str, new: str) -> Mutant:
    """Return a mutant that shows only where several threads share the work."""
    return Mutant(name, old, new, TWO_THREADS)


def watched(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what is remembered of the training examples."""
    return Mutant(name, old, new, SEEN_RANGE)


def taken_apart(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what an explanation shows."""
    return Mutant(name, old, new, EXPLAIN)


def refusing(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what the kernel refuses."""
    return Mutant(name, old, new, REFUSALS)


def alone(name: str, old: str, new: str) -> Mutant:
    """Return a mutant that lets no other thread of Python's run."""
    return Mutant(name, old, new, CONCURRENCY)


def one_fewer(name: str, loop: str) -> Mutant:
    """Return the mutant whose loop, the first of this text, ends before its last round."""
    return Mutant(name, loop, loop.replace("):", " - 1):", 1))


def backwards(name: str, loop: str) -> Mutant:
    """Return the mutant whose loop, the first of this text, runs from the end."""
    return Mutant(name, loop, re.sub(r"range\((\w+)\)", r"range(\1 - 1, -1, -1)", loop, count=1))


def macro(*lines: str) -> str:
    """Return lines as they stand in a macro."""
    return "\n".join(f"{line:99}\\" for line in lines)
