"""Scripts and styles as a page has them: without comments and spare spaces.

Not a minifier: names stay, and a line is a statement or a rule, so that who looks at the page's
source can still read it. And JavaScript may end a statement by the end of its line.
"""

import re
from collections.abc import Iterator

TEXT = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
GAP = r"(?:\s|//[^\n]*|/\*.*?\*/)+"
REGEX = r"/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[\n])+/\w*"
TOKEN = re.compile(rf"{GAP}|{TEXT}|[\w$]+|.", re.DOTALL)
TOKEN_OR_REGEX = re.compile(rf"{GAP}|{TEXT}|[\w$]+|{REGEX}|.", re.DOTALL)
# From a template's first quote, or from the end of a value in it, to the next value or its end.
TEMPLATE = re.compile(r"[`}](?:\\.|\$(?!\{)|[^`\\$])*(?:`|\$\{)", re.DOTALL)
# After these a slash divides, and after all else a regular expression begins. (That it may begin
# after "if (...)" too is more than is known here.)
OPERAND = re.compile(r"(?!(?:return|typeof|case|of|in|else)$).*[\w$)\]}\"'`]$", re.DOTALL)
# Signs that would be another sign, a number or a comment without the space between them.
KEPT_APART = re.compile(r"[\w$]{2}|\+\+|--|//|/\*|<!|\d\.")


def stripped_script(source: str) -> str:
    """Return a script that does the same, in fewer letters."""
    lines, gap = [""], ""
    for token in _tokens(source):
        if _is_gap(token):
            gap = token
            continue
        if token == "}":
            lines[-1] = lines[-1].removesuffix(";")  # the brace ends the statement, too
        if "\n" in gap and lines[-1][-1:] not in ("(", "[", ",") and token not in "}])":
            lines.append("")
        elif gap and KEPT_APART.fullmatch(lines[-1][-1:] + token[0]):
            lines[-1] += " "
        lines[-1] += token
        gap = ""
    return "\n".join(filter(None, lines))


def stripped_style(source: str) -> str:
    """Return a style that means the same, in fewer letters."""
    gaps = rf"({TEXT})|/\*.*?\*/|(?<=,) "
    source = re.sub(gaps, lambda found: found[1] or "", source, flags=re.DOTALL)
    lines = (re.sub(r"^([\w-]+:) | (\{)$", r"\1\2", line.strip()) for line in source.splitlines())
    return re.sub(r"(?<=[{;])\n+|;?\n+(?=\})", "", "\n".join(filter(None, lines)))


def _tokens(source: str) -> Iterator[str]:
    """Yield a script in pieces: gaps with their comments, texts, parts of templates, signs."""
    at, before = 0, ""
    braces: list[int] = []  # for each open value of a template, how many are open within it
    while at < len(source):
        is_template = source[at] == "`" or (source[at] == "}" and braces[-1:] == [0])
        pattern = TEMPLATE if is_template else TOKEN if OPERAND.match(before) else TOKEN_OR_REGEX
        found = pattern.match(source, at)
        assert found is not None, source[at : at + 40]
        token = found[0]
        yield token
        at += len(token)
        if is_template and token[0] + token[-1] == "`{":
            braces.append(0)
        elif is_template and token[0] + token[-1] == "}`":
            braces.pop()
        elif braces and token in "{}":
            braces[-1] += 1 if token == "{" else -1
        if not _is_gap(token):
            before = token


def _is_gap(token: str) -> bool:
    return token[0].isspace() or token.startswith(("//", "/*"))
