"""Variables have types: indices and numbers are the machine's own; the lists stay lists."""

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


cdef activate(list signals, list outputs):
    """outputs[j] = sigmoid(signals[j])."""
    cdef Py_ssize_t j
    for j in range(len(signals)):
        outputs[j] = 1.0 / (1.0 + exp(-signals[j]))


cdef weighted_sums(list inputs, list weights, list sums):
    """sums[j] = the sum over i of inputs[i] * weights[i][j]."""
    cdef Py_ssize_t i, j
    cdef double total, x, w
    for j in range(len(sums)):
        total = 0.0
        for i in range(len(inputs)):
            x, w = inputs[i], (<list> weights[i])[j]
            total = total + x * w
        sums[j] = total


cdef split(list errors, list weights, list recombined):
    """recombined[j] = the sum over k of weights[j][k] * errors[k]."""
    cdef Py_ssize_t j, k
    cdef double total, w, error
    for j in range(len(recombined)):
        total = 0.0
        for k in range(len(errors)):
            w, error = (<list> weights[j])[k], errors[k]
            total = total + w * error
        recombined[j] = total


cdef find_steps(double lr, list errors, list outputs, list steps):
    """steps[j] = lr * (errors[j] * (outputs[j] * (1 - outputs[j])))."""
    cdef Py_ssize_t j
    cdef double error, output
    for j in range(len(steps)):
        error, output = errors[j], outputs[j]
        steps[j] = lr * (error * (output * (1.0 - output)))


cdef move(list weights, list inputs, list steps):
    """weights[i][j] += inputs[i] * steps[j]."""
    cdef Py_ssize_t i, j
    cdef double w, x, step
    cdef list row
    for j in range(len(steps)):
        for i in range(len(inputs)):
            row = weights[i]
            w, x, step = row[j], inputs[i], steps[j]
            row[j] = w + x * step


def fit(
    list inputs, list targets, list weights_input_hidden, list weights_hidden_output, double lr
):
    """Make one update of the weights per example."""
    cdef Py_ssize_t hnodes = len(weights_hidden_output), onodes = len(weights_hidden_output[0])
    cdef Py_ssize_t example, k
    cdef double target, output
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
            target, output = targets[example][k], final_outputs[k]
            output_errors[k] = target - output
        split(output_errors, weights_hidden_output, hidden_errors)
        find_steps(lr, output_errors, final_outputs, final_steps)
        find_steps(lr, hidden_errors, hidden_outputs, hidden_steps)
        move(weights_hidden_output, hidden_outputs, final_steps)
        move(weights_input_hidden, inputs[example], hidden_steps)
