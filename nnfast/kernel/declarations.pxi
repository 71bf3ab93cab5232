# What the parts take from C: the type of the numbers, the loops in lanes.h, the threads in team.h.

from libc.stdint cimport int64_t, uint64_t

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
