"""Programs for the live page's scripts: all of them, as the page joins them, without a browser.

A program is the body of a function in JavaScript that finds what the page's parts find. What it
returns goes through JSON.
"""

import json
from typing import Any

from javascript_engines import Engine
from twin import PRELUDE, literal

from nnfast.live import pages
from nnfast.live.stripping import stripped_script

# What a bare engine lacks of what a browser has.
BROWSER = """
globalThis.URLSearchParams ??= class {
  constructor(given) {
    const decoded = (text) => {
      const spaced = text.replaceAll("+", " ");
      try {
        return decodeURIComponent(spaced);
      } catch {
        return spaced;
      }
    };
    const split = (part) => [part.split("=")[0], part.split("=").slice(1).join("=")].map(decoded);
    this.pairs =
      typeof given === "string"
        ? given.split("&").filter((part) => part !== "").map(split)
        : Object.entries(given).map(([name, value]) => [name, String(value)]);
  }
  keys() {
    return this.pairs.map(([name]) => name);
  }
  getAll(wanted) {
    return this.pairs.filter(([name]) => name === wanted).map(([, value]) => value);
  }
  get(name) {
    return this.getAll(name)[0] ?? null;
  }
  has(name) {
    return this.getAll(name).length > 0;
  }
  append(name, value) {
    this.pairs.push([name, String(value)]);
  }
  set(name, value) {
    const found = this.pairs.find((pair) => pair[0] === name);
    if (found === undefined) this.append(name, value);
    else found[1] = String(value);
  }
  toString() {
    const written = (text) => encodeURIComponent(text.toWellFormed()).replaceAll("%20", "+");
    return this.pairs.map((pair) => pair.map(written).join("=")).join("&");
  }
};
"""


def run(engine: Engine, program: str, **given: Any) -> Any:
    """Run a program among the page's scripts, with these values; return what it returns."""
    values = "".join(f"const {name} = {literal(value)};\n" for name, value in given.items())
    within = f"return JSON.stringify((() => {{\n{values}\n{program}\n}})());"
    script = stripped_script(pages.joined(within))
    return json.loads(engine.evaluate(f"{BROWSER}\n{PRELUDE}\n{script}"))
