"""Every render that the ledger knows of, one by one: what became of it, and what it counts as.

The tally says what all events add up to; here each change of its sum is put down to the render that
caused it. So the costs of all renders are together what the tally says is spent or held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from sorapipe.core.price import ZERO, usd
from sorapipe.core.take import Event
from sorapipe.core.tally import DUPLICATES, TAKE_EVENTS, Tally

# How a render is said to stand after an event; after those that are not here it stands as before.
_STANDS = {
    "intent": "intended",
    "accepted": "rendering",
    "adopted": "rendering",
    "missing": "rendered",
    **{
        name: name
        for name in (
            *("not-sent", "throttled", "rejected", "ambiguous", "absent", "unknown", "rendered"),
            *("failed", "lost", "kept", "resubmitted", "written-off"),
            *("duplicate", "duplicate-kept", "duplicate-lost"),
        )
    },
}
# These are no ends: something is still to come of it.
_GOES_ON = frozenset({"intended", "ambiguous", "unknown", "rendering", "rendered", "duplicate"})
HERE = frozenset({"kept", "duplicate-kept"})  # its bytes came home


@dataclass(slots=True, kw_only=True)
class Render:
    """One paid request. `run` is the number of the run that sent it, from 1.

    `outcome` is a word as the ledger has it, `ended` when that came about (ISO 8601), None while
    something is still to come. `cost` is what it counts as, spent or held, in USD; nothing where
    nobody knows its price. `removed` says that its video was deleted on the server.
    """

    intent: Event
    run: int
    outcome: str = "intended"
    ended: str | None = None
    cost: Decimal = ZERO
    video: str | None = None
    expires_at: float | None = None
    sha256: str | None = None
    bytes: int | None = None
    file: str | None = None
    removed: bool = False

    @property
    def id(self) -> str:
        """Its id, which was sent as its idempotency key."""
        return str(self.intent["render"])

    @property
    def price(self) -> Decimal | None:
        """The most that it could cost, in USD; None where nobody knows."""
        return None if self.intent["price"] is None else usd(self.intent["price"])

    def goes(self, event: Event) -> None:
        """Note what happened to it."""
        stands = _STANDS.get(event["event"])
        if stands is None:
            return
        self.outcome = stands
        self.ended = None if stands in _GOES_ON else event["at"]
        self.video = event.get("video") or self.video
        self.expires_at = event.get("expires_at", self.expires_at)
        self.sha256 = event.get("sha256", self.sha256)
        self.bytes = event.get("bytes", self.bytes)
        self.file = event.get("file", self.file)


@dataclass(slots=True)
class Renders:
    """The renders by id, in the order in which they were sent, and the tally of the same events."""

    tally: Tally = field(default_factory=Tally)
    by_id: dict[str, Render] = field(default_factory=dict)
    by_video: dict[tuple[str, str], Render] = field(default_factory=dict)  # address and id
    runs: int = 0

    def apply(self, event: Event) -> Render | None:
        """Take the event in; the render that it is about, if it is about one.

        Raises:
            IllegalEvent: it cannot happen now; nothing is changed.
        """
        before = self.tally.committed
        self.tally.apply(event)
        name = event["event"]
        self.runs += name == "run-started"
        if name == "intent":
            self.by_id[event["render"]] = Render(intent=event, run=self.runs)
        render = self._about(event)
        if render is None:
            return None
        render.cost += self.tally.committed - before
        if name == "removed":
            render.removed = True
        elif name in DUPLICATES or self._its_own(render, event):
            render.goes(event)
            self.by_video[render.intent["address"], render.video or ""] = render
        return render

    def _about(self, event: Event) -> Render | None:
        name = event["event"]
        if name in TAKE_EVENTS:
            return self.by_id.get(self.tally.take(event["fp"]).render or "")
        if name in DUPLICATES:
            return self.by_id.get(self.tally.duplicates[event["video"]].get("render", ""))
        if name == "removed":
            return self.by_video.get((event["address"], event["video"]))
        return None

    def _its_own(self, render: Render, event: Event) -> bool:
        """Whether that happened to this render, not to a video that its take had from elsewhere.

        A take whose render failed may have its bytes from the store, lose them, and fetch them.
        """
        if event["event"] in ("accepted", "adopted") or "render" in event:
            return True
        return render.video == self.tally.take(event["fp"]).video


def renders(events: Iterable[Event]) -> Renders:
    """The renders of those events, in their order."""
    found = Renders()
    for event in events:
        found.apply(event)
    return found
