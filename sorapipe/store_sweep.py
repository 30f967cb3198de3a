"""Removing from a store what nobody names. Whoever calls this has the store alone."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.files import fsync_dir, leftovers, refusals
from sorapipe.store import Store
from sorapipe.store_check import object_of


@dataclass(slots=True)
class Rubbish:
    """What is to be removed: objects by digest, records by fingerprint, and leftovers by path.

    Leftovers are downloads that were never finished, and damaged objects. Each has its bytes.
    """

    objects: dict[str, int] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    leftovers: dict[Path, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.objects or self.records or self.leftovers)

    @property
    def bytes(self) -> int:
        """How many bytes go with them."""
        return sum(sum(kind.values()) for kind in (self.objects, self.records, self.leftovers))


def find(
    store: Store, digests: Collection[str], fingerprints: Collection[str], before: float
) -> Rubbish:
    """What nobody names and was last written before that wall time, in seconds since the epoch.

    `digests` and `fingerprints` are what is named: a record that is named keeps its object, and a
    record whose object is kept anyway stays, as it costs next to nothing. Reads only.

    Raises:
        StorageError: the store could not be read.
    """
    found, kept = Rubbish(), set(digests)
    loose: list[tuple[str, str | None, int]] = []
    for mark in store.records():
        sha256, size = object_of(store, mark), _old(store.record_path(mark), before)
        if sha256 is not None and (mark in fingerprints or size is None):
            kept.add(sha256)
        elif mark not in fingerprints and size is not None:
            loose.append((mark, sha256, size))
    for sha256 in store.objects():
        if sha256 not in kept:
            size = _old(store.path(sha256), before)
            if size is None:
                kept.add(sha256)
            else:
                found.objects[sha256] = size
    found.records = {mark: size for mark, sha256, size in loose if sha256 not in kept}
    for path in (*leftovers(store.root / "tmp"), *_files(store.root / "damaged")):
        size = _old(path, before)
        if size is not None:
            found.leftovers[path] = size
    return found


def remove(store: Store, rubbish: Rubbish) -> None:
    """Remove it: names before bytes, so that a crash between leaves no name without its bytes.

    Raises:
        StorageError: the disk refused.
    """
    for mark in rubbish.records:
        _unlink(store.record_path(mark))
    if rubbish.records:
        fsync_dir(store.root / "takes")
    for path in (*map(store.path, rubbish.objects), *rubbish.leftovers):
        _unlink(path)


def _unlink(path: Path) -> None:
    with refusals(path):
        path.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    with refusals(folder):
        try:
            return sorted(path for path in folder.iterdir() if not path.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []


def _old(path: Path, before: float) -> int | None:
    """Its bytes where it was last written before that time, else None."""
    with refusals(path), suppress(FileNotFoundError):
        status = os.lstat(path)
        return status.st_size if status.st_mtime < before else None
    return None
