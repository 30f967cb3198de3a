from __future__ import annotations

from decimal import Decimal

import pytest

from sorapipe.core.plan import Decision
from sorapipe.core.storyboard import Picture, Shot
from sorapipe.core.take import State
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


def test_new_takes_are_rendered_at_their_price() -> None:
    """Every take of a shot has a row of its own, its price and its file."""
    planned = plan(Shot(id="a", prompt="p", takes=2, seconds=8))
    assert told(planned) == {"a@1": ("render", "new"), "a@2": ("render", "new")}
    assert planned.price == Decimal("1.6")
    assert planned.takes[0].fingerprint != planned.takes[1].fingerprint
    assert planned.count(Decision.RENDER) == 2


def test_bytes_of_another_folder_are_reused() -> None:
    """What the store has needs no render, although this ledger never saw it."""
    held, _ = has(a=A_BYTES)
    assert told(plan(A, held=held)) == {"a@1": ("reuse", "in the store")}


def test_a_renamed_shot_is_the_same_take() -> None:
    """Ids do not count."""
    held, tally = has(a=A_BYTES)
    renamed = plan(Shot(id="z", prompt="one"), held=held, tally=tally)
    assert told(renamed) == {"z@1": ("reuse", "kept")}


def test_twins_are_rendered_once() -> None:
    """The second take with the same fingerprint waits for the first, and costs nothing."""
    planned = plan(A, Shot(id="twin", prompt="one"))
    assert told(planned)["twin@1"] == ("reuse", "same as a@1")
    assert planned.price == Decimal("0.4")


@pytest.mark.parametrize("names", [("failed",), ("lost",)])
def test_a_blocked_takes_twin_is_blocked(names: tuple[str, ...]) -> None:
    """What is not bought again under one name is not bought again under another."""
    tally = ended("intent", "accepted", *names)
    planned = plan(A, Shot(id="twin", prompt="one"), Shot(id="x", prompt="x", remix_of="twin"),
                   tally=tally)  # fmt: skip
    assert told(planned)["twin@1"] == ("blocked", "same as a@1")
    assert told(planned)["x@1"] == ("blocked", "parent 'twin' cannot be had")
    assert planned.price == 0


@pytest.mark.parametrize(
    ("names", "state"),
    [
        (("intent",), State.INTENDED),
        (("intent", "ambiguous"), State.AMBIGUOUS),
        (("intent", "accepted"), State.RENDERING),
        (("intent", "accepted", "rendered"), State.RENDERED),
    ],
)
@pytest.mark.parametrize("forced", [False, True])
def test_what_is_in_flight_is_seen_through_for_nothing(
    names: tuple[str, ...], state: State, forced: bool
) -> None:
    """The ledger holds its price already; not even `--force` buys beside an open render."""
    planned = plan(A, tally=ended(*names), force=forced, retry_failed=forced)
    assert told(planned) == {"a@1": ("render", "in flight")}
    assert planned.takes[0].state is state
    assert planned.price == 0


@pytest.mark.parametrize("forced", [False, True])
def test_an_unknown_payment_blocks(forced: bool) -> None:
    """Nothing but its owner's word settles it: neither `--force` nor `--retry-failed` goes past."""
    tally = ended("intent", "ambiguous", "unknown")
    planned = plan(A, B, tally=tally, force=forced, retry_failed=forced)
    assert planned.count(Decision.BLOCKED) == 2
    assert "sorapipe resolve" in row(planned, "a@1").reason
    assert row(planned, "b@1").reason == "the payment of its parent 'a@1' is unknown"


@pytest.mark.parametrize(
    "names",
    [
        ("intent", "accepted", "failed"),
        ("intent", "accepted", "lost"),
        ("intent", "unknown", "written-off"),
    ],
)
def test_what_was_paid_and_failed_is_bought_again_only_when_said(names: tuple[str, ...]) -> None:
    """By itself a run leaves it and what is below; `--retry-failed` and `--force` render it."""
    tally = ended(*names)
    planned = plan(A, B, tally=tally)
    assert planned.count(Decision.BLOCKED) == 2
    assert "--retry-failed" in row(planned, "a@1").reason
    assert planned.price == 0
    assert row(plan(A, tally=tally, retry_failed=True), "a@1").reason.endswith(" before")
    assert told(plan(A, tally=tally, force=True)) == {"a@1": ("render", "forced")}


@pytest.mark.parametrize("name", ["rejected", "not-sent", "throttled", "absent"])
def test_what_was_free_is_sent_again_by_itself(name: str) -> None:
    """A request that was provably not accepted is rendered at its price."""
    planned = plan(A, tally=ended("intent", name))
    assert planned.count(Decision.RENDER) == 1
    assert planned.price == Decimal("0.4")


def test_force_renders_everything_at_its_price() -> None:
    """All that is there is rendered again, children included."""
    held, tally = has(a=A_BYTES, b=B_BYTES)
    planned = plan(A, B, held=held, tally=tally, force=True)
    assert told(planned) == {"a@1": ("render", "forced"), "b@1": ("render", "parent")}
    assert planned.price == Decimal("0.8")
    assert all(take.anew for take in planned.takes)


def test_bytes_that_only_the_server_has_are_fetched_again() -> None:
    """A lost file costs nothing while the server still has it."""
    _, tally = has(a=A_BYTES)
    planned = plan(A, B, tally=tally, refetchable=frozenset({mark_of(A)}))
    assert told(planned) == {"a@1": ("reuse", "fetched again"), "b@1": ("render", "parent")}
    (take,) = plan(A, tally=tally).takes
    assert (take.decision, "--retry-failed" in take.reason) == (Decision.BLOCKED, True)
    for free in ({"retry_failed": True}, {"price": nothing}):
        assert told(plan(A, tally=tally, **free)) == {"a@1": ("render", "its file is gone")}


def test_an_unknown_price_is_told_apart_from_nothing() -> None:
    """Takes that nobody can price are counted, and only those that would be bought."""
    held, tally = has(a=A_BYTES)
    planned = plan(A, B, C, held=held, tally=tally, price=lambda model, size: None)
    assert [take.name for take in planned.unpriced] == ["b@1", "c@1"]
    assert planned.price == 0


def test_a_reference_counts_by_its_digest() -> None:
    """Another path to the same picture is the same take; another picture is another."""
    one = Shot(id="a", prompt="p", reference=Picture("one.png"))
    two = Shot(id="b", prompt="p", reference=Picture("two.png"))
    same = plan(one, two, pictures={"one.png": A_BYTES, "two.png": A_BYTES})
    assert told(same)["b@1"] == ("reuse", "same as a@1")
    differ = plan(one, two, pictures={"one.png": A_BYTES, "two.png": B_BYTES})
    assert differ.count(Decision.RENDER) == 2
