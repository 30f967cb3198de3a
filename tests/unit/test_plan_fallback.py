"""Plans of a remix that may do without its parent's remote video: no address buys anything."""

from __future__ import annotations

from typing import Any

import pytest

from sorapipe.core.plan import Bytes
from sorapipe.core.storyboard import Operation, Shot
from sorapipe.core.tally import Tally, fold
from tests.events import event
from tests.plans import A_BYTES, B_BYTES, A, facts, has, mark_of, plan, row, told

CHILD = Shot(id="b", prompt="two", remix_of="a", fallback="reference")
NEW = "ee" * 32  # the digest of another take of a


def mark(operation: Operation, parent: str = A_BYTES) -> str:
    """The fingerprint of the child's take, made in that way."""
    return facts().fingerprint(CHILD, 1, operation, parent)


def there(made_as: Operation, *, alive: bool, a: str = A_BYTES) -> dict[str, Any]:
    """A kept parent, and the child that was made from it in that way; the parent is now `a`."""
    held, tally = has(a=A_BYTES)
    parent = Bytes(sha256=a, bytes=1, video="v", alive=alive)
    child = Bytes(sha256=B_BYTES, bytes=1)
    frame = {"kind": "frame", "frame": "last", "fit": "exact", "size": "1280x720"}
    source = {"kind": "video"} if made_as == "remix" else frame
    tally.apply(
        event(
            "reused",
            fp=mark(made_as),
            take="b@1",
            provider="local",
            request={
                "operation": made_as,
                "prompt": "two",
                "model": "sora-2",
                "seconds": 4,
                "size": "1280x720",
            },
            source={**source, "sha256": A_BYTES},
        )
    )
    return {"held": {**held, mark_of(A): parent, mark(made_as): child}, "tally": tally}


@pytest.mark.parametrize("made_as", ["remix", "create"])
@pytest.mark.parametrize("alive", [True, False])
def test_what_is_kept_stays_whether_the_parent_is_still_there_or_again(
    made_as: Operation, alive: bool
) -> None:
    """A remote video that goes or comes back decides what can be rendered, never what must be."""
    assert told(plan(A, CHILD, **there(made_as, alive=alive)))["b@1"] == ("reuse", "kept")


@pytest.mark.parametrize("made_as", ["remix", "create"])
@pytest.mark.parametrize("alive", [True, False])
def test_a_take_that_is_asked_for_in_another_way_is_stale_by_its_source(
    made_as: Operation, alive: bool
) -> None:
    """`--keep-stale` leaves it, since nobody edited anything."""
    planned = plan(A, CHILD, **there(made_as, alive=alive, a=NEW), keep_stale=True)
    assert told(planned)["b@1"] == ("reuse", "stale, and left")


@pytest.mark.parametrize("last", ["failed", "lost"])
def test_what_was_paid_for_and_failed_is_not_bought_in_the_other_way(last: str) -> None:
    """Once accepted, a second purchase needs its owner's word, whatever it would be called."""
    held, tally = has(a=A_BYTES, alive=False)
    for name in ("intent", "accepted", last):
        tally.apply(event(name, fp=mark("remix"), take="b@1"))
    found: dict[str, Any] = {"held": held, "tally": tally}
    assert row(plan(A, CHILD, **found), "b@1").decision == "blocked"
    again = row(plan(A, CHILD, **found, retry_failed=True), "b@1")
    assert (again.decision, again.operation) == ("render", "create")


def test_a_file_that_is_gone_is_not_bought_in_the_other_way() -> None:
    """A kept remix whose bytes are nowhere is blocked, though it could be made from a frame."""
    found = there("remix", alive=False)
    del found["held"][mark("remix")]
    assert row(plan(A, CHILD, **found), "b@1").decision == "blocked"


def test_by_force_it_is_made_in_the_way_that_there_is_and_stays_so() -> None:
    """What was bought last is what is wanted, though the earlier remix is at hand as well."""
    found = there("remix", alive=False)
    forced = row(plan(A, CHILD, **found, force=True, selected=frozenset("b")), "b@1")
    assert (forced.decision, forced.reason, forced.operation) == ("render", "forced", "create")
    held = {**found["held"], mark("create"): Bytes(sha256="cc" * 32, bytes=1)}
    tally: Tally = found["tally"]
    tally.apply(event("reused", fp=mark("create"), take="b@1", sha256="cc" * 32))
    planned = plan(A, CHILD, held=held, tally=tally)
    assert row(planned, "b@1").fingerprint == mark("create")


def test_nothing_bought_is_asked_for_as_a_remix_while_that_can_be() -> None:
    """The fallback is for where there is no other way."""
    held, _ = has(a=A_BYTES)
    tally = fold([])
    assert row(plan(A, CHILD, held=held, tally=tally), "b@1").operation == "remix"
