"""One file on its way from a server: resumed where it breaks off, and checked as it passes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from sorapipe.clock import Clock
from sorapipe.errors import UsageError
from sorapipe.videos import answers, wire
from sorapipe.videos.boxes import Boxes, BoxWalk
from sorapipe.videos.errors import (
    APIAnswerError,
    APIConnectionError,
    APIError,
    APIStatusError,
    passing,
)
from sorapipe.videos.model import Variant, Video
from sorapipe.videos.patience import Patience
from sorapipe.videos.profile import Profile
from sorapipe.videos.reference import image_of
from sorapipe.videos.sender import HttpSender, Stream
from sorapipe.videos.wire import WireRequest

DOWNLOAD_TIMEOUT = 600.0  # seconds for a whole file, unless said
MAX_VIDEO_BYTES = 2 << 30  # unless said

# With these the server answers the key or the pace, not the path: another address is no way out.
_FINAL = frozenset({401, 403, 429})
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_NO_FILES = frozenset({"application/json", "application/problem+json", "text/html"})


class Check(Protocol):
    """What looks at a file's bytes as they pass; both raise for what can't be such a file."""

    def feed(self, data: bytes) -> None:
        """The next bytes."""

    def finish(self) -> Boxes | None:
        """The end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which file of which server: `request` asks for it, `look` for its video anew."""

    sender: HttpSender
    profile: Profile
    request: WireRequest
    video: Video
    variant: Variant
    timeout: float
    max_bytes: int
    clock: Clock
    look: Callable[[str], Awaitable[Video]]


class Transfer:
    """One download, which has `source.timeout` seconds from now, and that patience.

    `total` (bytes, where the server says), `media_type` and `boxes` are known in the course of it.
    """

    def __init__(self, source: Source, patience: Patience) -> None:
        self.total: int | None = None
        self.media_type = ""
        self.boxes: Boxes | None = None
        self._source = source
        self._patience = patience
        self._deadline = asyncio.get_running_loop().time() + source.timeout
        self._request: WireRequest | None = None
        self._at = 0
        self._tag: str | None = None
        self._etag = ""  # also a weak one, which is no tag to go on by

    @property
    def _left(self) -> float:
        """Seconds until its deadline."""
        return self._deadline - asyncio.get_running_loop().time()

    async def again(self, error: Exception) -> bool:
        """Wait until the next try after one that failed so; False where there is none."""
        if self._left <= 0:
            return False
        seconds = self._patience.after(error)
        if seconds is not None:
            await self._source.clock.sleep(min(seconds, max(self._left, 0.0)))
        return seconds is not None

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes from the start, each once; the whole is vouched for when it ends.

        Raises:
            APIError: the server or the network failed, also after some tries to go on.
            BrokenVideo: what came is not a whole MP4.
            UsageError: it is larger than the client may take.
        """
        self._request, self._at, self._tag, self.total = None, 0, None, None
        check = BoxWalk() if self._source.variant == "video" else _ImageCheck(self._source)
        while True:
            try:
                async with aclosing(self._stretch()) as stretch:
                    async for chunk in stretch:
                        check.feed(chunk)
                        yield chunk
                        self._check_size()
                break
            except (APIConnectionError, APIStatusError) as error:
                if not passing(error) or not self._tag or not await self.again(error):
                    raise
        self.boxes = check.finish()

    def _check_size(self) -> None:
        most = self._source.max_bytes
        if max(self._at, self.total or 0) > most:
            raise UsageError(self._where, f"it is over {most} bytes", "raise max_video_bytes")

    async def _stretch(self) -> AsyncGenerator[bytes, None]:
        """What comes in one answer, from where the last one broke off."""
        async with self._opened() as stream:
            if self._is_end(stream):
                return
            known = self._overlap(stream)
            async with aclosing(stream.chunks()) as chunks:
                async for chunk in chunks:
                    fresh = chunk[known:]
                    known -= len(chunk) - len(fresh)
                    self._at += len(fresh)
                    if fresh:
                        yield fresh
        if self.total is not None and self._at != self.total:
            what = f"{self._at} of {self.total} bytes came"
            raise APIConnectionError(self._where, what, spent="not_sent")

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Stream]:
        """The answer with the bytes from `_at` on, from wherever the file is found to lie."""
        source = self._source
        request = self._request or source.request
        async with self._open(request) as stream:
            error = await _refusal(request, stream, self._at)
            if error is None:
                self._request = request
                yield stream
                return
        if self._request is not None or source.variant != "video" or _is_final(error):
            raise error
        address = await self._address(error)
        request = wire.result(source.profile, address)
        async with self._open(request) as stream:
            second = await _refusal(request, stream, self._at)
            if second is not None:
                raise second from error
            self._request = request
            yield stream

    async def _address(self, error: Exception) -> str:
        """Where the video says that its result lies. Raises `error` where it does not say."""
        address = self._source.video.url
        if address is None and not self._source.video.raw:  # known by its id alone
            try:
                address = (await self._source.look(self._source.video.id)).url
            except APIError:
                raise error from None
        if address is None:
            raise error
        return address

    @asynccontextmanager
    async def _open(self, request: WireRequest) -> AsyncIterator[Stream]:
        if self._at:
            more = {"range": f"bytes={self._at}-", "if-range": self._tag or ""}
            request = replace(request, headers={**request.headers, **more})
        async with self._source.sender.open(request, timeout=max(self._left, 0)) as stream:
            yield stream

    def _overlap(self, stream: Stream) -> int:
        """How many bytes of that answer are here already.

        Raises APIAnswerError where it is about other bytes than those that are.
        """
        headers = stream.headers
        if not self._at:
            self.media_type = _media_type(headers)
            self.total, self._tag = _length(headers), _tag(headers)
            self._etag = headers.get("etag", "")
            self._check_size()
            return 0
        span = _span(headers)
        if stream.status == 206 and span and self._is_same(stream):
            begin, total = int(span[1]), span[3]
            if begin == self._at and total in ("*", str(self.total or total)):
                return 0
        elif stream.status == 200 and self._is_same(stream):
            return self._at  # it knows no ranges, and sends the same all over again
        what = "the file is another one than before the connection broke off"
        raise APIAnswerError(self._where, what, spent="not_sent")

    def _is_same(self, stream: Stream) -> bool:
        """Whether it is about the file that has come so far."""
        etag, tag = stream.headers.get("etag", ""), _tag(stream.headers)
        if etag and self._etag and etag != self._etag:  # a date is the same for a whole second
            return False
        if tag is None and stream.status == 206 and _is_plain(stream.headers):
            return self._tag != self._etag  # a 206 has to repeat an ETag, but no date
        return tag == self._tag

    def _is_end(self, stream: Stream) -> bool:
        """Whether it says that all there is has come: only the line's end was missing."""
        told = stream.headers.get("content-range", "").strip()
        whole = told == f"bytes */{self._at}" and self.total in (None, self._at)
        return stream.status == 416 and whole

    @property
    def _where(self) -> str:
        return self._request.where if self._request else "GET"


class _ImageCheck:
    """Whether a file begins as a picture does."""

    def __init__(self, source: Source) -> None:
        self._where = f"{source.variant} of '{source.video.id}'"
        self._head = b""

    def feed(self, data: bytes) -> None:
        """See `Check`."""
        if len(self._head) < 16:
            self._head += data[:16]
            if len(self._head) >= 16:
                self.finish()

    def finish(self) -> None:
        """See `Check`."""
        try:
            image_of(self._head)
        except UsageError as error:
            what = "the server sent something that is no PNG, JPEG or WebP"
            raise APIAnswerError(self._where, what, spent="not_sent") from error


async def _refusal(
    request: WireRequest, stream: Stream, at: int
) -> APIStatusError | APIAnswerError | None:
    """The error that stands in the place of a file from byte `at`, or None where it is the file."""
    if stream.status == 416 and at:
        return None  # it is not as long as we know it, or no longer than what has come
    good = stream.status == 200 or (stream.status == 206 and (at > 0 or _is_whole(stream.headers)))
    if good and _media_type(stream.headers) not in _NO_FILES:
        return None
    answer = await stream.answer()
    if 200 <= answer.status < 300:
        return answers.unreadable(request, answer, "a file")
    return answers.failure(request, answer)


def _is_final(error: APIStatusError | APIAnswerError) -> bool:
    return isinstance(error, APIStatusError) and error.status in _FINAL


def _span(headers: Mapping[str, str]) -> re.Match[str] | None:
    """First byte, last byte, and total or `*`."""
    return _RANGE.fullmatch(headers.get("content-range", "").strip())


def _is_whole(headers: Mapping[str, str]) -> bool:
    """Whether a part, which nobody asked for, is all there is."""
    span = _span(headers)
    return span is not None and int(span[1]) == 0 and span[3] == str(int(span[2]) + 1)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _length(headers: Mapping[str, str]) -> int | None:
    """How many bytes the file has; a compressed answer says something else."""
    text = headers.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) < 19 and _is_plain(headers) else None


def _tag(headers: Mapping[str, str]) -> str | None:
    """What tells this file from every other: without it there is no going on."""
    if not _is_plain(headers) or headers.get("accept-ranges", "").strip().lower() == "none":
        return None
    tag = headers.get("etag", "")
    if tag.startswith("W/"):  # alike is not the same
        tag = ""
    return tag or headers.get("last-modified") or None


def _is_plain(headers: Mapping[str, str]) -> bool:
    return headers.get("content-encoding", "identity").strip().lower() in ("", "identity")
