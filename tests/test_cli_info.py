"""`nnfast info`: does it say what is installed, and what a model file holds?"""

import os
from pathlib import Path

import pytest
from command_line import Run, oracle, result_of

import nnfast
import nnref


def test_of_the_installation(run: Run) -> None:
    result = result_of(run("info", "--json"))
    assert result["nnfast"] == nnref.__version__
    assert result["kernel"] == nnfast.kernel_info()["kernel"]
    assert result["kernel"] in result["available"]
    assert {"python", "numpy", "platform"} <= set(result)
    assert result["dtypes"] == ["float64", "float32"]
    printed = run("info").out
    assert f"kernel     {result['kernel']}\n" in printed
    assert "dtypes     float64, float32\n" in printed


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot pin a process")
def test_counts_the_cores_that_it_may_use(run: Run) -> None:
    cores = os.sched_getaffinity(0)
    assert result_of(run("info", "--json"))["cores"] == len(cores)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert result_of(run("info", "--json"))["cores"] == 1
    finally:
        os.sched_setaffinity(0, cores)


def test_counts_cores_where_no_process_is_pinned(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert result_of(run("info", "--json"))["cores"] == 6


def test_of_a_model(run: Run, model: Path) -> None:
    assert result_of(run("info", model, "--json")) == {
        "model": str(model),
        "sizes": [64, 5, 10],
        "dtype": "float64",
        "parameters": 370,
        "activation": "sigmoid",
        "output_activation": "sigmoid",
        "loss": "squared_error",
        "hidden_error": "split",
        "bias": False,
        "optimizer": "SGD(weight_decay=0.0)",
        "lr": 0.1,
        "init": "uniform",
        "bias_init": "zeros",
        "dropout": 0.0,
        "input_dropout": 0.0,
        "seed": 0,
        "epochs": 1,
        "digest": oracle(20).digest(),
    }
    printed = run("info", model).out
    assert oracle(20).digest() in printed
    assert "sizes              64-5-10\n" in printed
    assert max(map(len, printed.splitlines()[1:])) <= 80  # the first line has a path


def test_of_a_float32_model(run: Run, tmp_path: Path) -> None:
    nnfast.NeuralNetwork(2, 3, 1, 0.1, dtype="float32").save(tmp_path / "m")
    assert result_of(run("info", tmp_path / "m", "--json"))["dtype"] == "float32"
