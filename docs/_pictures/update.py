"""A picture for docs/article.md: one update taken apart, and one weight of it in both packages.

``python docs/_pictures/update.py`` writes ``docs/update.svg``. All numbers come from the packages,
and the network is drawn as `explain` draws it in a notebook. A test draws the picture again and
compares.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import nnfast
import nnref
from nnref.explanation import Explanation
from nnref.explanation.drawing import drawing_of
from nnref.explanation.markup import MINUS, TIMES, bracketed, colour, number

FILE = Path(__file__).parents[1] / "update.svg"

# The example that docs/article.md works out by hand.
SIZES, LR = (3, 2, 2), 0.3
WEIGHTS = [[[0.1, -0.2], [0.3, 0.4], [-0.5, 0.2]], [[0.2, -0.3], [0.1, 0.4]]]
INPUTS, TARGETS = [0.9, 0.1, 0.8], [0.01, 0.99]
# The weight that the picture follows.
FOLLOWED = "weights_input_hidden[0][0]"

# How wide the picture is, and the drawing in it.
WIDTH, DRAWN = 940, 640
# Three columns of text, and how far apart its lines are.
NAMES, SUMS, WORDS, LINE = 60, 136, 556, 27


def picture() -> str:
    """Return the picture as the text of an SVG file."""
    step = network_of(nnref).explain(INPUTS, TARGETS)
    drawing = drawing_of(step)
    own_width, own_height = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawing)[0])
    width, height = WIDTH, round(DRAWN * own_height / own_width)
    drawing = re.sub(
        '<svg (.*?) width="\\d+" style=".*?"',
        f'<svg x="{(WIDTH - DRAWN) // 2}" y="18" width="{DRAWN}" height="{height}" \\1',
        drawing,
    )
    drawing = drawing.replace(f"<g><title>{FOLLOWED} =", f'<g class="followed"><title>{FOLLOWED} =')
    heading = height + 62
    second = heading + 5 * LINE + 18
    lines = [line(heading + n * LINE, *texts) for n, texts in enumerate(reasons(step), start=1)]
    lines += [line(second + n * LINE, *texts) for n, texts in enumerate(results())]
    bottom = second + LINE + 28
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom}">
<title>One update of a 3-2-2 network, taken apart</title>
<style>{STYLE}</style>
<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{bottom - 1}" rx="10"/>
{drawing}
<path class="rule" d="M{NAMES} {heading - 34.5}H{width - NAMES}"/>
<path class="mark" d="M{NAMES} {heading - 5}h26"/>
<text class="question" x="{NAMES + 36}" y="{heading}">Why does this weight move?</text>
<path class="rule" d="M{NAMES} {second - 27.5}H{width - NAMES}"/>
{"".join(lines)}
</svg>
"""


def reasons(step: Explanation) -> Iterator[tuple[str, str, str]]:
    """Yield what moves the weight: a name, a sum, and the sum in words."""
    weights, errors = step["weights_hidden_output"][0], step["output_errors"]
    products = (
        f"{bracketed(w)} {TIMES} {bracketed(e)}" for w, e in zip(weights, errors, strict=True)
    )
    error, delta, move = (step[f"hidden_{name}"][0] for name in ("errors", "deltas", "steps"))
    output = number(step["hidden_outputs"][0])
    slope = f"{output} {TIMES} (1 {MINUS} {output})"
    old, new = step["weights_input_hidden"][0][0], step["new_weights_input_hidden"][0][0]
    sums = {
        "error": (" + ".join(products), error, "the output errors, back through the weights"),
        "delta": (f"{bracketed(error)} {TIMES} {slope}", delta, "times the slope of the sigmoid"),
        "step": (f"{number(LR)} {TIMES} {bracketed(delta)}", move, "times the learning rate"),
        "weight": (
            f"{number(old)} + {number(INPUTS[0])} {TIMES} {bracketed(move)}",
            new,
            "the old weight, plus the input times the step",
        ),
    }
    for name, (terms, result, words) in sums.items():
        yield name, f'{terms} = <tspan class="{colour(result)}">{number(result)}</tspan>', words


def results() -> Iterator[tuple[str, str, str]]:
    """Yield the weight that each package has after the update, in decimal and to the bit."""
    for package, words in (nnref, "in pure Python"), (nnfast, "compiled, and the same bits"):
        network = network_of(package)
        network.train(INPUTS, TARGETS)
        weight = float(network.weights_input_hidden[0][0])
        yield package.__name__, f"{weight!r} = {weight.hex()}", words


def network_of(package: ModuleType) -> Any:
    """Return the example's network, made by either package."""
    network = package.NeuralNetwork(*SIZES, LR)
    network.weights = WEIGHTS
    return network


def line(y: int, name: str, text: str, words: str) -> str:
    """Return a line of text: what is computed, how, and why."""
    return (
        f'<text class="of" x="{NAMES}" y="{y}">{name}</text>'
        f'<text class="sum" x="{SUMS}" y="{y}">{text}</text>'
        f'<text class="words" x="{WORDS}" y="{y}">{words}</text>'
    )


# For a light page and for a dark one. Only what every renderer of SVG knows: no variables.
STYLE = """
text { fill: #1f2328; font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
svg svg text { text-anchor: middle; font-size: 12px; }
svg .heading { font-size: 14px; font-weight: 600; }
.question { font-size: 15px; font-weight: 600; }
svg .index { font-size: 9.5px; opacity: 0.65; }
svg .name, .of, .sum {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
svg .name { font-size: 10.5px; opacity: 0.75; }
.of, .sum, .words { font-size: 14px; }
.of, .words { opacity: 0.75; }
.sum tspan { font-weight: 600; }
.card { fill: #ffffff; stroke: #d1d9e0; }
.rule { stroke: #d1d9e0; }
circle { stroke: #1f2328; stroke-opacity: 0.5; }
.wanted { fill: none; stroke: #1f2328; stroke-opacity: 0.6; stroke-dasharray: 3 3; }
.wide { stroke: none; }
.followed .wide, .mark { stroke: #ffd33d; stroke-opacity: 0.6; stroke-width: 16; }
.followed .wide { stroke-width: 12; }
circle.positive, text.positive, tspan.positive { fill: #1e7bd6; }
circle.negative, text.negative, tspan.negative { fill: #c8600a; }
path.positive { stroke: #1e7bd6; }
path.negative { stroke: #c8600a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .card { fill: #0d1117; stroke: #30363d; }
  .rule { stroke: #30363d; }
  circle, .wanted { stroke: #e6edf3; }
  .followed .wide, .mark { stroke-opacity: 0.4; }
  circle.positive, text.positive, tspan.positive { fill: #58a6ff; }
  circle.negative, text.negative, tspan.negative { fill: #f0883e; }
  path.positive { stroke: #58a6ff; }
  path.negative { stroke: #f0883e; }
}
"""

if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
