"""Picks, at import, which build of the kernel to use.

There is one kernel source, ``kernel.pyx``, and it is built once for each instruction set that the
compiler can make: a wheel runs on any processor of its platform and uses the best build that this
one can run. In float64 all of them give the same bits. Each has a sibling for float32, loaded when
a network asks for it. The environment variable NNFAST_KERNEL forces a build.
"""

import importlib
import importlib.util
import os
from typing import Any

NOT_BUILT = (
    "nnfast: the compiled kernel is not here. In a clone of the repository: "
    "pip install --editable . or, if it is installed elsewhere, start Python in another folder"
)

try:
    from nnfast.kernel._cpu import BUILDS
except ModuleNotFoundError as error:
    raise ImportError(NOT_BUILT) from error


def kernel_builds() -> tuple[str, ...]:
    """Return the builds that are here and that this processor can run, the fastest first."""
    return tuple(
        build
        for build, runs_here in BUILDS.items()
        if runs_here and importlib.util.find_spec(f"nnfast.kernel._{build}") is not None
    )


def kernel_info() -> dict[str, str | tuple[str, ...]]:
    """Return which build of the kernel is in use, and which could be.

    Returns
    -------
    dict
        "kernel": the build in use; "available": the builds that this processor can run, the fastest
        first, any of which the environment variable NNFAST_KERNEL may name before the import.
    """
    return {"kernel": _BUILD, "available": kernel_builds()}


def _chosen_build() -> str:
    builds = kernel_builds()
    if not builds:
        raise ImportError(NOT_BUILT)
    forced = os.environ.get("NNFAST_KERNEL")
    if not forced:
        return builds[0]
    if forced not in BUILDS:
        raise ImportError(f"NNFAST_KERNEL: got {forced!r}, wants one of {', '.join(builds)}")
    if forced not in builds:
        why = "was not built" if BUILDS[forced] else "needs another processor"
        raise ImportError(
            f"NNFAST_KERNEL: the {forced!r} kernel {why}; here are {', '.join(builds)}"
        )
    return forced


_BUILD = _chosen_build()


def kernel_for(dtype: str) -> Any:
    """Return the kernel's module, as ``kernel.pyi`` describes it, for "float64" or "float32"."""
    sibling = "" if dtype == "float64" else f"_{dtype}"
    return importlib.import_module(f"nnfast.kernel._{_BUILD}{sibling}")


# Now rather than with the first network: a package without it should not seem to be whole.
kernel_for("float64")
