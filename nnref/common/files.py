"""Files: written whole or not at all; and JSON objects with the keys that they should have.

No failure can destroy an older file: the new one is written beside it, and then renamed.
"""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from nnref.common.arguments import file_name, shown
from nnref.common.temporary import temporary_beside

_CHUNK_BYTES = 1 << 20


class ModelFileError(ValueError):
    """A model file that is damaged or not of the format, or content that the format cannot hold.

    The message is one line: the file, what was found in it and what is wanted.
    """


def replace_file(path: str | os.PathLike[str], chunks: Iterable[bytes]) -> None:
    """Write a file so that it holds all chunks or, after any failure, what it held before.

    The chunks go to a temporary file in the same folder, which then takes the target's place. As
    with ``open``, symbolic links are followed, an existing file keeps its permissions and, where
    the system allows it, its owner, a write-protected one is refused, and a new file's permissions
    follow the umask. A file that no other can take the place of, since something is mounted there,
    is written in place at last; if that fails, the temporary file stays, and the error names it.

    Parameters
    ----------
    path : str or path
    chunks : iterable of bytes
        What to write, one after the other.

    Raises
    ------
    ModelFileError
        If something other than a file is there.
    OSError
        If the file cannot be written.
    """
    target = _target(path)
    old = _existing(target)
    with temporary_beside(target) as file:
        temporary = Path(file.name)
        if old is not None:
            _take_after(old, temporary)
        for chunk in chunks:
            file.write(chunk)
        _sync(file)
        if os.name == "nt":
            file.close()  # Windows renames no open file
        try:
            temporary.replace(target)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            _write_in_place(temporary, target)
    _sync_folder(target.parent)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise what `replace_file` would, as far as that can be known before the bytes exist.

    Raises
    ------
    ModelFileError
        If something other than a file is there.
    OSError
        If a file cannot be written there.
    """
    target = _target(path)
    _existing(target)
    # Only trying shows it: permissions say nothing about a disk that is read-only.
    with temporary_beside(target):
        pass


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file to read it.

    Raises
    ------
    ModelFileError
        If it is a pipe, which would be waited for, or a device, which could be read without end.
    OSError
        If it cannot be opened.
    """
    file = Path(file_name("path", path))
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # of a folder the system tells
        raise ModelFileError(f"{os.fspath(path)!r}: got a pipe or device, wants a file")
    return file.open("rb")


def _target(path: str | os.PathLike[str]) -> Path:
    """Return the place to write to, where symbolic links lead."""
    name = file_name("path", path)
    # Not Path.resolve, which in Python 3.11 and 3.12 has its own error for a loop of links.
    target = Path(os.path.realpath(name))
    if os.path.basename(name) in ("", "."):  # noqa: PTH119 (Path drops a slash at the end)
        raise _no_file(target)
    return target


def _existing(target: Path) -> os.stat_result | None:
    """Return what is known of the file to replace, or None if there is no file yet."""
    try:
        old = target.stat()
    except FileNotFoundError:
        # A missing folder is the user's to hear of; the temporary file's name would only puzzle.
        target.parent.stat()
        return None
    if not stat.S_ISREG(old.st_mode):
        # A rename would put a plain file in the place of a device such as /dev/null.
        raise _no_file(target)
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return old


def _no_file(target: Path) -> ModelFileError:
    return ModelFileError(f"{str(target)!r}: got a folder or device, wants the name of a file")


def _take_after(old: os.stat_result, temporary: Path) -> None:
    """Give a new file the owner, if the system allows it, and the permissions of an old one."""
    new = temporary.stat()
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid) and hasattr(os, "chown"):
        # One after the other: a user may give a file to a group, but not to another user.
        for owner in ((-1, old.st_gid), (old.st_uid, -1)):
            with suppress(PermissionError):
                os.chown(temporary, *owner)
    temporary.chmod(stat.S_IMODE(old.st_mode))


def _sync(file: BinaryIO) -> None:
    # Else a power failure could leave the new name with none of the new bytes.
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Write a folder to disk, or a power failure could undo the renaming of a file in it."""
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows
    # The file is in its place and whole; some systems cannot do this for any folder.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_in_place(temporary: Path, target: Path) -> None:
    """Copy a file over another, which cannot be replaced; keep the copied one if that fails."""
    try:
        with temporary.open("rb") as source, target.open("r+b") as file:
            for chunk in iter(lambda: source.read(_CHUNK_BYTES), b""):
                file.write(chunk)
            file.truncate()
            _sync(file)
    except BaseException as error:
        kept = target.with_name(f"{target.name}.{os.urandom(4).hex()}")
        temporary.replace(kept)
        if isinstance(error, OSError) and error.errno:
            says = f"{error.strerror}; what should be there is in {str(kept)!r}"
            raise OSError(error.errno, says, str(target)) from error
        raise


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dict, or raise ValueError: readers differ on a key given twice."""
    entries = dict[str, Any]()
    for key, value in pairs:
        if key in entries:
            raise ValueError(f"the key {shown(key)} comes twice")
        entries[key] = value
    return entries


def json_object(name: str, entries: Any, keys: Iterable[str]) -> dict[str, Any]:
    """Return a JSON object if it has these keys and no others."""
    if not isinstance(entries, dict):
        raise TypeError(f"{name}: got {shown(entries)}, wants a JSON object")
    if odd := set(entries) ^ set(keys):
        names = shown(", ".join(sorted(odd)))
        raise ValueError(f"{name}: got one that lacks, or should not have, {names}")
    return entries
