"""Every take that the ledger ever kept, under every name that it was wanted by. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sorapipe.core.price import ZERO
from sorapipe.core.renders import Render, Renders
from sorapipe.core.take import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTake:
    """Bytes that were kept as the take `name` (`SHOT@N`).

    `event` is the `kept` or `reused` event that says what they are; `render` brought them, None
    where they came from the store.
    """

    name: str
    event: Event
    render: Render | None

    @property
    def shot(self) -> str:
        """The shot's id, as it was then."""
        return self.name.rpartition("@")[0]

    @property
    def number(self) -> int:
        """The take's number, from 1."""
        return int(self.name.rpartition("@")[2])

    @property
    def fingerprint(self) -> str:
        """What it was made from."""
        return str(self.event["fp"])

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return str(self.event["sha256"])

    @property
    def cost(self) -> Decimal | None:
        """What it cost, in USD, None where nobody knows.

        Nothing where its bytes were there already, from the store or under another name.
        """
        if self.render is None or self.event["take"] != self.name:
            return ZERO
        return None if self.render.price is None and not self.render.cost else self.render.cost

    @property
    def made(self) -> Event:
        """What says what it was made of, as an intent does; an old `reused` event says nothing."""
        return self.event if self.render is None else self.render.intent


def kept_takes(events: Iterable[Event]) -> list[KeptTake]:
    """The takes in the order in which they were first kept."""
    history, known = Renders(), dict[tuple[str, str], KeptTake]()
    found = dict[tuple[str, str, str], KeptTake]()
    for event in events:
        render = history.apply(event)
        if event["event"] in ("kept", "reused"):
            bought = event["event"] == "kept" and render is not None and render.outcome == "kept"
            take = KeptTake(name=event["take"], event=event, render=render if bought else None)
            known.setdefault((event["fp"], event["sha256"]), take)
            found.setdefault((take.name, take.fingerprint, take.sha256), take)
        elif event["event"] == "delivered":  # under its own name, or under another that wants it
            there = known.get((event["fp"], event["sha256"]))
            if there is not None:
                again = KeptTake(name=event["take"], event=there.event, render=there.render)
                found.setdefault((again.name, again.fingerprint, again.sha256), again)
    return list(found.values())
