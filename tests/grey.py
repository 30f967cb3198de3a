"""A renderer for tests in which the films themselves don't matter: their size and length do."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any

import av

RATE = 24


def grey(animatic: Any, target: Path, **_: Any) -> None:
    """A renderer whose films have the asked size and length, and end in what was asked for."""
    seconds = animatic.seconds
    if animatic.kind == "extend":
        with av.open(str(animatic.parent)) as parent:
            seconds += parent.duration / av.time_base
    film = _film(animatic.width, animatic.height, round(seconds * RATE))
    words = f"{animatic.kind} {animatic.model} {animatic.seed} {animatic.prompt}".encode()
    target.write_bytes(film + pack(">I4s", 8 + len(words), b"free") + words)


@cache
def _film(width: int, height: int, frames: int) -> bytes:
    file = BytesIO()
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        picture = av.VideoFrame(width, height, "yuv420p")
        for plane in picture.planes:
            plane.update(b"\x80" * plane.buffer_size)
        for number in range(frames):
            picture.pts = number
            film.mux(stream.encode(picture))
        film.mux(stream.encode(None))
    return file.getvalue()
