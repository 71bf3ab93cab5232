"""The README's picture of the live page: a digit drawn in a browser, and an update explained.

``python docs/_pictures/live.py`` writes ``docs/live.png``. It needs playwright and Chromium, as
`.ci/browser` has them. The picture keeps a fingerprint of the page that it shows, and a test
compares it with that of the page as it is.
"""

import hashlib
import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nnfast.live.pages import Page, document_of
from nnfast.live.payload import payload_of

FILE = Path(__file__).parents[1] / "live.png"
WIDTH, HEIGHT = 1280, 720
RECIPE = "#data=digits&network=64-30-10&lr=0.1&seed=1&updates=8600"
# A five, in hundredths of the pad.
STROKES = [
    [(36, 20), (33, 48), (52, 44), (67, 57), (66, 74), (50, 84), (30, 79)],
    [(36, 20), (68, 18)],
]
TARGET = "5"


def shown_page() -> Page:
    """Return the page without the times, which are never the same twice."""
    payload = payload_of(None, None)
    payload["proof"]["microseconds"] = {}
    return Page(document_of(payload))


def fingerprint(page: Page) -> str:
    """Return what differs as soon as the page does."""
    return hashlib.sha256(page.html.encode()).hexdigest()


def picture(page: Page) -> bytes:
    """Return the picture as a PNG file."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or "chromium"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "live.html"
        page.save(file)
        browser = playwright.chromium.launch(executable_path=program)
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(file.as_uri() + RECIPE)
        draw(tab)
        tab.select_option("#target", TARGET)
        shot = tab.screenshot()
        browser.close()
    return shot


def draw(tab: Any) -> None:
    """Draw the digit with the mouse."""
    box = tab.locator("#pad").bounding_box()
    for stroke in STROKES:
        points = [
            (box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100)
            for x, y in stroke
        ]
        tab.mouse.move(*points[0])
        tab.mouse.down()
        for point in points[1:]:
            tab.mouse.move(*point, steps=5)
        tab.mouse.up()


def main() -> None:
    """Write the picture."""
    page = shown_page()
    facts = PngInfo()
    facts.add_text("page", fingerprint(page))
    with Image.open(io.BytesIO(picture(page))) as image:
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(
            FILE, pnginfo=facts, optimize=True
        )


if __name__ == "__main__":
    main()
