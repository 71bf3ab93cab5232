"""A network as one JSON object: everything it knows, for any language, and read back exactly.

The object has these keys:

    format     "nnfast network as JSON, version 1"
    network    what defines the network, as the arguments of `NeuralNetwork`; bias_init, dropout and
               input_dropout are there only if they are not "zeros", 0 and 0
    dtype      "float64" or "float32", the type of the numbers in arrays
    epochs     how many epochs `fit` has trained the network for
    updates    how many updates it has had; there only with dropout, which draws by it
    reach      the range of the numbers in the training examples, or null before any training
    arrays     every array that training changes, by its name in a model file: the weights as rows,
               ``weights.0[i][j]`` linking input i to hidden j, the biases, what the optimizer keeps

A number is written with the fewest digits that are read as the same float64, which every float32 is
too. JSON has no numbers for NaN and the infinities; they are the texts "NaN", "Infinity" and
"-Infinity". A seed can have 64 bits, of which some readers, such as JavaScript's, keep only 53.
"""

import json
import math
import os
from collections.abc import Iterator
from typing import Any, overload

from nnfast.exchange.model import check_network_alone
from nnfast.network import NeuralNetwork
from nnref.common.arguments import one_of, shown
from nnref.common.description import Description
from nnref.common.examples import float_list, float_rows
from nnref.common.files import (
    ModelFileError,
    json_object,
    open_file,
    replace_file,
    unique_keys,
)
from nnref.common.network import AnyNetwork, Network, rebuilt
from nnref.common.parameters import check_kind
from nnref.common.seen_range import UNTRAINED, SeenRange
from nnref.common.state import MOST_EPOCHS, STRUCT_CODES, State, dtype_of, packed

FORMAT = "nnfast network as JSON, version 1"
KEYS = ("format", "network", "dtype", "epochs", "reach", "arrays")
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def export_json(network: Network, path: str | os.PathLike[str]) -> None:
    """Write everything that a network knows as one JSON object, which `load_json` reads.

    The file is written beside ``path`` and then renamed. The same network gives the same file.

    Parameters
    ----------
    network : NeuralNetwork
        Of either backend.
    path : str or path-like
        Where to write it; an existing file is replaced.

    Raises
    ------
    TypeError
        If `network` is not a network. Of an estimator pass its ``network_``, in which there is no
        scaler.
    OSError
        If the file cannot be written.
    """
    check_network_alone(network)
    replace_file(path, (text.encode() for text in _texts(network.__getstate__())))


def json_text(network: Network) -> str:
    """Return the text of the file that `export_json` writes."""
    return "".join(_texts(network.__getstate__()))


@overload
def load_json(path: str | os.PathLike[str]) -> NeuralNetwork: ...
@overload
def load_json(path: str | os.PathLike[str], kind: type[AnyNetwork]) -> AnyNetwork: ...
def load_json(path: str | os.PathLike[str], kind: type[Network] = NeuralNetwork) -> Network:
    """Return the network that `export_json` has written to a file.

    It has the same digest as the original, and continues training with the same bits.

    Parameters
    ----------
    path : str or path-like
        The file.
    kind : {nnfast.NeuralNetwork, nnref.NeuralNetwork}
        The backend to read it with. `nnref` reads float32 numbers as the floats they are.

    Returns
    -------
    NeuralNetwork
        Of this kind.

    Raises
    ------
    TypeError
        If kind is not one of these classes.
    OSError
        If the file cannot be read.
    ValueError
        If it is damaged or does not hold a network; the message names the file.
    """
    check_kind(kind)
    with open_file(path) as file:
        content = file.read()
    try:
        return rebuilt(kind, _state(_parsed(content)))
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{os.fspath(path)!r}: {error}") from None


# Writing.


def _texts(state: State) -> Iterator[str]:
    """Return the file's text in pieces: a row of numbers is a line."""
    head = {
        "format": FORMAT,
        "network": json.loads(state.description.to_json()),
        "dtype": state.dtype,
        "epochs": state.epochs,
        **({"updates": state.updates} if state.description.drops else {}),
        "reach": state.seen._asdict() if state.seen.examples else None,
    }
    yield json.dumps(head, indent=2).removesuffix("\n}")
    yield ',\n  "arrays": {'
    between = "\n"
    for name, shape in state.description.array_shapes.items():
        lines = ",\n      ".join(json.dumps(list(map(_written, row))) for row in state.rows(name))
        yield f'{between}    "{name}": '
        yield lines if len(shape) == 1 else f"[\n      {lines}\n    ]"
        between = ",\n"
    yield "\n  }\n}\n"


def _written(number: float) -> float | str:
    if math.isfinite(number):
        return number
    return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


# Reading.


def _parsed(content: bytes) -> dict[str, Any]:
    """Return the file's JSON object, if it has the keys that it should."""
    entries = json.loads(
        content.decode(),
        object_pairs_hook=unique_keys,
        parse_float=_finite,
        parse_constant=_no_number,
    )
    if not isinstance(entries, dict) or entries.get("format") != FORMAT:
        got = shown(entries.get("format") if isinstance(entries, dict) else entries)
        raise ValueError(f"format: got {got}, wants {FORMAT!r}")
    return json_object("the object", entries, {*KEYS, *({"updates"} & set(entries))})


def _state(entries: dict[str, Any]) -> State:
    """Return the network's state, once everything about it is checked."""
    description = Description.from_json(json.dumps(entries["network"]))
    json_object("the object", entries, (*KEYS, "updates") if description.drops else KEYS)
    dtype = one_of("dtype", entries["dtype"], tuple(STRUCT_CODES))
    epochs = _count("epochs", entries)
    updates = _count("updates", entries) if description.drops else 0
    seen = _seen_range(entries["reach"])
    shapes = description.array_shapes
    values = json_object("arrays", entries["arrays"], shapes)
    arrays = {
        name: _packed(name, values[name], shape, dtype_of(name, dtype))
        for name, shape in shapes.items()
    }
    return State(description, dtype, arrays, epochs, seen, updates=updates)


def _count(name: str, entries: dict[str, Any]) -> int:
    count = entries[name]
    if type(count) is not int or not 0 <= count < MOST_EPOCHS:
        raise ValueError(f"{name}: got {shown(count)}, wants a whole number of at least 0")
    return count


def _seen_range(entries: Any) -> SeenRange:
    if entries is None:
        return UNTRAINED
    numbers = json_object("reach", entries, SeenRange._fields)
    return SeenRange.from_json(json.dumps([numbers[field] for field in SeenRange._fields]))


def _packed(name: str, values: Any, shape: tuple[int, ...], dtype: str) -> bytes:
    """Return an array's numbers as a model file has them, if they are of this shape and type."""
    if len(shape) == 1:
        numbers = float_list(name, _read(values), shape[0])
    else:
        rows = list(map(_read, values)) if isinstance(values, list) else values
        matrix = float_rows(name, rows, shape[1])
        if len(matrix) != shape[0]:
            raise ValueError(f"{name}: got {len(matrix)} rows, wants {shape[0]}")
        numbers = [number for row in matrix for number in row]
    try:
        return packed(numbers, dtype)
    except OverflowError:
        raise ValueError(f"{name}: got a number that is too large for {dtype}") from None


def _read(row: Any) -> Any:
    """Return a row of numbers with those put in that JSON has only a text for."""
    return list(map(_number, row)) if isinstance(row, list) else row


def _number(value: Any) -> Any:
    if isinstance(value, str):
        return NOT_FINITE.get(value, value)
    # Python counts true as 1.
    return str(value) if isinstance(value, bool) else value


def _finite(text: str) -> float:
    """Return the number in a text; raise ValueError if it would become infinite."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {shown(text)} is too large for float64")
    return number


def _no_number(text: str) -> None:
    raise ValueError(f"the number {text} is not JSON: wants the text {text!r}")
