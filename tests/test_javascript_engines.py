"""Do the engines run a script as the tests of the twin take for granted?"""

import pytest
from javascript_engines import Engine

NUMBERS = """
const view = new DataView(new ArrayBuffer(8));
view.setBigUint64(0, 0x3ff0000000000001n);
const sums = new Float64Array([0.1 + 0.2, -0, 5e-324 / 2, view.getFloat64(0) - 1]);
[...new BigUint64Array(sums.buffer), Math.imul(0xffffffff, 5), 2n ** 64n].join();
"""
PRINTED = "4599075939470750516,9223372036854775808,0,4372995238176751616,-5,18446744073709551616"


def test_numbers(engine: Engine) -> None:
    assert engine.evaluate(NUMBERS) == PRINTED


def test_texts_of_any_length_and_alphabet(engine: Engine) -> None:
    text = "line\n\tnext \\ \" ' ` ${} % é \N{GRINNING FACE} </script> " * 20_000
    assert engine.evaluate(f"const text = {text!r}; text") == text  # Python's literal will do


def test_the_scope_is_fresh(engine: Engine) -> None:
    for _ in range(2):
        assert engine.evaluate("var there; let one = String(there); there = 1; one") == "undefined"


@pytest.mark.parametrize(
    ("script", "message"),
    [("null.x", "null"), ("throw new RangeError('too far')", "too far"), ("let 1 = ;", "Syntax")],
)
def test_what_a_script_throws_is_an_error_here(engine: Engine, script: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        engine.evaluate(script)


def test_nothing_but_a_text_is_an_answer(engine: Engine) -> None:
    with pytest.raises(AssertionError):
        engine.evaluate("0.5")
