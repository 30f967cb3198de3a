"""What the hands of a run hold while they work: the client, the books, the limits, the gates."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.claims import Claims
from sorapipe.clock import Clock
from sorapipe.config import Provider
from sorapipe.core.backoff import delay
from sorapipe.core.price import Budget
from sorapipe.core.take import Take
from sorapipe.errors import StorageError
from sorapipe.run.session import Session
from sorapipe.run.shelf import Shelf
from sorapipe.run.stop import Stop
from sorapipe.store import Store
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.model import Video


class GiveUp(Exception):
    """This run can do no more for that take; a later run goes on where it stands."""


class Refused(GiveUp):
    """The server refuses our credentials or quota: nothing new is sent in this run."""


class Unaffordable(GiveUp):
    """The budget does not admit that render."""


CONNECTING = 60.0  # seconds in all that reaching a server is tried (design, section 6)


@dataclass(slots=True, kw_only=True)
class Hands:
    """Shared by all takes of a run. `address` is where the server is, `shelf` has kept bytes.

    `barred`, `refused` and `unreachable` say why nothing new is sent; `next_slot` is when the next
    request may go; `settling` are the takes whose lost answers are being looked for;
    `clock_offset` is how many seconds the server's clock is ahead of ours.
    """

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
    trouble: Callable[[], StorageError | None]
    barred: str | None = None
    refused: str | None = None
    unreachable: str | None = None
    gate_until: float = 0.0
    gate_closed: float = 0.0
    next_slot: float = 0.0
    throttles: int = 0
    clock_offset: float = 0.0
    settling: set[str] = field(default_factory=set)
    fetches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))
    chance: random.Random = field(default_factory=random.Random)
    mutexes: defaultdict[tuple[object, ...], asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    def backoff(self, attempt: int, *, first: float = 0.5) -> float:
        """Seconds to wait after that many tries, within the owner's own cap."""
        cap = min(30.0, self.provider.limits.backoff_cap)
        return delay(attempt, self.chance.random(), first=first, cap=cap)

    async def gate(self) -> None:
        """Wait until the server may be asked for something new: one gate for the whole run."""
        while (left := self.gate_until - self.clock.monotonic()) > 0:
            await self.clock.sleep(left)
            self.stop.check()

    async def pace(self) -> None:
        """Wait for this request's turn where the profile bounds the requests of a minute."""
        most = self.provider.profile.requests_per_minute
        if most is None:
            return
        slot = max(self.clock.monotonic(), self.next_slot)
        self.next_slot = slot + 60 / most
        while (left := slot - self.clock.monotonic()) > 0:
            await self.clock.sleep(left)
            self.stop.check()

    def close_gate(self, seconds: float) -> None:
        """Send nothing new for that long."""
        now = self.clock.monotonic()
        self.gate_closed, self.gate_until = now, max(self.gate_until, now + seconds)

    def foreign(self, take: Take) -> bool:
        """Whether its open render is at another address than the one of this run."""
        return bool(take.intent.get("address", self.address) != self.address)

    def heard(self, video: Video) -> None:
        """Learn from an answer how far the server's clock is from ours, in seconds."""
        if video.server_date is not None:
            self.clock_offset = video.server_date - self.clock.now()

    def check(self) -> None:
        """Raise where nothing new may be sent in this run.

        Raises:
            GiveUp: by the server's word, the budget's, or since it cannot be reached.
            StorageError: the disk has room for the ids of what is in flight, and no more.
            Stopping: a stop was asked for.
        """
        self.stop.check()
        if self.session.ledger.reserve_spent:
            what = "no space left on device"
            raise StorageError(str(self.out), what, "free some space, then run again")
        if self.refused:
            raise Refused(self.refused)
        if self.barred:
            raise Unaffordable(self.barred)
        if self.unreachable:
            raise GiveUp(self.unreachable)
