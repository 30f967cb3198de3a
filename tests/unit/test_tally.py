from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from sorapipe.core.take import IllegalEvent, State
from sorapipe.core.tally import Tally, fold
from tests.events import MARK, event

OTHER = hashlib.sha256(b"another take").hexdigest()


def test_a_take_that_nothing_happened_to_is_wanted() -> None:
    """Asking for an unknown fingerprint gives a wanted take, and remembers nothing."""
    tally = Tally()
    assert tally.take(MARK).state is State.WANTED
    assert tally.takes == {}


def test_takes_are_kept_apart_by_fingerprint() -> None:
    """What happens to one take does not touch another of the same name."""
    tally = fold([event("intent"), event("intent", fp=OTHER), event("accepted", fp=OTHER)])
    assert tally.take(MARK).state is State.INTENDED
    assert tally.take(OTHER).state is State.RENDERING
    assert tally.committed == Decimal("0.8")


def test_open_payments_are_told_oldest_first() -> None:
    """What is unsettled and what is in flight are told apart, in the order of their intents."""
    third = hashlib.sha256(b"a third").hexdigest()
    events = [event("intent", fp=mark) for mark in (OTHER, MARK, third)]
    tally = fold([*events, event("accepted", fp=MARK), event("ambiguous", fp=third)])
    assert [take.fingerprint for take in tally.unsettled] == [OTHER, third]
    assert [take.fingerprint for take in tally.in_flight] == [MARK]
    assert tally.unknown == []
    tally.apply(event("unknown", fp=third))
    assert [take.fingerprint for take in tally.unknown] == [third]


def test_the_current_fingerprint_of_a_name_is_the_one_kept_last() -> None:
    """A take's name leads to the bytes that were kept under it last."""
    tally = fold([event("reused"), event("reused", fp=OTHER)])
    assert tally.current == {"dawn@1": OTHER}


def test_what_is_delivered_under_a_name_is_there_under_it() -> None:
    """So it is for a twin, and for what was kept before and is wanted again."""
    events = [event("reused"), event("reused", fp=OTHER), event("delivered")]
    tally = fold([*events, event("delivered", take="twin@1", file="twin.mp4")])
    assert tally.current == {"dawn@1": MARK, "twin@1": MARK}


def test_what_stands_beside_the_takes_is_remembered() -> None:
    """Picks by shot, deliveries by file, and the runs in order; the newest word counts."""
    names = ("run-started", "picked", "delivered", "run-ended", "blocked")
    tally = fold([*map(event, names), event("picked", number=2)])
    assert tally.picks["dawn"]["number"] == 2
    assert tally.delivered["dawn.mp4"]["bytes"] == 1000
    assert [happened["event"] for happened in tally.runs] == ["run-started", "run-ended"]


def test_a_duplicate_is_paid_money() -> None:
    """A video that the server made twice counts, although no take holds it."""
    assert fold([event("duplicate")]).committed == Decimal("0.4")


def test_check_looks_without_touching() -> None:
    """A possible event passes the check without happening; an impossible one raises."""
    tally = Tally()
    tally.check(event("intent"))
    tally.check(event("picked"))
    assert tally == Tally()
    with pytest.raises(IllegalEvent):
        tally.check(event("kept"))


def test_a_failed_render_costs_what_the_server_told() -> None:
    """Its price counts as spent unless the server tells what it took, of an unknown price too."""
    begun = [event("intent"), event("accepted")]
    assert fold([*begun, event("failed")]).committed == Decimal("0.4")
    assert fold([*begun, event("failed", cost=0.1)]).committed == Decimal("0.1")
    unknown = [event("intent", price=None), event("accepted")]
    assert len(fold([*unknown, event("failed")]).unpriced) == 1
    told = fold([*unknown, event("failed", cost=0.1)])
    assert (told.committed, dict(told.unpriced)) == (Decimal("0.1"), {})


def given_up(*events: dict[str, Any]) -> Tally:
    """A take whose answer was lost, and what became of it."""
    return fold([event("intent"), event("ambiguous"), event("unknown"), *events])


def test_what_is_found_before_it_is_sent_again_is_adopted_and_counts_once() -> None:
    """Its price is held again, whether it was given up as spent or taken for free."""
    for name in ("resubmitted", "written-off", "absent"):
        tally = given_up(event(name), event("adopted"))
        assert tally.take(MARK).state is State.RENDERING
        assert tally.committed == Decimal("0.4")
        assert tally.superseded == {}


@pytest.mark.parametrize("name", ["resubmitted", "absent"])
def test_what_turns_up_after_it_was_sent_again_was_paid_twice(name: str) -> None:
    """Its price counts once, with that of the one in its place, until it is here or lost."""
    again = event("intent", render="f" * 32)
    tally = given_up(event(name), again, event("accepted", video="video_3"), event("duplicate"))
    assert tally.committed == Decimal("0.8")
    assert [one["video"] for one in tally.arriving("studio")] == ["video_2"]
    assert tally.arriving("https://elsewhere.example.com/v1") == []
    tally.apply(event("duplicate-kept"))
    assert tally.arriving("studio") == []
    assert tally.duplicates["video_2"]["price"] == 0.4


@pytest.mark.parametrize("name", ["resubmitted", "absent"])
@pytest.mark.parametrize("refused", ["not-sent", "throttled", "rejected"])
def test_an_earlier_render_is_adopted_where_the_one_in_its_place_was_refused(
    name: str, refused: str
) -> None:
    """The take goes back to it, and its price counts once."""
    again = event("intent", render="f" * 32, price=0.7)
    tally = given_up(event(name), again, event(refused, render="f" * 32), event("adopted"))
    take = tally.take(MARK)
    assert (take.state, take.render) == (State.RENDERING, event("intent")["render"])
    assert (tally.committed, take.held) == (Decimal("0.4"), Decimal("0.4"))
    assert take.intent["price"] == 0.4
    assert tally.superseded == {}


def test_of_two_that_were_given_up_the_one_that_is_found_is_adopted() -> None:
    """The other stays counted as spent, and is still looked for."""
    second = {"render": "f" * 32}
    tally = given_up(event("resubmitted"), event("intent", **second), event("ambiguous", **second))
    for one in (event("unknown", **second), event("resubmitted"), event("adopted")):
        tally.apply(one)
    assert tally.committed == Decimal("0.8")
    assert list(tally.superseded) == ["f" * 32]


def test_a_late_render_that_failed_for_free_costs_nothing() -> None:
    """What the server says that it took is the truth."""
    tally = given_up(event("absent"), event("duplicate"), event("duplicate-lost", cost=0.0))
    assert tally.committed == 0


def test_what_had_an_id_is_not_looked_for() -> None:
    """A render that was given up while it was stuck is known by its id."""
    tally = fold([event("intent"), event("accepted"), event("written-off")])
    assert tally.superseded == {}
