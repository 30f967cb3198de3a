"""The board: which takes are ready, which wait for a parent, and what each shot's pick is.

Decides, never awaits. The heart asks it what may start, and tells it what has come to rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sorapipe.core.pick import Standing, hopeless, pick
from sorapipe.core.plan import (
    Bytes,
    Decision,
    Facts,
    Plan,
    PlannedTake,
)
from sorapipe.core.planner import Planner
from sorapipe.core.request import Request, Source, request_for
from sorapipe.core.storyboard import Shot, Storyboard
from sorapipe.core.take import OPEN, Take, next_move
from sorapipe.core.wanted import needs_remote, source_of
from sorapipe.core.why import making_of
from sorapipe.run.work import Work


class Board:
    """The takes of one run. `facts` is what the plan stands on; `held` grows as bytes arrive."""

    def __init__(self, storyboard: Storyboard, plan: Plan, facts: Facts) -> None:
        self.facts = facts
        self._planner = Planner(facts, frozenset(row.shot for row in plan.takes if row.anew))
        self.held: dict[str, Bytes] = {}
        self.shots = {shot.id: shot for shot in storyboard.shots}
        self.planned: dict[str, list[PlannedTake]] = {}
        for row in plan.takes:
            self.planned.setdefault(row.shot, []).append(row)
        self.children: dict[str, list[str]] = {}
        for shot in storyboard.shots:
            if shot.parent in self.planned and shot.id in self.planned:
                self.children.setdefault(shot.parent, []).append(shot.id)
        self.marks: dict[str, dict[int, str]] = {}  # shot -> number -> fingerprint, once known
        self.rest: dict[str, dict[int, Standing]] = {}  # shot -> number -> how it came to rest
        self.picked: dict[str, int] = {}
        for shot_id, (number, mark) in plan.given.items():
            self.marks[shot_id], self.picked[shot_id] = {number: mark}, number
        self.to_open: deque[str] = deque(self._roots())
        self.ready: deque[Work] = deque()

    def _roots(self) -> Iterator[str]:
        """The planned shots that wait for no other one, in the order of the plan."""
        for shot_id in self.planned:
            parent = self.shots[shot_id].parent
            if parent is None or parent not in self.planned:
                yield shot_id

    def parent_bytes(self, shot: Shot) -> Bytes | None:
        """The bytes of the parent's pick."""
        if shot.parent is None or shot.parent not in self.picked:
            return None
        return self.bytes_of(self.marks[shot.parent][self.picked[shot.parent]])

    def bytes_of(self, mark: str) -> Bytes | None:
        """The bytes at hand of that fingerprint: made in this run, or there before it."""
        return self.held.get(mark) or self.facts.held.get(mark)

    def work(self, row: PlannedTake) -> Work:
        """The take as work, now that its parent's pick is known."""
        shot = self.shots[row.shot]
        parent = self.parent_bytes(shot)
        operation = self.facts.operation(shot, row.number, parent) or shot.operation
        digest = parent.sha256 if parent else None
        request = request_for(shot, row.number, operation)
        source = source_of(shot, operation, self.facts.pictures, digest)
        mark = self.facts.fingerprint(shot, row.number, operation, digest)
        if row.stale and row.fingerprint is not None:
            mark = row.fingerprint
            made = making_of(self.facts.tally.take(mark))
            if made is not None:  # it is what it was made of, not what is wanted now
                request = Request(**made.request)
                source = Source(**made.source) if made.source else None
        self.marks.setdefault(shot.id, {})[row.number] = mark
        return Work(
            fingerprint=mark,
            name=row.name,
            number=row.number,
            price=self.facts.highest(shot),
            shot=shot,
            request=request,
            source=source,
            parent=parent,
        )

    def blocked(self, row: PlannedTake) -> str | None:
        """Why this take cannot be had, if so: by the plan, or since its parent will not come."""
        if row.decision is Decision.BLOCKED:
            return row.reason
        parent = self.shots[row.shot].parent
        if parent in self.planned and parent not in self.picked:
            return f"parent '{parent}' was not made"
        return None

    def decide(self, work: Work) -> tuple[Decision, str]:
        """The planner's decision, now that the parent's pick is known: the plan's, or less."""
        assert work.shot is not None
        decision, why = self._planner.decide(work.shot, work.fingerprint, work.name)
        remote = needs_remote(work.shot, work.request.operation)
        open_ = self.facts.tally.take(work.fingerprint).state in OPEN
        buys = decision is Decision.RENDER and not open_
        if buys and remote and work.parent is not None and not work.parent.alive:
            return Decision.BLOCKED, f"the remote video of '{work.shot.parent}' is gone"
        return decision, why

    def starves(self, work: Work, found: Bytes) -> bool:
        """Whether a child needs a remote video of that take, which bytes from elsewhere lack."""
        if found.alive or work.shot is None:
            return False
        children = (self.shots[child] for child in self.children.get(work.shot.id, ()))
        return any(
            needs_remote(child, self.facts.operation(child, 1, None) or child.operation)
            for child in children
        )

    def rests(self, shot_id: str, number: int, standing: Standing) -> None:
        """Note that a take has come to rest."""
        self.rest.setdefault(shot_id, {})[number] = standing
        found = pick(self.standings(shot_id), self._chosen(shot_id))
        if found is not None:
            self.picked[shot_id] = found

    def decided(self, shot_id: str) -> bool:
        """Whether the shot's pick is known, or is known never to come."""
        return shot_id in self.picked or hopeless(self.standings(shot_id), self._chosen(shot_id))

    def kept(self, shot_id: str) -> dict[int, str]:
        """The fingerprints of the shot's kept takes by number."""
        rest = self.rest.get(shot_id, {})
        return {
            number: self.marks[shot_id][number]
            for number in sorted(rest)
            if rest[number] is Standing.KEPT
        }

    def _chosen(self, shot_id: str) -> int | None:
        return self.facts.chosen(self.shots[shot_id], self.marks.get(shot_id, {}))

    def standings(self, shot_id: str) -> list[Standing]:
        """How far each take of the shot has come, in order."""
        rest = self.rest.get(shot_id, {})
        return [rest.get(row.number, Standing.OPEN) for row in self.planned[shot_id]]

    def leftovers(self, provider: str, address: str) -> Iterator[Work]:
        """Takes with an open render there that no opened shot wants: paid, so seen through.

        What is open at another server is that one's business: here nobody would know of it.
        """
        wanted = {mark for marks in self.marks.values() for mark in marks.values()}
        for mark in self.facts.tally.open:
            take = self.facts.tally.take(mark)
            there = (take.intent.get("provider"), take.intent.get("address"))
            if mark not in wanted and next_move(take) is not None and there == (provider, address):
                yield leftover(take)

    def undecided(self) -> Iterator[PlannedTake]:
        """The planned takes whose shots were never opened, since their parent's pick is open."""
        for waiting in self.children.values():
            yield from (row for shot_id in waiting for row in self.planned[shot_id])


def leftover(take: Take) -> Work:
    """The take as work, from what its intent says: enough to ask for the same under its key."""
    intent = take.intent
    video, source = intent.get("parent"), intent.get("source")
    return Work(
        fingerprint=take.fingerprint,
        name=take.name,
        number=intent["number"],
        price=None,
        request=Request(**intent["request"]),
        source=Source(**source) if source else None,
        parent=Bytes(sha256="", bytes=0, video=video) if video else None,
    )
