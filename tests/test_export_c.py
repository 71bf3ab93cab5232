"""A network as C answers with the network's bits, whatever compiler takes it and how it optimizes.

Each way of compiling builds one shared library of all the networks below, so that this also shows
that many of them go into one program.
"""

import ctypes
import math
import os
import platform
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from c_compilers import COMPILERS, FLAGS, IS_X86_64, STRICT, WAYS, compiled, needs_compiler
from float32_bound import Bound
from helpers import NOT_FINITE, SPECIAL, amount, bits, draw_numbers, kernel

import nnfast
import nnref
from nnfast.exchange.c import export_c
from nnref.common.description import ACTIVATIONS, OUTPUT_ACTIVATIONS

# For the small networks, which compilers unroll altogether.
LEVELS = ["-O0", "-O1", "-O2", "-O3"] if amount(1, quick=0) else ["-O3"]
PROCESSORS = ["", "-mfma", "-march=native"] if IS_X86_64 else [""]


def function(library: ctypes.CDLL, name: str, network: Any) -> Callable[[Any], Any]:
    """Return a network's query, as the function of this name in a library answers it."""
    answer = library[name]
    answer.restype = None
    answer.argtypes = [ctypes.c_void_p, ctypes.c_void_p]

    def query(inputs: Any) -> Any:
        dtype = getattr(network, "dtype", "float64")
        given, outputs = np.array(inputs, dtype), np.zeros(network.onodes, dtype)
        answer(given.ctypes.data, outputs.ctypes.data)
        return outputs

    return query


def draw_network(index: int, draws: random.Random, **options: Any) -> Any:
    """Return a network: any 20 in a row have each output in each depth, half of them biases."""
    layers, output = index % 4, OUTPUT_ACTIVATIONS[index // 4 % 5]
    hidden = [draws.randint(1, 20) for _ in range(layers)]
    onodes = draws.randint(2, 12)
    network = nnfast.NeuralNetwork(
        draws.randint(1, 20),
        hidden,
        onodes,
        0.1,
        activation=[draws.choice(ACTIVATIONS) for _ in hidden],
        output_activation=output,
        bias=(index + index // 4) % 2 == 1,
        init="scaled_normal",
        seed=index,
        **options,
    )
    network.biases = [draw_numbers(draws, "usual", len(vector)) for vector in network.biases]
    return network


def draw_inputs(draws: random.Random, flavour: str, width: int) -> list[float]:
    """Draw as `draw_numbers` does; "large" for signals around the ends of exp and tanh."""
    if flavour == "large":
        return [
            draws.uniform(-1.0, 1.0) * draws.choice((10.0, 100.0, 1000.0)) for _ in range(width)
        ]
    if flavour == "not finite":
        return [draws.choice([*NOT_FINITE, *SPECIAL]) for _ in range(width)]
    return draw_numbers(draws, flavour, width)


def spoil(network: Any, draws: random.Random, numbers: list[float]) -> None:
    """Replace every tenth weight and bias by one of the numbers, drawn for each."""
    for array in (*network.weights, *network.biases):
        for place in range(array.size):
            if draws.random() < 0.1:
                array.flat[place] = draws.choice(numbers)


def exported(networks: list[Any], folder: Path) -> list[Path]:
    """Write a C file of each network; the function in it is query_0, query_1, ..."""
    sources = [folder / f"network_{index}.c" for index in range(len(networks))]
    for index, (network, source) in enumerate(zip(networks, sources, strict=True)):
        export_c(network, source, function=f"query_{index}")
    return sources


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Networks of every kind, and a C file of each."""
    folder, draws = tmp_path_factory.mktemp("c"), random.Random(1)
    networks = []
    for index in range(0, 28, amount(1, quick=3)):
        network = draw_network(index, draws)
        if index >= 20:
            spoil(network, draws, SPECIAL if index < 24 else NOT_FINITE)
        networks.append(network)
    return SimpleNamespace(folder=folder, networks=networks, sources=exported(networks, folder))


@needs_compiler
@pytest.mark.parametrize(("compiler", "flags"), WAYS)
def test_answers_are_those_of_query_to_the_bit(
    family: SimpleNamespace, compiler: str, flags: str
) -> None:
    path = family.folder / f"{compiler}-{flags}.so"
    # What the flags say of a kind of source is for all of them, so one call compiles them all.
    compiled(compiler, FLAGS[flags], "-shared", "-fPIC", "-o", path, *family.sources)
    library, draws = ctypes.CDLL(str(path)), random.Random(2)
    for index, network in enumerate(family.networks):
        query = function(library, f"query_{index}", network)
        for flavour in ("usual", "large", "wide", "special", "not finite"):
            for _ in range(8):
                inputs = draw_inputs(draws, flavour, network.inodes)
                assert bits(query(inputs)) == bits(network.query(inputs)), (index, flavour, inputs)


@pytest.fixture(scope="module")
def small_family(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Networks with biases, so small that all their weights become operands; a C file of each."""
    folder, draws = tmp_path_factory.mktemp("c"), random.Random(7)
    shapes = [(1, 2, 2), (3, 2, 2), (2, (2, 2), 2), (3, 4, 2)] * 4
    networks = [
        nnfast.NeuralNetwork(
            *shape, 0.1, activation="relu", output_activation="identity", bias=True, seed=seed
        )
        for seed, shape in enumerate(shapes)
    ]
    for network in networks:
        network.biases = [[draws.uniform(-1.0, 1.0) for _ in biases] for biases in network.biases]
    return SimpleNamespace(folder=folder, networks=networks, sources=exported(networks, folder))


@needs_compiler
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("processor", PROCESSORS)
def test_small_networks_give_the_same_bits_when_unrolled(
    small_family: SimpleNamespace, compiler: str, level: str, processor: str
) -> None:
    if processor == "-mfma" and "avx2" not in nnfast.kernel_info()["available"]:
        pytest.skip("this processor has no fused multiply-add")
    path = small_family.folder / f"{compiler}{level}{processor}.so"
    flags = ["-ffp-contract=off", level, *processor.split()]
    compiled(compiler, flags, "-shared", "-fPIC", "-o", path, *small_family.sources)
    library, draws = ctypes.CDLL(str(path)), random.Random(8)
    for index, network in enumerate(small_family.networks):
        query = function(library, f"query_{index}", network)
        for _ in range(25):
            inputs = [draws.uniform(-2.0, 2.0) for _ in range(network.inodes)]
            assert bits(query(inputs)) == bits(network.query(inputs)), (index, inputs)


@needs_compiler
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softmax"])
def test_activations_are_the_oracle_s_for_all_magnitudes(
    tmp_path: Path, compiler: str, activation: str
) -> None:
    oracle = nnref.NeuralNetwork(2, (), 2, 0.1, output_activation=activation)
    oracle.weights = [[[1.0, 0.0], [0.0, 1.0]]]
    export_c(oracle, tmp_path / "network.c")
    compiled(
        compiler, FLAGS["O3"], "-shared", "-fPIC", "-o", tmp_path / "it.so", tmp_path / "network.c"
    )
    query = function(ctypes.CDLL(str(tmp_path / "it.so")), "query", oracle)
    draws = random.Random(3)
    for limit in (1e-300, 1e-9, 1.0, 25.0, 800.0, 1e300):
        for _ in range(500):
            inputs = [draws.uniform(-limit, limit), draws.uniform(-limit, limit)]
            assert bits(query(inputs)) == bits(oracle.query(inputs)), inputs


@needs_compiler
def test_zeros_keep_the_sign_that_the_oracle_gives_them(tmp_path: Path) -> None:
    # A negative zero reaches the relu, which makes it positive; the last bias would show it.
    oracle = nnref.NeuralNetwork(
        1, 1, 1, 0.1, activation="relu", output_activation="identity", bias=True
    )
    oracle.weights, oracle.biases = [[[-1.0]], [[1.0]]], [[-0.0], [-0.0]]
    export_c(oracle, tmp_path / "beside.c", function="beside")
    query = function(library_of(tmp_path), "beside", oracle)
    assert bits(query([0.0])) == bits(oracle.query([0.0])) == bits([0.0])


@pytest.fixture(scope="module")
def float32_family(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """20 networks of float32 as a library of C, made for the build of the kernel without FMA."""
    folder, draws = tmp_path_factory.mktemp("c"), random.Random(4)
    with kernel("baseline"):
        networks = [draw_network(index, draws, dtype="float32") for index in range(20)]
    sources = exported(networks, folder)
    compiled(COMPILERS[0], FLAGS["native"], "-shared", "-fPIC", "-o", folder / "it.so", *sources)
    library = ctypes.CDLL(str(folder / "it.so"))
    queries = [function(library, f"query_{i}", network) for i, network in enumerate(networks)]
    return SimpleNamespace(networks=networks, queries=queries)


@needs_compiler
def test_answers_of_float32_are_within_the_bound_of_the_kernel_s(
    float32_family: SimpleNamespace,
) -> None:
    draws = random.Random(5)
    for network, query in zip(float32_family.networks, float32_family.queries, strict=True):
        oracle = nnref.NeuralNetwork(
            network.inodes,
            [len(matrix) for matrix in network.weights[1:]],
            network.onodes,
            0.1,
            activation=network._description.activation,
            output_activation=network.output_activation,
            bias=network.bias,
        )
        oracle.weights, oracle.biases = network.weights, network.biases
        for flavour in ("usual", "large"):
            inputs = np.array(draw_inputs(draws, flavour, network.inodes), np.float32)
            assert Bound(oracle).predict(inputs[np.newaxis]).contains([query(inputs)])


@needs_compiler
@pytest.mark.skipif(
    not IS_X86_64, reason="elsewhere every build may fuse: float32 has no one answer"
)
def test_answers_of_float32_are_those_of_a_kernel_that_does_not_fuse(
    float32_family: SimpleNamespace,
) -> None:
    draws = random.Random(6)
    for network, query in zip(float32_family.networks, float32_family.queries, strict=True):
        for flavour in ("usual", "large"):
            for _ in range(8):
                inputs = draw_inputs(draws, flavour, network.inodes)
                assert bits(query(inputs)) == bits(network.query(inputs))


@needs_compiler
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_program_answers_every_example_that_it_reads(tmp_path: Path, dtype: str) -> None:
    network = nnfast.NeuralNetwork(3, 4, 2, 0.1, seed=1, dtype=dtype)
    export_c(network, tmp_path / "network.c")
    export_c(network, tmp_path / "beside.c", function="beside")
    program = tmp_path / "network"
    compiled(COMPILERS[0], [*STRICT, "-DNETWORK_MAIN"], "-o", program, tmp_path / "network.c")
    examples = np.random.default_rng(1).random((5, 3)).astype(dtype)
    given = " ".join(repr(float(number)) for number in examples.flat)
    done = subprocess.run([program], input=given, capture_output=True, text=True, check=True)
    answers = np.array([line.split() for line in done.stdout.splitlines()], dtype)
    expected = function(library_of(tmp_path), "beside", network)
    assert bits(answers) == bits([expected(example) for example in examples])
    left_over = subprocess.run([program], input=f"{given} 1", capture_output=True, text=True)
    assert (left_over.returncode, left_over.stdout) == (1, done.stdout)
    for wrong in (f"{given} abc {given}", f"{given} 1 abc"):
        spoiled = subprocess.run([program], input=wrong, capture_output=True, text=True)
        assert (spoiled.returncode, spoiled.stdout) == (1, done.stdout)
        assert spoiled.stderr.endswith("wants 3 numbers each\n")


def library_of(folder: Path) -> ctypes.CDLL:
    path = folder / "beside.so"
    compiled(COMPILERS[0], STRICT, "-shared", "-fPIC", "-o", path, folder / "beside.c")
    return ctypes.CDLL(str(path))


def wrong_flags() -> list[Any]:
    wrong = [(name, flag) for name in COMPILERS for flag in ("-ffast-math", "-Ofast")]
    if IS_X86_64 and "gcc" in COMPILERS and platform.system() == "Linux":
        wrong.append(("gcc", "-mfpmath=387"))
    return wrong


@needs_compiler
@pytest.mark.parametrize(("compiler", "flag"), wrong_flags())
def test_flags_that_would_change_bits_are_refused(tmp_path: Path, compiler: str, flag: str) -> None:
    export_c(nnfast.NeuralNetwork(2, 2, 1, 0.1, seed=1), tmp_path / "network.c")
    command = [compiler, "-std=c99", flag, "-c", "-o", os.devnull, str(tmp_path / "network.c")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "this file needs" in done.stderr


@needs_compiler
@pytest.mark.parametrize("compiler", COMPILERS)
def test_nothing_but_the_compiler_s_own_headers_is_needed(tmp_path: Path, compiler: str) -> None:
    export_c(nnfast.NeuralNetwork(2, 2, 2, 0.1, activation="tanh"), tmp_path / "network.c")
    compiled(
        compiler,
        [*STRICT, "-ffreestanding", "-nostdinc", "-isystem", str(own_headers(compiler))],
        *("-c", "-o", tmp_path / "network.o", tmp_path / "network.c"),
    )


def own_headers(compiler: str) -> Path:
    command = [compiler, "-print-file-name=include"]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


# What is written, whatever compiles it.


def text_of(network: Any, folder: Path, **options: str) -> str:
    export_c(network, folder / "network.c", **options)
    return (folder / "network.c").read_text(encoding="utf-8")


def test_the_head_says_what_the_network_is(tmp_path: Path) -> None:
    network = nnfast.NeuralNetwork(2, (3, 4), 2, 0.1, activation=("tanh", "relu"), seed=1)
    head = text_of(network, tmp_path, function="ask").split("*/")[0]
    assert "2-3-4-2" in head
    assert "void ask(const double *inputs, double *outputs);" in head
    assert network.digest() in head
    assert nnfast.__version__ in head
    assert "208 bytes of constants" in head  # 26 weights
    assert "trained" not in head
    for line in (
        "hidden_1 3 neurons, tanh",
        "hidden_2 4 neurons, relu",
        "output 2 neurons, sigmoid",
    ):
        assert f"* {line}" in " ".join(head.split())
    network.fit([[-1.5, 2.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
    assert "trained on inputs from -1.5 to 2.\n" in text_of(network, tmp_path)


def test_weights_have_the_article_s_names(tmp_path: Path) -> None:
    text = text_of(nnfast.NeuralNetwork(2, 3, 4, 0.1, bias=True), tmp_path)
    for name in ("weights_input_hidden[6]", "weights_hidden_output[12]"):
        assert f"static const real {name} =" in text
    for name in ("biases_hidden[3]", "biases_output[4]"):
        assert f"static const real {name} =" in text
    assert "enum { INODES = 2, HNODES = 3, ONODES = 4 };" in text


def test_numbers_are_hexadecimal_and_row_by_row(tmp_path: Path) -> None:
    network = nnfast.NeuralNetwork(2, (), 2, 0.1, output_activation="identity")
    network.weights = [[[0.1, -0.0], [math.inf, math.nan]]]
    text = text_of(network, tmp_path)
    rows = "= {\n    0x1.999999999999ap-4, -0x0p+0,\n    INFINITY, NAN,\n};"
    assert rows in text
    assert "#include <math.h>" in text
    network.weights = [[[1.0, 5e-324], [-1.75, 1e300]]]
    assert "#include <math.h>" not in text_of(network, tmp_path)


def test_both_backends_write_the_same_file(tmp_path: Path) -> None:
    texts = [
        text_of(package.NeuralNetwork(3, (4, 2), 2, 0.1, bias=True, seed=1), tmp_path)
        for package in (nnref, nnfast)
    ]
    assert texts[0] == texts[1]
