"""The index of an MP4 (`moov`, `moof`), read from bytes: how long, how large, where its bytes end.

Only what the box walk needs; names of boxes and fields are those of ISO/IEC 14496-12.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_UNKNOWN = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


class BadBox(Exception):
    """A box inside the index does not hold what its kind must hold."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track of pictures (`vide`) or sound (`soun`); `duration` in 1/`timescale` seconds.

    `samples_end` is the offset in the file behind the last byte that its tables speak of.
    """

    id: int
    handler: bytes
    codec: bytes
    width: int
    height: int
    timescale: int
    duration: int
    samples_end: int


@dataclass(frozen=True, slots=True)
class Movie:
    """A `moov`: its tracks, and its own word for how many seconds it has (0: it does not say).

    `defaults` is the duration of a sample in each track, for fragments that say nothing.
    """

    length: float
    fragmented: bool
    tracks: tuple[Track, ...]
    picture: Track
    defaults: dict[int, int]

    @property
    def has_audio(self) -> bool:
        """Whether there is a sound track."""
        return any(track.handler == b"soun" for track in self.tracks)

    @property
    def samples_end(self) -> int:
        """The offset in the file behind the last byte that the index speaks of."""
        return max(track.samples_end for track in self.tracks)

    def seconds(self, fragments: dict[int, int]) -> float:
        """How long it plays, given what its fragments add to each track; 0 where unknown."""
        if not self.fragmented or self.length:
            return self.length
        track = self.picture
        return (track.duration + fragments.get(track.id, 0)) / track.timescale


def read_movie(body: bytes) -> Movie:
    """Read the payload of a `moov`. Raises BadBox."""
    boxes = list(_boxes(body))
    parts = dict(boxes)
    timescale, duration = _times(_need(parts, b"mvhd"))
    fragmented = b"mvex" in parts
    extends = list(_boxes(parts.get(b"mvex", b"")))
    if fragmented:  # then `mvhd` speaks only of what stands before the fragments
        duration = _whole_duration(dict(extends).get(b"mehd"))
    defaults = dict(_unpack(">4xI4xI", part) for kind, part in extends if kind == b"trex")
    tracks = tuple(filter(None, (_track(part) for kind, part in boxes if kind == b"trak")))
    for track in tracks:
        if track.handler == b"vide":
            return Movie(duration / timescale, fragmented, tracks, track, defaults)
    raise BadBox("it has no video track")


def fragment_durations(body: bytes, movie: Movie) -> dict[int, int]:
    """What the payload of a `moof` adds to each track, in the track's own units. Raises BadBox."""
    durations: dict[int, int] = {}
    for kind, traf in _boxes(body):
        if kind != b"traf":
            continue
        parts = list(_boxes(traf))
        head = _need(dict(parts), b"tfhd")
        flags, track = _unpack(">II", head)
        sample = movie.defaults.get(track, 0)
        if flags & 0x8:  # after the base offset and the description's index, where those are
            (sample,) = _unpack(">I", head, 8 + 8 * (flags & 1) + 2 * (flags & 2))
        added: int = sum(_trun(part, sample) for name, part in parts if name == b"trun")
        durations[track] = durations.get(track, 0) + added
    return durations


def _trun(body: bytes, sample: int) -> int:
    flags, count = _unpack(">II", body)
    if not flags & 0x100:
        return sample * int(count)
    start = 8 + 4 * (flags & 1) + (flags & 4)
    fields = 1 + bool(flags & 0x200) + bool(flags & 0x400) + bool(flags & 0x800)
    return sum(_numbers(body, start, count * fields)[::fields])


def _track(body: bytes) -> Track | None:
    """A track of pictures or sound; None for subtitles, time codes and the like."""
    parts = dict(_boxes(body))
    media = dict(_boxes(_need(parts, b"mdia")))
    (handler,) = _unpack(">8x4s", _need(media, b"hdlr"))
    if handler not in (b"vide", b"soun"):
        return None
    tables = dict(_boxes(_need(dict(_boxes(_need(media, b"minf"))), b"stbl")))
    timescale, _ = _times(_need(media, b"mdhd"))
    head = _need(parts, b"tkhd")
    (number,) = _unpack(">I", head, 20 if head[:1] == b"\1" else 12)
    codec, width, height = _description(_need(tables, b"stsd"), handler, head)
    pairs = _table(tables.get(b"stts"), 2)
    duration = sum(count * each for count, each in zip(pairs[::2], pairs[1::2], strict=True))
    end = _samples_end(tables)
    return Track(number, handler, codec, width, height, timescale, duration, end)


def _description(body: bytes, handler: bytes, head: bytes) -> tuple[bytes, int, int]:
    """Codec and pixels of the first sample description; pixels from `tkhd` where it has none."""
    _, codec = _unpack(">I4s", body, 8)
    if handler != b"vide":
        return codec, 0, 0
    width, height = _unpack(">HH", body, 8 + 32)
    if not width or not height:
        width, height = (size >> 16 for size in _unpack(">II", head, len(head) - 8))
    return codec, width, height


def _samples_end(tables: dict[bytes, bytes]) -> int:
    """Where the chunk that lies last in the file ends."""
    offsets = _table(tables.get(b"stco"), 1) or _table(tables.get(b"co64"), 1, "Q")
    if not offsets:
        return 0
    last = max(range(len(offsets)), key=offsets.__getitem__)
    first, count = _samples_of(last, len(offsets), _table(tables.get(b"stsc"), 3))
    sizes = tables.get(b"stsz", bytes(12))
    fixed, total = _unpack(">4xII", sizes)
    count = min(count, max(total - first, 0))
    return offsets[last] + (fixed * count or sum(_numbers(sizes, 12 + 4 * first, count)))


def _samples_of(chunk: int, chunks: int, runs: tuple[int, ...]) -> tuple[int, int]:
    """First sample and number of samples of a chunk, all counted from 0.

    `runs` has three numbers a run: its first chunk (from 1), the samples in each, a description.
    """
    first = 0
    ends = (*runs[3::3], chunks + 1)
    for start, each, end in zip(runs[::3], runs[1::3], ends, strict=False):
        if chunk + 1 < end:
            return first + (chunk + 1 - start) * each, each
        first += (end - start) * each
    return 0, 0


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in a payload, as kind and payload. Raises BadBox where they do not tile it."""
    at = 0
    while len(body) - at >= 8:
        size, kind = _unpack(">I4s", body, at)
        header = 8
        if size == 1:
            (size,) = _unpack(">Q", body, at + 8)
            header = 16
        size = size or len(body) - at
        if size < header or at + size > len(body):
            raise BadBox(f"its '{kind.decode('latin-1')}' does not fit")
        yield kind, body[at + header : at + size]
        at += size
    # QuickTime ends a list of boxes with four zero bytes.
    if body[at:].strip(b"\0"):
        raise BadBox("it has bytes that belong to no box")


def _need(parts: dict[bytes, bytes], kind: bytes) -> bytes:
    if kind not in parts:
        raise BadBox(f"it lacks '{kind.decode('latin-1')}'")
    return parts[kind]


def _times(body: bytes) -> tuple[int, int]:
    """Time scale and duration of an `mvhd` or `mdhd`; 0 for a duration that is not known."""
    form, start = (">IQ", 20) if body[:1] == b"\1" else (">II", 12)
    timescale, duration = _unpack(form, body, start)
    if not timescale:
        raise BadBox("its time scale is 0")
    return timescale, 0 if duration in _UNKNOWN else duration


def _whole_duration(body: bytes | None) -> int:
    """The duration in an `mehd`; 0 without one."""
    if body is None:
        return 0
    (duration,) = _unpack(">Q" if body[:1] == b"\1" else ">I", body, 4)
    return int(duration)


def _table(body: bytes | None, columns: int, code: str = "I") -> tuple[int, ...]:
    """The numbers of a table with a version, flags and a count in front."""
    if body is None:
        return ()
    (count,) = _unpack(">4xI", body)
    return _numbers(body, 8, count * columns, code)


def _numbers(body: bytes, start: int, count: int, code: str = "I") -> tuple[int, ...]:
    if start < 0 or start + count * struct.calcsize(f">{code}") > len(body):
        raise BadBox("one of its tables is cut off")
    return struct.unpack_from(f">{count}{code}", body, start)


def _unpack(form: str, body: bytes, start: int = 0) -> tuple[Any, ...]:
    if start + struct.calcsize(form) > len(body):
        raise BadBox("one of its boxes is too short")
    return struct.unpack_from(form, body, start)
