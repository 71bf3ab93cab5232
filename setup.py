"""Builds the compiled kernel; everything else about the project is in pyproject.toml.

The floating-point flags are part of correctness: the kernel's results must be the oracle's, bit for
bit, so a compiler may reorder loops but never an addition, and may not fuse a multiplication with
the addition after it.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

# Flags of an environment's CFLAGS come before these, and of two flags that contradict each other
# the last one counts. Without errno a square root is one instruction, and without traps both sides
# of a choice may be worked out; neither moves a bit.
FLAGS = {
    "msvc": ["/O2", "/fp:precise"],
    "unix": [
        "-O3",
        "-fno-fast-math",
        "-fno-unsafe-math-optimizations",
        "-fno-single-precision-constant",
        "-fno-math-errno",
        "-fno-trapping-math",
        "-g0",
    ],
}

# The two types of numbers that the kernel is built for. Only float32 may fuse a multiplication with
# the addition after it, which is faster and, rounding once, no less exact. It must do so in every
# loop alike: tuned for AMD's Zen, gcc leaves long chains of sums unfused and fuses the others, and
# an update would depend on how calls are cut.
DTYPES = {
    "float64": {"msvc": [], "unix": ["-ffp-contract=off"]},
    "float32": {
        "msvc": ["/DNNFAST_FLOAT32"],
        "unix": ["-ffp-contract=fast", "-mtune=generic", "-DNNFAST_FLOAT32"],
    },
}

# The builds of the one kernel source, each with its flags and what those flags must define. Where a
# compiler cannot make one (another processor's compiler, an old one), that build is left out.
BUILDS = {
    "baseline": ({"msvc": [], "unix": []}, ""),
    "avx2": ({"msvc": ["/arch:AVX2"], "unix": ["-mavx2", "-mfma"]}, "__AVX2__"),
    "avx512": (
        {
            "msvc": ["/arch:AVX512"],
            "unix": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"],
        },
        "__AVX512F__",
    ),
}

DIRECTIVES = {
    "language_level": "3",
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "embedsignature": True,
    # Every call that touches a network's numbers comes through its lock, see nnfast/network.py.
    "freethreading_compatible": True,
}


class BuildKernels(build_ext):
    """build_ext with the flags that this compiler takes, for the builds that it can make."""

    def build_extensions(self) -> None:
        """Choose the flags and the builds, then build."""
        kind = "msvc" if self.compiler.compiler_type == "msvc" else "unix"
        common = self.taken(FLAGS[kind])
        makeable = []
        for extension in self.extensions:
            build, dtype = KERNELS.get(extension.name, ("baseline", "float64"))
            flags, defines = BUILDS[build]
            # The baseline is never left out: why it cannot be made is then the compiler's to say.
            if build == "baseline" or can_compile(self.compiler, flags[kind], defines):
                own = self.taken(DTYPES[dtype][kind])
                extension.extra_compile_args = common + own + flags[kind]
                if kind == "unix":
                    # A linker that is told -ffast-math adds code that flushes subnormal numbers to
                    # zero in the whole process, at import.
                    extension.extra_link_args = common
                makeable.append(extension)
        self.extensions = makeable
        self.parallel = self.parallel or os.cpu_count()
        super().build_extensions()

    def taken(self, flags: list[str]) -> list[str]:
        """Return those of the flags that this compiler takes."""
        return [flag for flag in flags if can_compile(self.compiler, [flag])]


def can_compile(compiler: Any, flags: list[str], defines: str = "") -> bool:
    """Try whether the compiler takes these flags, and whether they define this macro."""
    check = f"#ifndef {defines}\n#error\n#endif\n" if defines else ""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "check.c"
        source.write_text(check + "extern int check;\n")  # which no -Werror can object to
        try:
            compiler.compile([str(source)], output_dir=folder, extra_postargs=flags)
        except CompileError:
            return False
    return True


def kernel_extension(name: str) -> Extension:
    """Return the extension of this name: a copy of the one source, which includes its parts."""
    source = (Path("build") / "kernels" / name.rpartition(".")[2]).with_suffix(".pyx")
    source.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(FOLDER / "kernel.pyx", source)
    return Extension(
        name,
        [str(source)],
        include_dirs=[str(FOLDER)],
        depends=[str(header) for header in FOLDER.glob("*.h")],
    )


FOLDER = Path("nnfast") / "kernel"
KERNELS = {f"nnfast.kernel._{build}": (build, "float64") for build in BUILDS} | {
    f"nnfast.kernel._{build}_float32": (build, "float32") for build in BUILDS
}

setup(
    ext_modules=cythonize(
        [
            Extension("nnfast.kernel._cpu", [str(FOLDER / "_cpu.pyx")]),
            *map(kernel_extension, KERNELS),
        ],
        build_dir="build/c",
        include_path=[str(FOLDER)],
        compiler_directives=DIRECTIVES,
    ),
    cmdclass={"build_ext": BuildKernels},
)
