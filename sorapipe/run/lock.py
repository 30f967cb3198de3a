"""The lock's file: `NAME.lock` beside `NAME.yaml`."""

from __future__ import annotations

from pathlib import Path

from sorapipe.core.lock import Lock
from sorapipe.core.lock_text import BadLock, parse, text_of
from sorapipe.errors import UsageError
from sorapipe.files import refusals, write_atomically


class NotOurs(UsageError):
    """A file that has the name of the lock, and was written by something else: `flake.lock`."""


def lock_path(storyboard: Path) -> Path:
    """Where the lock of that storyboard lies, or would.

    Raises:
        UsageError: the storyboard itself has that name.
    """
    path = storyboard.with_suffix(".lock")
    if path == storyboard:
        what = "a storyboard cannot have the name of a lock"
        raise UsageError(str(storyboard), what, "name it such as film.yaml")
    return path


def read_lock(path: Path) -> Lock | None:
    """The lock in that file; None where there is none.

    Raises:
        UsageError: it is no lock (NotOurs), or a merge broke it; with its line.
        StorageError: it cannot be read.
    """
    with refusals(path):
        try:
            raw = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
    if raw.strip() and b'"takes"' not in raw:
        fix = "give the storyboard another name, or move that file away"
        raise NotOurs(str(path), "is no lock of a storyboard", fix)
    try:
        return parse(raw.decode("utf-8"))
    except BadLock as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        raise UsageError(where, error.what, error.fix) from None
    except UnicodeDecodeError:
        raise UsageError(str(path), "is not UTF-8", "restore it, as from git") from None


def write_lock(path: Path, lock: Lock) -> None:
    """Put the lock there in one step; a file that says the same is left alone.

    Raises:
        StorageError: it could not be written.
    """
    data = text_of(lock).encode("utf-8", "backslashreplace")  # half a character, as JSON has it
    with refusals(path):
        try:
            if path.read_bytes() == data:
                return
        except FileNotFoundError:
            pass
    write_atomically(path, data)
