"""A network as one C99 file without dependencies: its weights, and a function that queries it.

Use it to bring a network to a microcontroller or into another language. The C repeats the oracle's
arithmetic operation by operation, so a float64 network gives the same bits there as here.
"""

import copy
import math
import os
import re
from collections.abc import Iterator

from nnfast.exchange.c_source import (
    ACTIVATIONS,
    GUARDS,
    HEAD,
    KEYWORDS,
    QUERY,
    REALS,
    WEIGHTED_SUMS,
)
from nnref.common import __version__
from nnref.common.arguments import shown
from nnref.common.description import layer_names
from nnref.common.files import replace_file
from nnref.common.network import Network, check_network
from nnref.common.state import State

NUMBERS_PER_LINE = 3


def export_c(network: Network, path: str | os.PathLike[str], *, function: str = "query") -> None:
    """Write a network to one C99 file that needs no library.

    The file has the weights as constants, under the article's names, and one function::

        void query(const double *inputs, double *outputs);

    whose answers are those of ``network.query`` to the last bit, by any compiler that keeps to
    IEEE-754 (the file refuses ``-ffast-math``). Nothing in it learns, and nothing warns of inputs
    unlike those of the training.

    A float32 network becomes C in ``float``, for small devices. Its answers are close to those of
    ``network.query``, as those of two builds of the kernel are to each other.

    The file is written beside ``path`` and then renamed. The same network gives the same file.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    path : str or path-like
        Where to write it; an existing file is replaced.
    function : str
        What the function is called. Everything else in the file is private to it, so that a program
        can have several networks under different names.

    Raises
    ------
    TypeError, ValueError
        If `network` is not a network, or `function` is not a name in C, or is one that the file
        uses otherwise.
    OSError
        If the file cannot be written.
    """
    check_network(network)
    network = copy.copy(network)  # which no other thread trains meanwhile
    source = _Source(network.__getstate__(), network.digest())
    name = _checked_name(function, source)
    replace_file(path, (text.encode() for text in source.texts(name)))


class _Source:
    """The C source of a network, by the names of its parts."""

    def __init__(self, state: State, digest: str) -> None:
        self.state, self.digest = state, digest
        self.description = state.description
        self.real = REALS[state.dtype]
        self.layers = layer_names(len(self.description.hnodes))
        hidden = [f"HNODES{name.removeprefix('hidden').upper()}" for name in self.layers[1:-1]]
        self.sizes = ["INODES", *hidden, "ONODES"]

    def texts(self, function: str) -> Iterator[str]:
        """Return the whole file, in pieces."""
        yield self.head(function)
        yield self.guards()
        for name, array in self.arrays().items():
            yield from self.array(name, array)
        yield self.code(function)

    def arrays(self) -> dict[str, str]:
        """Return the network's name of every array that answers take, by its name in C."""
        arrays = {}
        for layer, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False)):
            arrays[f"weights_{before}_{after}"] = f"weights.{layer}"
            if self.description.bias:
                arrays[f"biases_{after}"] = f"biases.{layer}"
        return arrays

    def head(self, function: str) -> str:
        """Return the comment that says what the file is."""
        sizes, seen = self.description.sizes, self.state.seen
        trained_on = f"\n * It was trained on inputs from {seen.low:.6g} to {seen.high:.6g}."
        layers = zip(self.layers[1:], sizes[1:], self.description.activations, strict=True)
        shapes = [self.description.array_shapes[array] for array in self.arrays().values()]
        return HEAD.substitute(
            self.real._asdict(),
            function=function,
            shape="-".join(map(str, sizes)),
            version=__version__,
            inodes=sizes[0],
            onodes=sizes[-1],
            trained_on=trained_on if seen.examples else "",
            layers="\n".join(
                f" *     {name:<10}{size:>8} neurons, {activation}"
                for name, size, activation in layers
            ),
            digest=self.digest,
            constant_bytes=f"{self.real.size * sum(map(math.prod, shapes)):,}",
            stack_bytes=f"{self.real.size * sum(self.description.hnodes):,}",
        )

    def guards(self) -> str:
        """Return what comes before the weights: the needs of the arithmetic, and the sizes."""
        numbers = zip(self.sizes, self.description.sizes, strict=True)
        rows = (row for array in self.arrays().values() for row in self.state.rows(array))
        are_finite = all(math.isfinite(number) for row in rows for number in row)
        return GUARDS.substitute(
            self.real._asdict(),
            math="" if are_finite else "#include <math.h> /* for INFINITY and NAN alone */\n",
            sizes=", ".join(f"{name} = {number}" for name, number in numbers),
        )

    def array(self, name: str, array: str) -> Iterator[str]:
        """Return the definition of an array, row by row."""
        shape = self.description.array_shapes[array]
        yield f"\n/* {' x '.join(map(str, shape))}, row by row */\n" if len(shape) == 2 else "\n"
        yield f"static const real {name}[{math.prod(shape)}] = {{\n"
        for row in self.state.rows(array):
            numbers = [_constant(number, self.real.suffix) for number in row]
            for start in range(0, len(numbers), NUMBERS_PER_LINE):
                yield f"    {', '.join(numbers[start : start + NUMBERS_PER_LINE])},\n"
        yield "};\n"

    def code(self, function: str) -> str:
        """Return the functions that the network's activations need, and the one that queries it."""
        pieces = [piece for name in self.description.activations for piece in ACTIVATIONS[name][1]]
        functions = [piece.substitute(self.real._asdict()) for piece in dict.fromkeys(pieces)]
        query = QUERY.substitute(
            self.real._asdict(), function=function, body="\n".join(self.body())
        )
        return "".join([*functions, WEIGHTED_SUMS, query])

    def body(self) -> Iterator[str]:
        """Return the lines that send the inputs from layer to layer."""
        outputs = ["inputs", *(f"{name}_outputs" for name in self.layers[1:-1]), "outputs"]
        for name, size in zip(outputs[1:-1], self.sizes[1:-1], strict=True):
            yield f"    real {name}[{size}];"
        if len(outputs) > 2:
            yield ""
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


def _constant(number: float, suffix: str) -> str:
    """Return a number as a constant that every compiler reads exactly."""
    if not math.isfinite(number):
        return "NAN" if number != number else "INFINITY" if number > 0 else "-INFINITY"
    significand, exponent = number.hex().split("p")
    return f"{significand.rstrip('0').removesuffix('.')}p{exponent}{suffix}"


def _checked_name(name: str, source: _Source) -> str:
    """Return the function's name if it is one in C that the source does not use otherwise."""
    wants = "a name in C that the file has no other use for"
    if not isinstance(name, str):
        raise TypeError(f"function: got {shown(name)}, wants {wants}")
    code = re.sub(r"/\*.*?\*/", "", source.guards() + source.code(""), flags=re.DOTALL)
    taken = {*KEYWORDS.split(), *re.findall(r"\w+", code)}
    in_headers = r"u?int\w*_t|U?INT\w*|(FLT|DBL|LDBL)_\w+"
    is_name = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
    if not is_name or name in taken or re.fullmatch(in_headers, name):
        raise ValueError(f"function: got {shown(name)}, wants {wants}")
    return name
