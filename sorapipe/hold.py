"""One writer for each output folder, by a lock that the kernel frees when its process ends."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from sorapipe.clock import Clock, stamp
from sorapipe.errors import HeldElsewhere, StorageError, UsageError
from sorapipe.files import make_dirs, process_alive, refusals, storage_error, write_all

_NO_LOCKS = frozenset((errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP))
_MOUNTS = Path("/proc/mounts")  # Linux has it
# File systems over a network, and the options with which their locks do not reach other machines.
_NFS = frozenset(("nolock", "local_lock=flock", "local_lock=all"))
_SMB = frozenset(("nobrl", "nolock"))
_SHARED = {"nfs": _NFS, "nfs4": _NFS, "cifs": _SMB, "smb3": _SMB}
_ALONE = {"9p", "virtiofs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.davfs"}
_LOOKS = 50  # times 10 ms: how long a holder may take to write its name


class Hold:
    """The right to write in `folder`, as a context manager.

    Entering raises HeldElsewhere, StorageError, or UsageError where the folder is a file. The lock
    is `FOLDER/.lock`; it is never unlinked, since a second process could then lock another file of
    that name. Children started by exec do not inherit it; a forked one would.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._fd: int | None = None

    def __enter__(self) -> Hold:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock now or raise; the folder is created where it is missing."""
        _refuse_file(self._folder)
        make_dirs(self._folder)
        fd = _open(self._folder / ".lock")
        try:
            self._lock(fd)
            with refusals(self._folder / ".lock"):
                _sign(fd, self._clock)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with suppress(OSError):  # a full or vanished disk must not keep the lock
                os.ftruncate(fd, 0)  # so that nobody reads the name of one who has left
            with suppress(OSError):  # the kernel frees it in any case
                os.close(fd)

    def _lock(self, fd: int) -> None:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldElsewhere(
                str(self._folder), f"held by {_holder(fd)}", "wait for it, or stop it"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise storage_error(self._folder, error) from error
            raise StorageError(
                str(self._folder),
                "its file system cannot lock files",
                "give --out a folder on a local disk",
            ) from error


def holder(folder: Path) -> tuple[int, str] | None:
    """Who holds that folder, by its own word: its pid, and since when (ISO 8601 in UTC).

    Only looks. Whoever was killed holds it no more, as far as this machine can tell.
    """
    try:
        note = _note((folder / ".lock").read_bytes()[:1000])
    except OSError:
        return None
    return None if note is None else (int(str(note["pid"])), str(note["since"]))


def weak_lock(folder: Path, mounts: str | None = None) -> str | None:
    """Why a hold of that folder keeps out this machine's runs alone, in words; else None.

    `mounts` is the text of /proc/mounts. Where the system has no such file, nobody knows.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
        except OSError:
            return None
    place, kind, options = "", "", ""
    real = f"{folder.resolve()}/"
    for line in mounts.splitlines():  # hundreds where containers run: as text, not as paths
        _, where, *rest = line.split(" ")
        path = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), where)
        point = f"{path.rstrip('/')}/"
        if real.startswith(point) and len(point) >= len(place):
            # Of two at one place the later hides the first.
            place, (kind, options) = point, rest[:2]
    if kind in _ALONE or not _SHARED.get(kind, frozenset()).isdisjoint(options.split(",")):
        return f"its file system ({kind}) keeps locks on this machine alone"
    return None


def _refuse_file(folder: Path) -> None:
    for path in (folder, *folder.parents):
        if path.exists():
            if not path.is_dir():
                raise UsageError(str(path), "is a file, not a folder", "name a folder with --out")
            return


def _open(path: Path) -> int:
    with refusals(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise StorageError(str(path), "is not a regular file", "move it away")
        return fd


def _sign(fd: int, clock: Clock) -> None:
    note = {"pid": os.getpid(), "host": socket.gethostname(), "since": stamp(clock.now())}
    os.ftruncate(fd, 0)
    write_all(fd, json.dumps(note).encode() + b"\n")


def _holder(fd: int) -> str:
    """Who holds the lock, in words. The winner locks first and signs a moment later."""
    for _ in range(_LOOKS):
        note = _note(os.pread(fd, 1000, 0))
        if note is not None:
            return "pid {pid} on {host} since {since}".format(**note)
        time.sleep(0.01)  # the machine's own: a faked clock would not let the winner move on
    return "another process"


def _note(text: bytes) -> dict[str, object] | None:
    """The note of a holder; None where it is unfinished or left behind by one that was killed."""
    try:
        note = json.loads(text)
        pid, host, _ = note["pid"], note["host"], note["since"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(pid, int) or (host == socket.gethostname() and not process_alive(pid)):
        return None
    return dict(note)
