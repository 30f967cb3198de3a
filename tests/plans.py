"""Plans for the tests: a chain of three shots, and what may be known of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sorapipe.core.plan import Bytes, Facts, Plan, PlannedTake
from sorapipe.core.planner import make_plan
from sorapipe.core.storyboard import Shot, Storyboard
from sorapipe.core.tally import Tally, fold
from tests.events import event

ALL = frozenset({"create", "remix", "edit", "extend"})
A = Shot(id="a", prompt="one")
B = Shot(id="b", prompt="two", remix_of="a")
C = Shot(id="c", prompt="three", remix_of="b")
A_BYTES, B_BYTES = "aa" * 32, "bb" * 32


def tenth(model: str, size: str) -> Decimal:
    """Ten cents a second, whatever it is."""
    return Decimal("0.1")


def nothing(model: str, size: str) -> Decimal:
    """A server that costs nothing."""
    return Decimal(0)


def facts(**changes: Any) -> Facts:
    """What is known where nothing has happened yet."""
    usual: dict[str, Any] = {
        "provider": "local",
        "operations": ALL,
        "tally": Tally(),
        "held": {},
        "price": tenth,
    }
    return Facts(**{**usual, **changes})


def plan(*shots: Shot, **changes: Any) -> Plan:
    """The plan for these shots."""
    return make_plan(Storyboard(shots=shots), facts(**changes))


def row(planned: Plan, name: str) -> PlannedTake:
    """The row of that take."""
    return next(take for take in planned.takes if take.name == name)


def told(planned: Plan) -> dict[str, tuple[str, str]]:
    """Decision and reason by take."""
    return {take.name: (take.decision.value, take.reason) for take in planned.takes}


def mark_of(shot: Shot, number: int = 1, parent: str | None = None) -> str:
    """The fingerprint of that take, below a parent with those bytes."""
    return facts().fingerprint(shot, number, shot.operation, parent)


def has(alive: bool = True, **digests: str) -> tuple[Mapping[str, Bytes], Tally]:
    """Bytes at hand and a ledger that kept them; the chain a, b, c by its shots' ids."""
    marks = {"a": mark_of(A), "b": mark_of(B, parent=A_BYTES), "c": mark_of(C, parent=B_BYTES)}
    held = {
        marks[shot]: Bytes(sha256=digest, bytes=1, video=f"video_{shot}", alive=alive)
        for shot, digest in digests.items()
    }
    return held, fold(event("reused", fp=marks[shot], take=f"{shot}@1") for shot in digests)


def ended(*names: str, shot: Shot = A, **changes: Any) -> Tally:
    """A ledger in which these events happened to the first take of the shot."""
    mark = mark_of(shot)
    return fold(event(name, fp=mark, take=f"{shot.id}@1", **changes) for name in names)
