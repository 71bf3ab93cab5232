"""That mypy knows the packages: right uses pass it, wrong ones do not, and the stubs are true."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import nnfast
import nnref
from nnfast.kernel import _baseline, _cpu

pytest.importorskip("mypy", reason="mypy is not installed; nnfast[dev] brings it")

PACKAGE = Path(nnfast.__file__).parent

# What the backends have in types, and in abilities, of their own.
BEFORE = {
    "nnref": """
Vector: TypeAlias = list[float]
Matrix: TypeAlias = list[Vector]
""",
    "nnfast": """
Vector: TypeAlias = NDArray[np.floating]
Matrix: TypeAlias = Vector
""",
}
AFTER = {
    "nnref": """
import nnref
from nnref import exp, log

e: float = log(exp(1.0))

verdict = nnref.check(NeuralNetwork, rule="split")
place: str | None = verdict.place if not verdict.right else verdict.slip
""",
    "nnfast": """
from matplotlib.axes import Axes

from nnfast import kernel_info, plots
from nnfast.images import read_digit

network.threads = 2
dtype: str = NeuralNetwork(2, 2, 1, 0.1, dtype="float32", threads=2).dtype
builds: dict[str, str | tuple[str, ...]] = kernel_info()

axes: Axes = plots.learning_curves(history)
plots.first_weights(network, data.image_shape, count=4).set_title("weights")
plots.image(data.test_inputs[0], (8, 8), ax=axes)
plots.confusion_matrix(data.test_labels[:3], np.argmax(answers, axis=1))


def drawn(path: Path) -> NDArray[np.float64]:
    return read_digit(path, image_shape=(8, 8)) + read_digit([[0.0, 1.0]])
""",
}

RIGHT = """
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias, assert_type

import numpy as np
from numpy.typing import NDArray

from {package} import SGD, Adam, History, Momentum, NeuralNetwork, __version__
from {package} import gradient_check, gradient_check_of
from nnfast.datasets import Dataset, augment, digits, one_hot, scale_inputs
{before}
article = NeuralNetwork(3, 4, 2, 0.3)
article.train([0.9, 0.1, 0.5], (0.01, 0.99))
article.train(np.array([0.9, 0.1, 0.5]), np.array([0.01, 0.99]))
answer = article.query([0.9, 0.1, 0.5])
assert_type(answer, Vector)
assert_type(article.backquery(answer), Vector)

data: Dataset = digits()
network = NeuralNetwork(
    inodes=64, hnodes=(8, 6), onodes=10, lr=0.1,
    activation=["relu", "tanh"], output_activation="softmax", loss="cross_entropy",
    hidden_error="gradient", bias=True, optimizer=Adam(0.9, weight_decay=0.01),
    init="scaled_normal", bias_init="drawn", seed=1,
)
network.lr = network.lr / 2


def stop(network: NeuralNetwork, history: History) -> bool:
    return history.loss[-1] < 0.1


def pieces() -> Iterator[tuple[list[list[float]], list[list[float]]]]:
    yield data.train_inputs[:9].tolist(), data.train_targets[:9].tolist()


history = network.fit(
    data.train_inputs[:50], data.train_targets[:50],
    epochs=2, batch_size=10, shuffle=True, patience=1, callback=stop,
    validation=(data.test_inputs[:9], data.test_targets[:9]),
    schedule=lambda epoch, lr: lr / (1 + epoch),
)
network.fit(data.train_inputs[:9].tolist(), data.train_targets[:9].tolist())
network.fit(pieces())
network.fit(augment(data.train_inputs[:9], data.train_targets[:9], (8, 8), shift=0.5, seed=1))
best: int | None = history.best_epoch
scores: list[float] = history.validation_score
answers = network.predict(data.test_inputs[:3])
assert_type(answers, Matrix)
network.weights = [np.asarray(matrix) * 0.5 for matrix in network.weights]
sizes: list[int] = [len(vector) for vector in network.biases]

step = network.explain(data.test_inputs[0], data.test_targets[0])
flow: list[float] = step.layers[0].inputs
check = gradient_check(network, data.test_inputs[0], data.test_targets[0], most=3)
of_squares = gradient_check_of(lambda w: w[0] * w[0], [3.0], np.array([6.0]), most=1)
angles: list[float] = [layer.angle for layer in check.layers if check.agrees]

network.save(Path("right.safetensors"))
again = NeuralNetwork.load("right.safetensors")
assert_type(again, NeuralNetwork)
same: bool = again.digest() == pickle.loads(pickle.dumps(network)).digest()
for optimizer in ("adam", SGD(), Momentum(nesterov=True)):
    NeuralNetwork(2, 2, 1, 0.1, optimizer=optimizer)

inputs: NDArray[np.float64] = scale_inputs([[0, 255]])
targets: NDArray[np.float64] = one_hot([1], classes=2)
NeuralNetwork(2, 2, 2, 0.1).fit(inputs, targets)
{after}"""

# In strict mode, mypy reports an ignore comment on a line without an error.
WRONG = """
from {package} import Adam, Momentum, NeuralNetwork
from nnfast.datasets import digits

NeuralNetwork(3, 4, 2)  # type: ignore[call-arg]
NeuralNetwork(3, 4, 2, "0.3")  # type: ignore[arg-type]
NeuralNetwork(3.5, 4, 2, 0.3)  # type: ignore[arg-type]
NeuralNetwork(3, ["4"], 2, 0.3)  # type: ignore[list-item]
NeuralNetwork(3, 4, 2, 0.3, True)  # type: ignore[call-arg, arg-type]
NeuralNetwork(3, 4, 2, 0.3, momentum=0.9)  # type: ignore[call-arg]
NeuralNetwork(3, 4, 2, 0.3, activation=max)  # type: ignore[arg-type]
NeuralNetwork(3, 4, 2, 0.3, optimizer=Adam)  # type: ignore[arg-type]
Adam(momentum=0.9)  # type: ignore[call-arg]
Momentum("0.9")  # type: ignore[arg-type]

network = NeuralNetwork(3, 4, 2, 0.3)
network.lr = "fast"  # type: ignore[assignment]
network.seed = 2  # type: ignore[misc]
network.learn([0.9, 0.1, 0.5])  # type: ignore[attr-defined]
network.train([0.9, 0.1, 0.5])  # type: ignore[call-arg]
network.query([0.9, 0.1, 0.5]).answer  # type: ignore[attr-defined]
network.fit([[0.9, 0.1, 0.5]], [[0.1, 0.9]], 5)  # type: ignore[call-arg]
network.fit([[0.9, 0.1, 0.5]], [[0.1, 0.9]], epochs="5")  # type: ignore[arg-type]
network.fit([[0.9, 0.1, 0.5]], [[0.1, 0.9]], batches=5)  # type: ignore[call-arg]
network.fit([[0.9, 0.1, 0.5]], [[0.1, 0.9]], callback=print).losses  # type: ignore[attr-defined]
NeuralNetwork.load(1)  # type: ignore[arg-type]
digits().train  # type: ignore[attr-defined]
"""

# What Cython adds to every module; and of a constructor only a call can tell, see below.
UNKNOWN_TO_STUBS = r"stub\.(__test__|__\w+_cython__|Kernel\.__init__)"


def run(folder: Path, *arguments: str) -> str:
    """Run Python in a folder and return what it printed; it must have been satisfied."""
    environment = {**os.environ, "MPLBACKEND": "agg"}
    if PACKAGE.parent.name != "site-packages":  # an editable install, which mypy does not follow
        environment["MYPYPATH"] = str(PACKAGE.parent)
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def run_mypy(text: str, folder: Path, cache: Path) -> None:
    (folder / "program.py").write_text(text, encoding="utf-8")
    options = ("--strict", "--warn-unreachable", "--config-file=", f"--cache-dir={cache}")
    printed = run(folder, "-m", "mypy", *options, "program.py")
    assert printed == "Success: no issues found in 1 source file\n"


@pytest.mark.parametrize("package", ["nnfast", "nnref"])
def test_a_right_program_passes_and_runs(package: str, tmp_path: Path, cache: Path) -> None:
    text = RIGHT.format(package=package, before=BEFORE[package], after=AFTER[package])
    run_mypy(text, tmp_path, cache)
    run(tmp_path, "-W", "error", "program.py")


@pytest.mark.parametrize("package", ["nnfast", "nnref"])
def test_wrong_uses_are_errors(package: str, tmp_path: Path, cache: Path) -> None:
    run_mypy(WRONG.format(package=package), tmp_path, cache)


@pytest.mark.parametrize("package", [nnfast, nnref])
def test_the_package_says_that_it_is_typed(package: ModuleType) -> None:
    assert (Path(package.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize(("stub", "module"), [("kernel", _baseline), ("_cpu", _cpu)])
def test_a_stub_has_what_the_compiled_module_has(
    stub: str, module: ModuleType, tmp_path: Path
) -> None:
    # Each build of the kernel has a name of its own, and the stub none of theirs.
    shutil.copy(PACKAGE / "kernel" / f"{stub}.pyi", tmp_path / "stub.pyi")
    stands_for = (
        f"import sys\nimport {module.__name__}\nsys.modules[__name__] = {module.__name__}\n"
    )
    (tmp_path / "stub.py").write_text(stands_for, encoding="utf-8")
    (tmp_path / "allowed").write_text(UNKNOWN_TO_STUBS, encoding="utf-8")
    options = ("--allowlist=allowed", "--ignore-disjoint-bases")
    printed = run(tmp_path, "-m", "mypy.stubtest", *options, "stub")
    assert printed == "Success: no issues found in 1 module\n"


def test_the_kernel_takes_the_arguments_that_its_stub_names() -> None:
    text = (PACKAGE / "kernel" / "kernel.pyi").read_text(encoding="utf-8")
    (init,) = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )
    names = [argument.arg for argument in init.args.args[1:]]
    with pytest.raises(TypeError) as refused:
        _baseline.Kernel(**dict.fromkeys(names))
    assert "argument" not in str(refused.value)  # it was the values
    one_more = [None] * (len(names) + 1)
    with pytest.raises(TypeError, match=f"takes at most {len(names)} positional arguments"):
        _baseline.Kernel(*one_more)
