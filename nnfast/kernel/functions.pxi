# The functions of nnref/functions.py, operation by operation, without a branch or a call that would
# keep a compiler from working on several numbers at once. Constants are named where a literal would
# make a computation in float32 one in float64.

from libc.math cimport INFINITY, NAN
from libc.stdint cimport int64_t
from libc.string cimport memcpy

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


cdef inline real tanh_of(real x) noexcept nogil:
    """Return tanh(x), which is 1 from 20 on and -1 before -20."""
    cdef real one = 1.0, two = 2.0, end = 20.0, k, rest, scale, t
    rest = reduced(two * x, &k)
    scale = two_to(k)
    t = scale * rest + (scale - one)
    t = t / (t + two)
    t = -one if x < -end else t
    return one if x > end else t


cdef inline double artanh_of(double y) noexcept nogil:
    return 0.5 * log_of((1.0 + y) / (1.0 - y))


cdef inline double logit_of(double y) noexcept nogil:
    return log_of(y / (1.0 - y))


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
