"""Still pictures of a video: its thumbnail and its sheet of frames."""

from __future__ import annotations

import io
from pathlib import Path

import av
from PIL import Image

_THUMB = 480  # the longer side of a thumbnail, pixels
_CELL = 320  # the longer side of one picture of a sheet
_COLUMNS, _ROWS = 3, 3
_GAP = 6


def thumbnail(video: Path) -> bytes:
    """A WebP of the picture a third into the video, its longer side 480 pixels at most."""
    with av.open(str(video)) as file:
        image = _at(file, 1 / 3)
    image.thumbnail((_THUMB, _THUMB), Image.Resampling.LANCZOS)
    return _encoded(image, "WEBP", quality=82, method=2)


def spritesheet(video: Path) -> bytes:
    """A JPEG of nine pictures at even distances, in reading order, three in a row."""
    number = _COLUMNS * _ROWS
    with av.open(str(video)) as file:
        images = [_at(file, (i + 0.5) / number) for i in range(number)]
    for image in images:
        image.thumbnail((_CELL, _CELL), Image.Resampling.BILINEAR)
    wide, tall = images[0].size
    sheet = Image.new("RGB", ((wide + _GAP) * _COLUMNS - _GAP, (tall + _GAP) * _ROWS - _GAP))
    for i, image in enumerate(images):
        row, column = divmod(i, _COLUMNS)
        sheet.paste(image, (column * (wide + _GAP), row * (tall + _GAP)))
    return _encoded(sheet, "JPEG", quality=84)


def _at(file: av.container.InputContainer, share: float) -> Image.Image:
    """The last whole picture (keyframe) at that share of the video's length."""
    stream = file.streams.video[0]
    length = stream.duration or 0
    file.seek((stream.start_time or 0) + int(length * share), stream=stream)
    frame = next(file.decode(stream))
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV has no types there
    return image


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
