"""Thumbnails and sheets."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from sorapipe.studio.animatic import Animatic, render
from sorapipe.studio.stills import spritesheet, thumbnail


@pytest.fixture(scope="module", params=[(640, 360), (90, 160), (16, 16)])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short animatic of some size."""
    target = tmp_path_factory.mktemp("stills") / "a.mp4"
    width, height = request.param
    asked = Animatic(prompt="Dawn", model="sora-2", width=width, height=height, seconds=0.5, seed=1)
    render(asked, target)
    return target


def test_thumbnail_is_a_webp_of_the_videos_shape(video: Path) -> None:
    """At most 480 pixels long, and never enlarged."""
    with Image.open(io.BytesIO(thumbnail(video))) as image:
        assert image.format == "WEBP"
        assert max(image.size) <= 480
        assert image.size in {(480, 270), (90, 160), (16, 16)}


def test_spritesheet_is_a_jpeg_of_three_by_three(video: Path) -> None:
    """Three pictures in a row, three rows, a gap between them."""
    with Image.open(io.BytesIO(spritesheet(video))) as image:
        assert image.format == "JPEG"
        assert (image.width + 6) % 3 == 0
        assert image.size in {(320 * 3 + 12, 180 * 3 + 12), (90 * 3 + 12, 160 * 3 + 12), (60, 60)}


def test_stills_are_the_same_every_time(video: Path) -> None:
    """One video, one thumbnail, one sheet."""
    assert thumbnail(video) == thumbnail(video)
    assert spritesheet(video) == spritesheet(video)
