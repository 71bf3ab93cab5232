# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Sixteen updates at once: the weights wait for a block of examples, not for one."""

import numpy as np

from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #if defined(_MSC_VER)
    typedef float *__restrict vector;
    #else
    typedef float *restrict vector;
    #endif
    """
    ctypedef float *vector

cdef enum:
    BLOCK = 16  # examples

cdef float LN2_HIGH = float.fromhex("0x1.62e4p-1")
cdef float LN2_LOW = float.fromhex("0x1.7f7d1cp-20")
cdef float LOG2_E = float.fromhex("0x1.715476p+0")
cdef float TO_WHOLE = float.fromhex("0x1.8p+23")
# A literal would turn the computation around it into one in float64.
cdef float ONE = 1.0, HALF = 0.5, BIAS = 127.0, LOWEST = -104.0, HIGHEST = 89.0
cdef float C3 = 1.0 / 6.0, C4 = 1.0 / 24.0, C5 = 1.0 / 120.0, C6 = 1.0 / 720.0, C7 = 1.0 / 5040.0


cdef inline float two_to(float k) noexcept:
    """Return 2**k for a whole k from -126 to 127: k + 127, written where the exponent stands."""
    cdef float shifted = k + (TO_WHOLE + BIAS), power
    cdef uint32_t bits
    memcpy(&bits, &shifted, sizeof(float))
    bits = bits << 23
    memcpy(&power, &bits, sizeof(float))
    return power


cdef inline float exp(float x) noexcept:
    """Return e to the power x, by fewer terms than in float64: there is no place for the others."""
    cdef float k, high, low, r, r2, tail, rest, half
    x = LOWEST if x < LOWEST else x
    x = HIGHEST if x > HIGHEST else x
    k = (x * LOG2_E + TO_WHOLE) - TO_WHOLE
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    r2 = r * r
    tail = ((HALF + r * C3) + r2 * (C4 + r * C5)) + r2 * r2 * (C6 + r * C7)
    rest = high + (r2 * tail - low)
    half = (k * HALF + TO_WHOLE) - TO_WHOLE
    return (ONE + rest) * two_to(half) * two_to(k - half)


cdef void activate(vector signals, vector outputs, Py_ssize_t width) noexcept:
    """outputs[j] = sigmoid(signals[j])."""
    cdef Py_ssize_t j
    for j in range(width):
        outputs[j] = ONE / (ONE + exp(-signals[j]))


cdef void add_product(
    vector a, vector b, vector c, Py_ssize_t rows, Py_ssize_t terms, Py_ssize_t width
) noexcept:
    """c[r][j] += the sum over k of a[r][k] * b[k][j]: all rows of c have four rows of b in turn."""
    cdef Py_ssize_t r, k, j, whole = terms - terms % 4
    cdef vector sums, b0, b1, b2, b3
    cdef float a0, a1, a2, a3
    for k in range(0, whole, 4):
        b0 = b + k * width
        b1, b2, b3 = b0 + width, b0 + 2 * width, b0 + 3 * width
        for r in range(rows):
            sums = c + r * width
            a0, a1 = a[r * terms + k], a[r * terms + k + 1]
            a2, a3 = a[r * terms + k + 2], a[r * terms + k + 3]
            for j in range(width):
                sums[j] = (((sums[j] + a0 * b0[j]) + a1 * b1[j]) + a2 * b2[j]) + a3 * b3[j]
    for k in range(whole, terms):
        b0 = b + k * width
        for r in range(rows):
            sums, a0 = c + r * width, a[r * terms + k]
            for j in range(width):
                sums[j] = sums[j] + a0 * b0[j]


cdef void transpose(vector matrix, vector transposed, Py_ssize_t rows, Py_ssize_t width) noexcept:
    """transposed[j][r] = matrix[r][j]."""
    cdef Py_ssize_t r, j
    for r in range(rows):
        for j in range(width):
            transposed[j * rows + r] = matrix[r * width + j]


cdef void split(
    vector errors, vector weights, vector recombined, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept:
    """recombined[j] = the sum over k of weights[j][k] * errors[k]."""
    cdef Py_ssize_t j, k
    cdef vector row
    cdef float total
    for j in range(fan_in):
        row, total = weights + j * fan_out, 0.0
        for k in range(fan_out):
            total = total + row[k] * errors[k]
        recombined[j] = total


cdef void find_steps(
    float lr, vector errors, vector outputs, vector steps, Py_ssize_t width
) noexcept:
    """steps[j] = lr * (errors[j] * (outputs[j] * (1 - outputs[j])))."""
    cdef Py_ssize_t j
    for j in range(width):
        steps[j] = lr * (errors[j] * (outputs[j] * (ONE - outputs[j])))


def fit(
    const float[:, ::1] inputs,
    const float[:, ::1] targets,
    float[:, ::1] weights_input_hidden,
    float[:, ::1] weights_hidden_output,
    float lr,
):
    """Make one update of the weights per example, and move the first layer's once a block."""
    cdef Py_ssize_t inodes = weights_input_hidden.shape[0]
    cdef Py_ssize_t hnodes = weights_hidden_output.shape[0], onodes = weights_hidden_output.shape[1]
    cdef Py_ssize_t start, count, t, i, k
    cdef float[:, ::1] signals = np.empty((BLOCK, hnodes), np.float32)
    cdef float[:, ::1] steps = np.empty((BLOCK, hnodes), np.float32)
    cdef float[:, ::1] columns = np.empty((inodes, BLOCK), np.float32)
    cdef float[:, ::1] products = np.empty((BLOCK, BLOCK), np.float32)
    cdef float[:, ::1] hidden = np.empty((2, hnodes), np.float32)
    cdef float[:, ::1] final = np.empty((4, onodes), np.float32)
    cdef float *hidden_signals = &signals[0, 0]
    cdef float *hidden_steps = &steps[0, 0]
    cdef float *transposed = &columns[0, 0]
    cdef float *overlaps = &products[0, 0]
    cdef float *hidden_outputs = &hidden[0, 0]
    cdef float *hidden_errors = &hidden[1, 0]
    cdef float *final_signals = &final[0, 0]
    cdef float *final_outputs = &final[1, 0]
    cdef float *output_errors = &final[2, 0]
    cdef float *final_steps = &final[3, 0]
    cdef float *weights_ih = &weights_input_hidden[0, 0]
    cdef float *weights_ho = &weights_hidden_output[0, 0]
    cdef float *block
    for start in range(0, inputs.shape[0], BLOCK):
        count = min(BLOCK, inputs.shape[0] - start)
        block = <float *> &inputs[start, 0]
        # What the weights before the block make of all its examples; and each example with each.
        memset(hidden_signals, 0, count * hnodes * sizeof(float))
        add_product(block, weights_ih, hidden_signals, count, inodes, hnodes)
        transpose(block, transposed, count, inodes)
        memset(overlaps, 0, count * count * sizeof(float))
        add_product(block, transposed, overlaps, count, inodes, count)
        for t in range(count):
            # What the examples before this one would have changed in the weights.
            add_product(
                overlaps + t * count, hidden_steps, hidden_signals + t * hnodes, 1, t, hnodes
            )
            activate(hidden_signals + t * hnodes, hidden_outputs, hnodes)
            memset(final_signals, 0, onodes * sizeof(float))
            add_product(hidden_outputs, weights_ho, final_signals, 1, hnodes, onodes)
            activate(final_signals, final_outputs, onodes)
            for k in range(onodes):
                output_errors[k] = targets[start + t, k] - final_outputs[k]
            split(output_errors, weights_ho, hidden_errors, hnodes, onodes)
            find_steps(lr, output_errors, final_outputs, final_steps, onodes)
            find_steps(lr, hidden_errors, hidden_outputs, hidden_steps + t * hnodes, hnodes)
            add_product(hidden_outputs, final_steps, weights_ho, hnodes, 1, onodes)
        # All moves, in one pass over the weights: 16 rows of them stay in the first cache.
        for i in range(0, inodes, BLOCK):
            add_product(
                transposed + i * count, hidden_steps, weights_ih + i * hnodes,
                min(BLOCK, inodes - i), count, hnodes,
            )
