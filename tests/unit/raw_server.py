"""A server on 127.0.0.1 that does with a request exactly what a test says, byte by byte."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handler = Callable[["Talk"], Awaitable[None]]


class Talk:
    """One connection on which one request was read."""

    def __init__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self.writer = writer

    @property
    def line(self) -> str:
        """The request line without the protocol: `GET /v1/videos`."""
        return self.request.split(b"\r\n")[0].decode().rpartition(" ")[0]

    async def write(self, data: bytes) -> None:
        """Send these bytes now."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: int, value: object = None, **headers: str) -> None:
        """Send a whole answer; `value` is JSON unless it is bytes."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        head = {"content-length": str(len(body)), "content-type": "application/json"}
        head |= {name.replace("_", "-"): text for name, text in headers.items()}
        lines = "".join(f"{name}: {text}\r\n" for name, text in head.items())
        await self.write(f"HTTP/1.1 {status} Word\r\n{lines}\r\n".encode() + body)

    def reset(self) -> None:
        """Break the connection off."""
        self.writer.transport.abort()


class RawServer:
    """What the server saw."""

    def __init__(self) -> None:
        self.port = 0
        self.connected = asyncio.Event()
        self.closed = asyncio.Event()
        self.heard = b""
        self.connections = 0
        self.talks: list[Talk] = []

    @property
    def base_url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def raw_server(handler: Handler) -> AsyncIterator[RawServer]:
    """A server that hands every whole request to `handler`; it hangs where that does."""
    seen = RawServer()
    running: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        seen.connected.set()
        seen.connections += 1
        with suppress(asyncio.CancelledError, ConnectionError):
            while request := await _request(reader, seen):
                talk = Talk(request, writer)
                seen.talks.append(talk)
                await handler(talk)
        writer.close()
        seen.closed.set()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _request(reader: asyncio.StreamReader, seen: RawServer) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = await reader.read(1)
        if not byte:
            return b""
        seen.heard += byte
        head += byte
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")
