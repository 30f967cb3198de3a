"""Which takes' bytes are at hand, here or in the store, and where."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from sorapipe.core.plan import Bytes
from sorapipe.core.take import Event, State
from sorapipe.core.tally import Tally
from sorapipe.errors import StorageError
from sorapipe.store import Store

STUDIO = "studio"  # the address of the built-in server in process


class Shelf(Mapping[str, Bytes]):
    """Bytes by fingerprint, looked up when asked for: first the output folder, then the store.

    A file in the output folder counts as long as its size and time are as we left them; a full
    digest of every file at every run would make a no-op slow, and copies are verified anyway. `now`
    is by the clock of the server at `address`, as far as that is known.
    """

    def __init__(self, tally: Tally, store: Store, out: Path, *, address: str, now: float) -> None:
        self._tally = tally
        self._store = store
        self._out = out
        self._address = address
        self._now = now
        self._files: dict[str, list[str]] = {}
        for name, event in tally.delivered.items():
            self._files.setdefault(event["sha256"], []).append(name)
        self._seen: dict[str, Bytes | None] = {}

    def __getitem__(self, mark: str) -> Bytes:
        if mark not in self._seen:
            self._seen[mark] = self._look(mark)
        found = self._seen[mark]
        if found is None:
            raise KeyError(mark)
        return found

    def __iter__(self) -> Iterator[str]:
        return (mark for mark in self._tally.takes if mark in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def refetchable(self) -> frozenset[str]:
        """Kept takes whose bytes are gone here, while the server may still have them."""
        kept = (take for take in self._tally.takes.values() if take.state is State.KEPT)
        return frozenset(
            take.fingerprint
            for take in kept
            if take.video and self._alive(take.kept) and take.fingerprint not in self
        )

    def path(self, sha256: str) -> Path:
        """A file with those bytes.

        Raises:
            StorageError: there is none any more.
        """
        if self._store.has(sha256):
            return self._store.path(sha256)
        for name in self._files.get(sha256, []):
            if intact(self._out / name, self._tally.delivered[name]):
                return self._out / name
        raise StorageError(
            sha256[:12], "these bytes are gone from the store and the output folder", "run again"
        )

    def _look(self, mark: str) -> Bytes | None:
        take = self._tally.take(mark)
        if take.state is State.KEPT and take.sha256 is not None and self._here(take.sha256):
            return Bytes(
                sha256=take.sha256,
                bytes=take.bytes or 0,
                video=take.video,
                alive=self._alive(take.kept),
                expires_at=take.expires_at,
            )
        record = self._store.record(mark)
        if record is None or not self._store.has(record["sha256"]):
            return None
        # A studio in process lives and dies with its output folder: another folder's is not ours.
        alive = self._alive(record) and self._address != STUDIO
        return Bytes(
            sha256=record["sha256"],
            bytes=record["bytes"],
            video=record.get("video"),
            alive=alive,
            expires_at=record.get("expires_at"),
        )

    def _here(self, sha256: str) -> bool:
        names = self._files.get(sha256, [])
        return any(
            intact(self._out / name, self._tally.delivered[name]) for name in names
        ) or self._store.has(sha256)

    def _alive(self, record: Event) -> bool:
        """Whether the remote video may still be there to start from."""
        expires = record.get("expires_at")
        return (
            bool(record.get("video"))
            and record.get("address") == self._address
            and (expires is None or self._now < expires)
        )


def intact(path: Path, delivered: Event | None) -> bool:
    """Whether the file is as we left it: by size and time, or, if it was copied, by its bytes."""
    if delivered is None:
        return False
    try:
        found = path.lstat()
    except OSError:
        return False
    if not stat.S_ISREG(found.st_mode) or found.st_size != delivered["bytes"]:
        return False
    same_time: bool = found.st_mtime_ns == delivered["mtime_ns"]
    return same_time or digest(path) == delivered["sha256"]


def digest(path: Path) -> str | None:
    """The sha256 of a regular file, or None where it is something else or cannot be read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
