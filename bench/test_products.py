"""The kernel's matrix products, beside NumPy's BLAS and beside what registers can do.

They are timed as the answers of one layer whose activation is the identity.
"""

import numpy as np
import pytest
from stopwatch import Stopwatch

from nnfast.arrays import aligned
from nnfast.benchmark.work import LIMIT, Work
from nnfast.kernel.builds import kernel_for
from nnfast.network import DTYPES

ROWS = [64, 256, 1024]
LAYERS = [(784, 200), (784, 800), (2500, 2000)]
# About as many terms as take some milliseconds.
TERMS_PER_ROUND = 200_000_000
NO_SETTINGS = dict.fromkeys(
    (
        "optimizer",
        "loss",
        "gradient",
        "decay",
        "momentum",
        "nesterov",
        "beta1",
        "beta2",
        "epsilon",
        "dropout",
        "input_dropout",
        "seed",
    ),
    0,
)


def nnfast_product(inputs: np.ndarray, weights: np.ndarray, outputs: np.ndarray) -> Work:
    """Return the kernel's product."""
    kernel = kernel_for(inputs.dtype.name)
    identity = kernel.ACTIVATIONS.index("identity")
    layer = kernel.Kernel([weights], [], [], None, [identity], NO_SETTINGS)
    return Work(lambda: layer.predict(inputs, outputs, 0, len(inputs)), len(inputs))


def numpy_product(inputs: np.ndarray, weights: np.ndarray, outputs: np.ndarray) -> Work:
    """Return NumPy's product, which is that of its BLAS."""
    return Work(lambda: np.matmul(inputs, weights, out=outputs), len(inputs))


def register_product(inputs: np.ndarray, weights: np.ndarray, outputs: np.ndarray) -> Work:
    """Return as many multiplications and additions, on registers alone."""
    multiply = kernel_for(inputs.dtype.name).multiply_on_registers
    return Work(lambda: multiply(len(inputs) * weights.size), len(inputs))


PRODUCTS = {"nnfast": nnfast_product, "NumPy": numpy_product, LIMIT: register_product}


@pytest.mark.parametrize("peer", PRODUCTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: "x".join(map(str, layer)))
def test_product(
    stopwatch: Stopwatch, layer: tuple[int, int], rows: int, dtype: str, peer: str
) -> None:
    """Many examples times a layer's weights; the time is per example."""
    fan_in, fan_out = (20, 30) if stopwatch.quick else layer
    rng = np.random.default_rng(0)
    inputs = rng.random((rows, fan_in)).astype(dtype)
    weights = aligned((fan_in, fan_out), dtype)
    weights[...] = rng.normal(size=(fan_in, fan_out))
    outputs = np.empty((rows, fan_out), dtype)
    product = PRODUCTS[peer](inputs, weights, outputs)
    product.run()
    if peer != LIMIT:
        assert np.allclose(outputs, inputs @ weights, rtol=1e-3, atol=1e-3)
    calls = 1 if stopwatch.quick else max(1, TERMS_PER_ROUND // (rows * weights.size))

    def run() -> None:
        for _ in range(calls):
            product.run()

    case = f"{rows} x {layer[0]} x {layer[1]}"
    work = Work(run, calls * rows)
    stopwatch.time(work, question="products", case=case, dtype=dtype, peer=peer)
