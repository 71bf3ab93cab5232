"""Figures for light and for dark pages: an extension of IPython, for the notebooks on the site.

Each figure becomes two pictures on no ground, of which the page shows the one that suits it. In the
second, what is grey has its lightness turned round, and colours are bright enough for a dark page.
"""

import colorsys
import hashlib
import html
import io
import os
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import LinearSegmentedColormap, to_rgba, to_rgba_array
from matplotlib.figure import Figure, FigureBase
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

# The folder that the pictures are written to, and where it is seen from the page of a notebook.
FOLDER_VARIABLE = "NNFAST_FIGURES"
SEEN_FROM_PAGE = "../_images"

# Pixels of a picture for each of the page's: screens of today have more than one.
SHARPNESS = 2
# Below this share of colour a tone is a grey; below this lightness a colour is lost on dark.
GREY, LIGHTNESS = 0.1, 0.6
# The live page's, from the lowest number over its ground to the highest.
DARK_SIGNS = LinearSegmentedColormap.from_list("signs", ["#f59a55", "#22272e", "#5db4f2"])
# Of a map of colours that starts from white, on a dark ground.
FADED = 0.5

# What has a colour, and the names of its colours.
COLOURED: dict[type[Artist], tuple[str, ...]] = {
    Text: ("color",),
    Line2D: ("color", "markerfacecolor", "markeredgecolor"),
    Patch: ("facecolor", "edgecolor"),
    Collection: ("facecolor", "edgecolor"),
}


def load_ipython_extension(shell: Any) -> None:
    """Let the shell show figures as HTML, which pages prefer to a picture."""
    # What is said of Figure itself, IPython forgets when it is told which formats it shall show.
    shell.display_formatter.formatters["text/html"].for_type(FigureBase, as_html)


def as_html(figure: Figure) -> str:
    """Return the two pictures of a figure; in the end it is the dark one."""
    words = html.escape("; ".join(filter(None, titles(figure))) or "A figure", quote=True)
    light = picture(figure, "only-light", words)
    darken(figure)
    return light + picture(figure, "only-dark", words)


def titles(figure: Figure) -> list[str]:
    """Return what a figure says of itself."""
    above = figure.get_suptitle()
    return [above, *(ax.get_title().replace("\n", " ") for ax in figure.axes)]


def picture(figure: Figure, shown: str, words: str) -> str:
    """Write a picture of a figure to a file, and return its place on the page."""
    drawn = io.BytesIO()
    dpi = SHARPNESS * figure.dpi
    figure.savefig(drawn, format="png", dpi=dpi, bbox_inches="tight", transparent=True)
    content = drawn.getvalue()
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.png"
    Path(os.environ[FOLDER_VARIABLE], name).write_bytes(content)
    # The width stands at a fixed place in the file.
    width = int.from_bytes(content[16:20], "big") // SHARPNESS
    return (
        f'<img class="{shown}" src="{SEEN_FROM_PAGE}/{name}" alt="{words}" width="{width}" '
        'loading="lazy">'
    )


def darken(figure: Figure) -> None:
    """Change the colours of a figure to those for a dark page."""
    for artist in figure.findobj():
        if isinstance(artist, AxesImage):
            darken_image(artist)
        for kind, names in COLOURED.items():
            if isinstance(artist, kind):
                darken_colours(artist, names)


def darken_colours(artist: Artist, names: tuple[str, ...]) -> None:
    """Change the colours of an artist that have these names."""
    # All are asked for before any is changed: one may be what another says.
    before = {name: to_rgba_array(getattr(artist, f"get_{name}")()) for name in names}
    for name, colours in before.items():
        changed = [in_the_dark(colour) for colour in colours]
        if changed:
            value = changed if isinstance(artist, Collection) else changed[0]
            getattr(artist, f"set_{name}")(value)


def in_the_dark(colour: Any) -> tuple[float, ...]:
    """Return the colour for a dark page."""
    *rgb, alpha = to_rgba(colour)
    hue, lightness, saturation = colorsys.rgb_to_hls(*rgb)
    grey = max(rgb) - min(rgb) < GREY
    lightness = 1.0 - lightness if grey else max(lightness, LIGHTNESS)
    return *colorsys.hls_to_rgb(hue, lightness, saturation), alpha


def darken_image(image: AxesImage) -> None:
    """Change the ground of an image, unless that is paper with ink on it."""
    name = image.get_cmap().name
    if name == DARK_SIGNS.name:
        image.set_cmap(DARK_SIGNS)
    elif not name.startswith("gray") and image.get_alpha() is None:
        image.set_alpha(FADED)
