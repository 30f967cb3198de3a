"""Planning with `--locked`: by storyboard and lock alone, from files that are here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sorapipe.core.lock import Lock
from sorapipe.core.plan import Decision, Plan, PlannedTake
from sorapipe.core.take import OPEN, State
from sorapipe.core.tally import Tally
from sorapipe.errors import NotThere, UsageError
from sorapipe.run.lock import NotOurs, lock_path, read_lock
from sorapipe.run.shelf import Shelf


def find_lock(storyboard: Path, *, locked: bool, anew: bool) -> Lock | None:
    """The storyboard's lock, if it has one; `anew` says that one which is broken is no matter.

    Raises:
        UsageError: it is broken, or `locked` needs one and there is none.
        StorageError: it cannot be read.
    """
    path = lock_path(storyboard)
    try:
        lock = read_lock(path)
    except UsageError as error:
        if not anew or isinstance(error, NotOurs):
            raise
        return None
    if lock is None and locked:
        raise UsageError(str(path), "there is no lock", "a run without --locked writes it")
    return lock


def check_provider(lock: Lock, provider: str, storyboard: Path) -> None:
    """Raise NotThere where the lock is another provider's: then all of it would be rendered."""
    if lock.provider != provider:
        what = f"the lock is by '{lock.provider}', and this would be by '{provider}'"
        raise NotThere(str(lock_path(storyboard)), what, f"say --provider {lock.provider}")


def as_it_is(plan: Plan, shelf: Shelf, tally: Tally) -> Plan:
    """The plan that the lock gives, less what is not here, or may not be touched."""
    return replace(plan, takes=tuple(_row(row, shelf, tally) for row in plan.takes))


def _row(row: PlannedTake, shelf: Shelf, tally: Tally) -> PlannedTake:
    if row.decision is not Decision.REUSE or row.fingerprint is None:
        return row
    state = tally.take(row.fingerprint).state
    if state in OPEN:
        why = "its payment is unknown" if state is State.UNKNOWN else "in flight"
        return replace(row, decision=Decision.BLOCKED, reason=why, state=state)
    if row.fingerprint not in shelf:
        return replace(row, decision=Decision.BLOCKED, reason="its file is missing", state=state)
    reason = "locked" if row.reason in ("in the store", "kept") else row.reason
    return replace(row, reason=reason, state=state)
