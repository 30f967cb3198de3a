"""Files and folders of the simulated disk, and what a power cut leaves of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

ROOT = "/simulated"


@dataclass(slots=True, eq=False)
class File:
    """A file. The first `durable` bytes of `data` are on the medium, or `old` is, if it is set.

    `holes` are ranges whose sync failed: the medium never had them, and the kernel calls them
    clean.
    """

    number: int
    changed: float = 0.0  # seconds since the epoch
    data: bytearray = field(default_factory=bytearray)
    durable: int = 0
    old: bytes | None = None
    links: int = 0
    holder: int | None = None  # the descriptor that has it locked
    holes: list[tuple[int, int]] = field(default_factory=list)

    def called_durable(self) -> bytes:
        """What a sync was told to be on the medium: true unless an earlier one failed."""
        return self.old if self.old is not None else bytes(self.data[: self.durable])

    def medium(self) -> bytes:
        """What is on the medium for certain."""
        if self.old is not None:
            return self.old
        there = bytearray(self.data[: self.durable])
        for start, end in self.holes:
            there[start:end] = bytes(max(min(end, len(there)) - start, 0))
        return bytes(there)


@dataclass(slots=True, eq=False)
class Folder:
    """A folder: its names now, and those that are on the medium (without the journal)."""

    number: int
    changed: float = 0.0
    names: dict[str, Node] = field(default_factory=dict)
    medium: dict[str, Node] = field(default_factory=dict)
    links: int = 2


Node = File | Folder
Change = tuple[Folder, str, Node | None]


@dataclass(slots=True)
class Entry:
    """One step of the journal of names, all of it or nothing; `synced` once a folder was."""

    changes: tuple[Change, ...]
    synced: bool = False


@dataclass(slots=True)
class Opened:
    """An open file or folder."""

    node: Node
    path: str
    append: bool
    at: int = 0


@dataclass(slots=True)
class Status:
    """What `stat` tells."""

    st_mode: int
    st_size: int
    st_ino: int
    st_nlink: int
    st_mtime: float

    @property
    def st_mtime_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return int(self.st_mtime * 1e9)


def refuse(code: int, path: str) -> OSError:
    """The operating system's refusal with that number."""
    return OSError(code, os.strerror(code), path)


def keeper(length: int, chance: Random) -> Callable[[int], bool]:
    """Which steps of the journal made it: none, all, the first of them, or any."""
    how = chance.randrange(4)
    if how < 3:
        count = (0, length, chance.randint(0, length))[how]
        return lambda number: number < count
    return lambda _: chance.random() < 0.5


def survived(file: File, chance: Random) -> bytes:
    """What a power cut leaves of a file."""
    there, now = file.medium(), bytes(file.data)
    if file.old is None and len(now) == file.durable and not file.holes:
        return now
    how = chance.randrange(4)
    if how == 0 or file.holes:
        return there
    if how == 1 or file.old is not None:
        return now
    cut = chance.randint(file.durable, len(now))
    # Half of the time the length was written before the bytes: zeros stand in their place.
    return now[:cut] + (bytes(len(now) - cut) if how == 2 else b"")
