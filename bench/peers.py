"""The peers that ``nnfast bench`` does not have: PyTorch's autograd, scikit-learn, ONNX Runtime.

The others are in nnfast/benchmark/, where peer.py says what a peer has to do.
"""
# ruff: noqa: D102 (what a peer's methods do is said once, in Peer)

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast.benchmark.peer import Peer
from nnfast.benchmark.peers import PEERS, NnfastPeer
from nnfast.benchmark.problem import Array


class TorchAutogradPeer(Peer):
    """PyTorch as its tutorials have it: a module, a loss, backward(), optim.SGD.

    Autograd cannot apply the article's rule for the hidden errors. It follows the gradient instead,
    which takes as much arithmetic.
    """

    name = "PyTorch, autograd"
    packages = ("torch",)
    asked = frozenset({"update", "batch"})
    rule = {"hidden_error": "gradient"}  # noqa: RUF012 (as in Peer)

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(1)
        nn = self.torch.nn
        self.layers = [nn.Linear(*matrix.shape, bias=False) for matrix in weights]
        for layer, matrix in zip(self.layers, weights, strict=True):
            layer.weight = nn.Parameter(self.torch.tensor(matrix.T.copy()))
        self.model = nn.Sequential(self.layers[0], nn.Sigmoid(), self.layers[1], nn.Sigmoid())
        self.loss = nn.MSELoss(reduction="sum")
        # This loss is the sum of squares; the article's is half of its mean over the batch.
        self.optimizer = self.torch.optim.SGD(self.model.parameters(), lr=0.5 * lr / batch_size)
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
            return self.model(inputs)

    def weights(self) -> list[Any]:
        return [layer.weight.detach().T.numpy() for layer in self.layers]


class SklearnPeer(Peer):
    """scikit-learn's MLPClassifier.

    It knows only its own rule: softmax outputs with cross-entropy, biases, gradient descent. The
    biases make it a little more work than the article's network.
    """

    name = "scikit-learn"
    packages = ("sklearn",)
    rule = {  # noqa: RUF012 (as in Peer)
        "output_activation": "softmax",
        "loss": "cross_entropy",
        "hidden_error": "gradient",
        "bias": True,
    }
    one_hot = True

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        classifier: Any = importlib.import_module("sklearn.neural_network").MLPClassifier
        classes = np.arange(weights[1].shape[1])
        self.network = classifier(
            len(weights[1]),
            activation="logistic",
            solver="sgd",
            alpha=0.0,
            batch_size=batch_size,
            learning_rate_init=lr,
            momentum=0.0,
            shuffle=False,
        )
        # It draws its weights when it sees its first examples; then ours can replace them.
        count = max(batch_size, len(classes))
        first = np.zeros((count, len(weights[0])), weights[0].dtype)
        self.network.partial_fit(first, np.resize(classes, count), classes=classes)
        for mine, given in zip(self.network.coefs_, weights, strict=True):
            mine[...] = given
        for biases in self.network.intercepts_:
            biases[...] = 0.0

    def fit(self, inputs: Any, targets: Any) -> None:
        self.network.partial_fit(inputs, targets.argmax(axis=1))

    def predict(self, inputs: Any) -> Any:
        return self.network.predict_proba(inputs)

    def query(self, inputs: Any) -> Any:
        return self.predict(inputs[None])[0]

    def weights(self) -> list[Any]:
        return self.network.coefs_


class OnnxPeer(Peer):
    """ONNX Runtime, which answers and does not train."""

    name = "ONNX Runtime"
    packages = ("onnx", "onnxruntime")
    asked = frozenset({"answer", "answers"})

    def __init__(self, weights: Sequence[Array], lr: float, batch_size: int = 1) -> None:
        helper: Any = importlib.import_module("onnx.helper")
        numpy_helper: Any = importlib.import_module("onnx.numpy_helper")
        runtime: Any = importlib.import_module("onnxruntime")
        kind = helper.np_dtype_to_tensor_dtype(weights[0].dtype)
        steps = (
            ("MatMul", ["inputs", "first"], "hidden_inputs"),
            ("Sigmoid", ["hidden_inputs"], "hidden_outputs"),
            ("MatMul", ["hidden_outputs", "last"], "final_inputs"),
            ("Sigmoid", ["final_inputs"], "outputs"),
        )
        graph = helper.make_graph(
            [helper.make_node(what, takes, [gives]) for what, takes, gives in steps],
            "network",
            [helper.make_tensor_value_info("inputs", kind, ["n", len(weights[0])])],
            [helper.make_tensor_value_info("outputs", kind, ["n", weights[1].shape[1]])],
            [
                numpy_helper.from_array(matrix, name)
                for matrix, name in zip(weights, ("first", "last"), strict=True)
            ],
        )
        # Not the newest versions: a runtime reads older models, but none newer than itself.
        model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = runtime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def fit(self, inputs: Any, targets: Any) -> None:
        raise NotImplementedError("ONNX Runtime answers, and does not train")

    def predict(self, inputs: Any) -> Any:
        return self.session.run(None, {"inputs": inputs})[0]

    def query(self, inputs: Any) -> Any:
        return self.predict(inputs[None])[0]

    def weights(self) -> list[Any]:
        raise NotImplementedError("ONNX Runtime answers, and does not train")


ALL_PEERS: tuple[type[Peer], ...] = (
    *(kind for kind in PEERS if kind is not NnfastPeer),
    TorchAutogradPeer,
    SklearnPeer,
    OnnxPeer,
    NnfastPeer,
)
"""All peers, nnfast last."""
