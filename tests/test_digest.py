"""One sha256 for everybody: the weights after a stated run, on any backend, build and machine."""

from types import ModuleType

import pytest
from helpers import BUILDS, kernel

import nnfast
import nnref
from nnfast.datasets import digits

STATED = "939dc707853737eca3296834fffd4726ec921407ede3cbca5ce132d9b6b55ea9"


def stated_run(package: ModuleType) -> str:
    data = digits()
    network = package.NeuralNetwork(64, 30, 10, 0.1, seed=1)
    network.fit(data.train_inputs, data.train_targets)
    return network.digest()


def test_oracle() -> None:
    assert stated_run(nnref) == STATED


@pytest.mark.parametrize("build", BUILDS)
def test_kernel(build: str) -> None:
    with kernel(build):
        assert stated_run(nnfast) == STATED
