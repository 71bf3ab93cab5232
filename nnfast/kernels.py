"""Picks, at import, which build of the kernel to use.

There is one kernel source, ``_kernel.pyx``, and it is built once for each instruction set that the
compiler can make: a wheel runs on any processor of its platform and uses the best build that this
one can run. All of them give the same bits. The environment variable NNFAST_KERNEL forces one.
"""

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

from nnfast._cpu import supports

BUILDS = ("avx512", "avx2", "baseline")
"""The builds that may exist, the fastest first."""


def kernel_builds() -> tuple[str, ...]:
    """Return the builds that are here and that this processor can run, the fastest first."""
    return tuple(
        build
        for build in BUILDS
        if supports(build) and importlib.util.find_spec(f"nnfast._kernel_{build}") is not None
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
        raise ImportError("nnfast: the compiled kernel is not here; was the package built?")
    forced = os.environ.get("NNFAST_KERNEL")
    if not forced:
        return builds[0]
    if forced not in BUILDS:
        raise ImportError(f"NNFAST_KERNEL: got {forced!r}, wants one of {', '.join(builds)}")
    if forced not in builds:
        why = "was not built" if supports(forced) else "needs another processor"
        raise ImportError(
            f"NNFAST_KERNEL: the {forced!r} kernel {why}; here are {', '.join(builds)}"
        )
    return forced


_BUILD = _chosen_build()

if TYPE_CHECKING:
    from nnfast._kernel import ACTIVATIONS, OPTIMIZERS, Kernel, all_within, r_squared
else:
    _module = importlib.import_module(f"nnfast._kernel_{_BUILD}")
    ACTIVATIONS, OPTIMIZERS = _module.ACTIVATIONS, _module.OPTIMIZERS
    Kernel, all_within, r_squared = _module.Kernel, _module.all_within, _module.r_squared

__all__ = [
    "ACTIVATIONS",
    "BUILDS",
    "OPTIMIZERS",
    "Kernel",
    "all_within",
    "kernel_builds",
    "kernel_info",
    "r_squared",
]
