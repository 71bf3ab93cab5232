"""An explanation as a readable text: the way forward, the way back, and what moves.

A layer of more neurons, or a matrix of more weights, than fit on a screen is folded: the text says
how many are left out, between which numbers they lie, and which are shown.
"""

import math
from collections.abc import Iterator

from nnref.explanation import Explanation, LayerExplanation

# What is shown of a large layer, of a long sum and of a large matrix; a little more is not folded.
NEURONS, SUMS, TERMS, WEIGHTS = 8, 4, 4, 8
NEURONS_UNFOLDED, TERMS_UNFOLDED, WEIGHTS_UNFOLDED = 12, 6, 24

SLOPES = {
    "sigmoid": "output * (1 - output)",
    "tanh": "1 - output * output",
    "relu": "1 where the output is above 0, else 0",
    "softmax": "for softmax, output * (error - the sum of all output * error)",
    "identity": "1",
}


def text_of(explanation: Explanation) -> str:
    """Return the text that an Explanation prints as."""
    lines = [*_heading(explanation), "", "FORWARD"]
    for layer in explanation.layers:
        lines += ["", *_forward(layer)]
    lines += ["", "BACKWARD"]
    for place in reversed(range(len(explanation.layers))):
        lines += ["", *_backward(explanation, place)]
    lines += ["", "UPDATE"]
    for layer in explanation.layers:
        lines += ["", *_update(explanation, layer)]
    return "\n".join(lines)


def sizes_of(explanation: Explanation) -> str:
    """Return the network's layer sizes as 784-200-10."""
    widths = [len(explanation.inputs), *(len(layer.outputs) for layer in explanation.layers)]
    return "-".join(map(str, widths))


def number(value: float) -> str:
    """Return a number as it is shown: six significant digits."""
    return f"{value:.6g}"


def largest_first(values: list[float]) -> list[int]:
    """Return the places of values by their magnitude, the largest first and NaNs before all."""
    return sorted(
        range(len(values)),
        key=lambda place: math.inf if math.isnan(values[place]) else abs(values[place]),
        reverse=True,
    )


def weight_path(layer: LayerExplanation, i: int, j: int) -> str:
    """Return a weight's name, as weights_input_hidden[i][j]."""
    return f"{layer.article_name('weights')}[{i}][{j}]"


def delta_rule(explanation: Explanation, layer: LayerExplanation) -> str:
    """Return in words how the deltas of a layer come from its errors."""
    errors, deltas = layer.article_name("errors"), layer.article_name("deltas")
    if layer.name == "output" and explanation.loss_function == "cross_entropy":
        if layer.activation == "sigmoid":
            return f"{deltas} = {errors}: in the cross-entropy the slope of the sigmoid cancels"
        return f"{deltas} = targets - final_outputs * the sum of the targets: the slope cancels"
    if layer.activation == "softmax":
        return f"{deltas}: {SLOPES['softmax']}"
    return f"{deltas} = {errors} * the slope of {layer.activation}, {SLOPES[layer.activation]}"


def step_rule(explanation: Explanation, layer: LayerExplanation) -> str:
    """Return in words how the steps of a layer come from its deltas."""
    deltas, steps = layer.article_name("deltas"), layer.article_name("steps")
    if explanation.optimizer.name == "sgd":
        return f"{steps} = lr * {deltas}"
    return f"{steps} = {deltas}: the learning rate is applied by {explanation.optimizer.name}"


def move_rule(explanation: Explanation, layer: LayerExplanation) -> str:
    """Return in words how the weights of a layer move."""
    steps, weights = layer.article_name("steps"), layer.article_name("weights")
    flow = f"{source_name(layer)}[i] * {steps}[j]"
    optimizer = explanation.optimizer
    if optimizer.name != "sgd":
        less = f" - weight_decay * {weights}[i][j]" if optimizer.weight_decay else ""
        return f"{weights}[i][j] is moved by {optimizer.name}, with the direction {flow}{less}"
    if optimizer.weight_decay != 0.0:
        return f"{weights}[i][j] shrinks by the factor 1 - lr * weight_decay, and moves by {flow}"
    return f"{weights}[i][j] moves by {flow}"


def source_name(layer: LayerExplanation) -> str:
    """Return the article's name for what flows into a layer."""
    return "inputs" if layer.before == "input" else f"{layer.before}_outputs"


def _heading(explanation: Explanation) -> list[str]:
    activations = ", ".join(layer.activation for layer in explanation.layers)
    return [
        f"One update of a {sizes_of(explanation)} network, taken apart. Nothing was changed.",
        f"Activations {activations}; loss {explanation.loss_function}, here "
        f"{number(explanation.loss)};",
        f"lr {explanation.lr:g}; hidden_error {explanation.hidden_error}; "
        f"optimizer {explanation.optimizer}",
    ]


def _forward(layer: LayerExplanation) -> Iterator[str]:
    signals, outputs = layer.article_name("signals"), layer.article_name("outputs")
    yield f"{signals} = {source_name(layer)} @ {layer.article_name('weights')}" + (
        f" + {layer.article_name('biases')}" if layer.biases else ""
    )
    yield f"{outputs} = {layer.activation}({signals})"
    yield from _table({signals: layer.signals, outputs: layer.outputs})
    for j in _written_out(len(layer.signals)):
        yield f"  {signals}[{j}] = {_sum_of(layer, j)}"


def _sum_of(layer: LayerExplanation, j: int) -> str:
    """Return the weighted sum behind a signal with its numbers."""
    factors = [(x, row[j]) for x, row in zip(layer.inputs, layer.weights, strict=True)]
    start = [number(layer.biases[j])] if layer.biases else []
    return f"{_products(factors, start)} = {number(layer.signals[j])}"


def _products(factors: list[tuple[float, float]], start: list[str]) -> str:
    """Return a sum of products written out; of a long one the largest terms."""
    places, rest = list(range(len(factors))), 0
    if len(factors) > TERMS_UNFOLDED:
        places = sorted(largest_first([x * w for x, w in factors])[:TERMS])
        rest = len(factors) - TERMS
    terms = [f"{number(factors[i][0])} * {number(factors[i][1])}" for i in places]
    if rest:
        terms.append(f"({rest} smaller terms)")
    return " + ".join([*start, *terms])


def _backward(explanation: Explanation, place: int) -> Iterator[str]:
    layer = explanation.layers[place]
    errors = layer.article_name("errors")
    columns = {errors: layer.errors}
    if layer.name == "output":
        yield f"{errors} = targets - final_outputs"
        columns = {"targets": explanation.targets} | columns
    else:
        after = explanation.layers[place + 1]
        sent_back = "errors" if explanation.hidden_error == "split" else "deltas"
        yield f"{errors} = {after.article_name('weights')} @ {after.article_name(sent_back)}"
    yield delta_rule(explanation, layer)
    yield step_rule(explanation, layer)
    yield from _table(
        columns
        | {
            layer.article_name("deltas"): layer.deltas,
            layer.article_name("steps"): layer.steps,
        }
    )
    if layer.name != "output":
        for j in _written_out(len(layer.errors)):
            factors = list(zip(after.weights[j], getattr(after, sent_back), strict=True))
            yield f"  {errors}[{j}] = {_products(factors, [])} = {number(layer.errors[j])}"


def _update(explanation: Explanation, layer: LayerExplanation) -> Iterator[str]:
    yield move_rule(explanation, layer)
    cells = [(i, j) for i in range(len(layer.inputs)) for j in range(len(layer.outputs))]
    changes = [layer.weight_changes[i][j] for i, j in cells]
    shown = cells
    if len(cells) > WEIGHTS_UNFOLDED:
        shown = [cells[place] for place in largest_first(changes)[:WEIGHTS]]
        yield (
            f"  {len(cells)} weights, whose changes are {_range_of(changes)}; "
            f"the {WEIGHTS} largest:"
        )
    columns = {
        "weight": layer.weights,
        "change": layer.weight_changes,
        "new weight": layer.new_weights,
        **layer.slots,
    }
    rows = [
        [weight_path(layer, i, j), *(number(matrix[i][j]) for matrix in columns.values())]
        for i, j in shown
    ]
    yield from _aligned(["", *columns], rows)
    if layer.biases:
        yield f"{layer.article_name('biases')}[j] likewise, with an input of 1" + (
            " and without weight_decay" if explanation.optimizer.weight_decay else ""
        )
        names = ("biases", "bias_changes", "new_biases")
        vectors = {layer.article_name(name): getattr(layer, name) for name in names}
        slots = {layer.article_name(f"bias_{name}"): v for name, v in layer.bias_slots.items()}
        yield from _table(vectors | slots)


def _written_out(neurons: int) -> range:
    """Return the neurons whose sums are written out: in a larger layer the first, for example."""
    return range(neurons if neurons <= SUMS else 1)


def _table(columns: dict[str, list[float]]) -> Iterator[str]:
    """Return a row for each neuron, those of a large layer folded."""
    neurons = len(next(iter(columns.values())))
    shown = range(neurons if neurons <= NEURONS_UNFOLDED else NEURONS)
    rows = [[str(j), *(number(values[j]) for values in columns.values())] for j in shown]
    yield from _aligned(["neuron", *columns], rows)
    if len(shown) < neurons:
        between = "; ".join(f"{name} {_range_of(values)}" for name, values in columns.items())
        yield f"  ... {neurons - len(shown)} more neurons. In all {neurons}: {between}"


def _range_of(values: list[float]) -> str:
    """Return between which numbers values lie, as "from 0.1 to 0.7"."""
    numbers = [value for value in values if not math.isnan(value)]
    if not numbers:
        return "all nan"
    text = f"from {number(min(numbers))} to {number(max(numbers))}"
    return text if len(numbers) == len(values) else f"{text}, or nan"


def _aligned(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    first, *rest = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in [heads, *rows]:
        cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], rest, strict=True)]
        yield "  ".join([f"  {row[0]:<{first}}", *cells])
