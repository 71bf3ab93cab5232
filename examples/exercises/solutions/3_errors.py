"""Task 3, solved."""


def output_errors(targets, final_outputs):
    """Return the errors of the outputs: a list."""
    return [target - output for target, output in zip(targets, final_outputs)]


def hidden_errors(output_errors, weights_hidden_output):
    """Return the errors of the hidden neurons, by the article's rule: a list."""
    return [
        sum(weight * error for weight, error in zip(weights, output_errors))
        for weights in weights_hidden_output
    ]
