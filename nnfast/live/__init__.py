"""The network in a browser, with the bits of Python: a script that any page can take.

``network.js`` is the network a third time, in JavaScript. It opens with its contract.
"""

from importlib.resources import files

__all__ = ["network_script"]


def network_script() -> str:
    """Return the script that defines ``NeuralNetwork`` in a page.

    It is a classic script without a dependency, and defines that one global name.
    """
    return (files("nnfast.live") / "network.js").read_text(encoding="utf-8")
