"""Does ``nnfast bench`` time what it says, and say what it does not time?

Nothing here asserts a time: those are the machine's.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers import overlap

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("scipy")

from nnfast.__main__ import main
from nnfast.benchmark import bars, measuring, peers, work
from nnfast.benchmark.measuring import Question, Result
from nnfast.benchmark.peer import Peer, check
from nnfast.benchmark.peers import ArticlePeer, NnfastPeer, NnrefPeer, NumpyPeer
from nnfast.benchmark.problem import Array, weights_for
from nnfast.cli import bench as cli_bench
from nnfast.cli.plotting import new_figure
from nnfast.network import DTYPES

TINY = ("--hidden", "3", "--seconds", "0.001")

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the program in this process, on few examples; return its status and what it printed.

    Only the peers that are always there: the others take seconds to be imported.
    """
    monkeypatch.setattr(measuring, "EXAMPLES", 4)
    monkeypatch.setattr(measuring, "EXAMPLES_OF_ORACLE", 1)
    monkeypatch.setattr(work, "LIMIT_PASSES", 1)
    monkeypatch.setattr(
        measuring,
        "QUESTIONS",
        tuple(
            Question(question.kind, question.title, min(question.batch_size, 2))
            for question in measuring.QUESTIONS
        ),
    )
    monkeypatch.setattr(measuring, "PEERS", (NnrefPeer, ArticlePeer, NumpyPeer, NnfastPeer))

    def run(*arguments: object) -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", ["nnfast", "bench", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return SimpleNamespace(status=end.value.code or 0, out=printed.out, err=printed.err)

    return run


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Make a package one that is not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == package else find(name)
    )


def test_json_is_one_object_with_a_time_for_each(run: Run) -> None:
    finished = run(*TINY, "--json")
    assert finished.status == 0
    assert finished.err == ""
    (line,) = finished.out.splitlines()
    outcome = json.loads(line)
    assert outcome["sizes"] == [784, 3, 10]
    assert {"processor", "platform", "kernel", "versions", "skipped"} <= set(outcome)
    peers: dict[tuple[str, str], set[str]] = {}
    for result in outcome["results"]:
        assert result["microseconds"] > 0.0
        peers.setdefault((result["question"], result["dtype"]), set()).add(result["peer"])
    update, batch, answer = (question.title for question in measuring.QUESTIONS)
    assert peers[update, "float64"] == {"nnref", "NumPy, article's", "nnfast", "limit"}
    assert peers[batch, "float64"] == {"nnref", "NumPy, batches", "nnfast"}
    assert peers[answer, "float64"] == {"nnref", "NumPy, article's", "nnfast"}
    assert peers[update, "float32"] == {"NumPy, article's", "nnfast", "limit"}
    assert peers[batch, "float32"] == {"NumPy, batches", "nnfast"}
    assert peers[answer, "float32"] == {"NumPy, article's", "nnfast"}
    assert "nnref: has no float32" in outcome["skipped"]


def test_ratios_are_to_nnfast(run: Run) -> None:
    results = json.loads(run(*TINY, "--json").out)["results"]
    ours = {
        (r["question"], r["dtype"]): r["microseconds"] for r in results if r["peer"] == "nnfast"
    }
    for result in results:
        time = ours[result["question"], result["dtype"]]
        assert result["times_nnfast"] == result["microseconds"] / time


def test_prints_a_table_with_bars_for_each_question(run: Run) -> None:
    finished = run(*TINY)
    assert finished.status == 0
    assert "\x1b" not in finished.out + finished.err
    for question in measuring.QUESTIONS:
        for dtype in DTYPES:
            assert f"{question.title}, {dtype}" in finished.out
    assert "█" in finished.out
    assert "not timed: nnref: has no float32\n" in finished.out
    assert "nnfast: has no" not in finished.out
    assert "limit: loading, moving and storing each weight once, by a compiled pass" in finished.out


def test_names_what_is_not_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "scipy")
    outcome = json.loads(run(*TINY, "--json").out)
    assert "NumPy, article's: scipy is not installed" in outcome["skipped"]
    assert "NumPy, article's" not in {result["peer"] for result in outcome["results"]}


@pytest.mark.parametrize("suffix", [".png", ".svg", ".PDF"])
def test_plot(run: Run, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"bars{suffix}"
    assert run(*TINY, "--plot", path).status == 0
    assert path.stat().st_size > 1000


def test_plot_without_matplotlib_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    finished = run(*TINY, "--plot", tmp_path / "bars.png")
    assert finished.status == 1
    assert finished.out == ""
    assert finished.err == "Error: --plot needs matplotlib: pip install matplotlib\n"


def test_plot_is_refused_before_anything_is_timed(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(cli_bench, "measure", pytest.fail)
    finished = run(*TINY, "--plot", tmp_path / "nowhere" / "bars.png")
    assert (finished.status, finished.out) == (1, "")
    assert finished.err == f"Error: {tmp_path / 'nowhere'}: No such file or directory\n"
    finished = run(*TINY, "--plot", tmp_path / "bars.txt")
    assert (finished.status, finished.out) == (2, "")
    assert ".png" in finished.err


@pytest.mark.parametrize(
    "options", [("--hidden", "0"), ("--seconds", "0"), ("--seconds", "nan"), ("more",)]
)
def test_wrong_usage_is_status_2(run: Run, options: tuple[str, ...]) -> None:
    finished = run(*options)
    assert (finished.status, finished.out) == (2, "")


def test_a_peer_that_computes_something_else_is_not_timed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(NumpyPeer):
        name = "wrong"

        def fit(self, inputs: Any, targets: Any) -> None:
            super().fit(inputs, targets)
            self.first[-1, -1] += 1e-4

    monkeypatch.setattr(measuring, "PEERS", (NnfastPeer, Wrong))
    finished = run(*TINY)
    assert (finished.status, finished.out) == (1, "")
    assert finished.err == "Error: wrong, float64: its numbers are not those of nnref\n"


@pytest.mark.parametrize("kind", peers.PEERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_every_peer_computes_what_nnref_does(kind: type[Peer], dtype: str, batch_size: int) -> None:
    obstacle = kind.obstacle(dtype)
    if obstacle is not None:
        pytest.skip(f"{kind.name}: {obstacle}")
    if batch_size > 1 and "batch" not in kind.asked:
        pytest.skip(f"{kind.name}: is not for batches")
    check(kind, dtype, batch_size)


def test_leaves_the_process_as_it_was(run: Run) -> None:
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    variables = dict(os.environ)
    assert run(*TINY, "--json").status == 0
    assert dict(os.environ) == variables
    assert cores is None or os.sched_getaffinity(0) == cores


def test_bars() -> None:
    assert bars.bar(1.0, ascii_only=False) == "█" * bars.WIDTH
    assert bars.bar(0.5, ascii_only=True) == "#" * (bars.WIDTH // 2)
    assert bars.bar(1.5 / bars.WIDTH, ascii_only=False) == "█▌"


TIMES = {"nnref": 20_000.0, "NumPy, article's": 150.0, "nnfast": 1.02, "limit": 1.01}
TIMED = [
    Result(question, dtype, peer, time * (1 + place), time / 1.02)
    for place, question in enumerate(("update", "batch", "answer"))
    for dtype in DTYPES
    for peer, time in TIMES.items()
]


def test_all_bars_are_on_one_logarithmic_scale_and_none_is_cut() -> None:
    scale = bars.common_scale(TIMED)
    shares = [scale.share(result.microseconds) for result in TIMED]
    assert 0.0 < min(shares) < max(shares) <= 1.0
    per_tenfold = scale.share(10.0) - scale.share(1.0)
    assert scale.share(1000.0) - scale.share(100.0) == pytest.approx(per_tenfold)
    # The shortest bar is seen, and two times of which one is twice as long look different.
    assert bars.bar(min(shares), ascii_only=True) != ""
    assert len(bars.bar(shares[0], True)) > len(bars.bar(scale.share(1e4), True))


def test_the_picture_has_one_scale_nnfast_in_colour_and_no_words_over_others() -> None:
    pytest.importorskip("matplotlib")
    figure = new_figure(14.0, 10.6)
    bars.draw(figure, TIMED)
    figure.draw_without_rendering()
    assert {panel.get_xscale() for panel in figure.axes} == {"log"}
    assert len({panel.get_xlim() for panel in figure.axes}) == 1
    for panel in figure.axes:
        words = [*panel.get_yticklabels(), *panel.texts]
        names = [label.get_text() for label in panel.get_yticklabels()]
        assert names == list(TIMES)
        colours = [bar.get_facecolor() for bar in panel.patches]
        assert colours.count(colours[names.index("nnfast")]) == 1
        ends = [bar.get_x() + bar.get_width() for bar in panel.patches]
        group = [
            r.microseconds for r in TIMED if panel.get_title("left") == f"{r.question}, {r.dtype}"
        ]
        assert ends == pytest.approx(group)
        boxes = [word.get_window_extent() for word in words]
        assert not overlap(boxes)
        right = panel.get_window_extent().x1
        assert all(box.x1 <= right for box in boxes)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threads", [1, 2])
def test_nnfasts_network_is_of_the_type_that_is_timed(dtype: str, threads: int) -> None:
    peer = NnfastPeer(weights_for((24, 12, 10), dtype), 0.01, 1, threads)
    assert (peer.network.dtype, peer.network.threads) == (dtype, threads)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_limit_moves_each_weight_once_a_pass(
    monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    made: list[Array] = []

    def aligned(shape: tuple[int, ...], dtype: str) -> Array:
        made.append(np.full(shape, np.nan, dtype))
        return made[-1]

    monkeypatch.setattr(work, "aligned", aligned)
    monkeypatch.setattr(work, "LIMIT_PASSES", 7)
    work.limit_work((3, 4, 2), dtype).run()
    (weights,) = made
    assert weights.dtype == dtype
    assert weights.tolist() == [3.5] * (3 * 4 + 4 * 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_limit_is_measured_on_aligned_weights(dtype: str) -> None:
    for size in range(1, 20):
        array = work.aligned((size,), dtype)
        assert (array.shape, array.dtype) == ((size,), dtype)
        assert array.ctypes.data % 64 == 0
