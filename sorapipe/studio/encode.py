"""Pictures and sound into an MP4 whose bytes depend on nothing but them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
from PIL import Image

from sorapipe.studio.planes import Picture

FPS = 24
RATE = 48_000
_TICK = Fraction(1, FPS)
# x264's bytes depend on how many threads it has, so their number is fixed, whatever the machine.
_THREADS = 2
# One quality for every frame: x264's rate control would look at each one first, at a third of the
# whole cost. Rain and snow are coarser: nobody sees it in what moves so fast, and it is much less.
_QUALITY, _BUSY_QUALITY = "26", "29"
_X264 = {
    "preset": "ultrafast",
    "g": str(FPS),
    "flags": "+bitexact",
    "x264-params": f"keyint={FPS}:min-keyint={FPS}:scenecut=0:subme=1",
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
}
_AAC = {"flags": "+bitexact", "b": "96000", "threads": "1", "aac_coder": "fast"}
_MP4 = {"movflags": "+faststart", "fflags": "+bitexact"}


class Writer:
    """An MP4 being written: H.264 at 24 frames a second, AAC in stereo at 48 kHz.

    Use it as a context manager; the file is whole once the block is left without an exception.
    `busy` pictures, full of small things that move fast, are kept less exactly.
    """

    def __init__(
        self,
        target: Path,
        size: tuple[int, int],
        sound: Iterator[av.AudioFrame],
        *,
        busy: bool = False,
    ) -> None:
        self._sound = sound
        self._file = av.open(str(target), "w", format="mp4", options=_MP4)
        self._video = self._file.add_stream(
            "libx264", rate=FPS, options=_X264 | {"qp": _BUSY_QUALITY if busy else _QUALITY}
        )
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._video.time_base = _TICK
        self._video.codec_context.thread_type = "FRAME"  # PyAV's default slices each picture
        self._video.codec_context.thread_count = _THREADS
        self._audio = self._file.add_stream("aac", rate=RATE, options=dict(_AAC), layout="stereo")
        self._frames = 0
        self._heard = 0  # samples

    def __enter__(self) -> Writer:
        return self

    def show(self, picture: Picture) -> None:
        """Add one frame, and the sound up to it."""
        frame = _frame(picture)
        frame.pts, frame.time_base = self._frames, _TICK
        self._file.mux(self._video.encode(frame))
        self._frames += 1
        while self._heard * FPS < self._frames * RATE and self._hear():
            pass

    def _hear(self) -> bool:
        sound = next(self._sound, None)
        if sound is None:
            return False
        sound.pts, sound.time_base = self._heard, Fraction(1, RATE)
        self._heard += sound.samples
        self._file.mux(self._audio.encode(sound))
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._file.mux(self._video.encode(None))
                while self._hear():
                    pass
                self._file.mux(self._audio.encode(None))
        finally:
            self._file.close()


def _frame(picture: Picture) -> av.VideoFrame:
    width, height = picture.size
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, image in zip(frame.planes, picture.planes(), strict=True):
        plane.update(_rows(image, plane.line_size))
    return frame


def _rows(image: Image.Image, stride: int) -> bytes:
    """The bytes of an 'L' image with rows padded to `stride`."""
    if image.width != stride:
        image = image.crop((0, 0, stride, image.height))
    return image.tobytes()
