"""`nnfast query`: does it show what the network answers, to examples and to pictures?"""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from command_line import SMALL, Run, oracle, result_of

import nnfast
import nnref
from nnfast.cli import pictures, training
from nnfast.datasets import digits


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    """A picture of a seven."""
    image_module = pytest.importorskip("PIL.Image")
    pytest.importorskip("scipy")
    ink = np.full((90, 80), 255, dtype=np.uint8)
    for row in range(70):
        ink[10 + row, 10 if row < 9 else 51 - row // 2 : 60 - row // 2] = 0
    path = tmp_path / "seven [7].png"
    image_module.fromarray(ink).save(path)
    return path


@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_json_has_outputs_answer_and_label(run: Run, model: Path, backend: str) -> None:
    result = result_of(run("query", model, "--index", "3", "--backend", backend, "--json"))
    dataset = digits()
    outputs = oracle(20).query(dataset.test_inputs[3].tolist())
    assert result["outputs"] == outputs
    assert result["answer"] == outputs.index(max(outputs))
    assert result["label"] == dataset.test_labels[3]
    assert result["backend"] == f"nn{backend}"


def test_inputs_in_place_of_an_example(run: Run, tmp_path: Path) -> None:
    network = nnref.NeuralNetwork(2, 3, 1, 0.1, seed=1)
    network.save(tmp_path / "m")
    finished = run("query", tmp_path / "m", "--inputs", "-0.5, 1e-1", "--json")
    result = result_of(finished)
    assert result["outputs"] == network.query([-0.5, 0.1])
    assert result["answer"] == int(result["outputs"][0] > 0.5)
    assert result["label"] is None
    assert (
        f"answer {result['answer']}\n" in run("query", tmp_path / "m", "--inputs", "-0.5,0.1").out
    )


def test_of_a_float32_network(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "m"
    assert run("train", *SMALL, "--dtype", "float32", "--model", path).status == 0
    fast, ref = (
        result_of(run("query", path, "--backend", backend, "--json"))["outputs"]
        for backend in ("fast", "ref")
    )
    network = nnfast.NeuralNetwork.load(path)
    assert fast == network.query(digits().test_inputs[0]).tolist()
    # nnref works in float64 on the same weights.
    assert fast != ref
    # A sum of 64 products of at most 1/2 is off by at most 66 * 2**-24 * 32 = 1.3e-4, a sigmoid
    # passes on a quarter of that, and the 5 that an output adds up, times 1/2 / 4, two thirds.
    assert np.allclose(fast, ref, rtol=0.0, atol=1e-4)
    assert "answer " in run("query", path).out


def test_shows_the_picture_and_a_bar_for_each_output(run: Run, model: Path) -> None:
    lines = run("query", model).out.splitlines()
    assert lines[0].startswith("  ░░████")
    label = digits().test_labels[0]
    result = result_of(run("query", model, "--json"))
    for place, output in enumerate(result["outputs"]):
        assert f"    {place}  {output:.4f}" in lines[place]
        assert lines[place].rpartition(f"{output:.4f}")[2].count("█") == round(output * 24)
    verdict = "right" if result["answer"] == label else f"wrong: it is a {label}"
    assert lines[-1] == f"answer {result['answer']}: {verdict}"


def test_a_higher_picture_is_squeezed(run: Run, images: Path) -> None:
    options = ("--data", images, "--hidden", "2", "--model", images / "m")
    assert run("train", *options).status == 0
    finished = run("query", images / "m", "--data", images, "--index", "2")
    assert finished.status == 0
    # Ten rows of picture or outputs, an empty line, the answer.
    assert len(finished.out.splitlines()) == 12


def test_a_warning_is_one_line_of_standard_error(run: Run, model: Path) -> None:
    network = nnfast.NeuralNetwork.load(model)
    dataset = digits()
    network.fit(dataset.train_inputs, dataset.train_targets)
    network.save(model)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        finished = run("query", model, "--inputs", ",".join(["16"] * 64), "--json")
    assert result_of(finished)["outputs"]
    (line,) = finished.err.splitlines()
    assert line.startswith(
        "Warning: inputs: the network was trained on numbers from 0.01 to 1, but some of these "
    )


def test_pictures_of_your_own(run: Run, model: Path, seven: Path) -> None:
    from nnfast.images import read_digit

    result = result_of(run("query", seven, model, seven, "--json"))
    outputs = oracle(20).query(read_digit(seven, (8, 8)).tolist())
    answer = outputs.index(max(outputs))
    shown = {"image": str(seven), "outputs": outputs, "answer": answer}
    assert result == {
        "images": [shown, shown],
        "model": str(model),
        "backend": "nnfast",
        "data": None,
        "accuracy": None,
    }
    lines = run("query", model, seven, seven, "--backend", "ref").out.splitlines()
    # A name, ten outputs beside eight rows, an empty line and the answer; and one between.
    assert len(lines) == 13 + 1 + 13
    assert lines[:13] == lines[14:]
    assert lines[0] == str(seven)
    assert "████" in lines[1][:16]
    assert lines[12] == f"answer {answer}"


def test_pictures_without_a_model(run: Run, seven: Path, tmp_path: Path) -> None:
    finished = run("query", seven, "--json")
    result = result_of(finished)
    assert result["images"][0]["answer"] == 7
    assert (result["model"], result["data"]) == (None, "digits")
    assert result["accuracy"] > 0.9
    # It says how to get the same network again.
    _, _, options = finished.err.rstrip().partition(": nnfast ")
    assert finished.err.count("\n") == 1
    assert f"test accuracy {result['accuracy']:.2%}" in finished.err
    kept = run(*options.replace("PATH", str(tmp_path / "m")).split(), "--json")
    assert result_of(kept)["accuracy"] == result["accuracy"]
    again = result_of(run("query", tmp_path / "m", seven, "--json"))
    assert again["images"] == result["images"]


def test_a_bad_picture_is_known_before_training(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seven: Path
) -> None:
    monkeypatch.setattr(nnfast.NeuralNetwork, "fit", pytest.fail)
    (tmp_path / "bad.png").write_bytes(seven.read_bytes()[:150])
    finished = run("query", seven, tmp_path / "bad.png")
    assert (finished.status, finished.out) == (1, "")
    assert finished.err.startswith(f"Error: {tmp_path / 'bad.png'}: ")
    assert finished.err.count("\n") == 1


@pytest.mark.usefixtures("model")
def test_inputs_that_are_no_square(run: Run, seven: Path, images: Path) -> None:
    nnref.NeuralNetwork(60, 3, 10, 0.1).save(images / "m")
    for source, arguments in ((images / "m", [images / "m"]), (images, ["--data", images])):
        finished = run("query", seven, *arguments)
        assert (finished.status, finished.out) == (1, "")
        assert finished.err == (
            f"Error: {source}: has 60 inputs, which do not make a square: "
            "no IMAGE can be shown to them\n"
        )


@pytest.mark.parametrize("about", ["images", "example", "inputs"])
def test_plots(run: Run, model: Path, seven: Path, tmp_path: Path, about: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "answers.svg"
    arguments = {
        "images": [seven, seven, seven],
        "example": ["--index", "3"],
        "inputs": ["--inputs", ",".join(["0.5"] * 64)],
    }[about]
    plotted = run("query", model, *arguments, "--plot", path, "--json")
    assert plotted.status == 0
    assert result_of(plotted) == result_of(run("query", model, *arguments, "--json"))
    # What a test set shows is an image; what was given as numbers may be anything.
    assert path.read_text(encoding="utf-8").count("<image ") == {
        "images": 3, "example": 1, "inputs": 0,
    }[about]  # fmt: skip


@pytest.mark.parametrize(("plot", "status"), [("answers.doc", 2), ("nowhere/answers.png", 1)])
def test_a_plot_that_cannot_be_written_is_known_before_the_model_is_read(
    run: Run, monkeypatch: pytest.MonkeyPatch, model: Path, plot: str, status: int
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(nnfast.NeuralNetwork, "load", pytest.fail)
    finished = run("query", model, "--plot", plot)
    assert finished.status == status
    assert plot.partition("/")[0] in finished.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model", "model"], "digits.model are both models: wants one."),
        (["model", "image", "--index", "1"], "IMAGE and --index exclude each other."),
        (["model", "image", "--data", "digits"], "IMAGE and --data exclude each other."),
        (["image", "--inputs", "1,2"], "IMAGE and --inputs exclude each other."),
        (["image", "--backend", "ref"], "--backend ref needs a MODEL"),
    ],
)
def test_what_does_not_go_together(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    model: Path,
    seven: Path,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(training, "load", pytest.fail)
    monkeypatch.setattr(nnfast.NeuralNetwork, "load", pytest.fail)
    files = {"model": model, "image": seven}
    finished = run("query", *(files.get(argument, argument) for argument in arguments))
    assert (finished.status, finished.out) == (2, "")
    assert message in finished.err.splitlines()[-1]


def test_without_pillow(
    run: Run, monkeypatch: pytest.MonkeyPatch, model: Path, seven: Path
) -> None:
    monkeypatch.delitem(sys.modules, "nnfast.images", raising=False)
    monkeypatch.setitem(sys.modules, "PIL", None)
    finished = run("query", model, seven)
    assert (finished.status, finished.out) == (1, "")
    assert finished.err == (
        "Error: nnfast.images needs pillow and scipy: pip install pillow scipy\n"
    )


def test_pictures() -> None:
    steps = np.array([[0.01, 0.3], [0.5, 1.0]])
    assert pictures.picture(steps, " abcd") == ["  aa", "bbdd"]
    high = np.zeros((17, 1))
    high[0], high[1], high[16] = 1.0, 1.0, 1.0
    assert pictures.picture(high, " abcd") == ["d", *[" "] * 7, "b"]


def test_a_network_of_nans_has_no_answer(run: Run, tmp_path: Path) -> None:
    network = nnfast.NeuralNetwork(2, 2, 2, 0.1, seed=1)
    network.weights = [np.full((2, 2), np.nan)] * 2
    network.save(tmp_path / "m")
    for more in ((), ("--json",)):
        finished = run("query", tmp_path / "m", "--inputs", "0.1,0.9", *more)
        assert (finished.status, finished.out) == (1, "")
        assert "the network has no answer" in finished.err
