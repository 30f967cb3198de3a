"""Picking another take of a shot: what follows from it, and carrying it out."""

from __future__ import annotations

from dataclasses import replace

from sorapipe.clock import Clock
from sorapipe.core.plan import Decision, PlannedTake
from sorapipe.core.planner import make_plan
from sorapipe.core.take import OPEN, State
from sorapipe.core.wording import Names, shortened
from sorapipe.errors import UsageError
from sorapipe.ledger import Ledger
from sorapipe.run.deliver import Delivery
from sorapipe.run.leave import leave_lock
from sorapipe.run.prepare import Prepared
from sorapipe.run.session import Session


def candidates(prepared: Prepared, shot: str) -> dict[int, str]:
    """The shot's takes that can be picked: number to fingerprint.

    Raises:
        UsageError: there is no such shot.
    """
    rows = [row for row in prepared.plan.takes if row.shot == shot]
    if not rows:
        known = Names(dict.fromkeys(row.shot for row in prepared.plan.takes))
        advice = known.advice(shot, "'sorapipe list' shows all shots")
        raise UsageError("pick", f"there is no shot '{shot}'", advice)
    return {
        row.number: row.fingerprint
        for row in rows
        if row.fingerprint is not None
        and row.fingerprint in prepared.facts.held
        and prepared.tally.take(row.fingerprint).state is State.KEPT
    }


def choose(prepared: Prepared, shot: str, take: str) -> int:
    """The number of the take that is meant by `take`: `2`, or `SHOT@2`.

    Raises:
        UsageError: there is none, or it cannot be picked.
    """
    there = candidates(prepared, shot)
    text = take.removeprefix(f"{shot}@")
    for number in there:
        if text == str(number):
            return number
    numbers = ", ".join(map(str, there))
    fix = f"these are: {numbers}" if there else "'sorapipe takes' shows all that were ever kept"
    raise UsageError("pick", f"'{shot}' has no take '{shortened(take)}' that is there", fix)


def consequences(prepared: Prepared, shot: str, number: int) -> list[PlannedTake]:
    """The takes that would have to be rendered anew with that pick.

    They are there now, or were bought and are on their way.
    """
    tally = prepared.tally
    picks = tally.picks | {shot: {"number": number, "fp": candidates(prepared, shot)[number]}}
    facts = replace(prepared.facts, tally=replace(tally, picks=picks))
    there = {row.name for row in prepared.plan.takes if _had(row)}
    plan = make_plan(prepared.loaded.storyboard, facts)
    return [row for row in plan.takes if row.name in there and not _had(row)]


def _had(row: PlannedTake) -> bool:
    """Whether that very take is there, or paid for and in flight."""
    return row.decision is Decision.REUSE or row.state in OPEN


async def carry_out(
    prepared: Prepared, ledger: Ledger, clock: Clock, shot: str, number: int
) -> None:
    """Record the pick, and let the deliverables follow it.

    Raises:
        StorageError: it could not be made durable, or a copy could not be made.
    """
    session = Session(ledger, prepared.tally, clock, lambda _: None)
    delivery = Delivery(session, prepared.shelf, prepared.store, prepared.out)
    shots = {one.id: one for one in prepared.loaded.storyboard.shots}
    try:
        await delivery.shot(shots[shot], candidates(prepared, shot), number)
    finally:
        await session.close()


def lock_in(prepared: Prepared, shot: str) -> list[str]:
    """Write the pick into the lock, and nothing of any other shot; what there is to say of it.

    What becomes stale by the pick keeps its line until a run makes it anew.
    """
    facts = replace(prepared.facts, selected=frozenset({shot}))
    return leave_lock(replace(prepared, facts=facts), anew=False)
