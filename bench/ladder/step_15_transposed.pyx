# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Hidden errors go along a transposed copy of the weights, and rows fill whole registers."""

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
    #define CACHE_LINE 64
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
        CACHE_LINE
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
    cdef Py_ssize_t i, j
    cdef vector row
    cdef double x
    for j in range(fan_out):
        sums[j] = 0.0
    for i in range(fan_in):
        row, x = weights + i * fan_out, inputs[i]
        for j in range(fan_out):
            sums[j] = sums[j] + x * row[j]


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


def room(rows, width):
    """Return zeros from the start of a cache line on, in rows of whole registers."""
    row = (width + LANES - 1) // LANES * LANES
    numbers = np.zeros(rows * row + LANES)
    first = (CACHE_LINE - numbers.ctypes.data % CACHE_LINE) // numbers.itemsize
    return numbers[first : first + rows * row].reshape(rows, row)


def padded(weights):
    """Return a copy in such rows."""
    rows, width = weights.shape
    copy = room(rows, width)
    copy[:, :width] = weights
    return copy


def fit(
    const double[:, ::1] inputs,
    const double[:, ::1] targets,
    double[:, ::1] weights_input_hidden,
    double[:, ::1] weights_hidden_output,
    double lr,
):
    """Make one update of the weights per example.

    What lies beyond the last neuron of a row is worked out too, and is nobody's.
    """
    cdef Py_ssize_t inodes = weights_input_hidden.shape[0]
    cdef Py_ssize_t hnodes = weights_hidden_output.shape[0], onodes = weights_hidden_output.shape[1]
    cdef bint copied = hnodes % LANES != 0
    cdef double[:, ::1] input_hidden = (
        padded(weights_input_hidden) if copied else weights_input_hidden
    )
    cdef double[:, ::1] hidden_output = padded(weights_hidden_output)
    cdef double[:, ::1] output_hidden = padded(weights_hidden_output.T)
    cdef Py_ssize_t hidden_row = input_hidden.shape[1], final_row = hidden_output.shape[1]
    cdef Py_ssize_t example, k
    cdef double[:, ::1] hidden = room(5, hidden_row), final = room(4, final_row)
    cdef double *hidden_signals = &hidden[0, 0]
    cdef double *hidden_outputs = &hidden[1, 0]
    cdef double *hidden_errors = &hidden[2, 0]
    cdef double *hidden_steps = &hidden[3, 0]
    cdef double *old_outputs = &hidden[4, 0]
    cdef double *final_signals = &final[0, 0]
    cdef double *final_outputs = &final[1, 0]
    cdef double *output_errors = &final[2, 0]
    cdef double *final_steps = &final[3, 0]
    cdef double *weights_ih = &input_hidden[0, 0]
    cdef double *weights_ho = &hidden_output[0, 0]
    cdef double *weights_oh = &output_hidden[0, 0]
    cdef double *row = NULL
    cdef double *old_row
    cdef bint backwards
    for example in range(inputs.shape[0]):
        backwards = example % 2 == 1
        old_row, row = row, <double *> &inputs[example, 0]
        old_outputs, hidden_outputs = hidden_outputs, old_outputs
        if example == 0:
            weighted_sums(row, weights_ih, hidden_signals, inodes, hidden_row)
        else:
            move_and_sum(
                weights_ih, old_row, hidden_steps, row, hidden_signals, inodes, hidden_row,
                backwards,
            )
        activate(hidden_signals, hidden_outputs, hidden_row)
        if example == 0:
            weighted_sums(hidden_outputs, weights_ho, final_signals, hnodes, final_row)
        else:
            move_and_sum(
                weights_ho, old_outputs, final_steps, hidden_outputs, final_signals, hnodes,
                final_row, backwards,
            )
        activate(final_signals, final_outputs, final_row)
        for k in range(onodes):
            output_errors[k] = targets[example, k] - final_outputs[k]
        # A weight moves by output * step above, and by step * output here: the same number.
        if example == 0:
            weighted_sums(output_errors, weights_oh, hidden_errors, onodes, hidden_row)
        else:
            move_and_sum(
                weights_oh, final_steps, old_outputs, output_errors, hidden_errors, onodes,
                hidden_row, backwards,
            )
        find_steps(lr, output_errors, final_outputs, final_steps, final_row)
        find_steps(lr, hidden_errors, hidden_outputs, hidden_steps, hidden_row)
    if row != NULL:
        move(weights_ho, hidden_outputs, final_steps, hnodes, final_row)
        move(weights_ih, row, hidden_steps, inodes, hidden_row)
    if copied:
        weights_input_hidden[:, :] = input_hidden[:, :hnodes]
    weights_hidden_output[:, :] = hidden_output[:, :onodes]
