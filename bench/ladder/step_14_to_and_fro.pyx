# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Every other example goes through the tiles in reverse, from what the cache still holds."""

import numpy as np

from libc.stdint cimport int64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(_MSC_VER)
    typedef double *__restrict vector;
    #else
    typedef double *restrict vector;
    #endif
    #if defined(__AVX512F__) && defined(__GNUC__)
    #include <string.h>
    /* Eight numbers in one register; arithmetic on it is the same operation on each of them. */
    #define LANES 8
    typedef double lanes __attribute__((vector_size(64)));
    /* So many sums and as many steps leave some of the 32 registers to work with. */
    #define WIDE 9
    /* Inlined where it is called, since only for a number of registers that the compiler knows does
       it keep them all. */
    static inline __attribute__((always_inline)) void move_and_sum_registers(
        double *weights, Py_ssize_t row, const double *old_inputs, const double *steps,
        const double *inputs, double *sums, Py_ssize_t fan_in, Py_ssize_t registers
    ) {
        lanes sum[WIDE], step[WIDE], w;
        for (Py_ssize_t t = 0; t < registers; t++) {
            memcpy(&step[t], steps + t * LANES, sizeof(lanes));
            sum[t] = (lanes) {0.0};
        }
        for (Py_ssize_t i = 0; i < fan_in; i++)
            for (Py_ssize_t t = 0; t < registers; t++) {
                memcpy(&w, weights + i * row + t * LANES, sizeof(lanes));
                w = w + old_inputs[i] * step[t];
                memcpy(weights + i * row + t * LANES, &w, sizeof(lanes));
                sum[t] = sum[t] + inputs[i] * w;
            }
        for (Py_ssize_t t = 0; t < registers; t++)
            memcpy(sums + t * LANES, &sum[t], sizeof(lanes));
    }
    static void move_and_sum_tile(
        double *weights, Py_ssize_t row, const double *old_inputs, const double *steps,
        const double *inputs, double *sums, Py_ssize_t fan_in, Py_ssize_t registers
    ) {
    #define TILE(n) \\
        case n: \\
            move_and_sum_registers(weights, row, old_inputs, steps, inputs, sums, fan_in, n); \\
            break;
        switch (registers) {
            TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9)
        }
    #undef TILE
    }
    #else
    #error "this step is for AVX-512, and for a compiler with GNU's vectors"
    #endif
    """
    ctypedef double *vector
    enum:
        LANES
        WIDE
    void move_and_sum_tile(
        double *weights, Py_ssize_t row, const double *old_inputs, const double *steps,
        const double *inputs, double *sums, Py_ssize_t fan_in, Py_ssize_t registers,
    ) noexcept

cdef double LN2_HIGH = float.fromhex("0x1.62e42feep-1")
cdef double LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
cdef double LOG2_E = float.fromhex("0x1.71547652b82fep+0")
cdef double TO_WHOLE = float.fromhex("0x1.8p+52")


cdef inline double two_to(double k) noexcept:
    """Return 2**k for a whole k from -1022 to 1023: k + 1023, written where the exponent stands."""
    cdef double shifted = k + (TO_WHOLE + 1023.0), power
    cdef int64_t bits
    memcpy(&bits, &shifted, sizeof(double))
    bits = bits << 52
    memcpy(&power, &bits, sizeof(double))
    return power


cdef inline double exp(double x) noexcept:
    """Return e to the power x, by the definition in nnref/functions.py."""
    cdef double k, high, low, r, r2, r4, tail, rest, half
    x = -746.0 if x < -746.0 else x
    x = 710.0 if x > 710.0 else x
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
    return (1.0 + rest) * two_to(half) * two_to(k - half)


cdef void activate(vector signals, vector outputs, Py_ssize_t width) noexcept:
    """outputs[j] = sigmoid(signals[j])."""
    cdef Py_ssize_t j
    for j in range(width):
        outputs[j] = 1.0 / (1.0 + exp(-signals[j]))


cdef void weighted_sums(
    vector inputs, vector weights, vector sums, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept:
    """sums[j] = the sum over i of inputs[i] * weights[i][j]."""
    cdef Py_ssize_t i, j, whole = fan_in - fan_in % 4
    cdef vector row0, row1, row2, row3
    cdef double x0, x1, x2, x3
    for j in range(fan_out):
        sums[j] = 0.0
    for i in range(0, whole, 4):
        row0 = weights + i * fan_out
        row1, row2, row3 = row0 + fan_out, row0 + 2 * fan_out, row0 + 3 * fan_out
        x0, x1, x2, x3 = inputs[i], inputs[i + 1], inputs[i + 2], inputs[i + 3]
        for j in range(fan_out):
            sums[j] = (((sums[j] + x0 * row0[j]) + x1 * row1[j]) + x2 * row2[j]) + x3 * row3[j]
    for i in range(whole, fan_in):
        row0, x0 = weights + i * fan_out, inputs[i]
        for j in range(fan_out):
            sums[j] = sums[j] + x0 * row0[j]


cdef void move_and_sum_rows(
    vector weights, vector old_inputs, vector steps, vector inputs, vector sums,
    Py_ssize_t fan_in, Py_ssize_t fan_out, Py_ssize_t width,
) noexcept:
    """move_and_sum for the first neurons of a layer, four rows in one pass."""
    cdef Py_ssize_t i, j, whole = fan_in - fan_in % 4
    cdef vector row0, row1, row2, row3
    cdef double x0, x1, x2, x3, old0, old1, old2, old3, w0, w1, w2, w3
    for j in range(width):
        sums[j] = 0.0
    for i in range(0, whole, 4):
        row0 = weights + i * fan_out
        row1, row2, row3 = row0 + fan_out, row0 + 2 * fan_out, row0 + 3 * fan_out
        old0, old1 = old_inputs[i], old_inputs[i + 1]
        old2, old3 = old_inputs[i + 2], old_inputs[i + 3]
        x0, x1, x2, x3 = inputs[i], inputs[i + 1], inputs[i + 2], inputs[i + 3]
        for j in range(width):
            w0 = row0[j] + old0 * steps[j]
            w1 = row1[j] + old1 * steps[j]
            w2 = row2[j] + old2 * steps[j]
            w3 = row3[j] + old3 * steps[j]
            row0[j], row1[j], row2[j], row3[j] = w0, w1, w2, w3
            sums[j] = (((sums[j] + x0 * w0) + x1 * w1) + x2 * w2) + x3 * w3
    for i in range(whole, fan_in):
        row0, x0, old0 = weights + i * fan_out, inputs[i], old_inputs[i]
        for j in range(width):
            w0 = row0[j] + old0 * steps[j]
            row0[j] = w0
            sums[j] = sums[j] + x0 * w0


cdef void move_and_sum(
    vector weights, vector old_inputs, vector steps, vector inputs, vector sums,
    Py_ssize_t fan_in, Py_ssize_t fan_out, bint backwards,
) noexcept:
    """move(weights, old_inputs, steps), then weighted_sums(inputs, weights, sums), in one pass."""
    cdef Py_ssize_t registers = fan_out // LANES, tiles = (registers + WIDE - 1) // WIDE
    cdef Py_ssize_t number, tile, first, j
    for number in range(tiles):
        tile = tiles - 1 - number if backwards else number
        first = registers * tile // tiles
        j = first * LANES
        move_and_sum_tile(
            weights + j, fan_out, old_inputs, steps + j, inputs, sums + j, fan_in,
            registers * (tile + 1) // tiles - first,
        )
    j = registers * LANES
    if j == fan_out:
        return
    move_and_sum_rows(
        weights + j, old_inputs, steps + j, inputs, sums + j, fan_in, fan_out, fan_out - j
    )


cdef void split(
    vector errors, vector weights, vector recombined, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept:
    """recombined[j] = the sum over k of weights[j][k] * errors[k]."""
    cdef Py_ssize_t j, k
    cdef vector row
    cdef double total
    for j in range(fan_in):
        row, total = weights + j * fan_out, 0.0
        for k in range(fan_out):
            total = total + row[k] * errors[k]
        recombined[j] = total


cdef void find_steps(
    double lr, vector errors, vector outputs, vector steps, Py_ssize_t width
) noexcept:
    """steps[j] = lr * (errors[j] * (outputs[j] * (1 - outputs[j])))."""
    cdef Py_ssize_t j
    for j in range(width):
        steps[j] = lr * (errors[j] * (outputs[j] * (1.0 - outputs[j])))


cdef void move(
    vector weights, vector inputs, vector steps, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept:
    """weights[i][j] += inputs[i] * steps[j]."""
    cdef Py_ssize_t i, j
    cdef vector row
    cdef double x
    for i in range(fan_in):
        row, x = weights + i * fan_out, inputs[i]
        for j in range(fan_out):
            row[j] = row[j] + x * steps[j]


def fit(
    const double[:, ::1] inputs,
    const double[:, ::1] targets,
    double[:, ::1] weights_input_hidden,
    double[:, ::1] weights_hidden_output,
    double lr,
):
    """Make one update of the weights per example."""
    cdef Py_ssize_t inodes = weights_input_hidden.shape[0]
    cdef Py_ssize_t hnodes = weights_hidden_output.shape[0], onodes = weights_hidden_output.shape[1]
    cdef Py_ssize_t example, k
    cdef double[:, ::1] hidden = np.empty((5, hnodes)), final = np.empty((4, onodes))
    cdef double *hidden_signals = &hidden[0, 0]
    cdef double *hidden_outputs = &hidden[1, 0]
    cdef double *hidden_errors = &hidden[2, 0]
    cdef double *hidden_steps = &hidden[3, 0]
    cdef double *old_outputs = &hidden[4, 0]
    cdef double *final_signals = &final[0, 0]
    cdef double *final_outputs = &final[1, 0]
    cdef double *output_errors = &final[2, 0]
    cdef double *final_steps = &final[3, 0]
    cdef double *weights_ih = &weights_input_hidden[0, 0]
    cdef double *weights_ho = &weights_hidden_output[0, 0]
    cdef double *row = NULL
    cdef double *old_row
    cdef bint backwards
    for example in range(inputs.shape[0]):
        backwards = example % 2 == 1
        old_row, row = row, <double *> &inputs[example, 0]
        old_outputs, hidden_outputs = hidden_outputs, old_outputs
        if example == 0:
            weighted_sums(row, weights_ih, hidden_signals, inodes, hnodes)
        else:
            move_and_sum(
                weights_ih, old_row, hidden_steps, row, hidden_signals, inodes, hnodes, backwards
            )
        activate(hidden_signals, hidden_outputs, hnodes)
        if example == 0:
            weighted_sums(hidden_outputs, weights_ho, final_signals, hnodes, onodes)
        else:
            move_and_sum(
                weights_ho, old_outputs, final_steps, hidden_outputs, final_signals, hnodes, onodes,
                backwards,
            )
        activate(final_signals, final_outputs, onodes)
        for k in range(onodes):
            output_errors[k] = targets[example, k] - final_outputs[k]
        split(output_errors, weights_ho, hidden_errors, hnodes, onodes)
        find_steps(lr, output_errors, final_outputs, final_steps, onodes)
        find_steps(lr, hidden_errors, hidden_outputs, hidden_steps, hnodes)
    if row != NULL:
        move(weights_ho, hidden_outputs, final_steps, hnodes, onodes)
        move(weights_ih, row, hidden_steps, inodes, hnodes)
