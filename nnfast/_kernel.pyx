"""The loops over a network's numbers: query, train, fit, back query.

The contract: the results are those of ``nnref``, bit for bit. So every sum starts from 0.0 (or from
a bias) and takes its terms in index order, with one multiplication and one addition a term, and
every formula keeps the oracle's operations in the oracle's order. What is free is which neurons are
worked on at once: the inner loops run over the neurons of a layer, whose weights for one input lie
side by side, and a vector register takes as many of them as fit without touching the order of any
sum.

The kernel knows arrays of numbers and nothing else. It checks their shapes, since it follows
pointers, and holds the GIL in no loop, but for a look at Ctrl-C in a large batch. It draws nothing,
prints nothing and knows no epochs.
"""

from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, NAN, fabs, sqrt
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <float.h>
    #include <stdint.h>
    #if FLT_EVAL_METHOD != 0
    #error "nnfast needs a compiler that computes in float64 where the source says double"
    #endif
    #if defined(_MSC_VER)
    #pragma fp_contract (off)
    #endif
    #if defined(__FAST_MATH__)
    #error "nnfast must not be built with -ffast-math: its results are defined to the last bit"
    #endif
    /* Numbers that no other pointer in the same function leads to: without this promise a compiler
       must check for overlap before it may work on several numbers at once. */
    #if defined(_MSC_VER)
    typedef double *__restrict vector;
    #else
    typedef double *restrict vector;
    #endif
    /* Several neurons side by side, in one register: arithmetic on a lanes is the same operation on
       each of its numbers. Where a compiler has no such type it is a double. */
    #include <string.h>
    #if !defined(__GNUC__) && !defined(__clang__)
    #define LANES 1
    #elif defined(__AVX512F__)
    #define LANES 8
    #elif defined(__AVX__)
    #define LANES 4
    #else
    #define LANES 2
    #endif
    #if LANES > 1
    typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
    #else
    typedef double lanes;
    #endif
    static inline lanes load(const double *from) {
        lanes loaded;
        memcpy(&loaded, from, sizeof(lanes));
        return loaded;
    }
    static inline void store(double *to, lanes stored) { memcpy(to, &stored, sizeof(lanes)); }
    /* A tile of sums is ROWS by COLUMNS registers, or online, where the steps take as many, WIDE:
       as many as there are, less some to work with. */
    #define WIDE 8
    #if defined(__AVX512F__)
    #define ROWS 8
    #define COLUMNS 3
    #else
    #define ROWS 4
    #define COLUMNS 3
    #endif
    #if defined(__GNUC__)
    #define INLINED static inline __attribute__((always_inline))
    #else
    #define INLINED static inline
    #endif
    /* add_product for rows by columns * LANES sums, which stay in registers all the while. In C,
       since it must be inlined wherever it is called: only for a number of rows and columns that
       the compiler knows does it give every sum a register. */
    INLINED void add_tile(
        const double *a, Py_ssize_t a_row, Py_ssize_t a_step, const double *b, Py_ssize_t b_step,
        double *c, Py_ssize_t c_row, Py_ssize_t terms, Py_ssize_t rows, Py_ssize_t columns
    ) {
        lanes sums[ROWS][COLUMNS], b_terms[COLUMNS];
        for (Py_ssize_t r = 0; r < rows; r++)
            for (Py_ssize_t t = 0; t < columns; t++)
                sums[r][t] = load(c + r * c_row + t * LANES);
        for (Py_ssize_t k = 0; k < terms; k++) {
            for (Py_ssize_t t = 0; t < columns; t++)
                b_terms[t] = load(b + k * b_step + t * LANES);
            for (Py_ssize_t r = 0; r < rows; r++) {
                double x = a[r * a_row + k * a_step];
                for (Py_ssize_t t = 0; t < columns; t++)
                    sums[r][t] = sums[r][t] + x * b_terms[t];
            }
        }
        for (Py_ssize_t r = 0; r < rows; r++)
            for (Py_ssize_t t = 0; t < columns; t++)
                store(c + r * c_row + t * LANES, sums[r][t]);
    }
    /* The same for one example online, whose weights are moved by the example before in passing. */
    INLINED void move_and_add_tile(
        double *weights, Py_ssize_t row, const double *old_inputs, const double *steps,
        const double *inputs, double *signals, Py_ssize_t fan_in, Py_ssize_t columns
    ) {
        lanes sums[WIDE], moves[WIDE];
        for (Py_ssize_t t = 0; t < columns; t++) {
            sums[t] = load(signals + t * LANES);
            moves[t] = load(steps + t * LANES);
        }
        for (Py_ssize_t i = 0; i < fan_in; i++) {
            double old = old_inputs[i], x = inputs[i];
            for (Py_ssize_t t = 0; t < columns; t++) {
                lanes w = load(weights + i * row + t * LANES) + old * moves[t];
                store(weights + i * row + t * LANES, w);
                sums[t] = sums[t] + x * w;
            }
        }
        for (Py_ssize_t t = 0; t < columns; t++)
            store(signals + t * LANES, sums[t]);
    }
    #define LN2_HIGH 0x1.62e42feep-1
    #define LN2_LOW 0x1.a39ef35793c76p-33
    #define LOG2_E 0x1.71547652b82fep+0
    #define TO_WHOLE 0x1.8p+52
    #define EXP_LOWEST -746.0
    #define EXP_HIGHEST 710.0
    #define SQRT_HALF 0x1.6a09e667f3bcdp-1
    #define SMALLEST_NORMAL 0x1p-1022
    #define TWO_TO_54 0x1p54
    #define MANTISSA_BITS ((int64_t) 0x000fffffffffffff)
    #define EXPONENT_OF_ONE_HALF ((int64_t) 0x3fe0000000000000)
    """
    ctypedef double *vector
    enum:
        LANES
        ROWS
        COLUMNS
        WIDE
    void add_tile(
        const double *a, Py_ssize_t a_row, Py_ssize_t a_step, const double *b, Py_ssize_t b_step,
        double *c, Py_ssize_t c_row, Py_ssize_t terms, Py_ssize_t rows, Py_ssize_t columns,
    ) noexcept nogil
    void move_and_add_tile(
        double *weights, Py_ssize_t row, const double *old_inputs, const double *steps,
        const double *inputs, double *signals, Py_ssize_t fan_in, Py_ssize_t columns,
    ) noexcept nogil
    const double LN2_HIGH
    const double LN2_LOW
    const double LOG2_E
    const double TO_WHOLE
    const double EXP_LOWEST
    const double EXP_HIGHEST
    const double DBL_MAX
    const double SQRT_HALF
    const double SMALLEST_NORMAL
    const double TWO_TO_54
    const int64_t MANTISSA_BITS
    const int64_t EXPONENT_OF_ONE_HALF


# The functions of nnref/functions.py, operation by operation, without a branch or a call that would
# keep a compiler from working on several numbers at once.

cdef inline double two_to(double k) noexcept nogil:
    """Return 2**k for a whole k from -1022 to 1023: k + 1023, written where the exponent stands."""
    cdef double shifted = k + (TO_WHOLE + 1023.0)
    cdef int64_t bits
    cdef double result
    memcpy(&bits, &shifted, sizeof(double))
    bits = bits << 52
    memcpy(&result, &bits, sizeof(double))
    return result


cdef inline double reduced(double x, double *k) noexcept nogil:
    """Return a rest, and set a whole k, such that e**x = 2**k (1 + rest)."""
    cdef double high, low, r, r2, r4, tail
    k[0] = (x * LOG2_E + TO_WHOLE) - TO_WHOLE
    high = x - k[0] * LN2_HIGH
    low = k[0] * LN2_LOW
    r = high - low
    r2 = r * r
    r4 = r2 * r2
    tail = ((1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0))) + r4 * (
        ((1.0 / 720.0 + r * (1.0 / 5040.0)) + r2 * (1.0 / 40320.0 + r * (1.0 / 362880.0)))
        + r4 * (
            (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
            + r2 * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0))
        )
    )
    return high + (r2 * tail - low)


cdef inline double exp_of(double x) noexcept nogil:
    cdef double k, half, rest
    x = EXP_LOWEST if x < EXP_LOWEST else x
    x = EXP_HIGHEST if x > EXP_HIGHEST else x
    rest = reduced(x, &k)
    half = (k * 0.5 + TO_WHOLE) - TO_WHOLE
    return (1.0 + rest) * two_to(half) * two_to(k - half)


cdef inline double tanh_of(double x) noexcept nogil:
    cdef double k, rest, scale, t
    x = -20.0 if x < -20.0 else x
    x = 20.0 if x > 20.0 else x
    rest = reduced(2.0 * x, &k)
    scale = two_to(k)
    t = scale * rest + (scale - 1.0)
    return t / (t + 2.0)


cdef inline double log_of(double x) noexcept nogil:
    cdef int64_t bits
    cdef double k, m, f, s, z, z2, z4, tail, half_square
    if x < 0.0:
        return NAN
    if x == 0.0:
        return -INFINITY
    if x == INFINITY or x != x:
        return x
    k = 0.0
    if x < SMALLEST_NORMAL:
        x = x * TWO_TO_54
        k = -54.0
    memcpy(&bits, &x, sizeof(double))
    k = k + <double> ((bits >> 52) - 1022)
    bits = (bits & MANTISSA_BITS) | EXPONENT_OF_ONE_HALF
    memcpy(&m, &bits, sizeof(double))
    if m < SQRT_HALF:
        m = 2.0 * m
        k = k - 1.0
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    tail = z * (
        ((2.0 / 3.0 + z * (2.0 / 5.0)) + z2 * (2.0 / 7.0 + z * (2.0 / 9.0)))
        + z4
        * (
            ((2.0 / 11.0 + z * (2.0 / 13.0)) + z2 * (2.0 / 15.0 + z * (2.0 / 17.0)))
            + z4 * ((2.0 / 19.0 + z * (2.0 / 21.0)) + z2 * (2.0 / 23.0))
        )
    )
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + tail) + k * LN2_LOW)) - f)


cdef inline double sigmoid_of(double x) noexcept nogil:
    return 1.0 / (1.0 + exp_of(-x))


cdef inline double relu_of(double x) noexcept nogil:
    return 0.0 if x <= 0.0 else x


cdef inline double logit_of(double y) noexcept nogil:
    return log_of(y / (1.0 - y))


cdef inline double artanh_of(double y) noexcept nogil:
    return 0.5 * log_of((1.0 + y) / (1.0 - y))


def exp(const double[::1] x, double[::1] out):
    """Write e**x to out, number by number: the exp that the kernel uses, for the tests."""
    check_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = exp_of(x[i])


def log(const double[::1] x, double[::1] out):
    """Write log(x) to out, number by number: the log that the kernel uses, for the tests."""
    check_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = log_of(x[i])


def tanh(const double[::1] x, double[::1] out):
    """Write tanh(x) to out, number by number: the tanh that the kernel uses, for the tests."""
    check_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = tanh_of(x[i])


# The functions of a layer of neurons, as in nnref/neurons.py. Codes, since the kernel knows only
# numbers; ACTIVATIONS gives them their names.

cdef enum:
    SIGMOID = 0
    TANH = 1
    RELU = 2
    IDENTITY = 3
    SOFTMAX = 4

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity", "softmax")


cdef double shifted_exponentials(
    vector signals, vector exponentials, double *largest, Py_ssize_t width
) noexcept nogil:
    """exponentials[k] = e**(signals[k] - the largest signal); return their sum."""
    cdef Py_ssize_t k
    cdef double total = 0.0
    largest[0] = signals[0]
    for k in range(width):
        if signals[k] > largest[0]:
            largest[0] = signals[k]
    for k in range(width):
        exponentials[k] = exp_of(signals[k] - largest[0])
    for k in range(width):
        total = total + exponentials[k]
    return total


cdef void activate(int activation, vector signals, vector outputs, Py_ssize_t width) noexcept nogil:
    """outputs = the activation of signals."""
    cdef Py_ssize_t j
    cdef double total, largest
    if activation == SIGMOID:
        for j in range(width):
            outputs[j] = sigmoid_of(signals[j])
    elif activation == TANH:
        for j in range(width):
            outputs[j] = tanh_of(signals[j])
    elif activation == RELU:
        for j in range(width):
            outputs[j] = relu_of(signals[j])
    elif activation == SOFTMAX:
        total = shifted_exponentials(signals, outputs, &largest, width)
        for j in range(width):
            outputs[j] = outputs[j] / total
    else:
        memcpy(outputs, signals, width * sizeof(double))


cdef void times_slope(
    int activation, vector outputs, vector errors, vector deltas, Py_ssize_t width
) noexcept nogil:
    """deltas[j] = errors[j] * the slope of neuron j, from its output."""
    cdef Py_ssize_t j
    cdef double shared = 0.0
    if activation == SIGMOID:
        for j in range(width):
            deltas[j] = errors[j] * (outputs[j] * (1.0 - outputs[j]))
    elif activation == TANH:
        for j in range(width):
            deltas[j] = errors[j] * (1.0 - outputs[j] * outputs[j])
    elif activation == RELU:
        for j in range(width):
            deltas[j] = 0.0 if outputs[j] <= 0.0 else errors[j]
    elif activation == SOFTMAX:
        for j in range(width):
            shared = shared + errors[j] * outputs[j]
        for j in range(width):
            deltas[j] = outputs[j] * (errors[j] - shared)
    else:
        memcpy(deltas, errors, width * sizeof(double))


cdef void signals_for(
    int activation, vector outputs, vector signals, Py_ssize_t width
) noexcept nogil:
    """signals = what the activation turns into outputs."""
    cdef Py_ssize_t j
    for j in range(width):
        if activation == SIGMOID:
            signals[j] = logit_of(outputs[j])
        elif activation == TANH:
            signals[j] = artanh_of(outputs[j])
        elif activation == SOFTMAX:
            signals[j] = log_of(outputs[j])
        else:
            signals[j] = outputs[j]


cdef double squared_error(const double *errors, Py_ssize_t width) noexcept nogil:
    """One half of the sum of the squared errors."""
    cdef Py_ssize_t k
    cdef double total = 0.0
    for k in range(width):
        total = total + errors[k] * errors[k]
    return 0.5 * total


cdef double cross_entropy(
    int activation, vector signals, vector targets, vector scratch, Py_ssize_t width
) noexcept nogil:
    """The cross-entropy of what the activation makes of the signals, against the targets."""
    cdef Py_ssize_t k
    cdef double total = 0.0, largest, log_sum
    if activation == SIGMOID:
        for k in range(width):
            total = total + (
                (relu_of(signals[k]) - signals[k] * targets[k])
                + log_of(1.0 + exp_of(-fabs(signals[k])))
            )
        return total
    log_sum = log_of(shifted_exponentials(signals, scratch, &largest, width))
    for k in range(width):
        total = total + targets[k] * ((largest - signals[k]) + log_sum)
    return total


cdef void cross_entropy_deltas(
    int activation, vector outputs, vector targets, vector errors, vector deltas, Py_ssize_t width
) noexcept nogil:
    """deltas = minus the slope of the cross-entropy in the signals."""
    cdef Py_ssize_t k
    cdef double total = 0.0
    if activation == SIGMOID:
        memcpy(deltas, errors, width * sizeof(double))
        return
    for k in range(width):
        total = total + targets[k]
    for k in range(width):
        deltas[k] = targets[k] - outputs[k] * total


# The arithmetic between layers, as in nnref/network.py and nnref/updates.py. Four rows of weights
# are taken in one pass over the neurons, so that the sums and steps travel to memory and back a
# quarter as often; the brackets keep every sum in index order all the same.

cdef void start_sums(const double *biases, double *sums, Py_ssize_t width) noexcept nogil:
    """sums[j] = biases[j], or 0.0 without biases."""
    cdef Py_ssize_t j
    for j in range(width):
        sums[j] = 0.0 if biases == NULL else biases[j]


cdef void add_weighted(
    vector inputs, vector weights, vector sums, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """sums[j] += sum over i of inputs[i] * weights[i][j]; NumPy: sums += inputs @ weights."""
    cdef Py_ssize_t i, j, whole = fan_in - fan_in % 4
    cdef vector row0, row1, row2, row3
    cdef double x0, x1, x2, x3
    for i in range(0, whole, 4):
        row0 = weights + i * fan_out
        row1, row2, row3 = row0 + fan_out, row0 + 2 * fan_out, row0 + 3 * fan_out
        x0, x1, x2, x3 = inputs[i], inputs[i + 1], inputs[i + 2], inputs[i + 3]
        for j in range(fan_out):
            sums[j] = (
                ((sums[j] + x0 * row0[j]) + x1 * row1[j]) + x2 * row2[j]
            ) + x3 * row3[j]
    for i in range(whole, fan_in):
        row0, x0 = weights + i * fan_out, inputs[i]
        for j in range(fan_out):
            sums[j] = sums[j] + x0 * row0[j]


cdef void move(
    vector weights, vector inputs, vector steps, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """weights[i][j] += inputs[i] * steps[j]; NumPy: weights += np.outer(inputs, steps)."""
    cdef Py_ssize_t i, j
    cdef vector row
    cdef double x
    for i in range(fan_in):
        row, x = weights + i * fan_out, inputs[i]
        for j in range(fan_out):
            row[j] = row[j] + x * steps[j]


cdef void move_and_add_weighted(
    vector weights, vector old_inputs, vector steps, vector inputs, vector sums,
    Py_ssize_t fan_in, Py_ssize_t fan_out,
) noexcept nogil:
    """move(weights, old_inputs, steps), then add_weighted(inputs, weights, sums), in one pass.

    Each weight is loaded once: moved, stored, and used for the sum at once. Loading and storing the
    weights is most of the work of an update. With registers as wide as a cache line the sums and
    steps of many neurons stay in registers, all the rows down; narrower ones are faster row by row.
    """
    cdef Py_ssize_t j = 0
    if LANES == 8:
        while j + WIDE * LANES <= fan_out:
            move_and_add_tile(
                weights + j, fan_out, old_inputs, steps + j, inputs, sums + j, fan_in, WIDE
            )
            j += WIDE * LANES
        while j + LANES <= fan_out:
            move_and_add_tile(
                weights + j, fan_out, old_inputs, steps + j, inputs, sums + j, fan_in, 1
            )
            j += LANES
    if j < fan_out:
        move_and_add_rows(
            weights + j, old_inputs, steps + j, inputs, sums + j, fan_in, fan_out, fan_out - j
        )


cdef void move_and_add_rows(
    vector weights, vector old_inputs, vector steps, vector inputs, vector sums,
    Py_ssize_t fan_in, Py_ssize_t fan_out, Py_ssize_t width,
) noexcept nogil:
    """move_and_add_weighted for the first neurons of a layer, four rows a pass."""
    cdef Py_ssize_t i, j, whole = fan_in - fan_in % 4
    cdef vector row0, row1, row2, row3
    cdef double x0, x1, x2, x3, old0, old1, old2, old3, w0, w1, w2, w3
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


cdef void split(
    vector errors, vector weights, vector recombined, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """recombined[j] = sum over k of weights[j][k] * errors[k]; NumPy: weights @ errors."""
    cdef Py_ssize_t j, k, whole = fan_in - fan_in % 4
    cdef vector row
    cdef double total, total1, total2, total3
    # Four sums side by side: while one waits for its last addition, the others go on.
    for j in range(0, whole, 4):
        row = weights + j * fan_out
        total = total1 = total2 = total3 = 0.0
        for k in range(fan_out):
            total = total + row[k] * errors[k]
            total1 = total1 + row[fan_out + k] * errors[k]
            total2 = total2 + row[2 * fan_out + k] * errors[k]
            total3 = total3 + row[3 * fan_out + k] * errors[k]
        recombined[j], recombined[j + 1] = total, total1
        recombined[j + 2], recombined[j + 3] = total2, total3
    for j in range(whole, fan_in):
        total = 0.0
        row = weights + j * fan_out
        for k in range(fan_out):
            total = total + row[k] * errors[k]
        recombined[j] = total


cdef void transpose(
    vector weights, vector transposed, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """transposed[k][j] = weights[j][k]."""
    cdef Py_ssize_t j, k
    for j in range(fan_in):
        for k in range(fan_out):
            transposed[k * fan_in + j] = weights[j * fan_out + k]


# Many rows at once: products of matrices, for mini-batches and predict.

cdef void add_product(
    const double *a, Py_ssize_t a_row, Py_ssize_t a_step, const double *b, Py_ssize_t b_step,
    double *c, Py_ssize_t c_row, Py_ssize_t rows, Py_ssize_t terms, Py_ssize_t width,
) noexcept nogil:
    """c[r][j] += sum over k of a[r][k] * b[k][j], in the order of k; NumPy: c += a @ b.

    The steps are the distances from one row, or from one k, to the next: with them swapped, a is
    taken transposed.
    """
    cdef Py_ssize_t r, k, j = 0
    cdef double total
    while j + COLUMNS * LANES <= width:
        r = 0
        while r + ROWS <= rows:
            add_tile(
                a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row, terms,
                ROWS, COLUMNS,
            )
            r += ROWS
        while r < rows:
            add_tile(
                a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row, terms,
                1, COLUMNS,
            )
            r += 1
        j += COLUMNS * LANES
    while j + LANES <= width:
        r = 0
        while r + ROWS <= rows:
            add_tile(
                a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row, terms,
                ROWS, 1,
            )
            r += ROWS
        while r < rows:
            add_tile(
                a + r * a_row, a_row, a_step, b + j, b_step, c + r * c_row + j, c_row, terms, 1, 1
            )
            r += 1
        j += LANES
    while j < width:
        for r in range(rows):
            total = c[r * c_row + j]
            for k in range(terms):
                total = total + a[r * a_row + k * a_step] * b[k * b_step + j]
            c[r * c_row + j] = total
        j += 1


cdef void rescale(double *values, Py_ssize_t width) noexcept nogil:
    """Move and stretch values to run from 0.01 to 0.99; all 0.5 where they are equal."""
    cdef Py_ssize_t i
    cdef double low = values[0], high = values[0]
    for i in range(width):
        if values[i] < low:
            low = values[i]
        if values[i] > high:
            high = values[i]
    for i in range(width):
        values[i] = 0.5 if low == high else (values[i] - low) / (high - low) * 0.98 + 0.01


cdef bint within(const double *values, Py_ssize_t count, double low, double high) noexcept nogil:
    """Whether all values are from low to high; NaN is not."""
    cdef Py_ssize_t i
    cdef bint all_are = True
    for i in range(count):
        all_are = all_are & (values[i] >= low) & (values[i] <= high)
    return all_are


def all_within(const double[:, ::1] values, double low, double high):
    """Return whether all numbers are from low to high, making no second array as NumPy would."""
    cdef bint all_are = True
    if values.shape[0] > 0 and values.shape[1] > 0:
        with nogil:
            all_are = within(&values[0, 0], values.shape[0] * values.shape[1], low, high)
    return all_are


def r_squared(const double[:, ::1] outputs, const double[:, ::1] targets):
    """Return 1 minus the squared errors over the targets' squared distances from their means."""
    cdef Py_ssize_t example, column
    cdef double missed = 0.0, spread = 0.0, total, mean, error, distance
    check_length("rows of outputs", outputs.shape[0], targets.shape[0])
    check_length("columns of outputs", outputs.shape[1], targets.shape[1])
    with nogil:
        for column in range(targets.shape[1]):
            total = 0.0
            for example in range(targets.shape[0]):
                total = total + targets[example, column]
            mean = total / targets.shape[0]
            for example in range(targets.shape[0]):
                error = targets[example, column] - outputs[example, column]
                distance = targets[example, column] - mean
                missed = missed + error * error
                spread = spread + distance * distance
    if spread == 0.0:
        return 1.0 if missed == 0.0 else 0.0
    return 1.0 - missed / spread


# The optimizers, as in nnref/updates.py.

cdef enum:
    SGD = 0
    MOMENTUM = 1
    ADAM = 2

OPTIMIZERS = ("sgd", "momentum", "adam")

# A batch is worked on in blocks of this many examples, whose outputs and deltas are kept. After so
# many visits to a weight, some milliseconds, a large batch looks for Ctrl-C.
cdef enum:
    BLOCK = 32
    VISITS_A_LOOK = 4000000


cdef struct Settings:
    int optimizer
    bint cross_entropy
    bint gradient       # whether hidden errors come from deltas, or from errors ("split")
    double decay
    double momentum
    bint nesterov
    double beta1
    double beta2
    double epsilon


# A matrix of weights or a row of biases, and what belongs to each of its numbers.
cdef struct Parameters:
    Py_ssize_t size
    double *values
    double *slot1       # momentum: the velocity; adam: the first moment
    double *slot2       # adam: the second moment
    double *sums        # what a batch adds up before it is applied; NULL where it needs no place


cdef void scale(vector values, double factor, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        values[i] = values[i] * factor


cdef void take_decay(vector direction, vector values, double decay, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        direction[i] = direction[i] - decay * values[i]


cdef void apply_momentum(
    vector values, vector direction, vector velocity, Py_ssize_t size,
    double lr, double mu, bint nesterov,
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        velocity[i] = mu * velocity[i] + direction[i]
    if nesterov:
        for i in range(size):
            values[i] = values[i] + lr * (direction[i] + mu * velocity[i])
    else:
        for i in range(size):
            values[i] = values[i] + lr * velocity[i]


cdef void apply_adam(
    vector values, vector direction, vector first, vector second, Py_ssize_t size,
    double rate, double root, const Settings *settings,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef double beta1 = settings.beta1, beta2 = settings.beta2, epsilon = settings.epsilon
    cdef double m, v, d
    for i in range(size):
        d = direction[i]
        m = beta1 * first[i] + (1.0 - beta1) * d
        v = beta2 * second[i] + (1.0 - beta2) * (d * d)
        first[i] = m
        second[i] = v
        values[i] = values[i] + (rate * m) / (sqrt(v) / root + epsilon)


# A network: forward, backward, move.

cdef struct Layer:
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    int activation
    Parameters weights      # (fan_in, fan_out), row by row
    Parameters biases       # (fan_out,); values is NULL without biases
    double *signals         # (BLOCK, fan_out), as all that follow; a row is one example's
    double *outputs
    double *errors
    double *deltas
    double *steps           # the rate times the deltas


cdef struct Network:
    Py_ssize_t depth
    Py_ssize_t size         # weights in all layers
    Layer *layers
    Settings settings
    double *powers          # adam: beta1**t and beta2**t
    double *workspace
    double *gathered        # (BLOCK, inodes): examples that do not lie side by side
    double *transposed      # room for the weights of any layer but the first
    double *sums


cdef inline const Layer *last_layer(const Network *net) noexcept nogil:
    return &net.layers[net.depth - 1]


# What follows works on a block of examples at once: the rows slot to slot + count - 1 of a layer's
# signals, outputs, errors, deltas and steps. The inputs of the block lie side by side.

cdef void finish_forward(const Layer *layer, Py_ssize_t slot, Py_ssize_t count) noexcept nogil:
    """Turn the signals into outputs."""
    cdef Py_ssize_t row, width = layer.fan_out
    if layer.activation != SOFTMAX:
        activate(
            layer.activation, layer.signals + slot * width, layer.outputs + slot * width,
            count * width,
        )
        return
    for row in range(slot, slot + count):
        activate(SOFTMAX, layer.signals + row * width, layer.outputs + row * width, width)


cdef void forward(
    const Network *net, const double *inputs, Py_ssize_t slot, Py_ssize_t count
) noexcept nogil:
    """Fill in the signals and outputs of every layer."""
    cdef Py_ssize_t at, row
    cdef const Layer *layer
    cdef double *signals
    for at in range(net.depth):
        layer = &net.layers[at]
        signals = layer.signals + slot * layer.fan_out
        for row in range(count):
            start_sums(layer.biases.values, signals + row * layer.fan_out, layer.fan_out)
        if count == 1:
            add_weighted(
                <double *> inputs, layer.weights.values, signals, layer.fan_in, layer.fan_out
            )
        else:
            add_product(
                inputs, layer.fan_in, 1, layer.weights.values, layer.fan_out,
                signals, layer.fan_out, count, layer.fan_in, layer.fan_out,
            )
        finish_forward(layer, slot, count)
        inputs = layer.outputs + slot * layer.fan_out


cdef double find_errors(const Network *net, const double *targets, Py_ssize_t slot) noexcept nogil:
    """Fill in one example's errors in the last layer, targets - outputs; return its loss."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t k, first = slot * last.fan_out
    for k in range(last.fan_out):
        last.errors[first + k] = targets[k] - last.outputs[first + k]
    if net.settings.cross_entropy:
        return cross_entropy(
            last.activation, last.signals + first, <double *> targets, last.steps + first,
            last.fan_out,
        )
    return squared_error(last.errors + first, last.fan_out)


cdef double start_backward(
    const Network *net, const double *targets, Py_ssize_t slot
) noexcept nogil:
    """Fill in one example's errors and deltas in the last layer; return its loss."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t first = slot * last.fan_out
    cdef double loss = find_errors(net, targets, slot)
    if net.settings.cross_entropy:
        cross_entropy_deltas(
            last.activation, last.outputs + first, <double *> targets, last.errors + first,
            last.deltas + first, last.fan_out,
        )
    else:
        times_slope(
            last.activation, last.outputs + first, last.errors + first, last.deltas + first,
            last.fan_out,
        )
    return loss


cdef void backward(const Network *net, Py_ssize_t slot, Py_ssize_t count) noexcept nogil:
    """Fill in the errors and deltas of every layer before the last, which has them already."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef const Layer *before
    cdef double *sent_back
    cdef double *errors
    for at in range(net.depth - 1, 0, -1):
        layer, before = &net.layers[at], &net.layers[at - 1]
        sent_back = layer.deltas if net.settings.gradient else layer.errors
        sent_back = sent_back + slot * layer.fan_out
        errors = before.errors + slot * before.fan_out
        if count == 1:
            split(sent_back, layer.weights.values, errors, layer.fan_in, layer.fan_out)
        else:
            transpose(layer.weights.values, net.transposed, layer.fan_in, layer.fan_out)
            memset(errors, 0, count * layer.fan_in * sizeof(double))
            add_product(
                sent_back, layer.fan_out, 1, net.transposed, layer.fan_in, errors, layer.fan_in,
                count, layer.fan_out, layer.fan_in,
            )
        times_slope(
            before.activation, before.outputs + slot * before.fan_out, errors,
            before.deltas + slot * before.fan_out, count * before.fan_out,
        )


cdef void find_steps(
    const Layer *layer, double rate, Py_ssize_t slot, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    cdef vector steps = layer.steps + slot * layer.fan_out
    cdef vector deltas = layer.deltas + slot * layer.fan_out
    for i in range(count * layer.fan_out):
        steps[i] = rate * deltas[i]


cdef void add_flows(
    const Network *net, const double *inputs, double rate, Py_ssize_t slot, Py_ssize_t count
) noexcept nogil:
    """Add each example's inputs[i] * (rate * deltas[j]) to the sums or weights, in order."""
    cdef Py_ssize_t at, row, j
    cdef const Layer *layer
    cdef double *weights
    cdef double *biases
    cdef double *steps
    for at in range(net.depth):
        layer = &net.layers[at]
        weights = layer.weights.values if layer.weights.sums == NULL else layer.weights.sums
        biases = layer.biases.values if layer.biases.sums == NULL else layer.biases.sums
        find_steps(layer, rate, slot, count)
        steps = layer.steps + slot * layer.fan_out
        if count == 1:
            move(weights, <double *> inputs, steps, layer.fan_in, layer.fan_out)
        else:
            add_product(
                inputs, 1, layer.fan_in, steps, layer.fan_out, weights, layer.fan_out,
                layer.fan_in, count, layer.fan_out,
            )
        if layer.biases.values != NULL:
            for row in range(count):
                for j in range(layer.fan_out):
                    biases[j] = biases[j] + steps[row * layer.fan_out + j]
        inputs = layer.outputs + slot * layer.fan_out


cdef void start_batch(
    Parameters *part, const Settings *settings, double lr, double decay
) noexcept nogil:
    """Make the sums ready: zeros for a direction, or the values themselves for gradient descent."""
    if part.values == NULL:
        return
    if settings.optimizer != SGD:
        memset(part.sums, 0, part.size * sizeof(double))
        return
    memcpy(part.sums, part.values, part.size * sizeof(double))
    if decay != 0.0:
        scale(part.sums, 1.0 - lr * decay, part.size)


cdef void finish_batch(
    Parameters *part, const Settings *settings, double lr, double decay, const double *powers
) noexcept nogil:
    """Move the values by the sums of a batch."""
    if part.values == NULL:
        return
    if settings.optimizer == SGD:
        memcpy(part.values, part.sums, part.size * sizeof(double))
        return
    if decay != 0.0:
        take_decay(part.sums, part.values, decay, part.size)
    if settings.optimizer == MOMENTUM:
        apply_momentum(
            part.values, part.sums, part.slot1, part.size,
            lr, settings.momentum, settings.nesterov,
        )
    else:
        apply_adam(
            part.values, part.sums, part.slot1, part.slot2, part.size,
            lr / (1.0 - powers[0]), sqrt(1.0 - powers[1]), settings,
        )


cdef struct Examples:
    const double *inputs        # (n, inodes)
    const double *targets       # (n, onodes)
    const int64_t *order        # (n,), or NULL for the examples as they stand
    Py_ssize_t inodes
    Py_ssize_t onodes


cdef inline Py_ssize_t example_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return place if examples.order == NULL else <Py_ssize_t> examples.order[place]


cdef inline const double *inputs_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.inputs + example_at(examples, place) * examples.inodes


cdef inline const double *targets_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.targets + example_at(examples, place) * examples.onodes


cdef const double *gathered_inputs(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t count
) noexcept nogil:
    """Return the inputs of these examples side by side, copied if they do not lie so."""
    cdef Py_ssize_t row
    if examples.order == NULL or count == 1:
        return inputs_at(examples, place)
    for row in range(count):
        memcpy(
            net.gathered + row * examples.inodes, inputs_at(examples, place + row),
            examples.inodes * sizeof(double),
        )
    return net.gathered


cdef void move_and_forward(
    const Network *net, const double *old_inputs, const double *inputs, Py_ssize_t slot
) noexcept nogil:
    """add_flows for the example in the other slot, then forward, in one pass over the weights.

    The slots are 0 and 1; the steps of the other are known.
    """
    cdef Py_ssize_t at, j
    cdef const Layer *layer
    cdef double *steps
    cdef double *signals
    for at in range(net.depth):
        layer = &net.layers[at]
        steps = layer.steps + (1 - slot) * layer.fan_out
        signals = layer.signals + slot * layer.fan_out
        if layer.biases.values != NULL:
            for j in range(layer.fan_out):
                layer.biases.values[j] = layer.biases.values[j] + steps[j]
        start_sums(layer.biases.values, signals, layer.fan_out)
        move_and_add_weighted(
            layer.weights.values, <double *> old_inputs, steps, <double *> inputs, signals,
            layer.fan_in, layer.fan_out,
        )
        finish_forward(layer, slot, 1)
        old_inputs = layer.outputs + (1 - slot) * layer.fan_out
        inputs = layer.outputs + slot * layer.fan_out


cdef double fit_online(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double loss,
) noexcept nogil:
    """One update per example by plain gradient descent; return the loss with theirs added.

    Every update but the last waits for the next example's way forward, which moves the weights in
    passing.
    """
    cdef Py_ssize_t place, at, slot = 0
    for place in range(start, stop):
        slot = (place - start) % 2
        if place == start:
            forward(net, inputs_at(examples, place), slot, 1)
        else:
            move_and_forward(
                net, inputs_at(examples, place - 1), inputs_at(examples, place), slot
            )
        loss = loss + start_backward(net, targets_at(examples, place), slot)
        backward(net, slot, 1)
        for at in range(net.depth):
            find_steps(&net.layers[at], lr, slot, 1)
    if stop > start:
        add_flows(net, inputs_at(examples, stop - 1), lr, slot, 1)
    return loss


cdef double fit_batch(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double loss,
) except? -1.0 nogil:
    """One update from the examples of a batch; return the loss with theirs added.

    A batch by plain gradient descent that fits into one block has no sums: all its deltas are known
    before the weights move, so the weights themselves can be added to. With sums nothing of the
    network changes before the end, and Ctrl-C may leave the batch in the middle.
    """
    cdef const Settings *settings = &net.settings
    cdef bint direct = net.layers[0].weights.sums == NULL
    cdef double rate = (lr if settings.optimizer == SGD else 1.0) / (stop - start)
    cdef const double *inputs
    cdef Py_ssize_t first, count, row, at, visited = 0
    if not direct:
        for at in range(net.depth):
            start_batch(&net.layers[at].weights, settings, lr, settings.decay)
            start_batch(&net.layers[at].biases, settings, lr, 0.0)
    first = start
    while first < stop:
        count = min(BLOCK, stop - first)
        inputs = gathered_inputs(net, examples, first, count)
        forward(net, inputs, 0, count)
        for row in range(count):
            loss = loss + start_backward(net, targets_at(examples, first + row), row)
        backward(net, 0, count)
        if direct and settings.decay != 0.0:
            for at in range(net.depth):
                scale(
                    net.layers[at].weights.values, 1.0 - lr * settings.decay,
                    net.layers[at].weights.size,
                )
        add_flows(net, inputs, rate, 0, count)
        first += count
        visited += count * net.size
        if visited > VISITS_A_LOOK and first < stop:
            visited = 0
            with gil:
                PyErr_CheckSignals()
    if settings.optimizer == ADAM:
        net.powers[0] = net.powers[0] * settings.beta1
        net.powers[1] = net.powers[1] * settings.beta2
    if not direct:
        for at in range(net.depth):
            finish_batch(&net.layers[at].weights, settings, lr, settings.decay, net.powers)
            finish_batch(&net.layers[at].biases, settings, lr, 0.0, net.powers)
    return loss


cdef class Kernel:
    """The loops over one network.

    All arrays are float64, C-contiguous and used in place.

    Parameters
    ----------
    weights : list of (fan_in, fan_out) arrays
        First layer first.
    biases : list of (fan_out,) arrays
        One a layer, or none at all.
    slots : list of such pairs of lists
        What the optimizer keeps for every weight and bias: velocities, or first and second moments.
    powers : (2,) array, or None
        Adam's beta1**t and beta2**t.
    activations : list of int
        One a layer, each a place in ACTIVATIONS.
    settings : dict of numbers
        Those of the struct of this name, the optimizer as a place in OPTIMIZERS.
    """

    cdef Network net
    cdef Py_ssize_t inodes
    cdef Py_ssize_t onodes
    cdef double *example    # (inodes + onodes,): what train learns from
    cdef list owners

    def __cinit__(
        self, list weights, list biases, list slots, powers, list activations, dict settings
    ):
        cdef Py_ssize_t at
        self.owners = []
        self.net.depth = len(weights)
        if self.net.depth == 0 or len(activations) != self.net.depth:
            raise ValueError("weights and activations: want one a layer, at least 1")
        self.net.layers = <Layer *> calloc(self.net.depth, sizeof(Layer))
        if self.net.layers == NULL:
            raise MemoryError
        self.net.settings = settings
        if self.net.settings.optimizer == ADAM:
            self.net.powers = self.pointer(powers, 2)
        for at in range(self.net.depth):
            self.add_layer(at, weights[at], activations[at])
            if biases:
                self.add_biases(at, biases[at])
            for number, (slot_weights, slot_biases) in enumerate(slots):
                self.add_slot(at, number, slot_weights[at], slot_biases[at] if biases else None)
            self.net.size += self.net.layers[at].weights.size
        self.inodes = self.net.layers[0].fan_in
        self.onodes = self.net.layers[self.net.depth - 1].fan_out
        self.divide_workspace()

    def __dealloc__(self):
        free(self.net.layers)
        free(self.net.workspace)
        free(self.net.sums)

    cdef double *pointer(self, array, Py_ssize_t size) except NULL:
        """Return where an array's numbers are, and keep them there while this object lives."""
        cdef double[::1] flat
        # NumPy resizes no array that has a view.
        self.owners.append(memoryview(array))
        flat = array.reshape(-1)
        check_length("size", flat.shape[0], size)
        return &flat[0]

    cdef add_layer(self, Py_ssize_t at, weights, int activation):
        cdef Layer *layer = &self.net.layers[at]
        layer.fan_in, layer.fan_out = weights.shape
        if layer.fan_in == 0 or layer.fan_out == 0:
            raise ValueError(f"weights[{at}]: got an empty matrix")
        if at > 0:
            check_length("rows", layer.fan_in, self.net.layers[at - 1].fan_out)
        layer.activation = activation
        layer.weights.size = layer.fan_in * layer.fan_out
        layer.weights.values = self.pointer(weights, layer.weights.size)

    cdef add_biases(self, Py_ssize_t at, biases):
        cdef Layer *layer = &self.net.layers[at]
        layer.biases.size = layer.fan_out
        layer.biases.values = self.pointer(biases, layer.fan_out)

    cdef add_slot(self, Py_ssize_t at, Py_ssize_t number, weights, biases):
        cdef Layer *layer = &self.net.layers[at]
        if number == 0:
            layer.weights.slot1 = self.pointer(weights, layer.weights.size)
        else:
            layer.weights.slot2 = self.pointer(weights, layer.weights.size)
        if biases is None:
            return
        if number == 0:
            layer.biases.slot1 = self.pointer(biases, layer.biases.size)
        else:
            layer.biases.slot2 = self.pointer(biases, layer.biases.size)

    cdef divide_workspace(self):
        cdef Py_ssize_t at, neurons = 0, largest = 0
        cdef double *rest
        cdef Layer *layer
        for at in range(self.net.depth):
            layer = &self.net.layers[at]
            neurons += layer.fan_out
            if at > 0 and layer.weights.size > largest:
                largest = layer.weights.size
        self.net.workspace = <double *> calloc(
            (1 + BLOCK) * self.inodes + self.onodes + largest + 5 * BLOCK * neurons, sizeof(double)
        )
        if self.net.workspace == NULL:
            raise MemoryError
        self.example = self.net.workspace
        self.net.gathered = self.example + self.inodes + self.onodes
        self.net.transposed = self.net.gathered + BLOCK * self.inodes
        rest = self.net.transposed + largest
        for at in range(self.net.depth):
            layer = &self.net.layers[at]
            layer.signals = rest
            layer.outputs = rest + BLOCK * layer.fan_out
            layer.errors = rest + 2 * BLOCK * layer.fan_out
            layer.deltas = rest + 3 * BLOCK * layer.fan_out
            layer.steps = rest + 4 * BLOCK * layer.fan_out
            rest += 5 * BLOCK * layer.fan_out

    cdef use_sums(self, bint needed):
        """Give every parameter a place for a batch's sums, or take it away."""
        cdef Py_ssize_t at, size = 0
        cdef double *rest
        cdef Layer *layer
        for at in range(self.net.depth):
            size += self.net.layers[at].weights.size + self.net.layers[at].biases.size
        if needed and self.net.sums == NULL:
            self.net.sums = <double *> calloc(size, sizeof(double))
            if self.net.sums == NULL:
                raise MemoryError
        rest = self.net.sums
        for at in range(self.net.depth):
            layer = &self.net.layers[at]
            layer.weights.sums = rest if needed else NULL
            layer.biases.sums = rest + layer.weights.size if needed else NULL
            if needed:
                rest += layer.weights.size + layer.biases.size

    def query(self, const double[::1] inputs, double[::1] outputs):
        """Write the outputs for one example, (inodes,), to outputs, (onodes,)."""
        check_length("inputs", inputs.shape[0], self.inodes)
        check_length("outputs", outputs.shape[0], self.onodes)
        with nogil:
            forward(&self.net, &inputs[0], 0, 1)
            memcpy(&outputs[0], last_layer(&self.net).outputs, self.onodes * sizeof(double))

    def predict(
        self, const double[:, ::1] inputs, double[:, ::1] outputs, Py_ssize_t start, Py_ssize_t stop
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs."""
        cdef Py_ssize_t count
        self.check_examples(inputs, outputs, start, stop)
        with nogil:
            while start < stop:
                count = min(BLOCK, stop - start)
                forward(&self.net, &inputs[start, 0], 0, count)
                memcpy(
                    &outputs[start, 0], last_layer(&self.net).outputs,
                    count * self.onodes * sizeof(double),
                )
                start += count

    def train(
        self, const double[::1] inputs, const double[::1] targets, double lr,
        double low, double high,
    ):
        """Make one update; return False, and make none, for a number that should not be.

        That is an input that is not finite, or a target that is not from low to high.
        """
        cdef Examples examples
        cdef bint usable
        check_length("inputs", inputs.shape[0], self.inodes)
        check_length("targets", targets.shape[0], self.onodes)
        # Copied, since the caller's array may be a row of the weights.
        memcpy(self.example, &inputs[0], self.inodes * sizeof(double))
        memcpy(self.example + self.inodes, &targets[0], self.onodes * sizeof(double))
        examples = Examples(
            self.example, self.example + self.inodes, NULL, self.inodes, self.onodes
        )
        self.use_sums(self.net.settings.optimizer != SGD)
        with nogil:
            usable = within(examples.inputs, self.inodes, -DBL_MAX, DBL_MAX) & within(
                examples.targets, self.onodes, low, high
            )
            if usable:
                fit_batch(&self.net, &examples, 0, 1, lr, 0.0)
        return usable

    def fit(
        self, const double[:, ::1] inputs, const double[:, ::1] targets, const int64_t[::1] order,
        Py_ssize_t start, Py_ssize_t stop, Py_ssize_t batch_size, double lr, double loss,
    ):
        """Make one update for each batch of the examples start to stop - 1 of the order.

        The order is None for the examples as they stand. Returns the sum of their losses, added one
        by one to the loss that is passed.
        """
        cdef const Settings *settings = &self.net.settings
        cdef Examples examples
        cdef Py_ssize_t first, last
        self.check_examples(inputs, targets, start, stop)
        check_range("batch_size", 1, batch_size, inputs.shape[0])
        examples = Examples(&inputs[0, 0], &targets[0, 0], NULL, self.inodes, self.onodes)
        if order is not None:
            check_length("order", order.shape[0], inputs.shape[0])
            for first in range(start, stop):
                check_range("order", 0, order[first], inputs.shape[0] - 1)
            examples.order = &order[0]
        self.use_sums(settings.optimizer != SGD or batch_size > BLOCK)
        with nogil:
            if batch_size == 1 and settings.optimizer == SGD and settings.decay == 0.0:
                loss = fit_online(&self.net, &examples, start, stop, lr, loss)
            else:
                first = start
                while first < stop:
                    last = min(first + batch_size, stop)
                    loss = fit_batch(&self.net, &examples, first, last, lr, loss)
                    first = last
        return loss

    def evaluate(
        self, const double[:, ::1] inputs, const double[:, ::1] targets, double[:, ::1] outputs,
        Py_ssize_t start, Py_ssize_t stop, double loss,
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs.

        Returns the sum of their losses, added one by one to the loss that is passed.
        """
        cdef Py_ssize_t row, count
        self.check_examples(inputs, targets, start, stop)
        self.check_examples(inputs, outputs, start, stop)
        with nogil:
            while start < stop:
                count = min(BLOCK, stop - start)
                forward(&self.net, &inputs[start, 0], 0, count)
                for row in range(count):
                    loss = loss + find_errors(&self.net, &targets[start + row, 0], row)
                memcpy(
                    &outputs[start, 0], last_layer(&self.net).outputs,
                    count * self.onodes * sizeof(double),
                )
                start += count
        return loss

    def backquery(self, const double[::1] targets, double[::1] inputs):
        """Write the inputs that the network has in mind for the targets to inputs."""
        cdef Py_ssize_t at, j
        cdef Layer *layer
        cdef const double *outputs = &targets[0]
        cdef double *before
        check_length("targets", targets.shape[0], self.onodes)
        check_length("inputs", inputs.shape[0], self.inodes)
        with nogil:
            for at in range(self.net.depth - 1, -1, -1):
                layer = &self.net.layers[at]
                before = &inputs[0] if at == 0 else self.net.layers[at - 1].outputs
                signals_for(layer.activation, <double *> outputs, layer.signals, layer.fan_out)
                if layer.biases.values != NULL:
                    for j in range(layer.fan_out):
                        layer.signals[j] = layer.signals[j] - layer.biases.values[j]
                split(
                    layer.signals, layer.weights.values, before, layer.fan_in, layer.fan_out
                )
                rescale(before, layer.fan_in)
                outputs = before

    cdef check_examples(
        self, const double[:, ::1] inputs, const double[:, ::1] others,
        Py_ssize_t start, Py_ssize_t stop,
    ):
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        check_length("columns of the outputs or targets", others.shape[1], self.onodes)
        check_length("rows of the outputs or targets", others.shape[0], inputs.shape[0])
        check_range("start", 0, start, stop)
        check_range("stop", start, stop, inputs.shape[0])


cdef check_length(str name, Py_ssize_t got, Py_ssize_t wanted):
    if got != wanted:
        raise ValueError(f"{name}: got {got}, wants {wanted}")


cdef check_range(str name, Py_ssize_t low, Py_ssize_t got, Py_ssize_t high):
    if not low <= got <= high:
        raise ValueError(f"{name}: got {got}, wants {low} to {high}")
