"""An explanation as a page: the network drawn, and the arithmetic of its update written out.

The page is one element with its own style and without any script. It stands in a notebook, in a
documentation page or on its own, on a light or a dark ground: text takes the colour around it, and
the two colours for the signs can be read on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnref.common.types import Vector
from nnref.explanation.drawing import drawing_of
from nnref.explanation.folding import Gap, shown_places, with_gaps
from nnref.explanation.markup import (
    TIMES,
    code,
    colour,
    escaped,
    largest_finite,
    number,
    signed,
    signed_value,
    tint,
    value,
)
from nnref.explanation.rules import LayerRules, named, settings_of, title_of
from nnref.explanation.story import story_of
from nnref.explanation.sums import backward_of, formulas, forward_of, note

if TYPE_CHECKING:
    from nnref.explanation.update import Explanation

# A network of up to this many weights is unfolded from the start.
UNFOLDED = 40


def page_of(explanation: Explanation) -> str:
    """Return the HTML element that shows an explanation; it is well-formed XML too."""
    shown = [shown_places(outputs) for outputs in _all_outputs(explanation)]
    layers = [LayerRules(explanation, n) for n in range(len(explanation.layers))]
    weights = sum(len(layer.inputs) * len(layer.outputs) for layer in explanation.layers)
    fold = _folded if weights > UNFOLDED else _unfolded
    forward = [
        fold(_summary(rules, "signals", "outputs"), forward_of(rules, shown[rules.n + 1]))
        for rules in layers
    ]
    backward = [
        fold(_summary(rules, "errors", "deltas"), backward_of(rules, shown[rules.n + 1]))
        for rules in reversed(layers)
    ]
    parts = [
        f'<div class="nnref-explanation"><style>{STYLE}</style>',
        _heading(explanation),
        _scrolled(drawing_of(explanation, shown)),
        _caption(explanation, shown),
        _section("Forward", "from the inputs to the outputs"),
        *forward,
        _section("Backward", "how much higher or lower each output should be"),
        *backward,
        _section("Update", "how each weight moves, and why"),
        fold(
            "The network again, now with the changes: blue weights rise, orange weights fall",
            _scrolled(drawing_of(explanation, shown, "weight_changes")),
        ),
        *(_story(rules) + fold("Weight by weight", _grid(rules, shown)) for rules in layers),
        "</div>",
    ]
    return "\n".join(parts)


def _all_outputs(explanation: Explanation) -> list[Vector]:
    """Return the outputs of every layer, the inputs first."""
    return [explanation.inputs, *(layer.outputs for layer in explanation.layers)]


# The head of the page.


def _heading(explanation: Explanation) -> str:
    listed = "".join(
        f"<span><i>{name}</i> {escaped(setting)}</span>"
        for name, setting in settings_of(explanation, number).items()
    )
    return (
        f'<p class="title">{title_of(explanation)} <i>the network itself is unchanged</i></p>'
        f'<p class="settings">{listed}</p>'
    )


def _caption(explanation: Explanation, shown: list[list[int]]) -> str:
    text = (
        'Each line is a weight: <b class="positive">blue above 0</b>, <b class="negative">orange '
        "below</b>, and the wider the farther it is from 0. Each neuron shows its output and, "
        "below it, its error: ▲ the output should be higher, ▼ lower. Numbers are rounded. To see "
        "all digits, point at a number, a line or a neuron."
    )
    if any(layer.mask for layer in explanation.layers):
        text += " A pale neuron in a dashed circle is dropped: in this update it sends on 0."
    names = ["inputs", *(f"{layer.name} neurons" for layer in explanation.layers)]
    sizes = [len(values) for values in _all_outputs(explanation)]
    folded = [
        f"{len(places)} of {size:,} {name}"
        for places, size, name in zip(shown, sizes, names, strict=True)
        if len(places) < size
    ]
    if folded:
        text += (
            f" The drawing shows {' and '.join(folded)}, and only the lines between those: the "
            "first ones, the last, and the ones with the strongest outputs."
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


def _scrolled(content: str) -> str:
    return f'<div class="scroll">{content}</div>'


# The weights: why one moved, and a table of them.


def _story(rules: LayerRules) -> str:
    layer = rules.layer
    size = f"{len(layer.inputs):,} {TIMES} {len(layer.outputs):,}"
    return (
        f'<p class="matrix">{code(layer.article_name("weights"))} <i>{size}</i></p>'
        f"{formulas(rules.update())}{note(rules.update_note)}"
        f'<div class="story">{story_of(rules)}</div>'
    )


def _grid(rules: LayerRules, shown: list[list[int]]) -> str:
    """Return a row of fields for each input that is shown, and one for the bias."""
    layer = rules.layer
    legend = "In each field: the weight, its change, the new weight"
    if layer.slots:
        legend += f"; and what the optimizer keeps: {', '.join(map(escaped, layer.slots))}"
    matrices = [layer.weights, layer.weight_changes, layer.new_weights, *layer.slots.values()]
    columns = with_gaps(shown[rules.n + 1], len(layer.outputs))
    rows = [_grid_head(rules, columns)]
    largest = largest_finite([change for row in layer.weight_changes for change in row])
    if layer.biases:
        numbers = [layer.biases, layer.bias_changes, layer.new_biases, *layer.bias_slots.values()]
        fields = _fields(layer.article_name("biases"), numbers, columns, largest)
        rows.append(f"<tr><th>bias<br/>1</th>{fields}</tr>")
    for i in with_gaps(shown[rules.n], len(layer.inputs)):
        if isinstance(i, Gap):
            rows.append(f'<tr><th class="gap">⋮ {i.neurons:,} more</th></tr>')
            continue
        numbers = [matrix[i] for matrix in matrices]
        fields = _fields(named(layer, "weights", i), numbers, columns, largest)
        head = f"{code(named(layer, 'inputs', i))}<br/>{value(layer.inputs[i])}"
        rows.append(f"<tr><th>{head}</th>{fields}</tr>")
    return _scrolled(f'<p class="caption">{legend}.</p><table class="grid">{"".join(rows)}</table>')


def _grid_head(rules: LayerRules, columns: list[int | Gap]) -> str:
    layer = rules.layer
    heads = [
        f'<th class="gap">… {j.neurons:,} more</th>'
        if isinstance(j, Gap)
        else f"<th>{code(named(layer, 'steps', j))}<br/>{signed_value(layer.steps[j])}</th>"
        for j in columns
    ]
    return f"<tr><th></th>{''.join(heads)}</tr>"


def _fields(name: str, numbers: list[Vector], columns: list[int | Gap], largest: float) -> str:
    """Return the fields of a row of weights, on a ground in the colour of their changes."""
    return "".join(
        "<td></td>"
        if isinstance(j, Gap)
        else _field(f"{name}[{j}]", [vector[j] for vector in numbers], largest)
        for j in columns
    )


def _field(name: str, numbers: Vector, largest: float) -> str:
    weight, change, new, *slots = numbers
    title = f"{name} = {weight!r}, change {change!r}, new {new!r}"
    kept = "".join(f"<i>{number(slot)}</i>" for slot in slots)
    return (
        f'<td class="{colour(change)}" style="{tint(change, largest)}" title="{escaped(title)}">'
        f"{number(weight)}<b>{signed(change)}</b>{number(new)}{kept}</td>"
    )


STYLE = """
.nnref-explanation {
  --blue: #1e7bd6; --orange: #c8600a; --line: rgba(128, 128, 128, 0.35);
  --letters: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  color: inherit; max-width: 62rem; font: 14px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
.nnref-explanation p { margin: 0.4em 0; font-size: inherit; }
.nnref-explanation i { font-style: normal; opacity: 0.7; }
.nnref-explanation :not(pre) > code {
  font: 0.92em var(--letters); color: inherit; background: none; border: 0; padding: 0;
}
.nnref-explanation .title { font-size: 1.3em; font-weight: 600; }
.nnref-explanation .title i { font-size: 0.7em; font-weight: 400; margin-left: 0.6em; }
.nnref-explanation .settings span { display: inline-block; margin-right: 1.4em; }
.nnref-explanation .caption { font-size: 0.92em; opacity: 0.85; max-width: 46rem; }
.nnref-explanation .section {
  margin: 1.6em 0 0.4em; padding-bottom: 0.2em; border-bottom: 1px solid var(--line);
}
.nnref-explanation .section b { font-size: 1.15em; margin-right: 0.5em; }
.nnref-explanation .scroll { overflow-x: auto; }
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
.nnref-explanation svg text { fill: currentColor; text-anchor: middle; font-size: 11px; }
.nnref-explanation svg .heading { font-size: 14px; font-weight: 600; }
.nnref-explanation svg .name, .nnref-explanation svg .gap { opacity: 0.75; font-size: 10px; }
.nnref-explanation svg .name { font-family: var(--letters); }
.nnref-explanation svg .index { font-size: 9px; opacity: 0.7; }
.nnref-explanation svg .value { font-size: 11.5px; }
.nnref-explanation svg .error { fill: var(--tone); }
.nnref-explanation svg circle { fill: var(--tone); stroke: currentColor; stroke-opacity: 0.6; }
.nnref-explanation svg .wanted { fill: none; stroke: currentColor; stroke-dasharray: 3 3; }
.nnref-explanation svg .line { stroke: var(--tone); stroke-opacity: 0.75; }
.nnref-explanation svg .wide { stroke: transparent; stroke-width: 12; pointer-events: stroke; }
.nnref-explanation svg .dropped { opacity: 0.45; }
.nnref-explanation svg .dropped circle { fill: none; stroke-dasharray: 3 3; }
.nnref-explanation svg .cut { stroke-opacity: 0.1; }
.nnref-explanation svg:has(.neuron:hover) .neuron:not(:hover) .line { stroke-opacity: 0.12; }
.nnref-explanation svg g:hover > .line { stroke-opacity: 1; }
"""
