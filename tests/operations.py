"""Every operation of the client, as the conformance suite does it and the matrix lists it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from sorapipe.videos import errors
from sorapipe.videos.model import Character, Video
from sorapipe.videos.profile import Profile
from sorapipe.videos.reference import data_url, image_of
from sorapipe.videos.sync import Videos

SMALL: dict[str, Any] = {"prompt": "a wave", "model": "sora-2", "seconds": 1, "size": "64x36"}
KEY = "sk-of-the-studio"
# How a video is told to be unknown where it is not by 404, which APIs have it for.
UNKNOWN = {"litellm": "InternalServerError"}
SILENT = ("new-api",)  # those that do not pass on when to come again


class Wire(httpx.AsyncHTTPTransport):
    """The network, counting what goes out.

    It asks the studio for a `fault` of the next create, and breaks the next download off after
    `cut` bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self.fault = ""
        self.cut: int | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx has it."""
        self.sent += 1
        if self.fault and request.method == "POST":
            request.headers["x-sorapipe-fault"], self.fault = self.fault, ""
        answer = await super().handle_async_request(request)
        if self.cut is not None and request.url.path.endswith("/content"):
            assert isinstance(answer.stream, httpx.AsyncByteStream)
            answer.stream, self.cut = _Cut(answer.stream, self.cut), None
        return answer


class _Cut(httpx.AsyncByteStream):
    """So many bytes of a stream, and then a broken connection."""

    def __init__(self, stream: httpx.AsyncByteStream, left: int) -> None:
        self._stream = stream
        self._left = left

    async def __aiter__(self) -> Any:
        async for chunk in self._stream:
            yield chunk[: self._left]
            self._left -= len(chunk)
            if self._left <= 0:
                raise httpx.ReadError("broken off")

    async def aclose(self) -> None:
        """As httpx has it."""
        await self._stream.aclose()


@dataclass
class Bench:
    """A client of one studio: what an operation works with.

    `base_url` is the studio's, `pictures` the address of a folder that has `picture.png`.
    """

    profile: Profile
    base_url: str
    folder: Path
    pictures: str

    def __post_init__(self) -> None:
        self.wire = Wire()
        self.videos = self.client(KEY, self.wire)

    def client(self, key: str, wire: Wire) -> Videos:
        """A client with that key."""
        return Videos(self.base_url, api_key=key, profile=self.profile, transport=wire)

    def done(self, video: Video) -> Video:
        """The video once it is completed."""
        return self.videos.wait(video, timeout=60, poll_interval=0.05)

    def made(self, **more: Any) -> Video:
        """A completed video."""
        return self.done(self.videos.create(**{**SMALL, **more}))

    @cached_property
    def parent(self) -> Video:
        """A completed video that several operations start from."""
        return self.made()

    @cached_property
    def spare(self) -> Video:
        """A completed video that nothing starts from."""
        return self.made()

    @cached_property
    def content(self) -> bytes:
        """Its bytes."""
        return self.videos.download_content(self.parent).read()

    @cached_property
    def picture(self) -> Path:
        """A PNG of the size of all videos here."""
        path = self.folder / "picture.png"
        Image.new("RGB", (64, 36), "teal").save(path)
        return path


Act = Callable[[Bench], object]


@dataclass(frozen=True)
class Operation:
    """One line of the matrix: what is done, and which profiles say that it can be."""

    name: str
    act: Act
    there: Callable[[Profile], bool] = lambda _: True


def _created(bench: Bench) -> None:
    video = bench.videos.create(**SMALL)
    assert video.id
    assert video.status in ("queued", "in_progress")
    assert bench.done(video).status == "completed"


def _lengths(bench: Bench) -> None:
    for seconds in (2, "2", "2s"):
        content = bench.videos.download_content(bench.made(seconds=seconds))
        content.read()
        assert content.boxes is not None
        assert content.boxes.seconds == pytest.approx(2, abs=0.1)


def _seeded(bench: Bench) -> None:
    same, other = (
        [bench.videos.download_content(bench.made(seed=seed)).read() for seed in seeds]
        for seeds in ((7, 7), (8,))
    )
    assert same[0] == same[1] != other[0]


def _file(bench: Bench) -> None:
    with bench.picture.open("rb") as file:
        for reference in (bench.picture, file, file.read()):
            if reference is file:
                file.seek(0)
            assert bench.made(input_reference=reference).status == "completed"


def _data_url(bench: Bench) -> None:
    url = data_url(image_of(bench.picture.read_bytes()))
    assert bench.made(input_reference=url).status == "completed"


def _url(bench: Bench) -> None:
    assert bench.picture.exists()
    address = f"{bench.pictures}/picture.png"
    assert bench.made(input_reference=address).status == "completed"


def _character(bench: Bench) -> Character:
    made = bench.videos.create_character(name="Mara", video=bench.content)
    assert bench.videos.retrieve_character(made.id).name == "Mara"
    return made


def _with_character(bench: Bench) -> None:
    # Where there are none the id does not matter: it is refused before it is sent.
    character = _character(bench).id if bench.profile.characters else "char_x"
    assert bench.made(characters=[character]).status == "completed"


def _retrieved(bench: Bench) -> None:
    video = bench.videos.retrieve(bench.parent.id)
    assert (video.id, video.status) == (bench.parent.id, "completed")


def _waited(bench: Bench) -> None:
    seen: list[str] = []
    video = bench.videos.create_and_poll(
        **SMALL, timeout=60, poll_interval=0.05, on_progress=lambda video: seen.append(video.status)
    )
    assert seen[-1] == video.status == "completed"
    assert seen == sorted(seen, key=("queued", "in_progress", "completed").index)


def _listed(bench: Bench) -> None:
    wanted = {bench.parent.id, bench.spare.id}
    page = bench.videos.list(limit=1)
    assert len(page.data) == 1
    assert page.has_next_page()
    assert page.next_page().data[0].id != page.data[0].id
    assert wanted <= {video.id for video in bench.videos.list_all(limit=2, order="asc")}


def _downloaded(bench: Bench) -> None:
    path = bench.folder / "video.mp4"
    size = bench.videos.download_content(bench.parent).write_to(path)
    assert path.stat().st_size == size
    assert path.read_bytes()[4:8] == b"ftyp"


def _broken_off(bench: Bench) -> None:
    whole = bench.content
    bench.wire.cut = len(whole) // 2
    assert bench.videos.download_content(bench.parent).read() == whole
    assert bench.wire.cut is None


def _pictured(bench: Bench) -> None:
    for variant, kind in (("thumbnail", "WEBP"), ("spritesheet", "JPEG")):
        data = bench.videos.download_content(bench.parent, variant).read()  # type: ignore[arg-type]  # of that literal
        assert Image.open(io.BytesIO(data)).format == kind


def _remixed(bench: Bench) -> None:
    video = bench.done(bench.videos.remix(bench.parent.id, prompt="a storm"))
    assert bench.videos.download_content(video).read() != bench.content


def _edited(bench: Bench) -> None:
    video = bench.done(bench.videos.edit(bench.parent.id, prompt="a storm"))
    assert bench.videos.download_content(video).read() != bench.content


def _extended(bench: Bench) -> None:
    video = bench.done(bench.videos.extend(bench.parent.id, prompt="on and on", seconds=1))
    assert video.seconds == 2


def _deleted(bench: Bench) -> None:
    assert bench.videos.delete(bench.spare.id).deleted
    with pytest.raises(errors.NotFoundError):
        bench.videos.retrieve(bench.spare.id)
    del bench.spare


def _unknown(bench: Bench) -> None:
    wanted = getattr(errors, UNKNOWN.get(bench.profile.name, "NotFoundError"))
    with pytest.raises(wanted) as caught:
        bench.videos.retrieve("video_of_nobody")
    assert type(caught.value) is wanted


def _wrong_key(bench: Bench) -> None:
    with bench.client("sk-wrong", Wire()) as stranger:
        for refused in (
            lambda: stranger.create(**SMALL),
            lambda: stranger.retrieve(bench.parent.id),
            lambda: stranger.download_content(bench.parent).read(),
        ):
            with pytest.raises(errors.AuthenticationError) as caught:
                refused()
            assert "sk-wrong" not in str(caught.value)


def _failed(bench: Bench) -> None:
    bench.wire.fault = "failed"
    with pytest.raises(errors.GenerationFailed) as caught:
        bench.made()
    assert caught.value.video.status == "failed"
    assert "let this render fail" in caught.value.message


def _throttled(bench: Bench) -> None:
    bench.wire.fault = "429"
    with pytest.raises(errors.RateLimitError) as caught:
        bench.videos.create(**SMALL)
    assert caught.value.spent == "throttled"
    assert caught.value.retry_after == (None if bench.profile.name in SILENT else 1)


OPERATIONS = (
    Operation("create", _created),
    Operation('create, `seconds` 2, "2" and "2s"', _lengths),
    Operation("create with a seed", _seeded, lambda profile: profile.seed),
    Operation("create from a file or bytes", _file, lambda profile: profile.takes_images),
    Operation("create from a data URL", _data_url, lambda profile: profile.takes_images),
    Operation("create from an address", _url, lambda profile: bool(profile.image.field)),
    Operation("create and retrieve a character", _character, lambda profile: profile.characters),
    Operation("create with a character", _with_character, lambda profile: profile.characters),
    Operation("retrieve", _retrieved),
    Operation("create and wait", _waited),
    Operation("list, next page, all pages", _listed, lambda profile: profile.list != "none"),
    Operation("download", _downloaded),
    Operation("download that breaks off", _broken_off),
    Operation("thumbnail and spritesheet", _pictured, lambda profile: profile.variants),
    Operation("remix", _remixed, lambda profile: profile.remix),
    Operation("edit", _edited, lambda profile: profile.edit),
    Operation("extend", _extended, lambda profile: profile.extend),
    Operation("delete", _deleted, lambda profile: profile.delete),
    Operation("a failed render is a GenerationFailed", _failed),
    Operation("too many requests are a RateLimitError", _throttled),
    Operation("an unknown id is an error", _unknown),
    Operation("a wrong key is an AuthenticationError", _wrong_key),
)
