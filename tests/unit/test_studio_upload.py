"""Videos that somebody sends: what they are, and what becomes of broken and hostile ones."""

from __future__ import annotations

import struct
from pathlib import Path
from random import Random

import av
import pytest
from PIL import Image

from sorapipe.studio import footage, upload
from sorapipe.studio.refusal import Refusal
from sorapipe.studio.upload import Upload, looked_at
from tests.unit.films import KINDS, film


@pytest.mark.parametrize("kind", KINDS)
def test_a_video_is_known_by_its_pictures(tmp_path: Path, kind: str) -> None:
    """However the MP4 is laid out, its size and its length are found."""
    data = film(tmp_path / "a.mp4", **KINDS[kind]).read_bytes()  # type: ignore[arg-type]  # options
    assert looked_at(data) == Upload("64x48", "2")


def refused(data: bytes) -> str:
    """Why that video is refused."""
    with pytest.raises(Refusal) as caught:
        looked_at(data)
    assert (caught.value.status, caught.value.param) == (400, "video")
    return caught.value.message


def test_what_is_no_mp4_is_refused(tmp_path: Path) -> None:
    """Nothing, text, pictures and other containers never reach a decoder."""
    with av.open(str(tmp_path / "a.mkv"), "w") as file:
        stream = file.add_stream("libx264", rate=12)
        stream.width = stream.height = 16
        frame = av.VideoFrame.from_image(Image.new("RGB", (16, 16)))
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    for data in (b"", b"text", b"\x89PNG\r\n\x1a\n", (tmp_path / "a.mkv").read_bytes()):
        assert "expected an MP4" in refused(data)


def test_an_mp4_without_pictures_is_refused(tmp_path: Path) -> None:
    """Sound alone, and a beginning without a film, cannot be edited."""
    with av.open(str(tmp_path / "a.mp4"), "w") as file:
        sound = file.add_stream("aac", rate=48000, layout="mono")
        samples = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        samples.planes[0].update(bytes(samples.planes[0].buffer_size))
        samples.sample_rate = 48000
        file.mux(sound.encode(samples))
        file.mux(sound.encode())
    assert "expected pictures" in refused((tmp_path / "a.mp4").read_bytes())
    refused(b"\0\0\0\x10ftypisom\0\0\0\0")


def test_a_codec_that_nobody_uses_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the decoders on the list are ever started."""
    data = film(tmp_path / "a.mp4", codec="mpeg4").read_bytes()
    monkeypatch.setattr(upload, "CODECS", ("h264",))
    assert "expected pictures in" in refused(data)


def test_a_video_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its seconds nor its pictures may be more than the studio would ever make."""
    data = film(tmp_path / "a.mp4").read_bytes()
    monkeypatch.setattr(upload, "STITCHED", 1)
    assert "at most 1 s, not 2" in refused(data)
    monkeypatch.setattr(upload, "PICTURES", 10)
    assert "more than 10 pictures" in refused(data)


def test_sides_have_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of more pixels than are allowed is not decoded, whatever the header says."""
    data = film(tmp_path / "a.mp4").read_bytes()
    monkeypatch.setattr(upload, "BOUNDS", {"max_pixels": "100"})
    assert "cannot be read" in refused(data)
    monkeypatch.setattr(upload, "SIDE", 50)
    assert "64x48" in refused(data)


def test_a_video_whose_length_is_a_lie_is_measured(tmp_path: Path) -> None:
    """The lengths in the header are nobody's word: what counts are the pictures."""
    data = film(tmp_path / "a.mp4", sound=False).read_bytes()
    for box, at in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        begin = data.index(box) + at
        data = data[:begin] + struct.pack(">I", 1) + data[begin + 4 :]
    assert looked_at(data).seconds == "2"


def test_broken_videos_are_refused_and_nothing_else(tmp_path: Path) -> None:
    """Cut anywhere, or with bytes changed at random, a video is taken or refused."""
    data = film(tmp_path / "a.mp4").read_bytes()
    chance = Random(7)
    torn = [data[: chance.randrange(len(data))] for _ in range(40)]
    for _ in range(200):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 30)):
            changed[chance.randrange(8, len(data))] = chance.randrange(256)
        torn.append(bytes(changed))
    outcomes = set()
    for broken in torn:
        try:
            looked_at(broken)
            outcomes.add("taken")
        except Refusal as refusal:
            outcomes.add(refusal.code)
    assert outcomes == {"taken", "invalid_value"}


def test_renders_decode_no_larger_pictures_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound on pixels holds where a parent's pictures are read, too."""
    path = film(tmp_path / "a.mp4")
    monkeypatch.setattr(footage, "BOUNDS", {"max_pixels": "100"})
    with pytest.raises(av.FFmpegError):
        list(footage.frames(path, 64, 48))
