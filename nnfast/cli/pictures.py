"""Images in the terminal, in shades of characters."""

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

SHADES = " ░▒▓█"
SHADES_ASCII = " .+%@"
# An image of more rows is squeezed, so that it fits on a small screen.
MOST_ROWS = 16


def shades_of(console: Console) -> str:
    """Return the characters from light to dark that a console can show."""
    return SHADES_ASCII if console.options.ascii_only else SHADES


def picture(image: NDArray[np.floating], shades: str) -> list[str]:
    """Return an image (rows, columns) of values from 0 to 1 as lines of shades.

    A character is about twice as high as it is wide. So a pixel takes two characters or, in a large
    image, one character shows the mean of two pixels.
    """
    rows, columns = image.shape
    if rows > MOST_ROWS:
        even = np.pad(image, ((0, rows % 2), (0, 0)))
        image = even.reshape(-1, 2, columns).mean(axis=1)
    else:
        image = image.repeat(2, axis=1)
    # A network whose weights are not finite has an image of NaN in mind.
    levels = np.clip(np.nan_to_num(image) * len(shades), 0, len(shades) - 1).astype(int)
    return ["".join(shades[level] for level in row) for row in levels]
