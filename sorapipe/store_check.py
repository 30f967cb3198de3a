"""Checking a whole store: every object against its name, every record against its object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sorapipe.errors import StorageError
from sorapipe.files import refusals
from sorapipe.store import Store


@dataclass(slots=True)
class Check:
    """What a store has. `damaged` are the digests of objects that were set aside.

    `bare` are the fingerprints of records whose object is not there, or that cannot be read.
    """

    objects: int = 0
    bytes: int = 0
    records: int = 0
    damaged: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.damaged and not self.bare


def check(store: Store, progress: Callable[[int], None]) -> Check:
    """Hash every object, set damaged ones aside, look for every record's object.

    `progress` is told of bytes, as each object is done. Runs may go on meanwhile: what they put
    there counts or does not, and is never called bare, as a record comes after its object.

    Raises:
        StorageError: the store could not be read.
    """
    found = Check()
    for sha256 in store.objects():
        path = store.path(sha256)
        with refusals(path):
            try:
                size = path.stat().st_size
            except FileNotFoundError:
                continue
        if store.verify(sha256):
            found.objects += 1
            found.bytes += size
        else:
            found.damaged.append(sha256)
        progress(size)
    for mark in store.records():
        found.records += 1
        named = object_of(store, mark)
        if named is None or not store.has(named):
            found.bare.append(mark)
    return found


def object_of(store: Store, fingerprint: str) -> str | None:
    """The digest that a record names; None where it cannot be read."""
    record = store.record(fingerprint)
    sha256 = None if record is None else record.get("sha256")
    try:
        return store.path(sha256).name if isinstance(sha256, str) else None
    except StorageError:
        return None


def size_of(store: Store) -> int:
    """How many bytes all objects have together."""
    total = 0
    for sha256 in store.objects():
        with refusals(store.path(sha256)):
            try:
                total += store.path(sha256).stat().st_size
            except FileNotFoundError:
                continue
    return total
