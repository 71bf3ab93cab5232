"""The rows of what needs an optional library: data, images, plots and estimators."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import nnfast
import nnref
from bad_input.mistakes import (
    FILE,
    FROM_ZERO,
    INF,
    NAN,
    WHOLE,
    Mistake,
    None_too,
    each,
    listed,
    no_arrays_of_numbers,
    no_choices,
    no_flags,
    no_matrices,
    no_networks,
    no_numbers,
    no_paths,
    no_positives,
    no_sequences,
    no_wholes,
    not_finite,
    not_within,
)
from bad_input.rows import Row, rows


def data_set_rows() -> Iterator[Row]:
    from nnfast.datasets import DatasetError, load, mnist, one_hot, scale_inputs

    def as_data_error(mistakes: Iterator[Mistake]) -> Iterator[Mistake]:
        for mistake in mistakes:
            yield replace(mistake, error={ValueError: DatasetError}.get(mistake.error, TypeError))

    yield from rows("load(data)", lambda _, x: load(x), as_data_error(None_too(no_paths())))
    yield from rows("mnist(path)", lambda _, x: mnist(x), as_data_error(no_paths()))
    yield from rows(
        "scale_inputs(pixels)",
        lambda _, x: scale_inputs(x),
        no_arrays_of_numbers("numbers"),
        listed(DatasetError, "got .+, wants values from 0 to 255", [-1], [256], [0, NAN], [INF]),
        listed(DatasetError, "got 0 to 9223372036854775808, wants values from 0 to 255", [2**63]),
    )
    yield from rows("scale_inputs(largest)", lambda _, x: scale_inputs([0], x), no_positives())
    yield from rows(
        "one_hot(labels)",
        lambda _, x: one_hot(x),
        no_arrays_of_numbers("whole numbers (n,)"),
        listed(DatasetError, r"got shape .+ of .+, wants \(n,\) of whole numbers", 1, [[1]], []),
        listed(DatasetError, r"got shape .+ of .+, wants \(n,\) of whole numbers", [1.0], [True]),
        listed(DatasetError, "got .*, wants 0 to 9", [3, -1], [10], [2**63]),
    )
    wants = "a whole number from 1 to 268435456"
    yield from rows(
        "one_hot(classes)",
        lambda _, x: one_hot(np.array([], dtype=int), x),
        no_wholes(wants),
        each(ValueError, wants, 2**28 + 1, 10**12, 10**30),
    )


def augmentation_rows() -> Iterator[Row]:
    from nnfast.augmentation import augment

    usual: dict[str, Any] = {
        "inputs": np.zeros((2, 6)), "targets": [[0], [1]], "image_shape": (2, 3), "seed": 1,
    }  # fmt: skip

    def made(argument: str, *mistakes: Iterator[Mistake]) -> Iterator[Row]:
        def call(_: Any, x: Any) -> object:
            return augment(**{**usual, argument: x})

        yield from rows(f"augment({argument})", call, *mistakes)

    yield from made("inputs", no_matrices(6, 2), not_finite([[0.5] * 6] * 2))
    yield from made("inputs", listed(ValueError, "got no examples.*", np.zeros((0, 6))))
    yield from made("targets", no_arrays_of_numbers("numbers"))
    says = r"got shape .+, wants \(2, onodes\), a row for each row of inputs"
    yield from made("targets", listed(ValueError, says, 1, [0, 1], [[0]], [[0]] * 3, [[[0]]] * 2))
    pair = r"got .+, wants \(rows, columns\)"
    yield from made("image_shape", listed(TypeError, pair, None, 6, "23", (6,), (1, 2, 3), {2, 3}))
    yield from made("image_shape", listed(TypeError, f"got .+, wants {WHOLE}", (2.0, 3), ("2", 3)))
    yield from made("image_shape", listed(ValueError, f"got .+, wants {WHOLE}", (0, 6), (-2, -3)))
    says = r"got 6 numbers, wants 9"
    yield from rows(
        "augment(image_shape)",
        lambda _, x: augment(**{**usual, "image_shape": x}),
        listed(ValueError, says, (3, 3)),
        named="inputs",
    )
    for argument in ("rotation", "shift", "alpha", "sigma"):
        wants = "a finite number of at least 0"
        yield from made(argument, each(ValueError, wants, -0.5, NAN, INF, 10**400))
        yield from made(argument, each(TypeError, wants, "10", True, [1], 1j))
    yield from made("rotation", each(TypeError, "a finite number of at least 0", None))
    for argument, below in (("scale", 1), ("shear", 90)):
        wants = f"a number from 0 to below {below}"
        yield from made(argument, each(ValueError, wants, -0.5, below, NAN, INF, 10**400))
        yield from made(argument, each(TypeError, wants, "10", None, True, [1], 1j))
    yield from made("seed", no_wholes(FROM_ZERO, zero=True))
    yield from made("threads", no_wholes(WHOLE))

    def epoch(_: Any, x: Any) -> object:
        examples = augment(**usual)
        examples.epoch = x
        return next(iter(examples))

    yield from rows("AugmentedExamples(epoch)", epoch, no_wholes(FROM_ZERO, zero=True))


def image_rows() -> Iterator[Row]:
    pytest.importorskip("PIL")
    from nnfast.datasets import DatasetError
    from nnfast.images import read_digit

    shapes = r"\(rows, columns\), \(rows, columns, 3\) or \(rows, columns, 4\)"
    wants = f"a path, a Pillow image or an array {shapes}"
    for mistake in None_too(no_paths(wants)):
        error = {ValueError: DatasetError}.get(mistake.error, TypeError)
        # A number is an array without dimensions.
        number = isinstance(mistake.value, bool | int)
        row = replace(mistake, error=DatasetError if number else error)
        if number:
            row = replace(row, says=rf"got shape \(\), wants {shapes}")
        yield from rows("read_digit(picture)", lambda _, x: read_digit(x), [row])
    square = np.zeros((20, 20))
    yield from rows(
        "read_digit(picture)",
        lambda _, x: read_digit(x),
        listed(
            DatasetError, f"got shape .+, wants {shapes}",
            square[0], square[None], square[..., None],
        ),
        listed(DatasetError, "got shape .+, wants at least 1 row and column", square[:0]),
        listed(
            DatasetError,
            "got .+, wants floats from 0 to 1; give 0 to 255 as whole numbers",
            square + 255, square - 0.1, square + NAN, square + INF,
        ),
        listed(DatasetError, "got .+, wants 0 to 255", [[0, 256]], [[-1, 9]], [[2**63]]),
        listed(DatasetError, "got whole numbers from 0 to 1, .+ give booleans", [[0, 1], [1, 1]]),
        listed(TypeError, f"got .+, wants {wants}", square.astype(complex), [["a"]], [[0], [1, 2]]),
    )  # fmt: skip
    yield from rows(
        "read_digit(image_shape)",
        lambda _, x: read_digit("picture", x),
        listed(
            TypeError, r"got .+, wants \(rows, columns\)", None, 28, "28", (28,), {2, 3}, (1, 2, 3)
        ),
        listed(TypeError, f"got .+, wants {WHOLE}", (8.0, 8.0), ("8", "8"), (None, 8), (True, 1)),
        listed(ValueError, f"got .+, wants {WHOLE}", (0, 0), (-8, -8)),
        listed(ValueError, "got .+, wants a square of at most 1024 x 1024", (28, 20), (1025, 1025)),
        listed(ValueError, "got .+, wants a square of at most 1024 x 1024", (10**30, 10**30)),
    )


def plot_rows() -> Iterator[Row]:
    pytest.importorskip("matplotlib")
    from nnfast import plots

    square = nnfast.NeuralNetwork(4, 3, 2, 0.5, seed=1)
    plane = nnfast.NeuralNetwork(2, 3, 2, 0.5, seed=1)
    examples, labels = np.full((10, 4), 0.5), np.arange(10) % 2
    history = nnref.History(loss=[1.0])
    good: dict[str, dict[str, Any]] = {
        "learning_curves": {"history": history},
        "first_weights": {"network": square, "image_shape": None, "count": 1},
        "confusion_matrix": {"labels": labels, "answers": labels},
        "most_wrong": {
            "network": square, "inputs": examples, "labels": labels, "image_shape": None,
            "count": 1,
        },
        "back_queries": {"network": square, "image_shape": None},
        "decision_boundary": {"network": plane, "inputs": examples[:, :2], "targets": labels},
        "histograms": {"network": square, "inputs": examples},
        "answer": {"outputs": [0.1, 0.2], "inputs": examples[0], "image_shape": None},
        "image": {"inputs": examples[0], "image_shape": None},
    }  # fmt: skip

    shapes = [
        *listed(TypeError, r"got .+, wants \(rows, columns\)", 4, "22", (4,), (2, 2, 1), FILE),
        *listed(TypeError, f"got .+, wants {WHOLE}", (2.0, 2), (None, 4), (True, 4)),
        *listed(ValueError, f"got .+, wants {WHOLE}", (0, 4), (-2, -2)),
        *listed(ValueError, "got .+, wants one of 4", (2, 3), (10**30, 10**30)),
    ]
    no_labels = [
        *no_arrays_of_numbers("whole numbers (n,)"),
        *listed(
            ValueError, r"got shape .+, wants whole numbers \(n,\), n at least 1", 1, [[1]], []
        ),
        *listed(
            ValueError, r"got shape .+, wants whole numbers \(n,\), n at least 1", [True], [1.0]
        ),
    ]
    no_vector = [*no_sequences(), *no_numbers(4), *not_finite([0.5] * 4)]
    no_vector += listed(ValueError, "got no numbers, wants at least 1", [], np.empty(0))
    no_rows = [*no_matrices(4, 10), *not_finite(examples.tolist())]
    no_rows += listed(ValueError, "got no examples, wants at least 1", [], np.empty((0, 4)))
    no_points = [*no_matrices(2, 10), *not_finite([[0.5] * 2] * 10)]
    no_targets = [
        *no_arrays_of_numbers("numbers"),
        *listed(ValueError, "got 1, wants 10, one for each example", [1], [[0.5, 0.5]]),
    ]
    no_histories = [
        *listed(TypeError, "got .+, wants a History, which fit returns", None, [1.0], {}, "loss"),
        *listed(ValueError, "got no epochs, wants at least 1", nnref.History()),
    ]
    wrong = {
        "network": list(no_networks()), "count": list(no_wholes()), "image_shape": shapes,
        "labels": no_labels, "answers": no_labels, "inputs": no_rows, "outputs": no_vector,
        "history": no_histories, "targets": no_targets,
        "ax": list(listed(TypeError, "got .+, wants a matplotlib Axes or None", "here", 1, square)),
    }  # fmt: skip
    others = {
        ("image", "inputs"): no_vector,
        ("answer", "inputs"): no_vector,
        ("decision_boundary", "inputs"): no_points,
    }
    optional = [
        ("answer", "inputs"),
        ("decision_boundary", "inputs"),
        ("decision_boundary", "targets"),
    ]
    for function, arguments in good.items():
        for argument in (*arguments, "ax"):
            mistakes = others.get((function, argument), wrong[argument])
            if (function, argument) in optional:
                mistakes = [mistake for mistake in mistakes if mistake.value is not None]

            def call(_: Any, x: Any, function: str = function, argument: str = argument) -> object:
                return getattr(plots, function)(**{**good[function], argument: x})

            yield from rows(f"{function}({argument})", call, mistakes)


def no_class_weights() -> Iterator[Mistake]:
    """Yield mistakes in the weights of the classes 0 and 1."""
    a_dict = "a dict from class to weight, .*, or 'balanced' or None"
    yield from each(TypeError, f"{a_dict}; .*", 1.5, True, [1.0, 2.0], {0, 1}, [None])
    yield from each(ValueError, a_dict, "balance", [{0: 1.0}], [{0: 1.0}, {1: 2.0}])
    yield from listed(
        ValueError, r"got the class .+, wants one of \[0, 1\]", {2: 1.0}, {0: 1, "1": 2}
    )
    weight = "a finite number of at least 0"
    yield from listed(
        TypeError, f"got .+, wants {weight}", {0: "1"}, {1: None}, {0: [1]}, {0: True}
    )
    yield from listed(ValueError, f"got .+, wants {weight}", {0: -1}, {1: NAN}, {1: INF})


def estimator_rows() -> Iterator[Row]:
    pytest.importorskip("sklearn")
    from nnfast.exchange.c import export_c
    from nnfast.sklearn import NeuralNetworkClassifier, NeuralNetworkRegressor

    examples, labels = np.full((10, 4), 0.5), np.arange(10) % 2
    wrong: dict[str, list[Mistake]] = {
        "activation": [
            *no_choices("identity", "logistic", "tanh", "relu"),
            *(mistake for mistake in no_sequences() if not isinstance(mistake.value, str)),
            Mistake("a number among them", ("relu", 1), TypeError),
            Mistake("two", ("relu", "relu"), ValueError),
            Mistake("an iterator", iter(["relu"]), TypeError),
        ],
        "hidden_layer_sizes": [
            *no_sequences(),
            *each(ValueError, WHOLE, 0, -1),
            *(Mistake(f"is {sizes}", sizes, TypeError) for sizes in (2.0, ["a"], [None], [[3]])),
            Mistake("one of 0", (10, 0), ValueError),
            Mistake("an iterator", iter((5, 4)), TypeError),
        ],
        "solver": list(None_too(no_choices("sgd", "adam", "lbfgs"))),
        "learning_rate": list(None_too(no_choices("constant", "invscaling", "adaptive"))),
        "max_time": [mistake for mistake in no_positives() if mistake.value is not None],
        "validation_fraction": [
            *each(ValueError, ".*", 0, 0.0, -0.5, 1.0, NAN, INF),
            *each(TypeError, ".*", None, "0.1"),
        ],
        "random_state": [
            *each(TypeError, "a whole number from 0 to .*", "a", 1.5, [1], np.random.default_rng()),
            *each(ValueError, "a whole number from 0 to .*", -1, 2**32),
        ],
    }  # fmt: skip
    for name in ("batch_size", "max_iter", "max_fun"):
        wrong[name] = list(no_wholes())
    wrong["n_iter_no_change"] = [mistake for mistake in no_wholes() if mistake.value != INF]
    wrong["verbose"] = list(listed(TypeError, "got .+, wants a whole .*", None, "a", 1.5))
    for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping"):
        wrong[name] = list(no_flags())
    for name in ("learning_rate_init", "epsilon"):
        wrong[name] = list(no_positives())
    for name in ("alpha", "tol", "power_t"):
        wrong[name] = list(not_within(0.0, INF))
    for name in ("momentum", "beta_1", "beta_2"):
        wrong[name] = list(not_within(0.0, 1.0))
    for kind in (NeuralNetworkClassifier, NeuralNetworkRegressor):
        has_classes = kind is NeuralNetworkClassifier
        losses = None_too(no_choices("squared_error", "poisson"))
        more = {"class_weight": list(no_class_weights())} if has_classes else {"loss": list(losses)}
        for name, mistakes in (wrong | more).items():

            def call(_: Any, x: Any, kind: Any = kind, name: str = name) -> object:
                model = kind(**{"max_iter": 1, name: x})
                try:
                    return model.fit(examples, labels)
                finally:
                    assert not hasattr(model, "network_")

            yield from rows(f"{kind.__name__}({name})", call, mistakes)
    yield from rows(
        "NeuralNetworkClassifier.partial_fit(classes)",
        lambda _, x: NeuralNetworkClassifier().partial_fit(examples, labels, x),
        listed(ValueError, "got .+, wants .+", None, [[0], [1, 2]], [0, None, 1]),
        listed(TypeError, "got .+, wants a sequence of labels", 2, "01", {0, 1}, {0: 1}),
    )
    yield from rows(
        "NeuralNetworkClassifier.partial_fit(classes)",
        lambda _, x: NeuralNetworkClassifier().partial_fit(examples, labels, x),
        [
            Mistake("other labels", [2, 3], ValueError, "got the class 0, wants one of .*"),
            Mistake("one of two", [0], ValueError, "got the class 1, wants one of .*"),
        ],
        named="y",
    )
    wants = "a name in C that the file has no other use for"
    yield from rows(
        "export_c(classify)",
        lambda _, x: export_c(
            NeuralNetworkClassifier().partial_fit(examples, labels, [0, 1]),
            "network",
            function="ask_labels",
            classify=x,
        ),
        each(TypeError, wants, 3, False, b"decide", ["decide"], len),
        each(ValueError, wants, "", "1st", "two words", "größe", "_decide", "while", "main"),
        each(ValueError, wants, "ask", "ask_labels", "CLASSES", "probabilities", "relu"),
    )
