"""The JavaScript engines that a system may have, as `tests/javascript_engines.py` wants them.

Where one is missing that NNFAST_JAVASCRIPT names, its tests fail.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from chromium import chromium, faults_in
from helpers import HANGS

# The script is a text in this one, so that a mistake in its syntax is caught too. What is printed
# is ASCII, so that no locale matters.
FRAME = r"""
{
  let answer;
  try {
    answer = { result: (0, eval)(%s) };
  } catch (error) {
    answer = { error: [error, error?.stack].join("\n") };
  }
  const escaped = (letter) => "\\u" + letter.charCodeAt(0).toString(16).padStart(4, "0");
  const line = JSON.stringify(answer).replace(/[^ -~]/g, escaped);
  (globalThis.print ?? console.log)(line);
}
"""


class Program:
    """A program that runs a file, started anew for each script."""

    def __init__(self, name: str) -> None:
        self.name = name

    def evaluate(self, source: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "script.js")
            file.write_text(FRAME % json.dumps(source), encoding="ascii")
            ended = subprocess.run([self.name, file], capture_output=True, timeout=HANGS)
        assert ended.returncode == 0, f"{self.name} ended with {ended.returncode}: {ended.stderr!r}"
        answer = json.loads(ended.stdout)
        assert "error" not in answer, f"{self.name}: {answer['error']}"
        assert isinstance(answer.get("result"), str), answer
        return answer["result"]


# A frame has a global scope of its own, and comes three times as fast as a page.
IN_A_FRAME = """
source => {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.body.append(frame);
  try {
    return frame.contentWindow.eval(source);
  } finally {
    frame.remove();
  }
}
"""


class Chromium:
    """A page of the browser, with a new frame for each script."""

    def __init__(self, *flags: str) -> None:
        context = chromium(*flags).new_context()
        self.faults = faults_in(context, home="about:blank")
        self.page = context.new_page()

    def evaluate(self, source: str) -> str:
        from playwright.sync_api import Error

        try:
            result = self.page.evaluate(IN_A_FRAME, source)
        except Error as error:
            raise AssertionError(f"chromium: {error}") from None
        assert not self.faults, self.faults
        assert isinstance(result, str), result
        return result


INSTALLED: dict[str, Callable[[], Program | Chromium]] = {
    "spidermonkey": partial(Program, "gjs"),
    "javascriptcore": partial(Program, "jsc"),
    "node": partial(Program, "node"),
    "chromium": Chromium,
    "chromium-jitless": partial(Chromium, "--js-flags=--jitless"),
    "chromium-turbofan": partial(Chromium, "--js-flags=--always-turbofan"),
}
"""What makes the engine of each name."""
