"""A server of the Videos API on a real socket that renders in no time and keeps its books.

Each request meets the fault that a test's `faults` names for it; creates are told apart by their
prompt, everything else by the video's id. What it took on would have been paid for.
"""

from __future__ import annotations

import asyncio
import json
import struct
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sorapipe.studio.animatic import Animatic, render
from sorapipe.studio.serve import listen
from tests.wreck import WELL, Fault, Wire, wreck

# (`create`, `look`, `list` or `content`; prompt or id; how many of these came before)
Faults = Callable[[str, str, int], Fault]
Reply = tuple[int, bytes]


def well(what: str, subject: str, before: int) -> Fault:
    """No fault, whatever is asked for."""
    return WELL


@dataclass(frozen=True, slots=True)
class Render:
    """A render that was taken on: `listed` where the server's list shows it."""

    id: str
    key: str
    wanted: dict[str, Any]
    at: int
    listed: bool

    @property
    def prompt(self) -> str:
        """What it shows."""
        return str(self.wanted["prompt"])

    def told(self, status: str) -> dict[str, Any]:
        """The video as the wire has it."""
        echoed = {key: self.wanted[key] for key in ("prompt", "model", "size", "seconds")}
        common = {"id": self.id, "object": "video", "created_at": self.at, "status": status}
        return {**common, **echoed, "progress": 100 if status == "completed" else 0}

    def film(self) -> bytes:
        """A whole MP4, which no other render has."""
        name = self.id.encode()
        return _plain() + struct.pack(">I4s", len(name) + 8, b"free") + name


@cache
def _plain() -> bytes:
    one = Animatic(prompt="a wave", model="sora-2", width=64, height=64, seconds=1, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        render(one, Path(folder) / "plain.mp4")
        return (Path(folder) / "plain.mp4").read_bytes()


@dataclass
class Instant:
    """The server. `idempotency` is what it does with a key that it knows: as profiles say it.

    `posts` counts the creates that reached it by prompt, `renders` has all that it took on by id,
    oldest first.
    """

    faults: Faults = well
    idempotency: str = "none"
    url: str = ""
    posts: Counter[str] = field(default_factory=Counter)
    renders: dict[str, Render] = field(default_factory=dict)
    requests: int = 0
    _listed: list[Render] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    _by_key: dict[str, Render] = field(default_factory=dict)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def paid(self) -> Counter[str]:
        """How many renders it took on by prompt."""
        return Counter(render.prompt for render in list(self.renders.values()))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, for as long as both sides keep it."""
        wire = Wire(reader, writer)
        try:
            while await self._answer(wire):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left, or was killed
        finally:
            writer.close()

    async def _answer(self, wire: Wire) -> bool:
        """Answer one request; whether another may follow."""
        head = (await wire.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head.split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in rest)
        }
        body = await wire.reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = line.split(" ")
        path = urlsplit(target).path.removeprefix("/v1/videos").strip("/")
        self.requests += 1
        if method == "POST":
            wanted = json.loads(body)
            fault = self._fault("create", wanted["prompt"])
            status, answer = self.take_on(wanted, headers.get("idempotency-key", ""), fault)
        elif not path:
            fault = self._fault("list", "")
            status, answer = self._list(dict(parse_qsl(urlsplit(target).query)))
        else:
            video, _, part = path.partition("/")
            fault = self._fault("content" if part else "look", video)
            status, answer = self._one(method, video, content=bool(part))
        return await wreck(wire, fault, status, answer)

    def _fault(self, what: str, subject: str) -> Fault:
        before = self._seen[what, subject]
        self._seen[what, subject] += 1
        return self.faults(what, subject, before)

    def take_on(self, wanted: dict[str, Any], key: str, fault: Fault) -> Reply:
        """What it answers to a create, before the fault has its way with that."""
        self.posts[wanted["prompt"]] += 1
        known = self._by_key.get(key)
        if known is not None and self.idempotency == "replay":
            return 200, _json(known.told("queued"))
        if known is not None and self.idempotency == "reject":
            return 409, _json({"error": {"message": "this key was used before"}})
        if not fault.taken:
            return 500, _json({"error": {"message": "it was not taken on"}})
        name = f"video_{len(self.renders):08d}"
        one = Render(name, key, wanted, int(time.time()), not fault.hidden)
        self.renders[name] = self._by_key[key] = one
        if one.listed:
            self._places[name] = len(self._listed)
            self._listed.append(one)
        return 200, _json(one.told("queued"))

    def _list(self, asked: dict[str, str]) -> Reply:
        """A page, newest first, whatever order is asked for."""
        end = self._places.get(asked.get("after", ""), len(self._listed))
        begin = max(end - int(asked.get("limit", "20")), 0)
        page = [one.told("completed") for one in reversed(self._listed[begin:end])]
        return 200, _json({"object": "list", "data": page, "has_more": begin > 0})

    def _one(self, method: str, video: str, *, content: bool) -> Reply:
        one = self.renders.get(video)
        if one is None:
            return 404, _json({"error": {"message": "there is no such video"}})
        if method == "DELETE":
            return 200, _json({"id": video, "object": "video.deleted", "deleted": True})
        return 200, one.film() if content else _json(one.told("completed"))


def _json(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


@contextmanager
def instant(**options: Any) -> Iterator[Instant]:
    """An instant server in a thread, on a port of its own, until the block ends."""
    server, ready, loop = Instant(**options), threading.Event(), asyncio.new_event_loop()
    _plain()  # before anybody waits for it
    listener = listen("127.0.0.1", 0, None)
    end, lines = asyncio.Event(), set[asyncio.Task[None]]()

    def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = loop.create_task(server.serve(reader, writer))
        lines.add(line)
        line.add_done_callback(lines.discard)

    async def live() -> None:
        listening = await asyncio.start_server(meet, sock=listener)
        ready.set()
        await end.wait()
        listening.close()
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    ready.wait()
    server.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()
