"""Hostile and damaged links, points and files: one line says what is wrong, and nothing changes."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from helpers import amount
from hypothesis import given, settings
from hypothesis import strategies as st
from javascript_engines import Engine
from live_scripts import run

import nnref
from nnfast.exchange.json import json_text
from nnfast.live.payload import point_sets

LINKS = [
    "#data=xor&network=2-4-1&lr=0.3&seed=1&activation=tanh&hidden_error=gradient&bias=true"
    "&updates=7&edit=3 0 1 2 0.5&edit=0 1 0 0 -1e-3&learn=2 0.5 -0.5 0.99",
    "#data=points&points=0 0 1 1 1 0 0.5 -0.25 1&network=2-3-2-1&lr=1e-3&seed=18446744073709551615"
    "&optimizer=adam&loss=cross_entropy&updates=5",
    "#data=circle&network=2-8-1&updates=20&init=scaled_normal&output_activation=sigmoid",
]
# What opening each link comes to, and opening the link to that session again.
OPENING = """
    const examplesOf = (name, points) =>
      name === "points" && points !== null ? pointsAs(name, points)
      : Object.hasOwn(pointSets, name) ? presetAs(name, pointSets[name].points)
      : (() => { throw new Error(`data: got ${quoted(name)}, wants others`); })();
    return texts.map((text) => {
      try {
        const asked = readLink(text);
        const session = sessionFor(asked, examplesOf(asked.data, asked.points));
        const page = { session, start: { network: session.start, text: null } };
        const link = linkOf(page);
        const again = readLink(link);
        const other = sessionFor(again, examplesOf(again.data, again.points));
        return [
          session.network.digest(),
          other.network.digest(),
          describe(session),
          session.farthest,
          scriptOf(page).length,
          session.network.weights.flat().every((row) => row.every(Number.isFinite)),
        ];
      } catch (error) {
        return error.message;
      }
    });
"""
# Texts that number parsers, objects and lookups trip over.
ODD = [
    "", " ", "-", "0", "-0", "-1", "0.5", "1e999", "-1e999", "1e308", "5e-324", "NaN", "Infinity",
    "0x10", "1_0", "\uff11", "9" * 400, "1e-400", "true", "null", "undefined", "[]", "{}",
    "__proto__",
    "constructor", "prototype", "toString", "length", "hasOwnProperty", "\ud800", "\udfff\ud800",
    "\u2028\r", "\0", "%", "%zz", "%ff", "&", "=", "#", "+", "<script>", '"', "'", "\\", "\n",
    "__proto__=1", "2-1000000-1", "2-4-1-", "64-30-10", "10000001", "1e6", "4503599627370497",
    "network=2-4-1", "&edit=0 0 0 0", "&learn=0", "&edit=1 0 0 0 __proto__", "&data=constructor",
]  # fmt: skip
Line = st.from_regex(re.compile(r"(Range|Type)?Error: [^\n\r]{1,299}"), fullmatch=True)


@st.composite
def damaged(draw: Any, text: str) -> str:
    """Return a text with up to three places cut, repeated, turned or put otherwise."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 12)))
        piece = text[start:stop]
        turned = st.sampled_from([piece[::-1], piece * 2, piece.swapcase()])
        text = (
            text[:start] + draw(st.sampled_from(ODD) | st.text(max_size=3) | turned) + text[stop:]
        )
    return text


@st.composite
def damaged_links(draw: Any) -> str:
    """Return a link that is damaged anywhere, or in one or two of its values."""
    link = draw(st.sampled_from(LINKS))
    if draw(st.integers(0, 4)) == 0:
        return draw(damaged(link))
    parts = link.split("&")
    for at in draw(st.sets(st.integers(0, len(parts) - 1), min_size=1, max_size=2)):
        name, _, value = parts[at].partition("=")
        parts[at] = f"{name}={draw(st.sampled_from(ODD) | damaged(value))}"
    return "&".join(parts)


def is_one_line(message: str) -> bool:
    return re.fullmatch(r"[^\n\r]{5,300}", message) is not None


@settings(max_examples=amount(200, quick=25))
@given(texts=st.lists(damaged_links(), min_size=1, max_size=20))
def test_a_damaged_link_opens_as_what_it_says_or_says_why_not(
    engine: Engine, texts: list[str]
) -> None:
    results = run(engine, OPENING, texts=texts, pointSets=point_sets())
    for text, got in zip(texts, results, strict=True):
        if isinstance(got, str):
            assert is_one_line(got), (text, got)
            continue
        digest, again, described, farthest, length, _ = got
        assert digest == again, text
        assert "\n" not in described
        assert farthest <= 1_000_000
        assert length > 0


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("#updtes=5", 'got "updtes", wants one of data, points, network, lr, seed, activation, '),
        ("#network=2-x-1", 'network: got "x", wants a whole number of at most 1,000,000'),
        ("#network=64-1", "network: wants inputs, hidden neurons and outputs"),
        ("#network=3-4-1", "network: got 3 inputs and 1 outputs, wants 2 and 1 for xor"),
        ("#network=2-1000000-1", "network: got 3,000,000 weights, wants at most 1,000,000 for a p"),
        ("#network=2-99999-2-1&updates=90000", "updates: got 90,000, too many for so large a net"),
        ("#lr=", 'lr: got "", wants finite numbers'),
        ("#lr=1 2", 'lr: got "1 2", wants one number'),
        ("#lr=1e999", 'lr: got "1e999", wants finite numbers'),
        ("#bias=yes", 'bias: got "yes", wants true or false'),
        ("#data=__proto__", 'data: got "__proto__", wants'),
        ("#data=points", 'data: got "points", wants'),
        ("#data=points&points=1 2", 'line 1: got "1 2", wants x, y, 0 or 1'),
        ("#data=points&points=1 1e200 0", "line 1: got 1e+200, wants at most 1e+100"),
        ("#edit=0 0 0 0", 'edit: got "0 0 0 0", wants an update, layer, row, column and value'),
        ("#edit=0 0 0 0.5 1", "edit: there is no weight [0][0.5] in layer 0"),
        ("#edit=0 2 0 0 1", "edit: there is no weight [0][0] in layer 2"),
        (
            "#updates=1&edit=0.5 0 0 0 1",
            "edit: got update 0.5, wants one of those of the link, from",
        ),
        ("#updates=3&edit=4 0 0 0 1", "edit: got update 4, wants one of those of the link, from 0"),
        ("#updates=3&learn=3 0 0 1", "learn: got update 3, wants one of those of the link, from 0"),
        ("#updates=3&learn=1 0 0", "learn: got 2 numbers, wants 3"),
        ("#updates=1e3", 'updates: got "1e3", wants a whole number of at most 1,000,000'),
    ],
)
def test_a_wrong_link_gets_one_line(engine: Engine, link: str, message: str) -> None:
    names = "" if "data=" in link else "&data=xor"
    if "network=" not in link:
        names += "&network=2-4-1"
    (got,) = run(engine, OPENING, texts=[link + names], pointSets=point_sets())
    assert got.startswith(message)
    assert is_one_line(got)


# Files.

OPENED = """
    const xor = presetAs("xor", pointSets.xor.points);
    const page = { session: { examples: xor }, given: xor, payload: { points: pointSets } };
    return texts.map((text) => {
      try {
        const session = openedIn(page, text);
        session.goTo(3);
        session.goTo(1);
        return { digest: session.network.digest(), script: scriptOf({ session, start: { text } }) };
      } catch (error) {
        return complaintOf({ name: "a\\nb.json" }, error);
      }
    });
"""
NUMBERS = [0, -1, 0.5, 1e308, 10**400, 2**53, 2**64, 5e-324, True, None, "1", "NaN", [], {}, [[]]]
KEYS = ["__proto__", "constructor", "", "weights.0", "hnodes", "format", "epochs", "\ud800"]


def contents() -> list[str]:
    networks = [
        nnref.NeuralNetwork(2, 3, 1, 0.1, seed=1),
        nnref.NeuralNetwork(2, [3, 2], 1, 0.1, seed=2, optimizer="adam", bias=True),
    ]
    networks[1].train([0.5, 1.0], [0.9])
    return [json_text(network) for network in networks]


FILES = contents()


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to everything within what JSON holds."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path]
    for key, entry in entries:
        within = (*path, key)
        found += places_in(entry, within) if isinstance(entry, dict | list) else [within]
    return found


@st.composite
def damaged_files(draw: Any) -> str:
    """Return the text of a file in which values or names are others, or letters are."""
    text = draw(st.sampled_from(FILES))
    if draw(st.integers(0, 3)) == 0:
        return draw(damaged(text))
    content = json.loads(text)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(places_in(content)[1:]))
        within = content
        for key in place[:-1]:
            within = within[key]
        key = place[-1]
        new = draw(st.sampled_from([*NUMBERS, *ODD]))
        if isinstance(within, dict) and draw(st.booleans()):
            within[draw(st.sampled_from(KEYS))] = within.pop(key)
        elif draw(st.booleans()):
            within[key] = [within[key]] * draw(st.integers(0, 3))
        else:
            within[key] = new
    return json.dumps(content)


def opened(engine: Engine, texts: list[str]) -> list[Any]:
    return run(engine, OPENED, texts=texts, pointSets=point_sets())


@settings(max_examples=amount(200, quick=25))
@given(texts=st.lists(damaged_files(), min_size=1, max_size=20))
def test_a_damaged_file_opens_or_says_why_not(engine: Engine, texts: list[str]) -> None:
    for text, got in zip(texts, opened(engine, texts), strict=True):
        assert not isinstance(got, str) or is_one_line(got), (text, got)


@pytest.mark.parametrize(
    "text",
    ["", "\nx\ny", "[" * 10**6, '{"a":' * 10**6, "null", '"a"', "[]"],
    ids=["empty", "lines", "nested lists", "nested objects", "null", "text", "list"],
)
def test_what_is_no_network_of_this_page_gets_one_line(engine: Engine, text: str) -> None:
    (got,) = opened(engine, [text])
    assert isinstance(got, str)
    assert got.startswith("a b.json: ")
    assert is_one_line(got)


@pytest.mark.parametrize(("inodes", "onodes"), [(3, 1), (2, 2)])
def test_a_network_for_other_data_gets_one_line(engine: Engine, inodes: int, onodes: int) -> None:
    text = json_text(nnref.NeuralNetwork(inodes, 2, onodes, 0.1, seed=1))
    wanted = (
        f"got a network of {inodes} inputs and {onodes} outputs, and this page has no such data"
    )
    assert opened(engine, [text]) == [f"a b.json: {wanted}"]


def test_a_network_too_large_for_the_page_gets_one_line(engine: Engine) -> None:
    content = json.loads(FILES[0])
    sizes = 2, 1000, 1000, 1
    content["network"] |= {"hnodes": [1000, 1000], "activation": ["sigmoid"] * 2}
    content["arrays"] = {
        f"weights.{n}": [[0] * columns] * rows for n, (rows, columns) in enumerate(pairwise(sizes))
    }
    got = opened(engine, [json.dumps(content)])
    assert got == ["a b.json: network: got 1,003,000 weights, wants at most 1,000,000 for a page"]
