"""What torch.nn has no module for. It needs PyTorch, and is imported where that is in use."""

import importlib
from typing import Any

torch: Any = importlib.import_module("torch")
Module: Any = torch.nn.Module


class Exponential(Module):  # type: ignore[misc]  # PyTorch need not be there for mypy
    """Turns each signal x into ``e**x``, as the output activation "exponential" does."""

    def forward(self, signals: Any) -> Any:
        """Return the exponential of every signal."""
        return torch.exp(signals)
