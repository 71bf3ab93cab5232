"""The files of a data set, found in a folder by their names.

A name is what precedes it in all files of the set (``emnist-letters-``, or nothing, as in MNIST),
then the part of the set and, of IDX, whether the file has its images or its labels.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nnfast.data_files.csv import read_csv
from nnfast.data_files.examples import Examples, split
from nnfast.data_files.idx import read_idx_pair
from nnfast.data_files.opening import DatasetError, in_one_line, naming


class Role(NamedTuple):
    """What a file of a set has: images, labels or both, to train on or to test on."""

    part: str
    content: str


Files = dict[Role, Path]

MOST_NAMED = 6


@dataclass(frozen=True)
class Names:
    """How the files of a set are named in one format.

    Attributes
    ----------
    pattern : re.Pattern
        Of a name; its groups are what precedes, the part and, if there is a third, the content.
    usual : str
        What precedes in MNIST's names.
    of_mnist : dict of Role to str
        MNIST's names for all files of a set.
    choice : str
        What to do if there are several sets.
    """

    pattern: re.Pattern[str]
    usual: str
    of_mnist: dict[Role, str]
    choice: str

    def meaning(self, name: str) -> tuple[str, Role] | None:
        """Return what precedes in a file's name and what the file has; None for another name."""
        match = self.pattern.fullmatch(name)
        if match is None:
            return None
        before, part, *content = match.groups()
        return before, Role("train" if part == "train" else "test", *content or ["both"])

    def sets(self, folder: Path) -> dict[str, Files]:
        """Return the files that a folder has of each set, by what precedes in their names.

        Plain files come before gzipped ones, and MNIST's dash before the dot that some have.
        """
        found = defaultdict[str, Files](dict)
        for file in sorted(folder.iterdir(), key=lambda file: (file.suffix == ".gz", file.name)):
            meaning = self.meaning(file.name)
            if meaning is not None and file.is_file():
                before, role = meaning
                found[before].setdefault(role, file)
        return found

    def the_whole_one(self, sets: dict[str, Files]) -> Files | None:
        """Return MNIST's set or the only one that is whole; None if there is none."""
        whole = {
            before: files for before, files in sets.items() if len(files) == len(self.of_mnist)
        }
        if self.usual in whole or len(whole) < 2:
            return whole.get(self.usual) or next(iter(whole.values()), None)
        several = in_one_line(", ".join(f"{before}..." for before in sorted(whole)[:MOST_NAMED]))
        raise DatasetError(f"has several data sets, {several}: {self.choice}")

    def missing(self, sets: dict[str, Files]) -> str:
        """Return the names that the most complete set lacks; MNIST's, if there is none."""
        before = max([self.usual, *sets], key=lambda before: len(sets.get(before, ())))
        lacks = [role for role in self.of_mnist if role not in sets.get(before, ())]
        return " and ".join(self.name(before, role) for role in lacks)

    def name(self, before: str, role: Role) -> str:
        """Return the name of a file; of its kind, only MNIST's are known to the end."""
        usual = self.of_mnist[role]
        if before == self.usual:
            return usual
        start = usual.removeprefix(self.usual).replace("t10k", "test")
        return in_one_line(before + re.sub("-idx.*", "-idx...", start))


IDX = Names(
    re.compile(r"((?:.+-)?)(train|test|t10k)-(images|labels)[-.]idx\d-(?:ubyte|int)(?:\.gz)?"),
    usual="",
    of_mnist={
        Role("train", "images"): "train-images-idx3-ubyte",
        Role("train", "labels"): "train-labels-idx1-ubyte",
        Role("test", "images"): "t10k-images-idx3-ubyte",
        Role("test", "labels"): "t10k-labels-idx1-ubyte",
    },
    choice="give the path of one of their files",
)
CSV = Names(
    re.compile(r"((?:.*[-_])?)(train|test)\.csv(?:\.gz)?"),
    usual="mnist_",
    of_mnist={Role("train", "both"): "mnist_train.csv", Role("test", "both"): "mnist_test.csv"},
    choice="move each into a folder of its own",
)


def read_folder(folder: Path) -> tuple[Examples, Examples]:
    """Return the examples of the set in a folder to train on and those to test on."""
    with naming(folder):
        idx, csv = IDX.sets(folder), CSV.sets(folder)
        files = IDX.the_whole_one(idx) or CSV.the_whole_one(csv)
        if files is None:
            raise DatasetError(
                f"has no {IDX.missing(idx)}; nor, as CSV, {CSV.missing(csv)} (each plain or .gz)"
            )
    return _read_part(files, "train"), _read_part(files, "test")


def read_one_idx(path: Path) -> tuple[Examples, Examples]:
    """Return the examples of the set that an IDX file belongs to.

    If of the others only its partner is there, the last sixth of the two is the test set.
    """
    with naming(path):
        meaning = IDX.meaning(path.name)
        if meaning is None:
            raise DatasetError(
                "is an IDX file, and its name does not tell which file belongs to it: "
                "wants one as train-images-idx3-ubyte has it"
            )
        before, role = meaning
        files = IDX.sets(path.parent)[before] | {role: path}
        partner = Role(role.part, "labels" if role.content == "images" else "images")
        if partner not in files:
            raise DatasetError(f"wants {IDX.name(before, partner)} in the same folder")
    if len(files) == len(IDX.of_mnist):
        return _read_part(files, "train"), _read_part(files, "test")
    return split(_read_part(files, role.part))


def read_one_csv(path: Path) -> tuple[Examples, Examples]:
    """Return the examples of a CSV file, the last sixth of them as the test set."""
    return split(_upright(path, read_csv(path)))


def _read_part(files: Files, part: str) -> Examples:
    if both := files.get(Role(part, "both")):
        return _upright(both, read_csv(both))
    images, labels = files[Role(part, "images")], files[Role(part, "labels")]
    return _upright(images, read_idx_pair(images, labels))


def _upright(file: Path, both: Examples) -> Examples:
    """Turn EMNIST's pictures, all of which are stored column by column."""
    if file.name.lower().startswith("emnist"):
        return both._replace(pixels=both.pixels.transpose(0, 2, 1))
    return both
