"""What distorted images cost and gain on MNIST: the tables of docs/augmentation.md.

    python bench/augmentation.py FOLDER
    python bench/augmentation.py --speed FOLDER

where FOLDER has the files; without it they are downloaded. First come times, in microseconds for an
image, and their ratios to that of an update; they want a machine that does nothing else. What
--speed leaves out takes half an hour on one core. Each line is printed as soon as it is known: the
test accuracy after the last epoch, for every seed, in per cent.
"""

import argparse
import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

from nnfast import NeuralNetwork
from nnfast.augmentation import AugmentedExamples
from nnfast.datasets import Dataset, augment, mnist

SEEDS = (1, 2, 3)
NOTHING: dict[str, float] = {"rotation": 0, "shift": 0, "alpha": 0}
DISTORTIONS: dict[str, dict[str, float]] = {
    "nothing": NOTHING,
    "rotation": {**NOTHING, "rotation": 10},
    "shift": {**NOTHING, "shift": 1},
    "scale": {**NOTHING, "scale": 0.1},
    "elastic": {"rotation": 0, "shift": 0},
    "rotation, shift, elastic": {},
    "these and scale": {"scale": 0.1},
}
SPEED = "784-800-10"
"""The network whose updates are timed beside the images."""
TIMED_IMAGES = 256 * 5
ROUNDS = 100
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
    parser.add_argument("--speed", action="store_true", help="print the times only")
    arguments = parser.parse_args()
    data = mnist(arguments.folder)
    print_times(data)
    for network in () if arguments.speed else NETWORKS:
        for distortion in DISTORTIONS:
            print_line(network, distortion, [accuracy(data, network, distortion, s) for s in SEEDS])


def print_times(data: Dataset) -> None:
    """Print what an image costs, to be made and to be trained on, as times and as ratios."""
    images = data.train_inputs[:TIMED_IMAGES], data.train_targets[:TIMED_IMAGES]

    def examples(threads: int = 1, **settings: float) -> AugmentedExamples:
        return augment(*images, data.image_shape, seed=1, threads=threads, **settings)

    def trained_on(*examples: Any) -> Callable[[], object]:
        network = made(SPEED, seed=1)
        _, training = NETWORKS[SPEED]
        return lambda: network.fit(*examples, batch_size=training["batch_size"])

    everything = {"scale": 0.1, "shear": 5.0}
    work: dict[str, Callable[[], object]] = {
        f"an update of {SPEED}": trained_on(*(part.astype("float32") for part in images)),
        "an image, without the elastic distortion": lambda: list(examples(alpha=0.0)),
        "an image, by default": lambda: list(examples()),
        "an image, with scale and shear too": lambda: list(examples(**everything)),
        "an image, then an update": trained_on(examples()),
        "an image beside an update, with threads=2": trained_on(examples(threads=2)),
    }
    seconds = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, run in work.items():
            started = perf_counter()
            run()
            seconds[name] = min(seconds[name], perf_counter() - started)
    first = seconds[f"an update of {SPEED}"]
    for name, best in seconds.items():
        print(f"| {name} | {best / TIMED_IMAGES * 1e6:.1f} | {best / first:.2f} |", flush=True)


def made(network_name: str, seed: int) -> NeuralNetwork:
    """Return an untrained network."""
    making, _ = NETWORKS[network_name]
    return NeuralNetwork(784, onodes=10, init="scaled_normal", seed=seed, dtype="float32", **making)


def accuracy(data: Dataset, network_name: str, distortion: str, seed: int) -> float:
    """Train a network on distorted images, and return its test accuracy."""
    network, (_, training) = made(network_name, seed), NETWORKS[network_name]
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
