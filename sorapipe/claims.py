"""Which video belongs to which output folder, for all runs of this user.

Two folders that asked for the same thing with the same key must not adopt each other's renders. A
claim is a file named by the digest of address and id, which appears whole and only if it is not
there: the first one has it, and the file system is the referee.

What is on its way has no id to claim yet. So a folder is entered, once and durably, before its
first request to a server, and taken off when nothing of it is open there: whoever wants to adopt
reads the ledgers of the folders that are entered. That costs a request nothing, and no crash can
leave it wrong: the ledger has the intent before the request leaves.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from sorapipe.files import Temporary, names


class Claims:
    """The claims index under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def claim(self, address: str, video: str, out: Path) -> bool:
        """Claim that video for that folder; False where another folder has it already.

        Raises:
            StorageError: the index could not be written.
        """
        mine = _name(out)
        return _put(self._path(address, video), mine) or self.owner(address, video) == mine

    def owner(self, address: str, video: str) -> str | None:
        """The folder that claimed the video, or None."""
        return _read(self._path(address, video))

    def enter(self, address: str, out: Path) -> None:
        """Say that requests of that folder may be open at that server.

        Raises:
            StorageError: the index could not be written.
        """
        _put(self._entry(address, out), _name(out))

    def leave(self, address: str, out: Path) -> None:
        """Say that none is, and that all its videos are claimed."""
        with contextlib.suppress(OSError):  # it only makes others look into a ledger in vain
            self._entry(address, out).unlink(missing_ok=True)

    def entered(self, address: str) -> list[Path]:
        """The folders that may have requests open at that server, in a fixed order.

        Raises:
            StorageError: the index could not be read.
        """
        folder = self._entries(address)
        found = (_read(folder / name) for name in names(folder) if len(name) == 64)
        return [Path(text) for text in found if text]

    def _path(self, address: str, video: str) -> Path:
        digest = _digest(f"{address}\n{video}")
        return self.root / digest[:2] / digest

    def _entries(self, address: str) -> Path:
        return self.root / "open" / _digest(address)

    def _entry(self, address: str, out: Path) -> Path:
        return self._entries(address) / _digest(_name(out))


def _name(out: Path) -> str:
    return str(out.absolute())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _put(path: Path, text: str) -> bool:
    """Put the text there, durably, unless something is there already: then say False."""
    if path.exists():
        return False
    with Temporary(path.parent) as temporary:
        temporary.write(text.encode("utf-8", "surrogateescape"))
        return temporary.keep_new(path)


def _read(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    return None
