"""ONNX files: what is in them, and that ONNX Runtime answers from them as the network does.

Where these packages are not installed, this file is skipped.
"""

import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import HANGS

import nnfast
import nnref
from nnfast.exchange.onnx import export_onnx
from nnref.common.description import ACTIVATIONS, OUTPUT_ACTIVATIONS
from nnref.common.network import Network

REASON = "{} is not installed: pip install onnx onnxruntime"
onnx = pytest.importorskip("onnx", reason=REASON.format("onnx"))
onnxruntime = pytest.importorskip("onnxruntime", reason=REASON.format("ONNX Runtime"))

# How far two right answers may be apart, in eps. A neuron here has at most 8 inputs and a bias; its
# weights are within 1/2, the first inputs within 1. So the signals are within 4.5, 18.5 and 74.5 in
# the three layers, even where relu passes them on. A sum of 9 terms is off by at most 9 eps / 2 of
# what its terms come to, in either answer: together 41, 167 and 671 eps. What arrives from a layer
# before is at most 8 * 1/2 times as much after the next, since no activation is steeper than 1:
# (41 * 4 + 167) * 4 + 671 = 1995 eps. The rest is for the activations' own approximations.
FARTHEST = 2500


def drawn(
    hnodes: tuple[int, ...] = (8, 5),
    *,
    backend: Any = nnfast,
    onodes: int = 4,
    bias: bool = True,
    **options: Any,
) -> Any:
    """Return a network of 7 inputs whose biases are drawn too."""
    network = backend.NeuralNetwork(7, hnodes, onodes, 0.1, bias=bias, seed=3, **options)
    draws = random.Random(4)
    network.biases = [[draws.uniform(-0.5, 0.5) for _ in row] for row in network.biases]
    return network


def exported(network: Network, folder: Path) -> Any:
    """Return the model in a file that the network is exported to, checked."""
    before = network.digest()
    export_onnx(network, folder / "network.onnx")
    assert network.digest() == before
    model = onnx.load(folder / "network.onnx")
    onnx.checker.check_model(model, full_check=True)
    return model


def assert_the_runtime_agrees(model: Any, network: Any, dtype: str) -> None:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for batch in (1, 7):
        inputs = np.random.default_rng(batch).random((batch, 7)).astype(dtype)
        (outputs,) = session.run(["outputs"], {"inputs": inputs})
        wanted = np.asarray(network.predict(inputs.tolist()))
        assert (outputs.dtype, outputs.shape) == (dtype, wanted.shape)
        farthest = FARTHEST * np.finfo(dtype).eps
        # The exponential is as steep as it is large.
        rtol = farthest if network.output_activation == "exponential" else 0.0
        np.testing.assert_allclose(outputs, wanted, rtol=rtol, atol=farthest)


def shapes(infos: Any) -> dict[str, tuple[str, int]]:
    """Return the two dimensions of each value, by its name."""
    return {
        info.name: (dims[0].dim_param, dims[1].dim_value)
        for info in infos
        for dims in (info.type.tensor_type.shape.dim,)
    }


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("hnodes", [(), (8,), (8, 5)])
@pytest.mark.parametrize("output_activation", OUTPUT_ACTIVATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_onnx_runtime_answers_as_predict_does(
    activation: str,
    output_activation: str,
    hnodes: tuple[int, ...],
    bias: bool,
    dtype: str,
    tmp_path: Path,
) -> None:
    network = drawn(
        hnodes, bias=bias, activation=activation, output_activation=output_activation, dtype=dtype
    )
    assert_the_runtime_agrees(exported(network, tmp_path), network, dtype)


def test_layers_with_activations_of_their_own(tmp_path: Path) -> None:
    network = drawn((8, 5, 6), activation=("relu", "sigmoid", "tanh"))
    assert_the_runtime_agrees(exported(network, tmp_path), network, "float64")


def test_a_single_output(tmp_path: Path) -> None:
    network = drawn(onodes=1)
    assert_the_runtime_agrees(exported(network, tmp_path), network, "float64")


def test_the_oracle_gives_the_same_model(tmp_path: Path) -> None:
    oracle, fast = drawn(backend=nnref), drawn()
    model = exported(oracle, tmp_path)
    assert_the_runtime_agrees(model, oracle, "float64")
    assert model.graph == exported(fast, tmp_path).graph
    assert model.doc_string == repr(oracle)


def test_names_in_the_article_s_network(tmp_path: Path) -> None:
    graph = exported(drawn((8,), bias=False), tmp_path).graph
    assert [(node.op_type, node.name, *node.input, *node.output) for node in graph.node] == [
        ("MatMul", "hidden_inputs", "inputs", "weights_input_hidden", "hidden_inputs"),
        ("Sigmoid", "hidden_outputs", "hidden_inputs", "hidden_outputs"),
        ("MatMul", "final_inputs", "hidden_outputs", "weights_hidden_output", "final_inputs"),
        ("Sigmoid", "final_outputs", "final_inputs", "outputs"),
    ]
    assert [array.name for array in graph.initializer] == [
        "weights_input_hidden",
        "weights_hidden_output",
    ]


def test_names_where_there_are_biases_and_more_layers(tmp_path: Path) -> None:
    network = drawn((8, 5), activation="relu", output_activation="softmax")
    graph = exported(network, tmp_path).graph
    assert [(node.op_type, node.name) for node in graph.node] == [
        ("MatMul", "hidden_1_sums"), ("Add", "hidden_1_inputs"), ("Relu", "hidden_1_outputs"),
        ("MatMul", "hidden_2_sums"), ("Add", "hidden_2_inputs"), ("Relu", "hidden_2_outputs"),
        ("MatMul", "final_sums"), ("Add", "final_inputs"), ("Softmax", "final_outputs"),
    ]  # fmt: skip
    step = network.explain([0.5] * 7, [0.25] * 4)
    assert [array.name for array in graph.initializer] == [
        "weights_input_hidden_1",
        "weights_hidden_1_hidden_2",
        "weights_hidden_2_output",
        "biases_hidden_1",
        "biases_hidden_2",
        "biases_output",
    ]
    for array in graph.initializer:
        assert onnx.numpy_helper.to_array(array).tolist() == step[array.name]


def test_every_value_has_a_shape_for_any_batch(tmp_path: Path) -> None:
    model = exported(drawn((8,)), tmp_path)
    assert shapes(model.graph.input) == {"inputs": ("batch", 7)}
    assert shapes(model.graph.output) == {"outputs": ("batch", 4)}
    given = shapes(model.graph.value_info)
    assert given == {
        "hidden_sums": ("batch", 8),
        "hidden_inputs": ("batch", 8),
        "hidden_outputs": ("batch", 8),
        "final_sums": ("batch", 4),
        "final_inputs": ("batch", 4),
    }
    del model.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    assert shapes(inferred.graph.value_info) == given


def test_the_model_says_what_it_is(tmp_path: Path) -> None:
    network = drawn(output_activation="softmax", loss="cross_entropy")
    model = exported(network, tmp_path)
    assert (model.producer_name, model.producer_version) == ("nnfast", nnfast.__version__)
    assert model.doc_string == repr(network)
    assert {entry.key: entry.value for entry in model.metadata_props} == {
        "loss": "cross_entropy",
        "digest": network.digest(),
    }


def test_a_network_in_training_is_exported_as_it_is_at_one_moment(tmp_path: Path) -> None:
    network, same = drawn(), drawn()
    over = threading.Event()

    def train() -> None:
        while not over.is_set():
            network.train([0.5] * 7, [0.5] * 4)

    thread = threading.Thread(target=train)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # or an export would have no other thread in its midst
    thread.start()
    try:
        for _ in range(20):
            export_onnx(network, tmp_path / "network.onnx")
            model = onnx.load(tmp_path / "network.onnx")
            arrays = [onnx.numpy_helper.to_array(array) for array in model.graph.initializer]
            same.weights, same.biases = arrays[:3], arrays[3:]
            assert same.digest() in [entry.value for entry in model.metadata_props]
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_programs_of_2020_can_read_it(tmp_path: Path) -> None:
    model = exported(drawn(), tmp_path)
    assert (model.ir_version, [(entry.domain, entry.version) for entry in model.opset_import]) == (
        7,
        [("", 13)],
    )


def test_an_older_file_is_replaced_and_after_a_failure_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(b"older")
    monkeypatch.setattr("nnfast.exchange.onnx.MOST_BYTES", 8 * 7 * 4 - 1)
    small = drawn((), bias=False)
    message = "network: got 224 bytes of weights and biases, wants at most 223, for which an ONNX"
    with pytest.raises(ValueError, match=message):
        export_onnx(small, path)
    assert path.read_bytes() == b"older"
    monkeypatch.undo()
    export_onnx(small, str(path))
    assert_the_runtime_agrees(onnx.load(path), small, "float64")
    assert list(tmp_path.iterdir()) == [path]


def test_without_onnx_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx.helper", None)
    with pytest.raises(ImportError, match=r"^export_onnx needs onnx: pip install onnx$"):
        export_onnx(drawn(), tmp_path / "network.onnx")


def test_onnx_is_imported_only_when_asked_for() -> None:
    code = "import sys, nnfast.exchange.onnx; print('onnx' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    assert finished.stdout == "False\n"
