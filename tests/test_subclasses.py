"""What a subclass or a user adds to a network stays with it, and gets nothing in the way."""

import copy
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import nnfast
import nnref
from nnref.common.state import State


class Named(nnref.NeuralNetwork):
    def __init__(self, path: str, *, colour: str = "red") -> None:
        super().__init__(3, 4, 2, 0.5, bias=True, seed=1)
        self.path, self.colour = path, colour


class Slotted(nnfast.NeuralNetwork):
    __slots__ = ("note",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, note: Any) -> None:
        super().__init__(3, [4, 5], 2, 0.5, threads=2, seed=1)
        self.note = note

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and self.digest() == other.digest()


class Silent(nnfast.NeuralNetwork):
    """One without any option by its name."""

    def __init__(self, *sizes: int) -> None:
        super().__init__(*sizes, 0.5, seed=1)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("network", "call"),
    [
        (Named("a", colour="blue"), "Named(3, 4, 2, lr=0.5, bias=True, seed=1)"),
        (Slotted("b"), "Slotted(3, (4, 5), 2, lr=0.5, seed=1, threads=2)"),
        (Silent(3, 4, 2), "Silent(3, 4, 2, lr=0.5, seed=1)"),
    ],
)
def test_a_constructor_of_its_own_does_not_hide_what_a_network_is(network: Any, call: str) -> None:
    assert repr(network) == call


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda network, protocol=protocol: pickle.loads(  # type: ignore[misc]
            pickle.dumps(network, protocol)
        )
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}
copies = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)


@copies
def test_a_copy_keeps_what_a_subclass_has_added(copied: Callable[[Any], Any]) -> None:
    network = Named("a", colour="blue")
    twin = copied(network)
    assert (type(twin), twin.path, twin.colour) == (Named, "a", "blue")
    assert twin.digest() == network.digest()
    note = {"seen": [1]}
    slotted = Slotted(note)
    slotted.extra = 3.5  # type: ignore[attr-defined]
    twin = copied(slotted)
    assert (twin.note, twin.extra, twin.threads) == (note, 3.5, 2)
    assert (twin.note is note) == (copied is copy.copy)
    assert twin == slotted


@copies
def test_a_copy_keeps_what_a_user_has_added(
    backend: ModuleType, copied: Callable[[Any], Any]
) -> None:
    network = backend.NeuralNetwork(3, 4, 2, 0.5, seed=1)
    # Without an underscore it would be refused, as a misspelt name.
    network._classes = ["cat", "dog"]
    network._itself = network
    twin = copied(network)
    assert twin._classes == ["cat", "dog"]
    assert twin._itself is (network if copied is copy.copy else twin)
    twin.train([0.1, 0.2, 0.3], [0.4, 0.5])
    assert twin.digest() != network.digest()


def test_nothing_of_its_own_is_an_addition(backend: ModuleType, tmp_path: Any) -> None:
    network = backend.NeuralNetwork(3, 4, 2, 0.5, bias=True, optimizer="adam", seed=1)
    network.fit([[0.1, 0.2, 0.3]], [[0.4, 0.5]])
    network.query([9.0, 9.0, 9.0])
    state = network.__getstate__()
    assert isinstance(state, State)
    assert state.attributes == {}
