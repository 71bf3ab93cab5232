import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnfast.__main__ import main


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Real MNIST, as four IDX files: where NNFAST_MNIST says, or in the project's shared folder."""
    beside = Path(__file__).parents[2] / "shared" / "mnist"
    folder = Path(os.environ.get("NNFAST_MNIST", beside))
    if not (folder / "train-images-idx3-ubyte.gz").exists():
        pytest.skip(f"real MNIST is not at {folder} (NNFAST_MNIST can name the folder)")
    return folder


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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a folder and a file in it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"older")
    monkeypatch.chdir(tmp_path)
    return tmp_path
