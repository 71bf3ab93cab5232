"""Lists become arrays: the numbers lie side by side, and a weight is found without an object."""

import numpy as np

from libc.math cimport ldexp

cdef double LN2_HIGH = float.fromhex("0x1.62e42feep-1")
cdef double LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
cdef double LOG2_E = float.fromhex("0x1.71547652b82fep+0")
cdef double TO_WHOLE = float.fromhex("0x1.8p+52")


cdef double exp(double x):
    """Return e to the power x, by the definition in nnref/functions.py."""
    cdef double k, high, low, r, r2, r4, tail, rest, half
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
    return (1.0 + rest) * ldexp(1.0, <int> half) * ldexp(1.0, <int> (k - half))


cdef activate(double[::1] signals, double[::1] outputs):
    """outputs[j] = sigmoid(signals[j])."""
    cdef Py_ssize_t j
    for j in range(signals.shape[0]):
        outputs[j] = 1.0 / (1.0 + exp(-signals[j]))


cdef weighted_sums(const double[::1] inputs, double[:, ::1] weights, double[::1] sums):
    """sums[j] = the sum over i of inputs[i] * weights[i][j]."""
    cdef Py_ssize_t i, j
    cdef double total
    for j in range(sums.shape[0]):
        total = 0.0
        for i in range(inputs.shape[0]):
            total = total + inputs[i] * weights[i, j]
        sums[j] = total


cdef split(double[::1] errors, double[:, ::1] weights, double[::1] recombined):
    """recombined[j] = the sum over k of weights[j][k] * errors[k]."""
    cdef Py_ssize_t j, k
    cdef double total
    for j in range(recombined.shape[0]):
        total = 0.0
        for k in range(errors.shape[0]):
            total = total + weights[j, k] * errors[k]
        recombined[j] = total


cdef find_steps(double lr, double[::1] errors, double[::1] outputs, double[::1] steps):
    """steps[j] = lr * (errors[j] * (outputs[j] * (1 - outputs[j])))."""
    cdef Py_ssize_t j
    for j in range(steps.shape[0]):
        steps[j] = lr * (errors[j] * (outputs[j] * (1.0 - outputs[j])))


cdef move(double[:, ::1] weights, const double[::1] inputs, double[::1] steps):
    """weights[i][j] += inputs[i] * steps[j]."""
    cdef Py_ssize_t i, j
    for j in range(steps.shape[0]):
        for i in range(inputs.shape[0]):
            weights[i, j] = weights[i, j] + inputs[i] * steps[j]


def fit(
    const double[:, ::1] inputs,
    const double[:, ::1] targets,
    double[:, ::1] weights_input_hidden,
    double[:, ::1] weights_hidden_output,
    double lr,
):
    """Make one update of the weights per example."""
    cdef Py_ssize_t hnodes = weights_hidden_output.shape[0], onodes = weights_hidden_output.shape[1]
    cdef Py_ssize_t example, k
    cdef double[::1] hidden_signals = np.empty(hnodes), final_signals = np.empty(onodes)
    cdef double[::1] hidden_outputs = np.empty(hnodes), final_outputs = np.empty(onodes)
    cdef double[::1] hidden_errors = np.empty(hnodes), output_errors = np.empty(onodes)
    cdef double[::1] hidden_steps = np.empty(hnodes), final_steps = np.empty(onodes)
    for example in range(inputs.shape[0]):
        weighted_sums(inputs[example], weights_input_hidden, hidden_signals)
        activate(hidden_signals, hidden_outputs)
        weighted_sums(hidden_outputs, weights_hidden_output, final_signals)
        activate(final_signals, final_outputs)
        for k in range(onodes):
            output_errors[k] = targets[example, k] - final_outputs[k]
        split(output_errors, weights_hidden_output, hidden_errors)
        find_steps(lr, output_errors, final_outputs, final_steps)
        find_steps(lr, hidden_errors, hidden_outputs, hidden_steps)
        move(weights_hidden_output, hidden_outputs, final_steps)
        move(weights_input_hidden, inputs[example], hidden_steps)
