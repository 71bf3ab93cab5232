"""How smooth the live page is: its frames in Chromium while it trains at full speed.

    python bench/live_frames.py [seconds]

It needs playwright and Chromium, as `.ci/browser` has them. A frame's time on the clock is that
from its beginning to the next one's, and depends on what else the machine does. Its time on the
processor is what the page's main thread worked for it, and the drawing is the part of that which is
not training.
"""

import bisect
import json
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnfast.live import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NETWORKS = {
    "digits, 64-30-10": "#data=digits&network=64-30-10&lr=0.1&seed=1",
    "circle, 2-8-1": "#data=circle&network=2-8-1&lr=0.3&seed=1&activation=tanh&bias=true",
}
WARM_UP = 1.0  # seconds
FRAME, TASK = "FireAnimationFrame", "ThreadControllerImpl::RunTask"  # as Chromium names them

Event = dict[str, Any]


def main() -> None:
    """Print a table."""
    from playwright.sync_api import sync_playwright

    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    print(
        "milliseconds a frame: median, 95 %, worst    clock             processor         drawing"
    )
    program = shutil.which("chromium") or "chromium"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "live.html"
        page().save(file)
        browser = playwright.chromium.launch(executable_path=program)
        for name, link in NETWORKS.items():
            tab = browser.new_page(viewport={"width": 1280, "height": 720})
            tab.goto(file.as_uri() + link)
            events, updates = traced(browser, tab, seconds)
            columns = "".join(f"{spread(times):18}" for times in frame_times(events))
            print(f"{name:45}{columns}{updates / seconds:,.0f} updates a second")
            tab.close()
        browser.close()


def traced(browser: "Browser", tab: "Page", seconds: float) -> tuple[list[Event], int]:
    """Let the page play; return what the busiest thread did, and how many updates it trained."""
    tab.click("#play")
    tab.wait_for_timeout(1000 * WARM_UP)
    before = updates_of(tab)
    browser.start_tracing(page=tab, categories=["toplevel", "devtools.timeline"])
    tab.wait_for_timeout(1000 * seconds)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    updates = updates_of(tab) - before
    draws = Counter((e["pid"], e["tid"]) for e in events if e["name"] == FRAME)
    [(thread, _)] = draws.most_common(1)
    own = [e for e in events if (e["pid"], e["tid"]) == thread and "tdur" in e]
    return sorted(own, key=lambda event: event["ts"]), updates


def updates_of(tab: "Page") -> int:
    return int((tab.text_content("#updates") or "").replace(",", ""))


def frame_times(events: list[Event]) -> tuple[list[float], list[float], list[float]]:
    """Return for each frame its time on the clock, on the processor, and without training there."""
    starts = [event["ts"] for event in events if event["name"] == FRAME]
    work, drawing = [0.0] * len(starts), [0.0] * len(starts)
    for event in events:
        if event["name"] != TASK:
            continue
        # The task that draws a frame begins before the frame is said to.
        at = bisect.bisect_right(starts, event["ts"] + event["dur"]) - 1
        work[at] += event["tdur"] / 1000
        if event["ts"] <= starts[at]:
            drawing[at] += event["tdur"] / 1000
    clock = [(after - start) / 1000 for start, after in pairwise(starts)]
    return clock, work[1:-1], drawing[1:-1]


def spread(times: list[float]) -> str:
    """Write the median, the 95th of a hundred, and the worst."""
    in_order = sorted(times)
    several = (statistics.median(times), in_order[int(0.95 * len(times))], in_order[-1])
    return " ".join(f"{time:.1f}" for time in several)


if __name__ == "__main__":
    main()
