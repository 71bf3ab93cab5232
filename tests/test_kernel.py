"""What the kernel itself refuses. It follows pointers, so no wrong length may reach a loop."""

import math
from typing import Any

import numpy as np
import pytest
from helpers import BUILDS, kernel

from nnfast.kernel.builds import kernel_for

pytestmark = [
    pytest.mark.parametrize("build", BUILDS),
    pytest.mark.parametrize("dtype", ["float64", "float32"]),
]

SETTINGS = {
    "optimizer": 0, "loss": 0, "gradient": 0, "decay": 0.0, "momentum": 0.0, "nesterov": 0,
    "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "dropout": 0.0, "input_dropout": 0.0, "seed": 0,
}  # fmt: skip


def made(build: str, dtype: str, **changes: Any) -> Any:
    """Make the kernel's object for a network of 3, 4 and 2 neurons; slots is how many it has."""
    weights, biases = [np.zeros((3, 4), dtype), np.zeros((4, 2), dtype)], [np.zeros(4, dtype)] * 2
    biases[1] = biases[1][:2].copy()
    arguments = {
        "weights": weights, "biases": biases, "slots": [], "powers": None, "activations": [0, 0],
        "settings": SETTINGS, "threads": 1,
    } | changes  # fmt: skip
    with kernel(build):
        return kernel_for(dtype).Kernel(**arguments)


def moments(dtype: str, count: int) -> list[tuple[list[Any], list[Any]]]:
    return [
        (
            [np.zeros((3, 4), dtype), np.zeros((4, 2), dtype)],
            [np.zeros(4, dtype), np.zeros(2, dtype)],
        )
        for _ in range(count)
    ]


def test_right_arguments_are_taken(build: str, dtype: str) -> None:
    for optimizer, powers in ((0, None), (1, None), (2, np.ones(2))):
        settings = SETTINGS | {"optimizer": optimizer}
        network = made(
            build, dtype, settings=settings, slots=moments(dtype, optimizer), powers=powers
        )
        assert network.train(np.ones(3, dtype), np.ones(2, dtype), 0.1)


@pytest.mark.parametrize(
    ("loss", "takes", "takes_not"),
    [
        ("squared_error", [-7.0, 7.0], [math.inf, 0.0]),
        ("cross_entropy", [0.0, 1.0], [1.5, 0.0]),
        ("cross_entropy", [1.0, 0.0], [-0.5, 0.0]),
        ("poisson", [0.0, 7.0], [-1.0, 7.0]),
        ("poisson", [7.0, 0.0], [math.inf, 0.0]),
    ],
)
def test_it_trains_on_what_the_loss_takes(
    build: str, dtype: str, loss: str, takes: list[float], takes_not: list[float]
) -> None:
    settings = SETTINGS | {"loss": kernel_for(dtype).LOSSES.index(loss)}
    network = made(build, dtype, settings=settings)
    assert network.train(np.ones(3, dtype), np.array(takes, dtype), 0.1)
    assert not network.train(np.ones(3, dtype), np.array(takes_not, dtype), 0.1)


@pytest.mark.parametrize("code", [-1, 6, 2**31 - 1])
def test_an_activation_that_is_unknown_is_refused(build: str, dtype: str, code: int) -> None:
    with pytest.raises(ValueError, match=rf"^activations\[1\]: got {code}, wants 0 to 5$"):
        made(build, dtype, activations=[0, code])


@pytest.mark.parametrize("code", [-1, 3])
@pytest.mark.parametrize("what", ["loss", "optimizer"])
def test_a_loss_or_an_optimizer_that_is_unknown_is_refused(
    build: str, dtype: str, what: str, code: int
) -> None:
    with pytest.raises(ValueError, match=rf"^{what}: got {code}, wants 0 to 2$"):
        made(build, dtype, settings=SETTINGS | {what: code})


@pytest.mark.parametrize(
    ("optimizer", "slots", "says"),
    [
        (0, 1, "slots: got 1, wants 0"),
        (1, 0, "slots: got 0, wants 1"),
        (2, 1, "slots: got 1, wants 2"),
    ],
)
def test_slots_that_the_optimizer_does_not_have_are_refused(
    build: str, dtype: str, optimizer: int, slots: int, says: str
) -> None:
    settings = SETTINGS | {"optimizer": optimizer}
    with pytest.raises(ValueError, match=f"^{says}$"):
        made(build, dtype, settings=settings, slots=moments(dtype, slots), powers=np.ones(2))


def test_adam_without_powers_is_refused(build: str, dtype: str) -> None:
    with pytest.raises(ValueError, match=r"^powers: got None, wants 2 numbers$"):
        made(build, dtype, settings=SETTINGS | {"optimizer": 2}, slots=moments(dtype, 2))


def test_lists_of_other_lengths_are_refused(build: str, dtype: str) -> None:
    ((slot_weights, slot_biases),) = moments(dtype, 1)
    momentum = {"settings": SETTINGS | {"optimizer": 1}}
    for changes, says in (
        ({"weights": []}, "weights: got 0, wants at least 1"),
        ({"activations": [0]}, "activations: got 1, wants 2"),
        ({"biases": [np.zeros(4, dtype)]}, "biases: got 1, wants 2"),
        ({"threads": 0}, "threads: got 0, wants at least 1"),
        (
            momentum | {"slots": [(slot_weights[:1], slot_biases)]},
            "weights of a slot: got 1, wants 2",
        ),
        (
            momentum | {"slots": [(slot_weights, slot_biases[:1])]},
            "biases of a slot: got 1, wants 2",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{says}$"):
            made(build, dtype, **changes)


def test_examples_of_other_shapes_are_refused(build: str, dtype: str) -> None:
    network = made(build, dtype)
    inputs, targets, outputs = (
        np.zeros((9, 3), dtype),
        np.zeros((9, 2), dtype),
        np.zeros((9, 2), dtype),
    )
    eight = np.ones(8, dtype)
    ((weights, biases),) = moments(dtype, 1)
    for call, says in (
        (
            lambda: network.predict(inputs[:, :2].copy(), outputs, 0, 9),
            "columns of inputs: got 2, wants 3",
        ),
        (
            lambda: network.predict(inputs, outputs[:8], 0, 9),
            "rows of the outputs or targets: got 8, wants 9",
        ),
        (lambda: network.predict(inputs, outputs, 0, 10), "stop: got 10, wants 0 to 9"),
        (lambda: network.predict(inputs, outputs, -1, 9), "start: got -1, wants 0 to 9"),
        (
            lambda: network.fit(inputs, targets, None, None, 0, 9, 0, 0.1, 0.0),
            "batch_size: got 0, wants 1 to 9",
        ),
        (
            lambda: network.fit(inputs, targets, eight, None, 0, 9, 1, 0.1, 0.0),
            "sample_weight: got 8, wants 9",
        ),
        (
            lambda: network.gradient(inputs, targets, eight, 1.0, weights, biases),
            "sample_weight: got 8, wants 9",
        ),
        (
            lambda: network.gradient(inputs[:0], targets[:0], None, 1.0, weights, biases),
            "rows of inputs: got 0, wants at least 1",
        ),
        (
            lambda: network.gradient(inputs, targets, None, 1.0, weights[:1], biases),
            "weights: got 1, wants 2",
        ),
        (
            lambda: network.gradient(inputs, targets, None, 1.0, weights, []),
            "biases: got 0, wants 2",
        ),
        (
            lambda: network.gradient(inputs, targets, None, 1.0, weights[::-1], biases),
            "size: got 8, wants 12",
        ),
        (
            lambda: network.first_unlike(inputs[:, :2].copy(), 1),
            "columns of inputs: got 2, wants 3",
        ),
        (lambda: network.first_unlike(inputs, 0), "step: got 0, wants at least 1"),
        (
            lambda: network.backquery(np.zeros(3, dtype), np.zeros(3, dtype)),
            "targets: got 3, wants 2",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{says}$"):
            call()


@pytest.mark.parametrize("place", [-1, 9])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_place_that_no_example_has_is_refused(
    build: str, dtype: str, batch_size: int, place: int
) -> None:
    network = made(build, dtype)
    order = np.arange(9)
    order[7] = place
    arguments = np.zeros((9, 3), dtype), np.zeros((9, 2), dtype), None, order
    network.fit(*arguments, 0, 7, batch_size, 0.1, 0.0)
    network.fit(*arguments, 8, 9, 1, 0.1, 0.0)
    with pytest.raises(ValueError, match=f"^order: got {place}, wants 0 to 8$"):
        network.fit(*arguments, 4, 9, batch_size, 0.1, 0.0)
