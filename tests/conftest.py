import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from helpers import BACKENDS, THOROUGH
from hypothesis import HealthCheck, settings

from nnfast.__main__ import main

# Without what depends on the speed of the machine.
settings.register_profile(
    "quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=100)
settings.load_profile("thorough" if THOROUGH else "quick")


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
