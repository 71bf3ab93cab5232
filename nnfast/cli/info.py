"""``nnfast info``: what is installed, or what is in a model file."""

import os
import platform
from pathlib import Path
from typing import Any

import click
import numpy as np

from nnfast.cli.console import print_facts, print_json, stdout
from nnfast.cli.options import json_option
from nnfast.kernel.builds import kernel_info
from nnfast.network import DTYPES, NeuralNetwork
from nnref.common import __version__


@click.command("info")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@json_option
def info_command(model: Path | None, as_json: bool) -> None:
    """Show versions and the kernel, or what a model file holds.

    MODEL is a file saved by "nnfast train --model".

    \b
    Examples:
      nnfast info
      nnfast info digits.model --json
    """  # noqa: D301 (click's \b)
    facts = installation() if model is None else contents(model)
    if as_json:
        print_json(facts)
        return
    texts = {name: _text(fact) for name, fact in facts.items()}
    digest = texts.pop("digest", None)
    print_facts(stdout(), texts)
    if digest is not None:
        # By itself: beside the longest of the names it would not fit into 80 columns.
        print_facts(stdout(), {"digest": digest})


def installation() -> dict[str, Any]:
    """Return the versions, the machine, the kernel and its types."""
    return {
        "nnfast": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
        "cores": usable_cores(),
        **kernel_info(),
        "dtypes": DTYPES,
    }


def usable_cores() -> int:
    """Return how many cores this process may use: more threads gain nothing."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def contents(model: Path) -> dict[str, Any]:
    """Return what a saved network is, and how it has been trained."""
    network = NeuralNetwork.load(model)
    sizes = [len(matrix) for matrix in network.weights]
    return {
        "model": str(model),
        "sizes": (*sizes, network.onodes),
        "dtype": network.dtype,
        "parameters": sum(array.size for array in (*network.weights, *network.biases)),
        "activation": network.activation,
        "output_activation": network.output_activation,
        "loss": network.loss,
        "hidden_error": network.hidden_error,
        "bias": network.bias,
        "optimizer": str(network.optimizer),
        "lr": network.lr,
        "init": network.init,
        "bias_init": network.bias_init,
        "dropout": network.dropout,
        "input_dropout": network.input_dropout,
        "seed": network.seed,
        "epochs": network.epochs,
        "digest": network.digest(),
    }


def _text(fact: object) -> str:
    if isinstance(fact, tuple):
        return ("-" if fact and isinstance(fact[0], int) else ", ").join(map(str, fact))
    return str(fact)
