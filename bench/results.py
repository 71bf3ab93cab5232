"""The times of a run of the benchmarks, read from its JSON file."""

import statistics
from collections.abc import Callable
from typing import Any

STATISTICS: dict[str, Callable[[list[float]], float]] = {"median": statistics.median, "min": min}

# In the order of the tables, with the colours of Okabe and Ito, which colour-blind people can tell
# apart too.
COLOURS = {
    "nnref": "#999999",
    "NumPy": "#E69F00",
    "NumPy, article's": "#E69F00",
    "NumPy, batches": "#E69F00",
    "scikit-learn": "#B8A600",
    "PyTorch, autograd": "#CC79A7",
    "PyTorch, fused Adam": "#CC79A7",
    "PyTorch, by hand": "#D55E00",
    "ONNX Runtime": "#000000",
    "Numba": "#56B4E9",
    "JAX": "#0072B2",
    "nnfast": "#009E73",
    "limit": "#000000",
}
ORDER = list(COLOURS)

Key = tuple[str, str, str, str]
"""Question, case, dtype and peer."""


class Results:
    """The microseconds per example of a run, by question, case, dtype and peer."""

    def __init__(self, run: dict[str, Any], statistic: str) -> None:
        self.statistic = statistic
        self.facts: dict[str, Any] = run["machine_info"]["nnfast_bench"]
        self.date: str = run["datetime"][:10]
        self.times: dict[Key, float] = {}
        self.kibibytes: dict[str, int] = {}
        for entry in run["benchmarks"]:
            info = entry["extra_info"]
            key = info["question"], info["case"], info["dtype"], info["peer"]
            # Of a process that imports something, only the time of the import counts.
            counted = info.get("seconds")
            seconds = STATISTICS[statistic](counted) if counted else entry["stats"][statistic]
            self.times[key] = seconds * 1e6
            if "kibibytes" in info:
                self.kibibytes[info["dtype"]] = info["kibibytes"]

    @property
    def is_amd(self) -> bool:
        """Whether the processor is AMD's."""
        return "AMD" in self.facts["processor"]

    def cases(self, question: str, dtype: str) -> list[str]:
        """Return the cases of a question, in the order in which they were timed."""
        found = (key[1] for key in self.times if key[0] == question and key[2] == dtype)
        return list(dict.fromkeys(found))

    def ratio(self, question: str, case: str, dtype: str, peer: str, to: str) -> float | None:
        """Return how many times as long one peer took as another."""
        time, other = (self.times.get((question, case, dtype, name)) for name in (peer, to))
        return None if time is None or other is None else time / other

    def peers(self, question: str) -> list[str]:
        """Return the peers that took part in a question."""
        found = dict.fromkeys(key[3] for key in self.times if key[0] == question)
        return sorted(found, key=lambda peer: ORDER.index(peer) if peer in ORDER else 0)


def digits(value: float) -> str:
    """Return a number with three digits, or with all that stand before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:.3g}"
