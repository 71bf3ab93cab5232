"""One thread for every library that is timed, and a header that says what was."""

import os

# Read once, when NumPy and scipy load their BLAS: so here, before a benchmark imports them.
for library in ("OPENBLAS", "MKL", "OMP", "BLIS", "VECLIB_MAXIMUM"):
    os.environ[f"{library}_NUM_THREADS"] = "1"


def pytest_report_header() -> list[str]:
    """Say what the times depend on beside the code: kernel build, BLAS, cores."""
    import numpy as np  # noqa: F401 (loads the BLAS that is reported)
    from threadpoolctl import threadpool_info

    from nnfast import kernel_info

    blas = [
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}, "
        f"threads: {pool['num_threads']}"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "any"
    return [
        f"nnfast kernel: {kernel_info()['kernel']}; cores: {cores}",
        f"NumPy's BLAS: {'; '.join(blas) or 'unknown'}",
    ]
