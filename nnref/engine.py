"""The article over many examples: the oracle's engine.

Plain gradient descent with one example per update is the article's `train`, unchanged. Batches,
weight decay, momentum and Adam go through ``updates.py``. Sums over examples run in the order of
the examples.

The engine knows numbers, sizes and rules. It checks nothing, locks nothing and draws nothing at
random: the class around it does (``common/network.py``). Its twin is the compiled ``Kernel``.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from nnref.article import Layer, Network, Trace, backward, flowing_in, forward, query, train
from nnref.backquery import backquery
from nnref.common.description import Description
from nnref.common.optimizers import SGD, Adam
from nnref.common.seen_range import UNTRAINED, SeenRange
from nnref.common.types import Matrix, Vector
from nnref.dropout import masks_of, thinned
from nnref.lists import as_matrix
from nnref.neurons import loss_of
from nnref.scores import score
from nnref.updates import Flow, add_flows, as_bias_flows, flows_of, no_flow, updated

Matrices = dict[str, Matrix]
"""Matrices by their names in a model file; a vector is a matrix of one row."""

Thinned = tuple[Network, Vector]
"""What an example goes through, and its inputs: with dropout, what that has left of both."""


class Engine:
    """Computes with the numbers of one network, and changes them in place.

    Parameters
    ----------
    description : Description
        What the network is.
    arrays : dict of matrices and vectors
        Its numbers, by their names in a model file. The engine does not copy them.
    """

    def __init__(self, description: Description, arrays: dict[str, Any]) -> None:
        self.seen: SeenRange = UNTRAINED
        self.updates = 0
        self.matrices = {name: as_matrix(array) for name, array in arrays.items()}
        self.description = description
        self.network = [
            Layer(
                arrays[f"weights.{layer}"],
                arrays[f"biases.{layer}"] if description.bias else None,
                activation,
            )
            for layer, activation in enumerate(description.activations)
        ]
        self._last: tuple[Trace, float] | None = None

    # One example.

    def query(self, inputs: Vector) -> tuple[Vector, bool]:
        """Return the outputs for one example, and whether it is like those trained on."""
        return query(self.network, inputs), self.seen.is_like(inputs)

    def train(self, inputs: Vector, targets: Vector, lr: float) -> None:
        """Make one update from one example."""
        self.see([inputs])
        self.fit([inputs], [targets], None, None, 0, 1, 1, lr, 0.0)

    # Many examples, without training.

    def predict(self, inputs: Matrix, outputs: Matrix, start: int, stop: int) -> None:
        """Write the outputs for the examples start to stop - 1 to the same rows of outputs."""
        for example in range(start, stop):
            outputs[example][:] = query(self.network, inputs[example])

    def evaluate(
        self, inputs: Matrix, targets: Matrix, outputs: Matrix, start: int, stop: int, loss: float
    ) -> float:
        """Predict, and return the sum of the losses, added one by one to the loss passed in."""
        for example in range(start, stop):
            signals, layer_outputs = forward(self.network, inputs[example])
            outputs[example][:] = layer_outputs[-1]
            errors = [t - o for t, o in zip(targets[example], layer_outputs[-1], strict=True)]
            loss += self._loss(signals[-1], errors, targets[example])
        return loss

    def score(self, outputs: Matrix, targets: Matrix) -> float:
        """Return the score of outputs against targets; 1.0 is the best."""
        return score(self.description.output_activation, outputs, targets)

    def backquery(self, targets: Vector, inputs: Vector) -> None:
        """Write the inputs that the network has in mind for the targets to inputs."""
        inputs[:] = backquery(self.network, targets)

    # Many updates.

    def fit(
        self,
        inputs: Matrix,
        targets: Matrix,
        sample_weight: Vector | None,
        order: Sequence[int] | None,
        start: int,
        stop: int,
        batch_size: int,
        lr: float,
        loss: float,
    ) -> float:
        """Make one update for each batch of the examples start to stop - 1 of the order.

        Return the sum of their losses, each times its sample weight, added one by one to the loss
        passed in. Each loss is that before the update that its example is part of.
        """
        for first in range(start, stop, batch_size):
            places = range(first, min(first + batch_size, stop))
            batch = [place if order is None else order[place] for place in places]
            weights = [1.0 if sample_weight is None else sample_weight[at] for at in batch]
            batch_targets = [targets[at] for at in batch]
            examples = [self._thinned(inputs[at], place) for place, at in enumerate(batch)]
            if len(batch) == 1 and self.description.optimizer == SGD():
                traces = [self._train_online(*examples[0], batch_targets[0], lr * weights[0])]
            else:
                traces = self._train_batch(examples, batch_targets, weights, lr)
            loss = self._add_losses(loss, traces, batch_targets, weights)
            # Momentum and Adam do not scale the deltas: they apply the learning rate later.
            rate = lr / len(batch) if isinstance(self.description.optimizer, SGD) else 1.0
            self._last = traces[-1], rate
        return loss

    def _thinned(self, inputs: Vector, example: int) -> Thinned:
        """Return the network, and an example's inputs, as dropout leaves them in the next update.

        Examples are counted from 0 in their batch.
        """
        if not self.description.drops:
            return self.network, inputs
        return thinned(self.network, inputs, masks_of(self.description, self.updates, example))

    def _train_online(self, network: Network, inputs: Vector, targets: Vector, lr: float) -> Trace:
        rules = self.description
        network, trace = train(network, inputs, targets, lr, rules.loss, rules.hidden_error)
        new: Matrices = {}
        for layer, (weights, biases, *_) in enumerate(network):
            new[f"weights.{layer}"] = weights
            if biases is not None:
                new[f"biases.{layer}"] = [biases]
        self._put_in_place(new)
        return trace

    def _train_batch(
        self, examples: list[Thinned], targets: Matrix, sample_weight: Vector, lr: float
    ) -> list[Trace]:
        """Make one update by several examples, or by another optimizer; return their traces."""
        traces = self._traces(examples, targets, self.description.hidden_error)
        optimizer = self.description.optimizer
        new: Matrices = {}
        powers: Vector = []
        if isinstance(optimizer, Adam):
            power1, power2 = self.matrices["beta_powers"][0]
            powers = [power1 * optimizer.beta1, power2 * optimizer.beta2]
            new["beta_powers"] = [powers]
        for layer in range(len(self.network)):
            flows = flows_of(layer, traces, sample_weight)
            new |= self._moved(f"weights.{layer}", flows, lr, optimizer.weight_decay, powers)
            if self.description.bias:
                flows = as_bias_flows(flows)
                new |= self._moved(f"biases.{layer}", flows, lr, 0.0, powers)
        self._put_in_place(new)
        return traces

    def gradient(
        self,
        inputs: Matrix,
        targets: Matrix,
        sample_weight: Vector | None,
        rate: float,
        weights: list[Matrix],
        biases: list[Vector],
    ) -> float:
        """Write what all examples add to each weight and bias at a rate, by the chain rule.

        Return the sum of their losses, each times its sample weight, added one by one to 0.0. It is
        that of the whole network: nothing is dropped.
        """
        counts = [1.0] * len(inputs) if sample_weight is None else sample_weight
        whole = [(self.network, example) for example in inputs]
        traces = self._traces(whole, targets, "gradient")
        for layer, slopes in enumerate(weights):
            flows = flows_of(layer, traces, counts)
            slopes[:] = add_flows(no_flow(slopes), flows, rate)
            if biases:
                (biases[layer][:],) = add_flows(
                    no_flow([biases[layer]]), as_bias_flows(flows), rate
                )
        return self._add_losses(0.0, traces, targets, counts)

    def _traces(self, examples: list[Thinned], targets: Matrix, hidden_error: str) -> list[Trace]:
        """Return what flows through the network for each example; no weight moves."""
        traces = []
        for (network, inputs), wanted in zip(examples, targets, strict=True):
            signals, outputs = forward(network, inputs)
            loss = self.description.loss
            errors, deltas = backward(network, outputs, wanted, loss, hidden_error)
            flow = flowing_in(network, inputs, outputs)
            traces.append(Trace(flow, signals, outputs, errors, deltas))
        return traces

    def training_loss(self, inputs: Vector, targets: Vector) -> float:
        """Return the loss of one example that the next update would lower, as dropout leaves it."""
        signals, outputs = forward(*self._thinned(inputs, 0))
        errors = [t - o for t, o in zip(targets, outputs[-1], strict=True)]
        return self._loss(signals[-1], errors, targets)

    def _add_losses(
        self, loss: float, traces: list[Trace], targets: Matrix, sample_weight: Vector
    ) -> float:
        for trace, wanted, weight in zip(traces, targets, sample_weight, strict=True):
            loss += weight * self._loss(trace.signals[-1], trace.errors[-1], wanted)
        return loss

    def _loss(self, signals: Vector, errors: Vector, targets: Vector) -> float:
        rules = self.description
        return loss_of(rules.loss, rules.output_activation, signals, errors, targets)

    def _moved(
        self, name: str, flows: list[Flow], lr: float, decay: float, powers: Vector
    ) -> Matrices:
        """Return a matrix of weights or a row of biases after an update, and its slots."""
        optimizer = self.description.optimizer
        names = [f"{slot}.{name}" for slot in optimizer.slots]
        slots = [self.matrices[slot_name] for slot_name in names]
        weights, slots = updated(optimizer, lr, decay, self.matrices[name], flows, slots, powers)
        return {name: weights, **dict(zip(names, slots, strict=True))}

    def _put_in_place(self, new: Matrices) -> None:
        """Copy the new numbers into the network, all of them even if Ctrl-C comes in between."""
        updates = self.updates + self.description.drops
        try:
            self._store(new, updates)
        except BaseException:
            # Half an update would corrupt the network, so finish it.
            self._store(new, updates)
            raise

    def _store(self, new: Matrices, updates: int) -> None:
        for name, matrix in new.items():
            for row, new_row in zip(self.matrices[name], matrix, strict=True):
                row[:] = new_row
        self.updates = updates

    def last_update(self, layer: int, rows: Matrix) -> None:
        """Write a layer's numbers in the last update, for its last example, to five rows.

        They are the signals, outputs, errors, deltas and steps.
        """
        assert self._last is not None
        trace, rate = self._last
        steps = [rate * delta for delta in trace.deltas[layer]]
        for row, numbers in zip(rows, [*(part[layer] for part in trace[1:]), steps], strict=True):
            row[:] = numbers

    def last_dropout(self, layer: int, rows: Matrix) -> None:
        """Write the mask of a layer's inputs in the last call of `train`, and what it has left.

        Each goes to one of two rows.
        """
        assert self._last is not None
        mask = masks_of(self.description, self.updates - 1, 0)[layer]
        assert mask is not None
        rows[0][:], rows[1][:] = mask, self._last[0].inputs[layer]

    # The range of the inputs.

    def see(self, inputs: Iterable[Vector]) -> None:
        """Widen the range of the inputs seen in training to include these."""
        for example in inputs:
            self.seen = self.seen.widened(example)

    def first_unlike(self, inputs: Matrix, step: int) -> int:
        """Return the place of the first input unlike those seen in training, or -1.

        Only every step-th input is looked at.
        """
        for place in range(0, len(inputs), step):
            if not self.seen.is_like(inputs[place]):
                return place
        return -1
