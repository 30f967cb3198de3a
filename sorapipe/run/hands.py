"""What the hands of a run hold while they work: the client, the books, the limits, the gates."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.claims import Claims
from sorapipe.clock import Clock
from sorapipe.config import Provider
from sorapipe.core.price import Budget
from sorapipe.run.session import Session
from sorapipe.run.shelf import Shelf
from sorapipe.run.stop import Stop
from sorapipe.store import Store
from sorapipe.videos.client import AsyncVideos


class GiveUp(Exception):
    """This run can do no more for that take; a later run goes on where it stands."""


class Refused(GiveUp):
    """The server refuses our credentials or quota: nothing new is sent in this run."""


class Unaffordable(GiveUp):
    """The budget does not admit that render."""


@dataclass(slots=True, kw_only=True)
class Hands:
    """Shared by all takes of a run. `address` is where the server is, `shelf` has kept bytes."""

    client: AsyncVideos
    session: Session
    store: Store
    provider: Provider
    address: str
    folder: Path
    out: Path
    clock: Clock
    stop: Stop
    budget: Budget
    claims: Claims
    shelf: Shelf
    gate_until: float = 0.0
    throttles: int = 0
    refused: str | None = None
    unreachable: str | None = None
    fetches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))
    chance: random.Random = field(default_factory=random.Random)
    mutexes: defaultdict[tuple[object, ...], asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    async def gate(self) -> None:
        """Wait until the server may be asked for something new: one gate for the whole run."""
        while (left := self.gate_until - self.clock.monotonic()) > 0:
            await self.clock.sleep(left)
            self.stop.check()

    def close_gate(self, seconds: float) -> None:
        """Send nothing new for that long."""
        self.gate_until = max(self.gate_until, self.clock.monotonic() + seconds)
