"""What was seen of a program: plain data, so that it can come from another process."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Failure:
    """Why a program gave no numbers to compare.

    The kind is "raised", "import", "exited", "ended", "time_limit", "nothing" (it returned None),
    "shape", "order", "no_numbers", "missing", "inside", "matrices" or "bias".
    """

    kind: str
    words: str
    traceback: str = ""
    line: int = 0
    """The last line that was reached, 0 if the call came to its end."""


@dataclass
class Run:
    """What one call made: the numbers by their names in the article, and what was kept before."""

    seen: dict[str, Any]
    kept: dict[str, list[float]] = field(default_factory=dict)


@dataclass
class Observation:
    """One function of a program, called with the numbers of a course.

    Attributes
    ----------
    part : str
        What was called, as "query"; ``owner`` is the class that it belongs to, or empty.
    course : str
        The course's name.
    runs : list of Run
        One call after the other, of one object.
    alone : list of Run or None
        Each of the calls as the first one of a new object; None where it failed.
    notes : list of str
        What is unusual about how the program keeps its numbers.
    failure : Failure or None
        Why there are no runs, or fewer.
    varies : bool
        Whether the first run has other numbers if all of it is done once more.
    transposed : bool
        Whether a function got its matrices with a row for each neuron.
    """

    part: str
    owner: str
    course: str
    runs: list[Run] = field(default_factory=list)
    alone: list[Run | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: Failure | None = None
    varies: bool = False
    transposed: bool = False

    @property
    def called(self) -> str:
        """What was called, as the student calls it."""
        return f"{self.owner}.{self.part}" if self.owner else self.part

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return asdict(self)


def from_dict(data: dict[str, Any]) -> Observation:
    """Return an observation from what `to_dict` has made."""
    failure = data.pop("failure")
    runs = [Run(**run) for run in data.pop("runs")]
    alone = [None if run is None else Run(**run) for run in data.pop("alone")]
    return Observation(
        **data, runs=runs, alone=alone, failure=None if failure is None else Failure(**failure)
    )
