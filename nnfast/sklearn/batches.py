"""Mini-batches of weighted examples, for a network that knows no weights."""

import math
from collections.abc import Iterator

import numpy as np

from nnfast.arrays import Array
from nnfast.network import NeuralNetwork
from nnfast.sklearn.evaluation import losses_of, refuse_divergence
from nnfast.sklearn.examples import Examples
from nnref.common.randomness import epoch_order


class WeightedBatches:
    """The mini-batches of an epoch, in which each example counts by its weight.

    For each of the three output layers used here, an output neuron's delta is ``target - output``.
    With ``output + share * (target - output)`` as its target, the delta is ``share`` times as
    large, and so is all that the example adds to the gradient, exactly.

    A share must not exceed 1, or a target could leave the range from 0 to 1 that the cross-entropy
    needs. So a share is the weight relative to the mean weight, divided by a scale, which the
    optimizer makes up for. The scale is that of the first call; a later call of `partial_fit` may
    bring a weight above it, which is then divided among several copies of its example.

    Attributes
    ----------
    loss : float
        The mean loss of the last epoch, that is of the last iteration over all batches.
    """

    def __init__(
        self,
        network: NeuralNetwork,
        examples: Examples,
        *,
        scale: float,
        batch_size: int,
        shuffle: bool,
    ) -> None:
        weights = np.ones(len(examples)) if examples.weights is None else examples.weights
        weights = weights / weights.max()
        shares = weights / weights.mean() / scale
        copies = np.maximum(1, np.ceil(shares)).astype(np.int64)
        self.loss = math.nan
        self._network, self._examples = network, examples
        self._batch_size, self._shuffle = batch_size, shuffle
        self._rows = np.repeat(np.arange(len(examples)), copies)
        self._shares = (shares / copies)[self._rows]

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        """Yield the inputs and the targets of each mini-batch."""
        network, loss = self._network, 0.0
        order = np.arange(len(self._rows))
        if self._shuffle:
            order = np.array(epoch_order(len(order), network.seed, network.epochs))
        for start in range(0, len(order), self._batch_size):
            places = order[start : start + self._batch_size]
            inputs = self._examples.inputs[self._rows[places]]
            targets = self._examples.targets[self._rows[places]]
            shares = self._shares[places]
            outputs = network._answers(inputs)
            loss += float(shares @ losses_of(network, outputs, targets))
            refuse_divergence(loss)
            yield inputs, outputs + shares[:, np.newaxis].astype(inputs.dtype) * (targets - outputs)
        self.loss = loss / float(self._shares.sum())
