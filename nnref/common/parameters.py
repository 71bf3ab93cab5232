"""The numbers of a network: weights, biases, optimizer slots; and its state, which has them all."""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from inspect import isabstract
from typing import TYPE_CHECKING, Any, Generic, NamedTuple
from weakref import WeakValueDictionary

from nnref.common.arguments import items, shown
from nnref.common.backend import Engine, MatrixT, Numbers, VectorT
from nnref.common.described import Described
from nnref.common.other_names import did_you_mean
from nnref.common.seen_range import UNTRAINED, SeenRange
from nnref.common.state import State, dtype_of
from nnref.common.witness import UNWATCHED

# What only `digest` needs is imported there: hashlib loads OpenSSL, which would take a third of the
# time to import this package.


class Snapshot(NamedTuple):
    """What training changes in a network: in memory, as the backend keeps its numbers."""

    arrays: dict[str, Any]
    epochs: int
    seen: SeenRange
    updates: int


_ATTRIBUTES = frozenset(
    (
        "_description", "_epochs", "_dtype", "_threads", "_lock", "_numbers", "_arrays",
        "_weights", "_biases", "_engine", "_witness",
    )
)  # fmt: skip
"""A network's own attributes, all of which `__setstate__` makes anew."""

_networks = WeakValueDictionary[int, "Parameterized[Any, Any]"]()
"""All networks that there are, by their id: a subclass may not be hashable."""


def _renew_all_after_fork() -> None:
    for reference in _networks.valuerefs():
        network = reference()
        if network is not None:
            network._renew_after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew_all_after_fork)


class Parameterized(Described, ABC, Generic[VectorT, MatrixT]):
    """The part of `nnref.common.network.BaseNetwork` that keeps the numbers."""

    _dtype = "float64"
    _threads = 1
    _witness = UNWATCHED
    _lock: threading.RLock
    _numbers: Numbers
    _engine: Engine
    _arrays: dict[str, Any]
    """Every array that training changes, by its name in ``Description.array_shapes``."""
    _weights: tuple[MatrixT, ...]
    _biases: tuple[VectorT, ...]
    """The weights and biases among them, first layer first, as callers see them."""

    # What a backend supplies.

    @abstractmethod
    def _numbers_for(self, dtype: str) -> Numbers:
        """Return the way to keep numbers of this type; set `_dtype` if it must be another."""

    @abstractmethod
    def _engine_for(self, threads: int) -> Engine:
        """Return an engine for the network's arrays, which may use this many threads."""

    @abstractmethod
    def _made_by(self) -> dict[str, str]:
        """Return the package's name and what else can matter to the bits, for a record."""

    # The state.

    def __getstate__(self) -> State:
        """Return all that the network is, as one value: for a copy, a pickle or a file."""
        with self._lock:
            arrays = {
                name: self._numbers.encode(array, dtype_of(name, self._dtype))
                for name, array in self._arrays.items()
            }
            return State(
                self._description,
                self._dtype,
                arrays,
                self._epochs,
                self._seen,
                self._threads,
                self._added_attributes(),
                self._engine.updates,
            )

    def _added_attributes(self) -> dict[str, Any]:
        """Return what a subclass or a user has added, in slots or not."""
        found = super().__getstate__()
        parts = found if isinstance(found, tuple) else (found,)
        return {
            name: value
            for part in parts
            for name, value in (part or {}).items()
            if name not in _ATTRIBUTES
        }

    def __setstate__(self, state: State) -> None:
        """Become the network that has this state."""
        self._description = state.description
        self._epochs = state.epochs
        self._dtype, self._threads = state.dtype, state.threads
        self._lock = threading.RLock()
        self._numbers = self._numbers_for(state.dtype)
        self._arrays = dict(self._decoded(state))
        self._weights = tuple(map(self._numbers.view, self._arrays_of("weights")))
        self._biases = tuple(map(self._numbers.view, self._arrays_of("biases")))
        self._engine = self._engine_for(state.threads)
        self._seen, self._engine.updates = state.seen, state.updates
        for name, value in state.attributes.items():
            object.__setattr__(self, name, value)
        _networks[id(self)] = self

    def _renew_engine(self, threads: int) -> None:
        """Compute with another engine from now on, which differs only in its threads."""
        engine = self._engine_for(threads)
        engine.seen, engine.updates = self._engine.seen, self._engine.updates
        self._engine, self._threads = engine, threads

    def _renew_after_fork(self) -> None:
        """Make the network usable again in a child that was forked while another thread used it.

        That thread is not in the child, where it would hold the lock and occupy the engine for
        ever. What it was writing stays as it was: the numbers may be those of half an update.
        """
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = threading.RLock()
            self._renew_engine(self._threads)

    def _arrays_of(self, kind: str) -> list[Any]:
        """Return the weights or the biases, first layer first."""
        return [self._arrays[name] for name in self._names(kind)]

    def _decoded(self, state: State) -> Iterator[tuple[str, Any]]:
        for name, shape in state.description.array_shapes.items():
            dtype = dtype_of(name, state.dtype)
            yield name, self._numbers.decode(state.arrays[name], shape, dtype)

    def _snapshot(self) -> Snapshot:
        """Return what training changes, so that it can be undone."""
        with self._lock:
            arrays = {name: self._numbers.copied(array) for name, array in self._arrays.items()}
            return Snapshot(arrays, self._epochs, self._seen, self._engine.updates)

    def _put_back(self, snapshot: Snapshot) -> None:
        """Undo what training has changed since a snapshot, in the arrays that callers may hold."""
        with self._lock:
            for name, numbers in snapshot.arrays.items():
                self._numbers.store(self._arrays[name], numbers)
            self._epochs, self._seen = snapshot.epochs, snapshot.seen
            self._engine.updates = snapshot.updates

    @property
    def _seen(self) -> SeenRange:
        """The range of the inputs seen in training."""
        return SeenRange(*self._engine.seen)

    @_seen.setter
    def _seen(self, seen: SeenRange) -> None:
        self._engine.seen = seen

    # The weights.

    @property
    def weights(self) -> tuple[MatrixT, ...]:
        """The weight matrices, first layer first, each of shape (fan_in, fan_out).

        They are the network's own: if you change a number in one, you change the network. If you
        set them to a sequence of matrices, all are checked first, and then copied.

        Setting weights or biases, all or one of them, also makes the network forget the range of
        its training inputs: it warns of none until it has been trained again.

        Raises
        ------
        ValueError, TypeError
            On setting, if there are too few or too many, or one is not a matrix of its shape.
        """
        return self._weights

    @weights.setter
    def weights(self, matrices: Sequence[Any]) -> None:
        self._set_all("weights", "matrices", matrices)

    @property
    def biases(self) -> tuple[VectorT, ...]:
        """The bias vectors, first layer first, each of shape (fan_out,); empty without bias.

        They are the network's own, and may be set in the same way as `weights`.
        """
        return self._biases

    @biases.setter
    def biases(self, vectors: Sequence[Any]) -> None:
        self._set_all("biases", "vectors", vectors)

    def _names(self, kind: str) -> list[str]:
        """Return the names of the arrays that are weights or biases, first layer first."""
        return [name for name in self._arrays if name.startswith(f"{kind}.")]

    def _set_all(self, kind: str, shape: str, arrays: Any) -> None:
        names = self._names(kind)
        if items(arrays) is None or not hasattr(arrays, "__len__"):
            raise TypeError(
                f"{kind}: got {shown(arrays)}, wants a sequence of {len(names)} {shape}"
            )
        if len(arrays) != len(names):
            raise ValueError(f"{kind}: got {len(arrays)} {shape}, wants {len(names)}")
        checked = {
            name: self._checked(f"{kind}[{layer}]", name, array)
            for layer, (name, array) in enumerate(zip(names, arrays, strict=True))
        }
        self._store(checked)

    def _set_one(self, argument: str, name: str, values: Any) -> None:
        self._store({name: self._checked(argument, name, values)})

    def _store(self, checked: dict[str, Any]) -> None:
        """Put numbers from elsewhere in the place of some of the network's."""
        with self._lock:
            for name, numbers in checked.items():
                self._numbers.store(self._arrays[name], numbers)
            self._seen = UNTRAINED  # a range says nothing of them

    def _checked(self, argument: str, name: str, values: Any) -> Any:
        """Return values checked to be numbers of the shape of one of the network's arrays.

        They share no number with the network: storing one array must not change another one that
        is yet to be stored.
        """
        shape = self._description.array_shapes[name]
        if len(shape) == 1:
            return self._numbers.vector(argument, values, shape[0])
        matrix = self._numbers.matrix(argument, values, shape[1])
        if len(matrix) != shape[0]:
            raise ValueError(f"{argument}: got {len(matrix)} rows, wants {shape[0]}")
        return self._numbers.apart(matrix, self._arrays.values())

    @property
    def weights_input_hidden(self) -> MatrixT:
        """The article's first matrix, (inodes, hnodes): ``weights[0]``; may be set."""
        return self._weights[0]

    @weights_input_hidden.setter
    def weights_input_hidden(self, matrix: Any) -> None:
        self._set_one("weights_input_hidden", "weights.0", matrix)

    @property
    def weights_hidden_output(self) -> MatrixT:
        """The article's last matrix, (hnodes, onodes): ``weights[-1]``; may be set."""
        return self._weights[-1]

    @weights_hidden_output.setter
    def weights_hidden_output(self, matrix: Any) -> None:
        self._set_one("weights_hidden_output", self._names("weights")[-1], matrix)

    @property
    def biases_hidden(self) -> VectorT:
        """The biases of a single hidden layer, (hnodes,): ``biases[0]``; may be set.

        With several hidden layers there are ``biases_hidden_1`` and so on, and for their weights
        ``weights_input_hidden_1``, ``weights_hidden_1_hidden_2`` and so on, as in `explain`.
        """
        return self._named("biases_hidden")  # type: ignore[no-any-return]

    @biases_hidden.setter
    def biases_hidden(self, vector: Any) -> None:
        self._set_named("biases_hidden", vector)

    @property
    def biases_output(self) -> VectorT:
        """The biases of the output layer, (onodes,): ``biases[-1]``; may be set."""
        return self._named("biases_output")  # type: ignore[no-any-return]

    @biases_output.setter
    def biases_output(self, vector: Any) -> None:
        self._set_named("biases_output", vector)

    def _named(self, name: str) -> Any:
        """Return the weights or biases that `explain` calls so."""
        names = self._description.article_names
        if name not in names:
            raise AttributeError(self._complaint(name))
        kind, place = names[name].split(".")
        return (self._weights if kind == "weights" else self._biases)[int(place)]

    def _set_named(self, name: str, values: Any) -> None:
        names = self._description.article_names
        if name not in names:
            raise AttributeError(self._complaint(name))
        self._set_one(name, names[name], values)

    # A type checker should refuse other names itself, and would not if it knew of these two.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return weights or biases by a name that has no property; refuse any other name."""
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return self._named(name)

        def __setattr__(self, name: str, value: Any) -> None:
            """Set what there is; a subclass may have attributes of its own."""
            exists = name.startswith("_") or hasattr(type(self), name)
            named = not exists and name in self._description.article_names
            if exists or (self._is_of_a_subclass() and not named):
                super().__setattr__(name, value)
            else:
                self._set_named(name, value)

    @classmethod
    def _is_of_a_subclass(cls) -> bool:
        """Return whether this is a subclass of a backend's class."""
        return Parameterized not in (base for kind in cls.__bases__ for base in kind.__bases__)

    def _complaint(self, name: str) -> str:
        """Return what to say of an attribute that the network does not have."""
        has = [known for known in dir(type(self)) if not known.startswith("_")]
        names = self._description.article_names
        if name.startswith("biases_") and not self.bias:
            return f"{name}: the network has no biases; make it with bias=True"
        known = {*has, *names} - {name}
        return f"{name}: {type(self).__name__} has no such attribute{did_you_mean(name, known)}"

    # The fingerprint.

    def digest(self) -> str:
        """Return the fingerprint of the weights, the same for both backends.

        Returns
        -------
        str
            The SHA-256, in hexadecimal, of all weights and biases as little-endian float64: for
            each layer the weights, row by row, and then the biases, if any. All NaNs count as the
            same, since machines differ in their sign and payload.
        """
        from hashlib import sha256

        fingerprint = sha256()
        with self._lock:
            for name, numbers in self._arrays.items():
                if name.startswith(("weights.", "biases.")):
                    fingerprint.update(self._numbers.encode(numbers, "float64"))
        return fingerprint.hexdigest()


def check_kind(kind: Any) -> None:
    """Raise TypeError if an argument called kind is not the class of either backend."""
    if not (isinstance(kind, type) and issubclass(kind, Parameterized)) or isabstract(kind):
        raise TypeError(f"kind: got {shown(kind)}, wants the NeuralNetwork of nnfast or of nnref")
