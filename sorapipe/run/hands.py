"""What the hands of a run hold while they work: the client, the books, the limits, the gates."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sorapipe.claims import Claims
from sorapipe.clock import Clock
from sorapipe.config import Provider
from sorapipe.core.backoff import delay
from sorapipe.core.pace import Past, gathering, kind
from sorapipe.core.price import Budget
from sorapipe.core.take import Take
from sorapipe.errors import StorageError
from sorapipe.run.gate import Gate
from sorapipe.run.lookout import JUMP, Lookout
from sorapipe.run.mutexes import Mutexes
from sorapipe.run.others import Others
from sorapipe.run.resumed import Resumed
from sorapipe.run.session import Session
from sorapipe.run.shelf import Shelf
from sorapipe.run.stop import Stop
from sorapipe.run.turns import Turns
from sorapipe.store import Store
from sorapipe.store_locks import Leases
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.model import Video
from sorapipe.videos.pages import AsyncPage


class GiveUp(Exception):
    """This run can do no more for that take; a later run goes on where it stands."""


class Refused(GiveUp):
    """The server refuses our credentials or quota: nothing new is sent in this run."""


class Unaffordable(GiveUp):
    """The budget does not admit that render."""


REFUSED = frozenset({401, 402, 403})  # answers about our key or quota, whatever is asked
FETCHES = 8  # downloads at a time
PAUSE = 30.0  # seconds: the longest that we pause by ourselves
CONNECTING = 60.0  # seconds in all that reaching a server is tried (design, section 6)


@dataclass(slots=True, kw_only=True)
class Hands:
    """Shared by all takes of a run. `address` is where the server is, `shelf` has kept bytes.

    `barred`, `refused` and `unreachable` say why nothing new is sent; `settling` are the takes
    whose lost answers are being looked for; `clock_offset` is how many seconds the server's clock
    is ahead of ours; with `hold` absence from a list is no reason to send again; `offline` says
    that the server is not to be talked to; `others` are the other folders with requests there, and
    `leases` keep the other runs over this store from rendering the same.
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
    leases: Leases
    gate: Gate
    trouble: Callable[[], StorageError | None]
    barred: str | None = None
    refused: str | None = None
    unreachable: str | None = None
    clock_offset: float = 0.0
    hold: bool = False
    offline: bool = False
    others: Others = field(init=False)
    settling: set[str] = field(default_factory=set)
    fetches: Turns = field(default_factory=lambda: Turns(FETCHES))
    resumed: Resumed = field(default_factory=Resumed)
    past: Past = field(default_factory=Past)
    lookout: Lookout = field(init=False)
    born: tuple[float, float] = field(init=False)
    chance: random.Random = field(default_factory=random.Random)
    mutexes: Mutexes = field(default_factory=Mutexes)

    def __post_init__(self) -> None:
        self.others = Others(self.claims, self.address, self.out)
        self.born = self.clock.now(), self.clock.monotonic()
        for take in self.session.tally.takes.values():
            if "took" in take.kept and take.intent.get("provider") == self.provider.name:
                self.past.learn(kind(take.intent["request"]), take.kept["took"])
        listed = self.provider.profile.list_complete
        self.lookout = Lookout(self.clock, self._listing if listed else None, self._gap)

    async def _listing(self, entries: int) -> AsyncPage:
        return await self.client.list(limit=entries)

    def _gap(self, watched: int, pages: int) -> float:
        if (fixed := self.provider.limits.poll_interval) is not None:
            return fixed
        profile = self.provider.profile
        floor, cap = profile.min_poll_interval, profile.max_poll_interval
        return gathering(self.past.usual(), watched, pages, floor=floor, cap=cap)

    def backoff(self, attempt: int, *, first: float = 0.5) -> float:
        """Seconds to wait after that many tries, within the owner's own cap."""
        cap = min(PAUSE, self.provider.limits.backoff_cap)
        return delay(attempt, self.chance.random(), first=first, cap=cap)

    def until(self, seconds: float) -> Callable[[object], bool]:
        """Tenacity's `stop`: whether that long has passed from now on, by the run's own clock."""
        end = self.clock.monotonic() + seconds
        return lambda _: self.clock.monotonic() >= end

    def foreign(self, take: Take) -> bool:
        """Whether its open render is at another address than the one of this run."""
        return bool(take.intent.get("address", self.address) != self.address)

    def server_time(self, told: float | None) -> float | None:
        """The time to which an expiry is held: what the server `told`, else our clock's.

        None where the server told nothing and our clock was set anew during this run: then nothing
        counts as expired.
        """
        if told is not None:
            return told
        now, (wall, steady) = self.clock.now(), self.born
        jumped = abs((now - wall) - (self.clock.monotonic() - steady)) > JUMP
        return None if jumped else now

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
