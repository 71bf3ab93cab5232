"""How far the numbers of the examples reach that a network was trained on.

A network answers whatever it is shown. One that has learned from pixels between 0.01 and 1 gives
answers without meaning for pixels between 0 and 255, or for a picture whose pixels all lie between
1.01 and 1.02, and nothing would tell. So a network remembers four numbers, the least that show it.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from nnref.wording import shown

# A few examples do not show what the others will be like.
FEWEST_EXAMPLES = 100
# How far beyond, in parts of the whole width: measured numbers have no sharp ends.
MARGIN = 0.1
# Of many examples about so many are looked at: what is wrong with one is mostly wrong with all.
EXAMPLES_LOOKED_AT = 8


class Reach(NamedTuple):
    """The lowest and highest numbers of a network's training examples.

    Attributes
    ----------
    examples : int
        How many there were, each counted as often as it was shown.
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
        """Return the reach with one more example."""
        low, high = ends(example)
        return self._replace(
            examples=self.examples + 1,
            low=min(self.low, low),
            high=max(self.high, high),
            highest_low=max(self.highest_low, low),
            lowest_high=min(self.lowest_high, high),
        )

    def is_like(self, example: Iterable[float]) -> bool:
        """Return whether an example reaches as far as those seen did, and no farther."""
        low, high = ends(example)
        if self.examples < FEWEST_EXAMPLES or low > high:  # nothing but NaNs
            return True
        margin = MARGIN * (self.high - self.low)
        low_is_like = self.low - margin <= low <= self.highest_low + margin
        high_is_like = self.lowest_high - margin <= high <= self.high + margin
        return low_is_like and high_is_like

    def complaint(self, example: Iterable[float]) -> str:
        """Return what to say of an example that is not like those seen."""
        low, high = ends(example)
        text = (
            f"inputs: got numbers from {low:.4g} to {high:.4g}, but the network was trained on "
            f"numbers from {self.low:.4g} to {self.high:.4g}"
        )
        if low > self.highest_low:
            text += f", some as low as {self.highest_low:.4g} in every example"
        if high < self.lowest_high:
            text += f", some as high as {self.lowest_high:.4g} in every example"
        return text + ": its answer means little. Are they scaled as the training examples were?"

    def to_json(self) -> str:
        """Return the numbers as the JSON text that a model file carries."""
        import json  # here, since few networks go to a file

        return json.dumps(list(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the reach in a model file's JSON text, or raise TypeError or ValueError."""
        import json  # as in to_json

        numbers: Any = json.loads(text)
        if not isinstance(numbers, list) or len(numbers) != len(cls._fields):
            raise TypeError(f"reach: got {shown(numbers)}, wants {len(cls._fields)} numbers")
        for number in numbers:
            if type(number) not in (int, float) or not math.isfinite(number):
                raise ValueError(f"reach: got {shown(number)}, wants a finite number")
        if type(numbers[0]) is not int or numbers[0] < 0:
            raise ValueError(f"reach: got {shown(numbers[0])} examples, wants a whole number")
        return cls(numbers[0], *map(float, numbers[1:]))


UNTRAINED = Reach(0, math.inf, -math.inf, -math.inf, math.inf)


def ends(example: Iterable[float]) -> tuple[float, float]:
    """Return the lowest and the highest number; infinity and minus infinity if all are NaN."""
    low, high = math.inf, -math.inf
    for number in example:
        if number < low:
            low = number
        if number > high:
            high = number
    return low + 0.0, high + 0.0  # no negative zero: which of two zeros came first shall not show
