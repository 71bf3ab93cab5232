"""A network as an ONNX file, which ONNX Runtime and many other programs run, and Netron draws."""

import copy
import importlib
import os
from typing import Any

import numpy as np

from nnfast.exchange.model import check_network_alone
from nnfast.optional import required_by
from nnref.common import __version__
from nnref.common.description import layer_names
from nnref.common.files import replace_file
from nnref.common.network import Network

__all__ = ["export_onnx"]

OPERATORS = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "softmax": "Softmax",
    "identity": "Identity",
    "exponential": "Exp",
}
# Those of ONNX 1.8, of 2020, and not the newest: a program reads older files, but none that is
# newer than itself. Softmax is over the last axis since this opset, and over all axes before.
OPSET, IR_VERSION = 13, 7
# The most that protobuf can write, 2 GiB, less room for the names.
MOST_BYTES = 2**31 - 2**20


def export_onnx(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a network to an ONNX file.

    The file's model takes ``inputs``, (batch, inodes), and gives ``outputs``, (batch, onodes), both
    in the network's own type, for a batch of any size. What lies between has its name in the
    article: ``weights_input_hidden``, ``hidden_inputs``, ``hidden_outputs`` and so on. The
    model also says which loss the network has and, so that the file can be told from others, its
    digest. To train on, a network needs what ``network.save(path)`` keeps.

    The outputs are those of `predict` up to rounding: each program adds up in its own order, and
    has its own exponential. On a CPU, ONNX Runtime computes both float32 and float64. Programs for
    browsers, phones and graphics cards often take only float32.

    The file is written beside `path` and then renamed, so no failure can destroy an older file
    there.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    path : str or path-like
        Where to write it; the name usually ends in ``.onnx``.

    Raises
    ------
    ImportError
        If onnx is not installed.
    TypeError
        If `network` is not a network. Of an estimator pass its ``network_``, in which there is no
        scaler.
    ValueError
        If its weights and biases take more than the 2 GiB that an ONNX file has room for.
    OSError
        If the file cannot be written.

    References
    ----------
    The format: https://onnx.ai/onnx/intro/concepts.html, and the operators:
    https://onnx.ai/onnx/operators/.
    """
    check_network_alone(network)
    helper = _module("onnx.helper")
    network = copy.copy(network)  # another thread may be training it
    model = helper.make_model(
        _graph(network),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="nnfast",
        producer_version=__version__,
        doc_string=repr(network),
    )
    helper.set_model_props(model, {"loss": network.loss, "digest": network.digest()})
    replace_file(path, [model.SerializeToString()])


def _graph(network: Network) -> Any:
    """Return the network as a GraphProto; everything in it has its name in the article."""
    helper = _module("onnx.helper")
    weights, biases = _tensors(network)
    nodes, flows = [], [("inputs", network.inodes)]
    for layer, name in enumerate(layer_names(len(weights) - 1)[1:]):
        neurons = "final" if name == "output" else name
        # Not as one Gemm: ONNX Runtime before 1.18 fused that with the activation, and then had no
        # kernel for float64.
        steps = [("MatMul", [weights[layer].name], f"{neurons}_{'sums' if biases else 'inputs'}")]
        if biases:
            steps.append(("Add", [biases[layer].name], f"{neurons}_inputs"))
        activation = network._description.activations[layer]
        steps.append((OPERATORS[activation], [], f"{neurons}_outputs"))
        for operator, parameters, gives in steps:
            result = "outputs" if gives == "final_outputs" else gives
            nodes.append(helper.make_node(operator, [flows[-1][0], *parameters], [result], gives))
            flows.append((result, weights[layer].dims[1]))
    inputs, *between, outputs = [
        helper.make_tensor_value_info(name, weights[0].data_type, ["batch", width])
        for name, width in flows
    ]
    return helper.make_graph(
        nodes, "network", [inputs], [outputs], [*weights, *biases], value_info=between
    )


def _tensors(network: Network) -> tuple[list[Any], list[Any]]:
    """Return the weights and the biases of all layers, each as a TensorProto with its name."""
    from_array = _module("onnx.numpy_helper").from_array
    names = layer_names(len(network.weights) - 1)
    weights = [
        from_array(np.asarray(matrix), f"weights_{before}_{name}")
        for matrix, before, name in zip(network.weights, names, names[1:], strict=False)
    ]
    biases = [
        from_array(np.asarray(vector), f"biases_{name}")
        for vector, name in zip(network.biases, names[1:], strict=False)
    ]
    size = sum(len(tensor.raw_data) for tensor in weights + biases)
    if size > MOST_BYTES:
        raise ValueError(
            f"network: got {size} bytes of weights and biases, wants at most {MOST_BYTES}, "
            "for which an ONNX file has room"
        )
    return weights, biases


def _module(name: str) -> Any:
    with required_by("export_onnx", "onnx"):
        return importlib.import_module(name)
