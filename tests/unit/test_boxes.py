"""The box walk: whole files pass, everything that was cut or is no MP4 is refused."""

from __future__ import annotations

import struct

import pytest

from sorapipe.videos.boxes import Boxes, BoxWalk, BrokenVideo
from tests.unit.films import KINDS, film


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One real file for each way of muxing."""
    folder = tmp_path_factory.mktemp("films")
    return {
        kind: film(folder / f"{kind}.mp4", **options).read_bytes()
        for kind, options in KINDS.items()
    }


def walk(data: bytes, chunk: int = 1 << 20) -> Boxes:
    """Walk over the bytes in chunks of that size."""
    boxes = BoxWalk("dawn@1")
    for start in range(0, len(data), chunk):
        boxes.feed(data[start : start + chunk])
    return boxes.finish()


def box(kind: bytes, body: bytes = b"") -> bytes:
    """A box with a plain length."""
    return struct.pack(">I4s", len(body) + 8, kind) + body


def rows(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes at the top of a file, as kind and all bytes."""
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at : at + size]))
        at += size
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_whole(films: dict[str, bytes], kind: str) -> None:
    """A whole file of every way of muxing passes, and tells its size, length and codecs."""
    said = walk(films[kind])
    assert (said.width, said.height) == (64, 48)
    assert said.seconds == pytest.approx(2, abs=0.1)
    assert said.has_audio == (kind != "silent")
    assert said.video_codec == ("mp4v" if kind == "mpeg4" else "avc1")


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_chunks(films: dict[str, bytes], chunk: int) -> None:
    """The answer does not depend on how the bytes were cut into chunks."""
    for kind, data in films.items():
        assert walk(data, chunk) == walk(data), kind


@pytest.mark.parametrize("kind", KINDS)
def test_cut_off(films: dict[str, bytes], kind: str) -> None:
    """A file that was cut off at any thousandth, or near any box's edge, is refused."""
    data = films[kind]
    cuts = {len(data) * part // 1000 for part in range(1000)}
    edge = 0
    edges = set()
    for _, row in rows(data):
        edge += len(row)
        edges.add(edge)
        cuts |= {edge - 9, edge - 1, edge + 1, edge + 7}
    fragmented = "fragments" in kind or kind == "dash"
    cuts = cuts - edges if fragmented else cuts | edges
    for cut in sorted(cut for cut in cuts if 0 <= cut < len(data)):
        with pytest.raises(BrokenVideo, match="dawn@1: "):
            walk(data[:cut])


def test_cut_between_fragments(films: dict[str, bytes]) -> None:
    """A fragmented file cut exactly between two fragments shows it by its length alone."""
    parts = rows(films["fragments"])
    end = [kind for kind, _ in parts].index(b"mdat") + 1
    assert 0 < walk(b"".join(row for _, row in parts[:end])).seconds < 1


def test_cut_between_index_and_bytes(films: dict[str, bytes]) -> None:
    """A fragment whose bytes are missing is refused, and so is an index without anything."""
    parts = rows(films["fragments"])
    end = [kind for kind, _ in parts].index(b"mdat")
    for stop in (end, end + 2):
        with pytest.raises(BrokenVideo):
            walk(b"".join(row for _, row in parts[:stop]))


def test_trailing_bytes(films: dict[str, bytes]) -> None:
    """Bytes behind the last box are refused, whatever they are."""
    for extra in (b"\n", b"\0" * 12, b"</html>\n", b"\0\0\0\4free"):
        with pytest.raises(BrokenVideo):
            walk(films["plain"] + extra)


def test_other_boxes_and_lengths(films: dict[str, bytes]) -> None:
    """Unknown boxes, empty ones, lengths of 64 bits and a last box without a length are fine."""
    parts = dict(rows(films["faststart"]))
    mdat = parts[b"mdat"][8:]
    long = struct.pack(">I4sQ", 1, b"mdat", len(mdat) + 16) + mdat
    ending = struct.pack(">I4s", 0, b"mdat") + mdat
    start = parts[b"ftyp"] + parts[b"moov"] + parts[b"free"]
    said = walk(films["faststart"])
    extra = box(b"wide") + box(b"uuid", bytes(24)) + box(b"\xa9xyz", b"?")
    assert walk(parts[b"ftyp"] + extra + parts[b"moov"] + long) == said
    assert walk(start + ending) == said
    assert walk(start + ending, chunk=1) == said
    for missing in (1, 100, len(mdat)):
        with pytest.raises(BrokenVideo, match=r"cut off|no pictures"):
            walk((start + ending)[:-missing])


def test_index_that_reaches_too_far(films: dict[str, bytes]) -> None:
    """Boxes that tile are not enough: what the index speaks of must be there."""
    parts = dict(rows(films["faststart"]))
    with pytest.raises(BrokenVideo, match="its index reaches"):
        walk(parts[b"ftyp"] + parts[b"moov"] + box(b"mdat", b"few"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing"),
        (
            b'{"error": {"message": "no such\nvideo"}}',
            'JSON, not an MP4: {"error": {"message": "no',
        ),
        (b"\xef\xbb\xbf <!doctype html><title>502</title>" + b" " * 500, "a web page"),
        (b"Not Found", "text, not an MP4: Not Found"),
        (b"\x1aE\xdf\xa3" + bytes(300), "WebM"),
        (bytes(300), "no ftyp"),
        (box(b"mdat", b"bytes") + box(b"ftyp"), "no ftyp"),
        (box(b"ftyp", b"isom"), "no index"),
        (
            box(b"ftyp", b"isom") + box(b"moov", b"\0\0\0\x63trak") + box(b"mdat", b"x"),
            "broken index",
        ),
        (box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"mdat", 7) + bytes(99), "of 7 bytes"),
    ],
)
def test_not_an_mp4(data: bytes, words: str) -> None:
    """What is no MP4 is told in one line, with the server's own words where it sent text."""
    with pytest.raises(BrokenVideo) as caught:
        walk(data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refused_early() -> None:
    """A long error page is refused with its first bytes, not when it ends."""
    with pytest.raises(BrokenVideo, match="JSON"):
        BoxWalk().feed(b'{"error": "' + b"x" * 300)


def test_damaged_index_never_crashes(films: dict[str, bytes]) -> None:
    """Whatever stands in the index, the walk ends with an answer or with BrokenVideo."""
    for kind in ("faststart", "fragments"):
        data = films[kind]
        start = data.index(b"moov")
        for at in range(start, min(start + 1500, len(data)), 2):
            for value in (0, 0xFF):
                changed = data[:at] + bytes([value]) + data[at + 1 :]
                try:
                    walk(changed)
                except BrokenVideo:
                    continue


def test_huge_index_is_refused() -> None:
    """An index that would fill the memory is refused while it passes."""
    walk_ = BoxWalk()
    walk_.feed(box(b"ftyp", bytes(200)) + struct.pack(">I4s", 1 << 30, b"moov"))
    for _ in range(16):
        walk_.feed(bytes(1 << 20))
    with pytest.raises(BrokenVideo, match="more than 16 MiB"):
        walk_.feed(b"?")
