"""Do the notebooks run, and is what they say of their numbers so?

Each claim is Python that must be true when the cell with the text before it has run. They stand
here and not in the notebooks, whose readers want to see numbers.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import THOROUGH

pytest.importorskip("matplotlib")
pytest.importorskip("scipy")
pytest.importorskip("sklearn")
pytest.importorskip("PIL")

import matplotlib
from matplotlib import pyplot

matplotlib.use("agg")

FOLDER = Path(__file__).parent.parent / "examples"
NOTEBOOKS = sorted(FOLDER.glob("[0-9]_*.md"))
CELL = re.compile(r"^```\{code-cell\} ipython3\n(?::tags: [^\n]*\n\n)?(.*?)^```$", re.M | re.S)
# It compiles for a minute.
SLOW = "6_ladder"

KNOWN = "(len(data.train_inputs), int(data.train_labels[0]))"
CLAIMS: dict[str, list[tuple[str, str]]] = {
    "1_article": [
        (
            "network = NeuralNetwork(i_n",
            "network.weights_input_hidden[0][0] == -0.17616723516683763",
        ),
        (
            "np.array(inputs) @ weights_input_",
            "np.allclose(np.array(inputs) @ weights_input_hidden, hidden_inputs)",
        ),
        ("final_inputs = np", "np.allclose(expit(final_inputs), network.query(inputs))"),
        ("network.train(inputs, network.query(inputs))", "network.digest() == START"),
        ("measured = ", "np.isclose(measured, o * (1 - o))"),
        ("part = step", "error == step['hidden_errors'][1]"),
        ("delta = error", "delta == step['hidden_deltas'][1] and move == step['hidden_steps'][1]"),
        ("new = old", "new == step['new_weights_input_hidden'][0][1]"),
        ("was = network", "network.weights_input_hidden[0][1] == new"),
        ("was = network", "now[0] > was[0] and now[1] < was[1] and now[2] < was[2]"),
        ("check = gradient_check", "[layer.agrees for layer in check.layers] == [False, True]"),
        ("check = gradient_check", "check.layers[0].angle < 1 and check.layers[0].length > 1"),
        (
            "exact = NeuralNetwork",
            "gradient_check(exact, [0.9, 0.1, 0.8], [0.99, 0.01, 0.01]).agrees",
        ),
        (
            "for example in examples",
            "[np.argmax(network.query(example)) for example in examples] == [0, 1, 2]",
        ),
    ],
    "2_same_bits": [
        ("print(read.digest())", "read.digest() == fast.digest()"),
        ("slow_time, fast_time", "read.digest() == fast.digest()"),
        (
            "slow_time, fast_time",
            "fast.digest().startswith('939dc707853737eca3296834fffd4726')",
        ),
        ("other.weights = fast.weights", "other.digest() != fast.digest()"),
        ("differing, furthest", "differing[0] < 20 and differing[-1] > 1000"),
        ("differing, furthest", "max(furthest) < 1e-14"),
        ("ax.semilogy(furthest", "np.array_equal(*answers)"),
        ("(0.1 + 0.2) + 0.3", "(0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3)"),
        ("draws.sample", "len(set(sums)) > 1"),
        ("in_order = ", "in_order != 0 and 0 in off"),
        ("bare = package", "others == 0"),
        ("pair = [network_of", "pair[0].digest() == pair[1].digest()"),
        ("digests = set()", "len(digests) == 1"),
        ("narrow, wide", "half.digest() != fast.digest() and off < 1e-4"),
        ("again = network_of", "again.digest() == half.digest()"),
        ("moved = nnref", "moved.digest() == fast.digest()"),
        ("for network in fast, moved", "moved.digest() == fast.digest()"),
    ],
    "3_mnist": [
        ('print("fingerprint"', "right > 0.85"),
        (
            'print("fingerprint"',
            f"network.digest().startswith({{(1_437, 0): '14ab8fc99544', "
            f"(60_000, 5): '4dd94bf27724'}}.get({KNOWN}, ''))",
        ),
        ("spread = ", "spread[0, 0] < middle / 2"),
        (
            "misread by both",
            f"modern.digest().startswith({{(1_437, 0): '546856668e60', "
            f"(60_000, 5): '8aad8980ec4f'}}.get({KNOWN}, ''))",
        ),
        ("misread by both", "second.sum() < first.sum() < 2 * second.sum()"),
        ("misread by both", "np.sum(first & second) > second.sum() / 2"),
    ],
    "4_inside": [
        ("right = answers", "right.mean() > 0.85"),
        ("decided = np", "decided > 0.7 and no > 0.8"),
        ("terms = says", "np.isclose(terms.sum(), step['final_inputs'][label])"),
        ("terms = says", "step['final_outputs'] == network.query(inputs).tolist()"),
        ("zero = network", "middle.mean() < zero.mean() / 1.5"),
        ("slip = ", "outputs.argmax() != label"),
        ("slip = ", "'the network was trained on numbers from 0.01 to 1' in str(warning.message)"),
        ("check = gradient_check", "[layer.agrees for layer in check.layers] == [False, True]"),
        ("check = gradient_check", "check.layers[0].length > 4 and 1 < check.layers[0].angle < 90"),
    ],
    "5_handwriting": [
        ("right = network", "right.mean() > 0.9"),
        ("show_ten(naive)", "read_rightly(naive) < 4"),
        ("longer = np", "np.mean(longer == side) > 0.9"),
        ("\nshow_ten(read)", "read_rightly(read) >= 8"),
        ("show_ten(read, write, name)", "min(read_rightly(read, w) for w in styles.values()) >= 8"),
        ("same, other = copy", "test_accuracy(other) > test_accuracy(same)"),
    ],
    "6_ladder": [("first, *_, last", "first > last")],
    "7_boundaries": [
        ("single = nnref", "all(0.4 < output < 0.6 for (output,) in says)"),
        ("single = nnref", "np.allclose(single.predict(inputs), says)"),
        ("def answers", "answers(xor) == [False, True, True, False]"),
        ("wishes = ", "np.all(abs(np.sum(wishes, axis=0)) < np.max(wishes, axis=0) / 10)"),
        ("learned = {}", "learned[1] == 0 < learned[2] < learned[4]"),
        ("no bias", "hidden == 5 and count > 10"),
        (
            "histories = {}",
            "[history.validation_score[-1] > score for history, score in "
            "zip(histories.values(), (0.75, 0.75, 0.75, 0.95))] == [False, False, True, True]",
        ),
        ("median = {}", "median['split, 0.5'][100] < median['gradient, 0.5'][100] / 2"),
        ("median = {}", "median['gradient, 2.0'][100] < median['gradient, 0.5'][100] / 2"),
        ('for name in "split', "right > 0.95"),
    ],
    "8_errata": [
        (
            "as printed ",
            "not np.allclose(weights_input_hidden @ inputs, inputs @ weights_input_hidden)",
        ),
        ("printed = acc", "mended[-1] > 0.8 and printed[0] > 0.5 and printed[-1] < 0.2"),
        ("measured = ", "np.isclose(measured, o * (1 - o))"),
        ("measured = ", "not np.isclose(measured, expit(o) * (1 - expit(o)))"),
        ("drawn = ", "-0.5 <= drawn.min() and drawn.max() < 0.5"),
        ("column = ", "(column - network.query(inputs)).shape == (3, 3)"),
        ("hasattr(", "not hasattr(Neural_Network, 'train')"),
    ],
}

HELPERS = """
def read_rightly(prepare, write=None):
    shown = [prepare((write or written)(digit)) for digit in range(10)]
    warnings.simplefilter("ignore")
    return sum(int(network.query(inputs).argmax()) == d for d, inputs in enumerate(shown))
"""


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run where the notebook lies; leave no figure and no setting behind."""
    monkeypatch.chdir(FOLDER)
    with matplotlib.rc_context():
        yield
    pyplot.close("all")


def cells(notebook: Path) -> list[str]:
    return CELL.findall(notebook.read_text(encoding="utf-8"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_nothing_that_is_not_so(notebook: Path) -> None:
    if notebook.stem == SLOW:
        if not THOROUGH:
            pytest.skip("NNFAST_THOROUGH=1 runs this one, too")
        pytest.importorskip("IPython")
    names: dict[str, Any] = {}
    exec(HELPERS, names)
    for cell in cells(notebook):
        exec(compile(cell, notebook.name, "exec"), names)
        pyplot.close("all")
        if notebook.stem == "1_article" and "START" not in names and "network" in names:
            names["START"] = names["network"].digest()
        for text, claim in CLAIMS[notebook.stem]:
            if text in cell:
                assert eval(claim, names), claim


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_claim_belongs_to_one_cell_and_none_is_in_the_notebook(notebook: Path) -> None:
    code = cells(notebook)
    for text, _ in CLAIMS[notebook.stem]:
        assert sum(text in cell for cell in code) == 1, text
    assert not [cell for cell in code if re.search(r"^ *assert\b", cell, re.M)]
