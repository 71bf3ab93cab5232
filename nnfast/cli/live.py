"""``nnfast live``: write the live page and open it in a browser."""

import tempfile
import webbrowser
from pathlib import Path

import click

from nnfast.cli.console import stderr, stdout
from nnfast.cli.options import OutputFile, data_option
from nnfast.cli.training import load_data
from nnfast.live import page
from nnfast.network import NeuralNetwork


@click.command("live")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@data_option
@click.option(
    "--output",
    type=OutputFile(),
    metavar="FILE",
    help="Write the page to this file. Without it, the page is in the folder for temporary files.",
)
@click.option("--no-open", is_flag=True, help="Do not open the page in a browser.")
def live_command(model: Path | None, data: str, output: Path | None, no_open: bool) -> None:
    """Watch a network train in your browser, with the bits of Python.

    Writes one HTML file that needs no other file and no internet. In it you can play and go back,
    take each update apart, draw digits, and edit any weight. MODEL is a file saved by
    "nnfast train --model"; without it, the network is untrained.

    \b
    Examples:
      nnfast live
      nnfast live digits.model --output lesson.html --no-open
    """  # noqa: D301 (click's \b)
    network = None if model is None else NeuralNetwork.load(model)
    made = page(network, load_data(data))
    path = output or Path(tempfile.mkdtemp(prefix="nnfast-")) / "live.html"
    made.save(path)
    stdout().print(str(path), soft_wrap=True)
    if not no_open and not webbrowser.open(path.resolve().as_uri()):
        stderr().print("No browser was found: open the file in one.")
