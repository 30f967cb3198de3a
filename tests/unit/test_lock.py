"""What a run's lock says of each take, and how a storyboard stands to a lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sorapipe.core.lock import Lock, LockedTake, differences
from sorapipe.core.relock import gained, relock
from sorapipe.core.storyboard import Shot, Storyboard
from sorapipe.core.tally import Tally, fold
from tests.events import RENDER, REQUEST, event
from tests.plans import A, B, C, facts, mark_of

ONE, TWO, THREE = "11" * 32, "22" * 32, "33" * 32
FILM = Storyboard(shots=(A, B, C))
MARKS = {"a": mark_of(A), "b": mark_of(B, parent=ONE), "c": mark_of(C, parent=TWO)}


def kept(shot: str, sha256: str) -> list[dict[str, Any]]:
    """The events of a first take that was kept, and is the pick."""
    mark, name = MARKS[shot], f"{shot}@1"
    return [
        event("reused", fp=mark, take=name, sha256=sha256),
        event("picked", shot=shot, number=1, fp=mark),
    ]


def whole() -> Tally:
    """A ledger in which all three were kept."""
    return fold([*kept("a", ONE), *kept("b", TWO), *kept("c", THREE)])


def left(
    tally: Tally,
    before: Lock | None = None,
    film: Storyboard = FILM,
    record: Mapping[str, Any] | None = None,
    **known: Any,
) -> Lock:
    """The lock that a run with that ledger leaves."""
    return relock(film, facts(**known), tally, before, lambda _: record)


def how(film: Storyboard, lock: Lock, **known: Any) -> dict[str, str]:
    """The word of each take."""
    return {one.name: one.word for one in differences(film, lock, facts(**known))}


def test_a_kept_take_has_an_entry_with_all_that_is_known_of_it() -> None:
    """The entry tells bytes, model, server's id, cost, date, engine, and whether it is picked."""
    mark = MARKS["a"]
    tally = fold(
        [
            event("intent", fp=mark, take="a@1", request=REQUEST),
            event("accepted", fp=mark, take="a@1"),
            event("rendered", fp=mark, take="a@1", told_cost=0.3),
            event("kept", fp=mark, take="a@1", sha256=ONE, cost=0.3, engine="studio/1"),
            event("picked", shot="a", number=1, fp=mark),
        ]
    )
    assert left(tally, film=Storyboard(shots=(A,))).takes == {
        "a@1": LockedTake(
            shot="a",
            number=1,
            fingerprint=mark,
            sha256=ONE,
            bytes=1000,
            model="sora-2",
            date="2026-01-01T00:00:00Z",
            price=Decimal("0.3"),
            video="video_1",
            engine="studio/1",
            pick=True,
        )
    }


def test_a_price_that_nobody_knows_is_none() -> None:
    """A take that was bought at an unknown price has no price, and one that was free has 0."""
    mark = MARKS["a"]
    bought = [
        event("accepted", fp=mark, take="a@1"),
        event("rendered", fp=mark, take="a@1", told_cost=0),
        event("kept", fp=mark, take="a@1", sha256=ONE, cost=0),
    ]
    del bought[1]["told_cost"]
    film = Storyboard(shots=(A,))
    for price, said in ((None, None), (0, Decimal(0))):
        intent = event("intent", fp=mark, take="a@1", render=RENDER, price=price)
        assert left(fold([intent, *bought]), film=film).takes["a@1"].price == said


def test_what_was_reused_is_told_by_the_store_as_long_as_it_has_the_same_bytes() -> None:
    """Price and engine of a take from the store are those that its record has for these bytes."""
    record = {"sha256": ONE, "price": 0.4, "engine": "studio/1"}
    known = left(whole(), record=record).takes
    assert (known["a@1"].price, known["a@1"].engine) == (Decimal("0.4"), "studio/1")
    assert (known["b@1"].price, known["b@1"].engine) == (None, None)


def test_an_entry_whose_bytes_are_the_same_stays_to_the_letter() -> None:
    """Rendered again to the same bytes, a take keeps its date, id and price in the lock."""
    before = left(whole())
    old = replace(before.takes["a@1"], date="2020-01-01T00:00:00Z", video="video_0")
    before = Lock("local", {**before.takes, "a@1": old})
    after = left(whole(), before)
    assert after == before
    assert not gained(before, after)


def test_a_take_that_failed_keeps_its_entry_while_its_shot_wants_it() -> None:
    """Its bytes may be elsewhere: the entry stays just as long as the fingerprint does."""
    before = left(whole())
    lost = fold(
        [
            *kept("a", ONE),
            *(event(name, fp=MARKS["b"], take="b@1") for name in ("intent", "rejected")),
        ]
    )
    assert left(lost, before).takes == before.takes  # c's parent is open: nobody knows of c
    edited = Storyboard(shots=(A, replace(B, prompt="other"), C))
    after = left(lost, before, film=edited)
    assert sorted(after.takes) == ["a@1", "c@1"]
    assert not gained(before, after)


def test_entries_of_shots_that_are_gone_go_with_a_run_of_all() -> None:
    """A run of everything drops what the storyboard has no more; one of a selection leaves it."""
    before = left(whole())
    film = Storyboard(shots=(A, B))
    assert sorted(left(whole(), before, film=film).takes) == ["a@1", "b@1"]
    some = left(whole(), before, film=film, selected=frozenset({"a"}))
    assert sorted(some.takes) == ["a@1", "b@1", "c@1"]


def test_the_pick_is_the_ledgers() -> None:
    """Another pick is marked instead of the one before, and that is news."""
    shot = replace(A, takes=2)
    film, marks = Storyboard(shots=(shot,)), [mark_of(shot, number) for number in (1, 2)]
    events = [
        event("reused", fp=mark, take=f"a@{number}", sha256=sha256)
        for number, mark, sha256 in zip((1, 2), marks, (ONE, TWO), strict=True)
    ]
    before = left(fold([*events, event("picked", shot="a", number=1, fp=marks[0])]), film=film)
    assert before.picks["a"]["number"] == 1
    after = left(
        fold([*events, event("picked", shot="a", number=2, fp=marks[1])]), before, film=film
    )
    assert [take.pick for take in after.takes.values()] == [False, True]
    assert gained(before, after)


def test_changes_are_told_from_what_is_new_and_what_is_gone() -> None:
    """An edit changes its shot and those below, a new shot is new, and one that left is removed."""
    lock = left(whole())
    assert how(FILM, lock) == {"a@1": "unchanged", "b@1": "unchanged", "c@1": "unchanged"}
    film = Storyboard(shots=(A, replace(B, prompt="other"), Shot(id="d", prompt="four")))
    assert how(film, lock) == {
        "a@1": "unchanged",
        "b@1": "changed",
        "d@1": "new",
        "c@1": "removed",
    }


def test_what_is_not_selected_is_no_difference() -> None:
    """With a selection only its shots stand to the lock at all."""
    film = Storyboard(shots=(A, replace(B, prompt="other"), C))
    assert how(film, left(whole()), selected=frozenset({"a"})) == {"a@1": "unchanged"}
    assert how(film, left(whole()), selected=frozenset({"c"})) == {"c@1": "changed"}


def test_what_the_ledger_has_open_makes_no_difference() -> None:
    """Whether a payment is unknown or a take failed has nothing to do with how the lock stands."""
    lock = left(whole())
    for past in (("intent", "unknown"), ("intent", "accepted", "failed")):
        tally = fold(event(name, fp=MARKS["a"], take="a@1") for name in past)
        assert set(how(FILM, lock, tally=tally).values()) == {"unchanged"}


def test_a_remix_that_did_without_its_parents_video_is_as_locked() -> None:
    """A fallback that was taken when the lock was written is neither new nor changed later."""
    remix = replace(B, fallback="reference")
    mark = facts().fingerprint(remix, 1, "create", ONE)
    tally = fold([*kept("a", ONE), event("reused", fp=mark, take="b@1", sha256=TWO)])
    film = Storyboard(shots=(A, remix))
    lock = relock(film, facts(), tally, None, lambda _: None)
    assert lock.takes["b@1"].fingerprint == mark
    assert how(film, lock) == {"a@1": "unchanged", "b@1": "unchanged"}
