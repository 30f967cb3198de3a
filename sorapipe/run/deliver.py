"""Putting kept takes where people look for them; nothing is replaced by something worse."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from sorapipe.core.deliver import files_of
from sorapipe.core.storyboard import Shot
from sorapipe.errors import StorageError
from sorapipe.files import copy_atomically, make_dirs, storage_error
from sorapipe.run.mutexes import Mutexes
from sorapipe.run.session import Session
from sorapipe.run.shelf import Shelf, digest, intact
from sorapipe.store import Damaged, Store


class Delivery:
    """Copies from the shelf to the output folder, each recorded."""

    def __init__(self, session: Session, shelf: Shelf, store: Store, out: Path) -> None:
        self._session = session
        self._shelf = shelf
        self._store = store
        self._out = out
        self._mutexes = Mutexes()

    async def shot(self, shot: Shot, kept: dict[int, str], picked: int) -> None:
        """Deliver the shot's kept takes (number to fingerprint), and record its pick.

        Raises:
            StorageError: a copy could not be made; nothing that was there is damaged.
        """
        async with self._mutexes.of(shot.id):  # two takes may come to rest at once
            before = self._session.tally.picks.get(shot.id)
            if before is None or before["fp"] != kept[picked]:
                await self._session.record("picked", shot=shot.id, number=picked, fp=kept[picked])
            for name, number in files_of(shot, sorted(kept), picked).items():
                await self._file(name, kept[number], f"{shot.id}@{number}")

    async def _file(self, name: str, mark: str, take: str) -> None:
        sha256 = self._session.take(mark).sha256
        assert sha256 is not None
        target, before = self._out / name, self._session.tally.delivered.get(name)
        if before is not None and before["sha256"] == sha256 and intact(target, before):
            return
        aside = await asyncio.to_thread(
            self._copy, sha256, target, None if before is None else before["sha256"]
        )
        if aside is not None:
            self._session.tell("set-aside", file=name, aside=str(aside))
        stat = target.stat()
        await self._session.record(
            "delivered",
            file=name,
            take=take,
            fp=mark,
            sha256=sha256,
            bytes=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
        )

    def _copy(self, sha256: str, target: Path, ours: str | None) -> Path | None:
        make_dirs(target.parent)
        aside = None
        if target.is_symlink() or target.exists():
            there = None if target.is_symlink() else digest(target)
            if there == sha256:
                return None
            if there is None or not self._stays(target, there, there == ours):
                aside = _set_aside(target)
        if self._store.has(sha256):
            with suppress(Damaged):  # another file of the folder may have these bytes
                self._store.deliver(sha256, target)
                return aside
        copy_atomically(self._shelf.path(sha256), target)
        return aside

    def _stays(self, target: Path, sha256: str, ours: bool) -> bool:
        """Whether the file's bytes are in the store; what is ours and was lost there is put back.

        A take that was paid for may have its only copy here, as where the cache was emptied.
        """
        if self._store.verify(sha256):
            return True
        with suppress(StorageError):  # a store that cannot be written
            return ours and self._store.take_in(target) == sha256
        return False


def _set_aside(target: Path) -> Path:
    """Move a file that is not ours out of the way, to a name beside it that nothing has yet."""
    for number in range(1, 1000):
        aside = target.with_name(f"{target.stem}.aside-{number}{target.suffix}")
        if not aside.exists() and not aside.is_symlink():
            try:
                target.rename(aside)
            except OSError as error:
                raise storage_error(target, error) from error
            return aside
    raise StorageError(
        str(target), "is not ours, and a thousand files were set aside beside it", "tidy the folder"
    )
