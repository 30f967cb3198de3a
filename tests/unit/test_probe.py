"""Probing: numbers of a video file without decoding it."""

from __future__ import annotations

import os
import resource
from fractions import Fraction
from pathlib import Path

import pytest

from sorapipe.errors import StorageError
from sorapipe.media.probe import Probe, probe
from sorapipe.videos.boxes import BrokenVideo
from tests.unit.films import KINDS, film


@pytest.mark.parametrize("kind", KINDS)
def test_probe(tmp_path: Path, kind: str) -> None:
    """Size, frames, rate and codecs are right for every way of muxing, the length to the frame."""
    said = probe(film(tmp_path / "a: b%d.mp4", **KINDS[kind]))
    assert (said.width, said.height, said.frames) == (64, 48, 24)
    assert said.rate == Fraction(12)
    assert said.seconds == pytest.approx(2, abs=1 / 12)
    assert said.video_codec == ("mpeg4" if kind == "mpeg4" else "h264")
    assert said.audio_codec == (None if kind == "silent" else "aac")


def test_one_frame(tmp_path: Path) -> None:
    """The shortest film there is has one frame."""
    said = probe(film(tmp_path / "one.mp4", frames=1, sound=False))
    assert said == Probe(64, 48, pytest.approx(1 / 12), 1, Fraction(12), "h264", None)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret\n", bytes(1000)]
)
def test_not_a_video(tmp_path: Path, data: bytes) -> None:
    """What is no MP4 is refused in one line; a playlist is not followed."""
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    with pytest.raises(BrokenVideo, match="cannot be read as a video"):
        probe(path)


def test_a_refusing_machine_is_no_broken_video(tmp_path: Path) -> None:
    """Where it may open no more files the video is whole all the same."""
    path = film(tmp_path / "film.mp4")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        with pytest.raises(StorageError, match="too many open files"):
            probe(path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_words_of_another_encoding(tmp_path: Path) -> None:
    """A name in the file that is no UTF-8 keeps nobody from its frames."""
    path = film(tmp_path / "film.mp4")
    data = path.read_bytes()
    assert b"VideoHandler" in data
    path.write_bytes(data.replace(b"VideoHandler", b"Vid\xe9oHandler"))
    assert probe(path).frames == 24


def test_missing(tmp_path: Path) -> None:
    """A file that is not there is an error in one line too."""
    with pytest.raises(BrokenVideo, match="No such file"):
        probe(tmp_path / "none.mp4")
