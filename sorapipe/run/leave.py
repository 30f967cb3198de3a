"""Leaving the lock behind: what a run has kept is written down for git."""

from __future__ import annotations

from pathlib import Path

from sorapipe.core.lock import Lock
from sorapipe.core.plan import Decision
from sorapipe.core.relock import gained, relock
from sorapipe.errors import StorageError, UsageError, one_line
from sorapipe.run.connect import engine
from sorapipe.run.lock import lock_path, read_lock, write_lock
from sorapipe.run.prepare import Prepared

FEW = 5  # takes that are named


def leave_lock(prepared: Prepared, *, anew: bool) -> list[str]:
    """Write the lock where there is something new to say; what its owner should hear of it.

    A lock by another provider, and one that a merge broke, are left as they are, unless it is to be
    written `anew`.

    Raises:
        StorageError: it could not be written, and it was asked for.
    """
    path = lock_path(prepared.loaded.path)
    try:
        return _leave(prepared, path, anew=anew)
    except StorageError as error:
        if anew:
            raise
        return [one_line(error.where, f"warning: the lock is not written: {error.what}", error.fix)]


def _leave(prepared: Prepared, path: Path, *, anew: bool) -> list[str]:
    try:
        before = read_lock(path)
    except UsageError as error:
        if not anew:
            return [f"{error}; left as it is"]
        before = None
    name = prepared.provider.name
    foreign = before is not None and before.provider != name
    same = None if foreign else before
    after = relock(
        prepared.loaded.storyboard, prepared.facts, prepared.tally, same, prepared.store.record
    )
    if not anew and not gained(same, after):
        return []
    if before is not None and foreign and not anew:
        what = f"the lock is by '{before.provider}': left as it is"
        return [one_line(str(path), what, "--lock writes it anew")]
    write_lock(path, after)
    return [] if same is None else _astray(path, same, after)


def _astray(path: Path, before: Lock, after: Lock) -> list[str]:
    """Warn of takes that the same engine drew otherwise than it did."""
    pairs = ((before.takes.get(name), take) for name, take in after.takes.items())
    names = [
        take.name
        for old, take in pairs
        if old is not None
        and (old.fingerprint, old.engine) == (take.fingerprint, take.engine)
        and take.engine is not None
        and old.sha256 != take.sha256
    ]
    if not names:
        return []
    named = ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
    what = f"warning: the same engine drew other bytes than it is locked with: {named}"
    return [one_line(str(path), what, "this is a fault of the studio; please report it")]


def other_engine(prepared: Prepared) -> str | None:
    """What to say before takes are drawn anew that another engine drew for the lock."""
    if prepared.lock is None or prepared.lock.provider != prepared.provider.name:
        return None
    theirs: dict[str, None] = {}
    for row in prepared.plan.takes:
        old = prepared.lock.takes.get(row.name)
        if row.decision is not Decision.RENDER or old is None or old.engine is None:
            continue
        if row.fingerprint in (None, old.fingerprint):  # None: its parent is still to come
            theirs[old.engine] = None
    ours = engine(prepared.provider) if theirs else None  # it takes libraries to tell
    theirs.pop(ours or "", None)
    if ours is None or not theirs:
        return None
    named = " and ".join(f"'{one}'" for one in theirs)
    what = f"the lock's takes are by engine {named}, this is '{ours}'"
    return one_line(str(lock_path(prepared.loaded.path)), what, "other bytes are to be expected")
