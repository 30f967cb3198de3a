"""Stills: the right frame, its exact pixels, the same bytes each time."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from PIL import Image

from sorapipe.media.frames import frame_png, still_png
from sorapipe.videos.boxes import BrokenVideo
from tests.unit.films import KINDS, film, grey


def number(png: bytes) -> int:
    """Which frame of the film that is, by its grey."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (64, 48)
        shade = image.convert("L").getpixel((30, 20))
    assert isinstance(shade, int | float)
    return min(range(24), key=lambda each: abs(grey(each)[0] - shade))


@pytest.mark.parametrize("kind", KINDS)
def test_first_and_last(tmp_path: Path, kind: str) -> None:
    """The first and the last frame are found, whatever the muxer, frames between keyframes too."""
    path = film(tmp_path / "film.mp4", **KINDS[kind])
    assert number(frame_png(path, "first")) == 0
    assert number(frame_png(path, "last")) == 23


def test_reordered_frames(tmp_path: Path) -> None:
    """The last frame is the one shown last, also where the file stores it earlier."""
    path = film(tmp_path / "film.mp4", options={"g": "250", "bf": "3"})
    assert number(frame_png(path, "last")) == 23
    assert number(frame_png(path, "first")) == 0


def test_exact_and_repeatable(tmp_path: Path) -> None:
    """The still has the decoder's very pixels, and asking twice gives the same bytes."""
    path = film(tmp_path / "film.mp4")
    with av.open(str(path)) as container:
        wanted = [frame.to_image().tobytes() for frame in container.decode(video=0)]
    first, last = frame_png(path, "first"), frame_png(path, "last")
    with Image.open(io.BytesIO(first)) as one, Image.open(io.BytesIO(last)) as other:
        assert (one.tobytes(), other.tobytes()) == (wanted[0], wanted[-1])
    assert frame_png(path, "last") == last


@pytest.mark.parametrize(
    ("at", "wanted"), [(-1, 0), (0, 0), (0.5, 6), (0.55, 6), (1.3, 15), (1.95, 23), (60, 23)]
)
def test_still(tmp_path: Path, at: float, wanted: int) -> None:
    """A still shows what is on the screen at that second, the nearest frame outside the film."""
    assert number(still_png(film(tmp_path / "film.mp4"), at)) == wanted


def test_nothing_to_see(tmp_path: Path) -> None:
    """A file without a picture to decode is told in one line."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"{}")
    with pytest.raises(BrokenVideo, match="cannot be read"):
        frame_png(path, "last")


def test_a_frame_says_that_it_is_one(tmp_path: Path) -> None:
    """The PNG names its origin, by which the studio knows that a caption may stand in it."""
    with Image.open(io.BytesIO(frame_png(film(tmp_path / "film.mp4"), "last"))) as picture:
        assert picture.info["Source"] == "a frame of a video"
