"""Stills from a video, as PNG: the exact decoded pixels, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from av import VideoFrame
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sorapipe.media.probe import opened
from sorapipe.videos.boxes import BrokenVideo

# PNG's own keyword for where a picture comes from. The studio reads it: its frames carry a caption.
ORIGIN = ("Source", "a frame of a video")


def frame_png(video: Path, which: Literal["first", "last"]) -> bytes:
    """The first or the last frame that can be decoded. Raises BrokenVideo."""
    if which == "first":
        return _png(video, next(_frames(video, None), None))
    return still_png(video, float("inf"))


def still_png(video: Path, at: float) -> bytes:
    """The frame that shows `at` seconds after the start; the nearest one outside the video."""
    return _png(video, _frame_at(video, at, seek=True) or _frame_at(video, at, seek=False))


def _frame_at(video: Path, at: float, *, seek: bool) -> VideoFrame | None:
    """The last frame that is not later than `at`, else the first that there is."""
    found = None
    for frame in _frames(video, at if seek else None):
        if found is not None and frame.time is not None and frame.time > at:
            break
        found = frame
    return found


def _frames(video: Path, since: float | None) -> Iterator[VideoFrame]:
    """Frames in the order of showing, from the keyframe before `since` where that is given."""
    with opened(video) as (container, stream):
        if since is not None and stream.time_base is not None:
            start = stream.start_time or 0
            end = start + (stream.duration or 0)
            target = end if since == float("inf") else start + int(since / stream.time_base)
            container.seek(max(start, min(target, end)), stream=stream)
        yield from container.decode(stream)


def _png(video: Path, frame: VideoFrame | None) -> bytes:
    if frame is None:
        raise BrokenVideo(str(video), "has no frame that can be decoded")
    png = io.BytesIO()
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV's annotations
    note = PngInfo()
    note.add_text(*ORIGIN)
    picture.save(png, "PNG", pnginfo=note)
    return png.getvalue()
