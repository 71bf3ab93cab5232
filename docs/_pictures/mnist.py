"""The curve of docs/mnist.md: test errors against minutes of training.

``python docs/_pictures/mnist.py`` draws ``docs/mnist.svg`` from ``mnist.json`` beside it, where the
page says how that was measured. A test draws it again and compares.
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

FILE = Path(__file__).parents[1] / "mnist.svg"
MEASURED = Path(__file__).with_suffix(".json")

WIDTH, HEIGHT = 940, 440
LEFT, RIGHT, TOP, BOTTOM = 76, 900, 56, 384
LEGEND, LINE = 560, 26
# Errors in per cent, on a logarithmic scale.
MOST, FEWEST = 3.0, 0.3
TICKS = (3, 2, 1, 0.7, 0.5, 0.4, 0.3)
AIM = 0.5

STYLE = """
text { fill: #1f2328; font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
  font-size: 14px; }
.title { font-size: 15px; font-weight: 600; }
.tick { opacity: 0.75; }
.up { text-anchor: end; }
.middle { text-anchor: middle; }
.card { fill: #ffffff; stroke: #d1d9e0; }
.rule { stroke: #d1d9e0; }
.aim { stroke: #1f2328; stroke-dasharray: 5 4; stroke-opacity: 0.6; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.nnfast { stroke: #1e7bd6; }
.PyTorch { stroke: #c8600a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .card { fill: #0d1117; stroke: #30363d; }
  .rule { stroke: #30363d; }
  .aim { stroke: #e6edf3; }
  .nnfast { stroke: #58a6ff; }
  .PyTorch { stroke: #f0883e; }
}
"""

Curve = tuple[float, Sequence[float]]
"""Seconds of training, and the test accuracy after each epoch."""


def picture() -> str:
    """Return the picture as the text of an SVG file."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    curves = {name: (run["seconds"], run["accuracy_per_epoch"]) for name, run in measured.items()}
    longest = max(seconds for seconds, _ in curves.values()) / 60
    # The last is drawn first, and so lies below.
    lines = [drawn(name, curve, longest) for name, curve in [*curves.items()][::-1]]
    names = [legend(n, name, curve) for n, (name, curve) in enumerate(curves.items(), start=1)]
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">
<title>Errors on MNIST's test images against minutes of training</title>
<style>{STYLE}</style>
<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="10"/>
<text class="title" x="{LEFT}" y="34">Test images read wrongly, in per cent</text>
{"".join(axes(longest))}
{"".join(lines + names)}
</svg>
"""


def axes(longest: float) -> Iterator[str]:
    """Yield the lines and numbers of both axes."""
    for percent in TICKS:
        y = height_of(percent)
        kind = "aim" if percent == AIM else "rule"
        yield f'<path class="{kind}" d="M{LEFT} {y}H{RIGHT}"/>\n'
        yield f'<text class="tick up" x="{LEFT - 10}" y="{y + 5:.1f}">{percent}</text>\n'
    step = next(step for step in (1, 2, 5, 10, 20) if longest / step <= 10)
    for minutes in range(0, math.floor(longest) + 1, step):
        x = place_of(minutes, longest)
        yield f'<text class="tick middle" x="{x}" y="{BOTTOM + 24}">{minutes}</text>\n'
    middle = (LEFT + RIGHT) / 2
    yield f'<text class="tick middle" x="{middle}" y="{BOTTOM + 44}">minutes of training</text>'


def drawn(name: str, curve: Curve, longest: float) -> str:
    """Return a curve."""
    seconds, scores = curve
    points = []
    for epoch, score in enumerate(scores, start=1):
        percent = 100 * (1 - score)
        if percent <= MOST:
            minutes = seconds / 60 * epoch / len(scores)
            points.append(f"{place_of(minutes, longest)},{height_of(percent)}")
    return f'<polyline class="curve {name}" points="{" ".join(points)}"/>\n'


def legend(n: int, name: str, curve: Curve) -> str:
    """Return the n-th name, and how far its curve comes."""
    seconds, scores = curve
    y = TOP + 66 + n * LINE
    return (
        f'<path class="curve {name}" d="M{LEGEND} {y - 5}h26"/>\n'
        f'<text x="{LEGEND + 36}" y="{y}">{name}: {100 * (1 - scores[-1]):.2f} after '
        f"{len(scores)} epochs, {seconds / 60:.0f} minutes</text>\n"
    )


def place_of(minutes: float, longest: float) -> float:
    """Return how far to the right minutes stand."""
    return round(LEFT + (RIGHT - LEFT) * minutes / longest, 1)


def height_of(percent: float) -> float:
    """Return how far down a percentage of errors stands."""
    share = math.log(percent / MOST) / math.log(FEWEST / MOST)
    return round(TOP + (BOTTOM - TOP) * share, 1)


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
