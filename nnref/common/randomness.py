"""All that is drawn at random: the first weights, and the order of the examples.

Both backends take their draws from here, so one seed gives both the same start and the same order.
Only ``random.Random(seed).random()`` is used, the one method whose sequence Python promises to keep
from version to version.
"""

import math
import random
from collections.abc import Iterator

from nnref.common.description import Description
from nnref.functions import log


def initial_weights(description: Description) -> list[list[list[float]]]:
    """Draw a network's first weights.

    The order of the draws is layer by layer, in a layer input by input, and for an input neuron by
    neuron: the order in which the matrices are stored.

    Parameters
    ----------
    description : Description
        Its ``init`` is "uniform", the article's [-0.5, 0.5), or "scaled_normal", a normal
        distribution with mean 0 and standard deviation ``fan_in ** -0.5``.

    Returns
    -------
    list of matrices, each a list of fan_in rows of fan_out floats
    """
    draws = random.Random(description.seed)
    normals = _normals(draws)
    weights = []
    for fan_in, fan_out in description.shapes:
        if description.init == "uniform":
            matrix = [[draws.random() - 0.5 for _ in range(fan_out)] for _ in range(fan_in)]
        else:
            # A division and a square root, which IEEE-754 fixes, and not **, which it does not.
            deviation = 1.0 / math.sqrt(fan_in)
            matrix = [[next(normals) * deviation for _ in range(fan_out)] for _ in range(fan_in)]
        weights.append(matrix)
    return weights


def _normals(draws: random.Random) -> Iterator[float]:
    """Draw from the standard normal distribution by Marsaglia's polar method (1964).

    ``random.gauss`` takes the C library's log, cos and sin, which differ between machines.
    """
    while True:
        u = 2.0 * draws.random() - 1.0
        v = 2.0 * draws.random() - 1.0
        s = u * u + v * v
        if 0.0 < s < 1.0:
            factor = math.sqrt(-2.0 * log(s) / s)
            yield u * factor
            yield v * factor


def epoch_order(examples: int, seed: int, epoch: int) -> list[int]:
    """Draw the order in which an epoch visits the examples, by a Fisher-Yates shuffle.

    It depends on the seed and the epoch's number alone, so training that is stopped, saved, loaded
    and continued visits the examples as training that was not.

    Parameters
    ----------
    examples : int
        How many there are.
    seed : int
        The network's seed.
    epoch : int
        How many epochs the network has finished before this one.

    Returns
    -------
    list of int
        The indices 0 to ``examples - 1``, each once.
    """
    draw = random.Random(f"order of epoch {epoch} from seed {seed}").random
    order = list(range(examples))
    for last in range(examples - 1, 0, -1):
        other = int(draw() * (last + 1))
        order[last], order[other] = order[other], order[last]
    return order
