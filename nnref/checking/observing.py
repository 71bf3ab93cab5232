"""Call a program with the numbers of a course, and see what it makes of them. It judges nothing."""

import inspect
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnref.checking.course import UPDATES, course
from nnref.checking.formulas import transposed
from nnref.checking.network import NoNetworkError, Places, StudentNetwork
from nnref.checking.observation import Failure, Observation, Run
from nnref.checking.parts import Part, part_of, passed
from nnref.checking.reading import (
    Form,
    UnreadableError,
    forms,
    is_of_numpy,
    plain,
    read,
    shape_of,
)

NNREF = str(Path(__file__).parents[1])
STANDARD_LIBRARY = str(Path(os.__file__).parent)
INSTALLED = ("site-packages", "dist-packages")

# Of an endless recursion the last calls say enough.
DEEPEST = 20

Tell = Callable[[str], object]
"""What is told the name of each thing before it is called."""


# A function.


def observe_function(
    function: Callable[..., Any], name: str, rule: str, tell: Tell
) -> Iterator[Observation]:
    """Yield what a function of a known name returns, one course after the other."""
    for at in ("unequal", "other"):
        seen = _observe_part(function, name, at, rule, tell)
        yield seen
        if seen.failure is not None:
            yield _observe_part(function, name, "equal", rule, tell)
            return


def _observe_part(
    function: Callable[..., Any], name: str, at: str, rule: str, tell: Tell
) -> Observation:
    tried_out, part = course(at), part_of(name, rule)
    names = passed(function, name, rule) or []
    observation = Observation(name, "", at)

    def runs(form: Form) -> list[Run]:
        made = []
        for update in range(UPDATES):
            numbers = tried_out.answers(update, rule)
            tell(name)
            returned = function(*(form.of(numbers[argument]) for argument in names))
            made.append(Run(_returned(returned, part, form, numbers)))
        return made

    _fill(observation, runs, forms(_uses_arrays(function), matrices=True))
    return observation


def _returned(returned: Any, part: Part, form: Form, numbers: dict[str, Any]) -> dict[str, Any]:
    """Return what a function returned, each matrix with a row for each input."""
    if len(part.returns) == 1:
        values = [returned]
    else:
        # plain turns an array of two matrices into a list, as it does each of them.
        values = plain(returned)
        if values is None:
            raise UnreadableError("nothing", "None")
        if not isinstance(values, list) or len(values) != len(part.returns):
            raise UnreadableError("shape", "something else than two matrices")
    if len(values) == 2 and _are_swapped(values, part, form, numbers):
        raise UnreadableError("order", "its two matrices in the other order")
    seen = {}
    for name, value in zip(part.returns, values, strict=True):
        right = numbers[name]
        shape = shape_of(right) or ()
        turned = form.transposed and len(shape) == 2
        found = read(value, shape[::-1] if turned else shape)
        seen[name] = transposed(found) if turned else found
    return seen


def _are_swapped(values: list[Any], part: Part, form: Form, numbers: dict[str, Any]) -> bool:
    shapes = [shape_of(plain(form.matrix(numbers[name]))) for name in part.returns]
    return [shape_of(value) for value in values] == shapes[::-1] != shapes


def _uses_arrays(*functions: Any) -> bool:
    """Return whether functions are written with NumPy, as far as the names around them tell."""
    for function in functions:
        names = getattr(getattr(function, "__code__", None), "co_names", ())
        around = getattr(function, "__globals__", {}).values()
        if "numpy" in names or any(map(is_of_numpy, around)):
            return True
    return False


# A class.


def observe_class(kind: type, rule: str, tell: Tell) -> Iterator[Observation]:
    """Yield what a network's query and train do, one course after the other."""
    for method in ("query", "train"):
        if not callable(getattr(kind, method, None)):
            inside = method in _functions_inside(inspect.getattr_static(kind, "__init__"))
            missing = Failure("inside" if inside else "missing", "")
            yield Observation(method, kind.__name__, "unequal", failure=missing)
            return
    places: Places | None = None
    for at in ("unequal", "other"):
        tell(kind.__name__)
        try:
            network = StudentNetwork(kind, course(at), places)
        except (NoNetworkError, UnreadableError, Exception, SystemExit) as error:
            yield Observation(kind.__name__, "", at, failure=failure_of(error))
            return
        places = network.places
        watcher = Watcher(kind, at, places, rule, tell)
        yield from watcher.observations()
        if watcher.failed:
            yield from Watcher(kind, "equal", places, rule, tell).observations()
            return


Call = Callable[[StudentNetwork, int, Form], Run]


class Watcher:
    """Watches a class's query and train in one course."""

    def __init__(self, kind: type, at: str, places: Places, rule: str, tell: Tell) -> None:
        self.kind, self.at, self.places, self.tell = kind, at, places, tell
        self.failed = False
        self.course = course(at)
        self.answers = [self.course.answers(update, rule) for update in range(UPDATES)]
        methods = [method for base in kind.__mro__ for method in vars(base).values()]
        self.forms = forms(_uses_arrays(*methods), matrices=False)

    def observations(self) -> Iterator[Observation]:
        """Yield what query does, what train does, and what query does after it."""
        queried = self._observation("query", notes=self.network().notes())
        form = _fill(queried, self._all_queries, self.forms)
        if form is not None:
            queried.alone = self._alone(self.query, form)
        yield queried
        trained = self._observation("train")
        used: list[StudentNetwork] = []
        train_form = _fill(trained, lambda form: self._all_updates(form, used), self.forms)
        if train_form is not None:
            trained.alone = self._alone(self.train, train_form)
        yield trained
        self.failed = queried.failure is not None or trained.failure is not None
        if form is not None and train_form is not None:
            again = self._observation("query", alone=list(queried.runs[:1]))
            _fill(again, lambda form: [self.query(used[-1], 0, form)], [form])
            yield again

    def _observation(self, part: str, **others: Any) -> Observation:
        return Observation(part, self.kind.__name__, self.at, **others)

    def network(self) -> StudentNetwork:
        """Return a new network."""
        self.tell(self.kind.__name__)
        return StudentNetwork(self.kind, self.course, self.places)

    def _all_queries(self, form: Form) -> list[Run]:
        network = self.network()
        return [self.query(network, update, form) for update in range(UPDATES)]

    def _all_updates(self, form: Form, used: list[StudentNetwork]) -> list[Run]:
        network = self.network()
        used.append(network)
        # What an earlier query has left behind must not matter.
        with suppress(Exception, SystemExit):
            self.query(network, UPDATES - 1, form)
        return [self.train(network, update, form) for update in range(UPDATES)]

    def _alone(self, call: Call, form: Form) -> list[Run | None]:
        """Return each call as the first one of a new network, None where it stops."""
        runs: list[Run | None] = []
        for update in range(UPDATES):
            try:
                runs.append(call(self.network(), update, form))
            except (Exception, SystemExit):
                runs.append(None)
        return runs

    def query(self, network: StudentNetwork, update: int, form: Form) -> Run:
        """Ask a network with the weights and inputs of an update."""
        answers = self.answers[update]
        network.set_weights(answers)
        kept = network.kept()
        self.tell("query")
        returned = network.made.query(form.vector(answers["inputs"]))
        return Run({"final_outputs": read(returned, (self.course.sizes[2],))}, kept)

    def train(self, network: StudentNetwork, update: int, form: Form) -> Run:
        """Make a network do an update."""
        answers = self.answers[update]
        network.set_weights(answers)
        kept, before = network.kept(), network.intermediates()
        self.tell("train")
        network.made.train(form.vector(answers["inputs"]), form.vector(answers["targets"]))
        after = network.intermediates().items()
        # What an update has not changed may be from a query.
        seen: dict[str, Any] = {name: v for name, v in after if before.get(name) != v}
        for name in self.places:
            seen[f"new_{name}"] = network.weights(name)
        return Run(seen, kept)


def _functions_inside(function: Any) -> list[str]:
    """Return the names of the functions that stand inside another one."""
    constants = getattr(getattr(function, "__code__", None), "co_consts", ())
    return [inner.co_name for inner in constants if hasattr(inner, "co_name")]


# What both share.


def _fill(
    observation: Observation, runs: Callable[[Form], list[Run]], candidates: list[Form]
) -> Form | None:
    """Call a program in one form after the other, until one gives numbers of the right shapes."""
    failures = []
    for form in candidates:
        try:
            observation.runs = runs(form)
            observation.varies = repr(runs(form)[0].seen) != repr(observation.runs[0].seen)
        except (NoNetworkError, UnreadableError, Exception, SystemExit) as error:
            failures.append(failure_of(error))
            continue
        observation.notes += form.notes()
        observation.transposed = form.transposed
        return form
    # Of the forms the one counts in which the program came farthest: the first that came to its
    # end, or the one that stopped last.
    ended = [failure for failure in failures if failure.line == 0]
    observation.failure = ended[0] if ended else max(failures, key=lambda failure: failure.line)
    return None


def failure_of(error: BaseException) -> Failure:
    """Return what went wrong, with the lines of the student's own code."""
    if isinstance(error, NoNetworkError | UnreadableError):
        return Failure(error.kind, str(error))
    reached = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _is_own(frame.f_code.co_filename)
    ]
    frames = traceback.extract_tb(error.__traceback__, limit=-DEEPEST)
    own = [frame for frame in frames if _is_own(frame.filename)]
    lines = "".join(traceback.StackSummary.from_list(own).format()).rstrip()
    *above, words = traceback.format_exception_only(error)
    if isinstance(error, SyntaxError):  # the line that Python cannot read, and where in it
        lines = "".join([lines, *above]).rstrip()
    else:
        words = "".join([*above, words])
    kind = "exited" if isinstance(error, SystemExit) else "raised"
    return Failure(kind, words.strip(), lines, reached[0] if reached else 1)


def _is_own(filename: str) -> bool:
    """Return whether a file is the student's: neither of nnref nor of a library."""
    folders = {str(folder) for folder in Path(filename).parents}
    return not (
        filename.startswith("<frozen")
        or filename.endswith(".pyx")  # of a compiled library, which has no folder
        or folders & {NNREF, STANDARD_LIBRARY}
        or any(name in Path(filename).parts for name in INSTALLED)
    )
