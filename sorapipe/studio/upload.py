"""A video that somebody sends to be edited: looked at before the studio takes it on.

What is looked at is what a render would stumble over: that it is an MP4 whose pictures can be
decoded, of a size and a length that have bounds. No more than its first picture is decoded here.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from decimal import Decimal

import av

from sorapipe.studio.characters import MP4
from sorapipe.studio.footage import BOUNDS, SIDE
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.rules import STITCHED

# Decoders that a video of today needs, and none of those that nobody has looked at for years.
CODECS = ("h264", "hevc", "mpeg4", "vp9", "av1", "libdav1d")
PICTURES = STITCHED * 120


@dataclass(frozen=True, slots=True)
class Upload:
    """Its `size` is "WIDTHxHEIGHT" in pixels, its `seconds` a number as text."""

    size: str
    seconds: str


def looked_at(data: bytes) -> Upload:
    """What the video is; raises Refusal where it cannot be edited."""
    if not re.match(MP4.encode(), data):
        raise _invalid("expected an MP4")
    try:
        with av.open(io.BytesIO(data), "r", format="mp4") as file:
            return _looked_at(file)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise _invalid(f"the MP4 cannot be read ({type(error).__name__})") from None


def _looked_at(file: av.container.InputContainer) -> Upload:
    stream = next(iter(file.streams.video), None)
    codec = stream.codec_context if stream else None  # None too where FFmpeg knows no such codec
    if stream is None or codec is None or codec.name not in CODECS:
        raise _invalid("expected pictures in H.264, H.265, MPEG-4, VP9 or AV1")
    if not (0 < codec.width <= SIDE and 0 < codec.height <= SIDE):
        size = f"{codec.width}x{codec.height}"
        raise _invalid(f"its sides may have at most {SIDE} pixels, not {size}")
    codec.options = BOUNDS
    seconds = _length(file, stream)
    if not 0 < seconds <= STITCHED:
        raise _invalid(f"its length must be more than 0 and at most {STITCHED} s, not {seconds}")
    return Upload(f"{codec.width}x{codec.height}", f"{seconds.normalize():f}")


def _length(file: av.container.InputContainer, stream: av.VideoStream) -> Decimal:
    """Its length in seconds by its packets, because a header may say anything."""
    times: list[int] = []
    decoded = False
    for number, packet in enumerate(file.demux(stream)):
        if number > PICTURES:
            raise _invalid(f"it has more than {PICTURES} pictures")
        decoded = decoded or bool(packet.decode())
        if packet.pts is not None:
            times += packet.pts, packet.pts + (packet.duration or 0)
    if not decoded or not times or stream.time_base is None:
        raise _invalid("it has no picture")
    return Decimal(f"{float((max(times) - min(times)) * stream.time_base):.2f}")


def _invalid(what: str) -> Refusal:
    return Refusal(f"Invalid 'video': {what}.", param="video", code="invalid_value")
