from __future__ import annotations

from typing import Any

import pytest

from sorapipe.core.plan import Bytes
from sorapipe.core.planner import make_plan
from sorapipe.core.standing import WORDS, states_of
from sorapipe.core.storyboard import Shot, Storyboard
from sorapipe.core.tally import Tally, fold
from tests.events import event
from tests.plans import A_BYTES, A, B, C, ended, facts, has, mark_of

ONE = Bytes(sha256=A_BYTES, bytes=1)


def words(*shots: Shot, **changes: Any) -> dict[str, str]:
    """The states of each shot, as text."""
    known = facts(**changes)
    found = states_of(make_plan(Storyboard(shots=shots), known), known)
    assert set[str]().union(*found.values()) <= set(WORDS)
    return {shot: " ".join(sorted(states)) for shot, states in found.items()}


def kept_before() -> dict[str, Any]:
    """An earlier prompt of shot a, kept under its name."""
    mark = mark_of(Shot(id="a", prompt="earlier"))
    return event("reused", fp=mark, take="a@1", sha256=A_BYTES)


def test_where_nothing_happened_all_is_new() -> None:
    """A take is new while nothing was kept under its name, whether or not its source is known."""
    assert words(A, B, C) == {"a": "new", "b": "new", "c": "new"}


def test_what_is_at_hand_is_kept() -> None:
    """Bytes of what is wanted count, kept by this ledger or found in the store."""
    held, tally = has(a=A_BYTES)
    assert words(A, held=held, tally=tally) == {"a": "kept"}
    assert words(A, held=held) == {"a": "kept"}


def test_an_edited_shot_is_stale_and_so_is_what_is_below_it() -> None:
    """Its children may turn out the same; until then they count as stale."""
    held, tally = has(a=A_BYTES, b="bb" * 32, c="cc" * 32)
    edited = Shot(id="b", prompt="another", remix_of="a")
    assert words(A, edited, C, held=held, tally=tally) == {"a": "kept", "b": "stale", "c": "stale"}


def test_what_was_wanted_before_is_kept_when_it_is_wanted_again() -> None:
    """An edit that is taken back leaves nothing stale."""
    held, tally = has(a=A_BYTES)
    tally.apply(kept_before())
    assert words(A, held=held, tally=tally) == {"a": "kept"}


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["intent"], "unknown"),
        (["intent", "ambiguous"], "unknown"),
        (["intent", "ambiguous", "unknown"], "unknown"),
        (["intent", "accepted"], "new"),
        (["intent", "accepted", "rendered"], "new"),
        (["intent", "accepted", "failed"], "failed"),
        (["intent", "accepted", "lost"], "failed"),
        (["intent", "rejected"], "failed"),
        (["intent", "unknown", "written-off"], "failed"),
        (["intent", "not-sent"], "new"),
        (["intent", "accepted", "rendered", "kept"], "failed"),
    ],
)
def test_a_take_stands_where_its_ledger_left_it(names: list[str], word: str) -> None:
    """In flight is new, an open question unknown; kept without bytes anywhere came to nothing."""
    assert words(A, tally=ended(*names)) == {"a": word}


@pytest.mark.parametrize(
    ("names", "word"),
    [(["accepted"], "stale"), (["rejected"], "failed"), (["ambiguous"], "unknown")],
)
def test_an_earlier_take_shows_only_behind_what_is_in_flight(names: list[str], word: str) -> None:
    """What went wrong with the wanted take is told before what is there in its place."""
    mark = {"fp": mark_of(A), "take": "a@1"}
    after = [event(name, **mark) for name in ("intent", *names)]
    assert words(A, tally=fold([kept_before(), *after])) == {"a": word}


def test_what_is_in_flight_is_not_kept_yet() -> None:
    """A render under way is seen through, even where another folder has kept the same since."""
    tally = ended("intent", "accepted")
    assert words(A, held={mark_of(A): ONE}, tally=tally) == {"a": "new"}


def test_what_can_be_fetched_again_is_kept() -> None:
    """A file that was deleted here and is still on the server costs nothing."""
    tally = ended("intent", "accepted", "rendered", "kept")
    assert words(A, tally=tally, refetchable=frozenset({mark_of(A)})) == {"a": "kept"}


def test_what_is_there_and_is_fetched_again_is_not_stale() -> None:
    """A take on its way home for the second time is not there yet, and nothing else is."""
    tally = ended("intent", "accepted", "rendered", "kept", "missing")
    assert words(A, tally=tally) == {"a": "new"}


def test_twins_stand_where_their_bytes_do() -> None:
    """The same request under two ids is new for both, then kept for both."""
    twin = Shot(id="z", prompt="one")
    assert words(A, twin) == {"a": "new", "z": "new"}
    assert words(A, twin, held={mark_of(A): ONE}) == {"a": "kept", "z": "kept"}


def test_a_shot_has_the_states_of_all_its_takes() -> None:
    """One take kept and one to come are both."""
    two = Shot(id="a", prompt="one", takes=2)
    assert words(two, held={mark_of(two): ONE}, tally=Tally()) == {"a": "kept new"}
