"""A network as one C99 file without dependencies: its weights, and a function that queries it.

Use it to bring a network to a microcontroller or into another language. The C repeats the oracle's
arithmetic operation by operation, so a float64 network gives the same bits there as here.
"""

import copy
import itertools
import math
import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from nnfast.exchange.c_around import Around, constant
from nnfast.exchange.c_source import (
    ACTIVATIONS,
    CLASSIFY,
    CLASSIFY_MULTILABEL,
    GUARDS,
    HEAD,
    KEYWORDS,
    MAIN,
    QUERY,
    REALS,
    SCALE,
    WEIGHTED_SUMS,
)
from nnfast.exchange.model import Model, is_of_scikit_learn
from nnref.common import __version__
from nnref.common.arguments import shown
from nnref.common.description import layer_names
from nnref.common.files import replace_file
from nnref.common.network import Network, check_network
from nnref.common.state import State

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from nnfast.sklearn.estimator import NeuralNetworkEstimator

NUMBERS_PER_LINE = 3


def export_c(
    network: "Network | NeuralNetworkEstimator | Pipeline",
    path: str | os.PathLike[str],
    *,
    function: str = "query",
    classify: str | None = None,
) -> None:
    """Write a network to one C99 file that needs no library.

    The file has the weights as constants, under the article's names, and one function::

        void query(const double *inputs, double *outputs);

    whose answers are those of ``network.query`` to the last bit, by any compiler that keeps to
    IEEE-754 (the file refuses ``-ffast-math``). Nothing in it learns, and nothing warns of inputs
    unlike those of the training.

    Of a fitted estimator or Pipeline, the answers are those of its ``predict_proba``, or of a
    regressor's ``predict``, again to the last bit. If there is a ``StandardScaler`` or a
    ``MinMaxScaler`` before the estimator, the function does what it does, and so takes raw inputs.
    A classifier's file has the labels of its classes as texts in UTF-8, and a second function::

        extern const char *const classify_labels[3];
        int classify(const double *inputs);

    which returns the place of the class that ``predict`` chooses. For several labels at once it is
    ``void classify(const double *inputs, int *labels)``, which sets each to 1 or to 0.

    A float32 network becomes C in ``float``, for small devices. Its answers are close to those of
    ``network.query``, as those of two builds of the kernel are to each other.

    The file is written beside ``path`` and then renamed. The same network gives the same file.

    Parameters
    ----------
    network : NeuralNetwork, NeuralNetworkClassifier, NeuralNetworkRegressor or Pipeline
        A network of either backend, a fitted estimator, or a fitted Pipeline that ends in one.
    path : str or path-like
        Where to write it; an existing file is replaced.
    function : str
        What the function is called. Everything else in the file is private to it, except what is
        named after `classify`, so that a program can have several networks under different names.
    classify : str, optional
        What a classifier's second function is called, and the array of its labels, before
        ``_labels``; by default "classify".

    Raises
    ------
    TypeError, ValueError
        If `network` is none of these, is not fitted, or has other steps than these scalers before
        the estimator; if a name is not one in C, or is one that the file uses otherwise; if
        `classify` is given for what is no classifier.
    OSError
        If the file cannot be written.

    Notes
    -----
    The answers of a Pipeline are those for dense rows of the network's own type. To rows of another
    type or in a sparse matrix, scikit-learn's scalers give other last digits.
    """
    model = _model(network)
    plain = copy.copy(model.network)  # which no other thread trains meanwhile
    source = _Source(model, plain.__getstate__(), plain.digest())
    names = _checked_names(function, classify, source)
    replace_file(path, (text.encode() for text in source.texts(names)))


def _model(value: "Network | NeuralNetworkEstimator | Pipeline") -> Model:
    """Return a network, or what is taken out of an estimator, as a model."""
    if is_of_scikit_learn(value):
        from nnfast.exchange.pipeline import taken_apart  # and scikit-learn, which others need not

        return taken_apart(value)
    check_network(value)
    return Model(value)


class _Names(NamedTuple):
    """The names that a file of C has for other files."""

    function: str
    classify: str


class _Source:
    """The C source of a model, by the names of its parts."""

    def __init__(self, model: Model, state: State, digest: str) -> None:
        self.model, self.state, self.digest = model, state, digest
        self.description = state.description
        self.real = REALS[state.dtype]
        self.around = Around(model, self.real)
        self.layers = layer_names(len(self.description.hnodes))
        hidden = [f"HNODES{name.removeprefix('hidden').upper()}" for name in self.layers[1:-1]]
        self.sizes = ["INODES", *hidden, "ONODES"]

    def texts(self, names: _Names) -> Iterator[str]:
        """Return the whole file, in pieces."""
        yield self.head(names)
        yield self.guards()
        yield from self.arrays()
        if self.model.labels:
            yield self.around.labels(names.classify)
        yield self.code(names)

    def weights(self) -> dict[str, str]:
        """Return the network's name of every array that answers take, by its name in C."""
        arrays = {}
        for layer, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False)):
            arrays[f"weights_{before}_{after}"] = f"weights.{layer}"
            if self.description.bias:
                arrays[f"biases_{after}"] = f"biases.{layer}"
        return arrays

    def head(self, names: _Names) -> str:
        """Return the comment that says what the file is."""
        sizes = self.description.sizes
        layers = zip(self.layers[1:], sizes[1:], self.description.activations, strict=True)
        trained_on = list(self.around.range_of_inputs(self.state.seen))
        answers = list(self.around.answers(names.classify))
        constant_bytes, stack_bytes = self.memory()
        return HEAD.substitute(
            self.real._asdict(),
            function=names.function,
            shape="-".join(map(str, sizes)),
            version=__version__,
            inodes=sizes[0],
            outputs=self.model.outputs,
            trained_on="".join(f"\n{line}" for line in _comment(trained_on)),
            answers="".join(f"{line}\n" for line in _comment([*answers, ""] if answers else [])),
            layers="\n".join(
                f" *     {name:<10}{size:>8} neurons, {activation}"
                for name, size, activation in layers
            ),
            digest=self.digest,
            constants="scalers and weights" if self.model.scalers else "weights",
            constant_bytes=f"{constant_bytes:,}",
            stack_bytes=f"{stack_bytes:,}",
        )

    def memory(self) -> tuple[int, int]:
        """Return the bytes that the constants take, and those that a call takes of the stack."""
        shapes = [self.description.array_shapes[array] for array in self.weights().values()]
        scalers = sum(array.size for array in self.around.scaler_arrays())
        scaled = self.description.inodes if self.model.scalers else 0
        on_stack = sum(self.description.hnodes) + scaled + len(self.model.labels)
        return self.real.size * sum(map(math.prod, shapes)) + scalers, self.real.size * on_stack

    def guards(self) -> str:
        """Return what comes before the arrays: the needs of the arithmetic, and the sizes."""
        numbers = [*zip(self.sizes, self.description.sizes, strict=True)]
        if self.model.labels:
            numbers.append(("CLASSES", len(self.model.labels)))
        rows = (row for array in self.weights().values() for row in self.state.rows(array))
        scalers = (array.numbers for array in self.around.scaler_arrays())
        are_finite = all(math.isfinite(x) for row in itertools.chain(rows, scalers) for x in row)
        return GUARDS.substitute(
            self.real._asdict(),
            math="" if are_finite else "#include <math.h> /* for INFINITY and NAN alone */\n",
            sizes=", ".join(f"{name} = {number}" for name, number in numbers),
        )

    def arrays(self) -> Iterator[str]:
        """Return the definitions of all arrays, row by row."""
        for name, title, kind, suffix, numbers, _ in self.around.scaler_arrays():
            yield f"\n/* of {title} */\n"
            yield from _definition(kind, f"{name}[INODES]", [numbers], suffix)
        for name, array in self.weights().items():
            shape = self.description.array_shapes[array]
            yield (
                f"\n/* {' x '.join(map(str, shape))}, row by row */\n" if len(shape) == 2 else "\n"
            )
            declared = f"{name}[{math.prod(shape)}]"
            yield from _definition("real", declared, self.state.rows(array), self.real.suffix)

    def code(self, names: _Names) -> str:
        """Return the functions that the network's activations need, and those for other files."""
        values = self.real._asdict() | names._asdict()
        pieces = [piece for name in self.description.activations for piece in ACTIVATIONS[name][1]]
        functions = [piece.substitute(values) for piece in dict.fromkeys(pieces)]
        if self.model.scalers:
            functions.append(SCALE.substitute(operations=self.around.scaling()))
        query = QUERY.substitute(values, body="\n".join(self.body()))
        classify = CLASSIFY_MULTILABEL if self.model.multilabel else CLASSIFY
        answers = classify.substitute(values) if self.model.labels else ""
        main = MAIN.substitute(values, outputs="CLASSES" if self.model.labels else "ONODES")
        return "".join([*functions, WEIGHTED_SUMS, query, answers, main])

    def body(self) -> Iterator[str]:
        """Return the lines that send the inputs from layer to layer."""
        outputs = ["inputs", *(f"{name}_outputs" for name in self.layers[1:-1]), "outputs"]
        arrays = [*zip(outputs[1:-1], self.sizes[1:-1], strict=True)]
        if self.model.scalers:
            outputs[0] = "scaled"
            arrays.insert(0, ("scaled", "INODES"))
        for name, size in arrays:
            yield f"    real {name}[{size}];"
        if arrays:
            yield ""
        if self.model.scalers:
            yield "    scale(inputs, scaled);"
        for layer, activation in enumerate(self.description.activations):
            before, after = self.layers[layer : layer + 2]
            biases = f"biases_{after}" if self.description.bias else "0"
            fan_in, fan_out = self.sizes[layer : layer + 2]
            yield (
                f"    weighted_sums({biases}, {outputs[layer]}, weights_{before}_{after}, "
                f"{fan_in}, {fan_out}, {outputs[layer + 1]});"
            )
            called = ACTIVATIONS[activation][0]
            if called:
                yield f"    {called}({outputs[layer + 1]}, {fan_out});"
        yield from self.around.probabilities()


def _comment(lines: Iterable[str]) -> Iterator[str]:
    """Return lines as those of the comment at the head."""
    for line in lines:
        yield f" * {line}".rstrip()


def _definition(
    kind: str, declared: str, rows: Iterable[list[float]], suffix: str
) -> Iterator[str]:
    """Return the definition of an array, in pieces."""
    yield f"static const {kind} {declared} = {{\n"
    for row in rows:
        numbers = [constant(number, suffix) for number in row]
        for start in range(0, len(numbers), NUMBERS_PER_LINE):
            yield f"    {', '.join(numbers[start : start + NUMBERS_PER_LINE])},\n"
    yield "};\n"


def _checked_names(function: str, classify: str | None, source: _Source) -> _Names:
    """Return the names for other files if they are names in C that differ from all others."""
    if classify is not None and not source.model.labels:
        raise ValueError(
            f"classify: got {shown(classify)}, wants None here, where there are no classes"
        )
    code = source.guards() + source.code(_Names("", ""))
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    taken = {*KEYWORDS.split(), *re.findall(r"\w+", code)}
    names = _Names(function, "classify" if classify is None else classify)
    _check_name("function", names.function, taken)
    if source.model.labels:
        _check_name(
            "classify", names.classify, taken | {function, function.removesuffix("_labels")}
        )
    return names


def _check_name(argument: str, name: str, taken: set[str]) -> None:
    """Raise TypeError or ValueError unless this is a name in C, and none that is taken."""
    wants = "a name in C that the file has no other use for"
    if not isinstance(name, str):
        raise TypeError(f"{argument}: got {shown(name)}, wants {wants}")
    in_headers = r"u?int\w*_t|U?INT\w*|(FLT|DBL|LDBL)_\w+"
    is_name = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
    if not is_name or name in taken or re.fullmatch(in_headers, name):
        raise ValueError(f"{argument}: got {shown(name)}, wants {wants}")
