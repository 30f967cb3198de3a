"""AsyncVideos: paging that ends or says that it can't, and content wherever it lies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sorapipe.errors import UsageError
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import APIAnswerError, APIStatusError, NotFoundError, RateLimitError
from sorapipe.videos.model import Video
from sorapipe.videos.profile import load
from sorapipe.videos.sender import HttpSender

MP4 = {"content-type": "video/mp4"}


def _with_client(handle: Callable[[httpx.Request], httpx.Response], scene: Any) -> Any:
    async def run() -> Any:
        transport = httpx.MockTransport(handle)
        async with HttpSender("https://api.example.com/v1", "k", transport=transport) as sender:
            return await scene(AsyncVideos(sender, load("openai")))

    return asyncio.run(run())


async def _all(client: AsyncVideos) -> list[str]:
    return [video.id async for video in client.list_all(limit=2)]


async def _content(client: AsyncVideos, video: Video | str = "v", **options: Any) -> bytes:
    async with client.open_content(video, **options) as stream:
        return b"".join([chunk async for chunk in stream.chunks()])


def _pages(*pages: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    left = list(pages)
    return lambda request: httpx.Response(200, json=left.pop(0) if len(left) > 1 else left[0])


def _page(*ids: str, more: bool | None = True, last: str | None = None) -> dict[str, Any]:
    page: dict[str, Any] = {"data": [{"id": id_} for id_ in ids]}
    page |= {} if more is None else {"has_more": more}
    return page | ({} if last is None else {"last_id": last})


def test_all_pages_are_read_and_each_video_comes_once() -> None:
    """Pages may overlap when something is created meanwhile."""
    handle = _pages(_page("a", "b"), _page("b", "c"), _page("c", "d", more=False))
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
    ],
    ids=["the same page", "an empty page", "a circle"],
)
def test_a_list_that_promises_more_and_gives_nothing_new_is_an_error(pages: Any) -> None:
    """An end that is none would prove that a paid render does not exist."""
    with pytest.raises(APIAnswerError, match="there is more"):
        _with_client(_pages(*pages), _all)


def test_content_is_streamed_without_naming_the_usual_variant() -> None:
    """`variant` is sent only for another one, and compression is never asked for."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"bytes", headers=MP4)

    async def scene(client: AsyncVideos) -> list[bytes]:
        return [await _content(client), await _content(client, variant="thumbnail")]

    assert _with_client(handle, scene) == [b"bytes", b"bytes"]
    assert [request.url.raw_path for request in asked] == [
        b"/v1/videos/v/content",
        b"/v1/videos/v/content?variant=thumbnail",
    ]
    assert asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(404, json={"error": {"message": "no such path"}}),
        httpx.Response(400, json={"detail": "uploaded to the cloud"}),
        httpx.Response(502),
        httpx.Response(200, json={"error": {"message": "ask elsewhere"}}),
    ],
    ids=lambda response: str(response.status_code),
)
def test_content_that_is_not_at_its_place_is_read_from_the_videos_own_address(
    refusal: httpx.Response,
) -> None:
    """Some servers have no content path, or only break there; the key stays at its own origin."""
    keys: list[str | None] = []

    def handle(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers.get("authorization"))
        if request.url.host == "api.example.com":
            return refusal
        return httpx.Response(200, content=b"from the CDN", headers=MP4)

    video = Video(id="v", url="https://cdn.example.net/x.mp4?sig=1")
    assert _with_client(handle, lambda client: _content(client, video)) == b"from the CDN"
    assert keys == ["Bearer k", None]


def test_content_that_is_nowhere_is_the_servers_error() -> None:
    """JSON is never taken for a file, and both refusals are kept."""

    def handle(request: httpx.Request) -> httpx.Response:
        status = 404 if request.url.host == "api.example.com" else 410
        return httpx.Response(status, json={"error": {"message": "gone"}})

    with pytest.raises(NotFoundError):
        _with_client(handle, _content)
    video = Video(id="v", url="https://cdn.example.net/x.mp4")
    with pytest.raises(APIStatusError) as caught:
        _with_client(handle, lambda client: _content(client, video))
    assert caught.value.status == 410
    assert isinstance(caught.value.__cause__, NotFoundError)


def test_a_refused_pace_is_not_walked_around() -> None:
    """429 asks us to wait, which the other address would not mean."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "api.example.com"
        return httpx.Response(429, headers={"retry-after": "5"})

    with pytest.raises(RateLimitError) as caught:
        _with_client(handle, lambda client: _content(client, Video(id="v", url="https://x.net/y")))
    assert caught.value.retry_after == 5


def test_json_in_the_place_of_a_file_is_an_error() -> None:
    """An error with a friendly status is not saved as a video."""
    early = httpx.Response(200, json={"error": {"message": "still rendering"}})
    with pytest.raises(APIAnswerError, match="still rendering"):
        _with_client(lambda request: early, _content)


def test_remix_edit_extend_and_delete_reach_their_paths() -> None:
    """The four operations on a video that is there."""
    asked: list[tuple[str, str, Any]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        asked.append((request.method, request.url.raw_path.decode(), body))
        return httpx.Response(200, json={"id": "new", "deleted": True})

    async def scene(client: AsyncVideos) -> None:
        assert (await client.remix("v=/1", prompt="a")).id == "new"
        assert (await client.edit("v", prompt="b")).id == "new"
        assert (await client.extend("v", prompt="c", seconds=4)).id == "new"
        assert (await client.delete("v")).deleted

    _with_client(handle, scene)
    assert asked == [
        ("POST", "/v1/videos/v=%2F1/remix", {"prompt": "a"}),
        ("POST", "/v1/videos/edits", {"prompt": "b", "video": {"id": "v"}}),
        ("POST", "/v1/videos/extensions", {"prompt": "c", "seconds": "4", "video": {"id": "v"}}),
        ("DELETE", "/v1/videos/v", None),
    ]


def test_an_id_that_would_change_the_path_is_never_sent() -> None:
    """`..` is no video, and sent as one would delete something else."""

    def handle(request: httpx.Request) -> httpx.Response:
        pytest.fail("nothing may be sent")

    with pytest.raises(UsageError, match="is not an id"):
        _with_client(handle, lambda client: client.delete(".."))
