"""The named schedules, to the bit, however many epochs a network has had."""

import math
from types import ModuleType
from typing import Any

import pytest

import nnfast
import nnref
from nnref import Exponential, InverseScaling, exp, log
from nnref.common.schedules import SCHEDULES
from nnref.common.state import MOST_EPOCHS

TINY = math.ulp(0.0)
LAST = MOST_EPOCHS - 1

by_name = pytest.mark.parametrize("name", SCHEDULES)


def shrunk(lr: float, factor: float, times: int) -> float:
    for _ in range(times):
        lr *= factor
    return lr


@pytest.mark.parametrize("lr", [0.1, 1.0, 3e5, 1e-300])
def test_the_first_epochs_are_as_the_formulas_say(lr: float) -> None:
    for epoch in range(60):
        assert SCHEDULES["inverse"](epoch, lr) == lr / (1 + epoch)
        assert SCHEDULES["exponential"](epoch, lr) == shrunk(lr, 0.9, epoch)
        assert SCHEDULES["step"](epoch, lr) == shrunk(lr, 0.5, epoch // 10)
        assert SCHEDULES["invscaling"](epoch, lr) == lr / exp(0.5 * log(1 + epoch))


@pytest.mark.parametrize("power_t", [0.0, 0.25, 0.5, 1, 3.0])
def test_inverse_scaling_is_a_power(power_t: float) -> None:
    """Of some roundings in the exponent, which is at most 3 * log(60), 13, and a few afterwards."""
    for epoch in range(60):
        power = (1 + epoch) ** power_t
        assert InverseScaling(power_t)(epoch, 0.1) == pytest.approx(0.1 / power, rel=2.0**-47)
    assert InverseScaling(power_t)(0, 0.1) == 0.1


def test_the_named_schedule_has_scikit_learn_s_exponent() -> None:
    assert SCHEDULES["invscaling"] == InverseScaling(0.5) == InverseScaling()


@pytest.mark.parametrize("decay", [0.5, 0.93, 0.955])
def test_each_epoch_s_rate_is_the_last_one_s_times_the_decay(decay: float) -> None:
    schedule, rate = Exponential(decay), 0.1
    for epoch in range(60):
        assert schedule(epoch, 0.1) == rate
        rate *= decay


def test_the_named_schedule_has_a_decay_of_nine_tenths() -> None:
    assert SCHEDULES["exponential"] == Exponential(0.9) == Exponential()


def test_both_packages_train_the_same_by_a_decay() -> None:
    networks = [package.NeuralNetwork(2, 3, 1, 0.1, seed=1) for package in (nnref, nnfast)]
    for network in networks:
        network.fit([[0.1, 0.2]], [[0.3]], epochs=4, schedule=Exponential(decay=0.7))
    assert networks[0].digest() == networks[1].digest()


def test_a_rate_too_small_for_a_float_is_the_smallest() -> None:
    assert InverseScaling(1e300)(1, 0.1) == TINY


@by_name
@pytest.mark.parametrize("lr", [TINY, 0.1, 1.7976931348623157e308])
def test_a_rate_never_comes_to_0_nor_grows(name: str, lr: float) -> None:
    rates = [SCHEDULES[name](epoch, lr) for epoch in (*range(0, 25000, 500), LAST)]
    assert all(rate > 0.0 for rate in rates)
    assert rates == sorted(rates, reverse=True)


def test_a_rate_shrinks_as_long_as_it_can() -> None:
    """The products are rounded: 0.9 times 5 of the smallest float are 5 of them again."""
    assert SCHEDULES["exponential"](LAST, 0.1) == shrunk(0.1, 0.9, 20000) == 5 * TINY
    assert SCHEDULES["step"](LAST, 0.1) == SCHEDULES["step"](10710, 0.1) == TINY
    assert SCHEDULES["inverse"](LAST, 0.1) == 0.1 / MOST_EPOCHS
    assert SCHEDULES["inverse"](LAST, 1e-310) == TINY
    assert SCHEDULES["invscaling"](LAST, 1e-320) == TINY


def with_epochs(backend: ModuleType, epochs: int) -> Any:
    network = backend.NeuralNetwork(2, 3, 1, 0.1, seed=1)
    network._epochs = epochs
    return network


@by_name
def test_a_network_of_very_many_epochs_trains_on(backend: ModuleType, name: str) -> None:
    network = with_epochs(backend, LAST - 1)
    history = network.fit([[0.1, 0.2]], [[0.3]], schedule=name, shuffle=True)
    assert len(history.loss) == 1
    assert network.epochs == LAST


def test_what_is_saved_can_be_loaded(backend: ModuleType, tmp_path: Any) -> None:
    network = with_epochs(backend, LAST)
    network.save(tmp_path / "m")
    assert backend.NeuralNetwork.load(tmp_path / "m").epochs == LAST


@pytest.mark.parametrize(("had", "more"), [(LAST, 1), (LAST - 5, 6), (0, 10**18), (0, 10**400)])
def test_more_epochs_than_a_file_can_say_are_refused(
    backend: ModuleType, had: int, more: int
) -> None:
    network = with_epochs(backend, had)
    before = network.digest()
    with pytest.raises(ValueError, match=f"^epochs: got .*, wants at most {LAST - had}, which"):
        network.fit([[0.1, 0.2]], [[0.3]], epochs=more)
    assert (network.digest(), network.epochs) == (before, had)
