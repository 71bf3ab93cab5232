"""What the tests of exported C share: the compilers of this machine, and ways to use them."""

import itertools
import platform
import shutil
import subprocess

import pytest

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
if not COMPILERS and shutil.which("cc"):
    COMPILERS = ["cc"]
if platform.system() == "Windows":
    COMPILERS = []  # there they make libraries in another way
needs_compiler = pytest.mark.skipif(
    not COMPILERS, reason="no C compiler as Unix has: gcc, clang, cc"
)
IS_X86_64 = platform.machine() in ("x86_64", "AMD64")

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
# With every instruction of this machine, a compiler may fuse multiplications with additions: in GNU
# mode gcc would, were it not told otherwise in the file.
ALL_OF_IT = ["-O3", "-march=native"] if IS_X86_64 else ["-O3"]
FLAGS = {
    "O0": [*STRICT, "-O0"],
    "O3": [*STRICT, "-Wconversion", "-Wshadow", "-Wmissing-prototypes", "-O3"],
    "native": [*STRICT, *ALL_OF_IT],
    "gnu-native": ["-std=gnu11", "-Wall", "-Werror", *ALL_OF_IT],
}
WAYS = list(itertools.product(COMPILERS or ["cc"], FLAGS))


def compiled(compiler: str, flags: list[str], *arguments: object) -> None:
    subprocess.run([compiler, *flags, *map(str, arguments)], check=True)
