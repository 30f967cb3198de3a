"""Pictures that others made: references, and the frames of a parent's video."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
from PIL import Image, ImageOps

from sorapipe.studio.encode import FPS
from sorapipe.studio.planes import Picture

SIDE = 4096  # pixels
# For decoders: a video from elsewhere may grow in its midst, whatever its header says.
BOUNDS = {"max_pixels": str(SIDE * SIDE)}


def covering(image: Image.Image, width: int, height: int) -> Picture:
    """The middle of an image, scaled so that it covers that size."""
    scale = max(width / image.width, height / image.height)
    wide, tall = width / scale, height / scale
    left, top = max(0.0, (image.width - wide) / 2), max(0.0, (image.height - tall) / 2)
    box = (left, top, min(left + wide, image.width), min(top + tall, image.height))
    return Picture.of(image.resize((width, height), Image.Resampling.LANCZOS, box))


def still(encoded: bytes) -> Image.Image:
    """An encoded picture as it is meant to be seen: upright, without transparency."""
    with Image.open(io.BytesIO(encoded)) as opened:
        turned = ImageOps.exif_transpose(opened)
        if turned.has_transparency_data:
            ground = Image.new("RGBA", turned.size, (18, 18, 20, 255))
            return Image.alpha_composite(ground, turned.convert("RGBA")).convert("RGB")
        return turned.convert("RGB")


def frames(video: Path, width: int, height: int) -> Iterator[Picture]:
    """Every frame of a video at 24 a second, covering that size.

    A video of another rate is sampled: each picture is the last one shown by then.
    """
    with av.open(str(video)) as file:
        stream = file.streams.video[0]
        stream.thread_count = 2
        stream.codec_context.options = BOUNDS
        start = stream.start_time or 0
        base = stream.time_base
        shown, due = None, 0
        for frame in file.decode(stream):
            at = frame.pts if frame.pts is not None else start
            while (
                shown is not None and base is not None and (at - start) * base * FPS > due + 0.001
            ):
                yield shown
                due += 1
            shown = _picture(frame, width, height)
        total = round(_seconds(file) * FPS)
        while shown is not None and due < max(total, 1):
            yield shown
            due += 1


def count(video: Path) -> int:
    """How many frames `frames` gives."""
    with av.open(str(video)) as file:
        return max(1, round(_seconds(file) * FPS))


def _seconds(file: av.container.InputContainer) -> float:
    stream = file.streams.video[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (file.duration or 0) / av.time_base


def _picture(frame: av.VideoFrame, width: int, height: int) -> Picture:
    if (frame.width, frame.height) != (width, height):
        image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV has no types there
        return covering(image, width, height)
    if frame.format.name != "yuv420p":
        frame = frame.reformat(format="yuv420p")
    y, u, v = (
        Image.frombytes("L", size, bytes(plane), "raw", "L", plane.line_size)
        for plane, size in zip(
            frame.planes, ((width, height), *[(width // 2, height // 2)] * 2), strict=True
        )
    )
    return Picture(y, u, v)


def sound(video: Path) -> Iterator[av.AudioFrame]:
    """The video's sound as decoded; nothing where it has none."""
    with av.open(str(video)) as file:
        if file.streams.audio:
            yield from file.decode(file.streams.audio[0])
