import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import pytest

from nnref import SGD, Adam, Momentum, NeuralNetwork
from nnref.explanation import Explanation, LayerExplanation
from nnref.explanation.columns import column
from nnref.explanation.markup import number, strength

SMALL = {
    "the article's": {},
    "gradient": {"hidden_error": "gradient"},
    "tanh and identity": {"activation": "tanh", "output_activation": "identity"},
    "identity": {"activation": "identity"},
    "relu and tanh": {"activation": "relu", "output_activation": "tanh"},
    "softmax": {"output_activation": "softmax"},
    "cross-entropy": {"loss": "cross_entropy"},
    "softmax and cross-entropy": {"output_activation": "softmax", "loss": "cross_entropy"},
    "exponential": {"output_activation": "exponential"},
    "exponential and poisson": {"output_activation": "exponential", "loss": "poisson"},
    "bias": {"bias": True},
    "weight decay": {"optimizer": SGD(weight_decay=0.1)},
    "momentum": {"optimizer": Momentum(nesterov=True, weight_decay=0.1), "bias": True},
    "adam": {"optimizer": Adam(), "bias": True},
}


def explain(
    inodes: int = 3, hnodes: int | list[int] = 3, onodes: int = 2, **options: object
) -> Explanation:
    """Explain an update of a network that has made one."""
    network = NeuralNetwork(inodes, hnodes, onodes, 0.3, **{"seed": 1, **options})
    inputs = [math.sin(i + 1.0) for i in range(inodes)]
    targets = [1.0] + [0.0] * (onodes - 1)
    network.train(inputs, targets)
    return network.explain(inputs, targets)


def page(explanation: Explanation) -> ET.Element:
    return ET.fromstring(explanation._repr_html_())


def text_of(element: ET.Element) -> str:
    return "".join(element.itertext())


def titles(element: ET.Element) -> set[str]:
    """Return all that an element shows where it is pointed at."""
    attributes = {part.attrib["title"] for part in element.iter() if "title" in part.attrib}
    return attributes | {part.text or "" for part in element.iter("title")}


def with_class(element: ET.Element, name: str) -> list[ET.Element]:
    return [part for part in element.iter() if name in part.get("class", "").split()]


def rows(element: ET.Element) -> dict[str, str]:
    """Return what is written out behind each name."""
    return {
        text_of(name): text_of(sums)
        for group in with_class(element, "sums")
        for name, sums in zip(list(group)[::2], list(group)[1::2], strict=True)
    }


def python(written: str) -> str:
    """Return a formula of the page as Python has it."""
    signs = {"\N{MULTIPLICATION SIGN}": "*", "\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": " "}
    for sign, in_ascii in signs.items():
        written = written.replace(sign, in_ascii)
    return written


def calculated(formula: str, **names: float) -> float:
    functions = {"exp": math.exp, "tanh": math.tanh, "max": max}
    functions["sigmoid"] = lambda x: 1 / (1 + math.exp(-x))
    return float(eval(formula, {"__builtins__": {}}, functions | names))


def story(element: ET.Element, n: int) -> str:
    return text_of(with_class(element, "story")[n])


@pytest.mark.parametrize("options", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("hnodes", [[], 3, [2, 3, 2]], ids=str)
def test_page_is_well_formed_and_stands_alone(
    hnodes: int | list[int], options: dict[str, object]
) -> None:
    explanation = explain(hnodes=hnodes, **options)
    html = explanation._repr_html_()
    element = ET.fromstring(html)
    assert element.get("class") == "nnref-explanation"
    assert not re.search(r"https?:|//|url\(|@import|<script|\bsrc=|\bhref=", html)
    # With an id, or a name, two of them on one page would meet.
    assert not [part for part in element.iter() if {"id", "name"} & set(part.attrib)]


def test_style_touches_nothing_else() -> None:
    style = page(explain()).find("style")
    assert style is not None
    assert style.text is not None
    # The steps of an animation are within its name.
    text = re.sub(r"@keyframes nnref-explanation-\w+ {([^{}]*{[^{}]*})*\s*}", "", style.text)
    for selectors in re.findall(r"([^{}]+){[^{}]*}", re.sub(r"/\*.*?\*/", "", text)):
        assert all(s.strip().startswith(".nnref-explanation") for s in selectors.split(","))


@pytest.mark.parametrize("options", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("hnodes", [[], 3, [2, 3, 2]], ids=str)
def test_what_is_written_out_comes_to_the_networks_numbers(
    hnodes: int | list[int], options: dict[str, object]
) -> None:
    explanation = explain(hnodes=hnodes, **options)
    written = rows(page(explanation))
    shared = {}
    if "s" in written:
        shared["s"] = calculated(python(written.pop("s")).removeprefix("="))
    for name, formula in written.items():
        attribute, index = name.rstrip("]").split("[")
        *sums, total = python(formula).removeprefix("=").split(" = ")
        values = explanation[attribute]
        assert total.strip().lstrip("+") == column(values, 4)(values[int(index)])
        for way in sums:
            assert calculated(way, **shared) == pytest.approx(float(total), rel=0.01, abs=1e-3)
    names = ["signals", "outputs", "errors", "deltas", "steps"]
    assert set(written) == {
        f"{layer.article_name(name)}[{j}]"
        for layer, name in product(explanation.layers, names)
        for j in range(len(layer.outputs))
    }


def test_a_sum_shows_the_bias_and_then_each_input_with_its_weight() -> None:
    explanation = explain(bias=True)
    layer = explanation.layers[0]
    bias, x, w = (in_brackets(y) for y in (both(layer, "biases"), layer.inputs, both(layer)))
    terms = [f"{x(layer.inputs[i])} * {w(layer.weights[i][1])}" for i in range(3)]
    total = column(layer.signals, 4)(layer.signals[1])
    expected = f"= {' + '.join([bias(layer.biases[1]), *terms])} = {total}"
    assert python(rows(page(explanation))["hidden_inputs[1]"]) == expected


def both(layer: LayerExplanation, name: str = "weights") -> list[float]:
    """Return a layer's weights or biases before the update and after it, which look alike."""
    rows = [*getattr(layer, name), *getattr(layer, f"new_{name}")]
    return [x for row in rows for x in (row if isinstance(row, list) else [row])]


def in_brackets(values: list[float]) -> Callable[[float], str]:
    write = column(values, 4)
    return lambda x: f"({write(x)})" if x < 0.0 else write(x)


def factor(x: float) -> str:
    return f"({number(x)})" if x < 0.0 else number(x)


@pytest.mark.parametrize("options", SMALL.values(), ids=SMALL)
def test_every_weight_of_a_small_network_is_a_line_and_a_field(options: dict[str, object]) -> None:
    explanation = explain(hnodes=[2, 3], **options)
    element = page(explanation)
    drawings = list(element.iter("svg"))
    fields = element.iter("td")
    assert len(drawings) == 2
    for layer in explanation.layers:
        if layer.biases:
            write = writers(layer, "biases", "bias_changes", layer.bias_slots)
            for j, bias in enumerate(layer.biases):
                numbers = [bias, layer.bias_changes[j], layer.new_biases[j]]
                numbers += [slot[j] for slot in layer.bias_slots.values()]
                assert python(text_of(next(fields))) == shown_in_field(numbers, write)
        write = writers(layer, "weights", "weight_changes", layer.slots)
        for i, j in product(range(len(layer.inputs)), range(len(layer.outputs))):
            weight, change = layer.weights[i][j], layer.weight_changes[i][j]
            name = f"{layer.article_name('weights')}[{i}][{j}]"
            for drawing in drawings:
                assert f"{name} = {weight!r}, change {change!r}" in titles(drawing)
            field = next(fields)
            new = layer.new_weights[i][j]
            assert field.get("title") == f"{name} = {weight!r}, change {change!r}, new {new!r}"
            numbers = [weight, change, new, *(slot[i][j] for slot in layer.slots.values())]
            assert python(text_of(field)) == shown_in_field(numbers, write)
    assert next(fields, None) is None


Writers = list[Callable[[float], str]]


def writers(layer: LayerExplanation, name: str, changes: str, slots: dict[str, Any]) -> Writers:
    """Return how the numbers of a field are written: before, change, after, and the slots."""
    matrices = [both(layer, name), getattr(layer, changes), both(layer, name), *slots.values()]
    return [
        column([x for row in matrix for x in (row if isinstance(row, list) else [row])], 4)
        for matrix in matrices
    ]


def shown_in_field(numbers: list[float], write: Writers) -> str:
    weight, change, *others = [one(x) for one, x in zip(write, numbers, strict=True)]
    return weight + ("+" if numbers[1] > 0.0 else "") + change + "".join(others)


@pytest.mark.parametrize(("old", "new"), [(0.9981, 1.00213), (1.00213, 0.9981)])
def test_a_weight_has_as_many_decimal_places_before_the_update_as_after_it(
    old: float, new: float
) -> None:
    explanation = explain(1, [], 1)
    odd = replace(explanation.layers[0], weights=[[old]], new_weights=[[new]])
    field = next(page(replace(explanation, layers=(odd,))).iter("td"))
    assert [field.text, field[0].tail] == [f"{old:.3f}", f"{new:.3f}"]


def test_lines_have_the_colour_and_the_width_of_their_weights() -> None:
    explanation = explain(4, 5, 3)
    for drawing, attribute in zip(
        page(explanation).iter("svg"), ["weights", "weight_changes"], strict=True
    ):
        lines = iter(with_class(drawing, "line"))
        for layer in explanation.layers:
            drawn = []
            for j, i in product(range(len(layer.outputs)), range(len(layer.inputs))):
                line, value = next(lines), getattr(layer, attribute)[i][j]
                assert line.get("class") == f"line {'positive' if value > 0.0 else 'negative'}"
                drawn.append((abs(value), float(line.attrib["stroke-width"])))
            widths = [width for _, width in sorted(drawn)]
            assert widths == sorted(widths)
            assert widths[0] < widths[-1] == 6.0


def test_a_neuron_shows_its_numbers_and_which_way_its_error_points() -> None:
    explanation = explain(bias=True)
    drawing = next(page(explanation).iter("svg"))
    assert {f"inputs[{i}] = {x!r}" for i, x in enumerate(explanation.inputs)} <= titles(drawing)
    assert {f"targets[{k}] = {t!r}" for k, t in enumerate(explanation.targets)} <= titles(drawing)
    neurons = iter(with_class(drawing, "neuron"))
    for layer in explanation.layers:
        write = column(layer.errors, 3)
        for j, error in enumerate(layer.errors):
            neuron = next(neurons)
            title = neuron.findtext("title")
            assert title is not None
            assert f"{layer.article_name('biases')}[{j}] = {layer.biases[j]!r}" in title
            assert f"{layer.article_name('deltas')}[{j}] = {layer.deltas[j]!r}" in title
            shown = text_of(with_class(neuron, "error")[0])
            assert shown == f"{'▲' if error > 0.0 else '▼'} {write(abs(error))}"


LARGE = {"activation": "relu", "bias": True, "optimizer": "adam"}


@pytest.fixture(scope="module")
def large() -> Explanation:
    return explain(784, 200, 10, **LARGE)


def way(explanation: Explanation) -> list[int]:
    """Return an input and a neuron of each layer: the way of the first layer's story."""
    told = story(page(explanation), 0)
    i, j = re.findall(r"weights_\w+\[(\d+)\]\[(\d+)\] moves the most", told)[0]
    return [int(i), int(j), *map(int, re.findall(r"comes from \w+ neuron (\d+)", told))]


def important(explanation: Explanation, n: int) -> list[int]:
    """Return the neurons that are shown of a large layer; layer 0 are the inputs."""

    def strongest(values: list[float], count: int) -> list[int]:
        return sorted(range(len(values)), key=lambda i: -abs(values[i]))[:count]

    if n == 0:
        return sorted({*strongest(explanation.inputs, 3), way(explanation)[0]})
    layer = explanation.layers[n - 1]
    return sorted({*strongest(layer.outputs, 2), *strongest(layer.errors, 1), way(explanation)[n]})


def test_a_large_page_says_what_it_leaves_out(large: Explanation) -> None:
    element = page(large)
    assert len(large._repr_html_().encode()) < 200_000
    counts = [len(important(large, n)) for n in range(3)]
    wanted = "it has {} of 784 inputs, {} of 200 hidden neurons, {} of 10 output neurons."
    assert wanted.format(*counts) in text_of(with_class(element, "caption")[0])
    for drawing in element.iter("svg"):
        gaps = [text_of(gap) for gap in with_class(drawing, "gap")]
        left_out = sum(int(gap.split()[1]) for gap in gaps if "more" in gap)
        indices = with_class(drawing, "index")
        assert len(indices) == sum(counts)
        assert len(indices) + left_out == 784 + 200 + 10
        said = [int(gap.split()[0]) for gap in gaps if gap.endswith(" lines")]
        assert sum(said) == len(with_class(drawing, "line"))
        assert max(said) <= 8 + max(counts)  # no ball of hair
        assert [gap for gap in gaps if gap.endswith(" of 156,800 lines")]


def test_a_large_layer_shows_what_is_strongest_and_the_way_of_the_story(large: Explanation) -> None:
    element = page(large)
    drawing = next(element.iter("svg"))
    drawn = {title for title in titles(drawing) if title.startswith("inputs[")}
    assert drawn == {f"inputs[{i}] = {large.inputs[i]!r}" for i in important(large, 0)}
    shown = [int(text_of(index).strip("[]")) for index in with_class(drawing, "index")]
    assert sorted(shown) == sorted(i for n in range(3) for i in important(large, n))
    places = {name for name in rows(element) if name.startswith("hidden_inputs[")}
    assert places == {f"hidden_inputs[{j}]" for j in important(large, 1)}


@pytest.mark.parametrize("seed", range(4))
def test_the_lines_drawn_are_the_strongest_and_those_into_the_neurons_on_the_way(seed: int) -> None:
    explanation = explain(20, 15, 8, seed=seed)
    for drawing, attribute in zip(
        page(explanation).iter("svg"), ["weights", "weight_changes"], strict=True
    ):
        drawn = {title.partition(" = ")[0] for title in titles(drawing) if "change" in title}
        wanted = set()
        for n, layer in enumerate(explanation.layers):
            values = getattr(layer, attribute)
            pairs = list(product(important(explanation, n), important(explanation, n + 1)))
            strongest = sorted(pairs, key=lambda pair: -abs(values[pair[0]][pair[1]]))[:8]
            into = {(i, j) for i, j in pairs if j == way(explanation)[n + 1]}
            wanted |= {f"{layer.article_name('weights')}[{i}][{j}]" for i, j in {*strongest, *into}}
        assert drawn == wanted


@pytest.mark.parametrize("neurons", [6, 7])
def test_six_neurons_are_drawn_and_seven_folded(neurons: int) -> None:
    drawing = next(page(explain(2, neurons, 1)).iter("svg"))
    assert bool(with_class(drawing, "gap")) is (neurons == 7)


def test_a_long_sum_shows_its_largest_terms_and_says_how_many_more(large: Explanation) -> None:
    j = important(large, 1)[0]
    written = rows(page(large))[f"hidden_inputs[{j}]"]
    layer = large.layers[0]
    products = [abs(x * row[j]) for x, row in zip(layer.inputs, layer.weights, strict=True)]
    largest = sorted(range(784), key=products.__getitem__, reverse=True)[:5]
    assert [int(i) for i in re.findall(r"\[(\d+)\]", written)] == largest
    assert "779 smaller terms" in written
    assert python(written).endswith(f"= {column(layer.signals, 4)(layer.signals[j])}")


@pytest.mark.parametrize("odd", [-0.0414, 1e300, -1e-300, -123456.0, -0.00123])
def test_a_circle_holds_every_number(odd: float) -> None:
    explanation = explain(activation="tanh")
    layer = explanation.layers[0]
    odd_layer = replace(layer, outputs=[odd, *layer.outputs[1:]])
    element = page(replace(explanation, layers=(odd_layer, explanation.layers[1])))
    for drawing in element.iter("svg"):
        for circle, text in zip(drawing.iter("circle"), with_class(drawing, "value"), strict=True):
            room = 2 * float(circle.attrib["r"]) - 6
            # A digit is up to 7.7 units wide where the letters have 12.
            width = float(text.get("textLength", 7.7 * len(text_of(text))))
            assert width <= room


def test_the_names_of_the_weights_do_not_touch() -> None:
    for drawing in page(explain(hnodes=[2, 2, 2])).iter("svg"):
        names = [
            (float(text.attrib["x"]), float(text.attrib["y"]), 6.4 * len(text_of(text)))
            for text in with_class(drawing, "name")
            if text_of(text).startswith("weight")
        ]
        assert len(names) == 4
        for (x, y, width), (other_x, other_y, other_width) in combinations(names, 2):
            assert abs(other_x - x) >= (width + other_width) / 2 or abs(other_y - y) >= 12


def test_small_networks_are_unfolded_and_large_ones_folded(large: Explanation) -> None:
    assert {part.get("open") for part in page(explain()).iter("details")} == {""}
    assert {part.get("open") for part in page(large).iter("details")} == {None}


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1e300, 5e-324, 0.0, -0.0])
def test_no_number_breaks_the_drawing(odd: float) -> None:
    explanation = explain(bias=True, optimizer="adam")
    layers = tuple(
        replace(
            layer,
            **{name: [odd, *getattr(layer, name)[1:]] for name in
               ("inputs", "biases", "signals", "outputs", "errors", "deltas", "steps",
                "bias_changes", "new_biases")},
            **{name: [[odd, *row[1:]] for row in getattr(layer, name)] for name in
               ("weights", "weight_changes", "new_weights")},
        )
        for layer in explanation.layers
    )  # fmt: skip
    element = page(replace(explanation, inputs=[odd] * 3, targets=[odd] * 2, layers=layers))
    for part in (part for drawing in element.iter("svg") for part in drawing.iter()):
        for name in set(part.attrib) & {"d", "x", "y", "cy", "r", "stroke-width", "fill-opacity"}:
            assert re.fullmatch(r"[MLH0-9. ]+", part.attrib[name])
    for field in element.iter("td"):
        assert re.fullmatch(r"--tint:\d+%", field.attrib["style"])


def test_names_are_escaped() -> None:
    explanation = explain()
    layers = [replace(layer, name="<i>&'\"") for layer in explanation.layers]
    odd = replace(explanation, loss_function="<b>&'\"", layers=(*layers,))
    assert "loss <b>&'\" = " in text_of(page(odd))
    assert "new_weights_input_<i>&'\"" in text_of(page(odd))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("hidden_error", ["split", "gradient"])
def test_story_tells_why_the_weight_moves_that_moves_most(seed: int, hidden_error: str) -> None:
    explanation = explain(hnodes=[4, 3], activation="tanh", seed=seed, hidden_error=hidden_error)
    element = page(explanation)
    for n, layer in enumerate(explanation.layers):
        places = product(range(len(layer.inputs)), range(len(layer.outputs)))
        i, j = max(places, key=lambda place: abs(layer.weight_changes[place[0]][place[1]]))
        change = layer.weight_changes[i][j]
        told = story(element, n)
        assert f"{layer.article_name('weights')}[{i}][{j}] moves the most: it " in told
        assert f"it {'rises' if change > 0.0 else 'falls'} from " in told
        raises = "raises" if layer.deltas[j] > 0.0 else "lowers"
        assert f"a {'larger' if change > 0.0 else 'smaller'} weight {raises} it" in told
        wanted = "higher" if layer.deltas[j] > 0.0 else "lower"
        assert f"The output of {layer.name} neuron {j} should be {wanted}" in told
        attribute = "errors" if hidden_error == "split" else "deltas"
        # From each layer to the next, through the largest part of the error.
        for before, after in zip(explanation.layers[n:], explanation.layers[n + 1 :], strict=False):
            sent = getattr(after, attribute)
            parts = [after.weights[j][k] * sent[k] for k in range(len(sent))]
            sign = math.copysign(1.0, before.errors[j])
            k = max(range(len(sent)), key=lambda k: sign * parts[k])
            wanted = "higher" if sent[k] > 0.0 else "lower"
            assert f"comes from {after.name} neuron {k}, whose output should be {wanted}" in told
            written = f"{factor(after.weights[j][k])} * {factor(sent[k])}"
            name = after.article_name(attribute)
            assert python(f"{name}[{k}] = {written}.") in python(told)
            j = k
        said, target = explanation.layers[-1].outputs[j], explanation.targets[j]
        assert f"gives {number(said)} and its target is {number(target)}" in told


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_story_says_that_an_optimizer_moves_the_weight_and_shows_what_it_keeps(
    optimizer: str,
) -> None:
    explanation = explain(optimizer=optimizer)
    told = story(page(explanation), 0)
    assert f"{optimizer.capitalize()} moves the weight by what it carries over from " in told
    for name, matrix in explanation.layers[0].slots.items():
        i, j = re.search(r"\[(\d)\]\[(\d)\]", told).groups()  # type: ignore[union-attr]
        kept = matrix[int(i)][int(j)]
        plus = "+" if kept > 0.0 else ""
        assert f"{name}_input_hidden[{i}][{j}], now {plus}{number(kept)}" in told


def test_story_says_that_weight_decay_shrinks_the_weight_too() -> None:
    told = story(page(explain(optimizer=SGD(weight_decay=0.1))), 0)
    assert "Weight decay shrinks the weight" in told


def test_story_of_an_example_that_does_not_pull() -> None:
    explanation = explain(optimizer="momentum")
    layer = replace(explanation.layers[0], deltas=[0.0, 0.0, 0.0])
    told = story(page(replace(explanation, layers=(layer, explanation.layers[1]))), 0)
    assert "This example pulls the weight neither way" in told
    assert "comes from" not in told


def test_story_of_weights_that_stay() -> None:
    explanation = explain()
    layer = replace(explanation.layers[0], weight_changes=[[0.0] * 3] * 3)
    told = story(page(replace(explanation, layers=(layer, explanation.layers[1]))), 0)
    assert told == "No weight of this layer moves."


def test_story_of_a_softmax_output_that_makes_way_for_the_others() -> None:
    explanation = explain(hnodes=[], output_activation="softmax")
    layer = explanation.layers[0]
    deltas = [-delta for delta in layer.deltas]
    told = story(page(replace(explanation, layers=(replace(layer, deltas=deltas),))), 0)
    assert "Its delta has the opposite sign" in told
    assert "opposite sign" not in story(page(explanation), 0)


@pytest.mark.parametrize(
    ("x", "largest", "expected"),
    [
        (1.0, 2.0, 0.5), (-1.0, 2.0, 0.5), (3.0, 2.0, 1.0), (0.0, 0.0, 0.0),
        (math.inf, 0.0, 1.0), (-math.inf, 2.0, 1.0), (math.nan, 2.0, 0.0),
    ],
)  # fmt: skip
def test_strength_is_from_0_to_1(x: float, largest: float, expected: float) -> None:
    assert strength(x, largest) == expected


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.123456, "0.1235"), (-0.5, "~0.5"), (1.5e-7, "1.5e~7"), (123456.0, "1.235e5"),
        (0.0, "0"), (-0.0, "0"), (math.nan, "nan"), (-math.inf, "~inf"),
    ],
)  # fmt: skip
def test_numbers_are_short_and_have_a_true_minus(x: float, text: str) -> None:
    assert number(x) == text.replace("~", "\N{MINUS SIGN}")
