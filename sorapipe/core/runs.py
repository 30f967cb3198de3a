"""The runs that a ledger knows of: how each began, how it ended, and what it came to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sorapipe.core.price import ZERO, usd
from sorapipe.core.renders import Renders
from sorapipe.core.take import Event


@dataclass(slots=True, kw_only=True)
class Run:
    """One run. `ended` is its `run-ended` event, None where it was killed or goes on.

    `made`, `creates` and `cost` (USD) are counted from what happened, and are what is known of a
    run without an end.
    """

    number: int
    started: Event
    ended: Event | None = None
    made: int = 0
    creates: int = 0
    cost: Decimal = ZERO


def runs(events: Iterable[Event]) -> list[Run]:
    """The runs, oldest first."""
    history, found = Renders(), list[Run]()
    for event in events:
        before = history.tally.committed
        history.apply(event)
        name, last = event["event"], found[-1] if found else None
        if name == "run-started":
            found.append(Run(number=len(found) + 1, started=event))
        elif last is not None and last.ended is None:
            last.cost += history.tally.committed - before
            last.made += name == "kept"
            last.creates += name in ("accepted", "adopted")
            if name == "run-ended":
                last.ended, last.cost = event, usd(event["cost"])
    return found
