"""Does the page of results say its ratios one way round, and are its pictures legible?"""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers import overlap

ROOT = Path(__file__).parent.parent
CASE = "784-200-10"


@pytest.fixture(scope="module", autouse=True)
def bench() -> Any:
    """Let the modules of `bench/` import each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "bench")
        yield
    for name in ("report", "results", "targets"):
        sys.modules.pop(name, None)


def module(name: str) -> ModuleType:
    return importlib.import_module(name)


def results(times: dict[tuple[str, str, str, str], float]) -> Any:
    """Return a run in which these times, in microseconds, were measured."""
    entries = [
        {
            "extra_info": dict(zip(("question", "case", "dtype", "peer"), key, strict=True)),
            "stats": {"median": 1e-6 * time},
        }
        for key, time in times.items()
    ]
    run = {
        "machine_info": {"nnfast_bench": {"processor": "AMD"}},
        "datetime": "2026-11-30T12:00",
        "benchmarks": entries,
    }
    return module("results").Results(run, "median")


def test_a_ratio_is_above_1_where_nnfast_is_the_faster_one() -> None:
    run = results(
        {
            ("online", CASE, "float64", "nnfast"): 20.0,
            ("online", CASE, "float64", "JAX"): 40.0,
            ("online", CASE, "float64", "limit"): 10.0,
            ("small networks", "2-3-1", "float64", "nnfast"): 2.0,
            ("small networks", "2-3-1", "float64", "Numba"): 1.0,
            ("answers", "1", "float32", "NumPy, article's"): 30.0,
            ("answers", "1", "float32", "nnfast"): 10.0,
            ("threads", "online", "float64", "1 thread"): 3.0,
            ("threads", "online", "float64", "2 threads"): 2.0,
        }
    )
    lines = [line for line in module("targets").targets(run) if line.met is not None]
    assert [(line.than, line.measured, line.met) for line in lines] == [
        ("JAX", "2.00", True),
        ("limit", "0.5", False),
        ("NumPy in float32", "3.00", True),
        ("Numba", "0.5", False),
        ("1 thread", "1.50", False),
    ]
    assert all(line.wanted.startswith("at least ") for line in lines)


def test_a_ratio_has_a_bound_below_it_and_a_cost_one_above() -> None:
    for line in module("targets").targets(results({})):
        assert line.wanted.startswith("at least " if line.than else "at most ")
        assert " / " not in line.what


def test_the_page_has_the_lines_that_the_program_would_write() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    for line in module("targets").targets(results({})):
        assert f"| {line.what} | {line.than} | {line.wanted} |" in page
    assert "Every ratio on this page is" in module("report").PAGE
    assert page.count("**Above 1, nnfast is faster.**") == 1


def test_names_lie_beside_the_ends_of_their_lines_and_not_over_each_other() -> None:
    pytest.importorskip("matplotlib")
    peers = ["JAX", "nnfast", "Numba", "limit", "PyTorch, by hand", "NumPy, article's"]
    times = {
        ("scaling", str(size), "float64", peer): size * (1 + place / 100)
        for place, peer in enumerate(peers)
        for size in (10, 10_000)
    }
    times["scaling", "10", "float64", "nnref"] = 1e6
    figure = module("report").draw(results(times), "float64")
    figure.draw_without_rendering()
    (panel,) = figure.axes
    assert {text.get_text() for text in panel.texts} == {*peers, "nnref"}
    boxes = {text.get_text(): text.get_window_extent() for text in panel.texts}
    assert not overlap(boxes.values())
    heights = [boxes[peer].y0 for peer in peers]
    assert heights == sorted(heights)
    assert max(box.x1 for box in boxes.values()) <= figure.bbox.x1


def test_heights_move_no_further_than_they_must() -> None:
    spread = module("report").spread
    assert spread([0.0, 5.0, 9.0], 1.0) == [0.0, 5.0, 9.0]
    assert spread([4.0, 4.0, 9.0], 1.0) == [3.5, 4.5, 9.0]
    # A block that grows into another takes that in.
    assert spread([1.0, 2.0, 2.0, 2.0], 1.0) == pytest.approx([0.25, 1.25, 2.25, 3.25])
