"""Is a file that cannot be written refused before the work, as it would be after it?"""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nnref.common.files import check_writable, replace_file


def make_pipe(path: Path) -> None:
    if os.name != "posix":
        pytest.skip("pipes are files on POSIX only")
    os.mkfifo(path / "m")


PLACES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a folder": ("m", lambda folder: (folder / "m").mkdir()),
    "a pipe": ("m", make_pipe),
    "no such folder": ("no/m", lambda folder: None),
    "a file as folder": ("m/n", lambda folder: (folder / "m").touch()),
    "a loop of links": ("m", lambda folder: (folder / "m").symlink_to("m")),
    "too long a name": ("m" * 300, lambda folder: None),
    "no name that a file can have": ("m\0", lambda folder: None),
}


@pytest.mark.parametrize(("name", "prepare"), PLACES.values(), ids=PLACES.keys())
def test_what_cannot_be_written_is_known_before(
    tmp_path: Path, name: str, prepare: Callable[[Path], object]
) -> None:
    prepare(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises((OSError, ValueError)) as after_the_work:
        replace_file(tmp_path / name, [b"new"])
    with pytest.raises(after_the_work.type) as refused:
        check_writable(tmp_path / name)
    assert str(refused.value) == str(after_the_work.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_write_protected_file_is_known_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m").touch()
    # Not chmod: root may write to every file.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="m'"):
        check_writable(tmp_path / "m")


@pytest.mark.parametrize("write", [check_writable, lambda path: replace_file(path, [b"new"])])
def test_on_a_read_only_disk_the_error_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    # Linux refuses to remove a file there even if it does not exist.
    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="Read-only") as caught:
        write(tmp_path / "m")
    assert caught.value.filename == os.path.realpath(tmp_path / "m")


@pytest.mark.parametrize("content", [None, b"old"])
def test_what_can_be_written_is_left_as_it_is(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "m"
    if content is not None:
        path.write_bytes(content)
    check_writable(path)
    assert list(tmp_path.iterdir()) == ([] if content is None else [path])
    assert content is None or path.read_bytes() == content
