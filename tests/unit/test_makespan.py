"""How a thousand renders are watched: few looks, hardly later than could be, in virtual time."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from sorapipe.config_file import Limits
from sorapipe.core.pace import Past, gathering
from sorapipe.core.take import Take
from sorapipe.run.lookout import Lookout
from sorapipe.run.resumed import Resumed
from sorapipe.run.watch import watch
from sorapipe.videos.model import Page, Video
from sorapipe.videos.pages import AsyncPage, Trail
from tests.simulation.loop import Loop

SHOTS, SLOTS, BEYOND = 1000, 32, 8
USUAL = {4: 40.0, 8: 60.0, 12: 90.0}  # seconds of a video, and the median for rendering it


@dataclass
class Server:
    """Renders so many at a time, first come, first served; counts what it is asked.

    With `tells` it says how far a render is, give or take a tenth.
    """

    chance: Random
    tells: bool
    waiting: deque[str] = field(default_factory=deque)
    long: dict[str, float] = field(default_factory=dict)
    error: dict[str, float] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    running: int = 0
    asked: int = 0

    def create(self, video: str, seconds: int) -> None:
        """Take a render on."""
        self.long[video] = USUAL[seconds] * self.chance.lognormvariate(0, 0.2)
        self.error[video] = self.chance.uniform(0.9, 1.1)
        self.waiting.append(video)
        self._begin()

    def _begin(self) -> None:
        while self.waiting and self.running < SLOTS:
            video = self.waiting.popleft()
            self.begun[video] = _now()
            self.running += 1
            asyncio.get_running_loop().call_later(self.long[video], self._end)

    def _end(self) -> None:
        self.running -= 1
        self._begin()

    def told(self, video: str) -> Video:
        """The render as it tells it."""
        if video not in self.begun:
            return Video(id=video, status="queued", progress=0.0)
        if _now() >= self.begun[video] + self.long[video]:
            return Video(id=video, status="completed")
        part = (_now() - self.begun[video]) / self.long[video] * self.error[video]
        progress = min(int(part * 100), 99) if self.tells else 0
        return Video(id=video, status="in_progress", progress=float(progress))

    async def retrieve(self, video: str) -> Video:
        """One look."""
        self.asked += 1
        await asyncio.sleep(0.1)
        return self.told(video)

    async def list(self, *, limit: int) -> AsyncPage:
        """The newest ones, and pages of what is older."""
        names = list(reversed(self.long))

        async def page(after: str) -> Page:
            self.asked += 1
            await asyncio.sleep(0.1)
            start = len(names) - int(after.removeprefix("video_")) if after else 0
            shown = tuple(self.told(name) for name in names[start : start + limit])
            return Page(data=shown, has_more=start + limit < len(names), last_id=shown[-1].id)

        return AsyncPage(await page(""), page, Trail())


def _now() -> float:
    return asyncio.get_running_loop().time()


class Clock:
    """The loop's own time."""

    def now(self) -> float:
        """Seconds."""
        return _now()

    def monotonic(self) -> float:
        """Seconds."""
        return _now()

    async def sleep(self, seconds: float) -> None:
        """Be that much later."""
        await asyncio.sleep(seconds)


async def _run(server: Server, *, listed: bool) -> tuple[float, float]:
    """How much longer than it had to it took, as a ratio; and requests a video."""
    past, clock, chance = Past(), Clock(), Random(7)
    profile = SimpleNamespace(
        min_poll_interval=2.0, max_poll_interval=20.0, retention=None, result_urls=()
    )

    def gap(watched: int, pages: int) -> float:
        return gathering(past.usual(), watched, pages, floor=2.0, cap=20.0)

    async def record(name: str, **fields: object) -> None:
        """Nothing is kept."""

    async def first(entries: int) -> AsyncPage:
        return await server.list(limit=entries)

    takes: dict[str, Take] = {}
    hands: Any = SimpleNamespace(
        clock=clock,
        past=past,
        lookout=Lookout(clock, first if listed else None, gap),
        resumed=Resumed(),
        client=server,
        address="https://example.com/v1",
        provider=SimpleNamespace(profile=profile, limits=Limits()),
        session=SimpleNamespace(
            take=takes.__getitem__, record=record, tell=lambda name, **fields: None
        ),
        foreign=lambda take: False,
        trouble=lambda: None,
    )
    slots = asyncio.Semaphore(SLOTS + BEYOND)

    async def shot(number: int) -> None:
        async with slots:
            seconds, video = chance.choice(list(USUAL)), f"video_{number}"
            server.create(video, seconds)
            intent = {"wall": _now(), "request": {"seconds": seconds}}
            takes[video] = Take(fingerprint=video, video=video, intent=intent)
            await watch(hands, SimpleNamespace(fingerprint=video, name=video))  # type: ignore[arg-type]  # all it uses

    await asyncio.gather(*(shot(number) for number in range(SHOTS)))
    least = max(sum(server.long.values()) / SLOTS, *server.long.values())
    return _now() / least, server.asked / SHOTS


@pytest.mark.parametrize(
    ("listed", "tells", "looks"),
    [(False, True, 4.0), (False, False, 4.0), (True, True, 1.0), (True, False, 1.0)],
)
def test_a_thousand_renders_are_watched_with_few_looks(
    listed: bool, tells: bool, looks: float
) -> None:
    """At most a twentieth longer than possible, at no more than so many requests a video."""
    loop = Loop(0.0, lambda: 0.0, 10_000_000)
    ratio, asked = loop.run(_run(Server(Random(1), tells), listed=listed))
    assert ratio <= 1.05
    assert asked <= looks
