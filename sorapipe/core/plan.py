"""The plan: takes in order, each with a decision, its reason and its highest price. Data only.

`core/planner.py` makes it from a storyboard and `Facts`, which is all that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from sorapipe.core.fingerprint import fingerprint
from sorapipe.core.price import ZERO, highest
from sorapipe.core.request import request_for
from sorapipe.core.storyboard import Operation, Shot
from sorapipe.core.take import OPEN, Event, State, Take
from sorapipe.core.tally import Tally
from sorapipe.core.wanted import chosen_take, needs_remote, operation_for, source_of

# Closed, and paid for: such a take is bought again only with its owner's consent.
SPENT = frozenset({State.KEPT, State.FAILED, State.LOST, State.WRITTEN_OFF})


class Decision(StrEnum):
    """What is done about a take."""

    REUSE = "reuse"
    RENDER = "render"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """A take's bytes that are at hand, and where their remote video lives, if it still does."""

    sha256: str
    bytes: int
    video: str | None = None
    alive: bool = False
    expires_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a plan depends on beside the storyboard.

    `operations` are the requests that the server knows; `held` has the bytes at hand by
    fingerprint, `pictures` the digests of the reference files by their path as written; `price`
    tells USD a second for a model and a size, None where nobody knows. `refetchable` are kept takes
    whose bytes are gone here but not on the server. `selected` are the ids of the shots that are
    meant, None where all are. `keep_stale` leaves takes whose source alone has changed; `refetch`
    brings back what is lost, and buys nothing; `offline` asks no server. `bought` are the
    fingerprints that were paid for since the plan that is carried out was saved: they are neither
    forced nor bought once more.
    `locked_picks` are the lock's: they count where the ledger has none that is still wanted.
    """

    provider: str
    operations: frozenset[str]
    tally: Tally
    held: Mapping[str, Bytes]
    price: Callable[[str, str], Decimal | None]
    pictures: Mapping[str, str] = field(default_factory=dict)
    refetchable: frozenset[str] = frozenset()
    retry_failed: bool = False
    force: bool = False
    selected: frozenset[str] | None = None
    keep_stale: bool = False
    refetch: bool = False
    offline: bool = False
    bought: frozenset[str] = frozenset()
    locked_picks: Mapping[str, Event] = field(default_factory=dict)

    def selects(self, shot_id: str) -> bool:
        """Whether the shot is meant."""
        return self.selected is None or shot_id in self.selected

    def chosen(self, shot: Shot, fingerprints: Mapping[int, str | None]) -> int | None:
        """The number that was picked before, if that very take is still wanted."""
        found = chosen_take(shot, fingerprints, self.tally.picks)
        return found or chosen_take(shot, fingerprints, self.locked_picks)

    def fingerprint(self, shot: Shot, number: int, operation: Operation, parent: str | None) -> str:
        """The fingerprint of that take; `parent` is the digest of its parent's pick, if any."""
        source = source_of(shot, operation, self.pictures, parent)
        request = request_for(shot, number, operation)
        return fingerprint(request, number, source, self.provider)

    def operation(self, shot: Shot, number: int, parent: Bytes | None) -> Operation | None:
        """The request that is sent for that take, its fallback included; None if there is none.

        A remix that may do without its parent's remote video does, where that one is gone. What was
        bought in either way stays what is wanted: an address that comes or goes buys nothing.
        """
        found = operation_for(shot, self.operations)
        if found is None or parent is None or shot.fallback != "reference":
            return found
        if not needs_remote(shot, found):
            return found
        either: tuple[Operation, ...] = (found, "create")
        marks = {one: self.fingerprint(shot, number, one, parent.sha256) for one in either}
        bought = [one for one in either if self._settles(shot, marks[one])]
        last = self.tally.current.get(f"{shot.id}@{number}")
        newest = next((one for one in bought if marks[one] == last), None)
        return newest or (bought[0] if bought else found if parent.alive else "create")

    def _settles(self, shot: Shot, mark: str) -> bool:
        """Whether that take is there, or open, or not to be bought again without consent."""
        take = self.tally.take(mark)
        consent = self.force and self.selects(shot.id) and mark not in self.bought
        if take.state in OPEN or (not consent and (mark in self.held or mark in self.refetchable)):
            return True
        consent = consent or (self.retry_failed and mark not in self.bought)
        free = take.state is State.KEPT and self.highest(shot) == ZERO
        return take.state in SPENT and not (consent or free)

    def refetches(self, take: Take) -> bool:
        """Whether the take's bytes are gone here and can be had from the server again."""
        return take.fingerprint in self.refetchable and take.fingerprint not in self.held

    def highest(self, shot: Shot) -> Decimal | None:
        """The most that one render of the shot can cost; None where nobody knows."""
        return highest(self.price(shot.model, shot.size), shot.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTake:
    """One row of the plan. `price` is the most it adds in USD; None where nobody knows.

    `anew` says that it is rendered even where bytes of that fingerprint are at hand: it is forced,
    or a child needs its remote video, which is gone. `stale` says that an earlier take is left in
    its place, whose source was another; `fingerprint` is then that one's.
    """

    shot: str
    number: int
    decision: Decision
    reason: str
    price: Decimal | None
    operation: Operation
    file: str
    fingerprint: str | None = None
    state: State = State.WANTED
    anew: bool = False
    stale: bool = False

    @property
    def name(self) -> str:
        """`SHOT@N`."""
        return f"{self.shot}@{self.number}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The takes in the order of the graph; parents before children.

    `given` are the picks of shots that were not selected and that selected ones may start from:
    number and fingerprint by shot.
    """

    takes: tuple[PlannedTake, ...]
    given: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def count(self, decision: Decision) -> int:
        """How many takes have that decision."""
        return sum(take.decision is decision for take in self.takes)

    @property
    def price(self) -> Decimal:
        """The most that the plan can add, in USD, not counting unknown prices."""
        return sum((take.price for take in self.takes if take.price is not None), ZERO)

    @property
    def unpriced(self) -> tuple[PlannedTake, ...]:
        """The takes to be rendered whose price nobody knows."""
        return tuple(take for take in self.takes if take.price is None)
