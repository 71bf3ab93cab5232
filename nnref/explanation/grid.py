"""A layer's weights as a table: a row for each input and a column for each neuron."""

from __future__ import annotations

from nnref.common.types import Vector
from nnref.explanation.columns import Writer
from nnref.explanation.folding import Gap, with_gaps, with_rest
from nnref.explanation.markup import (
    Columns,
    code,
    colour,
    escaped,
    largest_finite,
    signed,
    signed_value,
    tint,
    value,
)
from nnref.explanation.rules import LayerRules, named

Field = tuple[Vector, Writer]
"""Numbers that are shown at the same place in the fields of a row, and how they are written."""

# How wide the parts of a brief table are, about, as multiples of the size of its letters.
HEAD, FIELD, GAP = 4.5, 6.8, 4.5


def legend(rules: LayerRules) -> str:
    """Return what a field of the table shows."""
    text = "In each field: the weight, its change, the new weight"
    if rules.layer.slots:
        text += f"; and what the optimizer keeps: {', '.join(map(escaped, rules.layer.slots))}"
    return f"{text}."


def grid_of(
    rules: LayerRules, shown: list[list[int]], write: Columns, is_brief: bool = False
) -> str:
    """Return the table of a layer's weights, as HTML.

    Parameters
    ----------
    rules : LayerRules
        The layer.
    shown : list of list of int
        Which neurons of each layer are shown, the inputs first.
    write : Columns
    is_brief : bool
        Whether the heads are indices alone, without names and numbers, and what is left out is
        counted at the end.
    """
    layer, folded = rules.layer, with_rest if is_brief else with_gaps
    columns = folded(shown[rules.n + 1], len(layer.outputs))
    rows = [_head(rules, columns, write, is_brief)]
    largest = largest_finite([change for row in layer.weight_changes for change in row])
    matrices = {
        name: getattr(layer, name) for name in ("weights", "weight_changes", "new_weights")
    } | layer.slots
    if layer.biases:
        vectors = {name: getattr(layer, name) for name in ("biases", "bias_changes", "new_biases")}
        vectors |= {f"bias_{name}": vector for name, vector in layer.bias_slots.items()}
        numbers = [(vector, write(layer, name)) for name, vector in vectors.items()]
        fields = _fields(layer.article_name("biases"), numbers, columns, largest)
        rows.append(f"<tr><th>bias{'' if is_brief else '<br/>1'}</th>{fields}</tr>")
    for i in folded(shown[rules.n], len(layer.inputs)):
        if isinstance(i, Gap):
            rows.append(f'<tr><th class="gap">⋮ {i.neurons:,} more</th></tr>')
            continue
        numbers = [(matrix[i], write(layer, name)) for name, matrix in matrices.items()]
        fields = _fields(named(layer, "weights", i), numbers, columns, largest)
        head = f"{code(named(layer, 'inputs', i))}<br/>"
        head += value(layer.inputs[i], write(layer, "inputs"))
        rows.append(f"<tr><th>{code(f'[{i}]') if is_brief else head}</th>{fields}</tr>")
    width = HEAD + sum(GAP if isinstance(j, Gap) else FIELD for j in columns)
    return f'<table class="grid" style="--width:{width:g}">{"".join(rows)}</table>'


def _head(rules: LayerRules, columns: list[int | Gap], write: Columns, is_brief: bool) -> str:
    layer = rules.layer
    heads = []
    for j in columns:
        if isinstance(j, Gap):
            rest = f"{j.neurons:,}" if is_brief else f"{j.neurons:,} more"
            heads.append(f'<th class="gap">… {rest}</th>')
        elif is_brief:
            heads.append(f"<th>{code(f'[{j}]')}</th>")
        else:
            step = signed_value(layer.steps[j], write(layer, "steps"))
            heads.append(f"<th>{code(named(layer, 'steps', j))}<br/>{step}</th>")
    return f"<tr><th></th>{''.join(heads)}</tr>"


def _fields(name: str, numbers: list[Field], columns: list[int | Gap], largest: float) -> str:
    """Return the fields of a row of weights, on a ground in the colour of their changes."""
    return "".join(
        "<td></td>"
        if isinstance(j, Gap)
        else _field(f"{name}[{j}]", [(vector[j], write) for vector, write in numbers], largest)
        for j in columns
    )


def _field(name: str, numbers: list[tuple[float, Writer]], largest: float) -> str:
    (weight, _), (change, write_change), (new, _), *slots = numbers
    title = f"{name} = {weight!r}, change {change!r}, new {new!r}"
    weight_text, _, new_text = (write(x) for x, write in numbers[:3])
    kept = "".join(f"<i>{write(x)}</i>" for x, write in slots)
    return (
        f'<td class="{colour(change)}" style="{tint(change, largest)}" title="{escaped(title)}">'
        f"{weight_text}<b>{signed(change, write_change)}</b>{new_text}{kept}</td>"
    )
