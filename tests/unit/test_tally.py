from __future__ import annotations

import hashlib
from decimal import Decimal

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
