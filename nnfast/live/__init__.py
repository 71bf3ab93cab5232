"""The network in a browser, with the bits of Python: the live page, and the script behind it.

``network.js`` is the network a third time, in JavaScript. It opens with its contract.
"""

from nnfast.live.pages import Page, network_script, page

__all__ = ["Page", "network_script", "page"]
