"""The real studio on a real socket, with faults that a test scripts for its creates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sorapipe.studio.studio import Studio
from tests.served import in_thread

Scope = Any


@dataclass
class Faulty:
    """A server whose creates go wrong as `script` says, one word a create; then all go well.

    A status (`400`, `429` ...) answers so without taking anything on; `500-after` takes the create
    on and answers 500; `hang-after` takes it on and never answers. `creates` counts what reached
    the server, `accepted` what it took on. With `hidden` its list is empty, with `listless` it
    answers 503; with `broken` so many downloads end in 502, with `blind` so many looks in 503.
    With `forgetful` it knows no video, and says so as New API does; with `snapping` the line of
    every download breaks after a byte, and `downloads` has the first byte that each asked for.
    """

    script: list[str] = field(default_factory=list)
    hidden: bool = False
    listless: bool = False
    broken: int = 0
    blind: int = 0
    forgetful: bool = False
    snapping: bool = False
    downloads: list[int] = field(default_factory=list)
    broken_path: str = ""
    url: str = ""
    creates: int = 0
    accepted: int = 0
    keys: set[str] = field(default_factory=set)
    app: Any = None

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            await self._create(scope, receive, send)
        elif self.blind and scope["path"].startswith("/v1/videos/video_"):
            self.blind -= 1
            await answer(send, 503, {"error": {"message": "scripted 503"}})
        elif self.forgetful and scope["path"].startswith("/v1/videos/video_"):
            await answer(send, 400, {"code": "task_not_exist", "message": "task_not_exist"})
        elif self.snapping and scope["path"].endswith("/content"):
            await self._snap(scope, receive, send)
        elif self._breaks(scope["path"]):
            self.broken -= 1
            await answer(send, 502, {"error": {"message": "bad gateway"}})
        elif self.hidden and scope["path"] == "/v1/videos":
            await answer(send, 200, {"object": "list", "data": [], "has_more": False})
        elif self.listless and scope["path"] == "/v1/videos":
            await answer(send, 503, {"error": {"message": "scripted 503"}})
        else:
            await self.app(scope, receive, send)

    def _breaks(self, path: str) -> bool:
        if not (self.broken and path.endswith("/content")):
            return False
        self.broken_path = self.broken_path or path
        return path == self.broken_path

    async def _snap(self, scope: Scope, receive: Any, send: Any) -> None:
        asked = dict(scope["headers"]).get(b"range", b"bytes=0-")
        self.downloads.append(int(asked.removeprefix(b"bytes=").removesuffix(b"-")))

        async def one_byte(message: Any) -> None:
            if message["type"] == "http.response.body" and message["body"]:
                message = {**message, "body": message["body"][:1], "more_body": True}
            if message["type"] == "http.response.start" or message["body"]:
                await send(message)

        await self.app(scope, receive, one_byte)  # and the server hangs up: there is no end

    async def _create(self, scope: Scope, receive: Any, send: Any) -> None:
        self.creates += 1
        headers = dict(scope["headers"])
        self.keys.add(headers.get(b"idempotency-key", b"").decode())
        word = self.script.pop(0) if self.script else "well"
        if word.isdecimal():
            await answer(send, int(word), {"error": {"message": f"scripted {word}", "code": None}})
            return
        self.accepted += 1
        if word == "well":
            await self.app(scope, receive, send)
            return

        async def swallow(message: Any) -> None:
            """The answer never gets out."""

        if word != "500-before":
            await self.app(scope, receive, swallow)
        if word == "hang-after":
            await asyncio.sleep(3600)
        await answer(send, 500, {"error": {"message": "scripted 500"}})


async def answer(send: Any, status: int, body: Any) -> None:
    """Answer with that status and JSON, as an ASGI application does."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


@contextmanager
def faulty(state: Path, **options: Any) -> Iterator[Faulty]:
    """A faulty server on a port of its own, until the block ends."""
    server = Faulty(**options)
    studio = Studio(state, strict=False)
    server.app = studio.app
    with in_thread(studio, server) as origin:
        server.url = f"{origin}/v1"
        yield server
