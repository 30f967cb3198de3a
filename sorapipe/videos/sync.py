"""`Videos`: the same operations for code without an event loop.

It is `AsyncVideos` on a loop in a thread of its own, and not a second client: deadlines for whole
calls, the moment before the first byte and the rules for redirects then exist once. Callbacks are
called in the caller's own thread, but for `before_send`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from sorapipe.clock import Clock
from sorapipe.videos import waiting
from sorapipe.videos.client import LIMIT, READ_TIMEOUT, AsyncVideos, OnProgress
from sorapipe.videos.content import Content
from sorapipe.videos.model import Character, Deleted, Order, Variant, Video
from sorapipe.videos.pages import Page
from sorapipe.videos.pictures import Film, Picture
from sorapipe.videos.portal import Portal, in_thread
from sorapipe.videos.profile import Profile
from sorapipe.videos.secret import Secret
from sorapipe.videos.trace import BeforeSend
from sorapipe.videos.transfer import DOWNLOAD_TIMEOUT, MAX_VIDEO_BYTES
from sorapipe.videos.waiting import WAIT_TIMEOUT
from sorapipe.videos.wire import PAGE, Extension, Revision, Scene

if TYPE_CHECKING:
    import httpx

Before = Callable[[], object]


class Videos:
    """The Videos API of one server.

        with Videos("http://127.0.0.1:8765/v1", profile="local") as videos:
            video = videos.create_and_poll(prompt="A lighthouse at dusk", seconds=4)
            videos.download_content(video).write_to("lighthouse.mp4")

    `base_url` is the server's address with its `/v1`, else SORAPIPE_BASE_URL, else the profile's
    own. `api_key` is else SORAPIPE_API_KEY. `profile` is what kind of server it is, else
    SORAPIPE_PROFILE, else `generic`. An answer has `read_timeout` seconds as a whole, a file
    `download_timeout`, and at most `max_video_bytes`. Proxies and certificate authorities come from
    the environment, as with httpx, unless there is a `transport` (httpx's asynchronous kind).
    `clock` is for tests.

    Any number of threads may use it. Ctrl-C cancels a call. Where it is not closed, it closes with
    the program.

    Every operation raises UsageError for what can't be or the profile can't say, and the errors of
    `sorapipe.videos.errors` for what the server or the network does. What asks for a render is
    sent once and never repeated by itself; it takes, besides its own:

    - `seed`: a whole number, where the profile has it;
    - `extra`: a mapping with the server's own parameters;
    - `idempotency_key`: a text that is sent as `Idempotency-Key`; many servers ignore it;
    - `before_send`: a function without parameters, called once, in a thread, when the connection is
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
        self._async = AsyncVideos(
            base_url,
            api_key=api_key,
            profile=profile,
            read_timeout=read_timeout,
            download_timeout=download_timeout,
            max_video_bytes=max_video_bytes,
            transport=transport,
            clock=clock,
        )
        self.profile = self._async.profile
        self._portal = Portal(self._async.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; what is under way in other threads ends."""
        self._portal.close()

    def create(
        self,
        *,
        input_reference: Picture | None = None,
        before_send: Before | None = None,
        **scene: Unpack[Scene],
    ) -> Video:
        """Ask for a new video; only `prompt` has to be said.

        `model` is `sora-2` unless said, `seconds` (8, "8", "8s") is 4, and `size` ("1280x720" or
        (1280, 720)) is "1280x720". `input_reference` is a picture of that size to begin with: a
        path, an open file, bytes, an https or data URL, or a FileId. `characters` are ids of
        characters. For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        ask = self._async.create
        return self._bought(
            before_send,
            lambda before: ask(input_reference=input_reference, before_send=before, **scene),
        )

    def remix(
        self, video: Video | str, *, before_send: Before | None = None, **revision: Unpack[Revision]
    ) -> Video:
        """Ask for a completed video (or its id) again under another `prompt`.

        For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        ask = self._async.remix
        return self._bought(before_send, lambda before: ask(video, before_send=before, **revision))

    def edit(
        self, video: Video | str, *, before_send: Before | None = None, **revision: Unpack[Revision]
    ) -> Video:
        """Ask for a completed video (or its id) changed as `prompt` says.

        For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        ask = self._async.edit
        return self._bought(before_send, lambda before: ask(video, before_send=before, **revision))

    def extend(
        self,
        video: Video | str,
        *,
        before_send: Before | None = None,
        **extension: Unpack[Extension],
    ) -> Video:
        """Ask for `seconds` more of a completed video (or its id), as `prompt` says.

        For `seed`, `extra`, `idempotency_key` and `before_send` see the class.
        """
        ask = self._async.extend
        return self._bought(before_send, lambda before: ask(video, before_send=before, **extension))

    def retrieve(self, video: Video | str) -> Video:
        """How a video is doing; its id is the one that was asked for, whatever the server says."""
        return self._portal.run(self._async.retrieve(video))

    def list(self, *, limit: int = LIMIT, order: Order = "desc", after: str | None = None) -> Page:
        """A page of the server's videos, at most `limit` (1 to 100), newest first or `asc`.

        `after` is the id that the page comes after. Iterating over it goes over all pages to come.
        """
        page = self._portal.run(self._async.list(limit=limit, order=order, after=after))
        return Page(page, self._portal)

    def list_all(self, *, limit: int = PAGE, order: Order = "desc") -> Iterator[Video]:
        """All of the server's videos, each id once, asked for in pages of `limit`.

        Raises APIAnswerError where the server says that there is more and its pages don't get on.
        """
        yield from self.list(limit=limit, order=order)

    def delete(self, video: Video | str) -> Deleted:
        """Remove a video from the server."""
        return self._portal.run(self._async.delete(video))

    def create_character(self, *, name: str, video: Film) -> Character:
        """Make a character out of a short film (an MP4: a path, an open file, or bytes)."""
        return self._portal.run(self._async.create_character(name=name, video=video))

    def retrieve_character(self, character: str) -> Character:
        """What the server knows of a character, by its id."""
        return self._portal.run(self._async.retrieve_character(character))

    def download_content(self, video: Video | str, variant: Variant = "video") -> Content:
        """A video's bytes, or those of its `thumbnail` or `spritesheet`, by the video or its id.

        Nothing is asked until they are read, written or iterated over. Where the server has no
        content at the usual path, and says where its result lies, they come from there.
        """
        return Content(self._async.download_content(video, variant), self._portal)

    def create_and_poll(
        self,
        *,
        input_reference: Picture | None = None,
        before_send: Before | None = None,
        on_progress: OnProgress | None = None,
        timeout: float | None = WAIT_TIMEOUT,
        poll_interval: float | None = None,
        **scene: Unpack[Scene],
    ) -> Video:
        """`create`, with all that it takes, once; then `wait`. Raises as both do.

        What goes wrong after the create has its `video`, and is never `not_sent`: the render goes
        on, and `wait` with its id goes on waiting for it. An exception that is no APIError, such as
        one of `on_progress`, or Ctrl-C, has the id in a note.
        """
        waiting.pace(self.profile, timeout, poll_interval)  # raises before anything is paid
        video = self.create(input_reference=input_reference, before_send=before_send, **scene)
        with waiting.accepted(video):
            return self.wait(
                video, on_progress=on_progress, timeout=timeout, poll_interval=poll_interval
            )

    def wait(
        self,
        video: Video | str,
        *,
        on_progress: OnProgress | None = None,
        timeout: float | None = WAIT_TIMEOUT,
        poll_interval: float | None = None,
    ) -> Video:
        """Look at a render until it is completed, and give it back.

        `on_progress` is told the video at first and whenever its status or progress has changed.
        `timeout` is seconds in all, an hour unless said; None waits for ever. `poll_interval` is
        seconds between two looks; unless said the server's own word counts, else they grow within
        the profile's bounds. What passes (no connection, 408, 425, 429, 5xx) is waited out for five
        minutes.

        Raises GenerationFailed (ModerationBlocked) where it ended without a video, and
        GenerationTimeout, which has the video, where it did not end in time.
        """
        with closing(self.watch(video, timeout=timeout, poll_interval=poll_interval)) as looks:
            for seen in looks:
                video = seen
                if on_progress is not None:
                    on_progress(seen)
        assert isinstance(video, Video)
        return waiting.ended(video)

    def watch(
        self,
        video: Video | str,
        *,
        timeout: float | None = WAIT_TIMEOUT,
        poll_interval: float | None = None,
    ) -> Generator[Video, None, None]:
        """`wait`, look by look: the video whenever it has changed, also where it failed."""
        looks = self._async.watch(video, timeout=timeout, poll_interval=poll_interval)
        return self._portal.each(looks)

    def _bought(
        self, told: Before | None, ask: Callable[[BeforeSend], Coroutine[Any, Any, Video]]
    ) -> Video:
        """What that request for a render is answered with; Ctrl-C after it was sent has a note."""
        before, sent = in_thread(told), threading.Event()

        async def sending() -> None:
            if before is not None:
                await before()
            sent.set()

        try:
            return self._portal.run(ask(sending))
        except BaseException as error:
            if sent.is_set() and not isinstance(error, Exception):
                error.add_note("a render may have been accepted: look with list()")
            raise
