"""What is wrong is refused by the twin in one line, mostly Python's, before anything changes."""

from typing import Any

import pytest
from javascript_engines import Engine
from twin import literal, run, state

import nnref

# Arguments of NeuralNetwork that both refuse in the same words.
NETWORKS: list[tuple[Any, dict[str, Any]]] = [
    ((0, 2, 1, 0.1), {}),
    ((1.5, 2, 1, 0.1), {}),
    (("3", 2, 1, 0.1), {}),
    ((3, [2, -1], 1, 0.1), {}),
    ((3, "2", 1, 0.1), {}),
    ((3, 2, -1, 0.1), {}),
    ((3, 2, 1, -0.1), {}),
    ((3, 2, 1, "0.1"), {}),
    ((3, 2, 1, float("nan")), {}),
    ((3, 2, 1, float("inf")), {}),
    ((30000, 30000, 1, 0.1), {}),
    ((3, 2, 1, 0.1), {"activation": "softmax"}),
    ((3, 2, 1, 0.1), {"activation": 5}),
    ((3, 2, 1, 0.1), {"activation": ["relu", "tanh"]}),
    ((3, 2, 1, 0.1), {"output_activation": "relu"}),
    ((3, 2, 1, 0.1), {"output_activation": "softmax"}),
    ((3, 2, 1, 0.1), {"loss": "mse"}),
    ((3, 2, 1, 0.1), {"loss": "cross_entropy", "output_activation": "tanh"}),
    ((3, 2, 1, 0.1), {"loss": "poisson"}),
    ((3, 2, 1, 0.1), {"hidden_error": "chain"}),
    ((3, 2, 1, 0.1), {"init": "zeros"}),
    ((3, 2, 1, 0.1), {"bias_init": "uniform"}),
    ((3, 2, 1, 0.1), {"bias_init": "drawn"}),
    ((3, 2, 1, 0.1), {"dropout": 1.5}),
    ((3, 2, 1, 0.1), {"dropout": "0.5"}),
    ((3, 2, 1, 0.1), {"input_dropout": -0.1}),
    ((3, [], 1, 0.1), {"dropout": 0.5}),
]


@pytest.mark.parametrize(("arguments", "options"), NETWORKS)
def test_what_is_no_network(engine: Engine, arguments: Any, options: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)) as error:
        nnref.NeuralNetwork(*arguments, **options)
    kind = "TypeError" if error.type is TypeError else "RangeError"
    given = ", ".join(map(literal, (*arguments, options)))
    got = run(engine, f"return refusal(() => new NeuralNetwork({given}));")
    assert got == f"{kind}: {error.value}"


# What JavaScript has to say otherwise.
OWN_WORDS = {
    "{ learning_rate: 0.1 }": "TypeError: NeuralNetwork() got an unexpected option 'learning_rate'",
    "{ threads: 2 }": "TypeError: NeuralNetwork() got an unexpected option 'threads'",
    "{ bias: 1 }": "TypeError: bias: got 1, wants true or false",
    "{ dtype: 'float32' }": "RangeError: dtype: got 'float32', wants 'float64': only nnfast in",
    "{ dtype: 'float16' }": "RangeError: dtype: got 'float16', wants 'float64' or 'float32'",
    "{ optimizer: 'rmsprop' }": "RangeError: optimizer: got 'rmsprop', wants 'sgd' or",
    "{ optimizer: null }": "TypeError: optimizer: got null, wants 'sgd' or 'momentum' or",
    "{ optimizer: { name: 'sgd', beta: 1 } }": "TypeError: sgd() got an unexpected option 'beta'",
    "{ optimizer: { name: 'momentum', momentum: 1 } }": (
        "RangeError: momentum: got 1, wants a number from 0 to below 1"
    ),
    "{ optimizer: { name: 'momentum', nesterov: 1 } }": (
        "TypeError: nesterov: got 1, wants true or false"
    ),
    "{ optimizer: { name: 'sgd', weight_decay: -1 } }": (
        "RangeError: weight_decay: got -1, wants a number from 0 to below inf"
    ),
    "{ optimizer: { name: 'adam', epsilon: 0 } }": (
        "RangeError: epsilon: got 0, wants a number from 2.22507e-308 to below inf"
    ),
    "{ optimizer: { name: 'adam', beta2: 1 } }": (
        "RangeError: beta2: got 1, wants a number from 0 to below 1"
    ),
    "{ seed: -1 }": "RangeError: seed: got -1, wants null or a whole number from 0 to 2**64 - 1",
    "{ seed: 1.5 }": "RangeError: seed: got 1.5, wants null or a whole number",
    "{ seed: 1e19 }": "RangeError: seed: got 10000000000000000000, wants null or",
    "{ seed: 2n ** 64n }": "RangeError: seed: got 18446744073709551616, wants null or",
    "{ seed: 'one' }": "TypeError: seed: got 'one', wants null or a whole number",
    "{ seed: true }": "TypeError: seed: got true, wants null or a whole number",
}


@pytest.mark.parametrize("options", OWN_WORDS)
def test_options_that_are_refused_in_other_words(engine: Engine, options: str) -> None:
    got = run(engine, f"return refusal(() => new NeuralNetwork(3, 2, 1, 0.1, {options}));")
    assert got.startswith(OWN_WORDS[options])


def test_what_is_undefined_counts_as_not_given(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(3, 2, 1, 0.1, { seed: 1, bias: undefined });
        network.fit([[1, 2, 3]], [[1]], { epochs: undefined, sample_weight: undefined });
        return [network.bias, network.epochs];
    """
    assert run(engine, program) == [False, 1]


NAN, INF = float("nan"), float("inf")
# Calls that both refuse in the same words.
CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("query", ([0.1, 0.2],)),
    ("query", ([0.1, 0.2, 0.3, 0.4],)),
    ("query", ("abc",)),
    ("query", ([0.1, "0.2", 0.3],)),
    ("predict", ([[0.1, 0.2, 0.3], [0.1]],)),
    ("predict", (7,)),
    ("backquery", ([0.5, 1.0],)),
    ("backquery", ([0.0, 0.5],)),
    ("train", ([0.1, NAN, 0.3], [0.1, 0.2])),
    ("train", ([0.1, INF, 0.3], [0.1, 0.2])),
    ("train", ([0.1, 0.2, 0.3], [0.1])),
    ("train", ([0.1, 0.2, 0.3], [0.1, 1.5])),
    ("train", ([0.1, 0.2, 0.3], [-0.1, 0.5])),
    ("explain", ([0.1, 0.2, 0.3], [NAN, 0.2])),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2], [0.1, 0.2]])),
    ("fit", ([], [])),
    ("fit", ([[0.1, 0.2, 0.3]] * 2, [[0.1, 0.2], [0.1, 2.0]])),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2]], {"epochs": 0})),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2]], {"batch_size": 1.5})),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2]], {"sample_weight": [1.0, 2.0]})),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2]], {"sample_weight": [-1.0]})),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2]], {"sample_weight": [0.0]})),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2]], {"validation": [[[0.1]], [[0.1]]]})),
    ("fit", ([[0.1, 0.2, 0.3]], [[0.1, 0.2]], {"validation": [[[0.1, 0.2, 0.3]], []]})),
]


@pytest.mark.parametrize(("method", "arguments"), CALLS)
def test_calls_that_are_refused_before_anything_changes(
    engine: Engine, method: str, arguments: tuple[Any, ...]
) -> None:
    network = nnref.NeuralNetwork(3, 2, 2, 0.1, seed=1, loss="cross_entropy", bias=True)
    *given, options = arguments if isinstance(arguments[-1], dict) else (*arguments, {})
    with pytest.raises((ValueError, TypeError)) as error:
        getattr(network, method)(*given, **options)
    kind = "TypeError" if error.type is TypeError else "RangeError"
    program = f"""
        const options = {{ seed: 1, loss: "cross_entropy", bias: true }};
        const network = new NeuralNetwork(3, 2, 2, 0.1, options);
        return [refusal(() => network.{method}(...given)), state(network)];
    """
    got = run(engine, program, given=arguments)
    assert got == [f"{kind}: {error.value}", state(network)]


ROWS = "[[0.1, 0.2, 0.3]], [[0.1, 0.2]]"
STATEMENTS = {
    f"network.fit({ROWS}, {{ schedule: 'inverse' }})": (
        "RangeError: schedule: got 'inverse', wants null: only the packages in Python have it"
    ),
    f"network.fit({ROWS}, {{ patience: 3 }})": (
        "RangeError: patience: got 3, wants null: only the packages in Python have it"
    ),
    f"network.fit({ROWS}, {{ batch: 3 }})": "TypeError: fit() got an unexpected option 'batch'",
    f"network.fit({ROWS}, {{ shuffle: 1 }})": "TypeError: shuffle: got 1, wants true or false",
    f"network.fit({ROWS}, {{ callback: 1 }})": (
        "TypeError: callback: got 1, wants a function or null"
    ),
    f"network.fit({ROWS}, {{ validation: 1 }})": (
        "TypeError: validation: got 1, wants a pair [inputs, targets] or null"
    ),
    "network.fit([[0.1, 0.2, 0.3]])": "TypeError: targets: got undefined, wants rows of 2 numbers",
    "network.train(null, [1, 1])": "TypeError: inputs: got null, wants a sequence of 3 numbers",
    "network.train([1, 2n, 3], [1, 1])": "TypeError: inputs[1]: got 2, wants a number",
    "network.lr = 0": "RangeError: lr: got 0, wants a finite number above 0",
    "network.weights = [network.weights[0]]": "RangeError: weights: got 1 matrices, wants 2",
    "network.weights = [network.weights[0], [[1, 2]]]": "RangeError: weights[1]: got 1 rows, ",
    "network.weights = 5": "TypeError: weights: got 5, wants a sequence of 2 matrices",
    "network.biases = [[1, 2], [1]]": "RangeError: biases[1]: got 1 numbers, wants 2",
    "network.weights_hidden_output = [[1, 2], [1]]": (
        "RangeError: weights_hidden_output[1]: got 1 numbers, wants 2"
    ),
    "network.inodes = 5": "TypeError: ",
    "network.query(Array(100000).fill('x'))": "TypeError: inputs[0]: got 'x', wants a number",
    "network.query('long '.repeat(100))": "TypeError: inputs: got 'long long long",
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements_that_are_refused_before_anything_changes(
    engine: Engine, statement: str
) -> None:
    program = f"""
        "use strict";
        const network = new NeuralNetwork(3, 2, 2, 0.1, {{ seed: 1, bias: true }});
        const [before, got] = [JSON.stringify(state(network)), refusal(() => {{ {statement}; }})];
        return [got, JSON.stringify(state(network)) === before];
    """
    got, unchanged = run(engine, program)
    assert got.startswith(STATEMENTS[statement])
    assert unchanged
    assert "\n" not in got
    assert len(got) < 200
