"""What follows from picking another take, before anything is written."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sorapipe.core.plan import Bytes
from sorapipe.core.planner import make_plan
from sorapipe.core.storyboard import Storyboard
from sorapipe.core.tally import fold
from sorapipe.run.pick import consequences
from tests.events import event
from tests.plans import A_BYTES, A, B, facts, mark_of


def test_a_child_that_is_on_its_way_is_told_as_well() -> None:
    """It was bought from the take that was picked before, and would be bought once more."""
    two = replace(A, takes=2)
    first, second, child = mark_of(A), mark_of(A, 2), mark_of(B, parent=A_BYTES)
    events = [event("reused", fp=first, take="a@1"), event("reused", fp=second, take="a@2")]
    events += [event(name, fp=child, take="b@1") for name in ("intent", "accepted")]
    tally = fold(events)
    digests = {first: A_BYTES, second: "ee" * 32}
    held = {
        mark: Bytes(sha256=digest, bytes=1, video="v", alive=True)
        for mark, digest in digests.items()
    }
    known, film = facts(held=held, tally=tally), Storyboard(shots=(two, B))
    prepared: Any = SimpleNamespace(
        tally=tally,
        facts=known,
        plan=make_plan(film, known),
        loaded=SimpleNamespace(storyboard=film),
    )
    assert [row.name for row in consequences(prepared, "a", 2)] == ["b@1"]
    assert consequences(prepared, "a", 1) == []
