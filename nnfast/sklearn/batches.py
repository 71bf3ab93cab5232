"""Sparse examples, made dense a few at a time."""

from collections.abc import Iterator

import numpy as np

from nnfast.arrays import Array
from nnfast.network import NeuralNetwork
from nnfast.sklearn.dense import rows_at_once
from nnfast.sklearn.examples import Examples
from nnref.common.randomness import epoch_order


class DensePieces:
    """The examples of an epoch in pieces, each of some whole mini-batches, for `fit`.

    The order is that in which `fit` visits dense examples, so the network becomes the same.
    """

    def __init__(
        self, network: NeuralNetwork, examples: Examples, *, batch_size: int, shuffle: bool
    ) -> None:
        self._network, self._examples, self._shuffle = network, examples, shuffle
        rows = rows_at_once(examples.inputs.shape[1])
        self._size = max(1, rows // batch_size) * batch_size

    def __iter__(self) -> Iterator[tuple[Array, Array, Array | None]]:
        """Yield the inputs, the targets and the weights of each piece."""
        count, network = len(self._examples), self._network
        order = np.arange(count)
        if self._shuffle:
            order = np.array(epoch_order(count, network.seed, network.epochs))
        for start in range(0, count, self._size):
            piece = self._examples.chosen(order[start : start + self._size])
            yield piece.inputs.toarray(), piece.targets, piece.weights
