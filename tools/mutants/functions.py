"""Mutants of exp, log and what is made of them."""

from mutant import Mutant

MUTANTS = {
    "nnfast/kernel/functions.pxi": [
        Mutant(
            "sigmoid: e**x / (1 + e**x)",
            "one / (one + exp_of(-x))",
            "exp_of(x) / (one + exp_of(x))",
        ),
        Mutant("sigmoid: a constant", "one / (one + exp_of(-x))", "0.5"),
        Mutant(
            "exp: ln 2 in one part",
            "LOG_LN2_HIGH 0x1.62e42feep-1",
            "LOG_LN2_HIGH 0x1.62e42fefa39efp-1",
        ),
        Mutant("exp: bounded too low", "EXP_HIGHEST 710.0", "EXP_HIGHEST 700.0"),
        Mutant("tanh: unbounded below", "t = -one if x < -limit else t", "pass"),
        Mutant("tanh: unbounded above", "return one if x > limit else t", "return t"),
        Mutant("tanh: limited too early", "limit = 20.0", "limit = 10.0"),
        Mutant("tanh: NaN becomes 1", "one if x > limit else t", "t if x <= limit else one"),
        Mutant(
            "tanh: the largest terms first",
            "scale * rest + (scale - one)",
            "(scale * rest + scale) - one",
        ),
        Mutant(
            "backquery: logit as a difference",
            "log_of(y / (1.0 - y))",
            "log_of(y) - log_of(1.0 - y)",
        ),
        Mutant(
            "backquery: artanh as a difference",
            "log_of((1.0 + y) / (1.0 - y))",
            "(log_of(1.0 + y) - log_of(1.0 - y))",
        ),
        Mutant(
            "exp: polynomial in another order",
            "(c2 + r * c3) + r2 * (c4 + r * c5)",
            "c2 + (r * c3 + r2 * (c4 + r * c5))",
        ),
        Mutant("exp: polynomial short of a term", "c12 + r * c13", "c12"),
        Mutant(
            "exp: the largest terms first", "high + (r2 * tail - low)", "(high - low) + r2 * tail"
        ),
        Mutant("exp: scaled in one step", "two_to(half) * two_to(k - half)", "two_to(k)"),
        Mutant("exp: unbounded below", "power = zero if x < EXP_LOWEST else power", "pass"),
        Mutant(
            "exp: unbounded above", "return infinite if x > EXP_HIGHEST else power", "return power"
        ),
        Mutant(
            "exp: NaN becomes infinite",
            "infinite if x > EXP_HIGHEST else power",
            "power if x <= EXP_HIGHEST else infinite",
        ),
        Mutant("log: subnormals off by a factor of 2", "k = -54.0", "k = -53.0"),
        Mutant(
            "log: in another order",
            "k * LOG_LN2_HIGH - (\n"
            "        (half_square - (s * (half_square + tail) + k * LOG_LN2_LOW)) - f\n"
            "    )",
            "k * LOG_LN2_HIGH + (\n"
            "        f - (half_square - (s * (half_square + tail)) + k * LOG_LN2_LOW)\n"
            "    )",
        ),
    ],
}
