"""Is the ink of one digit found without a margin, in any light, and nothing taken for a digit?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("scipy")

from drawn_digits import DIGITS, drawn
from PIL import Image, ImageDraw, ImageOps
from test_images import unlike

from nnfast.datasets import DatasetError
from nnfast.images import read_digit

Shade = Callable[[Any, Any], Any]


def pixels(picture: Any) -> Any:
    return read_digit(picture).reshape(28, 28)


def cropped(image: Image.Image, margin: int) -> Image.Image:
    """Return a digit, black on white, with this margin on all sides."""
    return ImageOps.expand(image.crop(ImageOps.invert(image).getbbox()), margin, 255)


class TestMargins:
    @pytest.mark.parametrize("digit", range(10))
    @pytest.mark.parametrize("pen", [8.0, 16.0, 26.0])
    def test_a_large_digit_needs_none(self, digit: int, pen: float) -> None:
        image = drawn(digit, pen=pen)
        wanted = pixels(cropped(image, 80))
        for margin in (0, 1, 8, 20):
            tight = cropped(image, margin)
            assert unlike(wanted, pixels(tight)) < 0.06
            assert unlike(wanted, pixels(ImageOps.invert(tight))) < 0.06

    @pytest.mark.parametrize("digit", range(10))
    def test_a_small_digit_needs_none(self, digit: int) -> None:
        image = cropped(drawn(digit), 0)
        image.thumbnail((20, 20), Image.Resampling.BOX)
        wanted = pixels(ImageOps.expand(image, 10, 255))
        for margin in range(4):
            assert unlike(wanted, pixels(ImageOps.expand(image, margin, 255))) < 0.2

    def test_a_stroke_wider_than_a_quarter_of_its_picture(self) -> None:
        image = Image.new("L", (80, 220), 255)
        ImageDraw.Draw(image).line((25, 10, 55, 209), 0, 30)
        assert unlike(pixels(ImageOps.expand(image, 40, 255)), pixels(image)) < 0.05


LIGHTS: dict[str, Shade] = {
    "a lamp": lambda r, c: 0.36 + 0.5 * np.exp(-3 * ((r - 0.2) ** 2 + (c - 0.8) ** 2)),
    "a spot": lambda r, c: 0.2 + 0.75 * np.exp(-12 * ((r - 0.5) ** 2 + (c - 0.5) ** 2)),
    "a dark spot": lambda r, c: 0.9 - 0.5 * np.exp(-40 * ((r - 0.5) ** 2 + (c - 0.4) ** 2)),
    "a window": lambda r, c: 0.9 * np.exp(-2 * c) + 0.0 * r,
    "a vignette": lambda r, c: 0.95 - 1.5 * ((r - 0.5) ** 2 + (c - 0.5) ** 2) ** 2,
    "waves": lambda r, c: 0.6 + 0.2 * np.sin(7 * c) * np.cos(5 * r),
    "an edge": lambda r, c: np.where(r + 0.3 * c > 0.55, 0.9, 0.5),
    "the same, dark": lambda r, c: np.where(r + 0.3 * c > 0.55, 0.5, 0.9),
    "an edge down": lambda r, c: np.where(c + 0.0 * r > 0.3, 0.9, 0.55),
    "an edge across": lambda r, c: np.where(r - 0.7 * c > 0.1, 0.9, 0.55),
    "the corner of a sheet": lambda r, c: np.where((r > 0.2) & (c > 0.3), 0.9, 0.5),
    "a sheet folded in four": lambda r, c: 0.7 + 0.15 * (r > 0.52) - 0.2 * (c > 0.47),
    "a scanner's edge": lambda r, c: np.where(c + 0.0 * r < 0.06, 0.02, 0.93),
    "a scanner's edges": lambda r, c: np.where(
        np.minimum(np.minimum(r, 1 - r), np.minimum(c, 1 - c)) < 0.05, 0.02, 0.93
    ),
}


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_a_blank_sheet_in_any_light_is_blank(light: Shade, noise: float) -> None:
    rows, columns = np.mgrid[0:300, 0:400]
    sheet = light(rows / 300, columns / 400)
    sheet = sheet + np.random.default_rng(1).normal(0.0, noise, sheet.shape)
    with pytest.raises(DatasetError) as error:
        read_digit(sheet.clip(0.0, 1.0))
    assert str(error.value) == "picture: nothing is drawn on it, or too faintly"


class TestWhatElseIsThere:
    @pytest.mark.parametrize("digit", range(10))
    @pytest.mark.parametrize(
        "sides", [["left"], ["left", "top"], ["left", "top", "right", "bottom"]]
    )
    def test_a_scanners_black_edge_is_no_ink(self, digit: int, sides: list[str]) -> None:
        image = drawn(digit)
        wanted = pixels(image)
        draw = ImageDraw.Draw(image)
        edges = {
            "left": (0, 0, 12, 240),
            "top": (0, 0, 200, 9),
            "right": (192, 0, 200, 240),
            "bottom": (0, 225, 200, 240),
        }
        for side in sides:
            draw.rectangle(edges[side], 5)
        assert unlike(wanted, pixels(image)) < 0.02

    @pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 7), (2, 0), (5, 5), (8, 3), (4, 9)])
    @pytest.mark.parametrize("gap", [16, 30, 100])
    def test_two_digits_are_noticed(self, first: int, second: int, gap: int) -> None:
        left, right = cropped(drawn(first), 0), cropped(drawn(second), 0)
        pair = Image.new("L", (left.width + gap + right.width, max(left.height, right.height)), 255)
        pair.paste(left, (0, 0))
        pair.paste(right, (left.width + gap, 0))
        for margin in (0, 50):
            with pytest.raises(DatasetError) as error:
                read_digit(ImageOps.expand(pair, margin, 255))
            assert str(error.value) == "picture: shows more than one digit: crop it to one"

    def test_two_wide_digits_that_nearly_touch_are_noticed(self) -> None:
        two = cropped(drawn(2), 0)
        pair = Image.new("L", (2 * two.width + 6, two.height), 255)
        pair.paste(two, (0, 0))
        pair.paste(two, (two.width + 6, 0))
        with pytest.raises(DatasetError, match="shows more than one digit"):
            read_digit(pair)

    @pytest.mark.parametrize("digit", range(10))
    @pytest.mark.parametrize("pen", [2, 6, 9])
    def test_a_box_is_noticed(self, digit: int, pen: int) -> None:
        image = drawn(digit)
        ImageDraw.Draw(image).rectangle((25, 15, 175, 215), outline=0, width=pen)
        with pytest.raises(DatasetError) as error:
            read_digit(image)
        assert str(error.value) == "picture: shows a digit in a box: crop it inside the box"

    @pytest.mark.parametrize("digit", [0, 4, 5, 8])
    @pytest.mark.parametrize("cut", [(0, 100, 200, 106), (95, 0, 101, 240)], ids=["across", "down"])
    def test_a_broken_digit_is_one(self, digit: int, cut: tuple[int, int, int, int]) -> None:
        image = drawn(digit)
        wanted = pixels(image)
        ImageDraw.Draw(image).rectangle(cut, 255)
        assert unlike(wanted, pixels(image)) < 0.3

    def test_a_five_with_its_bar_apart_is_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        body, _ = DIGITS[5]
        monkeypatch.setitem(DIGITS, 5, [body, [(11, -12), (60, -14)]])
        image = pixels(cropped(drawn(5, height=140.0, pen=10.0), 0))
        # A network sees both.
        assert (np.diff(np.flatnonzero((image > 0.5).any(axis=1))) > 1).sum() == 1


class TestForms:
    """Files, images and arrays of the same picture give the same bytes."""

    @pytest.fixture
    def wanted(self, tmp_path: Any) -> bytes:
        drawn(5).save(tmp_path / "digit.png")
        return read_digit(tmp_path / "digit.png").tobytes()

    @pytest.mark.parametrize(
        "form",
        [
            lambda grey: grey,
            lambda grey: grey.astype(np.int64),
            lambda grey: grey.tolist(),
            lambda grey: grey / 255,
            lambda grey: (grey / 255).astype(np.float32),
            lambda grey: np.asfortranarray(grey),
            lambda grey: np.stack([grey] * 3, axis=-1),
            lambda grey: np.stack([grey] * 3, axis=-1) / 255,
            lambda grey: np.stack([grey] * 3 + [np.full_like(grey, 255)], axis=-1),
            lambda grey: np.stack([np.zeros_like(grey)] * 3 + [255 - grey], axis=-1),
            lambda grey: Image.fromarray(grey),
            lambda grey: Image.fromarray(grey).convert("RGB"),
        ],
        ids=[
            "bytes", "whole numbers", "lists", "floats", "float32", "by columns", "colours",
            "floats of colours", "opaque", "transparent", "Pillow", "Pillow in colour",
        ],
    )  # fmt: skip
    def test_any_form(self, wanted: bytes, form: Any) -> None:
        assert read_digit(form(np.asarray(drawn(5)))).tobytes() == wanted

    def test_booleans(self) -> None:
        bitmap = np.asarray(drawn(5)) > 127
        assert read_digit(bitmap).tobytes() == read_digit(bitmap * np.uint8(255)).tobytes()

    def test_an_image_and_an_array_are_left_alone(self) -> None:
        image = drawn(5).resize((1500, 1800)).transpose(Image.Transpose.ROTATE_90)
        image.getexif()[0x0112] = 6
        grey = np.array(image)
        read_digit(image)
        read_digit(grey)
        assert image.size == (1800, 1500)
        assert image.getexif()[0x0112] == 6
        assert np.array_equal(grey, np.asarray(image))

    def test_an_image_that_cannot_be_read_is_the_argument(self, tmp_path: Any) -> None:
        drawn(5).save(tmp_path / "digit.png")
        content = (tmp_path / "digit.png").read_bytes()
        (tmp_path / "digit.png").write_bytes(content[: len(content) // 2])
        with Image.open(tmp_path / "digit.png") as image, pytest.raises(DatasetError) as error:
            read_digit(image)
        assert str(error.value).startswith("picture: cannot be read: ")
