"""Which numbers an argument may hold."""

import math
from typing import NamedTuple


class Range(NamedTuple):
    """Numbers from low to high, with the two ends or without; NaN is in none."""

    low: float
    high: float
    ends: bool
    wants: str

    def holds(self, value: float) -> bool:
        """Return whether a number is within."""
        if self.ends:
            return self.low <= value <= self.high
        return self.low < value < self.high


FINITE = Range(-math.inf, math.inf, False, "a finite number")
PROBABILITY = Range(0.0, 1.0, True, "a number from 0 to 1")
OPEN_UNIT = Range(0.0, 1.0, False, "a number between 0 and 1, both excluded")
OPEN_PLUS_MINUS_ONE = Range(-1.0, 1.0, False, "a number between -1 and 1, both excluded")
