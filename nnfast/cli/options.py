"""The options that commands share, checked as far as possible before any data is read."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import nnfast.network
import nnref
from nnfast.augmentation import CHUNK
from nnfast.cli.console import plural
from nnfast.datasets import Dataset
from nnref.common.description import (
    ACTIVATIONS,
    HIDDEN_ERRORS,
    INITS,
    LOSSES,
    OUTPUT_ACTIVATIONS,
    SEED_LIMIT,
    describe,
)
from nnref.common.network import Network
from nnref.common.optimizers import SGD, Adam, Momentum, Optimizer
from nnref.common.schedules import SCHEDULES, Exponential, Schedule

BACKENDS = ("ref", "fast")
# A larger layer is more likely mistyped than meant, and would fill the memory of most machines.
MOST_NEURONS = 10_000

USUAL_LR = {"sgd": 0.1, "momentum": 0.01, "nesterov": 0.01, "adam": 0.001}


class WholeNumber(click.IntRange):
    """A whole number within a range."""

    name = "whole number"  # click calls it an "integer range", even to someone who types letters


class OutputFile(click.Path):
    """A file to write; the name of a folder, with a slash at its end, is refused."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value as a path, which would drop the slash."""
        if os.path.basename(value) in ("", "."):  # noqa: PTH119 (Path drops it, too)
            self.fail(f"{value!r} is not the name of a file.", param, ctx)
        return super().convert(value, param, ctx)


Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def adding(*options: Decorator) -> Decorator:
    """Return a decorator that adds these options to a command, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def layer_sizes(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    """Return the widths of the hidden layers in ``200`` or ``300,100``."""
    try:
        sizes = tuple(map(int, value.split(",")))
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is not a whole number, nor several separated by commas."
        ) from None
    for size in sizes:
        if not 1 <= size <= MOST_NEURONS:
            raise click.BadParameter(f"{size} is not in the range 1<=x<={MOST_NEURONS}.")
    return sizes


def activation_names(_: click.Context, __: click.Parameter, value: str) -> str | tuple[str, ...]:
    """Return the name in ``relu``, which is for all layers, or the names in ``relu,tanh``."""
    names = tuple(value.split(","))
    for name in names:
        if name not in ACTIVATIONS:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(ACTIVATIONS)}.")
    return names if len(names) > 1 else value


def finite_numbers(
    _: click.Context, __: click.Parameter, value: str | None
) -> tuple[float, ...] | None:
    """Return the numbers in ``0.1,0.9``."""
    if value is None:
        return None
    return tuple(_finite(part) for part in value.split(","))


def positive_number(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Return the finite number above 0 in a text."""
    if value is None:
        return None
    number = _finite(value)
    if number <= 0.0:
        raise click.BadParameter(f"{value!r} is not above 0.")
    return number


def decay_factor(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Return the number between 0 and 1 in a text."""
    if value is None:
        return None
    number = _finite(value)
    if not 0.0 < number < 1.0:
        raise click.BadParameter(f"{value!r} is not between 0 and 1.")
    return number


def not_negative(_: click.Context, __: click.Parameter, value: str) -> float:
    """Return the finite number of at least 0 in a text."""
    number = _finite(value)
    if number < 0.0:
        raise click.BadParameter(f"{value!r} is below 0.")
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
    activation: str | tuple[str, ...]
    output_activation: str
    bias: bool
    init: str
    seed: int
    loss: str
    hidden_error: str
    optimizer: str
    lr: float | None
    weight_decay: float
    dropout: float
    input_dropout: float
    schedule: str | None
    decay: float | None
    epochs: int
    batch_size: int
    examples: int | None
    shuffle: bool
    patience: int | None
    augment: dict[str, float] | None = None  # the settings of `augment` that are not its own

    def __post_init__(self) -> None:
        """Refuse options that do not go together, before any data is read."""
        if self.decay is not None and self.schedule != "exponential":
            raise click.UsageError("--decay: wants --schedule exponential too.")
        if self.augment is not None and self.batch_size > CHUNK:
            raise click.UsageError(
                f"--batch-size: got {self.batch_size} with --augment, wants at most {CHUNK}."
            )
        try:
            describe(1, self.hidden, 2, **self._options())
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None

    def sizes(self, dataset: Dataset) -> tuple[int, ...]:
        """Return the neurons per layer, inputs first."""
        return (dataset.train_inputs.shape[1], *self.hidden, dataset.train_targets.shape[1])

    def held_back(self, examples: int) -> int:
        """Return how many examples early stopping holds back for validation: the last tenth."""
        if self.patience is None:
            return 0
        if examples < 2:
            raise click.UsageError(
                f"--patience: got {plural(examples, 'example')}, wants at least 2."
            )
        return max(1, examples // 10)

    def updates(self, examples: int, epochs: int) -> int:
        """Return the number of updates in this many epochs on this many examples."""
        left = examples - self.held_back(examples)
        # Augmented examples come in chunks, and no batch reaches into the next one.
        chunks, rest = (0, left) if self.augment is None else divmod(left, CHUNK)
        return epochs * (chunks * -(-CHUNK // self.batch_size) + -(-rest // self.batch_size))

    def learning_rates(self) -> str | Schedule | None:
        """Return the schedule as `fit` takes it."""
        return self.schedule if self.decay is None else Exponential(self.decay)

    def network(self, backend: type[Network], dataset: Dataset, **more: Any) -> Network:
        """Return an untrained network for the data.

        Further options are those that only this backend has.
        """
        inodes, *hnodes, onodes = self.sizes(dataset)
        return backend(inodes, hnodes, onodes, **self._options(), **more)

    def _options(self) -> dict[str, Any]:
        return {
            "lr": self.lr or USUAL_LR[self.optimizer],
            "activation": self.activation,
            "output_activation": self.output_activation,
            "loss": self.loss,
            "hidden_error": self.hidden_error,
            "bias": self.bias,
            "optimizer": self._optimizer(),
            "init": self.init,
            "dropout": self.dropout,
            "input_dropout": self.input_dropout,
            "seed": self.seed,
        }

    def _optimizer(self) -> Optimizer:
        if self.optimizer == "adam":
            return Adam(weight_decay=self.weight_decay)
        if self.optimizer == "sgd":
            return SGD(weight_decay=self.weight_decay)
        nesterov = self.optimizer == "nesterov"
        return Momentum(nesterov=nesterov, weight_decay=self.weight_decay)


data_option = click.option(
    "--data",
    metavar="digits|mnist|PATH",
    default="digits",
    help="The examples: scikit-learn's small digits, MNIST (downloaded once and kept), or files at "
    "a PATH: a folder of IDX or CSV files, as of MNIST or EMNIST, one of them, or an npz file.",
)

backend_option = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="fast",
    help="nnref (pure Python) or nnfast; in float64 both give the same results.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)


def backend_class(backend: str) -> type[Network]:
    """Return the network that ``--backend`` names."""
    return nnref.NeuralNetwork if backend == "ref" else nnfast.network.NeuralNetwork


class GroupedCommand(click.Command):
    """A command whose help shows its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings; those without one come last."""
        headings: dict[str, list[tuple[str, str]]] = {name: [] for name in GROUPS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                heading = next(
                    (h for h, names in GROUPS.items() if parameter.name in names), "Options"
                )
                headings.setdefault(heading, []).append(record)
        for heading, records in headings.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


GROUPS = {
    "What to learn from": ("data", "examples", "augment"),
    "The network": (
        "hidden", "activation", "output_activation", "bias", "init", "seed", "dtype",
    ),
    "How it learns": (
        "loss", "hidden_error", "optimizer", "lr", "weight_decay", "dropout", "input_dropout",
        "schedule", "decay", "epochs", "batch_size", "shuffle", "patience",
    ),
    "What is kept": ("model", "checkpoint", "resume"),
}  # fmt: skip


def hidden_option(default: str) -> Decorator:
    """Return the option ``--hidden`` with this default."""
    return click.option(
        "--hidden",
        callback=layer_sizes,
        metavar="N[,N...]",
        default=default,
        help="Neurons in the hidden layer, or in each of several: 300,100.",
    )


def lr_option(default: str | None, show_default: str | bool) -> Decorator:
    """Return the option ``--lr`` with this default, and what the help says of it."""
    return click.option(
        "--lr",
        callback=positive_number,
        metavar="NUMBER",
        default=default,
        show_default=show_default,
        help="The learning rate: how far each error moves the weights.",
    )


activation_option = click.option(
    "--activation",
    callback=activation_names,
    metavar="NAME[,NAME...]",
    default="sigmoid",
    help=f"Activation of the hidden neurons: {', '.join(ACTIVATIONS)}; or one for each hidden "
    "layer.",
)

output_activation_option = click.option(
    "--output-activation",
    type=click.Choice(OUTPUT_ACTIVATIONS),
    default="sigmoid",
    help="Activation of the output neurons.",
)

bias_option = click.option("--bias/--no-bias", default=False, help="Give every neuron a bias.")

hidden_error_option = click.option(
    "--hidden-error",
    type=click.Choice(HIDDEN_ERRORS),
    default="split",
    help="How errors reach the hidden neurons: by the article's rule (split) or by the chain "
    "rule, as in textbook back-propagation (gradient).",
)

training_options = adding(
    data_option,
    click.option(
        "--examples",
        type=WholeNumber(min=1),
        metavar="N",
        help="Train on the first N examples only.",
    ),
    hidden_option("200"),
    activation_option,
    output_activation_option,
    bias_option,
    click.option(
        "--init",
        type=click.Choice(INITS),
        default="uniform",
        help="How to draw the first weights; for MNIST use scaled_normal.",
    ),
    click.option(
        "--seed",
        type=WholeNumber(0, SEED_LIMIT - 1),
        metavar="N",
        default=0,
        help="Seed of the first weights, the shuffling and dropout; fixed, so that everybody sees "
        "the same digest.",
    ),
    click.option(
        "--loss",
        type=click.Choice(LOSSES),
        default="squared_error",
        help="The loss to minimize; cross_entropy needs sigmoid or softmax outputs, poisson "
        "exponential ones.",
    ),
    hidden_error_option,
    click.option(
        "--optimizer",
        type=click.Choice(list(USUAL_LR)),
        default="sgd",
        help="How a gradient moves the weights.",
    ),
    lr_option(None, "0.1 for sgd, 0.001 for adam, else 0.01"),
    click.option(
        "--weight-decay",
        callback=not_negative,
        metavar="NUMBER",
        default="0",
        help="L2 penalty, which pulls every weight towards 0.",
    ),
    click.option(
        "--dropout",
        callback=not_negative,
        metavar="RATE",
        default="0",
        help="Drop each hidden neuron with this probability, anew for each example of an update.",
    ),
    click.option(
        "--input-dropout",
        callback=not_negative,
        metavar="RATE",
        default="0",
        help="The same for the inputs.",
    ),
    click.option(
        "--schedule",
        type=click.Choice(list(SCHEDULES)),
        help="Lower the learning rate as the epochs go on.",
    ),
    click.option(
        "--decay",
        callback=decay_factor,
        metavar="NUMBER",
        show_default="0.9",
        help="The factor of --schedule exponential: each epoch's learning rate is the last one's "
        "times this.",
    ),
    click.option(
        "--epochs",
        type=WholeNumber(min=1),
        metavar="N",
        default=5,
        help="How many times to go through the examples.",
    ),
    click.option(
        "--batch-size",
        type=WholeNumber(min=1),
        metavar="N",
        default=1,
        help="Examples per update.",
    ),
    click.option(
        "--shuffle/--no-shuffle",
        default=False,
        help="Visit the examples in a new order in each epoch.",
    ),
    click.option(
        "--patience",
        type=WholeNumber(min=1),
        metavar="N",
        help="Hold back the last tenth of the examples; stop when the loss on them has not "
        "improved for N epochs, and keep the best network.",
    ),
)
"""The options of a `Plan`."""
