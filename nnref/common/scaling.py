"""Notice training that begins on numbers nobody scaled, such as pixels from 0 to 255.

The step of a weight grows with its input, so with large inputs the first updates throw the weights
far off: sigmoid and tanh saturate, relu is 0 for every example, and nothing more is learned. Adam's
steps do not depend on the size of the inputs, and it learns from such numbers too.
"""

import math
import warnings
from typing import TYPE_CHECKING, Any

from nnref.common.seen_range import EXAMPLES_LOOKED_AT, FEWEST_EXAMPLES

if TYPE_CHECKING:
    from nnref.common.network import Network

# Standardised numbers have a size (the root of their mean square) of 1, however far single ones go,
# and what lies within -10 and 10 is never complained of. scikit-learn's digits, from 0 to 16, have
# a size of 7.7: the article's network then reads 82 % of them instead of 90 %, one of tanh 10 %.
LARGE_NUMBER, LARGE_SIZE = 10.0, 5.0


def warn_of_unscaled(network: "Network", inputs: Any) -> None:
    """Warn the caller of `fit` if the inputs that it begins with are too large to learn from."""
    seen = network._seen
    if (
        len(inputs) < FEWEST_EXAMPLES
        or max(-seen.low, seen.high) <= LARGE_NUMBER
        or network.optimizer.name == "adam"
        or _size(network, inputs) <= LARGE_SIZE
    ):
        return
    warnings.warn(
        f"inputs: got numbers from {seen.low:.4g} to {seen.high:.4g}, too large to begin training "
        "on: the network may learn nothing. Scale them, pixels to 0.01 to 1 as "
        "nnfast.datasets.scale_inputs does, others to a mean of 0 and a deviation of 1.",
        UserWarning,
        stacklevel=6,
    )


def _size(network: "Network", inputs: Any) -> float:
    """Return the size of the middle one of some examples, which one far out does not change."""
    rows = network._numbers.rows(inputs[:: max(1, len(inputs) // EXAMPLES_LOOKED_AT)])
    sizes = sorted(math.hypot(*row) / math.sqrt(len(row)) for row in rows)
    return sizes[len(sizes) // 2]
