"""How far two right programs may differ: a bound on rounding, derived for every number compared.

Two programs that compute the same formulas may add in another order, place their brackets
otherwise, and take exp from another library. Each result then has an error of its own, and they
differ by at most the sum of both. The bounds below are for one program; `tolerances` doubles them.

With u = 2**-53, one operation has a relative error of at most u. From the numbers themselves:

    a sum of n terms      (n u) * (the sum of all |terms|), in whatever order
    a sigmoid             (1/4) * (the error of its signal), since its slope is at most 1/4, and
                          10 u of its value: exp may be 4 ulp off, which is 8 u (the C libraries,
                          NumPy and the oracle stay below), then an addition and a division
    a product             |a| * (the error of b) + |b| * (the error of a), and u of its value

Terms of the order u**2 are left out: they are 10**15 times smaller. A result in float32, or one
that was rounded for printing, is a million times outside these bounds; a slip, much farther.
"""

from typing import Any

from nnref.checking.formulas import Numbers, transposed
from nnref.common.types import Matrix, Vector

U = 2.0**-53
OF_SIGMOID = 10 * U

Errors = dict[str, Any]


def tolerances(right: Numbers, rule: str) -> Errors:
    """Return by how much another right program's numbers may differ, in the shape of each."""
    errors = _forward(right)
    errors |= _backward(right, errors, rule)
    for layer, weights, flow in (
        ("output", "weights_hidden_output", errors["hidden_outputs"]),
        ("hidden", "weights_input_hidden", [0.0] * len(right["inputs"])),
    ):
        errors[f"new_{weights}"] = _update(right, layer, weights, errors[f"{layer}_deltas"], flow)
    errors["sigmoid"] = OF_SIGMOID * right["sigmoid"]
    return {name: _doubled(error) for name, error in errors.items()}


def _doubled(error: Any) -> Any:
    return [_doubled(one) for one in error] if isinstance(error, list) else 2.0 * error


def _forward(right: Numbers) -> Errors:
    exact = [0.0] * len(right["inputs"])
    hidden_inputs = _sums(right["inputs"], exact, right["weights_input_hidden"])
    hidden_outputs = _sigmoids(right["hidden_outputs"], hidden_inputs)
    final_inputs = _sums(right["hidden_outputs"], hidden_outputs, right["weights_hidden_output"])
    return {
        "hidden_inputs": hidden_inputs,
        "hidden_outputs": hidden_outputs,
        "final_inputs": final_inputs,
        "final_outputs": _sigmoids(right["final_outputs"], final_inputs),
    }


def _sums(values: Vector, errors: Vector, weights: Matrix) -> Vector:
    """Return the errors of each neuron's weighted sum; a product counts as one more term."""
    n = len(values) + 1
    return [
        sum(
            abs(w) * error + n * U * abs(x * w)
            for x, error, w in zip(values, errors, column, strict=True)
        )
        for column in transposed(weights)
    ]


def _sigmoids(outputs: Vector, errors: Vector) -> Vector:
    return [error / 4 + OF_SIGMOID * o for o, error in zip(outputs, errors, strict=True)]


def _backward(right: Numbers, errors: Errors, rule: str) -> Errors:
    output_errors = [
        error + U * abs(e)
        for e, error in zip(right["output_errors"], errors["final_outputs"], strict=True)
    ]
    output_deltas = _deltas(right, "output", output_errors, errors["final_outputs"])
    sent_back = output_errors if rule == "split" else output_deltas
    hidden_errors = _sums(right["sent_back"], sent_back, transposed(right["weights_hidden_output"]))
    return {
        "output_errors": output_errors,
        "output_deltas": output_deltas,
        "hidden_errors": hidden_errors,
        "hidden_deltas": _deltas(right, "hidden", hidden_errors, errors["hidden_outputs"]),
    }


def _deltas(right: Numbers, layer: str, errors: Vector, of_outputs: Vector) -> Vector:
    """Return the errors of e * o * (1 - o): d(o (1 - o)) is at most do, and 4 operations."""
    return [
        slope * error + abs(e) * of_output + 4 * U * abs(e * slope)
        for e, slope, error, of_output in zip(
            right[f"{layer}_errors"], right[f"{layer}_slopes"], errors, of_outputs, strict=True
        )
    ]


def _update(right: Numbers, layer: str, weights: str, deltas: Vector, flow: Vector) -> Matrix:
    """Return the errors of w + lr * delta * x: two products and an addition."""
    lr = right["lr"]
    return [
        [
            lr * (abs(x) * of_delta + abs(delta) * of_x)
            + 2 * U * abs(lr * delta * x)
            + U * (abs(w) + abs(lr * delta * x))
            for w, delta, of_delta in zip(row, right[f"{layer}_deltas"], deltas, strict=True)
        ]
        for row, x, of_x in zip(right[weights], right[f"{layer}_flow"], flow, strict=True)
    ]
