"""Whom a store keeps things for: the output folders and storyboards whose runs put them there.

    ROOT/roots/DIGEST.json    an output folder, and the storyboard that is rendered to it

A run says so durably before it puts anything into the store: what a store has can then be held
against everybody who may need it.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from sorapipe.errors import HeldElsewhere, StorageError, UsageError
from sorapipe.files import fsync_dir, make_dirs, names, refusals, write_atomically
from sorapipe.store_locks import lock


@dataclass(frozen=True, slots=True)
class Root:
    """An output folder, and a storyboard of it; None where that was given up."""

    out: Path
    storyboard: Path | None

    @property
    def ledger(self) -> Path:
        """The folder's ledger."""
        return self.out / "ledger.jsonl"

    @property
    def lock(self) -> Path | None:
        """Where the storyboard's lock lies, if it has one."""
        return None if self.storyboard is None else self.storyboard.with_suffix(".lock")

    def gone(self) -> list[Path]:
        """Those of its folders that are not there any more, or not mounted.

        An output folder without a ledger is none, nor is a storyboard's folder with nothing in it:
        each may be an empty mount point.
        """
        found = []
        with refusals(self.out):
            if not self.ledger.is_file():
                found.append(self.out)
        if self.storyboard is not None:
            folder = self.storyboard.parent
            with refusals(folder):
                if not (folder.is_dir() and any(folder.iterdir())):
                    found.append(folder)
        return found

    def _file(self, store: Path) -> Path:
        said = f"{self.out}\n{self.storyboard or ''}".encode("utf-8", "surrogateescape")
        return store / "roots" / f"{hashlib.sha256(said).hexdigest()}.json"

    def register(self, store: Path) -> None:
        """Enter it, durably, unless it is entered. Raises StorageError."""
        path = self._file(store)
        with refusals(path):
            if path.exists():
                return
        storyboard = None if self.storyboard is None else str(self.storyboard)
        said = {"out": str(self.out), "storyboard": storyboard}
        write_atomically(path, json.dumps(said).encode() + b"\n")

    def strike(self, store: Path) -> None:
        """Take it off. Raises StorageError."""
        path = self._file(store)
        with refusals(path):
            path.unlink(missing_ok=True)
        fsync_dir(path.parent)


def roots(store: Path) -> list[Root]:
    """All that are entered, in a fixed order. Raises StorageError, also where one is unreadable."""
    folder = store / "roots"
    return [_read(folder / name) for name in names(folder) if name.endswith(".json")]


def _read(path: Path) -> Root:
    with refusals(path):
        text = path.read_bytes()
    try:
        said = json.loads(text)
        out, storyboard = said["out"], said["storyboard"]
        return Root(Path(out), None if storyboard is None else Path(storyboard))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        fix = "run each storyboard once, which enters it again, then remove this file"
        raise StorageError(str(path), "nobody can tell whom it stands for", fix) from error


def without(root: Root, gone: Path) -> Root | None:
    """The root once that folder was given up: none, or without its storyboard."""
    if root.out == gone:
        return None
    if root.storyboard is not None and root.storyboard.parent == gone:
        return replace(root, storyboard=None)
    return root


class Use:
    """A run's use of a store, as a context manager: meanwhile nothing is removed from it.

    Entering creates nothing where there is no store yet. It raises HeldElsewhere where somebody is
    removing things from it, and UsageError where it is the output folder: both have their locks.
    """

    def __init__(self, store: Path, out: Path, storyboard: Path) -> None:
        self._store = store
        self._root = Root(out.absolute(), storyboard.absolute())
        self._fd: int | None = None

    def __enter__(self) -> Use:
        if self._store.resolve() == self._root.out.resolve():
            what, fix = "a store cannot be the output folder too", "name another with --store"
            raise UsageError(str(self._store), what, fix)
        self._join()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(HeldElsewhere):  # also a run without a server may have put something back
            self._join()
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with suppress(OSError):  # the kernel frees it in any case
                os.close(fd)

    def begin(self, *, puts: bool = True) -> None:
        """From here on things are taken from it, or put there; the folder's ledger is there by now.

        Where nothing is `put` there, a store that is missing or can only be read will do.

        Raises:
            HeldElsewhere: somebody is removing things from it.
            StorageError: it could not be made durable.
        """
        if not puts:
            self._join()
            return
        make_dirs(self._store)
        self._lock()
        self._root.register(self._store)

    def _join(self) -> None:
        if self._store.is_dir():
            with suppress(StorageError):  # one that can only be read is nobody's to remove from
                self._lock()
                if self._root.ledger.exists():  # also of a run before there were roots
                    self._root.register(self._store)

    def _lock(self) -> None:
        if self._fd is None:
            self._fd = lock(self._store, alone=False)
