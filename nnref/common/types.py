"""The types that numbers come in: a vector has one number per neuron, a matrix is a list of rows.

A matrix of weights has a row for each input and a column for each neuron, ``weights[i][j]``; a
matrix of examples has a row for each example.
"""

Vector = list[float]
Matrix = list[Vector]
