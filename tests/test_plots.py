"""Is what ``nnfast.plots`` draws what the network holds and says?"""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import HANGS, bits, overlap
from numpy.typing import NDArray

pytest.importorskip("matplotlib")

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.contour import ContourSet

import nnfast
import nnref
from nnfast import plots
from nnfast.datasets import one_hot
from nnref.article import weighted_sums
from nnref.neurons import activate

# Draws without a screen; chosen before the first figure chooses another.
matplotlib.use("agg")

BACKENDS = (nnref, nnfast)

INPUTS = np.random.default_rng(1).random((30, 4))
LABELS = np.arange(30) % 3
POINTS = INPUTS[:, :2]

HISTORY = nnref.History(
    loss=[0.5, 0.3, 0.2], validation_loss=[0.6, 0.4, 0.45], validation_score=[0.7, 0.9, 0.8],
    best_epoch=1,
)  # fmt: skip


def network(backend: Any = nnfast, sizes: tuple[Any, ...] = (4, 5, 3), **options: Any) -> Any:
    return backend.NeuralNetwork(*sizes, 0.1, seed=1, **options)


def echo(width: int) -> Any:
    """Return a network whose outputs are its inputs."""
    same = network(sizes=(width, [], width), output_activation="identity")
    same.weights = [np.eye(width)]
    return same


# Every function, on networks of one backend.
CASES: dict[str, Callable[..., Axes]] = {
    "learning_curves": lambda backend, **ax: plots.learning_curves(HISTORY, **ax),
    "first_weights": lambda backend, **ax: plots.first_weights(network(backend), **ax),
    "confusion_matrix": lambda backend, **ax: plots.confusion_matrix(LABELS, 2 - LABELS, **ax),
    "most_wrong": lambda backend, **ax: plots.most_wrong(network(backend), INPUTS, LABELS, **ax),
    "back_queries": lambda backend, **ax: plots.back_queries(network(backend), **ax),
    "decision_boundary of one output": lambda backend, **ax: plots.decision_boundary(
        network(backend, (2, 5, 1), bias=True), POINTS, LABELS > 1, **ax
    ),
    "decision_boundary of three": lambda backend, **ax: plots.decision_boundary(
        network(backend, (2, 5, 3)), POINTS, LABELS, **ax
    ),
    "histograms": lambda backend, **ax: plots.histograms(network(backend), INPUTS, **ax),
    "answer": lambda backend, **ax: plots.answer(network(backend).query(INPUTS[0]), **ax),
    "answer with image": lambda backend, **ax: plots.answer(
        network(backend).query(INPUTS[0]), INPUTS[0], **ax
    ),
    "image": lambda backend, **ax: plots.image(INPUTS[0], **ax),
}

each_function = pytest.mark.parametrize("draw", CASES.values(), ids=list(CASES))


@pytest.fixture(autouse=True)
def no_trace() -> Iterator[None]:
    """Close the figures; hold every test to leaving matplotlib's settings as they were."""
    before = copy.deepcopy(dict(matplotlib.rcParams))
    yield
    pyplot.close("all")
    assert dict(matplotlib.rcParams) == before


def pixels(ax: Axes) -> bytes:
    """Return the picture as it looks; a warning while it is drawn is an error."""
    ax.figure.canvas.draw()
    return bytes(ax.figure.canvas.buffer_rgba())


def shown_images(ax: Axes) -> list[NDArray[Any]]:
    return [np.asarray(drawn.get_array()) for drawn in ax.images]


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


# --- the contract -------------------------------------------------------------------------------


@each_function
def test_an_axes_that_is_given_is_drawn_on_and_returned(draw: Callable[..., Axes]) -> None:
    _, panels = pyplot.subplots(2, 2)
    blank = pixels(panels[0, 1])
    assert draw(nnfast, ax=panels[0, 1]) is panels[0, 1]
    assert pyplot.get_fignums() == [1]
    assert pixels(panels[0, 1]) != blank
    others = [panels[0, 0], panels[1, 0], panels[1, 1]]
    assert not any(panel.has_data() or panel.get_title() for panel in others)


@each_function
def test_without_an_axes_there_is_one_new_figure(draw: Callable[..., Axes]) -> None:
    pyplot.figure()
    ax = draw(nnfast)
    assert pyplot.get_fignums() == [1, 2]
    assert pyplot.figure(2) is ax.figure
    assert ax.figure.axes[0] is ax


@each_function
def test_both_backends_give_the_same_picture(draw: Callable[..., Axes]) -> None:
    assert pixels(draw(nnref)) == pixels(draw(nnfast))


@each_function
def test_what_was_on_the_axes_stays(draw: Callable[..., Axes]) -> None:
    _, ax = pyplot.subplots()
    (line,) = ax.plot([0, 1], [0, 1])
    assert line in draw(nnfast, ax=ax).lines


@each_function
def test_an_axes_that_is_none_is_refused_and_leaves_no_figure(draw: Callable[..., Axes]) -> None:
    with pytest.raises(TypeError, match=r"^ax: got 'here', wants a matplotlib Axes or None$"):
        draw(nnfast, ax="here")
    assert pyplot.get_fignums() == []


# Every function with as many words as it is likely to have to write.
BUSY: tuple[Callable[..., Axes], ...] = (
    lambda **ax: plots.learning_curves(HISTORY, **ax),
    lambda **ax: plots.first_weights(network(sizes=(64, 1200, 10)), **ax),
    lambda **ax: plots.confusion_matrix(*np.indices((10, 10)).reshape(2, -1).repeat(1200, 1), **ax),
    lambda **ax: plots.most_wrong(echo(64), np.eye(64), [1] * 64, count=12, **ax),
    lambda **ax: plots.back_queries(network(sizes=(64, 9, 50)), **ax),
    lambda **ax: plots.decision_boundary(network(sizes=(2, 9, 10)), POINTS, LABELS, **ax),
    lambda **ax: plots.histograms(network(sizes=(4, [6, 5], 3), activation="tanh"), INPUTS, **ax),
    lambda **ax: plots.answer(np.linspace(-1, 1, 10), INPUTS[0], **ax),
)


def boxes_of_words(ax: Axes) -> list[Any]:
    """Return where words are on an Axes, and on those within it."""
    texts = [*ax.texts, ax.title]
    if ax.get_legend() is not None:
        texts += ax.get_legend().get_texts()
    for axis in (ax.xaxis, ax.yaxis):
        if ax.axison and axis.get_visible():
            low, high = sorted(axis.get_view_interval())
            ticks = axis.get_major_ticks()
            texts += [tick.label1 for tick in ticks if low <= tick.get_loc() <= high]
            texts += [tick.label2 for tick in ticks if low <= tick.get_loc() <= high]
            texts.append(axis.label)
    boxes = [text.get_window_extent() for text in texts if text.get_visible() and text.get_text()]
    return boxes + [box for inner in ax.child_axes for box in boxes_of_words(inner)]


@pytest.mark.parametrize("draws", [BUSY[:4], BUSY[4:]], ids=["first four", "last four"])
@pytest.mark.parametrize("size", [(6.4, 4.8), (12, 9)], ids=str)
def test_no_words_lie_over_each_other_in_one_of_four_panels(
    size: tuple[float, float], draws: tuple[Callable[..., Axes], ...]
) -> None:
    figure, panels = pyplot.subplots(2, 2, figsize=size, layout="constrained")
    for panel, draw in zip(panels.flat, draws, strict=True):
        draw(ax=panel)
    figure.canvas.draw()
    assert not overlap([box for ax in figure.axes for box in boxes_of_words(ax)])


@pytest.mark.parametrize("draw", BUSY)
def test_a_title_is_not_wider_than_its_panel(draw: Callable[..., Axes]) -> None:
    figure, panels = pyplot.subplots(2, 2, figsize=(5, 5))
    ax = draw(ax=panels[0, 0])
    figure.canvas.draw()
    room = ax.get_subplotspec().get_position(figure).transformed(figure.transSubfigure)
    assert ax.title.get_window_extent().width < room.width


# --- colours ------------------------------------------------------------------------------------


def test_the_sign_of_a_number_has_the_colours_of_the_live_page() -> None:
    css = (Path(nnfast.__file__).parent / "live" / "page.css").read_text(encoding="utf-8")
    light = css.partition("@media")[0]
    plus, minus = (re.search(rf"--{name}: (#\w+);", light)[1] for name in ("plus", "minus"))
    maps = [
        plots.first_weights(network()).images[0].get_cmap(),
        plots.decision_boundary(network(sizes=(2, [], 1))).images[0].get_cmap(),
    ]
    for colours in maps:
        assert [to_hex(colours(share)) for share in (0.0, 1.0)] == [minus, plus]
    right = plots.learning_curves(HISTORY)
    assert {to_hex(line.get_color()) for ax in right.figure.axes for line in ax.lines} >= {
        plus,
        minus,
    }


def luminance(colour: Any) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    shares = np.array(to_rgb(colour))
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: Any, other: Any) -> float:
    low, high = sorted(luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("classes", [2, 5])
def test_points_stand_out_from_the_ground_of_their_own_class(classes: int) -> None:
    outputs = 1 if classes == 2 else classes
    labels = np.arange(30) % classes
    ax = plots.decision_boundary(network(sizes=(2, 4, outputs)), POINTS, labels)
    (plane,) = ax.images
    for place, group in enumerate(
        [drawn for drawn in ax.collections if not isinstance(drawn, ContourSet)]
    ):
        share = place / (classes - 1)
        ground = plane.get_alpha() * np.array(to_rgb(plane.get_cmap()(share)))
        ground = ground + 1 - plane.get_alpha()  # on white
        of_point = (group.get_facecolor()[0], group.get_edgecolor()[0])
        assert max(contrast(colour[:3], ground) for colour in of_point) >= 3.0


# --- what is imported ---------------------------------------------------------------------------


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", code],
        capture_output=True, text=True, timeout=HANGS, check=False,
    )  # fmt: skip


def test_matplotlib_is_loaded_by_plots_only_and_pyplot_not_before_a_figure_is_wanted() -> None:
    modules = ("matplotlib", "matplotlib.pyplot")
    finished = run(
        "import json, sys, nnfast, nnfast.datasets\n"
        f"before = [name in sys.modules for name in {modules}]\n"
        "import nnfast.plots\n"
        f"print(json.dumps([before, [name in sys.modules for name in {modules}]]))"
    )
    assert json.loads(finished.stdout) == [[False, False], [True, False]], finished.stderr


def test_without_matplotlib_the_import_says_what_to_install() -> None:
    finished = run("import sys; sys.modules['matplotlib'] = None\nimport nnfast.plots")
    message = "ImportError: nnfast.plots needs matplotlib: pip install matplotlib"
    assert finished.stderr.splitlines()[-1] == message


# --- learning curves ----------------------------------------------------------------------------


def test_learning_curves_are_the_history() -> None:
    ax = plots.learning_curves(HISTORY)
    _, right = ax.figure.axes
    loss, validation_loss, best = ax.lines
    (score,) = right.lines
    for line, values in (
        (loss, HISTORY.loss),
        (validation_loss, HISTORY.validation_loss),
        (score, HISTORY.validation_score),
    ):
        assert list(line.get_xdata()) == [1, 2, 3]
        assert list(line.get_ydata()) == values
    assert set(best.get_xdata()) == {2}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "training loss", "validation loss", "best epoch: 2", "validation score (right)",
    ]  # fmt: skip


def test_learning_curves_without_validation_have_one_line_and_one_axis() -> None:
    ax = plots.learning_curves(nnref.History(loss=[0.2, 0.1]))
    assert (len(ax.lines), ax.figure.axes) == (1, [ax])


@pytest.mark.parametrize("best", range(3))
def test_no_curve_runs_through_the_legend(best: int) -> None:
    history = copy.deepcopy(HISTORY)
    history.best_epoch = best
    ax = plots.learning_curves(history)
    ax.figure.canvas.draw()
    lowest = ax.get_legend().get_window_extent().y0
    for line in [line for each in ax.figure.axes for line in each.lines]:
        highest = line.get_transform().transform(line.get_xydata())[:, 1].max()
        assert highest < lowest


def test_a_diverged_history_is_drawn_as_far_as_it_goes() -> None:
    nan, inf = float("nan"), float("inf")
    pixels(plots.learning_curves(nnref.History([1.0, inf, nan], [2.0, inf, nan], [0.1, nan, nan])))
    pixels(plots.learning_curves(nnref.History([nan], [nan], [nan], best_epoch=0)))


# --- first weights ------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_first_weights_are_the_columns_of_the_first_matrix(backend: Any) -> None:
    weighed = network(backend, (6, 7, 2))
    ax = plots.first_weights(weighed, (2, 3))
    matrix = np.asarray(weighed.weights[0])
    assert bits(shown_images(ax)) == bits([matrix[:, j].reshape(2, 3) for j in range(7)])
    largest = abs(matrix).max()
    assert {drawn.get_clim() for drawn in ax.images} == {(-largest, largest)}
    assert ax.get_title() == "Weights into all 7 hidden neurons"
    assert words(ax) == [str(j) for j in range(7)]
    (bar,) = ax.child_axes
    assert bar.get_ylim() == (-largest, largest)


def test_images_stand_side_by_side_row_by_row_and_upright() -> None:
    ax = plots.first_weights(network(sizes=(6, 7, 2)), (2, 3))
    ax.figure.canvas.draw()
    boxes = [drawn.get_window_extent() for drawn in ax.images]
    assert not overlap(boxes)
    places = [(-round(box.y1), round(box.x0)) for box in boxes]
    assert places == sorted(places)
    assert len({row for row, _ in places}) > 1
    for box in boxes:
        assert box.width / box.height == pytest.approx(3 / 2, rel=0.02)
    # An image's first row is drawn at its top: the y axis points down, and so does the extent.
    assert ax.yaxis_inverted()
    assert {drawn.origin for drawn in ax.images} == {"upper"}
    assert all(bottom > top for _, _, bottom, top in (drawn.get_extent() for drawn in ax.images))


def test_of_a_large_layer_the_first_neurons_are_shown_and_the_title_says_so() -> None:
    large = network(sizes=(4, 1200, 2))
    ax = plots.first_weights(large)
    assert len(ax.images) == 40
    assert bits(shown_images(ax)[39]) == bits(large.weights[0][:, 39].reshape(2, 2))
    assert ax.get_title() == "Weights into 40 of 1,200 hidden neurons"
    assert len(plots.first_weights(large, count=3).images) == 3


def test_without_a_hidden_layer_the_neurons_are_the_outputs() -> None:
    title = plots.first_weights(network(sizes=(4, [], 1))).get_title()
    assert title == "Weights into 1 output neuron"


# --- confusion matrix ---------------------------------------------------------------------------


def test_confusion_matrix_counts_and_colours() -> None:
    labels = [0] * 10 + [2] * 4 + [5] * 2
    answers = [0] * 7 + [2] * 2 + [5] + [2] * 2 + [0] * 2 + [5] * 2
    ax = plots.confusion_matrix(labels, answers)
    counts = [[7, 2, 1], [2, 2, 0], [0, 0, 2]]
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(x, y): str(counts[y][x]) for x in range(3) for y in range(3)}
    for axis in (ax.xaxis, ax.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["0", "2", "5"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("answer", "label")
    assert ax.get_title() == "11 of 16 right: 68.75 %"
    right, wrong = (drawn.get_array() for drawn in ax.images)
    # Shares of the row; those of errors in parts of the largest of them, 2 of 4.
    assert right.tolist() == [[0.7, None, None], [None, 0.5, None], [None, None, 1.0]]
    assert wrong.tolist() == [[None, 0.4, 0.2], [1.0, None, None], [None, None, None]]
    assert [drawn.get_cmap().name for drawn in ax.images] == ["Blues", "Oranges"]


def test_confusion_matrix_counts_every_example_of_many() -> None:
    draws = np.random.default_rng(0)
    labels, answers = draws.integers(0, 10, (2, 5000)).astype(np.uint8)
    ax = plots.confusion_matrix(labels, answers)
    for text in ax.texts:
        answer, label = text.get_position()
        assert int(text.get_text()) == ((labels == label) & (answers == answer)).sum()


# --- most wrong ---------------------------------------------------------------------------------

# What `echo` answers to these is their largest number.
ANSWERED = np.array(
    [
        [0.1, 0.8, 0.2, 0.3],  # label 0: wrong by 0.7
        [0.1, 0.8, 0.2, 0.3],  # label 1: right
        [0.9, 0.8, 0.2, 0.3],  # label 1: wrong by 0.1
        [0.1, 0.2, 0.2, 1.0],  # label 0: wrong by 0.9
        [0.0, 0.2, 0.9, 0.2],  # label 1: wrong by 0.7, and later than the other
    ]
)


def test_most_wrong_shows_the_worst_first_with_label_answer_and_outputs() -> None:
    ax = plots.most_wrong(echo(4), ANSWERED, [0, 1, 1, 0, 1])
    assert bits(shown_images(ax)) == bits(ANSWERED[[3, 0, 4, 2]].reshape(4, 2, 2))
    assert words(ax) == [
        "0 → 3\n0.10 → 1.00", "0 → 1\n0.10 → 0.80", "1 → 2\n0.20 → 0.90", "1 → 0\n0.80 → 0.90",
    ]  # fmt: skip
    assert ax.get_title().startswith("The worst: all 4 errors in 5 examples\n")


def test_of_many_errors_the_worst_are_shown_and_the_title_says_so() -> None:
    ax = plots.most_wrong(echo(4), ANSWERED, [0, 1, 1, 0, 1], (1, 4), count=2)
    assert bits(shown_images(ax)) == bits(ANSWERED[[3, 0]].reshape(2, 1, 4))
    assert ax.get_title().startswith("The worst: 2 of 4 errors in 5 examples\n")
    many = plots.most_wrong(echo(4), np.tile(ANSWERED, (10, 1)), [0, 1, 1, 0, 1] * 10)
    assert len(many.images) == 20


def test_a_caption_is_under_its_image() -> None:
    ax = plots.most_wrong(echo(4), ANSWERED, [0, 1, 1, 0, 1])
    ax.figure.canvas.draw()
    for drawn, text in zip(ax.images, ax.texts, strict=True):
        image, caption = drawn.get_window_extent(), text.get_window_extent()
        assert image.y0 - image.height / 10 < caption.y1 <= image.y0
        assert (caption.x0 + caption.x1) / 2 == pytest.approx((image.x0 + image.x1) / 2, abs=1)


def test_no_errors_is_said() -> None:
    ax = plots.most_wrong(echo(4), ANSWERED, ANSWERED.argmax(axis=1))
    assert ax.get_title() == "No errors in 5 examples"
    assert not ax.images


# --- back queries -------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("activation", "yes", "no"),
    [
        ("sigmoid", 0.99, 0.01),
        ("softmax", 0.99, 0.01),
        ("identity", 0.99, 0.01),
        ("tanh", 2 * 0.99 - 1, 2 * 0.01 - 1),
    ],
)
def test_back_queries_are_the_network_s(
    backend: Any, activation: str, yes: float, no: float
) -> None:
    asked = network(backend, output_activation=activation)
    ax = plots.back_queries(asked)
    for label, drawn in enumerate(shown_images(ax)):
        targets = [yes if place == label else no for place in range(3)]
        assert bits(drawn.ravel()) == bits(asked.backquery(targets))
    assert words(ax) == ["0", "1", "2"]
    assert ax.get_title() == "What it has in mind for all 3 outputs"


def test_of_many_outputs_40_are_asked_and_the_title_says_so() -> None:
    ax = plots.back_queries(network(sizes=(4, 3, 50)))
    assert len(ax.images) == 40
    assert ax.get_title() == "What it has in mind for 40 of 50 outputs"


# --- decision boundary --------------------------------------------------------------------------


def centres(ax: Axes) -> NDArray[Any]:
    """Return where the middles of the pixels of the plane are, (rows * columns, 2)."""
    (drawn,) = ax.images
    rows, columns = drawn.get_array().shape
    left, right, bottom, top = drawn.get_extent()
    x = left + (np.arange(columns) + 0.5) / columns * (right - left)
    y = bottom + (np.arange(rows) + 0.5) / rows * (top - bottom)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def boundary(ax: Axes) -> NDArray[Any]:
    contours = [drawn for drawn in ax.collections if isinstance(drawn, ContourSet)]
    return np.concatenate([path.vertices for each in contours for path in each.get_paths()])


@pytest.mark.parametrize(
    ("activation", "middle", "scale"), [("sigmoid", 0.5, (0.0, 1.0)), ("tanh", 0.0, (-1.0, 1.0))]
)
def test_the_plane_has_the_one_output_s_colour_and_a_line_in_its_middle(
    activation: str, middle: float, scale: tuple[float, float]
) -> None:
    parted = network(sizes=(2, 6, 1), output_activation=activation, bias=True)
    parted.weights = [np.multiply(9, matrix) for matrix in parted.weights]
    ax = plots.decision_boundary(parted, POINTS)
    (drawn,) = ax.images
    assert drawn.origin == "lower"
    np.testing.assert_allclose(drawn.get_array().ravel(), parted.predict(centres(ax))[:, 0])
    assert drawn.get_clim() == scale
    line = boundary(ax)
    assert len(line) > 50
    np.testing.assert_allclose(parted.predict(line)[:, 0], middle, atol=0.01)


def test_the_scale_of_an_identity_output_reaches_as_far_as_the_output_does() -> None:
    ax = plots.decision_boundary(network(sizes=(2, [], 1), output_activation="identity"))
    (drawn,) = ax.images
    low, high = drawn.get_clim()
    assert (low + high) / 2 == 0.5
    assert (high - low) / 2 == pytest.approx(abs(drawn.get_array() - 0.5).max())


def test_the_plane_has_the_colour_of_the_largest_output_and_lines_where_two_are() -> None:
    parted = network(sizes=(2, [], 3), bias=True)
    parted.weights, parted.biases = [[[3.0, 0.0, -3.0], [0.0, 3.0, -3.0]]], [[0.0, 0.0, 2.0]]
    ax = plots.decision_boundary(parted)
    (drawn,) = ax.images
    outputs = parted.predict(centres(ax))
    assert drawn.get_array().ravel().tolist() == outputs.argmax(axis=1).tolist()
    assert {*drawn.get_array().ravel()} == {0, 1, 2}
    two_largest = np.sort(parted.predict(boundary(ax)), axis=1)[:, 1:]
    np.testing.assert_allclose(two_largest[:, 0], two_largest[:, 1], atol=0.001)


def test_a_plane_without_a_boundary_has_no_line() -> None:
    flat = network(sizes=(2, [], 1))
    flat.weights = [[[0.0], [0.0]]]
    ax = plots.decision_boundary(flat)
    assert not ax.collections
    pixels(ax)


@pytest.mark.parametrize(
    "targets",
    [[0, 1, 1, 0], [False, True, True, False], [[0.01], [0.99], [0.99], [0.01]]],
    ids=["labels", "flags", "targets"],
)
def test_examples_are_points_in_the_colour_of_their_target(targets: Any) -> None:
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    echoes = network(sizes=(2, [], 1), output_activation="identity")
    echoes.weights = [[[0.0], [1.0]]]  # says what the second input is
    ax = plots.decision_boundary(echoes, corners, targets)
    below, above = [drawn for drawn in ax.collections if not isinstance(drawn, ContourSet)]
    assert below.get_offsets().tolist() == [[0, 0], [1, 1]]
    assert above.get_offsets().tolist() == [[0, 1], [1, 0]]
    (drawn,) = ax.images
    ends = [to_hex(drawn.get_cmap()(end)) for end in (0.0, 1.0)]
    assert [to_hex(each.get_facecolor()[0]) for each in (below, above)] == ends
    assert ax.get_title() == "Decision boundary: 2 of 4 right"
    assert ax.get_xlim() == pytest.approx((-0.2, 1.2))


@pytest.mark.parametrize("as_targets", [False, True])
def test_examples_of_several_classes_have_their_colours(as_targets: bool) -> None:
    labels = [1, 0, 1, 2]
    targets = one_hot(labels, 3) if as_targets else labels
    ax = plots.decision_boundary(network(sizes=(2, 4, 3)), POINTS[:4], targets)
    groups = [drawn for drawn in ax.collections if not isinstance(drawn, ContourSet)]
    (drawn,) = ax.images
    for label, group in enumerate(groups):
        assert group.get_offsets().tolist() == POINTS[:4][np.equal(labels, label)].tolist()
        assert to_hex(group.get_facecolor()[0]) == to_hex(drawn.get_cmap()(label))


def test_the_plane_may_reach_beyond_what_the_network_was_trained_on() -> None:
    trained = network(sizes=(2, 4, 3))
    trained.fit(np.tile(POINTS, (10, 1)), one_hot(np.tile(LABELS, 10), 3))
    far = plots.decision_boundary(trained, POINTS)
    assert far.get_xlim()[0] < POINTS[:, 0].min() < POINTS[:, 0].max() < far.get_xlim()[1]


# --- histograms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("last", ["softmax", "sigmoid", "tanh", "identity", "exponential"])
def test_histograms_are_of_the_signals_and_outputs_that_the_oracle_computes(
    backend: Any, bias: bool, last: str
) -> None:
    names = ("relu", "tanh", "identity", "sigmoid", last)
    deep = network(
        backend, (4, [6, 5, 4, 4], 3), activation=names[:-1], output_activation=last, bias=bias
    )
    if bias:
        deep.biases = [np.linspace(-0.3, 0.4, len(vector)) for vector in deep.biases]
    ax = plots.histograms(deep, INPUTS)
    panels = iter(ax.child_axes)
    rows = INPUTS.tolist()
    for place, name in enumerate(names):
        weights = np.asarray(deep.weights[place]).tolist()
        start = np.asarray(deep.biases[place]).tolist() if bias else [0.0] * len(weights[0])
        signals = [weighted_sums(row, weights, start) for row in rows]
        rows = [activate(name, row) for row in signals]
        for values in (signals, rows):
            panel = next(panels)
            (outline,) = panel.patches
            heights, edges = np.histogram(values, bins=60)
            xy = outline.get_xy()
            percent = 100 * heights / np.size(values)
            assert xy[1:121:2, 1] == pytest.approx(percent)
            assert xy[0:121:2, 0].tolist() == edges.tolist()
            if values is signals:
                kind = f"hidden {place + 1}" if place < len(names) - 1 else "output"
                assert panel.get_ylabel() == f"{kind}\n{name}"
            shares = [label.get_text() for label in panel.get_yticklabels()]
            assert len(shares) >= 2
            assert all(share.endswith(" %") for share in shares)
    assert next(panels, None) is None
    assert [panel.get_title() for panel in ax.child_axes[:3]] == ["signals", "outputs", ""]
    assert ax.get_title() == "Signals and outputs of all 30 examples"


def test_histograms_of_a_float32_network_are_of_float32_numbers() -> None:
    small = network(dtype="float32")
    for panel in plots.histograms(small, INPUTS).child_axes:
        (outline,) = panel.patches
        ends = outline.get_xy()[[0, 120], 0]
        assert ends.astype(np.float32).tolist() == ends.tolist()
    assert ends == pytest.approx([small.predict(INPUTS).min(), small.predict(INPUTS).max()])


# --- answer and image ---------------------------------------------------------------------------


def bars_of(ax: Axes) -> tuple[list[float], list[str]]:
    return [bar.get_width() for bar in ax.patches], [
        to_hex(bar.get_facecolor()) for bar in ax.patches
    ]


def test_an_answer_is_a_bar_for_each_output_and_the_largest_stands_out() -> None:
    ax = plots.answer([0.1, 0.25, 0.9, 0.3])
    widths, colours = bars_of(ax)
    assert widths == [0.1, 0.25, 0.9, 0.3]
    assert colours[2] not in colours[:2] + colours[3:]
    assert words(ax) == ["0.10", "0.25", "0.90", "0.30"]
    assert ax.get_title() == "Answer: 2, by an output of 0.90"
    assert ax.yaxis_inverted()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1", "2", "3"]
    low, high = ax.get_xlim()
    assert (low, high > 1.0) == (0.0, True)


def test_a_single_output_is_no_class() -> None:
    assert plots.answer([0.75]).get_title() == "Output of 0.75"


def test_an_answer_beside_its_image() -> None:
    ax = plots.answer([-0.5, 0.2], range(6), (2, 3))
    picture, bars = ax.child_axes
    assert shown_images(picture)[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert bars_of(bars)[0] == [-0.5, 0.2]
    assert bars.get_xlim()[0] < -0.5
    ax.figure.canvas.draw()
    boxes = [part.get_tightbbox() for part in (picture, bars)]
    assert not overlap(boxes)
    outer = ax.get_window_extent()
    assert outer.x0 <= boxes[0].x0 < boxes[0].x1 <= boxes[1].x0 < boxes[1].x1 <= outer.x1 + 1


def test_an_image_is_dark_where_inputs_are_large() -> None:
    ax = plots.image([0.01, 1.0, 0.5, 0.01, 0.3, 0.01], (3, 2))
    (drawn,) = ax.images
    assert drawn.get_array().tolist() == [[0.01, 1.0], [0.5, 0.01], [0.3, 0.01]]
    assert drawn.get_clim() == (0.0, 1.0)
    assert [to_hex(drawn.get_cmap()(end)) for end in (0.0, 1.0)] == ["#ffffff", "#000000"]
    (wide,) = plots.image([-3.0, 0.0, 2.0, 0.0]).images
    assert wide.get_clim() == (-3.0, 2.0)


# --- bad input: of one argument beside another; of one alone it is in test_bad_input.py ---------


def diverged(sizes: tuple[Any, ...] = (4, 5, 3)) -> Any:
    lost = network(sizes=sizes)
    lost.weights[0][1, 2] = np.nan
    return lost


SIX = (6, 5, 3)

REFUSED: list[tuple[Callable[[], Axes], type[Exception], str]] = [
    *[
        (lambda draw=draw: draw(network(sizes=SIX)), ValueError, "image_shape: got None for 6 inp")
        for draw in (
            plots.first_weights,
            plots.back_queries,
            lambda net: plots.most_wrong(net, np.ones((1, 6)), [0]),
        )
    ],
    (
        lambda: plots.image([1.0] * 6),
        ValueError,
        "image_shape: got None for 6 inputs, which do",
    ),
    (lambda: plots.answer([0.1], [1.0] * 5), ValueError, "image_shape: got None for 5 inputs"),
    (
        lambda: plots.first_weights(diverged()),
        ValueError,
        r"network.weights\[0\]\[1\]\[2\]: got nan",
    ),
    (lambda: plots.confusion_matrix([1, 2], [1]), ValueError, "answers: got 1, wants 2, one for"),
    (
        lambda: plots.confusion_matrix(range(61), range(61)),
        ValueError,
        "labels: got 61 classes, wants at most 60$",
    ),
    (
        lambda: plots.most_wrong(network(sizes=(4, 5, 1)), INPUTS, LABELS),
        ValueError,
        "network: got 1 output, wants at least 2",
    ),
    (
        lambda: plots.most_wrong(network(), INPUTS, LABELS[:-1]),
        ValueError,
        "labels: got 29, wants 30, one for each example$",
    ),
    (
        lambda: plots.most_wrong(network(), INPUTS, LABELS + 1),
        ValueError,
        r"labels\[2\]: got 3, wants 0 to 2$",
    ),
    (
        lambda: plots.most_wrong(network(), INPUTS, LABELS - 1),
        ValueError,
        r"labels\[0\]: got -1, wants 0 to 2$",
    ),
    (
        lambda: plots.most_wrong(diverged(), INPUTS, LABELS),
        ValueError,
        r"the network's outputs\[0\]\[0\]: got nan, wants a finite number$",
    ),
    (
        lambda: plots.histograms(diverged(), INPUTS),
        ValueError,
        r"the network's signals\[0\]\[2\]: got nan, wants a finite number$",
    ),
    (
        lambda: plots.decision_boundary(network()),
        ValueError,
        "network: got 4 inputs, wants 2, which make a plane$",
    ),
    (
        lambda: plots.decision_boundary(diverged((2, 3, 1))),
        ValueError,
        r"the network's signals\[0\]\[2\]: got nan, wants a finite number$",
    ),
    (
        lambda: plots.decision_boundary(network(sizes=(2, 3, 1)), targets=[1]),
        ValueError,
        "targets: got some without inputs, wants inputs too$",
    ),
    (
        lambda: plots.decision_boundary(network(sizes=(2, 3, 1)), POINTS, [1]),
        ValueError,
        "targets: got 1, wants 30, one for each example$",
    ),
    (
        lambda: plots.decision_boundary(network(sizes=(2, 3, 3)), POINTS, np.ones((30, 2))),
        ValueError,
        r"targets\[0\]: got 2 numbers, wants 3$",
    ),
    (
        lambda: plots.decision_boundary(network(sizes=(2, 3, 1)), POINTS[:1], [np.nan]),
        ValueError,
        r"targets\[0\]\[0\]: got nan, wants a finite number$",
    ),
    (
        lambda: plots.decision_boundary(network(sizes=(2, 3, 2)), POINTS, LABELS),
        ValueError,
        r"targets\[2\]: got 2, wants 0 to 1$",
    ),
]


@pytest.mark.parametrize(("draw", "error", "message"), REFUSED, ids=[row[2] for row in REFUSED])
def test_bad_input_is_refused_and_leaves_no_figure(
    draw: Callable[[], Axes], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        draw()
    assert pyplot.get_fignums() == []


def test_a_drawing_that_fails_leaves_no_figure_but_the_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("nnfast.plots.bars.set_title")
    with pytest.raises(NameError):
        plots.answer([0.1, 0.2])
    assert pyplot.get_fignums() == []
    _, ax = pyplot.subplots()
    with pytest.raises(NameError):
        plots.answer([0.1, 0.2], ax=ax)
    assert len(pyplot.get_fignums()) == 1
