"""Folders as they are, byte for byte: for commands that promise to write nothing at all."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# By path: what it is and its rights, when it was changed (ns), and the digest of what is in it.
Picture = dict[str, tuple[int, int, str]]


def picture(*folders: Path) -> Picture:
    """Everything below those folders, and they themselves; one that is not there is in none."""
    found: Picture = {}
    for folder in folders:
        for path in (folder, *sorted(folder.rglob("*"))):
            if path.exists() or path.is_symlink():
                found[str(path)] = _look(path)
    return found


def _look(path: Path) -> tuple[int, int, str]:
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        inside = hashlib.sha256(path.read_bytes()).hexdigest()
    else:
        inside = str(path.readlink()) if stat.S_ISLNK(status.st_mode) else ""
    return status.st_mode, status.st_mtime_ns, inside


@contextmanager
def untouched(*folders: Path) -> Iterator[None]:
    """Fail where anything below those folders is another afterwards: a name, a byte, a time."""
    before = picture(*folders)
    yield
    after = picture(*folders)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert not changed, f"touched: {', '.join(sorted(changed))}"
