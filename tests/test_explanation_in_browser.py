"""An explanation's file in a real browser: both views, on a projector, a laptop and a phone.

Only where NNFAST_JAVASCRIPT names chromium, as `.ci/browser` does.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import chromium, faults_in
from javascript_engines import CHOSEN
from test_explanation_page import explain

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.skipif(
    "chromium" not in CHOSEN, reason="a browser is only looked for by .ci/browser"
)

SIZES = {"laptop": (1280, 720), "projector": (1920, 1080), "phone": (390, 844)}
NETWORKS = {
    "3-3-3": (3, 3, 3, {}),
    "tanh": (2, [4, 3], 1, {"activation": "tanh", "bias": True}),
    "large": (784, 60, 10, {"optimizer": "adam"}),
    "five layers": (4, [5, 6, 5, 4], 3, {}),
}

Open = Callable[..., "Tab"]


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[Open]:
    """Open an explanation; whatever the page is told off for fails the test."""
    opened = []

    def open_file(network: str, size: str, hash_: str = "", scheme: str = "light") -> "Tab":
        inodes, hnodes, onodes, options = NETWORKS[network]
        path = tmp_path / "lesson.html"
        explain(inodes, hnodes, onodes, **options).save_html(path)
        width, height = SIZES[size]
        context = chromium().new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        opened.append((context, faults_in(context, path.as_uri())))
        tab = context.new_page()
        tab.goto(path.as_uri() + hash_)
        return tab

    yield open_file
    for context, faults in opened:
        context.close()
        assert not faults


def too_wide(tab: "Tab") -> int:
    return tab.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("hash_", ["", "#present"])
def test_no_page_is_wider_than_its_screen(
    open_file: Open, network: str, size: str, hash_: str
) -> None:
    tab = open_file(network, size, hash_)
    tab.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert too_wide(tab) == 0


@pytest.mark.parametrize("hash_", ["", "#present"])
def test_on_a_phone_the_small_network_is_seen_whole(open_file: Open, hash_: str) -> None:
    tab = open_file("3-3-3", "phone", hash_)
    hidden = "all => all.map(one => one.scrollWidth - one.clientWidth)"
    drawings = tab.locator(".scroll:has(svg):visible")
    assert drawings.evaluate_all(hidden) == [0] * drawings.count()


def test_a_link_leads_to_the_view_for_a_class_and_back(open_file: Open) -> None:
    tab = open_file("3-3-3", "laptop")
    assert not tab.locator(".steps").is_visible()
    tab.get_by_text("Present", exact=True).click()
    assert tab.locator(".steps").is_visible()
    assert not tab.locator("main.read").is_visible()
    tab.get_by_text("Read", exact=True).click()
    assert not tab.locator(".steps").is_visible()
    assert tab.locator("main.read").is_visible()


@pytest.mark.parametrize("size", ["laptop", "projector"])
def test_the_view_fits_its_screens_in_large_type(open_file: Open, size: str) -> None:
    tab = open_file("3-3-3", size, "#present")
    height = SIZES[size][1]
    for screen in (".network", ".steps"):
        assert tab.locator(screen).bounding_box()["height"] <= height
    letters = "one => parseFloat(getComputedStyle(one).fontSize)"
    # A letter of the numbers is at least a fortieth of the screen's height.
    assert tab.locator(".neurons td").first.evaluate(letters) >= height / 40
    shown = tab.locator(".network .value").first.bounding_box()
    assert shown["height"] >= height / 40
    parts = [tab.locator(".steps > div").nth(n).bounding_box() for n in range(3)]
    assert parts[0]["x"] < parts[1]["x"] < parts[2]["x"]
    assert len({part["y"] for part in parts}) == 1


def test_on_a_phone_they_stand_one_below_the_other(open_file: Open) -> None:
    tab = open_file("3-3-3", "phone", "#present")
    parts = [tab.locator(".steps > div").nth(n).bounding_box() for n in range(3)]
    assert parts[0]["y"] < parts[1]["y"] < parts[2]["y"]
    assert tab.get_by_text("Read", exact=True).bounding_box()["y"] > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("network", NETWORKS)
def test_circles_hold_their_numbers(open_file: Open, network: str, scheme: str) -> None:
    tab = open_file(network, "laptop", "#present", scheme)
    numbers, circles = tab.locator(".network .value"), tab.locator(".network circle")
    assert numbers.count() == circles.count() > 0
    widths = "all => all.map(one => one.getBoundingClientRect().width)"
    for number, circle in zip(
        numbers.evaluate_all(widths), circles.evaluate_all(widths), strict=True
    ):
        assert number < 0.92 * circle
