"""Networks of either backend in the forms of other programs.

Each form is a module, which imports the library that it needs when a function of it is called.
"""

from nnfast.exchange.c import export_c
from nnfast.exchange.json import export_json, load_json
from nnfast.exchange.onnx import export_onnx
from nnfast.exchange.torch import from_torch, to_torch

__all__ = ["export_c", "export_json", "export_onnx", "from_torch", "load_json", "to_torch"]
