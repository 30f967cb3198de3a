"""Pages of a list: each video once, an end that is one, and a promise that is not kept told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sorapipe.errors import UsageError
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import APIAnswerError
from sorapipe.videos.sync import Videos

URL = "https://api.example.com/v1"
Handler = Callable[[httpx.Request], httpx.Response]


def _with_client(handle: Handler, scene: Any) -> Any:
    async def run() -> Any:
        transport = httpx.MockTransport(handle)
        async with AsyncVideos(URL, profile="openai", transport=transport) as videos:
            return await scene(videos)

    return asyncio.run(run())


async def _all(videos: AsyncVideos) -> list[str]:
    return [video.id async for video in videos.list_all(limit=2)]


def _pages(*pages: dict[str, Any]) -> Handler:
    left = list(pages)
    return lambda request: httpx.Response(200, json=left.pop(0) if len(left) > 1 else left[0])


def _page(*ids: str, more: bool | None = True, last: str | None = None) -> dict[str, Any]:
    page: dict[str, Any] = {"data": [{"id": id_} for id_ in ids]}
    page |= {} if more is None else {"has_more": more}
    return page | ({} if last is None else {"last_id": last})


def test_all_pages_are_read_and_each_video_comes_once() -> None:
    """Pages may overlap when something is created meanwhile."""
    handle = _pages(_page("a", "b"), _page("b", "c"), _page("c", "c", "d", more=False))
    assert _with_client(handle, _all) == ["a", "b", "c", "d"]


def test_the_cursor_is_sent_as_after() -> None:
    """Each page is asked for by the last id of the one before."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        return httpx.Response(200, json=_page("a", last="z") if len(asked) == 1 else _page())

    with pytest.raises(APIAnswerError):
        _with_client(handle, _all)
    assert asked == ["limit=2&order=desc", "limit=2&order=desc&after=z"]


def test_a_list_that_says_nothing_about_its_end_ends_with_the_first_stale_page() -> None:
    """A server that ignores `after` gives the same page for ever."""
    assert _with_client(_pages(_page("a", "b", more=None)), _all) == ["a", "b"]


@pytest.mark.parametrize(
    "pages",
    [
        (_page("a", "b"),),
        (_page("a"), _page()),
        (_page("a", last="x"), _page("b", last="y"), _page("c", last="x"), _page("d", last="y")),
        (_page("a", last="x"), _page("a", last="y"), _page("a", last="z"), _page("b", more=False)),
    ],
    ids=["the same page", "an empty page", "a circle", "the same page under another name"],
)
def test_a_list_that_promises_more_and_gives_nothing_new_is_an_error(pages: Any) -> None:
    """An end that is none would prove that a paid render does not exist."""
    with pytest.raises(APIAnswerError, match="there is more"):
        _with_client(_pages(*pages), _all)


def test_a_list_that_begins_in_its_middle_does_not_come_back_there() -> None:
    """The cursor that a list was begun with is one of those that it has been at."""

    async def scene(videos: AsyncVideos) -> list[str]:
        return [video.id async for video in await videos.list(after="x")]

    with pytest.raises(APIAnswerError, match="there is more"):
        _with_client(_pages(_page("a", last="x")), scene)


def test_pages_are_turned_by_hand_and_each_as_often_as_one_likes() -> None:
    """A page knows its own videos and where the next one is; turning it changes nothing in it."""

    def handle(request: httpx.Request) -> httpx.Response:
        last = "after=b" in str(request.url)
        return httpx.Response(200, json=_page("c", more=False) if last else _page("a", "b"))

    async def scene(videos: AsyncVideos) -> None:
        first = await videos.list(limit=2)
        assert [video.id for video in first.data] == ["a", "b"]
        assert (first.first_id, first.last_id, first.has_more) == ("a", "b", True)
        assert first.has_next_page()
        for _ in range(2):
            second = await first.next_page()
            assert [video.id for video in second.data] == ["c"]
            assert not second.has_next_page()
        with pytest.raises(UsageError, match="last page"):
            await second.next_page()
        assert [video.id async for video in first] == ["a", "b", "c"]
        assert [video.id async for video in second] == ["c"]

    _with_client(handle, scene)


def test_a_page_is_the_same_without_an_event_loop() -> None:
    """`Videos` lists, turns and iterates as `AsyncVideos` does."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        last = "after=b" in str(request.url)
        return httpx.Response(200, json=_page("c", more=False) if last else _page("a", "b"))

    with Videos(URL, profile="openai", transport=httpx.MockTransport(handle)) as videos:
        page = videos.list()
        assert asked == ["limit=20&order=desc"]
        assert page.has_next_page()
        assert page.next_page().first_id == "c"
        assert [video.id for video in page] == ["a", "b", "c"]
        assert [video.id for video in videos.list_all(order="asc")] == ["a", "b", "c"]
        assert asked[-2:] == ["limit=100&order=asc", "limit=100&order=asc&after=b"]
        assert repr(page) == "<Page of 2 videos, and more>"


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_at_most_a_hundred_videos(limit: int) -> None:
    """A limit that no server takes is refused before anything is asked."""
    with (
        Videos(URL, transport=httpx.MockTransport(lambda request: pytest.fail("asked"))) as videos,
        pytest.raises(UsageError, match="1 to 100"),
    ):
        videos.list(limit=limit)
