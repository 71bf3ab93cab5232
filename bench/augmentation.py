"""What each distortion of the training images gains on MNIST: the table of docs/augmentation.md.

    python bench/augmentation.py FOLDER

where FOLDER has MNIST's files; without it MNIST is downloaded. This takes half an hour on one core.
Each line is printed as soon as it is known: the test accuracy after the last epoch, for every seed,
in per cent.
"""

import argparse
import statistics
from typing import Any

from nnfast import NeuralNetwork
from nnfast.datasets import Dataset, augment, mnist

SEEDS = (1, 2, 3)
NOTHING: dict[str, float] = {"rotation": 0, "shift": 0, "alpha": 0}
DISTORTIONS: dict[str, dict[str, float]] = {
    "nothing": NOTHING,
    "rotation": {**NOTHING, "rotation": 10},
    "shift": {**NOTHING, "shift": 1},
    "elastic": {"rotation": 0, "shift": 0},
    "all three": {},
}
# The second network is that of Simard, Steinkraus and Platt, trained as one would today.
NETWORKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "784-200-10": ({"hnodes": 200, "lr": 0.1}, {"epochs": 10}),
    "784-800-10": (
        {
            "hnodes": 800,
            "lr": 0.001,
            "activation": "relu",
            "output_activation": "softmax",
            "loss": "cross_entropy",
            "hidden_error": "gradient",
            "bias": True,
            "optimizer": "adam",
        },
        {"epochs": 20, "batch_size": 64, "schedule": "exponential"},
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="a folder of MNIST's files")
    data = mnist(parser.parse_args().folder)
    for network in NETWORKS:
        for distortion in DISTORTIONS:
            print_line(network, distortion, [accuracy(data, network, distortion, s) for s in SEEDS])


def accuracy(data: Dataset, network_name: str, distortion: str, seed: int) -> float:
    """Train a network on distorted images, and return its test accuracy."""
    making, training = NETWORKS[network_name]
    network = NeuralNetwork(
        784, onodes=10, init="scaled_normal", seed=seed, dtype="float32", **making
    )
    examples = augment(
        data.train_inputs, data.train_targets, data.image_shape,
        seed=seed, **DISTORTIONS[distortion],
    )  # fmt: skip
    network.fit(examples, **training)
    answers = network.predict(data.test_inputs).argmax(axis=1)
    return float((answers == data.test_labels).mean())


def print_line(network: str, distortion: str, accuracies: list[float]) -> None:
    each = ", ".join(f"{100 * accuracy:.2f}" for accuracy in accuracies)
    print(
        f"| {network} | {distortion} | {100 * statistics.mean(accuracies):.2f} | {each} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
