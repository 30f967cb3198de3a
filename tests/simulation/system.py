"""The operating system's functions, led to the simulated machine for paths and files that are its.

Production code is not changed for this: pathlib, the ledger, the store and the lock all end in
functions of `os`, `io` and `fcntl`, and it is those that are replaced, once for a whole batch.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

from tests.simulation.disk import FIRST_FD, Disk
from tests.simulation.nodes import ROOT, Folder, Status, refuse

Seen = Callable[[str, str], None]


class Machine:
    """What the functions below work on: a disk, and who is told of every change before it happens.

    `seen(what, path)` may raise: then the change does not happen, or, for a write, only half.
    """

    disk: Disk
    chance: Any

    def seen(self, what: str, path: str) -> None:
        """A change is about to happen. Raises Dead, OSError."""
        raise NotImplementedError

    def alive(self) -> None:
        """Raises Dead where the process is dead already."""
        raise NotImplementedError

    def half_written(self) -> bool:
        """Whether a write that was stopped by `seen` left some of its bytes."""
        raise NotImplementedError


_machine: list[Machine] = []
_real = {name: getattr(os, name) for name in dir(os) if callable(getattr(os, name))}
_io_open = io.open
_flock = fcntl.flock
_lockf = fcntl.lockf


@contextlib.contextmanager
def on(machine: Machine) -> Iterator[None]:
    """Inside the block all simulated paths are on that machine."""
    _machine.append(machine)
    try:
        yield
    finally:
        _machine.pop()


def _ours(path: Any) -> str | None:
    """The path as text if it is a simulated one."""
    if isinstance(path, int | bytes):
        return None
    text = path if type(path) is str else os.fspath(path)
    return text if isinstance(text, str) and text.startswith(ROOT) else None


def _at(machine: Machine, fd: int) -> str:
    return machine.disk.opened(fd).path


def _open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    ours = _ours(path)
    if ours is None:
        return int(_real["open"](path, flags, mode, dir_fd=dir_fd))
    machine = _machine[-1]
    machine.seen("open" if flags & os.O_CREAT else "look", ours)
    return machine.disk.open(ours, flags)


def _close(fd: int) -> None:
    if fd < FIRST_FD:
        _real["close"](fd)
        return
    machine = _machine[-1]
    machine.alive()
    machine.disk.close(fd)


def _read(fd: int, length: int) -> bytes:
    if fd < FIRST_FD:
        return bytes(_real["read"](fd, length))
    opened, _ = _machine[-1].disk.bytes_of(fd)
    data = _pread(fd, length, opened.at)
    opened.at += len(data)
    return data


def _pread(fd: int, length: int, offset: int) -> bytes:
    if fd < FIRST_FD:
        return bytes(_real["pread"](fd, length, offset))
    machine = _machine[-1]
    machine.alive()
    _, file = machine.disk.bytes_of(fd)
    return bytes(file.data[offset : offset + length])


def _write(fd: int, data: Any) -> int:
    if fd < FIRST_FD:
        return int(_real["write"](fd, data))
    machine = _machine[-1]
    try:
        machine.seen("write", _at(machine, fd))
    except BaseException:
        # A process that dies or a disk that fails in the middle of a write leaves half of it.
        if machine.half_written() and len(data) > 1:
            machine.disk.write(fd, bytes(data)[: machine.chance.randrange(len(data))])
        raise
    return machine.disk.write(fd, data)


def _sync(fd: int) -> None:
    if fd < FIRST_FD:
        _real["fsync"](fd)
        return
    machine = _machine[-1]
    try:
        machine.seen("sync", _at(machine, fd))
    except OSError:
        machine.disk.sync(fd, fails=True)
    machine.disk.sync(fd)


def _ftruncate(fd: int, length: int) -> None:
    if fd < FIRST_FD:
        _real["ftruncate"](fd, length)
        return
    machine = _machine[-1]
    machine.seen("truncate", _at(machine, fd))
    machine.disk.truncate(fd, length)


def _fstat(fd: int) -> Any:
    if fd < FIRST_FD:
        return _real["fstat"](fd)
    machine = _machine[-1]
    machine.alive()
    return machine.disk.status(machine.disk.opened(fd).node)


def _stat(path: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> Any:
    if isinstance(path, int):
        return _fstat(path)
    ours = _ours(path)
    if ours is None:
        return _real["stat"](path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
    return _status(ours)


def _lstat(path: Any, *, dir_fd: int | None = None) -> Any:
    ours = _ours(path)
    return _real["lstat"](path, dir_fd=dir_fd) if ours is None else _status(ours)


def _status(path: str) -> Status:
    machine = _machine[-1]
    machine.alive()
    return machine.disk.status(machine.disk.find(path))


def _named(what: str, change: Callable[[Disk, str, str], None]) -> Callable[..., None]:
    def step(source: Any, target: Any, **more: Any) -> None:
        ours = _ours(source)
        if ours is None:
            _real[what](source, target, **more)
            return
        machine = _machine[-1]
        machine.seen(what, os.fspath(target))
        change(machine.disk, ours, os.fspath(target))

    return step


def _unlink(path: Any, *, dir_fd: int | None = None) -> None:
    ours = _ours(path)
    if ours is None:
        _real["unlink"](path, dir_fd=dir_fd)
        return
    _machine[-1].seen("unlink", ours)
    _machine[-1].disk.remove(ours)


def _mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
    ours = _ours(path)
    if ours is None:
        _real["mkdir"](path, mode, dir_fd=dir_fd)
        return
    _machine[-1].seen("mkdir", ours)
    _machine[-1].disk.make_folder(ours)


def _listdir(path: Any = ".") -> list[str]:
    ours = _ours(path)
    if ours is None:
        return list(_real["listdir"](path))
    _machine[-1].alive()
    node = _machine[-1].disk.find(ours)
    if not isinstance(node, Folder):
        raise refuse(errno.ENOTDIR, ours)
    return list(node.names)


def _copy_range(source: int, target: int, count: int, *more: Any) -> int:
    if source < FIRST_FD:
        return int(_real["copy_file_range"](source, target, count, *more))
    raise refuse(errno.EOPNOTSUPP, "copy_file_range")


def _lock(fd: Any, flags: int) -> None:
    if not isinstance(fd, int) or fd < FIRST_FD:
        _flock(fd, flags)
        return
    machine = _machine[-1]
    machine.seen("lock", _at(machine, fd))
    machine.disk.lock(fd, flags)


def _lock_bytes(fd: Any, flags: int, *more: Any) -> None:
    """A lock on bytes is for other processes, and here one is alive at a time."""
    if not isinstance(fd, int) or fd < FIRST_FD:
        _lockf(fd, flags, *more)
        return
    machine = _machine[-1]
    machine.alive()
    machine.disk.opened(fd)


class _Bytes(io.BytesIO):
    """A file that is read as a whole."""

    def __init__(self, data: bytes, fd: int) -> None:
        super().__init__(data)
        self._fd = fd

    def fileno(self) -> int:
        """Its descriptor."""
        return self._fd

    def close(self) -> None:
        """Close it, and the descriptor."""
        if not self.closed and self._fd in _machine[-1].disk.open_files:
            _machine[-1].disk.close(self._fd)
        super().close()


def _fopen(path: Any, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
    ours = None if isinstance(path, int) else _ours(path)
    if ours is None:
        return _io_open(path, mode, buffering, *more, **named)
    assert mode in ("r", "rb"), f"the simulated disk opens {mode} by descriptor only"
    machine = _machine[-1]
    machine.seen("look", ours)
    data = bytes(machine.disk.file(ours).data)
    if mode == "rb":
        return _Bytes(data, machine.disk.open(ours, os.O_RDONLY))
    encoding, errors = (*more, "utf-8", None)[:2] if more else ("utf-8", None)
    how = named.get("encoding") or encoding, named.get("errors") or errors or "strict"
    return io.StringIO(data.decode(*how))


@contextlib.contextmanager
def replaced() -> Iterator[None]:
    """Inside the block simulated paths and descriptors go to the machine that is `on`."""
    functions: dict[str, Any] = {
        "open": _open,
        "close": _close,
        "read": _read,
        "pread": _pread,
        "write": _write,
        "fsync": _sync,
        "fdatasync": _sync,
        "ftruncate": _ftruncate,
        "fstat": _fstat,
        "stat": _stat,
        "lstat": _lstat,
        "replace": _named("replace", Disk.move),
        "rename": _named("rename", Disk.move),
        "link": _named("link", Disk.link),
        "unlink": _unlink,
        "mkdir": _mkdir,
        "listdir": _listdir,
        "copy_file_range": _copy_range,
    }
    with contextlib.ExitStack() as stack:
        for name, function in functions.items():
            if hasattr(os, name):
                stack.enter_context(patch.object(os, name, function))
        stack.enter_context(patch.object(io, "open", _fopen))
        stack.enter_context(patch.object(fcntl, "flock", _lock))
        stack.enter_context(patch.object(fcntl, "lockf", _lock_bytes))
        yield
