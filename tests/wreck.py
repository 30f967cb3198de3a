"""One HTTP answer on a real socket, whole or wrecked in one of the ways that networks know."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Literal

Framing = Literal["length", "close", "chunks"]
DRIP = 0.05  # seconds between two bytes
NONSENSE = b"\x16\x03\x01\x00\x00 this is not HTTP\r\n\r\n"
INTERIM = b"".join(
    b"HTTP/1.1 %d Not yet\r\nLink: </>; rel=preload\r\n\r\n" % status for status in (100, 102, 103)
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of an answer, and of the request.

    `act` is one of

    - `well`: the answer as it is; `interim`: after three answers of 1xx; `twice`: two times
    - `close`, `reset`, `hang`: `at` bytes of it, then that (from its end, where `at` is below 0)
    - `drip`: a byte at a time, slower than anybody waits
    - `garbage`: no HTTP; `empty`: no id in it; `page`: HTML, as a gateway's
    - a status such as `502`: an error of that status instead; a good one with the answer's body

    `framing` is how the end of the body is told. A create that is not `taken` on is not paid for;
    one that is `hidden` never comes to stand in the list.
    """

    act: str = "well"
    at: int = 0
    framing: Framing = "length"
    taken: bool = True
    hidden: bool = False

    @property
    def whole(self) -> bool:
        """Whether the client gets the answer in spite of it."""
        return self.act in ("well", "interim", "twice", "201", "202")


WELL = Fault()


@dataclass(frozen=True, slots=True)
class Wire:
    """Both directions of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Hand the bytes over to the kernel."""
        self.writer.write(data)
        await self.writer.drain()

    async def until_left(self) -> None:
        """Wait for the client to close; what it says till then is not heard."""
        while await self.reader.read(65536):
            pass

    def reset(self) -> None:
        """Close so that the client sees a reset."""
        held: socket.socket = self.writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def framed(status: int, body: bytes, framing: Framing = "length") -> bytes:
    """The answer's bytes; their number depends on the body's alone."""
    kind = "video/mp4" if body[4:8] == b"ftyp" else "application/json"
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Odd"
    head = (
        f"HTTP/1.1 {status} {phrase}\r\ndate: {formatdate(usegmt=True)}\r\ncontent-type: {kind}\r\n"
    )
    if status == 429:
        head += "retry-after: 0.2\r\n"  # named, so that nobody has to guess at it
    if framing == "length":
        return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    if framing == "close":
        return f"{head}connection: close\r\n\r\n".encode() + body
    chunks = (body[start : start + 50] for start in range(0, len(body), 50))
    told = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return f"{head}transfer-encoding: chunked\r\n\r\n".encode() + told + b"0\r\n\r\n"


async def wreck(wire: Wire, fault: Fault, status: int, body: bytes) -> bool:
    """Send the answer as the fault has it; whether the connection is good for another request."""
    if fault.act.isdecimal():
        status = int(fault.act)
        body = body if status < 300 else b'{"error": {"message": "scripted"}}\n'
    elif fault.act in ("empty", "page"):
        body = b"{}\n" if fault.act == "empty" else b"<!doctype html><title>Hello</title>\n"
    answer = framed(status, body, fault.framing)
    if fault.act in ("close", "reset", "hang"):
        await wire.send(answer[: fault.at])
        if fault.act == "hang":
            await wire.until_left()
        elif fault.act == "reset":
            wire.reset()
        return False
    if fault.act == "drip":
        for at in range(len(answer)):
            await wire.send(answer[at : at + 1])
            await asyncio.sleep(DRIP)
        return False
    if fault.act == "garbage":
        await wire.send(NONSENSE)
        return False
    await wire.send(INTERIM * (fault.act == "interim") + answer * (1 + (fault.act == "twice")))
    return fault.framing != "close" and fault.act != "twice"
