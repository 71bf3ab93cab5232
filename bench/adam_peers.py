"""The network that most people train, in three libraries: relu, softmax, biases, and Adam."""
# ruff: noqa: D102 (what a peer's methods do is said once, in Peer)

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

from nnfast.benchmark.peer import Peer
from nnfast.benchmark.peers import NnfastPeer
from nnfast.benchmark.problem import Array

RULE: dict[str, Any] = {
    "activation": "relu",
    "output_activation": "softmax",
    "loss": "cross_entropy",
    "hidden_error": "gradient",
    "bias": True,
    "optimizer": "adam",
}
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class AdamPeer(Peer):
    """A network that learns by Adam, with as many layers as there are matrices."""

    rule = RULE
    deep = True
    asked = frozenset({"adam"})


class NnfastAdamPeer(NnfastPeer):
    """nnfast."""

    rule = RULE
    asked = frozenset({"adam"})


class JaxAdamPeer(AdamPeer):
    """JAX: the gradient by autodiff, the whole epoch one compiled scan that reuses its memory."""

    name = "JAX"
    packages = ("jax",)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.jax: Any = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)  # JAX has no float64 otherwise
        numpy = self.jax.numpy
        layers = [(numpy.array(w), numpy.zeros(w.shape[1], w.dtype)) for w in weights]
        zeros = self.jax.tree.map(numpy.zeros_like, (layers, layers))
        self.state = layers, *zeros, numpy.zeros((), weights[0].dtype)
        self.epoch = jax_epoch(batch_size, lr)

    def prepare(self, array: Array) -> Any:
        return self.jax.numpy.asarray(array)

    def fit(self, inputs: Any, targets: Any) -> None:
        self.state = self.jax.block_until_ready(self.epoch(self.state, inputs, targets))

    def predict(self, inputs: Any) -> Any:
        return self.jax.nn.softmax(jax_signals(self.state[0], inputs))

    def weights(self) -> list[Any]:
        return [weights for weights, _ in self.state[0]]


def jax_signals(layers: Any, inputs: Any) -> Any:
    """Return the signals into the output neurons."""
    relu = importlib.import_module("jax").nn.relu
    for weights, biases in layers[:-1]:
        inputs = relu(inputs @ weights + biases)
    weights, biases = layers[-1]
    return inputs @ weights + biases


@cache
def jax_epoch(batch_size: int, lr: float) -> Any:
    """Return a compiled function that takes a state, inputs and targets to the new state."""
    jax: Any = importlib.import_module("jax")

    def loss(layers: Any, inputs: Any, targets: Any) -> Any:
        logs = jax.nn.log_softmax(jax_signals(layers, inputs))
        return -(targets * logs).sum() / batch_size

    def update(state: Any, batch: Any) -> tuple[Any, None]:
        layers, first, second, count = state
        slopes = jax.grad(loss)(layers, *batch)
        count = count + 1
        rate = lr * jax.numpy.sqrt(1 - BETA2**count) / (1 - BETA1**count)
        shift = EPSILON * jax.numpy.sqrt(1 - BETA2**count)
        first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, slopes)
        second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * (g * g), second, slopes)
        layers = jax.tree.map(
            lambda w, m, v: w - rate * m / (jax.numpy.sqrt(v) + shift), layers, first, second
        )
        return (layers, first, second, count), None

    def epoch(state: Any, inputs: Any, targets: Any) -> Any:
        batches = tuple(rows.reshape(-1, batch_size, rows.shape[1]) for rows in (inputs, targets))
        return jax.lax.scan(update, state, batches)[0]

    return jax.jit(epoch, donate_argnums=0)


class TorchAdamPeer(AdamPeer):
    """PyTorch: a module, a loss, backward(), and Adam in its fused form."""

    name = "PyTorch, fused Adam"
    packages = ("torch",)
    dtypes: ClassVar[tuple[str, ...]] = ("float32",)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(1)
        nn = self.torch.nn
        self.layers = [nn.Linear(*matrix.shape) for matrix in weights]
        for layer, matrix in zip(self.layers, weights, strict=True):
            layer.weight = nn.Parameter(self.torch.tensor(matrix.T.copy()))
            nn.init.zeros_(layer.bias)
        parts = [part for layer in self.layers for part in (layer, nn.ReLU())][:-1]
        self.model = nn.Sequential(*parts)
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = self.torch.optim.Adam(self.model.parameters(), lr=lr, fused=True)
        self.batch_size = batch_size

    def prepare(self, array: Array) -> Any:
        return self.torch.from_numpy(array)

    def fit(self, inputs: Any, targets: Any) -> None:
        batches = inputs.split(self.batch_size), targets.split(self.batch_size)
        for batch, wanted in zip(*batches, strict=True):
            self.optimizer.zero_grad()
            self.loss(self.model(batch), wanted).backward()
            self.optimizer.step()

    def predict(self, inputs: Any) -> Any:
        with self.torch.inference_mode():
            return self.model(inputs).softmax(-1)

    def weights(self) -> list[Any]:
        return [layer.weight.detach().T.numpy() for layer in self.layers]


ADAM_PEERS: tuple[type[Peer], ...] = (JaxAdamPeer, TorchAdamPeer, NnfastAdamPeer)
"""Who trains by Adam, nnfast last."""
