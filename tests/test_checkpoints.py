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
from helpers import amount

import nnfast
import nnref

BACKENDS = (nnref, nnfast)
RNG = np.random.default_rng(1)
INPUTS, TARGETS = RNG.random((40, 6)).tolist(), RNG.random((40, 3)).tolist()
EPOCHS = 60

# Goes on from the checkpoint, if there is one, for ever.
TRAINING = """
import sys
from pathlib import Path
from nnref import NeuralNetwork

checkpoint = Path(sys.argv[1])
if checkpoint.exists():
    network = NeuralNetwork.load(checkpoint)
else:
    network = NeuralNetwork(6, [9, 5], 3, 0.01, bias=True, optimizer="adam", seed=1)
network.fit(
    *{examples!r}, epochs=10**9, batch_size=3, shuffle=True, schedule="exponential",
    checkpoint=checkpoint,
)
"""


def made(package: Any) -> Any:
    return package.NeuralNetwork(6, [9, 5], 3, 0.01, bias=True, optimizer="adam", seed=1)


def train(network: Any, epochs: int, **options: Any) -> None:
    network.fit(
        INPUTS, TARGETS, epochs=epochs, batch_size=3, shuffle=True, schedule="exponential",
        **options,
    )  # fmt: skip


def fitted(package: Any, epochs: int = EPOCHS, **options: Any) -> Any:
    network = made(package)
    train(network, epochs, **options)
    return network


def test_training_that_is_killed_again_and_again_comes_to_the_same_bits(tmp_path: Path) -> None:
    draws, checkpoint = random.Random(1), tmp_path / "checkpoint"
    code = TRAINING.format(examples=(INPUTS, TARGETS))
    undisturbed = made(nnref)
    for _ in range(amount(25, quick=8)):
        with subprocess.Popen([sys.executable, "-c", code, str(checkpoint)]) as training:
            try:
                wait_for_change(checkpoint, training)
                time.sleep(draws.random() * 0.05)  # to be killed anywhere, also while it writes
            finally:
                training.kill()
        killed = nnref.NeuralNetwork.load(checkpoint)
        assert killed.epochs > undisturbed.epochs
        train(undisturbed, killed.epochs - undisturbed.epochs)
        assert killed.digest() == undisturbed.digest()


def wait_for_change(file: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a file is written again."""
    before = written_at(file)
    while written_at(file) == before:
        assert process.poll() is None, "the training has ended"
        time.sleep(0.001)


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
            train(network, 7 - network.epochs)
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

    def slowed(network: Any, checkpoint: Path) -> Any:
        network.fit(
            INPUTS, TARGETS, epochs=8 - network.epochs, callback=slow_down, checkpoint=checkpoint
        )
        return network

    killed = False
    whole = slowed(made(package), tmp_path / "whole")
    killed = True
    with pytest.raises(InterruptedError):
        slowed(made(package), tmp_path / "c")
    killed = False
    assert slowed(package.NeuralNetwork.load(tmp_path / "c"), tmp_path / "c").lr == whole.lr
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
