"""exp, log and the functions made of them, from operations that IEEE-754 fixes.

``math.exp`` and ``math.log`` belong to the C library, and C libraries differ in the last bit. Here
each is written out as additions, subtractions, multiplications, divisions and exact scalings by a
power of two, whose results IEEE-754 states to the bit. So the order and the brackets below are part
of the definition: the compiled kernel repeats them, and tidying either one breaks the agreement.
"""

import math
from typing import Any

from nnref.common.arguments import real_number, shown

# ln 2 in two parts. The first ends in 21 zero bits, so that k times it is exact for every k needed
# here (|k| < 2**11); the second is the rest.
LN2_HIGH = float.fromhex("0x1.62e42feep-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
LOG2_E = float.fromhex("0x1.71547652b82fep+0")

# Adding 1.5 * 2**52 leaves no room for a fraction: the sum is rounded to a whole number (to even at
# a half), and subtracting it again gives that number. Two additions are the same on any machine and
# in any vector register; a library's round is not.
TO_WHOLE = float.fromhex("0x1.8p+52")

# Beyond these, exp is infinity or 0 in float64: the scaling below overflows or underflows to it.
EXP_LOWEST, EXP_HIGHEST = -746.0, 710.0

SQRT_HALF = float.fromhex("0x1.6a09e667f3bcdp-1")


def exp(x: float) -> float:
    """Return e to the power x.

    The argument is reduced to ``r = x - k ln 2`` with ``|r| <= ln(2)/2``, where the Taylor series
    ``1 + r + r**2/2! + ... + r**13/13!`` is exact to 2**-57; the result is that times ``2**k``.
    (Two-part reduction: Cody and Waite, Software Manual for the Elementary Functions, 1980.)

    Parameters
    ----------
    x : float
        Any float, infinities and NaN included.

    Returns
    -------
    float
        Within 1 ulp of the exact value; inf above 709.78..., 0.0 below -745.13..., NaN for NaN.

    Raises
    ------
    ValueError, TypeError
        If x is no real number, or too large for a float.
    """
    if type(x) is not float:
        x = _as_float(x)
    if x < EXP_LOWEST:
        x = EXP_LOWEST
    if x > EXP_HIGHEST:
        x = EXP_HIGHEST
    if x != x:
        return x
    k, rest = _reduced(x)
    # In two steps, since 2**k alone may be too large or too small for a float.
    half = (k * 0.5 + TO_WHOLE) - TO_WHOLE
    return (1.0 + rest) * _two_to(half) * _two_to(k - half)


def _as_float(x: Any) -> float:
    number = real_number("x", x, "a number")
    if math.isinf(number) and x != number:
        raise ValueError(f"x: got {shown(x)}, too large for a float")
    return number


def _reduced(x: float) -> tuple[float, float]:
    """Return a whole k and a rest within about -0.3 to 0.42 such that e**x = 2**k (1 + rest)."""
    k = (x * LOG2_E + TO_WHOLE) - TO_WHOLE
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    # The terms from r**2/2! on, divided by r**2. Pairs of pairs, and not one long chain, since a
    # processor can work on the pairs at once.
    r2 = r * r
    r4 = r2 * r2
    tail = ((1 / 2 + r * (1 / 6)) + r2 * (1 / 24 + r * (1 / 120))) + r4 * (
        ((1 / 720 + r * (1 / 5040)) + r2 * (1 / 40320 + r * (1 / 362880)))
        + r4 * ((1 / 3628800 + r * (1 / 39916800)) + r2 * (1 / 479001600 + r * (1 / 6227020800)))
    )
    # The largest terms last: high is exact, and low only corrects it.
    return k, high + (r2 * tail - low)


def _two_to(k: float) -> float:
    return math.ldexp(1.0, int(k))


def log(x: float) -> float:
    """Return the natural logarithm of x.

    ``x = 2**k * m`` with ``sqrt(1/2) <= m < sqrt(2)``; with ``f = m - 1`` and ``s = f / (2 + f)``,
    ``log(m) = 2 artanh(s) = 2 s + 2/3 s**3 + 2/5 s**5 + ...`` (Gregory's series), arranged so that
    the exact f carries most of the result (the arrangement is that of fdlibm's ``e_log.c``).

    Parameters
    ----------
    x : float
        Any float, infinities and NaN included.

    Returns
    -------
    float
        Within 1 ulp of the exact value; -inf for 0.0 and -0.0, NaN below 0 and for NaN.

    Raises
    ------
    ValueError, TypeError
        If x is no real number, or too large for a float.
    """
    if type(x) is not float:
        x = _as_float(x)
    if x < 0.0:
        return math.nan
    if x == 0.0:
        return -math.inf
    if x == math.inf or x != x:
        return x
    m, exponent = math.frexp(x)
    if m < SQRT_HALF:
        m, exponent = 2.0 * m, exponent - 1
    k = float(exponent)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    tail = z * (
        ((2 / 3 + z * (2 / 5)) + z2 * (2 / 7 + z * (2 / 9)))
        + z4
        * (
            ((2 / 11 + z * (2 / 13)) + z2 * (2 / 15 + z * (2 / 17)))
            + z4 * ((2 / 19 + z * (2 / 21)) + z2 * (2 / 23))
        )
    )
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + tail) + k * LN2_LOW)) - f)


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e**-x): the article's activation, scipy's ``expit``."""
    return 1.0 / (1.0 + exp(-x))


def tanh(x: float) -> float:
    """Return the hyperbolic tangent of x, t / (t + 2) with t = e**2x - 1.

    The t is made without a loss of digits near 0, where e**2x is nearly 1: 2**k (1 + rest) - 1 is
    2**k rest + (2**k - 1). Within 3 ulp; beyond +-20 the result is +-1.
    """
    if x < -20.0:
        x = -20.0
    if x > 20.0:
        x = 20.0
    if x != x:
        return x
    k, rest = _reduced(2.0 * x)
    scale = _two_to(k)
    t = scale * rest + (scale - 1.0)
    return t / (t + 2.0)


def artanh(y: float) -> float:
    """Return log((1 + y) / (1 - y)) / 2: the signal that tanh turns into y, for -1 < y < 1."""
    return 0.5 * log((1.0 + y) / (1.0 - y))


def logit(y: float) -> float:
    """Return log(y / (1 - y)): the signal that sigmoid turns into y, for 0 < y < 1."""
    return log(y / (1.0 - y))
