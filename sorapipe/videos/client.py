"""`AsyncVideos`: the operations of the Videos API. A request for a render is sent once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from sorapipe.clock import Clock, SystemClock
from sorapipe.videos import calls, pictures, waiting, wire
from sorapipe.videos.calls import Call
from sorapipe.videos.content import AsyncContent
from sorapipe.videos.model import Character, Deleted, Order, Page, Variant, Video
from sorapipe.videos.pages import AsyncPage, Trail
from sorapipe.videos.pictures import Film, Picture
from sorapipe.videos.profile import Profile
from sorapipe.videos.secret import Secret
from sorapipe.videos.sender import HttpSender
from sorapipe.videos.server import server
from sorapipe.videos.trace import BeforeSend
from sorapipe.videos.transfer import DOWNLOAD_TIMEOUT, MAX_VIDEO_BYTES, Source
from sorapipe.videos.waiting import WAIT_TIMEOUT
from sorapipe.videos.wire import PAGE, Extension, Revision, Scene

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

READ_TIMEOUT = 120.0  # seconds for an answer: creates of some servers take a minute
LIMIT = 20  # videos on a page, unless said

OnProgress = Callable[[Video], object]


class AsyncVideos:
    """The Videos API of one server, for code with an event loop.

        async with AsyncVideos("http://127.0.0.1:8765/v1", profile="local") as videos:
            video = await videos.create_and_poll(prompt="A lighthouse at dusk", seconds=4)
            await videos.download_content(video).write_to("lighthouse.mp4")

    `base_url` is the server's address with its `/v1`, else SORAPIPE_BASE_URL, else the profile's
    own. `api_key` is else SORAPIPE_API_KEY. `profile` is what kind of server it is, else
    SORAPIPE_PROFILE, else `generic`. An answer has `read_timeout` seconds as a whole, a file
    `download_timeout`, and at most `max_video_bytes`. Proxies and certificate authorities come from
    the environment, as with httpx, unless there is a `transport`. `clock` is for tests.

    Every operation raises UsageError for what can't be or the profile can't say, and the errors of
    `sorapipe.videos.errors` for what the server or the network does. What asks for a render is
    sent once and never repeated by itself; it takes, besides its own:

    - `seed`: a whole number, where the profile has it;
    - `extra`: a mapping with the server's own parameters;
    - `idempotency_key`: a text that is sent as `Idempotency-Key`; many servers ignore it;
    - `before_send`: a coroutine function without parameters, awaited once when the connection is
      open and before the first byte; what it raises aborts the request.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: Secret | str | None = None,
        profile: Profile | str | None = None,
        read_timeout: float = READ_TIMEOUT,
        download_timeout: float = DOWNLOAD_TIMEOUT,
        max_video_bytes: int = MAX_VIDEO_BYTES,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        address, key, self.profile = server(base_url, api_key, profile)
        self._sender = HttpSender(address, key, transport=transport)
        self._read_timeout = read_timeout
        self._download_timeout = download_timeout
        self._max_video_bytes = max_video_bytes
        self._clock = clock or SystemClock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._sender.aclose()

    async def create(
        self,
        *,
        input_reference: Picture | None = None,
        before_send: BeforeSend | None = None,
        **scene: Unpack[Scene],
    ) -> Video:
        """Ask for a new video; only `prompt` has to be said.

        `model` is `sora-2` unless said, `seconds` (8, "8", "8s") is 4, and `size` ("1280x720" or
        (1280, 720)) is "1280x720". `input_reference` is a picture of that size to begin with: a
        path, an open file, bytes, an https or data URL, or a FileId. `characters` are ids of
        characters. For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        reference = await pictures.picture(input_reference)
        call = calls.create(self.profile, input_reference=reference, **scene)
        return await self._send(call, before_send)

    async def remix(
        self,
        video: Video | str,
        *,
        before_send: BeforeSend | None = None,
        **revision: Unpack[Revision],
    ) -> Video:
        """Ask for a completed video (or its id) again under another `prompt`.

        For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        return await self._send(
            calls.remix(self.profile, _known(video).id, **revision), before_send
        )

    async def edit(
        self,
        video: Video | str,
        *,
        before_send: BeforeSend | None = None,
        **revision: Unpack[Revision],
    ) -> Video:
        """Ask for a completed video (or its id) changed as `prompt` says.

        For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        return await self._send(calls.edit(self.profile, _known(video).id, **revision), before_send)

    async def extend(
        self,
        video: Video | str,
        *,
        before_send: BeforeSend | None = None,
        **extension: Unpack[Extension],
    ) -> Video:
        """Ask for `seconds` more of a completed video (or its id), as `prompt` says.

        For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        return await self._send(
            calls.extend(self.profile, _known(video).id, **extension), before_send
        )

    async def retrieve(self, video: Video | str) -> Video:
        """How a video is doing; its id is the one that was asked for, whatever the server says."""
        return await self._send(calls.retrieve(self.profile, _known(video).id))

    async def list(
        self, *, limit: int = LIMIT, order: Order = "desc", after: str | None = None
    ) -> AsyncPage:
        """A page of the server's videos, at most `limit` (1 to 100), newest first or `asc`.

        `after` is the id that the page comes after. Iterating over it goes over all pages to come.
        """

        async def page(after: str | None) -> Page:
            call = calls.list_page(self.profile, limit=limit, order=order, after=after)
            return await self._send(call)

        trail = Trail(cursors=frozenset(() if after is None else (after,)))
        return AsyncPage(await page(after), page, trail)

    async def list_all(self, *, limit: int = PAGE, order: Order = "desc") -> AsyncIterator[Video]:
        """All of the server's videos, each id once, asked for in pages of `limit`.

        Raises APIAnswerError where the server says that there is more and its pages don't get on.
        """
        async for video in await self.list(limit=limit, order=order):
            yield video

    async def delete(self, video: Video | str) -> Deleted:
        """Remove a video from the server."""
        return await self._send(calls.delete(self.profile, _known(video).id))

    async def create_character(self, *, name: str, video: Film) -> Character:
        """Make a character out of a short film (an MP4: a path, an open file, or bytes)."""
        film = await pictures.film(video)
        return await self._send(calls.create_character(self.profile, name=name, video=film))

    async def retrieve_character(self, character: str) -> Character:
        """What the server knows of a character, by its id."""
        return await self._send(calls.retrieve_character(self.profile, character))

    def download_content(self, video: Video | str, variant: Variant = "video") -> AsyncContent:
        """A video's bytes, or those of its `thumbnail` or `spritesheet`, by the video or its id.

        Nothing is asked until they are read, written or iterated over. Where the server has no
        content at the usual path, and says where its result lies, they come from there.
        """
        known = _known(video)
        return AsyncContent(
            Source(
                sender=self._sender,
                profile=self.profile,
                request=wire.content(self.profile, known.id, variant),
                video=known,
                variant=variant,
                timeout=self._download_timeout,
                max_bytes=self._max_video_bytes,
                clock=self._clock,
                look=self.retrieve,
            )
        )

    async def create_and_poll(
        self,
        *,
        input_reference: Picture | None = None,
        before_send: BeforeSend | None = None,
        on_progress: OnProgress | None = None,
        timeout: float | None = WAIT_TIMEOUT,  # noqa: ASYNC109 - looks go on through many answers
        poll_interval: float | None = None,
        **scene: Unpack[Scene],
    ) -> Video:
        """`create`, with all that it takes, once; then `wait`. Raises as both do.

        What goes wrong after the create has its `video`, and is never `not_sent`: the render goes
        on, and `wait` with its id goes on waiting for it. An exception that is no APIError, such as
        one of `on_progress`, or Ctrl-C, has the id in a note.
        """
        waiting.pace(self.profile, timeout, poll_interval)  # raises before anything is paid
        video = await self.create(input_reference=input_reference, before_send=before_send, **scene)
        with waiting.accepted(video):
            return await self.wait(
                video, on_progress=on_progress, timeout=timeout, poll_interval=poll_interval
            )

    async def wait(
        self,
        video: Video | str,
        *,
        on_progress: OnProgress | None = None,
        timeout: float | None = WAIT_TIMEOUT,  # noqa: ASYNC109 - looks go on through many answers
        poll_interval: float | None = None,
    ) -> Video:
        """Look at a render until it is completed, and give it back.

        `on_progress` is told the video at first and whenever its status or progress has changed; it
        may be a coroutine function. `timeout` is seconds in all, an hour unless said; None waits
        for ever. `poll_interval` is seconds between two looks; unless said the server's own word
        counts, else they grow within the profile's bounds. What passes (no connection, 408, 425,
        429, 5xx) is waited out for five minutes.

        Raises GenerationFailed (ModerationBlocked) where it ended without a video, and
        GenerationTimeout, which has the video, where it did not end in time.
        """
        async with aclosing(
            self.watch(video, timeout=timeout, poll_interval=poll_interval)
        ) as looks:
            async for seen in looks:
                video = seen
                await waiting.tell(on_progress, seen)
        assert isinstance(video, Video)
        return waiting.ended(video)

    def watch(
        self,
        video: Video | str,
        *,
        timeout: float | None = WAIT_TIMEOUT,
        poll_interval: float | None = None,
    ) -> AsyncGenerator[Video, None]:
        """`wait`, look by look: the video whenever it has changed, also where it failed."""
        pace = waiting.pace(self.profile, timeout, poll_interval)
        known = _known(video)

        async def look(seconds: float) -> Video:
            patience = min(seconds, self._read_timeout)
            return await self._send(calls.retrieve(self.profile, known.id), patience=patience)

        return waiting.watch(known, look, pace, self._clock)

    async def _send(
        self,
        call: Call[T],
        before_send: BeforeSend | None = None,
        patience: float | None = None,
    ) -> T:
        timeout = self._read_timeout if patience is None else patience
        answer = await self._sender.send(call.request, before_send=before_send, timeout=timeout)
        return call.read(answer)


def _known(video: Video | str) -> Video:
    return video if isinstance(video, Video) else Video(id=video)
