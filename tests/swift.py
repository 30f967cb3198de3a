"""A studio on a socket that draws nothing: each prompt has its own bytes, or shares another's."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sorapipe.studio.animatic import Animatic, render
from sorapipe.studio.studio import Studio
from tests.served import in_thread


@cache
def plain(width: int, height: int, seconds: float) -> bytes:
    """A whole MP4 of that size and length."""
    one = Animatic(
        prompt="a wave", model="sora-2", width=width, height=height, seconds=seconds, seed=1
    )
    with TemporaryDirectory() as folder:
        render(one, Path(folder) / "plain.mp4")
        return (Path(folder) / "plain.mp4").read_bytes()


@dataclass
class Swift:
    """The server. `looks` says which word of a prompt decides how its video looks: all by default.

    `created` counts the creates that reached it.
    """

    looks: Callable[[str], str] = str
    url: str = ""
    created: int = 0
    app: Any = field(default=None, repr=False)

    def render(
        self,
        animatic: Any,
        target: Path,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """The plain video with a mark behind it, in no time."""
        mark = self.looks(animatic.prompt).encode()
        film = plain(animatic.width, animatic.height, animatic.seconds)
        target.write_bytes(film + struct.pack(">I4s", len(mark) + 8, b"free") + mark)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            self.created += 1
        await self.app(scope, receive, send)


@contextmanager
def swift(looks: Callable[[str], str] = str) -> Iterator[Swift]:
    """Such a server on a port of its own, until the block ends."""
    server = Swift(looks)
    studio = Studio(None, strict=False, workers=2, render=server.render)
    server.app = studio.app
    with in_thread(studio, server) as origin:
        server.url = f"{origin}/v1"
        yield server
