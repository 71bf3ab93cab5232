"""What a killed process leaves beside a file is removed by the next save, and nothing else is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nnref.common import temporary
from nnref.common.files import check_writable, replace_file
from nnref.common.temporary import temporary_beside

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
needs_locks = pytest.mark.skipif(temporary.flock is None, reason="there are no such locks")

DAY = 24 * 60 * 60

# Writes half of a file, says so, and waits.
WRITER = """
import sys
from nnref.common.files import replace_file

def chunks():
    yield b"half"
    print("writing", flush=True)
    sys.stdin.readline()
    yield b" and half"

replace_file("m", chunks())
"""


def writer(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "writing\n"
    return process


def temporary_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix == ".tmp"]


@POSIX_ONLY
@needs_locks
def test_the_next_save_removes_what_a_killed_one_has_left(tmp_path: Path) -> None:
    with writer(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
    (leftover,) = temporary_files(tmp_path)
    replace_file(tmp_path / "other", [b"new"])
    assert temporary_files(tmp_path) == [leftover]  # it is none of this file's
    replace_file(tmp_path / "m", [b"new"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "other"]


@POSIX_ONLY
@needs_locks
def test_the_disk_is_freed_before_it_is_written_to(tmp_path: Path) -> None:
    with writer(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
    (leftover,) = temporary_files(tmp_path)
    with temporary_beside(tmp_path / "m"):
        assert not leftover.exists()


def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    with writer(tmp_path) as process:
        (theirs,) = temporary_files(tmp_path)
        replace_file(tmp_path / "m", [b"new"])
        assert temporary_files(tmp_path) == [theirs]
        assert (tmp_path / "m").read_bytes() == b"new"
        process.communicate("on\n")
    assert process.returncode == 0
    assert (tmp_path / "m").read_bytes() == b"half and half"
    assert temporary_files(tmp_path) == []


def test_two_savers_in_one_process_leave_each_other_alone(tmp_path: Path) -> None:
    def chunks() -> Any:
        yield b"outer"
        replace_file(tmp_path / "m", [b"inner"])

    replace_file(tmp_path / "m", chunks())
    assert (tmp_path / "m").read_bytes() == b"outer"
    assert temporary_files(tmp_path) == []


def leftover(target: Path, monkeypatch: pytest.MonkeyPatch, age: float = 0.0) -> Path:
    """Make the temporary file of another machine, whose locks do not reach here."""
    with monkeypatch.context() as patch:
        patch.setattr(temporary, "_machine", lambda: "elsewher")
        path = temporary._new_name(target)
    path.touch()
    written = time.time() - age
    os.utime(path, (written, written))
    return path


@pytest.mark.parametrize("locks", [True, False])
def test_what_may_be_alive_elsewhere_is_left_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: bool
) -> None:
    if not locks:
        monkeypatch.setattr(temporary, "flock", None)
    target = tmp_path / "m"
    young = leftover(target, monkeypatch, DAY - 3600)
    leftover(target, monkeypatch, DAY + 3600)
    replace_file(target, [b"new"])
    assert sorted(tmp_path.iterdir()) == sorted([target, young])


def test_a_name_that_is_not_ours_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "m"
    ours = leftover(target, monkeypatch, 2 * DAY)
    folder = leftover(target, monkeypatch)
    folder.unlink()
    folder.mkdir()
    others = [".nnref-0123456789abcdef.tmp", f"{ours.name}.txt", f"x{ours.name}", "m.tmp"]
    for name in others:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    os.utime(folder, (0, 0))
    replace_file(target, [b"new"])
    assert {path.name for path in tmp_path.iterdir()} == {"m", folder.name, *others}


@needs_locks
def test_a_new_file_that_was_taken_for_a_leftover_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may come between the making of a file and its lock."""
    flock, taken = temporary.flock, []

    def too_late(file: Any, how: int) -> None:
        if not taken:
            taken.append(file.name)
            Path(file.name).unlink()
        flock(file, how)

    monkeypatch.setattr(temporary, "flock", too_late)
    replace_file(tmp_path / "m", [b"new"])
    assert taken
    assert (tmp_path / "m").read_bytes() == b"new"
    assert temporary_files(tmp_path) == []


@needs_locks
def test_a_folder_without_locks_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: Any) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(temporary, "flock", unsupported)
    replace_file(tmp_path / "m", [b"new"])
    assert (tmp_path / "m").read_bytes() == b"new"


def test_a_ctrl_c_before_the_removal_leaves_no_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, calls = temporary._remove, []

    def interrupted(path: Path) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise KeyboardInterrupt
        remove(path)

    monkeypatch.setattr(temporary, "_remove", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check_writable(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
