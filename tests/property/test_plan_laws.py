from __future__ import annotations

import hashlib
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core import graph
from sorapipe.core.plan import Bytes, Decision, Facts
from sorapipe.core.planner import make_plan
from sorapipe.core.price import highest
from sorapipe.core.storyboard import Frame, Shot, Storyboard
from sorapipe.core.take import OPEN, State
from sorapipe.core.tally import Tally
from tests.events import event

ALL = frozenset({"create", "remix", "edit", "extend"})
PASTS = {
    "nothing": (),
    "in flight": ("intent", "accepted"),
    "intended": ("intent",),
    "unknown": ("intent", "unknown"),
    "failed": ("intent", "accepted", "failed"),
    "rejected": ("intent", "rejected"),
    "kept": ("reused",),
}


@st.composite
def storyboards(draw: st.DrawFn) -> Storyboard:
    """Shots in any order of the document; some share prompts, so that there are twins."""
    shots: list[Shot] = []
    for number in range(draw(st.integers(1, 7))):
        parent = draw(st.none() | st.sampled_from([shot.id for shot in shots])) if shots else None
        kind = draw(st.sampled_from(["remix", "extend", "frame"]))
        shots.append(
            Shot(
                id=f"s{number}",
                prompt=draw(st.sampled_from(["one", "two", "three"])),
                takes=draw(st.integers(1, 2)),
                remix_of=parent if kind == "remix" else None,
                extend_of=parent if kind == "extend" else None,
                reference=Frame(parent, "last") if parent and kind == "frame" else None,
            )
        )
    return Storyboard(shots=tuple(draw(st.permutations(shots))))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Storyboard, Facts]:
    """A storyboard with some past for each of its takes, by order of the graph."""
    storyboard = draw(storyboards())
    price = Decimal(draw(st.sampled_from(["0", "0.1"])))
    tally = Tally()
    held: dict[str, Bytes] = {}
    bare = Facts(
        provider="local", operations=ALL, tally=tally, held=held, price=lambda model, size: price
    )
    shots = {shot.id: shot for shot in storyboard.shots}
    first: dict[str, str] = {}
    for shot_id in graph.order({shot.id: shot.parent for shot in storyboard.shots}):
        shot = shots[shot_id]
        if shot.parent is not None and shot.parent not in first:
            continue
        for number in range(1, shot.takes + 1):
            digest = first.get(shot.parent or "")
            mark = bare.fingerprint(shot, number, shot.operation, digest)
            if mark in tally.takes:
                continue
            past = draw(st.sampled_from(sorted(PASTS)))
            for name in PASTS[past]:
                tally.apply(event(name, fp=mark, take=f"{shot_id}@{number}"))
            if past == "kept":
                made = hashlib.sha256(mark.encode()).hexdigest()
                held[mark] = Bytes(sha256=made, bytes=1, video="v", alive=draw(st.booleans()))
                first.setdefault(shot_id, made)
    force, retry = draw(st.booleans()), draw(st.booleans())
    return storyboard, Facts(
        provider="local",
        operations=ALL,
        tally=tally,
        held=held,
        price=bare.price,
        force=force,
        retry_failed=retry,
    )


@settings(deadline=None)
@given(worlds())
def test_every_take_has_one_row_after_its_parents(world: tuple[Storyboard, Facts]) -> None:
    """The rows are all wanted takes, once each, parents before children."""
    storyboard, facts = world
    rows = make_plan(storyboard, facts).takes
    names = [row.name for row in rows]
    wanted = [f"{shot.id}@{n}" for shot in storyboard.shots for n in range(1, shot.takes + 1)]
    assert sorted(names) == sorted(wanted)
    place = {row.shot: number for number, row in reversed(list(enumerate(rows)))}
    for shot in storyboard.shots:
        assert shot.parent is None or place[shot.parent] < place[shot.id]


@settings(deadline=None)
@given(worlds())
def test_nothing_is_bought_against_the_rules(world: tuple[Storyboard, Facts]) -> None:
    """Beside an open payment, twice, or after a paid failure, nothing is rendered unasked."""
    storyboard, facts = world
    bought: set[str] = set()
    for row in make_plan(storyboard, facts).takes:
        if row.decision is not Decision.RENDER:
            assert row.price == 0
        elif row.fingerprint is not None:
            state = facts.tally.take(row.fingerprint).state
            assert state is not State.UNKNOWN
            assert row.price == (0 if state in OPEN else highest(facts.price("", ""), 4))
            assert state is not State.FAILED or facts.retry_failed or facts.force
            assert row.fingerprint not in bought
            bought.add(row.fingerprint)


@settings(deadline=None)
@given(worlds())
def test_what_is_blocked_blocks_its_twins_and_its_descendants(
    world: tuple[Storyboard, Facts],
) -> None:
    """A twin shares its first row's fate, and no child of a shot without any hope is rendered."""
    storyboard, facts = world
    rows = make_plan(storyboard, facts).takes
    first: dict[str, Decision] = {}
    by_shot: dict[str, list[Decision]] = {}
    for row in rows:
        by_shot.setdefault(row.shot, []).append(row.decision)
        if row.fingerprint is not None:
            decision = first.setdefault(row.fingerprint, row.decision)
            assert (decision is Decision.BLOCKED) is (row.decision is Decision.BLOCKED)
    for shot in storyboard.shots:
        if shot.parent is not None and set(by_shot[shot.parent]) == {Decision.BLOCKED}:
            assert set(by_shot[shot.id]) == {Decision.BLOCKED}


@settings(deadline=None)
@given(worlds())
def test_planning_is_a_pure_decision(world: tuple[Storyboard, Facts]) -> None:
    """The same facts give the same plan, and the ledger's tally is not touched."""
    storyboard, facts = world
    before = dict(facts.tally.takes)
    assert make_plan(storyboard, facts) == make_plan(storyboard, facts)
    assert facts.tally.takes == before


@settings(deadline=None)
@given(storyboards())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(storyboard: Storyboard) -> None:
    """Once every take is kept, the next plan reuses all of them and costs nothing."""
    tally = Tally()
    held: dict[str, Bytes] = {}
    facts = Facts(
        provider="local",
        operations=ALL,
        tally=tally,
        held=held,
        price=lambda model, size: Decimal("0.1"),
    )
    rounds = 0
    while (planned := make_plan(storyboard, facts)).count(Decision.RENDER):
        for row in planned.takes:
            if row.decision is Decision.RENDER and row.fingerprint is not None:
                made = hashlib.sha256(row.fingerprint.encode()).hexdigest()
                held[row.fingerprint] = Bytes(sha256=made, bytes=1, video="v", alive=True)
                tally.apply(event("reused", fp=row.fingerprint, take=row.name, sha256=made))
        rounds += 1
        assert rounds <= len(storyboard.shots)
    assert planned.count(Decision.BLOCKED) == 0
    assert planned.price == 0
