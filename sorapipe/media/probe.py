"""What is in a video file: read from its headers and packets, nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from sorapipe.files import refused, storage_error
from sorapipe.videos.boxes import BrokenVideo

# A name in the file that is no UTF-8 must keep nobody from its frames. From PyAV 19 on it never
# does, and the word that said so to earlier ones is an error.
LENIENT: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
)


@dataclass(frozen=True, slots=True)
class Probe:
    """A video file in numbers: pixels, seconds of picture, frames, frames a second, codec names.

    `audio_codec` is None for a silent file.
    """

    width: int
    height: int
    seconds: float
    frames: int
    rate: Fraction
    video_codec: str
    audio_codec: str | None


def probe(path: Path) -> Probe:
    """Look into a video file. Raises BrokenVideo, StorageError."""
    with opened(path) as (container, stream):
        sound = container.streams.audio
        frames, ticks = _count(container, stream)
        return Probe(
            stream.codec_context.width,
            stream.codec_context.height,
            float(ticks * (stream.time_base or Fraction(0))),
            frames,
            stream.average_rate or stream.guessed_rate or Fraction(0),
            stream.codec_context.name,
            sound[0].codec_context.name if sound else None,
        )


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """An MP4 file and its first video stream.

    What FFmpeg refuses becomes BrokenVideo, what this machine's disk refuses StorageError.

    Only the MP4 reader and only files are allowed: a playlist that poses as a video could make
    FFmpeg fetch addresses.
    """
    try:
        with av.open(
            f"file:{path}",
            format="mp4",
            options={"protocol_whitelist": "file"},
            **LENIENT,
        ) as container:
            if not container.streams.video:
                raise BrokenVideo(str(path), "has no video in it")
            yield container, container.streams.video[0]
    except FFmpegError as error:
        if isinstance(error, OSError) and refused(error):
            raise storage_error(path, error) from error
        raise BrokenVideo(str(path), f"cannot be read as a video ({error.strerror})") from error


def _count(container: InputContainer, stream: VideoStream) -> tuple[int, int]:
    """Frames, and how long they show in the stream's time base, counted packet by packet.

    The header's own figures leave out what stands in fragments, and count sound that is longer.
    """
    frames, start, end = 0, None, 0
    for packet in container.demux(stream):
        if packet.pts is None or packet.is_discard:  # the last packet is an empty one
            continue
        frames += 1
        start = packet.pts if start is None else min(start, packet.pts)
        end = max(end, packet.pts + (packet.duration or 0))
    return frames, end - (start or 0)
