"""The record of a training run: what was trained, on what and how, and the digests along the way.

It is one JSON object by which others repeat the run. `nnref.common.recording` makes one, and
`nnref.common.reproducing` repeats the run. The object has these keys:

    format     "nnfast record, version 1"
    network    what defines the network, as a model file has it
    data       a name; shape and sha256 of the inputs and of the targets
    fit        every option of `fit` that moves a bit
    digests    the points at which to compare: before training, after 1, 2, 4, 8, ... updates of the
               first epoch, and after each epoch
    kept       with patience, after how many epochs the network was as it was left; otherwise null
    result     losses, scores, seconds
    made_by    versions, platform, kernel

``result`` and ``made_by`` are not compared. Every sha256 is of numbers as little-endian float64. A
record is data from anywhere, so all of it is checked before anything is done by it or allocated.
"""

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Self

from nnref.common.arguments import at_least, flag, positive_int, shown
from nnref.common.description import Description, layer_names
from nnref.common.files import ModelFileError, json_object, open_file, replace_file, unique_keys
from nnref.common.schedules import schedule_from_entries

# As elsewhere, json is imported where it is needed: few networks are ever recorded.

FORMAT = "nnfast record, version 1"
KEYS = ("format", "network", "data", "fit", "digests", "kept", "result", "made_by")
# Records are small. This is what fits into the header of a model file, beside the rest of it.
MOST_BYTES = 3_000_000
# A larger network is more likely a trap than a run to repeat: a record of a few bytes can ask for
# one, whose weights would have to be drawn before the first digest is compared.
MOST_WEIGHTS = 2**24
LAYER_LETTERS = 16
POINT_BYTES = 260  # of an epoch in JSON, at most, without the layers
RESULTS = ("loss", "validation_loss", "validation_score")  # one number per epoch
MOST_NUMBER = 10**18
LONGEST_TEXT = 200
MOST_FACTS = 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The shape of a table of numbers, and the sha256 of them as little-endian float64."""

    shape: tuple[int, int]
    sha256: str


@dataclass(frozen=True, slots=True)
class Data:
    """What was trained on."""

    name: str
    inputs: Fingerprint
    targets: Fingerprint


@dataclass(frozen=True, slots=True)
class Validation:
    """What early stopping looked at."""

    inputs: Fingerprint
    targets: Fingerprint


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `fit` that move a bit; ``epochs`` are those that were trained.

    ``schedule`` is as JSON has it, and ``sample_weight`` the sha256 of the weights.
    """

    epochs: int
    batch_size: int
    shuffle: bool
    schedule: Any
    sample_weight: str | None
    patience: int | None
    validation: Validation | None


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the way: finished epochs, updates since the start, and the digests there.

    Attributes
    ----------
    epoch : int
        How many epochs were finished.
    updates : int
        How many updates were made, from the first epoch on.
    digest : str
        `NeuralNetwork.digest` there.
    layers : tuple of str
        For each layer the first 16 letters of the sha256 of its weights and then its biases.
    """

    epoch: int
    updates: int
    digest: str
    layers: tuple[str, ...]

    def __str__(self) -> str:
        """Return the place in words."""
        if self.updates == 0:
            return "the first weights"
        if self.epoch > 0:
            return f"epoch {self.epoch}"
        return f"{self.updates:,} update{'s' if self.updates > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a training run, by which others repeat it; `record_fit` makes one.

    Attributes
    ----------
    network : Description
        What was trained: the arguments of `NeuralNetwork`, seed included.
    data : Data
        On what: ``name``, and shape and sha256 of ``inputs`` and ``targets``.
    fit : Options
        How: the options of `fit` that move a bit.
    digests : tuple of Point
        The fingerprints before training, after 1, 2, 4, 8, ... updates of the first epoch, and
        after each epoch.
    kept : int or None
        With patience, after how many epochs the network was as it was left.
    result : dict
        Losses, scores, seconds. They are not compared.
    made_by : dict
        Versions, platform, kernel. They are not compared either.
    """

    network: Description
    data: Data
    fit: Options
    digests: tuple[Point, ...]
    kept: int | None
    result: Mapping[str, Any]
    made_by: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The digest of the network that the run has left."""
        place = -1 if self.kept is None else self.kept - self.fit.epochs - 1
        return self.digests[place].digest

    @property
    def layers(self) -> list[str]:
        """The names of the layers that have weights, first layer first."""
        return layer_names(len(self.network.hnodes))[1:]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the record as a JSON file.

        The file is written beside ``path`` and then renamed.

        Parameters
        ----------
        path : str or path-like
            Where to write it; an existing file is replaced.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        replace_file(path, [self.to_json().encode()])

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the record in a JSON file, or the one that a checkpoint carries.

        Parameters
        ----------
        path : str or path-like
            The file.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is damaged or holds no record; the message names the file.
        """
        with open_file(path) as file:
            start = file.read(MOST_BYTES + 1)
        try:
            if start[8:9] == b"{" and not start.startswith(b"{"):
                return cls.from_json(_carried(path))
            if len(start) > MOST_BYTES:
                raise ValueError(f"got more than {MOST_BYTES} bytes, wants a record of a run")
            return cls.from_json(start.decode())
        except ModelFileError:
            raise
        except ValueError as error:
            raise ModelFileError(f"{os.fspath(path)!r}: {error}") from None

    def to_json(self) -> str:
        """Return the record as JSON, with a line for each point.

        Returns
        -------
        str
            The text of one JSON object.
        """
        import json

        entries = {
            "network": json.loads(self.network.to_json()),
            "data": asdict(self.data),
            "fit": asdict(self.fit),
            "digests": list(map(asdict, self.digests)),
            "kept": self.kept,
            "result": dict(self.result),
            "made_by": dict(self.made_by),
        }
        lines = [f'"format": {json.dumps(FORMAT)}']
        lines += (f'"{name}": {_written(entry)}' for name, entry in entries.items())
        return "{\n  " + ",\n  ".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the record in a JSON text.

        Parameters
        ----------
        text : str
            What `to_json` returns.

        Raises
        ------
        ValueError
            If it is not a record, or one that contradicts itself.
        """
        if not isinstance(text, str):
            raise TypeError(f"text: got {shown(text)}, wants the text of a record")
        try:
            return cls(**_read(_parsed(text)))
        except (ValueError, TypeError) as error:
            raise ValueError(str(error)) from None
        except RecursionError:
            raise ValueError("got JSON nested too deep, wants a record of a run") from None


def most_epochs(description: Description) -> int:
    """Return the epochs of the longest run of a network that can be recorded."""
    each = POINT_BYTES + (LAYER_LETTERS + 4) * len(description.shapes)
    return max(0, MOST_BYTES // each - 100)


def check_size(description: Description) -> None:
    """Raise ValueError if a network is too large for a record."""
    weights = sum(fan_in * fan_out for fan_in, fan_out in description.shapes)
    if weights > MOST_WEIGHTS:
        raise ValueError(
            f"network: got {weights} weights, wants at most {MOST_WEIGHTS} in a record"
        )


def places(examples: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """Yield the epoch and the updates of every point, without end."""
    per_epoch = -(-examples // batch_size)
    yield 0, 0
    updates = 1
    while updates < per_epoch:
        yield 0, updates
        updates *= 2
    epoch = 1
    while True:
        yield epoch, epoch * per_epoch
        epoch += 1


def _written(entry: Any) -> str:
    """Return an entry as JSON, with a line for each of its parts."""
    import json

    if isinstance(entry, dict):
        parts = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in entry.items()]
        start, end = "{", "}"
    elif isinstance(entry, list):
        parts = list(map(json.dumps, entry))
        start, end = "[", "]"
    else:
        return json.dumps(entry)
    lines = ",\n    ".join(parts)
    return f"{start}\n    {lines}\n  {end}" if parts else start + end


# Reading.


def _carried(path: str | os.PathLike[str]) -> str:
    """Return the text of the record in a model file."""
    from nnref.common.model_file import read

    _, metadata = read(path)
    if "record" not in metadata:
        raise ValueError("got a network without a record, wants a record, or a checkpoint with one")
    return metadata["record"]


def _parsed(text: str) -> dict[str, Any]:
    import json

    try:
        entries = json.loads(text, object_pairs_hook=unique_keys, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"got text that is no JSON, wants a record of a run: {error}") from None
    if not isinstance(entries, dict) or entries.get("format") != FORMAT:
        got = shown(entries.get("format") if isinstance(entries, dict) else entries)
        raise ValueError(f"format: got {got}, wants {FORMAT!r}")
    return json_object("the record", entries, KEYS)


def _no_number(text: str) -> None:
    raise ValueError(f"the number {text} is not JSON")


def _read(entries: dict[str, Any]) -> dict[str, Any]:
    """Return a record's fields, checked one by one and against each other."""
    import json

    network = Description.from_json(json.dumps(entries["network"]))
    check_size(network)
    data = _data(entries["data"], network)
    fit = _options(entries["fit"], network)
    kept = entries["kept"]
    if (kept is None) != (fit.patience is None):
        raise ValueError(
            f"kept: got {shown(kept)} with patience {fit.patience}, wants both or none"
        )
    if kept is not None and positive_int("kept", kept) > fit.epochs:
        raise ValueError(f"kept: got {shown(kept)}, wants one of the {fit.epochs} epochs")
    return {
        "network": network,
        "data": data,
        "fit": fit,
        "digests": _points(entries["digests"], network, data, fit),
        "kept": kept,
        "result": _result(entries["result"]),
        "made_by": _facts(entries["made_by"]),
    }


def _data(entries: Any, network: Description) -> Data:
    entries = json_object("data", entries, ("name", "inputs", "targets"))
    return Data(_text("data.name", entries["name"]), *_pair("data", entries, network))


def _pair(name: str, entries: Any, network: Description) -> tuple[Fingerprint, Fingerprint]:
    """Return the fingerprints of inputs and targets, if these fit to the network."""
    inputs = _fingerprint(f"{name}.inputs", entries["inputs"], network.inodes)
    targets = _fingerprint(f"{name}.targets", entries["targets"], network.onodes)
    if inputs.shape[0] != targets.shape[0]:
        raise ValueError(
            f"{name}: got {inputs.shape[0]} inputs and {targets.shape[0]} targets, wants as many"
        )
    return inputs, targets


def _fingerprint(name: str, entries: Any, width: int) -> Fingerprint:
    entries = json_object(name, entries, ("shape", "sha256"))
    shape = entries["shape"]
    if not isinstance(shape, list) or len(shape) != 2 or shape[1] != width:
        raise ValueError(f"{name}: got shape {shown(shape)}, wants [rows, {width}]")
    rows = _number(f"{name}.shape[0]", shape[0], 1)
    return Fingerprint((rows, width), _sha256(f"{name}.sha256", entries["sha256"]))


def _options(entries: Any, network: Description) -> Options:
    entries = json_object("fit", entries, Options.__slots__)
    schedule_from_entries(entries["schedule"])
    weight, patience, validation = (
        entries[name] for name in ("sample_weight", "patience", "validation")
    )
    if (patience is None) != (validation is None):
        raise ValueError("fit: got patience or validation without the other, wants both or none")
    if validation is not None:
        entry = json_object("fit.validation", validation, ("inputs", "targets"))
        validation = Validation(*_pair("fit.validation", entry, network))
    return Options(
        epochs=_number("fit.epochs", entries["epochs"], 1),
        batch_size=_number("fit.batch_size", entries["batch_size"], 1),
        shuffle=flag("fit.shuffle", entries["shuffle"]),
        schedule=entries["schedule"],
        sample_weight=None if weight is None else _sha256("fit.sample_weight", weight),
        patience=None if patience is None else _number("fit.patience", patience, 1),
        validation=validation,
    )


def _points(entries: Any, network: Description, data: Data, fit: Options) -> tuple[Point, ...]:
    """Return the points, if they are those that such a run has."""
    if not isinstance(entries, list):
        raise TypeError(f"digests: got {shown(entries)}, wants a list")
    # Against the list that is there: a promise of epochs costs nothing.
    per_epoch = -(-data.inputs.shape[0] // fit.batch_size)
    wanted = 1 + (per_epoch - 1).bit_length() + fit.epochs
    if len(entries) != wanted:
        raise ValueError(f"digests: got {len(entries)}, wants {wanted} for {fit.epochs} epochs")
    due = islice(places(data.inputs.shape[0], fit.batch_size), wanted)
    return tuple(
        _point(f"digests[{n}]", entry, place, len(network.shapes))
        for n, (entry, place) in enumerate(zip(entries, due, strict=True))
    )


def _point(name: str, entries: Any, place: tuple[int, int], layers: int) -> Point:
    entries = json_object(name, entries, Point.__slots__)
    for key, wanted in zip(("epoch", "updates"), place, strict=True):
        if _number(f"{name}.{key}", entries[key], 0) != wanted:
            raise ValueError(f"{name}.{key}: got {shown(entries[key])}, wants {wanted}")
    found = entries["layers"]
    if not isinstance(found, list) or len(found) != layers:
        raise ValueError(f"{name}.layers: got {shown(found)}, wants a list of {layers}")
    digests = tuple(_sha256(f"{name}.layers", layer, LAYER_LETTERS) for layer in found)
    return Point(*place, _sha256(f"{name}.digest", entries["digest"]), digests)


def _result(entries: Any) -> dict[str, Any]:
    """Return the result if it is numbers, lists of numbers, and texts."""
    if not isinstance(entries, dict):
        raise TypeError(f"result: got {shown(entries)}, wants a JSON object")
    for name in RESULTS:
        if not isinstance(entries.get(name), list):
            raise TypeError(f"result.{name}: got {shown(entries.get(name))}, wants a list")
    for name, value in entries.items():
        for item in value if isinstance(value, list) else [value]:
            if not (item is None or isinstance(item, int) or _is_finite_or_text(item)):
                raise TypeError(f"result: got {shown({name: value})}, wants numbers")
    return entries


def _is_finite_or_text(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_text("result", value) == value)
    return isinstance(value, float) and math.isfinite(value)


def _facts(entries: Any) -> dict[str, str]:
    if not isinstance(entries, dict) or len(entries) > MOST_FACTS:
        raise TypeError(f"made_by: got {shown(entries)}, wants a JSON object of a few texts")
    return {_text("made_by", name): _text("made_by", value) for name, value in entries.items()}


def _text(name: str, value: Any) -> str:
    """Return a text that can be printed: a record must not move the cursor of a terminal."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise ValueError(f"{name}: got {shown(value)}, wants a short text that can be printed")
    return value


def _number(name: str, value: Any, least: int) -> int:
    number = at_least(name, value, least)
    if number > MOST_NUMBER:
        raise ValueError(f"{name}: got {shown(number)}, wants at most {MOST_NUMBER}")
    return number


def _sha256(name: str, value: Any, letters: int = 64) -> str:
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{letters}}}", value):
        raise ValueError(f"{name}: got {shown(value)}, wants {letters} hexadecimal digits")
    return value
