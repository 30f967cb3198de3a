"""The ledger: an append-only file of everything that happened, and the only truth about money.

A line (see `ledger_lines`) is whole or it is not there: a torn end was never acknowledged and is
cut off by the next writer; a bad line further up means that something was lost, and stops all
spending.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from sorapipe.clock import Clock, stamp
from sorapipe.errors import LedgerDamaged, StorageError
from sorapipe.files import fsync_dir, refusals, storage_error, sync, write_all, write_atomically
from sorapipe.ledger_lines import VERSION, Event, decode_all, encode, fault_of, is_torn

_Loop = asyncio.AbstractEventLoop
_Batch = list[tuple[bytes, Event, "asyncio.Future[Event]"]]

_OURS = frozenset(("v", "seq", "at", "event", "crc"))
_RESERVE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class History:
    """What a ledger says.

    `events` are those before any damage, as they stand in the file, unless each was handed over
    as it was read; `last` is the number of the last of them. `after` are the readable ones behind
    the damage, good enough to fetch by, not to spend by. `torn` is the unfinished end, and
    `good_bytes` where the good events end in the file.
    """

    events: list[Event]
    after: list[Event]
    damage: LedgerDamaged | None = None
    torn: bytes = b""
    good_bytes: int = 0
    last: int = 0


def read(path: Path, each: Callable[[Event], object] | None = None) -> History:
    """Read a ledger without locking or changing it; a missing one is empty. Raises StorageError.

    `each` is given every good event, in order: none of them is kept beside what it makes of them.
    """
    events: list[Event] = []
    each, torn, last, good = each or events.append, list[bytes](), 0, 0
    with refusals(path), suppress(FileNotFoundError), path.open("rb") as file:
        rows = decode_all(_whole(file, torn))
        for line, event in rows:
            fault = fault_of(event, last + 1)
            if event is None or fault:
                advice = "restore it from a copy; until then nothing new is rendered"
                damage = LedgerDamaged(f"{path}:{last + 1}", fault, advice)
                after = [late for _, late in chain([(line, event)], rows) if late is not None]
                return History(events, after, damage, b"".join(torn), good, last)
            each(event)
            last, good = last + 1, good + len(line)
    return History(events, [], None, b"".join(torn), good, last)


def _whole(lines: Iterable[bytes], torn: list[bytes]) -> Iterator[bytes]:
    """The lines, but for an unfinished last one, which is noted in `torn`."""
    before: list[bytes] = []
    for line in lines:
        yield from before
        before = [line]
    if before and is_torn(before[0]):
        torn += before
    else:
        yield from before


class Ledger:
    """The one writer of a ledger. The caller holds the folder's `Hold` all the while.

    `broken` is why it takes no more events: after a failed write or sync nobody knows what the
    disk has, and a second sync would lie. `reserve_spent` says that the disk was full and only
    the bytes set aside could be written: record what is in flight, and start nothing new.
    """

    def __init__(self, path: Path, clock: Clock, history: History, fd: int, size: int) -> None:
        self.history = history
        self.broken: StorageError | None = None
        self.reserve_spent = False
        self._path = path
        self._clock = clock
        self._fd = fd
        self._size = size
        self._seq = history.last
        self._queue: _Batch = []
        self._flushing: asyncio.Future[None] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    @classmethod
    def open(cls, path: Path, clock: Clock, history: History | None = None) -> Ledger:
        """Repair a torn end, be ready to append; `history` is what `read` gave under the Hold.

        Raises LedgerDamaged, StorageError.
        """
        history = history or read(path)
        if history.damage is not None:
            raise history.damage
        if history.torn:
            write_atomically(_unused(path), history.torn)
        if not _reserve(path).exists():  # random bytes: no file system packs them into nothing
            write_atomically(_reserve(path), os.urandom(_RESERVE_BYTES))
        with refusals(path):
            size = _write_again(path, history.good_bytes)
            fsync_dir(path.parent)
            fd = os.open(path, os.O_RDWR | os.O_APPEND)
        return cls(path, clock, history, fd, size)

    async def append(self, name: str, /, **fields: Any) -> Event:
        """Record an event; returns it, as a reader will see it, once it is durable.

        Events stand in the order of the calls. All that arrive while the disk is busy share one
        write and one sync. Cancelling the caller does not take its event back.
        """
        loop = asyncio.get_running_loop()
        line, event = self._next(name, fields)
        waiter: asyncio.Future[Event] = loop.create_future()
        self._queue.append((line, event, waiter))
        if self._flushing is None:
            self._flushing = loop.create_future()
            loop.call_soon(self._flush, loop)  # later in this tick, with whoever comes till then
        return await waiter

    def append_sync(self, name: str, /, **fields: Any) -> Event:
        """Record an event and return once it is durable; not while `append` is under way."""
        assert self._flushing is None, "append_sync in the middle of append"
        line, event = self._next(name, fields)
        self._commit(line)
        return event

    async def aclose(self) -> None:
        """Wait for the events under way, then close."""
        while self._flushing is not None:
            await asyncio.shield(self._flushing)
        self.close()

    def close(self) -> None:
        """Close the file; what `append` was given is written first. Raises StorageError."""
        self._worker.shutdown()
        fd, left, self._queue = self._fd, self._queue, []
        try:
            if left and self.broken is None:
                self._commit(b"".join(line for line, _, _ in left))
        finally:
            self.broken = self.broken or StorageError(str(self._path), "is closed")
            if fd >= 0:
                self._fd = -1
                with suppress(OSError):  # every event in it was synced
                    os.close(fd)

    def _next(self, name: str, fields: dict[str, Any]) -> tuple[bytes, Event]:
        """The next line and its event as it will be read. Numbers it only if it can be written."""
        if self.broken is not None:
            raise self.broken
        if not _OURS.isdisjoint(fields):
            raise ValueError(f"an event's own field: {sorted(_OURS.intersection(fields))}")
        head = {"v": VERSION, "seq": self._seq + 1, "at": stamp(self._clock.now()), "event": name}
        line, event = encode({**head, **fields})
        self._seq += 1
        return line, event

    def _flush(self, loop: _Loop) -> None:
        batch, self._queue = self._queue, []
        data = b"".join(line for line, _, _ in batch)
        commit = loop.run_in_executor(self._worker, self._commit, data)
        commit.add_done_callback(lambda done: self._wake(loop, batch, done.exception()))

    def _wake(self, loop: _Loop, batch: _Batch, error: BaseException | None) -> None:
        if error is not None:
            batch, self._queue = batch + self._queue, []
        for _, event, waiter in batch:
            if not waiter.done():  # else its caller was cancelled; the line stands all the same
                waiter.set_exception(error) if error is not None else waiter.set_result(event)
        if self._queue:
            self._flush(loop)
        elif self._flushing is not None:
            self._flushing.set_result(None)
            self._flushing = None

    def _commit(self, data: bytes) -> None:
        """Make lines durable, all or none of them acknowledged. Raises StorageError."""
        try:
            with refusals(self._path):
                self._check()
                self._write(data)
                sync(self._fd)
        except StorageError as error:
            self.broken = error
            raise
        self._size += len(data)

    def _write(self, data: bytes) -> None:
        try:
            write_all(self._fd, data)
        except OSError as error:
            with suppress(OSError):  # the next writer would cut the torn line off as well
                os.ftruncate(self._fd, self._size)
            if error.errno != errno.ENOSPC or self.reserve_spent:
                raise
            _reserve(self._path).unlink(missing_ok=True)
            self.reserve_spent = True
            self._write(data)

    def _check(self) -> None:
        """Refuse to write into a file that was removed, or that somebody else wrote to."""
        status = os.fstat(self._fd)
        if not status.st_nlink:
            raise storage_error(self._path, FileNotFoundError(errno.ENOENT, ""))
        if status.st_size != self._size:
            raise StorageError(str(self._path), "was changed by another program", "run again")


def _write_again(path: Path, length: int) -> int:
    """Write the good lines over themselves, cut off what is behind them; how many bytes they are.

    Where the last run's last sync failed, the kernel shows lines that the disk never had and calls
    them clean: only bytes that are written again are synced again.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        lines = os.pread(fd, length, 0).removesuffix(b"\n") + b"\n" if length else b""
        write_all(fd, lines)
        os.ftruncate(fd, len(lines))
        sync(fd)
    finally:
        os.close(fd)
    return len(lines)


def _reserve(path: Path) -> Path:
    """Bytes that a full disk can give back, for the ids of renders in flight."""
    return path.with_suffix(".reserve")


def _unused(path: Path) -> Path:
    names = (path.with_suffix(f".torn-{number}") for number in count(1))
    return next(name for name in names if not name.exists())
