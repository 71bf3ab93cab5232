"""Each thing that the live page offers works by mouse, by touch and by keyboard, in a real browser.

Only where NNFAST_JAVASCRIPT names chromium, as `.ci/browser` does.
"""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from javascript_engines import CHOSEN
from test_live_in_browser import (  # noqa: F401 (fixtures)
    CIRCLE,
    Open,
    bits,
    browser,
    digest_of,
    file,
    numbers_of,
    open_page,
    press,
    printed_by,
    script_of,
    trained,
    updates_of,
    wait_for_updates,
)

from nnfast.exchange import load_json
from nnref.explanation.markup import MINUS

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab

pytestmark = [
    pytest.mark.skipif(
        "chromium" not in CHOSEN, reason="a browser is only looked for by .ci/browser"
    ),
    pytest.mark.parametrize("way", ["mouse", "touch", "keyboard"]),
]


def do(place: "Locator", way: str) -> None:
    """Click a button, tap it, or press a key on it."""
    if way == "mouse":
        place.click()
    elif way == "touch":
        place.tap()
    else:
        place.press("Enter")


def fill(place: "Locator", text: str, way: str) -> None:
    """Put a text into a field that was clicked, tapped or reached by the tab key."""
    if way == "keyboard":
        place.focus()
    else:
        do(place, way)
    place.page.keyboard.press("ControlOrMeta+a")
    place.page.keyboard.type(text)
    place.page.keyboard.press("Enter")


def named(tab: "Tab", name: str) -> "Locator":
    return tab.get_by_role("button", name=name, exact=True)


def opened(open_page: Open, hash_: str = "") -> "Tab":  # noqa: F811
    return open_page(hash_, has_touch=True, reduced_motion="reduce")


# 1. Play, one update, back, the curve.


def test_play_one_update_and_back(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    for _ in range(3):
        do(tab.locator("#step"), way)
    do(tab.locator("#back"), way)
    assert (updates_of(tab), digest_of(tab)) == (2, trained(2).digest())
    do(tab.locator("#play"), way)
    wait_for_updates(tab, 10)
    do(tab.locator("#play"), way)
    assert digest_of(tab) == trained(updates_of(tab)).digest()


def test_the_handle_of_the_curve(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page, "#updates=300")
    handle = tab.locator("#scrubber")
    box = handle.bounding_box()
    assert box
    if way == "keyboard":
        handle.press("Home")
        for _ in range(3):
            handle.press("ArrowRight")
        wanted = [3]
    else:
        place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        if way == "mouse":
            tab.mouse.click(*place)
        else:
            tab.touchscreen.tap(*place)
        wanted = [*range(145, 156)]
    assert updates_of(tab) in wanted
    assert digest_of(tab) == trained(updates_of(tab)).digest()


# 2. Inside one update.


def test_a_weight_is_chosen_and_its_phases_are_shown(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    press(tab, "step", 1)
    row, column = tab.locator(".which input").all()
    fill(row, "27", way)
    fill(column, "5", way)
    assert "weights_input_hidden[27][5]" in (tab.locator(".story").text_content() or "")
    do(tab.locator(".neuron").nth(3), way)
    assert "hidden_steps[3]" in (tab.locator(".formula").text_content() or "")
    do(tab.locator(".output").nth(4), way)
    assert "weights_hidden_output[3][4]" in (tab.locator(".story").text_content() or "")
    for phase in ("ask", "errors", "back", "deltas", "steps", "moved"):
        do(named(tab, phase), way)
        assert tab.locator(".phase[aria-pressed=true]").text_content() == phase


def test_a_cell_is_the_input_of_the_weight(open_page: Open, way: str) -> None:  # noqa: F811
    """And whoever has clicked it, and so changed its ink, still sees why the weight would move."""
    tab = opened(open_page)
    press(tab, "step", 1)
    cell = tab.locator(".cell").nth(20)
    if way == "keyboard":
        cell.focus()
    else:
        do(cell, way)
    assert tab.locator(".which input").first.input_value() == "20"
    assert "weights_input_hidden[20][3]" in (tab.locator(".story").text_content() or "")


# 3. Draw, and what the network sees.


def test_a_cell_is_inked_and_learnt(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    do(tab.locator("#clear"), way)
    for i in (2, 3):
        do(tab.locator(".cell").nth(i), way)
    inputs = numbers_of(tab, ".cell")
    assert [i for i, ink in enumerate(inputs) if ink == 1.0] == [2, 3]
    assert tab.locator("#learn").is_disabled()
    target = tab.locator("#target")
    if way == "keyboard":
        target.press("0")
    else:
        target.select_option("0")
    network = trained(0)
    assert bits(numbers_of(tab, ".output .value")) == bits(network.query(inputs))
    do(tab.locator("#learn"), way)
    network.train(inputs, [0.99] + [0.01] * 9)
    assert digest_of(tab) == network.digest() == printed_by(script_of(tab))


def test_test_and_training_examples(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    for name, said in (("test", "test example 0"), ("test", "test example 1"), ("next", "train")):
        do(tab.locator(f"#{name}"), way)
        assert (tab.locator(".source").text_content() or "").startswith(said)


# 4. Edit any weight.


def test_a_weight_is_typed_and_moved_by_one_ulp(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    network = trained(0)
    fill(tab.locator("#weight"), "0.25", way)
    network.weights[0][20][3] = 0.25
    assert digest_of(tab) == network.digest()
    do(named(tab, "+1 ulp"), way)
    network.weights[0][20][3] = math.nextafter(0.25, math.inf)
    assert digest_of(tab) == network.digest()
    for name in (f"{MINUS}1 ulp", f"{MINUS}1 ulp"):
        do(named(tab, name), way)
    network.weights[0][20][3] = math.nextafter(0.25, -math.inf)
    assert digest_of(tab) == network.digest() == printed_by(script_of(tab))


# 5. and 6. Python, save, open, link.


def test_the_script_is_shown_and_copied(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(tab, "step", 2)
    do(tab.locator("#python"), way)
    assert tab.locator("#script").is_visible()
    do(tab.locator("#copy"), way)
    assert tab.evaluate("navigator.clipboard.readText()") == script_of(tab)
    do(tab.locator("#python-dialog").get_by_role("button", name="Close"), way)
    assert tab.locator("#script").is_hidden()


def test_saved_opened_and_linked(open_page: Open, tmp_path: Path, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    press(tab, "step", 4)
    do(tab.locator("#link"), way)
    assert "updates=4" in tab.locator("#link-text").input_value()
    do(tab.locator("#link-dialog").get_by_role("button", name="Close"), way)
    with tab.expect_download() as download:
        do(tab.locator("#save"), way)
    saved = tmp_path / "network.json"
    download.value.save_as(saved)
    assert load_json(saved).digest() == trained(4).digest()
    press(tab, "back", 4)
    with tab.expect_file_chooser() as chooser:
        do(tab.locator("#open"), way)
    chooser.value.set_files(saved)
    tab.wait_for_function(
        "digest => document.getElementById('digest').title === digest", arg=trained(4).digest()
    )


# 7. Own points, and presets.


def test_a_point_is_added(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page, CIRCLE)
    if way == "keyboard":
        fields = tab.locator(".point input").all()
        for field, text in zip(fields, ("0.125", "-0.5"), strict=True):
            fill(field, text, way)
        tab.locator(".point select").press("0")
        do(tab.locator("#add-point"), way)
        assert "    [0.125, -0.5],\n]" in script_of(tab)
    else:
        do(tab.locator("#plane"), way)
    assert script_of(tab).count("\n    [") == 2 * 97
    press(tab, "step", 98)
    assert printed_by(script_of(tab)) == digest_of(tab)


def test_a_preset_is_made(open_page: Open, way: str) -> None:  # noqa: F811
    tab = opened(open_page)
    do(tab.locator("#new"), way)
    data = tab.locator("[name=data]")
    if way == "keyboard":
        data.press("x")
    else:
        data.select_option("xor")
    do(named(tab, "Make it"), way)
    assert (tab.locator("#about").text_content() or "").startswith("xor ")
    assert tab.locator("#plane").is_visible()
