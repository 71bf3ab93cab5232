"""What to say of a name that does not exist: which of ours was meant."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

# What other libraries, and other people, call ours; the first that exists is meant.
ELSEWHERE = {
    "lr": ("learning_rate", "learning_rate_init", "learningrate", "eta", "alpha"),
    "hnodes": ("hidden_layer_sizes", "hidden_sizes", "hidden_size", "hidden", "n_hidden"),
    "inodes": ("input_size", "n_inputs", "in_features", "n_features", "n_features_in_"),
    "onodes": ("output_size", "n_outputs", "out_features", "n_classes", "n_outputs_"),
    "optimizer": ("solver", "momentum", "weight_decay", "nesterov"),
    "seed": ("random_state", "random_seed", "rng"),
    "bias": ("use_bias", "fit_intercept"),
    "loss": ("criterion", "loss_function", "loss_fn"),
    "activation": ("activation_function", "hidden_activation"),
    "bias_init": ("bias_initializer",),
    "init": ("kernel_initializer", "initializer", "weight_init"),
    "threads": ("n_jobs", "num_threads", "n_threads"),
    "inputs": ("X", "x", "data"),
    "targets": ("y", "labels"),
    "epochs": ("n_epochs", "num_epochs", "nb_epoch", "max_iter", "n_iter", "n_iter_"),
    "batch_size": ("batch", "minibatch_size"),
    "validation": ("validation_data", "validation_set", "validation_split", "eval_set"),
    "sample_weight": ("sample_weights", "weights", "w", "weight"),
    "callback": ("callbacks", "verbose"),
    "schedule": ("lr_schedule", "scheduler", "learning_rate", "lr", "power_t"),
    "patience": ("early_stopping", "n_iter_no_change"),
    "checkpoint": ("checkpoint_path",),
    "weights": ("coefs_", "coefs", "W"),
    "biases": ("intercepts_", "intercepts", "b"),
    "query": ("forward",),
    "digest": ("fingerprint", "hash"),
    "gradient": ("grad", "gradients", "backward"),
}


def did_you_mean(name: str, ours: Iterable[str]) -> str:
    """Return the end of an error that says which of our names was meant; empty if none is near."""
    from difflib import get_close_matches  # here, where something has gone wrong already

    ours = sorted(ours)
    same = [own for own, others in ELSEWHERE.items() if name in others and own in ours]
    near = same or get_close_matches(name, ours, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def naming_unknown_arguments(function: Function) -> Function:
    """Make a function refuse a keyword that it does not have by saying which one was meant."""
    ours = list(inspect.signature(function).parameters)[1:]
    name = "NeuralNetwork" if function.__name__ == "__init__" else function.__name__

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for keyword in kwargs:
            if keyword not in ours:
                meant = did_you_mean(keyword, ours)
                raise TypeError(f"{name}() got an unexpected keyword argument {keyword!r}{meant}")
        return function(*args, **kwargs)

    return cast(Function, checked)
