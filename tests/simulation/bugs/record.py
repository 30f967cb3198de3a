"""Bugs of the ledger, the store and what a crash leaves."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any

import sorapipe.core.planner
import sorapipe.core.tally
import sorapipe.files
import sorapipe.ledger
import sorapipe.run.admit
import sorapipe.run.create
import sorapipe.run.fetch
import sorapipe.run.heart
import sorapipe.run.prepare
import sorapipe.run.reconcile
import sorapipe.run.watch
from sorapipe.core.price import ZERO
from sorapipe.core.take import State
from sorapipe.errors import LedgerDamaged, StorageError
from sorapipe.ledger import Ledger
from tests.simulation.bugs.planting import Change, bug


@bug
def the_ledger_is_never_synced() -> list[Change]:
    """The ledger is never synced."""
    return [(sorapipe.ledger, "sync", lambda fd: None)]


@bug
def an_id_is_used_before_it_is_durable() -> list[Change]:
    """An id is used before it is durable."""
    real = Ledger.append

    async def append(self: Ledger, name: str, /, **fields: Any) -> Any:
        if name != "accepted":
            return await real(self, name, **fields)
        import asyncio

        line, event = self._next(name, fields)
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._queue.append((line, event, waiter))
        if self._flushing is None:
            self._flushing = loop.create_future()
            loop.call_later(5.0, self._flush, loop)
        return event

    return [(Ledger, "append", append)]


@bug
def the_intent_is_written_after_the_request() -> list[Change]:
    """The intent is written after the request."""
    real = sorapipe.run.create.send

    async def send(hands: Any, work: Any, image: Any, render: str, before: Any = None) -> Any:
        try:
            return await real(hands, work, image, render)
        finally:
            if before is not None:
                await before()

    return [(sorapipe.run.create, "send", send)]


@bug
def a_torn_tail_is_written_on() -> list[Change]:
    """A torn tail is written on."""
    return [(sorapipe.ledger, "_write_again", _as_it_is)]


def _as_it_is(path: Path, length: int) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        return os.fstat(fd).st_size
    finally:
        os.close(fd)


@bug
def what_a_failed_sync_left_is_trusted() -> list[Change]:
    """What a failed sync left is trusted."""

    def write_again(path: Path, length: int) -> int:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            os.ftruncate(fd, length)
            if length and os.pread(fd, 1, length - 1) != b"\n":
                length += os.write(fd, b"\n")
            os.fsync(fd)
        finally:
            os.close(fd)
        return length

    return [(sorapipe.ledger, "_write_again", write_again)]


@bug
def a_refusing_disk_is_ignored() -> list[Change]:
    """A refusing disk is ignored."""
    real = Ledger._commit

    def commit(self: Ledger, data: bytes) -> None:
        with contextlib.suppress(StorageError):
            real(self, data)
        self.broken = None

    return [(Ledger, "_commit", commit)]


@bug
def folders_are_never_synced() -> list[Change]:
    """Folders are never synced."""
    places = (sorapipe.files, sorapipe.ledger)
    return [(place, "fsync_dir", lambda folder: None) for place in places]


@bug
def files_are_never_synced() -> list[Change]:
    """Files are never synced."""
    return [(sorapipe.files, "sync", lambda fd: None)]


@bug
def a_crash_forgets_what_was_on_its_way() -> list[Change]:
    """A crash forgets what was on its way."""
    return _forgetting(State.INTENDED)


@bug
def an_unknown_payment_is_sent_again_by_the_next_run() -> list[Change]:
    """An unknown payment is sent again by the next run."""
    return _forgetting(State.UNKNOWN)


@bug
def an_ambiguous_answer_is_forgotten_by_a_crash() -> list[Change]:
    """An ambiguous answer is forgotten by a crash."""
    return _forgetting(State.AMBIGUOUS)


def _forgetting(state: State) -> list[Change]:
    home = sorapipe.run.prepare
    fold, read_books = home.fold, home.read_books

    def forget(tally: Any) -> Any:
        for mark, take in list(tally.takes.items()):
            if take.state is state:
                tally.takes[mark] = dataclasses.replace(take, state=State.WANTED, held=ZERO)
                tally.open.pop(mark, None)
        return tally

    def read(path: Path) -> Any:
        try:
            history, tally = read_books(path)
        except LedgerDamaged:  # what was sent again contradicts what is forgotten
            return sorapipe.ledger.read(path), sorapipe.core.tally.Tally()
        return history, forget(tally)

    return [
        (home, "fold", lambda events: forget(fold(events))),
        (home, "read_books", read),
    ]
