"""The C that `nnfast.exchange.c` writes, in pieces: what every file has, and the functions.

The functions are those of ``nnref/functions.py`` and ``nnref/neurons.py``, operation by operation.
Whole numbers in them become floats of the right type.
"""

from string import Template
from typing import NamedTuple


class Real(NamedTuple):
    """A type of numbers in C."""

    real: str
    suffix: str  # of a constant
    size: int  # in bytes
    limits: str  # the prefix of its limits in float.h
    digits: int  # binary, of its significand
    scan: str
    print: str
    closeness: str  # of the answers to those of the network itself
    constants: str  # those of the kernel
    exp_lowest: int
    exp_highest: int
    exp_constants: str  # of the exponential, from r**8 on; and the end of its polynomial
    exp_tail: str


REALS = {
    "float64": Real(
        real="double",
        suffix="",
        size=8,
        limits="DBL",
        digits=53,
        scan="%lf",
        print="%.17g",
        closeness="those of nnfast to the last bit (NaNs are equal whatever their sign)",
        constants="""\
typedef uint64_t whole; /* as wide as real */
enum { MANTISSA = 52, BIAS = 1023 };

static const real LN2_HIGH = 0x1.62e42feep-1, LN2_LOW = 0x1.a39ef35793c76p-33;
static const real LOG2_E = 0x1.71547652b82fep+0;
static const real TO_WHOLE = 0x1.8p+52; /* added to a real, leaves no place for a fraction */
""",
        exp_lowest=-746,
        exp_highest=710,
        exp_constants="""
    static const real c8 = (real) 1 / 40320, c9 = (real) 1 / 362880, c10 = (real) 1 / 3628800;
    static const real c11 = (real) 1 / 39916800, c12 = (real) 1 / 479001600;
    static const real c13 = (real) 1 / 6227020800;""",
        exp_tail="""(
        ((c6 + r * c7) + r2 * (c8 + r * c9)) + r4 * ((c10 + r * c11) + r2 * (c12 + r * c13))
    )""",
    ),
    "float32": Real(
        real="float",
        suffix="f",
        size=4,
        limits="FLT",
        digits=24,
        scan="%f",
        print="%.9g",
        closeness="those of nnfast except for the rounding of float32 arithmetic",
        constants="""\
typedef uint32_t whole; /* as wide as real */
enum { MANTISSA = 23, BIAS = 127 };

static const real LN2_HIGH = 0x1.62e4p-1f, LN2_LOW = 0x1.7f7d1cp-20f;
static const real LOG2_E = 0x1.715476p+0f;
static const real TO_WHOLE = 0x1.8p+23f; /* added to a real, leaves no place for a fraction */
""",
        exp_lowest=-104,
        exp_highest=89,
        exp_constants="",
        exp_tail="(c6 + r * c7)",
    ),
}

# What the file happens to use is found there. Beside C's keywords these are names that compilers
# have of their own, and functions of the library whose place another would take.
KEYWORDS = """
    asm linux typeof unix NULL
    abort calloc exit fprintf free malloc memcmp memcpy memmove memset putchar puts realloc stdin
    exp log pow sqrt tanh
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while
"""

HEAD = Template("""\
/*
 * A neural network, $shape, written by nnfast $version.
 *
 *     void $function(const $real *inputs, $real *outputs);
 *
 * answers $inodes inputs with $outputs outputs, which must not overlap the inputs.$trained_on
 *
$answers$layers
 *     digest    $digest
 *
 * The outputs are $closeness.
 * The compiler may optimize as it likes within IEEE-754: no -ffast-math or any part of it, no
 * -ffp-contract=fast, no -fsingle-precision-constant. For C++ the function is extern "C".
 *
 *     cc -std=c99 -O2 -ffp-contract=off -c network.c
 *
 * The $constants are $constant_bytes bytes of constants. A call takes $stack_bytes bytes of stack,
 * and little more. Nothing is allocated or kept: threads may call at once.
 *
 * To try it, make a program that reads numbers and answers every $inodes of them:
 *
 *     cc -std=c99 -O2 -ffp-contract=off -DNETWORK_MAIN -o network network.c
 */
""")

GUARDS = Template("""
#include <float.h>
#include <stdint.h>
$math
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST)
#error "this file needs a compiler that keeps the order of additions: leave out -ffast-math"
#endif
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16 /* 16 is for narrower types than these */
#error "this file needs numbers that are computed in their own type: try -msse2 -mfpmath=sse"
#endif
#if ${limits}_MANT_DIG != $digits
#error "this file needs a $real of IEEE-754, with $digits binary digits"
#endif

/* No multiplication is fused with the addition after it: that would round once and not twice. This
   vectorizer of gcc 12 does it all the same, where the signs of constants alternate. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize ("fp-contract=off", "no-tree-slp-vectorize")
#elif defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract (off)
#else
#pragma STDC FP_CONTRACT OFF
#endif

typedef $real real;

enum { $sizes };
""")

REDUCED = Template("""
$constants
/* 2**k, for a whole k that a normal number has. */
static real two_to(real k)
{
    union { whole bits; real value; } power;

    power.bits = (whole) (k + BIAS) << MANTISSA;
    return power.value;
}

/* Return a rest, and set a whole k, such that e**x = 2**k (1 + rest). */
static real reduced(real x, real *k)
{
    static const real c2 = (real) 1 / 2, c3 = (real) 1 / 6, c4 = (real) 1 / 24;
    static const real c5 = (real) 1 / 120, c6 = (real) 1 / 720, c7 = (real) 1 / 5040;$exp_constants
    real high, low, r, r2, r4, tail;

    *k = (x * LOG2_E + TO_WHOLE) - TO_WHOLE;
    high = x - *k * LN2_HIGH;
    low = *k * LN2_LOW;
    r = high - low;
    r2 = r * r;
    r4 = r2 * r2;
    tail = ((c2 + r * c3) + r2 * (c4 + r * c5)) + r4 * $exp_tail;
    return high + (r2 * tail - low);
}
""")

EXP = Template("""
/* e**x, which is 0 below $exp_lowest and infinite above $exp_highest. */
static real exp_of(real x)
{
    real k, half, rest;

    if (x < $exp_lowest)
        x = $exp_lowest;
    if (x > $exp_highest)
        x = $exp_highest;
    if (x != x)
        return x;
    rest = reduced(x, &k);
    /* In two steps, since 2**k alone may be too large or too small for a real. */
    half = (k / 2 + TO_WHOLE) - TO_WHOLE;
    return (1 + rest) * two_to(half) * two_to(k - half);
}
""")

SIGMOID = Template("""
/* Turn each signal x into the output 1 / (1 + e**-x). */
static void sigmoid(real *x, int count)
{
    int j;

    for (j = 0; j < count; j++)
        x[j] = 1 / (1 + exp_of(-x[j]));
}
""")

TANH = Template("""
static real tanh_of(real x)
{
    real k, rest, scale, t;

    if (x < -20)
        x = -20;
    if (x > 20)
        x = 20;
    if (x != x)
        return x;
    rest = reduced(2 * x, &k);
    scale = two_to(k);
    t = scale * rest + (scale - 1);
    return t / (t + 2);
}

/* Turn each signal x into the output tanh(x). */
static void hyperbolic_tangent(real *x, int count)
{
    int j;

    for (j = 0; j < count; j++)
        x[j] = tanh_of(x[j]);
}
""")

RELU = Template("""
/* Turn each signal x into the output max(x, 0). */
static void relu(real *x, int count)
{
    int j;

    for (j = 0; j < count; j++)
        x[j] = x[j] <= 0 ? 0 : x[j];
}
""")

SOFTMAX = Template("""
/* Turn each signal x into the output e**x / (the sum of all e**x). */
static void softmax(real *x, int count)
{
    real largest = x[0], total = 0;
    int j;

    for (j = 0; j < count; j++)
        if (x[j] > largest)
            largest = x[j];
    for (j = 0; j < count; j++) {
        x[j] = exp_of(x[j] - largest);
        total += x[j];
    }
    for (j = 0; j < count; j++)
        x[j] = x[j] / total;
}
""")

EXPONENTIAL = Template("""
/* Turn each signal x into the output e**x. */
static void exponential(real *x, int count)
{
    int j;

    for (j = 0; j < count; j++)
        x[j] = exp_of(x[j]);
}
""")

# What each activation calls, and the functions that it takes.
ACTIVATIONS = {
    "sigmoid": ("sigmoid", (REDUCED, EXP, SIGMOID)),
    "tanh": ("hyperbolic_tangent", (REDUCED, TANH)),
    "relu": ("relu", (RELU,)),
    "identity": ("", ()),
    "softmax": ("softmax", (REDUCED, EXP, SOFTMAX)),
    "exponential": ("exponential", (REDUCED, EXP, EXPONENTIAL)),
}

WEIGHTED_SUMS = """
/* sums[j] = biases[j], if any, + the sum over i of inputs[i] * weights[i][j], in the order of i. */
static void weighted_sums(
    const real *biases, const real *inputs, const real *weights, int fan_in, int fan_out, real *sums
)
{
    int i, j;

    for (j = 0; j < fan_out; j++)
        sums[j] = biases ? biases[j] : 0;
    for (i = 0; i < fan_in; i++, weights += fan_out)
        for (j = 0; j < fan_out; j++)
            sums[j] += inputs[i] * weights[j];
}
"""

SCALE = Template("""
/* Scale raw inputs by scikit-learn's operations, in its order. */
static void scale(const real *inputs, real *scaled)
{
    int i;

    for (i = 0; i < INODES; i++) {
        real x = inputs[i];

$operations
        scaled[i] = x;
    }
}
""")

QUERY = Template("""
/* To be declared like this where it is called. */
void $function(const $real *inputs, $real *outputs);

void $function(const $real *inputs, $real *outputs)
{
$body
}
""")

CLASSIFY = Template("""
int $classify(const $real *inputs);

int $classify(const $real *inputs)
{
    $real probabilities[CLASSES];
    int k, place = 0;

    $function(inputs, probabilities);
    for (k = 1; k < CLASSES; k++)
        if (probabilities[k] > probabilities[place])
            place = k;
    return probabilities[place] == probabilities[place] ? place : -1;
}
""")

CLASSIFY_MULTILABEL = Template("""
void $classify(const $real *inputs, int *labels);

void $classify(const $real *inputs, int *labels)
{
    $real probabilities[CLASSES];
    int k;

    $function(inputs, probabilities);
    for (k = 0; k < CLASSES; k++)
        labels[k] = probabilities[k] > ($real) 1 / 2;
}
""")

MAIN = Template("""
#ifdef NETWORK_MAIN
#include <stdio.h>

int main(void)
{
    static $real inputs[INODES], outputs[$outputs];
    int given = 0, got, k;

    while ((got = scanf("$scan", &inputs[given])) == 1) {
        if (++given < INODES)
            continue;
        $function(inputs, outputs);
        for (k = 0; k < $outputs; k++)
            printf("$print%c", outputs[k], k + 1 < $outputs ? ' ' : '\\n');
        given = 0;
    }
    if (got == EOF && given == 0)
        return 0;
    fprintf(stderr, "got no number, or the end within an example: wants %d numbers each\\n",
            INODES);
    return 1;
}
#endif
""")
