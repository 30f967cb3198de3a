"""Every cent that the tally knows of is a render's, whatever happens in whatever order."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.core.price import as_number, usd
from sorapipe.core.renders import Renders, renders
from sorapipe.core.take import OPEN, TRANSITIONS, Take
from sorapipe.core.tally import Tally
from sorapipe.report.ledger import rows
from tests.events import EXAMPLES, event

MARKS = [hashlib.sha256(name).hexdigest() for name in (b"a", b"b")]
PRICES = st.sampled_from([0.0, 0.1, 0.4, 1.25, 0.000001])
BESIDE = ["removed", "delivered", "cleaned"]
# The ways to a video, and to one that is paid for twice, are long: more often than by chance.
FAVOURED = {
    "wanted": ["intent"],
    "intended": ["accepted", "unknown"],
    "ambiguous": ["unknown"],
    "unknown": ["resubmitted"],
    "rendering": ["rendered"],
    "rendered": ["kept"],
}

NEW_VIDEO = frozenset({"accepted", "adopted", "duplicate", "reused"})


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events as runs may write them, each render and each video with an id of its own."""
    tally = Tally()
    events: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 40))):
        happened = _next(draw, tally, number)
        if happened is not None:
            tally.apply(happened)
            events.append(happened)
    return events


def _next(draw: st.DrawFn, tally: Tally, number: int) -> dict[str, Any] | None:
    """One event that is possible now, or None where the one that was drawn is not."""
    take = tally.take(draw(st.sampled_from(MARKS)))
    names = sorted(name for state, name in TRANSITIONS if state is take.state)
    names += FAVOURED.get(take.state, []) * 4
    names += ["duplicate"] * 3 * bool(_given_up(tally, take))
    names += ["duplicate-kept", "duplicate-lost"] * bool(tally.duplicates)
    name = draw(st.sampled_from(names + BESIDE))
    changes: dict[str, Any] = {"fp": take.fingerprint, "take": "shot@1"}
    if "render" in EXAMPLES[name]:
        render = f"{number:032x}" if name == "intent" else _render(draw, tally, take, name)
        if render is None:
            return None
        changes["render"] = render
    if "video" in EXAMPLES[name]:
        changes["video"] = f"video_{number}" if name in NEW_VIDEO else take.video
    if name in ("duplicate-kept", "duplicate-lost"):
        waiting = sorted(one for one, said in tally.duplicates.items() if "cost" not in said)
        if not waiting:
            return None
        changes["video"] = draw(st.sampled_from(waiting))
    return event(name, **changes, **_money(draw, tally, take, name, changes.get("render")))


def _given_up(tally: Tally, take: Take) -> list[str]:
    found = tally.superseded.items()
    return [key for key, one in found if one.intent["fp"] == take.fingerprint]


def _render(draw: st.DrawFn, tally: Tally, take: Take, name: str) -> str | None:
    """The render that the event is about: the take's newest, or one that was given up."""
    mine = _given_up(tally, take)
    if name == "duplicate" or (name == "adopted" and take.state not in OPEN):
        return draw(st.sampled_from(mine)) if mine else None
    return take.render


def _money(
    draw: st.DrawFn, tally: Tally, take: Take, name: str, render: str | None
) -> dict[str, Any]:
    """What the event says of money; the server does not always say what it took."""
    if name == "intent":
        return {"price": draw(PRICES | st.none())}
    if name == "duplicate":
        return {"price": tally.superseded[render or ""].intent["price"]}
    if name == "rendered":
        return {"told_cost": draw(PRICES | st.just(float(take.held)))}
    if name == "kept":
        return {"cost": as_number(take.held)}
    return {"cost": draw(PRICES)} if name == "failed" and draw(st.booleans()) else {}


@settings(deadline=None)
@given(histories())
def test_the_costs_of_all_renders_are_what_is_spent_or_held(events: list[dict[str, Any]]) -> None:
    """At every moment, and no render counts as less than nothing."""
    found = Renders()
    for happened in events:
        found.apply(happened)
        costs = [render.cost for render in found.by_id.values()]
        assert sum(costs, Decimal(0)) == found.tally.committed
        assert all(cost >= 0 for cost in costs)


@settings(deadline=None)
@given(histories())
def test_every_intent_is_a_row_and_nothing_else_is(events: list[dict[str, Any]]) -> None:
    """A render is told once, with its own price, whatever became of it."""
    intents = [one for one in events if one["event"] == "intent"]
    told = rows(renders(events))
    assert [row["render"] for row in told] == [one["render"] for one in intents]
    for row, one in zip(told, intents, strict=True):
        assert row["price"] == (None if one["price"] is None else usd(one["price"]))
        assert row["ended"] is None or row["outcome"] not in ("intended", "rendering", "unknown")
