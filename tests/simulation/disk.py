"""A disk in memory that forgets, when the power goes, what was not made durable.

Bytes are durable once their file was synced; names once their folder was. Until then both exist in
the page cache only: a killed process loses nothing of them, a power cut any part.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from random import Random

from tests.simulation.nodes import (
    ROOT,
    Change,
    Entry,
    File,
    Folder,
    Node,
    Opened,
    Status,
    keeper,
    refuse,
    survived,
)

FIRST_FD = 1 << 20  # far above what a real process has open


class Disk:
    """The machine's disk, and what is open on it. `now` is wall time in seconds.

    `room` is how many more bytes fit on it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._numbers = 1
        self.root = Folder(1)
        self.folders: dict[str, Folder] = {ROOT: self.root}
        self.journal: list[Entry] = []
        self._fresh: dict[str, Entry] = {}  # the folders whose own names are not durable
        self.open_files: dict[int, Opened] = {}
        self._next_fd = FIRST_FD
        self.room = 1 << 40

    def find(self, path: str) -> Node:
        """What stands at that path. Raises FileNotFoundError."""
        folder = self.folders.get(path)
        if folder is not None:
            return folder
        above, _, name = path.rpartition("/")
        parent = self.folders.get(above)
        found = None if parent is None else parent.names.get(name)
        if found is None:
            raise refuse(errno.ENOENT, path)
        return found

    def file(self, path: str) -> File:
        """The file at that path. Raises OSError."""
        found = self.find(path)
        if isinstance(found, Folder):
            raise refuse(errno.EISDIR, path)
        return found

    def _above(self, path: str) -> tuple[Folder, str]:
        above, _, name = path.rpartition("/")
        if above not in self.folders:
            raise refuse(errno.ENOENT, path)
        return self.folders[above], name

    def _name(self, *changes: Change) -> None:
        for folder, name, node in changes:
            before = folder.names.pop(name, None)
            if isinstance(before, File):
                before.links -= 1
                if not before.links:
                    self.room += len(before.data)
            if node is not None:
                folder.names[name] = node
                node.links += 1
        self.journal.append(Entry(changes))

    def open(self, path: str, flags: int) -> int:
        """A new descriptor."""
        folder, name = self.folders.get(path), ""
        node: Node | None = folder
        if node is None:
            parent, name = self._above(path)
            node = parent.names.get(name)
            if node is None and flags & os.O_CREAT:
                self._numbers += 1
                node = File(self._numbers, self._now())
                self._name((parent, name, node))
            elif node is not None and flags & os.O_EXCL:
                raise refuse(errno.EEXIST, path)
        if node is None:
            raise refuse(errno.ENOENT, path)
        if isinstance(node, Folder) and flags & (os.O_WRONLY | os.O_RDWR):
            raise refuse(errno.EISDIR, path)
        if isinstance(node, File) and flags & os.O_DIRECTORY:
            raise refuse(errno.ENOTDIR, path)
        self._next_fd += 1
        self.open_files[self._next_fd] = Opened(node, path, bool(flags & os.O_APPEND))
        return self._next_fd

    def opened(self, fd: int) -> Opened:
        """What that descriptor stands for. Raises OSError."""
        try:
            return self.open_files[fd]
        except KeyError:
            raise refuse(errno.EBADF, str(fd)) from None

    def bytes_of(self, fd: int) -> tuple[Opened, File]:
        """An open file. Raises OSError where it is a folder."""
        opened = self.opened(fd)
        if isinstance(opened.node, Folder):
            raise refuse(errno.EISDIR, opened.path)
        return opened, opened.node

    def close(self, fd: int) -> None:
        """Close it, and give back the lock that was taken by it."""
        node = self.opened(fd).node
        del self.open_files[fd]
        if isinstance(node, File) and node.holder == fd:
            node.holder = None

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """How many bytes were taken; raises ENOSPC where there is no room for any."""
        opened, file = self.bytes_of(fd)
        at = len(file.data) if opened.append else opened.at
        fits = data if len(data) <= self.room else data[: max(self.room, 0)]
        if len(data) and not len(fits):
            raise refuse(errno.ENOSPC, opened.path)
        if at < file.durable and file.old is None:
            file.old = file.medium()
        if file.holes:
            file.holes = [hole for hole in file.holes if hole[0] < at or hole[1] > at + len(fits)]
        before = len(file.data)
        file.data[at : at + len(fits)] = fits
        self.room -= len(file.data) - before
        opened.at = at + len(fits)
        file.changed = self._now()
        return len(fits)

    def truncate(self, fd: int, length: int) -> None:
        """Cut the file to that length."""
        _, file = self.bytes_of(fd)
        if length < file.durable and file.old is None:
            file.old = file.medium()
        file.holes = [(start, min(end, length)) for start, end in file.holes if start < length]
        self.room += len(file.data) - length
        del file.data[length:]
        file.changed = self._now()

    def sync(self, fd: int, *, fails: bool = False) -> None:
        """Make it durable; one that `fails` leaves the bytes unwritten and called clean."""
        opened = self.opened(fd)
        node = opened.node
        if self._fresh and not fails:
            self._sync_way(opened.path)
        if isinstance(node, Folder):
            if fails:
                raise refuse(errno.EIO, opened.path)
            self._sync_names(node)
            return
        if fails:
            node.holes.append((node.durable, len(node.data)))
            raise refuse(errno.EIO, opened.path)
        node.durable, node.old = len(node.data), None

    def _sync_way(self, path: str) -> None:
        """The folders above what is synced are durable with it, as on every journaling system."""
        way = [name for name in self._fresh if path == name or path.startswith(f"{name}/")]
        for name in way:
            self._fresh.pop(name).synced = True

    def _sync_names(self, folder: Folder) -> None:
        for entry in self.journal:
            if not entry.synced:
                for change in entry.changes:
                    if change[0] is folder:
                        entry.synced = True
        done = 0
        while done < len(self.journal) and self.journal[done].synced:
            _apply(self.journal[done])
            done += 1
        del self.journal[:done]

    def make_folder(self, path: str) -> None:
        """Make one folder."""
        parent, name = self._above(path)
        if name in parent.names:
            raise refuse(errno.EEXIST, path)
        self._numbers += 1
        folder = Folder(self._numbers, self._now())
        self._name((parent, name, folder))
        self.folders[path], self._fresh[path] = folder, self.journal[-1]

    def move(self, source: str, target: str) -> None:
        """Rename a file over whatever is there."""
        file = self.file(source)
        (here, old), (there, new) = self._above(source), self._above(target)
        self._name((here, old, None), (there, new, file))
        if file.links == 1:  # its room was given back in between
            self.room -= len(file.data)

    def link(self, source: str, target: str) -> None:
        """Give a file a second name."""
        file, (folder, name) = self.file(source), self._above(target)
        if name in folder.names:
            raise refuse(errno.EEXIST, target)
        self._name((folder, name, file))

    def remove(self, path: str) -> None:
        """Take a file's name away."""
        self.file(path)
        folder, name = self._above(path)
        self._name((folder, name, None))

    def lock(self, fd: int, flags: int) -> None:
        """`flock`: raises BlockingIOError where another descriptor has it."""
        opened, file = self.bytes_of(fd)
        if flags & fcntl.LOCK_UN:
            file.holder = None
        elif file.holder not in (None, fd):
            raise refuse(errno.EWOULDBLOCK, opened.path)
        else:
            file.holder = fd

    def status(self, node: Node) -> Status:
        """What `stat` tells of it."""
        if isinstance(node, Folder):
            return Status(stat.S_IFDIR | 0o755, 4096, node.number, node.links, node.changed)
        mode = stat.S_IFREG | 0o644
        return Status(mode, len(node.data), node.number, node.links, node.changed)

    def killed(self) -> None:
        """The process is gone: nothing is open or locked any more."""
        for fd in list(self.open_files):
            self.close(fd)

    def power_cut(self, chance: Random) -> None:
        """Also the page cache is gone: of what was not durable, anything may be there."""
        self.killed()
        keep = keeper(len(self.journal), chance)
        for number, entry in enumerate(self.journal):
            if entry.synced or keep(number):
                _apply(entry)
        self.journal.clear()
        self._fresh.clear()
        self.folders, seen = {}, set[int]()
        self._mount(ROOT, self.root, chance, seen)

    def _mount(self, path: str, folder: Folder, chance: Random, seen: set[int]) -> None:
        self.folders[path] = folder
        folder.names = dict(folder.medium)
        for name, node in folder.names.items():
            if isinstance(node, Folder):
                self._mount(f"{path}/{name}", node, chance, seen)
            elif node.number in seen:
                node.links += 1
            else:
                seen.add(node.number)
                node.links = 1
                node.data = bytearray(survived(node, chance))
                node.durable, node.old, node.holes = len(node.data), None, []


def _apply(entry: Entry) -> None:
    for folder, name, node in entry.changes:
        folder.medium.pop(name, None)
        if node is not None:
            folder.medium[name] = node
