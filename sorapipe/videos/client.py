"""`AsyncVideos`: the operations of the Videos API. It never repeats anything by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar, Unpack

from sorapipe.videos import answers, calls, wire
from sorapipe.videos.calls import Call
from sorapipe.videos.errors import APIAnswerError, APIStatusError
from sorapipe.videos.model import Deleted, Order, Page, Variant, Video
from sorapipe.videos.profile import Profile
from sorapipe.videos.sender import Sender, Stream
from sorapipe.videos.trace import BeforeSend
from sorapipe.videos.wire import Creation, Extension, Revision, WireRequest

T = TypeVar("T")

READ_TIMEOUT = 120.0  # seconds for an answer: creates of some servers take a minute
DOWNLOAD_TIMEOUT = 600.0  # seconds for a whole file

# With these the server answers the key or the pace, not the path: another address is no way out.
_FINAL = frozenset({401, 403, 429})


class AsyncVideos:
    """The Videos API of one server.

    Every operation raises UsageError for what the profile can't say, and the errors of
    `videos.errors` for what the server or the network does. Those that ask for a render take an
    `idempotency_key` and `before_send` (see `Sender.send`).
    """

    def __init__(
        self,
        sender: Sender,
        profile: Profile,
        *,
        read_timeout: float = READ_TIMEOUT,
        download_timeout: float = DOWNLOAD_TIMEOUT,
    ) -> None:
        self.profile = profile
        self._sender = sender
        self._read_timeout = read_timeout
        self._download_timeout = download_timeout

    async def create(
        self, *, before_send: BeforeSend | None = None, **fields: Unpack[Creation]
    ) -> Video:
        """Ask for a new video."""
        return await self._send(calls.create(self.profile, **fields), before_send)

    async def remix(
        self, video: str, *, before_send: BeforeSend | None = None, **fields: Unpack[Revision]
    ) -> Video:
        """Ask for a completed video under another prompt."""
        return await self._send(calls.remix(self.profile, video, **fields), before_send)

    async def edit(
        self, video: str, *, before_send: BeforeSend | None = None, **fields: Unpack[Revision]
    ) -> Video:
        """Ask for a change to a completed video."""
        return await self._send(calls.edit(self.profile, video, **fields), before_send)

    async def extend(
        self, video: str, *, before_send: BeforeSend | None = None, **fields: Unpack[Extension]
    ) -> Video:
        """Ask for that many more seconds of a completed video."""
        return await self._send(calls.extend(self.profile, video, **fields), before_send)

    async def retrieve(self, video: str) -> Video:
        """How a video is doing; its id is the one that was asked for, whatever the server says."""
        return await self._send(calls.retrieve(video))

    async def list(
        self, *, limit: int = wire.PAGE, order: Order = "desc", after: str | None = None
    ) -> Page:
        """One page of the server's videos, newest first unless `order` is `asc`."""
        return await self._send(calls.list_page(limit=limit, order=order, after=after))

    async def list_all(
        self, *, limit: int = wire.PAGE, order: Order = "desc"
    ) -> AsyncIterator[Video]:
        """All of the server's videos, each id once.

        Raises APIAnswerError where the server says that there is more and its pages don't get on:
        a list that only seems to end would prove that a paid render does not exist.
        """
        seen: set[str] = set()
        cursors: set[str | None] = {None}
        after: str | None = None
        while True:
            page = await self.list(limit=limit, order=order, after=after)
            fresh = [video for video in page.data if video.id not in seen]
            for video in fresh:
                if video.id not in seen:
                    seen.add(video.id)
                    yield video
            if not page.has_more or not (fresh or page.told):
                return
            after = page.last_id
            if after in cursors or not page.data:
                what = "the list says that there is more, and gives the same page again"
                raise APIAnswerError("GET /videos", what, spent="not_sent")
            cursors.add(after)

    async def delete(self, video: str) -> Deleted:
        """Remove a video from the server."""
        return await self._send(calls.delete(self.profile, video))

    @asynccontextmanager
    async def open_content(
        self, video: Video | str, variant: Variant = "video"
    ) -> AsyncIterator[Stream]:
        """A video's bytes, to be read with `chunks()`.

        Where the server has no content at the usual path, and `video` says where its result lies,
        it is read from there.
        """
        known = video if isinstance(video, Video) else Video(id=video)
        request = wire.content(self.profile, known.id, variant)
        async with self._open(request) as stream:
            error = await _refusal(request, stream)
            if error is None:
                yield stream
                return
        if variant != "video" or known.url is None or _is_final(error):
            raise error
        request = wire.result(known.url)
        async with self._open(request) as stream:
            second = await _refusal(request, stream)
            if second is not None:
                raise second from error
            yield stream

    def _open(self, request: WireRequest) -> AbstractAsyncContextManager[Stream]:
        return self._sender.open(request, timeout=self._download_timeout)

    async def _send(self, call: Call[T], before_send: BeforeSend | None = None) -> T:
        answer = await self._sender.send(
            call.request, before_send=before_send, timeout=self._read_timeout
        )
        return call.read(answer)


async def _refusal(request: WireRequest, stream: Stream) -> APIStatusError | APIAnswerError | None:
    """The error that stands in the place of a file, or None where it is the file."""
    kind = stream.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stream.status == 200 and kind not in {"application/json", "text/html"}:
        return None
    answer = await stream.answer()
    if 200 <= answer.status < 300:
        return answers.unreadable(request, answer, "a file")
    return answers.failure(request, answer)


def _is_final(error: APIStatusError | APIAnswerError) -> bool:
    return isinstance(error, APIStatusError) and error.status in _FINAL
