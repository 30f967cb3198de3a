"""Plans of a selection, of what may stay stale, and of what is only brought back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sorapipe.core.plan import Bytes
from sorapipe.core.storyboard import Shot
from sorapipe.core.tally import Tally, fold
from tests.events import event
from tests.plans import A_BYTES, B_BYTES, A, B, C, facts, has, mark_of, nothing, plan, told

NEW = "ee" * 32  # the digest of another take of a


def kept(**digests: str) -> tuple[Mapping[str, Bytes], Tally]:
    """As `has`, with what each take is made of, as a run records it."""
    held, _ = has(**digests)
    parents = {"a": None, "b": A_BYTES, "c": B_BYTES}
    shots = {"a": A, "b": B, "c": C}
    events = []
    for shot, digest in digests.items():
        source = None if parents[shot] is None else {"kind": "video", "sha256": parents[shot]}
        request = {
            "operation": shots[shot].operation,
            "prompt": shots[shot].prompt,
            "model": "sora-2",
            "seconds": 4,
            "size": "1280x720",
        }
        more: dict[str, Any] = {"request": request, "source": source, "provider": "local"}
        mark = mark_of(shots[shot], parent=parents[shot])
        events.append(event("reused", fp=mark, take=f"{shot}@1", sha256=digest, **more))
    return held, fold(events)


def test_only_what_is_selected_is_planned() -> None:
    """Other shots have no rows, cost nothing, and lend their picks to those that start there."""
    held, tally = has(a=A_BYTES)
    planned = plan(A, B, C, held=held, tally=tally, selected=frozenset("b"))
    assert told(planned) == {"b@1": ("render", "new")}
    assert planned.price == Decimal("0.4")
    assert planned.given == {"a": (1, mark_of(A))}


def test_a_child_of_what_is_neither_selected_nor_there_is_blocked() -> None:
    """The reason names the parent and what takes it in; nothing is bought in its stead."""
    planned = plan(A, B, C, selected=frozenset("bc"))
    decision, reason = told(planned)["b@1"]
    assert (decision, reason) == (
        "blocked",
        "its parent 'a' is not selected, and not there as it is wanted; --select a takes it in",
    )
    assert told(planned)["c@1"][0] == "blocked"
    assert planned.price == 0


def test_what_was_not_selected_is_no_twin() -> None:
    """A selected shot that asks for the same as one that was not is rendered itself."""
    twin = Shot(id="z", prompt="one")
    assert told(plan(A, twin, selected=frozenset("z"))) == {"z@1": ("render", "new")}


def test_a_parent_that_was_not_selected_is_not_rendered_again_by_itself() -> None:
    """Even where it costs nothing to have its remote video back."""
    held, tally = has(a=A_BYTES, alive=False)
    known: dict[str, Any] = {"held": held, "tally": tally, "price": nothing}
    assert told(plan(A, B, **known))["a@1"] == ("render", "its remote video is gone")
    decision, reason = told(plan(A, B, **known, selected=frozenset("b")))["b@1"]
    assert decision == "blocked"
    assert reason.startswith("the remote video of 'a' is gone; --force --select a renders it again")


def test_a_remix_that_can_do_without_the_remote_video_does() -> None:
    """With `fallback: reference` it is made from the last frame of the bytes that are here."""
    held, tally = has(a=A_BYTES, alive=False)
    child = Shot(id="b", prompt="two", remix_of="a", fallback="reference")
    planned = plan(A, child, held=held, tally=tally)
    assert told(planned) == {"a@1": ("reuse", "kept"), "b@1": ("render", "new")}
    assert planned.takes[1].operation == "create"
    alive, tally = has(a=A_BYTES)
    assert plan(A, child, held=alive, tally=tally).takes[1].operation == "remix"


def test_forcing_a_selection_leaves_the_rest() -> None:
    """`--force` reaches what is selected, and its children below are not planned."""
    held, tally = has(a=A_BYTES, b=B_BYTES)
    planned = plan(A, B, held=held, tally=tally, force=True, selected=frozenset("a"))
    assert told(planned) == {"a@1": ("render", "forced")}


def test_a_row_says_what_changed() -> None:
    """An edit is `changed`, another take of the parent makes `stale`."""
    held, tally = kept(a=A_BYTES, b=B_BYTES)
    edited = plan(Shot(id="a", prompt="other", size="720x1280"), held=held, tally=tally)
    assert told(edited)["a@1"] == ("render", "changed: prompt, size")
    other = {**held, mark_of(A): Bytes(sha256=NEW, bytes=1, video="v", alive=True)}
    assert told(plan(A, B, held=other, tally=tally))["b@1"] == ("render", "stale: parent")


def test_what_is_stale_by_its_source_alone_may_stay() -> None:
    """`--keep-stale` leaves the child of another parent, and renders one with another prompt."""
    held, tally = kept(a=A_BYTES, b=B_BYTES, c="cc" * 32)
    other = {**held, mark_of(A): Bytes(sha256=NEW, bytes=1, video="v", alive=True)}
    stays = plan(A, B, C, held=other, tally=tally, keep_stale=True)
    assert told(stays) == {
        "a@1": ("reuse", "kept"),
        "b@1": ("reuse", "stale, and left"),
        "c@1": ("reuse", "kept"),
    }
    assert stays.takes[1].fingerprint == mark_of(B, parent=A_BYTES)
    edited = Shot(id="b", prompt="other", remix_of="a")
    planned = plan(A, edited, C, held=other, tally=tally, keep_stale=True)
    assert told(planned)["b@1"] == ("render", "changed: prompt, parent")


def test_a_stale_child_stays_while_its_parent_is_rendered() -> None:
    """Editing one shot of a chain renders that one alone, where stale takes are left."""
    held, tally = kept(a=A_BYTES, b=B_BYTES, c="cc" * 32)
    edited = Shot(id="a", prompt="other")
    planned = plan(edited, B, C, held=held, tally=tally, keep_stale=True)
    assert told(planned) == {
        "a@1": ("render", "changed: prompt"),
        "b@1": ("reuse", "stale, and left"),
        "c@1": ("reuse", "kept"),
    }
    assert planned.price == Decimal("0.4")


def test_bringing_back_what_was_lost_buys_nothing() -> None:
    """With `--refetch` what the server still has is fetched, and all else is blocked."""
    _, tally = has(a=A_BYTES)
    lost = {"tally": tally, "refetchable": frozenset({mark_of(A)}), "refetch": True}
    assert told(plan(A, Shot(id="z", prompt="zed"), **lost)) == {
        "a@1": ("reuse", "fetched again"),
        "z@1": ("blocked", "--refetch buys nothing"),
    }
    for free in (nothing, facts().price):
        gone = plan(A, B, tally=tally, refetch=True, price=free)
        assert {decision for decision, _ in told(gone).values()} == {"blocked"}


@pytest.mark.parametrize("ended", [("intent", "rejected"), ("intent", "accepted", "failed")])
@pytest.mark.parametrize("retry_failed", [False, True])
def test_what_is_stale_stays_also_where_the_new_one_failed_before(
    ended: tuple[str, ...], retry_failed: bool
) -> None:
    """`--keep-stale` buys no second try of a take that it would have left in the first place."""
    held, tally = kept(a=A_BYTES, b=B_BYTES)
    other = {**held, mark_of(A): Bytes(sha256=NEW, bytes=1, video="v", alive=True)}
    for name in ended:
        tally.apply(event(name, fp=mark_of(B, parent=NEW), take="b@1"))
    planned = plan(A, B, held=other, tally=tally, keep_stale=True, retry_failed=retry_failed)
    assert told(planned)["b@1"] == ("reuse", "stale, and left")


def test_what_is_stale_and_can_be_fetched_again_is_not_bought() -> None:
    """`--keep-stale` leaves a take whose file is gone here and not on the server."""
    _, tally = kept(a=A_BYTES, b=B_BYTES)
    old = mark_of(B, parent=A_BYTES)
    here = {mark_of(A): Bytes(sha256=NEW, bytes=1, video="v", alive=True)}
    more: dict[str, Any] = {"held": here, "tally": tally, "refetchable": frozenset({old})}
    row = plan(A, B, **more, keep_stale=True).takes[1]
    assert (row.decision, row.fingerprint, row.price) == ("reuse", old, 0)


def test_a_twin_and_what_came_back_may_stay_as_well() -> None:
    """What was delivered under a name is there under it, whoever it was bought for, and when."""
    held, tally = kept(a=A_BYTES, b=B_BYTES)
    old, other = mark_of(B, parent=A_BYTES), {**held}
    other[mark_of(A)] = Bytes(sha256=NEW, bytes=1, video="v", alive=True)
    twin = replace(B, id="z")
    tally.apply(event("delivered", fp=old, take="z@1", file="z.mp4"))
    edited = replace(B, prompt="other")
    tally.apply(event("reused", fp=mark_of(edited, parent=A_BYTES), take="b@1"))
    tally.apply(event("delivered", fp=old, take="b@1", file="b.mp4"))  # the edit was taken back
    planned = plan(A, B, twin, held=other, tally=tally, keep_stale=True)
    assert told(planned)["b@1"] == told(planned)["z@1"] == ("reuse", "stale, and left")


def test_a_stale_parent_that_was_not_selected_lends_what_is_there() -> None:
    """With `--keep-stale` a selection below it goes on from the take that would be left."""
    held, tally = kept(a=A_BYTES, b=B_BYTES, c="cc" * 32)
    other = {**held, mark_of(A): Bytes(sha256=NEW, bytes=1, video="v", alive=True)}
    known: dict[str, Any] = {"held": other, "tally": tally, "selected": frozenset("c")}
    assert told(plan(A, B, C, **known))["c@1"][0] == "blocked"
    stays = plan(A, B, C, **known, keep_stale=True)
    assert told(stays) == {"c@1": ("reuse", "kept")}
    assert stays.given["b"] == (1, mark_of(B, parent=A_BYTES))


def test_nothing_is_bought_below_what_is_rendered_anew_and_not_selected() -> None:
    """A parent in flight is not there: its earlier bytes in the store soon count no more."""
    held, tally = has(a=A_BYTES)
    for name in ("again", "intent", "accepted"):
        tally.apply(event(name, fp=mark_of(A), take="a@1"))
    planned = plan(A, B, held=held, tally=tally, selected=frozenset("b"))
    assert told(planned)["b@1"][0] == "blocked"
    assert planned.given == {}


def test_offline_says_nothing_of_the_server() -> None:
    """A lost file may still be there; who is told that it is not would buy it again."""
    _, tally = has(a=A_BYTES)
    assert told(plan(A, tally=tally, offline=True))["a@1"] == (
        "blocked",
        "its file is gone here, and no server is asked",
    )
