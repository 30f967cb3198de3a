"""A video's bytes as an answer: the whole file, or the one range of it that was asked for."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sorapipe.studio.refusal import Refusal

CHUNK = 1 << 18  # bytes; the page cache gives that much faster than a thread can be woken
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class FileAnswer(Response):
    """Streams a file that never changes under its `tag`; raises OSError before it has begun."""

    def __init__(self, path: Path, tag: str, request: Request) -> None:
        size = path.stat().st_size
        self._path = path
        self._span = _span(request, size, tag)
        begin, end = self._span or (0, size)
        headers = {
            "content-length": str(end - begin),
            "accept-ranges": "bytes",
            "etag": f'"{tag}"',
        }
        if self._span:
            headers["content-range"] = f"bytes {begin}-{end - 1}/{size}"
        super().__init__(status_code=206 if self._span else 200, media_type="video/mp4")
        self.headers.update(headers)
        self._begin, self._end = begin, end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI has it."""
        del receive
        start = {"type": "http.response.start", "status": self.status_code}
        end = self._begin if scope["method"] == "HEAD" else self._end
        with self._path.open("rb", buffering=0) as file:
            await send({**start, "headers": self.raw_headers})
            file.seek(self._begin)
            for at in range(self._begin, end, CHUNK):
                block = await asyncio.to_thread(file.read, min(CHUNK, end - at))
                await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _span(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """The first and the last-but-one byte that are asked for; None for all of them.

    What is no single range of bytes is not understood, and so, as RFC 9110 has it, not obeyed.
    """
    match = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if not match or match[0] == "bytes=-":
        return None
    if request.headers.get("if-range", f'"{tag}"') != f'"{tag}"':
        return None
    if match[1]:
        begin, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
        if match[2] and int(match[2]) < int(match[1]):
            return None
    else:
        begin, end = max(0, size - int(match[2])), size
    if begin >= end:
        raise Refusal(
            f"The video has {size} bytes; the range that was asked for is not among them.",
            status=416,
            headers={"Content-Range": f"bytes */{size}"},
        )
    return begin, end
