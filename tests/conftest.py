import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Real MNIST, as four IDX files: where NNFAST_MNIST says, or in the project's shared folder."""
    beside = Path(__file__).parents[2] / "shared" / "mnist"
    folder = Path(os.environ.get("NNFAST_MNIST", beside))
    if not (folder / "train-images-idx3-ubyte.gz").exists():
        pytest.skip(f"real MNIST is not at {folder} (NNFAST_MNIST can name the folder)")
    return folder
