"""`Explanation.save_html`: one file, whole or not at all, that asks for nothing and can present."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from test_explanation_page import SMALL, explain, python, text_of, with_class

from nnref.common import files
from nnref.explanation import Explanation, LayerExplanation
from nnref.explanation.columns import column


def saved(explanation: Explanation, folder: Path) -> ET.Element:
    explanation.save_html(folder / "lesson.html")
    return ET.fromstring((folder / "lesson.html").read_text(encoding="utf-8"))


def tables(element: ET.Element) -> dict[str, list[str]]:
    """Return what stands under each head of the tables of neurons."""
    columns: dict[str, list[str]] = {}
    for table in with_class(element, "neurons"):
        head, *rows = ([text_of(cell) for cell in row] for row in table)
        for place, name in enumerate(head[1:], start=1):
            columns[name] = [python(row[place]) for row in rows if len(row) > 2]
    return columns


@pytest.mark.parametrize("options", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("hnodes", [[], 3, [2, 3, 2]], ids=str)
def test_the_file_is_well_formed_and_asks_for_nothing(
    tmp_path: Path, hnodes: int | list[int], options: dict[str, object]
) -> None:
    explanation = explain(hnodes=hnodes, **options)
    element = saved(explanation, tmp_path)
    html = (tmp_path / "lesson.html").read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>\n")
    assert explanation._repr_html_() in html
    assert not re.search(r"https?:|url\(|@import|<script|\bsrc=|\bon\w+=", html)
    assert set(re.findall(r'href="([^"]*)"', html)) == {"data:,", "#present", "#"}
    assert text_of(element).count("One update of a ") == 3  # the title, and the head of each view


def test_forward_backward_and_update_stand_side_by_side(tmp_path: Path) -> None:
    explanation = explain(hnodes=[2, 3], bias=True)
    (steps,) = with_class(saved(explanation, tmp_path), "steps")
    heads = [text_of(with_class(part, "section")[0]) for part in steps]
    assert [head.split()[0] for head in heads] == ["Forward", "Backward", "Update"]
    names = [[text_of(name).split()[0] for name in with_class(part, "matrix")] for part in steps]
    way = ["hidden_1", "hidden_2", "output"]
    assert names == [way, way[::-1], way]
    shown = tables(steps)
    for layer in explanation.layers:
        for attribute in ("signals", "outputs", "errors", "deltas", "steps"):
            values = getattr(layer, attribute)
            has_plus = attribute in ("errors", "deltas", "steps")
            texts = [column(values, 4)(x) for x in values]
            texts = [
                f"+{t}" if has_plus and x > 0.0 else t for t, x in zip(texts, values, strict=True)
            ]
            assert shown[layer.article_name(attribute)] == texts
    assert shown["targets"] == ["1", "0"]
    fields = sum(len(list(grid.iter("td"))) for grid in with_class(steps[2], "grid"))
    assert fields == sum(weights_of(layer) for layer in explanation.layers)


def weights_of(layer: LayerExplanation) -> int:
    return (len(layer.inputs) + 1) * len(layer.outputs)


@pytest.mark.parametrize(
    ("rule", "words"), [("split", "the article's rule, not the textbook's"),
                        ("gradient", "the chain rule, as in textbooks")],
)  # fmt: skip
def test_the_way_back_says_by_which_rule(tmp_path: Path, rule: str, words: str) -> None:
    (steps,) = with_class(saved(explain(hidden_error=rule), tmp_path), "steps")
    assert text_of(with_class(steps[1], "section")[0]) == f"Backward {words}"


def test_a_large_network_is_folded_and_said_so(tmp_path: Path) -> None:
    element = saved(explain(100, 50, 10), tmp_path)
    (steps,) = with_class(element, "steps")
    shown = tables(steps)
    for n, part in enumerate([steps[0], steps[1]]):
        gaps = [int(text_of(gap).split()[1]) for gap in with_class(part, "gap")]
        names = [["hidden_inputs", "final_inputs"], ["output_deltas", "hidden_deltas"]][n]
        sizes = [[50, 10], [10, 50]][n]
        for name, gap, size in zip(names, gaps, sizes, strict=True):
            assert len(shown[name]) == size - gap
            assert len(shown[name]) <= 4
    assert len((tmp_path / "lesson.html").read_bytes()) < 200_000


def test_a_file_that_fails_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lesson.html"
    path.write_text("older")

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_sync", full)
    with pytest.raises(OSError, match="No space left"):
        explain().save_html(path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]
