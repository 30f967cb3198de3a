"""The lock: which takes a storyboard is known to be, by bytes and picks; and what differs. Pure.

It belongs beside the storyboard in git. All of it is of one provider, since a fingerprint is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sorapipe.core.plan import Bytes, Facts, Plan, PlannedTake
from sorapipe.core.planner import make_plan
from sorapipe.core.storyboard import Storyboard
from sorapipe.core.take import Event, State


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTake:
    """A take that was kept: what it is, and where it came from.

    `price` is what it cost in USD, None where nobody knows. `date` is when it was kept, UTC in ISO
    8601. `video` is its id on the server; `engine` what drew it, where that was the studio.
    """

    shot: str
    number: int
    fingerprint: str
    sha256: str
    bytes: int
    model: str
    date: str
    price: Decimal | None = None
    video: str | None = None
    engine: str | None = None
    pick: bool = False

    @property
    def name(self) -> str:
        """`SHOT@N`."""
        return f"{self.shot}@{self.number}"


@dataclass(frozen=True, slots=True)
class Lock:
    """The locked takes by name, all of one provider."""

    provider: str
    takes: Mapping[str, LockedTake] = field(default_factory=dict)

    @property
    def picks(self) -> dict[str, Event]:
        """The picked takes by shot, as a tally has them."""
        return {
            take.shot: {"shot": take.shot, "number": take.number, "fp": take.fingerprint}
            for take in self.takes.values()
            if take.pick
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """How a take stands to the lock: `word` is unchanged, changed, new or removed.

    `row` is its row in the plan that the lock alone gives, None where it is removed; its reason
    says what changed, as far as the ledger knows. `locked` is None where it is new.
    """

    name: str
    word: str
    row: PlannedTake | None
    locked: LockedTake | None


def locked_facts(storyboard: Storyboard, lock: Lock, facts: Facts) -> Facts:
    """The facts if the lock's takes, and no others, were at hand, and its picks were made.

    What the ledger kept stays known, to tell what changed since; what it has open does not. Remote
    videos count as there, lest their absence hides what changed; but not where a child may have
    done without one, since then the lock says whether it did.
    """
    missed = {shot.parent for shot in storyboard.shots if shot.fallback == "reference"}
    held = {
        take.fingerprint: Bytes(
            sha256=take.sha256,
            bytes=take.bytes,
            video=take.video,
            alive=take.shot not in missed,
        )
        for take in lock.takes.values()
    }
    known = {mark: one for mark, one in facts.tally.takes.items() if mark in held}
    kept = {mark: one for mark, one in known.items() if one.state is State.KEPT}
    tally = replace(
        facts.tally,
        takes=kept,
        open={},
        picks=lock.picks,
        current={name: take.fingerprint for name, take in lock.takes.items()},
    )
    return replace(
        facts,
        tally=tally,
        held=held,
        refetchable=frozenset(),
        locked_picks={},
        bought=frozenset(),
        force=False,
        refetch=False,
    )


def differences(storyboard: Storyboard, lock: Lock, facts: Facts) -> list[Difference]:
    """How every take that is wanted or locked stands to the lock, in the order of the plan.

    What is below a take that would be rendered anew counts as changed. Takes that are locked and
    not wanted come last; those of shots that are not selected are left out.
    """
    plan = make_plan(storyboard, locked_facts(storyboard, lock, facts))
    wanted = {row.name for row in plan.takes}
    return [*_wanted(plan, lock), *_removed(storyboard, lock, facts, wanted)]


def _wanted(plan: Plan, lock: Lock) -> Iterator[Difference]:
    for row in plan.takes:
        locked = lock.takes.get(row.name)
        if locked is None:
            word = "new"
        else:
            word = "unchanged" if row.fingerprint == locked.fingerprint else "changed"
        yield Difference(row.name, word, row, locked)


def _removed(
    storyboard: Storyboard, lock: Lock, facts: Facts, wanted: set[str]
) -> Iterator[Difference]:
    shots = {shot.id for shot in storyboard.shots}
    for name, take in lock.takes.items():
        left_out = take.shot in shots and not facts.selects(take.shot)
        if name not in wanted and not left_out:
            yield Difference(name, "removed", None, take)
