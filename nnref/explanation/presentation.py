"""An explanation as a file: the page, and a view of it in large type, to present in class.

One HTML file that needs no other file, no network and no script. A link switches between the two
views: ``FILE#present`` is the second one. It is made for a screen that all can see, one screen
after the other: the network, then forward, backward and update side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from nnref.common.types import Vector
from nnref.explanation.drawing import drawing_of
from nnref.explanation.folding import DRAWN, Gap, shown_places, with_rest
from nnref.explanation.grid import grid_of
from nnref.explanation.markup import (
    TIMES,
    Columns,
    code,
    escaped,
    in_column,
    result,
    signed_value,
    value,
)
from nnref.explanation.page import page_of, scrolled
from nnref.explanation.rules import LayerRules, title_of
from nnref.explanation.story import followed
from nnref.explanation.sums import formulas

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation

Column = tuple[str, Vector, Callable[[float], str]]
"""A column of a table: its head, a number for each neuron, and how to show one."""

RULES = {
    "split": "the article's rule, not the textbook's",
    "gradient": "the chain rule, as in textbooks",
}
DOCUMENT = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<link rel="icon" href="data:,"/>
<style>{style}</style>
</head>
<body id="present">
<nav><a class="to-present" href="#present">Present</a><a class="to-read" href="#">Read</a></nav>
<main class="read">
{page}
</main>
<main class="present nnref-explanation">
{slides}
</main>
</body>
</html>
"""


def document_of(explanation: Explanation) -> str:
    """Return the text of the file; it is well-formed XML too."""
    return DOCUMENT.format(
        title=title_of(explanation),
        style=STYLE,
        page=page_of(explanation),
        slides=_slides(explanation),
    )


def _slides(explanation: Explanation) -> str:
    """Return what a class sees: the network, and then how its numbers come about."""
    shown = shown_places(explanation, followed(explanation), DRAWN)
    layers = [LayerRules(explanation, n) for n in range(len(explanation.layers))]
    write = Columns()
    forward = [
        _card(rules, rules.forward(), _neurons(shown[rules.n + 1], _forward(rules, write)))
        for rules in layers
    ]
    backward = [
        _card(rules, rules.backward(), _neurons(shown[rules.n + 1], _backward(rules, write)))
        for rules in reversed(layers)
    ]
    update = [
        _card(rules, rules.update(), grid_of(rules, shown, write, is_brief=True))
        for rules in layers
    ]
    return (
        f'<section class="network"><p class="title">{title_of(explanation)}</p>'
        f"{scrolled(drawing_of(explanation))}</section>"
        '<section class="steps">'
        f"{_steps('Forward', 'from inputs to outputs', forward)}"
        f"{_steps('Backward', RULES[explanation.hidden_error], backward)}"
        f"{_steps('Update', 'weight, change, new weight', update)}</section>"
    )


def _steps(title: str, what: str, cards: Iterable[str]) -> str:
    return f'<div><p class="section"><b>{title}</b> <i>{what}</i></p>{"".join(cards)}</div>'


def _card(rules: LayerRules, rule: list[str], table: str) -> str:
    layer = rules.layer
    size = f"{len(layer.outputs):,} {TIMES} {layer.activation}"
    name = f'<p class="matrix"><b>{escaped(layer.name)}</b> <i>{size}</i></p>'
    return f"{name}{formulas(rule)}{scrolled(table)}"


def _forward(rules: LayerRules, write: Columns) -> list[Column]:
    return [_column(rules, attribute, result, write) for attribute in ("signals", "outputs")]


def _backward(rules: LayerRules, write: Columns) -> list[Column]:
    columns = [
        _column(rules, attribute, signed_value, write)
        for attribute in ("errors", "deltas", "steps")
    ]
    if rules.after is None:
        targets = rules.explanation.targets
        columns.insert(0, ("targets", targets, partial(value, write=in_column(targets))))
    return columns


def _column(rules: LayerRules, attribute: str, show: Callable[..., str], write: Columns) -> Column:
    layer = rules.layer
    written = partial(show, write=write(layer, attribute))
    return layer.article_name(attribute), getattr(layer, attribute), written


def _neurons(shown: list[int], columns: list[Column]) -> str:
    """Return a table with a row for each neuron that is shown."""
    heads = "".join(f"<th>{code(name)}</th>" for name, _, _ in columns)
    rows = [f"<tr><th></th>{heads}</tr>"]
    for j in with_rest(shown, len(columns[0][1])):
        if isinstance(j, Gap):
            rows.append(f'<tr><th class="gap" colspan="3">⋮ {j.neurons:,} more</th></tr>')
        else:
            numbers = "".join(f"<td>{show(values[j])}</td>" for _, values, show in columns)
            rows.append(f"<tr><th>{code(f'[{j}]')}</th>{numbers}</tr>")
    return f'<table class="neurons">{"".join(rows)}</table>'


STYLE = """
:root { color-scheme: light dark; background: #ffffff; color: #1f2328; }
body { margin: 0 auto; padding: 0.5rem 1.25rem 3rem; max-width: 66rem; }
nav { text-align: right; font: 0.9rem system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
nav a {
  display: inline-block; color: inherit; opacity: 0.75; text-decoration: none; padding: 0.2em 0.9em;
  border: 1px solid; border-radius: 1em;
}
nav a:hover { opacity: 1; }
.present, .to-read, #present:target .read, #present:target .to-present { display: none; }
#present:target .to-read { display: inline-block; }
#present:target .present { display: block; }
body:target { max-width: none; padding: 0 2vw 2vw; }
html:has(:target) { scroll-snap-type: y proximity; }
body:target nav { position: absolute; top: 0.6rem; right: 2vw; }
main.present { max-width: none; font-size: clamp(16px, 1.45vw, 44px); line-height: 1.4; }
.present section { scroll-snap-align: start; min-height: 100vh; padding-top: 0.5em; }
.present section, .present section * { box-sizing: border-box; }
.present .network svg { width: 100%; max-width: none; height: calc(100vh - 3.6em); }
.present .steps { display: grid; grid-template-columns: 0.9fr 1.1fr 1.05fr; gap: 0 2.5vw; }
.present .steps > div { min-width: 0; container-type: inline-size; }
.nnref-explanation.present .section { margin-top: 0; }
.nnref-explanation.present .section i { font-size: 0.8em; }
.nnref-explanation.present .matrix { margin: 0.5em 0 0.1em; }
.nnref-explanation.present .formulas { margin: 0.1em 0 0.3em; font-size: 0.68em; line-height: 1.4; }
.nnref-explanation.present table { margin: 0; line-height: 1.2; border-spacing: 2px; }
.nnref-explanation.present th {
  padding: 0.1em 0.4em 0.1em 0; font-weight: 400; text-align: right; white-space: nowrap;
}
.nnref-explanation.present th code { font-size: 0.65em; }
.nnref-explanation.present th.gap { font-size: 0.7em; text-align: left; }
/* As large as the column allows. */
.nnref-explanation.present .grid {
  font-size: clamp(0.5em, calc(100cqi / var(--width)), 0.92em); line-height: 1.15;
}
.nnref-explanation.present td { padding: 0.1em 0.4em; text-align: right; }
@media (max-width: 60rem) {
  html:has(:target) { scroll-snap-type: none; }
  .present .steps { grid-template-columns: minmax(0, 1fr); }
  .present section { min-height: 0; }
  .present .network svg { height: auto; }
  .nnref-explanation.present .section { margin-top: 1.2em; }
  body:target { padding: 0.5rem 4vw; }
  body:target nav { position: static; }
}
@media (prefers-color-scheme: dark) {
  :root { background: #0d1117; color: #e6edf3; }
  body .nnref-explanation { --blue: #58a6ff; --orange: #f0883e; }
}
@media print { nav { display: none; } }
"""
