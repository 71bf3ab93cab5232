"""How well a network answers, as one number that suits what it is for.

- Outputs by identity or exponential are for regression: the coefficient of determination, R
  squared.
- Else, if every row of targets has exactly one above the middle, it is one class out of several:
  the share of examples whose largest output stands where the largest target does (the first, of
  equals).
- Else it is several labels at once, or a single yes or no: the share of examples with every output
  on its target's side of the middle.

The middle is 0 for tanh and 1/2 otherwise.
"""

from nnref.common.description import middle
from nnref.common.types import Matrix, Vector


def score(output_activation: str, outputs: Matrix, targets: Matrix) -> float:
    """Return the score of outputs against targets, (n, onodes) both; 1.0 is the best."""
    if output_activation in ("identity", "exponential"):
        return r_squared(outputs, targets)
    threshold = middle(output_activation)
    classes = len(targets[0]) > 1 and all(
        len([t for t in row if t > threshold]) == 1 for row in targets
    )
    right = 0
    for row, wanted in zip(outputs, targets, strict=True):
        if classes:
            right += largest(row) == largest(wanted)
        else:
            right += [o > threshold for o in row] == [t > threshold for t in wanted]
    return right / len(targets)


def largest(values: Vector) -> int:
    """Return where the largest value stands, the first of equals."""
    best = 0
    for place, value in enumerate(values):
        if value > values[best]:
            best = place
    return best


def r_squared(outputs: Matrix, targets: Matrix) -> float:
    """Return 1 minus the squared errors over the targets' squared distances from their means.

    Each output has its own mean; the sums run over all outputs, column by column. Where the targets
    do not vary, it is 1.0 if there are no errors and 0.0 otherwise.
    """
    missed = spread = 0.0
    for column in range(len(targets[0])):
        total = 0.0
        for row in targets:
            total += row[column]
        mean = total / len(targets)
        for row, wanted in zip(outputs, targets, strict=True):
            error = wanted[column] - row[column]
            distance = wanted[column] - mean
            missed += error * error
            spread += distance * distance
    if spread == 0.0:
        return 1.0 if missed == 0.0 else 0.0
    return 1.0 - missed / spread
