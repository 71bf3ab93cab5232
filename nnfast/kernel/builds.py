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

    Raises
    ------
    ValueError
        If NNFAST_KERNEL names another. Making a network raises it too.
    """
    if _REFUSAL:
        raise ValueError(_REFUSAL)
    return {"kernel": _BUILD, "available": _AVAILABLE}


def kernel_for(dtype: str) -> Any:
    """Return the kernel's module, as ``kernel.pyi`` describes it, for "float64" or "float32"."""
    if _REFUSAL:
        raise ValueError(_REFUSAL)
    sibling = "" if dtype == "float64" else f"_{dtype}"
    return importlib.import_module(f"nnfast.kernel._{_BUILD}{sibling}")


def _refusal(build: str) -> str:
    """Return why a build cannot be used, or nothing if it can."""
    if build in _AVAILABLE:
        return ""
    available = ", ".join(_AVAILABLE)
    if build not in BUILDS:
        return f"NNFAST_KERNEL: got {build!r}, wants one of {available}"
    why = "was not built" if BUILDS[build] else "needs another processor"
    return f"NNFAST_KERNEL: the {build!r} kernel {why}; here are {available}"


# Now rather than with the first network: a package without a kernel should not seem to be whole.
_AVAILABLE = kernel_builds()
if not _AVAILABLE:
    raise ImportError(NOT_BUILT)
_BUILD = os.environ.get("NNFAST_KERNEL") or _AVAILABLE[0]
# What is wrong with it is said where it is first used, and so where the command line can say it.
_REFUSAL = _refusal(_BUILD)
if not _REFUSAL:
    kernel_for("float64")
