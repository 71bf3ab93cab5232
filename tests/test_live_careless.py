"""The live page under careless hands, in a real browser.

Only where NNFAST_JAVASCRIPT names chromium, as `.ci/browser` does.
"""

from typing import TYPE_CHECKING

import pytest
from javascript_engines import CHOSEN
from test_live_in_browser import (  # noqa: F401 (fixtures)
    Open,
    browser,
    digest_of,
    draw,
    file,
    go_to,
    numbers_of,
    open_page,
    press,
    printed_by,
    script_of,
    trained,
    updates_of,
    wait_for_updates,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.skipif(
    "chromium" not in CHOSEN, reason="a browser is only looked for by .ci/browser"
)


CIRCLE_OF_RELU = "data=circle&network=2-8-1&activation=relu&output_activation=identity"


def begin_a_stroke(tab: "Tab") -> tuple[float, float]:
    box = tab.locator("#pad").bounding_box()
    assert box
    tab.mouse.move(box["x"] + 50, box["y"] + 50)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 80, box["y"] + 90)
    return box["x"], box["y"]


@pytest.mark.parametrize("key", ["Space", "Enter", "Backspace"])
def test_a_key_ends_a_stroke(open_page: Open, key: str) -> None:  # noqa: F811
    tab = open_page()
    x, y = begin_a_stroke(tab)
    tab.keyboard.press(key)
    tab.mouse.move(x + 100, y + 120, steps=5)
    tab.mouse.up()
    tab.keyboard.press("Escape")
    assert (tab.locator(".source").text_content() or "").startswith("training example")
    assert digest_of(tab) == trained(updates_of(tab)).digest()


def test_a_second_finger_does_not_draw(open_page: Open) -> None:  # noqa: F811
    tab = open_page(has_touch=True)
    box = tab.locator("#pad").bounding_box()
    assert box
    session = tab.context.new_cdp_session(tab)

    def drawn(*far: float) -> list[float]:
        """Draw down with a finger, while another moves as far away as this."""
        tab.click("#clear")

        def send(kind: str, down: float) -> None:
            places = [(60.0, down), *((x, down) for x in far)]
            if kind == "touchEnd":
                places = []
            fingers = [
                {"x": box["x"] + x, "y": box["y"] + y, "id": n} for n, (x, y) in enumerate(places)
            ]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

        send("touchStart", 40)
        for down in range(50, 160, 10):
            send("touchMove", down)
        send("touchEnd", 0)
        return numbers_of(tab, ".cell")

    assert drawn() == drawn(150.0)


@pytest.mark.parametrize("place", ["#speed", "#scrubber", "#motion", "#weight", "#target"])
def test_escape_pauses_from_everywhere(open_page: Open, place: str) -> None:  # noqa: F811
    tab = open_page()
    tab.click("#play")
    wait_for_updates(tab, 5)
    tab.locator(place).focus()
    tab.keyboard.press("Escape")
    assert "Play" in (tab.locator("#play").text_content() or "")


@pytest.mark.parametrize("recipe", ["lr=0.2", "hidden_error=gradient", "activation=tanh"])
def test_nothing_is_said_of_python_where_it_trained_another(
    open_page: Open,  # noqa: F811
    recipe: str,
) -> None:
    """With the same seed it begins with the same weights, and so with the same digest."""
    tab = open_page(f"#{recipe}")
    assert digest_of(tab) == trained(0).digest()
    for updates in (0, 100):
        go_to(tab, updates)
        assert tab.locator("#proof").text_content() == "see Python"


def test_a_click_on_the_curve_goes_there(open_page: Open) -> None:  # noqa: F811
    tab = open_page("#updates=400")
    curve = tab.locator(".curve")
    box = curve.bounding_box()
    assert box
    for share, updates in ((0.0, 0), (0.5, 200), (1.0, 400)):
        curve.click(position={"x": min(share * box["width"], box["width"] - 0.1), "y": 20})
        assert abs(updates_of(tab) - updates) <= 1
        assert digest_of(tab) == trained(updates_of(tab)).digest()


def test_one_update_is_one(open_page: Open) -> None:  # noqa: F811
    tab = open_page()
    for count, said in ((0, "0 updates "), (1, "1 update "), (2, "2 updates ")):
        go_to(tab, count)
        assert (tab.locator(".status").text_content() or "").startswith(said)


def test_a_drawing_has_no_target_before_one_is_chosen(open_page: Open) -> None:  # noqa: F811
    tab = open_page()
    draw(tab, 4)
    assert tab.locator("#target").input_value() == ""
    assert tab.locator("#learn").is_disabled()
    tab.select_option("#target", "0")
    assert tab.locator("#learn").is_enabled()


def test_the_answer_after_an_update_is_said_to_be_of_now(open_page: Open) -> None:  # noqa: F811
    tab = open_page(reduced_motion="reduce")
    said = tab.locator(".output .value").nth(4)
    answer = tab.locator("#answer")
    assert answer.text_content() == "reads a 4, at 0.84"
    press(tab, "step", 1)
    assert answer.text_content() == "now a 4, at 0.81"
    assert said.text_content() == "0.84"
    assert tab.locator(".output").nth(4).get_attribute("aria-label") == "output 4: 0.8372"
    tab.keyboard.press("5")
    assert answer.text_content() == "reads a 4, at 0.84"


@pytest.mark.parametrize(
    ("recipe", "reached"),
    [
        ("lr=1e308", "some((w) => Math.abs(w) > 1e290)"),
        ("lr=1e300&activation=relu", "some((w) => w === -Infinity)"),
        ("lr=1e308&optimizer=adam", "some(Number.isNaN)"),
        (f"{CIRCLE_OF_RELU}&lr=1e300", "some(Number.isNaN)"),
    ],
    ids=["large", "infinite", "nan", "circle"],
)
def test_where_numbers_leave_all_bounds_the_page_says_so_and_goes_on(
    open_page: Open,  # noqa: F811
    recipe: str,
    reached: str,
) -> None:
    tab = open_page(f"#{recipe}")
    said = tab.locator("#diverged")
    assert said.is_hidden()
    press(tab, "step", 20)
    assert tab.evaluate(f"nnfast.network.weights.flat().map((row) => [...row]).flat().{reached}")
    assert said.is_visible()
    for phase in "123456":
        tab.keyboard.press(phase)
    overflowing = "all => all.filter((one) => one.scrollWidth > one.clientWidth + 14).length"
    assert tab.eval_on_selector_all(".neuron .error, .output", overflowing) == 0
    tab.click("#play")
    wait_for_updates(tab, 25)
    tab.click("#play")
    press(tab, "back", 1)
    assert printed_by(script_of(tab)) == digest_of(tab)
    go_to(tab, 0)
    assert said.is_hidden()


@pytest.mark.parametrize("size", ["laptop", "projector", "phone"])
@pytest.mark.parametrize("hidden", [30, 64, 200])
def test_the_numbers_below_the_images_do_not_overlap(
    open_page: Open,  # noqa: F811
    hidden: int,
    size: str,
) -> None:
    tab = open_page(f"#network=64-{hidden}-10", size=size, reduced_motion="reduce")
    press(tab, "step", 1)
    seen = tab.locator(".neuron .error").locator("visible=true")
    assert seen.count() == (hidden if hidden <= 64 else 0)
    overflowing = "all => all.filter((one) => one.scrollWidth > one.clientWidth + 14).length"
    assert tab.eval_on_selector_all(".neuron .error", overflowing) == 0
