"""Many renders are watched by one reading of the list; it brings news, and never the last word."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from sorapipe.run.lookout import AFTER_TROUBLE, LIES, Lookout
from sorapipe.videos.errors import APIAnswerError
from sorapipe.videos.model import Page, Video
from sorapipe.videos.pages import AsyncPage, Trail
from tests.simulation.loop import Loop

BROKEN = APIAnswerError("GET /videos", "it is no JSON", spent="not_sent")
Listed = Sequence[Sequence[str]]  # ids, page by page


class Time:
    """The loop's own time, which a sleep of the machine moves on."""

    def __init__(self) -> None:
        self.slept = 0.0

    def now(self) -> float:
        """Seconds."""
        return self.monotonic()

    def monotonic(self) -> float:
        """Seconds."""
        return asyncio.get_running_loop().time() + self.slept

    async def sleep(self, seconds: float) -> None:
        """Be that much later."""
        await asyncio.sleep(seconds)


class Post:
    """A lookout over a list that is `pages`; `read` has the moments at which pages were asked for.

    Where `broken` is set the list cannot be read.
    """

    def __init__(self, pages: Listed, *, gap: float = 2.0) -> None:
        self.time, self.pages, self.read, self.broken = Time(), pages, list[float](), False
        self.lookout = Lookout(self.time, self._first, lambda watched, pages: gap)

    async def _first(self, entries: int) -> AsyncPage:
        assert 20 <= entries <= 100
        return AsyncPage(await self._page("0"), self._page, Trail())

    async def _page(self, after: str) -> Page:
        self.read.append(self.time.monotonic())
        await asyncio.sleep(0.1)
        if self.broken:
            raise BROKEN
        number = int(after)
        shown = tuple(Video(id=name, word="queued") for name in self.pages[number])
        more = number + 1 < len(self.pages)
        return Page(data=shown, has_more=more, last_id=str(number + 1))

    async def wait(self, name: str, seconds: float) -> tuple[str, bool, float]:
        """Who it is, whether the list had it, and when that was known."""
        entry, _ = await self.lookout.wait(name, seconds)
        return name, entry is not None, round(self.time.monotonic(), 3)

    def watched(self, **waits: float) -> list[tuple[str, bool, float]]:
        """What comes of waiting so many seconds for each, in the order in which it is known."""
        return Loop(0.0, lambda: 0.0, 10_000).run(self._watched(waits))

    async def _watched(self, waits: dict[str, float]) -> list[tuple[str, bool, float]]:
        waiting = [self.wait(name, seconds) for name, seconds in waits.items()]
        return [await one for one in asyncio.as_completed(waiting)]


def test_one_reading_serves_all() -> None:
    """The first whose time has come has the list read, and all others have their news with it."""
    post = Post([["c", "b", "a"]])
    found = post.watched(a=5, b=60, c=90)
    assert sorted(found) == [("a", True, 5.1), ("b", True, 5.1), ("c", True, 5.1)]
    assert post.read == [5.0]


def test_one_render_is_asked_for_by_itself() -> None:
    """A list for one costs no less than one look, and tells less."""
    post = Post([["a"]])
    assert post.watched(a=5) == [("a", False, 5.0)]
    assert post.read == []


def test_what_is_not_listed_is_asked_for_by_itself() -> None:
    """It is no news that a render is not shown: its own answer decides."""
    post = Post([["b", "c"]])
    assert ("a", False, 5.1) in post.watched(a=5, b=60, c=60)
    assert ("a", False, 5.0) in post.watched(a=5, b=60, c=60), "it was not there the last time"


@pytest.mark.parametrize(
    ("pages", "read"),
    [
        ([["a", "b"], ["x"], ["y"]], 1),  # all that was missing is seen
        ([["x"], ["a", "b"], ["y"]], 2),  # two are missing, so one page in vain is worth it
        ([["x"], ["y"], ["a", "b"]], 2),  # and a second one is not
        ([["a"], ["x"], ["y"], ["b"]], 2),  # one is missing: one page in vain costs as much
    ],
)
def test_a_list_is_read_as_far_as_it_is_worth(pages: Listed, read: int) -> None:
    """It is left when all are seen, or when more pages would cost more than looks."""
    post = Post(pages)
    found = post.watched(a=5, b=5, c=90)
    shown = {name for page in pages[:read] for name in page}
    assert {name for name, listed, _ in found if listed} == shown & {"a", "b"}
    assert len(post.read) == read


def test_readings_keep_their_distance() -> None:
    """Whoever's time comes meanwhile waits for the next one, with all others who do."""
    post = Post([["a", "b", "c", "d"]], gap=10.0)

    async def two() -> None:
        await asyncio.gather(*(post.wait(name, 5.0) for name in "ab"))
        await asyncio.gather(
            *(post.wait(name, seconds) for name, seconds in zip("abcd", (1, 2, 3, 90), strict=True))
        )

    Loop(0.0, lambda: 0.0, 10_000).run(two())
    assert post.read == [5.0, 15.0]


def test_a_list_that_cannot_be_read_is_left_alone_for_a_while() -> None:
    """Everybody is asked for by itself meanwhile, and the list is tried again later."""
    post = Post([["a", "b"]])
    post.broken = True

    async def watched() -> list[bool]:
        found = []
        for _ in range(4):
            both = await asyncio.gather(post.wait("a", 20.0), post.wait("b", 20.0))
            found.append(all(listed for _, listed, _ in both))
            post.broken = False
        return found

    assert Loop(0.0, lambda: 0.0, 10_000).run(watched()) == [False, False, False, True]
    assert post.read[1] - post.read[0] >= AFTER_TROUBLE


def test_a_list_that_is_behind_is_not_read_any_more() -> None:
    """After some renders that had ended while it said that they go on, each is asked for."""
    post = Post([["a", "b"]])
    for _ in range(LIES):
        post.lookout.behind()
    assert [listed for _, listed, _ in post.watched(a=5, b=6)] == [False, False]
    assert post.read == []


def test_pages_that_go_in_circles_are_no_news() -> None:
    """What was shown counts; who was not is asked for by itself."""
    post = Post([["a"], ["a"], ["b"]])
    post.pages = [["a"], ["a"]]

    async def page(after: str) -> Page:
        post.read.append(post.time.monotonic())
        return Page(data=(Video(id="a"),), has_more=True, last_id="1")

    post._page = page  # type: ignore[method-assign]
    found = {name: listed for name, listed, _ in post.watched(a=5, b=5, c=5)}
    assert found == {"a": True, "b": False, "c": False}


def test_a_sleep_of_the_machine_wakes_everybody() -> None:
    """Who comes back too late finds out, and all are asked for before anything else."""
    post = Post([["a", "b", "c"]])

    async def nap() -> tuple[str, bool, float]:
        await asyncio.sleep(4.0)
        post.time.slept = 3600.0
        return "nap", False, 4.0

    async def watched() -> list[tuple[str, bool, float]]:
        waits = [post.wait("a", 5.0), post.wait("b", 60.0), post.wait("c", 90.0), nap()]
        return list(await asyncio.gather(*waits))

    found = Loop(0.0, lambda: 0.0, 10_000).run(watched())
    assert found[:3] == [("a", False, 3605.0), ("b", False, 3605.0), ("c", False, 3605.0)]


def test_who_reads_for_all_may_be_stopped() -> None:
    """Those that wait for the reading are not left waiting for ever."""
    post = Post([["a", "b", "c"]])

    async def watched() -> list[bool]:
        leader = asyncio.ensure_future(post.wait("a", 5.0))
        others = [asyncio.ensure_future(post.wait(name, 5.01)) for name in "bc"]
        await asyncio.sleep(5.05)
        leader.cancel()
        return [(await one)[1] for one in others]

    assert Loop(0.0, lambda: 0.0, 10_000).run(watched()) == [False, False]


def test_a_list_that_hangs_is_left_alone_for_longer() -> None:
    """The time for which it is not asked again begins when it broke off, and is ten times that."""
    post = Post([["a", "b"]])

    async def hangs(after: str) -> Page:
        post.read.append(post.time.monotonic())
        await asyncio.sleep(2 * AFTER_TROUBLE)
        raise BROKEN

    post._page = hangs  # type: ignore[method-assign]

    async def watched() -> float:
        for _ in range(60):
            await asyncio.gather(post.wait("a", 10.0), post.wait("b", 10.0))
        return post.time.monotonic()

    assert Loop(0.0, lambda: 0.0, 10_000).run(watched()) == 600.0 + 2 * AFTER_TROUBLE
    assert len(post.read) == 1, "what cost two minutes is left alone for longer than one"


def test_a_slow_list_holds_nobody_up_for_long() -> None:
    """However many pages would be worth reading: after a minute the rest is asked for."""
    names = [f"v{number:02}" for number in range(40)]
    post = Post([[f"x{number}"] for number in range(80)])
    quick = post._page

    async def slow(after: str) -> Page:
        await asyncio.sleep(20.0)
        return await quick(after)

    post._page = slow  # type: ignore[method-assign]
    assert max(when for _, _, when in post.watched(**dict.fromkeys(names, 5))) < 100.0
