"""A file is written whole or not at all, with the links and permissions that it had."""

import errno
import os
import stat
from pathlib import Path

import numpy as np
import pytest

import nnfast
import nnref
from nnfast.exchange.json import load_json
from nnref.common import model_file
from nnref.common.files import ModelFileError, check_writable, open_file, replace_file
from nnref.common.model_file import Tensor

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions and devices")

TENSORS = [Tensor("a", "F64", (2,), bytes(16))]


@pytest.mark.parametrize(
    ("tensor", "metadata", "message"),
    [
        (Tensor("a", "F64", (2,), bytes(8)), {}, "tensor 'a': got 8 bytes of data, wants 16"),
        (Tensor("a", "F32", (2,), bytes(9)), {}, "tensor 'a': got 9 bytes of data, wants 8"),
        (Tensor("a", "f8", (1,), bytes(8)), {}, "got dtype 'f8', wants F64 or F32"),
        (Tensor("a", "F64", (-1,), b""), {}, r"got shape \(-1,\), wants whole numbers"),
        (Tensor("a", "F64", (True,), bytes(8)), {}, r"got shape \(True,\), wants whole"),
        (Tensor("a", "F64", 1, bytes(8)), {}, "got shape 1, wants whole numbers"),
        (Tensor("a", "F64", (2**62, 0), b""), {}, "wants whole numbers"),
        (Tensor("__metadata__", "F64", (1,), bytes(8)), {}, "a text that is not taken"),
        (Tensor("first", "F64", (1,), bytes(8)), {}, "a text that is not taken"),
        (Tensor("\ud800", "F64", (1,), bytes(8)), {}, "a text that is not taken"),
        (Tensor(1, "F64", (1,), bytes(8)), {}, "tensor 1: .* a text that is not taken"),
        (
            Tensor("a", "F64", (2, 2), memoryview(np.zeros((2, 2)).T[:, ::-1])),
            {},
            "wants C-contiguous data",
        ),
        (Tensor("a", "F64", (2, 3), memoryview(np.zeros((3, 2)).T)), {}, "C-contiguous data"),
        (Tensor("a", "F64", (1,), bytes(8)), {"a": 1}, "metadata: got 'a': 1"),
        (Tensor("a", "F64", (1,), bytes(8)), {1: "a"}, "metadata: got 1: 'a'"),
        (Tensor("a", "F64", (1,), bytes(8)), {"a": "\ud800"}, "wants a text for a text"),
        (Tensor("a", "F64", (1,), bytes(8)), ["a"], "wants texts by name"),
        (Tensor("a", "F64", (1,), bytes(8)), {"a": "x" * 10**8}, "header: got 10000"),
    ],
)
def test_what_the_format_cannot_hold_is_not_written(tmp_path, tensor, metadata, message):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    first = Tensor("first", "F64", (1,), bytes(8))
    with pytest.raises(ModelFileError, match=message) as caught:
        model_file.write(path, [first, tensor], metadata)
    assert str(caught.value).startswith(repr(os.fspath(path)) + ": ")
    assert_untouched(path)


# Replacing a file


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_untouched(path):
    assert path.read_bytes() == b"old"
    assert files_in(path.parent) == [path.name]


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt, SystemExit, ZeroDivisionError])
def test_a_failure_midway_leaves_the_old_file_and_nothing_else(tmp_path, failure):
    path = tmp_path / "m"
    path.write_bytes(b"old")

    def chunks():
        yield bytes(10**6)
        assert len(files_in(tmp_path)) == 2
        raise failure

    with pytest.raises(failure):
        replace_file(path, chunks())
    assert_untouched(path)


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_at_the_end_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, step, failure
):
    path = tmp_path / "m"
    path.write_bytes(b"old")

    def fail(*_):
        raise failure

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(failure):
        model_file.write(path, TENSORS, {})
    monkeypatch.undo()
    assert_untouched(path)


def test_a_failure_without_an_old_file_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        replace_file(tmp_path / "m", ["a str"])
    assert files_in(tmp_path) == []


def test_the_bytes_are_on_disk_before_the_name_changes_and_the_name_after_it(tmp_path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor):
        found = os.fstat(descriptor)
        steps.append(("fsync", "folder" if stat.S_ISDIR(found.st_mode) else found.st_size))
        fsync(descriptor)

    def watched_replace(source, target):
        steps.append(("replace", Path(source).parent == Path(target).parent))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    replace_file(tmp_path / "m", [b"new", b"er"])
    folder = [("fsync", "folder")] if hasattr(os, "O_DIRECTORY") else []
    assert steps == [("fsync", 5), ("replace", True), *folder]


@POSIX_ONLY
def test_a_folder_that_cannot_be_written_to_disk_is_no_failure(tmp_path, monkeypatch):
    fsync = os.fsync

    def refusing_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refusing_folders)
    replace_file(tmp_path / "m", [b"new"])
    assert (tmp_path / "m").read_bytes() == b"new"


# A file that is mounted by itself, as containers do it, cannot be replaced


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """A file of which the system says what it says of a mount point."""
    path, replace = tmp_path / "m", os.replace
    path.write_bytes(b"older and longer")

    def busy(source, target):
        if Path(target).name == "m":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(source), None, str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    return path


def test_what_cannot_be_replaced_is_written_in_place(mounted):
    inode = mounted.stat().st_ino
    check_writable(mounted)
    assert mounted.read_bytes() == b"older and longer"
    replace_file(mounted, [b"new"])
    assert mounted.read_bytes() == b"new"
    assert mounted.stat().st_ino == inode
    assert files_in(mounted.parent) == ["m"]


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_failure_in_place_keeps_what_was_to_be_written(mounted, monkeypatch, failure):
    fsync, inode = os.fsync, mounted.stat().st_ino

    def fail(descriptor):
        if os.fstat(descriptor).st_ino == inode:
            raise failure
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(failure)) as caught:
        replace_file(mounted, [b"new"])
    (kept,) = set(mounted.parent.iterdir()) - {mounted}
    assert kept.read_bytes() == b"new"
    assert kept.name.startswith("m.")
    if isinstance(failure, OSError):
        assert caught.value.strerror == f"No space left; what should be there is in {str(kept)!r}"
        assert caught.value.filename == os.path.realpath(mounted)


def test_a_success_replaces_the_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old" * 1000)
    replace_file(path, [b"ne", b"", memoryview(b"w")])
    assert path.read_bytes() == b"new"
    assert files_in(tmp_path) == ["m"]


def test_a_plain_name_is_written_to_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    replace_file("m", [b"new"])
    assert files_in(tmp_path) == ["m"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path, exists):
    target = tmp_path / "elsewhere" / "m"
    target.parent.mkdir()
    if exists:
        target.write_bytes(b"old")
    link = tmp_path / "link"
    try:
        link.symlink_to(Path("elsewhere", "m"))
    except OSError:
        pytest.skip("symbolic links are not allowed here")
    replace_file(link, [b"new"])
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert files_in(target.parent) == ["m"]
    assert files_in(tmp_path) == ["elsewhere", "link"]


@POSIX_ONLY
def test_a_loop_of_symbolic_links_is_an_os_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        replace_file(tmp_path / "a", [b"new"])
    assert files_in(tmp_path) == ["a", "b"]


@POSIX_ONLY
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_permissions_of_open(tmp_path, umask):
    before = os.umask(umask)
    try:
        replace_file(tmp_path / "m", [b"new"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == 0o666 & ~umask


@POSIX_ONLY
def test_an_existing_file_keeps_its_permissions_from_the_first_byte(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    path.chmod(0o600)

    def chunks():
        (temporary,) = set(tmp_path.iterdir()) - {path}
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        yield b"new"

    replace_file(path, chunks())
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@POSIX_ONLY
def test_an_existing_file_keeps_its_owner_from_the_first_byte(tmp_path, monkeypatch):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    given, steps = path.stat(), []
    monkeypatch.setattr(os, "chown", lambda *owner: steps.append(owner[1:]))
    monkeypatch.setattr(
        "nnref.common.files._existing",
        lambda _: os.stat_result([*given[:4], given.st_uid + 1, given.st_gid + 2, *given[6:]]),
    )

    def chunks():
        assert steps == [(-1, given.st_gid + 2), (given.st_uid + 1, -1)]
        yield b"new"

    replace_file(path, chunks())
    assert path.read_bytes() == b"new"


@POSIX_ONLY
def test_a_file_of_another_users_can_still_be_replaced(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    try:
        os.chown(path, 12345, 54321)
    except PermissionError:
        pytest.skip("only root gives files away")
    replace_file(path, [b"new"])
    assert path.read_bytes() == b"new"
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


def test_a_write_protected_file_is_refused(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    path.chmod(0o444)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write to every file")
    with pytest.raises(PermissionError, match="m'"):
        replace_file(path, [b"new"])
    assert_untouched(path)
    path.chmod(0o644)


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "m").mkdir()
    with pytest.raises(ModelFileError, match="got a folder or device"):
        replace_file(tmp_path / "m", [b"new"])
    assert files_in(tmp_path) == ["m"]


@pytest.mark.parametrize("end", ["/", "/.", f"{os.sep}"])
def test_the_name_of_a_folder_is_refused_where_there_is_none(tmp_path, end):
    for write in (lambda path: replace_file(path, [b"new"]), check_writable):
        with pytest.raises(ModelFileError, match="new': got a folder or device, wants the name of"):
            write(f"{tmp_path / 'new'}{end}")
    assert files_in(tmp_path) == []


@POSIX_ONLY
@pytest.mark.parametrize(
    "read",
    [open_file, nnref.NeuralNetwork.load, nnfast.NeuralNetwork.load, load_json],
)
def test_a_pipe_or_device_is_not_read(tmp_path, read):
    """Nobody writes into the pipe: to open it would block for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ModelFileError, match="got a pipe or device, wants a file") as caught:
            read(path)
        assert str(caught.value).startswith(f"{os.fspath(path)!r}: ")


@POSIX_ONLY
def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "m")
    with pytest.raises(ModelFileError, match="got a folder or device"):
        replace_file(tmp_path / "m", [b"new"])
    assert stat.S_ISFIFO((tmp_path / "m").stat().st_mode)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        replace_file(tmp_path / "none" / "m", [b"new"])
    named = Path(caught.value.filename)
    assert named.name == "none"
    assert named.parent.samefile(tmp_path)
