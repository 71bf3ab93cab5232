import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import product

import pytest

from nnref import SGD, Adam, Momentum, NeuralNetwork
from nnref.explanation import Explanation
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
    for selectors in re.findall(r"([^{}]+){[^{}]*}", style.text):
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
        assert total.strip().lstrip("+") == python(number(explanation[attribute][int(index)]))
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
    numbers = [(layer.inputs[i], layer.weights[i][1]) for i in range(3)]
    terms = [f"{factor(x)} * {factor(w)}" for x, w in numbers]
    expected = f"= {' + '.join([factor(layer.biases[1]), *terms])} = {number(layer.signals[1])}"
    assert python(rows(page(explanation))["hidden_inputs[1]"]) == python(expected)


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
            for j, bias in enumerate(layer.biases):
                numbers = (bias, layer.bias_changes[j], layer.new_biases[j])
                assert text_of(next(fields)).startswith(shown_in_field(*numbers))
        for i, j in product(range(len(layer.inputs)), range(len(layer.outputs))):
            weight, change = layer.weights[i][j], layer.weight_changes[i][j]
            name = f"{layer.article_name('weights')}[{i}][{j}]"
            for drawing in drawings:
                assert f"{name} = {weight!r}, change {change!r}" in titles(drawing)
            field = next(fields)
            new = layer.new_weights[i][j]
            assert field.get("title") == f"{name} = {weight!r}, change {change!r}, new {new!r}"
            slots = "".join(number(slot[i][j]) for slot in layer.slots.values())
            assert text_of(field) == shown_in_field(weight, change, new) + slots
    assert next(fields, None) is None


def shown_in_field(weight: float, change: float, new: float) -> str:
    return number(weight) + ("+" if change > 0.0 else "") + number(change) + number(new)


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
        for j, error in enumerate(layer.errors):
            neuron = next(neurons)
            title = neuron.findtext("title")
            assert title is not None
            assert f"{layer.article_name('biases')}[{j}] = {layer.biases[j]!r}" in title
            assert f"{layer.article_name('deltas')}[{j}] = {layer.deltas[j]!r}" in title
            shown = text_of(with_class(neuron, "error")[0])
            assert shown == f"{'▲' if error > 0.0 else '▼'} {number(abs(error), digits=3)}"


LARGE = {"activation": "relu", "bias": True, "optimizer": "adam"}


@pytest.fixture(scope="module")
def large() -> Explanation:
    return explain(784, 200, 10, **LARGE)


def test_a_large_page_says_what_it_leaves_out(large: Explanation) -> None:
    element = page(large)
    assert len(large._repr_html_().encode()) < 200_000
    assert "6 of 784 inputs and 6 of 200 hidden neurons" in text_of(
        with_class(element, "caption")[0]
    )
    sizes = {"input": 784, "hidden": 200, "output": 10}
    for drawing in element.iter("svg"):
        left_out = 0
        for gap in with_class(drawing, "gap"):
            left_out += int(re.findall(r"\d+", text_of(gap))[0])
        indices = with_class(drawing, "index")
        assert left_out == 784 - 6 + 200 - 6
        assert len(indices) + left_out == sum(sizes.values())
        assert len(with_class(drawing, "line")) == 6 * 6 + 6 * 10


def test_a_large_layer_shows_its_ends_and_its_strongest_neurons(large: Explanation) -> None:
    strongest = sorted(range(784), key=lambda i: abs(large.inputs[i]))[-3:]
    drawing = next(page(large).iter("svg"))
    drawn = {title for title in titles(drawing) if title.startswith("inputs[")}
    assert drawn == {f"inputs[{i}] = {large.inputs[i]!r}" for i in (0, 1, 783, *strongest)}


def test_a_long_sum_shows_its_largest_terms_and_says_how_many_more(large: Explanation) -> None:
    written = rows(page(large))["hidden_inputs[0]"]
    layer = large.layers[0]
    products = [abs(x * row[0]) for x, row in zip(layer.inputs, layer.weights, strict=True)]
    largest = sorted(range(784), key=products.__getitem__, reverse=True)[:5]
    assert [int(i) for i in re.findall(r"\[(\d+)\]", written)] == largest
    assert "779 smaller terms" in written
    assert python(written).endswith(f"= {python(number(layer.signals[0]))}")


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
