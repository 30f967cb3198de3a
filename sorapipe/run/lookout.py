"""Where the watchers of a run wait between two looks: for their own time, or for the list's news.

Where the server lists all that it has, one reading of the list serves every render in flight. It
brings news, and nothing else: what it does not show is asked for by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from sorapipe.clock import Clock
from sorapipe.videos.errors import APIError
from sorapipe.videos.model import Video
from sorapipe.videos.pages import AsyncPage

JUMP = 30.0  # seconds more than were waited for: this machine slept
AFTER_TROUBLE = 60.0  # seconds for which a list that could not be read is left alone, at least
DEARER = 10  # times that for which such a reading held everybody up
LONG = 60.0  # seconds after which no further page is asked for: some wait for what it may not show
LIES = 3  # times that a list may be behind before it is not read any more
MOST = 100  # entries of a page, at most
LEAST = 20  # and at least, since what has ended stands between what goes on

First = Callable[[int], Awaitable[AsyncPage]]  # the first page, of so many entries
News = asyncio.Future[Video | None]


class Lookout:
    """`first` asks for the list, newest first; without it everybody is asked for by itself.

    `gap` tells from the watched and from the pages of one reading how many seconds lie between
    two readings.
    """

    def __init__(self, clock: Clock, first: First | None, gap: Callable[[int, int], float]) -> None:
        self._clock = clock
        self._first = first
        self._gap = gap
        self._waiting: dict[str, News] = {}
        self._due: set[str] = set()
        self._deep: set[str] = set()  # what the last reading did not come upon
        self._pages = 1  # what a reading is likely to cost
        self._next = 0.0  # when the list may be read again
        self._trouble = 0.0  # until when it is left alone
        self._reading = False
        self._lies = 0

    async def wait(self, video: str, seconds: float) -> tuple[Video | None, float]:
        """Come back when the render is to be looked at, or has been seen in the list before.

        Gives its entry, or None where it is to be asked for by itself; and the seconds that passed
        while this machine was awake.
        """
        begun, news = self._clock.monotonic(), asyncio.get_running_loop().create_future()
        if self._waiting.setdefault(video, news) is not news:  # two takes with one id: none's list
            await self._clock.sleep(seconds)
            return None, seconds
        try:
            await self._nap(news, seconds)
            passed = self._clock.monotonic() - begun
            if passed > seconds + JUMP:
                self._wake()
                return None, seconds
            if not news.done():
                await self._called(video, news)
            passed = min(self._clock.monotonic() - begun, seconds + JUMP)
            return news.result() if news.done() else None, passed
        finally:
            self._due.discard(video)
            del self._waiting[video]

    def behind(self) -> None:
        """The list said of a render that it goes on, and it had ended: that is noted."""
        self._lies += 1
        if self._lies >= LIES:
            self._first = None

    async def _nap(self, news: News, seconds: float) -> None:
        if self._first is None:
            await self._clock.sleep(seconds)
            return
        nap = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((nap, news), return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()

    def _wake(self) -> None:
        """This machine slept: everybody is looked at, before anything is made of the time."""
        for news in self._waiting.values():
            if not news.done():
                news.set_result(None)

    async def _called(self, video: str, news: News) -> None:
        """Its time has come: with the next reading, if there is to be one."""
        if self._first is None or len(self._waiting) <= self._pages or video in self._deep:
            return
        if self._clock.monotonic() < self._trouble:
            return
        self._due.add(video)
        if self._reading:
            await asyncio.wait((news,))
            return
        self._reading = True
        try:
            await self._clock.sleep(max(self._next - self._clock.monotonic(), 0.0))
            await self._read(self._first)
        finally:
            self._reading = False
            self._tell_rest()

    async def _read(self, first: First) -> None:
        """Read as far as that costs less than to ask for each that is missing."""
        missing, now = set(self._due), self._clock.monotonic()
        if len(missing) < self._pages:
            self._pages = max(self._pages // 2, 1)
            return
        pages, vain, seen = 0, 0, set[str]()
        try:
            page = await first(min(max(2 * len(self._waiting), LEAST), MOST))
            while True:
                pages += 1
                here = {video.id for video in page.data}
                self._tell(page.data)
                vain = 0 if missing & here else vain + 1
                seen |= here
                missing -= here
                long = self._clock.monotonic() - now > LONG
                if long or vain >= len(missing) or not page.has_next_page():
                    break
                page = await page.next_page()
        except APIError:
            self._leave_alone(now)
            return
        if long:
            self._leave_alone(now)
        self._deep = self._deep - seen | missing
        self._pages = pages
        self._next = now + self._gap(len(self._waiting), pages)

    def _leave_alone(self, begun: float) -> None:
        now = self._clock.monotonic()
        self._trouble = now + max(AFTER_TROUBLE, DEARER * (now - begun))

    def _tell(self, videos: Iterable[Video]) -> None:
        for video in videos:
            news = self._waiting.get(video.id)
            if news is not None and not news.done():
                news.set_result(video)

    def _tell_rest(self) -> None:
        """Whose time has come and who was not seen is asked for by itself."""
        for video, news in self._waiting.items():
            if video in self._due and not news.done():
                news.set_result(None)
