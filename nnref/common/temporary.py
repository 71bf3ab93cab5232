"""The temporary file that stands beside another one until it takes its place.

A process that is killed leaves its temporary file behind, and the next save of the same file
removes it. A live process must not lose one, even if it runs in another container, where process
numbers mean nothing. So it locks its temporary file: the system lifts the lock when the process
ends, in whatever way. Locks may not reach from machine to machine, and Windows has none of the
kind; what could belong to a process there is removed a day after it was written, and not before.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

flock: Callable[[BinaryIO, int], object] | None = None
with suppress(ImportError):  # of Windows
    import fcntl

    flock, ALONE = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB

# Nobody takes that long to write a file.
_ABANDONED_AFTER = 24 * 60 * 60  # seconds


@contextmanager
def temporary_beside(target: Path) -> Iterator[BinaryIO]:
    """Give a new file in the target's folder to write to, which is removed unless it is renamed.

    Leftovers of the same target are removed first: they may be what fills the disk. The system's
    errors name the target, since nobody knows the temporary file.
    """
    _remove_leftovers(target)
    temporary = _new_name(target)
    try:
        # Not tempfile, whose files are private to the user: only open() itself heeds the umask
        # without changing it for a moment, which other threads would notice.
        file = temporary.open("xb")
        while not _is_ours(file):
            file.close()
            temporary = _new_name(target)
            file = temporary.open("xb")
        with file:
            yield file
    except OSError as error:
        # That of a full disk names no file.
        if error.errno and error.filename in (None, str(temporary)):
            error.filename = str(target)
        raise
    finally:
        try:
            _remove(temporary)
        except KeyboardInterrupt:
            _remove(temporary)
            raise


def _new_name(target: Path) -> Path:
    return target.with_name(f"{_prefix(target)}{_machine()}-{os.urandom(8).hex()}.tmp")


def _prefix(target: Path) -> str:
    """Return what the names of this target's temporary files begin with."""
    return f".nnref-{crc32(os.fsencode(target.name)):08x}-"


def _machine() -> str:
    """Return a name of the running system, which its containers share, in 8 characters."""
    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        name = os.uname().nodename.encode() if hasattr(os, "uname") else b""
    return f"{crc32(name):08x}"


def _is_ours(file: BinaryIO) -> bool:
    """Lock a new file; return False if a process took it for a leftover just before."""
    if flock is None:
        return True
    try:
        flock(file, ALONE)
    except BlockingIOError:
        return False
    except OSError:
        return True  # there are no locks in this folder, so nobody removes the file
    return os.fstat(file.fileno()).st_nlink > 0


def _remove(path: Path) -> None:
    """Remove a file if it is there; where even that fails, the first error is what counts."""
    with suppress(OSError):
        path.unlink()


def _remove_leftovers(target: Path) -> None:
    prefix = _prefix(target)
    with suppress(OSError):
        for path in target.parent.iterdir():
            if path.name.startswith(prefix) and path.suffix == ".tmp":
                with suppress(OSError):
                    _remove_leftover(path, path.name.startswith(f"{prefix}{_machine()}-"))


def _remove_leftover(path: Path, is_of_this_machine: bool) -> None:
    """Remove a temporary file if its process is dead."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        return
    is_abandoned = time.time() - found.st_mtime > _ABANDONED_AFTER
    if flock is None:
        if is_abandoned:
            path.unlink()  # which Windows refuses while the file is open
    elif is_of_this_machine or is_abandoned:
        with path.open("r+b") as file:
            flock(file, ALONE)
            path.unlink()
