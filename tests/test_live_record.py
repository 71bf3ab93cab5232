"""The live page opens the record of a run, and repeats it tick by tick, in a real browser.

Only where NNFAST_JAVASCRIPT names chromium, as `.ci/browser` does.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from javascript_engines import CHOSEN
from test_live_in_browser import Open, browser, digest_of, file, open_page  # noqa: F401 (fixtures)
from test_reproduce import COMPARED, README

import nnfast
from nnfast.live.payload import point_sets
from nnref import Record, record_fit

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.skipif(
    "chromium" not in CHOSEN, reason="a browser is only looked for by .ci/browser"
)


def verdict_of(tab: "Tab", record: Path) -> str:
    """Open a record in a page; return what it says in the end."""
    tab.set_input_files("#file", record)
    return tab.locator("#record-dialog .good, #record-dialog p.bad").text_content() or ""


def test_the_readme_s_run_is_reproduced_in_the_browser(open_page: Open) -> None:  # noqa: F811
    tab = open_page()
    assert verdict_of(tab, README) == "reproduced to the last bit: 5 of 5 epochs"
    ticks = tab.locator(".ticks li").all_text_contents()
    points = Record.load(README).digests
    assert ticks == [f"✓{point}{point.digest[:12]}" for point in points]
    tab.get_by_role("button", name="Close").click()
    assert digest_of(tab) == COMPARED
    assert tab.locator("#record-dialog").count() == 0


def test_it_stops_where_a_bit_differs(open_page: Open, tmp_path: Path) -> None:  # noqa: F811
    entries = json.loads(README.read_text(encoding="utf-8"))
    entries["digests"][3].update(digest="0" * 64, layers=["0" * 16] * 2)
    (tmp_path / "run.json").write_text(json.dumps(entries))
    tab = open_page()
    before = digest_of(tab)
    assert verdict_of(tab, tmp_path / "run.json") == (
        "differs after 4 updates, in layers hidden and output; the same after 2 updates"
    )
    assert tab.locator(".ticks li.bad").text_content() is not None
    assert digest_of(tab) == before


def test_a_run_on_a_plane(open_page: Open, tmp_path: Path) -> None:  # noqa: F811
    numbers = point_sets()["moons"]["points"]
    points = [numbers[n : n + 3] for n in range(0, len(numbers), 3)]
    inputs = [[x / 1000, y / 1000] for x, y, _ in points]
    targets = [[0.99 if label == 1 else 0.01] for _, _, label in points]
    network = nnfast.NeuralNetwork(2, 8, 1, 0.05, seed=1, bias=True, optimizer="momentum")
    record = record_fit(network, inputs, targets, epochs=7, batch_size=4, shuffle=True)
    record.save(tmp_path / "run.json")
    tab = open_page()
    said = verdict_of(tab, tmp_path / "run.json")
    assert said == "reproduced to the last bit: 7 of 7 epochs"
    assert digest_of(tab) == record.digest


def test_what_the_page_cannot_repeat_is_said_in_a_line(
    open_page: Open,  # noqa: F811
    tmp_path: Path,
) -> None:
    network = nnfast.NeuralNetwork(2, 3, 1, 0.05, seed=1)
    record = record_fit(network, [[0.5, 0.25]], [[0.5]], name="mine")
    record.save(tmp_path / "run.json")
    tab = open_page()
    tab.set_input_files("#file", tmp_path / "run.json")
    message = tab.locator("#message")
    message.wait_for()
    said = message.text_content()
    assert said == 'run.json: got a record of "mine": the page lacks its data'
    assert tab.locator("#record-dialog").count() == 0
