"""Files: written whole or not at all; and JSON without duplicate keys.

No failure can destroy an older file: the new one is written beside it, and then renamed.
"""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnref.common.arguments import file_name, shown


class ModelFileError(ValueError):
    """A model file that is damaged or not of the format, or content that the format cannot hold.

    The message is one line: the file, what was found in it and what is wanted.
    """


def replace_file(path: str | os.PathLike[str], chunks: Iterable[bytes]) -> None:
    """Write a file so that it holds all chunks or, after any failure, what it held before.

    The chunks go to a temporary file in the same folder, which then takes the target's place. As
    with ``open``, symbolic links are followed, an existing file keeps its permissions, a
    write-protected one is refused, and a new file's permissions follow the umask.

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
    permissions = _permissions(target)
    temporary = _beside(target)
    try:
        # Not tempfile, whose files are private to the user: only open() itself heeds the umask
        # without changing it for a moment, which other threads would notice.
        with temporary.open("xb") as file:
            if permissions is not None:
                temporary.chmod(permissions)
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            # Else a power failure could leave the new name with none of the new bytes.
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException as error:
        _remove(temporary)
        _name_target(error, temporary, target)
        raise


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
    _permissions(target)
    probe = _beside(target)
    try:
        # Only trying shows it: permissions say nothing about a disk that is read-only.
        probe.open("xb").close()
    except OSError as error:
        _name_target(error, probe, target)
        raise
    finally:
        _remove(probe)


def _target(path: str | os.PathLike[str]) -> Path:
    """Return the place to write to, where symbolic links lead."""
    # Not Path.resolve, which in Python 3.11 and 3.12 has its own error for a loop of links.
    return Path(os.path.realpath(file_name("path", path)))


def _beside(target: Path) -> Path:
    """Return a new name in the target's folder."""
    return target.with_name(f".nnref-{os.urandom(8).hex()}.tmp")


def _remove(temporary: Path) -> None:
    """Remove a file if it is there; where even that fails, the first error is what counts."""
    with suppress(OSError):
        temporary.unlink()


def _name_target(error: BaseException, temporary: Path, target: Path) -> None:
    """Make the system's error name the file to be written: that of a full disk names none."""
    if isinstance(error, OSError) and error.errno and error.filename in (None, str(temporary)):
        error.filename = str(target)


def _permissions(target: Path) -> int | None:
    """Return the permissions of the file to replace, or None if there is no file yet."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        # A missing folder is the user's to hear of; the temporary file's name would only puzzle.
        target.parent.stat()
        return None
    if not stat.S_ISREG(mode):
        # A rename would put a plain file in the place of a device such as /dev/null.
        raise ModelFileError(f"{str(target)!r}: got a folder or device, wants the name of a file")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return stat.S_IMODE(mode)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dict, or raise ValueError: readers differ on a key given twice."""
    entries = dict[str, Any]()
    for key, value in pairs:
        if key in entries:
            raise ValueError(f"the key {shown(key)} comes twice")
        entries[key] = value
    return entries
