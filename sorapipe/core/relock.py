"""The lock that a run leaves: what is kept now of the shots that it covered. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sorapipe.core.lock import Lock, LockedTake
from sorapipe.core.plan import Bytes, Decision, Facts, Plan, PlannedTake
from sorapipe.core.planner import make_plan
from sorapipe.core.price import usd
from sorapipe.core.storyboard import Shot, Storyboard
from sorapipe.core.take import State, Take
from sorapipe.core.tally import Tally
from sorapipe.core.why import making_of

Record = Callable[[str], Mapping[str, Any] | None]  # what a store knows of a fingerprint


def relock(
    storyboard: Storyboard, facts: Facts, tally: Tally, before: Lock | None, record: Record
) -> Lock:
    """What `before` becomes, once the tally is as it is.

    Of the shots that are selected every take that is kept has its entry; one whose bytes and
    fingerprint `before` has already keeps that. A take that is not kept has none, unless `before`
    has it and its shot still wants it: its bytes may be elsewhere. The entries of shots that were
    not selected stay; those of shots that the storyboard has no more go where all were.
    """
    old = before.takes if before is not None else {}
    plan = _plan(storyboard, facts, tally)
    shots = {shot.id: shot for shot in storyboard.shots}
    takes = {name: take for name, take in old.items() if not _covered(facts, take, shots)}
    covered: dict[str, LockedTake] = {}
    for row in plan.takes:
        found = _entry(row, shots[row.shot], tally, old.get(row.name), record)
        if found is not None:
            covered[row.name] = found
    return Lock(facts.provider, takes | _picked(covered, tally))


def gained(before: Lock | None, after: Lock) -> bool:
    """Whether the later lock says something that the earlier one does not."""
    old = before.takes if before is not None else {}
    return any(take != old.get(name) for name, take in after.takes.items())


def _covered(facts: Facts, take: LockedTake, shots: Mapping[str, Shot]) -> bool:
    """Whether the run says what becomes of that entry."""
    return facts.selected is None or (take.shot in shots and facts.selects(take.shot))


def _plan(storyboard: Storyboard, facts: Facts, tally: Tally) -> Plan:
    """The plan in which what is kept is at hand, and nothing is rendered again by itself."""
    held = {
        mark: Bytes(sha256=take.sha256, bytes=take.bytes or 0)
        for mark, take in tally.takes.items()
        if take.state is State.KEPT and take.sha256
    }
    return make_plan(
        storyboard,
        replace(
            facts,
            tally=tally,
            held=held,
            refetchable=frozenset(),
            price=lambda *_: None,
            force=False,
            refetch=False,
        ),
    )


def _entry(
    row: PlannedTake, shot: Shot, tally: Tally, old: LockedTake | None, record: Record
) -> LockedTake | None:
    take = tally.take(row.fingerprint or "")
    if row.decision is not Decision.REUSE or take.state is not State.KEPT or take.sha256 is None:
        wanted = old is not None and row.fingerprint in (None, old.fingerprint)
        return old if wanted else None
    if old is not None and (old.fingerprint, old.sha256) == (take.fingerprint, take.sha256):
        return old
    known = record(take.fingerprint) or {}
    stored = known if known.get("sha256") == take.sha256 else {}
    made = making_of(take)
    return LockedTake(
        shot=row.shot,
        number=row.number,
        fingerprint=take.fingerprint,
        sha256=take.sha256,
        bytes=take.bytes or 1,
        model=shot.model if made is None else made.request["model"],
        date=f"{take.kept['at'][:19]}Z",
        price=_price(take, tally, stored),
        video=take.video,
        engine=take.kept.get("engine") or stored.get("engine"),
    )


def _price(take: Take, tally: Tally, stored: Mapping[str, Any]) -> Decimal | None:
    """What the take cost where it was bought; None where nobody knows."""
    if take.kept["event"] == "kept":
        unknown = take.render in tally.unpriced
        return None if unknown else usd(take.kept.get("cost", 0)) or take.spent
    price = stored.get("price")
    return None if price is None else usd(price)


def _picked(takes: Mapping[str, LockedTake], tally: Tally) -> dict[str, LockedTake]:
    """The takes with the ledger's picks marked; where it has none for a shot, as they were."""
    marked = {}
    for name, take in takes.items():
        pick = tally.picks.get(take.shot)
        chosen = None if pick is None else takes.get(f"{take.shot}@{pick['number']}")
        if pick is not None and chosen is not None and chosen.fingerprint == pick["fp"]:
            marked[name] = replace(take, pick=chosen.name == name)
        else:
            marked[name] = take
    return marked
