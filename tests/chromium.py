"""Chromium as `.ci/browser` has it: Debian's, since playwright's own would be a download."""

import atexit
import functools
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Playwright


@functools.cache
def playwright() -> "Playwright":
    """Start playwright, of which a process can have one."""
    from playwright.sync_api import sync_playwright

    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


@functools.cache
def chromium(*flags: str) -> "Browser":
    """Start the browser; it ends with this process."""
    program = shutil.which("chromium") or "chromium"  # where there is none, the error names it
    return playwright().chromium.launch(executable_path=program, args=flags)


def faults_in(context: "BrowserContext", home: str) -> list[str]:
    """Return a list that gets all that pages are told off for, as they do it.

    Which is to ask for anything outside of `home`, the beginning of an address; to throw what
    nobody catches; and to write on the console, where the browser too complains.
    """
    faults: list[str] = []

    def asked(url: str) -> None:
        if not url.startswith(home):
            faults.append(f"asked for {url}")

    context.on("request", lambda request: asked(request.url))
    context.on("console", lambda message: faults.append(f"console: {message.text}"))
    context.on("weberror", lambda thrown: faults.append(f"threw {thrown.error}"))
    return faults
