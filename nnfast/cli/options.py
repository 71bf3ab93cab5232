"""The options that commands share, checked as far as they can be before any data is read."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

import nnfast
import nnref
from nnfast.datasets import Dataset
from nnref.base import Network
from nnref.description import HIDDEN_ERRORS, INITS

BACKENDS = ("ref", "fast")
# A layer beyond this, mistyped more likely than meant, would fill the memory of most machines.
MOST_NEURONS = 10_000

Command = Callable[..., Any]


def layer_sizes(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    """Return the widths of the hidden layers in ``200`` or ``300,100``."""
    try:
        sizes = tuple(map(int, value.split(",")))
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is no whole number, nor several with commas."
        ) from None
    for size in sizes:
        if not 1 <= size <= MOST_NEURONS:
            raise click.BadParameter(f"{size} is not in the range 1<=x<={MOST_NEURONS}.")
    return sizes


def finite_numbers(
    _: click.Context, __: click.Parameter, value: str | None
) -> tuple[float, ...] | None:
    """Return the numbers in ``0.1,0.9``."""
    if value is None:
        return None
    return tuple(_finite(part) for part in value.split(","))


def positive_number(_: click.Context, __: click.Parameter, value: str) -> float:
    """Return the finite number above 0 in a text."""
    number = _finite(value)
    if number <= 0.0:
        raise click.BadParameter(f"{value!r} is not above 0.")
    return number


def _finite(text: str) -> float:
    # Not click.FLOAT and FloatRange: NaN passes through them.
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise click.BadParameter(f"{text!r} is not a finite number.")
    return number


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train, on what and how: the options that `training_options` adds."""

    data: str
    hidden: tuple[int, ...]
    lr: float
    epochs: int
    examples: int | None
    shuffle: bool
    hidden_error: str
    init: str
    seed: int

    def sizes(self, dataset: Dataset) -> tuple[int, ...]:
        """Return the neurons per layer, inputs first."""
        return (dataset.train_inputs.shape[1], *self.hidden, dataset.train_targets.shape[1])

    def network(self, backend: type[Network], dataset: Dataset) -> Network:
        """Return a network for the data that has learned nothing yet."""
        inodes, *hnodes, onodes = self.sizes(dataset)
        return backend(
            inodes,
            hnodes,
            onodes,
            self.lr,
            hidden_error=self.hidden_error,
            init=self.init,
            seed=self.seed,
        )


data_option = click.option(
    "--data",
    metavar="digits|mnist|PATH",
    default="digits",
    help="The examples: scikit-learn's small digits, MNIST (fetched once and kept), or MNIST as "
    "a folder of IDX or CSV files or as one CSV file.",
)

backend_option = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="fast",
    help="nnref (pure Python) or nnfast; the results are the same.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)


def backend_class(backend: str) -> type[Network]:
    """Return the network that ``--backend`` names."""
    return nnref.NeuralNetwork if backend == "ref" else nnfast.NeuralNetwork


def training_options(command: Command) -> Command:
    """Add the options of a `Plan` to a command."""
    options = (
        data_option,
        click.option(
            "--hidden",
            callback=layer_sizes,
            metavar="N[,N...]",
            default="200",
            help="Neurons in the hidden layer, or in each of several: 300,100.",
        ),
        click.option(
            "--lr",
            callback=positive_number,
            metavar="NUMBER",
            default="0.1",
            help="The learning rate: how much each error moves the weights.",
        ),
        click.option(
            "--epochs",
            type=click.IntRange(min=1),
            metavar="N",
            default=5,
            help="How many times to go through the examples.",
        ),
        click.option(
            "--examples", type=click.IntRange(min=1), metavar="N", help="Train on the first N only."
        ),
        click.option(
            "--shuffle/--no-shuffle",
            default=False,
            help="Visit the examples in a new order each epoch.",
        ),
        click.option(
            "--hidden-error",
            type=click.Choice(HIDDEN_ERRORS),
            default="split",
            help="How hidden neurons get their errors: the article's way or the chain rule.",
        ),
        click.option(
            "--init",
            type=click.Choice(INITS),
            default="uniform",
            help="How the first weights are drawn. For MNIST take scaled_normal.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            metavar="N",
            default=0,
            help="For the first weights and the shuffling. Fixed, so that everybody sees the same "
            "digest.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
