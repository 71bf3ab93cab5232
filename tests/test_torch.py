"""Networks as PyTorch's modules, and the other way, judged by PyTorch's outputs.

PyTorch is in the extra "torch", which is large: where it is not installed, this file is skipped.
"""

import copy
import importlib
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import HANGS

import nnfast
import nnref
from nnfast.exchange.torch import from_torch, to_torch
from nnref.common.description import ACTIVATIONS, OUTPUT_ACTIVATIONS

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
nn = torch.nn
Exponential = importlib.import_module("nnfast.exchange.torch_modules").Exponential

# How far two right answers may be apart, in eps; derived in test_onnx.py, for networks as these.
FARTHEST = 2500


def drawn(
    hnodes: tuple[int, ...] = (8, 5), *, backend: Any = nnfast, bias: bool = True, **options: Any
) -> Any:
    """Return a network of 7 inputs and 4 outputs whose biases are drawn too."""
    network = backend.NeuralNetwork(7, hnodes, 4, 0.1, bias=bias, seed=3, **options)
    draws = random.Random(4)
    network.biases = [[draws.uniform(-0.5, 0.5) for _ in row] for row in network.biases]
    return network


def assert_both_answer_alike(module: Any, network: Any, dtype: str) -> None:
    for batch in (1, 7):
        inputs = np.random.default_rng(batch).random((batch, 7)).astype(dtype)
        with torch.no_grad():
            outputs = module(torch.from_numpy(inputs)).numpy()
        wanted = np.asarray(network.predict(inputs.tolist()))
        assert (outputs.dtype, outputs.shape) == (dtype, wanted.shape)
        farthest = FARTHEST * np.finfo(dtype).eps
        # The exponential is as steep as it is large.
        rtol = farthest if network.output_activation == "exponential" else 0.0
        np.testing.assert_allclose(outputs, wanted, rtol=rtol, atol=farthest)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("hnodes", [(), (8,), (8, 5)])
@pytest.mark.parametrize("output_activation", OUTPUT_ACTIVATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_there_and_back(
    activation: str, output_activation: str, hnodes: tuple[int, ...], bias: bool, dtype: str
) -> None:
    network = drawn(
        hnodes, bias=bias, activation=activation, output_activation=output_activation, dtype=dtype
    )
    module = to_torch(network)
    assert_both_answer_alike(module, network, dtype)
    back = from_torch(module, 0.1, seed=3)
    assert back.digest() == network.digest()
    assert repr(back) == repr(network)


class TestToTorch:
    def test_modules_of_the_article_s_network(self) -> None:
        module = to_torch(drawn((8,), bias=False))
        assert type(module) is nn.Sequential
        assert [str(child) for child in module] == [
            "Linear(in_features=7, out_features=8, bias=False)",
            "Sigmoid()",
            "Linear(in_features=8, out_features=4, bias=False)",
            "Sigmoid()",
        ]

    def test_layers_with_activations_of_their_own(self) -> None:
        network = drawn((8, 5, 6), activation=("relu", "sigmoid", "tanh"))
        module = to_torch(network)
        assert_both_answer_alike(module, network, "float64")
        assert from_torch(module, 0.1).activation == ("relu", "sigmoid", "tanh")

    def test_the_oracle_s_is_the_same(self) -> None:
        ours, theirs = (
            to_torch(drawn(backend=backend)).state_dict() for backend in (nnref, nnfast)
        )
        assert list(ours) == list(theirs)
        for name, tensor in ours.items():
            assert tensor.dtype == torch.float64
            assert torch.equal(tensor, theirs[name])

    def test_one_example_alone(self) -> None:
        network = drawn(output_activation="softmax")
        with torch.no_grad():
            outputs = to_torch(network)(torch.full((7,), 0.5, dtype=torch.float64))
        np.testing.assert_allclose(outputs, network.query([0.5] * 7), rtol=1e-13)

    @pytest.mark.parametrize("backend", [nnref, nnfast])
    def test_its_parameters_can_be_trained_and_are_copies(self, backend: Any) -> None:
        network = drawn(backend=backend)
        before = network.digest()
        module = to_torch(network)
        module(torch.ones(1, 7, dtype=torch.float64)).sum().backward()
        torch.optim.SGD(module.parameters(), lr=0.1).step()
        assert all(parameter.grad is not None for parameter in module.parameters())
        assert from_torch(module, 0.1).digest() != before
        assert network.digest() == before

    def test_a_module_of_counts_can_be_copied_and_pickled(self) -> None:
        module = to_torch(drawn(output_activation="exponential"))
        for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
            assert type(copied[-1]) is Exponential
            assert from_torch(copied, 0.1).digest() == from_torch(module, 0.1).digest()

    def test_random_numbers_of_torch_are_not_used_up(self) -> None:
        before = torch.get_rng_state()
        to_torch(drawn())
        assert torch.equal(torch.get_rng_state(), before)


class TestFromTorch:
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_a_module_with_weights_of_its_own(self, dtype: str) -> None:
        kind = getattr(torch, dtype)
        module = nn.Sequential(
            nn.Linear(7, 6, dtype=kind), nn.Tanh(), nn.Linear(6, 3, dtype=kind), nn.Softmax(dim=1)
        )
        network = from_torch(module, 0.1)
        assert (network.inodes, network.hnodes, network.onodes) == (7, 6, 3)
        assert (network.activation, network.output_activation) == ("tanh", "softmax")
        assert (network.bias, network.dtype) == (True, dtype)
        assert_both_answer_alike(module, network, dtype)

    @pytest.mark.parametrize("ending", [[], [nn.Identity()]])
    def test_nothing_after_the_last_linear_is_identity(self, ending: list[Any]) -> None:
        module = nn.Sequential(nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 3), *ending)
        network = from_torch(module, 0.1)
        assert network.output_activation == "identity"
        assert_both_answer_alike(module, network, "float32")

    def test_a_linear_alone(self) -> None:
        module = nn.Sequential(nn.Linear(7, 3, bias=False))
        network = from_torch(module, 0.1)
        assert (network.hnodes, network.bias) == ((), False)
        assert_both_answer_alike(module, network, "float32")

    def test_what_a_module_has_not_is_given(self) -> None:
        module = nn.Sequential(nn.Linear(7, 3), nn.Sigmoid())
        network = from_torch(
            module, 0.25, loss="cross_entropy", hidden_error="gradient", optimizer="adam", seed=5,
            threads=2,
        )  # fmt: skip
        assert repr(network) == (
            "nnfast.NeuralNetwork(7, (), 3, lr=0.25, activation=(), loss='cross_entropy', "
            f"hidden_error='gradient', bias=True, optimizer={nnfast.Adam()!r}, seed=5, "
            "dtype='float32', threads=2)"
        )

    def test_its_weights_are_copies(self) -> None:
        module = nn.Sequential(nn.Linear(7, 3))
        network = from_torch(module, 0.1)
        before = network.digest()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.zero_()
        assert network.digest() == before

    def test_a_slice_without_flatten(self) -> None:
        module = nn.Sequential(nn.Flatten(), nn.Linear(7, 3))
        assert_both_answer_alike(module, from_torch(module[1:], 0.1), "float32")

    @pytest.mark.parametrize("settled", ["activation", "output_activation", "bias", "dtype"])
    def test_an_option_that_the_module_settles_is_refused(self, settled: str) -> None:
        with pytest.raises(TypeError, match=f"multiple values for keyword argument '{settled}'"):
            from_torch(nn.Sequential(nn.Linear(7, 3)), 0.1, **{settled: None})

    def test_a_wrong_lr_is_named(self) -> None:
        with pytest.raises(ValueError, match=r"^lr: got -1, wants a finite number above 0$"):
            from_torch(nn.Sequential(nn.Linear(7, 3)), -1)


def mixed_types() -> Any:
    module = nn.Linear(4, 3)
    module.bias.data = module.bias.data.double()
    return nn.Sequential(module)


class OtherSequential(nn.Sequential):
    """Might compute anything."""


def pruned(module: Any) -> Any:
    importlib.import_module("torch.nn.utils.prune").l1_unstructured(module[0], "weight", 0.5)
    return module


def hooked(module: Any) -> Any:
    module.register_forward_hook(lambda _, __, outputs: outputs + 1)
    return module


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: nn.Linear(4, 3),
        TypeError,
        "module: got Linear(in_features=4, out_features=3, bias=True), wants a torch.nn.Sequential",
    ),
    (
        lambda: OtherSequential(nn.Linear(4, 3)),
        TypeError,
        "module: got OtherSequential( (0): Linear(in_features=4, out_features=..., "
        "wants a torch.nn.Sequential",
    ),
    (
        lambda: nn.Sequential(),
        ValueError,
        "module: got no modules in it, wants at least a Linear",
    ),
    (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 3)),
        TypeError,
        "module[0]: got Flatten(start_dim=1, end_dim=-1), wants Linear",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)),
        TypeError,
        "module[1]: got Linear(in_features=3, out_features=2, bias=True), "
        "wants Sigmoid or Tanh or Identity or Softmax or Exponential",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.Linear(3, 2)),
        TypeError,
        "module[1]: got Dropout(p=0.5, inplace=False), wants Sigmoid or Tanh or ReLU or Identity",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 2)),
        TypeError,
        "module[2]: got Dropout(p=0.5, inplace=False), wants Linear",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1), nn.Linear(3, 2)),
        TypeError,
        "module[1]: got Softmax(dim=1), wants Sigmoid or Tanh or ReLU or Identity",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU()),
        TypeError,
        "module[1]: got ReLU(), wants Sigmoid or Tanh or Identity or Softmax or Exponential",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=0)),
        ValueError,
        "module[1]: got Softmax(dim=0), wants dim=-1",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(5, 2)),
        ValueError,
        "module[2]: got Linear(in_features=5, out_features=2, bias=True), "
        "wants in_features=3, which the Linear before gives",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2, bias=False)),
        ValueError,
        "module[2]: got Linear(in_features=3, out_features=2, bias=False), "
        "wants bias=True, as module[0] has",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3, bias=False), nn.Tanh(), nn.Linear(3, 2)),
        ValueError,
        "module[2]: got Linear(in_features=3, out_features=2, bias=True), "
        "wants bias=False, as module[0] has",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2).double()),
        ValueError,
        "module[2].weight: got torch.float64, wants torch.float32",
    ),
    (mixed_types, ValueError, "module[0].bias: got torch.float64, wants torch.float32"),
    (
        lambda: nn.Sequential(nn.Linear(4, 3)).half(),
        ValueError,
        "module[0].weight: got torch.float16, wants torch.float64 or torch.float32",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 3, device="meta")),
        ValueError,
        "module[0].weight: got the device meta, wants one that holds numbers",
    ),
    (
        lambda: pruned(nn.Sequential(nn.Linear(4, 3))),
        ValueError,
        "module[0]: got Linear(in_features=4, out_features=3, bias=True) with hooks, which may "
        "compute something else, wants none",
    ),
    (
        lambda: hooked(nn.Sequential(nn.ReLU())),
        ValueError,
        "module: got Sequential( (0): ReLU() ) with hooks, which may compute something else, "
        "wants none",
    ),
    (
        lambda: nn.Sequential(nn.Linear(4, 1), nn.Softmax(dim=-1)),
        ValueError,
        "output_activation: got 'softmax' with onodes=1, a single output that is always 1; "
        "wants at least 2 outputs, or 'sigmoid'",
    ),
]


@pytest.mark.parametrize(("module", "kind", "message"), REFUSED)
def test_other_modules_are_refused_and_the_place_is_named(
    module: Callable[[], Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        from_torch(module(), 0.1)


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for call in (lambda: to_torch(drawn()), lambda: from_torch(None, 0.1)):
        with pytest.raises(
            ImportError, match=r"^nnfast\.exchange\.torch needs torch: pip install torch$"
        ):
            call()


def test_torch_is_imported_only_when_asked_for() -> None:
    code = "import sys, nnfast.exchange.torch; print('torch' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    assert finished.stdout == "False\n"
