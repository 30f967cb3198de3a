"""A studio on a socket whose renders wait for a word, and whose deletions go wrong as scripted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sorapipe.studio.renders import real_render
from sorapipe.studio.studio import Studio
from tests.faulty import answer
from tests.served import in_thread


@dataclass
class Held:
    """A server whose renders end once `go` is set. `deletes` has one word a deletion to come.

    A status answers so and deletes nothing; `lost` deletes, and answers 502; `no` says so. The
    others go well. `created` counts its creates, `deleted` the deletions that reached it.
    """

    deletes: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    created: int = 0
    deleted: int = 0
    app: Any = None

    def render(
        self,
        animatic: Any,
        target: Path,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Wait for the word, then draw."""
        while not self.go.wait(0.01):
            if cancelled():
                raise RuntimeError("stopped")
        real_render(animatic, target, progress=progress, cancelled=cancelled)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            self.created += 1
        if scope["type"] != "http" or scope["method"] != "DELETE":
            await self.app(scope, receive, send)
            return
        self.deleted += 1
        word = self.deletes.pop(0) if self.deletes else "well"
        if word == "well":
            await self.app(scope, receive, send)
        elif word == "no":
            await answer(send, 200, {"deleted": False})
        elif word == "lost":

            async def swallow(message: Any) -> None:
                """The answer never gets out."""

            await self.app(scope, receive, swallow)
            await answer(send, 502, {"error": {"message": "bad gateway"}})
        else:
            await answer(send, int(word), {"error": {"message": f"scripted {word}"}})

    def statuses(self) -> dict[str, str]:
        """Its videos by id."""
        listed = httpx.get(self.url + "/videos").json()["data"]
        return {video["id"]: video["status"] for video in listed}

    def finish(self) -> None:
        """Let the renders end, and wait until they have."""
        self.go.set()
        while set(self.statuses().values()) != {"completed"}:
            time.sleep(0.02)  # it is another thread's, and has no event for its end


@contextmanager
def held(*deletes: str) -> Iterator[Held]:
    """Such a server on a port of its own, until the block ends."""
    server = Held(deletes=list(deletes))
    studio = Studio(None, strict=False, deletes="any-and-stops", workers=2, render=server.render)
    server.app = studio.app
    with in_thread(studio, server) as origin:
        server.url = f"{origin}/v1"
        yield server
