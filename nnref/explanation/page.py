"""An explanation as a page: the network drawn, and the arithmetic of its update written out.

The page is one element with its own style and without any script. It stands in a notebook, in a
documentation page or on its own, on a light or a dark ground: text takes the colour around it, and
the two colours for the signs can be read on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnref.explanation.drawing import drawing_of
from nnref.explanation.folding import DRAWN, WHOLE, shown_places
from nnref.explanation.grid import grid_of, legend
from nnref.explanation.markup import TIMES, Columns, code, escaped, number, with_code
from nnref.explanation.rules import LayerRules, rule_note, settings_of, title_of
from nnref.explanation.story import followed, story_of
from nnref.explanation.sums import backward_of, formulas, forward_of, note

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation

# A network of up to this many weights is unfolded from the start.
UNFOLDED = 40


def page_of(explanation: Explanation) -> str:
    """Return the HTML element that shows an explanation; it is well-formed XML too."""
    shown = shown_places(explanation, followed(explanation), WHOLE)
    layers = [LayerRules(explanation, n) for n in range(len(explanation.layers))]
    weights = sum(len(layer.inputs) * len(layer.outputs) for layer in explanation.layers)
    fold = _folded if weights > UNFOLDED else _unfolded
    write = Columns()
    forward = [
        fold(_summary(rules, "signals", "outputs"), forward_of(rules, shown[rules.n + 1], write))
        for rules in layers
    ]
    backward = [
        fold(_summary(rules, "errors", "deltas"), backward_of(rules, shown[rules.n + 1], write))
        for rules in reversed(layers)
    ]
    parts = [
        f'<div class="nnref-explanation"><style>{STYLE}</style>',
        heading(explanation),
        scrolled(drawing_of(explanation)),
        _caption(explanation),
        _section("Forward", "from the inputs to the outputs"),
        *forward,
        _section("Backward", "how much higher or lower each output should be"),
        *backward,
        _section("Update", "how each weight moves, and why"),
        fold(
            "The network again, now with the changes: blue weights rise, orange weights fall",
            scrolled(drawing_of(explanation, "weight_changes")),
        ),
        *(
            _story(rules)
            + fold("Weight by weight", note(legend(rules)) + scrolled(grid_of(rules, shown, write)))
            for rules in layers
        ),
        "</div>",
    ]
    return "\n".join(parts)


def heading(explanation: Explanation) -> str:
    """Return the head of the page: what it is of, and by which rules."""
    listed = "".join(
        f"<span><i>{name}</i> {escaped(setting)}</span>"
        for name, setting in settings_of(explanation, number).items()
    )
    return (
        f'<p class="title">{title_of(explanation)} <i>the network itself is unchanged</i></p>'
        f'<p class="settings">{listed}</p>'
        f'<p class="rule">{with_code(rule_note(explanation))}</p>'
    )


def scrolled(content: str) -> str:
    """Return what can be moved sideways where it is too wide."""
    return f'<div class="scroll">{content}</div>'


def _caption(explanation: Explanation) -> str:
    text = (
        'Each line is a weight: <b class="positive">blue above 0</b>, <b class="negative">orange '
        "below</b>, and the wider the farther it is from 0. Each neuron shows its output and, "
        "below it, its error: ▲ the output should be higher, ▼ lower. Numbers are rounded. To see "
        "all digits, point at a number, a line or a neuron."
    )
    if any(layer.mask for layer in explanation.layers):
        text += " A pale neuron in a dashed circle is dropped: in this update it sends on 0."
    names = ["inputs", *(f"{layer.name} neurons" for layer in explanation.layers)]
    sizes = [len(explanation.inputs), *(len(layer.outputs) for layer in explanation.layers)]
    shown = shown_places(explanation, followed(explanation), DRAWN)
    folded = [
        f"{len(places)} of {size:,} {name}"
        for places, size, name in zip(shown, sizes, names, strict=True)
        if len(places) < size
    ]
    if folded:
        text += (
            f" The drawing is folded: it has {', '.join(folded)}. Of each folded layer it shows "
            "the neurons with the strongest outputs, the one with the largest error, and the one "
            "through which the error reaches the weight of the first layer that moves the most. "
            "From and to folded layers it shows the strongest lines, and those into this neuron."
        )
    return f'<p class="caption">{text}</p>'


def _section(title: str, what: str) -> str:
    return f'<p class="section"><b>{title}</b> {what}</p>'


def _summary(rules: LayerRules, *attributes: str) -> str:
    names = ", ".join(code(rules.layer.article_name(attribute)) for attribute in attributes)
    size = len(rules.layer.outputs)
    return f"{names} <i>of {size:,} neuron{'s' if size > 1 else ''}</i>"


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>{content}</details>"


def _unfolded(summary: str, content: str) -> str:
    return f'<details open=""><summary>{summary}</summary>{content}</details>'


def _story(rules: LayerRules) -> str:
    layer = rules.layer
    size = f"{len(layer.inputs):,} {TIMES} {len(layer.outputs):,}"
    return (
        f'<p class="matrix">{code(layer.article_name("weights"))} <i>{size}</i></p>'
        f"{formulas(rules.update())}{note(rules.update_note)}"
        f'<div class="story">{story_of(rules)}</div>'
    )


STYLE = """
.nnref-explanation {
  --blue: #1e7bd6; --orange: #c8600a; --line: rgba(128, 128, 128, 0.35);
  --letters: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  color: inherit; max-width: 62rem; font: 14px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; container-type: inline-size; overflow-wrap: break-word;
}
.nnref-explanation p { margin: 0.4em 0; font-size: inherit; }
.nnref-explanation i { font-style: normal; opacity: 0.7; }
.nnref-explanation :not(pre) > code {
  font: 0.92em var(--letters); color: inherit; background: none; border: 0; padding: 0;
}
.nnref-explanation .title { font-size: 1.3em; font-weight: 600; }
.nnref-explanation .title i { font-size: 0.7em; font-weight: 400; margin-left: 0.6em; }
.nnref-explanation .settings span { display: inline-block; margin-right: 1.4em; }
.nnref-explanation .caption, .nnref-explanation .rule {
  font-size: 0.92em; opacity: 0.85; max-width: 46rem;
}
.nnref-explanation .rule code { white-space: nowrap; }
.nnref-explanation .section {
  margin: 1.6em 0 0.4em; padding-bottom: 0.2em; border-bottom: 1px solid var(--line);
}
.nnref-explanation .section b { font-size: 1.15em; margin-right: 0.5em; }
/* The end of what is too wide fades, until it is moved into sight. */
@keyframes nnref-explanation-fade {
  from, 95% { mask-image: linear-gradient(to right, black calc(100% - 3em), transparent); }
  to { mask-image: none; }
}
.nnref-explanation .scroll {
  overflow-x: auto; animation: nnref-explanation-fade linear both;
  animation-timeline: scroll(self inline);
}
.nnref-explanation .positive { color: var(--blue); --tone: var(--blue); }
.nnref-explanation .negative { color: var(--orange); --tone: var(--orange); }
.nnref-explanation .zero { --tone: gray; }
.nnref-explanation details { margin: 0.5em 0; }
.nnref-explanation summary { cursor: pointer; padding: 0.15em 0; }
.nnref-explanation summary i { margin-left: 0.5em; }
.nnref-explanation .formulas {
  font: 0.92em/1.6 var(--letters); margin: 0.3em 0 0.6em 1.1em; padding-left: 0.8em;
  border-left: 3px solid var(--line);
}
.nnref-explanation .formulas span { display: block; padding-left: 1.5em; text-indent: -1.5em; }
.nnref-explanation .sums {
  display: grid; grid-template-columns: 13em 1fr; margin: 0 0 0.5em 1.1em; padding-left: 0.9em;
}
.nnref-explanation .sums span[title] { white-space: nowrap; }
.nnref-explanation .sums sub { font-size: 0.75em; line-height: 0; opacity: 0.7; }
.nnref-explanation .note { margin-left: 1.1em; max-width: 46rem; }
.nnref-explanation .matrix { margin-top: 1.2em; }
.nnref-explanation .matrix code { font-weight: 600; }
.nnref-explanation .gap { opacity: 0.7; }
.nnref-explanation .sums + .gap, .nnref-explanation .gap + .gap { margin: 0.3em 0 0.6em 2em; }
.nnref-explanation .story { margin: 0.6em 0 0.8em 1.1em; max-width: 46rem; }
.nnref-explanation .story ul { margin: 0.2em 0; padding-left: 1.4em; }
.nnref-explanation .grid {
  border-collapse: separate; border-spacing: 3px; margin: 0 0 0 1.1em; font-size: 0.92em; border: 0;
}
.nnref-explanation .grid tbody tr, .nnref-explanation .grid tbody tr:hover { background: none; }
.nnref-explanation .grid th {
  padding: 0.2em 0.6em; text-align: right; font-weight: 400; border: 0; background: none;
  white-space: nowrap;
}
.nnref-explanation .grid td {
  padding: 0.2em 0.6em; text-align: right; border: 0; color: inherit; border-radius: 4px;
  background: color-mix(in srgb, var(--tone) var(--tint), transparent);
}
.nnref-explanation .grid b, .nnref-explanation .grid i { display: block; }
.nnref-explanation .grid td b { color: inherit; }
.nnref-explanation svg { display: block; max-width: 100%; height: auto; }
.nnref-explanation svg text { fill: currentColor; text-anchor: middle; font-size: 12px; }
.nnref-explanation svg .heading { font-size: 14px; font-weight: 600; }
.nnref-explanation svg .name, .nnref-explanation svg .gap { opacity: 0.75; font-size: 10.5px; }
.nnref-explanation svg .name { font-family: var(--letters); }
.nnref-explanation svg .index { font-size: 9.5px; opacity: 0.7; }
.nnref-explanation svg .value { font-size: 12px; }
.nnref-explanation svg .error { fill: var(--tone); }
.nnref-explanation svg circle { fill: var(--tone); stroke: currentColor; stroke-opacity: 0.6; }
.nnref-explanation svg .wanted { fill: none; stroke: currentColor; stroke-dasharray: 3 3; }
.nnref-explanation svg .line { stroke: var(--tone); }
.nnref-explanation svg .wide { stroke: transparent; stroke-width: 12; pointer-events: stroke; }
.nnref-explanation svg .dropped { opacity: 0.45; }
.nnref-explanation svg .dropped circle { fill: none; stroke-dasharray: 3 3; }
.nnref-explanation svg .cut { stroke-opacity: 0.1; }
.nnref-explanation svg:has(.neuron:hover) .neuron:not(:hover) .line { stroke-opacity: 0.12; }
.nnref-explanation svg g:hover > .line { stroke-opacity: 1; }
@container (max-width: 36rem) {
  .nnref-explanation .sums { display: block; margin-left: 0; padding-left: 0.5em; }
  .nnref-explanation .sums > :nth-child(even) { padding-left: 1em; margin-bottom: 0.3em; }
  .nnref-explanation .sums > :nth-child(even) > span { display: block; }
  .nnref-explanation .formulas, .nnref-explanation .note, .nnref-explanation .story,
  .nnref-explanation .grid { margin-left: 0; }
}
"""
