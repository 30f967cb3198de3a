"""Laws of the lock: planned by the lock of a run alone, all is there; what differs is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core import graph
from sorapipe.core.lock import Difference, Lock, differences, locked_facts
from sorapipe.core.lock_text import parse, text_of
from sorapipe.core.plan import Decision, Facts
from sorapipe.core.planner import make_plan
from sorapipe.core.relock import gained, relock
from sorapipe.core.storyboard import Shot, Storyboard
from sorapipe.core.tally import Tally
from tests.events import event
from tests.plans import facts as nothing_known
from tests.plans import nothing, tenth
from tests.property.test_plan_laws import storyboards


def carried_out(storyboard: Storyboard, picks: list[int], salt: str = "") -> Tally:
    """A ledger in which everything was kept; shot number n has the pick `picks[n]`, if it can."""
    tally, known = Tally(), nothing_known()
    shots = {shot.id: shot for shot in storyboard.shots}
    parents = {shot.id: shot.parent for shot in storyboard.shots}
    used: dict[str, str] = {}
    for place, shot_id in enumerate(graph.order(parents)):
        shot = shots[shot_id]
        marks = {}
        for number in range(1, shot.takes + 1):
            above = used.get(shot.parent or "")
            mark = marks[number] = known.fingerprint(shot, number, shot.operation, above)
            if mark not in tally.takes:
                made = hashlib.sha256(f"{mark}{salt}".encode()).hexdigest()
                name = f"{shot_id}@{number}"
                tally.apply(event("reused", fp=mark, take=name, sha256=made, bytes=1))
        picked = min(picks[place % len(picks)], shot.takes)
        tally.apply(event("picked", shot=shot_id, number=picked, fp=marks[picked]))
        used[shot_id] = tally.take(marks[picked]).sha256 or ""
    return tally


def locked(storyboard: Storyboard, facts: Facts, tally: Tally, before: Lock | None = None) -> Lock:
    """The lock that such a run leaves, as it is read again from its file."""
    return parse(text_of(relock(storyboard, facts, tally, before, lambda _: None)))


def words(found: list[Difference]) -> dict[str, str]:
    """How each take stands to the lock."""
    return {one.name: one.word for one in found}


films = st.tuples(storyboards(), st.lists(st.integers(1, 2), min_size=1, max_size=7))


@settings(deadline=None, max_examples=50)
@given(films)
def test_the_lock_of_a_run_makes_every_take_reuse(film: tuple[Storyboard, list[int]]) -> None:
    """Without any ledger, the plan that the lock gives reuses all takes, with the same picks."""
    storyboard, picks = film
    tally = carried_out(storyboard, picks)
    lock = locked(storyboard, nothing_known(), tally)
    facts = locked_facts(storyboard, lock, nothing_known())
    plan = make_plan(storyboard, facts)
    assert {row.decision for row in plan.takes} == {Decision.REUSE}
    for row in plan.takes:
        assert row.fingerprint is not None
        assert facts.held[row.fingerprint].sha256 == tally.take(row.fingerprint).sha256
    for shot in storyboard.shots:
        marks = {row.number: row.fingerprint for row in plan.takes if row.shot == shot.id}
        assert facts.chosen(shot, marks) == tally.picks[shot.id]["number"]
    assert set(words(differences(storyboard, lock, nothing_known())).values()) == {"unchanged"}


@settings(deadline=None, max_examples=50)
@given(films)
def test_a_run_with_nothing_new_leaves_the_same_bytes(film: tuple[Storyboard, list[int]]) -> None:
    """Locked once more from the same ledger, a lock says nothing new and has the same text."""
    storyboard, picks = film
    tally = carried_out(storyboard, picks)
    lock = locked(storyboard, nothing_known(), tally)
    again = relock(storyboard, nothing_known(), tally, lock, lambda _: None)
    assert text_of(again) == text_of(lock)
    assert not gained(lock, again)


@settings(deadline=None, max_examples=50)
@given(films, st.integers(0, 6), st.sampled_from([tenth, nothing]))
def test_an_edit_changes_its_shot_and_what_is_below_and_nothing_else(
    film: tuple[Storyboard, list[int]],
    which: int,
    price: Callable[[str, str], Decimal],
) -> None:
    """What differs from the lock after an edit is that shot and its descendants, exactly."""
    storyboard, picks = film
    lock = locked(storyboard, nothing_known(), carried_out(storyboard, picks))
    edited = storyboard.shots[which % len(storyboard.shots)]
    shots = tuple(
        replace(shot, prompt="another") if shot is edited else shot for shot in storyboard.shots
    )
    below = _below(storyboard, edited)
    facts = nothing_known(price=price)
    for name, word in words(differences(replace(storyboard, shots=shots), lock, facts)).items():
        assert word == ("changed" if name.partition("@")[0] in below else "unchanged")


@settings(deadline=None, max_examples=50)
@given(films)
def test_shots_that_come_and_go_are_new_and_removed(film: tuple[Storyboard, list[int]]) -> None:
    """A shot of the lock that the storyboard lacks is removed, one that it lacks itself is new."""
    storyboard, picks = film
    root = next(shot for shot in storyboard.shots if shot.parent is None)
    lock = locked(storyboard, nothing_known(), carried_out(storyboard, picks))
    fresh = replace(root, id="fresh", prompt="never seen")
    found = words(differences(Storyboard(shots=(fresh,)), lock, nothing_known()))
    assert {name for name, word in found.items() if word == "new"} == {
        f"fresh@{number}" for number in range(1, root.takes + 1)
    }
    assert {name for name, word in found.items() if word == "removed"} == set(lock.takes)


@settings(deadline=None, max_examples=50)
@given(films, st.sets(st.integers(0, 6)))
def test_a_run_of_some_shots_leaves_the_entries_of_the_others(
    film: tuple[Storyboard, list[int]], chosen: set[int]
) -> None:
    """With a selection only its own entries become what was rendered anew; all others stay."""
    storyboard, picks = film
    before = locked(storyboard, nothing_known(), carried_out(storyboard, picks))
    selected = frozenset(
        shot.id for number, shot in enumerate(storyboard.shots) if number in chosen
    )
    tally = carried_out(storyboard, picks, salt="anew")
    after = locked(storyboard, nothing_known(selected=selected), tally, before)
    for name, take in before.takes.items():
        if take.shot not in selected:
            assert after.takes[name] == take


def _below(storyboard: Storyboard, top: Shot) -> set[str]:
    found = {top.id}
    for shot_id in graph.order({shot.id: shot.parent for shot in storyboard.shots}):
        parent = next(shot.parent for shot in storyboard.shots if shot.id == shot_id)
        if parent in found:
            found.add(shot_id)
    return found
