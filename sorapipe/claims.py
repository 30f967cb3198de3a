"""Which video belongs to which output folder, for all runs of this user.

Two folders that asked for the same thing with the same key must not adopt each other's renders. A
claim is a file named by the digest of address and id, which appears whole and only if it is not
there: the first one has it, and the file system is the referee.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from sorapipe.files import Temporary


class Claims:
    """The claims index under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def claim(self, address: str, video: str, out: Path) -> bool:
        """Claim that video for that folder; False where another folder has it already.

        Raises:
            StorageError: the index could not be written.
        """
        path, mine = self._path(address, video), str(out.absolute())
        with Temporary(path.parent) as temporary:
            temporary.write(mine.encode("utf-8", "surrogateescape"))
            if temporary.keep_new(path):
                return True
        return self.owner(address, video) == mine

    def owner(self, address: str, video: str) -> str | None:
        """The folder that claimed the video, or None."""
        with contextlib.suppress(OSError):
            return self._path(address, video).read_text(encoding="utf-8", errors="surrogateescape")
        return None

    def _path(self, address: str, video: str) -> Path:
        digest = hashlib.sha256(f"{address}\n{video}".encode("utf-8", "surrogatepass")).hexdigest()
        return self.root / digest[:2] / digest
