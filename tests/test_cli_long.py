"""`nnfast train` for long: distorted images, a rate that decays, checkpoints to go on from."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import SMALL, Run, plan_of, result_of
from helpers import HANGS
from rich.progress import Progress

import nnfast
import nnref
from nnfast.cli import console, train, training
from nnfast.datasets import augment, digits

BACKENDS = [("ref", nnref), ("fast", nnfast)]
LITTLE = ("--examples", "300", "--hidden", "5", "--batch-size", "64")
DISTORTED = (*LITTLE, "--augment", "rotation=12,scale=0.1")


def last_line(finished: Any) -> str:
    return str(finished.err.splitlines()[-1])


# Distorted images.


@pytest.mark.parametrize(("backend", "package"), BACKENDS)
def test_it_trains_on_what_augment_gives(run: Run, backend: str, package: Any) -> None:
    data = digits()
    examples = augment(
        data.train_inputs[:300], data.train_targets[:300], data.image_shape,
        rotation=12, scale=0.1, seed=3,
    )  # fmt: skip
    network = package.NeuralNetwork(64, 5, 10, 0.1, seed=3)
    network.fit(examples, epochs=2, batch_size=64)
    options = ("--seed", "3", "--epochs", "2", "--backend", backend, "--json")
    assert result_of(run("train", *DISTORTED, *options))["digest"] == network.digest()


def test_alone_it_takes_the_usual_settings_and_leaves_none_out(run: Run) -> None:
    data = digits()
    network = nnfast.NeuralNetwork(64, 5, 10, 0.1, seed=0)
    images = data.train_inputs[:300], data.train_targets[:300]
    network.fit(augment(*images, data.image_shape, seed=0), batch_size=64)
    # It may stand before another option, and it has an order of its own.
    result = result_of(run("train", "--augment", *LITTLE, "--shuffle", "--epochs", "1", "--json"))
    assert result["digest"] == network.digest()


def test_threads_change_nothing(run: Run) -> None:
    options = (*DISTORTED, "--epochs", "2", "--json")
    results = [result_of(run("train", *options, "--threads", n)) for n in ("1", "2", "3")]
    assert len({result["digest"] for result in results}) == 1


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_make_images_beside_the_training(
    run: Run, monkeypatch: pytest.MonkeyPatch, threads: str
) -> None:
    given = []

    def watched(*arguments: Any, threads: int, **settings: Any) -> Any:
        given.append(threads)
        return augment(*arguments, threads=threads, **settings)

    monkeypatch.setattr(training, "augment", watched)
    run("train", *DISTORTED, "--threads", threads)
    assert given == [int(threads)]


def test_an_update_never_reaches_into_the_next_chunk(run: Run) -> None:
    options = ("--examples", "300", "--hidden", "5", "--batch-size", "100", "--epochs", "2")
    result = result_of(run("train", *options, "--augment", "--json"))
    assert result["updates"] == 2 * (3 + 1)
    assert result_of(run("train", *options, "--json"))["updates"] == 2 * 3


def test_examples_that_are_held_back_are_not_distorted(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def fit(_: Any, examples: Any, **options: Any) -> None:
        given.update(examples=examples, **options)

    monkeypatch.setattr(nnfast.NeuralNetwork, "fit", fit)
    plan, dataset = replace(plan_of("--patience", "2"), augment={}), digits()
    network = training.trainable(plan, "fast", dataset)
    training.train_with_progress(network, dataset, plan, Progress(disable=True))
    inputs, _ = given["validation"]
    count = len(dataset.train_inputs)
    assert inputs.tobytes() == dataset.train_inputs[-(count // 10) :].tobytes()
    assert sum(len(some) for some, _ in given["examples"]) == count - count // 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--augment", "rotation"), "'rotation' is not NAME=NUMBER, as in rotation=12,scale=0.15."),
        (("--augment", ""), "'' is not NAME=NUMBER, as in rotation=12,scale=0.15."),
        (
            ("--augment", "turn=1"),
            "'turn' is not one of rotation, shift, scale, shear, alpha, sigma.",
        ),
        (("--augment", "shift=1,shift=2"), "shift is there twice."),
        (("--augment", "scale=1"), "scale: got '1', wants a number from 0 to below 1."),
        (("--augment", "alpha=nan"), "alpha: got 'nan', wants a finite number of at least 0."),
        (("--augment", "sigma=big"), "sigma: got 'big', wants a finite number of at least 0."),
        (
            ("--augment", "--batch-size", "300"),
            "--batch-size: got 300 with --augment, wants at most 256.",
        ),
        (("--decay", "0.9"), "--decay: wants --schedule exponential too."),
        (("--decay", "0.9", "--schedule", "step"), "--decay: wants --schedule exponential too."),
        (("--decay", "1", "--schedule", "exponential"), "'1' is not between 0 and 1."),
        (("--decay", "nan", "--schedule", "exponential"), "'nan' is not a finite number."),
        (("--resume",), "--resume: wants --checkpoint FILE too."),
        (
            ("--checkpoint", "c", "--model", "c"),
            "--checkpoint: got the file of --model, wants another one.",
        ),
        (
            ("--checkpoint", "c", "--resume", "--patience", "2"),
            "--resume: got --patience too, which would start counting anew.",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_before_any_data_is_read(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "load_data", None)
    finished = run("train", *options)
    assert (finished.status, finished.out) == (2, "")
    assert last_line(finished).startswith("Error: ")
    assert last_line(finished).endswith(message)
    assert list(tmp_path.iterdir()) == []


def test_examples_that_are_no_images_are_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "load_data", lambda _: replace(digits(), image_shape=None))
    finished = run("train", "--augment")
    assert (finished.status, finished.out) == (2, "")
    assert last_line(finished) == "Error: --augment: got examples of 64 numbers, wants images."


# A learning rate that decays.


@pytest.mark.parametrize(("backend", "package"), BACKENDS)
def test_the_rate_decays_by_the_factor_given(run: Run, backend: str, package: Any) -> None:
    data = digits()
    network = package.NeuralNetwork(64, 5, 10, 0.1, seed=0)
    schedule = nnref.Exponential(decay=0.5)
    network.fit(data.train_inputs[:20], data.train_targets[:20], epochs=3, schedule=schedule)
    options = ("--schedule", "exponential", "--decay", "0.5", "--backend", backend, "--json")
    result = result_of(run("train", *SMALL, "--epochs", "3", *options))
    assert result["digest"] == network.digest()


# Checkpoints.


@pytest.mark.parametrize("more", [(), ("--augment", "scale=0.1", "--threads", "2")])
def test_training_in_parts_comes_to_the_same_bits(
    run: Run, tmp_path: Path, more: tuple[str, ...]
) -> None:
    options = (*LITTLE, "--schedule", "exponential", "--decay", "0.7", "--optimizer", "adam", *more)
    if not more:
        options += ("--shuffle",)
    whole = result_of(run("train", *options, "--epochs", "5", "--json"))
    in_parts = (*options, "--checkpoint", tmp_path / "c", "--resume", "--json")
    for epochs, before in ((2, 0), (3, 2), (5, 3)):
        finished = run("train", *in_parts, "--epochs", epochs)
        part = result_of(finished)
        assert part["resumed_after"] == before
        assert part["epochs"] == epochs - before
        assert nnfast.NeuralNetwork.load(tmp_path / "c").epochs == epochs
        assert part["loss_per_epoch"] == whole["loss_per_epoch"][before:epochs]
        assert f"epoch {epochs} of {epochs}" in last_line(finished)
    assert part["digest"] == whole["digest"]
    assert part["accuracy"] == whole["accuracy"]


def test_the_other_backend_can_go_on(run: Run, tmp_path: Path) -> None:
    options = (*SMALL, "--checkpoint", tmp_path / "c", "--resume", "--json", "--epochs")
    whole = result_of(run("train", *SMALL, "--epochs", "3", "--json"))
    run("train", *options, "1")
    run("train", *options, "2", "--backend", "ref")
    last = result_of(run("train", *options, "3", "--threads", "2"))
    assert (last["digest"], last["threads"]) == (whole["digest"], 2)


def test_it_says_what_it_goes_on_from_and_where_it_is_kept(run: Run, tmp_path: Path) -> None:
    options = (*SMALL, "--checkpoint", tmp_path / "c", "--resume")
    assert "Going on" not in run("train", *options).err
    finished = run("train", *options, "--epochs", "3")
    assert finished.err.splitlines()[0] == f"Going on after epoch 1 of 3, from {tmp_path / 'c'}"
    assert "2 epochs after 1 before: 40 updates" in finished.out
    assert f"saved in       {tmp_path / 'c'}\n" in finished.out


def test_threads_are_those_of_the_command_and_not_of_the_file(tmp_path: Path) -> None:
    nnfast.NeuralNetwork(64, 5, 10, 0.1, seed=0, threads=4).save(tmp_path / "c")
    plan = plan_of("--hidden", "5")
    network = training.trainable(plan, "fast", digits(), threads=2)
    loaded = train.gone_on(network, tmp_path / "c", plan)
    assert loaded is not network
    assert loaded.__getstate__().threads == 2


@pytest.fixture
def checkpoint(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "c"
    run("train", *SMALL, "--checkpoint", path)
    return path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--checkpoint: {} is there already; --resume goes on from it."),
        (("--resume",), "--resume: {} has had 1 epoch, wants --epochs above that."),
        (
            ("--resume", "--hidden", "6"),
            "--resume: {} has hnodes=(5,), where the options say (6,).",
        ),
        (("--resume", "--lr", "1"), "--resume: {} has lr=0.1, where the options say 1.0."),
        (("--resume", "--seed", "1"), "--resume: {} has seed=0, where the options say 1."),
        (
            ("--resume", "--dtype", "float32"),
            "--resume: {} has dtype='float64', where the options say 'float32'.",
        ),
    ],
)
def test_a_checkpoint_is_neither_lost_nor_mistaken(
    run: Run, checkpoint: Path, options: tuple[str, ...], message: str
) -> None:
    before = checkpoint.read_bytes()
    finished = run("train", *SMALL, "--checkpoint", checkpoint, *options)
    assert (finished.status, finished.out) == (2, "")
    assert last_line(finished) == f"Error: {message.format(checkpoint)}"
    assert checkpoint.read_bytes() == before


def test_a_file_that_is_no_checkpoint_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"something else")
    finished = run("train", *SMALL, "--checkpoint", tmp_path / "c", "--resume")
    assert (finished.status, finished.out) == (1, "")
    assert last_line(finished).startswith("Error: ")
    assert (tmp_path / "c").read_bytes() == b"something else"


# Ctrl-C, and worse.


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Undo what a job in the background begins with: SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("more", [(), ("--augment",)])
@pytest.mark.parametrize("epochs", [0, 1, 2])
def test_ctrl_c_says_where_it_stopped_and_how_to_go_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: int, more: tuple[str, ...]
) -> None:
    updates = iter(range(20 * epochs + 7))
    spans = training.WatchedReference._spans

    def interrupted(self: Any, *sizes: int) -> Iterator[tuple[int, int]]:
        for span in spans(self, *sizes):
            if len(sizes) == 2 and next(updates, None) is None:
                signal.raise_signal(signal.SIGINT)
            yield span

    path = tmp_path / "c"
    options = (*SMALL, *more, "--backend", "ref", "--epochs", "4", "--checkpoint", path)
    with monkeypatch.context() as patched:
        patched.setattr(training.WatchedReference, "_spans", interrupted)
        finished = run("train", *options, "--model", tmp_path / "m")
    says = f"{path} has {epochs} of 4 epochs; the same command with --resume goes on there"
    if epochs == 0:
        says = f"no epoch is done, so {path} is not there yet"
    assert (finished.status, finished.out) == (130, "")
    learned = f"what it has learned so far is in {tmp_path / 'm'}"
    assert last_line(finished) == f"Interrupted: {learned}; {says}"
    resumed = result_of(run("train", *options, "--resume", "--json"))
    whole = result_of(run("train", *SMALL, *more, "--epochs", "4", "--json"))
    assert resumed["digest"] == whole["digest"]


def test_without_a_model_it_says_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(nnfast.NeuralNetwork, "fit", interrupted)
    finished = run("train", *SMALL, "--checkpoint", tmp_path / "c")
    message = f"Interrupted: no epoch is done, so {tmp_path / 'c'} is not there yet\n"
    assert (finished.status, finished.err) == (130, message)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send to one process")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_really_stopped_goes_on_to_the_same_bits(
    run: Run, tmp_path: Path, kind: signal.Signals
) -> None:
    path = tmp_path / "c"
    options = (*DISTORTED, "--threads", "2", "--checkpoint", path)
    start = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from nnfast.__main__ import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", start, "train", *options, "--epochs", "1000000"],
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            deadline = time.monotonic() + HANGS
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            program.send_signal(kind)
            _, err = program.communicate(timeout=HANGS)
        finally:
            program.kill()
    done = nnfast.NeuralNetwork.load(path).epochs
    if kind == signal.SIGINT:
        assert program.returncode == 130
        assert f"{path} has {done} of 1,000,000 epochs" in err.splitlines()[-1]
    epochs = ("--epochs", done + 2, "--json")
    resumed = result_of(run("train", *options, "--resume", *epochs))
    assert resumed["resumed_after"] == done
    assert resumed["digest"] == result_of(run("train", *DISTORTED, *epochs))["digest"]


# The bar.


@pytest.mark.parametrize("threads", [1, 2])
def test_the_bar_moves_within_an_epoch_of_distorted_images(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    moves: list[int] = []
    progress = Progress(disable=True)
    monkeypatch.setattr(progress, "update", lambda _, completed: moves.append(completed))
    plan = replace(plan_of("--hidden", "5", "--epochs", "2", "--examples", "600"), augment={})
    dataset = training.limited(digits(), plan.examples)
    network = training.trainable(plan, "fast", dataset, threads=threads)
    training.train_with_progress(network, dataset, plan, progress)
    assert moves == [256, 512, 600, 600, 856, 1112, 1200, 1200]


def test_the_bar_of_a_resumed_training_begins_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moves: list[int] = []
    progress = Progress(disable=True)
    monkeypatch.setattr(progress, "update", lambda _, completed: moves.append(completed))
    plan = plan_of("--hidden", "5", "--epochs", "5", "--examples", "10")
    dataset = training.limited(digits(), plan.examples)
    network = training.trainable(plan, "fast", dataset)
    network.fit(dataset.train_inputs, dataset.train_targets, epochs=3)
    training.train_with_progress(network, dataset, plan, progress)
    assert (progress.tasks[0].completed, moves, progress.tasks[0].total) == (30, [40, 50], 50)


def test_the_time_left_is_known_however_long_an_epoch_takes() -> None:
    now = 0.0
    with console.progress_bar() as progress:
        progress.get_time = lambda: now
        bar = progress.add_task("nnfast", total=100)
        for done in (20, 40, 60):
            now += 100.0
            progress.update(bar, completed=done)
        assert progress.tasks[0].time_remaining == 200
