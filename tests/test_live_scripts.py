"""The live page's scripts as Python joins and strips them, and the digits as it packs them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from javascript_engines import Engine
from live_scripts import run

from nnfast.datasets import digits
from nnfast.live import network_script
from nnfast.live.packing import ALPHABET, pack
from nnfast.live.pages import START, joined
from nnfast.live.payload import packed_digits
from nnfast.live.stripping import stripped_script, stripped_style

# Beside what .oxlintrc.json has: here names are known in which the parts of the page share.
RULES = {
    "categories": {"correctness": "error"},
    "env": {"browser": True, "es2024": True},
    "globals": {"NeuralNetwork": "readonly"},
    "rules": {
        "no-redeclare": "error",
        "no-undef": "error",
        "no-unused-vars": "error",
        "oxc/number-arg-out-of-range": "off",
    },
}


def oxlint() -> str:
    program = shutil.which("oxlint", path=Path(sys.executable).parent) or shutil.which("oxlint")
    return program or pytest.skip("oxlint is not installed")


def complaints(script: str, folder: Path) -> list[str]:
    """Return what oxlint says of a script."""
    (folder / "page.js").write_text(script, encoding="utf-8")
    (folder / "rules.json").write_text(json.dumps(RULES))
    command = [oxlint(), "--config", "rules.json", "--format", "unix", "page.js"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith("page.js:")]


def test_no_name_is_lost_between_the_parts(tmp_path: Path) -> None:
    script = joined(START).removeprefix(network_script())  # which is linted as it is
    assert complaints(script, tmp_path) == []
    lost = script.replace("function readLink(", "function readALink(")
    assert {line.split(": ", 1)[1] for line in complaints(lost, tmp_path)} == {
        "'readLink' is not defined. [Error/eslint(no-undef)]",
        "Function 'readALink' is declared but never used. [Error/eslint(no-unused-vars)]",
    }


# Stripped.


TRICKY = r"""
// A comment, with "quotes", `others` and /slashes/.
const text = "a // b /* c */ 'd'" + 'e "f" // g'; // and one after the line
/* Over
   lines. */
const regex = /[/"'`]\/\/ x/g, quotient = 6 / 2 / 3; /* within a line */ let next
let more = 1
++more
const signs = [1 - -1, 2 + +"3", more - --more, more++ + ++more, 7 / /[7]/.source.length];
const template = `a  ${ `b // ${ { c: "}" }.c }  /* d */` + "`" }  // e
   f \` \${ g }`;
const other = (() => {
  return /x y/.test("x y") ? typeof /z/ : void 0
})()
const { length } = [ , , 1 ];
const keys = { a: 1, if: 2, "b c": 3, get d() { return 4 }, async *e() {} };
for (const key in keys) if (key in keys) next = key; else next = ""
label: for (;;) { break label; }
do { next += more; } while (next.length < 9);
1 .toFixed; 1.5.toFixed
return [text, "a // b".replace(regex, ""), String(regex), quotient, more, signs, template, other,
  length, Object.keys(keys), next, 2 . toString(), "é ", 4 < !5]
"""


def test_a_stripped_script_does_the_same(engine: Engine) -> None:
    short = stripped_script(TRICKY)
    results = [
        engine.evaluate(f"JSON.stringify((() => {{{source}\n}})())") for source in (TRICKY, short)
    ]
    assert results[0] == results[1]
    assert len(short) < 0.8 * len(TRICKY)
    assert not any(word in short for word in ("comment", "Over", "within", "after"))


def test_a_stripped_style_means_the_same() -> None:
    style = (
        '/* a */\na:hover b, i {\n  color: red;\n  content: " /* b:  c, d */ ";\n}\n\n'
        "@media (x) {\n"
    )
    short = 'a:hover b,i{color:red;content:" /* b:  c, d */ "}\n@media (x){'
    assert stripped_style(style) == short


# Packed.


def test_the_digits_are_all_there_to_the_bit(engine: Engine) -> None:
    program = """
        const examples = unpacked(packed);
        const parts = [examples, examples.test];
        return [
          parts.map(({ inputs, targets }) => [inputs, targets].map(bits)),
          parts.map(({ labels }) => labels),
        ];
    """
    data = digits()
    numbers, labels = run(engine, program, packed=packed_digits())
    assert numbers == [
        [array.tobytes().hex() for array in arrays]
        for arrays in (
            (data.train_inputs, data.train_targets),
            (data.test_inputs, data.test_targets),
        )
    ]
    assert labels == [data.train_labels.tolist(), data.test_labels.tolist()]


@st.composite
def pictures(draw: Any) -> tuple[Any, Any, int]:
    levels = draw(st.integers(2, 20))
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 4), st.integers(1, 5)))
    level = st.integers(0, levels - 1) | st.sampled_from([0, levels - 1])
    count = int(np.prod(shape))
    drawn = draw(st.lists(level, min_size=count, max_size=count))
    labels = draw(st.lists(st.integers(0, 2), min_size=shape[0], max_size=shape[0]))
    return np.reshape(drawn, shape), np.array(labels), levels


@given(packed=pictures())
def test_any_pictures_come_out_as_they_went_in(engine: Engine, packed: Any) -> None:
    drawn, labels, levels = packed
    told = {
        "pixels": pack(drawn, labels, levels),
        "alphabet": ALPHABET,
        "labels": "".join(map(str, labels)),
        "classes": 3,
        "levels": list(range(levels)),
        "shape": list(drawn.shape[1:]),
    }
    got = run(engine, "return levelsFrom(told).map((one) => [...one]);", told=told)
    assert got == drawn.reshape(len(drawn), -1).tolist()


def test_the_text_needs_no_escapes() -> None:
    text = packed_digits()["pixels"]
    assert set(text) <= set(ALPHABET)
    assert json.dumps(ALPHABET) == f'"{ALPHABET}"'
    assert not set(ALPHABET) & set("&<>'\"")
    assert len(text) < 37_000
