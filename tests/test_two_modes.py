"""Are a notebook's figures there for light and for dark pages, on no ground of their own?"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import matplotlib
from matplotlib import pyplot
from matplotlib.colors import to_hex

matplotlib.use("agg")

EXTENSIONS = Path(__file__).parent.parent / "docs" / "_extensions"


@pytest.fixture
def two_modes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(EXTENSIONS)
    module = importlib.import_module("two_modes")
    monkeypatch.setenv(module.FOLDER_VARIABLE, str(tmp_path))
    yield module
    pyplot.close("all")


def test_a_figure_becomes_two_pictures_without_a_ground(
    two_modes: ModuleType, tmp_path: Path
) -> None:
    figure, ax = pyplot.subplots()
    ax.set_title('"less" <and> more')
    shown = two_modes.as_html(figure)
    pictures = re.findall(r'<img class="(\S+)" src="../_images/(\S+)" alt="(.*?)" width="', shown)
    assert [kind for kind, _, _ in pictures] == ["only-light", "only-dark"]
    assert {words for _, _, words in pictures} == {"&quot;less&quot; &lt;and&gt; more"}
    light, dark = (pyplot.imread(tmp_path / name) for _, name, _ in pictures)
    for drawn in (light, dark):
        assert drawn[0, 0, 3] == 0.0
        assert drawn[drawn.shape[0] // 2, drawn.shape[1] // 2, 3] == 0.0
    opaque = light[..., 3] == 1.0
    assert light[opaque].mean() < dark[opaque].mean()


def test_in_the_dark_grey_turns_round_and_colours_are_bright(two_modes: ModuleType) -> None:
    assert to_hex(two_modes.in_the_dark("black")) == "#ffffff"
    assert to_hex(two_modes.in_the_dark("#d0d0d0")) == "#2f2f2f"
    assert two_modes.in_the_dark((0.0, 0.0, 0.0, 0.25)) == (1.0, 1.0, 1.0, 0.25)
    blue = to_hex(two_modes.in_the_dark("#0b6fb8"))
    red, green, last = (int(blue[at : at + 2], 16) for at in (1, 3, 5))
    assert red < green < last
    assert last > 0xE0


def test_everything_that_is_drawn_has_a_colour_for_the_dark(two_modes: ModuleType) -> None:
    figure, ax = pyplot.subplots()
    (line,) = ax.plot([0, 1], "k-o")
    points = ax.scatter([0, 1], [0, 1], color="k", edgecolors="k")
    (bar,) = ax.bar([0], [1], color="k")
    contour = ax.contour(np.arange(9.0).reshape(3, 3), levels=[4.0], colors="k")
    text = ax.text(0, 0, "word", color="k")
    two_modes.darken(figure)
    colours: list[Any] = [
        line.get_color(), line.get_markerfacecolor(), line.get_markeredgecolor(),
        points.get_facecolor()[0], points.get_edgecolor()[0], bar.get_facecolor(),
        contour.get_edgecolor()[0], text.get_color(), ax.spines["left"].get_edgecolor(),
        ax.xaxis.get_ticklabels()[0].get_color(), ax.xaxis.get_ticklines()[0].get_markeredgecolor(),
    ]  # fmt: skip
    assert {to_hex(colour) for colour in colours} == {"#ffffff"}


def test_paper_stays_paper_and_the_ground_of_signs_is_dark(two_modes: ModuleType) -> None:
    style = importlib.import_module("nnfast.plots.style")
    figure, (left, right) = pyplot.subplots(1, 2)
    paper = left.imshow([[0.0, 1.0]], cmap="gray_r")
    signs = right.imshow([[-1.0, 0.0, 1.0]], cmap=style.SIGNS)
    two_modes.darken(figure)
    assert (paper.get_cmap().name, paper.get_alpha()) == ("gray_r", None)
    low, ground, high = (signs.get_cmap()(share)[:3] for share in (0.0, 0.5, 1.0))
    assert max(ground) < 0.25
    # Orange below and blue above, as in the light.
    assert low[0] > low[2]
    assert high[2] > high[0]
