"""Where a repeated run differs from its record: what the other backend computes there.

A record has digests and no weights. But if the other backend, on this machine, comes to the
record's digest, it has the record's weights, and tells how far off those of the first one are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

import nnref
from nnfast.cli.training import backend_name
from nnfast.network import NeuralNetwork
from nnref.common.network import Network
from nnref.common.record import Point
from nnref.common.reproducing import Difference, Reproduction

# As many as pure Python makes while you wait, about half a minute.
MOST_WEIGHT_UPDATES = 200_000_000

Repeated = Callable[[type[Network], Callable[[Point], object]], Reproduction[Network]]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the other backend has to say.

    ``ulps`` gives for each layer how far its most distant weight or bias is off, or nothing if one
    of the two is not a number. It is None if the record's weights are not known.
    """

    says: str
    ulps: Mapping[str, int | None] | None = None


def second_opinion(found: Reproduction[Network], repeated: Repeated) -> Opinion | None:
    """Return what the other backend says of a difference, if there is one in the weights."""
    difference = found.difference
    if difference is None or not difference.layers:
        return None
    own = backend_name(found.network)
    if own == "nnfast" and _cost(found, difference) > MOST_WEIGHT_UPDATES:
        return Opinion("nnref could be the judge, and would take long: --backend ref")
    other = NeuralNetwork if own == "nnref" else nnref.NeuralNetwork
    digest = difference.wanted.digest
    again = repeated(other, lambda point: point.digest == digest)
    name = backend_name(again.network)
    if again.points and again.points[-1].digest == digest:
        ulps = ulps_apart(found, again)
        far = ", ".join(f"{'NaN' if n is None else f'{n:,}'} in {at}" for at, n in ulps.items())
        return Opinion(
            f"{name} has the record's weights there; those of {own} are off by at most so many "
            f"ulps: {far}",
            ulps,
        )
    if again.difference is not None and again.difference.found == difference.found:
        return Opinion(
            f"{name} agrees with {own} there, and not with the record. By how many ulps is not "
            "known, since a record has no weights"
        )
    return Opinion(f"{name} differs from the record too, in another way")


def _cost(found: Reproduction[Network], difference: Difference) -> int:
    """Return how many weights training as far as a difference moves, example by example."""
    weights = sum(fan_in * fan_out for fan_in, fan_out in found.record.network.shapes)
    return weights * difference.wanted.updates * found.record.fit.batch_size


def ulps_apart(one: Reproduction[Network], other: Reproduction[Network]) -> dict[str, int | None]:
    """Return for each layer how many floats lie between the two weights that are farthest apart."""
    arrays = one.network.__getstate__().arrays, other.network.__getstate__().arrays
    farthest = {}
    for layer, name in enumerate(one.record.layers):
        names = [f"{kind}.{layer}" for kind in ("weights", "biases")]
        pairs = [[_floats(side[key]) for side in arrays] for key in names if key in arrays[0]]
        apart = [_farthest(*pair) for pair in pairs]
        farthest[name] = None if None in apart else max(n for n in apart if n is not None)
    return farthest


def _floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f8")


def _farthest(one: np.ndarray, other: np.ndarray) -> int | None:
    # Where one has a NaN and the other has not, there is no distance.
    if (np.isnan(one) != np.isnan(other)).any():
        return None
    places = [_places(numbers) for numbers in (one, other)]
    low, high = np.minimum(*places), np.maximum(*places)
    # Both zeros are at one place. Unsigned, since the distance can have 64 bits.
    return int((high.astype(np.uint64) - low.astype(np.uint64)).max())


def _places(numbers: np.ndarray) -> np.ndarray:
    """Return the place of each float among all of them, with 0.0 at 0."""
    as_ints = numbers.view(np.int64)
    return np.where(as_ints < 0, np.int64(-(2**63)) - as_ints, as_ints)
