"""Whether a download is a whole MP4, told while it streams and without a decoder.

An MP4 is a row of boxes, each with its length, so a file that was cut short does not tile. The one
thing that lengths cannot tell is a fragmented file cut exactly between two fragments; its `seconds`
then fall short of what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from sorapipe.errors import SorapipeError, printable
from sorapipe.videos.moov import BadBox, Movie, fragment_durations, read_movie

_KEPT = frozenset((b"moov", b"moof"))
_KEPT_BYTES = 16 << 20  # a minute of video has an index of about 50 kB
_HEAD_BYTES = 120  # enough to quote an error page by
_TO_THE_END = 1 << 64  # more than any length that a header can say


class BrokenVideo(SorapipeError):
    """What came is not a whole MP4, or cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """What an MP4 says of itself.

    `seconds` is 0 where it does not say, `width` and `height` are in pixels, and `video_codec` is
    a four-letter code (`avc1`, `mp4v` ...).
    """

    seconds: float
    width: int
    height: int
    has_audio: bool
    video_codec: str


class BoxWalk:
    """Checks an MP4 as its bytes pass: `feed` every chunk, then `finish`. Both raise BrokenVideo.

    `where` stands in front of what is wrong. Memory is constant but for the index (`moov`), which
    may take 16 MiB.
    """

    def __init__(self, where: str = "video") -> None:
        self._where = where
        self._head: bytearray | None = bytearray()  # None once the walk has begun
        self._bytes = 0
        self._header = bytearray()
        self._kind = b""
        self._left = 0  # bytes of the present box that are still to come
        self._body: bytearray | None = None
        self._movie: Movie | None = None
        self._durations: dict[int, int] = {}
        self._has_samples = False
        self._fragment_lacks_samples = False

    def feed(self, data: bytes) -> None:
        """The next bytes of the file."""
        if self._head is not None:
            self._head += data
            if len(self._head) < _HEAD_BYTES:
                return
            data = self._begin(self._head)
        self._walk(memoryview(data))

    def finish(self) -> Boxes:
        """The file has ended: what it says, if it is whole."""
        if self._head is not None:
            self._walk(memoryview(self._begin(self._head)))
        if self._left > _TO_THE_END >> 1:  # a last box without a length ends with the file
            self._left = 0
            self._end_box()
        self._check_tiling()
        movie = self._movie
        if movie is None:
            raise self._broken("is not whole: it has no index (moov)")
        if not self._has_samples:
            raise self._broken("is not whole: it has no pictures (mdat)")
        if movie.samples_end > self._bytes:
            raise self._broken(f"{self._cut()}: its index reaches to byte {movie.samples_end}")
        return Boxes(
            movie.seconds(self._durations),
            movie.picture.width,
            movie.picture.height,
            movie.has_audio,
            _text(movie.picture.codec),
        )

    def _begin(self, head: bytearray) -> bytes:
        """Look at the first bytes once there are enough of them, and hand them to the walk."""
        self._head = None
        if head[4:8] != b"ftyp":
            raise self._broken(_what_it_is(bytes(head)))
        return bytes(head)

    def _walk(self, view: memoryview) -> None:
        while view:
            taken = self._pass_body(view) if self._left else self._pass_header(view)
            view = view[taken:]

    def _pass_body(self, view: memoryview) -> int:
        taken = min(self._left, len(view))
        self._bytes += taken
        self._left -= taken
        if self._body is not None:
            if len(self._body) + taken > _KEPT_BYTES:
                raise self._broken(f"has an index of more than {_KEPT_BYTES >> 20} MiB")
            self._body += view[:taken]
        elif self._kind == b"mdat":
            self._has_samples = True
            self._fragment_lacks_samples = False
        if not self._left:
            self._end_box()
        return taken

    def _pass_header(self, view: memoryview) -> int:
        taken = min(self._header_bytes() - len(self._header), len(view))
        self._bytes += taken
        self._header += view[:taken]
        if len(self._header) == self._header_bytes():
            header = bytes(self._header)
            self._header.clear()
            self._begin_box(header)
        return taken

    def _header_bytes(self) -> int:
        """A length of 1 says that the real one follows the kind, in eight bytes."""
        return 16 if self._header[:4] == b"\0\0\0\1" else 8

    def _begin_box(self, header: bytes) -> None:
        start = self._bytes - len(header)
        self._kind = header[4:8]
        if not all(0x20 <= sign < 0x7F or sign == 0xA9 for sign in self._kind):
            raise self._broken(f"has bytes at {start} that belong to no box")
        size = int.from_bytes(header[8:] or header[:4], "big")
        if 0 < size < len(header):
            raise self._broken(f"has a box '{_text(self._kind)}' of {size} bytes at byte {start}")
        self._left = size - len(header) if size else _TO_THE_END
        self._body = bytearray() if self._kind in _KEPT else None
        if not self._left:
            self._end_box()

    def _end_box(self) -> None:
        if self._body is None:
            return
        body, self._body = bytes(self._body), None
        try:
            if self._kind == b"moov":
                self._movie = self._movie or read_movie(body)
            elif self._movie is not None:
                self._fragment_lacks_samples = True
                for track, duration in fragment_durations(body, self._movie).items():
                    self._durations[track] = self._durations.get(track, 0) + duration
        except BadBox as error:
            raise self._broken(f"has a broken index: {error}") from None

    def _check_tiling(self) -> None:
        if self._header:
            raise self._broken(f"{self._cut()}, inside a box's header")
        if self._left:
            kind = _text(self._kind)
            raise self._broken(f"{self._cut()}: its '{kind}' lacks {self._left} bytes")
        if self._fragment_lacks_samples:
            raise self._broken(f"{self._cut()}: its last fragment has no pictures")

    def _cut(self) -> str:
        return f"is cut off at byte {self._bytes}"

    def _broken(self, what: str) -> BrokenVideo:
        return BrokenVideo(self._where, what)


def _text(kind: bytes) -> str:
    return kind.decode("latin-1")


def _what_it_is(head: bytes) -> str:
    """In words, what came instead of an MP4."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        return "the server sent nothing"
    if text.startswith((b"{", b"[")):
        return f"the server sent JSON, not an MP4: {_quote(text)}"
    if text.startswith(b"<"):
        return f"the server sent a web page or XML, not an MP4: {_quote(text)}"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "the server sent WebM or Matroska, not an MP4"
    if all(sign >= 0x20 or sign in b"\t\r\n" for sign in head):
        return f"the server sent text, not an MP4: {_quote(text)}"
    return "the server sent something that is not an MP4 (no ftyp at its start)"


def _quote(text: bytes) -> str:
    return printable(" ".join(text.decode("utf-8", "replace").split())[:_HEAD_BYTES])
