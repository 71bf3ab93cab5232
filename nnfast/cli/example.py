"""Which example to show a saved network: one of a test set, or numbers given as options."""

from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from click.core import ParameterSource
from numpy.typing import NDArray

from nnfast.cli.console import plural
from nnfast.cli.options import WholeNumber, adding, data_option, finite_numbers
from nnfast.cli.training import load_data
from nnfast.datasets import class_targets
from nnref.common.network import Network

example_options = adding(
    data_option,
    click.option(
        "--index",
        type=WholeNumber(min=0),
        metavar="N",
        default=0,
        help="Which example of the test set to show, counted from 0.",
    ),
    click.option(
        "--inputs",
        callback=finite_numbers,
        metavar="X[,X...]",
        help="Show these numbers instead of an example of the test set.",
    ),
)
"""The options that choose an example: ``data``, ``index`` and ``inputs``."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a test set."""

    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    label: int
    image_shape: tuple[int, int] | None


def read_example(network: Network, model: Path, data: str, index: int) -> Example:
    """Return an example of the test set, or raise if the network loaded from MODEL cannot take it.

    The targets are those that the network's outputs can reach.
    """
    dataset = load_data(data)
    count, inodes = dataset.test_inputs.shape
    onodes = dataset.test_targets.shape[1]
    if (network.inodes, network.onodes) != (inodes, onodes):
        raise click.ClickException(
            f"{model}: has {plural(network.inodes, 'input')} and "
            f"{plural(network.onodes, 'output')}, but {dataset.name} needs {inodes} and {onodes}: "
            "give the --data that it was trained on, or --inputs"
        )
    if index >= count:
        raise click.ClickException(
            f"--index {index}: the test set of {dataset.name} has only 0 to {count - 1}"
        )
    return Example(
        dataset.test_inputs[index],
        class_targets(network, dataset.test_labels[[index]])[0],
        int(dataset.test_labels[index]),
        dataset.image_shape,
    )


def is_given(ctx: click.Context, option: str) -> bool:
    """Return whether the user typed this option, rather than leaving it at its default."""
    return ctx.get_parameter_source(option) is ParameterSource.COMMANDLINE


def exclude(ctx: click.Context, name: str, *options: str) -> None:
    """Raise an error if the user typed one of these options beside the argument called name."""
    for option in options:
        if is_given(ctx, option):
            typed = option.replace("_", "-")
            raise click.UsageError(f"{name} and --{typed} exclude each other.")
