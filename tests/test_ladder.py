"""Every step of bench/ladder agrees with the oracle, however far the kernel has moved on."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[1] / "bench" / "ladder"
# Optimised builds are checked by climb.py itself before it times them; these take a second each.
QUICK = ["-O0", "-ffp-contract=off", "-g0"] if sys.platform != "win32" else ["/Od", "/fp:precise"]


def load_climb() -> ModuleType:
    spec = importlib.util.spec_from_file_location("climb", FOLDER / "climb.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


climb = load_climb()
STEPS = {step.name: step for step in climb.ladder()}
# A step that differs from an earlier one in flags or placing has no loops of its own to check here.
SOURCES = [step.source for step in STEPS.values()]
WITH_LOOPS = [
    step.name
    for at, step in enumerate(STEPS.values())
    if step.build and (step.source not in SOURCES[:at] or step.name == "01 compiled")
]
# The package's own networks; that of two threads only where there are two cores.
SHIPPED = [step.name for step in STEPS.values() if not step.source]
# The shorter of the two cases that say how near a float32 network should be.
CASE = "784-200-10, 5 updates"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to build in; skips where Cython, setuptools or a C compiler is missing."""
    folder = tmp_path_factory.mktemp("ladder")
    try:
        climb.module_of(STEPS["01 compiled"], folder, QUICK)
    except climb.CannotBuildError as error:
        pytest.skip(f"the ladder cannot be built: {error}")
    return folder


def test_the_lowest_step_gives_the_oracles_bits() -> None:
    step = STEPS["00 lists"]
    assert list(climb.disagreements({step: climb.module_of(step, FOLDER)})) == []


@pytest.mark.parametrize("name", WITH_LOOPS)
def test_a_step_agrees_with_the_oracle(name: str, cache: Path) -> None:
    step = STEPS[name]
    assert list(climb.disagreements({step: climb.module_of(step, cache, QUICK)})) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_agrees(name: str) -> None:
    assert list(climb.disagreements({STEPS[name]: None})) == []


def test_a_float32_step_that_learns_at_another_rate_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step = STEPS["19 nnfast, float32"]._replace(name="19 too fast")
    climb.learned(climb.ORACLE, CASE, None)
    monkeypatch.setattr(climb, "LR", 1.01 * climb.LR)
    monkeypatch.setattr(climb, "CASES", {CASE: climb.CASES[CASE]})
    (line,) = climb.disagreements({step: None})
    assert line.startswith(f"19 too fast is off on {CASE}: ")


def test_a_step_that_adds_in_another_order_is_named() -> None:
    step = STEPS["00 lists"]
    module = climb.load("step_00_backwards", FOLDER / step.source)

    def weighted_sums(inputs: list[float], weights: list[list[float]], sums: list[float]) -> None:
        for j in range(len(sums)):
            sums[j] = 0.0
            for i in reversed(range(len(inputs))):
                sums[j] += inputs[i] * weights[i][j]

    module.weighted_sums = weighted_sums
    wrong = list(climb.disagreements({step: module}))
    assert len(wrong) >= 1
    assert all(line.startswith("00 lists disagrees on ") for line in wrong)


def test_every_step_has_its_file() -> None:
    assert {source for source in SOURCES if source} <= {path.name for path in FOLDER.glob("step_*")}


def test_gains_multiply_to_the_gain_in_all() -> None:
    times = {climb.ORACLE: 9.0, **dict(zip(STEPS.values(), range(40, 0, -3), strict=False))}
    table = climb.rows(times)
    assert "gain" not in table[0]
    product = 1.0
    for row in table[1:]:
        product *= row["gain"]
        assert row["gain_in_all"] == pytest.approx(product)
