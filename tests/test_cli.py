"""Does the command line do what it says, and end with one clear line where it cannot?"""

import json
import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers import HANGS

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("sklearn")

import click
from rich.progress import Progress

import nnfast
import nnref
from nnfast.__main__ import main
from nnfast.cli import compare, console, query, train, training
from nnfast.cli.options import Plan
from nnfast.datasets import digits
from nnref.common.network import Network

SMALL = ("--examples", "20", "--hidden", "5", "--epochs", "1")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def model(run: Run, tmp_path: Path) -> Path:
    """A small network for the digits."""
    path = tmp_path / "digits.model"
    assert run("train", *SMALL, "--model", path).status == 0
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder in MNIST's form: 6 images to train on and 3 for test, of 20 x 3 pixels."""
    for name, count in (("train", 6), ("t10k", 3)):
        pixels = bytes(range(count * 20)) * 3
        for kind, magic, shape, values in (
            ("images-idx3", 0x803, (count, 20, 3), pixels),
            ("labels-idx1", 0x801, (count,), bytes(range(count))),
        ):
            header = b"".join(number.to_bytes(4, "big") for number in (magic, *shape))
            (tmp_path / f"{name}-{kind}-ubyte").write_bytes(header + values)
    return tmp_path


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


def result_of(finished: SimpleNamespace) -> dict[str, Any]:
    """Return the JSON object that is all of standard output."""
    lines = finished.out.splitlines()
    assert len(lines) == 1
    result = json.loads(lines[0])
    assert isinstance(result, dict)
    return result


def oracle(examples: int, hidden: int = 5, **settings: Any) -> nnref.NeuralNetwork:
    """Return what the program should have trained, made without it."""
    network = nnref.NeuralNetwork(64, hidden, 10, 0.1, **{"seed": 0} | settings)
    dataset = digits()
    network.fit(dataset.train_inputs[:examples].tolist(), dataset.train_targets[:examples].tolist())
    return network


def plan_of(*options: str) -> Plan:
    """Return the plan that a command makes of its options."""
    arguments = dict(compare.command.make_context("compare", list(options)).params)
    del arguments["as_json"]
    return Plan(**arguments)


class TestCompare:
    def test_json_has_the_promised_keys(self, run: Run) -> None:
        finished = run("compare", *SMALL, "--json")
        result = result_of(finished)
        assert finished.status == 0
        assert result["identical"] is True
        assert result["digest_ref"] == result["digest_fast"] == oracle(20).digest()
        assert result["updates"] == 20
        assert result["speedup"] == result["seconds_ref"] / result["seconds_fast"]
        assert result["accuracy_ref"] == result["accuracy_fast"]
        assert result["sizes"] == [64, 5, 10]

    def test_prints_the_whole_digest_and_the_verdict(self, run: Run) -> None:
        finished = run("compare", *SMALL)
        assert finished.status == 0
        assert DIGEST.findall(finished.out) == [oracle(20).digest()]
        assert "identical: every weight, to the last bit" in finished.out
        assert "the first 20 of 1,437 examples of digits, 1 epoch: 20 updates" in finished.out

    @pytest.mark.parametrize("width", [20, 80])
    def test_no_colours_and_no_cut_digest_in_a_pipe(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, width: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        finished = run("compare", *SMALL)
        assert "\x1b" not in finished.out + finished.err
        assert DIGEST.search(finished.out)
        assert width < 80 or max(map(len, finished.out.splitlines())) <= width

    @pytest.mark.parametrize("as_json", [True, False])
    def test_one_bit_of_difference_is_a_failure(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, as_json: bool
    ) -> None:
        made = training.trainable

        def one_bit_off(plan: Plan, backend: str, dataset: Any) -> Network:
            network = made(plan, backend, dataset)
            if backend == "fast":
                last = network.weights[-1]
                last[-1, -1] = np.nextafter(last[-1, -1], 9.0)
            return network

        monkeypatch.setattr(training, "trainable", one_bit_off)
        finished = run("compare", *SMALL, *["--json"] * as_json)
        assert finished.status == 1
        if as_json:
            assert result_of(finished)["identical"] is False
        else:
            assert "DIFFERENT" in finished.out
            assert "identical" not in finished.out
            assert len(set(DIGEST.findall(finished.out))) == 2

    def test_large_data_is_cut_and_says_so(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        weights = 64 * 5 + 5 * 10
        monkeypatch.setattr(compare, "MOST_WEIGHT_UPDATES", weights * 2 * 30)
        finished = run("compare", "--hidden", "5", "--epochs", "2", "--json")
        assert result_of(finished)["examples"] == 30
        assert "the first 30 of 1,437" in finished.err
        chosen = run("compare", "--hidden", "5", "--epochs", "1", "--examples", "70", "--json")
        assert result_of(chosen)["examples"] == 70
        assert chosen.err == ""

    def test_the_default_takes_all_digits(self) -> None:
        dataset = digits()
        plan = plan_of()
        assert compare.affordable_examples(plan, dataset) >= len(dataset.train_inputs)

    @pytest.mark.parametrize(
        "options",
        [
            "--activation relu --output-activation softmax --loss cross_entropy --bias",
            "--hidden 6,5 --activation tanh,relu --output-activation identity",
            "--optimizer momentum --batch-size 4 --schedule exponential --epochs 2",
            "--optimizer nesterov --weight-decay 0.01",
            "--optimizer adam --batch-size 7 --patience 1 --epochs 9 --lr 0.5",
        ],
    )
    def test_every_kind_of_network_agrees(self, run: Run, options: str) -> None:
        result = result_of(
            run("compare", "--hidden", "5", "--examples", "40", "--json", *options.split())
        )
        assert result["identical"] is True

    def test_patience_holds_examples_back_and_stops(self, run: Run) -> None:
        options = "--optimizer adam --lr 5 --batch-size 7 --patience 1 --epochs 50"
        result = result_of(
            run("compare", "--hidden", "5", "--examples", "40", "--json", *options.split())
        )
        assert result["identical"] is True
        assert result["epochs"] < 50
        # 4 of 40 examples are held back; 36 are 6 batches of at most 7.
        assert result["updates"] == result["epochs"] * 6

    def test_takes_every_training_option(self, run: Run) -> None:
        options = ("--hidden", "6,5", "--lr", "0.3", "--hidden-error", "gradient")
        more = ("--init", "scaled_normal", "--seed", "7", "--shuffle")
        result = result_of(run("compare", *SMALL, *options, *more, "--json"))
        network = nnref.NeuralNetwork(
            64, (6, 5), 10, 0.3, hidden_error="gradient", init="scaled_normal", seed=7
        )
        dataset = digits()
        network.fit(
            dataset.train_inputs[:20].tolist(), dataset.train_targets[:20].tolist(), shuffle=True
        )
        assert result["digest_ref"] == result["digest_fast"] == network.digest()


class TestTrain:
    @pytest.mark.parametrize("backend", ["ref", "fast"])
    def test_json_has_the_promised_keys(self, run: Run, backend: str) -> None:
        finished = run("train", *SMALL, "--backend", backend, "--json")
        result = result_of(finished)
        assert finished.status == 0
        assert {"accuracy", "seconds", "updates", "digest", "model"} <= set(result)
        assert result["model"] is None
        assert result["updates"] == 20
        assert result["digest"] == oracle(20).digest()
        assert result["backend"] == f"nn{backend}"
        assert (result["dtype"], result["threads"]) == ("float64", 1)

    @pytest.mark.parametrize("shuffle", ["--shuffle", "--no-shuffle"])
    def test_backends_differ_in_nothing_but_time(self, run: Run, shuffle: str) -> None:
        options = ("--examples", "30", "--hidden", "5", "--epochs", "3", shuffle, "--json")
        ref, fast = (result_of(run("train", "--backend", b, *options)) for b in ("ref", "fast"))
        for own in ("seconds", "backend"):
            del ref[own], fast[own]
        assert ref == fast
        assert len(ref["loss_per_epoch"]) == len(ref["accuracy_per_epoch"]) == 3
        assert ref["accuracy"] == ref["accuracy_per_epoch"][-1]

    def test_accuracy_is_that_of_the_test_set(self, run: Run) -> None:
        result = result_of(run("train", "--hidden", "10", "--json"))
        dataset = digits()
        network = nnfast.NeuralNetwork(64, 10, 10, 0.1, seed=0)
        history = network.fit(
            dataset.train_inputs,
            dataset.train_targets,
            epochs=5,
            validation=(dataset.test_inputs, dataset.test_targets),
        )
        assert result["accuracy_per_epoch"] == history.validation_score
        assert result["loss_per_epoch"] == history.loss

    @pytest.mark.parametrize("backend", ["ref", "fast"])
    def test_saves_what_it_trained(self, run: Run, tmp_path: Path, backend: str) -> None:
        path = tmp_path / "a[b] c.model"
        options = ("--backend", backend, "--model", path, "--epochs", "2")
        result = result_of(run("train", *SMALL, *options, "--json"))
        assert result["model"] == str(path)
        assert nnfast.NeuralNetwork.load(path).digest() == result["digest"]
        assert result_of(run("info", path, "--json"))["epochs"] == 2

    def test_float32_and_threads(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "m"
        options = ("--dtype", "float32", "--threads", "2", "--model", path)
        result = result_of(run("train", *SMALL, *options, "--json"))
        dataset = digits()
        network = nnfast.NeuralNetwork(64, 5, 10, 0.1, seed=0, dtype="float32")
        network.fit(dataset.train_inputs[:20], dataset.train_targets[:20])
        assert result["digest"] == network.digest() != oracle(20).digest()
        assert (result["dtype"], result["threads"]) == ("float32", 2)
        assert nnfast.NeuralNetwork.load(path).dtype == "float32"
        printed = run("train", *SMALL, *options).out
        assert "64-5-10 in float32, trained by nnfast on 2 threads\n" in printed

    def test_threads_are_the_networks(self) -> None:
        plan, dataset = plan_of("--hidden", "5"), digits()
        network = training.trainable(plan, "fast", dataset, threads=3)
        assert isinstance(network, nnfast.NeuralNetwork)
        assert network.threads == 3

    def test_the_oracle_takes_its_only_type_by_name(self, run: Run) -> None:
        options = ("--backend", "ref", "--dtype", "float64", "--threads", "1", "--json")
        assert result_of(run("train", *SMALL, *options))["digest"] == oracle(20).digest()

    @pytest.mark.parametrize("options", [("--dtype", "float32"), ("--threads", "2")])
    def test_what_the_oracle_has_not_is_said(self, run: Run, options: tuple[str, str]) -> None:
        finished = run("train", "--backend", "ref", *options)
        assert (finished.status, finished.out) == (2, "")
        message = "Error: --backend ref has float64 and one thread, and nothing else."
        assert finished.err.splitlines()[-1] == message

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_converting_the_data_counts_as_no_training(
        self, monkeypatch: pytest.MonkeyPatch, dtype: str
    ) -> None:
        given: list[Any] = []
        monkeypatch.setattr(
            nnfast.NeuralNetwork, "fit", lambda _, *examples, **__: given.extend(examples)
        )
        plan, dataset = plan_of("--hidden", "5"), digits()
        network = training.trainable(plan, "fast", dataset, dtype=dtype)
        training.train_with_progress(network, dataset, plan, Progress(disable=True))
        assert [array.dtype.name for array in given] == [dtype, dtype]

    def test_prints_epochs_and_summary(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "a[b].model"
        finished = run("train", *SMALL, "--epochs", "2", "--model", path)
        assert [line.split("   ")[0] for line in finished.err.splitlines()] == [
            "epoch 1 of 2",
            "epoch 2 of 2",
        ]
        assert str(path) in finished.out
        assert DIGEST.search(finished.out)

    def test_a_bar_moves_within_an_epoch_of_the_oracle(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moves: list[int] = []
        progress = Progress(disable=True)
        monkeypatch.setattr(progress, "update", lambda _, completed: moves.append(completed))
        monkeypatch.setattr(training, "EXAMPLES_A_MOVE", 4)
        plan = plan_of("--hidden", "5", "--epochs", "2", "--examples", "10")
        dataset = training.limited(digits(), plan.examples)
        network = training.trainable(plan, "ref", dataset)
        training.train_with_progress(network, dataset, plan, progress)
        assert moves == [4, 8, 10, 12, 16, 20, 20]


class TestInterrupt:
    @pytest.fixture
    def interrupted_after_13(self, monkeypatch: pytest.MonkeyPatch) -> None:
        spans = training.WatchedReference._spans
        done = iter(range(13))

        def interrupted(self: Any, *sizes: int) -> Iterator[tuple[int, int]]:
            for span in spans(self, *sizes):
                if next(done, None) is None:
                    raise KeyboardInterrupt
                yield span

        monkeypatch.setattr(training.WatchedReference, "_spans", interrupted)

    @pytest.mark.usefixtures("interrupted_after_13")
    def test_what_was_learned_is_saved(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "new.model"
        finished = run("train", *SMALL, "--backend", "ref", "--model", path, "--json")
        assert finished.status == 130
        assert finished.out == ""
        assert finished.err == f"Interrupted: what it has learned so far is in {path}\n"
        assert nnref.NeuralNetwork.load(path).digest() == oracle(13).digest()

    def test_an_older_model_is_kept(
        self, run: Run, model: Path, request: pytest.FixtureRequest
    ) -> None:
        old = model.read_bytes()
        request.getfixturevalue("interrupted_after_13")
        finished = run("train", *SMALL, "--backend", "ref", "--model", model)
        beside = model.with_name("digits.model.interrupted")
        assert finished.status == 130
        assert str(beside) in finished.err
        assert model.read_bytes() == old
        assert nnref.NeuralNetwork.load(beside).digest() == oracle(13).digest()

    @pytest.mark.usefixtures("interrupted_after_13")
    @pytest.mark.parametrize("command", [("train", "--backend", "ref"), ("compare",)])
    def test_without_a_model_it_just_ends(self, run: Run, command: tuple[str, ...]) -> None:
        finished = run(*command, *SMALL)
        assert (finished.status, finished.out, finished.err) == (130, "", "Interrupted\n")

    def test_ctrl_c_while_saving_saves(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save = nnfast.NeuralNetwork.save

        def interrupted_once(self: Any, path: Any) -> None:
            monkeypatch.setattr(nnfast.NeuralNetwork, "save", save)
            raise KeyboardInterrupt

        monkeypatch.setattr(nnfast.NeuralNetwork, "save", interrupted_once)
        assert run("train", *SMALL, "--model", tmp_path / "m").status == 130
        assert nnfast.NeuralNetwork.load(tmp_path / "m").digest() == oracle(20).digest()

    @pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send to one process")
    @pytest.mark.parametrize("backend", ["ref", "fast"])
    def test_a_real_ctrl_c(self, images: Path, backend: str) -> None:
        path = images / "m"
        options = ("--data", images, "--hidden", "5", "--epochs", "1000000", "--model", path)
        # A test run in the background of a script would hand down that SIGINT is ignored.
        start = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "from nnfast.__main__ import main; main()"
        )
        with subprocess.Popen(
            [sys.executable, "-P", "-c", start, "train", *options, "--backend", backend],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as program:
            assert program.stderr
            try:
                assert program.stderr.readline().startswith("epoch")
                program.send_signal(signal.SIGINT)
                out, err = program.communicate(timeout=HANGS)
            finally:
                program.kill()
        assert program.returncode == 130
        assert out == ""
        assert err.splitlines()[-1].startswith("Interrupted: ")
        assert "Traceback" not in err
        nnfast.NeuralNetwork.load(path)


class TestQuery:
    @pytest.mark.parametrize("backend", ["ref", "fast"])
    def test_json_has_outputs_answer_and_label(self, run: Run, model: Path, backend: str) -> None:
        result = result_of(run("query", model, "--index", "3", "--backend", backend, "--json"))
        dataset = digits()
        outputs = oracle(20).query(dataset.test_inputs[3].tolist())
        assert result["outputs"] == outputs
        assert result["answer"] == outputs.index(max(outputs))
        assert result["label"] == dataset.test_labels[3]
        assert result["backend"] == f"nn{backend}"

    def test_inputs_in_place_of_an_example(self, run: Run, tmp_path: Path) -> None:
        network = nnref.NeuralNetwork(2, 3, 1, 0.1, seed=1)
        network.save(tmp_path / "m")
        finished = run("query", tmp_path / "m", "--inputs", "-0.5, 1e-1", "--json")
        result = result_of(finished)
        assert result["outputs"] == network.query([-0.5, 0.1])
        assert result["answer"] == int(result["outputs"][0] > 0.5)
        assert result["label"] is None
        assert (
            f"answer {result['answer']}\n"
            in run("query", tmp_path / "m", "--inputs", "-0.5,0.1").out
        )

    def test_of_a_float32_network(self, run: Run, tmp_path: Path) -> None:
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

    def test_shows_the_picture_and_a_bar_for_each_output(self, run: Run, model: Path) -> None:
        lines = run("query", model).out.splitlines()
        assert lines[0].startswith("  ░░████")
        label = digits().test_labels[0]
        result = result_of(run("query", model, "--json"))
        for place, output in enumerate(result["outputs"]):
            assert f"    {place}  {output:.4f}" in lines[place]
            assert lines[place].rpartition(f"{output:.4f}")[2].count("█") == round(output * 24)
        verdict = "right" if result["answer"] == label else f"wrong: it is a {label}"
        assert lines[-1] == f"answer {result['answer']}: {verdict}"

    def test_a_higher_picture_is_squeezed(self, run: Run, images: Path) -> None:
        options = ("--data", images, "--hidden", "2", "--model", images / "m")
        assert run("train", *options).status == 0
        finished = run("query", images / "m", "--data", images, "--index", "2")
        assert finished.status == 0
        # Ten rows of picture or outputs, an empty line, the answer.
        assert len(finished.out.splitlines()) == 12

    def test_a_warning_is_one_line_of_standard_error(self, run: Run, model: Path) -> None:
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
            "Warning: inputs: the network was trained on numbers from 0.01 to 1, but here "
        )

    def test_outputs_that_are_no_numbers(self, run: Run, tmp_path: Path) -> None:
        network = nnref.NeuralNetwork(2, 3, 2, 0.1)
        network.weights_input_hidden = [[float("nan")] * 3] * 2
        network.save(tmp_path / "m")
        finished = run("query", tmp_path / "m", "--inputs", "1,2", "--json")
        assert json.loads(finished.out, parse_constant=pytest.fail)["outputs"] == [None, None]
        assert "nan" in run("query", tmp_path / "m", "--inputs", "1,2").out

    def test_pictures_of_your_own(self, run: Run, model: Path, seven: Path) -> None:
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

    def test_pictures_without_a_model(self, run: Run, seven: Path, tmp_path: Path) -> None:
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
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seven: Path
    ) -> None:
        monkeypatch.setattr(nnfast.NeuralNetwork, "fit", pytest.fail)
        (tmp_path / "bad.png").write_bytes(seven.read_bytes()[:150])
        finished = run("query", seven, tmp_path / "bad.png")
        assert (finished.status, finished.out) == (1, "")
        assert finished.err.startswith(f"Error: {tmp_path / 'bad.png'}: ")
        assert finished.err.count("\n") == 1

    @pytest.mark.usefixtures("model")
    def test_inputs_that_are_no_square(self, run: Run, seven: Path, images: Path) -> None:
        nnref.NeuralNetwork(60, 3, 10, 0.1).save(images / "m")
        for source, arguments in ((images / "m", [images / "m"]), (images, ["--data", images])):
            finished = run("query", seven, *arguments)
            assert (finished.status, finished.out) == (1, "")
            assert finished.err == (
                f"Error: {source}: has 60 inputs, which do not make a square: "
                "no IMAGE can be shown to them\n"
            )

    @pytest.mark.parametrize("about", ["images", "example", "inputs"])
    def test_plots(self, run: Run, model: Path, seven: Path, tmp_path: Path, about: str) -> None:
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
        self, run: Run, monkeypatch: pytest.MonkeyPatch, model: Path, plot: str, status: int
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
        self,
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
        self, run: Run, monkeypatch: pytest.MonkeyPatch, model: Path, seven: Path
    ) -> None:
        monkeypatch.delitem(sys.modules, "nnfast.images", raising=False)
        monkeypatch.setitem(sys.modules, "PIL", None)
        finished = run("query", model, seven)
        assert (finished.status, finished.out) == (1, "")
        assert finished.err == (
            "Error: nnfast.images needs pillow and scipy: pip install pillow scipy\n"
        )

    def test_pictures(self) -> None:
        steps = np.array([[0.01, 0.3], [0.5, 1.0]])
        assert query.picture(steps, " abcd") == ["  aa", "bbdd"]
        high = np.zeros((17, 1))
        high[0], high[1], high[16] = 1.0, 1.0, 1.0
        assert query.picture(high, " abcd") == ["d", *[" "] * 7, "b"]


class TestInfo:
    def test_of_the_installation(self, run: Run) -> None:
        result = result_of(run("info", "--json"))
        assert result["nnfast"] == nnref.__version__
        assert result["kernel"] == nnfast.kernel_info()["kernel"]
        assert result["kernel"] in result["available"]
        assert {"python", "numpy", "platform"} <= set(result)
        assert result["dtypes"] == ["float64", "float32"]
        printed = run("info").out
        assert f"kernel     {result['kernel']}\n" in printed
        assert "dtypes     float64, float32\n" in printed

    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot pin a process")
    def test_counts_the_cores_that_it_may_use(self, run: Run) -> None:
        cores = os.sched_getaffinity(0)
        assert result_of(run("info", "--json"))["cores"] == len(cores)
        os.sched_setaffinity(0, {min(cores)})
        try:
            assert result_of(run("info", "--json"))["cores"] == 1
        finally:
            os.sched_setaffinity(0, cores)

    def test_counts_cores_where_no_process_is_pinned(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
        monkeypatch.setattr(os, "cpu_count", lambda: 6)
        assert result_of(run("info", "--json"))["cores"] == 6

    def test_of_a_model(self, run: Run, model: Path) -> None:
        assert result_of(run("info", model, "--json")) == {
            "model": str(model),
            "sizes": [64, 5, 10],
            "dtype": "float64",
            "parameters": 370,
            "activation": "sigmoid",
            "output_activation": "sigmoid",
            "loss": "squared_error",
            "hidden_error": "split",
            "bias": False,
            "optimizer": "SGD(weight_decay=0.0)",
            "lr": 0.1,
            "init": "uniform",
            "seed": 0,
            "epochs": 1,
            "digest": oracle(20).digest(),
        }
        assert oracle(20).digest() in run("info", model).out

    def test_of_a_float32_model(self, run: Run, tmp_path: Path) -> None:
        nnfast.NeuralNetwork(2, 3, 1, 0.1, dtype="float32").save(tmp_path / "m")
        assert result_of(run("info", tmp_path / "m", "--json"))["dtype"] == "float32"


WRONG_USAGE = {
    "no such command": ("learn",),
    "no such option": ("train", "--layers", "3"),
    "no examples": ("train", "--examples", "0"),
    "no epochs": ("train", "--epochs", "0"),
    "no neurons": ("compare", "--hidden", "0"),
    "no neurons in the second layer": ("compare", "--hidden", "5,0"),
    "neurons in letters": ("compare", "--hidden", "abc"),
    "an empty layer": ("train", "--hidden", "5,"),
    "too many neurons": ("train", "--hidden", "10001"),
    "not a number as lr": ("train", "--lr", "nan"),
    "infinite lr": ("train", "--lr", "inf"),
    "lr of 0": ("train", "--lr", "0"),
    "lr in letters": ("train", "--lr", "fast"),
    "negative seed": ("train", "--seed", "-1"),
    "seed too large": ("train", "--seed", str(2**64)),
    "unknown activation": ("train", "--activation", "sigmoid,swish"),
    "an activation too many": ("train", "--activation", "relu,relu"),
    "unknown output activation": ("train", "--output-activation", "relu"),
    "unknown loss": ("train", "--loss", "hinge"),
    "a loss that does not fit": ("train", "--loss", "cross_entropy", "--output-activation", "tanh"),
    "unknown optimizer": ("train", "--optimizer", "lion"),
    "negative weight decay": ("train", "--weight-decay", "-1"),
    "unknown schedule": ("train", "--schedule", "cosine"),
    "no examples in a batch": ("train", "--batch-size", "0"),
    "no patience": ("train", "--patience", "0"),
    "unknown rule": ("train", "--hidden-error", "guess"),
    "unknown start": ("train", "--init", "zeros"),
    "unknown backend": ("train", "--backend", "gpu"),
    "unknown type": ("train", "--dtype", "float16"),
    "no threads": ("train", "--threads", "0"),
    "too many threads": ("train", "--threads", "257"),
    "float32 of the oracle": ("train", "--backend", "ref", "--dtype", "float32"),
    "threads of the oracle": ("train", "--backend", "ref", "--threads", "2"),
    "a type for both backends": ("compare", "--dtype", "float64"),
    "nothing to query": ("query",),
    "no model to query": ("query", "--index", "3"),
    "negative index": ("query", "m", "--index", "-1"),
    "inputs in letters": ("query", "m", "--inputs", "1,x"),
    "infinite inputs": ("query", "m", "--inputs", "1,inf"),
    "inputs and index": ("query", "m", "--inputs", "1", "--index", "0"),
    "inputs and data": ("query", "m", "--inputs", "1", "--data", "digits"),
}


@pytest.mark.parametrize("arguments", WRONG_USAGE.values(), ids=WRONG_USAGE.keys())
def test_wrong_usage(run: Run, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    # Wrong usage is seen before any data or model is read.
    monkeypatch.setattr(training, "load", pytest.fail)
    monkeypatch.setattr(nnfast.NeuralNetwork, "load", pytest.fail)
    finished = run(*arguments)
    assert finished.status == 2
    assert finished.out == ""
    assert "Error: " in finished.err.splitlines()[-1]


FAILURES = {
    "no data": (("train", "--data", "nowhere"), "nowhere: no such file or folder"),
    "empty folder": (("compare", "--data", "empty"), "empty: has no "),
    "not data": (("train", "--data", "text"), "text: line 1: "),
    "no folder for the model": (("train", "--model", "no/m"), "no/m: cannot write to "),
    "a file as folder": (("train", "--model", "text/m"), "text/m: cannot write to "),
    "a folder as model": (("train", "--model", "empty"), "empty: is a folder or device"),
    "no model": (("query", "nowhere"), "nowhere: No such file or directory"),
    "not a model": (("query", "text"), "text"),
    "no model to tell of": (("info", "nowhere"), "nowhere: No such file or directory"),
    "a folder to tell of": (("info", "empty"), "empty: "),
    "index out of range": (("query", "digits.model", "--index", "360"), "only 0 to 359"),
    "too few inputs": (("query", "digits.model", "--inputs", "1,2"), "inputs: got "),
    "another network": (("query", "small.model"), "has 2 inputs and 1 output, but digits"),
}


@pytest.mark.parametrize(("arguments", "message"), FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("as_json", [True, False])
def test_failures(
    run: Run,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
    as_json: bool,
) -> None:
    monkeypatch.chdir(model.parent)
    Path("empty").mkdir()
    Path("text").write_text("to be or not to be\n")
    nnref.NeuralNetwork(2, 3, 1, 0.1).save("small.model")
    finished = run(*arguments, *["--json"] * as_json)
    assert finished.status == 1
    assert finished.out == ""
    assert finished.err.startswith("Error: ")
    assert finished.err.count("\n") == 1
    assert message in finished.err


@pytest.mark.parametrize("model", ["no/m", "."])
def test_a_model_that_cannot_be_saved_is_known_before_training(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str
) -> None:
    monkeypatch.setattr(training, "load", pytest.fail)
    assert run("train", "--model", tmp_path / model).status == 1


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_write_protected_models(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.touch(0o400)
    with pytest.raises(click.ClickException, match="write-protected"):
        train.check_writable(path)


def test_offline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", offline)
    finished = run("train", "--data", "mnist")
    assert finished.status == 1
    assert finished.err.startswith("Error: MNIST cannot be fetched")
    assert finished.err.count("\n") == 1


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_what_is_missing_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in list(sys.modules):
        if name.split(".")[0] in ("click", "rich") or name.startswith("nnfast.cli"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr()
    assert end.value.code == 1
    assert printed.out == ""
    assert printed.err == (
        "nnfast: the command line needs click and rich: pip install click rich\n"
    )


def test_an_import_error_of_another_kind_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("nnfast.cli"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nnfast.datasets", None)
    with pytest.raises(ModuleNotFoundError):
        main()


def program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | environment,
        timeout=HANGS,
        check=False,
    )


def test_importing_the_library_loads_no_command_line() -> None:
    seen = "import nnfast, sys; print({'click', 'rich', 'nnfast.cli'} & set(sys.modules))"
    assert program("-c", seen).stdout == "set()\n"


def test_runs_as_a_module() -> None:
    finished = program("-m", "nnfast", "--version")
    assert (finished.returncode, finished.stdout) == (0, f"nnfast {nnref.__version__}\n")


def test_streams_of_the_real_program(images: Path) -> None:
    finished = program("-m", "nnfast", "train", "--data", images, "--epochs", "1", "--json")
    assert json.loads(finished.stdout)["updates"] == 6
    assert finished.stderr.startswith("epoch 1 of 1")


def test_an_encoding_without_blocks(run: Run, images: Path) -> None:
    data, path = ("--data", images, "--epochs", "1"), images / "m"
    assert run("train", *data, "--model", path).status == 0
    query = ("query", path, "--data", images)
    for command, shows in ((query, "@@@"), (("compare", *data), "identical")):
        finished = program("-m", "nnfast", *command, PYTHONIOENCODING="ascii")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert shows in finished.stdout


@pytest.mark.skipif(os.name == "nt", reason="a pipe breaks in another way there")
@pytest.mark.parametrize("options", [["info"], ["info", "--json"], ["--help"]])
def test_a_reader_that_has_enough(options: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    finished = subprocess.run(
        [sys.executable, "-P", "-m", "nnfast", *options],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=HANGS,
        check=False,
    )
    os.close(writer)
    assert finished.stderr == b""


@pytest.mark.parametrize("command", [(), ("compare",), ("train",), ("query",), ("info",)])
def test_help_shows_examples_and_fits(run: Run, command: tuple[str, ...]) -> None:
    finished = run(*command, "-h")
    assert finished.status == 0
    assert "Examples:\n    nnfast " in finished.out
    assert max(map(len, finished.out.splitlines())) <= 80


def test_plurals() -> None:
    assert console.plural(1, "epoch") == "1 epoch"
    assert console.plural(2000, "epoch") == "2,000 epochs"
