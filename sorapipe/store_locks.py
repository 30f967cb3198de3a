"""Who uses a store just now, by locks that the kernel frees when their process ends.

    ROOT/.lock     shared by all runs; had alone by what removes things
    ROOT/leases    a byte of it for each take that a run is rendering

A lease is a lock on one byte, at a place that the fingerprint chooses, in a file that stays empty:
it costs a system call, and neither a descriptor nor a file a take. Such locks are the process's: it
is other processes that they hold off, and a second `Leases` in one process would break the first.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sorapipe.errors import HeldElsewhere, StorageError
from sorapipe.files import make_dirs, refusals

_BUSY = frozenset((errno.EAGAIN, errno.EACCES))


class Leases:
    """The takes that this process alone may render, of all that use that store."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._fd: int | None = None
        self._able = True
        self._held: set[str] = set()

    def take(self, fingerprint: str) -> bool:
        """Whether the take is ours from here on; False where another process renders it.

        Where nothing can be locked everybody has what he asks for: a lease saves money, and losing
        it breaks nothing.
        """
        if fingerprint in self._held or not self._able:
            return True
        try:
            fcntl.lockf(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(fingerprint))
        except (OSError, StorageError) as error:
            if isinstance(error, OSError) and error.errno in _BUSY:
                return False
            self._able = False
            return True
        self._held.add(fingerprint)
        return True

    def release(self, fingerprint: str) -> None:
        """Give it back; nothing happens where it is not held."""
        if fingerprint in self._held and self._fd is not None:
            self._held.discard(fingerprint)
            with suppress(OSError):  # it ends with the process in any case
                fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, _place(fingerprint))

    def close(self) -> None:
        """Give all of them back."""
        self._held.clear()
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with suppress(OSError):
                os.close(fd)

    def _opened(self) -> int:
        if self._fd is None:
            make_dirs(self._root)
            self._fd = _open(self._root / "leases")
        return self._fd


def _place(fingerprint: str) -> int:
    """Where its byte is. Two that met there, once in four million million million, would wait."""
    return int.from_bytes(hashlib.sha256(fingerprint.encode()).digest()[:8]) >> 2


@contextmanager
def shared(root: Path) -> Iterator[None]:
    """Inside the block nothing is removed from that store, if it can be locked at all.

    Raises HeldElsewhere.
    """
    fd = None
    with suppress(StorageError):  # one that can only be read is nobody's to remove from
        fd = lock(root, alone=False)
    try:
        yield
    finally:
        _close(fd)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Inside the block nobody else uses that store. Raises HeldElsewhere, StorageError."""
    fd = lock(root, alone=True)
    try:
        yield
    finally:
        _close(fd)


def _close(fd: int | None) -> None:
    if fd is not None:
        with suppress(OSError):  # the kernel frees it in any case
            os.close(fd)


def lock(root: Path, *, alone: bool) -> int | None:
    """The descriptor that holds the store until it is closed: with others, or alone.

    None where the file system cannot lock, and it is to be shared.

    Raises:
        HeldElsewhere: somebody uses it, or has it alone; nobody is waited for.
        StorageError: it cannot be locked.
    """
    path = root / ".lock"
    with refusals(path):
        fd = _open(path)
        try:
            fcntl.flock(fd, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            if error.errno in _BUSY:
                raise _held(root, alone=alone) from None
            if alone:
                what = "its file system cannot lock files"
                raise StorageError(str(root), what, "remove it as a whole, or leave it") from error
            return None
    return fd


def _held(root: Path, *, alone: bool) -> HeldElsewhere:
    if alone:
        return HeldElsewhere(str(root), "a run uses it", "wait for the run, or stop it")
    return HeldElsewhere(str(root), "'sorapipe store gc' has it alone", "wait until that has ended")


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with refusals(path):
        fd = os.open(path, flags, 0o666)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise StorageError(str(path), "is not a regular file", "move it away")
        return fd
