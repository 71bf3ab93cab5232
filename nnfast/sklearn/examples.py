"""The examples as the network takes them, with their weights, and the part that is held out."""

import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from nnfast.arrays import Array
from nnref.common.arguments import shown

# The targets, (n, onodes), and the group of each example, (n,): its class, where it has one.
Encoded = tuple[NDArray[Any], NDArray[np.integer]]


@dataclass
class Examples:
    """Checked examples.

    Attributes
    ----------
    inputs : (n, inodes) floats
    targets : (n, onodes) floats
    weights : (n,) float64, or None
        None if every example counts as one.
    strata : (n,) int
        The group each belongs to; `split` takes the same fraction of every group.
    """

    inputs: Array
    targets: Array
    weights: NDArray[np.float64] | None
    strata: NDArray[np.integer]

    def __len__(self) -> int:
        """Return how many there are, whatever their weights."""
        return len(self.inputs)

    @property
    def total_weight(self) -> float:
        """The number of examples that they count as."""
        return float(len(self) if self.weights is None else self.weights.sum())

    @property
    def scale(self) -> float:
        """A power of two, at least as large as any weight relative to the mean weight."""
        if self.weights is None:
            return 1.0
        mean = (self.weights / self.weights.max()).mean()
        return float(2.0 ** math.ceil(-math.log2(mean)))

    def chosen(self, choice: NDArray[Any]) -> Self:
        """Return some of the examples: those at these indices, or where this mask is true."""
        weights = None if self.weights is None else self.weights[choice]
        return type(self)(self.inputs[choice], self.targets[choice], weights, self.strata[choice])

    def split(self, fraction: float, seed: int) -> tuple[Self, Self]:
        """Return the examples to train on, and those to hold out: this fraction of each group.

        A hash of its numbers decides where an example goes. So equal examples are all on the same
        side, where none can vouch for its copy. And neither the order of the examples matters, nor
        whether one is there twice or has a weight of 2. Each group keeps one example for training.
        """
        key = seed.to_bytes(8, "little")
        rows = np.ascontiguousarray(np.hstack([self.inputs, self.targets]))
        hashes = np.array(
            [int.from_bytes(blake2b(row, digest_size=8, key=key).digest()) for row in rows],
            dtype=np.uint64,
        )
        groups = [np.unique(hashes[self.strata == group]) for group in np.unique(self.strata)]
        counts = _held_out_counts(fraction, [len(group) for group in groups])
        held_out = np.zeros(len(self), dtype=np.bool_)
        for group, count in zip(groups, counts, strict=True):
            held_out |= np.isin(hashes, group[:count])
        if not held_out.any():
            raise ValueError(
                "early_stopping: got one sample of each class, or several that are equal, wants a "
                "class with at least 2 that differ: one to train on and one to hold out"
            )
        return self.chosen(~held_out), self.chosen(held_out)


def _held_out_counts(fraction: float, sizes: list[int]) -> list[int]:
    """Return how many of each group to hold out: this fraction of all, but at least one in all.

    This is the largest-remainder method, except that each group keeps one for training.
    """
    most = np.array(sizes) - 1
    exact = fraction * np.array(sizes)
    counts = np.minimum(exact.astype(np.int64), most)
    missing = max(1, round(fraction * sum(sizes))) - int(counts.sum())
    # Among equal remainders the larger group comes first, and among equal groups the first.
    for group in np.lexsort((-most, counts - exact)):
        if missing > 0 and counts[group] < most[group]:
            counts[group] += 1
            missing -= 1
    return [int(count) for count in counts]


def checked_weights(sample_weight: Any, examples: int) -> NDArray[np.float64] | None:
    """Return the argument `sample_weight` as an array of one number per example, or None."""
    if sample_weight is None:
        return None
    try:
        weights: NDArray[np.float64] = check_array(
            sample_weight, ensure_2d=False, dtype=np.float64, ensure_all_finite=False
        )
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"sample_weight: got {shown(sample_weight)}, wants {examples} numbers, one for each "
            "row of X"
        ) from None
    if weights.shape != (examples,):
        raise ValueError(
            f"sample_weight: got shape {weights.shape}, wants ({examples},), one for each row of X"
        )
    return weights


def refuse_useless_weights(weights: NDArray[np.float64] | None) -> None:
    """Raise ValueError unless all weights are finite and at least 0, and one is above 0."""
    if weights is None:
        return
    usable = np.isfinite(weights) & (weights >= 0)
    if not usable.all():
        raise ValueError(
            f"sample_weight, class_weight: got the weight {weights[usable.argmin()]}, wants "
            "finite ones, none below zero"
        )
    if not weights.any():
        raise ValueError(
            "sample_weight, class_weight: every weight is zero, wants at least one above zero"
        )
