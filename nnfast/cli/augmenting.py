"""``--augment``: distorted copies of the images, as the command line names them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import click

from nnfast.augmentation import SETTINGS, AugmentedExamples
from nnfast.cli.console import plural
from nnfast.datasets import Dataset
from nnref.common.arguments import number_within

USUAL = "usual"
"""What ``--augment`` stands for without settings."""


def augment_settings(
    _: click.Context, __: click.Parameter, value: str | None
) -> dict[str, float] | None:
    """Return the settings in ``rotation=12,scale=0.15``, or None without the option."""
    if value is None:
        return None
    settings: dict[str, float] = {}
    for part in value.split(",") if value != USUAL else ():
        name, equals, number = part.partition("=")
        if not equals:
            raise click.BadParameter(f"{part!r} is not NAME=NUMBER, as in rotation=12,scale=0.15.")
        if name not in SETTINGS:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(SETTINGS)}.")
        if name in settings:
            raise click.BadParameter(f"{name} is there twice.")
        settings[name] = _setting(name, number)
    return settings


def _setting(name: str, text: str) -> float:
    try:
        return number_within(name, float(text), SETTINGS[name])
    except ValueError:
        wants = SETTINGS[name].wants
        raise click.BadParameter(f"{name}: got {text!r}, wants {wants}.") from None


def check_images(settings: dict[str, float] | None, dataset: Dataset) -> None:
    """Refuse ``--augment`` for examples that are not images."""
    if settings is not None and dataset.image_shape is None:
        numbers = plural(dataset.train_inputs.shape[1], "number")
        raise click.UsageError(f"--augment: got examples of {numbers}, wants images.")


augment_option = click.option(
    "--augment",
    callback=augment_settings,
    is_flag=False,
    flag_value=USUAL,
    metavar="[NAME=NUMBER,...]",
    help="Distort the images anew in each epoch: --augment alone, or with settings, as in "
    "--augment rotation=12,scale=0.1. Rotation and shear are in degrees, shift in pixels, scale is "
    "a share of the size; alpha and sigma, in pixels, are the strength and the smoothness of the "
    "elastic distortion. Usual are rotation=10,scale=0,shear=0, and for 28 x 28 pixels "
    "shift=1,alpha=20,sigma=4.",
)


@dataclass(frozen=True, slots=True)
class WatchedExamples:
    """Augmented examples that report how many of them have been trained on."""

    examples: AugmentedExamples
    done: Callable[[int], object]

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the next epoch."""
        for pair in self.examples:
            yield pair
            self.done(len(pair[0]))
