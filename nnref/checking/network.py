"""A student's network as an object: where it keeps its weights, and how they are set and read."""

from contextlib import suppress
from typing import Any, NamedTuple

from nnref.checking.comparing import flat
from nnref.checking.course import Course
from nnref.checking.formulas import ORDER, transposed
from nnref.checking.reading import (
    Form,
    UnreadableError,
    in_words,
    is_number_or_list,
    is_small,
    is_vector,
    plain,
    read,
    set_in_place,
    shape_in_words,
    shape_of,
    with_numbers,
)
from nnref.common.types import Matrix, Vector

INTERMEDIATES = ORDER[:-2]
# The usual names, which count before any other matrix of the same shape.
NAMES = {
    "weights_input_hidden": ("weights_input_hidden", "wih", "w_ih", "weights_ih", "W1", "w1"),
    "weights_hidden_output": ("weights_hidden_output", "who", "w_ho", "weights_ho", "W2", "w2"),
}
# A float32 keeps a number to 8 digits, a float16 to 4.
KEPT = 1e-3


class NoNetworkError(Exception):
    """An object is no network of the article's; the kind says what it lacks, and the words why."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


class Place(NamedTuple):
    """Where an object keeps a matrix: an attribute, or an item of one; and whether transposed."""

    attribute: str
    item: int | None
    transposed: bool

    def get(self, owner: Any) -> Any:
        """Return what is there."""
        value = getattr(owner, self.attribute)
        return value if self.item is None else value[self.item]

    def __str__(self) -> str:
        """Return the place as Python writes it."""
        return self.attribute if self.item is None else f"{self.attribute}[{self.item}]"


Places = dict[str, Place]


class StudentNetwork:
    """A network of a student's class, made for a course."""

    def __init__(self, kind: type, course: Course, places: Places | None = None) -> None:
        self.made = kind(*course.sizes, course.lr)
        self.sizes = course.sizes
        self.places = places or find_matrices(self.made, course.sizes)

    def set_weights(self, start: dict[str, Any]) -> None:
        """Give the network the weights that an update starts from."""
        for name, place in self.places.items():
            rows = transposed(start[name]) if place.transposed else start[name]
            matrix = place.get(self.made)
            with suppress(TypeError, ValueError):  # what is frozen can only be replaced
                set_in_place(matrix, rows)
            if not self._has(name, start[name]) and place.item is None:
                with suppress(AttributeError):
                    setattr(self.made, place.attribute, with_numbers(matrix, rows))
            if not self._has(name, start[name]):
                words = f"{place} does not keep the numbers that are put into it"
                raise NoNetworkError("matrices", words)

    def _has(self, name: str, rows: Matrix) -> bool:
        try:
            found = self.weights(name)
        except UnreadableError:
            return False
        pairs = zip(flat(found), flat(rows), strict=True)
        return all(abs(a - b) <= KEPT for a, b in pairs)

    def weights(self, name: str) -> Matrix:
        """Return a matrix as the article has it, with a row for each input."""
        inodes, hnodes, onodes = self.sizes
        shape = (inodes, hnodes) if name == "weights_input_hidden" else (hnodes, onodes)
        place = self.places[name]
        matrix: Matrix = read(place.get(self.made), shape[::-1] if place.transposed else shape)
        return transposed(matrix) if place.transposed else matrix

    def intermediates(self) -> dict[str, Vector]:
        """Return the article's other numbers, as far as the object has them."""
        _, hnodes, onodes = self.sizes
        found = {}
        for name in INTERMEDIATES:
            size = hnodes if name.startswith("hidden") else onodes
            vector = is_vector(_attributes(self.made).get(name), (size,))
            if vector is not None:
                found[name] = vector
        return found

    def kept(self) -> dict[str, Vector]:
        """Return the vectors that the object keeps and the article does not know: biases, maybe."""
        return {
            name: vector
            for name, value in _attributes(self.made).items()
            if name not in ORDER
            if (vector := is_vector(value, self.sizes[1:])) is not None
        }

    def notes(self) -> list[str]:
        """Return what is unusual about how the network keeps its weights."""
        turned = any(place.transposed for place in self.places.values())
        return Form(False, "flat", turned).notes()


def find_matrices(made: Any, sizes: tuple[int, int, int]) -> Places:
    """Return where an object keeps its two matrices of weights.

    Raises
    ------
    NoNetworkError
        If one of them is not there.
    """
    inodes, hnodes, onodes = sizes
    found = {}
    for name, shape in (
        ("weights_input_hidden", (inodes, hnodes)),
        ("weights_hidden_output", (hnodes, onodes)),
    ):
        places = [
            Place(attribute, item, turned)
            for attribute, item, value in _matrices(made, name)
            for turned in (False, True)
            if shape_of(plain(value)) == (shape[::-1] if turned else shape)
        ]
        if not places:
            raise NoNetworkError(*_missing(made, name, shape))
        found[name] = places[0]
    return found


def _matrices(made: Any, name: str) -> list[tuple[str, int | None, Any]]:
    """Return what may be a matrix: attributes, those of a usual name first, and their items."""
    attributes = _attributes(made)
    usual = {usual: getattr(made, usual) for usual in NAMES[name] if hasattr(made, usual)}
    matrices: list[tuple[str, int | None, Any]] = [
        (attribute, None, value) for attribute, value in (usual | attributes).items()
    ]
    for attribute, value in attributes.items():
        if isinstance(value, list | tuple):
            matrices += [(attribute, item, one) for item, one in enumerate(value)]
    return matrices


def _missing(made: Any, name: str, shape: tuple[int, int]) -> tuple[str, str]:
    """Return the kind and the words for a matrix that is not there."""
    inputs, neurons = shape
    for _, item, value in _matrices(made, name):
        if item is None and shape_of(plain(value)) in (
            (inputs + 1, neurons),
            (neurons, inputs + 1),
        ):
            return "bias", f"{name} has weights for one more input than the article's: a bias"
    named = next((usual for usual in NAMES[name] if hasattr(made, usual)), None)
    if named is None:
        return "matrices", f"the object has no matrix {name} of the shape {shape}"
    value = plain(getattr(made, named))
    has = shape_in_words(shape_of(value)) if is_number_or_list(value) else in_words(value)
    return "matrices", f"{named} is {has}, and wants to be a matrix of the shape {shape}"


def _attributes(made: Any) -> dict[str, Any]:
    attributes = getattr(made, "__dict__", {})
    return {name: value for name, value in attributes.items() if is_small(value)}
