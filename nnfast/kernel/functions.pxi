# exp, log and the functions made of them, as in nnref/functions.py, operation by operation.
#
# exp and tanh have no branch and no call, which would keep a compiler from working on several
# numbers at once. Constants have names where a literal would turn a computation in float32 into one
# in float64.

from libc.math cimport INFINITY, NAN
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(NNFAST_FLOAT32)
    typedef uint32_t word;
    #define MANTISSA 23
    #define BIAS 127
    #define LN2_HIGH 0x1.62e4p-1f
    #define LN2_LOW 0x1.7f7d1cp-20f
    #define LOG2_E 0x1.715476p+0f
    #define TO_WHOLE 0x1.8p+23f
    #define EXP_LOWEST -104.0f
    #define EXP_HIGHEST 89.0f
    #else
    typedef uint64_t word;
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
    ctypedef uint64_t word      # as wide as real
    const int MANTISSA          # bits of a real's mantissa
    const int BIAS              # of a real's exponent
    const real LN2_HIGH         # ln 2 in two parts, the first with few bits
    const real LN2_LOW
    const real LOG2_E
    const real TO_WHOLE         # added to a real, leaves no place for a fraction
    const real EXP_LOWEST       # e**x is 0 below this, and infinite above EXP_HIGHEST
    const real EXP_HIGHEST
    const double LOG_LN2_HIGH
    const double LOG_LN2_LOW
    const double SQRT_HALF
    const double SMALLEST_NORMAL
    const double TWO_TO_54
    const int64_t MANTISSA_BITS
    const int64_t EXPONENT_OF_ONE_HALF


cdef inline real two_to(real k) noexcept nogil:
    """Return 2**k for a whole k that a normal number has: k, written where the exponent stands."""
    cdef real shifted = k + (TO_WHOLE + BIAS)
    cdef word bits
    cdef real result
    memcpy(&bits, &shifted, sizeof(real))
    bits = bits << MANTISSA
    memcpy(&result, &bits, sizeof(real))
    return result


cdef inline real reduced(real x, real *k) noexcept nogil:
    """Return a rest, and set a whole k, such that e**x = 2**k (1 + rest).

    float32 has no place for what the terms from r**8 on would add.
    """
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
    tail = (c2 + r * c3) + r2 * (c4 + r * c5)
    if sizeof(real) == sizeof(float):
        tail = tail + r4 * (c6 + r * c7)
    else:
        tail = tail + r4 * (
            ((c6 + r * c7) + r2 * (c8 + r * c9)) + r4 * ((c10 + r * c11) + r2 * (c12 + r * c13))
        )
    return high + (r2 * tail - low)


cdef inline real exp_of(real x) noexcept nogil:
    """Return e**x.

    The oracle first limits x to where the result is neither 0 nor infinite. To choose among the
    three results afterwards gives the same numbers, and compilers make no branches of it.
    """
    cdef real zero = 0.0, one = 1.0, one_half = 0.5, infinite = INFINITY, k, half, rest, power
    rest = reduced(x, &k)
    half = (k * one_half + TO_WHOLE) - TO_WHOLE
    power = (one + rest) * two_to(half) * two_to(k - half)
    power = zero if x < EXP_LOWEST else power
    return infinite if x > EXP_HIGHEST else power


cdef inline double log_of(double x) noexcept nogil:
    """Return the natural logarithm of x; in every build in float64."""
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


cdef inline real sigmoid_of(real x) noexcept nogil:
    """Return 1 / (1 + e**-x)."""
    cdef real one = 1.0
    return one / (one + exp_of(-x))


cdef inline real tanh_of(real x) noexcept nogil:
    """Return tanh(x), which is 1 from 20 on and -1 before -20."""
    cdef real one = 1.0, two = 2.0, limit = 20.0, k, rest, scale, t
    rest = reduced(two * x, &k)
    scale = two_to(k)
    t = scale * rest + (scale - one)
    t = t / (t + two)
    t = -one if x < -limit else t
    return one if x > limit else t


cdef inline double artanh_of(double y) noexcept nogil:
    """Return the signal that tanh turns into y."""
    return 0.5 * log_of((1.0 + y) / (1.0 - y))


cdef inline double logit_of(double y) noexcept nogil:
    """Return the signal that sigmoid turns into y."""
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
