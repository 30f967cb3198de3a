"""What the output folders and storyboards of a store name as current: what must stay there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.core.tally import Tally
from sorapipe.errors import StorageError
from sorapipe.files import refusals
from sorapipe.ledger import read
from sorapipe.run.prepare import fold_history
from sorapipe.store_roots import Root

_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(slots=True)
class Named:
    """Digests of bytes, and fingerprints of takes, that somebody names as current."""

    digests: set[str] = field(default_factory=set)
    fingerprints: set[str] = field(default_factory=set)


def named(roots: Iterable[Root]) -> Named:
    """What they name, all together.

    By a ledger: every take that is the last kept of its name, or is picked, or has a payment open,
    and the bytes of every file that was delivered last under its name. By a lock: whatever digest
    stands in it, as it is not ours to know which of them matter.

    Raises:
        StorageError: one of them is not there, or its ledger or lock is damaged: then nobody knows.
    """
    found = Named()
    for root in roots:
        if gone := root.gone():
            what = "is gone, and nobody knows what its storyboard needs"
            fix = "mount or restore it; if it is gone for good, say --forget with this folder"
            raise StorageError(str(gone[0]), what, fix)
        _by_ledger(found, fold_history(root.ledger, read(root.ledger)))
        if root.lock is not None:
            _by_lock(found, root.lock)
    return found


def _by_ledger(found: Named, tally: Tally) -> None:
    marks = {*tally.current.values(), *tally.open, *(one["fp"] for one in tally.picks.values())}
    found.fingerprints |= marks
    found.digests |= {one.sha256 for mark in marks if (one := tally.take(mark)).sha256}
    for event in (*tally.delivered.values(), *tally.duplicates.values()):
        if isinstance(event.get("sha256"), str):
            found.digests.add(event["sha256"])


def _by_lock(found: Named, path: Path) -> None:
    with refusals(path):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        what, fix = "the lock is damaged", "restore it, as from git"
        raise StorageError(str(path), what, fix) from error
    said = set(_HEX.findall(text))
    found.digests |= said
    found.fingerprints |= said
