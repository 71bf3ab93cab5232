"""The main loop in plain Python, on lists, in the textbook's order: neuron by neuron."""

import math

Vector = list[float]
Matrix = list[Vector]

LN2_HIGH = float.fromhex("0x1.62e42feep-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
LOG2_E = float.fromhex("0x1.71547652b82fep+0")
TO_WHOLE = float.fromhex("0x1.8p+52")


def exp(x: float) -> float:
    """Return e to the power x, by the definition in nnref/functions.py."""
    if x < -746.0:
        x = -746.0
    if x > 710.0:
        x = 710.0
    if x != x:
        return x
    k = (x * LOG2_E + TO_WHOLE) - TO_WHOLE
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    r2 = r * r
    r4 = r2 * r2
    tail = ((1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0))) + r4 * (
        ((1.0 / 720.0 + r * (1.0 / 5040.0)) + r2 * (1.0 / 40320.0 + r * (1.0 / 362880.0)))
        + r4
        * (
            (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
            + r2 * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0))
        )
    )
    rest = high + (r2 * tail - low)
    half = (k * 0.5 + TO_WHOLE) - TO_WHOLE
    return (1.0 + rest) * math.ldexp(1.0, int(half)) * math.ldexp(1.0, int(k - half))


def activate(signals: Vector, outputs: Vector) -> None:
    """outputs[j] = sigmoid(signals[j])."""
    for j in range(len(signals)):
        outputs[j] = 1.0 / (1.0 + exp(-signals[j]))


def weighted_sums(inputs: Vector, weights: Matrix, sums: Vector) -> None:
    """sums[j] = the sum over i of inputs[i] * weights[i][j]."""
    for j in range(len(sums)):
        total = 0.0
        for i in range(len(inputs)):
            total = total + inputs[i] * weights[i][j]
        sums[j] = total


def split(errors: Vector, weights: Matrix, recombined: Vector) -> None:
    """recombined[j] = the sum over k of weights[j][k] * errors[k]."""
    for j in range(len(recombined)):
        total = 0.0
        for k in range(len(errors)):
            total = total + weights[j][k] * errors[k]
        recombined[j] = total


def find_steps(lr: float, errors: Vector, outputs: Vector, steps: Vector) -> None:
    """steps[j] = lr * (errors[j] * (outputs[j] * (1 - outputs[j])))."""
    for j in range(len(steps)):
        steps[j] = lr * (errors[j] * (outputs[j] * (1.0 - outputs[j])))


def move(weights: Matrix, inputs: Vector, steps: Vector) -> None:
    """weights[i][j] += inputs[i] * steps[j]."""
    for j in range(len(steps)):
        for i in range(len(inputs)):
            weights[i][j] = weights[i][j] + inputs[i] * steps[j]


def fit(
    inputs: Matrix,
    targets: Matrix,
    weights_input_hidden: Matrix,
    weights_hidden_output: Matrix,
    lr: float,
) -> None:
    """Make one update of the weights per example."""
    hnodes, onodes = len(weights_hidden_output), len(weights_hidden_output[0])
    hidden_signals, final_signals = [0.0] * hnodes, [0.0] * onodes
    hidden_outputs, final_outputs = [0.0] * hnodes, [0.0] * onodes
    hidden_errors, output_errors = [0.0] * hnodes, [0.0] * onodes
    hidden_steps, final_steps = [0.0] * hnodes, [0.0] * onodes
    for example in range(len(inputs)):
        weighted_sums(inputs[example], weights_input_hidden, hidden_signals)
        activate(hidden_signals, hidden_outputs)
        weighted_sums(hidden_outputs, weights_hidden_output, final_signals)
        activate(final_signals, final_outputs)
        for k in range(onodes):
            output_errors[k] = targets[example][k] - final_outputs[k]
        split(output_errors, weights_hidden_output, hidden_errors)
        find_steps(lr, output_errors, final_outputs, final_steps)
        find_steps(lr, hidden_errors, hidden_outputs, hidden_steps)
        move(weights_hidden_output, hidden_outputs, final_steps)
        move(weights_input_hidden, inputs[example], hidden_steps)
