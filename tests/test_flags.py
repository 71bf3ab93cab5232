"""Which compilers' flags the kernel's C takes, and why not others: read, not built, in no time."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

import nnfast.kernel

LANES = Path(nnfast.kernel.__path__[0]) / "lanes.h"
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]

pytestmark = [
    pytest.mark.skipif(
        platform.system() != "Linux" or platform.machine() != "x86_64",
        reason="the flags are those of x86-64 under Linux",
    ),
    pytest.mark.skipif(not COMPILERS, reason="neither gcc nor clang is here"),
]


def reading(compiler: str, flags: list[str], text: str) -> subprocess.CompletedProcess[str]:
    command = [compiler, *flags, "-x", "c", "-fsyntax-only", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", [["-O3"], ["-Os"], ["-mfma"], ["-mavx512fp16"]], ids=" ".join)
def test_these_are_taken(compiler: str, flags: list[str]) -> None:
    if reading(compiler, flags, "").returncode != 0:
        pytest.skip(f"this {compiler} does not know {' '.join(flags)}")
    finished = reading(compiler, flags, f'#include "{LANES}"\n')
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    ("compiler", "flag", "why"),
    [
        *((name, "-ffast-math", "the order of additions") for name in COMPILERS),
        *((name, "-Ofast", "the order of additions") for name in COMPILERS),
        # Which only gcc obeys, or tells.
        ("gcc", "-funsafe-math-optimizations", "the order of additions"),
        ("gcc", "-mfpmath=387", "computed in their own type"),
    ],
)
def test_these_are_refused(compiler: str, flag: str, why: str) -> None:
    if compiler not in COMPILERS:
        pytest.skip(f"{compiler} is not here")
    finished = reading(compiler, [flag], f'#include "{LANES}"\n')
    assert finished.returncode != 0
    assert "nnfast needs " in finished.stderr
    assert why in finished.stderr
