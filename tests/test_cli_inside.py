"""`nnfast explain`, `gradcheck` and `backquery`: do they show what the network computes?"""

import json
import math
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from command_line import Run

import nnfast
import nnref
from nnfast.datasets import digits
from nnref import gradient_check


def saved(path: Path, onodes: int = 10, **options: Any) -> nnfast.NeuralNetwork:
    network = nnfast.NeuralNetwork(64, 5, onodes, 0.1, seed=1, **options)
    network.save(path)
    return network


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "digits.model"
    saved(path)
    return path


# Explain.


def test_without_a_model_it_is_the_articles_network(run: Run) -> None:
    finished = run("explain")
    network = nnref.NeuralNetwork(3, 3, 3, 0.3, seed=0)
    assert finished.status == 0
    assert finished.err == ""
    printed = [line.rstrip() for line in finished.out.splitlines()]
    wanted = str(network.explain([0.9, 0.1, 0.8], [0.99, 0.01, 0.01])).splitlines()
    assert printed == [line.rstrip() for line in wanted]


OTHER = (
    "--hidden", "4,2", "--activation", "tanh,relu", "--output-activation", "softmax", "--bias",
    "--hidden-error", "gradient", "--lr", "0.05", "--seed", "3",
)  # fmt: skip


def other() -> nnref.NeuralNetwork:
    """Return the network that the options of `OTHER` make."""
    return nnref.NeuralNetwork(
        3, [4, 2], 3, 0.05, activation=("tanh", "relu"), output_activation="softmax", bias=True,
        hidden_error="gradient", seed=3,
    )  # fmt: skip


EXAMPLE = ([0.9, 0.1, 0.8], [0.99, 0.01, 0.01])


@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_options_make_another_network(run: Run, backend: str) -> None:
    explained = run("explain", *OTHER, "--backend", backend, "--json")
    assert json.loads(explained.out) == other().explain(*EXAMPLE).to_dict()
    checked = run("gradcheck", *OTHER, "--backend", backend, "--json")
    assert json.loads(checked.out) == json.loads(
        json.dumps(gradient_check(other(), *EXAMPLE).to_dict())
    )


@pytest.mark.parametrize("command", ["explain", "gradcheck"])
def test_help_says_that_the_rule_is_not_the_textbooks_and_how_to_get_that(
    run: Run, command: str
) -> None:
    text = " ".join(run(command, "--help").out.split())
    assert "follow the article's rule, which is not textbook back-propagation" in text
    assert "--hidden-error gradient" in text


def test_an_explanation_can_be_saved_as_a_page(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "lesson.html"
    page.write_text("older")
    finished = run("explain", *OTHER, "--html", page)
    wanted = other().explain(*EXAMPLE)
    wanted.save_html(tmp_path / "wanted.html")
    assert finished.status == 0
    assert page.read_bytes() == (tmp_path / "wanted.html").read_bytes()
    assert "FORWARD" in finished.out


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("nowhere/lesson.html", 1, "No such file or directory"),
        ("folder/", 2, "is not the name of a file."),
        (".", 2, "is not the name of a file."),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_before_the_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, path: str, status: int, message: str
) -> None:
    monkeypatch.setattr(nnfast.NeuralNetwork, "explain", None)
    finished = run("explain", "--html", path)
    assert finished.status == status
    assert message in finished.err
    assert finished.out == ""


@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_json_is_all_of_the_explanation(run: Run, backend: str) -> None:
    options = ("--inputs", "0.5,0.25", "--targets", "0.9", "--seed", "3", "--backend", backend)
    finished = run("explain", *options, "--json")
    network = nnref.NeuralNetwork(2, 3, 1, 0.3, seed=3)
    assert json.loads(finished.out) == network.explain([0.5, 0.25], [0.9]).to_dict()


def test_a_saved_network_is_shown_an_example_of_the_test_set(run: Run, model: Path) -> None:
    finished = run("explain", model, "--index", "7", "--json")
    data, network = digits(), nnfast.NeuralNetwork.load(model)
    wanted = network.explain(data.test_inputs[7], data.test_targets[7]).to_dict()
    assert json.loads(finished.out) == wanted
    assert "59 more neurons" not in run("explain", model).out
    assert "(60 smaller terms)" in run("explain", model).out


def test_targets_suit_outputs_by_tanh(run: Run, tmp_path: Path) -> None:
    saved(tmp_path / "tanh.model", output_activation="tanh")
    targets = json.loads(run("explain", tmp_path / "tanh.model", "--json").out)["targets"]
    assert sorted(targets) == [-0.98] * 9 + [0.98]


@pytest.mark.parametrize("command", ["explain", "gradcheck"])
@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("--inputs", "0.5"), 2, "--inputs and --targets belong together."),
        (("--targets", "0.5"), 2, "--inputs and --targets belong together."),
        (("--index", "3"), 2, "--index needs a MODEL."),
        (("--data", "digits"), 2, "--data needs a MODEL."),
        (("MODEL", "--seed", "3"), 2, "MODEL and --seed exclude each other."),
        (("MODEL", "--hidden", "4"), 2, "MODEL and --hidden exclude each other."),
        (("MODEL", "--activation", "relu"), 2, "MODEL and --activation exclude each other."),
        (
            ("MODEL", "--output-activation", "tanh"),
            2,
            "MODEL and --output-activation exclude each other.",
        ),
        (("MODEL", "--bias"), 2, "MODEL and --bias exclude each other."),
        (("MODEL", "--hidden-error", "split"), 2, "MODEL and --hidden-error exclude each other."),
        (("MODEL", "--lr", "0.1"), 2, "MODEL and --lr exclude each other."),
        (("--hidden", "0"), 2, "0 is not in the range 1<=x<=10000."),
        (("--lr", "-1"), 2, "'-1' is not above 0."),
        (("--activation", "relu,tanh"), 2, "activation: got 2 names, wants one name or 1, one per"),
        (
            ("MODEL", "--index", "3", "--inputs", "1", "--targets", "1"),
            2,
            "--inputs and --index exclude each other.",
        ),
        (("MODEL", "--index", "360"), 1, "--index 360: the test set of digits has only 0 to 359"),
        (("MODEL", "--inputs", "1", "--targets", "1"), 1, "inputs: got 1 numbers, wants 64"),
        (("MODEL", "--data", "nowhere"), 1, "nowhere: no such file or folder"),
        (("nowhere",), 1, "nowhere: No such file or directory"),
    ],
)
def test_what_does_not_go_together_is_refused(
    run: Run, model: Path, command: str, options: tuple[str, ...], status: int, message: str
) -> None:
    finished = run(command, *(str(model) if option == "MODEL" else option for option in options))
    assert finished.status == status
    assert message in finished.err
    assert finished.out == ""
    assert "Traceback" not in finished.err


def test_a_network_of_another_size_is_refused(run: Run, tmp_path: Path) -> None:
    saved(tmp_path / "other.model", onodes=3)
    finished = run("explain", tmp_path / "other.model")
    assert finished.status == 1
    assert "has 64 inputs and 3 outputs, but digits needs 64 and 10" in finished.err


# Gradcheck.


def test_gradcheck_says_what_it_found_and_why(run: Run) -> None:
    finished = run("gradcheck")
    assert finished.status == 0
    assert "weights_input_hidden: differs by design: the article's rule\n" in finished.out
    assert "weights_hidden_output: agrees" in finished.out
    assert "this is intended" in " ".join(finished.out.split())


def test_gradcheck_as_json(run: Run, model: Path) -> None:
    finished = run("gradcheck", model, "--index", "2", "--most", "20", "--json")
    data, network = digits(), nnfast.NeuralNetwork.load(model)
    wanted = gradient_check(network, data.test_inputs[2], data.test_targets[2], most=20)
    assert json.loads(finished.out) == json.loads(json.dumps(wanted.to_dict()))


def test_colours_only_where_the_terminal_has_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" not in run("explain").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    coloured = run("explain").out
    assert "\x1b[1mFORWARD\x1b[0m" in coloured
    assert "\x1b[36mhidden_inputs\x1b[0m" in coloured
    checked = run("gradcheck").out
    assert "\x1b[1;33m: differs by design: the article's rule\x1b[0m" in checked
    assert "\x1b[1;32m: agrees\x1b[0m" in checked
    assert "\x1b[1;31m" not in checked  # red is for mistakes
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in run("explain").out


# Backquery.


def test_backquery_shows_what_the_network_has_in_mind(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = nnfast.NeuralNetwork.load(model)
    targets = [[0.99 if place == label else 0.01 for place in range(10)] for label in range(10)]
    result = json.loads(run("backquery", model, "--json").out)
    assert result["targets"] == targets
    assert result["inputs"] == [network.backquery(row).tolist() for row in targets]
    monkeypatch.setenv("COLUMNS", "60")
    lines = run("backquery", model).out.splitlines()
    assert len(lines) == 4 * 9 + 3  # three of 16 columns side by side, and empty lines between
    assert lines[0].split() == ["0", "1", "2"]
    assert lines[30].split() == ["9"]
    assert len(set("".join(lines[1:9]))) == 5


@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_backquery_of_one_output_and_of_targets(run: Run, model: Path, backend: str) -> None:
    network = nnfast.NeuralNetwork.load(model)
    one = json.loads(run("backquery", model, "3", "--backend", backend, "--json").out)
    assert one["inputs"] == [network.backquery([0.01] * 3 + [0.99] + [0.01] * 6).tolist()]
    targets = ",".join(["0.5"] * 10)
    given = json.loads(run("backquery", model, "--targets", targets, "--json").out)
    assert given["inputs"] == [network.backquery([0.5] * 10).tolist()]
    assert run("backquery", model, "3").out.splitlines()[0].strip() == "3"


def test_backquery_of_no_square_prints_numbers(run: Run, tmp_path: Path) -> None:
    nnfast.NeuralNetwork(3, 2, 1, 0.1, seed=1).save(tmp_path / "model")
    (line,) = run("backquery", tmp_path / "model").out.splitlines()
    assert line.startswith("0: 0.")
    assert len(line.split(", ")) == 3


@pytest.mark.parametrize("options", [(), ("3",)])
@pytest.mark.parametrize("ending", [".png", ".SVG", ".pdf"])
def test_backquery_writes_a_picture(
    run: Run, model: Path, tmp_path: Path, options: tuple[str, ...], ending: str
) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / f"picture{ending}"
    plot.write_bytes(b"older")
    assert run("backquery", model, *options, "--plot", plot).status == 0
    magic = {".png": b"\x89PNG", ".SVG": b"<?xml", ".pdf": b"%PDF"}[ending]
    assert plot.read_bytes().startswith(magic)
    assert {path.name for path in tmp_path.iterdir()} == {model.name, plot.name}


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("10",), 1, "OUTPUT 10: the network has only 0 to 9"),
        (("3", "--targets", "0.5"), 2, "--targets and OUTPUT exclude each other."),
        (("--targets", "0.5"), 1, "targets: got 1 numbers, wants 10"),
        (("--targets", ",".join(["1"] * 10)), 1, "targets[0]: got 1.0, wants a number between"),
        (("--plot", "picture.gif"), 2, "'picture.gif' does not end in .png, .svg or .pdf."),
        (("--plot", "nowhere/picture.png"), 1, "No such file or directory"),
    ],
)
def test_backquery_refuses_what_cannot_be(
    run: Run, model: Path, options: tuple[str, ...], status: int, message: str
) -> None:
    finished = run("backquery", model, *options)
    assert finished.status == status
    assert message in finished.err
    assert finished.out == ""


def test_without_matplotlib_it_says_what_to_install(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    finished = run("backquery", model, "--plot", "x.png")
    assert finished.status == 1
    assert "--plot needs matplotlib: pip install matplotlib" in finished.err


def test_weights_that_are_no_numbers_are_no_crash(run: Run, tmp_path: Path) -> None:
    network = saved(tmp_path / "model")
    network.weights[1][:] = math.nan
    network.weights[0][3] = math.inf
    network.save(tmp_path / "model")
    for command in ("backquery", "explain", "gradcheck"):
        finished = run(command, tmp_path / "model")
        assert finished.status == 0
        assert "Traceback" not in finished.err


def test_a_picture_that_fails_half_way_leaves_the_older_one(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_: Any, file: Any, **options: Any) -> None:
        with file.open("wb") if isinstance(file, Path) else nullcontext(file) as stream:
            stream.write(b"half")
        raise OSError("no space left")

    plot = tmp_path / "picture.png"
    plot.write_bytes(b"older")
    monkeypatch.setattr(pytest.importorskip("matplotlib.figure").Figure, "savefig", half)
    assert run("backquery", model, "--plot", plot).status == 1
    assert plot.read_bytes() == b"older"


def test_a_plot_of_no_square_is_refused(run: Run, tmp_path: Path) -> None:
    nnfast.NeuralNetwork(3, 2, 1, 0.1, seed=1).save(tmp_path / "model")
    finished = run("backquery", tmp_path / "model", "--plot", tmp_path / "x.png")
    assert finished.status == 1
    assert "--plot: 3 inputs do not make a square image" in finished.err
