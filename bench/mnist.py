"""How few of MNIST's digits are read wrongly: what docs/mnist.md says beside its command.

    python bench/mnist.py ingredients FOLDER
    python bench/mnist.py together FOLDER
    python bench/mnist.py torch FOLDER

where FOLDER has MNIST's files. ``ingredients`` runs the command with one option changed at a time,
for a smaller network and fewer epochs. ``together`` lets three such networks answer together. Both
train on the first 50,000 training images and count errors among the other 10,000, for the test
images may have no say in a choice. ``torch`` trains the command's own network in PyTorch, on as
many threads and on the same images; its errors are those among the test images.
"""

import argparse
import gzip
import importlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from nnfast import Exponential, NeuralNetwork
from nnfast.augmentation import AugmentedExamples
from nnfast.datasets import Dataset, augment, mnist

Options = dict[str, str]

OPTIONS: Options = {
    "--hidden": "1500,1000",
    "--activation": "relu",
    "--output-activation": "softmax",
    "--bias": "",
    "--init": "scaled_normal",
    "--loss": "cross_entropy",
    "--hidden-error": "gradient",
    "--optimizer": "adam",
    "--lr": "0.001",
    "--schedule": "exponential",
    "--decay": "0.986",
    "--epochs": "300",
    "--batch-size": "128",
    "--dtype": "float32",
    "--threads": "2",
    "--augment": "rotation=12,scale=0.15,alpha=36,sigma=5.5",
}
"""The options of the command, each with what follows it."""
DISTORTION = {
    name: float(number)
    for name, _, number in (word.partition("=") for word in OPTIONS["--augment"].split(","))
}

SEEDS = (1, 2, 3)
# A smaller network and fewer epochs, or the table would take days; the learning rate comes as low.
SHORT: Options = {"--hidden": "1000,500", "--epochs": "15", "--decay": "0.75", "--threads": "1"}
LONGER: Options = {"--epochs": "50", "--decay": "0.92"}
CHANGES: dict[str, Options] = {
    "nothing": {},
    "the usual distortion": {"--augment": "rotation=10"},
    "more of each": {"--augment": "rotation=15,scale=0.2,shear=8,shift=2,alpha=38,sigma=5"},
    "no elastic distortion": {"--augment": "rotation=12,scale=0.15,alpha=0"},
    "only the elastic distortion": {"--augment": "rotation=0,shift=0,alpha=36,sigma=5.5"},
    "no scale": {"--augment": "rotation=12,alpha=36,sigma=5.5"},
    "no distortion": {"--augment": "rotation=0,shift=0,alpha=0"},
    "dropout of 0.2": {"--dropout": "0.2"},
    "one hidden layer, of 800": {"--hidden": "800"},
    "sigmoids": {"--activation": "sigmoid"},
    "Nesterov's momentum": {"--optimizer": "nesterov", "--lr": "0.01"},
    "a constant learning rate": {"--decay": "0.999999"},
}
"""What the table of ingredients says was changed, and the options that change it."""
IMAGES_KEPT = 50_000
IMAGE_BYTES = 28 * 28


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("ingredients", "together", "torch"))
    parser.add_argument("folder", type=Path, help="a folder of MNIST's files")
    parser.add_argument("--epochs", type=int, help="stop PyTorch after so many")
    arguments = parser.parse_args()
    if arguments.what == "torch":
        print(json.dumps(trained_by_torch(mnist(arguments.folder), arguments.epochs)))
        return
    with TemporaryDirectory() as held_out, ThreadPoolExecutor(os.cpu_count()) as pool:
        hold_out(arguments.folder, Path(held_out))
        show = print_ingredients if arguments.what == "ingredients" else print_together
        show(held_out, pool)


# What is chosen or compared on training images that were held out.


def print_ingredients(folder: str, pool: ThreadPoolExecutor) -> None:
    """Print a line of the table for each change, as soon as it is known."""
    runs = {
        change: [pool.submit(errors_of, folder, options, seed) for seed in SEEDS]
        for change, options in CHANGES.items()
    }
    for change, futures in runs.items():
        errors = [future.result() for future in futures]
        each = ", ".join(map(str, errors))
        print(f"| {change} | {statistics.mean(errors):.0f} | {each} |", flush=True)


def print_together(folder: str, pool: ThreadPoolExecutor) -> None:
    """Print the errors of three networks, and those of the mean of their outputs."""
    models = [f"{folder}/{seed}.model" for seed in SEEDS]
    runs = [
        pool.submit(errors_of, folder, LONGER | {"--model": model}, seed)
        for seed, model in zip(SEEDS, models, strict=True)
    ]
    errors = [run.result() for run in runs]
    data = mnist(folder)
    outputs = [NeuralNetwork.load(model).predict(data.test_inputs) for model in models]
    together = np.mean(outputs, axis=0).argmax(axis=1)
    print(f"| each | {', '.join(map(str, errors))} |")
    print(f"| together | {(together != data.test_labels).sum()} |")


def hold_out(folder: Path, target: Path) -> None:
    """Write MNIST's training images as a data set: the last 10,000 are its test images."""
    for kind, header, size in (("images-idx3", 16, IMAGE_BYTES), ("labels-idx1", 8, 1)):
        content = content_of(folder / f"train-{kind}-ubyte")
        kept, border = content[:4], header + IMAGES_KEPT * size
        for name, part in (("train", content[header:border]), ("t10k", content[border:])):
            count = (len(part) // size).to_bytes(4, "big")
            file = target / f"{name}-{kind}-ubyte"
            file.write_bytes(kept + count + content[8:header] + part)


def content_of(path: Path) -> bytes:
    packed = path.with_name(f"{path.name}.gz")
    return gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()


def errors_of(folder: str, changes: Options, seed: int) -> int:
    """Return how many of the last images are read wrongly after a run of the changed command."""
    options = OPTIONS | SHORT | changes | {"--data": folder, "--seed": str(seed)}
    words = [word for pair in options.items() for word in pair if word]
    command = [sys.executable, "-m", "nnfast", "train", *words, "--json"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    accuracy: float = json.loads(run.stdout)["accuracy"]
    return round(10_000 * (1 - accuracy))


# The same network in PyTorch.


def network(seed: int = 0) -> NeuralNetwork:
    """Return the command's network, untrained."""
    hidden = [int(width) for width in OPTIONS["--hidden"].split(",")]
    return NeuralNetwork(
        784, hidden, 10, float(OPTIONS["--lr"]), activation="relu",
        output_activation="softmax", loss="cross_entropy", hidden_error="gradient", bias=True,
        init="scaled_normal", optimizer="adam", seed=seed, dtype="float32",
    )  # fmt: skip


def trained_by_torch(data: Dataset, epochs: int | None) -> dict[str, Any]:
    """Train PyTorch's network as the command does; return its seconds and accuracies."""
    torch = importlib.import_module("torch")
    threads = int(OPTIONS["--threads"])
    torch.set_num_threads(threads)
    model = in_torch(torch, network())
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    loss = torch.nn.CrossEntropyLoss()
    rate = Exponential(float(OPTIONS["--decay"]))
    images = augment(
        data.train_inputs, data.train_targets, data.image_shape,
        seed=0, threads=threads, **DISTORTION,
    )  # fmt: skip
    test = torch.from_numpy(data.test_inputs.astype("float32"))
    seconds, scores = 0.0, []
    for epoch in range(epochs or int(OPTIONS["--epochs"])):
        for group in optimizer.param_groups:
            group["lr"] = rate(epoch, float(OPTIONS["--lr"]))
        started = perf_counter()
        for inputs, targets in batches(torch, images):
            optimizer.zero_grad()
            loss(model(inputs), targets).backward()
            optimizer.step()
        seconds += perf_counter() - started
        with torch.inference_mode():
            answers = model(test).argmax(dim=1).numpy()
        scores.append(float((answers == data.test_labels).mean()))
        print(epoch + 1, f"{scores[-1]:.2%}", f"{seconds:.0f} s", file=sys.stderr, flush=True)
    return {"seconds": seconds, "accuracy_per_epoch": scores}


def in_torch(torch: Any, network: NeuralNetwork) -> Any:
    """Return PyTorch's network without the softmax, which its loss has; with the same weights."""
    layers: list[Any] = []
    for weights, biases in zip(network.weights, network.biases, strict=True):
        layer = torch.nn.Linear(*weights.shape)
        layer.weight = torch.nn.Parameter(torch.tensor(weights.T.copy()))
        layer.bias = torch.nn.Parameter(torch.tensor(biases.copy()))
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def batches(torch: Any, images: AugmentedExamples) -> Iterator[Any]:
    """Yield an epoch's batches as tensors."""
    size = int(OPTIONS["--batch-size"])
    for pair in images:
        tensors = [torch.from_numpy(part.astype("float32")).split(size) for part in pair]
        yield from zip(*tensors, strict=True)


if __name__ == "__main__":
    main()
