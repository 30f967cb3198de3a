"""A studio behind a socket that goes wrong with every create, until it has had enough of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sorapipe.studio.studio import Studio

LASTS = 9  # creates that the failure lasts for: three times what the SDK sends by itself
_HEAD = "HTTP/1.1 {status} Word\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"


@dataclass(frozen=True)
class Failure:
    """What becomes of a create: whether the server takes it on, and what it then does.

    `answer` is a status, or a word: `hang`, `reset`, `close`, `half` (of a status line), `no id`.
    """

    name: str
    taken_on: bool
    answer: int | str

    @property
    def word(self) -> str:
        """As the studio's faults are called: `500-after` it was taken on, `500-before`."""
        return f"{self.answer}-{'after' if self.taken_on else 'before'}"


FAILURES = (
    Failure("no answer (hangs until the client gives up)", True, "hang"),
    Failure("connection reset", True, "reset"),
    Failure("connection closed without a byte", True, "close"),
    Failure("connection closed within the status line", True, "half"),
    Failure("200 without an id", True, "no id"),
    Failure("500", True, 500),
    Failure("502", True, 502),
    Failure("503", True, 503),
    Failure("504", True, 504),
    Failure("500", False, 500),
    Failure("502", False, 502),
    Failure("503", False, 503),
    Failure("408", False, 408),
    Failure("409", False, 409),
    Failure("429", False, 429),
    Failure("400", False, 400),
)


class Front:
    """What stands before the studio. `sent` counts creates that came, `paid` those taken on."""

    def __init__(self, failure: Failure, studio: httpx.AsyncClient) -> None:
        self.failure = failure
        self.studio = studio
        self.url = ""
        self.sent = 0
        self.paid = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        kind = re.search(rb"(?i)content-type: *([^\r]+)", head)
        headers = {"content-type": kind[1].decode()} if kind else {}
        troubled = False
        if method == "POST":
            self.sent += 1
            troubled = self.sent <= LASTS
            if troubled and not self.failure.taken_on:
                return await self._fail(writer)
            self.paid += 1
        answer = await self.studio.request(method, path, content=body, headers=headers)
        if troubled:
            return await self._fail(writer)
        await _write(writer, answer.status_code, answer.content, answer.headers["content-type"])
        return True

    async def _fail(self, writer: asyncio.StreamWriter) -> bool:
        """Go wrong; whether the connection goes on."""
        what = self.failure.answer
        if what == "hang":
            await asyncio.sleep(3600)
        if what == "reset":
            writer.transport.abort()
        if what == "half":
            writer.write(b"HTTP/1.1 20")
            await writer.drain()
        if isinstance(what, int):
            error = {"error": {"message": f"the benchmark's {what}", "code": None}}
            await _write(writer, what, json.dumps(error).encode())
        if what == "no id":
            await _write(writer, 200, b"{}")
        return isinstance(what, int) or what == "no id"


async def _write(
    writer: asyncio.StreamWriter, status: int, body: bytes, kind: str = "application/json"
) -> None:
    head = _HEAD.format(status=status, kind=kind, length=len(body))
    writer.write(head.encode() + body)
    await writer.drain()


@asynccontextmanager
async def front(failure: Failure, film: Path) -> AsyncIterator[Front]:
    """A server with that failure; every render of its studio is a copy of `film`."""

    def copied(_: Any, target: Path, *, progress: Callable[[float], None], **__: Any) -> None:
        target.write_bytes(film.read_bytes())
        progress(1.0)

    talks: set[asyncio.Task[None]] = set()
    async with Studio(None, strict=False, workers=1, render=copied) as studio:
        transport = httpx.ASGITransport(app=studio.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as inner:
            seen = Front(failure, inner)

            def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                talks.add(asyncio.create_task(seen.talk(reader, writer)))

            server = await asyncio.start_server(connected, "127.0.0.1", 0)
            seen.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            try:
                yield seen
            finally:
                server.close()
                for task in talks:
                    task.cancel()
                await asyncio.gather(*talks, return_exceptions=True)


async def film(folder: Path) -> Path:
    """A real animatic of the benchmark's size and length."""
    made = folder / "film.mp4"
    async with Studio(None, strict=False, workers=1) as studio:
        transport = httpx.ASGITransport(app=studio.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            asked = {"prompt": "a wave", "size": "64x36", "seconds": "1"}
            video = (await client.post("/v1/videos", json=asked)).json()
            while video["status"] != "completed":
                await asyncio.sleep(0.05)
                video = (await client.get(f"/v1/videos/{video['id']}")).json()
            made.write_bytes((await client.get(f"/v1/videos/{video['id']}/content")).content)
    return made
