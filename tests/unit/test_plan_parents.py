from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal

from sorapipe.core.plan import Bytes, Decision
from sorapipe.core.request import request_for
from sorapipe.core.storyboard import Frame, Shot
from sorapipe.core.tally import fold
from tests.events import event
from tests.plans import (
    A_BYTES,
    B_BYTES,
    A,
    B,
    C,
    ended,
    has,
    mark_of,
    nothing,
    plan,
    row,
    told,
)


def test_parents_stand_before_children() -> None:
    """A child is planned after its parent, as `parent`, at its highest price."""
    planned = plan(C, B, A)
    assert [take.name for take in planned.takes] == ["a@1", "b@1", "c@1"]
    assert told(planned)["b@1"] == told(planned)["c@1"] == ("render", "parent")
    assert row(planned, "b@1").fingerprint is None
    assert planned.price == Decimal("1.2")


def test_kept_takes_are_reused_down_to_what_changed() -> None:
    """What is there stays, and a change is rendered with all below it."""
    held, tally = has(a=A_BYTES, b=B_BYTES)
    planned = plan(A, B, C, held=held, tally=tally)
    assert told(planned) == {
        "a@1": ("reuse", "kept"),
        "b@1": ("reuse", "kept"),
        "c@1": ("render", "new"),
    }
    changed = plan(Shot(id="a", prompt="other"), B, C, held=held, tally=tally)
    assert told(changed) == {
        "a@1": ("render", "changed"),
        "b@1": ("render", "parent"),
        "c@1": ("render", "parent"),
    }


def test_an_edit_below_an_edited_parent_is_no_mere_consequence() -> None:
    """The reason of a take whose own prompt changed says so, though its parent is open."""
    held, _ = has(a=A_BYTES, b=B_BYTES)
    request = request_for(replace(B, prompt="before"), 1, "remix").as_data()
    source = {"kind": "video", "sha256": A_BYTES}
    made = {"request": request, "source": source, "provider": "local"}
    kept = event("reused", fp=mark_of(B, parent=A_BYTES), take="b@1", **made)
    tally = fold([event("reused", fp=mark_of(A), take="a@1"), kept])
    planned = plan(Shot(id="a", prompt="other"), B, held=held, tally=tally)
    assert told(planned)["b@1"] == ("render", "changed: prompt")


def test_a_remix_of_a_video_that_is_gone_is_blocked_where_its_parent_costs() -> None:
    """Nobody buys a parent again without being asked, only to have its remote video."""
    held, tally = has(a=A_BYTES, alive=False)
    planned = plan(A, B, C, held=held, tally=tally)
    assert told(planned)["a@1"] == ("reuse", "kept")
    assert row(planned, "b@1").decision is row(planned, "c@1").decision is Decision.BLOCKED
    assert "remote video of 'a' is gone" in row(planned, "b@1").reason
    assert planned.price == 0


def test_a_free_parent_whose_video_is_gone_is_rendered_again() -> None:
    """Where it costs nothing, the whole line that is missing on the server is made anew."""
    held, tally = has(a=A_BYTES, b=B_BYTES, alive=False)
    planned = plan(A, B, C, held=held, tally=tally, price=nothing)
    assert told(planned) == {
        "a@1": ("render", "its remote video is gone"),
        "b@1": ("render", "parent"),
        "c@1": ("render", "parent"),
    }
    assert [take.anew for take in planned.takes] == [True, True, False]


def test_a_parent_that_nobody_misses_stays() -> None:
    """A remote video that is gone matters only where something is to be made from it."""
    held, tally = has(a=A_BYTES, b=B_BYTES, alive=False)
    planned = plan(A, B, held=held, tally=tally, price=nothing)
    assert planned.count(Decision.REUSE) == 2


def test_a_frame_needs_only_the_bytes() -> None:
    """A still of a parent is cut from its file, whatever the server still has."""
    held, tally = has(a=A_BYTES, alive=False)
    still = Shot(id="still", prompt="p", reference=Frame("a", "last"))
    assert told(plan(A, still, held=held, tally=tally))["still@1"] == ("render", "new")


def test_a_long_line_of_missing_videos_is_planned_at_once() -> None:
    """A chain that is gone from the server is looked at a few times, not once a shot."""
    shots, held, digest = [A], {}, None
    for number in range(1, 200):
        shots.append(Shot(id=f"s{number}", prompt="p", remix_of=shots[-1].id))
    for shot in shots[:-1]:
        mark = mark_of(shot, parent=digest)
        digest = hashlib.sha256(mark.encode()).hexdigest()
        held[mark] = Bytes(sha256=digest, bytes=1, video="video", alive=False)
    asked = []

    def counted(model: str, size: str) -> Decimal:
        asked.append(model)
        return Decimal(0)

    assert plan(*shots, held=held, price=counted).count(Decision.RENDER) == 200
    assert len(asked) < 10 * 200


def test_an_operation_that_the_server_lacks_is_blocked() -> None:
    """Without a fallback there is nothing to send; with one its own request is planned."""
    only = frozenset({"create"})
    planned = plan(A, B, C, operations=only)
    assert told(planned)["b@1"] == ("blocked", "'local' cannot remix")
    assert told(planned)["c@1"][0] == "blocked"
    still = Shot(id="b", prompt="two", remix_of="a", fallback="reference")
    held, tally = has(a=A_BYTES, alive=False)
    fallen = row(plan(A, still, operations=only, held=held, tally=tally), "b@1")
    assert (fallen.operation, fallen.decision) == ("create", Decision.RENDER)
    edited = Shot(id="b", prompt="two", remix_of="a", fallback="edit")
    assert row(plan(A, edited, operations=frozenset({"create", "edit"})), "b@1").operation == "edit"


def test_a_blocked_parent_blocks_its_descendants_and_nothing_else() -> None:
    """Siblings and strangers of a failed shot are rendered."""
    tally = ended("intent", "accepted", "failed")
    stranger = Shot(id="z", prompt="z")
    planned = plan(A, B, C, stranger, tally=tally)
    assert [take.name for take in planned.takes if take.decision is Decision.BLOCKED] == [
        "a@1",
        "b@1",
        "c@1",
    ]
    assert told(planned)["z@1"] == ("render", "new")


def test_children_start_from_the_pick() -> None:
    """A failed first take leaves the pick to the second; an open one keeps the children waiting."""
    twice = Shot(id="a", prompt="one", takes=2)
    held = {mark_of(twice, 2): Bytes(sha256=A_BYTES, bytes=1, video="video_a", alive=True)}
    failed = plan(twice, B, held=held, tally=ended("intent", "accepted", "failed"))
    assert row(failed, "b@1").fingerprint == mark_of(B, parent=A_BYTES)
    flying = plan(twice, B, held=held, tally=ended("intent", "accepted"))
    assert told(flying)["b@1"] == ("render", "parent")


def test_a_recorded_pick_stays() -> None:
    """What was picked is used although a lower take is kept by now, until it is wanted no more."""
    twice = Shot(id="a", prompt="one", takes=2)
    marks = [mark_of(twice, 1), mark_of(twice, 2)]
    held = {
        marks[0]: Bytes(sha256=B_BYTES, bytes=1, alive=True),
        marks[1]: Bytes(sha256=A_BYTES, bytes=1, alive=True),
    }
    picked = fold([event("picked", shot="a", number=2, fp=marks[1])])
    assert row(plan(twice, B, held=held, tally=picked), "b@1").fingerprint == mark_of(
        B, parent=A_BYTES
    )
    stale = fold([event("picked", shot="a", number=2, fp="0" * 64)])
    assert row(plan(twice, B, held=held, tally=stale), "b@1").fingerprint == mark_of(
        B, parent=B_BYTES
    )
