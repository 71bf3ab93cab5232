"""Every input that is kept for fuzzing, tried without the fuzzer; see tests/fuzz."""

import random
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from helpers import amount
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("PIL")
pytest.importorskip("scipy")

from fuzz.targets import SEEDS, TARGETS
from fuzz.variations import VARIATIONS

KEPT = sorted(seed for seed in SEEDS.glob("*/*") if seed.parent.name in TARGETS)
MOST_BYTES = 2**23


@pytest.mark.parametrize("seed", KEPT, ids=lambda seed: f"{seed.parent.name}-{seed.name}")
def test_a_kept_input_is_loaded_or_refused(seed: Path, tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        loaded = TARGETS[seed.parent.name](seed.read_bytes(), tmp_path)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    kind, _ = seed.name.split("-", 1)
    assert loaded in {"ok": (True,), "no": (False,), "bug": (True, False)}[kind]


def test_every_kept_input_is_some_target_s_and_small() -> None:
    assert {seed.parent.name for seed in KEPT} == set(TARGETS)
    assert max(seed.stat().st_size for seed in KEPT) < 2000


# Those that no other test changes so; see test_datasets.py and test_model_file.py.
CHANGED = ("network_file", "network_json", "record", "data_file", "data_folder", "picture")
edits = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 3), st.binary(max_size=3)),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("name", CHANGED)
@settings(max_examples=amount(200, quick=40))
@given(data=st.data(), draws=st.randoms(use_true_random=False), times=st.integers(1, 3))
def test_a_changed_file_is_loaded_or_refused(
    name: str, data: st.DataObject, draws: random.Random, times: int
) -> None:
    def change(part: bytes) -> bytes:
        for at, removed, added in data.draw(edits):
            at %= len(part) + 1
            part = part[:at] + added + part[at + removed :]
        return part

    seed = data.draw(st.sampled_from([seed for seed in KEPT if seed.parent.name == name]))
    content = seed.read_bytes()
    for _ in range(times):
        content = VARIATIONS[name](content, change, draws)
    with tempfile.TemporaryDirectory() as folder:
        TARGETS[name](content, Path(folder))
