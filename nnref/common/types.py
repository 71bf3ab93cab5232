"""The types of numbers: a vector has one number per neuron, a matrix one row per input."""

Vector = list[float]
Matrix = list[Vector]
