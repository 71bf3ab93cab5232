"""`nnfast compare`: does it compare every bit, and say what it found?"""

from typing import Any

import numpy as np
import pytest
from command_line import DIGEST, SMALL, Run, oracle, plan_of, result_of

import nnref
from nnfast.cli import compare
from nnfast.cli.options import Plan
from nnfast.datasets import digits
from nnref.common.network import Network


def test_json_has_the_promised_keys(run: Run) -> None:
    finished = run("compare", *SMALL, "--json")
    result = result_of(finished)
    assert finished.status == 0
    assert result["identical"] is True
    assert result["digest_ref"] == result["digest_fast"] == oracle(20).digest()
    assert result["updates"] == 20
    assert result["speedup"] == result["seconds_ref"] / result["seconds_fast"]
    assert result["accuracy_ref"] == result["accuracy_fast"]
    assert result["sizes"] == [64, 5, 10]


def test_prints_the_whole_digest_and_the_verdict(run: Run) -> None:
    finished = run("compare", *SMALL)
    assert finished.status == 0
    assert DIGEST.findall(finished.out) == [oracle(20).digest()]
    assert "identical: every weight, to the last bit" in finished.out
    assert "the first 20 of 1,437 examples of digits, 1 epoch: 20 updates" in finished.out


@pytest.mark.parametrize("width", [20, 80])
def test_no_colours_and_no_cut_digest_in_a_pipe(
    run: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    finished = run("compare", *SMALL)
    assert "\x1b" not in finished.out + finished.err
    assert DIGEST.search(finished.out)
    assert width < 80 or max(map(len, finished.out.splitlines())) <= width


@pytest.mark.parametrize("as_json", [True, False])
def test_one_bit_of_difference_is_a_failure(
    run: Run, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    made = compare.trainable

    def one_bit_off(plan: Plan, backend: str, dataset: Any) -> Network:
        network = made(plan, backend, dataset)
        if backend == "fast":
            last = network.weights[-1]
            last[-1, -1] = np.nextafter(last[-1, -1], 9.0)
        return network

    monkeypatch.setattr(compare, "trainable", one_bit_off)
    finished = run("compare", *SMALL, *["--json"] * as_json)
    assert finished.status == 1
    if as_json:
        assert result_of(finished)["identical"] is False
    else:
        assert "DIFFERENT" in finished.out
        assert "identical" not in finished.out
        assert len(set(DIGEST.findall(finished.out))) == 2


def test_large_data_is_cut_and_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = 64 * 5 + 5 * 10
    monkeypatch.setattr(compare, "MOST_WEIGHT_UPDATES", weights * 2 * 30)
    finished = run("compare", "--hidden", "5", "--epochs", "2", "--json")
    assert result_of(finished)["examples"] == 30
    assert "the first 30 of 1,437" in finished.err
    chosen = run("compare", "--hidden", "5", "--epochs", "1", "--examples", "70", "--json")
    assert result_of(chosen)["examples"] == 70
    assert chosen.err == ""


def test_the_default_takes_all_digits() -> None:
    dataset = digits()
    plan = plan_of()
    assert compare.affordable_examples(plan, dataset) >= len(dataset.train_inputs)


@pytest.mark.parametrize(
    "options",
    [
        "--activation relu --output-activation softmax --loss cross_entropy --bias",
        "--hidden 6,5 --activation tanh,relu --output-activation identity",
        "--activation identity --output-activation exponential --loss poisson --lr 0.01",
        "--init glorot_uniform --schedule invscaling --epochs 2",
        "--optimizer momentum --batch-size 4 --schedule exponential --epochs 2",
        "--optimizer nesterov --weight-decay 0.01",
        "--optimizer adam --batch-size 7 --patience 1 --epochs 9 --lr 0.5",
    ],
)
def test_every_kind_of_network_agrees(run: Run, options: str) -> None:
    result = result_of(
        run("compare", "--hidden", "5", "--examples", "40", "--json", *options.split())
    )
    assert result["identical"] is True


def test_patience_holds_examples_back_and_stops(run: Run) -> None:
    options = "--optimizer adam --lr 5 --batch-size 7 --patience 1 --epochs 50"
    result = result_of(
        run("compare", "--hidden", "5", "--examples", "40", "--json", *options.split())
    )
    assert result["identical"] is True
    assert result["epochs"] < 50
    # 4 of 40 examples are held back; 36 are 6 batches of at most 7.
    assert result["updates"] == result["epochs"] * 6


def test_takes_every_training_option(run: Run) -> None:
    options = ("--hidden", "6,5", "--lr", "0.3", "--hidden-error", "gradient")
    more = ("--init", "scaled_normal", "--seed", "7", "--shuffle")
    result = result_of(run("compare", *SMALL, *options, *more, "--json"))
    network = nnref.NeuralNetwork(
        64, (6, 5), 10, 0.3, hidden_error="gradient", init="scaled_normal", seed=7
    )
    dataset = digits()
    network.fit(
        dataset.train_inputs[:20].tolist(), dataset.train_targets[:20].tolist(), shuffle=True
    )
    assert result["digest_ref"] == result["digest_fast"] == network.digest()
