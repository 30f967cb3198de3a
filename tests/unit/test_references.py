from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

import pytest
from PIL import Image

from sorapipe.folder import BadFileError
from sorapipe.references import MAX_BYTES, measure, picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A storyboard's folder with a picture, and a picture outside of it."""
    inside = tmp_path / "board"
    (inside / "stills").mkdir(parents=True)
    for path in (inside / "stills" / "a.png", tmp_path / "outside.png"):
        Image.new("RGB", (32, 18)).save(path)
    return inside


def refused(folder: Path, path: str) -> str:
    """What is said against that reference."""
    with pytest.raises(BadFileError) as caught:
        measure(folder, path)
    assert caught.value.fix
    return caught.value.what


def test_a_picture_is_measured(folder: Path) -> None:
    """Digest, length, size and format are those of the file; its bytes are read once."""
    raw = (folder / "stills" / "a.png").read_bytes()
    measured, read = picture(folder, "./stills//a.png")
    assert read == raw
    assert (measured.width, measured.height, measured.size) == (32, 18, "32x18")
    assert (measured.sha256, measured.bytes) == (hashlib.sha256(raw).hexdigest(), len(raw))
    assert measured.format == "png"
    assert measured.path.read_bytes() == raw


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_formats_are_told_by_content(folder: Path, kind: str) -> None:
    """The name's ending proves nothing."""
    Image.new("RGB", (10, 20)).save(folder / "x.png", format=kind)
    measured = measure(folder, "x.png")
    assert (measured.format, measured.size) == (kind, "10x20")


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_no_pictures(folder: Path, kind: str) -> None:
    """What no server takes is refused here."""
    Image.new("RGB", (10, 20)).save(folder / "x.png", format=kind)
    assert refused(folder, "x.png") == "'x.png' is no picture"


def test_links_are_refused(folder: Path) -> None:
    """Neither the file nor a folder on the way may be a link, wherever it leads."""
    (folder / "link.png").symlink_to("stills/a.png")
    (folder / "out.png").symlink_to(folder.parent / "outside.png")
    (folder / "deep").symlink_to(folder.parent)
    (folder / "dangling.png").symlink_to("nowhere")
    assert refused(folder, "link.png") == "'link.png' is a link"
    assert refused(folder, "out.png") == "'out.png' is a link"
    assert refused(folder, "dangling.png") == "'dangling.png' is a link"
    assert refused(folder, "deep/outside.png") == "'deep/outside.png' leads through a link"


def test_the_storyboards_own_folder_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    """How the user got to the storyboard is the user's business."""
    (tmp_path / "short").symlink_to(folder)
    assert measure(tmp_path / "short", "stills/a.png").width == 32


def test_a_fifo_and_a_socket_do_not_block(folder: Path) -> None:
    """What is no regular file is refused without waiting for a writer."""
    os.mkfifo(folder / "pipe.png")
    assert refused(folder, "pipe.png") == "'pipe.png' is not a regular file"


@pytest.mark.parametrize(
    "path",
    ["/etc/hostname", "../outside.png", "stills/../../outside.png", "~/x.png", "https://a/b.png",
     "", ".", "stills/", "a\0b.png", "stills/a.png/x", "stills", "x" * 300, "nowhere/a.png",
     "\udce9.png"],
)  # fmt: skip
def test_paths_that_name_no_file_inside(folder: Path, path: str) -> None:
    """Absolute, climbing, empty and impossible paths are told in words."""
    assert refused(folder, path)


def test_damaged_pictures(folder: Path) -> None:
    """A header that can't be read is a damaged picture, whatever Pillow makes of it."""
    good = (folder / "stills" / "a.png").read_bytes()
    for name, raw in {
        "a.png": good[:20],
        "b.png": good[:16] + b"\0" * 8 + good[24:],
        "c.png": b"\xff\xd8\xff\xe0" + b"\0" * 50,
        "d.png": b"RIFF\x10\0\0\0WEBPVP8 \xff\xff\xff\xff",
    }.items():
        (folder / name).write_bytes(raw)
        assert "damaged" in refused(folder, name)


def test_a_picture_over_20_mib_is_refused(folder: Path) -> None:
    """No more than the bound is ever read."""
    with (folder / "big.png").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    assert refused(folder, "big.png") == "'big.png' is larger than 20 MiB"


def test_an_enormous_picture_is_refused_in_words(folder: Path) -> None:
    """A header that promises more than memory holds is told, without Pillow's own warning."""
    raw = bytearray((folder / "stills" / "a.png").read_bytes())
    raw[16:24] = (12_000).to_bytes(4, "big") * 2
    header = bytes(raw[12:29])
    raw[29:33] = zlib.crc32(header).to_bytes(4, "big")
    (folder / "bomb.png").write_bytes(raw)
    assert refused(folder, "bomb.png") == "'bomb.png' is 12000x12000"
    assert refused(folder / "gone", "a.png").startswith("the storyboard's folder")
