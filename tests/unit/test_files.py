"""Durable files."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sorapipe.errors import StorageError
from sorapipe.files import (
    Temporary,
    copy_atomically,
    make_dirs,
    process_alive,
    refusals,
    sweep,
    write_atomically,
)


def test_write(tmp_path: Path) -> None:
    """A file appears with its bytes and the usual mode, its folders too, and nothing else stays."""
    path = tmp_path / "a" / "b" / "film.lock"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    assert list(path.parent.iterdir()) == [path]


def test_longest_name(tmp_path: Path) -> None:
    """A name may be as long as the file system allows; the temporary one is short."""
    path = tmp_path / ("n" * 251 + ".mp4")
    write_atomically(path, b"film")
    assert path.read_bytes() == b"film"


def test_link_is_replaced(tmp_path: Path) -> None:
    """Where a symbolic link stands, the link is replaced and what it points to is left alone."""
    aim = tmp_path / "aim"
    aim.write_bytes(b"mine")
    link = tmp_path / "link"
    link.symlink_to(aim)
    write_atomically(link, b"new")
    assert (aim.read_bytes(), link.read_bytes(), link.is_symlink()) == (b"mine", b"new", False)


def test_discarded(tmp_path: Path) -> None:
    """A block that ends before `keep` leaves the old file and no trace of the new one."""
    path = tmp_path / "film"
    path.write_bytes(b"old")
    with Temporary(tmp_path) as temporary:
        temporary.write(b"half")
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
def test_copy(tmp_path: Path, size: int) -> None:
    """A copy has the same bytes and is no hard link."""
    source = tmp_path / "source"
    source.write_bytes(os.urandom(size))
    target = tmp_path / "deep" / "target"
    copy_atomically(source, target)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_nlink == 1
    assert not target.samefile(source)


def test_copy_where_the_kernel_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel stops copying between two file systems, the rest is read and written."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"0123456789")

    def once(reading: int, writing: int, _count: int) -> int:
        if os.lseek(reading, 0, os.SEEK_CUR):
            raise OSError(errno.EXDEV, "")
        return os.write(writing, os.read(reading, 4))

    monkeypatch.setattr(os, "copy_file_range", once, raising=False)
    copy_atomically(source, target)
    assert target.read_bytes() == b"0123456789"


def test_copy_of_nothing(tmp_path: Path) -> None:
    """A source that is missing is named, and the target stays as it was."""
    target = tmp_path / "target"
    target.write_bytes(b"old")
    with pytest.raises(StorageError, match="source: it, or its folder, was removed"):
        copy_atomically(tmp_path / "source", target)
    assert target.read_bytes() == b"old"


def test_folder_and_file_mixed_up(tmp_path: Path) -> None:
    """A file where a folder is needed, and a folder where a file is, are told with advice."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="file: a file stands where a folder is needed; move"):
        make_dirs(tmp_path / "file")
    with pytest.raises(StorageError, match="a file stands where a folder is needed"):
        make_dirs(tmp_path / "file" / "more")
    with pytest.raises(StorageError, match="folder: a folder stands where a file is needed"):
        write_atomically(tmp_path / "folder", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "film: no space left on device; free some space, then run again"),
        (errno.EROFS, "film: the file system is read-only; choose a folder that can be written"),
        (errno.EDQUOT, "film: the disk quota is used up; free some space, then run again"),
        (errno.EDEADLK, "film: resource deadlock avoided; check the disk, then run again"),
    ],
)
def test_refusals(number: int, words: str) -> None:
    """What the system refuses becomes one line: where, what, and what to do."""
    with pytest.raises(StorageError) as caught, refusals("film"):
        raise OSError(number, os.strerror(number))
    assert str(caught.value).lower() == words


def test_real_refusal(tmp_path: Path) -> None:
    """A file that grows over the system's limit is refused, and nothing of it stays."""
    script = (
        "import resource, sys; from pathlib import Path; from sorapipe.files import *\n"
        "from sorapipe.errors import StorageError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomically(Path(sys.argv[1]) / 'film', bytes(5000))\n"
        "except StorageError as error: print(error)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "the file is larger than allowed; raise the limit" in said
    assert list(tmp_path.iterdir()) == []


def test_sweep(tmp_path: Path) -> None:
    """Only temporary files that are old and whose process is gone are swept away."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    now = 1_000_000.0
    for name, age in (
        (f".sorapipe-{gone.pid}-0a.tmp", 90_000),
        (f".sorapipe-{gone.pid}-0b.tmp", 80_000),
        (f".sorapipe-{os.getpid()}-0c.tmp", 90_000),
        ("film.mp4", 90_000),
    ):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (now - age, now - age))
    sweep(tmp_path, now)
    sweep(tmp_path / "missing", now)
    assert sorted(path.name[-6:] for path in tmp_path.iterdir()) == ["0b.tmp", "0c.tmp", "lm.mp4"]
    assert not process_alive(gone.pid)


@pytest.mark.parametrize("kept", [True, False])
def test_a_close_that_fails_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """What is kept was synced before it, and what is thrown away may go as it likes."""
    temporary = Temporary(tmp_path)
    temporary.write(b"bytes")

    def fail(fd: int) -> None:
        monkeypatch.undo()
        os.close(fd)
        raise OSError(errno.EIO, "")

    monkeypatch.setattr(os, "close", fail)  # the first is the file's own
    with temporary:
        if kept:
            temporary.keep(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"] * kept


def test_discarded_by_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that was closed meanwhile belongs to somebody else's file by now: it stays open."""
    temporary, replace, others = Temporary(tmp_path), Path.replace, list[int]()

    def stopped(path: Path, target: Path) -> Path:
        kept = replace(path, target)
        temporary.discard()
        others.append(os.open(tmp_path, os.O_RDONLY))
        return kept

    monkeypatch.setattr(Path, "replace", stopped)
    temporary.keep(tmp_path / "film.mp4")
    assert others == [temporary.fd], "the lowest free number is taken first"
    os.close(others[0])
