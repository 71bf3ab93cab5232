"""Lines taken from a source file by what they say, never by their numbers.

An entry names them::

    oracle: nnref/network.py weighted_sums
    kernel: nnfast/kernel/lanes.h add_tile: for (ptrdiff_t k = 0; ... b_terms[t];
    twin: nnfast/live/network.js weighted_sums

that is, whose they are, a file, a function in it and, unless all of the function is meant, a text
that is on one of its lines; with ``...`` and a second text, the lines from the one to the other,
and on to where their brackets close. A function or a text that is not there, or not once, is an
error: a page cannot say what the sources do not.
"""

import re
from pathlib import Path
from typing import NamedTuple

ENTRY = re.compile(r"(oracle|kernel|twin): (\S+) (\w+)(?:: (.+?)(?: \.\.\. (.+))?)?")
# What a line consists of that only closes brackets, in a macro with a backslash at its end.
CLOSING = ")]}\\ "


class Lines(NamedTuple):
    """Some lines of a file, the first of which has this number."""

    first: int
    texts: list[str]


class Excerpt(NamedTuple):
    """What an entry names."""

    side: str
    path: str
    lines: Lines


def excerpt(root: Path, entry: str) -> Excerpt:
    """Return what an entry names in the files of a repository.

    Raises
    ------
    LookupError
        If a function or a text is not there, or not once.
    OSError
        If the file cannot be read.
    ValueError
        If it is not an entry.
    """
    match = ENTRY.fullmatch(entry)
    if match is None:
        raise ValueError("wants 'oracle: FILE FUNCTION', or kernel or twin, see excerpts.py")
    side, path, name, first, last = match.groups()
    source = Lines(1, (root / path).read_text(encoding="utf-8").splitlines())
    lines = function_lines(source, name)
    if first is not None:
        lines = lines_between(lines, first, last or first)
    return Excerpt(side, path, lines)


def function_lines(source: Lines, name: str) -> Lines:
    """Return the lines of the function of this name, which is there once.

    They go on while they are indented further than its first, or close a bracket.
    """
    defines = re.compile(rf" *(?:def|cdef|static|INLINED|function)\b[^=;#]*\b{name}\(")
    start = only(name, [at for at, text in enumerate(source.texts) if defines.match(text)])
    indent = indent_of(source.texts[start])
    stop = start + 1
    for at in range(start + 1, len(source.texts)):
        text = source.texts[at]
        if text.strip() and indent_of(text) <= indent and text.strip()[0] not in CLOSING:
            break
        if text.strip():
            stop = at + 1
    return Lines(source.first + start, source.texts[start:stop])


def lines_between(source: Lines, first: str, last: str) -> Lines:
    """Return the lines from the one with the first text to the next with the last.

    Lines below that close brackets, and do nothing else, belong to them.
    """
    start = only(first, [at for at, text in enumerate(source.texts) if first in text])
    ends = [at for at in range(start, len(source.texts)) if last in source.texts[at]]
    if not ends:
        raise LookupError(f"{last!r}: found nowhere after {first!r}")
    stop = ends[0] + 1
    while stop < len(source.texts) and source.texts[stop].strip(CLOSING) == "":
        stop += 1
    return Lines(source.first + start, source.texts[start:stop])


def only(what: str, places: list[int]) -> int:
    """Return the one place where something was found."""
    if len(places) != 1:
        raise LookupError(f"{what!r}: found {len(places)} times, wants once")
    return places[0]


def indent_of(text: str) -> int:
    """Return how many spaces a line begins with."""
    return len(text) - len(text.lstrip())
