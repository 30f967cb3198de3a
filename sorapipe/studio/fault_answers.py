"""What faults make of an answer on its way out: each stands where ASGI's `send` stood."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Awaitable, Callable, Iterator

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

PIECES = 20  # a slow body comes in about so many
_FREE = struct.pack(">I4s", 1 << 18, b"free").ljust(1 << 18, b"\0")


class Held:
    """Keeps an answer back."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        """As ASGI's `send`."""
        self._messages.append(message)

    @property
    def refused(self) -> bool:
        """Whether it says that nothing was done."""
        return bool(self._messages[0]["status"] >= 400)

    async def pass_on(self, send: Send) -> None:
        """Send it after all."""
        for message in self._messages:
            await send(message)


class Slow:
    """Sends an answer `latency` seconds late, and its body in pieces with pauses between them."""

    def __init__(
        self, send: Send, latency: float, pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._send = send
        self._latency = latency
        self._pause = pause
        self._piece = 0

    async def __call__(self, message: Message) -> None:
        """As ASGI's `send`."""
        if message["type"] == "http.response.start":
            length = MutableHeaders(scope=message).get("content-length", "0")
            self._piece = -(-int(length) // PIECES)
            await self._pause(self._latency)
            await self._send(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        size = self._piece or max(1, len(body))
        for at in range(0, len(body), size):
            await self._pause(self._latency * 4 / PIECES)
            await self._send({**message, "body": body[at : at + size], "more_body": True})
        if not more:
            await self._send({**message, "body": b"", "more_body": False})


class Truncated:
    """Sends the first half of what an answer promises; `begun` where it did."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._left = 0
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """As ASGI's `send`."""
        if message["type"] == "http.response.start" and message["status"] < 300:
            length = MutableHeaders(scope=message).get("content-length")
            self.begun, self._left = length is not None, int(length or 0) // 2
        elif self.begun:
            body = message.get("body", b"")[: self._left]
            self._left -= len(body)
            message = {**message, "body": body, "more_body": True}
        await self._send(message)


class Endless:
    """Sends an answer that names no length and does not end by itself; `begun` where it did."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """As ASGI's `send`."""
        if message["type"] == "http.response.start" and message["status"] < 300:
            self.begun = True
            message = {**message, "headers": [*message["headers"]]}
            del MutableHeaders(scope=message)["content-length"]
        elif self.begun:
            message = {**message, "more_body": True}
        await self._send(message)

    def blocks(self) -> Iterator[Message]:
        """What comes after the content: free space, which is well-formed MP4 and never ends."""
        return itertools.repeat({"type": "http.response.body", "body": _FREE, "more_body": True})
