"""Handwritten digits in the form that a network takes: arrays of inputs, targets and labels.

They are scikit-learn's small digits, or MNIST: from OpenML or from IDX, CSV or NumPy's files, which
may as well be of letters or clothes. Files are not trusted: whatever is wrong with one becomes a
`DatasetError` that names the file and the place.
"""

import importlib
import os
import warnings
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnfast.arrays import number_array
from nnfast.augmentation import augment
from nnfast.data_files import DatasetError, checked_path, read_files
from nnfast.data_files.csv import MNIST_SHAPE
from nnfast.data_files.examples import CLASSES
from nnfast.optional import required_by
from nnref.common.arguments import POSITIVE, number_within, shown, whole_number
from nnref.common.description import MOST_WEIGHTS
from nnref.common.network import Network

__all__ = [
    "Dataset",
    "DatasetError",
    "augment",
    "digits",
    "load",
    "mnist",
    "one_hot",
    "scale_inputs",
]

MOST_CLASSES = MOST_WEIGHTS  # no network has more outputs


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Examples to train a network on and others to test it on.

    All arrays are C-contiguous.

    Attributes
    ----------
    name : str
        What the data is: "digits", or "mnist" for MNIST and any files.
    train_inputs, test_inputs : (n, inodes) float64
        One example per row, scaled to [0.01, 1] by `scale_inputs`.
    train_targets, test_targets : (n, classes) float64
        One row per example, made by `one_hot`.
    train_labels, test_labels : (n,) int64
        The digit that each example shows; in general, its class.
    image_shape : tuple of int, or None
        Rows and columns of the image that one row of inputs is; None if it is not an image.
    """

    name: str
    train_inputs: NDArray[np.float64]
    train_targets: NDArray[np.float64]
    train_labels: NDArray[np.int64]
    test_inputs: NDArray[np.float64]
    test_targets: NDArray[np.float64]
    test_labels: NDArray[np.int64]
    image_shape: tuple[int, int] | None


def scale_inputs(pixels: ArrayLike, largest: float = 255) -> NDArray[np.float64]:
    """Return ``pixels / largest * 0.99 + 0.01``, so that no input is zero.

    A zero input would keep its weights from ever changing. Each value has exactly the bits that
    the expression gives in float64, evaluated in this order.

    Parameters
    ----------
    pixels : array_like of any shape
        Values from 0 to `largest`.
    largest : float
        The value that becomes 1.

    Returns
    -------
    ndarray of float64, C-contiguous
        A new array in the shape of `pixels`.

    Raises
    ------
    DatasetError
        If a pixel is not within 0 to `largest`, or is NaN.
    ValueError, TypeError
        If `pixels` are not numbers, or `largest` is not a finite number above 0.

    Warns
    -----
    UserWarning
        If no pixel is above 1 though `largest` is, unless they are black or of an integer type.
    """
    pixels = number_array("pixels", pixels)
    largest = number_within("largest", largest, POSITIVE)
    # First: if no memory holds the result, finding the range of the pixels would take long.
    scaled = np.empty(pixels.shape)
    lowest, highest = pixels.min(initial=0), pixels.max(initial=0)
    if not (lowest >= 0 and highest <= largest):
        raise DatasetError(f"pixels: got {lowest} to {highest}, wants values from 0 to {largest:g}")
    if 0 < highest <= 1 < largest and pixels.dtype.kind not in "iu":
        _warn_of_scaled(highest, largest)
    # In place: MNIST's training images are 376 MB as float64.
    np.divide(pixels, largest, out=scaled, dtype=np.float64)
    scaled *= 0.99
    scaled += 0.01
    return scaled


def _warn_of_scaled(highest: Any, largest: float) -> None:
    """Warn the caller of `scale_inputs` that the pixels lie in 0 to 1 already."""
    warnings.warn(
        f"pixels: got numbers from 0 to {highest:.4g}, as if scaled already: with "
        f"largest={largest:g} they become 0.01 to {highest / largest * 0.99 + 0.01:.4g}, too small "
        "to learn from. Give largest=1, or whole numbers if they are so dark.",
        UserWarning,
        stacklevel=3,
    )


def one_hot(labels: ArrayLike, classes: int = CLASSES) -> NDArray[np.float64]:
    """Return a row of targets per label: 0.99 at the label and 0.01 elsewhere.

    Not 1 and 0, which a sigmoid never quite reaches.

    Parameters
    ----------
    labels : (n,) array_like of int
        Whole numbers from 0 to ``classes - 1``.
    classes : int
        The width of a row.

    Returns
    -------
    (n, classes) ndarray of float64, C-contiguous

    Raises
    ------
    DatasetError
        If `labels` is not one-dimensional, or a label is not one of these whole numbers.
    ValueError, TypeError
        If `labels` are not numbers, or `classes` is not a whole number of at least 1.
    """
    wants = f"a whole number from 1 to {MOST_CLASSES}"
    if not 1 <= whole_number("classes", classes, wants) <= MOST_CLASSES:
        raise ValueError(f"classes: got {shown(classes)}, wants {wants}")
    labels = number_array("labels", labels, "whole numbers (n,)")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DatasetError(
            f"labels: got shape {labels.shape} of {labels.dtype}, wants (n,) of whole numbers"
        )
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if outside.size:
        first = outside[0]
        raise DatasetError(f"labels[{first}]: got {labels[first]}, wants 0 to {classes - 1}")
    targets = np.full((len(labels), classes), 0.01)
    targets[np.arange(len(labels)), labels] = 0.99
    return targets


def class_targets(network: Network, labels: ArrayLike) -> NDArray[np.float64]:
    """Return the targets of `one_hot` as the network's outputs can reach them, (n, onodes).

    For tanh, whose outputs are between -1 and 1, they are 0.98 and -0.98.
    """
    targets = one_hot(labels, network.onodes)
    return 2.0 * targets - 1.0 if network.output_activation == "tanh" else targets


def load(data: str | os.PathLike[str]) -> Dataset:
    """Return the data set that `data` names.

    Parameters
    ----------
    data : str or path
        The str "digits" for `digits`, "mnist" for `mnist` without a path; any other str, and any
        `pathlib.Path`, is a path for `mnist`. For a folder with one of these two names, write
        ``Path("digits")`` or ``"./digits"``.

    Returns
    -------
    Dataset

    Raises
    ------
    DatasetError, ImportError
        As `digits` and `mnist` do.
    """
    path = checked_path("data", data)
    # Of data, not of the path: Path("./digits") has lost its ./, and a Path is equal to no str.
    if data == "digits":
        return digits()
    return mnist(None if data == "mnist" else path)


def digits() -> Dataset:
    """Return the 1,797 handwritten digits of 8 x 8 pixels that scikit-learn carries.

    The split is fixed, so that you can repeat a run: in the order given, the first 1,437 examples
    are for training and the last 360 for testing.

    Returns
    -------
    Dataset
        With 64 inputs and 10 classes.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    bunch = _scikit_learn_datasets("the digits data set").load_digits()
    split = 1437
    return _dataset(
        "digits",
        (bunch.data[:split], bunch.target[:split]),
        (bunch.data[split:], bunch.target[split:]),
        image_shape=(8, 8),
        largest=16,
    )


def mnist(path: str | os.PathLike[str] | None = None) -> Dataset:
    """Return MNIST, or data in one of its file formats.

    Parameters
    ----------
    path : str or path, optional
        One of these:

        - a folder of the four IDX files ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
          ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, with images of any one size;
          there may be a dot, as in ``train-images.idx3-ubyte``; or as EMNIST and QMNIST call them,
          with something before, ``test`` for ``t10k``, and QMNIST's labels in ``idx2-int``;
        - a folder of ``mnist_train.csv`` and ``mnist_test.csv``, or another pair that ends so;
        - one of these IDX files, for the set that it belongs to;
        - a CSV file, whose last sixth (rounded down, but at least one example) is the test set;
          so it is with IDX if there are only one file of images and one of labels;
        - Keras' ``mnist.npz``, or arrays saved as that has them with `numpy.savez`: pixels
          ``x_train`` and ``x_test`` (n, rows, columns) of uint8, labels ``y_train`` and
          ``y_test`` (n,) of whole numbers.

        What a file is shows in its first bytes; any but the last may be gzipped. A line of CSV is
        a label and 784 pixels: plain whole numbers, separated by commas. Blank lines are skipped,
        and so is a first line that starts with ``label``. A file whose name begins with
        ``emnist`` has its pictures stored column by column, and is read so. If a folder has a
        file in several forms, plain is taken before gzipped, and IDX before CSV. Without `path`,
        scikit-learn fetches MNIST from OpenML and keeps the download in its data home; it still
        takes half a minute to read it, every time.

    Returns
    -------
    Dataset
        With 10 classes, or more if a label is larger than 9: then as many as the largest label
        and one, so that a label is the index of its output. MNIST has 784 inputs, 60,000
        training and 10,000 test examples.

    Raises
    ------
    DatasetError
        If `path` does not exist, has none of these files or cannot be read; if a file is damaged,
        truncated, too long or empty, holds what it should not or is of another kind, or has more
        than 2**28 pixels (2 GiB as inputs); if files do not fit together; or if MNIST cannot be
        fetched.
    ImportError
        If MNIST is to be fetched and scikit-learn is not installed.
    """
    if path is None:
        return _fetch_mnist()
    train, test, classes = read_files(path)
    rows, columns = train.pixels.shape[1:]
    return _dataset(
        "mnist",
        (train.pixels.reshape(-1, rows * columns), train.labels),
        (test.pixels.reshape(-1, rows * columns), test.labels),
        (rows, columns),
        classes=classes,
    )


def _dataset(
    name: str,
    train: tuple[NDArray[Any], NDArray[Any]],
    test: tuple[NDArray[Any], NDArray[Any]],
    image_shape: tuple[int, int],
    largest: float = 255,
    classes: int = CLASSES,
) -> Dataset:
    """Scale and encode the pixels (n, inodes) and the labels (n,) of both sets."""
    return Dataset(
        name=name,
        train_inputs=scale_inputs(train[0], largest),
        train_targets=one_hot(train[1], classes),
        train_labels=train[1].astype(np.int64),
        test_inputs=scale_inputs(test[0], largest),
        test_targets=one_hot(test[1], classes),
        test_labels=test[1].astype(np.int64),
        image_shape=image_shape,
    )


def _scikit_learn_datasets(user: str) -> Any:
    with required_by(user, "scikit-learn"):
        return importlib.import_module("sklearn.datasets")


def _fetch_mnist() -> Dataset:
    fetch_openml = _scikit_learn_datasets("fetching MNIST").fetch_openml
    try:
        with warnings.catch_warnings():
            # There is one for each retry; the error below says it all.
            warnings.filterwarnings("ignore", "A network error occurred", UserWarning)
            bunch = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff")
    except (OSError, EOFError, ValueError, HTTPException, zlib.error) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DatasetError(
            f"MNIST cannot be fetched from OpenML ({reason}): "
            "give the path of a folder with its IDX files, or use the digits"
        ) from error
    if bunch.data.shape != (70_000, 784):
        raise DatasetError(f"OpenML's mnist_784: got shape {bunch.data.shape}, wants (70000, 784)")
    # scikit-learn has checked the file's MD5, so these are known to be whole numbers up to 255.
    pixels, labels = bunch.data.astype(np.uint8), bunch.target.astype(np.int64)
    del bunch  # 439 MB that would stand beside the scaled inputs
    split = 60_000
    return _dataset(
        "mnist", (pixels[:split], labels[:split]), (pixels[split:], labels[split:]), MNIST_SHAPE
    )
