"""Pages of a list: each video once, and an end that is one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from sorapipe.errors import UsageError
from sorapipe.videos.errors import APIAnswerError
from sorapipe.videos.model import Page as Told
from sorapipe.videos.model import Video
from sorapipe.videos.portal import Portal


@dataclass(frozen=True, slots=True)
class Trail:
    """The ids and the cursors of the pages on the way to a page."""

    seen: frozenset[str] = frozenset()
    cursors: frozenset[str] = frozenset()

    def fresh(self, page: Told) -> tuple[Video, ...]:
        """The page's videos that were on no page before it, each once."""
        found: dict[str, Video] = {}
        for video in page.data:
            if video.id not in self.seen:
                found.setdefault(video.id, video)
        return tuple(found.values())

    def goes_on(self, page: Told) -> bool:
        """Whether there is more; a list that says nothing about it ends with a stale page."""
        return page.has_more and (page.told or bool(self.fresh(page)))

    def onward(self, page: Told) -> tuple[str, Trail]:
        """The cursor of the page after this one, and the trail to it.

        Raises APIAnswerError where the server says that there is more and its pages don't get on: a
        list that only seems to end would prove that a paid render does not exist.
        """
        after = page.last_id
        if after is None or not self.fresh(page) or after in self.cursors:
            what = "the list says that there is more, and gives the same page again"
            raise APIAnswerError("GET /videos", what, spent="not_sent")
        seen = self.seen.union(video.id for video in page.data)
        return after, Trail(seen, self.cursors | {after})


class Listed:
    """What both kinds of page tell. `page` is the answer, `trail` what came before it."""

    def __init__(self, page: Told, trail: Trail) -> None:
        self.page = page
        self.trail = trail

    @property
    def data(self) -> tuple[Video, ...]:
        """The videos of this page alone, as the server gave them."""
        return self.page.data

    @property
    def first_id(self) -> str | None:
        """The id of this page's first video."""
        return self.data[0].id if self.data else None

    @property
    def last_id(self) -> str | None:
        """What the next page comes after."""
        return self.page.last_id

    @property
    def has_more(self) -> bool:
        """Whether the server says that there is more (or says nothing, and has something)."""
        return self.page.has_more

    @property
    def server_date(self) -> float | None:
        """The server's clock as it answered, in seconds since the epoch."""
        return self.page.server_date

    def has_next_page(self) -> bool:
        """Whether `next_page` has something to ask for."""
        return self.trail.goes_on(self.page)

    def __repr__(self) -> str:
        more = ", and more" if self.has_next_page() else ""
        return f"<{type(self).__name__} of {len(self.data)} videos{more}>"

    def _onward(self) -> tuple[str, Trail]:
        if not self.has_next_page():
            raise UsageError("next_page", "this is the last page", "ask has_next_page() first")
        return self.trail.onward(self.page)


class AsyncPage(Listed):
    """One page of the server's videos. Iterating goes over this one and all that follow.

    async for video in await videos.list():
        print(video.id, video.status)
    """

    def __init__(self, page: Told, fetch: Callable[[str], Awaitable[Told]], trail: Trail) -> None:
        super().__init__(page, trail)
        self._fetch = fetch

    async def next_page(self) -> AsyncPage:
        """The page after this one.

        Raises UsageError where there is none, and APIAnswerError where the server says that there
        is more and gives what it gave before.
        """
        after, trail = self._onward()
        return AsyncPage(await self._fetch(after), self._fetch, trail)

    async def __aiter__(self) -> AsyncGenerator[Video, None]:
        """All videos from this page on, each id once; raises as `next_page` does."""
        page = self
        while True:
            for video in page.trail.fresh(page.page):
                yield video
            if not page.has_next_page():
                return
            page = await page.next_page()


class Page(Listed):
    """One page of the server's videos. Iterating goes over this one and all that follow."""

    def __init__(self, page: AsyncPage, portal: Portal) -> None:
        super().__init__(page.page, page.trail)
        self._async = page
        self._portal = portal

    def next_page(self) -> Page:
        """The page after this one.

        Raises UsageError where there is none, and APIAnswerError where the server says that there
        is more and gives what it gave before.
        """
        return Page(self._portal.run(self._async.next_page()), self._portal)

    def __iter__(self) -> Iterator[Video]:
        """All videos from this page on, each id once; raises as `next_page` does."""
        with closing(self._portal.each(aiter(self._async))) as videos:
            yield from videos
