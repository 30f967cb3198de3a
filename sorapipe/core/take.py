"""The life of a take, as a table.

Rules of this file: every change of state stands in TRANSITIONS and nowhere else; it knows neither
time nor network; what happened is an event, a plain mapping as the ledger keeps it; `apply` is the
only way from one state to the next, and an event that the table does not have changes nothing.

A take's life, from wanted to kept, holds at most one open render. INTENDED is written before the
first byte leaves, so a crash leaves a trace rather than a second bill: when a new run finds a take
INTENDED, nobody knows what became of it, and it is treated like AMBIGUOUS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sorapipe.core.price import ZERO, usd

Event = Mapping[str, Any]


class State(StrEnum):
    """Where a take stands."""

    WANTED = "wanted"  # nothing was sent, or what was sent was provably never accepted
    INTENDED = "intended"  # the intent is durable; the request may be on its way
    AMBIGUOUS = "ambiguous"  # sent, without a usable answer: never sent again unless settled
    UNKNOWN = "unknown"  # could not be settled; held, priced as spent, until its owner decides
    RENDERING = "rendering"  # accepted: the id is durable
    RENDERED = "rendered"  # complete on the server; its bytes are still to be fetched
    KEPT = "kept"  # the bytes are in the store
    REJECTED = "rejected"  # refused at submission, at no cost
    FAILED = "failed"  # accepted, then failed or refused by moderation
    LOST = "lost"  # paid, but gone or expired before it was fetched
    WRITTEN_OFF = "written-off"  # paid, perhaps, and given up by its owner


class Move(StrEnum):
    """What is to be done next for a take."""

    CREATE = "create"
    RECONCILE = "reconcile"
    POLL = "poll"
    FETCH = "fetch"


S = State
TRANSITIONS: dict[tuple[State, str], State] = {
    (S.WANTED, "intent"): S.INTENDED,
    (S.WANTED, "reused"): S.KEPT,
    (S.INTENDED, "not-sent"): S.WANTED,
    (S.INTENDED, "throttled"): S.WANTED,
    (S.INTENDED, "rejected"): S.REJECTED,
    (S.INTENDED, "ambiguous"): S.AMBIGUOUS,
    (S.INTENDED, "accepted"): S.RENDERING,
    # A run that finds INTENDED from an earlier one settles it as if it were ambiguous.
    (S.INTENDED, "adopted"): S.RENDERING,
    (S.INTENDED, "absent"): S.WANTED,
    (S.INTENDED, "unknown"): S.UNKNOWN,
    (S.AMBIGUOUS, "adopted"): S.RENDERING,
    (S.AMBIGUOUS, "absent"): S.WANTED,
    (S.AMBIGUOUS, "rejected"): S.REJECTED,
    (S.AMBIGUOUS, "unknown"): S.UNKNOWN,
    (S.UNKNOWN, "adopted"): S.RENDERING,
    (S.UNKNOWN, "absent"): S.WANTED,
    (S.UNKNOWN, "rejected"): S.REJECTED,
    (S.UNKNOWN, "resubmitted"): S.WANTED,
    (S.UNKNOWN, "written-off"): S.WRITTEN_OFF,
    (S.RENDERING, "started"): S.RENDERING,
    (S.RENDERING, "rendered"): S.RENDERED,
    (S.RENDERING, "failed"): S.FAILED,
    (S.RENDERING, "lost"): S.LOST,
    (S.RENDERED, "kept"): S.KEPT,
    (S.RENDERED, "lost"): S.LOST,
    # It turned up late, and nothing was taken on in its place yet.
    (S.WANTED, "adopted"): S.RENDERING,
    (S.WRITTEN_OFF, "adopted"): S.RENDERING,
    (S.REJECTED, "adopted"): S.RENDERING,
    # Given up by its owner: stuck for ever, or broken for good on the server.
    (S.RENDERING, "written-off"): S.WRITTEN_OFF,
    (S.RENDERED, "written-off"): S.WRITTEN_OFF,
    # The bytes are here no more; the server may still have them, and asking costs nothing.
    (S.KEPT, "missing"): S.RENDERED,
    # Bought again: by itself what was rejected; the rest only when its owner says so.
    (S.REJECTED, "again"): S.WANTED,
    (S.REJECTED, "reused"): S.KEPT,
    (S.FAILED, "again"): S.WANTED,
    (S.FAILED, "reused"): S.KEPT,
    (S.LOST, "again"): S.WANTED,
    (S.LOST, "reused"): S.KEPT,
    (S.WRITTEN_OFF, "again"): S.WANTED,
    (S.WRITTEN_OFF, "reused"): S.KEPT,
    (S.KEPT, "again"): S.WANTED,
}

MOVES: dict[State, Move] = {
    S.WANTED: Move.CREATE,
    S.INTENDED: Move.RECONCILE,
    S.AMBIGUOUS: Move.RECONCILE,
    S.RENDERING: Move.POLL,
    S.RENDERED: Move.FETCH,
}

# A payment hangs on these: the price counts as spent until the take leaves them.
OPEN = frozenset({S.INTENDED, S.AMBIGUOUS, S.UNKNOWN, S.RENDERING, S.RENDERED})
# These prove that a render was free, whatever was reserved for it. A resubmission proves nothing:
# the owner buys the take again, and what the first render may have cost stays spent.
FREE = frozenset({"not-sent", "throttled", "rejected", "absent"})


class IllegalEvent(ValueError):
    """The table has no such event in that state: a fault of ours, or of a hand-edited ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """What is known of one wanted video, which its fingerprint names.

    `held` is the highest price of the open render, `spent` what all ended renders of this take
    cost, `sunk` the part of it that the newest one may have cost, if it never had an id. `intent`
    is the event of the newest render; `render` its id, sent as the idempotency key.
    """

    fingerprint: str
    name: str = ""
    state: State = S.WANTED
    render: str | None = None
    video: str | None = None
    held: Decimal = ZERO
    spent: Decimal = ZERO
    sunk: Decimal = ZERO
    sha256: str | None = None
    bytes: int | None = None
    expires_at: float | None = None
    why: str | None = None
    intent: Event = field(default_factory=dict)
    kept: Event = field(default_factory=dict)

    @property
    def committed(self) -> Decimal:
        """What counts against a budget: paid, in flight or unknown."""
        return self.spent + self.held


def next_move(take: Take) -> Move | None:
    """What is to be done for that take, or None when it has come to rest."""
    return MOVES.get(take.state)


def allowed(take: Take, name: str) -> State:
    """The state that the event leads to.

    Raises:
        IllegalEvent: the table does not have it.
    """
    try:
        return TRANSITIONS[take.state, name]
    except KeyError:
        raise IllegalEvent(
            f"{take.name or take.fingerprint}: '{name}' cannot happen while it is {take.state}"
        ) from None


def apply(take: Take, event: Event) -> Take:
    """The take after that event; the one handed in is unchanged.

    Raises:
        IllegalEvent: the table does not have the event in this state.
    """
    name = event["event"]
    state = allowed(take, name)
    changes: dict[str, Any] = {"state": state, "name": event.get("take", take.name)}
    if name == "intent":
        changes.update(
            render=event["render"],
            held=_price(event),
            sunk=ZERO,
            video=None,
            intent=event,
            why=None,
            expires_at=None,
        )
    elif name in ("accepted", "adopted"):
        changes.update(video=event["video"])
        if take.state not in OPEN:  # given up before, and now it is there: its payment is open
            changes.update(held=_price(take.intent), spent=take.spent - take.sunk, sunk=ZERO)
    elif name in ("kept", "reused"):
        changes.update(
            sha256=event["sha256"],
            bytes=event["bytes"],
            kept=event,
            why=None,
            video=event.get("video", take.video),
        )
    if "expires_at" in event:
        changes["expires_at"] = event["expires_at"]
    if "told_cost" in event:  # what the server took is the truth, not our highest price
        changes["held"] = usd(event["told_cost"])
    if "why" in event:
        changes["why"] = event["why"]
    if take.state in OPEN and state not in OPEN:
        cost = ZERO if name in FREE else usd(event.get("cost", take.held))
        sunk = cost if take.video is None else ZERO  # only what has no id can still turn up
        changes.update(held=ZERO, spent=take.spent + cost, sunk=sunk)
    return replace(take, **changes)


def _price(intent: Event) -> Decimal:
    """The highest price of a render; nothing where nobody knows it."""
    return ZERO if intent.get("price") is None else usd(intent["price"])
