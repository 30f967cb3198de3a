"""The ledger, folded: every take by its fingerprint, the picks, what was delivered, the money.

The live state of a run and what a later run reads from the file are the same fold over the same
events; there is no second way to come by either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sorapipe.core.price import ZERO, usd
from sorapipe.core.take import FREE, OPEN, TRANSITIONS, Event, State, Take, allowed, apply

# After these nobody waits for the render any more; without an id it may still turn up.
GIVEN_UP = frozenset({"absent", "resubmitted", "written-off"})

# Events that move a take through its table; all others are remembered beside it.
TAKE_EVENTS = frozenset(name for _, name in TRANSITIONS)
# What happens to a video that is paid for and that no take needs any more.
DUPLICATES = frozenset({"duplicate", "duplicate-kept", "duplicate-lost"})


@dataclass(frozen=True, slots=True)
class Superseded:
    """A render without an id that nobody waits for any more, since `at` (ISO 8601).

    `proved` says that a list proved it absent: it counts as free. Otherwise its owner gave it up,
    and it counts as spent.
    """

    intent: Event
    at: str
    proved: bool


@dataclass(slots=True)
class Tally:
    """What the ledger's events add up to.

    `picks` maps a shot's id to its `picked` event, `delivered` a file's name to its `delivered`
    event, `current` a take's name (`SHOT@N`) to the fingerprint that was last kept or delivered
    under it, since what was there before may be wanted again, and by another shot as well.
    `duplicates` are the videos that the server was paid for twice, by id, each with the last that
    happened to it; `offsets` say how far a server's clock is ahead of ours, in seconds by address.
    """

    takes: dict[str, Take] = field(default_factory=dict)
    picks: dict[str, Event] = field(default_factory=dict)
    delivered: dict[str, Event] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    runs: list[Event] = field(default_factory=list)
    committed: Decimal = ZERO
    open: dict[str, None] = field(default_factory=dict)  # fingerprints, oldest first
    videos: set[str] = field(default_factory=set)  # every id that a take of this ledger ever had
    unpriced: dict[str, Event] = field(default_factory=dict)  # `intent` by render, price unknown
    superseded: dict[str, Superseded] = field(default_factory=dict)  # by render
    duplicates: dict[str, Event] = field(default_factory=dict)
    offsets: dict[str, float] = field(default_factory=dict)
    last: int = 0  # the number of the last event

    def take(self, fingerprint: str) -> Take:
        """The take of that fingerprint; one that nothing happened to yet is wanted."""
        found = self.takes.get(fingerprint)
        return found if found is not None else Take(fingerprint=fingerprint)

    def check(self, event: Event) -> None:
        """Raise `IllegalEvent` where the event cannot happen now; nothing is changed."""
        if event["event"] in TAKE_EVENTS:
            allowed(self.take(event["fp"]), event["event"])

    def apply(self, event: Event) -> None:
        """Take the event in.

        Raises:
            IllegalEvent: it cannot happen now; nothing is changed.
        """
        name = event["event"]
        if name in TAKE_EVENTS:
            before = self._back(self.take(event["fp"]), event)
            after = apply(before, event)
            self.takes[after.fingerprint] = after
            self.committed += after.committed - before.committed
            self._remember(event)
            self._give_up(before, event)
            if after.state in OPEN:
                self.open[after.fingerprint] = None
            else:
                self.open.pop(after.fingerprint, None)
            if after.state is State.KEPT and after.name:
                self.current[after.name] = after.fingerprint
        elif name in DUPLICATES:
            self._duplicate(event)
        elif name == "picked":
            self.picks[event["shot"]] = event
        elif name == "delivered":
            self.delivered[event["file"]] = event
            self.current[event["take"]] = event["fp"]
        elif name == "cleaned":
            self.delivered.pop(event["file"], None)
        elif name == "removed":
            self._remove(event)
        elif name in ("run-started", "run-ended"):
            self.runs.append(event)
        self.last = event.get("seq", self.last)

    def _remove(self, event: Event) -> None:
        """The video was deleted on the server: nothing can start from it or fetch it any more."""
        take = self.take(event["fp"])
        if take.state is State.KEPT and take.video == event["video"]:
            gone = {**take.kept, "video": None}
            self.takes[take.fingerprint] = replace(take, video=None, kept=gone)

    def _remember(self, event: Event) -> None:
        """Note the ids that are known, and the renders that cost nobody knows what."""
        if event["event"] in ("accepted", "adopted"):
            self.videos.add(event["video"])
        elif event["event"] == "intent":
            if event["price"] is None:
                self.unpriced[event["render"]] = event
            if event.get("offset"):
                self.offsets[event["address"]] = event["offset"]
        elif event["event"] in FREE:
            self.unpriced.pop(event["render"], None)
        elif (event["event"] == "failed" and "cost" in event) or "told_cost" in event:
            self.unpriced.pop(self.takes[event["fp"]].render or "", None)

    def _back(self, take: Take, event: Event) -> Take:
        """The take, gone back to the render that the event adopts where it is an earlier one."""
        found = self.superseded.get(event.get("render") or "")
        if event["event"] != "adopted" or found is None or take.render == event["render"]:
            return take
        if found.intent["fp"] != take.fingerprint:
            return take
        sunk = ZERO if found.proved else usd(found.intent["price"] or 0)
        return replace(take, render=event["render"], intent=found.intent, sunk=sunk)

    def _give_up(self, before: Take, event: Event) -> None:
        """Note the renders that may still turn up, and those that did."""
        name, render = event["event"], before.render or ""
        if name in GIVEN_UP and before.video is None and before.intent:
            proved = name == "absent"
            self.superseded[render] = Superseded(before.intent, event["at"], proved=proved)
        elif name == "adopted" and self.superseded.pop(render, None) is not None:
            self._owe(before.intent)

    def _duplicate(self, event: Event) -> None:
        video, price = event["video"], event.get("price")
        if event["event"] == "duplicate":
            self.videos.add(video)
            given_up = self.superseded.pop(event["render"], None)
            if given_up is None or given_up.proved:  # otherwise it counts as spent already
                self.committed += usd(price or 0)
                self._owe(given_up.intent if given_up else {})
        known = self.duplicates.get(video, {})
        if "cost" in event and known.get("price"):  # the server took less than its price
            self.committed -= usd(known["price"]) - usd(event["cost"])
        self.duplicates[video] = {**known, **event}

    def _owe(self, intent: Event) -> None:
        """A render that was taken for free was paid for after all, perhaps at an unknown price."""
        if intent and intent["price"] is None:
            self.unpriced[intent["render"]] = intent

    def arriving(self, address: str) -> list[Event]:
        """The duplicates at that server that are not here yet, oldest first."""
        found = (event for event in self.duplicates.values() if event["event"] == "duplicate")
        return [event for event in found if event["address"] == address]

    @property
    def unsettled(self) -> list[Take]:
        """The takes for which money may have gone out with no id to show for it, oldest first."""
        takes = (self.takes[fingerprint] for fingerprint in self.open)
        return [
            take for take in takes if take.state in (State.UNKNOWN, State.AMBIGUOUS, State.INTENDED)
        ]

    @property
    def unknown(self) -> list[Take]:
        """The takes whose payment is unresolved, oldest first."""
        takes = (self.takes[fingerprint] for fingerprint in self.open)
        return [take for take in takes if take.state is State.UNKNOWN]

    @property
    def in_flight(self) -> list[Take]:
        """The takes with an open render that has an id, oldest first."""
        takes = (self.takes[fingerprint] for fingerprint in self.open)
        return [take for take in takes if take.state in (State.RENDERING, State.RENDERED)]


def fold(events: Iterable[Event]) -> Tally:
    """The tally of those events, in their order."""
    tally = Tally()
    for event in events:
        tally.apply(event)
    return tally
