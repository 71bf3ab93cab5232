"""Mutants of the live page's scripts, as far as they touch no element, for which nothing is built.

What only a browser shows is not here: tests/test_live_in_browser.py would have to be run for it.
"""

from mutant import LIVE_LINKS, LIVE_PARTS, LIVE_SCRIPTS, LIVE_SESSIONS, Mutant


def session(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what is done, gone back to and written as a script or a link."""
    return Mutant(f"live: {name}", old, new, LIVE_SESSIONS)


def link(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what a link or a file may ask for."""
    return Mutant(f"live: {name}", old, new, LIVE_LINKS)


def part(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of examples, ink, formulas and what is said of Python."""
    return Mutant(f"live: {name}", old, new, LIVE_PARTS)


def packed(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of how the digits travel."""
    return Mutant(f"live: {name}", old, new, LIVE_SCRIPTS)


MUTANTS = {
    "nnfast/live/session.js": [
        session("own examples taken from the data", "(update - before) %", "update %"),
        session(
            "edits made twice where one goes back",
            "edit.at === this.updates) apply",
            "edit.at >= this.updates) apply",
        ),
        session(
            "an edit not kept in its copy",
            "      this.copies.pop();\n      this.keep();",
            "      void 0;",
        ),
        session(
            "a point of the curve from before the edit",
            "    this.curve.pop();\n    this.measure();\n    this.find",
            "    this.find",
        ),
        session(
            "a future that is kept",
            "if (at >= now) this.own.delete(at);",
            "if (at > now) this.own.delete(at);",
        ),
        session(
            "copies of another pace", "updates % this.pace === 0);", "updates % FIRST_PACE === 0);"
        ),
        session(
            "the unedited run one update late",
            "if (this.unedited?.updates === this.updates - 1)",
            "if (this.unedited?.updates === this.updates)",
        ),
        session(
            "-0 no other number than 0",
            "!Object.is(row[j], others[n][i][j])",
            "row[j] !== others[n][i][j]",
        ),
    ],
    "nnfast/live/recipe.js": [
        session("examples counted with one's own", "taken + at - done];\n  };", "at];\n  };"),
        session(
            "an edit after the update",
            "(a.edit ? 0 : 1) - (b.edit ? 0 : 1)",
            "(a.edit ? 1 : 0) - (b.edit ? 1 : 0)",
        ),
        session(
            "the script goes beyond where one is",
            "return edits.filter(({ at }) => at <= updates);",
            "return edits;",
        ),
        session(
            "own examples still to come",
            "return [...own].filter(([at]) => at < updates);",
            "return [...own];",
        ),
        session("a link without its examples", 'parts.append("learn"', 'parts.set("learn"'),
        link("any name in a link", "if (![...PARTS, ...DEEDS].includes(name))", "if (false)"),
        link("an edit without a value", "if (numbers.length !== 5)", "if (numbers.length > 5)"),
        link("an edit in between updates", "if (Number.isInteger(at) && ", "if ("),
        link(
            "an example after the last update", '"learn", at, updates - 1)', '"learn", at, updates)'
        ),
        link("any number of weights", "weights > MOST_WEIGHTS", "weights > 1e9"),
        link("no number as 0", 'fields[0] === "" || ', ""),
        link("yes as no", 'else if (value === "true" || value === "false")', "else if (value)"),
        part(
            "the chain rule's name", "hidden_error === undefined ?", "hidden_error !== undefined ?"
        ),
    ],
    "nnfast/live/exchange.js": [
        link("a file of any size", "  checkSize(weightsOf(network));\n", ""),
        link("a message of several lines", '.replace(/\\s+/g, " ")', ""),
        link("data of another width", "inputs[0].length === inodes && ", ""),
    ],
    "nnfast/live/examples.js": [
        part(
            "a loss of probability 1",
            "t * Math.log(o) + (1.0 - t) * Math.log(1.0 - o)",
            "t * Math.log(o)",
        ),
        part(
            "the smallest output", "if (values[k] > values[best])", "if (values[k] < values[best])"
        ),
        part("a heading anywhere", "if (n === 0 && numbers.some", "if (numbers.some"),
        part("2,001 points", "points.length > MOST_POINTS", "points.length > MOST_POINTS + 1"),
        link("points without end", "Math.abs(number) > FARTHEST", "false"),
    ],
    "nnfast/live/proof.js": [
        part("an edited run compared", "|| !isPlain || updates %", "|| updates %"),
        part(
            "parted before it parts",
            "this.parted !== null && updates >= this.parted",
            "this.parted !== null",
        ),
        part(
            "Python's last digest for ever",
            "if (updates > this.last)",
            "if (updates > this.last + 1)",
        ),
    ],
    "nnfast/live/ink.js": [
        part("a drawing that leans", "x: p.x - lean * p.y", "x: p.x"),
        part("a thinner pen", "const PEN = 3.6;", "const PEN = 3.2;"),
        part(
            "a drawing beside the middle",
            "(value - (low + high) / 2) * scale + middle",
            "(value - low) * scale + middle",
        ),
        part("a large picture off its centre", "return greys(down, right);", "return greys(0, 0);"),
    ],
    "nnfast/live/phases.js": [
        part("the split rule for both", '? "errors" : "deltas"', '? "errors" : "errors"'),
        part(
            "the smallest terms",
            "Math.abs(b.product) - Math.abs(a.product)",
            "Math.abs(a.product) - Math.abs(b.product)",
        ),
        part("a bias left out", "layer.biases.length > 0 ?", "layer.biases.length < 0 ?"),
    ],
    "nnfast/live/elements.js": [
        part("a neighbour towards 0", "value > 0 === direction > 0", "direction > 0"),
        part("an exponent's minus of ASCII", '.replace("e-", `e${MINUS}`)', ""),
    ],
    "nnfast/live/unpacking.js": [
        packed(
            "levels that say nothing of the next", "const NEAR = [8, 3, 1];", "const NEAR = [8];"
        ),
        packed("a neighbour on the other side", "column < columns - 1 ?", "column < columns ?"),
    ],
    "nnfast/live/stripping.py": [
        packed("signs put together", r"|\+\+|--|//", "|//"),
        packed(
            "a slash always divides", "TOKEN if OPERAND.match(before) else TOKEN_OR_REGEX", "TOKEN"
        ),
        packed(
            "lines that run on", '            lines.append("")\n', '            lines[-1] += ""\n'
        ),
    ],
}
