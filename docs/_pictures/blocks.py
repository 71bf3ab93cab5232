"""The picture of docs/blocks.md: what a block of examples reads and writes, in three stages.

``python docs/_pictures/blocks.py`` writes ``docs/blocks.svg``. A test draws it again and compares.
"""

from pathlib import Path

FILE = Path(__file__).parents[1] / "blocks.svg"

# A block has four examples here, and the example that takes its turn is the third of them.
EXAMPLES, TURN = 4, 2
CELL = 20
# How many cells the inputs and the hidden neurons take up.
INPUTS, NEURONS = 6, 4

STYLE = """
text { fill: #1f2328; font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
  font-size: 14px; }
.stage { font-size: 15px; font-weight: 600; }
.sign { font-size: 22px; text-anchor: middle; }
.name { font-style: italic; text-anchor: middle; }
.says { opacity: 0.75; }
.card { fill: #ffffff; stroke: #d1d9e0; }
rect { stroke: #1f2328; stroke-opacity: 0.45; fill: #1f2328; fill-opacity: 0.05; }
.card { fill-opacity: 1; stroke-opacity: 1; }
.weights { fill: #1e7bd6; fill-opacity: 0.35; }
.turn { fill: #ffd33d; fill-opacity: 0.75; }
.steps { fill: #c8600a; fill-opacity: 0.45; }
.rule { stroke: #d1d9e0; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .card { fill: #0d1117; stroke: #30363d; }
  rect { stroke: #e6edf3; fill: #e6edf3; fill-opacity: 0.08; }
  .card { fill-opacity: 1; }
  .weights { fill: #58a6ff; fill-opacity: 0.5; }
  .turn { fill: #ffd33d; fill-opacity: 0.6; }
  .steps { fill: #f0883e; fill-opacity: 0.5; }
  .rule { stroke: #30363d; }
}
"""


def picture() -> str:
    """Return the picture as the text of an SVG file."""
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 596">
<title>A block of examples, one update for each: weights read twice and written once</title>
<style>{STYLE}</style>
<rect class="card" x="0.5" y="0.5" width="939" height="595" rx="10"/>
{stage(1, 40, "All signals, from the weights before the block", "W is read once")}
{multiplication(62)}
<path class="rule" d="M40 228.5H900"/>
{stage(2, 258, "The examples take their turns", "W is not touched")}
{turns(284)}
<path class="rule" d="M40 372.5H900"/>
{stage(3, 402, "All moves at once", "W is read and written once")}
{moves(424)}
</svg>
"""


def stage(number: int, y: int, what: str, cost: str) -> str:
    """Return the heading of a stage."""
    return (
        f'<text class="stage" x="40" y="{y}">{number}. {what}</text>'
        f'<text class="says" x="900" y="{y}" text-anchor="end">{cost}</text>'
    )


def multiplication(y: int) -> str:
    """Return the inputs times the weights, and the inner products of the inputs."""
    middle = y + (INPUTS - EXAMPLES) * CELL // 2
    sign_at = y + INPUTS * CELL // 2
    return "".join(
        [
            matrix(60, middle, EXAMPLES, INPUTS, name="x"),
            sign(205, sign_at, "·"),
            matrix(230, y, INPUTS, NEURONS, "weights", name="W"),
            sign(335, sign_at, "="),
            matrix(360, middle, EXAMPLES, NEURONS, turn=TURN, name="signals"),
            matrix(590, middle, EXAMPLES, INPUTS, name="x"),
            sign(735, sign_at, "·"),
            text(768, sign_at + 5, "x", "name"),
            sign(800, sign_at, "="),
            triangle(824, middle),
        ]
    )


def turns(y: int) -> str:
    """Return the turn of one example: its signals, corrected by the steps before it."""
    row, sign_at = y + CELL // 2, y + CELL
    return "".join(
        [
            matrix(60, row, 1, NEURONS, turn=0, name="signals"),
            sign(170, sign_at, "+"),
            matrix(205, row, 1, TURN, turn=0, name="x(t)·x(u)"),
            sign(285, sign_at, "·"),
            matrix(310, y, TURN, NEURONS, "steps", name="d(u), of those before"),
            sign(430, sign_at, "→"),
            text(460, sign_at + 5, "forward, back, and its own steps", "says"),
            sign(700, sign_at, "→"),
            matrix(730, row, 1, NEURONS, "steps", name="d(t)"),
        ]
    )


def moves(y: int) -> str:
    """Return the weights, moved by the inputs times the steps."""
    middle = y + (INPUTS - EXAMPLES) * CELL // 2
    sign_at = y + INPUTS * CELL // 2
    return "".join(
        [
            matrix(60, y, INPUTS, NEURONS, "weights", name="W"),
            sign(170, sign_at, "+"),
            matrix(200, y, INPUTS, EXAMPLES, name="x, transposed"),
            sign(310, sign_at, "·"),
            matrix(340, middle, EXAMPLES, NEURONS, "steps", name="all d"),
            sign(450, sign_at, "="),
            matrix(480, y, INPUTS, NEURONS, "weights", name="W, after the block"),
        ]
    )


def matrix(
    x: int, y: int, rows: int, columns: int, kind: str = "", *, name: str, turn: int = -1
) -> str:
    """Return a grid of cells, with a name below it; the row of the turn stands out."""
    cells = "".join(
        cell(x + column * CELL, y + row * CELL, "turn" if row == turn else kind)
        for row in range(rows)
        for column in range(columns)
    )
    return cells + text(x + columns * CELL // 2, y + rows * CELL + 20, name, "name")


def triangle(x: int, y: int) -> str:
    """Return the inner products of each example with those before it."""
    cells = "".join(
        cell(x + column * CELL, y + row * CELL, "turn" if row == TURN else "")
        for row in range(EXAMPLES)
        for column in range(row)
    )
    return cells + text(x + 30, y + EXAMPLES * CELL + 20, "x(t)·x(u)", "name")


def cell(x: int, y: int, kind: str) -> str:
    """Return one cell of a grid."""
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{CELL}" height="{CELL}"/>'


def sign(x: int, y: int, what: str) -> str:
    """Return a sign between two grids, whose middle is at this height."""
    return text(x, y + 7, what, "sign")


def text(x: int, y: int, what: str, kind: str) -> str:
    """Return a text."""
    return f'<text class="{kind}" x="{x}" y="{y}">{what}</text>'


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8", newline="\n")
