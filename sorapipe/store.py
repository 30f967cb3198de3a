"""The store: bytes by their digest, and which take they are, shared by every storyboard of a user.

    ROOT/objects/ab/abcdef...      the bytes whose sha256 is abcdef...
    ROOT/takes/FINGERPRINT.json    the record of a take that is there
    ROOT/damaged/                  objects whose bytes no longer are what their name says
    ROOT/tmp/                      what is being downloaded
    ROOT/roots/ .lock leases       whom it is for, and who uses it (store_roots, store_locks)

Any number of processes may use one store at once: files appear whole, under names that say what is
in them, so whoever is second replaces a file with the same bytes. Everything blocks.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from sorapipe.errors import SorapipeError, StorageError
from sorapipe.files import Temporary, copy_into, make_dirs, refusals, sweep, write_atomically

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,199}")
_CHUNK = 1 << 20
_DEAREST = 10**12  # USD: no render costs that


class TooLarge(SorapipeError):
    """A download is longer than allowed."""


class Damaged(StorageError):
    """An object whose bytes are not what its name says; it was set aside."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An object of the store: its digest in hex, and its length in bytes."""

    sha256: str
    bytes: int


class Incoming:
    """Bytes on their way into the store; leaving the block without `finish` discards them."""

    def __init__(self, store: Store, temporary: Temporary, max_bytes: int | None) -> None:
        self.bytes = 0
        self._store = store
        self._temporary = temporary
        self._max_bytes = max_bytes
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises TooLarge, StorageError."""
        self.bytes += len(chunk)
        if self._max_bytes is not None and self.bytes > self._max_bytes:
            raise TooLarge(
                "download", f"is over {self._max_bytes} bytes", "raise max-video-bytes to take it"
            )
        self._digest.update(chunk)
        self._temporary.write(chunk)

    def finish(self) -> Kept:
        """Make the bytes a durable object. One that is there already is replaced by its like."""
        sha256 = self._digest.hexdigest()
        target = self._store.path(sha256)
        make_dirs(target.parent)
        self._temporary.keep(target)
        return Kept(sha256, self.bytes)

    def __enter__(self) -> Incoming:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._temporary.discard()


class Store:
    """The store under `root`; nothing is created before something is kept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._swept = False

    def incoming(self, max_bytes: int | None = None) -> Incoming:
        """Begin to take bytes in, at most `max_bytes` of them."""
        folder = self.root / "tmp"
        temporary = Temporary(folder)
        if not self._swept:
            self._swept = True
            with refusals(folder):  # a new file's date is "now" by the file system's own clock
                now = os.fstat(temporary.fd).st_mtime
            sweep(folder, now)
        return Incoming(self, temporary, max_bytes)

    def take_in(self, source: Path) -> str:
        """Make a file's bytes a durable object; its digest. Raises StorageError."""
        with self.incoming() as incoming, refusals(source), source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                incoming.write(chunk)
            return incoming.finish().sha256

    def path(self, sha256: str) -> Path:
        """Where the object with that digest stands or would stand. Raises StorageError."""
        if not _SHA256.fullmatch(sha256):  # it may come from a file that people edit
            raise StorageError(str(self.root), f"'{sha256}' is not a sha256", "64 hex digits are")
        return self.root.joinpath("objects", sha256[:2], sha256)

    def has(self, sha256: str) -> bool:
        """Whether the object is there, by its name alone."""
        try:
            return _SHA256.fullmatch(sha256) is not None and self.path(sha256).stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            with refusals(self.path(sha256)):
                raise error

    def verify(self, sha256: str) -> bool:
        """Whether the object is there with the right bytes; if they are wrong it is moved aside."""
        if not _SHA256.fullmatch(sha256):
            return False
        path = self.path(sha256)
        with refusals(path):
            try:
                with path.open("rb") as file:
                    status = os.fstat(file.fileno())
                    if status.st_size and hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                        return True
            except (FileNotFoundError, NotADirectoryError):  # or another process moved it aside
                return False
            self._set_aside(path, status.st_ino)
        return False

    def _set_aside(self, path: Path, inode: int) -> None:
        aside = self.root / "damaged" / path.name
        make_dirs(aside.parent)
        try:
            path.replace(aside)
        except FileNotFoundError:
            return
        if aside.stat().st_ino != inode:  # another process had just put a good one there
            aside.replace(path)

    def objects(self) -> Iterator[str]:
        """The digests of all objects that are there by their names, in order."""
        for folder in _names(self.root / "objects"):
            for name in _names(self.root / "objects" / folder):
                if _SHA256.fullmatch(name) and name[:2] == folder:
                    yield name

    def records(self) -> Iterator[str]:
        """The fingerprints of all records, in order."""
        for name in _names(self.root / "takes"):
            if name.endswith(".json") and _FINGERPRINT.fullmatch(name[:-5]):
                yield name[:-5]

    def record(self, fingerprint: str) -> dict[str, Any] | None:
        """What is known of a take; None where nothing is, or nothing readable."""
        if not _FINGERPRINT.fullmatch(fingerprint):
            return None
        path = self.record_path(fingerprint)
        with refusals(path):
            try:
                record = json.loads(path.read_bytes())
            except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
                return None
        return record if isinstance(record, dict) and _sound(record) else None

    def name(self, fingerprint: str, record: Mapping[str, Any]) -> None:
        """Say durably which object a take is; `record["sha256"]` must be here already.

        Raises StorageError where it is not: a name must never be there before its bytes.
        """
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise ValueError(f"not a fingerprint: {fingerprint!r}")
        if not self.has(record["sha256"]):
            raise StorageError(str(self.root), f"object {record['sha256']} is gone", "run again")
        text = json.dumps(dict(record), indent=1) + "\n"
        write_atomically(self.record_path(fingerprint), text.encode())

    def record_path(self, fingerprint: str) -> Path:
        """Where the record of that take stands or would stand."""
        return self.root.joinpath("takes", f"{fingerprint}.json")

    def deliver(self, sha256: str, target: Path) -> None:
        """Put a copy at `target`, in one step. Raises Damaged where the object is, StorageError.

        The copy is hashed, not the object: what is delivered is what was checked. It is a copy or
        a reflink, never a hard link, since people edit what was delivered to them.
        """
        source = self.path(sha256)
        with Temporary(target.parent) as temporary:
            copy_into(source, temporary)
            with refusals(temporary.path):
                right = _digest(temporary.fd) == sha256
            if not right:
                self.verify(sha256)
                raise Damaged(
                    str(source), "the stored video is damaged", "run again to fetch it anew"
                )
            temporary.keep(target)


def _sound(record: Mapping[str, Any]) -> bool:
    """Whether what everybody reads of a record is there, and of the right kind."""
    sha256, length, video, expires = map(record.get, ("sha256", "bytes", "video", "expires_at"))
    price = record.get("price")
    return (
        isinstance(sha256, str)
        and _SHA256.fullmatch(sha256) is not None
        and isinstance(length, int)
        and isinstance(video, str | None)
        and isinstance(expires, int | float | None)
        and (price is None or (isinstance(price, int | float) and 0 <= price <= _DEAREST))
    )


def _names(folder: Path) -> list[str]:
    with refusals(folder):
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is wanted
        except (FileNotFoundError, NotADirectoryError):
            return []


def _digest(fd: int) -> str:
    """The sha256 of a whole file."""
    digest = hashlib.sha256()
    offset = 0
    while chunk := os.pread(fd, _CHUNK, offset):
        digest.update(chunk)
        offset += len(chunk)
    return digest.hexdigest()
