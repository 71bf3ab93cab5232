"""Are images distorted as they should be, in a stream that depends on the seed alone?"""

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from helpers import HANGS
from numpy.typing import NDArray
from scipy import ndimage

import nnfast
import nnref
from nnfast import datasets, distortion
from nnfast.datasets import augment

Array = NDArray[np.float64]

NOTHING = {"rotation": 0, "shift": 0, "alpha": 0}
EVERYTHING = {"rotation": 20, "shift": 2, "scale": 0.2, "shear": 15, "alpha": 20, "sigma": 3}
SHAPE = (28, 28)
MIDDLE = 13.5
ROWS, COLUMNS = np.indices(SHAPE)


def pictures(count: int, shape: tuple[int, int] = (9, 12)) -> Array:
    """Return images of noise, (count, rows * columns), scaled as a data set's."""
    draws = np.random.Generator(np.random.PCG64(5))
    return draws.uniform(0.01, 1.0, (count, shape[0] * shape[1]))


def numbered(count: int) -> Array:
    return np.arange(float(count)).reshape(-1, 1)


def epoch(examples: Any) -> tuple[Array, Array]:
    """Return the inputs and the targets of the next epoch, all in one."""
    inputs, targets = zip(*examples, strict=True)
    return np.concatenate(inputs), np.concatenate(targets)


def distorted(image: Array, count: int, **settings: Any) -> Array:
    """Return many distortions of one image, (count, rows, columns)."""
    inputs = np.tile(image.reshape(1, -1), (count, 1))
    shape = (image.shape[0], image.shape[1])
    examples = augment(inputs, numbered(count), shape, **{**NOTHING, **settings})
    return epoch(examples)[0].reshape(-1, *shape)


def blob(row: float, column: float) -> Array:
    """Return a round spot on a dark image, so small that turning it changes its place alone."""
    return np.asarray(np.exp(-((ROWS - row) ** 2 + (COLUMNS - column) ** 2) / 4))


def places(images: Array) -> tuple[Array, Array]:
    """Return the rows and the columns of the images' centres of mass, from the middle."""
    centres = np.array([ndimage.center_of_mass(image) for image in images]) - MIDDLE
    return centres[:, 0], centres[:, 1]


class HighestDraws:
    """Stands for the random generator: each draw is its highest number, and nothing is moved."""

    def uniform(self, low: float, high: float, size: tuple[int, ...]) -> Array:
        return np.full(size, float(high))

    def integers(self, low: int, high: int, size: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        return np.full(size, high - 1, dtype)

    def permutation(self, count: int) -> NDArray[np.int64]:
        return np.arange(count)


@pytest.fixture
def _highest_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np.random, "default_rng", lambda _: HighestDraws())


# The stream.


def test_without_a_distortion_the_images_come_back_to_the_bit_in_another_order() -> None:
    inputs, targets = pictures(600), numbered(600)
    pairs = list(augment(inputs, targets, (9, 12), **NOTHING, seed=1))
    assert [len(some) for some, _ in pairs] == [256, 256, 88]
    came = np.concatenate([some for _, some in pairs])[:, 0].astype(int)
    assert sorted(came) == list(range(600))
    assert np.mean(came == np.arange(600)) < 0.05
    assert np.concatenate([some for some, _ in pairs]).tobytes() == inputs[came].tobytes()


def test_targets_go_with_their_images() -> None:
    # The middle of an image says which it is, and is hardly moved.
    inputs = np.repeat(np.arange(600.0) / 600, 81).reshape(600, 81)
    images, targets = epoch(augment(inputs, inputs[:, :2], (9, 9), alpha=2, seed=1))
    assert images[:, 40] == pytest.approx(targets[:, 0], abs=1e-9)
    assert targets[:, 1].tolist() == targets[:, 0].tolist()


def test_every_pair_is_as_fit_takes_it() -> None:
    for images, targets in augment(pictures(300), numbered(300), (9, 12), seed=1):
        assert images.dtype == np.float64
        assert images.flags.c_contiguous
        assert images.shape == (len(targets), 108)
        assert images.min() >= 0.01
        assert images.max() <= 1.0


def test_a_seed_gives_the_same_epochs_again_and_no_two_of_them_alike() -> None:
    def epochs(seed: int) -> list[bytes]:
        examples = augment(pictures(300), numbered(300), (9, 12), seed=seed)
        return [epoch(examples)[0].tobytes() for _ in range(3)]

    first = epochs(7)
    assert epochs(7) == first
    # 7 + 2**32 has the 32-bit words 7 and 1, as have the seed 7 and the epoch 1.
    assert len({*first, *epochs(8), *epochs(7 + 2**32)}) == 9


@pytest.mark.parametrize("at_once", [1, 108, 1000, 10**9])
def test_the_stream_does_not_depend_on_how_many_images_are_made_at_once(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = [augment(pictures(300), numbered(300), (9, 12), seed=1, **EVERYTHING) for _ in "ab"]
    usual = epoch(examples[0])[0].tobytes()
    monkeypatch.setattr(distortion, "PIXELS_AT_ONCE", at_once)
    assert epoch(examples[1])[0].tobytes() == usual


def test_an_epoch_can_be_gone_back_to_by_its_number() -> None:
    examples = augment(pictures(10), numbered(10), (9, 12), seed=1)
    epochs = [epoch(examples)[0].tobytes() for _ in range(3)]
    assert examples.epoch == 3
    examples.epoch = 1
    assert epoch(examples)[0].tobytes() == epochs[1]


def test_only_to_ask_for_an_iterator_begins_no_epoch() -> None:
    examples = augment(pictures(10), numbered(10), (9, 12), seed=1)
    iter(examples)
    assert examples.epoch == 0


def test_what_was_given_is_neither_copied_nor_changed() -> None:
    inputs, targets = pictures(50), numbered(50)
    examples = augment(inputs, targets, (9, 12), seed=1)
    assert examples.inputs is inputs
    before = inputs.tobytes(), targets.tobytes()
    for images, goals in examples:
        images[:], goals[:] = -1, -1
    assert (inputs.tobytes(), targets.tobytes()) == before


def test_lists_are_images_too() -> None:
    shape: Any = [2, 2]
    images, targets = epoch(augment([[0, 1, 1, 0]], [[3]], shape, **NOTHING, seed=1))
    assert images.tolist() == [[0.0, 1.0, 1.0, 0.0]]
    assert targets.tolist() == [[3]]


# The distortions.

# A place of some tens of pixels is exact to some millionths of a pixel, in float32.
PLACES = 1e-5


@pytest.mark.usefixtures("_highest_draws")
@pytest.mark.parametrize("angle", [10, 37.5, 90, 180])
def test_an_image_is_turned_as_scipy_turns_it(angle: float) -> None:
    image = pictures(1).reshape(9, 12)
    wanted = ndimage.rotate(
        image, -angle, reshape=False, order=1, mode="grid-constant", cval=image.min()
    )
    (turned,) = distorted(image, 1, rotation=angle, seed=1)
    assert turned == pytest.approx(wanted, abs=PLACES)
    assert np.abs(turned - image).max() > 0.1


@pytest.mark.usefixtures("_highest_draws")
@pytest.mark.parametrize("distance", [0.25, 1, 2.5, 40])
def test_an_image_is_moved_as_scipy_moves_it(distance: float) -> None:
    image = pictures(1).reshape(9, 12)
    wanted = ndimage.shift(
        image, (-distance, -distance), order=1, mode="grid-constant", cval=image.min()
    )
    (moved,) = distorted(image, 1, shift=distance, seed=1)
    assert moved == pytest.approx(wanted, abs=PLACES)


@pytest.mark.usefixtures("_highest_draws")
@pytest.mark.parametrize("scale", [0.15, 0.5, 0.99])
def test_an_image_is_enlarged_as_scipy_does_it(scale: float) -> None:
    image = pictures(1).reshape(9, 12)
    (larger,) = distorted(image, 1, scale=scale, seed=1)
    factors = np.array([1 + scale, 1 + scale])
    assert larger == pytest.approx(transformed(image, np.diag(1 / factors)), abs=PLACES)


@pytest.mark.usefixtures("_highest_draws")
@pytest.mark.parametrize("angle", [5, 45, 80])
def test_an_image_is_slanted_as_scipy_does_it(angle: float) -> None:
    image = pictures(1).reshape(9, 12)
    slope = math.tan(math.radians(angle))
    wanted = transformed(image, np.array([[1, 0], [slope, 1]]))
    # Far beyond its edges an image is background, however inexact a place there is.
    (slanted,) = distorted(image, 1, shear=angle, seed=1)
    assert slanted == pytest.approx(wanted, abs=PLACES)


def transformed(image: Array, matrix: Array) -> Array:
    """Return what SciPy makes of an image by a matrix, about its middle."""
    middle = (np.array(image.shape) - 1) / 2
    return np.asarray(
        ndimage.affine_transform(
            image, matrix, middle - matrix @ middle, order=1, mode="grid-constant", cval=image.min()
        )
    )


@pytest.mark.usefixtures("_highest_draws")
def test_an_image_is_turned_about_its_middle_and_then_moved() -> None:
    (image,) = distorted(blob(MIDDLE, MIDDLE + 8), 1, rotation=30, shift=2, seed=1)
    (row,), (column,) = places(image[np.newaxis])
    cosine, sine = math.cos(math.radians(30)), math.sin(math.radians(30))
    # Where the spot is seen is where it was looked up at (0, 8): turned by 30 degrees, then moved
    # by 2 pixels along both.
    turned = (row * cosine - column * sine + 2, row * sine + column * cosine + 2)
    assert turned == pytest.approx((0, 8), abs=0.05)


def test_angles_are_uniform_between_both_ends() -> None:
    rows, columns = places(distorted(blob(MIDDLE, MIDDLE + 9), 500, rotation=10, seed=1))
    assert np.hypot(rows, columns) == pytest.approx(np.full(500, 9), abs=0.05)
    angles = np.degrees(np.arctan2(rows, columns))
    assert_uniform(angles, 10)


def test_shifts_are_uniform_between_both_ends_and_independent() -> None:
    rows, columns = places(distorted(blob(MIDDLE, MIDDLE), 500, shift=3, seed=1))
    assert_uniform(rows, 3)
    assert_uniform(columns, 3)
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.15


def test_scales_are_uniform_between_both_ends_and_independent() -> None:
    images = distorted(blob(MIDDLE + 6, MIDDLE + 6), 500, scale=0.2, seed=1)
    rows, columns = (place / 6 - 1 for place in places(images))
    assert_uniform(rows, 0.2)
    assert_uniform(columns, 0.2)
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.15


def test_slants_are_uniform_between_both_ends_and_leave_the_rows() -> None:
    rows, columns = places(distorted(blob(MIDDLE + 9, MIDDLE), 500, shear=15, seed=1))
    assert rows == pytest.approx(np.full(500, 9), abs=0.05)
    assert_uniform(np.degrees(np.arctan2(columns, 9)), 15)


@pytest.mark.parametrize(("alpha", "sigma"), [(20, 3), (200, 15)])
def test_all_together_are_what_the_formula_says(alpha: float, sigma: float) -> None:
    """In float64, by SciPy, from the same draws in the order that they are made."""
    images, count = pictures(20, SHAPE).reshape(-1, *SHAPE), 20
    draws = np.random.default_rng(np.random.SeedSequence(4, spawn_key=(0,)))
    order = draws.permutation(count)
    turns, slants, heights, widths, downs, rights = draws.uniform(-1, 1, (6, count))
    noise = draws.integers(-(2**15), 2**15, (count, 2, *SHAPE), dtype=np.int16) / 2**15
    settings = {**EVERYTHING, "alpha": alpha, "sigma": sigma}
    came, _ = epoch(augment(images.reshape(count, -1), numbered(count), SHAPE, **settings, seed=4))
    for place, image in enumerate(images[order]):
        turn, slant = math.radians(20 * turns[place]), math.radians(15 * slants[place])
        turned = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        slanted = np.array([[1, 0], [math.tan(slant), 1]])
        scaled = np.diag([1 / (1 + 0.2 * heights[place]), 1 / (1 + 0.2 * widths[place])])
        seen = np.stack([ROWS, COLUMNS]).reshape(2, -1) - MIDDLE
        sources = (turned @ slanted @ scaled @ seen).reshape(2, *SHAPE) + MIDDLE
        sources += 2 * np.array([downs[place], rights[place]]).reshape(2, 1, 1)
        for axis in (0, 1):
            sources[axis] += alpha * ndimage.gaussian_filter(
                noise[place, axis], sigma, mode="constant", radius=28
            )
        wanted = ndimage.map_coordinates(
            image, sources, order=1, mode="grid-constant", cval=images.min()
        )
        assert came[place] == pytest.approx(wanted.ravel(), abs=PLACES)


def assert_uniform(numbers: Array, end: float) -> None:
    assert np.abs(numbers).max() < 1.01 * end
    quantiles = np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1])
    assert quantiles == pytest.approx([-end, -end / 2, 0, end / 2, end], abs=0.15 * end)


def displacements(count: int, alpha: float, sigma: float) -> tuple[Array, Array]:
    """Return by how much each pixel was displaced, along the rows and along the columns.

    An image whose pixels are the numbers of their rows shows, distorted, from which row each comes
    (except those that come from beyond an edge).
    """
    rows, columns = (
        distorted(place.astype(float), count, alpha=alpha, sigma=sigma, seed=3) - place
        for place in (ROWS, COLUMNS)
    )
    return rows, columns


@pytest.mark.parametrize(("alpha", "sigma"), [(34, 4), (10, 2)])
def test_elastic_displacements_are_as_large_and_as_smooth_as_alpha_and_sigma_say(
    alpha: float, sigma: float
) -> None:
    # Uniform numbers have a variance of 1/3, of which a Gaussian mean leaves 1 / (4 pi sigma**2).
    deviation = alpha / math.sqrt(3) / (2 * math.sqrt(math.pi) * sigma)
    for field in displacements(1500, alpha, sigma):
        inner = field[:, 9:19, 9:19]
        assert inner.std(axis=0) == pytest.approx(np.full((10, 10), deviation), rel=0.1)
        assert np.abs(inner.mean(axis=0)).max() < 0.12 * deviation
        for distance in (2, 4, 8):
            wanted = math.exp(-(distance**2) / (4 * sigma**2))
            for far in (inner[:, distance, 0], inner[:, 0, distance]):
                assert correlation(inner[:, 0, 0], far) == pytest.approx(wanted, abs=0.08)


def test_elastic_displacements_along_rows_and_columns_are_independent() -> None:
    rows, columns = displacements(500, 10, 4)
    assert abs(correlation(rows[:, 14, 14], columns[:, 14, 14])) < 0.15


def test_elastic_displacements_fade_towards_the_edges() -> None:
    for field in displacements(1000, 1, 4):
        # Of the Gaussian's square, one of sigma / sqrt(2), this much stands within the image.
        within = (1 + math.erf(1.5 / 4)) / 2
        ratio = field[:, 1, 1].std() / field[:, 14, 14].std()
        assert ratio == pytest.approx(within, abs=0.08)


def correlation(some: Array, others: Array) -> float:
    return float(np.corrcoef(some, others)[0, 1])


def test_twice_the_alpha_displaces_twice_as_far() -> None:
    once, twice = (displacements(20, alpha, 4)[0][:, 9:19, 9:19] for alpha in (10, 20))
    assert twice == pytest.approx(2 * once, abs=PLACES)


def test_with_sigma_0_every_pixel_is_displaced_on_its_own() -> None:
    rows, _ = displacements(500, 2, 0)
    assert_uniform(rows[:, 14, 14], 2)
    assert abs(correlation(rows[:, 14, 14], rows[:, 14, 15])) < 0.15


def test_beyond_its_edges_an_image_is_background_and_not_its_neighbour() -> None:
    bright, dark = np.full(81, 1.0), np.full(81, 0.01)
    images, targets = epoch(
        augment([bright, dark] * 50, [[1], [0]] * 50, (9, 9), shift=15, alpha=50, seed=1)
    )
    assert images[targets[:, 0] == 0] == pytest.approx(np.full((50, 81), 0.01), abs=1e-12)
    of_bright = images[targets[:, 0] == 1]
    assert of_bright.min() == 0.01
    assert of_bright.max() == 1.0


# In training.


def test_both_backends_learn_the_same_from_the_same_stream() -> None:
    data = datasets.digits()
    networks = [package.NeuralNetwork(64, 5, 10, 0.1, seed=1) for package in (nnref, nnfast)]
    for network in networks:
        examples = augment(
            data.train_inputs[:300], data.train_targets[:300], data.image_shape, alpha=2, seed=1
        )
        network.fit(examples, epochs=2)
    assert networks[0].digest() == networks[1].digest()


def test_a_network_that_was_trained_on_moved_digits_reads_moved_digits() -> None:
    data = datasets.digits()
    settings = {"rotation": 0, "shift": 1.5, "alpha": 0}
    moved_inputs, moved_targets = epoch(
        augment(data.test_inputs, data.test_targets, data.image_shape, **settings, seed=2)
    )
    scores = []
    for shift in (0, 1.5):
        network = nnfast.NeuralNetwork(64, 50, 10, 0.1, seed=1)
        examples = augment(
            data.train_inputs, data.train_targets, data.image_shape,
            **{**settings, "shift": shift}, seed=1,
        )  # fmt: skip
        network.fit(examples, epochs=15)
        answers = network.predict(moved_inputs).argmax(axis=1)
        scores.append(np.mean(answers == moved_targets.argmax(axis=1)))
    assert scores[1] > scores[0] + 0.1


# What is needed, and what is refused.


def test_no_scipy_is_needed() -> None:
    code = (
        "import sys; sys.modules['scipy'] = None; from nnfast.datasets import augment; "
        "print(len(list(augment([[0.0] * 9], [[1]], (3, 3), seed=1))))"
    )
    finished = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    assert finished.stdout == "1\n"


LARGEST = sys.float_info.max


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": LARGEST}, {"alpha": LARGEST, "sigma": 0}, {"sigma": LARGEST}, {"sigma": 5e-324},
        {"shift": LARGEST}, {"rotation": LARGEST}, {"scale": math.nextafter(1, 0)},
        {"shear": math.nextafter(90, 0)}, {"shear": math.nextafter(90, 0), "shift": LARGEST},
    ],
)  # fmt: skip
def test_the_strongest_distortions_leave_images(settings: dict[str, float]) -> None:
    images, _ = epoch(augment(pictures(300), numbered(300), (9, 12), **settings, seed=1))
    assert images.min() >= 0.01
    assert images.max() <= 1.0


def test_pixels_may_be_as_large_as_floats_are() -> None:
    inputs = np.array([[LARGEST, -LARGEST] * 8] * 20)
    images, _ = epoch(augment(inputs, numbered(20), (4, 4), **EVERYTHING, seed=1))
    assert np.isfinite(images).all()


@pytest.mark.parametrize(("shape", "size"), [((8, 8), 2 / 7), ((56, 56), 2), ((28, 100), 1)])
def test_the_usual_distances_are_those_of_28_pixels_in_proportion(
    shape: tuple[int, int], size: float
) -> None:
    examples = augment(pictures(1, shape), [[1]], shape, seed=1)
    assert examples.shift == pytest.approx(size)
    assert examples.sigma == pytest.approx(4 * size)
    assert examples.alpha / examples.sigma == pytest.approx(5 * size)
    given = augment(pictures(1, shape), [[1]], shape, shift=0, alpha=1, sigma=2, seed=1)
    assert (given.shift, given.alpha, given.sigma) == (0, 1, 2)
