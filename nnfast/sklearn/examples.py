"""The examples as the network takes them, with their weights, and the part that is held out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from nnfast.arrays import Array
from nnfast.sklearn.compatibility import NOT_FINITE_TOO
from nnfast.sklearn.dense import dense_blocks
from nnref.common.arguments import shown

# The targets, (n, onodes), and the group of each example, (n,): its class, where it has one.
Encoded = tuple[NDArray[Any], NDArray[np.integer]]


@dataclass
class Examples:
    """Checked examples.

    Attributes
    ----------
    inputs : (n, inodes) floats, dense or in SciPy's CSR format
    targets : (n, onodes) floats
    weights : (n,) float64, or None
        What each counts as, relative to the mean; None if all count the same.
    strata : (n,) int
        The group each belongs to; `split` takes the same fraction of every group.
    """

    inputs: Any
    targets: Array
    weights: NDArray[np.float64] | None
    strata: NDArray[np.integer]

    def __len__(self) -> int:
        """Return how many there are, whatever their weights."""
        return len(self.targets)

    @property
    def total_weight(self) -> float:
        """The number of examples that they count as."""
        return float(len(self) if self.weights is None else self.weights.sum())

    def weighed(self) -> Self:
        """Return the examples with their weights divided by the mean weight: only relations count.

        Equal weights, of whatever size, become none.
        """
        if self.weights is None:
            return self
        shares = self.weights / self.weights.max()
        weights = None if (shares == 1.0).all() else shares / shares.mean()
        return replace(self, weights=weights)

    def distinct(self, most: int) -> int:
        """Return how many examples differ from all others; at most as many as given.

        What the penalty is divided by: neither copies of examples nor their weights change it.
        """
        seen: set[bytes] = set()
        start = 0
        for inputs in dense_blocks(self.inputs):
            for row, target in zip(inputs, self.targets[start:], strict=False):
                seen.add(row.tobytes() + target.tobytes())
                if len(seen) == most:
                    return most
            start += len(inputs)
        return len(seen)

    def part(self, start: int, stop: int) -> Self:
        """Return the examples from one place to another, as far as there are some."""
        return self.chosen(slice(start, stop))

    def chosen(self, choice: NDArray[Any] | slice) -> Self:
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
        hashes = np.fromiter(self._hashes(key), np.uint64, len(self))
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

    def _hashes(self, key: bytes) -> Iterator[int]:
        """Yield a hash of each example's numbers."""
        start = 0
        for inputs in dense_blocks(self.inputs):
            stop = start + len(inputs)
            for row in np.hstack([inputs, self.targets[start:stop]]):
                yield int.from_bytes(blake2b(row, digest_size=8, key=key).digest())
            start = stop


def mean_batch(count: int, batch_size: int) -> float:
    """Return the harmonic mean of the sizes of the mini-batches that so many examples make.

    scikit-learn divides the penalty of each update by the size of its mini-batch. Divided by this
    mean, it is the same over an epoch, though the last mini-batch may be small.
    """
    whole, rest = divmod(count, batch_size)
    return (whole + 1) / (whole / batch_size + 1 / rest) if rest else float(batch_size)


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
            sample_weight, ensure_2d=False, dtype=np.float64, **NOT_FINITE_TOO
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
