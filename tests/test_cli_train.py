"""`nnfast train`: does it train, test and save what it says, even after Ctrl-C?"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import DIGEST, SMALL, Run, oracle, plan_of, result_of
from helpers import HANGS, write_images
from rich.progress import Progress

import nnfast
import nnref
from nnfast.__main__ import main
from nnfast.cli import training
from nnfast.datasets import digits

LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 6])  # the header of a file of six


@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_json_has_the_promised_keys(run: Run, backend: str) -> None:
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
def test_backends_differ_in_nothing_but_time(run: Run, shuffle: str) -> None:
    options = ("--examples", "30", "--hidden", "5", "--epochs", "3", shuffle, "--json")
    ref, fast = (result_of(run("train", "--backend", b, *options)) for b in ("ref", "fast"))
    for own in ("seconds", "backend"):
        del ref[own], fast[own]
    assert ref == fast
    assert len(ref["loss_per_epoch"]) == len(ref["accuracy_per_epoch"]) == 3
    assert ref["accuracy"] == ref["accuracy_per_epoch"][-1]


def test_accuracy_is_that_of_the_test_set(run: Run) -> None:
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
def test_saves_what_it_trained(run: Run, tmp_path: Path, backend: str) -> None:
    path = tmp_path / "a[b] c.model"
    options = ("--backend", backend, "--model", path, "--epochs", "2")
    result = result_of(run("train", *SMALL, *options, "--json"))
    assert result["model"] == str(path)
    assert nnfast.NeuralNetwork.load(path).digest() == result["digest"]
    assert result_of(run("info", path, "--json"))["epochs"] == 2


def test_float32_and_threads(run: Run, tmp_path: Path) -> None:
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


def test_threads_are_the_networks() -> None:
    plan, dataset = plan_of("--hidden", "5"), digits()
    network = training.trainable(plan, "fast", dataset, threads=3)
    assert isinstance(network, nnfast.NeuralNetwork)
    assert network.threads == 3


def test_the_oracle_takes_its_only_type_by_name(run: Run) -> None:
    options = ("--backend", "ref", "--dtype", "float64", "--threads", "1", "--json")
    assert result_of(run("train", *SMALL, *options))["digest"] == oracle(20).digest()


@pytest.mark.parametrize("options", [("--dtype", "float32"), ("--threads", "2")])
def test_what_the_oracle_has_not_is_said(run: Run, options: tuple[str, str]) -> None:
    finished = run("train", "--backend", "ref", *options)
    assert (finished.status, finished.out) == (2, "")
    message = "Error: --backend ref has only --dtype float64 and --threads 1."
    assert finished.err.splitlines()[-1] == message


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_converting_the_data_counts_as_no_training(
    monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    given: list[Any] = []
    monkeypatch.setattr(
        nnfast.NeuralNetwork, "fit", lambda _, *examples, **__: given.extend(examples)
    )
    plan, dataset = plan_of("--hidden", "5"), digits()
    network = training.trainable(plan, "fast", dataset, dtype=dtype)
    training.train_with_progress(network, dataset, plan, Progress(disable=True))
    assert [array.dtype.name for array in given] == [dtype, dtype]


def test_prints_epochs_and_summary(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a[b].model"
    finished = run("train", *SMALL, "--epochs", "2", "--model", path)
    assert [line.split("   ")[0] for line in finished.err.splitlines()] == [
        "epoch 1 of 2",
        "epoch 2 of 2",
    ]
    assert str(path) in finished.out
    assert DIGEST.search(finished.out)


def test_a_bar_moves_within_an_epoch_of_the_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    moves: list[int] = []
    progress = Progress(disable=True)
    monkeypatch.setattr(progress, "update", lambda _, completed: moves.append(completed))
    monkeypatch.setattr(training, "EXAMPLES_PER_MOVE", 4)
    plan = plan_of("--hidden", "5", "--epochs", "2", "--examples", "10")
    dataset = training.limited(digits(), plan.examples)
    network = training.trainable(plan, "ref", dataset)
    training.train_with_progress(network, dataset, plan, progress)
    assert moves == [4, 8, 10, 12, 16, 20, 20]


# The data.


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_a_path_is_never_the_name_of_a_data_set(
    run: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    write_images(tmp_path / name)
    result = result_of(run("train", "--data", f"./{name}", *SMALL, "--json"))
    assert (result["data"], result["sizes"]) == (f"./{name}", [60, 5, 10])


@pytest.mark.parametrize("command", ["train", "compare"])
def test_the_labels_say_how_many_outputs_there_are(run: Run, images: Path, command: str) -> None:
    """As EMNIST's letters, which are the labels 1 to 26."""
    (images / "train-labels-idx1-ubyte").write_bytes(LABELS + bytes([26, 1, 2, 3, 4, 5]))
    result = result_of(run(command, "--data", images, *SMALL, "--json"))
    assert result["sizes"] == [60, 5, 27]


def test_a_network_for_letters_answers_by_their_labels(run: Run, images: Path) -> None:
    (images / "train-labels-idx1-ubyte").write_bytes(LABELS + bytes([26] * 6))
    path = images / "m"
    run("train", "--data", images, "--model", path, "--epochs", "40")
    result = result_of(run("query", path, "--data", images, "--json"))
    assert (result["answer"], len(result["outputs"])) == (26, 27)


# Ctrl-C.


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Undo what a job in the background begins with: SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def interrupted_after_13(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = training.WatchedReference._spans
    done = iter(range(13))

    def interrupted(self: Any, *sizes: int) -> Iterator[tuple[int, int]]:
        for span in spans(self, *sizes):
            if next(done, None) is None:
                signal.raise_signal(signal.SIGINT)
            yield span

    monkeypatch.setattr(training.WatchedReference, "_spans", interrupted)


@pytest.mark.usefixtures("interrupted_after_13")
def test_what_was_learned_is_saved(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.model"
    finished = run("train", *SMALL, "--backend", "ref", "--model", path, "--json")
    assert finished.status == 130
    assert finished.out == ""
    assert finished.err == f"Interrupted: what it has learned so far is in {path}\n"
    assert nnref.NeuralNetwork.load(path).digest() == oracle(13).digest()


def test_an_older_model_is_kept(run: Run, model: Path, request: pytest.FixtureRequest) -> None:
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
def test_without_a_model_it_just_ends(run: Run, command: tuple[str, ...]) -> None:
    finished = run(*command, *SMALL)
    assert (finished.status, finished.out, finished.err) == (130, "", "Interrupted\n")


def test_ctrl_c_while_saving_saves(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = nnfast.NeuralNetwork.save

    def interrupted_once(self: Any, path: Any) -> None:
        monkeypatch.setattr(nnfast.NeuralNetwork, "save", save)
        raise KeyboardInterrupt

    monkeypatch.setattr(nnfast.NeuralNetwork, "save", interrupted_once)
    assert run("train", *SMALL, "--model", tmp_path / "m").status == 130
    assert nnfast.NeuralNetwork.load(tmp_path / "m").digest() == oracle(20).digest()


SAVING = "Saving what it has learned so far; press Ctrl-C once more to give that up"


@pytest.mark.usefixtures("interrupted_after_13")
@pytest.mark.parametrize("more", [0, 1, 2])
def test_only_a_third_ctrl_c_gives_the_network_up(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    path, replace = tmp_path / "m", os.replace

    def replace_and_press(*paths: Any) -> None:
        for _ in range(more):
            signal.raise_signal(signal.SIGINT)
        replace(*paths)

    monkeypatch.setattr(os, "replace", replace_and_press)
    arguments = ("train", *SMALL, "--backend", "ref", "--model", str(path))
    monkeypatch.setattr(sys, "argv", ["nnfast", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    said = capfd.readouterr().err.splitlines()
    assert said[:-1] == [SAVING][:more]
    if more < 2:
        assert said[-1] == f"Interrupted: what it has learned so far is in {path}"
        assert nnref.NeuralNetwork.load(path).digest() == oracle(13).digest()
    else:
        assert said[-1] == "Interrupted: gave up saving, so what it has learned is lost"
        assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interrupted_after_13")
def test_ctrl_c_stays_ignored_where_it_is(run: Run, tmp_path: Path) -> None:
    """As in a job in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert run("train", *SMALL, "--backend", "ref", "--model", tmp_path / "m").status == 0


@pytest.mark.parametrize("place", ["m", "m.interrupted"])
def test_a_place_that_cannot_be_saved_in_is_known_before(
    run: Run, tmp_path: Path, place: str
) -> None:
    """Both that of the model and that of the rescue; here, a link that leads to itself."""
    (tmp_path / "m").touch()
    (tmp_path / place).unlink(missing_ok=True)
    try:
        (tmp_path / place).symlink_to(place)
    except OSError:
        pytest.skip("symbolic links are not allowed here")
    finished = run("train", *SMALL, "--model", tmp_path / "m")
    assert (finished.status, finished.out) == (1, "")
    (line,) = finished.err.splitlines()
    assert line.startswith(f"Error: {tmp_path / place}: Too many levels of symbolic links")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send to one process")
@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_a_real_ctrl_c(images: Path, backend: str) -> None:
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


@pytest.mark.parametrize("backend", ["ref", "fast"])
def test_training_that_diverges_fails_and_keeps_what_was_good(
    run: Run, tmp_path: Path, backend: str
) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"older")
    rates = ("--activation", "tanh", "--output-activation", "identity", "--lr", "1e200")
    finished = run("train", *SMALL, *rates, "--backend", backend, "--model", path)
    assert (finished.status, finished.out) == (1, "")
    (line,) = finished.err.splitlines()
    assert line.startswith("Error: the loss of epoch 1 is ")
    assert line.endswith(": training has diverged; try a smaller --lr")
    assert path.read_bytes() == b"older"
