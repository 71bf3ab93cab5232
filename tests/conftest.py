import os
import sys

# Before NumPy is imported: the matrices are so small that BLAS gains nothing by threads, which on a
# busy machine wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

import pytest
from helpers import BACKENDS, THOROUGH, furnish, write_images
from hypothesis import HealthCheck, settings
from javascript_engines import CHOSEN, ENGINES, Engine

import nnref.common.training
from nnfast.__main__ import main

# Without what depends on the speed of the machine, and with the same cases in every run: a commit
# that failed fails again, and one that passed goes on to pass.
settings.register_profile(
    "same",
    max_examples=100 if THOROUGH else 25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False)
settings.load_profile("same")


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Real MNIST, as four IDX files: where NNFAST_MNIST says, or in the project's shared folder."""
    beside = Path(__file__).parents[2] / "shared" / "mnist"
    folder = Path(os.environ.get("NNFAST_MNIST", beside))
    if not (folder / "train-images-idx3-ubyte.gz").exists():
        pytest.skip(f"real MNIST is not at {folder} (NNFAST_MNIST can name the folder)")
    return folder


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> ModuleType:
    return BACKENDS[request.param]


@pytest.fixture(scope="session", params=CHOSEN)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the JavaScript engines that the tests of the twin are to run in."""
    return ENGINES[request.param]()


@pytest.fixture(scope="module")
def training_goes_on() -> Iterator[None]:
    """Let `fit` go on whatever the loss: infinities and NaN are compared to the last bit too."""
    with mock.patch.object(nnref.common.training, "has_diverged", return_value=False):
        yield


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., SimpleNamespace]:
    """Run the program in this process; return its exit status and what it printed."""

    def run(*arguments: object) -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", ["nnfast", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return SimpleNamespace(status=end.value.code or 0, out=printed.out, err=printed.err)

    return run


@pytest.fixture
def model(run: Callable[..., SimpleNamespace], tmp_path: Path) -> Path:
    """A small network for the digits, saved by the command line."""
    path = tmp_path / "digits.model"
    options = ("--examples", "20", "--hidden", "5", "--epochs", "1")
    assert run("train", *options, "--model", path).status == 0
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder in MNIST's form."""
    return write_images(tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a folder and a file in it."""
    monkeypatch.chdir(furnish(tmp_path))
    return tmp_path
