"""Making the plan: what is decided about each take, and why. Pure.

A take below one that will be rendered cannot be fingerprinted yet; it is planned `render` at its
highest price with the reason `parent`, and may turn into `reuse` while running if its parent comes
out the same. The reverse never happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sorapipe.core import graph
from sorapipe.core.pick import Standing, hopeless, pick
from sorapipe.core.plan import Bytes, Decision, Facts, Plan, PlannedTake
from sorapipe.core.price import ZERO
from sorapipe.core.stale import edited, making, since, staying, there
from sorapipe.core.storyboard import Operation, Shot, Storyboard
from sorapipe.core.take import OPEN, State, Take
from sorapipe.core.wanted import needs_remote, operation_for
from sorapipe.core.why import in_a_word

CHANGED = "changed"  # since the take that is there; the row then says what
BUYS_NOTHING = "--refetch buys nothing"


@dataclass(frozen=True, slots=True)
class _Picked:
    """What a child sees of its parent: decided bytes, or none yet, or none ever."""

    bytes: Bytes | None
    blocked: str | None = None


def make_plan(storyboard: Storyboard, facts: Facts) -> Plan:
    """The plan for every shot that is selected.

    An operation that the server lacks, with no fallback, is planned as `blocked`. So is a child
    that starts from a remote video that is gone, unless rendering its parent again costs nothing.
    """
    by_id = {shot.id: shot for shot in storyboard.shots}
    anew: frozenset[str] = frozenset()
    while True:
        planner = Planner(facts, anew)
        rows = _rows(by_id, planner)
        more = _missed(by_id, planner) - anew
        if not more:
            return Plan(tuple(rows), planner.given)
        anew |= more


def _rows(by_id: Mapping[str, Shot], planner: Planner) -> list[PlannedTake]:
    picked: dict[str, _Picked] = {}
    rows: list[PlannedTake] = []
    for shot_id in graph.order({shot.id: shot.parent for shot in by_id.values()}):
        shot = by_id[shot_id]
        if not planner.facts.selects(shot_id):
            picked[shot_id] = planner.glimpse(shot, picked.get(shot.parent or ""))
            continue
        takes = list(planner.plan(shot, picked.get(shot.parent or "")))
        picked[shot_id] = planner.pick(shot, takes)
        rows += takes
    return rows


def _missed(by_id: Mapping[str, Shot], planner: Planner) -> set[str]:
    """The shots to be rendered again, for nothing, so that their remote videos are there.

    With each its parent, if that one's is gone too, and so on: one a plan would be far too slow.
    """
    found: set[str] = set()
    for missed in planner.gone:
        shot: Shot | None = by_id[missed]
        while shot is not None and shot.id not in found and planner.free(shot):
            found.add(shot.id)
            operation = operation_for(shot, planner.facts.operations) or shot.operation
            up = shot.parent if needs_remote(shot, operation) else None
            shot = by_id[up] if up in planner.dead else None
    return found


class Planner:
    """Plans shot by shot; remembers which take brings which fingerprint first."""

    def __init__(self, facts: Facts, anew: frozenset[str]) -> None:
        self.facts = facts
        self.anew = anew
        self.first: dict[str, PlannedTake] = {}
        self.given: dict[str, tuple[int, str]] = {}  # see `Plan.given`
        self.gone: set[str] = set()  # shots whose remote videos are gone, and missed by a child
        self.dead: set[str] = set()  # shots with a pick whose remote video is gone, missed or not

    def plan(self, shot: Shot, parent: _Picked | None) -> Iterator[PlannedTake]:
        """The rows of the shot's takes."""
        operation = operation_for(shot, self.facts.operations)
        blocked = parent.blocked if parent else None
        if operation is None:
            blocked = f"'{self.facts.provider}' cannot {shot.operation}"
        for number in range(1, shot.takes + 1):
            if operation is None or blocked is not None:
                yield _row(shot, number, operation or "create", Decision.BLOCKED, blocked or "")
            elif parent is not None and parent.bytes is None:
                yield self._pending(shot, number, operation)
            else:
                from_ = parent.bytes if parent else None
                wanted = self.facts.operation(shot, number, from_) or operation
                yield self._known(shot, number, wanted, from_)

    def glimpse(self, shot: Shot, parent: _Picked | None) -> _Picked:
        """What the children see of a shot that was not selected: what is there, or nothing."""
        above = parent.bytes if parent else None
        known = parent is None or above is not None
        marks = {
            number: self._glimpsed(shot, number, above, known=known)
            for number in range(1, shot.takes + 1)
        }
        here = [Standing.KEPT if mark else Standing.OPEN for mark in marks.values()]
        picked = pick(here, self.facts.chosen(shot, marks))
        mark = marks[picked] if picked is not None else None
        if picked is not None and mark is not None:
            self.given[shot.id] = (picked, mark)
            return _Picked(self.facts.held[mark])
        what = f"its parent '{shot.id}' is not selected, and not there as it is wanted"
        return _Picked(None, blocked=f"{what}; --select {shot.id} takes it in")

    def _glimpsed(
        self, shot: Shot, number: int, parent: Bytes | None, *, known: bool
    ) -> str | None:
        """The fingerprint of a take that was not selected, if it is there to start from.

        One that is in flight is not: what children start from is about to be another.
        """
        facts = self.facts
        operation = facts.operation(shot, number, parent) or shot.operation
        if known:
            mark = facts.fingerprint(shot, number, operation, parent.sha256 if parent else None)
            if facts.tally.take(mark).state in OPEN:
                return None
            if mark in facts.held:
                return mark
        old = staying(facts, shot, number, operation, parent)
        here = old is not None and old.fingerprint in facts.held and old.state not in OPEN
        return old.fingerprint if old is not None and here else None

    def free(self, shot: Shot) -> bool:
        """Whether the shot may be rendered again by itself, since it costs nothing."""
        buys = self.facts.selects(shot.id) and not self.facts.refetch
        return buys and self.facts.highest(shot) == ZERO

    def _pending(self, shot: Shot, number: int, operation: Operation) -> PlannedTake:
        """The row of a take whose parent is still to come, so that its fingerprint is unknown."""
        if (old := staying(self.facts, shot, number, operation)) is not None:
            return _stale(shot, number, operation, old)
        if self.facts.refetch:
            return _row(shot, number, operation, Decision.BLOCKED, BUYS_NOTHING)
        more = {"price": self.facts.highest(shot), "anew": self._anew(shot.id)}
        edits = edited(self.facts, shot, number, operation)
        reason = in_a_word(edits) if edits else "parent"
        return _row(shot, number, operation, Decision.RENDER, reason, **more)

    def _known(
        self, shot: Shot, number: int, operation: Operation, parent: Bytes | None
    ) -> PlannedTake:
        """The row of a take whose fingerprint is known."""
        digest = parent.sha256 if parent else None
        mark = self.facts.fingerprint(shot, number, operation, digest)
        state = self.facts.tally.take(mark).state
        first = self.first.get(mark)
        if first is not None:  # what blocks the one blocks both
            decision = Decision.BLOCKED if first.decision is Decision.BLOCKED else Decision.REUSE
            reason, twin = f"same as {first.name}", {"fingerprint": mark, "state": state}
            return _row(shot, number, operation, decision, reason, **twin)
        decision, reason = self.decide(shot, mark, f"{shot.id}@{number}")
        lacks = decision is not Decision.REUSE and state not in OPEN and not self._anew(shot.id)
        if lacks and (old := staying(self.facts, shot, number, operation, parent)) is not None:
            return _stale(shot, number, operation, old)
        if reason == CHANGED and (old := there(self.facts, f"{shot.id}@{number}")) is not None:
            wanted = making(self.facts, shot, number, operation, parent)
            reason = in_a_word(since(old, wanted) or [])
        buys = decision is Decision.RENDER and state not in OPEN
        if buys and parent and not parent.alive and needs_remote(shot, operation):
            self.gone.add(shot.parent or "")
            buys, decision = False, Decision.BLOCKED
            reason = f"the remote video of '{shot.parent}' is gone; {_remedy(shot)}"
        price = self.facts.highest(shot) if buys else ZERO
        anew = decision is Decision.RENDER and self._anew(shot.id)
        more = {"price": price, "fingerprint": mark, "state": state, "anew": anew}
        self.first[mark] = _row(shot, number, operation, decision, reason, **more)
        return self.first[mark]

    def decide(self, shot: Shot, mark: str, name: str) -> tuple[Decision, str]:
        """The decision for a take whose fingerprint is known, and its reason."""
        take = self.facts.tally.take(mark)
        if take.state is State.UNKNOWN:
            return Decision.BLOCKED, "its payment is unknown; settle it with 'sorapipe resolve'"
        if take.state in OPEN:
            return Decision.RENDER, "in flight"
        return self._decide_closed(shot, take, name)

    def _decide_closed(self, shot: Shot, take: Take, name: str) -> tuple[Decision, str]:
        """The decision for a take that no payment is open for."""
        facts, mark = self.facts, take.fingerprint
        if facts.refetch and mark not in facts.held and mark not in facts.refetchable:
            return Decision.BLOCKED, BUYS_NOTHING
        if facts.force and mark not in facts.bought:
            return Decision.RENDER, "forced"
        if shot.id in self.anew:
            return Decision.RENDER, "its remote video is gone"
        if mark in facts.held:
            return Decision.REUSE, "kept" if take.state is State.KEPT else "in the store"
        return _unheld(take, name, facts, free=facts.highest(shot) == ZERO)

    def pick(self, shot: Shot, takes: list[PlannedTake]) -> _Picked:
        """What the plan lets this shot's children see."""
        standings = [self._standing(take) for take in takes]
        chosen = self.facts.chosen(shot, {take.number: take.fingerprint for take in takes})
        number = pick(standings, chosen)
        if number is not None:
            mark = takes[number - 1].fingerprint
            found = self.facts.held.get(mark) if mark else None
            if found is not None and not found.alive:
                self.dead.add(shot.id)
            return _Picked(found)
        if hopeless(standings, chosen):
            return _Picked(None, blocked=f"parent '{shot.id}' cannot be had")
        first = takes[standings.index(Standing.OPEN)]
        if first.state is State.UNKNOWN:
            return _Picked(None, blocked=f"the payment of its parent '{first.name}' is unknown")
        return _Picked(None)

    def _standing(self, take: PlannedTake) -> Standing:
        if take.state is State.UNKNOWN:
            return Standing.OPEN  # it may yet be adopted: no higher take is picked over it
        if take.decision is Decision.BLOCKED:
            return Standing.ENDED
        here = take.decision is Decision.REUSE and take.fingerprint in self.facts.held
        fresh = take.fingerprint in self.facts.bought or not self._anew(take.shot)
        return Standing.KEPT if here and fresh else Standing.OPEN

    def _anew(self, shot_id: str) -> bool:
        return self.facts.force or shot_id in self.anew


def _row(
    shot: Shot, number: int, operation: Operation, decision: Decision, reason: str, **more: Any
) -> PlannedTake:
    """A row of the plan; nothing to pay and no fingerprint unless `more` says them."""
    return PlannedTake(
        shot=shot.id,
        number=number,
        decision=decision,
        reason=reason,
        operation=operation,
        file=shot.file_name(number),
        **{"price": ZERO, **more},
    )


def _remedy(shot: Shot) -> str:
    """What can be done where the remote video of the shot's parent is gone."""
    again = f"--force --select {shot.parent} renders it again"
    return f"{again}, 'fallback: reference' does without" if shot.remix_of else again


def _stale(shot: Shot, number: int, operation: Operation, old: Take) -> PlannedTake:
    """The row of an earlier take that is left where it is."""
    more = {"fingerprint": old.fingerprint, "state": old.state, "stale": True}
    return _row(shot, number, operation, Decision.REUSE, "stale, and left", **more)


def _unheld(take: Take, name: str, facts: Facts, *, free: bool) -> tuple[Decision, str]:
    """The decision for a take whose bytes are nowhere at hand and that nothing is open for."""
    retry = facts.retry_failed and take.fingerprint not in facts.bought
    if take.state is State.KEPT:
        if facts.offline:
            return Decision.BLOCKED, "its file is gone here, and no server is asked"
        if take.fingerprint in facts.refetchable:
            return Decision.REUSE, "fetched again"
        return _bought_again("its file is gone", "here and there", free or retry)
    if take.state in (State.FAILED, State.LOST, State.WRITTEN_OFF):
        return _bought_again(take.state, take.why or "no reason was given", retry)
    if take.state is State.REJECTED:
        return Decision.RENDER, "rejected before"
    return Decision.RENDER, CHANGED if name in facts.tally.current else "new"


def _bought_again(what: str, why: str, consent: bool) -> tuple[Decision, str]:
    """Once accepted, a take is bought a second time only with its owner's consent."""
    if consent:
        return Decision.RENDER, what if what.startswith("its") else f"{what} before"
    return Decision.BLOCKED, f"{what}: {why}; --retry-failed buys it again"
