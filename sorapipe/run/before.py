"""What is asked of a prepared run before it begins: is there anything to do, and may it be done."""

from __future__ import annotations

from collections.abc import Mapping

from sorapipe.core.deliver import files_of
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.storyboard import Shot
from sorapipe.core.take import next_move
from sorapipe.errors import NotThere
from sorapipe.run.lock import lock_path
from sorapipe.run.missing import missing
from sorapipe.run.prepare import Prepared, open_here
from sorapipe.run.shelf import intact


def nothing_to_do(prepared: Prepared) -> bool:
    """Whether every take is kept and delivered and no render is open: no server is needed."""
    rows = prepared.plan.takes
    if any(row.decision is not Decision.REUSE or not _kept(prepared, row) for row in rows):
        return False
    if waiting_here(prepared) and not prepared.facts.offline:
        return False
    marks: dict[str, dict[int, str]] = {}
    for row in rows:
        marks.setdefault(row.shot, {})[row.number] = row.fingerprint or ""
    return all(
        _delivered(prepared, shot, marks[shot.id])
        for shot in prepared.loaded.storyboard.shots
        if shot.id in marks
    )


def _kept(prepared: Prepared, row: PlannedTake) -> bool:
    """Whether the ledger has the take, with the very bytes that are to be used."""
    take = prepared.tally.takes.get(row.fingerprint or "")
    if take is None:
        return False
    found = prepared.facts.held.get(take.fingerprint)
    return found is None or found.sha256 == take.sha256


def all_there(prepared: Prepared) -> None:
    """Raise NotThere where not everything that is wanted can be had without any server."""
    rows = [row for row in prepared.plan.takes if row.decision is not Decision.REUSE]
    if rows:
        named = ", ".join(f"{row.name} ({row.reason})" for row in rows[:3])
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        where, how, said = prepared.out, "", "--offline"
        if prepared.locked:
            where, how, said = lock_path(prepared.loaded.path), " as locked", "--locked"
        what = f"{len(rows)} of {len(prepared.plan.takes)} takes are not there{how}: {named}{more}"
        raise NotThere(str(where), what, f"run without {said} to render them")


def set_aside_damaged(prepared: Prepared) -> bool:
    """Read what the plan takes from the store; whether some of it was damaged, and is gone now.

    Then the plan is another one: it must be known before anything is agreed to.

    Raises:
        StorageError: the store could not be read, or not be written.
    """
    rows = (row for row in prepared.plan.takes if row.decision is Decision.REUSE)
    return prepared.shelf.set_aside_damaged(row.fingerprint for row in rows if row.fingerprint)


def waiting_here(prepared: Prepared) -> bool:
    """Whether a render at the server of this run can be carried on, or one that was paid twice."""
    open_ = (prepared.tally.takes[mark] for mark in prepared.tally.open)
    if any(next_move(take) and open_here(take, prepared) for take in open_):
        return True
    return bool(prepared.tally.arriving(prepared.address))


def worth_a_look(prepared: Prepared, now: float) -> bool:
    """Whether a run looks for what is missing before it plans.

    For what is unknown always; for what was given up only where the server is needed anyway.
    """
    found = missing(prepared.tally, prepared.provider.profile, prepared.address, now)
    held = {take.render for take in prepared.tally.unknown}
    if any(one["render"] in held for one, _ in found):
        return True
    return bool(found) and not nothing_to_do(prepared)


def _delivered(prepared: Prepared, shot: Shot, marks: Mapping[int, str]) -> bool:
    tally = prepared.tally
    picked = tally.picks.get(shot.id)
    if picked is None or marks.get(picked["number"]) != picked["fp"]:
        return False
    if prepared.facts.chosen(shot, marks) != picked["number"]:  # the lock has another pick
        return False
    for name, number in files_of(shot, sorted(marks), picked["number"]).items():
        there, take = tally.delivered.get(name), tally.takes[marks[number]]
        if (
            there is None
            or there["sha256"] != take.sha256
            or not intact(prepared.out / name, there)
        ):
            return False
    return True
