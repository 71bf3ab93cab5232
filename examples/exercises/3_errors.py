"""Task 3 (medium): who is to blame.

The error of an output is its target minus what it said. Each hidden neuron gets its share
of all these errors, by the weights of its links: hidden neuron j has
weights_hidden_output[j][k] to output k. Fill the gaps, "...". Then check it:

    nnfast check examples/exercises/3_errors.py
"""


def output_errors(targets, final_outputs):
    """Return the errors of the outputs: a list."""
    return ...


def hidden_errors(output_errors, weights_hidden_output):
    """Return the errors of the hidden neurons, by the article's rule: a list."""
    return ...
