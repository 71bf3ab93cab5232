"""Training that is killed goes on from its checkpoint, to the same bits."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnfast
import nnref

BACKENDS = (nnref, nnfast)
RNG = np.random.default_rng(1)
INPUTS, TARGETS = RNG.random((40, 6)).tolist(), RNG.random((40, 3)).tolist()
EPOCHS = 60

# Goes on from the checkpoint, if there is one, and prints the digest in the end.
TRAINING = """
import sys
from pathlib import Path
from {package} import NeuralNetwork

checkpoint = Path(sys.argv[1])
examples, epochs = {examples!r}, {epochs}
if checkpoint.exists():
    network = NeuralNetwork.load(checkpoint)
else:
    network = NeuralNetwork(6, [9, 5], 3, 0.01, bias=True, optimizer="adam", seed=1)
if network.epochs < epochs:
    network.fit(
        *examples, epochs=epochs - network.epochs, batch_size=3, shuffle=True,
        schedule="exponential", checkpoint=checkpoint,
    )
print(network.digest())
"""


def made(package: Any) -> Any:
    return package.NeuralNetwork(6, [9, 5], 3, 0.01, bias=True, optimizer="adam", seed=1)


def fitted(package: Any, epochs: int = EPOCHS, **options: Any) -> Any:
    network = made(package)
    network.fit(
        INPUTS, TARGETS, epochs=epochs, batch_size=3, shuffle=True, schedule="exponential",
        **options,
    )  # fmt: skip
    return network


def test_training_that_is_killed_again_and_again_comes_to_the_same_bits(tmp_path: Path) -> None:
    draws, checkpoint, killed = random.Random(1), tmp_path / "checkpoint", 0
    code = TRAINING.format(package="nnref", examples=(INPUTS, TARGETS), epochs=EPOCHS)
    command = [sys.executable, "-c", code, str(checkpoint)]
    while True:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if killed < 25:
            wait_for_change(checkpoint, process, draws.random() * 0.05)
            process.kill()
        printed, _ = process.communicate(timeout=60)
        if process.returncode == 0:
            break
        killed += 1
    assert killed >= 5
    assert printed.strip() == fitted(nnref).digest()
    assert nnref.NeuralNetwork.load(checkpoint).digest() == printed.strip()


def wait_for_change(file: Path, process: subprocess.Popen[str], more: float) -> None:
    """Wait till a file is written anew, or the process has ended, and then somewhat longer."""
    before = written_at(file)
    while written_at(file) == before and process.poll() is None:
        time.sleep(0.001)
    time.sleep(more)


def written_at(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return None


@pytest.mark.parametrize("package", BACKENDS)
def test_a_checkpoint_is_the_network_after_its_epochs(package: Any, tmp_path: Path) -> None:
    seen = []

    def look(network: Any, history: Any) -> bool:
        if (tmp_path / "c").exists():
            seen.append(package.NeuralNetwork.load(tmp_path / "c").epochs)
        return len(history.loss) == 8

    network = fitted(package, checkpoint=tmp_path / "c", every=3, callback=look)
    assert seen == [3, 3, 3, 6, 6]  # written after the callback
    assert network.epochs == 8
    assert package.NeuralNetwork.load(tmp_path / "c").digest() == network.digest()
    assert network.digest() == fitted(package, 8).digest()


@pytest.mark.parametrize("package", BACKENDS)
def test_any_epoch_can_be_gone_on_from(package: Any, tmp_path: Path) -> None:
    network = fitted(package, 7)
    whole = network.digest()
    network.save(tmp_path / "whole")
    for epochs in range(1, 7):
        fitted(package, epochs, checkpoint=tmp_path / "c")
        for other in BACKENDS:
            network = other.NeuralNetwork.load(tmp_path / "c")
            network.fit(
                INPUTS, TARGETS, epochs=7 - network.epochs, batch_size=3, shuffle=True,
                schedule="exponential",
            )  # fmt: skip
            assert network.digest() == whole
            # All that it knows is the same, also of what it has been shown.
            network.save(tmp_path / "d")
            assert (tmp_path / "d").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("package", BACKENDS)
def test_a_checkpoint_has_what_the_callback_has_changed(package: Any, tmp_path: Path) -> None:
    def slow_down(network: Any, _: Any) -> None:
        if network.epochs == 5 and killed:
            raise InterruptedError
        network.lr *= 0.9

    def train(network: Any, checkpoint: Path) -> Any:
        network.fit(
            INPUTS, TARGETS, epochs=8 - network.epochs, callback=slow_down, checkpoint=checkpoint
        )
        return network

    killed = False
    whole = train(made(package), tmp_path / "whole")
    killed = True
    with pytest.raises(InterruptedError):
        train(made(package), tmp_path / "c")
    killed = False
    assert train(package.NeuralNetwork.load(tmp_path / "c"), tmp_path / "c").lr == whole.lr
    assert (tmp_path / "c").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("package", BACKENDS)
def test_a_checkpoint_stays_where_it_was_meant(
    package: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    fitted(package, 3, checkpoint="c", callback=lambda *_: os.chdir(tmp_path / "other"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["c", "other"]


@pytest.mark.parametrize("package", BACKENDS)
def test_the_last_checkpoint_is_the_best_network_with_patience(
    package: Any, tmp_path: Path
) -> None:
    network = made(package)
    history = network.fit(
        INPUTS, TARGETS, epochs=50, patience=2, checkpoint=tmp_path / "c",
        validation=(INPUTS[:5], [[1.0 - t for t in row] for row in TARGETS[:5]]),
    )  # fmt: skip
    assert history.best_epoch is not None
    assert history.best_epoch < len(history.loss) - 1
    assert package.NeuralNetwork.load(tmp_path / "c").digest() == network.digest()


@pytest.mark.parametrize("package", BACKENDS)
def test_an_older_file_stays_till_the_first_epoch_is_done(package: Any, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"older")

    def stop(*_: Any) -> None:
        assert (tmp_path / "c").read_bytes() == b"older"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fitted(package, checkpoint=tmp_path / "c", every=2, callback=stop)
    assert (tmp_path / "c").read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
