"""The smallest MP4 that is whole, different for every video."""

from __future__ import annotations

import struct
from functools import cache, lru_cache


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


@lru_cache(maxsize=256)
def film(video: str, seconds: float, size: str) -> bytes:
    """A file of that length and size ("WIDTHxHEIGHT") whose pictures are the video's name."""
    return _head(seconds, size) + _box(b"mdat", video.encode().ljust(64, b"."))


@cache
def _head(seconds: float, size: str) -> bytes:
    width, height = map(int, size.split("x"))
    long = int(seconds * 1000)
    start = _box(b"ftyp", b"isom", bytes(4), b"isom")
    still = struct.pack(">6xH16xHH50x", 1, width, height)
    tables = (
        _box(b"stsd", bytes(4), struct.pack(">I", 1), _box(b"avc1", still)),
        _box(b"stts", bytes(4), struct.pack(">III", 1, 1, long)),
        _box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, 1, 1)),
        _box(b"stsz", bytes(4), struct.pack(">II", 64, 1)),
    )
    fixed = len(_movie(long, tables, 0))
    return start + _movie(long, tables, len(start) + fixed + 8)


def _movie(long: int, tables: tuple[bytes, ...], offset: int) -> bytes:
    chunks = _box(b"stco", bytes(4), struct.pack(">II", 1, offset))
    times = struct.pack(">IIIII", 0, 0, 0, 1000, long)
    return _box(
        b"moov",
        _box(b"mvhd", times, bytes(80)),
        _box(
            b"trak",
            _box(b"tkhd", struct.pack(">IIII", 0, 0, 0, 1), bytes(68)),
            _box(
                b"mdia",
                _box(b"mdhd", times, bytes(4)),
                _box(b"hdlr", bytes(8), b"vide", bytes(13)),
                _box(b"minf", _box(b"stbl", *tables, chunks)),
            ),
        ),
    )
