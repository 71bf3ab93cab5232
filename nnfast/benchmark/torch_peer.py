"""The article's network in PyTorch, without autograd."""
# ruff: noqa: D102 (what a peer's methods do is said once, in Peer)

import importlib
from collections.abc import Sequence
from typing import Any

from nnfast.benchmark.peer import Peer
from nnfast.benchmark.problem import Array


class TorchPeer(Peer):
    """PyTorch by hand: no autograd, updates in place, weights as (out, in), which it likes best."""

    name = "PyTorch, by hand"
    packages = ("torch",)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(1)
        self.first, self.last = (self.torch.tensor(matrix.T.copy()) for matrix in weights)
        self.batch_size = batch_size
        self.rate = lr / batch_size

    def prepare(self, array: Array) -> Any:
        return self.torch.from_numpy(array)

    def fit(self, inputs: Any, targets: Any) -> None:
        with self.torch.inference_mode():
            if self.batch_size == 1:
                for row, wanted in zip(inputs, targets, strict=True):
                    self._update_from_one(row, wanted)
            else:
                batches = inputs.split(self.batch_size), targets.split(self.batch_size)
                for batch, wanted in zip(*batches, strict=True):
                    self._update(batch, wanted)

    def _update_from_one(self, inputs: Any, targets: Any) -> None:
        hidden = (self.first @ inputs).sigmoid_()
        outputs = (self.last @ hidden).sigmoid_()
        errors = targets - outputs
        hidden_deltas = (errors @ self.last) * hidden * (1.0 - hidden)
        self.last.addr_(errors * outputs * (1.0 - outputs), hidden, alpha=self.rate)
        self.first.addr_(hidden_deltas, inputs, alpha=self.rate)

    def _update(self, inputs: Any, targets: Any) -> None:
        hidden = (inputs @ self.first.T).sigmoid_()
        outputs = (hidden @ self.last.T).sigmoid_()
        errors = targets - outputs
        hidden_deltas = (errors @ self.last) * hidden * (1.0 - hidden)
        self.last.addmm_((errors * outputs * (1.0 - outputs)).T, hidden, alpha=self.rate)
        self.first.addmm_(hidden_deltas.T, inputs, alpha=self.rate)

    def predict(self, inputs: Any) -> Any:
        with self.torch.inference_mode():
            return ((inputs @ self.first.T).sigmoid_() @ self.last.T).sigmoid_()

    def query(self, inputs: Any) -> Any:
        with self.torch.inference_mode():
            return (self.last @ (self.first @ inputs).sigmoid_()).sigmoid_()

    def weights(self) -> list[Any]:
        return [self.first.T.numpy(), self.last.T.numpy()]
