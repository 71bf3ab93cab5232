"""The oracle against automatic differentiation and PyTorch's own optimizers.

PyTorch is in the extra "torch", which is large: where it is not installed, this file is skipped.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from helpers import PAIRS, draw_rows

from nnref import SGD, Adam, Momentum, NeuralNetwork
from nnref.common.description import ACTIVATIONS
from nnref.dropout import masks_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")


class TorchTwin:
    """The network written with PyTorch's functions, from the same weights."""

    def __init__(self, nn: NeuralNetwork) -> None:
        self.nn = nn
        self.weights = [self.parameter(matrix) for matrix in nn.weights]
        self.biases = [self.parameter(vector) for vector in nn.biases]

    @staticmethod
    def parameter(values: Any) -> Any:
        return torch.tensor(values, dtype=torch.float64, requires_grad=True)

    def signals(self, inputs: Any, masks: Sequence[Any]) -> Any:
        signals = inputs
        if masks:
            signals = signals * masks[0]
        for layer, weights in enumerate(self.weights):
            if layer > 0:
                signals = {
                    "sigmoid": torch.sigmoid,
                    "tanh": torch.tanh,
                    "relu": torch.relu,
                    "identity": lambda x: x,
                }[self.nn.activation](signals)
                if masks:
                    signals = signals * masks[layer]
            signals = signals @ weights
            if self.biases:
                signals = signals + self.biases[layer]
        return signals

    def loss(
        self, inputs: list[list[float]], targets: list[list[float]], masks: Sequence[Any] = ()
    ) -> Any:
        """Return the mean over the examples; a mask has a row for each of them."""
        signals = self.signals(torch.tensor(inputs, dtype=torch.float64), masks)
        wanted = torch.tensor(targets, dtype=torch.float64)
        functional = torch.nn.functional
        if self.nn.loss == "squared_error":
            outputs = {
                "sigmoid": torch.sigmoid,
                "tanh": torch.tanh,
                "softmax": lambda x: torch.softmax(x, dim=1),
                "identity": lambda x: x,
                "exponential": torch.exp,
            }[self.nn.output_activation](signals)
            return 0.5 * ((wanted - outputs) ** 2).sum() / len(inputs)
        if self.nn.output_activation == "softmax":
            return functional.cross_entropy(signals, wanted)
        if self.nn.loss == "poisson":
            # PyTorch's leaves out what does not depend on the outputs.
            constant = torch.special.xlogy(wanted, wanted) - wanted
            return (constant + torch.exp(signals) - wanted * signals).sum() / len(inputs)
        return functional.binary_cross_entropy_with_logits(signals, wanted, reduction="sum") / len(
            inputs
        )

    def optimizer(self, lr: float) -> Any:
        settings = self.nn.optimizer
        groups = [
            {"params": self.weights, "weight_decay": settings.weight_decay},
            {"params": self.biases, "weight_decay": 0.0},
        ]
        if isinstance(settings, SGD):
            return torch.optim.SGD(groups, lr=lr)
        if isinstance(settings, Momentum):
            return torch.optim.SGD(
                groups, lr=lr, momentum=settings.momentum, nesterov=settings.nesterov
            )
        betas = (settings.beta1, settings.beta2)
        return torch.optim.Adam(groups, lr=lr, betas=betas, eps=settings.epsilon)


def arrays(nn: NeuralNetwork) -> list[np.ndarray]:
    return [np.array(array) for array in (*nn.weights, *nn.biases)]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("output_activation", "loss"), PAIRS)
def test_gradients(
    activation: str, output_activation: str, loss: str, weighted: bool, bias: bool
) -> None:
    nn = NeuralNetwork(
        6, [8, 5], 4, 1.0, activation=activation, output_activation=output_activation, loss=loss,
        hidden_error="gradient", bias=bias, seed=2,
    )  # fmt: skip
    draws = random.Random(4)
    nn.biases = [[draws.uniform(-0.5, 0.5) for _ in row] for row in nn.biases]
    inputs, targets = draw_rows(draws, "usual", 7, 6), draw_rows(draws, "usual", 7, 4)
    sample_weight = [2.0, 0.0, 1.0, 0.25, 3.0, 1.0, 0.5] if weighted else [1.0] * 7
    twin = TorchTwin(nn)
    losses = [twin.loss([x], [t]) for x, t in zip(inputs, targets, strict=True)]
    their_loss = sum(w * loss for w, loss in zip(sample_weight, losses, strict=True))
    their_loss = their_loss / sum(sample_weight)
    their_loss.backward()
    gradient = nn.gradient(inputs, targets, sample_weight)
    assert gradient.loss == pytest.approx(their_loss.item(), rel=1e-13)
    for slopes, parameters in (
        (gradient.weights, twin.weights), (gradient.biases, twin.biases)
    ):  # fmt: skip
        for ours, parameter in zip(slopes, parameters, strict=True):
            theirs = parameter.grad.numpy()
            scale = np.abs(theirs).max()
            assert scale > 0
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(),
        SGD(weight_decay=0.01),
        Momentum(),
        Momentum(0.8, nesterov=True, weight_decay=0.01),
        Adam(),
        Adam(0.8, 0.99, 1e-6, weight_decay=0.01),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("output_activation", "loss"),
    [("identity", "squared_error"), ("softmax", "cross_entropy"), ("exponential", "poisson")],
)
def test_hundreds_of_updates_as_pytorch_makes_them(
    optimizer: Any, output_activation: str, loss: str
) -> None:
    lr = 0.002 if isinstance(optimizer, Adam) else 0.05
    nn = NeuralNetwork(
        6, [8, 5], 4, lr, activation="tanh", output_activation=output_activation, loss=loss,
        hidden_error="gradient", bias=True, optimizer=optimizer, seed=2,
    )  # fmt: skip
    draws = random.Random(4)
    inputs, targets = draw_rows(draws, "usual", 50, 6), draw_rows(draws, "usual", 50, 4)
    twin = TorchTwin(nn)
    theirs = twin.optimizer(lr)
    start = arrays(nn)
    for _ in range(60):
        for first in range(0, 50, 10):
            theirs.zero_grad()
            twin.loss(inputs[first : first + 10], targets[first : first + 10]).backward()
            theirs.step()
    nn.fit(inputs, targets, batch_size=10, epochs=60)
    moved = [np.abs(new - old).max() for new, old in zip(arrays(nn), start, strict=True)]
    assert min(moved) > 0.01
    for ours, parameter in zip(arrays(nn), [*twin.weights, *twin.biases], strict=True):
        np.testing.assert_allclose(ours, parameter.detach().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("batch_size", [1, 10])
def test_updates_with_dropout_as_pytorch_makes_them_with_these_masks(
    activation: str, optimizer: str, batch_size: int
) -> None:
    """Each example of each update has the masks of its place, and PyTorch multiplies by them."""
    nn = NeuralNetwork(
        6, [8, 5], 4, 0.01, activation=activation, output_activation="softmax",
        loss="cross_entropy", hidden_error="gradient", bias=True, optimizer=optimizer, seed=2,
        dropout=0.5, input_dropout=0.2,
    )  # fmt: skip
    draws = random.Random(4)
    inputs, targets = draw_rows(draws, "usual", 20, 6), draw_rows(draws, "usual", 20, 4)
    twin = TorchTwin(nn)
    theirs, start = twin.optimizer(0.01), arrays(nn)
    starts = [first for _ in range(10) for first in range(0, 20, batch_size)]
    for update, first in enumerate(starts):
        batch = slice(first, first + batch_size)
        examples = [masks_of(nn._description, update, n) for n in range(batch_size)]
        masks = [torch.tensor(rows, dtype=torch.float64) for rows in zip(*examples, strict=True)]
        theirs.zero_grad()
        twin.loss(inputs[batch], targets[batch], masks).backward()
        theirs.step()
    nn.fit(inputs, targets, batch_size=batch_size, epochs=10)
    moved = [np.abs(new - old).max() for new, old in zip(arrays(nn), start, strict=True)]
    assert min(moved) > 1e-3
    for ours, parameter in zip(arrays(nn), [*twin.weights, *twin.biases], strict=True):
        np.testing.assert_allclose(ours, parameter.detach().numpy(), rtol=1e-9, atol=1e-9)
