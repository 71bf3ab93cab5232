"""Names that do not exist are refused, and the one that was meant is said."""

import copy
import pickle
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers import INPUTS, TARGETS, bits, network

import nnfast
import nnref


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("weigths_input_hidden", "weights_input_hidden"), ("biases_hiden", "biases_hidden"),
        ("bias_hidden", "biases_hidden"), ("weight", "weights"), ("learning_rate", "lr"),
        ("coefs_", "weights"), ("epoch", "epochs"), ("predicts", "predict"),
    ],
)  # fmt: skip
def test_an_unknown_attribute_is_refused(backend: ModuleType, name: str, meant: str) -> None:
    nn = network(backend, bias=True)
    says = f"^{name}: NeuralNetwork has no such attribute; did you mean '{meant}'\\?$"
    with pytest.raises(AttributeError, match=says):
        setattr(nn, name, 1.0)
    with pytest.raises(AttributeError, match=says):
        getattr(nn, name)
    assert name not in vars(nn)


def test_a_name_like_no_other_is_refused_without_a_guess(backend: ModuleType) -> None:
    nn = network(backend)
    with pytest.raises(AttributeError, match=r"^zzz: NeuralNetwork has no such attribute$"):
        nn.zzz = 1
    assert not hasattr(nn, "zzz")
    assert not hasattr(nn, "__array__")


def test_without_biases_their_names_say_so(backend: ModuleType) -> None:
    nn = backend.NeuralNetwork(3, 4, 2, 0.1)
    for name in ("biases_hidden", "biases_output"):
        says = f"^{name}: the network has no biases; make it with bias=True$"
        with pytest.raises(AttributeError, match=says):
            setattr(nn, name, [0.0] * 4)
        assert not hasattr(nn, name)


@pytest.mark.parametrize("hnodes", [[], [4], [4, 5, 6]])
def test_the_names_of_explain_can_be_read_and_set(backend: ModuleType, hnodes: list[int]) -> None:
    nn = network(backend, 3, hnodes, 2, bias=True)
    shown = nn.explain(INPUTS[0], TARGETS[0]).to_dict()
    names = [name for name in shown if name.startswith(("weights_", "biases_"))]
    assert len(names) == 2 * (len(hnodes) + 1)
    for place, name in enumerate(names):
        assert np.array_equal(getattr(nn, name), shown[name]), name
        given = np.full(np.shape(shown[name]), 0.5 + place)
        before = [np.array(array) for array in (*nn.weights, *nn.biases)]
        setattr(nn, name, given)
        assert np.array_equal(nn.explain(INPUTS[0], TARGETS[0]).to_dict()[name], given)
        after = (*nn.weights, *nn.biases)
        assert sum(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)) == 1
        assert name not in vars(nn)


@pytest.mark.parametrize("name", ["weights_hidden_1_hidden_2", "biases_hidden_2"])
def test_the_names_of_explain_are_checked(backend: ModuleType, name: str) -> None:
    nn = network(backend, 3, [4, 5], 2, bias=True)
    before = nn.digest()
    with pytest.raises(ValueError, match=rf"^{name}(\[0\])?: got 1 numbers, wants 5$"):
        setattr(nn, name, [[0.5]] if name.startswith("weights") else [0.5])
    assert nn.digest() == before


@pytest.mark.parametrize("base", [nnref.NeuralNetwork, nnfast.NeuralNetwork])
def test_a_subclass_may_have_attributes_of_its_own(base: Any) -> None:
    class Named(base):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            super().__init__(3, 4, 2, 0.1, bias=True, seed=1)
            self.name = name

    nn = Named("Ada")
    nn.notes = ["first"]
    nn.biases_hidden = [0.5] * 4
    assert (nn.name, nn.notes) == ("Ada", ["first"])
    assert list(nn.biases[0]) == [0.5] * 4
    plain = base(3, 4, 2, 0.1)
    plain._mine = 1
    assert plain._mine == 1


def test_copies_and_pickles_have_the_same_names(backend: ModuleType) -> None:
    nn = network(backend, bias=True)
    for twin in (copy.copy(nn), copy.deepcopy(nn), pickle.loads(pickle.dumps(nn))):
        twin.biases_hidden = [1.0] * len(nn.biases_hidden)
        assert bits(twin.biases_hidden) != bits(nn.biases_hidden)
        with pytest.raises(AttributeError, match="did you mean 'biases_output'"):
            twin.biases_outputs = [0.0, 0.0]


@pytest.mark.parametrize(
    ("keyword", "meant"),
    [
        ("learning_rate", "lr"), ("hidden_layer_sizes", "hnodes"), ("random_state", "seed"),
        ("momentum", "optimizer"), ("solver", "optimizer"), ("use_bias", "bias"),
        ("activations", "activation"), ("biass", "bias"), ("bias_initializer", "bias_init"),
    ],
)  # fmt: skip
def test_the_network_names_the_argument_that_is_meant(
    backend: ModuleType, keyword: str, meant: str
) -> None:
    says = f"^NeuralNetwork\\(\\) got an unexpected keyword argument '{keyword}'; "
    with pytest.raises(TypeError, match=f"{says}did you mean '{meant}'\\?$"):
        backend.NeuralNetwork(3, 4, 2, 0.1, **{keyword: 1})


@pytest.mark.parametrize(
    ("keyword", "meant"),
    [
        ("n_epochs", "epochs"), ("max_iter", "epochs"), ("validation_data", "validation"),
        ("callbacks", "callback"), ("early_stopping", "patience"), ("learning_rate", "schedule"),
        ("y", "targets"), ("batchsize", "batch_size"), ("patienc", "patience"),
        ("power_t", "schedule"),
    ],
)  # fmt: skip
def test_fit_names_the_argument_that_is_meant(
    backend: ModuleType, keyword: str, meant: str
) -> None:
    nn = network(backend)
    before = nn.digest()
    says = f"^fit\\(\\) got an unexpected keyword argument '{keyword}'; "
    with pytest.raises(TypeError, match=f"{says}did you mean '{meant}'\\?$"):
        nn.fit(INPUTS, TARGETS, **{keyword: 1})
    assert nn.digest() == before
