"""Digits drawn as lines, for the tests of what pictures become."""

import random

from PIL import Image, ImageDraw

# Each digit as lines through points, in hundredths of its height.
DIGITS: dict[int, list[list[tuple[int, int]]]] = {
    0: [[(30, 0), (10, 20), (2, 50), (10, 85), (32, 100), (54, 85), (62, 50), (54, 15), (30, 0)]],
    1: [[(10, 22), (35, 0), (33, 100)]],
    2: [[(5, 20), (20, 2), (45, 3), (57, 22), (45, 50), (3, 98), (62, 97)]],
    3: [[(5, 10), (30, 0), (54, 12), (52, 35), (26, 47), (56, 58), (60, 80), (36, 100), (2, 91)]],
    4: [[(20, 0), (2, 55), (63, 54)], [(47, 18), (45, 100)]],
    5: [[(11, 2), (8, 45), (36, 39), (59, 54), (60, 82), (36, 100), (1, 93)], [(11, 2), (60, 0)]],
    6: [
        [(48, 0), (20, 25), (4, 65), (12, 94), (36, 100), (57, 82), (48, 59), (26, 57), (6, 74)],
    ],
    7: [[(1, 3), (61, 1), (22, 100)]],
    8: [
        [(54, 12), (31, 0), (11, 14), (20, 39), (47, 57), (59, 79), (35, 100), (9, 84)],
        [(9, 84), (16, 60), (45, 39), (54, 12)],
    ],
    9: [
        [(55, 14), (32, 0), (6, 15), (7, 41), (31, 49), (54, 30), (56, 14)],
        [(56, 12), (55, 50), (50, 78), (40, 100)],
    ],
}


def drawn(
    digit: int,
    size: tuple[int, int] = (200, 240),
    corner: tuple[float, float] = (60.0, 40.0),
    height: float = 150.0,
    pen: float = 15.0,
    jitter: float = 0.0,
    seed: int = 0,
) -> Image.Image:
    """Draw a digit, black on white, four times as large and scaled down: with smooth edges."""
    draws = random.Random(seed)
    image = Image.new("L", (4 * size[0], 4 * size[1]), 255)
    draw = ImageDraw.Draw(image)
    for line in DIGITS[digit]:
        points = [
            tuple(
                4 * (start + height * (place / 100 + draws.gauss(0, jitter)))
                for start, place in zip(corner, point, strict=True)
            )
            for point in line
        ]
        draw.line([number for point in points for number in point], 0, max(1, round(4 * pen)))
        for x, y in points:
            draw.ellipse((x - 2 * pen, y - 2 * pen, x + 2 * pen, y + 2 * pen), 0)
    return image.resize(size, Image.Resampling.BOX)
