"""How a run ended, in numbers, lists and its exit code."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sorapipe.core.price import ZERO, as_number
from sorapipe.core.take import Event, Take


@dataclass(slots=True)
class Outcome:
    """What a run has to say at its end. Lists hold one-line texts or takes, in order.

    `in_flight` are the open renders of this run's server, `elsewhere` those of others. `unpriced`
    counts what was bought at a price that nobody knows. `late` are the videos that were paid for
    twice and found, or brought home, or still to be: each with the last that happened to it.
    `notes` are about the storyboard's lock.
    """

    wanted: int = 0
    made: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    refused: str | None = None
    over_budget: str | None = None
    storage: str | None = None
    signal: int | None = None
    creates: int = 0
    cost: Decimal = ZERO
    unpriced: int = 0
    in_flight: list[Take] = field(default_factory=list)
    elsewhere: list[Take] = field(default_factory=list)
    unknown: list[Take] = field(default_factory=list)
    lost: list[Take] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    out: str = ""

    @property
    def nothing_to_do(self) -> bool:
        """Whether everything was there already."""
        return not (
            self.made
            or self.failed
            or self.blocked
            or self.in_flight
            or self.unknown
            or self.late
            or self.storage
            or self.signal
            or self.refused
            or self.over_budget
        )

    @property
    def exit(self) -> int:
        """The exit code: of what applies, the first of 4, 130 or 143, 7, 3, 6, 1, 0."""
        if self.storage:
            return 4
        if self.signal:
            return 130 if self.signal == signal.SIGINT else 143
        if self.refused:
            return 7
        if self.unknown:
            return 3
        if self.over_budget:
            return 6
        return 1 if self.failed or self.blocked or self.in_flight or self.arriving else 0

    @property
    def arriving(self) -> list[Event]:
        """What was paid for twice and is not here yet."""
        return [event for event in self.late if event["event"] == "duplicate"]

    def as_data(self) -> dict[str, Any]:
        """As the fields of the `run-ended` event."""
        return {
            "wanted": self.wanted,
            "made": len(self.made),
            "reused": len(self.reused),
            "failed": self.failed,
            "blocked": self.blocked,
            "creates": self.creates,
            "cost": as_number(self.cost),
            "unpriced": self.unpriced,
            "in_flight": {take.name: take.video for take in self.in_flight},
            "elsewhere": {take.name: take.video for take in self.elsewhere},
            "unknown": {take.name: as_number(take.held) for take in self.unknown},
            "late": {
                event["video"]: {key: event.get(key) for key in ("take", "price", "file", "why")}
                for event in self.late
            },
            "lost": {take.name: as_number(take.spent) for take in self.lost},
            "refused": self.refused,
            "over_budget": self.over_budget,
            "storage": self.storage,
            "signal": self.signal,
            "out": self.out,
        }
