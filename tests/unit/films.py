"""Small real MP4 files for the tests, made with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from PIL import Image


def grey(number: int) -> tuple[int, int, int]:
    """The colour of that frame."""
    return (number * 9 % 256,) * 3


def film(
    path: Path,
    *,
    codec: str = "libx264",
    frames: int = 24,
    rate: int = 12,
    size: tuple[int, int] = (64, 48),
    sound: bool = True,
    movflags: str = "",
    options: dict[str, str] | None = None,
) -> Path:
    """Write a film whose frames get brighter, each of its own grey."""
    container_options = {"movflags": movflags} if movflags else {}
    with av.open(str(path), "w", format="mp4", options=container_options) as container:
        video = container.add_stream(codec, rate=rate, options=options or {"g": "8"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=48000, layout="mono") if sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_image(Image.new("RGB", size, grey(number)))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            for start in range(0, 48000 * frames // rate, 1024):
                samples = av.AudioFrame(format="fltp", layout="mono", samples=1024)
                samples.planes[0].update(bytes(samples.planes[0].buffer_size))
                samples.pts, samples.sample_rate = start, 48000
                container.mux(audio.encode(samples))
            container.mux(audio.encode())
    return path


KINDS: dict[str, dict[str, object]] = {
    "plain": {},
    "faststart": {"movflags": "+faststart"},
    "silent": {"sound": False},
    "mpeg4": {"codec": "mpeg4"},
    "fragments": {"movflags": "+frag_keyframe+empty_moov"},
    "half-fragments": {"movflags": "+frag_keyframe"},
    "dash": {"movflags": "+dash+frag_keyframe+default_base_moof"},
}
