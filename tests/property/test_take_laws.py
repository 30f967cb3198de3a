from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core.price import ZERO, as_number, usd
from sorapipe.core.take import OPEN, TRANSITIONS, IllegalEvent, State
from sorapipe.core.tally import TAKE_EVENTS, Tally, fold
from tests.events import EXAMPLES, event

MARKS = [hashlib.sha256(name).hexdigest() for name in (b"a", b"b", b"c")]
PRICES = st.sampled_from([0.0, 0.1, 0.4, 1.25, 0.000001])
FREE = {"not-sent", "throttled", "rejected", "absent"}
BESIDE = ["duplicate", "picked", "delivered", "blocked", "run-started", "run-ended"]


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events as runs may write them: every one of them possible where it stands."""
    tally = Tally()
    events: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 25))):
        happened = draw(next_event(tally))
        happened["seq"] = number + 1
        tally.apply(happened)
        events.append(happened)
    return events


@st.composite
def next_event(draw: st.DrawFn, tally: Tally) -> dict[str, Any]:
    """One event that is possible now."""
    mark = draw(st.sampled_from(MARKS))
    take = tally.take(mark)
    names = sorted(name for state, name in TRANSITIONS if state is take.state)
    name = draw(st.sampled_from(names + BESIDE))
    changes: dict[str, Any] = {"fp": mark} if "fp" in EXAMPLES[name] else {}
    if "take" in EXAMPLES[name]:
        changes["take"] = f"shot-{MARKS.index(mark)}@1"
    if name in ("intent", "duplicate"):
        changes["price"] = draw(PRICES)
    if name == "duplicate":  # of a render that no take gave up as spent: that one counts already
        changes["render"] = "d" * 32
    if name == "rendered":
        changes["told_cost"] = draw(PRICES)
    if name == "kept":
        changes["cost"] = as_number(take.held)
    return event(name, **changes)


@settings(deadline=None)
@given(histories())
def test_folding_gives_the_live_state_at_every_prefix(events: list[dict[str, Any]]) -> None:
    """A run that goes on from the ledger knows exactly what the one that wrote it knew."""
    live = Tally()
    for end, happened in enumerate(events, 1):
        live.apply(happened)
        assert fold(events[:end]) == live


@settings(deadline=None)
@given(histories())
def test_the_sum_is_the_sum_of_the_takes(events: list[dict[str, Any]]) -> None:
    """What counts against the budget is what the takes hold and spent, and what was paid twice."""
    tally = fold(events)
    twice = sum((usd(one["price"]) for one in events if one["event"] == "duplicate"), ZERO)
    assert tally.committed == sum(take.committed for take in tally.takes.values()) + twice
    assert all(take.held == 0 for take in tally.takes.values() if take.state not in OPEN)
    assert all(take.held >= 0 and take.spent >= 0 for take in tally.takes.values())


@settings(deadline=None)
@given(histories())
def test_open_takes_are_known_without_looking_at_all(events: list[dict[str, Any]]) -> None:
    """The list of open takes has those with an open render, and no other."""
    tally = fold(events)
    assert set(tally.open) == {mark for mark, take in tally.takes.items() if take.state in OPEN}
    shown = {take.fingerprint for take in tally.unsettled + tally.in_flight}
    assert shown == set(tally.open)
    assert {take.state for take in tally.unknown} <= {State.UNKNOWN}


@settings(deadline=None)
@given(histories())
def test_what_is_committed_falls_only_by_proof(events: list[dict[str, Any]]) -> None:
    """The sum never falls, unless a render is proved free or the server told a lower cost."""
    tally = Tally()
    for happened in events:
        before = tally.committed
        tally.apply(happened)
        if tally.committed < before:
            assert happened["event"] in FREE or "told_cost" in happened


@settings(deadline=None)
@given(histories(), st.sampled_from(sorted(TAKE_EVENTS)), st.sampled_from(MARKS))
def test_an_illegal_event_changes_nothing(
    events: list[dict[str, Any]], name: str, mark: str
) -> None:
    """What cannot happen raises, when asked and when applied, and the tally is as it was."""
    tally = fold(events)
    if (tally.take(mark).state, name) in TRANSITIONS:
        return
    before = copy.deepcopy(tally)
    with pytest.raises(IllegalEvent):
        tally.check(event(name, fp=mark))
    with pytest.raises(IllegalEvent):
        tally.apply(event(name, fp=mark))
    assert tally == before
