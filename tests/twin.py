"""Programs for the twin in JavaScript: how they get what Python has, and give back bits.

A program is the body of a function in JavaScript. What it returns goes through JSON, numbers that
count to the last bit as the text that `bits` makes of them, there and here.
"""

import json
from dataclasses import asdict, is_dataclass
from typing import Any

import helpers
from cases import Case
from javascript_engines import Engine

from nnfast.live import network_script

INNER = (
    *("exp", "log", "tanh", "score", "random", "epoch_order"),
    *("sha256", "sha512", "written", "general"),
)
"""What the tests want to reach that the script keeps to itself."""

PRELUDE = """
function bits(values) {
  const numbers = typeof values === "number" ? [values] : Array.from(values);
  if (numbers.some((value) => typeof value !== "number")) return numbers.map(bits).join("");
  const bytes = new DataView(new ArrayBuffer(8));
  return numbers.map((value) => {
    bytes.setFloat64(0, value, true);
    if (value !== value) bytes.setBigUint64(0, 0x7ff8000000000000n, true);
    return bytes.getBigUint64(0).toString(16).padStart(16, "0");
  }).join("");
}
function state(network) {
  const arrays = [...network._arrays].map(([name, numbers]) => [name, bits(numbers)]);
  const seen = network._engine.seen;
  const range = [seen.examples, seen.low, seen.high, seen.highest_low, seen.lowest_high];
  const { epochs, _engine: { updates } } = network;
  return { arrays, seen: bits(range), epochs, updates, digest: network.digest() };
}
function refusal(action) {
  try {
    action();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
  return "nothing";
}
"""


def run(engine: Engine, program: str, *, opened: bool = False, **given: Any) -> Any:
    """Run a program after the script, with these values; return what it returns.

    In an opened script it finds the functions that `INNER` names, as `inner.exp` and so on.
    """
    script = network_script()
    if opened:
        assert script.count("\n  return NeuralNetwork;\n") == 1
        script = script.replace(
            "\n  return NeuralNetwork;\n",
            f"\n  globalThis.inner = {{ {', '.join(INNER)} }};\n  return NeuralNetwork;\n",
        )
    values = "".join(f"const {name} = {literal(value)};\n" for name, value in given.items())
    source = f"{script}\n{PRELUDE}\nJSON.stringify((() => {{\n{values}\n{program}\n}})());"
    return json.loads(engine.evaluate(source))


def literal(value: Any) -> str:
    """Return a value of Python's as JavaScript has it; an int from 2**53 on as a BigInt."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value)
    if isinstance(value, int):
        return f"{value}n" if abs(value) >= 2**53 else str(value)
    if isinstance(value, float):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), repr(value))
    if is_dataclass(value) and not isinstance(value, type):
        return literal({"name": value.name, **asdict(value)})  # type: ignore[attr-defined]
    if isinstance(value, dict):
        entries = (f"{json.dumps(name)}: {literal(entry)}" for name, entry in value.items())
        return f"{{{', '.join(entries)}}}"
    return f"[{', '.join(map(literal, value))}]"


def made(case: Case) -> str:
    """Return the expression that makes a case's network."""
    inodes, *hidden, onodes = case.sizes
    arguments = (inodes, hidden, onodes, case.lr, case.options)
    return f"new NeuralNetwork({', '.join(map(literal, arguments))})"


def bits(values: Any) -> str:
    return helpers.bits(values).hex()


def state(network: Any) -> dict[str, Any]:
    """Return what `state` returns in JavaScript."""
    examples, *span = network._seen
    return {
        "arrays": [[name, bits(numbers)] for name, numbers in network._arrays.items()],
        "seen": bits([float(examples), *span]),
        "epochs": network.epochs,
        "updates": network._engine.updates,
        "digest": network.digest(),
    }
