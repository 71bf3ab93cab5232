"""All that is drawn at random: the first weights and biases, and the order of the examples.

Both backends take their draws from here, so one seed gives both the same start and the same order.
Only ``random.Random(seed).random()`` is used, the one method whose sequence Python promises to keep
from version to version.
"""

import math
import random
from collections.abc import Iterator
from itertools import islice

from nnref.common.description import Description
from nnref.functions import log


def first_numbers(description: Description) -> dict[str, list[float]]:
    """Draw a network's first weights and, if they are drawn too, its first biases.

    All weights are drawn before any bias, so they are the same with ``bias_init="drawn"`` and
    without. Both come layer by layer. In a layer the weights come input by input, and for an input
    neuron by neuron: the order in which the matrices are stored.

    Parameters
    ----------
    description : Description
        Its ``init`` is one of these, the biases having the distribution of their layer's weights:
        "uniform", the article's [-0.5, 0.5); "scaled_normal", a normal distribution with mean 0 and
        standard deviation ``fan_in ** -0.5``; "he_normal", one with ``(2 / fan_in) ** 0.5`` (He et
        al. 2015, equation 10); "glorot_uniform", between plus and minus
        ``(6 / (fan_in + fan_out)) ** 0.5`` (Glorot and Bengio 2010, equation 16) or, with sigmoid
        neurons, ``(2 / (fan_in + fan_out)) ** 0.5``, as scikit-learn's MLPClassifier has it.

    Returns
    -------
    dict of list of float
        The numbers of each array that is drawn, row by row, by its name in a model file.
    """
    draws = random.Random(description.seed)
    normals = _normals(draws)
    shapes = description.array_shapes
    numbers = {}
    for kind in ("weights", "biases") if description.bias_init == "drawn" else ("weights",):
        for layer in range(len(description.shapes)):
            name, scale = f"{kind}.{layer}", _scale(description, layer)
            count = math.prod(shapes[name])
            if description.init in ("scaled_normal", "he_normal"):
                numbers[name] = [x * scale for x in islice(normals, count)]
            else:
                numbers[name] = [(draws.random() - 0.5) * scale for _ in range(count)]
    return numbers


def _scale(description: Description, layer: int) -> float:
    """Return the standard deviation of a layer's draws or, where they are uniform, their width."""
    fan_in, fan_out = description.shapes[layer]
    # By divisions and square roots, which IEEE-754 fixes, and not by **, which it does not.
    if description.init == "scaled_normal":
        return 1.0 / math.sqrt(fan_in)
    if description.init == "he_normal":
        return math.sqrt(2.0 / fan_in)
    if description.init == "glorot_uniform":
        # As in scikit-learn, the hidden neurons decide; for the outputs, those before them.
        neurons = description.activation[: layer + 1]
        factor = 2.0 if neurons and neurons[-1] == "sigmoid" else 6.0
        return 2.0 * math.sqrt(factor / (fan_in + fan_out))
    return 1.0


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
