"""Pictures that others made."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from PIL import Image

from sorapipe.studio.footage import count, covering, frames, sound, still


def test_covering_keeps_the_middle() -> None:
    """A wide picture loses its sides, a high one its top and bottom; nothing is squeezed."""
    image = Image.new("RGB", (300, 100), (0, 0, 0))
    image.paste((255, 255, 255), (100, 0, 200, 100))
    assert covering(image, 64, 64).y.getextrema()[0] > 225


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_still_reads_each_kind(kind: str) -> None:
    """What a server takes as a reference can be shown."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 200, 30)).save(buffer, kind)
    assert still(buffer.getvalue()).size == (40, 30)


def test_transparent_parts_are_dark() -> None:
    """Transparency stands on a dark ground and does not become noise."""
    buffer = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 255, 255, 0)).save(buffer, "PNG")
    assert still(buffer.getvalue()).getpixel((0, 0)) == (18, 18, 20)


def _video(target: Path, rate: int, number: int) -> Path:
    with av.open(str(target), "w") as file:
        stream = file.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(number):
            image = Image.new("RGB", (64, 48), (i * 9, i * 9, i * 9))
            file.mux(stream.encode(av.VideoFrame.from_image(image)))
        file.mux(stream.encode(None))
    return target


@pytest.mark.parametrize(("rate", "number"), [(24, 24), (12, 12), (30, 30), (60, 60)])
def test_a_second_of_any_rate_is_24_frames(tmp_path: Path, rate: int, number: int) -> None:
    """Frames are repeated or left out, in their order."""
    video = _video(tmp_path / "a.mp4", rate, number)
    seen = [picture.y.getpixel((9, 9)) for picture in frames(video, 64, 48)]
    assert len(seen) == count(video) == 24
    assert seen == sorted(seen)


def test_another_size_is_covered(tmp_path: Path) -> None:
    """Frames come in the size that is asked."""
    video = _video(tmp_path / "a.mp4", 24, 3)
    assert {picture.size for picture in frames(video, 32, 32)} == {(32, 32)}


def test_a_silent_video_has_no_sound(tmp_path: Path) -> None:
    """And says so by giving none."""
    assert list(sound(_video(tmp_path / "a.mp4", 24, 3))) == []
