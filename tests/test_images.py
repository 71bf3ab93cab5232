"""Does a picture become what its data set would have made of it, and anything else an error?"""

import random
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("scipy")

from drawn_digits import DIGITS, drawn
from PIL import Image, ImageDraw, ImageFilter

from nnfast import NeuralNetwork, images
from nnfast.datasets import DatasetError, digits, mnist
from nnfast.images import read_digit

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(image: Image.Image, name: str = "digit.png", **options: Any) -> Path:
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


def pixels(path: Path, side: int = 28) -> Any:
    return read_digit(path, (side, side)).reshape(side, side)


def ink_box(image: Any) -> tuple[int, int]:
    """Return the height and width of what is not paper."""
    rows, columns = np.nonzero(image > 0.01)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def unlike(first: Any, second: Any) -> float:
    """Return the mean difference of two images as a share of the mean ink in one of them.

    Where the centre of mass is near the edge of a pixel, a trifle moves the image by a pixel.
    """
    moved = [np.roll(second, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return float(min(np.abs(first - image).mean() for image in moved) / (first - 0.01).mean())


class TestAsInMnist:
    @pytest.mark.parametrize("digit", range(10))
    def test_the_longer_side_is_20_pixels(self, save: Save, digit: int) -> None:
        image = pixels(save(drawn(digit)))
        assert max(ink_box(image)) == 20

    @pytest.mark.parametrize("digit", range(10))
    def test_the_centre_of_mass_is_within_half_a_pixel_of_the_middle(
        self, save: Save, digit: int
    ) -> None:
        image = pixels(save(drawn(digit))) - 0.01
        places = np.arange(28)
        row, column = image.sum(1) @ places / image.sum(), image.sum(0) @ places / image.sum()
        assert abs(row - 14) <= 0.5
        assert abs(column - 14) <= 0.5

    def test_the_aspect_is_kept(self, save: Save) -> None:
        # The lines are 60 % as wide as high; the pen adds as much to both.
        wants = 20 * (96 + 16) / (160 + 16)
        high = drawn(0, height=160.0, pen=16.0)
        height, width = ink_box(pixels(save(high)))
        assert height == 20
        # A pixel at each side may hold a trace of ink.
        assert wants - 0.5 <= width <= wants + 1.5
        lying = high.transpose(Image.Transpose.ROTATE_90)
        height, width = ink_box(pixels(save(lying)))
        assert width == 20
        assert wants - 0.5 <= height <= wants + 1.5

    def test_inputs_are_scaled_as_the_data_sets(self, save: Save) -> None:
        inputs = read_digit(save(drawn(3)))
        assert inputs.shape == (784,)
        assert inputs.dtype == np.float64
        assert (inputs.min(), inputs.max()) == (0.01, 1.0)
        levels = (inputs - 0.01) / 0.99 * 255
        assert np.allclose(levels, np.rint(levels), rtol=0.0, atol=1e-9)
        # Edges are grey, the inside of strokes is not.
        assert len(np.unique(inputs)) > 20

    @pytest.mark.parametrize("side", [1, 2, 14, 56])
    def test_other_squares_in_proportion(self, save: Save, side: int) -> None:
        image = pixels(save(drawn(5)), side)
        assert max(ink_box(image)) == round(side * 20 / 28)

    def test_a_path_may_be_a_text(self, save: Save) -> None:
        path = save(drawn(3))
        assert np.array_equal(read_digit(str(path)), read_digit(path))


class TestAsInDigits:
    @pytest.mark.parametrize("digit", range(10))
    def test_the_height_is_filled_and_the_width_is_not(self, save: Save, digit: int) -> None:
        inputs = read_digit(save(drawn(digit)), (8, 8))
        height, width = ink_box(inputs.reshape(8, 8))
        assert height == 8
        assert 2 <= width <= 6
        # Counts of the dots in 4 x 4.
        counts = (inputs - 0.01) / 0.99 * 16
        assert np.allclose(counts, np.rint(counts), rtol=0.0, atol=1e-9)

    def test_wide_digits_are_made_narrower(self, save: Save) -> None:
        image = pixels(save(drawn(0).resize((400, 240))), 8)
        assert ink_box(image) == (8, 6)

    def test_slanted_digits_are_set_upright(self, save: Save) -> None:
        upright = drawn(0)
        slanted = upright.transform(
            upright.size, Image.Transform.AFFINE, (1, 0.3, -36, 0, 1, 0), fillcolor=255
        )
        assert unlike(pixels(save(upright)), pixels(save(slanted))) > 0.7
        assert unlike(pixels(save(upright), 8), pixels(save(slanted), 8)) < 0.2

    def test_a_network_trained_on_digits_reads_drawn_ones(self, save: Save) -> None:
        dataset = digits()
        network = NeuralNetwork(64, 200, 10, 0.3, init="scaled_normal", seed=0)
        network.fit(dataset.train_inputs, dataset.train_targets, epochs=20)
        shown = [(digit, seed) for digit in range(10) for seed in range(4)]
        right = [
            digit == network.query(read_digit(save(image), (8, 8))).argmax()
            for digit, seed in shown
            for image in [drawn(digit, jitter=0.015, pen=6.0 + 4.0 * seed, seed=seed)]
        ]
        assert sum(right) >= 0.8 * len(shown)


class TestWhateverThePicture:
    """The same digit in another picture is the same digit to a network."""

    @pytest.fixture
    def plain(self, save: Save) -> Any:
        return pixels(save(drawn(5), "plain.png"))

    def test_light_on_dark(self, save: Save, plain: Any) -> None:
        negative = drawn(5).point(lambda value: 255 - value)
        assert unlike(plain, pixels(save(negative))) < 0.02

    @pytest.mark.parametrize(
        ("size", "corner", "height", "pen"),
        [
            ((400, 500), (300.0, 10.0), 75.0, 7.5),
            ((800, 600), (100.0, 50.0), 500.0, 50.0),
            ((40, 40), (8.0, 5.0), 30.0, 3.0),
        ],
    )
    def test_size_and_place(
        self,
        save: Save,
        plain: Any,
        size: tuple[int, int],
        corner: tuple[float, float],
        height: float,
        pen: float,
    ) -> None:
        assert unlike(plain, pixels(save(drawn(5, size, corner, height, pen)))) < 0.2

    def test_huge(self, save: Save, plain: Any) -> None:
        image = drawn(5).resize((3000, 3600))
        path = save(image, "huge.jpg", quality=80)
        assert unlike(plain, pixels(path)) < 0.1
        # What takes time and memory is done with a smaller one.
        assert max(images._image(path)[1].size) == 1024

    def test_many_pixels_of_16_bits_take_one_float64_each(self, save: Save) -> None:
        with Image.open(save(Image.new("I;16", (1500, 1500)))) as image:
            image.load()
            tracemalloc.start()
            try:
                images._reduced(image)
                # And what Pillow hands over.
                assert tracemalloc.get_traced_memory()[1] < 15 * 1500 * 1500
            finally:
                tracemalloc.stop()

    @pytest.mark.parametrize("mode", ["1", "P", "RGB", "CMYK", "I;16", "I", "F"])
    def test_modes(self, save: Save, plain: Any, mode: str) -> None:
        image = drawn(5)
        grey = np.asarray(image)
        made = {
            "I;16": lambda: Image.fromarray(grey * np.uint16(16)),  # 12 bits of 16
            "I": lambda: Image.fromarray(grey * np.int32(7000)),
            "F": lambda: Image.fromarray(grey / np.float32(255)),
        }.get(mode, lambda: image.convert(mode))()
        assert made.mode == mode
        assert unlike(plain, pixels(save(made, "digit.tif"))) < 0.15

    @pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
    @pytest.mark.parametrize("palette", [False, True])
    def test_transparent(
        self, save: Save, plain: Any, ink: tuple[int, int, int], palette: bool
    ) -> None:
        image = Image.new("RGBA", drawn(5).size, (*ink, 255))
        image.putalpha(drawn(5).point(lambda value: 255 - value))
        if palette:
            image = image.quantize(32)
        assert unlike(plain, pixels(save(image))) < 0.1

    def test_turned_by_exif(self, save: Save, plain: Any) -> None:
        lying = drawn(5).transpose(Image.Transpose.ROTATE_90)
        exif = Image.Exif()
        exif[0x0112] = 6  # turn it clockwise to see it
        path = save(lying, "turned.jpg", exif=exif, quality=95)
        assert unlike(plain, pixels(path)) < 0.05

    def test_specks_are_no_ink(self, save: Save, plain: Any) -> None:
        image = drawn(5)
        for x, y in ((5, 5), (190, 20), (8, 230), (150, 200), (180, 120)):
            ImageDraw.Draw(image).rectangle((x, y, x + 3, y + 3), 0)
        assert np.array_equal(plain, pixels(save(image)))

    def test_what_runs_in_from_the_border_is_no_ink(self, save: Save, plain: Any) -> None:
        image = drawn(5)
        ImageDraw.Draw(image).rectangle((185, 0, 200, 240), 90)
        assert unlike(plain, pixels(save(image))) < 0.05

    def test_a_detached_bar_stays(self, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
        body, bar = [(8, 12), (8, 45), (36, 39), (59, 54), (60, 82), (36, 100), (1, 93)], (20, 60)
        monkeypatch.setitem(DIGITS, 5, [body, [(bar[0], -10), (bar[1], -10)]])
        image = pixels(save(drawn(5, height=140.0, pen=10.0)))
        rows = np.flatnonzero((image > 0.5).any(axis=1))
        # The bar, a gap, and the body.
        assert (np.diff(rows) > 1).sum() == 1

    @pytest.mark.parametrize("digit", [2, 5, 8])
    def test_a_digit_that_fills_its_picture(self, save: Save, digit: int) -> None:
        image = drawn(digit)
        cropped = image.crop(image.point(lambda value: 255 - value).getbbox())
        assert unlike(pixels(save(image)), pixels(save(cropped))) < 0.1

    @pytest.mark.parametrize("edge", [200, 300, 450])
    @pytest.mark.parametrize("light", [False, True])
    def test_uneven_light_and_noise(self, save: Save, plain: Any, light: bool, edge: int) -> None:
        paper, ink = ((70, 90, 80), (230, 230, 225)) if light else ((240, 228, 200), (40, 50, 120))
        share = np.asarray(drawn(5, (400, 480), (120, 80), 300.0, 30.0), dtype=float)[..., None]
        picture = share / 255 * paper + (1 - share / 255) * ink
        row, column = np.mgrid[0:480, 0:400]
        brightness = (1 - 0.3 * column / 400) * (1 - 0.2 * np.hypot(row - 240, column - 200) / 310)
        # And the shadow of a hand.
        brightness *= 1 - 0.45 / (1 + np.exp((edge - column - 0.6 * row) / 12))
        noise = np.random.default_rng(1).normal(0, 8, picture.shape)
        photo = np.clip(picture * brightness[..., None] + noise, 0, 255).astype(np.uint8)
        blurred = Image.fromarray(photo).filter(ImageFilter.GaussianBlur(1.5))
        assert unlike(plain, pixels(save(blurred, "photo.jpg", quality=60))) < 0.3


class TestPens:
    @pytest.mark.parametrize(("pen", "limit"), [(1.0, 0.08), (2.0, 0.08), (45.0, 0.19)])
    def test_strokes_get_as_wide_as_mnists(self, save: Save, pen: float, limit: float) -> None:
        line = Image.new("L", (200, 240), 255)
        ImageDraw.Draw(line).line((100, 40, 100, 200), 0, round(pen))
        image = pixels(save(line))
        # A row through the middle holds the width of the line. That of a short thick one is
        # underestimated: near its ends, all is near an edge.
        assert (image[14] - 0.01).sum() / 0.99 == pytest.approx(20 * limit, abs=0.8)

    def test_a_usual_pen_is_left_alone(self, save: Save) -> None:
        line = Image.new("L", (200, 240), 255)
        ImageDraw.Draw(line).rectangle((90, 40, 109, 199), 0)  # 20 x 160
        image = pixels(save(line))
        assert (image[14] - 0.01).sum() / 0.99 == pytest.approx(20 * 20 / 160, abs=0.3)

    def test_thin_lines_do_not_vanish_in_a_large_picture(self, save: Save) -> None:
        thin = pixels(save(drawn(8, (900, 1000), (100, 50), 900.0, 1.0)))
        usual = pixels(save(drawn(8, (900, 1000), (100, 50), 900.0, 70.0)))
        assert unlike(usual, thin) < 0.6


def test_mnist_comes_back_from_large_pictures(save: Save, mnist_folder: Path) -> None:
    dataset = mnist(mnist_folder)
    network = NeuralNetwork(784, 100, 10, 0.1, init="scaled_normal", seed=0)
    network.fit(dataset.train_inputs[:20_000], dataset.train_targets[:20_000])
    draws = random.Random(1)
    same = []
    for inputs in dataset.test_inputs[:150]:
        grey = np.rint((inputs - 0.01) / 0.99 * 255).astype(np.uint8).reshape(28, 28)
        side = draws.randint(100, 500)
        sheet = Image.new("L", (700, 600))
        sheet.paste(
            Image.fromarray(grey).resize((side, side), Image.Resampling.BICUBIC),
            (draws.randint(0, 700 - side), draws.randint(0, 600 - side)),
        )
        if draws.random() < 0.5:
            sheet = sheet.point(lambda value: 255 - value)
        answers = (network.query(shown).argmax() for shown in (inputs, read_digit(save(sheet))))
        same.append(next(answers) == next(answers))
    assert np.mean(same) >= 0.95


class TestErrors:
    @pytest.mark.parametrize(
        "blank",
        [
            Image.new("L", (100, 100), 255),
            Image.new("1", (30, 40)),
            Image.new("RGBA", (50, 50), (0, 0, 0, 0)),
            Image.new("RGB", (1, 1)),
            Image.fromarray(np.random.default_rng(1).normal(128, 30, (300, 400)).astype(np.uint8)),
        ],
        ids=["white", "black", "transparent", "one pixel", "noise"],
    )
    def test_nothing_drawn(self, save: Save, blank: Image.Image) -> None:
        path = save(blank)
        with pytest.raises(DatasetError) as error:
            read_digit(path)
        assert str(error.value) == f"{path}: nothing is drawn on it, or too faintly"

    def test_dust_is_nothing(self, save: Save) -> None:
        image = Image.new("L", (100, 100), 255)
        ImageDraw.Draw(image).rectangle((40, 40, 42, 42), 0)
        with pytest.raises(DatasetError, match="nothing is drawn on it"):
            read_digit(save(image))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is not a picture in a known format: BMP, GIF, JPEG, PNG, "),
            (b"to be or not to be\n", "is not a picture in a known format: "),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not a picture"),
        ],
        ids=["empty", "text", "a program in PostScript"],
    )
    def test_no_picture(self, tmp_path: Path, content: bytes, message: str) -> None:
        path = tmp_path / "digit.png"
        path.write_bytes(content)
        with pytest.raises(DatasetError) as error:
            read_digit(path)
        assert str(error.value).startswith(f"{path}: {message}")

    @pytest.mark.parametrize("name", ["digit.png", "digit.jpg", "digit.tif", "digit.bmp"])
    def test_damaged(self, save: Save, name: str) -> None:
        path = save(drawn(5), name)
        content = path.read_bytes()
        for end in (len(content) // 2, len(content) - len(content) // 8):
            path.write_bytes(content[:end])
            with pytest.raises(DatasetError) as error:
                read_digit(path)
            assert str(error.value).startswith(f"{path}: ")
            assert "\n" not in str(error.value)

    def test_missing_and_folder(self, tmp_path: Path) -> None:
        missing = tmp_path / "no.png"
        with pytest.raises(DatasetError) as error:
            read_digit(missing)
        assert str(error.value) == f"{missing}: cannot be read: No such file or directory"
        with pytest.raises(DatasetError, match="cannot be read"):
            read_digit(tmp_path)

    @pytest.mark.parametrize("most", [20_000, 40_000])
    def test_more_pixels_than_are_safe(
        self, save: Save, monkeypatch: pytest.MonkeyPatch, most: int
    ) -> None:
        # Pillow warns of more than this, and of twice as many it makes an error.
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        path = save(drawn(5))
        with pytest.raises(DatasetError) as error:
            read_digit(path)
        assert str(error.value) == f"{path}: has more than {most:,} pixels: make it smaller"

    def test_memory_that_runs_out(self, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
        def none_left(_: Image.Image) -> Image.Image:
            raise MemoryError

        path = save(drawn(5))
        monkeypatch.setattr(images, "_reduced", none_left)
        with pytest.raises(DatasetError) as error:
            read_digit(path)
        assert str(error.value) == f"{path}: cannot be read: MemoryError"

    @pytest.mark.parametrize("missing", ["PIL", "scipy.ndimage"])
    def test_a_missing_library_is_named(
        self, monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        monkeypatch.delitem(sys.modules, "nnfast.images")
        monkeypatch.setitem(sys.modules, missing, None)
        with pytest.raises(ImportError, match=r"^nnfast.images needs pillow and scipy: "):
            __import__("nnfast.images")
