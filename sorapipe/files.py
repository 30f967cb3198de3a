"""Files that are there whole or not at all, also after a power cut, and a refusing disk in words.

Every function here blocks; asynchronous code calls it in a thread. Refusals are `StorageError`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from sorapipe.errors import StorageError

_ADVICE = {
    errno.ENOSPC: ("no space left on device", "free some space, then run again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, then run again"),
    errno.EROFS: ("the file system is read-only", "choose a folder that can be written"),
    errno.EACCES: ("permission denied", "make it accessible to this user"),
    errno.EPERM: ("the system does not permit it", "make it accessible to this user"),
    errno.EIO: ("the disk reports an I/O error", "check the disk before running again"),
    errno.EMFILE: ("too many open files", "raise the limit (ulimit -n) or lower --concurrency"),
    errno.ENFILE: ("too many open files on this machine", "close some programs, then run again"),
    errno.ENOENT: ("it, or its folder, was removed", "leave the folder in place, then run again"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "move that file away"),
    errno.EEXIST: ("a file stands where a folder is needed", "move that file away"),
    errno.EISDIR: ("a folder stands where a file is needed", "move that folder away"),
    errno.ELOOP: ("it is a symbolic link", "put a real file or folder there"),
    errno.EFBIG: ("the file is larger than allowed", "raise the limit (ulimit -f), then run again"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
}

_LOCAL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE))
# copy_file_range says one of these where it cannot help; plain reading and writing can.
_NO_RANGE_COPY = frozenset(
    (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.ETXTBSY)
)
_CHUNK = 1 << 20
_DAY = 86_400.0
_TEMPORARY = re.compile(r"\.sorapipe-(\d+)-[0-9a-f]+\.tmp")


def refused(error: OSError) -> bool:
    """Whether that is this machine's disk, or a limit of it, and no fault of ours."""
    return error.errno in _LOCAL


def storage_error(path: Path | str, error: OSError) -> StorageError:
    """That refusal of the operating system, in words and with advice."""
    reason = (os.strerror(error.errno) if error.errno else str(error)).lower()
    what, fix = _ADVICE.get(error.errno or 0, (reason, "check the disk, then run again"))
    return StorageError(str(path), what, fix)


class refusals:  # noqa: N801 - it is used as contextlib's are; a class costs a third of those
    """Turn what the operating system refuses inside the block into a `StorageError` at `path`."""

    __slots__ = ("_path",)

    def __init__(self, path: Path | str) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing is needed."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OSError):
            raise storage_error(self._path, error) from error


def write_all(fd: int, data: bytes | bytearray | memoryview) -> None:
    """Write every byte; a kernel may take fewer than it was given. Raises OSError."""
    rest = memoryview(data)
    while rest:
        written = os.write(fd, rest)
        if not written:  # never seen on a regular file; would loop for ever
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[written:]


def sync(fd: int) -> None:
    """Return once the file's bytes are on the medium. Raises OSError, after which never retry.

    A kernel that failed to write pages may call them clean, so a second fsync would lie.
    """
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: its fsync stops at the drive's cache
    if full is not None:
        with suppress(OSError):  # network file systems have no such thing; fsync is their best
            fcntl.fcntl(fd, full)
            return
    getattr(os, "fdatasync", os.fsync)(fd)


def fsync_dir(folder: Path) -> None:
    """Make the names in a folder durable: a rename is not, until its folder is synced."""
    with refusals(folder):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno != errno.EINVAL:  # some network file systems cannot, and need not
                raise
        finally:
            os.close(fd)


def make_dirs(folder: Path) -> None:
    """Create a folder with the parents that it lacks, each of them durable."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_dirs(folder.parent)
    with refusals(folder):
        try:
            folder.mkdir()
        except FileExistsError:
            if not folder.is_dir():  # otherwise another process was faster
                raise
    fsync_dir(folder.parent)


class Temporary:
    """A new file that appears under its real name whole, or never.

    Leaving the block without `keep` discards it. Its own name is short and its mode is what the
    umask says: O_EXCL keeps a planted link out, and a half-written file is no greater secret than
    the whole one.
    """

    def __init__(self, folder: Path) -> None:
        make_dirs(folder)
        self._folder = folder
        self.path = folder / f".sorapipe-{os.getpid()}-{secrets.token_hex(6)}.tmp"
        self._open = True
        with refusals(folder):
            self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes."""
        with refusals(self._folder):
            write_all(self.fd, data)

    def keep(self, target: Path) -> None:
        """Make the bytes durable, then the name: `target` is replaced in one step."""
        with refusals(target):
            sync(self.fd)
            self.path.replace(target)
            self._close()
        fsync_dir(target.parent)

    def keep_new(self, target: Path) -> bool:
        """As `keep`, unless `target` is there already: then say False and change nothing."""
        with refusals(target):
            sync(self.fd)
            try:
                os.link(self.path, target)
            except FileExistsError:
                return False
        fsync_dir(target.parent)
        return True

    def discard(self) -> None:
        """Remove the file; nothing happens where it was kept or discarded before."""
        if self._open:
            self._close()
            with suppress(OSError):  # the folder may be gone, or just turned read-only
                self.path.unlink()

    def _close(self) -> None:
        if not self._open:  # a thread that was still keeping it, as its task was stopped
            return
        self._open = False
        with suppress(OSError):  # what is kept was synced before, and the rest is thrown away
            os.close(self.fd)

    def __enter__(self) -> Temporary:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.discard()


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, durably and in one step; its folder is created where missing."""
    with Temporary(path.parent) as temporary:
        temporary.write(data)
        temporary.keep(path)


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file, durably and in one step; a reflink where the file system can."""
    with Temporary(target.parent) as temporary:
        copy_into(source, temporary)
        temporary.keep(target)


def copy_into(source: Path, temporary: Temporary) -> None:
    """Append a file's bytes to a temporary one, inside the kernel where that works."""
    with refusals(source):
        reading = os.open(source, os.O_RDONLY)
    try:
        with refusals(temporary.path.parent):
            _copy_range(reading, temporary.fd)
        while True:
            with refusals(source):
                chunk = os.read(reading, _CHUNK)
            if not chunk:
                return
            temporary.write(chunk)
    finally:
        with suppress(OSError):  # it was only read
            os.close(reading)


def _copy_range(reading: int, writing: int) -> None:
    """Copy as far as the kernel will; both offsets stand where it stopped."""
    copy = getattr(os, "copy_file_range", None)  # Linux has it
    while copy is not None:
        try:
            if not copy(reading, writing, _CHUNK << 6):
                return
        except OSError as error:
            if error.errno in _NO_RANGE_COPY:
                return
            raise


def sweep(folder: Path, now: float) -> None:
    """Remove the temporary files that dead processes left in a folder more than a day ago.

    `now` is wall time in seconds since the epoch, best by the clock of that file system.
    """
    # Tidying is not worth a failure, and two processes may do it at once.
    with suppress(OSError, StorageError):
        for path in leftovers(folder):
            if now - path.stat().st_mtime > _DAY:
                path.unlink()


def leftovers(folder: Path) -> list[Path]:
    """The temporary files of processes that this machine has no more, in a folder that it has.

    Raises:
        StorageError: the folder is there and cannot be read.
    """
    with refusals(folder):
        try:
            found = ((path, _TEMPORARY.fullmatch(path.name)) for path in sorted(folder.iterdir()))
            return [path for path, match in found if match and not process_alive(int(match[1]))]
        except (FileNotFoundError, NotADirectoryError):
            return []


def process_alive(pid: int) -> bool:
    """Whether this machine has a process with that number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return pid > 0


def names(folder: Path) -> list[str]:
    """What lies in the folder, in a fixed order; nothing where it is not there.

    Raises:
        StorageError: it could not be read, or is no folder.
    """
    with refusals(folder):
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is wanted
        except FileNotFoundError:
            return []
