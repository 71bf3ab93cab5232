"""Files of pictures with labels, in MNIST's and other formats, read without trusting them.

Whatever is wrong with a file becomes a `DatasetError` that names the file and the place in it.
Memory grows with the bytes that are there, never with what a header promises.
"""

import os
from collections.abc import Callable
from pathlib import Path

from nnfast.data_files.examples import Examples, classes_of
from nnfast.data_files.folders import read_folder, read_one_csv, read_one_idx
from nnfast.data_files.formats import IDX_MARKS, ZIP_MARK
from nnfast.data_files.npz import read_npz
from nnfast.data_files.opening import DatasetError as DatasetError
from nnfast.data_files.opening import beginning, naming, opened
from nnfast.data_files.opening import checked_path as checked_path

READERS: dict[bytes, Callable[[Path], tuple[Examples, Examples]]] = {
    **dict.fromkeys(IDX_MARKS, read_one_idx),
    ZIP_MARK: read_npz,
}
"""What reads a file that begins with these bytes; any other is read as CSV.

Gzipped files are unpacked before, and those of `formats.UNREAD` are refused.
"""


def read_files(path: str | os.PathLike[str]) -> tuple[Examples, Examples, int]:
    """Return the examples to train on, those to test on, and how many classes they are of.

    `nnfast.datasets.mnist` says which files and folders there may be at the path.
    """
    place = Path(checked_path("path", path))
    with naming(place):
        if not place.exists():
            raise DatasetError("no such file or folder")
        is_folder = place.is_dir()
    train, test = read_folder(place) if is_folder else _reader(place)(place)
    return train, test, classes_of(train, test)


def _reader(path: Path) -> Callable[[Path], tuple[Examples, Examples]]:
    with opened(path) as stream:
        first = beginning(stream)
    return next((read for mark, read in READERS.items() if first.startswith(mark)), read_one_csv)
