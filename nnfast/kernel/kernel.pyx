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

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytearray cimport PyByteArray_AS_STRING
from libc.math cimport INFINITY, NAN, fabs, sqrt, sqrtf
from libc.stdint cimport int64_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset, strcmp

from numpy import ndarray

cdef extern from "lanes.h":
    ctypedef double real        # or float, in the builds for float32
    ctypedef real *vector
    void forget() noexcept nogil    # keeps the compiler from making two passes over memory one
    enum:
        LANES
        ROWS
        WIDE
        CACHE_LINE
    void add_weighted(
        const real *inputs, const real *weights, Py_ssize_t row, real *sums, Py_ssize_t fan_in,
        Py_ssize_t width, bint backwards,
    ) noexcept nogil
    void move_and_add_weighted(
        real *weights, Py_ssize_t row, const real *old_inputs, const real *steps,
        const real *inputs, const real *start, real *sums, Py_ssize_t fan_in, Py_ssize_t width,
        bint backwards,
    ) noexcept nogil
    void add_product(
        const real *a, Py_ssize_t a_row, Py_ssize_t a_step, const real *b, Py_ssize_t b_step,
        real *c, Py_ssize_t c_row, Py_ssize_t rows, Py_ssize_t terms, Py_ssize_t width,
    ) noexcept nogil
    void find_ends(
        const real *values, Py_ssize_t count, double *low, double *high
    ) noexcept nogil

cdef extern from "team.h":
    ctypedef struct Team:
        long size
        bint stopped
    void meet(Team *team) noexcept nogil
    long start_team(
        Team *team, long size, void (*work)(void *) noexcept nogil, char *members, size_t bytes
    ) noexcept nogil
    void begin(Team *team, long size) noexcept nogil
    void wait_for_begin(Team *team) noexcept nogil
    void finish(Team *team) noexcept nogil
    void wait_for_end(Team *team) noexcept nogil

cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"() noexcept

cdef extern from *:
    """
    #if defined(NNFAST_FLOAT32)
    typedef uint32_t whole;
    #define REAL_FORMAT "f"
    #define LARGEST FLT_MAX
    #define MANTISSA 23
    #define BIAS 127
    #define LN2_HIGH 0x1.62e4p-1f
    #define LN2_LOW 0x1.7f7d1cp-20f
    #define LOG2_E 0x1.715476p+0f
    #define TO_WHOLE 0x1.8p+23f
    #define EXP_LOWEST -104.0f
    #define EXP_HIGHEST 89.0f
    #else
    typedef uint64_t whole;
    #define REAL_FORMAT "d"
    #define LARGEST DBL_MAX
    #define MANTISSA 52
    #define BIAS 1023
    #define LN2_HIGH LOG_LN2_HIGH
    #define LN2_LOW LOG_LN2_LOW
    #define LOG2_E 0x1.71547652b82fep+0
    #define TO_WHOLE 0x1.8p+52
    #define EXP_LOWEST -746.0
    #define EXP_HIGHEST 710.0
    #endif
    #define LOG_LN2_HIGH 0x1.62e42feep-1
    #define LOG_LN2_LOW 0x1.a39ef35793c76p-33
    #define SQRT_HALF 0x1.6a09e667f3bcdp-1
    #define SMALLEST_NORMAL 0x1p-1022
    #define TWO_TO_54 0x1p54
    #define MANTISSA_BITS ((int64_t) 0x000fffffffffffff)
    #define EXPONENT_OF_ONE_HALF ((int64_t) 0x3fe0000000000000)
    """
    ctypedef uint64_t whole     # as wide as real
    const int MANTISSA          # bits of real that are not the exponent's
    const int BIAS              # of the exponent
    const real LN2_HIGH         # ln 2 in two parts, the first with few bits
    const real LN2_LOW
    const real LOG2_E
    const real TO_WHOLE         # added to a real, leaves no place for a fraction
    const real EXP_LOWEST       # e**x is 0 below, and infinite above
    const real EXP_HIGHEST
    const double LOG_LN2_HIGH
    const double LOG_LN2_LOW
    const double LARGEST
    const char *REAL_FORMAT     # what a buffer calls this type
    const double SQRT_HALF
    const double SMALLEST_NORMAL
    const double TWO_TO_54
    const int64_t MANTISSA_BITS
    const int64_t EXPONENT_OF_ONE_HALF


# The functions of nnref/functions.py, operation by operation, without a branch or a call that would
# keep a compiler from working on several numbers at once. Constants are named where a literal would
# make a computation in float32 one in float64.

cdef inline real two_to(real k) noexcept nogil:
    """Return 2**k for a whole k that a normal number has: k, written where the exponent stands."""
    cdef real shifted = k + (TO_WHOLE + BIAS)
    cdef whole bits
    cdef real result
    memcpy(&bits, &shifted, sizeof(real))
    bits = bits << MANTISSA
    memcpy(&result, &bits, sizeof(real))
    return result


cdef inline real reduced(real x, real *k) noexcept nogil:
    """Return a rest, and set a whole k, such that e**x = 2**k (1 + rest)."""
    cdef real c2 = 1.0 / 2.0, c3 = 1.0 / 6.0, c4 = 1.0 / 24.0, c5 = 1.0 / 120.0, c6 = 1.0 / 720.0
    cdef real c7 = 1.0 / 5040.0, c8 = 1.0 / 40320.0, c9 = 1.0 / 362880.0, c10 = 1.0 / 3628800.0
    cdef real c11 = 1.0 / 39916800.0, c12 = 1.0 / 479001600.0, c13 = 1.0 / 6227020800.0
    cdef real high, low, r, r2, r4, tail
    k[0] = (x * LOG2_E + TO_WHOLE) - TO_WHOLE
    high = x - k[0] * LN2_HIGH
    low = k[0] * LN2_LOW
    r = high - low
    r2 = r * r
    r4 = r2 * r2
    tail = ((c2 + r * c3) + r2 * (c4 + r * c5)) + r4 * (
        ((c6 + r * c7) + r2 * (c8 + r * c9)) + r4 * ((c10 + r * c11) + r2 * (c12 + r * c13))
    )
    return high + (r2 * tail - low)


cdef inline real exp_of(real x) noexcept nogil:
    """Return e**x: nnref's, whose x is first moved to where the function ends.

    To choose between the ends and the result instead is the same, and leaves compilers nothing
    that they would work out for each of the three.
    """
    cdef real zero = 0.0, one = 1.0, one_half = 0.5, infinite = INFINITY, k, half, rest, power
    rest = reduced(x, &k)
    half = (k * one_half + TO_WHOLE) - TO_WHOLE
    power = (one + rest) * two_to(half) * two_to(k - half)
    power = zero if x < EXP_LOWEST else power
    return infinite if x > EXP_HIGHEST else power


cdef inline real tanh_of(real x) noexcept nogil:
    """Return tanh(x), which is 1 from 20 on and -1 before -20."""
    cdef real one = 1.0, two = 2.0, end = 20.0, k, rest, scale, t
    rest = reduced(two * x, &k)
    scale = two_to(k)
    t = scale * rest + (scale - one)
    t = t / (t + two)
    t = -one if x < -end else t
    return one if x > end else t


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
    return k * LOG_LN2_HIGH - (
        (half_square - (s * (half_square + tail) + k * LOG_LN2_LOW)) - f
    )


cdef inline real relu_of(real x) noexcept nogil:
    cdef real zero = 0.0
    return zero if x <= zero else x


cdef inline double logit_of(double y) noexcept nogil:
    return log_of(y / (1.0 - y))


cdef inline double artanh_of(double y) noexcept nogil:
    return 0.5 * log_of((1.0 + y) / (1.0 - y))


def exp(const real[::1] x, real[::1] out):
    """Write e**x to out, number by number: the exp that the kernel uses, for the tests."""
    check_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = exp_of(x[i])


def log(const real[::1] x, real[::1] out):
    """Write log(x) to out, number by number: the log that the kernel uses, for the tests."""
    check_length("out", out.shape[0], x.shape[0])
    with nogil:
        for i in range(x.shape[0]):
            out[i] = log_of(x[i])


def tanh(const real[::1] x, real[::1] out):
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


cdef real shifted_exponentials(
    vector signals, vector exponentials, real *largest, Py_ssize_t width
) noexcept nogil:
    """exponentials[k] = e**(signals[k] - the largest signal); return their sum."""
    cdef Py_ssize_t k
    cdef real total = 0.0
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
    cdef real one = 1.0, total, largest
    if activation == SIGMOID:
        for j in range(width):
            outputs[j] = one / (one + exp_of(-signals[j]))
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
        memcpy(outputs, signals, width * sizeof(real))


cdef void times_slope(
    int activation, vector outputs, vector errors, vector deltas, Py_ssize_t width
) noexcept nogil:
    """deltas[j] = errors[j] * the slope of neuron j, from its output."""
    cdef Py_ssize_t j
    cdef real zero = 0.0, one = 1.0, shared = 0.0
    if activation == SIGMOID:
        for j in range(width):
            deltas[j] = errors[j] * (outputs[j] * (one - outputs[j]))
    elif activation == TANH:
        for j in range(width):
            deltas[j] = errors[j] * (one - outputs[j] * outputs[j])
    elif activation == RELU:
        for j in range(width):
            deltas[j] = zero if outputs[j] <= zero else errors[j]
    elif activation == SOFTMAX:
        for j in range(width):
            shared = shared + errors[j] * outputs[j]
        for j in range(width):
            deltas[j] = outputs[j] * (errors[j] - shared)
    else:
        memcpy(deltas, errors, width * sizeof(real))


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


cdef double squared_error(const real *errors, Py_ssize_t width) noexcept nogil:
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
    cdef double total = 0.0, log_sum
    cdef real largest
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
    cdef real total = 0.0
    if activation == SIGMOID:
        memcpy(deltas, errors, width * sizeof(real))
        return
    for k in range(width):
        total = total + targets[k]
    for k in range(width):
        deltas[k] = targets[k] - outputs[k] * total


# The arithmetic between layers, as in nnref/network.py and nnref/updates.py; most is in lanes.h.

cdef void start_sums(const real *biases, real *sums, Py_ssize_t width) noexcept nogil:
    """sums[j] = biases[j], or 0.0 without biases."""
    if biases == NULL:
        memset(sums, 0, width * sizeof(real))
    else:
        memcpy(sums, biases, width * sizeof(real))


cdef inline Py_ssize_t columns_of(Py_ssize_t width) noexcept nogil:
    """How many registers a row of neurons fills, the last perhaps in part."""
    return (width + LANES - 1) // LANES


cdef void split(
    const real *errors, const real *weights, real *recombined, Py_ssize_t fan_in,
    Py_ssize_t fan_out,
) noexcept nogil:
    """recombined[j] = sum over k of weights[j][k] * errors[k]; NumPy: weights @ errors."""
    cdef Py_ssize_t j, k, whole = fan_in - fan_in % 4
    cdef const real *row
    cdef real total, total1, total2, total3
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
    const real *weights, real *transposed, Py_ssize_t row, Py_ssize_t fan_in, Py_ssize_t fan_out
) noexcept nogil:
    """transposed[k][j] = weights[j][k], in rows that are so far apart."""
    cdef Py_ssize_t j, k
    for j in range(fan_in):
        for k in range(fan_out):
            transposed[k * row + j] = weights[j * fan_out + k]


cdef void rescale(real *values, Py_ssize_t width) noexcept nogil:
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


cdef bint within(const real *values, Py_ssize_t count, double low, double high) noexcept nogil:
    """Whether all values are from low to high; NaN is not."""
    cdef Py_ssize_t i
    cdef bint all_are = True
    for i in range(count):
        all_are = all_are & (values[i] >= low) & (values[i] <= high)
    return all_are


# The range of numbers in the training examples, as in nnref/common/seen_range.py.

cdef enum:
    FEWEST_EXAMPLES = 100

cdef double BEYOND = 0.5, SHORT = 0.1


cdef struct SeenRange:
    double examples
    double low
    double high
    double highest_low
    double lowest_high


cdef void widen(SeenRange *seen, const real *example, Py_ssize_t count) noexcept nogil:
    """Widen the range by one more example."""
    cdef double low, high
    find_ends(example, count, &low, &high)
    seen.examples += 1
    seen.low, seen.high = min(seen.low, low), max(seen.high, high)
    seen.highest_low = max(seen.highest_low, low)
    seen.lowest_high = min(seen.lowest_high, high)


cdef bint is_like(const SeenRange *seen, const real *example, Py_ssize_t count) noexcept nogil:
    """Whether an example is within the range of those before, and spans as much of it."""
    cdef double low, high, width
    if seen.examples < FEWEST_EXAMPLES:
        return True
    find_ends(example, count, &low, &high)
    width = seen.high - seen.low
    return low > high or (
        seen.low - BEYOND * width <= low <= seen.highest_low + SHORT * width
        and seen.lowest_high - SHORT * width <= high <= seen.high + BEYOND * width
    )


def all_within(const real[:, ::1] values, double low, double high):
    """Return whether all numbers are from low to high, making no second array as NumPy would."""
    cdef bint all_are = True
    if values.shape[0] > 0 and values.shape[1] > 0:
        with nogil:
            all_are = within(&values[0, 0], values.shape[0] * values.shape[1], low, high)
    return all_are


def move_all(real[::1] values, double step, Py_ssize_t times):
    """Add the step to every number, so many times: the least that an update of weights can cost."""
    cdef Py_ssize_t i, size = values.shape[0]
    cdef real move = <real> step
    cdef vector numbers = &values[0]
    with nogil:
        for _ in range(times):
            for i in range(size):
                numbers[i] = numbers[i] + move
            forget()


def r_squared(const real[:, ::1] outputs, const real[:, ::1] targets):
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
# many visits to a weight, some milliseconds, a large batch looks for Ctrl-C. A thread is worth its
# start for so many, and to wait for the others, where a batch ends, for so many.
cdef enum:
    BLOCK = 64
    VISITS_A_LOOK = 4000000
    VISITS_A_START = 1000000
    VISITS_A_MEETING = 100000


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
    real *values
    real *slot1       # momentum: the velocity; adam: the first moment
    real *slot2       # adam: the second moment
    real *sums        # what a batch adds up before it is applied; NULL where it needs no place


cdef inline real root_of(real x) noexcept nogil:
    return sqrtf(x) if sizeof(real) == sizeof(float) else sqrt(x)


cdef void scale(vector values, real factor, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        values[i] = values[i] * factor


cdef void take_decay(vector direction, vector values, real decay, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        direction[i] = direction[i] - decay * values[i]


cdef void apply_momentum(
    vector values, vector direction, vector velocity, Py_ssize_t size,
    real lr, real mu, bint nesterov,
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
    real rate, real root, const Settings *settings,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef real beta1 = settings.beta1, beta2 = settings.beta2, epsilon = settings.epsilon
    cdef real rest1 = 1.0 - settings.beta1, rest2 = 1.0 - settings.beta2
    cdef real m, v, d
    for i in range(size):
        d = direction[i]
        m = beta1 * first[i] + rest1 * d
        v = beta2 * second[i] + rest2 * (d * d)
        first[i] = m
        second[i] = v
        values[i] = values[i] + (rate * m) / (root_of(v) / root + epsilon)


# A network: forward, backward, move.

# The rows of a layer's own numbers are as long as whole registers, so that what is stored by whole
# registers is loaded so; those beyond fan_out are no neuron's.
cdef struct Layer:
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    Py_ssize_t width        # fan_out, up to a whole register
    int activation
    Parameters weights      # (fan_in, fan_out), row by row
    Parameters biases       # (fan_out,); values is NULL without biases
    real *signals           # (slots, width), as all that follow; a row is one example's
    real *outputs
    real *errors
    real *deltas
    real *steps             # the rate times the deltas


# What a thread works on of a layer when there is one update per example, see start_online.
cdef struct OnlinePart:
    bint is_split           # among the threads; if not, each works on all neurons
    bint is_copied
    Py_ssize_t slot         # the first of the slots that it uses
    Py_ssize_t first        # the neurons that are this thread's
    Py_ssize_t count
    Py_ssize_t padded       # count, up to a whole register
    real *weights           # from the first of these neurons on: the network's, or a copy
    Py_ssize_t row          # how far the rows are apart
    real *biases            # a copy, (padded,); NULL without biases
    real *transposed        # of all weights, (fan_out, width of the layer before)
    real *own_weights       # room for copies
    real *own_biases


# What a thread of a team works on. All of them have the same weights and the same slots, and each
# its own number, and room of its own.
cdef struct Network:
    Py_ssize_t depth
    Py_ssize_t size         # weights in all layers
    Layer *layers
    Settings settings
    double *powers          # adam: beta1**t and beta2**t
    real *gathered          # (slots, inodes): examples that do not lie side by side
    double *losses          # (slots,)
    Team *team
    Py_ssize_t me           # from 0, which is the caller's own thread
    real *transposed        # room for the weights of any layer but the first
    OnlinePart *online      # one a layer


cdef inline const Layer *last_layer(const Network *net) noexcept nogil:
    return &net.layers[net.depth - 1]


cdef struct Share:
    Py_ssize_t first
    Py_ssize_t count


cdef Share share_of(const Network *net, Py_ssize_t total, Py_ssize_t unit) noexcept nogil:
    """What of so many things is this thread's, in whole units."""
    cdef Py_ssize_t units = (total + unit - 1) // unit
    cdef Share share
    share.first = min(total, units * net.me // net.team.size * unit)
    share.count = min(total, units * (net.me + 1) // net.team.size * unit) - share.first
    return share


# What follows works on several examples at once: the rows slot to slot + count - 1 of a layer's
# signals, outputs, errors, deltas and steps. Their inputs lie side by side.

cdef void finish_forward(const Layer *layer, Py_ssize_t slot, Py_ssize_t count) noexcept nogil:
    """Turn the signals into outputs."""
    cdef Py_ssize_t row
    cdef real *signals = layer.signals + slot * layer.width
    cdef real *outputs = layer.outputs + slot * layer.width
    if layer.activation != SOFTMAX:
        activate(layer.activation, signals, outputs, count * layer.width)
        return
    for row in range(count):
        activate(
            SOFTMAX, signals + row * layer.width, outputs + row * layer.width, layer.fan_out
        )


cdef void forward(
    const Network *net, const real *inputs, Py_ssize_t slot, Py_ssize_t count, bint backwards
) noexcept nogil:
    """Fill in the signals and outputs of every layer."""
    cdef Py_ssize_t at, row, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    cdef real *signals
    for at in range(net.depth):
        layer = &net.layers[at]
        signals = layer.signals + slot * layer.width
        for row in range(count):
            start_sums(layer.biases.values, signals + row * layer.width, layer.fan_out)
        if count == 1:
            add_weighted(
                inputs, layer.weights.values, layer.fan_out, signals, layer.fan_in,
                layer.fan_out, backwards,
            )
        else:
            add_product(
                inputs, inputs_row, 1, layer.weights.values, layer.fan_out,
                signals, layer.width, count, layer.fan_in, layer.fan_out,
            )
        finish_forward(layer, slot, count)
        inputs, inputs_row = layer.outputs + slot * layer.width, layer.width


cdef double find_errors(const Network *net, const real *targets, Py_ssize_t slot) noexcept nogil:
    """Fill in one example's errors in the last layer, targets - outputs; return its loss."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t k, first = slot * last.width
    for k in range(last.fan_out):
        last.errors[first + k] = targets[k] - last.outputs[first + k]
    if net.settings.cross_entropy:
        return cross_entropy(
            last.activation, last.signals + first, <real *> targets, last.steps + first,
            last.fan_out,
        )
    return squared_error(last.errors + first, last.fan_out)


cdef double start_backward(
    const Network *net, const real *targets, Py_ssize_t slot
) noexcept nogil:
    """Fill in one example's errors and deltas in the last layer; return its loss."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t first = slot * last.width
    cdef double loss = find_errors(net, targets, slot)
    if net.settings.cross_entropy:
        cross_entropy_deltas(
            last.activation, last.outputs + first, <real *> targets, last.errors + first,
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
    cdef real *sent_back
    cdef real *errors
    for at in range(net.depth - 1, 0, -1):
        layer, before = &net.layers[at], &net.layers[at - 1]
        sent_back = layer.deltas if net.settings.gradient else layer.errors
        sent_back = sent_back + slot * layer.width
        errors = before.errors + slot * before.width
        # For one example too: a sum of products along a row would not be fused alike in float32.
        transpose(layer.weights.values, net.transposed, before.width, layer.fan_in, layer.fan_out)
        memset(errors, 0, count * before.width * sizeof(real))
        add_product(
            sent_back, layer.width, 1, net.transposed, before.width, errors, before.width,
            count, layer.fan_out, before.width,
        )
        times_slope(
            before.activation, before.outputs + slot * before.width, errors,
            before.deltas + slot * before.width, count * before.width,
        )


cdef void find_steps(
    vector deltas, vector steps, double rate, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    cdef real factor = <real> rate
    for i in range(count):
        steps[i] = factor * deltas[i]


cdef void add_flows(const Network *net, const real *inputs, Py_ssize_t count) noexcept nogil:
    """Add each example's inputs[i] * steps[j] to the sums or weights, in order.

    That of the first count slots, to this thread's share of the rows of weights.
    """
    cdef Py_ssize_t at, row, j, inputs_row = net.layers[0].fan_in
    cdef const Layer *layer
    cdef real *weights
    cdef real *biases
    cdef Share share
    for at in range(net.depth):
        layer = &net.layers[at]
        weights = layer.weights.values if layer.weights.sums == NULL else layer.weights.sums
        biases = layer.biases.values if layer.biases.sums == NULL else layer.biases.sums
        share = share_of(net, layer.fan_in, ROWS)
        weights = weights + share.first * layer.fan_out
        add_product(
            inputs + share.first, 1, inputs_row, layer.steps, layer.width, weights,
            layer.fan_out, share.count, count, layer.fan_out,
        )
        if layer.biases.values != NULL and net.me == 0:
            for row in range(count):
                for j in range(layer.fan_out):
                    biases[j] = biases[j] + layer.steps[row * layer.width + j]
        inputs, inputs_row = layer.outputs, layer.width


cdef Parameters part_of(const Network *net, const Parameters *all) noexcept nogil:
    """This thread's share of a matrix or of biases, whatever their rows."""
    cdef Share share = share_of(net, all.size, CACHE_LINE)
    cdef Parameters part
    part.size = share.count
    part.values = all.values + share.first
    part.sums = all.sums + share.first
    part.slot1 = NULL if all.slot1 == NULL else all.slot1 + share.first
    part.slot2 = NULL if all.slot2 == NULL else all.slot2 + share.first
    return part


cdef void start_batch(
    const Network *net, const Parameters *all, double lr, double decay
) noexcept nogil:
    """Make the sums ready: zeros for a direction, or the values themselves for gradient descent."""
    cdef Parameters part
    if all.values == NULL:
        return
    part = part_of(net, all)
    if net.settings.optimizer != SGD:
        memset(part.sums, 0, part.size * sizeof(real))
        return
    memcpy(part.sums, part.values, part.size * sizeof(real))
    if decay != 0.0:
        scale(part.sums, 1.0 - lr * decay, part.size)


cdef void finish_batch(
    const Network *net, const Parameters *all, double lr, double decay
) noexcept nogil:
    """Move the values by the sums of a batch."""
    cdef const Settings *settings = &net.settings
    cdef Parameters part
    if all.values == NULL:
        return
    part = part_of(net, all)
    if settings.optimizer == SGD:
        memcpy(part.values, part.sums, part.size * sizeof(real))
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
            lr / (1.0 - net.powers[0] * settings.beta1),
            sqrt(1.0 - net.powers[1] * settings.beta2), settings,
        )


cdef struct Examples:
    const real *inputs          # (n, inodes)
    const real *targets         # (n, onodes)
    const int64_t *order        # (n,), or NULL for the examples as they stand
    Py_ssize_t inodes
    Py_ssize_t onodes


cdef inline Py_ssize_t example_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return place if examples.order == NULL else <Py_ssize_t> examples.order[place]


cdef inline const real *inputs_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.inputs + example_at(examples, place) * examples.inodes


cdef inline const real *targets_at(const Examples *examples, Py_ssize_t place) noexcept nogil:
    return examples.targets + example_at(examples, place) * examples.onodes


cdef const real *block_inputs(
    const Network *net, const Examples *examples, Py_ssize_t place, Py_ssize_t count, Share share
) noexcept nogil:
    """Return the inputs of these examples side by side, a share copied here if they lie apart."""
    cdef Py_ssize_t row
    if examples.order == NULL or count == 1:
        return inputs_at(examples, place)
    for row in range(share.first, share.first + share.count):
        memcpy(
            net.gathered + row * examples.inodes, inputs_at(examples, place + row),
            examples.inodes * sizeof(real),
        )
    return net.gathered


cdef void scale_weights(const Network *net, double factor) noexcept nogil:
    """Scale the rows of weights that add_flows adds to in this thread."""
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef Share share
    for at in range(net.depth):
        layer = &net.layers[at]
        share = share_of(net, layer.fan_in, ROWS)
        scale(
            layer.weights.values + share.first * layer.fan_out, factor,
            share.count * layer.fan_out,
        )


cdef int fit_batch(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) except -1 nogil:
    """One update from the examples of a batch, whose losses are added to the loss.

    A batch by plain gradient descent that fits into one block has no sums: all its deltas are known
    before the weights move, so the weights themselves can be added to. With sums nothing of the
    network changes before the end, and Ctrl-C may leave the batch in the middle.

    The threads of a team share the examples, meet, share the rows of weights, and meet.
    """
    cdef const Settings *settings = &net.settings
    cdef bint direct = net.layers[0].weights.sums == NULL
    cdef double rate = (lr if settings.optimizer == SGD else 1.0) / (stop - start)
    cdef const real *inputs
    cdef const Layer *layer
    cdef Share share
    cdef Py_ssize_t first, count, row, at, visited = 0
    if not direct:
        for at in range(net.depth):
            start_batch(net, &net.layers[at].weights, lr, settings.decay)
            start_batch(net, &net.layers[at].biases, lr, 0.0)
    first = start
    while first < stop:
        count = min(BLOCK * net.team.size, stop - first)
        share = share_of(net, count, ROWS)
        inputs = block_inputs(net, examples, first, count, share)
        if share.count > 0:
            forward(net, inputs + share.first * examples.inodes, share.first, share.count, False)
            for row in range(share.first, share.first + share.count):
                net.losses[row] = start_backward(net, targets_at(examples, first + row), row)
            backward(net, share.first, share.count)
            for at in range(net.depth):
                layer = &net.layers[at]
                find_steps(
                    layer.deltas + share.first * layer.width,
                    layer.steps + share.first * layer.width, rate, share.count * layer.width,
                )
        meet(net.team)
        if net.me == 0:
            for row in range(count):
                loss[0] = loss[0] + net.losses[row]
        if direct and settings.decay != 0.0:
            scale_weights(net, 1.0 - lr * settings.decay)
        add_flows(net, inputs, count)
        first += count
        visited += count * net.size
        if visited > VISITS_A_LOOK and first < stop:
            visited = 0
            if net.me == 0:
                with gil:
                    net.team.stopped = check_signals() != 0
        meet(net.team)
        if net.team.stopped:
            return -1 if net.me == 0 else 0
    if not direct:
        for at in range(net.depth):
            finish_batch(net, &net.layers[at].weights, lr, settings.decay)
            finish_batch(net, &net.layers[at].biases, lr, 0.0)
        meet(net.team)
    if settings.optimizer == ADAM and net.me == 0:
        net.powers[0] = net.powers[0] * settings.beta1
        net.powers[1] = net.powers[1] * settings.beta2
    return 0


# One update per example by plain gradient descent. Every update but the last waits for the next
# example's way forward, which moves the weights in passing; its way back moves a transposed copy.
# The examples take turns in three slots: one learns, the one before it moves weights, and a thread
# that is ahead fills the third.
#
# The threads of a team share the neurons of a layer, and meet when its outputs are there. Each has
# a copy of its share: in one array a core fetches ahead, at the end of each row, into what another
# is about to write. A narrow layer, and the last one, costs less than to meet: each thread works on
# all of it, on a copy.

cdef enum:
    SLOTS = 3
    MOST_COPIED = 900000    # bytes


cdef bint is_narrow(const Layer *layer) noexcept nogil:
    """Whether one tile is as wide as the layer."""
    return columns_of(layer.fan_out) <= WIDE


cdef bint is_better_copied(const Layer *layer) noexcept nogil:
    """Whether rows would begin within a cache line, and a copy whose rows do not is not too large.

    A register that is loaded or stored across two lines costs twice.
    """
    return layer.fan_out * sizeof(real) % CACHE_LINE != 0 and (
        layer.fan_in * layer.width * sizeof(real) <= MOST_COPIED
    )


cdef bint gains_online(const Network *net) noexcept nogil:
    """Whether threads can share so many of the weights that it is worth their while."""
    cdef Py_ssize_t at, shared = 0
    for at in range(net.depth - 1):
        if not is_narrow(&net.layers[at]):
            shared += net.layers[at].weights.size
    return 3 * shared > 2 * net.size


cdef void start_online(const Network *net) noexcept nogil:
    """Find this thread's neurons, and copy what it shall have a copy of."""
    cdef Py_ssize_t at, i
    cdef const Layer *layer
    cdef OnlinePart *part
    cdef Share share
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        part.is_split = net.team.size > 1 and at < net.depth - 1 and not is_narrow(layer)
        part.is_copied = is_better_copied(layer) or net.team.size > 1
        part.slot = 0 if part.is_split else SLOTS * net.me
        share.first, share.count = 0, layer.fan_out
        if part.is_split:
            share = share_of(net, layer.fan_out, CACHE_LINE // sizeof(real))
        part.first, part.count = share.first, share.count
        part.padded = columns_of(part.count) * LANES
        part.weights, part.row = layer.weights.values + part.first, layer.fan_out
        if part.is_copied:
            part.weights, part.row = part.own_weights, part.padded
            for i in range(layer.fan_in):
                memcpy(
                    part.weights + i * part.row,
                    layer.weights.values + i * layer.fan_out + part.first,
                    part.count * sizeof(real),
                )
        if layer.biases.values != NULL:
            part.biases = part.own_biases
            memcpy(
                part.biases, layer.biases.values + part.first,
                part.count * sizeof(real),
            )
        if at > 0:
            transpose(
                layer.weights.values, part.transposed, net.layers[at - 1].width, layer.fan_in,
                layer.fan_out,
            )
    # What is beyond the last neuron in these rows shall stay 0.
    memset(
        layer.deltas + part.slot * layer.width, 0, SLOTS * layer.width * sizeof(real)
    )


cdef void forward_online(
    const Network *net, const real *old_inputs, const real *inputs, Py_ssize_t old,
    Py_ssize_t slot, bint backwards,
) noexcept nogil:
    """Move the weights by the example in the old slot, if old inputs are not NULL, and go forward.

    That is add_flows for the one and forward for the other, in one pass over the weights.
    """
    cdef Py_ssize_t at, j, width
    cdef const Layer *layer
    cdef const OnlinePart *part
    cdef real *steps
    cdef real *signals
    cdef real *outputs
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        steps = layer.steps + (part.slot + old) * layer.width + part.first
        signals = layer.signals + (part.slot + slot) * layer.width + part.first
        outputs = layer.outputs + (part.slot + slot) * layer.width + part.first
        if part.biases != NULL and old_inputs != NULL:
            for j in range(part.padded):
                part.biases[j] = part.biases[j] + steps[j]
        width = part.padded if part.is_copied else part.count
        if old_inputs == NULL:
            start_sums(part.biases, signals, part.padded)
            add_weighted(
                inputs, part.weights, part.row, signals, layer.fan_in, width, backwards
            )
        else:
            move_and_add_weighted(
                part.weights, part.row, old_inputs, steps, inputs, part.biases, signals,
                layer.fan_in, width, backwards,
            )
        if layer.activation == SOFTMAX:
            activate(SOFTMAX, signals, outputs, layer.fan_out)
        else:
            activate(layer.activation, signals, outputs, part.padded)
        # What is no neuron's output moves the transposed weights, which shall stay 0 there.
        if part.first + part.padded > layer.fan_out:
            memset(
                layer.outputs + (part.slot + slot) * layer.width + layer.fan_out, 0,
                (layer.width - layer.fan_out) * sizeof(real),
            )
        if part.is_split:
            meet(net.team)
        old_inputs = NULL if old_inputs == NULL else (
            layer.outputs + (part.slot + old) * layer.width
        )
        inputs = layer.outputs + (part.slot + slot) * layer.width


cdef void backward_online(
    const Network *net, bint is_first, Py_ssize_t old, Py_ssize_t slot, double lr
) noexcept nogil:
    """Fill in the errors, deltas and steps of this thread's neurons; the last layer has its deltas.

    The transposed weights are moved in passing by the example in the old slot, but for the first.
    """
    cdef Py_ssize_t at
    cdef const Layer *layer
    cdef const Layer *before
    cdef const OnlinePart *part
    cdef const OnlinePart *own
    cdef const real *sent_back
    cdef Py_ssize_t row
    for at in range(net.depth - 1, 0, -1):
        layer, part = &net.layers[at], &net.online[at]
        before, own = &net.layers[at - 1], &net.online[at - 1]
        if part.is_split:
            meet(net.team)
        sent_back = layer.deltas if net.settings.gradient else layer.errors
        sent_back = sent_back + (part.slot + slot) * layer.width
        row = (own.slot + slot) * before.width + own.first
        if is_first:
            start_sums(NULL, before.errors + row, own.padded)
            add_weighted(
                sent_back, part.transposed + own.first, before.width, before.errors + row,
                layer.fan_out, own.padded, False,
            )
        else:
            move_and_add_weighted(
                part.transposed + own.first, before.width,
                layer.steps + (part.slot + old) * layer.width,
                before.outputs + (own.slot + old) * before.width + own.first,
                sent_back, NULL, before.errors + row, layer.fan_out, own.padded, False,
            )
        times_slope(
            before.activation, before.outputs + row, before.errors + row, before.deltas + row,
            own.padded,
        )
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        row = (part.slot + slot) * layer.width + part.first
        find_steps(layer.deltas + row, layer.steps + row, lr, part.padded)


cdef void finish_online(const Network *net, const real *inputs, Py_ssize_t slot) noexcept nogil:
    """Move the weights by the example in the slot, the last, and bring the copies back."""
    cdef Py_ssize_t at, i, j
    cdef const Layer *layer
    cdef const OnlinePart *part
    cdef real *steps
    for at in range(net.depth):
        layer, part = &net.layers[at], &net.online[at]
        steps = layer.steps + (part.slot + slot) * layer.width + part.first
        if part.is_split or net.me == 0:
            add_product(
                inputs, 1, layer.fan_in, steps, layer.width, part.weights, part.row,
                layer.fan_in, 1, part.count,
            )
            if part.is_copied:
                for i in range(layer.fan_in):
                    memcpy(
                        layer.weights.values + i * layer.fan_out + part.first,
                        part.weights + i * part.row, part.count * sizeof(real),
                    )
            if part.biases != NULL:
                for j in range(part.count):
                    layer.biases.values[part.first + j] = part.biases[j] + steps[j]
        inputs = layer.outputs + (part.slot + slot) * layer.width


cdef void fit_online(
    const Network *net, const Examples *examples, Py_ssize_t start, Py_ssize_t stop, double lr,
    double *loss,
) noexcept nogil:
    """One update for each of one or more examples, whose losses are added to the loss."""
    cdef Py_ssize_t place, slot = 0, old = 0
    cdef double added
    start_online(net)
    for place in range(start, stop):
        old, slot = slot, slot + 1 if slot + 1 < SLOTS else 0
        forward_online(
            net, NULL if place == start else inputs_at(examples, place - 1),
            inputs_at(examples, place), old, slot, place % 2 == 1,
        )
        added = start_backward(
            net, targets_at(examples, place), net.online[net.depth - 1].slot + slot
        )
        if net.me == 0:
            loss[0] = loss[0] + added
        backward_online(net, place == start, old, slot, lr)
    finish_online(net, inputs_at(examples, stop - 1), slot)


# What a call of the kernel asks of every thread of the team.

cdef enum:
    PREDICT
    EVALUATE
    FIT_ONLINE
    FIT_BATCHES


cdef struct Call:
    int kind
    Examples examples
    real *outputs           # (n, onodes)
    Py_ssize_t start
    Py_ssize_t stop
    Py_ssize_t batch_size
    double lr
    double loss


cdef struct Member:
    Network net
    Call *call


cdef void predict_block(
    const Network *net, const Call *call, Py_ssize_t place, Py_ssize_t slot, Py_ssize_t count,
    bint backwards,
) noexcept nogil:
    """Write the outputs for these examples to the same rows of the call's outputs."""
    cdef const Layer *last = last_layer(net)
    cdef Py_ssize_t row
    forward(net, inputs_at(&call.examples, place), slot, count, backwards)
    for row in range(count):
        memcpy(
            call.outputs + (place + row) * last.fan_out,
            last.outputs + (slot + row) * last.width, last.fan_out * sizeof(real),
        )


cdef void predict(const Network *net, const Call *call) noexcept nogil:
    cdef Share share = share_of(net, call.stop - call.start, ROWS)
    cdef Py_ssize_t place = call.start + share.first, stop = place + share.count
    while place < stop:
        predict_block(net, call, place, BLOCK * net.me, min(BLOCK, stop - place), False)
        place += BLOCK


cdef void evaluate(const Network *net, Call *call) noexcept nogil:
    """predict, and add the examples' losses to the call's, in their order."""
    cdef Py_ssize_t place = call.start, count, row
    cdef Share share
    while place < call.stop:
        count = min(BLOCK * net.team.size, call.stop - place)
        share = share_of(net, count, ROWS)
        if share.count > 0:
            predict_block(net, call, place + share.first, share.first, share.count, False)
        for row in range(share.first, share.first + share.count):
            net.losses[row] = find_errors(net, targets_at(&call.examples, place + row), row)
        meet(net.team)
        if net.me == 0:
            for row in range(count):
                call.loss = call.loss + net.losses[row]
        meet(net.team)
        place += count


cdef int work_on(Member *member) except -1 nogil:
    cdef Call *call = member.call
    cdef Py_ssize_t first, last
    if call.kind == PREDICT:
        predict(&member.net, call)
    elif call.kind == EVALUATE:
        evaluate(&member.net, call)
    elif call.kind == FIT_ONLINE:
        fit_online(
            &member.net, &call.examples, call.start, call.stop, call.lr, &call.loss
        )
    else:
        first = call.start
        while first < call.stop and not member.net.team.stopped:
            last = min(first + call.batch_size, call.stop)
            fit_batch(&member.net, &call.examples, first, last, call.lr, &call.loss)
            first = last
    return 0


cdef void work_beside(void *member) noexcept nogil:
    """What a thread of the team does that is not the caller's."""
    cdef Team *team = (<Member *> member).net.team
    wait_for_begin(team)
    work_on(<Member *> member)
    finish(team)


cdef class Kernel:
    """The loops over one network.

    All arrays but powers are of this build's type, C-contiguous and used in place.

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
    seen : (5,) float64 array
        The numbers of the struct of this name; `train` and `see` widen it, `query` looks at it.
    threads : int
        How many threads may work on a call, where they gain something.
    """

    cdef Team team
    cdef Member *members    # (threads,)
    cdef Layer *layers      # (depth,)
    cdef Call call
    cdef Py_ssize_t threads
    cdef Py_ssize_t inodes
    cdef Py_ssize_t onodes
    cdef real *example      # (inodes + onodes,): what train learns from
    cdef real *sums
    cdef SeenRange *seen
    cdef bint backwards
    cdef bint busy
    cdef list owners

    def __cinit__(
        self, list weights, list biases, list slots, powers, list activations, dict settings,
        double[::1] seen, Py_ssize_t threads=1,
    ):
        cdef Py_ssize_t at, depth = len(weights)
        self.owners = []
        self.threads, self.team.size = threads, 1
        if depth == 0 or len(activations) != depth:
            raise ValueError("weights and activations: want one a layer, at least 1")
        self.members = <Member *> calloc(threads, sizeof(Member))
        self.layers = <Layer *> calloc(depth, sizeof(Layer))
        if self.members == NULL or self.layers == NULL:
            raise MemoryError
        for at in range(depth):
            self.add_layer(at, weights[at], activations[at])
            if biases:
                self.add_biases(at, biases[at])
            for number, (slot_weights, slot_biases) in enumerate(slots):
                self.add_slot(at, number, slot_weights[at], slot_biases[at] if biases else None)
        self.seen = <SeenRange *> self.numbers("seen", seen, 5)
        self.inodes = self.layers[0].fan_in
        self.onodes = self.layers[depth - 1].fan_out
        self.divide_workspace(depth)
        self.add_members(
            depth, settings, NULL if powers is None else self.numbers("powers", powers, 2)
        )

    def __dealloc__(self):
        free(self.layers)
        free(self.members)

    cdef real *pointer(self, array, Py_ssize_t size) except NULL:
        """Return where an array's numbers are, and keep them there while this object lives."""
        cdef real[::1] flat
        # NumPy resizes no array that has a view.
        self.owners.append(memoryview(array))
        flat = array.reshape(-1)
        check_length("size", flat.shape[0], size)
        return &flat[0]

    cdef double *numbers(self, str name, double[::1] array, Py_ssize_t size) except NULL:
        check_length(name, array.shape[0], size)
        self.owners.append(array)
        return &array[0]

    cdef real *room(self, Py_ssize_t count) except NULL:
        """Return a place for so many numbers, all 0, that lives as long as this object."""
        cdef bytearray place = bytearray(count * sizeof(real) + CACHE_LINE)
        cdef uintptr_t start = <uintptr_t> PyByteArray_AS_STRING(place)
        self.owners.append(place)
        return <real *> (start + (CACHE_LINE - start % CACHE_LINE) % CACHE_LINE)

    cdef add_layer(self, Py_ssize_t at, weights, int activation):
        cdef Layer *layer = &self.layers[at]
        layer.fan_in, layer.fan_out = weights.shape
        if layer.fan_in == 0 or layer.fan_out == 0:
            raise ValueError(f"weights[{at}]: got an empty matrix")
        if at > 0:
            check_length("rows", layer.fan_in, self.layers[at - 1].fan_out)
        layer.width = columns_of(layer.fan_out) * LANES
        layer.activation = activation
        layer.weights.size = layer.fan_in * layer.fan_out
        layer.weights.values = self.pointer(weights, layer.weights.size)

    cdef add_biases(self, Py_ssize_t at, biases):
        cdef Layer *layer = &self.layers[at]
        layer.biases.size = layer.fan_out
        layer.biases.values = self.pointer(biases, layer.fan_out)

    cdef add_slot(self, Py_ssize_t at, Py_ssize_t number, weights, biases):
        cdef Layer *layer = &self.layers[at]
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

    cdef divide_workspace(self, Py_ssize_t depth):
        """Give every layer its rows: a block of examples for each thread."""
        cdef Py_ssize_t at, size, rows = BLOCK * self.threads
        cdef Layer *layer
        self.example = self.room(self.inodes + self.onodes)
        for at in range(depth):
            layer = &self.layers[at]
            size = rows * layer.width
            layer.signals = self.room(5 * size)
            layer.outputs = layer.signals + size
            layer.errors = layer.signals + 2 * size
            layer.deltas = layer.signals + 3 * size
            layer.steps = layer.signals + 4 * size

    cdef add_members(self, Py_ssize_t depth, dict settings, double *powers):
        """Give every thread the network, and room of its own."""
        cdef Py_ssize_t at, me, largest = 1
        cdef Network *net
        for at in range(1, depth):
            largest = max(largest, self.layers[at - 1].width * self.layers[at].fan_out)
        losses = bytearray(BLOCK * self.threads * sizeof(double))
        self.owners.append(losses)
        gathered = self.room(BLOCK * self.threads * self.inodes)
        for me in range(self.threads):
            net = &self.members[me].net
            net.depth, net.layers, net.settings, net.powers = depth, self.layers, settings, powers
            for at in range(depth):
                net.size += self.layers[at].weights.size
            net.team, net.me = &self.team, me
            net.gathered = gathered
            net.losses = <double *> PyByteArray_AS_STRING(losses)
            net.transposed = self.room(largest)
            self.members[me].call = &self.call

    cdef use_sums(self, bint needed):
        """Give every parameter a place for a batch's sums, or take it away."""
        cdef Py_ssize_t at, depth = self.members.net.depth, size = 0
        cdef real *rest
        cdef Layer *layer
        for at in range(depth):
            size += self.layers[at].weights.size + self.layers[at].biases.size
        if needed and self.sums == NULL:
            self.sums = self.room(size)
        rest = self.sums
        for at in range(depth):
            layer = &self.layers[at]
            layer.weights.sums = rest if needed else NULL
            layer.biases.sums = rest + layer.weights.size if needed else NULL
            if needed:
                rest += layer.weights.size + layer.biases.size

    cdef use_online(self, long threads):
        """Give every thread of a team what it needs for one update per example."""
        cdef Py_ssize_t at, me, depth = self.members.net.depth
        cdef Layer *layer
        cdef OnlinePart *part
        cdef OnlinePart *parts
        for me in range(threads):
            if self.members[me].net.online != NULL:
                continue
            room = bytearray(depth * sizeof(OnlinePart))
            self.owners.append(room)
            parts = <OnlinePart *> PyByteArray_AS_STRING(room)
            for at in range(depth):
                layer, part = &self.layers[at], &parts[at]
                if layer.biases.values != NULL:
                    part.own_biases = self.room(layer.width)
                if is_better_copied(layer) or self.threads > 1:
                    part.own_weights = self.room(layer.fan_in * layer.width)
                if at > 0:
                    part.transposed = self.room(self.layers[at - 1].width * layer.fan_out)
            # Last: after a MemoryError there is none, and not half of one.
            self.members[me].net.online = parts

    cdef check_idle(self):
        """Raise RuntimeError if a call is in the middle of its work.

        Threads wait for each other outside; but a large batch lets signal handlers run.
        """
        if self.busy:
            raise RuntimeError("a signal handler cannot use a network that is at work")

    cdef run(self, long threads):
        """Do what the call asks for, with as many threads as that or as can be had."""
        cdef long size = start_team(
            &self.team, threads, work_beside, <char *> self.members, sizeof(Member)
        )
        self.busy = True
        with nogil:
            begin(&self.team, size)
            try:
                work_on(self.members)
            finally:
                wait_for_end(&self.team)
                self.team.size, self.team.stopped, self.busy = 1, False, False

    def query(self, inputs, real[::1] outputs):
        """Write the outputs for one example, (inodes,), to outputs, (onodes,).

        Returns whether the example is like those trained on; or None, and writes nothing, for
        inputs that `copied` does not take.
        """
        cdef Network *net = &self.members.net
        cdef bint like
        self.check_idle()
        check_length("outputs", outputs.shape[0], self.onodes)
        if not copied(inputs, self.example, self.inodes):
            return None
        with nogil:
            like = is_like(self.seen, self.example, self.inodes)
            forward(net, self.example, 0, 1, self.backwards)
            # From where the last answer has ended, whose weights a small cache still has.
            self.backwards = not self.backwards
            memcpy(&outputs[0], last_layer(net).outputs, self.onodes * sizeof(real))
        return like

    def first_unlike(self, const real[:, ::1] inputs, Py_ssize_t step):
        """Return the place of the first example that is not like those trained on, or -1.

        Of every step examples one is looked at.
        """
        cdef Py_ssize_t row
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        for row in range(0, inputs.shape[0], step):
            if not is_like(self.seen, &inputs[row, 0], self.inodes):
                return row
        return -1

    def see(self, const real[:, ::1] inputs):
        """Widen the range by examples that are about to train the network."""
        cdef Py_ssize_t row
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        with nogil:
            for row in range(inputs.shape[0]):
                widen(self.seen, &inputs[row, 0], self.inodes)

    def predict(
        self, const real[:, ::1] inputs, real[:, ::1] outputs, Py_ssize_t start, Py_ssize_t stop
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs."""
        self.check_idle()
        self.check_examples(inputs, outputs, start, stop)
        if start < stop:
            self.call.kind = PREDICT
            self.call.examples = Examples(&inputs[0, 0], NULL, NULL, self.inodes, self.onodes)
            self.call.outputs, self.call.start, self.call.stop = &outputs[0, 0], start, stop
            self.run(self.threads_for(stop - start, (stop - start) // ROWS))

    cdef long threads_for(self, Py_ssize_t examples, Py_ssize_t most):
        """How many threads are worth their start, up to a number, for a call with so many."""
        cdef Py_ssize_t visits = examples * self.members.net.size
        return max(1, min(self.threads, most, visits // VISITS_A_START))

    def train(self, inputs, targets, double lr, double low, double high):
        """Make one update from one example, (inodes,) and (onodes,).

        Returns False, and makes none, for what `copied` does not take and for a number that should
        not be: an input that is not finite, or a target that is not from low to high.
        """
        cdef Network *net = &self.members.net
        cdef Examples examples
        cdef bint usable
        cdef double loss = 0.0
        self.check_idle()
        # Copied, since the caller's array may be a row of the weights.
        if not copied(inputs, self.example, self.inodes) or not copied(
            targets, self.example + self.inodes, self.onodes
        ):
            return False
        examples = Examples(
            self.example, self.example + self.inodes, NULL, self.inodes, self.onodes
        )
        self.use_sums(net.settings.optimizer != SGD)
        with nogil:
            usable = within(examples.inputs, self.inodes, -LARGEST, LARGEST) & within(
                examples.targets, self.onodes, low, high
            )
            if usable:
                widen(self.seen, examples.inputs, self.inodes)
                fit_batch(net, &examples, 0, 1, lr, &loss)
        return usable

    def last_update(self, Py_ssize_t at, real[:, ::1] numbers):
        """Write what the last call of `train` computed in a layer to the rows of numbers.

        They are its signals, outputs, errors, deltas and steps, (5, fan_out).
        """
        cdef Py_ssize_t size
        cdef const Layer *layer
        check_range("at", 0, at, self.members.net.depth - 1)
        layer = &self.layers[at]
        check_length("rows of numbers", numbers.shape[0], 5)
        check_length("columns of numbers", numbers.shape[1], layer.fan_out)
        size = layer.fan_out * sizeof(real)
        memcpy(&numbers[0, 0], layer.signals, size)
        memcpy(&numbers[1, 0], layer.outputs, size)
        memcpy(&numbers[2, 0], layer.errors, size)
        memcpy(&numbers[3, 0], layer.deltas, size)
        memcpy(&numbers[4, 0], layer.steps, size)

    def fit(
        self, const real[:, ::1] inputs, const real[:, ::1] targets, const int64_t[::1] order,
        Py_ssize_t start, Py_ssize_t stop, Py_ssize_t batch_size, double lr, double loss,
    ):
        """Make one update for each batch of the examples start to stop - 1 of the order.

        The order is None for the examples as they stand. Returns the sum of their losses, added one
        by one to the loss that is passed.
        """
        cdef const Settings *settings = &self.members.net.settings
        cdef Py_ssize_t first
        cdef long threads
        self.check_idle()
        self.check_examples(inputs, targets, start, stop)
        check_range("batch_size", 1, batch_size, inputs.shape[0])
        if start == stop:
            return loss
        self.call.examples = Examples(
            &inputs[0, 0], &targets[0, 0], NULL, self.inodes, self.onodes
        )
        if order is not None:
            check_length("order", order.shape[0], inputs.shape[0])
            for first in range(start, stop):
                check_range("order", 0, order[first], inputs.shape[0] - 1)
            self.call.examples.order = &order[0]
        self.call.start, self.call.stop, self.call.batch_size = start, stop, batch_size
        self.call.lr, self.call.loss = lr, loss
        if batch_size == 1 and settings.optimizer == SGD and settings.decay == 0.0:
            threads = self.threads_for(
                stop - start, self.threads if gains_online(&self.members.net) else 1
            )
            self.call.kind = FIT_ONLINE
            self.use_online(threads)
        else:
            threads = self.threads_for(
                stop - start,
                min(batch_size // ROWS, batch_size * self.members.net.size // VISITS_A_MEETING),
            )
            self.call.kind = FIT_BATCHES
            self.use_sums(settings.optimizer != SGD or batch_size > BLOCK)
        self.run(threads)
        return self.call.loss

    def evaluate(
        self, const real[:, ::1] inputs, const real[:, ::1] targets, real[:, ::1] outputs,
        Py_ssize_t start, Py_ssize_t stop, double loss,
    ):
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs.

        Returns the sum of their losses, added one by one to the loss that is passed.
        """
        self.check_idle()
        self.check_examples(inputs, targets, start, stop)
        self.check_examples(inputs, outputs, start, stop)
        if start == stop:
            return loss
        self.call.kind = EVALUATE
        self.call.examples = Examples(
            &inputs[0, 0], &targets[0, 0], NULL, self.inodes, self.onodes
        )
        self.call.outputs, self.call.start, self.call.stop = &outputs[0, 0], start, stop
        self.call.loss = loss
        self.run(self.threads_for(stop - start, (stop - start) // ROWS))
        return self.call.loss

    def backquery(self, const real[::1] targets, real[::1] inputs):
        """Write the inputs that the network has in mind for the targets to inputs."""
        cdef Py_ssize_t at, j
        cdef Layer *layer
        cdef const real *outputs = &targets[0]
        cdef real *before
        self.check_idle()
        check_length("targets", targets.shape[0], self.onodes)
        check_length("inputs", inputs.shape[0], self.inodes)
        with nogil:
            for at in range(self.members.net.depth - 1, -1, -1):
                layer = &self.members.net.layers[at]
                before = &inputs[0] if at == 0 else self.members.net.layers[at - 1].outputs
                signals_for(layer.activation, <real *> outputs, layer.signals, layer.fan_out)
                if layer.biases.values != NULL:
                    for j in range(layer.fan_out):
                        layer.signals[j] = layer.signals[j] - layer.biases.values[j]
                split(
                    layer.signals, layer.weights.values, before, layer.fan_in, layer.fan_out
                )
                rescale(before, layer.fan_in)
                outputs = before

    cdef check_examples(
        self, const real[:, ::1] inputs, const real[:, ::1] others,
        Py_ssize_t start, Py_ssize_t stop,
    ):
        check_length("columns of inputs", inputs.shape[1], self.inodes)
        check_length("columns of the outputs or targets", others.shape[1], self.onodes)
        check_length("rows of the outputs or targets", others.shape[0], inputs.shape[0])
        check_range("start", 0, start, stop)
        check_range("stop", start, stop, inputs.shape[0])


cdef bint copied(array, real *to, Py_ssize_t size) except -1:
    """Copy the numbers of a contiguous native array of this build's type and of shape (size,).

    Returns False, and copies none, for anything else, and raises for nothing: this is asked of
    whatever a caller passes. A typed memoryview would take several times as long.
    """
    cdef Py_buffer view
    cdef bint fits
    # No subclass: a masked array does not mean all of its numbers.
    if type(array) is not ndarray:
        return False
    try:
        PyObject_GetBuffer(array, &view, PyBUF_ND | PyBUF_FORMAT)
    except (BufferError, ValueError):
        return False
    fits = view.ndim == 1 and view.shape[0] == size and strcmp(view.format, REAL_FORMAT) == 0
    if fits:
        memcpy(to, view.buf, size * sizeof(real))
    PyBuffer_Release(&view)
    return fits


cdef check_length(str name, Py_ssize_t got, Py_ssize_t wanted):
    if got != wanted:
        raise ValueError(f"{name}: got {got}, wants {wanted}")


cdef check_range(str name, Py_ssize_t low, Py_ssize_t got, Py_ssize_t high):
    if not low <= got <= high:
        raise ValueError(f"{name}: got {got}, wants {low} to {high}")
