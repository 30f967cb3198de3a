"""Downloads: gone on with where they broke off, whole under their name, nothing but the file."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from sorapipe.errors import StorageError, UsageError
from sorapipe.videos import sender
from sorapipe.videos.boxes import BrokenVideo
from sorapipe.videos.client import AsyncVideos
from sorapipe.videos.errors import (
    APIAnswerError,
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    NotFoundError,
    RateLimitError,
)
from sorapipe.videos.model import Video
from sorapipe.videos.patience import TRIES
from sorapipe.videos.sync import Videos
from tests.unit.clocks import Hand
from tests.unit.films import film
from tests.unit.raw_server import Talk, raw_server

URL = "https://api.example.com/v1"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 9


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real film."""
    return film(tmp_path_factory.mktemp("film") / "film.mp4").read_bytes()


class Shelf:
    """Serves one file, each answer cut as `cuts` says: so many bytes come, then the line is dead.

    `tags` are the file's tags, one an answer and the last for ever; `ranged` tells whether ranges
    are known, `sized` whether a length is told. `asked` has each Range and each If-Range.
    """

    def __init__(self, data: bytes, *cuts: int, **habits: Any) -> None:
        self.data = data
        self.cuts = list(cuts)
        self.tags = [*habits.pop("tags", ['"one"'])]
        self.ranged: bool = habits.pop("ranged", True)
        self.sized: bool = habits.pop("sized", True)
        self.shift: int = habits.pop("shift", 0)
        self.asked: list[tuple[str, str]] = []
        assert not habits

    async def __call__(self, talk: Talk) -> None:
        text = talk.request.decode("latin-1").lower()
        said = dict(re.findall(r"\r\n(if-range|range): ([^\r]*)", text))
        self.asked.append((said.get("range", ""), said.get("if-range", "")))
        tag = self.tags.pop(0) if len(self.tags) > 1 else self.tags[0]
        begin = 0
        if self.ranged and "range" in said and said.get("if-range") == tag:
            begin = int(re.sub(r"\D", "", said["range"])) + self.shift
        lines = [f"HTTP/1.1 {206 if begin else 200} Word", "content-type: video/mp4"]
        lines += [f"etag: {tag}"] if tag else []
        size = len(self.data)
        lines += [f"content-range: bytes {begin}-{size - 1}/{size}"] if begin else []
        lines += [f"content-length: {size - begin}"] if self.sized else ["connection: close"]
        cut = self.cuts.pop(0) if self.cuts else size
        body = self.data[begin : begin + cut]
        await talk.write("\r\n".join([*lines, "", ""]).encode() + body)
        if begin + cut < size or not self.sized:
            talk.writer.close()


def _with_shelf(shelf: Shelf, scene: Any, **options: Any) -> Any:
    async def run() -> Any:
        async with (
            raw_server(shelf) as server,
            AsyncVideos(server.base_url, clock=Hand(), **options) as videos,
        ):
            return await asyncio.wait_for(scene(videos.download_content("v")), 30)

    return asyncio.run(run())


def _with_answers(
    handle: Callable[[httpx.Request], httpx.Response], scene: Any, clock: Hand | None = None
) -> Any:
    async def run() -> Any:
        said: dict[str, Any] = {"transport": httpx.MockTransport(handle), "clock": clock or Hand()}
        async with AsyncVideos(URL, api_key="k", profile="openai", **said) as videos:
            return await scene(videos)

    return asyncio.run(run())


async def _chunks(content: Any) -> bytes:
    return b"".join([chunk async for chunk in content])


async def _read(content: Any) -> bytes:
    return bytes(await content.read())


@pytest.mark.parametrize("use", [_chunks, _read])
def test_a_download_that_breaks_off_goes_on_where_it_did(use: Any, mp4: bytes) -> None:
    """Only what is missing is asked for, and only of the same file."""
    shelf = Shelf(mp4, 100, 50, 1)
    assert _with_shelf(shelf, use) == mp4
    assert shelf.asked == [
        ("", ""),
        ("bytes=100-", '"one"'),
        ("bytes=150-", '"one"'),
        ("bytes=151-", '"one"'),
    ]


def test_a_server_without_ranges_sends_it_again_and_nothing_comes_twice(mp4: bytes) -> None:
    """What has come already is passed over where the tag says that it is the same file."""
    shelf = Shelf(mp4, 100, 50, 300, ranged=False)
    assert _with_shelf(shelf, _chunks) == mp4
    assert len(shelf.asked) == 4


@pytest.mark.parametrize(
    "habits",
    [{"tags": ['"one"', '"two"']}, {"shift": 1}, {"tags": ['"one"', '"two"'], "ranged": False}],
    ids=["changed", "other bytes", "changed, without ranges"],
)
def test_two_files_are_never_mixed(mp4: bytes, habits: dict[str, Any]) -> None:
    """Where the rest is of another file it is refused; a path is then filled anew."""
    with pytest.raises(APIAnswerError, match="another one than before"):
        _with_shelf(Shelf(mp4, 100, **habits), _chunks)
    shelf = Shelf(mp4, 100, **habits)
    if "shift" not in habits:
        assert _with_shelf(shelf, _read) == mp4
        assert [span for span, _ in shelf.asked] == ["", "bytes=100-", ""]


DAY = "Sat, 21 Nov 2026 10:00:00 GMT"


class Parts:
    """Breaks off after the first `cut` bytes, then answers `second`; then as it did at first."""

    def __init__(self, data: bytes, first: dict[str, str], second: httpx.Response) -> None:
        self.data, self.first, self.second, self.cut = data, first, second, 100
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers.get("range", ""))
        if self.asked[-1]:
            return self.second
        headers = {"content-type": "video/mp4", **self.first}
        if len(self.asked) > 1:
            return httpx.Response(200, headers=headers, content=self.data)
        return httpx.Response(200, headers=headers, stream=_Broken(self.data[: self.cut]))


class _Broken(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> Any:
        yield self.data
        raise httpx.ReadError("reset")


def _rest(data: bytes, **headers: str) -> httpx.Response:
    said = {key.replace("_", "-"): value for key, value in headers.items()}
    said["content-range"] = f"bytes 100-{len(data) - 1}/{len(data)}"
    part = gzip.compress(data[100:]) if "content-encoding" in said else data[100:]
    return httpx.Response(206, headers=said, content=part)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"etag": '"a"'}, {}, False),
        ({"etag": '"a"', "last-modified": DAY}, {"last_modified": DAY}, False),
        ({"etag": 'W/"a"', "last-modified": DAY}, {"etag": 'W/"b"', "last_modified": DAY}, False),
        ({"etag": 'W/"a"', "last-modified": DAY}, {"etag": 'W/"a"'}, True),
        ({"last-modified": DAY}, {}, True),
        ({"last-modified": DAY}, {"content_encoding": "gzip"}, False),
    ],
)
def test_a_part_has_to_show_whose_it_is(
    first: dict[str, str], second: dict[str, str], same: bool, mp4: bytes
) -> None:
    """An ETag is repeated by whoever obeys RFC 9110, a date need not be; weak ETags may differ."""
    parts = Parts(mp4, first, _rest(mp4, **second))
    assert _with_answers(parts, lambda videos: _read(videos.download_content("v"))) == mp4
    assert parts.asked == (["", "bytes=100-"] if same else ["", "bytes=100-", ""])


@pytest.mark.parametrize("end", [0, 1], ids=["it is all here", "it is another file"])
def test_a_range_that_cannot_be_ends_the_file_or_begins_it_anew(end: int, mp4: bytes) -> None:
    """416 with just the bytes that are here says that only the end of the line was missing."""
    span = {"content-range": f"bytes */{len(mp4) - end}", "content-type": "application/json"}
    parts = Parts(mp4, {"etag": '"a"'}, httpx.Response(416, headers=span, content=b"{}"))
    parts.cut = len(mp4)
    assert _with_answers(parts, lambda videos: _read(videos.download_content("v"))) == mp4
    asked = ["", f"bytes={len(mp4)}-"]
    assert parts.asked == (asked if end == 0 else [*asked, ""])


@pytest.mark.parametrize("end", [0, 1], ids=["whole", "a part"])
def test_all_of_it_as_a_part_that_nobody_asked_for_is_a_file(end: int, mp4: bytes) -> None:
    """Some servers say 206 for everything; a real part that nobody asked for is no file."""

    def handle(request: httpx.Request) -> httpx.Response:
        span = {"content-range": f"bytes 0-{len(mp4) - 1}/{len(mp4) + end}"}
        return httpx.Response(206, headers=span | {"content-type": "video/mp4"}, content=mp4)

    def scene(videos: AsyncVideos) -> Any:
        return _chunks(videos.download_content(Video(id="v", raw={"id": "v"})))

    if end == 0:
        assert _with_answers(handle, scene) == mp4
    else:
        with pytest.raises(APIAnswerError, match="not a file"):
            _with_answers(handle, scene)


@pytest.mark.parametrize("tag", ["", 'W/"weak"'], ids=["no tag", "a weak tag"])
def test_without_a_tag_a_path_is_filled_anew_and_an_iterator_ends(mp4: bytes, tag: str) -> None:
    """Nobody could say that the rest is of the same file."""
    with pytest.raises(APIConnectionError):
        _with_shelf(Shelf(mp4, 100, tags=[tag]), _chunks)
    shelf = Shelf(mp4, 100, 200, tags=[tag])
    assert _with_shelf(shelf, _read) == mp4
    assert [span for span, _ in shelf.asked] == [""] * 3


def test_last_modified_is_a_tag_too() -> None:
    """A static file server without ETag can be gone on with by its date."""
    day = "Sat, 21 Nov 2026 10:00:00 GMT"
    asked: list[str] = []

    class Cut(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield PNG[:10]
            raise httpx.ReadError("reset")

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("if-range", ""))
        headers = {"last-modified": day, "content-type": "image/png"}
        if len(asked) == 1:
            return httpx.Response(200, headers=headers, stream=Cut())
        span = {"content-range": f"bytes 10-{len(PNG) - 1}/*"}
        return httpx.Response(206, headers=headers | span, content=PNG[10:])

    async def scene(videos: AsyncVideos) -> bytes:
        return await _chunks(videos.download_content("v", "thumbnail"))

    assert _with_answers(handle, scene) == PNG
    assert asked == ["", day]


@pytest.mark.parametrize("tags", [['"one"'], [""]], ids=["gone on with", "begun again"])
def test_going_on_is_bounded(mp4: bytes, tmp_path: Path, tags: list[str]) -> None:
    """A line that always breaks is given up; what stood under the name before stays there."""
    target = tmp_path / "film.mp4"
    target.write_bytes(b"before")
    shelf = Shelf(mp4, *[1] * 1000, tags=tags)
    with pytest.raises(APIConnectionError):
        _with_shelf(shelf, lambda content: content.write_to(target))
    assert len(shelf.asked) == TRIES
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_file_has_its_name_when_it_is_whole(mp4: bytes, tmp_path: Path) -> None:
    """Progress is told in bytes, so far and in all, and the file appears in one step."""
    target = tmp_path / "film.mp4"
    told: list[tuple[int, int | None]] = []

    async def tell(received: int, total: int | None) -> None:
        assert not target.exists()
        told.append((received, total))

    async def scene(content: Any) -> Any:
        assert await content.write_to(str(target), on_progress=tell) == len(mp4)
        return content

    content = _with_shelf(Shelf(mp4, 100), scene)
    assert target.read_bytes() == mp4
    assert told[0] == (100, len(mp4))
    assert told[-1] == (len(mp4), len(mp4))
    assert (content.media_type, content.boxes.width) == ("video/mp4", 64)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_an_open_file_is_written_to_and_never_begun_again(mp4: bytes) -> None:
    """What stands in it already is its owner's, and what was handed out can't be taken back."""
    memory = BytesIO()
    memory.write(b"head")
    assert _with_shelf(Shelf(mp4, 100), lambda content: content.write_to(memory)) == len(mp4)
    assert memory.getvalue() == b"head" + mp4
    shelf = Shelf(mp4, 100, tags=[""])
    with pytest.raises(APIConnectionError):
        _with_shelf(shelf, lambda content: content.write_to(BytesIO()))
    assert len(shelf.asked) == 1


def test_a_cut_that_no_length_tells_is_seen_by_the_boxes(mp4: bytes, tmp_path: Path) -> None:
    """Without Content-Length a dead line looks like an end; the MP4 says that it is none."""
    with pytest.raises(BrokenVideo, match="cut off"):
        _with_shelf(Shelf(mp4, len(mp4) // 2, sized=False), _chunks)
    target = tmp_path / "film.mp4"
    shelf = Shelf(mp4, len(mp4) // 2, sized=False)
    _with_shelf(shelf, lambda content: content.write_to(target))
    assert target.read_bytes() == mp4


@pytest.mark.parametrize("body", [b'{"error": "soon"}', b"<html>", b"", b"RIFF....AVI "], ids=repr)
def test_what_is_no_mp4_is_never_saved_as_one(body: bytes, tmp_path: Path) -> None:
    """A friendly status and a right Content-Type do not make a video."""

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body, headers={"content-type": "video/mp4"})

    target = tmp_path / "film.mp4"
    with pytest.raises(BrokenVideo):
        _with_answers(handle, lambda videos: videos.download_content("v").write_to(target))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variant", ["thumbnail", "spritesheet"])
def test_the_other_variants_are_pictures(variant: Any) -> None:
    """Each is asked for by its name and has to begin as a picture does."""
    asked: list[str] = []
    bodies = [PNG, b"no picture at all", b"?"]

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        body = bodies[0] if len(asked) == 1 else bodies[-1]
        return httpx.Response(200, content=body, headers={"content-type": "image/png"})

    def scene(videos: AsyncVideos) -> Any:
        return _read(videos.download_content("v", variant))

    assert _with_answers(handle, scene) == PNG
    while len(bodies) > 1:
        with pytest.raises(APIAnswerError, match="no PNG, JPEG or WebP"):
            _with_answers(handle, scene)
        bodies.pop()
    assert set(asked) == {f"variant={variant}"}


def test_the_usual_variant_is_not_named_and_compression_is_not_asked_for(mp4: bytes) -> None:
    """Some servers refuse `variant=video`; a server that compresses all the same is understood."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        headers = {"content-type": "video/mp4", "content-encoding": "gzip", "etag": '"x"'}
        return httpx.Response(200, content=gzip.compress(mp4), headers=headers)

    assert _with_answers(handle, lambda videos: _read(videos.download_content("v"))) == mp4
    assert asked[0].url.raw_path == b"/v1/videos/v/content"
    assert asked[0].headers["accept-encoding"] == "identity"


def test_a_line_that_is_silent_is_given_up_and_gone_on_with(
    mp4: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that died without a word does not take the whole deadline with it."""
    monkeypatch.setattr(sender, "STALL_TIMEOUT", 0.1)
    shelf = Shelf(mp4)

    async def silent(talk: Talk) -> None:
        if shelf.asked:
            await shelf(talk)
            return
        shelf.asked.append(("", ""))
        head = f'HTTP/1.1 200 OK\r\ncontent-length: {len(mp4)}\r\netag: "one"\r\n\r\n'
        await talk.write(head.encode() + mp4[:100])
        await asyncio.Event().wait()

    assert _with_shelf(silent, _chunks) == mp4  # type: ignore[arg-type]  # a handler as well
    assert shelf.asked[1] == ("bytes=100-", '"one"')


def test_the_deadline_holds_for_all_tries_together(mp4: bytes) -> None:
    """`download_timeout` is for the file and not for each answer."""

    async def drip(talk: Talk) -> None:
        head = f'HTTP/1.1 200 OK\r\ncontent-length: {len(mp4)}\r\netag: "one"\r\n\r\n'
        await talk.write(head.encode())
        while True:
            await talk.write(mp4[:1])
            await asyncio.sleep(0.01)

    with pytest.raises(APITimeoutError):
        _with_shelf(drip, _read, download_timeout=0.3)  # type: ignore[arg-type]  # a handler


def test_a_file_has_a_most_that_it_may_be(mp4: bytes, tmp_path: Path) -> None:
    """An endless answer neither fills the disk nor is begun again."""
    shelf, target = Shelf(mp4), tmp_path / "film.mp4"
    with pytest.raises(UsageError, match="over 100 bytes; raise max_video_bytes"):
        _with_shelf(shelf, lambda content: content.write_to(target), max_video_bytes=100)
    assert len(shelf.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_announced_as_too_large_is_not_loaded(mp4: bytes) -> None:
    """Its Content-Length is enough, so not one byte of it is handed out."""
    came: list[bytes] = []

    async def scene(content: Any) -> None:
        async for chunk in content:
            came.append(chunk)

    with pytest.raises(UsageError, match="over 100 bytes; raise max_video_bytes"):
        _with_shelf(Shelf(mp4), scene, max_video_bytes=100)
    assert came == []


REFUSALS = [
    httpx.Response(404, json={"error": {"message": "no such path"}}),
    httpx.Response(400, json={"detail": "uploaded to the cloud"}),
    httpx.Response(502),
    httpx.Response(200, json={"error": {"message": "ask elsewhere"}}),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda response: str(response.status_code))
@pytest.mark.parametrize("known", [True, False], ids=["by the video", "by its id"])
def test_content_that_is_not_at_its_place_is_read_from_the_videos_own_address(
    refusal: httpx.Response, known: bool, mp4: bytes
) -> None:
    """Some servers have no content path, or only break there; the key stays at its own origin."""
    keys: list[str | None] = []
    address = "https://cdn.example.net/x.mp4?sig=1"

    def handle(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers.get("authorization"))
        if request.url.path == "/v1/videos/v":
            return httpx.Response(200, json={"id": "v", "status": "completed", "url": address})
        if request.url.host == "api.example.com":
            return refusal
        return httpx.Response(200, content=mp4, headers={"content-type": "video/mp4"})

    video: Video | str = Video(id="v", url=address) if known else "v"
    assert _with_answers(handle, lambda videos: _chunks(videos.download_content(video))) == mp4
    assert keys == ["Bearer k"] * (1 if known else 2) + [None]


def test_content_that_is_nowhere_is_the_servers_error() -> None:
    """Both refusals are kept, and an unknown id is a NotFoundError."""

    def handle(request: httpx.Request) -> httpx.Response:
        status = 404 if request.url.host == "api.example.com" else 410
        return httpx.Response(status, json={"error": {"message": "gone"}})

    with pytest.raises(NotFoundError):
        _with_answers(handle, lambda videos: _read(videos.download_content("v")))
    video = Video(id="v", url="https://cdn.example.net/x.mp4")
    with pytest.raises(APIStatusError) as caught:
        _with_answers(handle, lambda videos: _read(videos.download_content(video)))
    assert caught.value.status == 410
    assert isinstance(caught.value.__cause__, NotFoundError)


def test_a_refused_pace_is_not_walked_around() -> None:
    """429 asks us to wait, which the other address would not mean."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "api.example.com"
        return httpx.Response(429, headers={"retry-after": "5"})

    video = Video(id="v", url="https://x.net/y")
    with pytest.raises(RateLimitError) as caught:
        _with_answers(handle, lambda videos: _chunks(videos.download_content(video)))
    assert caught.value.retry_after == 5


def test_what_passes_before_the_first_byte_is_tried_again(mp4: bytes) -> None:
    """A gateway that is busy for a moment does not lose a file that was paid for."""
    clock = Hand()
    answers = [httpx.Response(503, headers={"retry-after": "7"}), httpx.Response(502)]

    def handle(request: httpx.Request) -> httpx.Response:
        if answers and request.url.path.endswith("/content"):
            return answers.pop()
        return httpx.Response(200, content=mp4, headers={"content-type": "video/mp4"})

    video = Video(id="v", word="completed", raw={"id": "v"})

    async def scene(videos: AsyncVideos) -> bytes:
        return await _read(videos.download_content(video))

    assert _with_answers(handle, scene, clock) == mp4
    assert clock.slept == [0.5, 7.0]


@pytest.mark.parametrize("name", ["", "missing/film.mp4", "file/film.mp4"])
def test_a_path_that_cannot_be_written_is_told_before_anything_is_asked(
    name: str, tmp_path: Path
) -> None:
    """A folder, a folder that is not there, and a file where a folder should be."""
    (tmp_path / "file").write_bytes(b"")

    def handle(request: httpx.Request) -> httpx.Response:
        pytest.fail("nothing may be asked")

    with pytest.raises(StorageError, match="can't be written"):
        _with_answers(handle, lambda v: v.download_content("v").write_to(tmp_path / name))


def test_a_variant_that_the_profile_lacks_is_refused_at_once() -> None:
    """Not only when the bytes are read."""
    with Videos(URL, profile="vllm-omni") as videos, pytest.raises(UsageError, match="thumbnail"):
        videos.download_content("v", "thumbnail")


def test_it_is_the_same_without_an_event_loop(mp4: bytes, tmp_path: Path) -> None:
    """`Videos` writes, reads, iterates, stops half-way and leaves nothing behind."""

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=mp4, headers={"content-type": "video/mp4"})

    def refuse(received: int, total: int | None) -> None:
        raise LookupError(f"{received} of {total}")

    with Videos(URL, transport=httpx.MockTransport(handle)) as videos:
        content = videos.download_content("v")
        assert content.media_type == ""
        assert content.write_to(tmp_path / "film.mp4") == len(mp4)
        assert (content.media_type, content.boxes is None) == ("video/mp4", False)
        assert (tmp_path / "film.mp4").read_bytes() == content.read() == b"".join(content) == mp4
        memory = BytesIO()
        assert content.write_to(memory) == len(memory.getvalue()) == len(mp4)
        for _ in content:
            break
        with pytest.raises(LookupError, match=f"{len(mp4)} of {len(mp4)}"):
            content.write_to(tmp_path / "other.mp4", on_progress=refuse)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_every_error_of_a_download_says_that_it_cost_nothing(mp4: bytes) -> None:
    """Asking for a file buys nothing, whatever happens to it."""
    for shelf in (Shelf(mp4, 10, tags=[""]), Shelf(mp4, 10, shift=1)):
        with pytest.raises(APIError) as caught:
            _with_shelf(shelf, _chunks)
        assert caught.value.spent == "not_sent"
