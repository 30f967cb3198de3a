"""Which takes' bytes are at hand, here or in the store, and where."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator, Mapping
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
        self._locked: Mapping[str, Bytes] | None = None
        self._wanted: dict[str, int] = {}  # lengths in bytes by digest: what no ledger knows of
        self._found: dict[str, Path] = {}  # and where it was

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

    def lock(self, locked: Mapping[str, Bytes]) -> None:
        """From now on have these takes alone, with these bytes, as far as they are anywhere here.

        Then a file of the output folder counts by its digest, whatever its name, and whether or not
        a ledger knows of it.
        """
        self._locked = locked
        self._seen.clear()
        found = (one for one in locked.values() if not self._here(one.sha256))
        self._wanted = {one.sha256: one.bytes for one in found}
        self._found = by_digest(self._out, self._wanted) if self._wanted else {}

    def forget(self, mark: str) -> None:
        """Look anew when that one is asked for next: another run may have brought it."""
        self._seen.pop(mark, None)

    def refetchable(self) -> frozenset[str]:
        """Kept takes whose bytes are gone here, while the server may still have them."""
        kept = (take for take in self._tally.takes.values() if take.state is State.KEPT)
        return frozenset(
            take.fingerprint
            for take in kept
            if take.video and self._alive(take.kept) and take.fingerprint not in self
        )

    def path(self, sha256: str) -> Path:
        """A file with those bytes, all of which were read; one in the store that lies is set aside.

        Raises:
            StorageError: there is none any more.
        """
        if self._store.verify(sha256):
            return self._store.path(sha256)
        for name in self._files.get(sha256, []):
            if digest(self._out / name) == sha256:
                return self._out / name
        if sha256 in self._found:
            if digest(self._found[sha256]) != sha256:  # it was set aside for what belongs there
                self._found |= by_digest(self._out, {sha256: self._wanted[sha256]})
            if digest(self._found[sha256]) == sha256:
                return self._found[sha256]
        raise StorageError(
            sha256[:12], "these bytes are gone from the store and the output folder", "run again"
        )

    def set_aside_damaged(self, marks: Iterable[str]) -> bool:
        """Read what only the store has of these; whether something was damaged, and is gone now.

        Raises:
            StorageError: the store could not be read, or not be written.
        """
        held = {self[mark].sha256 for mark in marks if mark in self}
        taken = [one for one in sorted(held) if not (self._in_out(one) or one in self._found)]
        return bool([one for one in taken if not self._store.verify(one)])

    def _look(self, mark: str) -> Bytes | None:
        if self._locked is not None:
            one = self._locked.get(mark)
            return one if one is not None and self._here(one.sha256) else None
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
        return self._in_out(sha256) or self._store.has(sha256)

    def _in_out(self, sha256: str) -> bool:
        names = self._files.get(sha256, [])
        return sha256 in self._found or any(
            intact(self._out / name, self._tally.delivered[name]) for name in names
        )

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


def by_digest(out: Path, wanted: Mapping[str, int]) -> dict[str, Path]:
    """The videos of an output folder that have those digests, each with its length in bytes."""
    lengths, found = set(wanted.values()), dict[str, Path]()
    for path in sorted((*out.glob("*.mp4"), *out.glob("takes/*.mp4"))):
        try:
            there = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(there.st_mode) and there.st_size in lengths:
            sha256 = digest(path)
            if sha256 is not None and sha256 in wanted:
                found.setdefault(sha256, path)
    return found
