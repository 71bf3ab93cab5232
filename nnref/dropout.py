"""Dropout: which neurons an update leaves out, drawn by counting.

In every update each input and each hidden neuron is dropped with a given probability, its rate,
for each example anew (Hinton et al. 2012; Srivastava et al. 2014). A dropped one sends on 0. One
that is kept sends on its output times ``1 / (1 - rate)``, so that on average the next layer's
signals stay as large as they were. Answers come from the whole network, as it is.

No generator keeps a state. Philox (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
as 1, 2, 3", 2011) makes four words of 32 bits of a counter and a key. Here the key is the network's
seed, and the counter says what is drawn for: four neurons of a layer, for an example of an update.
So a mask can be drawn at any time, in any order and in any thread.
"""

from nnref.article import Network, kept
from nnref.common.description import Description
from nnref.common.types import Vector

LOW_32 = 0xFFFFFFFF

Words = tuple[int, int, int, int]


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Return the four words that Philox4x32-10 makes of a counter and a key."""
    a, b, c, d = counter
    left, right = key
    for _ in range(10):
        product, other = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b = (other >> 32) ^ b ^ left, other & LOW_32
        c, d = (product >> 32) ^ d ^ right, product & LOW_32
        left, right = (left + 0x9E3779B9) & LOW_32, (right + 0xBB67AE85) & LOW_32
    return a, b, c, d


def mask_of(
    rate: float, width: int, seed: int, update: int, example: int, layer: int
) -> Vector | None:
    """Return what dropout multiplies a layer's outputs by; None at a rate of 0.

    Layers are counted from 0, the inputs; updates and the examples of a batch from 0, too. A neuron
    is dropped if its word is below the threshold: the rate in units of 2**-32, rounded down.
    """
    if rate == 0.0:
        return None
    threshold, scale = int(rate * 4294967296.0), 1.0 / (1.0 - rate)
    key = seed & LOW_32, seed >> 32
    words: list[int] = []
    for neuron in range(0, width, 4):
        words += philox((neuron // 4, layer, example, update & LOW_32), key)
    return [0.0 if word < threshold else scale for word in words[:width]]


def masks_of(description: Description, update: int, example: int) -> list[Vector | None]:
    """Return the masks of the inputs and of every hidden layer, for one example of an update."""
    widths = description.sizes[:-1]
    return [
        mask_of(rate, width, description.seed, update, example, layer)
        for layer, (rate, width) in enumerate(zip(description.dropout_rates, widths, strict=True))
    ]


def thinned(network: Network, inputs: Vector, masks: list[Vector | None]) -> tuple[Network, Vector]:
    """Return the network and an example's inputs as dropout leaves them."""
    hidden = [
        layer._replace(mask=mask) for layer, mask in zip(network[:-1], masks[1:], strict=True)
    ]
    return [*hidden, network[-1]], kept(inputs, masks[0])
