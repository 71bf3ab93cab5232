from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.floating]

ACTIVATIONS: tuple[str, ...]
LOSSES: tuple[str, ...]
OPTIMIZERS: tuple[str, ...]

def exp(x: _Array, out: _Array) -> None: ...
def log(x: _Array, out: _Array) -> None: ...
def tanh(x: _Array, out: _Array) -> None: ...
def all_within(values: _Array, low: float, high: float) -> bool: ...
def move_all(values: _Array, step: float, times: int) -> None: ...
def multiply_on_registers(terms: int) -> float: ...

class Kernel:
    def __init__(
        self,
        weights: list[_Array],
        biases: list[_Array],
        slots: list[tuple[list[_Array], list[_Array]]],
        powers: _Array | None,
        activations: list[int],
        settings: dict[str, Any],
        threads: int = 1,
    ) -> None: ...
    seen: tuple[int, float, float, float, float]
    updates: int
    def query(self, inputs: object) -> tuple[Any, bool]: ...
    def first_unlike(self, inputs: _Array, step: int) -> int: ...
    def see(self, inputs: _Array) -> None: ...
    def last_update(self, at: int, numbers: _Array) -> None: ...
    def last_dropout(self, at: int, numbers: _Array) -> None: ...
    def training_loss(self, inputs: _Array, targets: _Array) -> float: ...
    def predict(self, inputs: _Array, outputs: _Array, start: int, stop: int) -> None: ...
    def train(self, inputs: object, targets: object, lr: float) -> bool: ...
    def fit(
        self,
        inputs: _Array,
        targets: _Array,
        sample_weight: _Array | None,
        order: Sequence[int] | None,
        start: int,
        stop: int,
        batch_size: int,
        lr: float,
        loss: float,
    ) -> float: ...
    def gradient(
        self,
        inputs: _Array,
        targets: _Array,
        sample_weight: _Array | None,
        rate: float,
        weights: list[_Array],
        biases: list[_Array],
    ) -> float: ...
    def evaluate(
        self,
        inputs: _Array,
        targets: _Array,
        outputs: _Array,
        start: int,
        stop: int,
        loss: float,
    ) -> float: ...
    def score(self, outputs: _Array, targets: _Array) -> float: ...
    def backquery(self, targets: _Array, inputs: _Array) -> None: ...
