"""A network as a Sequential of PyTorch's, and a Sequential as a network."""

import copy
import importlib
from typing import Any

import numpy as np

from nnfast.exchange.model import check_network_alone
from nnfast.network import DTYPES, NeuralNetwork
from nnfast.optional import required_by
from nnref.common.arguments import shown
from nnref.common.description import ACTIVATIONS, OUTPUT_ACTIVATIONS
from nnref.common.network import Network

__all__ = ["from_torch", "to_torch"]

# What torch.nn calls them. It has no Exponential, which is in torch_modules.py.
MODULES = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "ReLU",
    "softmax": "Softmax",
    "identity": "Identity",
    "exponential": "Exponential",
}


def to_torch(network: Network) -> Any:
    """Return a network as a Sequential of PyTorch's, with the same weights.

    A layer is a Linear, whose weight is the layer's matrix transposed, and then a module for its
    activation. The module's outputs are those of `predict` up to rounding, for inputs of the
    network's own type: PyTorch adds up in its own order, and has its own exponential.

    Loss, learning rate, optimizer and dropout stay behind. Note for the cross-entropy that
    PyTorch's ``CrossEntropyLoss`` wants a network without its softmax: ``module[:-1]``. Likewise
    its ``PoissonNLLLoss`` wants one without its exponential. PyTorch has no module for that, so
    `nnfast.exchange.torch_modules` has one, ``Exponential``.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.

    Returns
    -------
    torch.nn.Sequential
        Of ``Linear(inodes, hnodes)``, ``Sigmoid()``, ``Linear(hnodes, onodes)``, ``Sigmoid()`` for
        the article's network. Its parameters are copies, in the network's own type.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    TypeError
        If `network` is not a network. Of an estimator pass its ``network_``, in which there is no
        scaler.
    """
    check_network_alone(network)
    torch = _torch()
    network = copy.copy(network)  # another thread may be training it
    modules = []
    for layer, activation in enumerate(network._description.activations):
        options = {"dim": -1} if activation == "softmax" else {}
        modules += [
            _linear(network.weights[layer], network.biases[layer] if network.bias else None),
            _module_named(MODULES[activation])(**options),
        ]
    return torch.nn.Sequential(*modules)


def _linear(weights: Any, biases: Any) -> Any:
    """Return a Linear of weights (fan_in, fan_out) and biases (fan_out,) or None."""
    torch = _torch()
    matrix = torch.from_numpy(np.asarray(weights))
    # Linear would draw first weights, and so move PyTorch's random numbers on.
    linear = torch.nn.utils.skip_init(
        torch.nn.Linear, *matrix.shape, bias=biases is not None, dtype=matrix.dtype
    )
    with torch.no_grad():
        linear.weight.copy_(matrix.T)
        if biases is not None:
            linear.bias.copy_(torch.from_numpy(np.asarray(biases)))
    return linear


def from_torch(module: Any, lr: float, **options: Any) -> NeuralNetwork:
    """Return a Sequential of PyTorch's as a network, with the same weights.

    Sizes, activations, biases and type are the module's. A Linear at the end, with no activation
    after it, makes identity outputs.

    Parameters
    ----------
    module : torch.nn.Sequential
        Of Linear modules, all with or all without bias and of one type, float32 or float64, and
        activations in turn: Sigmoid, Tanh, ReLU or Identity after a hidden one, Sigmoid, Tanh,
        Identity, Softmax over the last dimension, the Exponential of `to_torch`, or nothing after
        the last. Leave out Flatten and Dropout first, as in ``module[1:]``: rows are flat already,
        and Dropout only acts in training.
    lr : float
        The learning rate, which is not in the module.
    **options
        What else is not in the module, as `NeuralNetwork` takes it: loss, hidden_error, optimizer,
        seed, threads.

    Returns
    -------
    nnfast.NeuralNetwork
        With copies of the module's parameters.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    TypeError, ValueError
        If the module is anything else, naming the place in it, what is there and what is wanted;
        if an option is wrong, or one that the module settles.

    Notes
    -----
    Training goes on as it would in PyTorch with ``hidden_error="gradient"``, since the default is
    the article's own rule, and for ``0.5 * ((outputs - targets) ** 2).sum() / len(outputs)``;
    ``MSELoss`` divides by the number of outputs and not by 2. Cross-entropy is that of PyTorch, of
    ``module[:-1]``, without the Softmax. The Poisson loss is ``PoissonNLLLoss(full=False,
    reduction="sum")`` of ``module[:-1]`` over the number of examples, but for a constant.
    """
    linears, activations = _taken_apart(module)
    dtype = linears[0].weight.dtype
    bias = linears[0].bias is not None
    network = NeuralNetwork(
        linears[0].in_features,
        [linear.out_features for linear in linears[:-1]],
        linears[-1].out_features,
        lr,
        activation=activations[:-1],
        output_activation=activations[-1],
        bias=bias,
        dtype=str(dtype).removeprefix("torch."),
        **options,
    )
    network.weights = [linear.weight.detach().cpu().numpy().T for linear in linears]
    if bias:
        network.biases = [linear.bias.detach().cpu().numpy() for linear in linears]
    return network


def _taken_apart(module: Any) -> tuple[list[Any], list[str]]:
    """Return the Linears of a Sequential, and the names of the activations after them."""
    nn = _torch().nn
    # The types themselves: one derived from them may compute something else.
    if type(module) is not nn.Sequential:
        raise TypeError(f"module: got {shown(module)}, wants a torch.nn.Sequential")
    if len(module) == 0:
        raise ValueError("module: got no modules in it, wants at least a Linear")
    _check_hooks("module", module)
    names = {_module_named(title): name for name, title in MODULES.items()}
    linears: list[Any] = []
    activations: list[str] = []
    for place, child in enumerate(module):
        _check_hooks(f"module[{place}]", child)
        if place % 2 == 0:
            _check_linear(f"module[{place}]", child, linears)
            linears.append(child)
            continue
        last = place == len(module) - 1
        wanted = OUTPUT_ACTIVATIONS if last else ACTIVATIONS
        name = names.get(type(child), "")
        if name not in wanted:
            titles = " or ".join(MODULES[name] for name in wanted)
            raise TypeError(f"module[{place}]: got {shown(child)}, wants {titles}")
        if name == "softmax" and child.dim not in (1, -1):
            raise ValueError(f"module[{place}]: got {shown(child)}, wants dim=-1")
        activations.append(name)
    if len(activations) < len(linears):
        activations.append("identity")
    return linears, activations


def _check_hooks(place: str, module: Any) -> None:
    """Raise ValueError if a module has hooks, as pruning adds them."""
    if module._forward_pre_hooks or module._forward_hooks:
        raise ValueError(
            f"{place}: got {shown(module)} with hooks, which may compute something else, wants none"
        )


def _check_linear(place: str, child: Any, before: list[Any]) -> None:
    """Raise TypeError or ValueError unless a child is a Linear that fits those before."""
    if type(child) is not _torch().nn.Linear:
        raise TypeError(f"{place}: got {shown(child)}, wants Linear")
    first = before[0] if before else child
    if before and child.in_features != before[-1].out_features:
        raise ValueError(
            f"{place}: got {shown(child)}, wants in_features={before[-1].out_features}, "
            "which the Linear before gives"
        )
    bias = first.bias is not None
    if (child.bias is not None) != bias:
        raise ValueError(f"{place}: got {shown(child)}, wants bias={bias}, as module[0] has")
    types = [getattr(_torch(), dtype) for dtype in DTYPES]
    if first.weight.dtype in types:
        types = [first.weight.dtype]
    for name, parameter in child.named_parameters():
        if parameter.dtype not in types:
            wants = " or ".join(map(str, types))
            raise ValueError(f"{place}.{name}: got {parameter.dtype}, wants {wants}")
        if parameter.is_meta:
            raise ValueError(f"{place}.{name}: got the device meta, wants one that holds numbers")


def _module_named(title: str) -> Any:
    """Return the class of an activation's module."""
    nn = _torch().nn
    if hasattr(nn, title):
        return getattr(nn, title)
    return getattr(importlib.import_module("nnfast.exchange.torch_modules"), title)


def _torch() -> Any:
    with required_by("nnfast.exchange.torch", "torch"):
        return importlib.import_module("torch")
