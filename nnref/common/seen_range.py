"""The range of the inputs that a network was trained on.

A network answers whatever it is shown. One that has learned from pixels between 0.01 and 1 gives
meaningless answers for pixels between 0 and 255, or for a picture whose pixels all lie between 1.01
and 1.02, and you would not know. So a network remembers four numbers, the fewest that show it.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Self

from nnref.common.arguments import FINITE, number_within, shown

# A few examples do not show what the others will be like.
FEWEST_EXAMPLES = 100
# How far an example may exceed the range seen, and how far it may fall short of what all examples
# spanned, as parts of the range's width: measured numbers have no sharp limits.
BEYOND, SHORT = 0.5, 0.1
# Unlike a picture, an example of so few numbers is a point in a plane or on a line. They may all be
# small, or all large, as in the corners of a plot of every answer: only the range says something.
POINT = 2
# A float can count this many.
MOST_EXAMPLES = 2**53
# Of many examples, about this many are looked at: a wrong scale mostly affects all of them.
EXAMPLES_LOOKED_AT = 8


class UnlikeInputsWarning(UserWarning):
    """The inputs are unlike those that the network was trained on: the answer may mean nothing."""


class SeenRange(NamedTuple):
    """The lowest and highest numbers of a network's training examples.

    Attributes
    ----------
    examples : int
        How many there were. A call of `fit` counts its examples once for all epochs, and those of
        an earlier call not again if they show nothing new.
    low, high : float
        The lowest and the highest number in any of them.
    highest_low : float
        Every example had a number as low as this.
    lowest_high : float
        Every example had a number as high as this.
    """

    examples: int
    low: float
    high: float
    highest_low: float
    lowest_high: float

    def widened(self, example: Iterable[float]) -> Self:
        """Return the range with one more example."""
        low, high = lowest_and_highest(example)
        return self._replace(
            examples=self.examples + 1,
            low=min(self.low, low),
            high=max(self.high, high),
            highest_low=max(self.highest_low, low),
            lowest_high=min(self.lowest_high, high),
        )

    def is_like(self, example: Sequence[float]) -> bool:
        """Return whether an example is within the range, and spans as much of it as all others."""
        low, high = lowest_and_highest(example)
        if self.examples < FEWEST_EXAMPLES or low > high:  # nothing but NaNs
            return True
        width = self.high - self.low
        is_within = self.low - BEYOND * width <= low and high <= self.high + BEYOND * width
        spans = low <= self.highest_low + SHORT * width and self.lowest_high - SHORT * width <= high
        return is_within and (len(example) <= POINT or spans)

    def complaint(self, example: Sequence[float]) -> str:
        """Return the warning about an example that is not like those seen.

        It quotes no number of the example, so that Python shows it once for many similar examples.
        """
        low, high = lowest_and_highest(example)
        unlike = []
        if high > self.high:
            unlike.append("some of these are larger")
        if low < self.low:
            unlike.append("some of these are smaller")
        is_point = len(example) <= POINT
        if low > self.highest_low and not is_point:
            unlike.append(
                f"all are above {self.highest_low:.4g}, unlike those of any training example"
            )
        if high < self.lowest_high and not is_point:
            unlike.append(
                f"all are below {self.lowest_high:.4g}, unlike those of any training example"
            )
        return (
            f"inputs: the network was trained on numbers from {self.low:.4g} to {self.high:.4g}, "
            f"but {', and '.join(unlike)}. Scale these inputs as you scaled the training examples, "
            "or the answer may mean nothing."
        )

    def to_json(self) -> str:
        """Return the numbers as the JSON text that a model file carries."""
        import json  # here, since few networks go to a file

        return json.dumps(list(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the range in a model file's JSON text, or raise TypeError or ValueError."""
        import json  # as in to_json

        numbers: Any = json.loads(text)
        if not isinstance(numbers, list) or len(numbers) != len(cls._fields):
            raise TypeError(f"reach: got {shown(numbers)}, wants {len(cls._fields)} numbers")
        examples, *rest = numbers
        if type(examples) is not int or not 0 < examples <= MOST_EXAMPLES:
            raise ValueError(f"reach: got {shown(examples)} examples, wants a whole number above 0")
        return cls(examples, *(number_within("reach", number, FINITE) for number in rest))


UNTRAINED = SeenRange(0, math.inf, -math.inf, -math.inf, math.inf)


def lowest_and_highest(example: Iterable[float]) -> tuple[float, float]:
    """Return the lowest and the highest number; infinity and minus infinity if all are NaN."""
    low, high = math.inf, -math.inf
    for number in example:
        if number < low:
            low = number
        if number > high:
            high = number
    return (
        low + 0.0,
        high + 0.0,
    )  # no negative zero: the result must not depend on which zero came first
