"""One sha256 for everybody: the weights after a stated run, on any backend, build and machine."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from helpers import BUILDS, kernel

import nnfast
import nnref
from nnfast.datasets import digits

README = Path(__file__).parents[1] / "README.md"
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


@pytest.mark.parametrize("package", ["nnfast", "nnref"])
def test_readme_says_so_and_its_examples_run(package: str, capsys: pytest.CaptureFixture) -> None:
    text = README.read_text(encoding="utf-8")
    assert STATED in text
    first, *others = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(first.replace("from nnfast import", f"from {package} import"), names)
    assert capsys.readouterr().out.split() == [STATED]
    for example in others:
        exec(example, names)
